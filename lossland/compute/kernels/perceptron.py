"""The losses of many perceptrons of one shape as a compiled CPU kernel.

A tile of samples goes through the layers of one network after the other and never leaves the first cache: what a layer
makes of it is a matrix (features, TILE) that the next one reads. Of the first layer only sums are left to compute,
since the networks lie in a plane and it is linear in its weights.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lossland.compute.kernels import vmath
from lossland.compute.kernels.cpu import KINDS, lanes_of, room
from lossland.compute.kernels.machine import compiled
from lossland.compute.kernels.simd import WIDE, Code, Vector, load, number, spread, store
from lossland.expression import Program

ABREAST = 3  # vectors of samples in a tile
ROWS = 4  # of a layer's outputs that are computed together: with ABREAST they fill the 16 registers of AVX2

Bends = tuple[Program | None, ...]  # what bends the outputs of each layer, a program of one input; None: nothing
Numbers = NDArray[np.floating]
Floats = NDArray[np.float64]

_POINTERS = ("first", "target", "counted", "shares", "weights", "sizes", "scratch", "sums")
_SIGNATURE = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(_POINTERS), ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
_HEAD = (
    f"define void @judge({', '.join(f'ptr noalias %{name}' for name in _POINTERS)}, "
    f"i64 %tiles, i64 %networks, i64 %length) {WIDE} {{"
)


class PerceptronKernel:
    """The compiled kernel of perceptrons whose layers are bent by ``bends``, for ``rows`` = 1 + k rows of parameters.

    ``loss`` is one of `lossland.models.networks.LOSSES`.
    """

    def __init__(self, bends: Bends, rows: int, loss: str, dtype: np.dtype) -> None:
        self.lanes, self.dtype = lanes_of(KINDS[dtype]), dtype
        self.tile = ABREAST * self.lanes
        self._machine_code = compiled(source(bends, rows, loss, KINDS[dtype]), "judge")
        self._function = _SIGNATURE(self._machine_code.address)

    def judge(
        self,
        first: Numbers,
        target: Numbers,
        counted: Numbers,
        shares: Numbers,
        weights: Numbers,
        widths: Sequence[int],
    ) -> Floats:
        """Return the sum of the losses and the number of right samples (m, 2). Other threads can run meanwhile.

        ``first`` (tiles, rows, features, tile) is what the first layer makes of samples with each of the rows,
        ``target`` (tiles, targets, tile) what the loss compares with (see `source`), ``counted`` (tiles, tile) is 0 for
        what only fills the last tile. ``shares`` (m, rows) are the networks, ``weights`` (m, length) those of the later
        layers (see `order`), and ``widths`` the features after each layer.
        """
        sums = np.zeros((len(shares), 2, self.lanes))
        padded = [-(-width // ROWS) * ROWS for width in widths]
        scratch = room((2, max(padded), self.tile), self.dtype)
        sizes = np.array([*widths, scratch.shape[1] * self.tile], np.int64)
        arrays = (first, target, counted, shares, weights, sizes, scratch, sums)
        self._function(*(array.ctypes.data for array in arrays), len(first), len(shares), weights.shape[1])
        return sums.sum(axis=2)


@lru_cache(maxsize=32)
def kernel(bends: Bends, rows: int, loss: str, dtype: np.dtype) -> PerceptronKernel:
    """Return the compiled kernel, float32 or float64."""
    return PerceptronKernel(bends, rows, loss, dtype)


def order(weight: NDArray[np.intp], bias: NDArray[np.intp], nothing: int) -> NDArray[np.intp]:
    """Return in which order the kernel reads a layer: for each input the weights of ROWS outputs, then their biases.

    ``weight`` (outputs, inputs) and ``bias`` (outputs,) say where they stand; ``nothing`` where a 0 stands, for what
    fills the last ROWS.
    """
    both = np.column_stack([weight, bias])
    lacking = -len(both) % ROWS
    both = np.concatenate([both, np.full((lacking, both.shape[1]), nothing)])
    return both.reshape(-1, ROWS, both.shape[1]).transpose(0, 2, 1).ravel()


def source(bends: Bends, rows: int, loss: str, kind: str) -> str:
    """Return the kernel in LLVM's language.

    Targets are, for ``cross_entropy``, one row: the number of the class; for ``logistic`` one row of 1 and -1; for the
    squares as many rows as there are outputs.
    """
    writer = _Writer(bends, rows, loss, kind)
    return "\n".join([_HEAD, "entry:", *writer.lines(), "}", *sorted(writer.code.declarations), ""])


class _Writer:
    """The kernel while it is being written."""

    def __init__(self, bends: Bends, rows: int, loss: str, kind: str) -> None:
        self.code, self.kind, self.lanes = Code(), kind, lanes_of(kind)
        self.bends, self.rows, self.loss = bends, rows, loss
        self.tile = ABREAST * self.lanes

    def lines(self) -> list[str]:
        code = self.code
        sizes = [code.write(f"load i64, ptr {self._at('%sizes', k, 'i64')}") for k in range(len(self.bends) + 1)]
        widths, half = sizes[:-1], self._at("%scratch", sizes[-1])
        with code.loop("t", "%tiles") as tile, code.loop("n", "%networks") as network:
            self._first(tile.index, network.index, widths[0])
            weights = self._at("%weights", code.write(f"mul i64 {network.index}, %length"))
            x, y = "%scratch", half
            for layer, bend in enumerate(self.bends[1:], start=1):
                weights = self._product(layer, bend, weights, widths[layer - 1], widths[layer], x, y)
                x, y = y, x
            self._judged(x, tile.index, network.index, widths[-1])
        code.act("ret void")
        return code.lines

    def _at(self, pointer: str, index: str | int, kind: str = "") -> str:
        return self.code.write(f"getelementptr {kind or self.kind}, ptr {pointer}, i64 {index}")

    def _plus(self, *terms: str | int) -> str:
        total = str(terms[0])
        for term in terms[1:]:
            total = self.code.write(f"add i64 {total}, {term}")
        return total

    def _times(self, a: str | int, b: str | int) -> str:
        return self.code.write(f"mul i64 {a}, {b}")

    def _tile(self, pointer: str, row: str) -> list[Vector]:
        """Return a row of a matrix (features, tile)."""
        start = self._at(pointer, self._times(row, self.tile))
        return [load(self.code, self.kind, self.lanes, self._at(start, k * self.lanes)) for k in range(ABREAST)]

    def _keep(self, values: Sequence[Vector], pointer: str, row: str) -> None:
        start = self._at(pointer, self._times(row, self.tile))
        for k, value in enumerate(values):
            store(value, self._at(start, k * self.lanes))

    def _everywhere(self, pointer: str) -> Vector:
        return spread(self.code, self.kind, self.lanes, self.code.write(f"load {self.kind}, ptr {pointer}"))

    def _bent(self, bend: Program | None, values: Sequence[Vector]) -> list[Vector]:
        return [value if bend is None else vmath.evaluated(bend, [value])[0] for value in values]

    def _first(self, tile: str, network: str, features: str) -> None:
        """Sum what the first layer makes of the samples along each row of parameters."""
        shares = self._at("%shares", self._times(network, self.rows))
        share = [self._everywhere(self._at(shares, k)) for k in range(self.rows)]
        start = self._times(self._times(tile, self.rows), features)
        with self.code.loop("feature", features) as feature:
            made = [
                self._tile("%first", self._plus(start, self._times(k, features), feature.index))
                for k in range(self.rows)
            ]
            sums = made[0]  # the share of the middle is 1
            for k in range(1, self.rows):
                sums = [value + share[k] * one for value, one in zip(sums, made[k], strict=True)]
            self._keep(self._bent(self.bends[0], sums), "%scratch", feature.index)

    def _product(
        self, layer: int, bend: Program | None, weights: str, inputs: str, outputs: str, x: str, y: str
    ) -> str:
        """Write W x + b, bent, into y, and return where the next layer's weights begin."""
        code = self.code
        length = self._times(self._plus(inputs, 1), ROWS)
        with code.loop(f"block{layer}", outputs, ROWS) as block:
            blocks = code.write(f"udiv i64 {block.index}, {ROWS}")
            mine = self._at(weights, self._times(blocks, length))
            biases = self._at(mine, self._times(inputs, ROWS))
            sums = [self._everywhere(self._at(biases, r)) for r in range(ROWS) for _ in range(ABREAST)]
            with code.loop(f"input{layer}", inputs, carried=sums) as each:
                values, here = self._tile(x, each.index), self._at(mine, self._times(each.index, ROWS))
                for r in range(ROWS):
                    weight = self._everywhere(self._at(here, r))
                    old = each.values[r * ABREAST : (r + 1) * ABREAST]
                    each.after += [one + weight * value for one, value in zip(old, values, strict=True)]
            for r in range(ROWS):
                made = self._bent(bend, each.after[r * ABREAST : (r + 1) * ABREAST])
                self._keep(made, y, self._plus(block.index, r))
        blocks = code.write(f"udiv i64 {self._plus(outputs, ROWS - 1)}, {ROWS}")
        return self._at(weights, self._times(blocks, length))

    def _judged(self, out: str, tile: str, network: str, outputs: str) -> None:
        """Add the losses of a tile, and the right ones, to the network's sums."""
        judge = {"cross_entropy": self._cross_entropy, "logistic": self._logistic}.get(self.loss, self._squares)
        losses, rights = judge(out, tile, outputs)
        counted = [value > 0 for value in self._tile("%counted", tile)]
        for k, values in enumerate((losses, [right.where(value.like(1.0), 0.0) for right, value in
                                             zip(rights, losses, strict=True)])):  # fmt: skip
            place = self._at("%sums", self._times(self._plus(self._times(network, 2), k), self.lanes), "double")
            total = load(self.code, "double", self.lanes, place)
            for one, value in zip(counted, values, strict=True):
                total = total + one.where(value, 0.0).to("double")
            store(total, place)

    def _cross_entropy(self, out: str, tile: str, outputs: str) -> tuple[list[Vector], list[Vector]]:
        code, classes = self.code, self._tile("%target", tile)
        low = [number(code, self.kind, self.lanes, -np.inf)] * ABREAST
        zero = [number(code, self.kind, self.lanes, 0.0)] * ABREAST
        with code.loop("largest", outputs, carried=[*low, *zero, *zero]) as each:
            most, which, wanted = (each.values[k * ABREAST : (k + 1) * ABREAST] for k in range(3))
            values = self._tile(out, each.index)
            index = spread(code, self.kind, self.lanes, code.write(f"sitofp i64 {each.index} to {self.kind}"))
            larger = [value > old for value, old in zip(values, most, strict=True)]  # of equal ones the first counts
            each.after += [test.where(value, old) for test, value, old in zip(larger, values, most, strict=True)]
            each.after += [test.where(index, old) for test, old in zip(larger, which, strict=True)]
            each.after += [
                index.equals(one).where(value, old) for one, value, old in zip(classes, values, wanted, strict=True)
            ]
        most, which, wanted = (each.after[k * ABREAST : (k + 1) * ABREAST] for k in range(3))
        with code.loop("total", outputs, carried=zero) as every:
            values = zip(every.values, self._tile(out, every.index), most, strict=True)
            every.after += [old + vmath.exp(value - least) for old, value, least in values]
        sums = zip(every.after, wanted, most, strict=True)
        losses = [vmath.log(total) - (value - least) for total, value, least in sums]
        return losses, [index.equals(one) for index, one in zip(which, classes, strict=True)]

    def _logistic(self, out: str, tile: str, outputs: str) -> tuple[list[Vector], list[Vector]]:
        values, sides = self._tile(out, "0"), self._tile("%target", tile)
        losses = []
        for value, side in zip(values, sides, strict=True):
            margin = value * side
            small = vmath.exp(-abs(margin))
            grown = small + 1  # log(1 + small), exact where 1 + small is rounded, too
            less = grown.equals(1).where(small, vmath.log(grown) * small / (grown - 1))
            losses.append(less + (margin < 0).where(-margin, 0.0))
        return losses, self._same_side(values, sides)

    def _squares(self, out: str, tile: str, outputs: str) -> tuple[list[Vector], list[Vector]]:
        code = self.code
        start = self._times(tile, outputs)
        with code.loop("square", outputs, carried=[number(code, self.kind, self.lanes, 0.0)] * ABREAST) as each:
            pairs = zip(
                each.values,
                self._tile(out, each.index),
                self._tile("%target", self._plus(start, each.index)),
                strict=True,
            )
            for old, value, one in pairs:
                away = value - one
                each.after.append(old + away * away)
        return each.after, self._same_side(self._tile(out, "0"), self._tile("%target", start))

    def _same_side(self, values: Sequence[Vector], wanted: Sequence[Vector]) -> list[Vector]:
        return [~((value > 0) ^ (one > 0)) for value, one in zip(values, wanted, strict=True)]

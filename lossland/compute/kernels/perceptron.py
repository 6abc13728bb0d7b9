"""The losses of many perceptrons of one shape as a compiled CPU kernel.

A tile of samples goes through all layers of one network before the next and stays in the first-level cache: the output
of a layer is a matrix (features, TILE) that the next one reads. The first layer is linear in its weights, and the
networks are linear combinations of a few parameter vectors; so its outputs are combinations of precomputed ones.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lossland.compute.kernels import vmath
from lossland.compute.kernels.cpu import KINDS, aligned, lanes_of
from lossland.compute.kernels.machine import compiled
from lossland.compute.kernels.simd import WIDE, Code, Vector, load, number, spread, store
from lossland.expression import Program

ABREAST = 3  # vectors of samples in a tile
ROWS = 4  # outputs of a layer that are computed together: with ABREAST they fill the 16 registers of AVX2

Activations = tuple[Program | None, ...]  # the activation of each layer, a program of one input; None: linear
Numbers = NDArray[np.floating]
Floats = NDArray[np.float64]

_POINTERS = ("first", "target", "mask", "coefficients", "weights", "sizes", "scratch", "sums")
_SIGNATURE = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(_POINTERS), ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
_HEAD = (
    f"define void @evaluate({', '.join(f'ptr noalias %{name}' for name in _POINTERS)}, "
    f"i64 %tiles, i64 %networks, i64 %length) {WIDE} {{"
)


class PerceptronKernel:
    """The compiled kernel of perceptrons with these ``activations``, combined from ``rows`` = 1 + k parameter vectors.

    ``loss`` is one of `lossland.models.networks.LOSSES`; all but ``cross_entropy`` take a single output.
    """

    def __init__(self, activations: Activations, rows: int, loss: str, dtype: np.dtype) -> None:
        self.lanes, self.dtype = lanes_of(KINDS[dtype]), dtype
        self.tile = ABREAST * self.lanes
        self._machine_code = compiled(source(activations, rows, loss, KINDS[dtype]), "evaluate")
        self._function = _SIGNATURE(self._machine_code.address)

    def evaluate(
        self,
        first: Numbers,
        target: Numbers,
        mask: Numbers,
        coefficients: Numbers,
        weights: Numbers,
        widths: Sequence[int],
    ) -> Floats:
        """Return the sum of the losses and the number of correct samples (m, 2). Releases the GIL.

        ``first`` (tiles, rows, features, tile) is the first layer's output for each of the parameter vectors,
        ``target`` (tiles, 1, tile) what the loss compares with (see `source`), ``mask`` (tiles, tile) is 0 for the
        padding of the last tile. ``coefficients`` (m, rows) combine the parameter vectors to networks, ``weights`` (m,
        length) are those of the later layers (see `order`), and ``widths`` the features after each layer.
        """
        sums = np.zeros((len(coefficients), 2, self.lanes))
        padded = [-(-width // ROWS) * ROWS for width in widths]
        scratch = aligned((2, max(padded), self.tile), self.dtype)
        sizes = np.array([*widths, scratch.shape[1] * self.tile], np.int64)
        arrays = (first, target, mask, coefficients, weights, sizes, scratch, sums)
        self._function(*(array.ctypes.data for array in arrays), len(first), len(coefficients), weights.shape[1])
        return sums.sum(axis=2)


@lru_cache(maxsize=32)
def kernel(activations: Activations, rows: int, loss: str, dtype: np.dtype) -> PerceptronKernel:
    """Return the compiled kernel, float32 or float64."""
    return PerceptronKernel(activations, rows, loss, dtype)


def order(weight: NDArray[np.intp], bias: NDArray[np.intp], nothing: int) -> NDArray[np.intp]:
    """Return the kernel's order of a layer's parameters: for each input the weights of ROWS outputs, then their biases.

    ``weight`` (outputs, inputs) and ``bias`` (outputs,) are indices of parameters; ``nothing`` is the index of a 0, the
    padding of the last ROWS.
    """
    both = np.column_stack([weight, bias])
    padding = -len(both) % ROWS
    both = np.concatenate([both, np.full((padding, both.shape[1]), nothing)])
    return both.reshape(-1, ROWS, both.shape[1]).transpose(0, 2, 1).ravel()


def source(activations: Activations, rows: int, loss: str, kind: str) -> str:
    """Return the kernel as LLVM assembly.

    The target is for ``cross_entropy`` the index of the class, for ``logistic`` 1 or -1, else the number wanted.
    """
    writer = _Writer(activations, rows, loss, kind)
    return "\n".join([_HEAD, "entry:", *writer.lines(), "}", *sorted(writer.code.declarations), ""])


class _Writer:
    """Writes one kernel."""

    def __init__(self, activations: Activations, rows: int, loss: str, kind: str) -> None:
        self.code, self.kind, self.lanes = Code(), kind, lanes_of(kind)
        self.activations, self.rows, self.loss = activations, rows, loss
        self.tile = ABREAST * self.lanes

    def lines(self) -> list[str]:
        code = self.code
        sizes = [code.write(f"load i64, ptr {self._at('%sizes', k, 'i64')}") for k in range(len(self.activations) + 1)]
        widths, half = sizes[:-1], self._at("%scratch", sizes[-1])
        with code.loop("t", "%tiles") as tile, code.loop("n", "%networks") as network:
            self._first_layer(tile.index, network.index, widths[0])
            weights = self._at("%weights", code.write(f"mul i64 {network.index}, %length"))
            x, y = "%scratch", half
            for layer, activation in enumerate(self.activations[1:], start=1):
                weights = self._layer(layer, activation, weights, widths[layer - 1], widths[layer], x, y)
                x, y = y, x
            self._accumulate(x, tile.index, network.index, widths[-1])
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

    def _store_row(self, values: Sequence[Vector], pointer: str, row: str) -> None:
        start = self._at(pointer, self._times(row, self.tile))
        for k, value in enumerate(values):
            store(value, self._at(start, k * self.lanes))

    def _broadcast(self, pointer: str) -> Vector:
        return spread(self.code, self.kind, self.lanes, self.code.write(f"load {self.kind}, ptr {pointer}"))

    def _activated(self, activation: Program | None, values: Sequence[Vector]) -> list[Vector]:
        return [value if activation is None else vmath.evaluated(activation, [value])[0] for value in values]

    def _first_layer(self, tile: str, network: str, features: str) -> None:
        """Combine the first layer's outputs of the parameter vectors, and apply its activation."""
        coefficients = self._at("%coefficients", self._times(network, self.rows))
        share = [self._broadcast(self._at(coefficients, k)) for k in range(self.rows)]
        start = self._times(self._times(tile, self.rows), features)
        with self.code.loop("feature", features) as feature:
            made = [
                self._tile("%first", self._plus(start, self._times(k, features), feature.index))
                for k in range(self.rows)
            ]
            sums = made[0]  # the first coefficient is 1
            for k in range(1, self.rows):
                sums = [value + share[k] * one for value, one in zip(sums, made[k], strict=True)]
            self._store_row(self._activated(self.activations[0], sums), "%scratch", feature.index)

    def _layer(
        self, layer: int, activation: Program | None, weights: str, inputs: str, outputs: str, x: str, y: str
    ) -> str:
        """Write the activation of W x + b into y, and return where the next layer's weights begin."""
        code = self.code
        length = self._times(self._plus(inputs, 1), ROWS)
        with code.loop(f"block{layer}", outputs, ROWS) as block:
            blocks = code.write(f"udiv i64 {block.index}, {ROWS}")
            mine = self._at(weights, self._times(blocks, length))
            biases = self._at(mine, self._times(inputs, ROWS))
            sums = [self._broadcast(self._at(biases, r)) for r in range(ROWS) for _ in range(ABREAST)]
            with code.loop(f"input{layer}", inputs, carried=sums) as each:
                values, here = self._tile(x, each.index), self._at(mine, self._times(each.index, ROWS))
                for r in range(ROWS):
                    weight = self._broadcast(self._at(here, r))
                    old = each.values[r * ABREAST : (r + 1) * ABREAST]
                    each.after += [one + weight * value for one, value in zip(old, values, strict=True)]
            for r in range(ROWS):
                made = self._activated(activation, each.after[r * ABREAST : (r + 1) * ABREAST])
                self._store_row(made, y, self._plus(block.index, r))
        blocks = code.write(f"udiv i64 {self._plus(outputs, ROWS - 1)}, {ROWS}")
        return self._at(weights, self._times(blocks, length))

    def _accumulate(self, out: str, tile: str, network: str, outputs: str) -> None:
        """Add the losses of a tile, and the number of correct samples, to the network's sums."""
        evaluate = {"cross_entropy": self._cross_entropy, "logistic": self._logistic}.get(self.loss, self._square)
        losses, rights = evaluate(out, tile, outputs)
        mask = [value > 0 for value in self._tile("%mask", tile)]
        for k, values in enumerate((losses, [right.where(value.like(1.0), 0.0) for right, value in
                                             zip(rights, losses, strict=True)])):  # fmt: skip
            place = self._at("%sums", self._times(self._plus(self._times(network, 2), k), self.lanes), "double")
            total = load(self.code, "double", self.lanes, place)
            for one, value in zip(mask, values, strict=True):
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
            larger = [value > old for value, old in zip(values, most, strict=True)]  # ties go to the first class
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
            grown = small + 1  # log(1 + small), accurate where 1 + small is rounded
            less = grown.equals(1).where(small, vmath.log(grown) * small / (grown - 1))
            losses.append(less + (margin < 0).where(-margin, 0.0))
        return losses, self._same_side(values, sides)

    def _square(self, out: str, tile: str, outputs: str) -> tuple[list[Vector], list[Vector]]:
        values, wanted = self._tile(out, "0"), self._tile("%target", tile)
        errors = [value - one for value, one in zip(values, wanted, strict=True)]
        return [error * error for error in errors], self._same_side(values, wanted)

    def _same_side(self, values: Sequence[Vector], wanted: Sequence[Vector]) -> list[Vector]:
        return [~((value > 0) ^ (one > 0)) for value, one in zip(values, wanted, strict=True)]

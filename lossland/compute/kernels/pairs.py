"""The forces of t-SNE between all pairs of points in the plane, as a compiled CPU kernel.

Each point is compared with all others, vectorized; the only n x n array is that of the attractions, which is read
once.
"""

from __future__ import annotations

import ctypes
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lossland.compute.kernels import vmath
from lossland.compute.kernels.cpu import lanes_of
from lossland.compute.kernels.machine import compiled
from lossland.compute.kernels.simd import WIDE, Code, Vector, load, number, spread

Singles = NDArray[np.float32]

STRIDE = 16  # the number of points is padded to a multiple of this
FAR = 1e15  # coordinate of the padding points, whose weights vanish
SUMS = 5  # of each point, see ``PairsKernel.sums``; one more if the divergence is measured

_SIGNATURE = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 4, ctypes.c_int64)
_HEAD = (
    "define void @pairs(ptr noalias readonly %x, ptr noalias readonly %y, ptr noalias readonly %attraction, "
    f"ptr noalias %sums, i64 %count) {WIDE} {{"
)


class PairsKernel:
    """The compiled sums over all pairs; ``measuring`` adds the sum for the divergence, which takes longer."""

    def __init__(self, measuring: bool) -> None:
        self._count = SUMS + measuring
        self._machine_code = compiled(source(measuring), "pairs")
        self._function = _SIGNATURE(self._machine_code.address)

    def sums(self, points: Singles, attraction: Singles) -> Singles:
        """Return for each point i of ``points`` (2, n) sums over all points j, itself among them, as (5 or 6, n).

        With d = y_i − y_j and w = 1 / (1 + |d|²) they are Σ w, Σ p w d (two numbers), Σ w² d (two), and −Σ p log w if
        that is measured, p being the ``attraction`` (n, n). Both are C-contiguous, n is a multiple of ``STRIDE``.
        Releases the GIL.
        """
        count = points.shape[1]
        found = np.empty((self._count, count), np.float32)
        x, y = points
        self._function(x.ctypes.data, y.ctypes.data, attraction.ctypes.data, found.ctypes.data, count)
        return found


@cache
def kernel(measuring: bool = False) -> PairsKernel:
    """Return the kernel, or raise MachineError where nothing can be compiled."""
    return PairsKernel(measuring)


def source(measuring: bool) -> str:
    """Return the kernel as LLVM assembly."""
    code, lanes = Code(), lanes_of("float")

    def at(pointer: str, index: str) -> str:
        return code.write(f"getelementptr float, ptr {pointer}, i64 {index}")

    def everywhere(pointer: str, index: str) -> Vector:
        return spread(code, "float", lanes, code.write(f"load float, ptr {at(pointer, index)}"))

    nothing = number(code, "float", lanes, 0.0)
    with code.loop("row", "%count") as row:
        x, y = everywhere("%x", row.index), everywhere("%y", row.index)
        begin = code.write(f"mul i64 {row.index}, %count")
        with code.loop("other", "%count", lanes, carried=[nothing] * (SUMS + measuring)) as other:
            dx, dy = (here - load(code, "float", lanes, at(axis, other.index)) for here, axis in ((x, "%x"), (y, "%y")))
            attraction = load(code, "float", lanes, at("%attraction", code.write(f"add i64 {begin}, {other.index}")))
            away = dx * dx + (dy * dy + 1.0)
            weight = 1.0 / away
            square, pull = (weight * weight).rounded(), (attraction * weight).rounded()
            terms = [weight, pull * dx, pull * dy, square * dx, square * dy]
            terms += [attraction * vmath.log(away)] if measuring else []
            other.after = [term + total for term, total in zip(terms, other.values, strict=True)]
        for k, total in enumerate(other.after):
            index_of_sum = code.write(f"add i64 {row.index}, {code.write(f'mul i64 %count, {k}')}")
            code.act(f"store float {_added(total)}, ptr {at('%sums', index_of_sum)}")
    code.act("ret void")
    return "\n".join([_HEAD, "entry:", *code.lines, "}", *sorted(code.declarations), ""])


def _added(vector: Vector) -> str:
    """Return the name of the sum of a vector's lanes."""
    name = f"@llvm.vector.reduce.fadd.v{vector.lanes}f32"
    vector.code.declarations.add(f"declare float {name}(float, {vector.type})")
    return vector.code.write(f"call reassoc float {name}(float 0.0, {vector.type} {vector.name})")

"""A landscape on a band of a grid as a compiled CPU kernel: any of its quantities, side by side, in one pass.

Written as the steps of a swarm are (see ``cpu.py``): `simd.LANES` neighbours along x at a time, each of them computed
the same way wherever it stands, so that no cutting into bands changes a bit.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lossland.compute.kernels.cpu import KINDS, LANES
from lossland.compute.kernels.machine import compiled
from lossland.compute.kernels.simd import WIDE, Code, Vector, load, spread, store
from lossland.compute.kernels.vmath import evaluated
from lossland.expression import Program

_SIGNATURE = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.POINTER(ctypes.c_void_p)
)
_HEAD = (
    "define void @fill(ptr noalias readonly %x, i64 %across, ptr noalias readonly %y, i64 %down, "
    f"ptr noalias readonly %arrays) {WIDE} {{"
)


class LatticeKernel:
    """The compiled kernel of a program with the inputs x and y.

    ``widths`` says how its outputs stand in arrays: (1, 2) puts the first one into an array (down, across) and the
    next two side by side into an array (down, across, 2).
    """

    def __init__(self, program: Program, widths: Sequence[int], dtype: np.dtype) -> None:
        self.least = LANES[KINDS[dtype]]  # points along x that a band must have
        self._machine_code = compiled(source(program, widths, KINDS[dtype]), "fill")
        self._function = _SIGNATURE(self._machine_code.address)

    def fill(self, x: NDArray[np.floating], y: NDArray[np.floating], arrays: Sequence[NDArray[np.floating]]) -> None:
        """Fill the arrays, C-contiguous, for x (across,) and y (down,). Other threads can run meanwhile."""
        places = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        self._function(x.ctypes.data, len(x), y.ctypes.data, len(y), places)


@lru_cache(maxsize=16)
def kernel(program: Program, widths: tuple[int, ...], dtype: np.dtype) -> LatticeKernel:
    """Return the compiled kernel of a program, float32 or float64."""
    return LatticeKernel(program, widths, dtype)


def source(program: Program, widths: Sequence[int], kind: str) -> str:
    """Return the kernel in LLVM's language. What depends on y alone is computed once a row."""
    code, lanes = Code(), LANES[kind]

    def at(pointer: str, index: str) -> str:
        return code.write(f"getelementptr {kind}, ptr {pointer}, i64 {index}")

    arrays = [
        code.write(f"load ptr, ptr {code.write(f'getelementptr ptr, ptr %arrays, i64 {k}')}")
        for k in range(len(widths))
    ]
    last = code.write(f"sub i64 %across, {lanes}")  # the last step of a row goes back to end at its end
    code.declarations.add("declare i64 @llvm.smin.i64(i64, i64)")
    with code.loop("row", "%down") as row:
        y = spread(code, kind, lanes, code.write(f"load {kind}, ptr {at('%y', row)}"))
        line = code.write(f"mul i64 {row}, %across")
        with code.loop("lane", "%across", lanes) as lane:
            column = code.write(f"call i64 @llvm.smin.i64(i64 {lane}, i64 {last})")
            outputs = evaluated(program, [load(code, kind, lanes, at("%x", column)), y])
            point = code.write(f"add i64 {line}, {column}")
            for array, width in zip(arrays, widths, strict=True):
                values, outputs = outputs[:width], outputs[width:]
                _store_side_by_side(values, at(array, code.write(f"mul i64 {point}, {width}")))
    code.act("ret void")
    return "\n".join([_HEAD, "entry:", *code.lines, "}", *sorted(code.declarations), ""])


def _store_side_by_side(values: list[Vector], pointer: str) -> None:
    """Write a0 b0 a1 b1 ... of two vectors, a0 b0 c0 a1 ... of three, and so on."""
    first = values[0]
    if len(values) == 1:
        store(first, pointer)
        return
    code, lanes, count = first.code, first.lanes, len(values)
    joined = first  # all lanes of the first, then all of the second, ...
    for number, value in enumerate(values[1:], start=1):
        wide = _shuffled(value, value, [*range(lanes), *[-1] * lanes * (number - 1)])
        joined = _shuffled(joined, wide, [*range(lanes * number), *range(lanes * number, lanes * (number + 1))])
    mixed = _shuffled(joined, joined, [lanes * which + lane for lane in range(lanes) for which in range(count)])
    store(Vector(code, first.kind, lanes * count, mixed.name), pointer)


def _shuffled(a: Vector, b: Vector, order: list[int]) -> Vector:
    """Return lanes of a and b in a new order: those of b are numbered on from those of a, -1 is any."""
    mask = ", ".join("i32 poison" if i < 0 else f"i32 {i}" for i in order)
    name = a.code.write(f"shufflevector {a.type} {a.name}, {b.type} {b.name}, <{len(order)} x i32> <{mask}>")
    return Vector(a.code, a.kind, len(order), name)

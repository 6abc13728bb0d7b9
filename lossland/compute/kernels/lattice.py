"""A landscape on a band of a grid as a compiled CPU kernel: any of its quantities in one pass.

Vectorized like the steps of a swarm (see ``cpu.py``) over neighbours along x. Every point is computed the same way
wherever it is, so that the division into bands does not change a bit.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lossland.compute.kernels.cpu import KINDS, lanes_of
from lossland.compute.kernels.machine import compiled
from lossland.compute.kernels.simd import WIDE, Code, Vector, load, number, spread, store
from lossland.compute.kernels.vmath import OFTEN, Evaluation, slot_of
from lossland.expression import Program
from lossland.expression.node import COMPARISONS

COSTLY = {*OFTEN, "sqrt", "div"}  # operations that take longer than loading a stored result

_SIGNATURE = ctypes.CFUNCTYPE(
    ctypes.c_int32,
    ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p),
)  # fmt: skip
_HEAD = (
    "define i32 @fill(ptr noalias readonly %x, i64 %across, ptr noalias readonly %y, i64 %down, ptr noalias %kept, "
    f"ptr noalias readonly %arrays) {WIDE} {{"
)


class LatticeKernel:
    """The compiled kernel of a program with the inputs x and y.

    ``widths`` gives the layout of the outputs: (1, 2) puts the first one into an array (down, across) and the next two
    interleaved into an array (down, across, 2).
    """

    def __init__(self, program: Program, widths: Sequence[int], dtype: np.dtype) -> None:
        self.least = lanes_of(KINDS[dtype])  # points along x that a band must have
        self._dtype, self._kept = dtype, len(_Stages(program).kept)
        self._machine_code = compiled(source(program, widths, KINDS[dtype]), "fill")
        self._function = _SIGNATURE(self._machine_code.address)

    def fill(self, x: NDArray[np.floating], y: NDArray[np.floating], arrays: Sequence[NDArray[np.floating]]) -> bool:
        """Fill the arrays, C-contiguous, for x (across,) and y (down,). Releases the GIL.

        Returns whether the first output is finite everywhere.
        """
        addresses = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        kept = np.empty((self._kept, len(x)), self._dtype)
        return bool(self._function(x.ctypes.data, len(x), y.ctypes.data, len(y), kept.ctypes.data, addresses))


@lru_cache(maxsize=16)
def kernel(program: Program, widths: tuple[int, ...], dtype: np.dtype) -> LatticeKernel:
    """Return the compiled kernel of a program, float32 or float64."""
    return LatticeKernel(program, widths, dtype)


class _Stages:
    """A program's steps by what they depend on: computed once per band, once per row, or at every point.

    ``along`` are steps that depend on x alone, if a costly one is among them; of these, the results of ``kept`` are
    stored for the points, the boolean ones, ``truths``, as 1 and 0. ``row`` are steps that depend on y alone, or on
    nothing; ``point`` are all others.
    """

    def __init__(self, program: Program) -> None:
        first = slot_of(program, 0)
        on_x, on_y, with_costly = {0}, {1}, set[int]()
        for slot, (op, args) in enumerate(program.steps, start=first):
            for slots in (on_x, on_y, with_costly):
                if not slots.isdisjoint(args):
                    slots.add(slot)
            if op in COSTLY:
                with_costly.add(slot)
        costly = (on_x - on_y) & with_costly
        numbers = range(len(program.steps))
        self.row = [k for k in numbers if first + k not in on_x]
        self.point = [k for k in numbers if first + k in on_x - costly]
        needed = {*program.outputs, *(arg for k in self.point for arg in program.steps[k].args)}
        self.kept = sorted(costly & needed)
        self.truths = {slot for slot in self.kept if program.steps[slot - first].op in COMPARISONS}
        self.along = [k for k in numbers if first + k in on_x - on_y] if self.kept else []


def source(program: Program, widths: Sequence[int], kind: str) -> str:
    """Return the kernel as LLVM assembly."""
    code, lanes, stages = Code(), lanes_of(kind), _Stages(program)

    def at(pointer: str, index: str) -> str:
        return code.write(f"getelementptr {kind}, ptr {pointer}, i64 {index}")

    def vector(pointer: str, index: str) -> Vector:
        return load(code, kind, lanes, at(pointer, index))

    arrays = [
        code.write(f"load ptr, ptr {code.write(f'getelementptr ptr, ptr %arrays, i64 {k}')}")
        for k in range(len(widths))
    ]
    last = code.write(f"sub i64 %across, {lanes}")  # the last vector of a row is moved back to end at its end
    code.declarations.add("declare i64 @llvm.smin.i64(i64, i64)")
    nothing = number(code, kind, lanes, 0.0)
    kept = [at("%kept", code.write(f"mul i64 %across, {k}")) for k in range(len(stages.kept))]
    if stages.kept:
        with code.loop("along", "%across", lanes) as along:
            column = code.write(f"call i64 @llvm.smin.i64(i64 {along.index}, i64 {last})")
            evaluation = Evaluation(program, [vector("%x", column), nothing])
            evaluation.take(stages.along)
            for slot, line in zip(stages.kept, kept, strict=True):
                value = evaluation.slots[slot]
                store(
                    value if value.is_float else value.where(number(code, kind, lanes, 1.0), nothing), at(line, column)
                )
    with code.loop("row", "%down", carried=[nothing]) as row:
        y = spread(code, kind, lanes, code.write(f"load {kind}, ptr {at('%y', row.index)}"))
        evaluation = Evaluation(program, [nothing, y])
        evaluation.take(stages.row)
        begin = code.write(f"mul i64 {row.index}, %across")
        with code.loop("lane", "%across", lanes, carried=row.values) as lane:
            column = code.write(f"call i64 @llvm.smin.i64(i64 {lane.index}, i64 {last})")
            evaluation.slots[0] = vector("%x", column)
            for slot, line in zip(stages.kept, kept, strict=True):
                value = vector(line, column)
                evaluation.slots[slot] = value.differs(0.0) if slot in stages.truths else value
            evaluation.take(stages.point)
            outputs = evaluation.outputs
            lane.after.append(lane.values[0] + outputs[0] * 0.0)  # stays 0 while all values are finite
            point = code.write(f"add i64 {begin}, {column}")
            for array, width in zip(arrays, widths, strict=True):
                values, outputs = outputs[:width], outputs[width:]
                _store_interleaved(values, at(array, code.write(f"mul i64 {point}, {width}")))
        row.after = lane.after
    finite = row.after[0].equals(0.0).everywhere()
    code.act(f"ret i32 {code.write(f'zext i1 {finite} to i32')}")
    return "\n".join([_HEAD, "entry:", *code.lines, "}", *sorted(code.declarations), ""])


def _store_interleaved(values: list[Vector], pointer: str) -> None:
    """Store a0 b0 a1 b1 ... of two vectors, a0 b0 c0 a1 ... of three, and so on."""
    first = values[0]
    if len(values) == 1:
        store(first, pointer)
        return
    code, lanes, count = first.code, first.lanes, len(values)
    joined = first  # all lanes of the first, then all of the second, ...
    for k, value in enumerate(values[1:], start=1):
        wide = _shuffled(value, value, [*range(lanes), *[-1] * lanes * (k - 1)])
        joined = _shuffled(joined, wide, [*range(lanes * k), *range(lanes * k, lanes * (k + 1))])
    mixed = _shuffled(joined, joined, [lanes * which + lane for lane in range(lanes) for which in range(count)])
    store(Vector(code, first.kind, lanes * count, mixed.name), pointer)


def _shuffled(a: Vector, b: Vector, order: list[int]) -> Vector:
    """Return lanes of a and b in a new order; lanes of b are numbered after those of a, -1 is undefined."""
    mask = ", ".join("i32 poison" if i < 0 else f"i32 {i}" for i in order)
    name = a.code.write(f"shufflevector {a.type} {a.name}, {b.type} {b.name}, <{len(order)} x i32> <{mask}>")
    return Vector(a.code, a.kind, len(order), name)

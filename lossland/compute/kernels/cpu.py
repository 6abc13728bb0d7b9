"""Fused steps as compiled CPU kernels: many particles side by side in vector registers, on all cores.

The kernel is written for `LANES` particles at a time in LLVM's language, compiled for this very processor in some
tens of milliseconds, and kept on disk (see ``store``). That is short enough to wait for, even while a formula is
typed; so nothing has to run on arrays meanwhile, and what is computed never depends on timing. Every lane computes the
same and none looks at another: a particle goes the same way whatever its neighbours, its chunk and the number of
threads.

A particle that leaves the given bounds, or whose position is no number, stays where that happened.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossland.compute import philox
from lossland.compute.kernels import vmath
from lossland.compute.kernels.fused import Fused
from lossland.compute.kernels.machine import compiled
from lossland.compute.kernels.simd import WIDE, Code, Vector, load, spread, store
from lossland.compute.philox import Purpose

CHUNK = 512  # particles whose rows lie together: they stay in the first-level cache while they take many steps
LANES = {"float": 16, "double": 8}  # particles in one vector of 512 bits; LLVM splits it where registers are shorter
KINDS = {np.dtype(np.float32): "float", np.dtype(np.float64): "double"}

LINE = 64  # bytes of a cache line

WATCH = ("settled", "lost")  # rows of a watching kernel: since which step a particle is at a minimum, or is lost

Pointer = ctypes.c_void_p
_SIGNATURE = ctypes.CFUNCTYPE(
    None,
    Pointer, ctypes.c_int64, Pointer, ctypes.c_int64, Pointer,
    Pointer, ctypes.c_int64, Pointer, ctypes.c_int64, ctypes.c_int64,
    ctypes.c_int64, ctypes.c_int64, ctypes.c_uint64,
)  # fmt: skip

_HEAD = (
    "define void @advance(ptr noalias %state, i64 %count, ptr noalias readonly %table, i64 %steps, "
    "ptr noalias readonly %bounds, ptr noalias readonly %minima, i64 %how_many, ptr noalias %trail, i64 %every, "
    f"i64 %all, i64 %first, i64 %done, i64 %seed) {WIDE} {{"
)


class Kernel:
    """The compiled steps of one optimizer on one landscape.

    ``rows`` of a particle's state are those of the fused step, and behind them, if it ``watches``, the two of
    `WATCH`. State is an array (chunks, rows, CHUNK): each chunk of particles has all its rows together.
    """

    def __init__(self, fused: Fused, dtype: np.dtype, watch: bool = False) -> None:
        self.fused, self.dtype, self.watch = fused, dtype, watch
        self.rows = (*fused.rows, *WATCH) if watch else fused.rows
        self._machine_code = compiled(source(fused, KINDS[dtype], watch), "advance")
        self._function = _SIGNATURE(self._machine_code.address)

    def advance(
        self,
        state: NDArray[np.floating],
        count: int,
        table: NDArray[np.floating],
        bounds: NDArray[np.floating],
        minima: NDArray[np.floating],
        first: int,
        done: int,
        seed: int,
        trail: NDArray[np.floating] | None = None,
        every: int = 0,
    ) -> None:
        """Move ``count`` particles of the chunks ``state`` by as many steps as the ``table`` of columns has rows.

        ``bounds`` are x0, x1, y0, y1. ``minima`` (m, 3) are x, y and the square of the radius within which a particle
        is there. ``first`` is the number of the first particle and ``done`` the steps taken: noise depends on them.
        The positions after each ``every`` steps go into ``trail`` (len(table) // every, 2, >= count), whose rows may
        be parts of longer ones. Other threads can run meanwhile.
        """
        if not (count and len(table)):
            return
        place = 0 if trail is None or not trail.size else trail.ctypes.data
        row = trail.strides[1] // trail.itemsize if trail is not None else 0
        self._function(
            state.ctypes.data, count, table.ctypes.data, len(table), bounds.ctypes.data,
            minima.ctypes.data, len(minima), place, every if place else len(table) + 1, row,
            first, done, seed,
        )  # fmt: skip


def room(shape: tuple[int, ...], dtype: np.dtype) -> NDArray[Any]:
    """Return an array that begins at a cache line, so that no vector in it lies across two of them."""
    size = math.prod(shape) * dtype.itemsize
    memory = np.empty(size + LINE, np.uint8)
    begin = -memory.ctypes.data % LINE
    return memory[begin : begin + size].view(dtype).reshape(shape)


@lru_cache(maxsize=64)
def kernel(fused: Fused, dtype: np.dtype, watch: bool = False) -> Kernel:
    """Return the compiled kernel of a fused step, float32 or float64."""
    return Kernel(fused, dtype, watch)


def normal_draws(particle: Vector, step: Vector, key: tuple[Vector, Vector]) -> tuple[Vector, Vector]:
    """Return two standard normal draws for each particle (i64), as float64, equal to `philox.standard_normal`."""
    low = 0xFFFFFFFF
    counter = (particle & low, particle >> 32, step & low, particle.like(int(Purpose.NOISE)))
    w0, w1, _, _ = philox.philox4x32(counter, key)  # type: ignore[arg-type]
    u, v = _unit(w0), _unit(w1)
    radius = (-2 * vmath.log(u)).call("sqrt")
    angle = 2 * np.pi * v
    return radius * vmath.cos(angle), radius * vmath.sin(angle)


def _unit(word: Vector) -> Vector:
    """Return the middle of the word's cell when (0, 1) is cut into 2^32 cells. A word is an i64 below 2^32."""
    exponent_of_2_52 = 0x4330000000000000
    return ((word | exponent_of_2_52).as_float() - 2.0**52 + 0.5) * 2.0**-32


def source(fused: Fused, kind: str, watch: bool = False) -> str:
    """Return the kernel in LLVM's language.

    Chunks outside, steps next, particles inside: a chunk is read from memory once for all its steps.
    """
    return _Writer(fused, kind, watch).source()


class _Writer:
    """Writes one kernel down."""

    def __init__(self, fused: Fused, kind: str, watch: bool) -> None:
        self.fused, self.kind, self.watch = fused, kind, watch
        self.lanes = LANES[kind]
        self.rows = len(fused.rows) + (len(WATCH) if watch else 0)
        self.code = Code()

    def source(self) -> str:
        code, columns = self.code, len(self.fused.columns)
        bounds = [self._item("%bounds", str(i)) for i in range(4)]
        seed = self._whole("%seed")
        key = (seed & 0xFFFFFFFF, seed >> 32)
        with code.loop("chunk", "%count", CHUNK) as chunk:
            left = code.write(f"sub i64 %count, {chunk}")
            code.declarations.add("declare i64 @llvm.smin.i64(i64, i64)")
            inside = code.write(f"call i64 @llvm.smin.i64(i64 {left}, i64 {CHUNK})")
            base = self._at("%state", code.write(f"mul i64 {chunk}, {self.rows}"))
            with code.loop("step", "%steps") as step:
                row = self._at("%table", code.write(f"mul i64 {step}, {columns}"))
                uniform = [self._item(row, str(i)) for i in range(columns)]
                t = code.write(f"add i64 {code.write(f'add i64 %done, {step}')}, 1")
                with code.loop("lane", inside, self.lanes) as lane:
                    places = [
                        self._at(base, code.write(f"add i64 {lane}, {number * CHUNK}")) for number in range(self.rows)
                    ]
                    draws = self._draws(chunk, lane, t, key) if self.fused.noisy else ()
                    self._one_step(places, uniform, draws, bounds, t)
                self._leave_trail(base, chunk, step, inside)
        code.act("ret void")
        return "\n".join([_HEAD, "entry:", *code.lines, "}", *sorted(code.declarations), ""])

    def _leave_trail(self, base: str, chunk: str, step: str, inside: str) -> None:
        """After every so many steps copy the chunk's positions into the trail."""
        code = self.code
        taken = code.write(f"add i64 {step}, 1")
        frame, rest = code.write(f"udiv i64 {taken}, %every"), code.write(f"urem i64 {taken}, %every")
        with code.only_if("frame", code.write(f"icmp eq i64 {rest}, 0")):
            first_row = code.write(f"shl i64 {code.write(f'sub i64 {frame}, 1')}, 1")
            for axis in range(2):
                row = code.write(f"mul i64 {code.write(f'add i64 {first_row}, {axis}')}, %all")
                place = self._at("%trail", code.write(f"add i64 {row}, {chunk}"))
                here = self._at(base, str(axis * CHUNK))
                with code.loop(f"copy{axis}", inside) as i:
                    value = code.write(f"load {self.kind}, ptr {self._at(here, i)}")
                    code.act(f"store {self.kind} {value}, ptr {self._at(place, i)}")

    def _at(self, pointer: str, index: str) -> str:
        return self.code.write(f"getelementptr {self.kind}, ptr {pointer}, i64 {index}")

    def _item(self, pointer: str, index: str) -> Vector:
        """Return one number in memory in every lane."""
        value = self.code.write(f"load {self.kind}, ptr {self._at(pointer, index)}")
        return spread(self.code, self.kind, self.lanes, value)

    def _whole(self, scalar: str) -> Vector:
        return spread(self.code, "i64", self.lanes, scalar)

    def _draws(self, chunk: str, lane: str, t: str, key: tuple[Vector, Vector]) -> tuple[Vector, Vector]:
        number = self.code.write(f"add i64 %first, {self.code.write(f'add i64 {chunk}, {lane}')}")
        counting = ", ".join(f"i64 {i}" for i in range(self.lanes))
        particle = self._whole(number) + Vector(self.code, "i64", self.lanes, f"<{counting}>")
        x, y = normal_draws(particle, self._whole(t), key)
        return x.to(self.kind), y.to(self.kind)

    def _one_step(
        self, places: list[str], uniform: list[Vector], draws: Sequence[Vector], bounds: list[Vector], t: str
    ) -> None:
        rows = [load(self.code, self.kind, self.lanes, place) for place in places[: len(self.fused.rows)]]
        after = vmath.evaluated(self.fused.particle, [*rows, *uniform, *draws])
        moving = _within(rows[0], rows[1], bounds)
        after[0], after[1] = moving.where(after[0], rows[0]), moving.where(after[1], rows[1])
        for place, value in zip(places[: len(after)], after, strict=True):
            store(value, place)
        if self.watch:
            self._note(places[-2:], after[0], after[1], bounds, t)

    def _note(self, places: list[str], x: Vector, y: Vector, bounds: list[Vector], t: str) -> None:
        """Keep the rows of `WATCH`: the steps at which this stay at a minimum began, and at which it was lost."""
        with self.code.loop("minimum", "%how_many", carried=f"<{self.lanes} x i1>") as index:
            row = self._at("%minima", self.code.write(f"mul i64 {index}, 3"))
            dx, dy = x - self._item(row, "0"), y - self._item(row, "1")
            near = (dx * dx + dy * dy) < self._item(row, "2")
            self.code.act(f"%minimum.mask.next = or {near.type} %minimum.mask, {near.name}")
        near = Vector(self.code, "i1", self.lanes, "%minimum.mask.next")
        now = spread(self.code, self.kind, self.lanes, self.code.write(f"sitofp i64 {t} to {self.kind}"))
        settled, lost = (load(self.code, self.kind, self.lanes, place) for place in places)
        store(near.where((settled < 0).where(now, settled), -1.0), places[0])
        store(((lost < 0) & ~_within(x, y, bounds)).where(now, lost), places[1])


def _within(x: Vector, y: Vector, bounds: list[Vector]) -> Vector:
    """Return where a position is inside x0 < x < x1, y0 < y < y1; NaN is not."""
    return (x > bounds[0]) & (x < bounds[1]) & (y > bounds[2]) & (y < bounds[3])

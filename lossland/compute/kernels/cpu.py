"""Fused steps as compiled CPU kernels: many particles side by side in vector registers, on all cores.

The kernel is LLVM assembly for as many particles as fit a vector register, with a few registers interleaved; it is
compiled for the host processor in 30 to 100 milliseconds and cached on disk (see ``store``). That is short enough to
wait for, even while a formula is typed; so there is no interim path on arrays, and results never depend on timing. All
lanes compute the same and are independent: a particle moves the same way whatever its neighbours, its chunk and the
number of threads.

A particle that leaves the given bounds, or whose position is nan, stops there. Comparing and selecting in every step
would take as long as a short step itself, so a kernel first *speculates* that no particle leaves: particles take a
block of steps in registers, accumulating the sum of squares of all their positions. While it is small, none can have
left. Otherwise the block's result is dropped and the block repeated with tests.

*Timed* kernels also compute f at each particle before it moves, and record the step at which it first passed each of a
decreasing list of levels. That is rare: a particle passes each level once. One that has passed the last level stops. A
block whose particles are all at rest, lost or done is skipped.

Likewise a kernel speculates that the arguments of sines are small enough for a short range reduction; where they are
not, the block is repeated, one vector at a time, with the reduction for all arguments.
"""

from __future__ import annotations

import ctypes
import math
import operator
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import lru_cache, reduce

import numpy as np
from numpy.typing import NDArray

from lossland.compute import philox
from lossland.compute.kernels import vmath
from lossland.compute.kernels.fused import Fused
from lossland.compute.kernels.machine import compiled, vector_bits
from lossland.compute.kernels.simd import BITS, INTRINSIC_SUFFIX, WIDE, Code, Vector, load, number, spread, store
from lossland.compute.levels import LEVELS
from lossland.compute.philox import PAIR, Purpose

CHUNK = 512  # particles whose rows are contiguous: they stay in the first-level cache for many steps
BLOCK = 32  # steps for which particles stay in registers
SUMS = 2  # registers for the sums of squares, to hide their latency
# The most instructions of a step for which eight, and two, vectors of particles are interleaved to hide latency. A
# longer step has enough parallelism by itself, and tests cost it little.
SHORT, LONG = 64, 300
KINDS = {np.dtype(np.float32): "float", np.dtype(np.float64): "double"}

LINE = 64  # bytes of a cache line

WATCH = ("settled", "lost")  # rows of a watching kernel: the steps since which a particle is at a minimum, or lost
TIMED = ("level", "best", "lost")  # rows of a timed one: the next level of f, its lowest value, the step it was lost at

Pointer = ctypes.c_void_p
_SIGNATURE = ctypes.CFUNCTYPE(
    None,
    Pointer, ctypes.c_int64, Pointer, ctypes.c_int64, Pointer,
    Pointer, ctypes.c_int64, Pointer, Pointer, ctypes.c_int64, ctypes.c_int64,
    ctypes.c_int64, ctypes.c_int64, ctypes.c_uint64,
)  # fmt: skip

_HEAD = (
    "define void @advance(ptr noalias %state, i64 %count, ptr noalias readonly %table, i64 %steps, "
    "ptr noalias readonly %bounds, ptr noalias readonly %minima, i64 %how_many, ptr noalias %hits, "
    "ptr noalias %trail, i64 %every, "
    f"i64 %all, i64 %first, i64 %done, i64 %seed) {WIDE} {{"
)


class Kernel:
    """The compiled steps of one optimizer on one landscape.

    ``rows`` of a particle's state are those of the fused step, followed by `WATCH` if it watches, or `TIMED` if the
    step is timed. The state is an array (chunks, rows, CHUNK).
    """

    def __init__(self, fused: Fused, dtype: np.dtype, watch: bool = False) -> None:
        self.fused, self.dtype = fused, dtype
        self.rows = (*fused.rows, *records(fused, watch))
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
        hits: NDArray[np.int32] | None = None,
        trail: NDArray[np.floating] | None = None,
        every: int = 0,
    ) -> None:
        """Move ``count`` particles of the chunks ``state`` by as many steps as the ``table`` of columns has rows.

        ``bounds`` are x0, x1, y0, y1, ... ``minima`` (m, 3) are x, y and the squared radius of the circles around
        minima; of a timed kernel they are the levels (LEVELS,), and the steps at which they were passed go into
        ``hits`` (chunks, m, CHUNK), except for a level that was passed together with a lower one. ``first`` is the
        index of the first particle and ``done`` the steps taken, as noise depends on them. The positions after each
        ``every`` steps go into ``trail`` (len(table) // every, n, >= count), whose rows may be slices of longer ones.
        Releases the GIL.
        """
        if not (count and len(table)):
            return
        address = 0 if trail is None or not trail.size else trail.ctypes.data
        row = trail.strides[1] // trail.itemsize if trail is not None else 0
        limits = np.array([*bounds, safe_square(bounds)], self.dtype)
        self._function(
            state.ctypes.data, count, table.ctypes.data, len(table), limits.ctypes.data,
            minima.ctypes.data, len(minima) if hits is None else hits.shape[1],
            0 if hits is None else hits.ctypes.data, address, every if address else len(table) + 1, row,
            first, done, seed,
        )  # fmt: skip


def aligned(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return an empty array aligned to a cache line, so that no vector in it straddles two."""
    size = math.prod(shape) * dtype.itemsize
    memory = np.empty(size + LINE, np.uint8)
    begin = -memory.ctypes.data % LINE
    return memory[begin : begin + size].view(dtype).reshape(shape)


def records(fused: Fused, watch: bool) -> tuple[str, ...]:
    """Return the rows in which a kernel records what happens to a particle."""
    return TIMED if fused.timed else WATCH if watch else ()


def lanes_of(kind: str) -> int:
    """Return how many numbers fit in a vector register of this processor."""
    return vector_bits() // BITS[kind]


def safe_square(bounds: NDArray[np.floating]) -> float:
    """Return a number that x^2 + y^2 can only be below inside the bounds, rounding included; 0 if there is none."""
    low, high = bounds.astype(np.float64).reshape(-1, 2).T
    size = 0.99 * max(0.0, float(min((-low).min(), high.min())))
    return min(size * size, float(np.finfo(bounds.dtype).max))


@lru_cache(maxsize=64)
def kernel(fused: Fused, dtype: np.dtype, watch: bool = False) -> Kernel:
    """Return the compiled kernel of a fused step, float32 or float64."""
    return Kernel(fused, dtype, watch)


def normal_draws(particle: Vector, step: Vector, key: tuple[Vector, Vector], pair: int = 0) -> tuple[Vector, Vector]:
    """Return two standard normal draws for each particle (i64), as float64, equal to those of `philox.noise`."""
    low = 0xFFFFFFFF
    counter = (particle & low, particle >> 32, step & low, particle.like(Purpose.NOISE + PAIR * pair))
    w0, w1, _, _ = philox.philox4x32(counter, key)  # type: ignore[arg-type]
    u, v = _unit(w0), _unit(w1)
    radius = (-2 * vmath.log(u)).call("sqrt")
    angle = 2 * np.pi * v
    return radius * vmath.cos(angle), radius * vmath.sin(angle)


def _unit(word: Vector) -> Vector:
    """Map a word, an i64 below 2^32, to the centre of its cell when (0, 1) is divided into 2^32 cells."""
    exponent_of_2_52 = 0x4330000000000000
    return ((word | exponent_of_2_52).as_float() - 2.0**52 + 0.5) * 2.0**-32


def source(fused: Fused, kind: str, watch: bool = False) -> str:
    """Return the kernel as LLVM assembly.

    The loops are, from outside, over chunks, blocks of steps, particles, and steps of a block: a chunk is read from
    memory once for all its steps, and from the first-level cache once per block.
    """
    return Writer(fused, kind, watch).source()


@dataclass
class _Block:
    """A few vectors of particles and a block of steps, by their names in the kernel's text.

    The vectors start at the particles ``lanes``, the first of which is ``lane``, of the chunk at the address ``base``
    whose first particle is ``chunk``; they take ``steps`` steps from ``begin`` on.
    """

    base: str
    lane: str
    chunk: str
    begin: str
    steps: str
    lanes: list[str] = field(default_factory=list)


class Writer:
    """Writes one kernel.

    ``abreast`` is the number of interleaved vectors, ``speculative`` whether a block of steps is first taken without
    testing the bounds, and ``guarded`` whether some operation of a step has a fast path for moderate arguments only.
    """

    def __init__(self, fused: Fused, kind: str, watch: bool = False) -> None:
        self.fused, self.kind, self.watch = fused, kind, watch
        self.size = len(fused.axes)  # the first rows are the position
        self.lanes = lanes_of(kind)
        size = self._length()
        self.abreast = 8 if size <= SHORT else 2 if size <= LONG else 1
        self.speculative = size <= LONG and not records(fused, watch)
        self.rows = len(fused.rows) + len(records(fused, watch))
        self.code = Code()

    def _length(self) -> int:
        """Return how many instructions a step takes, or a large number where it draws noise or calls functions.

        Also sets ``guarded``.
        """
        scratch = Code()
        given = [number(scratch, self.kind, self.lanes, 0.0)] * len(self.fused.particle.inputs)
        with scratch.guarding() as guards:
            vmath.evaluated(self.fused.particle, given)
        self.guarded = bool(guards)
        calls = any(text.startswith("define") for text in scratch.declarations)
        return len(scratch.lines) + (LONG if calls or self.fused.noisy else 0)

    def source(self) -> str:
        """Return the kernel's text."""
        code = self.code
        self.bounds = [self._item("%bounds", str(i)) for i in range(2 * self.size)]
        self.safe = self._item("%bounds", str(2 * self.size))
        seed = self._whole("%seed")
        self.key = (seed & 0xFFFFFFFF, seed >> 32)
        with code.loop("chunk", "%count", CHUNK) as chunk:
            inside = self._least(code.write(f"sub i64 %count, {chunk.index}"), str(CHUNK))
            base = self._at("%state", code.write(f"mul i64 {chunk.index}, {self.rows}"))
            with code.loop("frame", "%steps", "%every") as frame:
                length = self._least(code.write(f"sub i64 %steps, {frame.index}"), "%every")
                with code.loop("block", length, BLOCK) as block:
                    begin = code.write(f"add i64 {frame.index}, {block.index}")
                    steps = self._least(code.write(f"sub i64 {length}, {block.index}"), str(BLOCK))
                    with code.loop("lane", inside, self.lanes * self.abreast) as lane:
                        self._block(base, lane.index, chunk.index, begin, steps)
                with code.only_if("whole", code.write(f"icmp eq i64 {length}, %every")):
                    self._copy_trail(base, chunk.index, frame.index, inside)
        code.act("ret void")
        return "\n".join([_HEAD, "entry:", *code.lines, "}", *sorted(code.declarations), ""])

    def _block(self, base: str, lane: str, chunk: str, begin: str, steps: str) -> None:
        """Move the particles of a few interleaved vectors by the ``steps`` from ``begin`` on."""
        code = self.code
        block = _Block(base, lane, chunk, begin, steps)
        pointers, before = self._loaded(block, self.abreast)
        if self.fused.timed:
            moving = [self._moves(before[k * self.rows : (k + 1) * self.rows]) for k in range(self.abreast)]
            some = reduce(operator.or_, moving).anywhere()
            code.act(f"br i1 {some}, label %begun, label %moved")
            code.label("begun")
        if self.speculative:
            zeros = [number(code, self.kind, self.lanes, 0.0)] * min(SUMS, self.abreast)
            code.act(f"br i1 {self._all_safe(self._squares(before, zeros)).everywhere()}, label %fast, label %slow")
            code.label("fast")
            after, sure, squares = self._steps("quick", before, block, zeros, guarding=self.guarded)
            safe = self._all_safe(squares)
            for more in sure:
                safe = safe & more
            code.act(f"br i1 {safe.everywhere()}, label %kept, label %slow")
            code.label("kept")
            self._keep(after, pointers)
            code.act("br label %moved")
            code.label("slow")
        after, sure, _ = self._steps("careful", before, block, guarding=self.guarded)
        for all_sure in sure:
            code.act(f"br i1 {all_sure.everywhere()}, label %sure, label %unsure")
            code.label("sure")
        self._keep(after, pointers)
        code.act("br label %moved")
        if self.guarded:
            code.label("unsure")
            with code.loop("exact", str(self.lanes * self.abreast), self.lanes) as one:
                block.lane = code.write(f"add i64 {lane}, {one.index}")
                pointers, before = self._loaded(block, 1)
                after, _, _ = self._steps("one", before, block)
                self._keep(after, pointers)
            code.act("br label %moved")
        code.label("moved")

    def _loaded(self, block: _Block, abreast: int) -> tuple[list[str], list[Vector]]:
        """Return the addresses and the values of the rows of a block's particles."""
        code = self.code
        block.lanes = [code.write(f"add i64 {block.lane}, {k * self.lanes}") for k in range(abreast)]
        pointers = [
            self._at(block.base, code.write(f"add i64 {here}, {row * CHUNK}"))
            for here in block.lanes
            for row in range(self.rows)
        ]
        return pointers, [load(code, self.kind, self.lanes, pointer) for pointer in pointers]

    def _steps(
        self, name: str, before: list[Vector], block: _Block, squares: Sequence[Vector] = (), guarding: bool = False
    ) -> tuple[list[Vector], list[Vector], list[Vector]]:
        """Take steps in registers. Return the rows after them, the lanes that are valid, and the sums of squares.

        With sums of ``squares`` no particle is assumed to leave the bounds. If ``guarding``, rare corrections are left
        out (see `Code.guarding`) and a vector tells the valid lanes; otherwise all are valid and there is no such
        vector.
        """
        code, columns, rows = self.code, len(self.fused.columns), self.rows
        particles = [self._particles(block.chunk, here) for here in block.lanes] if self.fused.noisy else []
        valid = [number(code, "i1", self.lanes, 1)] if guarding else []
        with code.loop(name, block.steps, carried=[*before, *valid, *squares]) as loop:
            step = code.write(f"add i64 {block.begin}, {loop.index}")
            row = self._at("%table", code.write(f"mul i64 {step}, {columns}"))
            uniform = [self._item(row, str(i)) for i in range(columns)]
            t = code.write(f"add i64 {code.write(f'add i64 %done, {step}')}, 1")
            sure = loop.values[len(before) : len(before) + len(valid)]
            for k in range(len(block.lanes)):
                now = loop.values[k * rows : (k + 1) * rows]
                draws = self._draws(particles[k], t) if particles else []
                given = [*now[: len(self.fused.rows)], *uniform, *(draw.to(self.kind) for draw in draws)]
                with code.guarding() if guarding else nullcontext([]) as guards:
                    after = vmath.evaluated(self.fused.particle, given)
                moving = None if squares else self._moves(now)
                for test in guards:
                    sure = [sure[0] & ~(test & moving if moving else test)]
                noted: list[Vector] = []
                if self.fused.timed:
                    assert moving
                    column = code.write(f"add i64 {code.write(f'mul i64 {block.chunk}, %how_many')}, {block.lanes[k]}")
                    noted = self._passed(now[-3:], after.pop(), moving, sure, code.write(f"sub i64 {t}, 1"), column)
                    moving = moving & (noted[0] > -math.inf)
                if moving:
                    after[: self.size] = [moving.where(*pair) for pair in zip(after, now[: self.size], strict=False)]
                if self.fused.timed:
                    after += [*noted, self._lost(now[-1], after, t)]
                elif self.watch:
                    after += self._watched(f"{name}.minimum{k}", now[-2:], after, t)
                loop.after += after
            loop.after += sure
            if squares:
                loop.after += self._squares(loop.values, loop.values[len(before) + len(valid) :])
        ends = len(before), len(before) + len(valid)
        return loop.after[: ends[0]], loop.after[ends[0] : ends[1]], loop.after[ends[1] :]

    def _squares(self, rows: list[Vector], sums: list[Vector]) -> list[Vector]:
        """Add x^2 + y^2 of the vectors to the sums, in rotation, and return them."""
        result = list(sums)
        for k in range(self.abreast):
            for coordinate in rows[k * self.rows : k * self.rows + self.size]:
                total = result[k % len(sums)]
                result[k % len(sums)] = coordinate.call("fmuladd", coordinate, total)
        return result

    def _all_safe(self, squares: list[Vector]) -> Vector:
        safe = squares[0] < self.safe
        for square in squares[1:]:
            safe = safe & (square < self.safe)
        return safe

    def _keep(self, rows: list[Vector], pointers: list[str]) -> None:
        for row, pointer in zip(rows, pointers, strict=True):
            store(row, pointer)

    def _least(self, a: str, b: str) -> str:
        self.code.declarations.add("declare i64 @llvm.smin.i64(i64, i64)")
        return self.code.write(f"call i64 @llvm.smin.i64(i64 {a}, i64 {b})")

    def _copy_trail(self, base: str, chunk: str, frame: str, inside: str) -> None:
        """Copy the chunk's positions into the trail, after the steps from ``frame`` on."""
        code = self.code
        first_row = code.write(f"mul i64 {code.write(f'udiv i64 {frame}, %every')}, {self.size}")
        for axis in range(self.size):
            row = code.write(f"mul i64 {code.write(f'add i64 {first_row}, {axis}')}, %all")
            target = self._at("%trail", code.write(f"add i64 {row}, {chunk}"))
            here = self._at(base, str(axis * CHUNK))
            with code.loop(f"copy{axis}", inside) as turn:
                value = code.write(f"load {self.kind}, ptr {self._at(here, turn.index)}")
                code.act(f"store {self.kind} {value}, ptr {self._at(target, turn.index)}")

    def _at(self, pointer: str, index: str) -> str:
        return self.code.write(f"getelementptr {self.kind}, ptr {pointer}, i64 {index}")

    def _item(self, pointer: str, index: str) -> Vector:
        """Load one number from memory into every lane."""
        value = self.code.write(f"load {self.kind}, ptr {self._at(pointer, index)}")
        return spread(self.code, self.kind, self.lanes, value)

    def _whole(self, scalar: str) -> Vector:
        return spread(self.code, "i64", self.lanes, scalar)

    def _particles(self, chunk: str, lane: str) -> Vector:
        """Return the indices of a vector of particles."""
        return self._counted(self.code.write(f"add i64 %first, {self.code.write(f'add i64 {chunk}, {lane}')}"))

    def _counted(self, first: str) -> Vector:
        """Return consecutive integers from ``first`` on, one for each lane."""
        counting = ", ".join(f"i64 {i}" for i in range(self.lanes))
        return self._whole(first) + Vector(self.code, "i64", self.lanes, f"<{counting}>")

    def _draws(self, particles: Vector, t: str) -> list[Vector]:
        """Return a normal draw for each coordinate."""
        pairs = range((self.size + 1) // 2)
        step = self._whole(t)
        return [one for pair in pairs for one in normal_draws(particles, step, self.key, pair)][: self.size]

    def _watched(self, name: str, watched: list[Vector], rows: Sequence[Vector], t: str) -> list[Vector]:
        """Return the rows of `WATCH`: the steps since which it is at a minimum, and at which it was lost.

        For minima in the plane.
        """
        x, y = rows[:2]
        nowhere = number(self.code, "i1", self.lanes, 0)
        with self.code.loop(name, "%how_many", carried=[nowhere]) as loop:
            row = self._at("%minima", self.code.write(f"mul i64 {loop.index}, 3"))
            dx, dy = x - self._item(row, "0"), y - self._item(row, "1")
            loop.after.append(loop.values[0] | ((dx * dx + dy * dy) < self._item(row, "2")))
        settled, lost = watched
        since = (settled < 0).where(self._number(t), settled)
        return [loop.after[0].where(since, -1.0), self._lost(lost, rows, t)]

    def _number(self, whole: str) -> Vector:
        """Convert an integer to the kernel's kind in every lane."""
        return spread(self.code, self.kind, self.lanes, self.code.write(f"sitofp i64 {whole} to {self.kind}"))

    def _lost(self, lost: Vector, rows: Sequence[Vector], t: str) -> Vector:
        """Return the step at which particles were lost, -1 where they are not; ``rows`` are those after step t."""
        return ((lost < 0) & ~self._within(rows)).where(self._number(t), lost)

    def _moves(self, now: Sequence[Vector]) -> Vector:
        """Return which particles take another step: those inside the bounds that have a level to pass."""
        inside = self._within(now)
        return inside & (now[-3] > -math.inf) if self.fused.timed else inside

    def _within(self, rows: Sequence[Vector]) -> Vector:
        """Return where a position is inside x0 < x < x1, y0 < y < y1 and so on; NaN is not."""
        return reduce(operator.and_, self._tests(rows))

    def _tests(self, rows: Sequence[Vector]) -> Iterator[Vector]:
        for i in range(self.size):
            yield rows[i] > self.bounds[2 * i]
            yield rows[i] < self.bounds[2 * i + 1]

    def _passed(
        self, noted: Sequence[Vector], value: Vector, moving: Vector, sure: Sequence[Vector], step: str, column: str
    ) -> list[Vector]:
        """Return the next level and the lowest value, where f is ``value`` after ``step`` steps.

        Writes the step into the hits, in the row of the last level passed, column ``column``. Only in the ``sure``
        lanes: others are repeated.
        """
        level, best, _ = noted
        passed = moving & (value <= level)
        for all_sure in sure:
            passed = passed & all_sure

        def following() -> list[Vector]:
            index = number(self.code, "i64", self.lanes, 0)  # of the first level that is not passed, by bisection
            size = LEVELS // 2
            while size:
                below = value <= self._gathered(index + (size - 1))
                index = below.where(index + size, index)
                size //= 2
            self._scattered(step, self._counted(column) + (index - 1) * CHUNK, passed)
            return [self._gathered(index)]

        (lower,) = self.code.corrected(passed, [level], following)
        return [lower, (moving & (value < best)).where(value, best)]

    def _gathered(self, index: Vector) -> Vector:
        """Return the levels with these indices (i64)."""
        kind, lanes, suffix = self.kind, self.lanes, INTRINSIC_SUFFIX[self.kind]
        pointers = self.code.write(f"getelementptr {kind}, ptr %minima, {index.type} {index.name}")
        name = f"@llvm.masked.gather.v{lanes}{suffix}.v{lanes}p0"
        result, truths = f"<{lanes} x {kind}>", f"<{lanes} x i1>"
        self.code.declarations.add(f"declare {result} {name}(<{lanes} x ptr>, i32, {truths}, {result})")
        given = f"<{lanes} x ptr> {pointers}, i32 {BITS[kind] // 8}, {truths} splat (i1 true), {result} poison"
        return Vector(self.code, kind, lanes, self.code.write(f"call {result} {name}({given})"))

    def _scattered(self, whole: str, index: Vector, where: Vector) -> None:
        """Write an integer (i64) to the hits with these indices, where a condition holds."""
        lanes = self.lanes
        pointers = self.code.write(f"getelementptr i32, ptr %hits, {index.type} {index.name}")
        short = spread(self.code, "i32", lanes, self.code.write(f"trunc i64 {whole} to i32"))
        name, truths = f"@llvm.masked.scatter.v{lanes}i32.v{lanes}p0", f"<{lanes} x i1>"
        self.code.declarations.add(f"declare void {name}({short.type}, <{lanes} x ptr>, i32, {truths})")
        given = f"{short.type} {short.name}, <{lanes} x ptr> {pointers}, i32 4, {truths} {where.name}"
        self.code.act(f"call void {name}({given})")

"""Fused steps as compiled CPU kernels: many particles side by side in vector registers, on all cores.

The kernel is written in LLVM's language for as many particles as stand in a vector register, a few registers abreast;
it is compiled for this very processor in 30 to 100 milliseconds and kept on disk (see ``store``). That is short
enough to wait for, even while a formula is typed; so nothing has to run on arrays meanwhile, and what is computed never
depends on timing. Every lane computes the same and none looks at another: a particle goes the same way whatever its
neighbours, its chunk and the number of threads.

A particle that leaves the given bounds, or whose position is no number, stays where that happened. Comparing and
selecting in every step would take as long as a short step itself, so it is first taken for granted that nobody leaves:
particles take a block of steps in registers, and the sum of the squares of all their positions is taken along. While it
is small, nobody can have left. If it is not, the block's result is dropped and the block done again with care.

Kernels that are *timed* also compute f where each particle is, before it moves on, and note the step at which it first
passed each of a falling list of levels. That is rare: a particle passes each level once. One that has passed the last
level stays there. Where a whole block's particles are at rest, lost or arrived, it is left out.

In the same way it is taken for granted that sines are asked of angles that a short reduction serves; where that turns
out wrong, the block is done again, one vector at a time, with the reduction that serves all angles.
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

CHUNK = 512  # particles whose rows lie together: they stay in the first-level cache while they take many steps
BLOCK = 32  # steps for which particles stay in registers
SUMS = 2  # registers for the sums of squares: enough not to wait for one another
# How many instructions a step may have for eight, and for two vectors of particles to go abreast: a step waits for the
# step before, and the others fill the time. A longer one has enough to do at once by itself, and care costs it little.
SHORT, LONG = 64, 300
KINDS = {np.dtype(np.float32): "float", np.dtype(np.float64): "double"}

LINE = 64  # bytes of a cache line

WATCH = ("settled", "lost")  # rows of a watching kernel: since which step a particle is at a minimum, or is lost
TIMED = (
    "level",
    "best",
    "lost",
)  # rows of a timed one: what f has to pass next, its lowest value, and when it was lost

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

    ``rows`` of a particle's state are those of the fused step, and behind them those of `WATCH` if it watches, and of
    `TIMED` if the step is timed. State is an array (chunks, rows, CHUNK): each chunk of particles has all its rows
    together.
    """

    def __init__(self, fused: Fused, dtype: np.dtype, watch: bool = False) -> None:
        self.fused, self.dtype = fused, dtype
        self.rows = (*fused.rows, *notes(fused, watch))
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

        ``bounds`` are x0, x1, y0, y1, ... ``minima`` (m, 3) are x, y and the square of the radius within which a
        particle is there; of a timed kernel they are the levels (LEVELS,), and the steps at which they were passed go
        into ``hits`` (chunks, m, CHUNK): a level that was passed together with a lower one is left out. ``first`` is
        the number of the first particle and ``done`` the steps taken: noise depends on them. The positions after each
        ``every`` steps go into ``trail`` (len(table) // every, n, >= count), whose rows may be parts of longer ones.
        Other threads can run meanwhile.
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


def room(shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """Return an array that begins at a cache line, so that no vector in it straddles two of them."""
    size = math.prod(shape) * dtype.itemsize
    memory = np.empty(size + LINE, np.uint8)
    begin = -memory.ctypes.data % LINE
    return memory[begin : begin + size].view(dtype).reshape(shape)


def notes(fused: Fused, watch: bool) -> tuple[str, ...]:
    """Return the rows in which a kernel notes what becomes of a particle."""
    return TIMED if fused.timed else WATCH if watch else ()


def lanes_of(kind: str) -> int:
    """Return how many numbers stand in one of this processor's vector registers."""
    return vector_bits() // BITS[kind]


def safe_square(bounds: NDArray[np.floating]) -> float:
    """Return a number that x^2 + y^2 can only stay below inside of the bounds, all roundings included; 0 if none."""
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
    """Return the middle of the word's cell when (0, 1) is cut into 2^32 cells. A word is an i64 below 2^32."""
    exponent_of_2_52 = 0x4330000000000000
    return ((word | exponent_of_2_52).as_float() - 2.0**52 + 0.5) * 2.0**-32


def source(fused: Fused, kind: str, watch: bool = False) -> str:
    """Return the kernel in LLVM's language.

    Chunks outside, blocks of steps next, then particles, their steps inside: a chunk is read from memory once for all
    its steps, and from the first-level cache once a block.
    """
    return Writer(fused, kind, watch).source()


@dataclass
class _Block:
    """A few vectors of particles and the steps they take: where they are, named as in the kernel's text.

    Of the chunk that begins at ``base``, with the number ``chunk``, the vectors whose first particles are ``lanes``,
    from ``lane`` on; ``steps`` steps from ``begin`` on.
    """

    base: str
    lane: str
    chunk: str
    begin: str
    steps: str
    lanes: list[str] = field(default_factory=list)


class Writer:
    """Writes one kernel down.

    ``abreast`` is how many vectors of particles it moves together, ``trusting`` whether it takes a block of steps
    without care first, and ``doubtful`` whether something in a step is right only for arguments of ordinary size.
    """

    def __init__(self, fused: Fused, kind: str, watch: bool = False) -> None:
        self.fused, self.kind, self.watch = fused, kind, watch
        self.size = len(fused.axes)  # the first rows are the position
        self.lanes = lanes_of(kind)
        size = self._length()
        self.abreast = 8 if size <= SHORT else 2 if size <= LONG else 1
        self.trusting = size <= LONG and not notes(fused, watch)
        self.rows = len(fused.rows) + len(notes(fused, watch))
        self.code = Code()

    def _length(self) -> int:
        """Return how many instructions a step takes, or a large number where it draws noise or calls functions.

        On the way it is seen whether the step is ``doubtful``.
        """
        scratch = Code()
        given = [number(scratch, self.kind, self.lanes, 0.0)] * len(self.fused.particle.inputs)
        with scratch.doubting() as doubts:
            vmath.evaluated(self.fused.particle, given)
        self.doubtful = bool(doubts)
        calls = any(text.startswith("define") for text in scratch.declarations)
        return len(scratch.lines) + (LONG if calls or self.fused.noisy else 0)

    def source(self) -> str:
        """Return the whole text."""
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
                    self._leave_trail(base, chunk.index, frame.index, inside)
        code.act("ret void")
        return "\n".join([_HEAD, "entry:", *code.lines, "}", *sorted(code.declarations), ""])

    def _block(self, base: str, lane: str, chunk: str, begin: str, steps: str) -> None:
        """Move the particles of a few vectors abreast by the ``steps`` from ``begin`` on."""
        code = self.code
        block = _Block(base, lane, chunk, begin, steps)
        pointers, before = self._loaded(block, self.abreast)
        if self.fused.timed:
            moving = [self._moves(before[k * self.rows : (k + 1) * self.rows]) for k in range(self.abreast)]
            some = reduce(operator.or_, moving).anywhere()
            code.act(f"br i1 {some}, label %begun, label %moved")
            code.label("begun")
        if self.trusting:
            zeros = [number(code, self.kind, self.lanes, 0.0)] * min(SUMS, self.abreast)
            code.act(f"br i1 {self._all_safe(self._squares(before, zeros)).everywhere()}, label %trust, label %slow")
            code.label("trust")
            after, sure, squares = self._steps("quick", before, block, zeros, doubting=self.doubtful)
            safe = self._all_safe(squares)
            for more in sure:
                safe = safe & more
            code.act(f"br i1 {safe.everywhere()}, label %kept, label %slow")
            code.label("kept")
            self._keep(after, pointers)
            code.act("br label %moved")
            code.label("slow")
        after, sure, _ = self._steps("careful", before, block, doubting=self.doubtful)
        for all_sure in sure:
            code.act(f"br i1 {all_sure.everywhere()}, label %sure, label %doubt")
            code.label("sure")
        self._keep(after, pointers)
        code.act("br label %moved")
        if self.doubtful:
            code.label("doubt")
            with code.loop("exact", str(self.lanes * self.abreast), self.lanes) as one:
                block.lane = code.write(f"add i64 {lane}, {one.index}")
                pointers, before = self._loaded(block, 1)
                after, _, _ = self._steps("one", before, block)
                self._keep(after, pointers)
            code.act("br label %moved")
        code.label("moved")

    def _loaded(self, block: _Block, abreast: int) -> tuple[list[str], list[Vector]]:
        """Return the rows of a block's particles: where they are, and what they are."""
        code = self.code
        block.lanes = [code.write(f"add i64 {block.lane}, {k * self.lanes}") for k in range(abreast)]
        pointers = [
            self._at(block.base, code.write(f"add i64 {here}, {row * CHUNK}"))
            for here in block.lanes
            for row in range(self.rows)
        ]
        return pointers, [load(code, self.kind, self.lanes, pointer) for pointer in pointers]

    def _steps(
        self, name: str, before: list[Vector], block: _Block, squares: Sequence[Vector] = (), doubting: bool = False
    ) -> tuple[list[Vector], list[Vector], list[Vector]]:
        """Take steps in registers. Return the rows after them, where they are sure, and the sums of squares.

        With sums of ``squares`` nobody is taken to leave. If ``doubting``, nothing is corrected (see `Code.doubting`);
        otherwise all is sure, and no vector says so.
        """
        code, columns, rows = self.code, len(self.fused.columns), self.rows
        particles = [self._particles(block.chunk, here) for here in block.lanes] if self.fused.noisy else []
        trust = [number(code, "i1", self.lanes, 1)] if doubting else []
        with code.loop(name, block.steps, carried=[*before, *trust, *squares]) as loop:
            step = code.write(f"add i64 {block.begin}, {loop.index}")
            row = self._at("%table", code.write(f"mul i64 {step}, {columns}"))
            uniform = [self._item(row, str(i)) for i in range(columns)]
            t = code.write(f"add i64 {code.write(f'add i64 %done, {step}')}, 1")
            sure = loop.values[len(before) : len(before) + len(trust)]
            for k in range(len(block.lanes)):
                now = loop.values[k * rows : (k + 1) * rows]
                draws = self._draws(particles[k], t) if particles else []
                given = [*now[: len(self.fused.rows)], *uniform, *(draw.to(self.kind) for draw in draws)]
                with code.doubting() if doubting else nullcontext([]) as doubts:
                    after = vmath.evaluated(self.fused.particle, given)
                moving = None if squares else self._moves(now)
                for test in doubts:
                    sure = [sure[0] & ~(test & moving if moving else test)]
                noted: list[Vector] = []
                if self.fused.timed:
                    assert moving
                    place = code.write(f"add i64 {code.write(f'mul i64 {block.chunk}, %how_many')}, {block.lanes[k]}")
                    noted = self._passed(now[-3:], after.pop(), moving, sure, code.write(f"sub i64 {t}, 1"), place)
                    moving = moving & (noted[0] > -math.inf)
                if moving:
                    after[: self.size] = [moving.where(*pair) for pair in zip(after, now[: self.size], strict=False)]
                if self.fused.timed:
                    after += [*noted, self._lost(now[-1], after, t)]
                elif self.watch:
                    after += self._noted(f"{name}.minimum{k}", now[-2:], after, t)
                loop.after += after
            loop.after += sure
            if squares:
                loop.after += self._squares(loop.values, loop.values[len(before) + len(trust) :])
        ends = len(before), len(before) + len(trust)
        return loop.after[: ends[0]], loop.after[ends[0] : ends[1]], loop.after[ends[1] :]

    def _squares(self, rows: list[Vector], sums: list[Vector]) -> list[Vector]:
        """Return the sums with x^2 + y^2 of the vectors added, in turn to each."""
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

    def _leave_trail(self, base: str, chunk: str, frame: str, inside: str) -> None:
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
        """Return one number in memory in every lane."""
        value = self.code.write(f"load {self.kind}, ptr {self._at(pointer, index)}")
        return spread(self.code, self.kind, self.lanes, value)

    def _whole(self, scalar: str) -> Vector:
        return spread(self.code, "i64", self.lanes, scalar)

    def _particles(self, chunk: str, lane: str) -> Vector:
        """Return the particles' numbers."""
        return self._counted(self.code.write(f"add i64 %first, {self.code.write(f'add i64 {chunk}, {lane}')}"))

    def _counted(self, first: str) -> Vector:
        """Return whole numbers from ``first`` on, one for each lane."""
        counting = ", ".join(f"i64 {i}" for i in range(self.lanes))
        return self._whole(first) + Vector(self.code, "i64", self.lanes, f"<{counting}>")

    def _draws(self, particles: Vector, t: str) -> list[Vector]:
        """Return a normal draw for each coordinate."""
        pairs = range((self.size + 1) // 2)
        step = self._whole(t)
        return [one for pair in pairs for one in normal_draws(particles, step, self.key, pair)][: self.size]

    def _noted(self, name: str, watched: list[Vector], rows: Sequence[Vector], t: str) -> list[Vector]:
        """Return the rows of `WATCH`: the steps at which this stay at a minimum began, and at which it was lost.

        Minima are those of the plane.
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
        """Return a whole number as one of the kernel's kind in every lane."""
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
        self, noted: Sequence[Vector], value: Vector, moving: Vector, sure: Sequence[Vector], step: str, place: str
    ) -> list[Vector]:
        """Return the level to pass next and the lowest value, where f is ``value`` after ``step`` steps.

        Notes in the hits, at ``place`` in the row of the level, which of the levels was passed last. Only where it is
        ``sure``: what is not is done again.
        """
        level, best, _ = noted
        passed = moving & (value <= level)
        for all_sure in sure:
            passed = passed & all_sure

        def following() -> list[Vector]:
            index = number(self.code, "i64", self.lanes, 0)  # of the first level that is not passed, by halving
            size = LEVELS // 2
            while size:
                below = value <= self._gathered(index + (size - 1))
                index = below.where(index + size, index)
                size //= 2
            self._scattered(step, self._counted(place) + (index - 1) * CHUNK, passed)
            return [self._gathered(index)]

        (lower,) = self.code.corrected(passed, [level], following)
        return [lower, (moving & (value < best)).where(value, best)]

    def _gathered(self, index: Vector) -> Vector:
        """Return the levels with these numbers (i64)."""
        kind, lanes, suffix = self.kind, self.lanes, INTRINSIC_SUFFIX[self.kind]
        pointers = self.code.write(f"getelementptr {kind}, ptr %minima, {index.type} {index.name}")
        name = f"@llvm.masked.gather.v{lanes}{suffix}.v{lanes}p0"
        result, truths = f"<{lanes} x {kind}>", f"<{lanes} x i1>"
        self.code.declarations.add(f"declare {result} {name}(<{lanes} x ptr>, i32, {truths}, {result})")
        given = f"<{lanes} x ptr> {pointers}, i32 {BITS[kind] // 8}, {truths} splat (i1 true), {result} poison"
        return Vector(self.code, kind, lanes, self.code.write(f"call {result} {name}({given})"))

    def _scattered(self, whole: str, index: Vector, where: Vector) -> None:
        """Write a whole number (i64) into the hits with these numbers, where a truth holds."""
        lanes = self.lanes
        pointers = self.code.write(f"getelementptr i32, ptr %hits, {index.type} {index.name}")
        short = spread(self.code, "i32", lanes, self.code.write(f"trunc i64 {whole} to i32"))
        name, truths = f"@llvm.masked.scatter.v{lanes}i32.v{lanes}p0", f"<{lanes} x i1>"
        self.code.declarations.add(f"declare void {name}({short.type}, <{lanes} x ptr>, i32, {truths})")
        given = f"{short.type} {short.name}, <{lanes} x ptr> {pointers}, i32 4, {truths} {where.name}"
        self.code.act(f"call void {name}({given})")

"""Many particles on their way on a CUDA device: many steps a launch, each particle in the registers of one thread.

When the device has no room for all particles, they stay on the host and take turns in tiles. When a kernel does not
compile, the device is lost, or it has no room even for a small tile, the CPU takes all steps again from the start;
one warning says so.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from lossland.compute.bounds import bounds
from lossland.compute.crowds.base import MOST_STEPS, Crowd, Points, Progress, circles, rounded
from lossland.compute.kernels.cpu import TIMED, WATCH
from lossland.compute.kernels.cuda import swarm_source
from lossland.compute.kernels.device import THREADS, Device, DeviceTrouble, OnDevice, OutOfMemory, blocks, in_tiles, say
from lossland.compute.kernels.fused import fuse
from lossland.compute.levels import filled, table_of_levels
from lossland.compute.resident import Resident
from lossland.optimizers import Optimizer

if TYPE_CHECKING:
    from lossland.landscapes import Landscape

R = TypeVar("R")

WORK = 1_000_000_000  # steps of one particle in a launch: far below the seconds after which a desktop stops a kernel
FEWEST = 1 << 12  # particles in the smallest tile
TRAIL_BYTES = 1 << 26  # of a trail on the device at a time


class CudaCrowd(Crowd):
    """Particles moved by a fused CUDA kernel, float32 or float64 as ``start`` (N, 2) is; as `KernelCrowd` otherwise.

    ``refuge`` makes the crowd that takes over when the device cannot go on.
    """

    def __init__(
        self,
        device: Device,
        landscape: Landscape,
        rule: Optimizer,
        start: Points,
        refuge: Callable[[], Crowd],
        seed: int = 0,
        first: int = 0,
        minima: NDArray[np.floating] | None = None,
        near: float = 0.0,
        levels: NDArray[np.floating] | None = None,
    ) -> None:
        self.rule, self.seed, self.first, self.count = rule, seed, first, len(start)
        self.dtype = start.dtype
        self._device, self._make_refuge = device, refuge
        self._fused = fuse(landscape, rule, timed=levels is not None)
        self._bounds = tuple(bounds(landscape.domain, self.dtype))
        self._minima = circles(minima, near, self.dtype) if levels is None else table_of_levels(levels, self.dtype)
        self._levels = 0 if levels is None else len(levels)
        self._notes = TIMED if levels is not None else WATCH if minima is not None else ()
        self._carry = self._fused.carry(rule)
        self._refuge: Crowd | None = None
        self.backend = "cuda"
        self._state: Any = self._laid_out(start)
        self._watch: Any = self._first_notes()
        try:
            source = swarm_source(self._fused, self.dtype, minima is not None)
            self._kernel = device.kernel(source, "ll_swarm")
            self._move_in()
        except DeviceTrouble as trouble:
            self._flee(trouble)

    def _laid_out(self, start: Points) -> Points:
        """Return the first state (rows, N)."""
        state = np.empty((len(self._fused.rows), self.count), self.dtype)
        state[:2] = start.T
        state[2:] = np.reshape(self._fused.initial(self.rule), (-1, 1))
        return state

    def _first_notes(self) -> Points:
        """Return the first notes (rows, N): those of each particle, and of a timed kernel a row for each level."""
        rows = len(self._notes) + self._levels
        watch = np.full((max(rows, 1), self.count if rows else 1), -1, self.dtype)
        if self._levels:
            watch[TIMED.index("level")], watch[TIMED.index("best")] = self._minima[0], np.inf
        return watch

    def _move_in(self) -> None:
        """Bring the state to the device if there is room for it."""
        try:
            with self._device.at_work() as xp:
                self._state, self._watch = xp.asarray(self._state), xp.asarray(self._watch)
        except OutOfMemory:
            text = f"The CUDA device has no room for {self.count} particles at a time; they take turns."
            warnings.warn(text, RuntimeWarning, stacklevel=3)

    # ---------------------------------------------------------------------------------------------- results
    @property
    def positions(self) -> Points:
        """Where the particles are, as a new array (N, 2) on the host."""
        state = self._ask(lambda: self._on_host(self._state[:2]))
        return self._shelter.positions if state is None else np.ascontiguousarray(state.T)

    @property
    def resident(self) -> Points | Resident:
        """Where the particles are, as a new array (N, 2): on the device if all of them are there."""
        if isinstance(self._state, np.ndarray):
            return self.positions
        array, step = self._ask(self._side_by_side), self.step
        return self.positions if array is None else Resident(self._device, array, lambda: self._computed_again(step))

    def _side_by_side(self) -> OnDevice | None:
        """Return the positions as a new array (N, 2) on the device, None if it has no room for them."""
        try:
            with self._device.at_work() as xp:
                return xp.stack((self._state[0], self._state[1]), axis=1)
        except OutOfMemory:
            return None

    def _computed_again(self, step: int) -> Points:
        crowd = self._make_refuge()
        crowd.advance(step)
        return crowd.positions

    @property
    def settled(self) -> NDArray[np.int64]:
        """The step at which each particle's present stay at a minimum began, -1 where it is at none, (N,)."""
        return self._noted("settled").astype(np.int64)

    @property
    def lost(self) -> NDArray[np.int64]:
        """The step at which each particle was lost, -1 where it is not, or with neither minima nor levels, (N,)."""
        return self._noted("lost").astype(np.int64)

    @property
    def hits(self) -> NDArray[np.int32]:
        """The step (m, N) after which f was first at each of the m levels or below, -1 where it was not yet."""
        rows = self._ask(lambda: self._on_host(self._watch[len(TIMED) :]))
        return self._shelter.hits if rows is None else filled(rows.astype(np.int32))

    @property
    def best(self) -> Points:
        """The lowest f of each particle so far, (N,); without its present place."""
        return self._noted("best")

    @property
    def spoilt(self) -> NDArray[np.bool_]:
        """Which particles are somewhere that is no number, or remember something that is none, (N,)."""
        state = self._ask(lambda: self._on_host(self._state))
        return self._shelter.spoilt if state is None else np.asarray(~np.isfinite(state).all(axis=0))

    def _noted(self, name: str) -> Points:
        if name not in self._notes:
            return np.full(self.count, -1, self.dtype)
        row = self._ask(lambda: self._on_host(self._watch[self._notes.index(name)]))
        return getattr(self._shelter, name) if row is None else row

    def _on_host(self, array: Points | OnDevice) -> Points:
        if isinstance(array, np.ndarray):
            return array
        with self._device.at_work():
            return array.get()

    # ----------------------------------------------------------------------------------------- when it cannot go on
    def _ask(self, work: Callable[[], R]) -> R | None:
        """Return what the device makes of the work, or None if the CPU has taken over, now or before."""
        if self._refuge is None:
            try:
                return work()
            except DeviceTrouble as trouble:
                self._flee(trouble)
        return None

    def _flee(self, trouble: DeviceTrouble) -> None:
        """Let the CPU take the steps that have been taken; it will take those to come."""
        say(trouble)
        self._state = self._watch = None
        self._refuge, self.backend = self._make_refuge(), "cpu"
        self._refuge.advance(self.step)

    @property
    def _shelter(self) -> Crowd:
        assert self._refuge is not None
        return self._refuge

    # ------------------------------------------------------------------------------------------------ steps
    def advance(self, steps: int, progress: Progress | None = None) -> None:
        """Take ``steps`` steps. The last launch may still be under way afterwards."""
        at_once = min(max(1, WORK // self.count), MOST_STEPS)
        for taken in range(0, steps, at_once):
            some = min(at_once, steps - taken)
            self._take(some)
            if progress or taken + some < steps:  # so that Ctrl-C need not wait for more than one launch
                self._ask(self._wait)
            if progress:
                progress((taken + some) / steps)

    def trail(self, steps: int, every: int = 1) -> Points:
        """Take ``steps`` steps; return the positions after each ``every`` of them, (steps // every, 2, N)."""
        frames = np.empty((steps // every, 2, self.count), self.dtype)
        home = 0
        if self._refuge is None and not isinstance(self._state, np.ndarray):
            began = self.step
            try:
                for arrived in self._travel(frames, every):
                    home = arrived
            except DeviceTrouble as trouble:
                self.step = began + home * every
                self._flee(trouble)
        rest = steps - home * every
        if home < len(frames):
            frames[home:] = super().trail(rest, every)
        else:
            self.advance(rest)
        return frames

    def _take(self, steps: int) -> None:
        self._ask(lambda: self._launch_all(steps))
        if self._refuge is not None:
            self._refuge.advance(steps)
        self.step += steps

    def _wait(self) -> None:
        with self._device.at_work():
            self._device.compute.synchronize()

    def _launch_all(self, steps: int) -> None:
        table, carry = self._table(steps)
        if isinstance(self._state, np.ndarray):
            in_tiles(self._device, self.count, self.count // 2, FEWEST, lambda tile: self._take_turn(table, tile))
        else:
            self._launch(self._state, self._watch, table, self.first)
        self._carry = carry

    def _table(self, steps: int) -> tuple[Points, list[float]]:
        """Return the uniform columns of the next steps, and what is carried on after them."""
        table, carry = self._fused.table(self.rule, self.step, steps, self._carry)
        return rounded(table, self.dtype), carry

    def _take_turn(self, table: Points, tile: slice) -> None:
        """Copy some particles to the device, move them, and copy them back."""
        noted = tile if self._notes else slice(None)
        with self._device.at_work() as xp:
            state = xp.asarray(np.ascontiguousarray(self._state[:, tile]))
            watch = xp.asarray(np.ascontiguousarray(self._watch[:, noted]))
            self._launch(state, watch, table, self.first + tile.start)
            moved, seen = state.get(), watch.get()
        self._state[:, tile], self._watch[:, noted] = moved, seen

    def _launch(self, state: Any, watch: Any, table: Points, first: int, trail: Any = None, every: int = 0) -> None:
        """Launch the table's steps; positions after each ``every`` of them go into a trail (frames, 2, n)."""
        count = state.shape[1]
        with self._device.at_work() as xp:
            self._kernel(
                blocks(count),
                (THREADS,),
                (
                    *(state, watch, xp.asarray(table), xp.asarray(self._minima), state if trail is None else trail),
                    *map(np.int32, (count, len(table), every, self._levels or len(self._minima), self.step)),
                    *self._bounds,
                    *map(np.uint64, (self.seed, first)),
                ),
            )

    def _travel(self, frames: Points, every: int) -> Iterator[int]:
        """Fill ``frames``, launch after launch, and yield how many of them have arrived.

        While one launch computes, the trail of the one before is on its way home.
        """
        together = max(1, TRAIL_BYTES // max(1, frames[:1].nbytes))
        under_way: tuple[Points, Points, Any, Any] | None = None
        arrived = 0
        for start in (*range(0, len(frames), together), len(frames)):
            sent, under_way = under_way, None
            if start < len(frames):
                under_way = self._send(frames[start : start + together], every)
            if sent is not None:
                part, host, event, _ = sent
                with self._device.at_work():
                    event.synchronize()
                part[...] = host
                arrived += len(part)
                yield arrived

    def _send(self, part: Points, every: int) -> tuple[Points, Points, Any, Any]:
        """Launch the steps of some frames; return the frames, where they arrive, the event of that, and the trail."""
        table, carry = self._table(len(part) * every)
        with self._device.at_work() as xp:
            trail = xp.empty(part.shape, self.dtype)
            host = np.frombuffer(xp.cuda.alloc_pinned_memory(trail.nbytes), self.dtype, trail.size).reshape(part.shape)
            self._launch(self._state, self._watch, table, self.first, trail, every)
            self._device.copy.wait_event(self._device.compute.record())
            trail.get(stream=self._device.copy, out=host, blocking=False)
            event = self._device.copy.record()
        self._carry, self.step = carry, self.step + len(table)
        return part, host, event, trail

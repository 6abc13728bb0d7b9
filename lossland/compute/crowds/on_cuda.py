"""A crowd on a CUDA device: many steps per launch, each particle in the registers of one thread.

If the device has not enough memory for all particles, they stay on the host and are processed in tiles. If a kernel
does not compile, the device is lost, or even a small tile does not fit, the CPU repeats all steps from the start, with
one warning.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from lossland.compute.bounds import bounds
from lossland.compute.crowds.base import MOST_STEPS, Crowd, Points, Progress, circles, rounded
from lossland.compute.kernels.cpu import TIMED, WATCH
from lossland.compute.kernels.cuda import swarm_source
from lossland.compute.kernels.device import (
    THREADS,
    Device,
    DeviceError,
    Event,
    OnDevice,
    OutOfMemory,
    blocks,
    in_tiles,
    warn,
)
from lossland.compute.kernels.fused import fuse
from lossland.compute.levels import filled, table_of_levels
from lossland.compute.resident import Resident
from lossland.optimizers import Optimizer

if TYPE_CHECKING:
    from lossland.landscapes.problems import Ground

R = TypeVar("R")

WORK = 1_000_000_000  # particle steps in a launch: far below the watchdog timeout of a desktop
FEWEST = 1 << 12  # particles in the smallest tile
TRAIL_BYTES = 1 << 26  # of a trail on the device at a time


class _Transfer(NamedTuple):
    """Frames on their way to the host: where they go, the pinned memory between, and the event that ends the copy."""

    frames: Points
    host: Points
    done: Event
    trail: OnDevice  # keeps the memory alive until then


class CudaCrowd(Crowd):
    """Particles in the plane moved by a fused CUDA kernel, float32 or float64 as ``start`` (N, 2) is.

    Otherwise as `KernelCrowd`. ``fallback`` makes the crowd that takes over when the device fails.
    """

    def __init__(
        self,
        device: Device,
        landscape: Ground,
        rule: Optimizer,
        start: Points,
        fallback: Callable[[], Crowd],
        seed: int = 0,
        first: int = 0,
        minima: NDArray[np.floating] | None = None,
        near: float = 0.0,
        levels: NDArray[np.floating] | None = None,
    ) -> None:
        self.rule, self.seed, self.first, self.count = rule, seed, first, len(start)
        self.dtype = start.dtype
        self._device, self._make_fallback = device, fallback
        self._fused = fuse(landscape, rule, timed=levels is not None)
        self._bounds = tuple(bounds(landscape.domain, self.dtype))
        self._minima = circles(minima, near, self.dtype) if levels is None else table_of_levels(levels, self.dtype)
        self._levels = 0 if levels is None else len(levels)
        self._notes = TIMED if levels is not None else WATCH if minima is not None else ()
        self._carry = self._fused.carry(rule)
        self._fallback: Crowd | None = None
        self.backend = "cuda"
        self._state: Any = self._initial_state(start)
        self._watch: Any = self._first_notes()
        try:
            source = swarm_source(self._fused, self.dtype, minima is not None)
            self._kernel = device.kernel(source, "ll_swarm")
            self._upload()
        except DeviceError as error:
            self._fall_back(error)

    def _initial_state(self, start: Points) -> Points:
        """Return the initial state (rows, N)."""
        state = np.empty((len(self._fused.rows), self.count), self.dtype)
        state[:2] = start.T
        state[2:] = np.reshape(self._fused.initial(self.rule), (-1, 1))
        return state

    def _first_notes(self) -> Points:
        """Return the initial records (rows, N): those of each particle, and of a timed kernel a row for each level."""
        rows = len(self._notes) + self._levels
        watch = np.full((max(rows, 1), self.count if rows else 1), -1, self.dtype)
        if self._levels:
            watch[TIMED.index("level")], watch[TIMED.index("best")] = self._minima[0], np.inf
        return watch

    def _upload(self) -> None:
        """Copy the state to the device if it fits."""
        try:
            with self._device.at_work() as xp:
                self._state, self._watch = xp.asarray(self._state), xp.asarray(self._watch)
        except OutOfMemory:
            text = f"The CUDA device has no room for {self.count} particles at a time; they take turns."
            warnings.warn(text, RuntimeWarning, stacklevel=3)

    # ---------------------------------------------------------------------------------------------- results
    @property
    def positions(self) -> Points:
        """The positions as a new array (N, 2) on the host."""
        state = self._ask(lambda: self._on_host(self._state[:2]))
        return self._cpu_crowd.positions if state is None else np.ascontiguousarray(state.T)

    @property
    def resident(self) -> Points | Resident:
        """The positions as a new array (N, 2), on the device if all particles are there."""
        if isinstance(self._state, np.ndarray):
            return self.positions
        array, step = self._ask(self._side_by_side), self.step
        return self.positions if array is None else Resident(self._device, array, lambda: self._computed_again(step))

    def _side_by_side(self) -> OnDevice | None:
        """Return the positions as a new array (N, 2) on the device, None if it does not fit."""
        try:
            with self._device.at_work() as xp:
                return xp.stack((self._state[0], self._state[1]), axis=1)
        except OutOfMemory:
            return None

    def _computed_again(self, step: int) -> Points:
        crowd = self._make_fallback()
        crowd.advance(step)
        return crowd.positions

    @property
    def settled(self) -> NDArray[np.int64]:
        """The step since which each particle is at a minimum, -1 where it is at none, (N,)."""
        return self._noted("settled").astype(np.int64)

    @property
    def lost(self) -> NDArray[np.int64]:
        """The step at which each particle was lost, -1 where it is not, or with neither minima nor levels, (N,)."""
        return self._noted("lost").astype(np.int64)

    @property
    def hits(self) -> NDArray[np.int32]:
        """The step (m, N) at which f was first at or below each of the m levels, -1 where it was not yet."""
        rows = self._ask(lambda: self._on_host(self._watch[len(TIMED) :]))
        return self._cpu_crowd.hits if rows is None else filled(rows.astype(np.int32))

    @property
    def best(self) -> Points:
        """The lowest f of each particle before its present position, (N,)."""
        return self._noted("best")

    @property
    def nonfinite(self) -> NDArray[np.bool_]:
        """Which particles have a position or remembered term that is not finite, (N,)."""
        state = self._ask(lambda: self._on_host(self._state))
        return self._cpu_crowd.nonfinite if state is None else np.asarray(~np.isfinite(state).all(axis=0))

    def _noted(self, name: str) -> Points:
        if name not in self._notes:
            return np.full(self.count, -1, self.dtype)
        row = self._ask(lambda: self._on_host(self._watch[self._notes.index(name)]))
        return getattr(self._cpu_crowd, name) if row is None else row

    def _on_host(self, array: Points | OnDevice) -> Points:
        if isinstance(array, np.ndarray):
            return array
        with self._device.at_work():
            return array.get()

    # --------------------------------------------------------------------------------------------- fallback
    def _ask(self, work: Callable[[], R]) -> R | None:
        """Return the result of work on the device, or None if the CPU has taken over, now or before."""
        if self._fallback is None:
            try:
                return work()
            except DeviceError as error:
                self._fall_back(error)
        return None

    def _fall_back(self, error: DeviceError) -> None:
        """Switch to the CPU: repeat the steps taken so far; later ones go there too."""
        warn(error)
        self._state = self._watch = None
        self._fallback, self.backend = self._make_fallback(), "cpu"
        self._fallback.advance(self.step)

    @property
    def _cpu_crowd(self) -> Crowd:
        assert self._fallback is not None
        return self._fallback

    # ------------------------------------------------------------------------------------------------ steps
    def advance(self, steps: int, progress: Progress | None = None) -> None:
        """Take ``steps`` steps. The last launch may still be running afterwards."""
        at_once = min(max(1, WORK // self.count), MOST_STEPS)
        for taken in range(0, steps, at_once):
            some = min(at_once, steps - taken)
            self._take(some)
            if progress or taken + some < steps:  # so that Ctrl-C waits for at most one launch
                self._ask(self._wait)
            if progress:
                progress((taken + some) / steps)

    def trail(self, steps: int, every: int = 1) -> Points:
        """Take ``steps`` steps; return the positions after each ``every`` of them, (steps // every, 2, N)."""
        frames = np.empty((steps // every, 2, self.count), self.dtype)
        received = 0
        if self._fallback is None and not isinstance(self._state, np.ndarray):
            began = self.step
            try:
                for arrived in self._stream_frames(frames, every):
                    received = arrived
            except DeviceError as error:
                self.step = began + received * every
                self._fall_back(error)
        rest = steps - received * every
        if received < len(frames):
            frames[received:] = super().trail(rest, every)
        else:
            self.advance(rest)
        return frames

    def _take(self, steps: int) -> None:
        self._ask(lambda: self._launch_all(steps))
        if self._fallback is not None:
            self._fallback.advance(steps)
        self.step += steps

    def _wait(self) -> None:
        with self._device.at_work():
            self._device.compute.synchronize()

    def _launch_all(self, steps: int) -> None:
        table, carry = self._table(steps)
        if isinstance(self._state, np.ndarray):
            in_tiles(self._device, self.count, self.count // 2, FEWEST, lambda tile: self._advance_tile(table, tile))
        else:
            self._launch(self._state, self._watch, table, self.first)
        self._carry = carry

    def _table(self, steps: int) -> tuple[Points, list[float]]:
        """Return the uniform columns of the next steps, and the carried terms after them."""
        table, carry = self._fused.table(self.rule, self.step, steps, self._carry)
        return rounded(table, self.dtype), carry

    def _advance_tile(self, table: Points, tile: slice) -> None:
        """Copy some particles to the device, move them, and copy them back."""
        noted = tile if self._notes else slice(None)
        with self._device.at_work() as xp:
            state = xp.asarray(np.ascontiguousarray(self._state[:, tile]))
            watch = xp.asarray(np.ascontiguousarray(self._watch[:, noted]))
            self._launch(state, watch, table, self.first + tile.start)
            moved, seen = state.get(), watch.get()
        self._state[:, tile], self._watch[:, noted] = moved, seen

    def _launch(
        self, state: OnDevice, watch: OnDevice, table: Points, first: int, trail: OnDevice | None = None, every: int = 0
    ) -> None:
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

    def _stream_frames(self, frames: Points, every: int) -> Iterator[int]:
        """Fill ``frames``, launch by launch, and yield how many of them have arrived.

        While one launch computes, the trail of the one before is copied to the host.
        """
        together = max(1, TRAIL_BYTES // max(1, frames[:1].nbytes))
        under_way: _Transfer | None = None
        arrived = 0
        for start in (*range(0, len(frames), together), len(frames)):
            sent, under_way = under_way, None
            if start < len(frames):
                under_way = self._launch_frames(frames[start : start + together], every)
            if sent is not None:
                with self._device.at_work():
                    sent.done.synchronize()
                sent.frames[...] = sent.host
                arrived += len(sent.frames)
                yield arrived

    def _launch_frames(self, frames: Points, every: int) -> _Transfer:
        """Launch the steps of some frames and the copy of their trail to the host."""
        table, carry = self._table(len(frames) * every)
        with self._device.at_work() as xp:
            trail = xp.empty(frames.shape, self.dtype)
            host = np.frombuffer(xp.cuda.alloc_pinned_memory(trail.nbytes), self.dtype, trail.size).reshape(
                frames.shape
            )
            self._launch(self._state, self._watch, table, self.first, trail, every)
            self._device.copy.wait_event(self._device.compute.record())
            trail.get(stream=self._device.copy, out=host, blocking=False)
            event = self._device.copy.record()
        self._carry, self.step = carry, self.step + len(table)
        return _Transfer(frames, host, event, trail)

"""Caching of a scene's results between frames; the parameters they depend on are recorded while they are computed.

``@kept`` caches a method's result until one of the parameters that were read while computing it has another value.
``@refined`` does the same for slow results: a window shows the finest one so far and asks again with its next frame, a
film and a readout wait for the finest. What grows step by step (`Growing`) advances by ``Scene.grown_to`` in the same
way. All only save work; what a scene shows depends on its parameters, its seed and the time alone.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, Generic, Literal, ParamSpec, Protocol, TypeVar, overload

import numpy as np

from lossland.errors import UserError, shown

if TYPE_CHECKING:
    from lossland.scenery.scene import Scene

S = TypeVar("S", bound="Scene")
P = ParamSpec("P")
L = TypeVar("L")
R = TypeVar("R")


class Coarse(Protocol):
    """A progressively refined result, as a dependency of other results."""

    def best(self, scene: Scene) -> object:
        """Return the finest result so far."""
        ...


Reads = dict[str | Coarse, object]  # the dependencies of a result (parameters' names, ...) and their values

_reading: ContextVar[tuple[Scene, Reads] | None] = ContextVar("reading", default=None)


def note_read(scene: Scene, source: str | Coarse, value: object) -> None:
    """Record that a scene's source was read, for the result being computed (if any)."""
    reading = _reading.get()
    if reading is not None and reading[0] is scene:
        reading[1][source] = value


def _recorded(scene: Scene, reads: Reads, make: Callable[[], R]) -> R:
    """Return what ``make`` returns, and record in ``reads`` what it reads.

    The enclosing result has read that too, even if ``make`` raises and the outer one continues without it.
    """
    token = _reading.set((scene, reads))
    try:
        return make()
    finally:
        _reading.reset(token)
        _note_all(scene, reads)


def _note_all(scene: Scene, reads: Reads) -> None:
    """Record for the enclosing result that it read what this one read."""
    reading = _reading.get()
    if reading is not None and reading[0] is scene:
        reading[1].update(reads)


def _hold(scene: Scene, reads: Reads) -> bool:
    """Whether all dependencies are unchanged."""
    for source, value in reads.items():
        if isinstance(source, str):
            now = scene.source(source)
            if not (now is value or now == value):
                return False
        elif source.best(scene) is not value:  # may be an array: compared as an object
            return False
    return True


@overload
def kept(make: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]: ...
@overload
def kept(
    *, most: int = 16, framing: Literal[False] = False
) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]: ...
@overload
def kept(*, framing: Literal[True]) -> Callable[[Callable[[S], R]], Callable[[S], R]]: ...
def kept(make: Callable[..., object] | None = None, *, most: int = 16, framing: bool = False) -> Callable[..., object]:
    """Cache a method's results, the last ``most`` of them for different arguments.

    A result is recomputed when a parameter (or the seed) that was read while computing it has another value. Kept
    results may use kept results: the dependencies of the inner one are also the outer one's. Arguments must be
    hashable. An array stays the same object until it is recomputed, so that a painter uploads it once.

    A number, tuple or array for ``framing``, such as a scale in world units, is frozen while a handle is dragged: else
    the picture would move under the pointer. It is recomputed when the handle is released; its dependents only if it
    then has another value.
    """
    if framing:
        return lambda made: _that_reads(made, _Framing(made))
    return _kept(make, most) if make is not None else lambda make: _kept(make, most)


def _kept(make: Callable[Concatenate[S, P], R], most: int) -> Callable[Concatenate[S, P], R]:
    @wraps(make)
    def got(scene: S, *args: P.args, **kwargs: P.kwargs) -> R:
        key = (args, tuple(kwargs.items()))
        entries: OrderedDict[Hashable, tuple[Reads, R]] | None = scene.results.get(got)
        if entries is None:
            entries = scene.results[got] = OrderedDict()
        try:
            entry = entries.get(key)
        except TypeError:
            raise UserError(
                f"Results of {make.__name__} are kept for its arguments, so these must be hashable: give numbers, "
                f"texts or tuples of them, not {shown(args[0] if len(args) == 1 else args)}."
            ) from None
        if entry is not None and _hold(scene, entry[0]):
            _note_all(scene, entry[0])
        else:
            reads: Reads = {}
            entry = entries[key] = (reads, _recorded(scene, reads, lambda: make(scene, *args, **kwargs)))
        entries.move_to_end(key)
        while len(entries) > most:
            entries.popitem(last=False)
        return entry[1]

    return got


def _equal(one: object, other: object) -> bool:
    """Whether two results are equal; arrays and tuples are where all their elements are."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return one == other


class _Framing(Generic[R]):
    """A framing value, as a dependency of other results."""

    def __init__(self, make: Callable[..., R]) -> None:
        self.make = make

    def best(self, scene: Scene) -> R:
        """Return the result: the previous one while a handle is held, and the same object if it is equal."""
        before: tuple[Reads, R] | None = scene.results.get(self)
        if before is not None and (scene.held or _hold(scene, before[0])):
            return before[1]
        reads: Reads = {}
        token = _reading.set((scene, reads))
        try:
            found = self.make(scene)
        finally:
            _reading.reset(token)
        same = before is not None and _equal(before[1], found)
        scene.results[self] = reads, before[1] if before is not None and same else found
        return scene.results[self][1]


def _that_reads(make: Callable[..., object], source: _Source[L, R] | _Framing[R]) -> Callable[[S], R]:
    """Return the method that returns a source's best result, and records that it was read."""

    @wraps(make)
    def got(scene: S) -> R:
        best = source.best(scene)
        note_read(scene, source, best)
        return best

    return got


Pieces = Generator[object, None, R]  # yields between pieces of work, so that a window can draw, and returns the result


@dataclass
class _Making(Generic[R]):
    """A result being refined: ``best`` is the finest so far, ``reads`` its dependencies.

    At first ``best`` may be stale, from the previous parameters; it is current once the first level has ``begun``.
    """

    reads: Reads = field(default_factory=dict)
    best: R | None = None
    begun: bool = False
    complete: bool = False
    work: Pieces[None] | None = None
    turn: int = -1  # the scene's turn in which it last got a piece of work


class _Source(Generic[L, R]):
    """A refined result as a dependency of other results."""

    def __init__(self, make: Callable[..., Pieces[R | None]], levels: Sequence[L], stale: bool) -> None:
        self.make, self.levels, self.stale = make, levels, stale

    def best(self, scene: Scene) -> R:
        """Return the finest result so far; in a window after one more piece of work per turn."""
        making: _Making[R] | None = scene.results.get(self)
        if making is None or not _hold(scene, making.reads):
            last = making.best if making is not None and self.stale and scene.live else None
            making = scene.results[self] = _Making(best=last)
            making.work = self._all(scene, making, self.levels if scene.live else self.levels[-1:])
        if not scene.live:
            while not making.complete:
                self._advance(scene, making)
        elif making.turn != scene.turn and not (making.complete or self._waits(scene, making)):
            making.turn = scene.turn
            self._advance(scene, making)
        while making.best is None:  # nothing to show yet: wait for the coarsest
            self._advance(scene, making)
        scene.unfinished = scene.unfinished or not making.complete
        _note_all(scene, making.reads)
        return making.best

    def _waits(self, scene: Scene, making: _Making[R]) -> bool:
        """Whether a dependency is still being refined, so that a finer level of this would be wasted."""
        refined = [source for source in making.reads if isinstance(source, _Source)]
        return making.begun and not all(scene.results[source].complete for source in refined)

    def _advance(self, scene: Scene, making: _Making[R]) -> None:
        """Do one piece of work. If it raises, the result is restarted when it is next requested."""
        work = making.work
        assert work is not None
        try:
            _recorded(scene, making.reads, lambda: next(work, None))
        except BaseException:
            scene.results.pop(self, None)
            raise

    def _all(self, scene: Scene, making: _Making[R], levels: Sequence[L]) -> Pieces[None]:
        for level in levels:
            found = yield from self.make(scene, level)
            if found is not None:
                making.best, making.begun = found, True
                if level is not levels[-1]:
                    yield
        making.complete = True


class Growing(Protocol):
    """A result that is computed as far as it has been requested, such as a training or a layout that is optimized."""

    def reach(self, step: float, pieces: int | None = None, /) -> bool:
        """Advance to a step, in at most ``pieces`` pieces of work (None: any number). Return whether it is reached."""
        ...


def refined(
    levels: Sequence[L], stale: bool = False
) -> Callable[[Callable[[S, L], Pieces[R | None]]], Callable[[S], R]]:
    """Cache an expensive result that is computed level by level, from coarse to fine.

    The method gets a level and is a generator: it yields after some hundredths of a second of work, and returns the
    result, or None to skip a level that would be no coarser than the last one. A window does one piece of work per
    frame, shows the finest completed level, and redraws until all are done; anything else waits for the last level and
    skips the others. As with ``kept``, it restarts when a parameter that was read has changed; ``stale`` lets a window
    show the old result until there is a coarse new one. A refined result that depends on another one restarts as that
    becomes finer, and goes beyond its first level when that is complete.
    """

    def decorate(make: Callable[[S, L], Pieces[R | None]]) -> Callable[[S], R]:
        return _that_reads(make, _Source(make, tuple(levels), stale))

    return decorate

"""Tours: films and lessons as plain data. A tour is a list of shots: what to show, and from where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lossland.errors import UserError, nearest


@dataclass(frozen=True)
class Shot:
    """One scene for some seconds, with its parameters and the camera moving.

    ``keys`` gives parameters over time: ``{"rate": ((0, 0.1), (4, 0.2))}`` glides from 0.1 to 0.2 in the
    shot's first four seconds; what is not a number jumps. ``play`` are the scene's seconds at the shot's
    start and end (None: as fast as the clock on the wall, from 0). ``azimuth`` and ``elevation`` glide
    from the first to the second angle in degrees (None: the view the scene was composed for).
    """

    scene: str
    seconds: float
    preset: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    keys: Mapping[str, Sequence[tuple[float, object]]] = field(default_factory=dict)
    play: tuple[float, float] | None = None
    azimuth: tuple[float, float] | None = None
    elevation: tuple[float, float] | None = None
    caption: str = ""

    def values(self, time: float) -> dict[str, Any]:
        """Return every parameter that the shot sets at ``time`` seconds after its start."""
        return {**self.params, **{name: _glide(keys, time) for name, keys in self.keys.items()}}

    def scene_time(self, time: float) -> float:
        """Return the scene's own time at ``time`` seconds after the shot's start."""
        first, last = self.play or (0.0, self.seconds)
        return first + (last - first) * self._part(time)

    def camera(self, time: float) -> dict[str, float]:
        """Return the camera's angles that the shot steers, e.g. ``{"azimuth": -52.0}``."""
        spans = {"azimuth": self.azimuth, "elevation": self.elevation}
        part = self._part(time)
        return {name: span[0] + (span[1] - span[0]) * part for name, span in spans.items() if span}

    def _part(self, time: float) -> float:
        return min(max(time / self.seconds, 0.0), 1.0)


@dataclass(frozen=True)
class Tour:
    """Shots one after the other."""

    name: str
    title: str
    shots: tuple[Shot, ...]

    @property
    def seconds(self) -> float:
        """The length of the whole tour."""
        return sum(shot.seconds for shot in self.shots)

    def at(self, time: float) -> tuple[Shot, float]:
        """Return the shot that runs at ``time`` seconds, and the seconds since it began."""
        for shot in self.shots[:-1]:
            if time < shot.seconds:
                return shot, time
            time -= shot.seconds
        return self.shots[-1], time


def _glide(keys: Sequence[tuple[float, object]], time: float) -> object:
    """Return the value at ``time`` between the two keys around it."""
    before = keys[0]
    for after in keys:
        if time < after[0]:
            if after is before:  # ahead of the first key
                break
            return _between(before[1], after[1], (time - before[0]) / (after[0] - before[0]))
        before = after
    return before[1]


def _between(a: object, b: object, part: float) -> object:
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return tuple(_between(p, q, part) for p, q in zip(a, b, strict=True))
    if isinstance(a, bool) or not (isinstance(a, int | float) and isinstance(b, int | float)):
        return a
    value = a + (b - a) * part
    return round(value) if isinstance(a, int) else value


TOURS = (
    Tour(
        name="demo",
        title="A race and a swarm",
        shots=(
            Shot(
                scene="optimizer_race",
                preset="himmelblau",
                seconds=6.0,
                play=(0.0, 8.0),
                azimuth=(-70.0, -46.0),
                caption="Five optimizers, one start",
            ),
            Shot(
                scene="optimizer_swarm",
                preset="momentum",
                seconds=4.0,
                play=(0.0, 4.0),
                azimuth=(-62.0, -50.0),
                caption="Fifty thousand starts",
            ),
        ),
    ),
)


def tours() -> tuple[Tour, ...]:
    """Return every tour that comes with lossland."""
    return TOURS


def tour(name: str) -> Tour:
    """Return a tour by its name, or raise UserError with the nearest one."""
    for one in TOURS:
        if one.name == name:
            return one
    known = [one.name for one in TOURS]
    raise UserError(f"There is no tour {name!r}.{nearest(name, known)} There is {', '.join(known)}.")

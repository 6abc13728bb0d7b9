"""The parts of a tour: shots, which define what to show and from where. The tours themselves are in ``tours``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, cast

from lossland.scenery.clock import eased
from lossland.world.camera import Placement

CAPTION_COMES, CAPTION_GOES = 0.7, 0.4  # seconds


@dataclass(frozen=True)
class Shot:
    """One scene for some seconds, with its parameters and the camera moving.

    ``keys`` are key frames of parameters: ``{"rate": ((0, 0.1), (4, 0.2))}`` interpolates from 0.1 to 0.2 in the shot's
    first four seconds; values that are not numbers jump. ``play`` are the scene's seconds at the shot's start and end
    (None: in real time, from 0). ``azimuth`` and ``elevation`` in degrees, and ``distance`` in shares of the distance
    at home, are eased from the first value to the second (None: the scene's own view). For the last ``hold`` seconds
    scene and camera stand still. ``title`` is written below the subject, and under it the sentence ``text`` or the
    formula ``latex``.
    """

    scene: str
    seconds: float
    preset: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    keys: Mapping[str, Sequence[tuple[float, object]]] = field(default_factory=dict)
    play: tuple[float, float] | None = None
    azimuth: tuple[float, float] | None = None
    elevation: tuple[float, float] | None = None
    distance: tuple[float, float] | None = None
    title: str = ""
    text: str = ""
    latex: str = ""
    hold: float = 0.0

    @property
    def moving(self) -> float:
        """The seconds before the hold."""
        return self.seconds - self.hold

    def values(self, time: float) -> dict[str, object]:
        """Return every parameter that the shot sets at ``time`` seconds after its start."""
        return {**self.params, **{name: _glide(keys, time) for name, keys in self.keys.items()}}

    def scene_time(self, time: float) -> float:
        """Return the scene's own time at ``time`` seconds after the shot's start."""
        first, last = self.play or (0.0, self.moving)
        return first + (last - first) * min(max(time / self.moving, 0.0), 1.0)

    def camera(self, time: float) -> Placement:
        """Return the camera values that the shot sets: ``azimuth``, ``elevation``, and ``distance`` as a share."""
        spans = {"azimuth": self.azimuth, "elevation": self.elevation, "distance": self.distance}
        part = eased(time / self.moving)
        placed = {name: span[0] + (span[1] - span[0]) * part for name, span in spans.items() if span}
        return cast(Placement, placed)


class Seen(NamedTuple):
    """A shot at one moment of a tour."""

    shot: Shot
    since: float  # seconds since it began
    share: float  # its opacity over the shot before
    caption: float  # the opacity of its caption, 0 to 1


@dataclass(frozen=True)
class Tour:
    """A sequence of shots, with cross-fades of ``fade`` seconds.

    Captions fade in when a shot is seen alone, and fade out before the next one begins.
    """

    name: str
    title: str
    shots: tuple[Shot, ...]
    fade: float = 0.0

    @property
    def seconds(self) -> float:
        """The length of the whole tour."""
        return sum(shot.seconds for shot in self.shots) - self.fade * (len(self.shots) - 1)

    def at(self, time: float) -> tuple[Seen, ...]:
        """Return the one or two shots that are seen at ``time`` seconds, the later one last."""
        found: list[Seen] = []
        begin = 0.0
        for number, shot in enumerate(self.shots):
            first, last = number == 0, number == len(self.shots) - 1
            since = time - begin
            if since >= 0 and (since < shot.seconds or last):
                share = 1.0 if first or not self.fade else eased(since / self.fade)
                coming = since if first else since - self.fade
                going = self.seconds if last else shot.seconds - self.fade - since
                caption = eased(coming / CAPTION_COMES) * eased(going / CAPTION_GOES) if self.fade else 1.0
                found.append(Seen(shot, since, share, caption))
            begin += shot.seconds - self.fade
        return tuple(found)


def _glide(keys: Sequence[tuple[float, object]], time: float) -> object:
    """Interpolate between the two key frames around ``time``."""
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

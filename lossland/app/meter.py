"""Frame statistics of the window: times, draw calls and vertices."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Protocol, TypedDict, cast

import numpy as np

from lossland.render.gl import canvas as canvases

if TYPE_CHECKING:
    from vispy.gloo.context import GLContext

    from lossland.render.gl.driver import Parser
    from lossland.writing.host import Host  # it loads OpenGL, which must wait until the window has chosen its platform


class Drawn(Protocol):
    """A canvas of VisPy, as far as the meter needs it."""

    @property
    def context(self) -> GLContext:
        """The GL context, whose parser gets all draw commands."""
        ...


class Statistics(TypedDict):
    """What the frames of a window took; draws and vertices are those of the last one."""

    frames: int
    seconds: float
    p50_ms: float
    p95_ms: float
    max_ms: float
    draws: int
    vertices: int
    renderer: str


class Meter:
    """The time of every frame, and draw calls and vertices of the last one.

    ``hosts`` returns the hosts whose panels and text belong to the frame.
    """

    def __init__(self, canvas: Drawn, hosts: Callable[[], Sequence[Host]] = tuple) -> None:
        self._renderer = canvases.description()["renderer"]
        self._times: list[float] = []
        self._start = perf_counter()
        self._end: float | None = None  # of the last frame, when the next one follows at once
        self._hosts = hosts
        self._draws = self._vertices = 0  # of the last whole frame
        self.listen(canvas)

    @property
    def count(self) -> int:
        """How many frames were drawn."""
        return len(self._times)

    @property
    def draws(self) -> int:
        """Draw calls of the last frame."""
        return self._draws

    @property
    def vertices(self) -> int:
        """Vertices of the last frame."""
        return self._vertices

    @property
    def recent(self) -> float:
        """The median of the last 30 frames, in seconds."""
        return float(np.median(self._times[-30:])) if self._times else 0.0

    @property
    def last(self) -> float:
        """Seconds that the last frame took."""
        return self._times[-1] if self._times else 0.0

    def pause(self) -> None:
        """Note that nothing moves: the time until the next frame is not counted."""
        self._end = None

    def waited(self, seconds: float) -> None:
        """Exclude some idle seconds since the last frame from the next frame's time."""
        if self._end is not None:
            self._end += seconds

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Count the block as one frame, timed from the end of the last one (after a pause: from now)."""
        counted = self._counted
        draws, vertices = sum(one.draws for one in counted), sum(one.vertices for one in counted)
        start = self._end or perf_counter()
        yield
        self._end = perf_counter()
        self._times.append(self._end - start)
        self._draws = sum(one.draws for one in counted) - draws
        self._vertices = sum(one.vertices for one in counted) - vertices

    @property
    def _counted(self) -> list[Parser | Host]:
        """Return all that counts draw calls and vertices."""
        return [self._parser, *self._hosts()]

    def listen(self, canvas: Drawn) -> None:
        """Count the draw commands for another canvas."""
        self._parser = cast("Parser", canvas.context.shared.parser)

    def result(self) -> Statistics:
        """Return all statistics as JSON data."""
        times = 1000 * np.array(self._times or [np.nan])
        return {
            "frames": self.count,
            "seconds": perf_counter() - self._start,
            "p50_ms": float(np.percentile(times, 50)),
            "p95_ms": float(np.percentile(times, 95)),
            "max_ms": float(times.max()),
            "draws": self._draws,
            "vertices": self._vertices,
            "renderer": self._renderer,
        }

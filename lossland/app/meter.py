"""Counts and times what the window draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np

from lossland.render.gl import canvas as canvases

if TYPE_CHECKING:
    from lossland.writing.host import Host  # it loads OpenGL, which must wait until the window has chosen its platform


class Meter:
    """Time of every frame, and draw calls and vertices of the last one.

    ``hosts`` returns those whose panels and writing belong to the frame.
    """

    def __init__(self, canvas: Any, hosts: Callable[[], Sequence[Host]] = tuple) -> None:
        self._renderer = canvases.description()["renderer"]
        self._times: list[float] = []
        self._start = perf_counter()
        self._end: float | None = None  # of the last frame, when the next one follows at once
        self._hosts = hosts
        self._draws = self._vertices = 0  # of the last whole frame
        self._counted = [0, 0]  # of the present one
        self._parser: Any = None  # the one that is listened to, and what its ``parse`` was before
        self._parse: Any = None
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
        """Note that nothing moves: the time until the next frame belongs to none."""
        self._end = None

    def waited(self, seconds: float) -> None:
        """Note that nothing was done for so long since the last frame: this belongs to no frame either."""
        if self._end is not None:
            self._end += seconds

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Count the block as one frame, whose time runs from the end of the last one (after a pause: from now)."""
        self._counted = [0, 0]
        for host in self._hosts():
            host.draws = host.vertices = 0
        start = self._end or perf_counter()
        yield
        self._end = perf_counter()
        self._times.append(self._end - start)
        self._draws = self._counted[0] + sum(host.draws for host in self._hosts())
        self._vertices = self._counted[1] + sum(host.vertices for host in self._hosts())

    def listen(self, canvas: Any) -> None:
        """Count the draw commands that pass through gloo's parser: (program, "DRAW", mode, selection, instances).

        vispy tells nobody what it draws, so the parser's own method is replaced, until ``close``.
        """
        self.close()
        parser = canvas.context.shared.parser
        parse = parser.parse

        def counted(commands: list[Any]) -> None:
            for command in commands:
                if command[0] == "DRAW":
                    self._counted[0] += 1
                    self._counted[1] += int(command[3][-1]) * int(command[4] if len(command) > 4 else 1)
            parse(commands)

        self._parser, self._parse = parser, vars(parser).get("parse")
        parser.parse = counted

    def close(self) -> None:
        """Listen no more: give the parser its own method back."""
        if self._parser is not None:
            del self._parser.parse
            if self._parse is not None:  # another meter's
                self._parser.parse = self._parse
            self._parser = None

    def result(self) -> dict[str, object]:
        """Return everything as JSON data."""
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

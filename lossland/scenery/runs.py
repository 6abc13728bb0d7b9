"""The base of scenes of recorded runs, whose files may still grow."""

from __future__ import annotations

from lossland.models.runfiles import Followed
from lossland.models.runs import RecordedRun
from lossland.scenery.scene import Scene
from lossland.world.phrases import words


class RunScene(Scene):
    """A scene that shows recorded runs, and follows their files while they grow."""

    _followed: tuple[str, Followed] | None = None  # of the last requested path

    def while_empty(self, name: str) -> str:
        """Return that the scene trains a network of its own where no run is named."""
        return "trained here" if name == "run" else ""

    def runs(self, path: str) -> tuple[RecordedRun, ...]:
        """Return the runs of a file or folder as of the last poll, none for no path.

        Raises UserError or MachineError where nothing can be read.
        """
        if not path:
            self._followed = None
            return ()
        if self._followed is None or self._followed[0] != path:
            self._followed = path, Followed(path)
        return self._followed[1].runs

    def unread(self) -> str:
        """Return how much of the runs' files could not be read, and the first of it; "" if all was."""
        runs = self._followed[1].runs if self._followed else ()
        found = [(run.name, fault) for run in runs for fault in run.faults]
        if not found:
            return ""
        run, first = found[0]
        said = first.partition(": ")[2] or first  # without the file's path, which may be long
        return words("?n × not readable, first in ?: ", len(found), run) + said

    def reread(self) -> None:
        """Clear the cache: a file that is named again is read again."""
        self._followed = None
        self.results.clear()

    def poll(self, seconds: float) -> bool:
        """Read additions to the files; return whether the picture has changed."""
        grown = self._followed is not None and self._followed[1].poll(seconds)
        if grown:
            self.results.clear()
        return grown

"""Films of the window: it is recorded as a session, and rendered afterwards, in full quality, by another process.

So the window stays responsive, the film has every frame, and it is finished even if the window is closed meanwhile.
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread
from time import perf_counter

from lossland import interrupts, userfiles
from lossland.app.saving import free_name, say_saved
from lossland.errors import USER_FILES, UserError, sentence
from lossland.play import session
from lossland.play.player import Player
from lossland.play.session import Session
from lossland.play.strips import Strip, StripButton

PROGRAM = "import sys; from lossland.app.filming import draw; sys.exit(draw(*sys.argv[1:]))"
SURE, SURE_AFTER = 0.03, 2.0  # share of a film and seconds from which on the remaining time is estimated
FAILED = "failed "  # prefix of the line in which the other process reports an error


class Filming:
    """The films of a window: the one that is being recorded, and the one that is being rendered."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self._own = _own_file(player)
        self._first = 0  # the tick at which the film began
        self._drawing: Drawing | None = None

    @property
    def is_drawing(self) -> bool:
        """Whether a film is being drawn."""
        return self._drawing is not None

    def toggle(self, theme: str, text_scale: float = 1.0) -> None:
        """Begin a film; or end it and start rendering; or, while that runs, cancel it."""
        if self._drawing is not None:
            self.cancel()
        elif self.player.recording:
            self.finish(theme, text_scale)
        elif not (self.player.replayable or self._own):
            raise UserError(
                "A film of the window is drawn by another process, which cannot find a scene that was made in Python; "
                "ll.record(scene, 'film.mp4') films it."
            )
        else:
            self._first = self.player.tick
            self.player.recording = True

    def finish(self, theme: str, text_scale: float = 1.0) -> None:
        """End the film, if one is being recorded, and start rendering."""
        if not self.player.recording:
            return
        self.player.recording = False
        taken = session.of(self.player, theme)
        if not self.player.replayable:
            taken = replace(taken, scene=self._own)
        path = free_name(self.player.scene.name, ".mp4").absolute()
        self._drawing = Drawing(taken, path, self._first / 60, text_scale)

    def cancel(self) -> None:
        """Cancel rendering, without leaving a file."""
        if self._drawing is not None:
            self._drawing.cancel()
            self._drawing = None
            self.player.say("There is no film: it was cancelled.")

    def look(self) -> None:
        """Tell the user once a film is finished, or has failed."""
        done = self._drawing
        if done is None or done.running:
            return
        self._drawing = None
        if done.failure:
            self.player.say(f"The film could not be made. {done.failure}", "error", seconds=8)
        else:
            say_saved(self.player, done.path)

    def leave(self, theme: str, text_scale: float = 1.0) -> str:
        """End the film when the window is closed; return a sentence if it is still being rendered, or ""."""
        self.finish(theme, text_scale)
        if self._drawing is None or not self._drawing.running:
            return ""
        return f"{self._drawing.path} is still being drawn, by process {self._drawing.process.pid}."

    @property
    def strip(self) -> Strip | None:
        """The status strip over the picture, or None."""
        if self.player.recording:
            seconds = (self.player.tick - self._first) // 60
            stop = StripButton("Stop", "record", "End the film, and have it drawn  V")
            return Strip(f"Filming {seconds // 60}:{seconds % 60:02d}", "bad", buttons=(stop,))
        if self._drawing is not None:
            cancel = StripButton("Cancel", "cancel", "Draw no film  V or Esc")
            left = time_left(self._drawing.share, perf_counter() - self._drawing.began)
            told = f"Drawing {self._drawing.path.name}{left and f', {left}'}"
            return Strip(told, "accent", self._drawing.share, (cancel,))
        return None


def time_left(share: float, seconds: float) -> str:
    """Return the estimated remaining time, given the completed share and the elapsed seconds; "" if it is too early."""
    if share < SURE or seconds < SURE_AFTER:
        return ""
    left = seconds * (1 - share) / share
    if left < 60:
        return f"{max(round(left / 5) * 5, 5)} s left"
    return f"{round(left / 60)} min left"


class Drawing:
    """A film that another process renders."""

    def __init__(self, taken: Session, path: Path, start: float, text_scale: float = 1.0) -> None:
        self.path = path
        self.began = perf_counter()
        self.share = 0.0  # of the film, to a hundredth
        self.failure = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(path), str(start), str(text_scale), *map(str, USER_FILES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(part for part in sys.path if part)},
            start_new_session=True,  # signals to the window and its terminal do not end the film
        )
        self._thread = Thread(target=self._follow, args=(session.text_of(taken).encode(),), daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it is still being rendered."""
        return self._thread.is_alive()

    def cancel(self) -> None:
        """Terminate the process and wait for it: it removes what it has written."""
        self.process.terminate()
        self.process.wait()

    def _follow(self, text: bytes) -> None:
        """Send the process its session, and read its progress."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with suppress(OSError), self.process.stdin as given:
            given.write(text)
        with self.process.stdout as lines:
            for line in lines:
                told = line.decode(errors="replace").strip()
                if told.startswith(FAILED):
                    self.failure = told.removeprefix(FAILED)
                else:
                    with suppress(ValueError):
                        self.share = round(float(told), 2)
        if self.process.wait() and not self.failure:
            self.failure = "The process that draws it has ended."


def _own_file(player: Player) -> str:
    """Return ``mine.py:Name`` of a player's scene, or "" if it is not in a user's file."""
    kind = type(player.scene)
    with suppress(TypeError, OSError):
        file = Path(inspect.getfile(kind)).resolve()
        if file in USER_FILES:
            return f"{file}:{kind.__name__}"
    return ""


# ------------------------------------------------------------------------------------------ the other process
def draw(path: str, start: str, text_scale: str, *files: str) -> int:
    """Render the film of the session read from stdin; write the progress, from 0 to 1, to stdout.

    ``files`` are the user's files that the window has run: its scene and optimizers may be in them.
    """
    interrupts.begin()
    try:
        if hasattr(os, "nice"):
            os.nice(10)  # the window has priority
        from lossland.app.film import record

        for file in files:
            userfiles.load(file)
        taken = session.read(sys.stdin.buffer.read(), "What was filmed", own_scene=True)
        record(
            taken,
            path,
            start=float(start),
            ui=True,
            text_scale=float(text_scale),
            progress=lambda done, total: _tell(f"{done / total:.4f}"),
        )
    except KeyboardInterrupt:
        return 1
    except Exception as error:
        _tell(FAILED + " ".join(sentence(error).split()))
        return 1
    finally:
        interrupts.end(for_good=True)
    return 0


def _tell(line: str) -> None:
    with suppress(OSError):  # the window is closed
        os.write(1, f"{line}\n".encode())

"""Autosave: the session of an open window is saved continuously, and offered again after a crash.

There is one file for each process, named by its id, in the user's state folder. A process keeps its file locked: an
unlocked one was left behind, and the first window that finds it takes it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO

from lossland.errors import UserError
from lossland.files import state_folder
from lossland.interrupts import sheltered
from lossland.play import session
from lossland.play.actions import Action
from lossland.play.journal import Journal, read_journal
from lossland.play.player import Player
from lossland.play.session import MOST_BYTES, Session

ENDING = ".autosave"
PAUSE = 1.0  # seconds between two writes, at least
FAR = 2**40  # offset of the byte that Windows locks, so that the others can be read


def folder() -> Path:
    """Return the folder of the files."""
    return state_folder() / "autosave"


class Autosave:
    """Saves a player's session once the user has done something. Write errors disable it silently.

    ``left`` is the session that this one continues: it is removed once the new one is written.
    """

    def __init__(self, player: Player, folder: Path, left: Left | None = None) -> None:
        self._player = player
        self._folder = folder
        self._left = left
        self._file: IO[bytes] | None = None
        self._journal: Journal | None = None
        self._path = Path()
        self._last = float("-inf")  # seconds
        self._seen = self._mark()
        self._usable = player.replayable

    def keep(self, theme: str, now: float) -> None:
        """Write changes, at a time in seconds; it is throttled, so that a loop may call it in every turn."""
        if now - self._last < PAUSE:
            return
        if self._player.script is not None:  # there is a file of it already
            self._seen = self._mark()
        elif self._mark() != self._seen:
            self._last = now
            self.write(theme)

    @property
    def is_begun(self) -> bool:
        """Whether the user has done anything."""
        return self._file is not None or (self._player.script is None and self._mark() != self._seen)

    @sheltered
    def write(self, theme: str) -> None:
        """Write the current session, if the user has done anything."""
        if not self._usable or (self._mark() == self._seen and self._file is None):
            return
        self._seen = self._mark()
        try:
            if self._journal is None:
                self._journal = Journal(self._opened())
            self._journal.add(session.of(self._player, theme))
        except OSError:
            self._usable = False
        else:
            if self._left is not None:
                self._left.remove()
                self._left = None

    @sheltered
    def close(self, done: bool) -> None:
        """Close the file; with ``done`` remove it, so that nothing is offered again."""
        if self._file is not None:
            if done:
                _remove(self._path, self._file)
            self._file.close()
        if self._left is not None:
            self._left.remove() if done else self._left.release()
        self._file = self._journal = self._left = None

    def _mark(self) -> tuple[int, list[Action]]:
        """Return a value that changes with every action, also with one that replaces the last in the log."""
        return len(self._player.log), self._player.log[-1:]

    def _opened(self) -> IO[bytes]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for number in count():
            self._path = self._folder / f"{os.getpid()}{f'-{number}' if number else ''}{ENDING}"
            with suppress(FileExistsError):  # of an earlier process of this number
                self._file = open(self._path, "xb", buffering=0)  # noqa: SIM115 (open as long as we live)
                _lock(self._file)
                return self._file
        raise AssertionError


class Left:
    """A session that a process left behind; it is locked until it is removed or released."""

    def __init__(self, path: Path, file: IO[bytes], session: Session) -> None:
        self.path = path
        self.session = session
        self.written = path.stat().st_mtime  # seconds since 1970
        self._file = file

    def remove(self) -> None:
        """Delete it."""
        _remove(self.path, self._file)

    def release(self) -> None:
        """Unlock it, for the next window."""
        self._file.close()


def left_behind(folder: Path) -> Left | None:
    """Return the latest session that was left behind, or None. Unreadable files are kept."""
    written = {}
    for path in folder.glob(f"*{ENDING}"):
        with suppress(OSError):  # it has just been removed
            written[path] = path.stat().st_mtime
    for path in sorted(written, key=written.__getitem__, reverse=True):
        with suppress(OSError):
            file = open(path, "r+b", buffering=0)  # noqa: SIM115 (open as long as it is ours)
            if _lock(file):
                with suppress(UserError):
                    return Left(path, file, read_journal(file.read(MOST_BYTES), path.name))
            file.close()
    return None


def _lock(file: IO[bytes]) -> bool:
    """Lock a file until it is closed; return False if another process holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt

            here = file.tell()
            file.seek(FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            file.seek(here)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove(path: Path, file: IO[bytes]) -> None:
    """Remove a file of ours, while it is still locked if the system allows that."""
    with suppress(OSError):
        path.unlink()
    file.close()
    with suppress(OSError):
        path.unlink(missing_ok=True)

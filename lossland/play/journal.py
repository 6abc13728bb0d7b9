"""A session that is written incrementally: every line of its file is the change since the one before.

So saving after an hour of work costs no more than its last second, and a line truncated by a crash damages nothing
else.
"""

from __future__ import annotations

import json
from typing import IO

from lossland.errors import UserError
from lossland.play.actions import Action
from lossland.play.session import Session, checked, head_of, parse, plain


class Journal:
    """Writes a session into an open, unbuffered file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._written: tuple[Action, ...] = ()
        self._begun = False

    def add(self, session: Session) -> None:
        """Write what has changed: the last actions may have been replaced or removed."""
        same = min(len(self._written), len(session.log))
        while same and self._written[same - 1] is not session.log[same - 1]:
            same -= 1
        change = {
            "keep": same,
            "ticks": session.ticks,
            "size": session.size,
            "theme": session.theme,
            "actions": [plain(entry) for entry in session.log[same:]],
        }
        lines = [change] if self._begun else [head_of(session), change]
        self._file.write("".join(f"{json.dumps(line, allow_nan=False)}\n" for line in lines).encode())
        self._begun, self._written = True, session.log


def read_journal(data: bytes, name: str) -> Session:
    """Return the session of a journal's bytes, ignoring a broken last line; raise UserError if it is none."""
    lines = data.split(b"\n")
    head = parse(lines[0], name)
    log: list[object] = []
    for line in lines[1:]:
        try:
            change = parse(line, name)
        except UserError:  # truncated by a crash
            break
        if not isinstance(change, dict) or not isinstance(change.get("keep"), int):
            break
        actions = change.pop("actions", None)
        if not isinstance(actions, list) or not isinstance(head, dict):
            break
        log[max(change.pop("keep"), 0) :] = actions
        head |= change
    return checked({**head, "actions": log} if isinstance(head, dict) else head)

"""The two expected kinds of errors, and one sentence for any exception."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Container
from pathlib import Path
from traceback import walk_tb

USER_FILES: set[Path] = set()  # Python files of the user that were run (see ``userfiles.load``)
LONGEST = 100  # characters of a value within a sentence


class UserError(ValueError):
    """The input was wrong. One sentence that says what was wrong and what to do; commands exit with 2."""


class MachineError(RuntimeError):
    """The machine or a file failed. One sentence with what to do; commands exit with 1."""


class TracedError(TypeError):
    """Code needs a single number where a value is traced. One sentence with what to write instead."""


def shown(value: object) -> str:
    """Format a value for a sentence: on one line, truncated if it is long."""
    try:
        text = " ".join(repr(value).split())
    except (ValueError, RecursionError):  # an integer of 5000 digits, a list nested a thousand deep
        text = f"a value of type {type(value).__name__} that is too long to be shown"
    return cut(text)


def cut(text: str, most: int = LONGEST) -> str:
    """Truncate a text to ``most`` characters."""
    return text if len(text) <= most else f"{text[:most]}…"


def known_as(word: str, known: Container[str]) -> str:
    """Return the known name that is meant, in capitals or with hyphens and spaces or not; else the word, stripped."""
    name = word.strip().lower().replace("-", "_").replace(" ", "_")
    return name if name in known else word.strip()


def nearest(word: object, known: list[str] | tuple[str, ...]) -> str:
    """Return ``" Did you mean 'adam'?"`` for the closest known name, or an empty string."""
    if not isinstance(word, str):
        return ""
    from difflib import get_close_matches

    lower = {name.lower(): name for name in reversed(known)}
    cutoff = 0.6 if len(word) > 3 else 0.7  # 'gpu' is not meant as 'cpu'
    swapped = [name for name in lower if sorted(name) == sorted(word.lower())]  # two letters of it, as a rule
    close = swapped or get_close_matches(word.lower(), lower, n=1, cutoff=cutoff)
    return f" Did you mean {lower[close[0]]!r}?" if close else ""


def place_of(written: type | Callable[..., object]) -> str:
    """Return ``"mine.py, line 12"`` for the definition of a class or function; its name if it has no file."""
    try:
        file, (_, line) = inspect.getsourcefile(written), inspect.getsourcelines(written)
    except (OSError, TypeError):
        return str(getattr(written, "__qualname__", written))
    return f"{Path(file or '').name}, line {max(line, 1)}"


def sentence(error: BaseException) -> str:
    """Return one sentence for any exception: what was wrong, where, and what to do."""
    place, innermost = _place(error)
    if isinstance(error, UserError | MachineError):  # one from within lossland is about the user file's call
        text = str(error)
        named = text.startswith(place.partition(" ")[0])  # it names the line of the file itself
        return text if not place or innermost or named else f"{place}: {text}"
    if place:
        return f"{place}: {_named(error)}."
    if isinstance(error, MemoryError):
        return "There is not enough memory; ask for fewer points, particles or pixels."
    if isinstance(error, OSError):
        file = f"{error.filename}: " if error.filename else ""
        return f"{file}{error.strerror or error}."
    if USER_FILES:
        names = ", ".join(sorted(file.name for file in USER_FILES))
        return f"What {names} gives cannot be used: {_named(error)}; --debug shows where it happened."
    return f"Unexpected {_named(error)}. This is a fault of lossland itself; --debug shows where it happened."


def fault_of(error: BaseException) -> str:
    """Return an exception's text after the user's file and line where it happened, without a full stop."""
    place, _ = _place(error)
    text = str(error).rstrip(".") if isinstance(error, UserError | MachineError) else _named(error)
    return f"{place}: {text}" if place and not text.startswith(place.partition(" ")[0]) else text


def is_users(error: BaseException) -> bool:
    """Whether an exception is the user's to fix: wrong input, or an error in a user's own Python file."""
    if isinstance(error, UserError) or (_place(error)[0] and not isinstance(error, MachineError)):
        return True
    return bool(USER_FILES) and not isinstance(error, MachineError | MemoryError | OSError)


def _place(error: BaseException) -> tuple[str, bool]:
    """Return ``"mine.py, line 12"``, and whether the exception was raised right there.

    The place is the innermost line of the traceback in a user's file, or in one of its folder; "" if there is none.
    """
    lines = [(Path(frame.f_code.co_filename), line) for frame, line in walk_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:  # its line never ran
        lines.append((Path(error.filename), error.lineno or 0))
    begun = next((number for number, (file, _) in enumerate(lines) if file in USER_FILES), len(lines))
    folders = {file.parent for file in USER_FILES}
    own = [number for number, (file, _) in enumerate(lines) if number >= begun and file.parent in folders]
    if not own:
        return "", False
    file, line = lines[own[-1]]
    return f"{file.name}, line {line}", own[-1] == len(lines) - 1


def _named(error: BaseException) -> str:
    """Return an exception's type and first line, without a full stop; for our own, only the line."""
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)  # its str repeats file and line
    except Exception:  # its __str__ fails
        text = ""
    first = next(iter(text.strip().splitlines()), "").rstrip(".")
    if isinstance(error, TracedError):
        return first
    return f"{type(error).__name__}: {first}" if first else type(error).__name__

"""Termination signals: each becomes an exception in the main thread, so that ordinary clean-up runs.

Three things need care. A signal must not interrupt clean-up: while its exception is being handled, and within functions
marked ``sheltered``, none is raised. It must not interrupt the initialization of a compiled library, which may abort
the process or fail. And some code swallows exceptions; so the exception is raised again, several times a second, until
the program ends.
"""

from __future__ import annotations

import signal
import sys
from importlib.machinery import ExtensionFileLoader

TYPE_CHECKING = False  # importing typing takes longer than all of this, and signals are not handled until then
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")
    Handler = Callable[[int, FrameType | None], object] | int | None

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGXCPU", "SIGUSR1", "SIGUSR2", "SIGBREAK")
INSIST = 0.05  # seconds until the exception is raised again


class Stopped(KeyboardInterrupt):
    """A signal asked the program to end; ``number`` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


_sheltered: set[CodeType] = set()
_before: dict[int, Handler] = {}  # the handler of each signal before `begin`
_noted: list[int] = []  # the first signal since then


def sheltered(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a short function that signals must not interrupt; their exception is raised soon after it."""
    _sheltered.add(function.__code__)
    return function


@sheltered  # a signal in the middle would leave those behind it without a handler
def begin() -> None:
    """Let signals raise Stopped. Ignored ones (as under ``nohup``) stay ignored; in a thread nothing changes."""
    _noted.clear()
    sys.unraisablehook = _unraisable
    for number in (getattr(signal, name) for name in NAMES if hasattr(signal, name)):
        found = signal.getsignal(number)
        if found not in (signal.SIG_IGN, None):
            try:
                signal.signal(number, _arrived)
            except ValueError:  # this is not the main thread
                return
            _before[number] = found


@sheltered
def end(for_good: bool) -> None:
    """Restore the handlers from before ``begin``; or, ``for_good``, ignore signals because the process is ending."""
    if hasattr(signal, "setitimer") and signal.SIGALRM in _before:
        signal.setitimer(signal.ITIMER_REAL, 0)
    for number, found in _before.items():
        signal.signal(number, signal.SIG_IGN if for_good else found)
    _before.clear()
    sys.unraisablehook = sys.__unraisablehook__


def noted() -> int | None:
    """Return the number of the first signal since ``begin``, or None."""
    return _noted[0] if _noted else None


def _arrived(number: int, frame: FrameType | None) -> None:
    if not _noted:
        _noted.append(number)
        if hasattr(signal, "setitimer"):
            _before[signal.SIGALRM] = signal.signal(signal.SIGALRM, _arrived)
            signal.setitimer(signal.ITIMER_REAL, INSIST, INSIST)
    if not (_is_handled(sys.exc_info()[1]) or _must_not_break(frame)):
        raise Stopped(_noted[0])


def _is_handled(error: BaseException | None) -> bool:
    """Whether clean-up after a signal is running."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, Stopped):
            return True
        seen.add(id(error))
        error = error.__context__
    return False


def _must_not_break(frame: FrameType | None) -> bool:
    """Whether a sheltered function is running, or a compiled library is being initialized."""
    while frame is not None:
        code = frame.f_code
        starts = code.co_name in ("create_module", "exec_module")
        if code in _sheltered or (starts and isinstance(frame.f_locals.get("self"), ExtensionFileLoader)):
            return True
        frame = frame.f_back
    return False


def _unraisable(what: sys.UnraisableHookArgs) -> None:
    """Do not report our exception where it cannot be raised: it will be raised elsewhere."""
    if not issubclass(what.exc_type, Stopped):
        sys.__unraisablehook__(what)

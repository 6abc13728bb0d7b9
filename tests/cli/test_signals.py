"""Signals that ask for the end: whatever they interrupt is cleaned up, and what must not be broken is not."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from importlib.machinery import ExtensionFileLoader
from pathlib import Path

import pytest
from commands import ended, started, until

from lossland import files, interrupts
from lossland.interrupts import Stopped, sheltered

ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGXCPU, signal.SIGUSR1]


@pytest.fixture
def begun() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in ENDING}
    for number, handler in before.items():
        if handler == signal.SIG_IGN:  # as in a shell's background; what is ignored stays ignored
            signal.signal(number, signal.SIG_DFL)
    interrupts.begin()
    yield
    interrupts.end(for_good=False)
    for number, handler in before.items():
        signal.signal(number, handler)


def wait_to_be_stopped() -> None:
    """Work until the exception comes that is due."""
    for _ in range(10**9):
        pass


# ------------------------------------------------------------------------------------------------ the exception


@pytest.mark.usefixtures("begun")
@pytest.mark.parametrize("number", ENDING)
def test_a_signal_becomes_an_exception(number: int) -> None:
    with pytest.raises(Stopped) as stop:
        signal.raise_signal(number)
    assert stop.value.number == number
    assert isinstance(stop.value, KeyboardInterrupt)
    assert interrupts.noted() == number


def test_afterwards_signals_do_what_they_did() -> None:
    before = [signal.getsignal(number) for number in ENDING]
    interrupts.begin()
    interrupts.end(for_good=False)
    assert [signal.getsignal(number) for number in ENDING] == before


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as under nohup
    try:
        interrupts.begin()
        signal.raise_signal(signal.SIGHUP)
        assert interrupts.noted() is None
        interrupts.end(for_good=False)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_signal_during_the_beginning_leaves_none_without_a_handler(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ENDING}
    install = signal.signal

    def installed_and_hit(number: int, handler: interrupts.Handler) -> interrupts.Handler:
        found = install(number, handler)
        signal.raise_signal(signal.SIGINT)  # the first of all: those behind it have no handler yet
        return found

    monkeypatch.setattr(signal, "signal", installed_and_hit)
    try:
        interrupts.begin()
        monkeypatch.undo()
        handlers = {signal.getsignal(number) for number in ENDING}
        assert len(handlers) == 1
        assert handlers != {signal.SIG_DFL}
        with pytest.raises(Stopped) as stop:
            wait_to_be_stopped()
        assert stop.value.number == signal.SIGINT
    finally:
        monkeypatch.undo()
        interrupts.end(for_good=False)
        for number, handler in before.items():
            signal.signal(number, handler)


def test_in_a_thread_nothing_changes() -> None:
    before = signal.getsignal(signal.SIGTERM)
    thread = threading.Thread(target=lambda: (interrupts.begin(), interrupts.end(for_good=False)))
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.usefixtures("begun")
def test_clean_up_is_not_broken_by_a_second_signal() -> None:
    done: list[str] = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            with suppress(KeyError):  # an error within the clean-up, and another signal there
                signal.raise_signal(signal.SIGTERM)
                raise KeyError
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(Stopped):
        work()
    assert done == ["all of it"]


@pytest.mark.usefixtures("begun")
def test_a_sheltered_function_is_not_broken_and_the_exception_comes_later() -> None:
    done: list[int] = []

    @sheltered
    def short() -> None:
        signal.raise_signal(signal.SIGINT)
        done.append(sum(range(1000)))

    short()
    assert done == [499_500]
    with pytest.raises(Stopped):
        wait_to_be_stopped()


@pytest.mark.usefixtures("begun")
def test_who_swallows_the_exception_gets_it_again() -> None:
    with suppress(BaseException):
        signal.raise_signal(signal.SIGTERM)
    with pytest.raises(Stopped) as stop:
        wait_to_be_stopped()
    assert stop.value.number == signal.SIGTERM


@pytest.mark.usefixtures("begun")
def test_where_nothing_can_be_raised_it_is_raised_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    class Dying:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    Dying()
    with pytest.raises(Stopped):
        wait_to_be_stopped()
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("begun")
def test_the_start_of_a_compiled_library_is_not_broken() -> None:
    done: list[str] = []

    class Loader(ExtensionFileLoader):
        def exec_module(self, module: object) -> None:
            signal.raise_signal(signal.SIGINT)
            done.append("whole")

    Loader("library", "library.so").exec_module(None)
    assert done == ["whole"]
    with pytest.raises(Stopped):
        wait_to_be_stopped()


@pytest.mark.usefixtures("begun")
def test_a_temporary_folder_is_removed_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signal comes while a folder is removed because of another error."""
    whole = files.shutil.rmtree

    def interrupted(path: Path, ignore_errors: bool) -> None:
        signal.raise_signal(signal.SIGTERM)
        whole(path, ignore_errors)

    monkeypatch.setattr(files.shutil, "rmtree", interrupted)
    with suppress(KeyError, Stopped), files.written(tmp_path / "frames") as temporary:
        temporary.mkdir()
        (temporary / "frame.png").touch()
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_folders_are_made_for_what_is_written_and_not_for_what_fails(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    for path in (tmp_path / "a" / "b" / "grid.npz", kept / "c" / "grid.npz"):
        with suppress(KeyError), files.written(path) as temporary:
            temporary.touch()
            raise KeyError
    assert list(tmp_path.rglob("*")) == [kept]
    with files.written(tmp_path / "a" / "b" / "grid.npz") as temporary:
        temporary.touch()
    with suppress(KeyError), files.written(tmp_path / "a" / "c" / "grid.npz") as temporary:
        raise KeyError
    assert [path.name for path in sorted((tmp_path / "a").rglob("*"))] == ["b", "grid.npz"]


# ------------------------------------------------------------------------------------------------ commands

LONG = {
    "swarm": ["swarm", "rastrigin", "--count", "200000", "--steps", "100000", "-o", "s.npz"],
    "eval": ["eval", "rastrigin", "-n", "20000", "--derivatives", "-o", "s.npz"],
    "basins": ["basins", "rastrigin", "-n", "2000", "--steps", "100000", "-o", "b.npz"],
    "run": ["run", "rosenbrock", "--steps", "10000000", "-o", "path.npz"],
    "webm": ["record", "sphere", "--seconds", "60", "--size", "64x64", "-o", "film.webm"],
    "mp4": ["record", "sphere", "--seconds", "60", "--size", "64x64", "-o", "made/film.mp4"],
    "gif": ["record", "sphere", "--seconds", "60", "--size", "320x200", "--ui", "-o", "film.gif"],
    "frames": ["record", "sphere", "--seconds", "60", "--size", "64x64", "-o", "frames"],
}


def busy_for(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait until a process has computed for so long: beyond its start, of which half a second is enough."""
    ticks = os.sysconf("SC_CLK_TCK")

    def computed() -> float:
        user, system = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / ticks

    until(process, lambda: computed() > seconds)


@pytest.mark.parametrize(
    ("command", "number"),
    [(command, signal.SIGINT if command == "frames" else signal.SIGTERM) for command in LONG]
    + [("eval", signal.SIGHUP)],
)
def test_a_command_at_work_leaves_nothing(tmp_path: Path, command: str, number: int) -> None:
    words = LONG[command]
    process = started(*words, cwd=tmp_path)
    if words[0] in ("swarm", "basins", "run"):  # they write at their ends
        busy_for(process, 1.0)
    else:
        until(process, lambda: any(tmp_path.iterdir()))
    process.send_signal(number)
    end = ended(process)
    assert (end.code, end.out, end.err) == (128 + number, "", "lossland: Stopped.\n")
    assert list(tmp_path.iterdir()) == []


def test_two_signals_end_as_the_first_says(tmp_path: Path) -> None:
    process = started(*LONG["frames"], cwd=tmp_path)
    until(process, lambda: any(tmp_path.iterdir()))
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        process.send_signal(number)
    end = ended(process)
    assert end.code in (128 + signal.SIGTERM, 128 + signal.SIGINT, 128 + signal.SIGHUP)  # which one Linux tells first
    assert end.err == "lossland: Stopped.\n"
    assert list(tmp_path.iterdir()) == []


def test_what_was_started_with_nohup_goes_on(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = started("swarm", "sphere", "--count", "1000", "--steps", "100000", "-o", "s.npz", cwd=tmp_path)
    finally:
        signal.signal(signal.SIGHUP, before)
    process.send_signal(signal.SIGHUP)
    assert ended(process).code == 0
    assert (tmp_path / "s.npz").exists()


@pytest.mark.parametrize("late", [0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4])
def test_libraries_that_are_being_loaded_do_not_abort(tmp_path: Path, late: float) -> None:
    """Panels load the most: Dear ImGui's binding ends the process if an exception comes in between."""
    process = started("shot", "sphere", "--size", "64x64", "--ui", "-o", "a.png", cwd=tmp_path)
    with suppress(subprocess.TimeoutExpired):
        process.wait(late)
    process.send_signal(signal.SIGINT)
    end = ended(process)
    assert (end.code, end.err) in ((130, "lossland: Stopped.\n"), (0, ""))
    assert [path.name for path in tmp_path.iterdir()] == ([] if end.code else ["a.png"])

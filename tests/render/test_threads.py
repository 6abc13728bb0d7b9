"""Where the threads of Mesa's software driver may run, told to the system and forgotten again."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path

import pytest

from lossland.render.gl import threads
from lossland.render.gl.threads import Processors, drawing_threads


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, Set[int]]]:
    """What the system was told: thread and processors."""
    calls: list[tuple[int, Set[int]]] = []
    monkeypatch.setattr(os, "sched_setaffinity", lambda thread, processors: calls.append((thread, set(processors))))
    return calls


def test_all_stay_off_the_main_threads_processor_while_it_works(told: list[tuple[int, Set[int]]]) -> None:
    Processors({7: 0, 8: 1, 9: 2}, {0, 1, 2}, lambda: 1).part()
    assert told == [(7, {0, 2}), (8, {0, 2}), (9, {0, 2})]


def test_only_the_first_takes_over_the_main_threads_processor(told: list[tuple[int, Set[int]]]) -> None:
    processors = Processors({7: 0, 8: 1}, {0, 1}, lambda: 1)
    for _ in range(2):
        processors.part()
        processors.share()
    assert told == [(7, {0}), (8, {0}), (7, {1}), (7, {0}), (7, {1})]


def test_each_screens_first_thread_moves(told: list[tuple[int, Set[int]]]) -> None:
    Processors({3: 1, 4: 0, 7: 0, 8: 1}, {0, 1}, lambda: 1).share()
    assert told == [(4, {1}), (7, {1})]


def test_the_main_thread_is_followed_to_another_processor(told: list[tuple[int, Set[int]]]) -> None:
    places = iter([0, 0, 1])
    processors = Processors({7: 0, 8: 1}, {0, 1}, lambda: next(places))
    processors.part()
    processors.share()
    told.clear()
    processors.part()
    assert told == [(8, {0})]  # where the first one is already


def test_what_is_so_already_is_not_told_again(told: list[tuple[int, Set[int]]]) -> None:
    processors = Processors({7: 0, 8: 1}, {0, 1}, lambda: 1)
    processors.part()
    told.clear()
    processors.part()
    assert told == []


def test_released_threads_run_anywhere(told: list[tuple[int, Set[int]]]) -> None:
    processors = Processors({7: 0, 8: 1}, {0, 1}, lambda: 1)
    processors.part()
    told.clear()
    processors.release()
    assert told == [(7, {0, 1}), (8, {0, 1})]


def test_a_single_processor_is_left_alone(told: list[tuple[int, Set[int]]]) -> None:
    processors = Processors({7: 0}, {3}, lambda: 3)
    processors.part()
    processors.share()
    processors.release()
    assert told == []


@pytest.mark.parametrize("error", [PermissionError, ProcessLookupError])
def test_a_system_that_refuses_is_asked_once(monkeypatch: pytest.MonkeyPatch, error: type[OSError]) -> None:
    asked: list[int] = []

    def refuse(thread: int, _: Set[int]) -> None:
        asked.append(thread)
        raise error

    monkeypatch.setattr(os, "sched_setaffinity", refuse)
    processors = Processors({7: 0, 8: 1}, {0, 1}, lambda: 1)
    for act in (processors.part, processors.share, processors.release):
        act()
    assert asked == [7]


@contextmanager
def running_thread(name: str) -> Iterator[int]:
    """Run a thread that the system knows by a name, and give its id."""
    begun, over = threading.Event(), threading.Event()

    def work() -> None:
        Path(f"/proc/self/task/{threading.get_native_id()}/comm").write_text(name)
        begun.set()
        over.wait()

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait()
    assert thread.native_id is not None
    try:
        yield thread.native_id
    finally:
        over.set()
        thread.join()


def test_threads_are_found_by_mesas_name() -> None:
    with running_thread("llvmpipe-3") as drawing, running_thread("another") as other:
        found = drawing_threads()
    assert found[drawing] == 3
    assert other not in found


def test_names_that_are_only_like_mesas_are_of_other_threads(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for thread, name in enumerate(("llvmpipe-0", "llvmpipe-", "llvmpipe-x", "5", "swr-5", "llvmpipe-12"), 21):
        (tmp_path / str(thread)).mkdir()
        (tmp_path / str(thread) / "comm").write_text(f"{name}\n")
    monkeypatch.setattr(threads, "OWN_THREADS", tmp_path)
    assert drawing_threads() == {21: 0, 26: 12}


def test_a_thread_that_ends_while_they_are_listed_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "21").mkdir()  # its name is gone, as the system's list may show for a moment
    (tmp_path / "22").mkdir()
    (tmp_path / "22" / "comm").write_text("llvmpipe-1\n")
    monkeypatch.setattr(threads, "OWN_THREADS", tmp_path)
    assert drawing_threads() == {22: 1}

"""Processes that share out tiles."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path
from typing import Any

import pytest

from lossland.compute.workers import LocalWorkers, SerialWorkers, local_workers
from lossland.errors import MachineError


@pytest.mark.parametrize("workers", [SerialWorkers(), LocalWorkers(2), LocalWorkers(5)])
def test_every_tile_is_done_once(workers: Any) -> None:
    assert sorted(workers.run(math.sqrt, [0.0, 1.0, 4.0])) == [(0, 0.0), (1, 1.0), (2, 2.0)]
    assert list(workers.run(math.sqrt, [])) == []


def test_they_are_other_processes_that_end_with_the_work() -> None:
    found = [number for _, number in LocalWorkers(2).run(os.getpgid, [0, 0, 0, 0])]
    assert len(set(found)) <= 2
    assert os.getpgid(0) not in found
    for number in set(found):
        with pytest.raises(ProcessLookupError):
            os.killpg(number, 0)


def test_what_a_tile_raises_is_raised_here() -> None:
    with pytest.raises(MachineError, match="math domain error"):
        list(LocalWorkers(2).run(math.sqrt, [1.0, -1.0, 4.0]))


def test_closing_the_iterator_ends_the_work() -> None:
    begun = time.monotonic()
    results = LocalWorkers(2).run(time.sleep, [0.0, 300.0, 300.0])
    assert next(results) == (0, None)
    results.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < 60


def _die_once(mark: str) -> str:
    """End the process the first time."""
    file = Path(mark)
    if not file.exists():
        file.touch()
        os._exit(1)
    return "done"


def test_the_work_of_a_worker_that_dies_is_done_again(tmp_path: Path) -> None:
    assert list(LocalWorkers(1).run(_die_once, [str(tmp_path / "mark")])) == [(0, "done")]
    with pytest.raises(MachineError, match="died twice"):
        list(LocalWorkers(1).run(os._exit, [1]))


def test_one_core_needs_no_process() -> None:
    assert isinstance(local_workers(1), SerialWorkers)

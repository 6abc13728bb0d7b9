"""Tasks in the benchmark: their own dimension beside landscapes, plain loops, the same numbers again, and the scene."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from replays import replayed

import lossland as ll
from lossland.benchmark import summary
from lossland.benchmark.bench import bench
from lossland.benchmark.problems import problem
from lossland.benchmark.reel import reel
from lossland.benchmark.results import Cell, Results, Settings, load
from lossland.benchmark.tiles import follow
from lossland.compute.workers import LocalWorkers, SerialWorkers
from lossland.play.player import Player
from lossland.scenery import library
from lossland.world import layers

SMALL: dict[str, Any] = {"starts": 24, "steps": 80, "budget": 5, "seed": 4, "backend": "cpu"}
ASKED = (["gradient_descent", "adam"], ["task:logistic-iris", "bowl"])
ALONE = SerialWorkers()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tasks") / "results"


@pytest.fixture(scope="module")
def found(folder: Path) -> Results:
    return bench(*ASKED, workers=ALONE, folder=folder, **SMALL)


def equal(one: Cell, other: Cell) -> None:
    for name in Cell.__dataclass_fields__:
        np.testing.assert_equal(getattr(one, name), getattr(other, name), name)


def test_each_has_its_own_dimension(found: Results) -> None:
    assert [cell.dimension for cell in found.cells] == [5, 2, 5, 2]
    assert [cell.start.shape for cell in found.cells] == [(24, 5), (24, 2)] * 2
    assert problem("task:logistic-iris", 7).dimension == 5


def test_runs_are_those_of_a_plain_loop() -> None:
    """When each target is first reached, by gradient descent in NumPy; f* and the scale as the protocol says."""
    task, where, text = ll.problem("task:logistic-iris"), problem("task:logistic-iris"), "gradient_descent:lr=5"
    runs = follow(where, ll.optimizers.optimizer(text), Settings((text,), (where.text,), steps=60, seed=2), 0, 12)
    low, high = np.array(task.domain).T
    assert ((low <= runs.start) & (runs.start <= high)).all()
    drawn = np.random.default_rng(0).uniform(low, high, (4000, 5))
    assert where.scale == pytest.approx(np.median(task.value(drawn)) - where.lowest, rel=0.05)
    assert where.targets[[0, -1]] == pytest.approx(where.scale * np.array([1, 1e-8]))
    place, hits = runs.start.copy(), np.full((51, 12), -1)
    for t in range(61):
        value = task.value(place) - where.lowest
        hits = np.where((hits < 0) & (value <= where.targets[:, None]), t, hits)
        place = np.where((hits[-1] >= 0)[:, None], place, place - 5 * task.grad(place))
    assert (hits[25] >= 0).all()
    np.testing.assert_array_equal(runs.hits, hits)


def test_the_numbers_do_not_depend_on_who_does_the_work(found: Results) -> None:
    other = bench(*ASKED, workers=LocalWorkers(2), **SMALL)
    for one, two in zip(found.cells, other.cells, strict=True):
        equal(one, two)


def test_what_was_stopped_goes_on(found: Results, folder: Path, tmp_path: Path) -> None:
    target = tmp_path / "results"
    shutil.copytree(folder, target)
    for number in (0, 3):
        (target / "cells" / f"{number:04d}.npz").unlink()
    again = bench(*ASKED, workers=ALONE, folder=target, resume=True, **SMALL)
    for one, two, three in zip(found.cells, again.cells, load(target).cells, strict=True):
        equal(one, two)
        equal(one, three)


def test_the_chosen_runs_can_be_replayed(found: Results) -> None:
    cell = found.cell("adam", "task:logistic-iris")
    best = cell.chosen["best"]
    points = replayed(cell, [best])
    assert points.shape == (81, 1, 5)
    last = cell.hits[-1, best] if cell.hits[-1, best] >= 0 else 80
    np.testing.assert_array_equal(points[last, 0], cell.end[best])


def test_a_click_on_a_tasks_cell_says_why_there_is_no_race(found: Results, folder: Path) -> None:
    read = summary.read(folder)
    assert read.why_no_replay("adam", "task:logistic-iris") == "its runs are in 5 dimensions, not in two"
    assert read.why_no_replay("adam", "bowl") == ""
    player = Player(library.scene("bench", folder=str(folder), page="cells"))
    player.seek(5.0)
    assert player.pick("cells", read.landscapes.index("task:logistic-iris"))
    assert (player.scene.values["page"], player.scene.values["problem"]) == ("race", "task:logistic-iris")
    frame = player.frame()
    (title,) = (note for note in frame.notes if isinstance(note, layers.Title))
    assert "its runs are in 5 dimensions, not in two" in title.text
    assert not any(isinstance(layer, layers.Trail) for layer in frame.layers)
    pages = [shot.params["problem"] for shot in reel(read, str(folder)).shots if shot.params["page"] == "race"]
    assert set(pages) <= {"bowl"}

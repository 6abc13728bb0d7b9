"""Results read back for charts: the same numbers as in the cells, the very runs, and a film of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from lossland.benchmark import reel, summary
from lossland.benchmark.bench import bench
from lossland.benchmark.results import Results
from lossland.compute.workers import SerialWorkers
from lossland.errors import UserError


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("results")
    names, lands = ["adam", "gradient_descent", "momentum"], ["bowl", "himmelblau"]
    return bench(names, lands, starts=40, steps=200, budget=6, backend="cpu", folder=folder, workers=SerialWorkers())


@pytest.fixture(scope="module")
def found(results: Results) -> summary.Summary:
    assert results.folder is not None
    return summary.read(results.folder)


def test_a_summary_has_the_numbers_of_the_cells(results: Results, found: summary.Summary) -> None:
    assert set(found.optimizers) == set(results.settings.optimizers)
    assert [found.board[name]["score"] for name in found.optimizers] == sorted(
        (line["score"] for line in results.leaderboard()), reverse=True
    )
    for cell in results.cells:
        row = found.row(cell.optimizer, cell.landscape)
        assert row["success"] == np.mean(cell.hits[-1] >= 0)
        reached = np.where(cell.hits[-1] >= 0, cell.hits[-1] * cell.cost, cell.steps * cell.cost)
        successes = (cell.hits[-1] >= 0).sum()
        assert row["ert"] == pytest.approx(reached.sum() / successes if successes else np.inf)
    easy, hard = found.landscapes
    assert found.scores(found.optimizers).mean(axis=0).tolist() == sorted(
        [found.scores(found.optimizers)[:, k].mean() for k in (0, 1)], reverse=True
    )
    assert {easy, hard} == {"bowl", "himmelblau"}


@pytest.mark.parametrize("name", ["adam", "gradient_descent"])
def test_the_runs_are_run_again_as_they_were(results: Results, found: summary.Summary, name: str) -> None:
    cell = results.cell(name, "himmelblau")
    for which, path in found.replay(name, "himmelblau").items():
        run = cell.chosen[which]
        np.testing.assert_array_equal(path[0], cell.start[run])
        x, y = path.T
        gap = (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2  # f* = 0
        first = np.flatnonzero(gap <= cell.targets[-1])
        assert (first[0] if len(first) else -1) == cell.hits[-1, run]
        assert len(path) - 1 == (cell.hits[-1, run] if cell.hits[-1, run] >= 0 else cell.steps)
        assert gap.min() == pytest.approx(cell.best[run], rel=1e-9, abs=1e-15)


def test_a_packed_file_says_the_same_in_fewer_bytes(found: summary.Summary, tmp_path: Path) -> None:
    file = tmp_path / "small.json.gz"
    summary.pack(found, file)
    again = summary.read(file)
    np.testing.assert_allclose(again.scores(again.optimizers), found.scores(found.optimizers), rtol=1e-5)
    for pair, row in found.rows.items():
        assert again.rows[pair]["runs"] == row["runs"]
        assert again.rows[pair]["ert"] == pytest.approx(row["ert"], rel=1e-5)
    assert len(file.read_bytes()) < len(json.dumps(again.document)) / 2


def test_a_run_that_was_killed_is_read_from_its_cells(results: Results, found: summary.Summary, tmp_path: Path) -> None:
    assert results.folder is not None
    for file in results.folder.rglob("*"):
        if file.is_file() and file.name != "results.json":
            copy = tmp_path / file.relative_to(results.folder)
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes(file.read_bytes())
    np.testing.assert_array_equal(summary.read(tmp_path).scores(found.optimizers), found.scores(found.optimizers))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "cannot be read"),
        (b"[1, 2]", "holds no results"),
        (b'{"format": "other"}', "holds no results"),
        (b'{"format": "lossland bench", "version": 99}', "another version"),
        (b'{"format": "lossland bench", "version": 1, "leaderboard": []}', "go on"),
    ],
)
def test_other_files_are_refused_in_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "results.json").write_bytes(content)
    with pytest.raises(UserError, match=says):
        summary.read(tmp_path)


def test_an_empty_folder_and_a_broken_archive_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no results"):
        summary.read(tmp_path)
    broken = tmp_path / "broken.json.gz"
    broken.write_bytes(gzip.compress(b"{}")[:-6])
    with pytest.raises(UserError, match="cannot be read"):
        summary.read(broken)


def test_unknown_names_are_refused_with_the_nearest(found: summary.Summary) -> None:
    with pytest.raises(UserError, match=r"no optimizer 'adm'.*adam"):
        found.row("adm", "bowl")
    with pytest.raises(UserError, match=r"no landscape 'bowel'.*bowl"):
        found.row("adam", "bowel")


def test_the_film_takes_less_than_a_minute_and_shows_the_cells_that_it_says(found: summary.Summary) -> None:
    for one in (found, summary.read()):
        tour = reel.reel(one)
        assert tour.seconds <= 60
        assert all(shot.title and shot.text for shot in tour.shots)
        score, cells = one.scores(one.optimizers), reel.chosen(one)
        best, middle, worst = (score[one.optimizers.index(o), one.landscapes.index(k)] for o, k in cells.values())
        assert worst == score[0].min()
        assert best - score[:, one.landscapes.index(next(iter(cells.values()))[1])].mean() == pytest.approx(
            (score[0] - score.mean(axis=0)).max()
        )
        assert middle == np.sort(score, axis=None)[score.size // 2]


@pytest.mark.parametrize("name", ["n" * 300, "[0, 0, 0]" * 500, "~nobody/x", "a\0b"])
def test_names_that_no_folder_can_have_are_told_as_such(name: str) -> None:
    with pytest.raises(UserError, match="holds no results"):
        summary.read(name)

"""The scene of a benchmark: what it shows are the results' numbers, and a click leads to the runs behind one."""

from __future__ import annotations

import gzip
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest

from lossland.benchmark import summary
from lossland.errors import UserError
from lossland.play.player import Player
from lossland.scenery import library
from lossland.scenery.parameters import Integer
from lossland.world import layers

FOUND = summary.read()


def layer(player: Player, key: str) -> layers.Layer:
    found = player.frame().layer(key)
    assert found is not None
    return found


def test_bars_of_the_leaderboard_are_as_long_as_the_scores() -> None:
    player = Player(library.scene("bench"))
    player.seek(8.0)
    bars = layer(player, "optimizers")
    assert isinstance(bars, layers.Plates)
    length = np.asarray(bars.right)[:, 0]
    score = np.array([FOUND.board[name]["score"] for name in FOUND.optimizers][: len(length)])
    np.testing.assert_allclose(length / length[0], score / score[0])


def test_the_skyline_is_as_high_as_the_scores() -> None:
    player = Player(library.scene("bench", page="cells"))
    player.seek(8.0)
    bars = layer(player, "cells")
    assert isinstance(bars, layers.Bars)
    score = FOUND.scores(FOUND.optimizers[:16]).ravel()
    height = (np.asarray(bars.high) - np.asarray(bars.low))[:, 2]
    np.testing.assert_allclose(
        (height - height.min()) / np.ptp(height), (score - score.min()) / np.ptp(score), atol=1e-9
    )


def test_a_click_on_a_cell_shows_its_race_from_the_start_and_undo_goes_back() -> None:
    player = Player(library.scene("bench", page="cells"))
    player.seek(5.0)
    columns = len(FOUND.landscapes)
    assert player.pick("cells", 2 * columns + 3)
    scene = player.scene
    assert (scene.values["page"], scene.values["optimizer"]) == ("race", FOUND.optimizers[2])
    assert scene.values["problem"] == FOUND.landscapes[3]
    assert player.time == 0.0
    assert player.playing
    player.seek(scene.clock.seconds)
    trails = [one for one in player.frame().layers if isinstance(one, layers.Trail)]
    assert {one.name for one in trails} <= {"best start", "median start", "worst start"}
    row = FOUND.row(FOUND.optimizers[2], FOUND.landscapes[3])
    starts = [one for one in trails if one.start == "best"]
    if starts:
        terrain = player.surface().terrain  # type: ignore[union-attr]
        expected = terrain.world_from_domain(np.array(row["runs"]["best"]["start"]))
        np.testing.assert_allclose(starts[0].points[0][:2], expected[:2], atol=1e-9)
    player.undo()
    assert player.scene.values["page"] == "cells"


@pytest.mark.parametrize("optimizer", ["adam", "momentum", "rprop"])
def test_a_race_ends_with_the_last_step_of_each_run(optimizer: str) -> None:
    scene = library.scene("bench", "race", optimizer=optimizer)
    (legend,) = (note for note in scene.frame(scene.clock.seconds).notes if isinstance(note, layers.Legend))
    lowest = FOUND.row(scene.chosen, scene.land_text)["lowest"]  # type: ignore[attr-defined]
    left = {f"{name} start": values[-1] - lowest for name, _, values in scene.paths()}  # type: ignore[attr-defined]
    assert {row.name: row.cells[1] for row in legend.rows} == left


def test_pages_keep_whom_they_show() -> None:
    player = Player(library.scene("bench", optimizer="adam", problem="himmelblau"))
    player.use_preset("race")
    assert (player.scene.values["optimizer"], player.scene.values["problem"]) == ("adam", "himmelblau")
    player.use_preset("tuning")
    assert isinstance(player.surface(), layers.Surface)


def test_a_folder_of_results_is_a_scene(tmp_path: Path) -> None:
    summary.pack(FOUND, tmp_path / "results.json.gz")
    (tmp_path / "results.json").write_text(gzip.decompress((tmp_path / "results.json.gz").read_bytes()).decode())
    made = library.scene(str(tmp_path), preset="cells")
    assert (made.name, made.values["folder"], made.values["page"]) == ("bench", str(tmp_path), "cells")
    made.reset()
    assert made.values["folder"] == str(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("folder", "/no/such/folder", "no results"),
        ("optimizer", "adm", "no optimizer 'adm'"),
        ("problem", "bowel", "no landscape 'bowel'"),
        ("family", "own", "family 'own'"),
    ],
)
def test_what_the_results_have_not_is_refused_and_changes_nothing(name: str, value: str, says: str) -> None:
    made = library.scene("bench")
    before = dict(made.values)
    with pytest.raises(UserError, match=says):
        made.set(name, value)
    assert made.values == before


def test_results_never_run_a_file_by_themselves(tmp_path: Path) -> None:
    """A rule in a file is run again only once it was named; until then the race says so and shows something else."""
    mark, rule = tmp_path / "was run", tmp_path / "mine.py"
    rule.write_text(f"open({str(mark)!r}, 'w').close()\n")
    document = deepcopy(FOUND.document)
    for row in document["results"]:
        if row["optimizer"] == "adam":
            row["rule"] = f"{rule}:MyRule:lr=0.1"
    summary.pack(summary.Summary(document), tmp_path / "own.json.gz")
    for page in ("race", "tuning"):
        made = library.scene("bench", folder=str(tmp_path / "own.json.gz"), optimizer="adam", page=page)
        titles = [note.text for note in made.frame(2.0).notes if isinstance(note, layers.Title)]
        assert "name it" in titles[0]
    assert not mark.exists()


def test_the_panel_shows_on_each_page_what_the_page_uses() -> None:
    made = library.scene("bench")
    assert [name for name in made.params() if made.has_control(name)][-2:] == ["family", "first"]
    first = made.param("first")
    assert isinstance(first, Integer)
    assert first.highest(made) == len(FOUND.optimizers) - 15  # sixteen stand on a page
    made.set("first", 5)
    made.set("family", "adaptive")  # fewer than a page
    assert made.values["first"] == 1
    assert not made.has_control("first")
    made.use("race")
    assert made.has_control("optimizer")
    assert not made.has_control("family")
    assert made.while_empty("optimizer") == FOUND.optimizers[0]
    assert made.while_empty("problem") in FOUND.landscapes


def test_a_race_shows_the_start_of_a_run_that_leaves_the_map_again_and_again() -> None:
    player = Player(library.scene("bench", "race", optimizer="adam", problem="ackley"))
    player.seek(player.scene.clock.seconds)
    drawn = [one for one in player.frame().layers if isinstance(one, layers.Trail)]
    assert sorted(one.start for one in drawn if one.start) == ["best", "median", "worst"]
    player.seek(0.0)
    assert not [one for one in player.frame().layers if isinstance(one, layers.Trail) and one.start]

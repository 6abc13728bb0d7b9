"""``lossland basins``: the map's file, its picture and its figures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lossland.cli import main
from lossland.compute.maps import BasinMap, basins
from lossland.compute.minima import Minima
from lossland.formats.basins import basin_chart, basin_picture
from lossland.landscapes import landscape
from lossland.optimizers import Adam
from lossland.world.theme import DARK

HIMMELBLAU = ["basins", "himmelblau", "--domain", "-6,6,-6,6", "--optimizer", "gradient_descent:lr=0.002"]


def test_himmelblau_as_scene_28_has_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "map.npz"
    assert main([*HIMMELBLAU, "-n", "512", "--steps", "1000", "-o", str(file), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    shares = [0.24971, 0.25826, 0.24318, 0.24885]
    assert said["shares"] == pytest.approx(shares, abs=0.002)
    assert [one["share"] for one in said["minima"]] == said["shares"]
    assert said["none"] == said["diverged"] == 0
    with np.load(file, allow_pickle=False) as read:
        assert read["basin"].shape == read["steps"].shape == read["diverged"].shape == (512, 512)
        assert read["basin"].dtype == np.int16
        assert read["minima"].shape == (4, 2)
        assert read["shares"] == pytest.approx(shares, abs=0.002)
        assert np.bincount(read["basin"].ravel()) / 512**2 == pytest.approx(read["shares"])
        assert read["basin"][256 + 85, 256 + 128] == 0  # the cell around (2, 3): rows are y
        assert read["steps"].min() > 0


def test_a_picture_in_the_theme_with_y_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "map.png"
    assert main([*HIMMELBLAU, "-n", "96", "--steps", "300", "-o", str(file)]) == 0
    assert "24." in capsys.readouterr().out
    found = basins(landscape("himmelblau", domain=((-6, 6), (-6, 6))), "gradient_descent:lr=0.002", 96, 300)
    chart = basin_chart(found, DARK)
    assert np.array_equal(np.asarray(Image.open(file)), chart.image)
    image = chart.map
    assert image.shape == (480, 480, 3)
    corners = [image[2, -3], image[2, 2], image[-3, 2], image[-3, -3]]  # of the minima 0, 1, 2, 3
    for k, color in enumerate(corners):
        assert (
            chart.image[round(chart.top + 6.5 + k * 1.75 * 13), chart.left + 480 + 30].tolist()
            == np.round(255 * np.array(DARK.color(f"basin.{k}"))).tolist()
        )  # the key says which is which
        ground, light = (255 * np.array(DARK.color(f"{family}.{k}")) for family in ("basin", "particle"))
        along = np.clip(np.dot(color - ground, light - ground) / np.dot(light - ground, light - ground), 0, 1)
        assert np.abs(color - (ground + along * (light - ground))).max() < 2


def test_without_a_title_and_on_paper(tmp_path: Path) -> None:
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    for file, more in zip(files, ([], ["--no-title"]), strict=True):
        command = [*HIMMELBLAU, "-n", "16", "--steps", "50", "--theme", "print", "-o", str(file), *more]
        assert main(command) == 0
    titled, bare = (np.asarray(Image.open(file)) for file in files)
    assert (titled[0, 0] == 255).all()
    assert len(titled) > len(bare)
    assert (titled[len(titled) - len(bare) + 4 :, 2:300] == bare[4:, 2:300]).all()


def test_nothing_and_divergence_look_different() -> None:
    label = np.array([[0, 0], [-1, -1]], np.int16)
    steps = np.array([[5, 50], [-1, -1]], np.int32)
    diverged = np.array([[False, False], [False, True]])
    outside = Minima(np.array([[9.0, 9.0]]), np.array([0.0]))
    image = (
        basin_picture(BasinMap(label, steps, diverged, outside, landscape("x + y", ((0, 1), (0, 1))), Adam()), DARK)
        / 255
    )
    assert image[0, 0] == pytest.approx(DARK.color("basin.-1"), abs=0.003)
    assert image[0, 1] == pytest.approx(DARK.color("casing"), abs=0.003)
    assert image[1, 1] == pytest.approx(DARK.color("basin.0"), abs=0.02)
    assert (image[1, 0] > image[1, 1]).all()  # sooner is lighter


def test_what_does_not_fit_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["basins", "himmelblau", "-n", "1e6", "-o", str(tmp_path / "map.png")]) == 2
    assert "120 TB" in capsys.readouterr().err
    assert main(["basins", "himmelblau", "-o", str(tmp_path / "map.jpg")]) == 2
    assert ".png or .npz" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
@pytest.mark.parametrize("words", [["basins", "himmelblau", "-n", "2048", "--steps", "100000", "-o", "m.npz"],
                                   ["eval", "ackley", "-n", "8192", "--derivatives", "-o", "g.npz"]])  # fmt: skip
def test_control_c_leaves_nothing(tmp_path: Path, words: list[str]) -> None:
    started = "import lossland.cli.progress as p; p.Progress.__call__ = lambda *_: print('.', flush=True); "
    run = f"{started}import sys; from lossland.cli import main; sys.exit(main({words!r}))"
    with subprocess.Popen(
        [sys.executable, "-c", run], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    ) as child:  # fmt: skip
        assert child.stdout is not None
        assert child.stdout.readline() == ".\n"  # it is at work
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert child.returncode == 130
    assert said == "lossland: Stopped.\n"
    assert not list(tmp_path.iterdir())

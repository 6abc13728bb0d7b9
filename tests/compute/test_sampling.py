"""What a grid of samples cannot show is told, and nothing else is."""

from __future__ import annotations

import json

import numpy as np
import pytest

from lossland import landscapes
from lossland.cli import main
from lossland.compute.sampling import ADVICE, is_too_fine, is_undersampled, tried
from lossland.scenery import library
from lossland.world.layers import Caution

SQUARE = ((-4.0, 4.0), (-4.0, 4.0))


def told(text: str, n: int = 512, domain=None) -> bool:
    """Return what is said of a landscape's grid, which two ways of asking agree on."""
    land = landscapes.landscape(text, domain=domain)
    value = np.asarray(land.grid(n).value)
    with np.errstate(all="ignore"):
        found = is_undersampled(land.domain, value, land.value(tried(land.domain)))
        assert is_too_fine(land.value, land.domain, n) is found
    return found


@pytest.mark.parametrize("name", landscapes.names())
def test_no_landscape_of_the_catalogue_raises_a_false_alarm(name: str) -> None:
    assert not told(name)
    assert not told(name, 256)


@pytest.mark.parametrize(
    "formula",
    [
        "sin(1000*x)*cos(1000*y)",
        "sin(200*x)",  # just above one sample in half a period: 8/511 * 200 = 3.13
        "x^2+y^2+sin(1000*x)",  # false ripples on a bowl
        "cos(2*pi*511/8*(x+4))",  # each sample is on a crest: the grid is level
        "sin(1000*x)*exp(-x^2-y^2)",  # only in the middle
        "1e300*sin(1000*x)",
    ],
)
def test_what_swings_from_sample_to_sample_is_told(formula: str) -> None:
    assert told(formula)


@pytest.mark.parametrize(
    "formula",
    [
        "abs(x)+abs(y)",
        "floor(4*x)+y",
        "where(x<0,1,0)",
        "sign(x*y)",
        "max(x,y)",
        "100*x^2+sin(1000*x)",  # a thousandth of the range: nobody sees it
        "sin(60*x)*cos(60*y)",  # seven samples a period
        "100+0.1*sin(x)*cos(y)",
        "1e300*x^2",
        "1e-300*x^2",
        "1/x",
        "log(x)",
        "sqrt(x)",
        "0*x+3",
        "1e9+x",
    ],
)
def test_kinks_cliffs_poles_and_holes_are_not(formula: str) -> None:
    assert not told(formula)


def test_zooming_in_or_a_finer_grid_helps_as_the_note_says() -> None:
    formula = "sin(1000*x)*cos(1000*y)"
    assert told(formula, 512)
    assert not told(formula, 512, ((-0.2, 0.2), (-0.2, 0.2)))
    assert not is_too_fine(landscapes.landscape(formula).value, SQUARE, 8192)


def test_any_sampled_grid_can_be_asked_about() -> None:
    rough, smooth = np.random.default_rng(0).normal(size=(51, 51)), np.add.outer(np.arange(40.0), np.arange(51.0))
    points = tried(SQUARE, 100)
    assert points.shape == (100, 2)
    assert (np.abs(points) < 4).all()
    assert np.histogram2d(*points.T, bins=4, range=SQUARE)[0].min() >= 3  # evenly spread
    assert is_undersampled(SQUARE, rough, np.random.default_rng(1).normal(size=100))
    x, y = (points.T + 4) / 8 * np.array([[50], [39]])
    assert not is_undersampled(SQUARE, smooth, x + y)
    assert not is_undersampled(SQUARE, np.full((51, 51), np.nan), x + y)
    assert not is_undersampled(SQUARE, np.zeros((1, 1)), x)


def test_pictures_and_commands_say_so(tmp_path, capsys) -> None:
    def cautions(text: str) -> list[str]:
        return [note.text for note in library.scene(text).frame(1.0).notes if isinstance(note, Caution)]

    assert cautions("sin(1000*x)*cos(1000*y)") == [ADVICE]
    assert ADVICE == "undersampled: zoom in or raise the resolution"
    assert cautions("x^2 + y^2 + 1e17") == ["drawn flat: float64 numbers hardly tell these values apart"]
    assert cautions("x^2 + y^2 + 1e15") == cautions("5") == []
    assert cautions("himmelblau") == cautions("rastrigin") == []
    assert main(["eval", "sin(1000*x)", "-n", "64", "--json", "-o", str(tmp_path / "a.npz")]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["n"] == 64
    assert ADVICE in err
    assert main(["eval", "himmelblau", "-n", "64", "-o", str(tmp_path / "b.npz")]) == 0
    assert "undersampled" not in capsys.readouterr().err

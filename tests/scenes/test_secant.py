"""A scene made of a plot, as a user would write it: its numbers against the derivative, and five pictures."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.play.player import Player
from lossland.world.layers import Curve, Label

FILE = Path(__file__).with_name("secant.py")
MOMENTS = (0.0, 2.5, 5.0, 7.0, 10.0)


def scene(**values: Any) -> Any:
    return ll.scene(str(FILE), **values)


@pytest.mark.parametrize("x", [-2.4, -1.0, 0.3, 1.0])
def test_the_secant_goes_to_the_derivative(x: float) -> None:
    reads = [scene(x=x).readouts(time) for time in MOMENTS]
    for read in reads:  # of x³/3 − x the secant's slope is x² − 1 + x h + h²/3
        h = read["h"]
        assert read["secant"] == pytest.approx(x * x - 1 + x * h + h * h / 3, abs=1e-9)
        assert read["tangent"] == pytest.approx(x * x - 1)
    widths = [read["h"] for read in reads]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] > 1.5
    assert abs(reads[-1]["secant"] - reads[-1]["tangent"]) < 0.003


def test_what_is_drawn_has_the_slopes_that_are_written() -> None:
    shown = scene(x=-0.7)
    for time in MOMENTS:
        frame, read = shown.frame(time), shown.readouts(time)
        for kind in ("secant", "tangent"):
            line = next(one for one in frame.layers if isinstance(one, Curve) and one.name.lower().startswith(kind))
            (x0, y0), (x1, y1) = (shown.plot.data(end) for end in line.points[[0, -1]])
            assert (y1 - y0) / (x1 - x0) == pytest.approx(read[kind], abs=1e-6)
        assert any(isinstance(one, Label) and one.text == "h" for one in frame.layers) == (read["h"] > 0.35)


def test_the_point_is_dragged_along_the_curve_and_stays_in_its_range() -> None:
    shown = scene()
    player = Player(shown)
    (handle,) = player.handles()
    assert shown.plot.data(handle.position) == pytest.approx((-1.6, -(1.6**3) / 3 + 1.6))
    for x, kept in ((0.25, 0.25), (2.5, 1.0), (-9.0, -2.4)):
        place = shown.plot.world(x, 0.0)
        player.drag("x", (float(place[0]), float(place[1])))
        assert shown.x == pytest.approx(kept)


@pytest.mark.parametrize("theme", ["dark", "print"])
def test_five_moments_are_five_pictures(theme: str) -> None:
    with ll.Stage(scene(), size=(640, 360), theme=theme) as stage:
        pictures = [stage.render(time=time) for time in MOMENTS]
    for before, after in pairwise(pictures):
        assert (np.abs(before.astype(int) - after).max(axis=-1) > 60).mean() > 5e-4
    edges = pictures[2][:, [0, -1]].astype(int)
    assert np.ptp(edges, axis=0).max() < 40  # nothing runs out of the picture

"""Which way is up: slopes against closed forms, headings by trying, rain that runs downhill."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland.scenery import library


def scene(preset: Any = None, **values: Any) -> Any:
    """Return the scene as one whose own attributes may be used."""
    return library.scene("gradient_3d", preset, **values)


def test_the_gradient_points_up() -> None:
    made = scene()
    readouts = made.readouts()
    np.testing.assert_allclose(readouts["gradient"], (2, 6), rtol=1e-12)
    assert readouts["steepness"] == pytest.approx(6.324555, abs=1e-6)
    np.testing.assert_allclose(readouts["plane"], (4, 2, 6), rtol=1e-12)
    assert readouts["best_heading"] == pytest.approx(np.degrees(np.arctan2(6, 2)), abs=0.1)
    assert abs(readouts["gradient_dot_contour"]) < 1e-9
    assert readouts["contour_drift"] < 1e-9


@pytest.mark.parametrize("land", ["himmelblau", "rosenbrock", "ackley", "sin(x)*cos(y)"])
def test_no_heading_is_steeper_than_the_gradient(land: str) -> None:
    made = scene(landscape=land)
    readouts = made.readouts()
    turned = (readouts["best_heading"] - readouts["gradient_heading"] + 180) % 360 - 180
    assert abs(turned) <= 0.1
    assert readouts["contour_drift"] <= 1e-9 * max(1.0, abs(readouts["value"]))


def test_the_slope_follows_the_heading() -> None:
    made = scene(turning=False, heading=90)
    assert made.readouts(5.0)["slope"] == pytest.approx(6.0)
    made.set("turning", True)
    quarter = made.readouts(made.clock.seconds / 4)
    assert quarter["heading"] == pytest.approx(180.0)
    assert quarter["slope"] == pytest.approx(-2.0)


def test_rain_runs_downhill() -> None:
    made = scene(drops=300)
    ways = made.ways().astype(float)
    value = made.land.value(ways)
    assert (np.diff(value, axis=0) <= 1e-6).all()


def test_the_contour_of_a_bowl_is_an_ellipse() -> None:
    x, y = scene().contour().T
    np.testing.assert_allclose(x**2 + 3 * y**2, 4.0, rtol=1e-12)
    assert np.hypot(x[0] - x[-1], y[0] - y[-1]) < 1e-12  # closed


def test_no_drops_are_no_rain() -> None:
    made = library.scene("gradient_3d", drops=0)
    assert not [layer for layer in made.frame(2.0).layers if layer.name == "Drop"]


def test_no_rain_hangs_over_a_hole() -> None:
    made = scene(landscape="sqrt(2 - x^2 - y^2)", domain=(-2, 2, -2, 2))
    for time in (0.0, 3.1, 7.7):
        (rain,) = made.rain(made.now(time))
        assert 0 < len(rain.position) < made.drops
        reach = np.hypot(*np.asarray(rain.position)[:, :2].T)
        assert reach.max() <= np.sqrt(2) + 1e-6

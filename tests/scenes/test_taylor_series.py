"""Taylor polynomials against closed forms and mpmath, Newton's method, the surface's model, and what is drawn."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest

from lossland.play.player import Player
from lossland.scenery import library
from lossland.world import layers

mp: Any = mpmath


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("taylor_series", preset, **values)


def test_what_changes_nothing_has_no_control() -> None:
    idle = {
        show: [name for name, one in scene().params().items() if not (one.hidden or scene(show=show).has_control(name))]
        for show in ("polynomials", "newton", "helix", "surface")
    }
    assert idle == {
        "polynomials": ["ground", "point"],
        "newton": ["degree", "ground", "point"],
        "helix": ["function", "window", "ground", "point"],
        "surface": ["function", "window"],
    }


def test_only_a_surface_has_a_formula_and_a_height_under_the_pointer() -> None:
    assert [scene(show=show).land for show in ("polynomials", "newton", "helix")] == [None] * 3
    assert scene("rosenbrock").land.value((0.0, 0.0)) == 1.0


@pytest.mark.parametrize(
    ("degree", "wanted"), [(1, 1.570796), (3, 0.924832), (5, 1.004525), (7, 0.999843), (9, 1.000004)]
)
def test_copies_of_the_sine_at_a_quarter_turn(degree: int, wanted: float) -> None:
    read = scene("sine", x=np.pi / 2, degree=degree).readouts()
    assert read["polynomial"] == pytest.approx(wanted, abs=5e-7)
    following = (np.pi / 2) ** (degree + 2) / float(mp.factorial(degree + 2))
    assert read["error"] <= following * (1 + 1e-9)
    assert read["error"] <= read["bound"]


@pytest.mark.parametrize("preset", ["sine", "exponential", "logarithm", "bell", "hidden poles"])
def test_coefficients_are_those_of_mpmath_and_the_error_keeps_its_bound(preset: str) -> None:
    known = {
        "sine": mp.sin, "exponential": mp.exp, "logarithm": lambda x: mp.log(1 + x),
        "bell": lambda x: mp.exp(-(x**2)), "hidden poles": lambda x: 1 / (1 + x**2),
    }  # fmt: skip
    for centre in (0.0, 0.4):
        made = scene(preset, centre=centre)
        with mp.workdps(40):
            wanted = [float(c) for c in mp.taylor(known[preset], centre, made.degree)]
        read = made.readouts()
        np.testing.assert_allclose(read["coefficients"], wanted, rtol=1e-10, atol=1e-12)
        assert read["error"] <= read["bound"] * (1 + 1e-9)


def test_the_logarithm_is_copied_up_to_one_and_not_beyond() -> None:
    near = [scene("logarithm", x=0.9, degree=degree).readouts()["error"] for degree in range(1, 20)]
    far = [scene("logarithm", x=1.4, degree=degree).readouts()["error"] for degree in range(1, 20)]
    assert near == sorted(near, reverse=True)
    assert far[4:] == sorted(far[4:])


def test_terms_are_added_one_by_one() -> None:
    made = scene("sine", x=np.pi / 2)
    assert made.copy.powers == (0, 1, 3, 5, 7, 9)
    shown = [made.readouts(time)["degree_now"] for time in np.linspace(0, 12, 61)]
    assert list(dict.fromkeys(shown)) == [0, 1, 3, 5, 7, 9]
    assert made.readouts(12.0)["polynomial_now"] == made.readouts()["polynomial"]
    for time in (0.0, 5.3, 12.0):
        copy = next(one for one in made.frame(time).layers if one.key.startswith("copy"))
        x, y = np.array([made.plot.data(point) for point in np.asarray(copy.points)[::20]]).T
        wanted = np.polynomial.polynomial.polyval(x, made.copy.upto(*made.grown(made.now(time))))
        np.testing.assert_allclose(y, wanted, atol=1e-4)


def test_newton_finds_the_root_of_two() -> None:
    read = scene("newton").readouts()
    np.testing.assert_allclose(read["newton"][:4], [1, 1.5, 1.416667, 1.414216], atol=5e-7)
    assert read["newton"][-1] == pytest.approx(np.sqrt(2), abs=1e-12)


def test_the_model_of_rosenbrock() -> None:
    read = scene("rosenbrock").readouts()
    np.testing.assert_allclose(read["gradient"], [-215.6, -88.0])
    np.testing.assert_allclose(read["hessian"], [[1330.0, 480.0], [480.0, 200.0]])
    np.testing.assert_allclose(read["landing"], [-1.175281, 1.380674], atol=5e-7)


def test_the_sheets_touch_the_surface() -> None:
    made = scene("plane and paraboloid")
    ground, at = made.terrain, np.array(made.point)
    i, j = np.abs(ground.x - at[0]).argmin(), np.abs(ground.y - at[1]).argmin()
    off = np.array([ground.x[i], ground.y[j]]) - at
    for degree in (1, 2):
        assert made.sheet(degree).value[j, i] == pytest.approx(ground.value[j, i], abs=30 * np.abs(off).max() ** degree)
    gone = made.frame(0.0).layers
    assert not [one for one in gone if isinstance(one, layers.Surface) and one.sheet]
    assert [one for one in made.frame(6.0).layers if isinstance(one, layers.Surface) and one.sheet]


def test_the_helix_is_a_cosine_a_sine_and_a_circle() -> None:
    made = scene("helix")
    curves = {one.key: one for one in made.frame(12.0).layers if isinstance(one, layers.Curve)}
    lagrange = 4.0**16 / math.factorial(16)  # the copy's largest error up to |x| = 4: all derivatives are at most 1
    for key, reach, most in (("helix", 7.5, 1e-6), ("copy", 4.0, lagrange + 1e-6)):
        x, sine, cosine = (np.asarray(curves[key].points) / made.space.world((1.0, 1.0, 1.0))).T  # its middle is 0
        near = np.abs(x) <= reach
        np.testing.assert_allclose(sine[near] + 1j * cosine[near], np.sin(x[near]) + 1j * np.cos(x[near]), atol=most)
    views = {made.frame(time).view.azimuth for time in (0.0, 5.0, 9.0)}
    assert len(views) == 3


def test_centre_and_x_are_dragged_along_the_curve() -> None:
    made = scene("sine")
    player = Player(made)
    for name in ("x", "centre"):
        place = made.plot.world(-1.25, 0.0)
        player.drag(name, (float(place[0]), float(place[1])))
        assert getattr(made, name) == pytest.approx(-1.25)
    made = scene("rosenbrock")
    player = Player(made)
    player.drag("point", (-1.0, 9.0))
    assert made.point == (-1.0, 1.7)


def cautions(made: Any, time: float = 12.0) -> list[str]:
    return [note.text for note in made.frame(time).notes if isinstance(note, layers.Caution)]


def test_at_a_corner_there_is_no_copy_and_beyond_it_no_bound() -> None:
    made = scene("sine", function="|x|", x=1.0)
    read = made.readouts()
    assert np.isnan(read["coefficients"][1:]).all()
    assert np.isnan(read["bound"])
    assert cautions(made) == ["f has no slope at 0: it is −1 on the left and 1 on the right"]
    beyond = scene("sine", function="|x|", x=1.0, centre=-1.0, degree=3)
    assert beyond.readouts()["error"] == pytest.approx(2.0)
    assert np.isnan(beyond.readouts()["bound"])
    assert cautions(beyond) == ["No bound of the error: f has a corner on the way to x"]
    before = scene("sine", function="|x|", x=-0.5, centre=-1.0, degree=3)
    assert (before.readouts()["bound"], cautions(before)) == (0.0, [])


def test_while_a_term_grows_the_picture_says_from_which_degree_to_which() -> None:
    made = scene("sine")
    for time in np.linspace(0.0, 12.0, 61):
        read, frame = made.readouts(time), made.frame(time)
        (told,) = [one.text for one in frame.layers if isinstance(one, layers.Label) and one.text.startswith("degree")]
        c = np.where(np.arange(10) <= read["degree_now"], made.copy.coefficients, 0.0)
        complete = float(np.polynomial.polynomial.polyval(made.x, c))
        if "→" in told:
            last, coming = (int(part) for part in told.removeprefix("degree ").split(" → "))
            assert coming == last + (1 if last == 0 else 2)
            assert last == read["degree_now"]
        else:
            assert told == f"degree {read['degree_now']}"
            assert read["polynomial_now"] == pytest.approx(complete)


def test_curve_and_copy_are_not_squeezed_by_values_far_away() -> None:
    low, high = scene("sine", function="exp(x)").plot.y
    assert low < 0 < np.exp(1.5708) < high < 50
    assert scene("sine", x=30.0).span[1] > 30


def test_newton_that_leaves_the_domain_says_so_and_is_seen() -> None:
    made = scene("newton", function="ln(x)", x=3.0, window=(0.1, 4.0))
    assert made.newton.last == 1
    assert made.span[0] < 3 - 3 * np.log(3)
    assert cautions(made) == ["Newton's method ends at x1 = −0.296: there f has no value"]
    assert cautions(scene("newton")) == []
    assert cautions(scene("newton", function="x^2 + 1", x=0.0)) == [
        "Newton's method ends at x0 = 0: there the tangent does not meet the axis"
    ]


@pytest.mark.parametrize(("centre", "shift"), [(-1.0, "(x + 1)"), (2.0, "(x - 2)")])
def test_a_copy_left_of_zero_is_written_with_a_plus(centre: float, shift: str) -> None:
    frame = scene("sine", centre=centre, degree=3).frame(12.0)
    assert shift in [note.latex for note in frame.notes if isinstance(note, layers.Formula)][1]


def test_the_meters_of_a_value_keep_one_scale_that_holds_every_copy() -> None:
    made = scene("hidden poles")
    x = made.x
    partial = np.cumsum([(-1.0) ** k * x ** (2 * k) for k in range(made.degree // 2 + 1)])
    for time in np.linspace(0, made.clock.seconds, 9):
        meters = [note for note in made.frame(float(time)).notes if isinstance(note, layers.Meter)]
        assert len(meters) == 2
        for meter in meters:
            assert (meter.low, meter.high) == pytest.approx((min(partial), max(partial)))

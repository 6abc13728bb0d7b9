"""Every scene does what it promises: its numbers, its handles, its pictures' data, its snippet, its presets."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland import numerals
from lossland.errors import UserError
from lossland.play.player import Player
from lossland.scenery import library
from lossland.scenery.parameters import Lanes, Param
from lossland.scenery.scene import Scene
from lossland.scenery.tour import Shot, Tour
from lossland.world import layers

NAMES = library.names()
SCENES_AND_PRESETS = [(name, preset) for name in NAMES for preset in library.scene_class(name).presets]
LATEX_COLOUR = re.compile(r"\\fgcolor\{([^}]*)\}")


def scene(name: str, preset: Any = None, **values: Any) -> Any:
    """Return a scene as one whose own attributes may be used."""
    return library.scene(name, preset, **values)


# ------------------------------------------------------------------------------------------------ every scene
def test_there_are_seven_scenes_in_the_order_of_their_chapters() -> None:
    assert NAMES == (
        "linear_map_2d",
        "gradient_3d",
        "gradient_descent",
        "landscape_zoo",
        "momentum_phase",
        "optimizer_race",
        "optimizer_swarm",
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_says_all_about_itself(name: str) -> None:
    kind = library.scene_class(name)
    assert kind.name == name
    assert kind.title
    assert kind.rows
    assert kind.presets
    assert len(kind.lesson) > 400
    assert all(latex and meaning for latex, meaning in kind.formulas)
    for param in kind.params().values():
        assert param.label, param.name


@pytest.mark.parametrize("name", NAMES)
def test_a_description_is_json(name: str) -> None:
    said = json.loads(json.dumps(library.describe(library.scene_class(name))))
    assert set(said) == {"name", "title", "chapter", "params", "presets", "rows"}
    assert all({"name", "default", "min", "max"} <= set(param) for param in said["params"])


@pytest.mark.parametrize("name", NAMES)
def test_values_survive_json(name: str) -> None:
    made = scene(name)
    for key, param in made.params().items():
        plain = json.loads(json.dumps(param.to_json(made.values[key])))
        assert param.check(plain) == made.values[key]


@pytest.mark.parametrize(("name", "preset"), SCENES_AND_PRESETS)
def test_a_preset_makes_a_sound_picture(name: str, preset: str) -> None:
    made = scene(name, preset)
    if name == "optimizer_swarm":
        made.set("count", 2000)
        made.set("cells", 48)
        made.set("steps", 60)
    length = made.clock.seconds
    for time in (0.0, 0.37 * length, length):
        frame = made.frame(time)
        assert frame.layers
        assert any(isinstance(note, layers.Title) and note.text for note in frame.notes)
        for layer in frame.layers:
            check_layer(layer)
        for note in frame.notes:
            check_note(note)
        for handle in made.handles(time):
            assert np.isfinite(np.asarray(handle.position, float)).all()


def check_layer(layer: layers.Layer) -> None:
    for name, value in vars(layer).items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            assert np.isfinite(value).all() or isinstance(layer, layers.Surface), (layer, name)
    if isinstance(layer, layers.Trail):
        assert len(layer.points) == len(layer.progress)
        assert (np.diff(layer.progress) >= 0).all()
    if isinstance(layer, layers.Arrows):
        assert layer.tail.shape == layer.tip.shape == (len(layer.tail), 3)
        assert isinstance(layer.color, str) or len(layer.color) == len(layer.tail)
    if isinstance(layer, layers.Points) and not isinstance(layer.color, str):
        assert len(layer.color) == len(layer.position)
    if isinstance(layer, layers.Lines):
        assert all(np.isfinite(path).all() for path in layer.paths)


def check_note(note: layers.Note) -> None:
    """All colours in formulas are roles or #RRGGBB; braces balance."""
    written = [value for value in vars(note).values() if isinstance(value, str)]
    if isinstance(note, layers.Facts):
        written += [part for row in note.rows for part in row[1:3]]
    if isinstance(note, layers.Equations):
        written += [row[0] for row in note.rows]
    for text in written:
        assert text.count("{") == text.count("}"), text
        for colour in LATEX_COLOUR.findall(text):
            assert re.fullmatch(r"#[0-9A-Fa-f]{6}|[a-z][a-z0-9_.]*", colour), colour


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_a_function_of_time(name: str) -> None:
    """Frames asked for in another order, or by another scene with the same values, are the same."""
    small = {"count": 1500, "cells": 32, "steps": 40} if name == "optimizer_swarm" else {}
    one, other = scene(name, **small), scene(name, **small)
    length = one.clock.seconds
    forward = {time: describe_frame(one.frame(time)) for time in (0.0, 0.2 * length, 0.71 * length)}
    for time in (0.71 * length, 0.2 * length, 0.0):
        assert describe_frame(other.frame(time)) == forward[time]


def describe_frame(frame: ll.Frame) -> str:
    def told(value: Any) -> str:
        if isinstance(value, np.ndarray):
            return f"{value.dtype}{value.shape}{value.tobytes().hex()[:4000]}"
        if isinstance(value, (list, tuple)):
            return "".join(map(told, value))
        if hasattr(value, "__dict__") and not isinstance(value, ll.Terrain):
            return type(value).__name__ + "".join(f"{key}:{told(part)}" for key, part in vars(value).items())
        return "" if isinstance(value, ll.Terrain) else str(value)

    return told(list(frame.layers)) + told(list(frame.notes))


@pytest.mark.parametrize("name", NAMES)
def test_what_has_not_changed_is_handed_over_as_the_same_object(name: str) -> None:
    """Painters upload an array once for as long as they are handed the same one."""
    small = {"count": 1500, "cells": 32} if name == "optimizer_swarm" else {}
    made = scene(name, **small)
    first, second = made.frame(1.0), made.frame(1.1)
    for before, after in zip(first.layers, second.layers, strict=False):
        if isinstance(before, layers.Surface):
            assert before is after
        if isinstance(before, layers.Trail) and isinstance(after, layers.Trail):
            assert before.points is after.points
            assert before.beads is after.beads
    assert first.view.bounds is second.view.bounds


@pytest.mark.parametrize("name", NAMES)
def test_the_snippet_prints_the_readouts(name: str) -> None:
    made = scene(name)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(made.snippet, f"snippet of {name}", "exec"), {"__name__": "snippet"})
    readouts = made.readouts(made.clock.seconds)
    lines = [line.split() for line in printed.getvalue().splitlines()]
    assert lines
    tolerance = 0.01 if name == "optimizer_swarm" else 1e-9  # its snippet says so
    for key, *numbers in lines:
        np.testing.assert_allclose(np.ravel(readouts[key]), np.array(numbers, float), rtol=1e-9, atol=tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_handles_move_what_they_stand_for(name: str) -> None:
    made = scene(name, **({"count": 1500, "cells": 32, "patch": 0.1} if name == "optimizer_swarm" else {}))
    for handle in made.handles(0.0):
        before = dict(made.values)
        handle.move(made, (0.5, 0.75))
        assert made.values != before
        moved = next(other for other in made.handles(0.0) if other.name == handle.name)
        assert not np.allclose(np.asarray(moved.position), np.asarray(handle.position))


@pytest.mark.parametrize("name", [name for name in NAMES if "domain" in library.scene_class(name).params()])
def test_a_handle_dragged_off_the_ground_stays_on_its_edge(name: str) -> None:
    made = scene(name, **({"count": 1500, "cells": 32, "patch": 0.1} if name == "optimizer_swarm" else {}))
    for handle in made.handles(0.0):
        handle.move(made, (1e9, -1e9))
    x0, x1, y0, y1 = made.domain
    for value in made.values.values():
        if isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, float) for v in value):
            assert x0 <= value[0] <= x1
            assert y0 <= value[1] <= y1


def test_rendering_a_race_costs_little_while_only_time_passes() -> None:
    """Counted, not timed: nothing is run or draped again."""
    made = scene("optimizer_race")
    made.frame(0.0)
    kept = {key: value[1] for key, value in made._kept.items()}
    made.frame(1.0)
    changed = {key for key, value in made._kept.items() if kept.get(key) is not value[1]}
    assert changed <= {"words"}


def layer(frame: ll.Frame, kind: type) -> Any:
    return next(one for one in frame.layers if isinstance(one, kind))


# ------------------------------------------------------------------------------------------------ gradient_3d
def test_the_gradient_points_up() -> None:
    made = scene("gradient_3d")
    readouts = made.readouts()
    np.testing.assert_allclose(readouts["gradient"], (2, 6), rtol=1e-12)
    assert readouts["steepness"] == pytest.approx(6.324555, abs=1e-6)
    np.testing.assert_allclose(readouts["plane"], (4, 2, 6), rtol=1e-12)
    assert readouts["best_heading"] == pytest.approx(np.degrees(np.arctan2(6, 2)), abs=0.1)
    assert abs(readouts["gradient_dot_contour"]) < 1e-9
    assert readouts["contour_drift"] < 1e-9


@pytest.mark.parametrize("land", ["himmelblau", "rosenbrock", "ackley", "sin(x)*cos(y)"])
def test_no_heading_is_steeper_than_the_gradient(land: str) -> None:
    made = scene("gradient_3d", landscape=land)
    readouts = made.readouts()
    turned = (readouts["best_heading"] - readouts["gradient_heading"] + 180) % 360 - 180
    assert abs(turned) <= 0.1
    assert readouts["contour_drift"] <= 1e-9 * max(1.0, abs(readouts["value"]))


def test_the_slope_follows_the_heading() -> None:
    made = scene("gradient_3d", turning=False, heading=90)
    assert made.readouts(5.0)["slope"] == pytest.approx(6.0)
    made.set("turning", True)
    quarter = made.readouts(made.clock.seconds / 4)
    assert quarter["heading"] == pytest.approx(180.0)
    assert quarter["slope"] == pytest.approx(-2.0)


def test_rain_runs_downhill() -> None:
    made = scene("gradient_3d", drops=300)
    ways = made._ways_of_drops().astype(float)
    value = made.land.value(ways)
    assert (np.diff(value, axis=0) <= 1e-6).all()


def test_the_contour_of_a_bowl_is_an_ellipse() -> None:
    x, y = scene("gradient_3d").contour().T
    np.testing.assert_allclose(x**2 + 3 * y**2, 4.0, rtol=1e-12)
    assert np.hypot(x[0] - x[-1], y[0] - y[-1]) < 1e-12  # closed


# ------------------------------------------------------------------------------------------------ gradient_descent
@pytest.mark.parametrize(("alpha", "rate", "converges"), [(2 / 11, 0.818182, 1), (0.2, 1.0, 0), (0.21, 1.1, 0)])
def test_the_rate_of_convergence(alpha: float, rate: float, converges: int) -> None:
    readouts = scene("gradient_descent", alpha=alpha).readouts()
    assert readouts["rate"] == pytest.approx(rate, abs=1e-6)
    assert readouts["converges"] == converges
    assert readouts["limit"] == pytest.approx(0.2)
    assert readouts["best_alpha"] == pytest.approx(2 / 11)


def test_fifty_steps_are_the_closed_form() -> None:
    made = scene("gradient_descent", "zigzag")
    assert (made.alpha, made.steps) == (0.18, 50)
    last = made.readouts(made.clock.seconds)["now"]
    np.testing.assert_allclose(last, np.array([1 - 0.18, 1 - 1.8]) ** 50 * made.start, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(made.readouts()["last"], made.readouts()["closed_form"], rtol=1e-12, atol=1e-12)


def test_the_five_steps_light_up_in_turn() -> None:
    made = scene("gradient_descent", "one iteration")
    seconds = made.clock.seconds / made.steps
    lit = []
    for part in range(5):
        facts = next(n for n in made.frame((part + 0.5) / 5 * seconds).notes if isinstance(n, layers.Facts))
        (bright,) = [k for k, row in enumerate(facts.rows) if row[0] != "dim"]
        lit.append(bright)
    assert lit == [0, 1, 2, 3, 4]
    arrows = [sum(isinstance(one, layers.Arrows) for one in made.frame((part + 0.5) / 5 * seconds).layers)
              for part in range(5)]  # fmt: skip
    assert arrows == [0, 0, 1, 2, 2]


def test_a_ball_that_is_lost_leaves_the_ground() -> None:
    made = scene("gradient_descent", alpha=0.3)
    made.frame(made.clock.seconds)
    assert np.abs(made.readouts()["last"][1]) > 1e6


# ------------------------------------------------------------------------------------------------ landscape_zoo
def zoo(land: str, **values: Any) -> dict[str, Any]:
    return scene("landscape_zoo", landscape=land, **values).readouts()


def test_himmelblaus_level_points() -> None:
    found = zoo("himmelblau")
    minima = np.array([(3, 2), (-2.805118, 3.131313), (-3.779310, -3.283186), (3.584428, -1.848127)])
    distance = np.hypot(*(found["minima"][:, None, :2] - minima).transpose(2, 0, 1))
    assert (distance.min(axis=0) < 2e-6).all()
    np.testing.assert_allclose(found["minima"][:, 2], 0.0, atol=1e-12)
    np.testing.assert_allclose(found["maxima"], [(-0.270845, -0.923039, 181.6165)], atol=1e-4)
    np.testing.assert_allclose(sorted(found["saddles"][:, 2]), (13.3119, 67.7192, 104.0152, 178.3372), atol=1e-4)


def test_rosenbrocks_ravine_is_narrow() -> None:
    found = zoo("rosenbrock")
    np.testing.assert_allclose(found["curvatures"], (0.399361, 1001.601), rtol=1e-6)
    assert found["kappa"] == pytest.approx(2508, abs=0.5)
    assert found["rate_limit"] == pytest.approx(2 / 1001.600639, rel=1e-6)


def test_known_minima_of_the_zoo() -> None:
    assert zoo("styblinski_tang")["minima"][0, 2] == pytest.approx(-78.332331, abs=1e-6)
    camel = zoo("six_hump_camel")["minima"][:2]
    np.testing.assert_allclose(camel[:, 2], -1.031628, atol=1e-6)
    np.testing.assert_allclose(np.abs(camel[:, :2]), [(0.089842, 0.712656)] * 2, atol=1e-6)
    assert (camel[:, 0] * camel[:, 1] < 0).all()
    rastrigin = zoo("rastrigin")["minima"]
    assert len(rastrigin) == 121
    np.testing.assert_allclose(rastrigin[1:5, 2], 0.994959, atol=1e-6)
    np.testing.assert_allclose(np.abs(rastrigin[1:5, :2]).max(axis=1), 0.994959, atol=1e-6)
    np.testing.assert_allclose(zoo("beale")["minima"], [(3, 0.5, 0)], atol=1e-9)


def test_a_ball_takes_76_steps_to_leave_a_saddle() -> None:
    made = scene("landscape_zoo", "saddle")
    assert (made.ball[1], made.rate) == (1e-6, 0.1)
    assert made.readouts()["escape_steps"] == 76
    y, steps = 1e-6, 0
    while abs(y) <= 1:  # the same by hand
        y, steps = y + 0.1 * 2 * y, steps + 1
    assert steps == 76


def test_a_monkey_saddle_is_no_minimum_though_its_curvatures_vanish() -> None:
    found = zoo("monkey_saddle")
    assert (found["count.saddle"], found["count.minimum"], found["count.maximum"]) == (1, 0, 0)


def test_a_kink_is_a_minimum_too() -> None:
    found = zoo("ackley")
    np.testing.assert_allclose(found["minima"][0], (0, 0, 0), atol=1e-9)


def test_curvature_paint_has_the_sign_of_the_curvature() -> None:
    made = scene("landscape_zoo", "saddle", paint="smallest curvature")
    paint = layer(made.frame(0.0), layers.Surface).paint
    assert (paint < 0).all()
    made.set("paint", "largest curvature")
    assert (layer(made.frame(0.0), layers.Surface).paint > 0).all()


def test_a_morph_goes_from_one_ground_to_the_other() -> None:
    made = scene("landscape_zoo", "morph")
    first, middle, last = (layer(made.frame(t), layers.Surface).terrain for t in (0.0, 4.0, 8.0))
    here, there = made._ends()
    np.testing.assert_allclose(first.z, here.z, atol=0.03)
    np.testing.assert_allclose(last.z, there.z, atol=0.03)
    assert np.abs(middle.z - (first.z + last.z) / 2).max() < 0.08


# ------------------------------------------------------------------------------------------------ optimizer_race
def test_the_race_on_rosenbrocks_valley() -> None:
    made = scene("optimizer_race", "rosenbrock")
    assert made.start == (-1.2, 1.0)
    assert made.steps == 1000
    found = made.readouts()
    second = made.clock.seconds / made.steps
    np.testing.assert_allclose(found["sgd.first"], (-0.9844, 1.088), atol=1e-9)
    np.testing.assert_allclose(found["sgd.last"], (0.327263, 0.104013), atol=1e-6)
    np.testing.assert_allclose(found["momentum.last"], (0.994999, 0.990003), atol=1e-6)
    np.testing.assert_allclose(found["nesterov.first"], (-1.159036, 1.016720), atol=1e-6)
    np.testing.assert_allclose(found["rmsprop.first"], (-1.1, 1.1), atol=1e-6)
    np.testing.assert_allclose(found["adam.first"], (-1.1, 1.1), atol=1e-6)
    np.testing.assert_allclose(made.readouts(100 * second)["adam.now"], (-0.727388, 0.533684), atol=1e-6)
    np.testing.assert_allclose(found["adam.last"], (0.996477, 0.992954), atol=1e-6)


def test_adams_first_step_is_its_rate_against_the_sign_of_the_slope() -> None:
    made = scene("optimizer_race", lanes="adam:lr=0.25")
    sign = np.sign(made.land.grad(np.array(made.start)))
    np.testing.assert_allclose(made.readouts()["adam.first"], made.start - 0.25 * sign, atol=1e-8)


def test_a_click_starts_the_race_there() -> None:
    made = scene("optimizer_race")
    assert made.click((1.25, -0.5))
    trails = [one for one in made.frame(0.0).layers if isinstance(one, layers.Trail)]
    assert len(trails) == 5
    for trail in trails:
        np.testing.assert_allclose(made.terrain.domain_from_world(trail.points[0]), (1.25, -0.5), atol=1e-9)


def test_a_slider_changes_one_lane_alone() -> None:
    made = scene("optimizer_race")
    made.frame(3.0)
    runs = [made.run(k) for k in range(5)]
    made.set("lanes", [lane.with_field("lr", 0.2) if lane.name == "adam" else lane for lane in made.lanes])
    assert [made.run(k) is run for k, run in enumerate(runs)] == [True, True, True, False, True]


def test_a_lane_may_rest() -> None:
    made = scene("optimizer_race")
    lanes = [ll.parameters.Lane(lane.optimizer, lane.name != "lion") for lane in made.lanes]
    made.set("lanes", lanes)
    names = [one.label for one in made.frame(2.0).layers if isinstance(one, layers.Trail)]
    assert names == ["SGD", "Momentum", "RMSprop", "Adam"]
    made.set("lanes", [ll.parameters.Lane(lane.optimizer, False) for lane in made.lanes])
    made.frame(2.0)


def test_lanes_that_share_an_optimizer_have_names_of_their_own() -> None:
    made = scene("optimizer_race", lanes="adam:lr=0.1;adam:lr=0.3")
    assert made.lane_names() == ["Adam 0.1", "Adam 0.3"]
    assert {"adam.last", "adam_2.last"} <= set(made.readouts())


def test_the_equations_show_the_selected_lanes_numbers() -> None:
    made = scene("optimizer_race")
    note = next(note for note in made.frame(3.0).notes if isinstance(note, layers.Equations))
    assert note.title == "Adam, step 48"
    assert note.rows[-1][1] == [numerals.short(float(v)) for v in made.readouts(3.0)["adam.now"]]


def test_noise_depends_on_the_seed_alone() -> None:
    noisy = {"lanes": "sgd:lr=0.004,noise=50"}
    one, same, other = (library.scene("optimizer_race", seed=seed, **noisy) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.readouts()["sgd.last"], same.readouts()["sgd.last"])
    assert not np.allclose(one.readouts()["sgd.last"], other.readouts()["sgd.last"])


@pytest.mark.parametrize("land", ll.landscapes.names())
def test_every_landscape_makes_a_race(land: str) -> None:
    """Nobody stands still, and with the suggested rates somebody gets lower."""
    made = scene(land)
    assert made.name == "optimizer_race"
    assert made.landscape == land
    start = float(made.land.value(np.array(made.start)))
    lowest = []
    for k in made.racing:
        run = made.run(k)
        assert np.isfinite(run.path).all()
        lowest.append(float(np.nanmin(run.values)))
    assert min(lowest) < start
    for one in made.frame(made.clock.seconds).layers:
        check_layer(one)


def test_a_formula_makes_a_race_and_keeps_its_domain_while_it_is_typed() -> None:
    made = scene("x^2 + 3*sin(y)")
    assert made.name == "optimizer_race"
    made.set("domain", (-2, 2, -3, 3))
    made.set("landscape", "x^2 + 3*sin(2*y)")
    assert made.domain == (-2, 2, -3, 3)
    made.set("landscape", "beale")
    assert made.domain == (-4.5, 4.5, -4.5, 4.5)


def test_a_start_given_with_a_landscape_is_that_landscapes_start() -> None:
    made = scene("optimizer_race", start=(1, 1), landscape="beale")
    assert made.start == (1.0, 1.0)


def test_an_optimizer_that_leaves_the_map_is_said_to() -> None:
    made = scene("saddle")
    note = next(note for note in made.frame(made.clock.seconds).notes if isinstance(note, layers.Legend))
    assert any("off map" in row.cells for row in note.rows)


# ------------------------------------------------------------------------------------------------ rates
def test_suggested_rates_follow_the_curvature_and_the_domain() -> None:
    land = ll.landscape("0.5*(x^2 + 10*y^2)", domain=((-1, 1), (-1, 1)))
    wide = ll.landscape("0.5*(x^2 + 10*y^2)", domain=((-100, 100), (-100, 100)))

    def rate(text: str, land: ll.Landscape, start: tuple[float, float]) -> float:
        return ll.rates.suggested_rate(ll.optimizers.optimizer(text), land, start)

    assert rate("sgd", land, (-0.2, 0.1)) == pytest.approx(0.1, rel=0.2)  # 1/λ
    assert rate("sgd", wide, (-20, 10)) == pytest.approx(0.1, rel=0.2)  # whatever the domain
    assert rate("adam", wide, (-20, 10)) == pytest.approx(100 * rate("adam", land, (-0.2, 0.1)), rel=0.2)
    flat = ll.landscape("1 + 0*x + 0*y")
    assert np.isfinite(rate("sgd", flat, (0.0, 0.0)))


WIDE = (-100, 100, -100, 100)


def test_start_and_rates_follow_the_range_shown() -> None:
    here, there = scene("x^4 + y^4"), scene("x^4 + y^4", domain=WIDE)
    assert there.start == pytest.approx(np.array(here.start) * 25)
    for near, far in zip(here.lanes, there.lanes, strict=True):
        share = far.optimizer.lr / near.optimizer.lr
        # Rates of rules that divide by the slope are lengths; the others go with 1 / curvature, which is 12 x^2.
        wanted = 25.0 if near.name in ("rmsprop", "adam", "lion") else 1 / 25**2
        assert share == pytest.approx(wanted, rel=0.5), near.name
    swarm, wide = (scene("optimizer_swarm", landscape="x^4 + y^4", **more) for more in ({}, {"domain": (-40, 40) * 2}))
    assert wide.rate == pytest.approx(swarm.rate / 100, rel=0.5)
    zoo = scene("landscape_zoo", landscape="x^4 + y^4", domain=WIDE)
    assert np.abs(zoo.ball).max() > 25
    assert np.abs(scene("gradient_3d", landscape="x^4 + y^4", domain=WIDE).walker).max() > 25
    assert scene("gradient_descent", domain=(-1, 1, -1, 1)).start == pytest.approx((-0.85, 0.4))


def test_what_was_chosen_stays_when_the_range_changes() -> None:
    made = scene("x^4 + y^4", start=(1.0, 2.0), lanes="adam:lr=0.123;lion:lr=0.5")
    made.set("domain", WIDE)
    assert made.start == (1.0, 2.0)
    assert [lane.optimizer.lr for lane in made.lanes] == [0.123, 0.5]
    swarm = scene("optimizer_swarm", rate=0.2, domain=WIDE, landscape="x^4 + y^4", optimizer="adam")
    assert (swarm.rate, swarm.optimizer, swarm.domain) == (0.2, "adam", WIDE)  # in whatever order they are given
    staged = scene("himmelblau")
    lanes = staged.lanes
    staged.set("domain", (-6, 6, -6, 6))
    assert staged.lanes == lanes
    with pytest.raises(ll.UserError, match="no finite value"):
        scene("log(x - 50)", domain=(60, 70, 0, 1)).set("domain", (-4, 4, -4, 4))


def test_a_lane_that_is_added_gets_a_rate_that_suits() -> None:
    made: Any = scene("x^4 + y^4", domain=WIDE)
    player = Player(made)
    assert player.add_lane("adamw") is None
    added = player.lanes[-1].optimizer
    assert added.lr == ll.rates.suggested_rate(added, made.land, made.start)
    path = ll.run(made.land, added, made.start, 160).points[:, 0]
    assert np.hypot(*(path[-1] - path[0])) > 50
    assert player.add_lane("adamw:lr=0.001") is None
    assert player.lanes[-1].optimizer.lr == 0.001


# ------------------------------------------------------------------------------------------------ optimizer_swarm
def test_the_basins_of_gradient_descent() -> None:
    made = scene("optimizer_swarm", "plain descent")
    assert (made.cells, made.steps, made.rate, made.domain) == (512, 1000, 0.002, (-6, 6, -6, 6))
    found = made.readouts()
    np.testing.assert_allclose(found["shares"], (0.24971, 0.25826, 0.24318, 0.24885), atol=0.002)
    assert found["unconverged"] == 0
    np.testing.assert_allclose(found["minima"][2], (-3.779310, -3.283186), atol=1e-6)


def test_a_particle_of_the_swarm_goes_where_it_would_go_alone() -> None:
    made = scene("optimizer_swarm", count=3000, cells=32, steps=80)
    found = made.readouts(made.clock.seconds)
    alone = ll.run(made.land, made.rule, start=found["first_particle_start"], steps=80).points[-1, 0]
    np.testing.assert_allclose(found["first_particle"], alone, atol=2e-3)  # float32 beside float64


def test_time_may_run_backwards() -> None:
    made = scene("optimizer_swarm", count=2000, cells=32, steps=60)
    there = made.positions(20.5).copy()
    made.positions(55)
    np.testing.assert_array_equal(made.positions(20.5), there)
    np.testing.assert_array_equal(made.positions(0), made.starts())
    between = (made.positions(20) + made.positions(21)) / 2
    np.testing.assert_allclose(there, between, atol=1e-5)


def test_particles_wear_the_colour_of_where_they_end() -> None:
    made = scene("optimizer_swarm", count=4000, cells=64)
    found = made.basin_map()
    label = made.labels(found)
    end = made.positions(made.steps)
    nearest = np.hypot(*(end[:, None] - found.minima.position).transpose(2, 0, 1)).argmin(axis=1)
    assert (label[label >= 0] == nearest[label >= 0]).all()
    assert (label >= 0).mean() > 0.99


def test_a_live_picture_comes_coarse_first_and_ends_as_the_full_one() -> None:
    live = scene("optimizer_swarm", count=2000, cells=256)
    live.live = True
    live.frame(0.0)
    first = layer(live.frame(0.0), layers.Surface).paint
    assert live.unfinished
    for _ in range(200):
        live.frame(0.0)
    assert not live.unfinished
    full = scene("optimizer_swarm", count=2000, cells=256)
    assert first.shape != full.basin_map().label.shape
    assert describe_frame(live.frame(0.0)) == describe_frame(full.frame(0.0))


def test_a_click_paints_a_patch_of_starts() -> None:
    made = scene("optimizer_swarm", count=2000, cells=32)
    assert made.click((1.0, -2.0))
    starts = made.starts()
    assert np.hypot(*(starts - (1.0, -2.0)).T).max() <= 0.08 * 6 + 1e-6


def test_particles_that_have_arrived_may_vanish() -> None:
    made = scene("optimizer_swarm", count=2000, cells=64, arrived="vanish")
    points = layer(made.frame(made.clock.seconds), layers.Points)
    assert len(points.position) < 100


def test_a_landscape_of_many_minima_names_the_largest_basins() -> None:
    made = scene("optimizer_swarm", landscape="rastrigin", count=2000, cells=96)
    legend = next(note for note in made.frame(0.0).notes if isinstance(note, layers.Legend))
    assert len(legend.rows) == 9
    assert legend.rows[-1].name == "elsewhere"


# ------------------------------------------------------------------------------------------------ library
@pytest.mark.parametrize("name", ["optimizer_rcae", "himmelblua", "nothing_like_it"])
def test_unknown_names_are_refused_with_the_nearest(name: str) -> None:
    with pytest.raises(UserError) as caught:
        library.scene(name)
    if name != "nothing_like_it":
        assert "Did you mean" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_formula_is_refused() -> None:
    with pytest.raises(UserError):
        library.scene("x^2 + ")


def test_unknown_params_and_presets_are_refused() -> None:
    with pytest.raises(UserError, match="start"):
        library.scene("optimizer_race", strat=(1, 1))
    with pytest.raises(UserError, match="rosenbrock"):
        library.scene("optimizer_race", preset="rosenbrok")


USERS_OWN = """
import lossland as ll
from lossland.world import layers

class Mine(ll.Scene):
    title = "Mine"
    size = ll.parameters.Number(1.0, 0.0, 2.0)

    def frame(self, time):
        return ll.Frame([], [layers.Title(self.title)])

    def readouts(self, time=0.0):
        return {"size": self.size}
"""


def test_a_users_own_file_is_a_scene(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(USERS_OWN)
    made = library.scene(str(file), size=0.5)
    assert isinstance(made, Scene)
    assert made.name == "mine"
    assert made.readouts() == {"size": 0.5}
    assert library.scene_class(str(file)) is type(made)


@pytest.mark.parametrize(
    ("text", "says"),
    [("x = (", "line 1"), ("import lossland", "one subclass"), ("1 / 0", "ZeroDivisionError")],
)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "broken.py"
    file.write_text(text)
    with pytest.raises(UserError, match=says):
        library.scene(str(file))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no scene file"):
        library.scene(str(tmp_path / "none.py"))


def test_parameters_keep_their_declared_order() -> None:
    params = library.scene_class("optimizer_race").params()
    assert list(params)[:3] == ["landscape", "domain", "start"]
    assert all(isinstance(param, Param) for param in params.values())
    assert isinstance(params["lanes"], Lanes)
    assert "landscape" not in library.scene_class("gradient_descent").params()


@pytest.mark.parametrize("domain", [(1, -1, 0, 1), (0, 1, 2, 2), (0, 1, 0, float("nan"))])
def test_an_empty_domain_is_refused_and_changes_nothing(domain: tuple[float, ...]) -> None:
    made = scene("optimizer_race")
    before = dict(made.values)
    with pytest.raises(UserError):
        made.set("domain", domain)
    assert made.values == before


# ------------------------------------------------------------------------------------------------ tours
def test_every_shot_of_every_tour_can_be_shown() -> None:
    for tour in library.tours():
        assert library.tour(tour.name) is tour
        for shot in tour.shots:
            made = library.scene(shot.scene, shot.preset, **shot.values(0.0))
            assert 0 <= shot.scene_time(shot.seconds) <= made.clock.seconds


def test_the_demo_lasts_ten_seconds() -> None:
    demo = library.tour("demo")
    assert demo.seconds == 10
    assert [shot.scene for shot in demo.shots] == ["optimizer_race", "optimizer_swarm"]
    assert demo.at(0.0)[0] is demo.shots[0]
    shot, since = demo.at(7.5)
    assert shot is demo.shots[1]
    assert since == pytest.approx(1.5)
    assert demo.at(99.0)[0] is demo.shots[1]


def test_shots_glide_between_their_keys() -> None:
    shot = Shot("gradient_descent", 4.0, keys={"alpha": ((1, 0.1), (3, 0.2)), "start": ((0, (0, 0)), (4, (1, 2)))},
                azimuth=(-70, -50))  # fmt: skip
    assert shot.values(0.0)["alpha"] == 0.1
    assert shot.values(2.0)["alpha"] == pytest.approx(0.15)
    assert shot.values(9.0)["alpha"] == 0.2
    assert shot.values(1.0)["start"] == (0, 0)  # whole numbers stay whole
    assert shot.camera(2.0) == {"azimuth": -60.0}
    assert Tour("t", "T", (shot,)).seconds == 4.0


def test_an_unknown_tour_is_refused() -> None:
    with pytest.raises(UserError, match="demo"):
        library.tour("dmeo")


# ------------------------------------------------------------------------------------------------ numerals
@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0021, "0.0021"), (3.456, "3.46"), (128.4, "128"), (1.234e7, "1.2e7"), (-4.2e-6, "−4.2e−6"), (0, "0"),
     (float("inf"), "∞"), (float("-inf"), "−∞"), (float("nan"), "–"), (1234.5, "1234")],
)  # fmt: skip
def test_short_numbers(value: float, expected: str) -> None:
    assert numerals.short(value) == expected


def test_other_numbers() -> None:
    assert numerals.fixed(-0.001) == "0.00"
    assert numerals.trimmed(2.50) == "2.5"
    assert numerals.trimmed(-3.0) == "−3"
    assert numerals.latex(-3.0) == "-3"
    assert numerals.pair((3, -1.848)) == "(3.00, −1.85)"
    assert numerals.thousands(50_000) == "50\u2009000"

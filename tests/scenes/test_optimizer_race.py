"""A race: every optimizer goes where its rule sends it, from one start, and is shown there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scene_checks import check_layer

import lossland as ll
from lossland import numerals
from lossland.play.player import Player
from lossland.scenery import library
from lossland.world import layers

WIDE = (-100, 100, -100, 100)


def scene(name: str = "optimizer_race", preset: Any = None, **values: Any) -> Any:
    """Return a race as one whose own attributes may be used."""
    return library.scene(name, preset, **values)


def test_rendering_a_race_costs_little_while_only_time_passes() -> None:
    """Counted, not timed: nothing is run or draped again."""
    made = scene()
    first = made.frame(0.0)
    kept = results(made)
    later = made.frame(1.0)
    changed = {name for (name, _), result in results(made).items() if result not in kept.values()}
    assert changed <= {"notes", "_trails_of"}  # made for each step, of the same arrays
    before, after = ([one for one in frame.layers if isinstance(one, layers.Trail)] for frame in (first, later))
    assert all(one.points is other.points for one, other in zip(before, after, strict=True))


def results(made: Any) -> dict[tuple[str, Any], Any]:
    """Return what a scene keeps, by the method's name and its arguments."""
    return {
        (method.__name__, arguments): result
        for method, entries in made.results.items()
        for arguments, (_, result) in entries.items()
    }


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
    made = scene()
    assert made.click((1.25, -0.5))
    trails = [one for one in made.frame(0.0).layers if isinstance(one, layers.Trail)]
    assert len(trails) == 5
    for trail in trails:
        np.testing.assert_allclose(made.terrain.domain_from_world(trail.points[0]), (1.25, -0.5), atol=1e-9)


def test_a_slider_changes_one_lane_alone() -> None:
    made = scene()
    made.frame(3.0)
    runs = [racer.run for racer in made.racers()]
    made.set("lanes", [lane.with_field("lr", 0.2) if lane.name == "adam" else lane for lane in made.lanes])
    assert [racer.run is run for racer, run in zip(made.racers(), runs, strict=True)] == [True, True, True, False, True]


def test_a_lane_may_rest() -> None:
    made = scene()
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


def test_losses_are_told_from_the_start_though_names_are_not() -> None:
    trails = [layer for layer in scene().frame(0.0).layers if isinstance(layer, layers.Trail)]
    assert {trail.label for trail in trails} == {""}
    x, y = 0.3, -4.6
    assert [trail.value for trail in trails] == pytest.approx([(x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2] * 5)


@pytest.mark.parametrize("preset", library.scene("optimizer_race").presets)
def test_every_preset_shows_the_equations_of_the_lane_that_the_panel_marks(preset: str) -> None:
    """Also one with fewer lanes than the number of the lane that was selected."""
    player = Player(library.scene("optimizer_race", preset))
    player.seek(1.0)
    note = next(note for note in player.frame().notes if isinstance(note, layers.Equations))
    assert note.title.startswith(player.lanes[player.selected].optimizer.title)


def test_the_equations_show_the_selected_lanes_numbers() -> None:
    made = scene()
    note = next(note for note in made.frame(3.0).notes if isinstance(note, layers.Equations))
    assert note.title == "Adam, step 48"
    written = [layers.written(cell) for cell in note.rows[-1][1]]
    assert written == [numerals.short(float(v)) for v in made.readouts(3.0)["adam.now"]]


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
    for racer in made.racers():
        assert np.isfinite(made.terrain.laid(racer.run.points).points).all()
        lowest.append(float(np.nanmin(racer.run.values)))
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
    assert any("left map" in row.cells for row in note.rows)


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


def test_velocities_point_along_the_paths_and_are_four_steps_long() -> None:
    """Gradient descent in a bowl with equal curvatures goes straight to its middle."""
    made = scene("x^2 + y^2", domain=(-2, 2, -2, 2), start=(1.5, 0.0), lanes="gradient_descent:lr=0.03", steps=100)
    time = made.clock.seconds * 0.05
    frame = made.frame(time)
    (arrows,) = [one for one in frame.layers if isinstance(one, layers.Arrows)]
    (trail,) = [one for one in frame.layers if isinstance(one, layers.Trail)]
    pace = 0.03 * 2 * made.readouts(time)["gradient_descent.now"][0] / 2  # of the step in the world, 2 units to 1
    length = np.linalg.norm(arrows.tip - arrows.tail, axis=1)
    assert length == pytest.approx(4 * pace, rel=1e-9)
    towards = arrows.tip[0] - arrows.tail[0]
    assert towards[0] < 0
    assert abs(towards[1]) < 1e-12
    assert arrows.tail[0] == pytest.approx(trail.end + 0.03 * towards / length, abs=1e-12)
    for still in (0.0, made.clock.seconds):
        assert not [one for one in made.frame(still).layers if isinstance(one, layers.Arrows) and len(one.tip)]


def test_noise_is_told_and_has_no_arrow() -> None:
    """Its next few steps do not go where the next one goes."""
    made = scene(preset="noisy")
    frame = made.frame(1.0)
    (arrows,) = [one for one in frame.layers if isinstance(one, layers.Arrows)]
    trails = {one.name: one for one in frame.layers if isinstance(one, layers.Trail)}
    assert set(arrows.color) <= {trails["Momentum"].color, trails["Adam"].color}
    (title,) = [note for note in frame.notes if isinstance(note, layers.Title)]
    assert title.lines[1:] == ("SGD sees noisy slopes",)


def test_losses_below_zero_are_shown_above_the_lowest_one() -> None:
    made = scene("x^2 + y^2 - 5", lanes="gradient_descent:lr=0.1;momentum:lr=0.01", steps=60)
    chart = next(note for note in made.frame(0.0).notes if isinstance(note, layers.Chart))
    assert chart.title == "Loss above the lowest"
    lowest = min(float(racer.run.values.min()) for racer in made.racers())
    for racer, series in zip(made.racers(), chart.series, strict=True):
        height = racer.run.values - lowest
        seen = height > 1e-6
        np.testing.assert_allclose(np.asarray(series.y)[seen], height[seen], rtol=1e-12)
        assert (np.asarray(series.y) > 0).all()
    above = scene("x^2 + y^2 + 5", lanes="gradient_descent:lr=0.1", steps=60)
    chart = next(note for note in above.frame(0.0).notes if isinstance(note, layers.Chart))
    assert chart.title == "Loss"
    np.testing.assert_array_equal(chart.series[0].y, above.racers()[0].run.values)


def test_a_loss_of_nothing_still_has_a_place_on_a_logarithmic_chart() -> None:
    made = scene(landscape="0*x")
    chart = next(note for note in made.frame(1.0).notes if isinstance(note, layers.Chart))
    assert chart.log_y
    for series in chart.series:
        assert (np.asarray(series.y) > 0.0).all()
    low = scene(landscape="x^2 + y^2", lanes="sgd:lr=0.5")  # one step to the minimum
    (series,) = next(note for note in low.frame(1.0).notes if isinstance(note, layers.Chart)).series
    first = np.asarray(series.y)[0]
    assert np.asarray(series.y)[1:] == pytest.approx(np.full(made.steps, 1e-9 * first))  # nine decades below


def test_a_click_on_a_trail_selects_its_lane() -> None:
    made = scene()
    lanes = [ll.parameters.Lane(lane.optimizer, lane.name != "sgd") for lane in made.lanes]
    made.set("lanes", lanes)
    trail = next(one for one in made.frame(2.0).layers if isinstance(one, layers.Trail) and one.name == "RMSprop")
    assert made.pick(trail, 0)
    assert made.selected == 2  # among all lanes, though it is the second that takes part
    assert not made.pick(made.surface, 0)
    note = next(note for note in made.frame(2.0).notes if isinstance(note, layers.Equations))
    assert note.title == "RMSprop, step 32"

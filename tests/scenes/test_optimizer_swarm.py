"""Many starts at once: the basins' shares, where particles are, and the colours they wear."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scene_checks import describe_frame

import lossland as ll
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    """Return a swarm as one whose own attributes may be used."""
    return library.scene("optimizer_swarm", preset, **values)


def layer(frame: ll.Frame, kind: type) -> Any:
    return next(one for one in frame.layers if isinstance(one, kind))


@pytest.mark.parametrize(("rule", "shown"), [("gradient_descent", False), ("momentum", True), ("adam", True)])
def test_memory_has_a_control_where_the_rule_has_one(rule: str, shown: bool) -> None:
    assert scene(optimizer=rule).has_control("memory") == shown


def test_the_basins_of_gradient_descent() -> None:
    made = scene("plain descent")
    assert (made.cells, made.steps, made.rate, made.domain) == (512, 1000, 0.002, (-6, 6, -6, 6))
    found = made.readouts()
    np.testing.assert_allclose(found["shares"], (0.24971, 0.25826, 0.24318, 0.24885), atol=0.002)
    assert found["unconverged"] == 0
    np.testing.assert_allclose(found["minima"][2], (-3.779310, -3.283186), atol=1e-6)


def test_a_particle_of_the_swarm_goes_where_it_would_go_alone() -> None:
    made = scene(count=3000, cells=32, steps=80)
    found = made.readouts(made.clock.seconds)
    alone = ll.run(made.land, made.rule, start=found["first_particle_start"], steps=80).points[-1, 0]
    np.testing.assert_allclose(found["first_particle"], alone, atol=2e-3)  # float32 beside float64


def test_time_may_run_backwards() -> None:
    made = scene(count=2000, cells=32, steps=60)
    flow = made.flow()
    there = flow.positions(20.5).copy()
    flow.positions(55)
    np.testing.assert_array_equal(flow.positions(20.5), there)
    np.testing.assert_array_equal(flow.positions(0), made.starts())
    between = (flow.positions(20) + flow.positions(21)) / 2
    np.testing.assert_allclose(there, between, atol=1e-5)


def test_particles_wear_the_colour_of_where_they_end() -> None:
    made = scene(count=4000, cells=64)
    found = made.basin_map()
    label = made.labels()
    end = made.flow().positions(made.steps)
    nearest = np.hypot(*(end[:, None] - found.minima.position).transpose(2, 0, 1)).argmin(axis=1)
    assert (label[label >= 0] == nearest[label >= 0]).all()
    assert (label >= 0).mean() > 0.99


def test_a_live_picture_comes_coarse_first_and_ends_as_the_full_one() -> None:
    live = scene(count=2000, cells=256)
    live.live = True
    live.frame(0.0)
    first = layer(live.frame(0.0), layers.Surface).paint
    assert live.unfinished
    for _ in range(200):
        live.frame(0.0)
    assert not live.unfinished
    full = scene(count=2000, cells=256)
    assert first.shape != full.basin_map().basin.shape
    assert describe_frame(live.frame(0.0)) == describe_frame(full.frame(0.0))


def test_a_click_paints_a_patch_of_starts() -> None:
    made = scene(count=2000, cells=32)
    assert made.click((1.0, -2.0))
    starts = made.starts()
    assert np.hypot(*(starts - (1.0, -2.0)).T).max() <= 0.08 * 6 + 1e-6


def test_particles_that_have_arrived_may_vanish() -> None:
    made = scene(count=2000, cells=64, arrived="vanish")
    points = layer(made.frame(made.clock.seconds), layers.Points)
    assert len(points.position) < 100


def test_of_many_minima_the_lowest_four_have_a_colour_and_a_letter_each() -> None:
    made = scene(landscape="rastrigin", count=2000, cells=96)
    frame = made.frame(0.0)
    legend = next(note for note in frame.notes if isinstance(note, layers.Legend))
    assert [row.name for row in legend.rows] == ["A", "B", "C", "D", "others"]
    assert len({row.color for row in legend.rows}) == 5
    lowest = made.basin_map().minima.position[[k for _, k in made.lettered()]]
    assert min(np.hypot(*lowest.T)) < 0.01  # the global minimum at (0, 0) is one of them
    assert max(np.hypot(*lowest.T)) < 1.01  # the others are its neighbours
    paint, share = layer(frame, layers.Surface).paint, made.basin_map().shares
    for number, (_, k) in enumerate(made.lettered()):
        assert np.mean(paint == number) == share[k]
    assert set(np.unique(paint)) == {-1, 0, 1, 2, 3}


@pytest.mark.parametrize("preset", library.scene_class("optimizer_swarm").presets)
def test_a_still_shows_particles_on_their_way(preset: str) -> None:
    made = scene(preset, count=2000, cells=32)
    run = [ll.run(made.land, made.rule, start=place, steps=made.steps).points[:, 0] for place in made.places(12)]
    way = np.hypot(*(np.array(run) - np.array(run)[:, -1:]).transpose(2, 0, 1))  # to where each ends
    shown = made.frame(made.still_time).notes[0].lines[0]
    step = int(shown.rsplit(" ", 1)[-1])
    assert 0.1 < np.median(way[:, step] / way[:, 0]) < 0.7
    assert np.median(way[:, step]) > 0.02 * made.size


@pytest.mark.parametrize("preset", ["momentum", "plain descent", "borders fold"])
def test_a_film_ends_soon_after_the_swarm_has_come_to_rest(preset: str) -> None:
    made = scene(preset, count=2000, cells=32)
    last = made.clock.steps
    assert last < made.steps
    assert made.clock.seconds <= 16
    run = np.array(
        [ll.run(made.land, made.rule, start=place, steps=made.steps).points[:, 0] for place in made.places(60)]
    )
    rests = np.hypot(*(run - run[:, -1:]).transpose(2, 0, 1)) < 0.01 * made.size
    assert rests[:, last].mean() > 0.9
    assert rests[:, last // 2].mean() < 0.97


def test_a_map_of_few_cells_is_made_once() -> None:
    live = scene(count=2000, cells=64, steps=60)
    live.live = True
    live.frame(0.0)
    assert layer(live.frame(0.0), layers.Surface).paint.shape == (64, 64)
    while live.unfinished:
        first = live.basin_map()
        live.frame(0.0)
        assert live.basin_map() is first


def test_very_many_particles_wear_the_colour_of_their_cell() -> None:
    made = scene(count=2**17 + 1, cells=32, steps=40)
    found, starts = made.basin_map(), made.starts()[:500]
    cell = np.floor((starts.astype(float) + 6) / 12 * 32).astype(int)
    np.testing.assert_array_equal(made.labels()[:500], found.basin[cell[:, 1], cell[:, 0]])


def test_the_middle_of_the_patch_is_a_handle_only_where_there_is_one() -> None:
    made = scene(count=2000, cells=32)
    assert not made.handles(0.0)
    made.set("patch", 0.2)
    assert [handle.name for handle in made.handles(0.0)] == ["centre"]


def test_the_rule_of_a_swarm_has_a_rate_and_brings_no_settings(tmp_path: Path) -> None:
    adam = ll.optimizers.Adam
    for rule in (adam, adam(), "adam"):
        assert scene(optimizer=rule).optimizer == "adam"
    with pytest.raises(ll.UserError, match="given without its settings"):
        scene(optimizer=adam(lr=0.3))
    for field, taken in (("lr", True), ("pace", False)):
        own = tmp_path / f"{field}.py"
        own.write_text(f"""
from collections import namedtuple
import lossland as ll

class Own(ll.optimizers.Optimizer):
    {field}: float = 0.1
    Terms = namedtuple("Terms", "step")

    def update(self, grad, last, t, position):
        return self.Terms(step=-self.{field} * grad)
""")
        if taken:
            assert scene(optimizer=f"{own}:Own").optimizer == f"{own}:Own"
        else:
            with pytest.raises(ll.UserError, match="a rate lr"):
                scene(optimizer=f"{own}:Own")

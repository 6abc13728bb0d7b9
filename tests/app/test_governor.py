"""The choice of detail by the time frames take, on a clock made up here."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from lossland.app.governor import BUDGET, COARSE, FIRST, LEVELS, Governor, levels_for
from lossland.app.loop import Loop
from lossland.play.player import Player
from lossland.play.pointer import Pointer
from lossland.render.painter import Quality
from lossland.scenery import library


def run(governor: Governor, cost, frames: int) -> list[int]:
    """Feed the governor frames whose time is a function of their level; return the levels."""
    levels = []
    for number in range(frames):
        levels.append(governor.level)
        governor.took(cost(governor.level, number))
    return levels


def proportional(base: float, each: float):
    """Return a machine on which a level costs ``base + level * each`` seconds."""
    return lambda level, _number: base + level * each


@pytest.mark.parametrize("start", range(len(LEVELS)))
def test_it_finds_the_finest_level_that_holds_the_budget(start: int) -> None:
    cost = proportional(0.004, 0.004)  # 4, 8, 12, 16, 20 ... ms: level 3 just fits into 16.7 ms
    levels = run(Governor(LEVELS, start), cost, 600)
    assert set(levels[300:]) <= {2, 3, 4}
    assert sum(cost(level, 0) <= BUDGET for level in levels[300:]) > 0.9 * 300


def test_it_does_not_swing_between_two_levels() -> None:
    cost = proportional(0.001, 0.0105)  # 11.5 ms or 22 ms: neither level is right
    levels = run(Governor(LEVELS, 4), cost, 6000)
    changes = sum(a != b for a, b in pairwise(levels))
    late = sum(a != b for a, b in pairwise(levels[3000:]))
    assert changes < 24
    assert late <= 4
    assert sum(level <= 1 for level in levels[600:]) > 0.95 * len(levels[600:])


def test_too_slow_a_machine_ends_at_the_coarsest_level_and_a_fast_one_at_the_finest() -> None:
    assert run(Governor(LEVELS, len(LEVELS) - 1), lambda *_: 0.1, 400)[-1] == 0
    assert run(Governor(LEVELS, 0), lambda *_: 0.001, 400)[-1] == len(LEVELS) - 1


def test_it_follows_a_machine_that_becomes_free() -> None:
    busy = lambda level, number: (0.03 if number < 300 else 0.002) + 0.001 * level  # noqa: E731
    levels = run(Governor(LEVELS, 3), busy, 3000)
    assert levels[299] == 0
    assert levels[-1] == len(LEVELS) - 1


def test_one_long_frame_changes_nothing() -> None:
    levels = run(Governor(LEVELS, 3), lambda _level, number: 3.0 if number == 200 else 0.0145, 400)
    assert set(levels) == {3}


def test_a_level_that_stutters_is_too_slow() -> None:
    jumpy = lambda level, number: (0.012 if number % 5 else 0.026) if level >= 3 else 0.009  # noqa: E731
    levels = run(Governor(LEVELS, 3), jumpy, 6000)
    assert levels[:40][-1] == 2
    assert sum(level <= 2 for level in levels[600:]) > 0.95 * len(levels[600:])


def test_levels_rise_and_large_pictures_may_be_drawn_small() -> None:
    for one, two in pairwise(levels_for(3840 * 2160)):
        assert (one.mesh, one.dots, one.scale) <= (two.mesh, two.dots, two.scale)
    assert levels_for(1280 * 720) == LEVELS
    assert levels_for(3840 * 2160)[: len(COARSE)] == COARSE
    assert FIRST in LEVELS
    assert all(level.moving for level in LEVELS)
    assert not Quality.still.moving


@pytest.mark.parametrize(("software", "first"), [(False, LEVELS[-1]), (True, FIRST)])
def test_a_window_starts_fine_on_a_gpu_and_coarse_on_a_cpu_at_any_size(software: bool, first: Quality) -> None:
    player = Player(library.scene("linear_map_2d"))
    picture: Any = None  # only drawing asks for it
    loop = Loop(player, picture, Pointer(player), (1280, 720), software)
    assert loop.governor.quality == first
    loop.governor.level = 0
    for size in ((3840, 2160), (1280, 720)):
        loop.resize(size)
        assert loop.governor.levels == levels_for(size[0] * size[1])
        assert loop.governor.quality == first

"""The way back: the readouts, the bars that stand for them, and what a drag and a click do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lossland.play.player import Player
from lossland.scenery import library


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("gradient_flow", preset, **values)


@pytest.mark.parametrize(("preset", "total"), [("nothing bends", 0.005154), ("a little too much", 117.391)])
def test_nothing_bends(preset: str, total: float) -> None:
    read = scene(preset).readouts(0.0)
    assert read["total_gain"] == pytest.approx(total, rel=1e-4)
    assert read["total_gain"] == pytest.approx(float(np.prod(read["gains"])), rel=1e-12)
    assert read["gradient_norms"][0] == pytest.approx(total, rel=1e-4)
    assert read["gradient_norms"][-1] == 1.0


def test_presets_do_what_they_say() -> None:
    vanished = scene("vanish")
    total, gains = vanished.readouts(0.0)["total_gain"], vanished.readouts(0.0)["gains"]
    assert total == pytest.approx(2.5e-13, rel=0.35)
    assert rf"{total:.0e}".replace("e-", r" \cdot 10^{-") + "}" in vanished.lesson
    assert f"{gains.min():.2f} and {gains.max():.2f}" in vanished.lesson
    assert scene("explode").readouts(0.0)["totals"]["tanh"] == pytest.approx(433, rel=0.35)
    assert scene("a link around").readouts(0.0)["total_gain"] == pytest.approx(1.21, rel=0.05)
    relu = scene("half for ReLU").readouts(0.0)
    assert 0.5 < relu["activation_norms"][-1] ** 2 / relu["activation_norms"][0] ** 2 < 2.0
    clipped = scene("clipped").readouts(0.0)["gradient_norms"]
    assert np.linalg.norm(clipped) == pytest.approx(1.0)
    assert clipped[0] > 100 * clipped[-1]


def test_bars_are_as_high_as_the_powers_of_ten() -> None:
    made = scene(depth=5, activation="tanh")
    bars = made.frame(made.clock.seconds).layer("lane.tanh")
    assert bars is not None
    read, high = made.readouts(0.0), bars.high[:, 2]
    decade = made.decade()
    assert len(high) == 12
    np.testing.assert_allclose(np.diff(high[:6]) / decade, np.diff(np.log10(read["activation_norms"])), atol=1e-9)
    np.testing.assert_allclose(np.diff(high[6:]) / decade, np.diff(np.log10(read["gradient_norms"])), atol=1e-9)
    assert (bars.low[:, 2] == 0).all()
    early = made.frame(0.2 * made.clock.seconds).layer("lane.tanh")
    assert early is not None
    assert 0 < len(early.low) < 6  # the signal is on its way, the gradient has not begun


def test_the_knob_pulls_the_gain() -> None:
    """Where all layers are linear the knob stands where it was dragged to."""
    made = scene("nothing bends")
    (knob,) = made.handles(0.0)
    wanted = made.gain * 10 ** (0.5 / 50)
    knob.move(made, (*knob.position[:2], knob.position[2] + 0.5 * made.decade()))
    assert made.gain == pytest.approx(wanted, rel=1e-3)
    assert made.readouts(0.0)["total_gain"] == pytest.approx(made.gain**50, rel=1e-9)


def test_a_click_chooses_a_lane() -> None:
    made = scene()
    frame = made.frame(made.clock.seconds)
    assert made.pick(frame.layer("lane.relu"), 3)
    assert made.activation == "relu"
    assert not made.pick(frame.layer("value.tanh"), 0)


def test_the_knob_does_not_run_away_where_layers_bend() -> None:
    """While it is dragged the heights keep their meaning, so that it comes nearer with every move."""
    player = Player(scene("vanish"))
    (knob,) = player.handles()
    wanted, off = knob.position[2] + 0.3, [0.3]
    for _ in range(4):
        player.drag("gain", (*knob.position[:2], wanted))
        off.append(abs(player.handles()[0].position[2] - wanted))
    assert off == sorted(off, reverse=True)
    assert off[-1] < 0.01

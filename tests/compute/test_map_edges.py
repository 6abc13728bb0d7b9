"""Which run stands in which cell of a map, by numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.compute.maps import axis_of
from lossland.compute.swarm import cell_centres
from lossland.errors import UserError

BOWL = ll.landscape("x^2 + 3*y^2", domain=((-2.0, 4.0), (-1.0, 2.0)))


def test_a_cell_of_a_sweep_is_the_run_with_its_centres_settings() -> None:
    """Gradient descent on a bowl: x_t = x_0 (1 - 2 lr)^t, y_t = y_0 (1 - 6 lr)^t."""
    rule = ll.optimizers.optimizer("gradient_descent")
    found = ll.maps.sweep(
        BOWL, rule, ll.maps.Axis("x", -2.0, 4.0), ll.maps.Axis("lr", 0.0, 0.3), n=3, steps=2, start=(0.5, 0.25)
    )
    x, rate = np.array([-1.0, 1.0, 3.0]), np.array([0.05, 0.15, 0.25])  # three cells of 2, and of 0.1
    assert found.x == pytest.approx(x)
    assert found.y == pytest.approx(rate)
    wanted = (x * (1 - 2 * rate[:, None]) ** 2) ** 2 + 3 * (0.25 * (1 - 6 * rate[:, None]) ** 2) ** 2
    assert found.loss == pytest.approx(wanted, rel=1e-12)


def test_a_target_is_reached_at_the_first_step_at_which_the_loss_is_no_larger() -> None:
    across, up = ll.maps.Axis("x", -2.0, 4.0), ll.maps.Axis("y", -0.5, 0.5)
    land = ll.landscape("x^2 + 0*y")
    rule = ll.optimizers.optimizer("gradient_descent:lr=0.25")  # halves x at each step: losses x^2 / 4^t
    found = ll.maps.sweep(land, rule, across, up, n=3, steps=3, target=1 / 16)
    assert found.reached.tolist() == [[2, 2, -1]] * 3  # 1, 1/4, 1/16; 9, 9/4, 9/16, 9/64
    found = ll.maps.sweep(land, rule, across, up, n=3, steps=3, target=9 / 64)
    assert found.reached.tolist() == [[2, 2, 3]] * 3


def test_centres_of_cells_row_by_row_from_the_lower_left() -> None:
    centres = cell_centres(((-2.0, 4.0), (-1.0, 2.0)), 3)
    assert centres[0] == pytest.approx([-1.0, -0.5])
    assert centres[2] == pytest.approx([3.0, -0.5])
    assert centres[3] == pytest.approx([-1.0, 0.5])
    assert centres[8] == pytest.approx([3.0, 1.5])
    assert np.array_equal(cell_centres(((-2.0, 4.0), (-1.0, 2.0)), 3, slice(2, 4)), centres[2:4])


@pytest.mark.parametrize(
    ("given", "log"),
    [
        (("lr", 1e-3, 1e-2), True),  # a decade apart
        (("lr", 1e-3, 0.99e-2), False),
        (["lr", 1e-3, 1.0], True),
        (("x", -10.0, 10.0), False),
        (("beta1", 0.0, 1.0), False),
        (("lr", 1e-3, 1.0, "linear"), False),
        (("lr", 2.0, 3.0, "log"), True),
    ],
)
def test_an_axis_spans_decades_evenly_unless_it_is_told_otherwise(given: Any, log: bool) -> None:
    axis = axis_of(given)
    assert (axis.name, axis.low, axis.high, axis.log) == (*given[:3], log)
    assert axis_of(axis) is axis


@pytest.mark.parametrize("given", [("lr", 1.0), ("lr", 1.0, 2.0, "log", 3), (1.0, 2.0, 3.0), "lr", 7])
def test_what_is_no_axis_is_refused(given: Any) -> None:
    with pytest.raises(UserError, match="An axis of a sweep is a name and two ends"):
        axis_of(given)


def test_other_spacings_than_two_are_refused() -> None:
    with pytest.raises(UserError, match='spaced "log" or "linear"'):
        axis_of(("lr", 1.0, 2.0, "cubic"))

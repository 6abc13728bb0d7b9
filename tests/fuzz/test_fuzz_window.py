"""Anything done to the window in any order, for minutes: at rest it shows what is true."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from monkey import Monkey

LONG = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@pytest.mark.fuzz
@pytest.mark.parametrize("number", range(4))
def test_anything_done_in_any_order(number: int) -> None:
    run_state_machine_as_test(seed(number)(Monkey), settings=LONG)

"""Anything done to the window in any order: at rest it shows what is true. The long run is in tests/fuzz."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from monkey import Monkey

Monkey.TestCase.settings = settings(
    max_examples=5,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a run takes long: what fails is not made shorter
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)
TestWindow = Monkey.TestCase

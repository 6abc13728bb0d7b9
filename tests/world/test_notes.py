"""What notes hold for whoever lays them out, over the picture or in a panel."""

from __future__ import annotations

import math

import pytest

from lossland.world.layers import Meter, columns_of


@pytest.mark.parametrize(
    ("low", "high", "value", "share"),
    [
        (-2.0, 6.0, 0.0, 0.25),
        (-2.0, 6.0, 9.0, 1.0),
        (0.0, 4.0, -1.0, 0.0),
        (-1e308, 1e308, 0.0, 0.5),
        (0.0, 1.0, math.inf, 1.0),
        (0.0, 1.0, -math.inf, 0.0),
        (0.0, 1.0, math.nan, None),
        (1.0, 1.0, 1.0, None),
        (0.0, math.inf, 1.0, None),
    ],
)
def test_a_meter_knows_where_a_value_lies(low: float, high: float, value: float, share: float | None) -> None:
    assert Meter("m", "", 0.0, "text", low, high).share(value) == share


def test_cells_are_read_column_by_column() -> None:
    assert columns_of([(1.0, "a"), (0.25,), (-2.0, 3.0, "c")]) == [["1", "0.25", "−2"], ["a", "3"], ["c"]]
    assert columns_of([]) == []

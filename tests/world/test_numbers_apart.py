"""Numbers beside each other: as many digits as tell them apart, each right to a tenth of the way to the next."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lossland.numerals import MINUS, distinct, told_apart
from lossland.world.layers import Label, Meter, told_rows
from lossland.world.plots import Plot
from lossland.world.terrain import Terrain
from lossland.world.ticks import decade_texts, round_ticks, tick_texts


def read(text: str) -> float:
    return float(text.replace(MINUS, "-"))


NUMBER = rf"{MINUS}?[0-9.]+(?:e{MINUS}?[0-9]+)?"


def read_row(texts: list[str]) -> list[float]:
    """Return what a reader makes of a row of numbers: +b, or a+b and a−b, where a is said at the first one."""
    origin, values = 0.0, []
    for text in texts:
        found = re.fullmatch(rf"({NUMBER})?(?:([+{MINUS}])({NUMBER}))?", text)
        assert found, text
        base, sign, rest = found.groups()
        origin = read(base) if base and not values else origin
        assert base is None or sign is None or read(base) == origin
        values.append((read(base) if base else origin) + (read(sign + rest) if sign else 0.0))
    return values


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([99.9, 99.95, 100, 100.05, 100.1], ["99.9", "99.95", "100", "100.05", "100.1"]),
        ([0, 10, 30, 100, 300], ["0", "10", "30", "100", "300"]),
        ([1e137, 2e137, 2.5e137], ["1.0e137", "2.0e137", "2.5e137"]),
        ([-0.5, 0, 0.25], [f"{MINUS}0.5", "0", "0.25"]),
        ([1e-4, 0.01, 1, 100], ["0.0001", "0.01", "1", "100"]),  # of an axis of powers of ten, where 0 is nowhere
        ([1e-12, 1e-6, 1], [f"1.0e{MINUS}12", f"1.0e{MINUS}6", "1"]),
        ([-0.1, 0.1 - 0.3 + 0.2, 0.1], [f"{MINUS}0.1", "0", "0.1"]),  # but for how it was added up
        ([1e6, 1e6 + 0.02, 1e6 + 0.04], ["1.0e6", "+0.02", "+0.04"]),
        ([1e9 + 20, 1e9 + 40], ["1.0e9+20", "+40"]),
        ([1.0, 1 + 5e-12], ["1", "+5.0e−12"]),
        ([1e15 + 5, 1e15 + 10, 1e15 + 15], ["1.0e15+5", "+10", "+15"]),
        ([1e9 - 20, 1e9, 1e9 + 20], ["1.0e9−20", "1.0e9", "+20"]),
        ([-1000.0000003, -1000.0000001, -999.9999999], ["−1000−3.0e−7", "−1000−1.0e−7", "+1.0e−7"]),
        ([99.999999996, 99.999999998, 100], ["100−4.0e−9", "100−2.0e−9", "100"]),
        ([-1.797e308, -1.797e308 * (1 + 1e-12)], ["−1.797e308", "−1.797e308−1.8e296"]),
        ([188204203, 188204204], ["188204203", "188204204"]),
        ([7.0, 7.0], ["7", "7"]),
        ([0.001, float("nan"), float("inf")], ["0.001", "–", "∞"]),
        ([], []),
    ],
)
def test_rows_of_numbers(values, texts) -> None:
    assert distinct(values) == texts


@given(st.floats(-1e12, 1e12), st.floats(-9, 9).map(lambda power: 10.0**power), st.integers(2, 7))
def test_a_row_is_right_to_a_tenth_of_its_step(start: float, step: float, count: int) -> None:
    values = [start + k * step for k in range(count)]
    gap = min(b - a for a, b in pairwise(values))
    if gap < 64 * np.spacing(max(map(abs, values))):
        return  # there are hardly any numbers between
    texts = distinct(values)
    assert len(set(texts)) == count
    noise = 8 * np.spacing(max(map(abs, values)))
    for value, shown in zip(values, read_row(texts), strict=True):
        assert abs(shown - value) <= 0.11 * gap + noise, texts


def test_the_ticks_of_a_shallow_ground_far_from_zero_read_as_what_they_are() -> None:
    x = np.linspace(-4, 4, 65)
    value = 100 + 0.1 * np.sin(x) * np.cos(x[:, None])
    ticks = [value for value, _ in Terrain(x, x, value).value_ticks(200)]
    assert len(ticks) > 2
    assert [read(text) for text in distinct(ticks)] == pytest.approx(ticks, abs=1e-9)


@pytest.mark.parametrize(("low", "high"), [(1e6, 1e6 + 1), (-1e-12, 1e-12), (1e100, 3e100), (0.1, 0.1003)])
def test_axes_of_unusual_domains_have_numbers_that_differ(low: float, high: float) -> None:
    values = round_ticks(low, high)
    texts = tick_texts(values)
    assert len(set(texts)) == len(values) > 2
    assert read_row(texts) == pytest.approx(values.tolist(), abs=0.05 * (high - low))


def test_columns_are_told_apart_but_not_by_digits_without_end() -> None:
    assert told_apart([448.0, 430.21, 430.43]) == ["448", "430.2", "430.4"]
    assert told_apart([99.912, 99.934]) == ["99.91", "99.93"]
    assert told_apart([0.112, 0.1120000001]) == ["0.112", "0.112"]
    assert told_apart([-64.1956121, -64.1956122, -64.19561, -50.1]) == ["−64.2", "−64.2", "−64.2", "−50.1"]
    assert told_apart([1000002.0, 1000005.0]) == ["1000002", "1000005"]
    assert told_apart([1e9 + 0.021, 1e9 + 3.14, 1e9]) == ["1.0e9+0.021", "1.0e9+3.14", "1.0e9"]
    assert told_apart([5.8e-18, 0.0011]) == ["5.8e−18", "0.0011"]
    rows = [("a", 99.912), ("b", 99.934), ("c", "off map"), ("d",)]
    assert told_rows(rows) == [["a", "99.91"], ["b", "99.93"], ["c", "off map"], ["d"]]
    assert told_rows([]) == []


def test_a_meter_has_the_decimals_that_its_bar_asks_for() -> None:
    def meter(value: float, low: float, high: float) -> str:
        return Meter("m", "", value, "text", low, high).written

    assert meter(1.234567, -2, 2) == "1.23"
    assert meter(0.00012345, 0, 0.0002) == "0.00012"
    assert meter(100.01234, 100, 100.05) == "100.012"


def test_both_axes_of_a_plot_write_powers_the_same_way() -> None:
    plot = Plot((1, 1e4), (1, 1e6), "n", "f", log_x=True, log_y=True)
    numbers = [layer for layer in plot.made() if isinstance(layer, Label)]
    assert {"10^{0}", "10^{4}", "10^{6}"} <= {label.text for label in numbers if label.latex}
    assert not {"1", "10", "100"} & {label.text for label in numbers}
    assert decade_texts([1.0, 10.0, 100.0]) is None
    assert decade_texts([1.0, 10.0], beside=True) == ["10^{0}", "10^{1}"]

"""Shared by scenes of functions of x: the x window, widened as needed, and cautions where a function is undefined."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lossland.expression.function import Function
from lossland.scenery.parameters import Point
from lossland.world.layers import Caution
from lossland.world.phrases import words

FARTHEST = 1e3
STEEPEST = 1e6  # slope beyond which a graph is called vertical
SAMPLES = 201  # of a window
SPARE = 0.04  # margin of a widened window, as a share of its width
ONE = 1.0  # half the width of a window whose ends are equal


class Window(Point):
    """The x that are shown: from, to."""

    def __init__(self, default: tuple[float, float]) -> None:
        super().__init__(default, -FARTHEST, FARTHEST, "from, to", "The x that are shown.")


def widened(window: Sequence[float], asked: Sequence[float]) -> tuple[float, float]:
    """Return a window (low, high), low < high, widened to contain some x."""
    low, high = sorted(window)
    if low == high:
        low, high = low - ONE, low + ONE
    least, most = min([low, *asked]), max([high, *asked])
    edge = SPARE * (most - least)
    return (low if least == low else least - edge), (high if most == high else most + edge)


def reached(
    functions: Sequence[Function], span: Sequence[float], asked: Sequence[float], farther: float
) -> tuple[float, float]:
    """Return the range (low, high) of a window and its images under composed functions, with a small margin.

    It is clamped to ``farther / 2`` window widths beyond the window, but always contains the images of ``asked``.
    """
    wide = span[1] - span[0]
    low, high = _range([np.linspace(span[0], span[1], SAMPLES)], functions)
    if high - low > farther * wide:
        low, high = max(low, span[0] - farther / 2 * wide), min(high, span[1] + farther / 2 * wide)
    low, high = widened((low, high), _range([np.asarray(asked, float)], functions))
    edge = SPARE * (high - low)
    return low - edge, high + edge


def _range(values: list[NDArray[np.float64]], functions: Sequence[Function]) -> tuple[float, float]:
    """Return the smallest and largest of some numbers and their images."""
    for function in functions:
        values.append(function(values[-1]))
    found = np.concatenate(values)
    found = found[np.isfinite(found)]
    return float(found.min()), float(found.max())


def without_value(function: Function, x: float, name: str = "f") -> list[Caution]:
    """Return a caution if a function has no value at x."""
    return [] if math.isfinite(function.at(x)) else [Caution(words(f"{name} has no value at ?", x))]


def without_slope(function: Function, x: float, name: str = "f") -> list[Caution]:
    """Return a caution if a function has no value or no slope at x."""
    missing = without_value(function, x, name)
    if missing or math.isfinite(function.slope(x)):
        return missing
    left, right = function.sided_slopes(x)
    if function.is_smooth(x) or not abs(left) + abs(right) < STEEPEST:
        return [Caution(words(f"{name} has no slope at ?: there it stands upright", x))]
    if math.isclose(left, right, rel_tol=1e-6, abs_tol=1e-9):
        return [Caution(words(f"{name} has no slope at ?: there it jumps", x))]
    return [Caution(words(f"{name} has no slope at ?: it is ? on the left and ? on the right", x, left, right))]

"""Shared by scenes of functions of x: window and axes, texts that avoid the graph, and cautions at undefined points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossland.expression.function import Function
from lossland.scenery.handles import Handle
from lossland.scenery.parameters import Point
from lossland.scenery.scene import Scene
from lossland.world.layers import Caution, Color, Label, Side
from lossland.world.phrases import tex, words
from lossland.world.plots import Plot, range_of

FARTHEST = 1e3
SQUEEZED = 0.05  # of a plot's height: least distance of two distinguishable points
MOST_TERMS = 5  # of a polynomial that are written out
LARGEST = 1e3  # derivative that is written over a factorial; of a larger one the quotient is written
NOTHING = 1e-14  # a smaller coefficient counts as zero
STEEPEST = 1e6  # slope beyond which a graph is called vertical
SAMPLES = 201  # of a window
SPARE = 0.04  # margin of a widened window, as a share of its width
ONE = 1.0  # half the width of a window whose ends are equal
WIDE, HIGH = 4.0, 3.0  # world: axes of a graph that is alone in the picture
TEXT = 0.2  # length of a text beside a graph, as a share of the plot's width
GAP = 0.05  # between a point and a text above it, as a share of the plot's height
NUMBERS = 17.0  # logical pixels: size of the numbers on axes


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


def axes(span: tuple[float, float], heights: tuple[float, float], name: str, color: Color, **look: Any) -> Plot:
    """Return the axes of a graph that fills the picture, ``name`` (LaTeX) in its colour; ``look`` as in `Plot`."""
    usual = {"x_name": "x", "right": WIDE, "up": HIGH, "count": (5, 4), "number_size": NUMBERS}
    return Plot(span, heights, y_name=tex("?", (color, name)), **usual | look)


def heights(
    function: Function, span: tuple[float, float], places: tuple[float, float], spare: float = 0.35
) -> tuple[float, float]:
    """Return a range of y that shows a graph well, and two points on it apart.

    If the graph between them is nearly flat compared with the rest, it is a range around the first point.
    """
    low, high = range_of(function, span, spare)
    here, there = places
    if 0.0 < abs(function.at(there) - function.at(here)) < SQUEEZED * (high - low):
        reach = 2.0 * abs(there - here)
        return range_of(function, (max(here - reach, span[0]), min(here + reach, span[1])), spare)
    return low, high


def beside(rising: bool, ahead: bool = True) -> Side:
    """Return the side of a point on a graph at which a text avoids the graph: ahead of the point, or behind it."""
    if ahead:
        return "below right" if rising else "above right"
    return "above left" if rising else "below left"


def clear_side(function: Function, plot: Plot, x: float, ahead: bool = True) -> Side:
    """Return the side of a point on a graph at which a text avoids the graph as far as the text reaches.

    It is ahead of the point or behind it, and below where the graph gets clearly higher there.
    """
    (x0, x1), (y0, y1) = plot.x, plot.y
    reach = (TEXT if ahead else -TEXT) * (x1 - x0)
    top = max(function.at(x + share * reach) for share in (1.0, 0.75, 0.5, 0.25))
    return beside((top > function.at(x) + GAP * (y1 - y0)) == ahead, ahead)


def headline(plot: Plot, text: str, color: Color) -> Label:
    """Return the main number, large, above a plot: to the right of its axis' name, clear of all graphs."""
    (x0, x1), (_, y1) = plot.x, plot.y
    return plot.label(x0 + 0.08 * (x1 - x0), y1, text, color, "above right", size=34)


def taylor_terms(coefficients: NDArray[np.float64], powers: Sequence[int], centre: float) -> str:
    """Return the terms of a Taylor polynomial as LaTeX, each a derivative times a power over a factorial.

    ``coefficients`` are f^(k)(a) / k!; ``powers``, from 0 on, are those that are not 0. Of many terms those between
    the first few and the last are left out.
    """
    shift = tex("(x ? ?)", "-" if centre > 0 else "+", abs(centre)) if centre else "x"
    if abs(coefficients[0]) < NOTHING and len(powers) > 1:
        powers = powers[1:]
    parts = []
    many = len(powers) > MOST_TERMS
    for k in (*powers[: MOST_TERMS - 2], powers[-1]) if many else powers:
        derivative = coefficients[k] * math.factorial(k)
        sign = "-" if derivative < 0 else "+" if parts else ""
        power = "" if k == 0 else shift if k == 1 else f"{shift}^{{{k}}}"
        whole = k < 2 or abs(derivative) > LARGEST
        factor = abs(coefficients[k] if whole else derivative)
        number = "" if k and abs(factor - 1.0) < 1e-9 else tex("?", factor) + (r"\," if k else "")
        parts.append(f"{sign} {number}{power}" if whole else f"{sign} \\tfrac{{{number}{power}}}{{{k}!}}")
    if many:
        parts.insert(-1, r"- \cdots" if coefficients[powers[MOST_TERMS - 2]] < 0 else r"+ \cdots")
    return " ".join(parts)


def along(name: str, plot: Plot, x: float, y: float) -> Handle:
    """Return the handle of a parameter that is an x: it is on a graph, and is dragged along x."""

    def move(scene: Scene, place: Sequence[float]) -> None:
        scene.set(name, min(max(plot.data(place)[0], plot.x[0]), plot.x[1]))

    return Handle(name, plot.held(x, y), move, plane=0.0)


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

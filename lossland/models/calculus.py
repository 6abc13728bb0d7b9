"""Calculus: slopes, turning points, sums and integrals of one variable, and the Jacobians of maps of the plane.

Functions of x are passed in: ``f`` gets an array (...) and returns one like it. Sources of the numbers in the tests are
closed forms and SciPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.landscapes.landscape import Landscape

Floats = NDArray[np.float64]
Function = Callable[[Floats], ArrayLike]

RULES = ("left", "mid", "right", "lower", "upper")  # where in a bar its height is taken
SAMPLES = 801  # points at which a sign change is sought
COARSE = 201  # points at which the size of a function is judged
HALVINGS = 60  # bisection steps of a root
REACHED = 36  # bisection steps of `reach_within`
WITHIN = 17  # points in a bar at which its lowest and highest value are sought
NODES = 16  # of the Gauss rule in a panel
SETTLED = 1e-3  # relative tolerance of the integral of |f|, which has kinks where f changes its sign
MOST_PANELS = 4096
AGREED = 1e-13  # relative tolerance between two successive refinements


# ------------------------------------------------------------------------------------------------------- slopes
def secant_slope(f: Function, x: float, h: float) -> float:
    """Return the slope of the line through two points of a graph, at x and at x + h."""
    here, there = np.asarray(f(np.array([x, x + h])), float)
    return float((there - here) / h)


def corner_share(u: Function, v: Function, x: float, h: float) -> float:
    """Return Δu Δv / Δ(u v) from x to x + h: the share of the product's increment that the product rule neglects.

    0 if the increment is 0.
    """
    (u0, u1), (v0, v1) = (np.asarray(factor(np.array([x, x + h])), float) for factor in (u, v))
    gain = u1 * v1 - u0 * v0
    return float((u1 - u0) * (v1 - v0) / gain) if gain else 0.0


def roots(f: Function, low: float, high: float) -> Floats:
    """Return where a function changes its sign between two x (k,), ascending, by bisection."""
    x = np.linspace(low, high, SAMPLES)
    y = np.asarray(f(x), float)
    exact = x[y == 0.0]
    with np.errstate(invalid="ignore"):
        found = np.flatnonzero(y[:-1] * y[1:] < 0.0)
    a, b = x[found], x[found + 1]
    below = y[found] < 0.0
    for _ in range(HALVINGS if len(found) else 0):
        middle = (a + b) / 2
        same = (np.asarray(f(middle), float) < 0.0) == below
        a, b = np.where(same, middle, a), np.where(same, b, middle)
    return np.sort(np.concatenate([exact, (a + b) / 2]))


def extrema(f: Function, slope: Function, second: Function, low: float, high: float) -> Floats:
    """Return the points between two x where f' = 0, as rows x, f, f'' (k, 3)."""
    x = roots(slope, low, high)
    return np.stack([x, np.asarray(f(x), float), np.asarray(second(x), float)], axis=-1)


def reach_within(f: Function, x: float, epsilon: float, most: float) -> float:
    """Return the largest δ, at most ``most``, such that |f(t) − f(x)| < ε wherever |t − x| < δ."""
    away = np.linspace(0.0, most, SAMPLES)
    here = float(np.asarray(f(np.array([x])), float)[0])
    gap = np.maximum(*(np.abs(np.asarray(f(x + sign * away), float) - here) for sign in (-1.0, 1.0)))
    out = np.flatnonzero(~(gap < epsilon))
    if not len(out):
        return most
    if out[0] == 0:
        return 0.0
    a, b = away[out[0] - 1], away[out[0]]
    for _ in range(REACHED):
        middle = (a + b) / 2
        sides = np.asarray(f(np.array([x - middle, x + middle])), float)
        a, b = (middle, b) if (np.abs(sides - here) < epsilon).all() else (a, middle)
    return float(a)


def largest(f: Function, low: float, high: float) -> float:
    """Return the largest finite |f| at a few hundred points between two x, 0 if there is none."""
    sizes = np.abs(np.asarray(f(np.linspace(low, high, COARSE)), float))
    return float(sizes[np.isfinite(sizes)].max(initial=0.0))


def rounded_up(size: float) -> float:
    """Return the least multiple of half a power of ten that is 5 % larger than a size: the end of a gauge. 1 for 0."""
    if size <= 0.0:
        return 1.0
    step = 10.0 ** np.floor(np.log10(size)) / 2
    return float(step * np.ceil(1.05 * size / step))


# -------------------------------------------------------------------------------------------------------- areas
class Bars(NamedTuple):
    """A Riemann sum: edges (n + 1,) and heights (n,) of its bars, and the x (n,) at which each height was taken."""

    edges: Floats
    heights: Floats
    places: Floats

    @property
    def sum(self) -> float:
        """The signed area of all bars."""
        return float((self.heights * np.diff(self.edges)).sum())


def riemann(f: Function, low: float, high: float, n: int, rule: str, turns: ArrayLike = ()) -> Bars:
    """Return n bars of equal width from low to high under a graph, by one of the `RULES`.

    ``turns`` are the x where the graph is level or has a kink: the rules ``lower`` and ``upper`` evaluate f there, at
    both ends of each bar and at a few points between.
    """
    edges = np.linspace(low, high, n + 1)
    if rule in ("left", "mid", "right"):
        share = {"left": 0.0, "mid": 0.5, "right": 1.0}[rule]
        places = edges[:-1] + share * np.diff(edges)
        return Bars(edges, np.asarray(f(places), float) + 0.0 * places, places)
    tried = edges[:-1, None] + np.linspace(0.0, 1.0, WITHIN) * np.diff(edges)[:, None]
    turns = np.asarray(turns, float)
    here = np.minimum(np.maximum(turns[None, :], edges[:-1, None]), edges[1:, None])  # those elsewhere: at an end
    tried = np.hstack([tried, here])
    values = np.asarray(f(tried), float) + 0.0 * tried
    missing = np.isnan(values)  # a bar without any value has no height
    lowest, highest = (np.where(missing, far, values) for far in (np.inf, -np.inf))
    best = lowest.argmin(axis=1) if rule == "lower" else highest.argmax(axis=1)
    number = np.arange(n)
    return Bars(edges, values[number, best], tried[number, best])


def halved(before: Bars, after: Bars, share: float) -> Bars:
    """Return bars on their way from those before, each of which is split in two, to those after; 1 is all the way."""
    start = np.repeat(before.heights, 2)
    return after._replace(heights=start + share * (after.heights - start))


def integral(f: Function, low: float, high: float) -> float:
    """Return the integral from low to high, by Gauss's rule on more and more panels until two agree.

    nan where the area without its signs keeps growing with the panels: there is no integral, as of 1/x across 0.
    """
    if low == high:
        return 0.0
    before, area_before, panels = np.inf, np.inf, 4
    while True:
        value = float(_on_panels(f, low, high, panels).sum())
        area = float(np.abs(_on_panels(lambda x: np.abs(np.asarray(f(x), float)), low, high, panels)).sum())
        settled = abs(area - area_before) <= SETTLED * area
        if not np.isfinite(value) or (settled and abs(value - before) <= AGREED * area):
            return value
        if panels >= MOST_PANELS:
            return value if settled else np.nan
        before, area_before, panels = value, area, 4 * panels


def running_integral(f: Function, low: float, high: float, count: int) -> tuple[Floats, Floats]:
    """Return x (count + 1,) from low to high and the integral from low up to each of them."""
    parts = _on_panels(f, low, high, count)
    return np.linspace(low, high, count + 1), np.concatenate([[0.0], np.cumsum(parts)])


def _on_panels(f: Function, low: float, high: float, panels: int) -> Floats:
    """Return the integral over each of some panels (panels,) of equal width."""
    node, weight = np.polynomial.legendre.leggauss(NODES)
    edges = np.linspace(low, high, panels + 1)
    half = np.diff(edges) / 2
    x = (edges[:-1] + half)[:, None] + half[:, None] * node
    return (np.asarray(f(x), float) * weight).sum(axis=1) * half


def unrolled_ring(inner: float, outer: float, share: float, count: int = 49) -> tuple[Floats, Floats]:
    """Return both sides (count, 2) of a ring around the origin that is cut open at the top and unrolled.

    Share 0 is the ring, 1 a strip as long as its middle circle. Its lowest point stays fixed, and between the two it is
    an arc of smaller curvature; length and area stay the same throughout.
    """
    middle, half, along = (inner + outer) / 2, (outer - inner) / 2, np.linspace(-np.pi, np.pi, count)
    angle, bend = along * (1.0 - share), max(1.0 - share, 1e-9)
    radius = middle / bend  # of the middle line
    sides = []
    for out in (half, -half):
        # R (1 - cos a) = 2 R sin²(a/2) keeps its digits where the radius is huge
        x, up = (radius + out) * np.sin(angle), 2 * (radius + out) * np.sin(angle / 2) ** 2
        sides.append(np.stack([x if share < 1.0 else middle * along, up - middle - out], axis=-1))
    return sides[0], sides[1]


# ------------------------------------------------------------------------------------------- maps of the plane
@dataclass(frozen=True)
class PlaneMap:
    """A map of the plane, (x, y) to (u, v): each coordinate is a function of x and y."""

    u: Landscape
    v: Landscape

    def __call__(self, points: Floats) -> Floats:
        """Return the images (..., 2) of points (..., 2)."""
        return np.stack([np.asarray(self.u.value(points)), np.asarray(self.v.value(points))], axis=-1)

    def jacobian(self, point: ArrayLike) -> Floats:
        """Return the matrix [[u_x, u_y], [v_x, v_y]] at a point (2,)."""
        here = np.asarray(point, float)
        return np.array([self.u.grad(here), self.v.grad(here)])


def chained(*jacobians: Sequence[Sequence[float]] | Floats) -> Floats:
    """Return the Jacobian of a composition of maps, the first one first: their product, the last on the left."""
    product = np.asarray(jacobians[0], float)
    for one in jacobians[1:]:
        product = np.asarray(one, float) @ product
    return product


def enlarged(maps: Sequence[Callable[[Floats], Floats]], point: ArrayLike, offsets: Floats) -> list[Floats]:
    """Return how successive maps move the neighbourhood of a point, relative to the point's image.

    ``offsets`` (..., 2) from the point become offsets (..., 2) from its image, after each of the maps.
    """
    here = np.asarray(point, float)
    points, found = here + offsets, []
    for one in maps:
        here, points = one(here), one(points)
        found.append(points - here)
    return found


def shown_widths(jacobians: Sequence[Floats]) -> list[float]:
    """Return how wide pictures of a tiny grid are, itself first, then its images under successive maps; its own is 1.

    ``jacobians`` (2, 2) are those of the first map, of the first two and so on. Each picture has room for the grid
    before it, at the same scale, and some width even where both are single points.
    """
    grown = [1.0, *(float(np.abs(one).sum(axis=1).max()) for one in jacobians)]
    return [1.0, *(max(*pair, 1e-9) for pair in pairwise(grown))]

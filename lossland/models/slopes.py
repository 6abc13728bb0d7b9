"""Gradients of a function of two variables: the steepest heading, fields of arrows, and paths of steepest descent.

Functions take arrays: ``value`` gets points (..., 2) and returns (...), ``gradient`` returns (..., 2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Value = Callable[[Floats], ArrayLike]
Gradient = Callable[[Floats], ArrayLike]
Domain = Sequence[float]  # x0, x1, y0, y1

GOLDEN = 0.6180339887  # the golden ratio less 1: its multiples modulo 1 are evenly spread, however many there are


def unit(degrees: ArrayLike) -> Floats:
    """Return the unit vectors (..., 2) at angles from the x axis, anticlockwise."""
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], -1)


def heading(direction: ArrayLike) -> float:
    """Return the angle of a direction (2,) from the x axis, in degrees from 0 to 360."""
    x, y = np.asarray(direction, float)
    return float(np.degrees(np.arctan2(y, x))) % 360


def steepest_heading(value: Value, position: ArrayLike, stride: float, count: int = 3600) -> float:
    """Return the steepest of ``count`` headings in degrees, by central differences over a stride in each."""
    degrees, place = np.arange(count) * 360 / count, np.asarray(position, float)
    ways = stride * unit(degrees)
    return float(degrees[int(np.argmax(np.asarray(value(place + ways)) - np.asarray(value(place - ways))))])


def arrow_field(gradient: Gradient, domain: Domain, count: int) -> tuple[Floats, Floats, Floats]:
    """Return arrows uphill on a grid of count x count points: tails and tips (n, 2), and the steepness (n,).

    Their length grows with the root of the steepness, up to 80 % of the grid spacing; where the function is nearly
    level there is none.
    """
    x0, x1, y0, y1 = domain
    share = (np.arange(count) + 0.5) / count
    x, y = np.meshgrid(x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
    place = np.stack([x.ravel(), y.ravel()], -1)
    slope = _finite(gradient(place))
    steep = np.hypot(*slope.T)
    scale = np.sqrt(steep / max(float(np.quantile(steep, 0.9)), 1e-300)).clip(0, 1)
    reach = 0.8 * np.array([x1 - x0, y1 - y0]).min() / count
    move = slope / np.maximum(steep, 1e-300)[:, None] * (scale * reach)[:, None]
    seen = scale > 0.08
    return (place - move / 2)[seen], (place + move / 2)[seen], steep[seen]


def downhill_paths(gradient: Gradient, start: ArrayLike, stride: float, steps: int) -> NDArray[np.float32]:
    """Return the paths (steps + 1, n, 2) of drops that run along −∇f from ``start`` (n, 2).

    A step is nearly a ``stride`` long, and shorter where the slope is gentle.
    """
    place = np.asarray(start, float)
    gentle = max(0.3 * float(np.median(np.hypot(*_finite(gradient(place)).T))), 1e-300)
    ways = [place]
    for _ in range(steps):
        slope = _finite(gradient(place))
        place = place - slope * (stride / (np.hypot(*slope.T) + gentle))[:, None]
        ways.append(place)
    return np.array(ways, np.float32)


def rain(ways: NDArray[np.float32], lives: float) -> NDArray[np.float32]:
    """Return the positions (n, 2) of drops after ``lives`` lifetimes of a drop.

    Each runs along its path (see ``downhill_paths``) and starts again at its end; starts are evenly spread over time.
    """
    steps, number = len(ways) - 1, np.arange(ways.shape[1])
    age = (lives + number * GOLDEN % 1) % 1 * steps
    whole = np.minimum(age.astype(int), steps - 1)
    share = (age - whole).astype(np.float32)[:, None]
    return ways[whole, number] + share * (ways[whole + 1, number] - ways[whole, number])


def _finite(slope: ArrayLike) -> Floats:
    """Return slopes with non-finite ones replaced by 0."""
    return np.nan_to_num(np.asarray(slope, float), posinf=0.0, neginf=0.0)

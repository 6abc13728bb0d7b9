"""Where a landscape is level (∇f = 0), and what such a point is: minimum, saddle or maximum.

Source: Nocedal and Wright, *Numerical Optimization*, 2006, chapters 2 (the second-order conditions) and 3 (Newton).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Kind = Literal["minimum", "saddle", "maximum"]

SEEDS = 49  # Newton's method starts from so many points along each side
NEWTON = 80  # its iterations
MOST = 600  # critical points that are kept
CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 48, False)), np.sin(np.linspace(0, 2 * np.pi, 48, False))], -1)


class Surface(Protocol):
    """A function of the plane with its derivatives, as a ``Landscape`` has them. Points are (..., 2)."""

    @property
    def domain(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """((x0, x1), (y0, y1))."""
        ...

    @property
    def minima(self) -> ArrayLike:
        """The minima that are known already, (m, 2)."""
        ...

    def value(self, points: Floats) -> ArrayLike:
        """Return f (...)."""
        ...

    def grad(self, points: Floats) -> ArrayLike:
        """Return ∇f (..., 2)."""
        ...

    def hessian(self, points: Floats) -> ArrayLike:
        """Return the Hessian (..., 3) as xx, xy, yy."""
        ...


@dataclass(frozen=True, eq=False)
class CriticalPoint:
    """A point where a landscape is level."""

    position: Floats  # (2,)
    value: float
    kind: Kind
    curvature: Floats  # (2,) eigenvalues of the Hessian, the smaller first
    axes: Floats  # (2, 2) its eigenvectors as columns


def principal_curvatures(hessian: ArrayLike) -> tuple[Floats, Floats]:
    """Return the smaller and the larger eigenvalue (...) of Hessians (..., 3)."""
    xx, xy, yy = np.moveaxis(np.asarray(hessian, float), -1, 0)
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    return middle - half, middle + half


def principal_axes(hessian: ArrayLike) -> tuple[Floats, Floats]:
    """Return eigenvalues (2,), the smaller first, and eigenvectors as columns (2, 2), of a Hessian (3,)."""
    xx, xy, yy = np.asarray(hessian, float)
    return np.linalg.eigh(np.array([[xx, xy], [xy, yy]]))


def critical_points(surface: Surface, height: float) -> list[CriticalPoint]:
    """Return the isolated critical points in the domain, lowest first: none of a flat region or a valley floor.

    ``height`` is the landscape's range of values over the domain: what is below rounding errors of that size is 0.
    """
    (x0, x1), (y0, y1) = surface.domain
    size = (x1 - x0 + y1 - y0) / 4  # half the domain's width
    found: list[CriticalPoint] = []
    for position in level_positions(surface):
        value = _without_dust(np.array(float(np.asarray(surface.value(position)))), 1e-12 * height)
        hessian = np.nan_to_num(np.asarray(surface.hessian(position), float))
        dust = 1e-9 * height / size**2
        curvature, axes = principal_axes(_without_dust(hessian, dust))
        curvature = _without_dust(curvature, dust)
        kind = _kind(surface, position, float(value), curvature, size)
        found.append(CriticalPoint(position, float(value), kind, curvature, axes))
    alone = _alone([point for point in found if np.isfinite(point.value)], 12 * size / SEEDS, 1e-9 * height)
    return sorted(alone, key=lambda point: point.value)


def _alone(points: Sequence[CriticalPoint], distance: float, dust: float) -> list[CriticalPoint]:
    """Return the points without those of a flat region or a level line, of which any number could be found.

    These have zero curvature in some direction, and another such point of the same value within ``distance``.
    """
    flat = [point for point in points if (point.curvature == 0).any()]
    position = np.array([point.position for point in flat]).reshape(-1, 2)
    value = np.array([point.value for point in flat])
    near = np.hypot(*(position[:, None] - position).transpose(2, 0, 1)) < distance
    near &= np.abs(value[:, None] - value) <= dust + 1e-14 * np.abs(value)
    crowded = {id(point) for point, count in zip(flat, near.sum(axis=1), strict=True) if count > 1}
    return [point for point in points if id(point) not in crowded]


def level_positions(surface: Surface) -> Floats:
    """Return the positions (n, 2) in the domain where ∇f = 0, by Newton's method from a grid of starts."""
    (x0, x1), (y0, y1) = surface.domain
    low, high = np.array([x0, y0]), np.array([x1, y1])
    size = float(np.hypot(*(high - low)))
    part = (np.arange(SEEDS) + 0.5) / SEEDS
    x, y = np.meshgrid(x0 + (x1 - x0) * part, y0 + (y1 - y0) * part)
    place, move = np.stack([x.ravel(), y.ravel()], -1), np.full((SEEDS**2, 2), np.inf)
    with np.errstate(all="ignore"):
        for _ in range(NEWTON):
            (gx, gy), (xx, xy, yy) = np.asarray(surface.grad(place)).T, np.asarray(surface.hessian(place)).T
            move = np.stack([xy * gy - yy * gx, xy * gx - xx * gy], -1) / (xx * yy - xy * xy)[:, None]
            move[~np.isfinite(move).all(axis=1) & (np.hypot(gx, gy) == 0)] = 0.0  # there already, and flat
            length = np.hypot(*move.T)
            place = place + move * np.minimum(1.0, 0.05 * size / length)[:, None]
        settled = (np.hypot(*move.T) < 1e-7 * size) & ((place >= low) & (place <= high)).all(axis=1)
    return _apart([*np.asarray(surface.minima, float).reshape(-1, 2), *place[settled]], 1e-4 * size)


def _apart(positions: Sequence[Floats], distance: float) -> Floats:
    """Return the positions (n, 2) without those nearer than ``distance`` to an earlier one."""
    known = np.array(positions).reshape(-1, 2)
    _, first = np.unique(np.round(known / distance), axis=0, return_index=True)
    kept = np.zeros((0, 2))
    for position in known[np.sort(first)][:MOST]:
        if not (np.hypot(*(kept - position).T) < distance).any():
            kept = np.vstack([kept, position])
    return kept


def _without_dust(values: Floats, dust: float) -> Floats:
    """Return the values with those below rounding error set to 0."""
    return np.where(np.abs(values) < dust, 0.0, values)


def _kind(surface: Surface, position: Floats, value: float, curvature: Floats, size: float) -> Kind:
    """Return a critical point's kind from the signs of its curvatures, or from values around it where one is zero."""
    if np.isfinite(curvature).all() and np.abs(curvature).min() > 0:
        kinds: tuple[Kind, Kind, Kind] = ("maximum", "saddle", "minimum")
        return kinds[int((curvature > 0).sum())]
    around = np.asarray(surface.value(position + 0.01 * size * CIRCLE)) - value
    return "minimum" if (around >= 0).all() else "maximum" if (around <= 0).all() else "saddle"


def nearest(points: Sequence[CriticalPoint], position: ArrayLike) -> CriticalPoint | None:
    """Return the critical point that is nearest to a position (2,), None where there is none."""
    here = np.asarray(position, float)
    return min(points, key=lambda point: float(np.hypot(*(point.position - here))), default=None)


def escape_steps(path: ArrayLike, position: ArrayLike, radius: float = 1.0) -> float:
    """Return the first step at which a path (n, 2) is farther than a radius from a position (2,), or nan."""
    away = np.hypot(*(np.asarray(path, float) - np.asarray(position, float)).T) > radius
    return float(np.argmax(away)) if away.any() else float("nan")


def of_kind(points: Sequence[CriticalPoint], kind: Kind) -> Floats:
    """Return the critical points of a kind as rows x, y, value (n, 3)."""
    rows = [(*point.position, point.value) for point in points if point.kind == kind]
    return np.array(rows, float).reshape(-1, 3)


def shape_numbers(point: CriticalPoint) -> dict[str, Floats | float]:
    """Return a critical point's curvatures and what follows from them.

    ``kappa`` is their ratio, ``rate_limit`` = 2/λ of the larger one: from that rate on gradient descent diverges.
    """
    smallest, largest = sorted(np.abs(point.curvature))
    above = float(point.curvature[1])
    return {
        "nearest": np.array([*point.position, point.value]),
        "curvatures": point.curvature,
        "kappa": float(largest / smallest) if smallest > 0 else float("inf"),
        "rate_limit": 2 / above if above > 0 else float("inf"),
    }


def axis_arrows(point: CriticalPoint, inner: float, outer: float) -> tuple[Floats, Floats, Floats]:
    """Return two arrows along each axis of a critical point, from ``inner`` to ``outer`` away from it.

    Tails and tips (4, 2), and the curvature along each (4,).
    """
    ways = np.array([sign * axis for axis in point.axes.T for sign in (1.0, -1.0)])
    return point.position + inner * ways, point.position + outer * ways, np.repeat(point.curvature, 2)


def curvature_shades(hessian: ArrayLike, largest: bool) -> NDArray[np.float32]:
    """Return the larger or smaller curvature of Hessians (..., 3) as shades from -1 to 1 that show its sign.

    Their size follows the inverse hyperbolic sine, so that usual curvatures show beside huge ones.
    """
    curvature = np.nan_to_num(principal_curvatures(hessian)[int(largest)], posinf=0.0, neginf=0.0)
    usual = max(float(np.median(np.abs(curvature))), 1e-300)
    most = max(float(np.abs(curvature).max()) / usual, 1e-9)
    return (np.arcsinh(curvature / usual) / np.arcsinh(most)).astype(np.float32)

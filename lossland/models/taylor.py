"""Taylor polynomials and bounds of their error; those of degree 1 and 2 lead to Newton's method.

Spivak, *Calculus*, chapter 20 in the third edition; Nocedal and Wright, *Numerical Optimization*, chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.expression.function import Function
from lossland.landscapes.landscape import Landscape

Floats = NDArray[np.float64]
NOTHING = 1e-14  # a term smaller than this share of the largest one is omitted
PLACES = 241  # samples of the next derivative
ROOT = 1e-9  # |f| at a root


def polynomial(coefficients: ArrayLike, centre: float, x: ArrayLike) -> Floats:
    """Return the values (...) of a polynomial in x - centre with coefficients (n + 1,), lowest first."""
    value = np.polynomial.polynomial.polyval(np.asarray(x, float) - centre, np.asarray(coefficients, float))
    return np.asarray(value, np.float64)


@dataclass(frozen=True, eq=False)
class TaylorPolynomial:
    """The polynomial of a degree with the value and derivatives of a function at a centre."""

    function: Function
    centre: float
    degree: int

    @cached_property
    def coefficients(self) -> Floats:
        """The f^(k)(a) / k! (degree + 1,); nan from the first derivative on that does not exist."""
        return self.function.taylor(self.centre, self.degree)

    @cached_property
    def powers(self) -> tuple[int, ...]:
        """The powers that have a term, lowest first; 0 always counts."""
        sizes = np.abs(np.nan_to_num(self.coefficients))
        return (0, *(k for k in range(1, self.degree + 1) if sizes[k] > NOTHING * max(sizes.max(), 1e-300)))

    def upto(self, term: int, part: float = 1.0) -> Floats:
        """Return the coefficients (degree + 1,) of the terms up to an index, the last one times ``part``."""
        last = self.powers[term]
        found = np.where(np.arange(self.degree + 1) <= last, self.coefficients, 0.0)
        found[last] *= part
        return found

    def bounds(self, low: float, high: float) -> tuple[Floats, Floats]:
        """Return ascending x (m,) of an interval, and Lagrange's bound of the error at each (m,).

        It is the largest |f^(n+1)| between the centre and x, times |x - a|^(n+1) / (n+1)!; nan beyond a corner,
        where there is none. The derivative is sampled at `PLACES` points, and at both ends and corners.
        """
        order = self.degree + 1
        x = np.union1d(np.linspace(low, high, PLACES), [self.centre, *self.function.corners(low, high, order)])
        middle = int(np.searchsorted(x, self.centre))
        sizes = np.abs(self.function.taylor(x, order)[order])
        most = np.empty_like(sizes)
        most[middle:] = np.maximum.accumulate(sizes[middle:])
        most[: middle + 1] = np.maximum.accumulate(sizes[: middle + 1][::-1])[::-1]
        return x, most * np.abs(x - self.centre) ** order

    def band(self, low: float, high: float) -> Floats:
        """Return ascending x of an interval, and between what the function is there, as (3, m): x, from, to.

        Beyond a corner, where there is no bound, it is from -inf to inf.
        """
        x, most = self.bounds(low, high)
        middle, most = polynomial(self.coefficients, self.centre, x), np.nan_to_num(most, nan=np.inf)
        return np.stack([x, middle - most, middle + most])

    def bound(self, x: float) -> float:
        """Return Lagrange's bound of the error at x."""
        places, most = self.bounds(*sorted((self.centre, x)))
        return float(most[np.searchsorted(places, x)])


def circling_copy(degree: float, x: Floats) -> Floats:
    """Return the Taylor polynomial of e^(ix) around 0 as points (m, 3): x, then its imaginary and its real part.

    For a fractional degree the last term is scaled by the fraction.
    """
    parts, term = np.zeros((2, len(x))), np.ones(len(x))  # cosine and sine get alternate terms
    for k in range(int(np.ceil(degree)) + 1):
        parts[k % 2] += (-1.0) ** (k // 2) * term * min(max(degree - k + 1.0, 0.0), 1.0)
        term = term * x / (k + 1)
    return np.stack([x, parts[1], parts[0]], -1)


# --------------------------------------------------------------------------------------------- Newton's method
@dataclass(frozen=True, eq=False)
class Newton:
    """Newton's method for a root: the next iterate is the tangent's intersection with the axis."""

    function: Function
    start: float
    steps: int

    @cached_property
    def places(self) -> Floats:
        """The iterates (steps + 1,). One is repeated if the slope is 0 or something is not finite."""
        ways, slope = [float(self.start)], self.function.derivative
        for _ in range(self.steps):
            with np.errstate(all="ignore"):
                move = np.float64(self.function.at(ways[-1])) / np.float64(slope.at(ways[-1]))
            ways.append(ways[-1] - float(move) if np.isfinite(move) else ways[-1])
        return np.array(ways)

    @property
    def finds_root(self) -> bool:
        """Whether the last iterate is a root."""
        return abs(self.function.at(float(self.places[-1]))) < ROOT

    @property
    def last(self) -> int:
        """The index of the iterate at which it ends: the last one, or one that is repeated."""
        moved = np.flatnonzero(np.diff(self.places) != 0.0)
        return self.steps if self.finds_root else int(moved[-1]) + 1 if len(moved) else 0


@dataclass(frozen=True, eq=False)
class SurfaceCopy:
    """The Taylor polynomials of degree 1 and 2 of a surface at a point (2,): a tangent plane and a paraboloid."""

    land: Landscape
    point: ArrayLike

    @cached_property
    def slopes(self) -> tuple[float, Floats, Floats]:
        """Value, gradient (2,) and Hessian (2, 2) at the point."""
        here = np.asarray(self.point, float)
        value, gradient = self.land.value_grad(here)
        xx, xy, yy = np.asarray(self.land.hessian(here))
        return float(value), np.asarray(gradient), np.array([[xx, xy], [xy, yy]])

    @cached_property
    def landing(self) -> Floats:
        """The critical point (2,) of the paraboloid, in the sense of least squares: Newton's step."""
        _, gradient, hessian = self.slopes
        with np.errstate(all="ignore"):
            step = np.asarray(np.linalg.lstsq(hessian, gradient, rcond=None)[0], np.float64)
        return np.asarray(self.point, np.float64) - step

    @property
    def bends_up(self) -> bool:
        """Whether the Hessian is positive definite, so that the plane is below the surface."""
        return bool(np.linalg.eigvalsh(self.slopes[2]).min() > 0.0)

    def values(self, x: Floats, y: Floats, degree: int = 2) -> Floats:
        """Return f + g·δ, and with degree 2 also + ½ δ^T H δ, on the grid of x (n,) and y (m,), as (m, n)."""
        value, gradient, hessian = self.slopes
        delta = np.stack(np.meshgrid(x, y), -1) - np.asarray(self.point, float)
        model = value + delta @ gradient
        return model + 0.5 * np.einsum("...i,ij,...j", delta, hessian, delta) if degree > 1 else model

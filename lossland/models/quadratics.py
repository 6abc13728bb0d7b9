"""How gradient descent and momentum converge on a quadratic: each eigenvalue λ of the Hessian decouples.

Momentum's step y ← βy + λx, x ← x − αy is one 2×2 matrix for each λ, and its eigenvalues σ decide everything; they
depend on the product αλ and on β alone. Source: Goh, "Why Momentum Really Works", Distill 2017.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
LARGEST = 1e150  # where a diverging path is clamped, so that its squares stay finite


def momentum_rate(product: ArrayLike, beta: ArrayLike) -> Floats:
    """Return max|σ| for αλ and β (any shapes that broadcast): the factor by which an error shrinks in a step."""
    product, beta = np.broadcast_arrays(np.asarray(product, float), np.asarray(beta, float))
    trace = 1 + beta - product
    inside = trace**2 - 4 * beta  # below 0 the two σ are complex, and their product is β
    real = (np.abs(trace) + np.sqrt(np.maximum(inside, 0))) / 2
    return np.where(inside < 0, np.sqrt(beta), real)


def critical_memory(product: ArrayLike) -> Floats:
    """Return the β of critical damping, (1 − √(αλ))²: below it is overdamped, above underdamped."""
    return (1 - np.sqrt(np.asarray(product, float))) ** 2


def damping(product: float, beta: float, near: float = 5e-3) -> str:
    """Return the kind of damping for αλ and β: ``unstable``, ``overdamped``, ``underdamped`` or ``critically damped``.

    Critical is a β within ``near`` of the critical one.
    """
    if momentum_rate(product, beta) > 1 + 1e-12:
        return "unstable"
    critical = float(critical_memory(product))
    if abs(beta - critical) < near:
        return "critically damped"
    return "underdamped" if beta > critical else "overdamped"


def is_stable(product: ArrayLike, beta: ArrayLike) -> NDArray[np.bool_]:
    """Return where errors shrink, for αλ > 0 and 0 ≤ β < 1: αλ < 2 + 2β."""
    return np.asarray(product, float) < 2 + 2 * np.asarray(beta, float)


def steps_to(target: float, rate: float) -> float:
    """Return in how many steps the rate alone reduces an error to ``target``; infinite where it does not shrink.

    An actual error has a factor besides: at critical damping, where the two σ are equal, it grows with the steps.
    """
    if rate <= 0:
        return 1.0
    return float(np.ceil(np.log(target) / np.log(rate) - 1e-9)) if rate < 1 else float("inf")


def best_momentum(low: float, high: float) -> tuple[float, float]:
    """Return the optimal α and β for eigenvalues from ``low`` to ``high``; the rate is √β."""
    a, b = np.sqrt(low), np.sqrt(high)
    return float((2 / (a + b)) ** 2), float(((b - a) / (b + a)) ** 2)


def best_descent(low: float, high: float) -> tuple[float, float]:
    """Return the optimal α of gradient descent for eigenvalues from ``low`` to ``high``, and its rate."""
    return 2 / (low + high), (high - low) / (high + low)


def descent_factors(alpha: float, curvature: ArrayLike) -> Floats:
    """Return 1 − αλ of every eigenvalue: the factor of a gradient descent step on the error along its axis."""
    return 1 - alpha * np.asarray(curvature, float)


def descent_numbers(alpha: float, curvature: ArrayLike) -> dict[str, Floats | float]:
    """Return the convergence of a rate on a quadratic of these curvatures (n,), and the best rate.

    ``rate`` is the factor by which the slowest part of the error shrinks in a step, ``limit`` the rate from which on
    it grows, ``kappa`` the ratio of the curvatures.
    """
    curvature, factors = np.asarray(curvature, float), descent_factors(alpha, curvature)
    low, high = float(curvature.min()), float(curvature.max())
    rate, (best_alpha, best_rate) = float(np.abs(factors).max()), best_descent(low, high)
    return {
        "factors": factors,
        "rate": rate,
        "converges": float(rate < 1 - 1e-12),
        "limit": 2 / high,
        "best_alpha": best_alpha,
        "best_rate": best_rate,
        "kappa": high / low,
    }


def momentum_numbers(alpha: float, beta: float, eigenvalues: ArrayLike, target: float) -> dict[str, Floats | float]:
    """Return the convergence of α and β for the eigenvalues (n,), and the best choices.

    ``rate`` is that of the slowest eigenvalue, ``steps_needed`` and the other steps are until its error has shrunk to
    ``target``; ``descent`` stands for the best choice without memory. ``stable_alpha`` is the α from which on errors
    grow.
    """
    eigenvalues = np.asarray(eigenvalues, float)
    low, high = float(eigenvalues.min()), float(eigenvalues.max())
    rates = momentum_rate(alpha * eigenvalues, beta)
    (best_alpha, best_beta), (descent_alpha, descent_rate) = best_momentum(low, high), best_descent(low, high)
    best_rate = float(np.sqrt(best_beta))
    return {
        "rates": rates,
        "rate": float(rates.max()),
        "stable": bool(is_stable(alpha * eigenvalues, beta).all()),
        "steps_needed": steps_to(target, float(rates.max())),
        "condition": high / low,
        "critical_beta": critical_memory(alpha * eigenvalues),
        "stable_alpha": (2 + 2 * beta) / high,
        "best_alpha": best_alpha,
        "best_beta": best_beta,
        "best_rate": best_rate,
        "best_steps": steps_to(target, best_rate),
        "descent_alpha": descent_alpha,
        "descent_rate": descent_rate,
        "descent_steps": steps_to(target, descent_rate),
    }


def momentum_steps(alpha: ArrayLike, beta: ArrayLike, eigenvalues: ArrayLike, target: float) -> Floats:
    """Return the (fractional) number of steps the slowest eigenvalue needs for every α (m,) and β (k,): (k, m).

    nan where an error does not shrink.
    """
    products = np.asarray(alpha, float)[None, :, None] * np.asarray(eigenvalues, float)
    rate = momentum_rate(products, np.asarray(beta, float)[:, None, None]).max(axis=-1)
    with np.errstate(divide="ignore"):
        return np.where(rate < 1, np.log(target) / np.log(rate), np.nan)


def momentum_step(state: ArrayLike, product: float, beta: float) -> Floats:
    """Return positions and velocities (..., 2) after a step, the latter in units of √(αλ)."""
    position, velocity = np.moveaxis(np.asarray(state, float), -1, 0)
    root = np.sqrt(product)
    velocity = beta * velocity + root * position
    return np.stack([position - root * velocity, velocity], -1)


def momentum_paths(products: ArrayLike, beta: float, start: ArrayLike, steps: int) -> Floats:
    """Return position and α times velocity after every step, (steps + 1, n, 2), for the products αλ (n,).

    ``start`` holds position and velocity, the latter in units of √(αλ). Diverging values are clamped to ±1e150.
    """
    products = np.asarray(products, float)
    position, velocity = np.asarray(start, float)
    path = np.empty((steps + 1, len(products), 2))
    x, v = np.full(len(products), position), velocity * np.sqrt(products)
    path[0] = np.stack([x, v], -1)
    with np.errstate(all="ignore"):
        for k in range(1, steps + 1):
            v = beta * v + products * x
            x = x - v
            path[k] = np.stack([x, v], -1)
    return np.clip(np.nan_to_num(path, nan=LARGEST), -LARGEST, LARGEST)


def errors(path: Floats, products: ArrayLike) -> Floats:
    """Return how far every ball of `momentum_paths` is from rest, (steps + 1, n); 1 at first.

    Position and velocity count together, the velocity in units of √(αλ).
    """
    size = np.hypot(path[..., 0], path[..., 1] / np.sqrt(np.asarray(products, float)))
    return np.maximum(size / np.maximum(size[0], 1e-300), 1e-300)


def error_at(errors: Floats, step: float) -> Floats:
    """Return the errors (n,) at a step with a fraction, from those after every step (steps + 1, n).

    Between two steps it is interpolated on a logarithmic scale.
    """
    before = min(int(step), len(errors) - 2)
    share = step - before
    return np.exp((1 - share) * np.log(errors[before]) + share * np.log(errors[before + 1]))


@dataclass(frozen=True, eq=False)
class HeavyBalls:
    """Momentum on a quadratic: for each of its ``eigenvalues`` (n,) a ball that rolls by itself.

    All ``start`` with the same position and velocity, the latter in units of √(αλ). The properties are computed when
    first used.
    """

    alpha: float
    beta: float
    eigenvalues: Floats
    start: Sequence[float]
    steps: int

    @cached_property
    def products(self) -> Floats:
        """αλ of every ball, (n,)."""
        return self.alpha * self.eigenvalues

    @cached_property
    def rates(self) -> Floats:
        """The factor by which each ball's error shrinks in a step, (n,)."""
        return momentum_rate(self.products, self.beta)

    @cached_property
    def paths(self) -> Floats:
        """Position and α times velocity after every step, (steps + 1, n, 2)."""
        return momentum_paths(self.products, self.beta, self.start, self.steps)

    @cached_property
    def errors(self) -> Floats:
        """How far every ball is from rest, in position and velocity together, (steps + 1, n); 1 at first."""
        return errors(self.paths, self.products)

"""How gradient descent and momentum converge on a quadratic: each eigenvalue λ of the Hessian is a problem of its own.

Momentum's step y ← βy + λx, x ← x − αy is one 2×2 matrix for each λ, and its eigenvalues σ decide everything; they
depend on the product αλ and on β alone. Source: Goh, "Why Momentum Really Works", Distill 2017.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
LARGEST = 1e150  # where a path that diverges is held, so that its squares are numbers


def momentum_rate(product: ArrayLike, beta: ArrayLike) -> Floats:
    """Return max|σ| for αλ and β (any shapes that broadcast): the factor by which an error shrinks in a step."""
    product, beta = np.broadcast_arrays(np.asarray(product, float), np.asarray(beta, float))
    trace = 1 + beta - product
    inside = trace**2 - 4 * beta  # below 0 the two σ are complex, and their product is β
    real = (np.abs(trace) + np.sqrt(np.maximum(inside, 0))) / 2
    return np.where(inside < 0, np.sqrt(beta), real)


def critical_memory(product: ArrayLike) -> Floats:
    """Return the β of critical damping, (1 − √(αλ))²: with less the ball creeps, with more it ripples."""
    return (1 - np.sqrt(np.asarray(product, float))) ** 2


def is_stable(product: ArrayLike, beta: ArrayLike) -> NDArray[np.bool_]:
    """Return where errors shrink: αλ < 2 + 2β."""
    return np.asarray(product, float) < 2 + 2 * np.asarray(beta, float)


def steps_to(target: float, rate: float) -> float:
    """Return how many steps a rate needs to shrink an error to ``target``; infinite where it does not shrink."""
    if rate <= 0:
        return 1.0
    return float(np.ceil(np.log(target) / np.log(rate) - 1e-9)) if rate < 1 else float("inf")


def best_momentum(low: float, high: float) -> tuple[float, float]:
    """Return the α and β that are the quickest for all eigenvalues from ``low`` to ``high``; the rate is √β."""
    a, b = np.sqrt(low), np.sqrt(high)
    return float((2 / (a + b)) ** 2), float(((b - a) / (b + a)) ** 2)


def best_descent(low: float, high: float) -> tuple[float, float]:
    """Return the α that is the quickest for all eigenvalues from ``low`` to ``high`` without memory, and its rate."""
    return 2 / (low + high), (high - low) / (high + low)


def descent_factors(alpha: float, curvature: ArrayLike) -> Floats:
    """Return 1 − αλ of every eigenvalue: what a step of gradient descent leaves of the error along its axis."""
    return 1 - alpha * np.asarray(curvature, float)


def descent_numbers(alpha: float, curvature: ArrayLike) -> dict[str, Floats | float]:
    """Return what a rate leads to on a bowl of these curvatures (n,), and what the best rate is.

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


def momentum_paths(products: ArrayLike, beta: float, start: ArrayLike, steps: int) -> Floats:
    """Return position and α times velocity after every step, (steps + 1, n, 2), for the products αλ (n,).

    ``start`` holds position and velocity, the latter as a share of √(αλ). What diverges is held at ±1e150.
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

    Position and velocity count together, the velocity as a share of √(αλ).
    """
    size = np.hypot(path[..., 0], path[..., 1] / np.sqrt(np.asarray(products, float)))
    return np.maximum(size / np.maximum(size[0], 1e-300), 1e-300)

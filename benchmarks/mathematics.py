"""The benchmark's landscapes and rules, written once for every library that has sin, cos, exp and sqrt.

So that all peers compute the same, gradients are written by hand, and what is equal for all particles (Adam's bias
corrections) is precomputed for each step.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

TAU = 2 * math.pi

DOMAINS = {
    "rosenbrock": ((-2.0, 2.0), (-1.0, 3.0)),
    "ackley": ((-5.0, 5.0), (-5.0, 5.0)),
    "rastrigin": ((-5.12, 5.12), (-5.12, 5.12)),
}

# Rates at which no particle diverges and none has converged after a hundred steps.
RULES: dict[str, dict[str, dict[str, float]]] = {
    "gradient_descent": {
        "rosenbrock": {"lr": 2e-4},
        "ackley": {"lr": 1e-2},
        "rastrigin": {"lr": 1e-3},
    },
    "momentum": {
        "rosenbrock": {"lr": 5e-5, "momentum": 0.9},
        "ackley": {"lr": 2e-3, "momentum": 0.9},
        "rastrigin": {"lr": 2e-4, "momentum": 0.9},
    },
    "adam": {name: {"lr": 0.02, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8} for name in DOMAINS},
}


def starts(landscape: str, count: int) -> NDArray[np.float32]:
    """Return ``count`` random points (2, count) in the landscape's domain, the same in every process."""
    low, high = np.array(DOMAINS[landscape]).T
    draws = np.random.default_rng(7).random((2, count))
    return (low[:, None] + (high - low)[:, None] * draws).astype(np.float32)


def gradient(landscape: str, xp: Any, x: Any, y: Any) -> tuple[Any, Any]:
    """Return df/dx and df/dy."""
    if landscape == "rosenbrock":
        a = y - x * x
        return -2 * (1 - x) - 400 * x * a, 200 * a
    if landscape == "rastrigin":
        return 2 * x + 10 * TAU * xp.sin(TAU * x), 2 * y + 10 * TAU * xp.sin(TAU * y)
    radius = xp.sqrt(0.5 * (x * x + y * y))
    slope = 2 * xp.exp(-0.2 * radius) / radius
    ripple = 0.5 * TAU * xp.exp(0.5 * (xp.cos(TAU * x) + xp.cos(TAU * y)))
    return slope * x + ripple * xp.sin(TAU * x), slope * y + ripple * xp.sin(TAU * y)


def value(landscape: str, xp: Any, x: Any, y: Any) -> Any:
    """Return f(x, y)."""
    if landscape == "rosenbrock":
        a = y - x * x
        return (1 - x) * (1 - x) + 100 * a * a
    if landscape == "rastrigin":
        return 20 + x * x - 10 * xp.cos(TAU * x) + y * y - 10 * xp.cos(TAU * y)
    radius = xp.sqrt(0.5 * (x * x + y * y))
    return -20 * xp.exp(-0.2 * radius) - xp.exp(0.5 * (xp.cos(TAU * x) + xp.cos(TAU * y))) + math.e + 20


def columns(rule: str, hyper: dict[str, float], steps: int) -> NDArray[np.float64]:
    """Return a rule's per-step inputs, (steps, 2): Adam's corrected rate and scale."""
    if rule != "adam":
        return np.zeros((steps, 2))
    t = np.arange(1, steps + 1, dtype=np.float64)
    return np.stack((hyper["lr"] / (1 - hyper["beta1"] ** t), 1 / (1 - hyper["beta2"] ** t)), axis=-1)


def memory_size(rule: str) -> int:
    """Return the size of a particle's optimizer state."""
    return {"gradient_descent": 0, "momentum": 2, "adam": 4}[rule]


def step(
    landscape: str, rule: str, hyper: dict[str, float], xp: Any, state: tuple[Any, ...], column: Any
) -> tuple[Any, ...]:
    """Return x, y and the memory after one step; ``column`` is a row of ``columns``."""
    x, y, *memory = state
    gx, gy = gradient(landscape, xp, x, y)
    lr = hyper["lr"]
    if rule == "gradient_descent":
        return x - lr * gx, y - lr * gy
    if rule == "momentum":
        vx, vy = hyper["momentum"] * memory[0] + gx, hyper["momentum"] * memory[1] + gy
        return x - lr * vx, y - lr * vy, vx, vy
    b1, b2, eps = hyper["beta1"], hyper["beta2"], hyper["eps"]
    rate, scale = column[0], column[1]
    mx, my = b1 * memory[0] + (1 - b1) * gx, b1 * memory[1] + (1 - b1) * gy
    vx, vy = b2 * memory[2] + (1 - b2) * gx * gx, b2 * memory[3] + (1 - b2) * gy * gy
    return (
        x - rate * mx / (xp.sqrt(scale * vx) + eps),
        y - rate * my / (xp.sqrt(scale * vy) + eps),
        mx, my, vx, vy,
    )  # fmt: skip

"""Suggests a learning rate for any optimizer on any landscape, by a simple rule.

Two things set the rate. Rules whose step is a multiple of the gradient must respect the *curvature* λ: on a bowl
gradient descent diverges above 2/λ and is quickest near 1/λ. Rules that divide by the gradient's size move about one
rate a step whatever the slope, so their rate is a *length*, a share of the domain. A few determine it by themselves. λ
is the largest curvature on a normalized gradient descent from the start: forty steps of a fiftieth of the domain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from lossland.optimizers.rule import Optimizer, by_coordinate, is_ours

if TYPE_CHECKING:
    from lossland.landscapes import Landscape
    from lossland.landscapes.problems import Ground, Problem

PER_CURVATURE = {  # rate · λ
    **dict.fromkeys(("gradient_descent", "sgd", "asgd", "qhm", "sam", "schedule_free_sgd"), 1.0),
    **dict.fromkeys(("armijo", "cauchy_step", "barzilai_borwein", "conjugate_gradient"), 1.0),
    **dict.fromkeys(("momentum", "nesterov", "sgdw", "restarted_momentum", "lookahead", "extragradient"), 0.6),
    "optimistic_descent": 0.4,
    "aggmo": 0.2,
}
PER_LENGTH = {  # rate / half the domain's width; the first steps of AdaGrad and RMSprop are longer than the rate
    "adagrad": 0.12,
    "rmsprop": 0.005,
    "adadelta": 6.0,
    "lion": 0.023,
    "rprop": 0.02,
    "cautious_lion": 0.023,
    "ademamix": 0.03,
    "novograd": 0.003,
    "schedule_free_adamw": 0.15,
    "shampoo": 0.12,
    "muon": 0.03,
    "clipped_descent": 0.01,
    **dict.fromkeys(("signsgd", "signum", "normalized_descent", "sophia"), 0.02),
}
BY_ITSELF = {  # the rate of rules that determine the step length, or scale it with the position
    **dict.fromkeys(("prodigy", "polyak_step", "damped_newton", "saddle_free_newton", "bfgs"), 1.0),
    "lars": 2.0,
    "lamb": 0.02,
    "adafactor": 0.05,
}
ADAPTIVE = 0.06  # the same for Adam and its relatives
LONGEST_STEP = 0.25  # of half the domain: no first step is longer
STEPS, STRIDE = 40, 0.02
POWERS = 12  # power iterations for the Hessian's largest eigenvalue
LEADING = np.array([1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0])


@np.errstate(all="ignore")
def suggested(optimizer: Optimizer, landscape: Landscape, start: tuple[float, float]) -> Optimizer:
    """Return the optimizer with a rate that suits a landscape and a start, and its other settings unchanged.

    A user-defined rule without a field ``lr`` is returned as it is.
    """
    if rate_of(optimizer) is None:
        return optimizer
    changes: dict[str, float] = {"lr": suggested_rate(optimizer, landscape, start)}
    return replace(optimizer, **changes)


@np.errstate(all="ignore")
def suggested_rate(optimizer: Optimizer, landscape: Ground, start: Sequence[float]) -> float:
    """Return a rate that suits a landscape, or a problem in n dimensions, and a start."""
    if optimizer.name in BY_ITSELF:
        return BY_ITSELF[optimizer.name]
    size = sum(high - low for low, high in landscape.domain) / (2 * len(landscape.domain))
    share, length = _shares(optimizer)
    if share is None:
        rate = length * size
    else:
        curvature, slope = steepest_descent(landscape, start, size)
        rate = share * min(1.0 / max(curvature, 1e-300), LONGEST_STEP * size / max(slope, 1e-300))
    return rounded(rate)


def _shares(optimizer: Optimizer) -> tuple[float | None, float]:
    """Return rate · λ of a rule whose step is a multiple of the gradient (None for any other), and rate / size.

    A user-defined class is treated like its base class, another library's like ours of that name; otherwise the first
    step for two gradients decides.
    """
    if not optimizer.traced:  # torch.Adam is like adam
        name = optimizer.text.partition(":")[0].rpartition(".")[2].lower()
        return PER_CURVATURE.get(name), PER_LENGTH.get(name, ADAPTIVE)
    for kind in type(optimizer).__mro__:
        if issubclass(kind, Optimizer) and is_ours(kind) and kind is not Optimizer:
            return PER_CURVATURE.get(kind.name), PER_LENGTH.get(kind.name, ADAPTIVE)
    if not by_coordinate(type(optimizer)):
        return None, ADAPTIVE
    small, large = (abs(float(optimizer.update(grad, optimizer.initial(), 1, 0.0).step)) for grad in (0.01, 1.0))
    return (PER_CURVATURE["momentum"] if large > 30 * small else None), ADAPTIVE


def rate_of(optimizer: Optimizer) -> float | None:
    """Return an optimizer's learning rate; None for a user-defined rule without a field ``lr``."""
    return getattr(optimizer, "lr", None)


def steepest_descent(landscape: Ground, start: Sequence[float], size: float) -> tuple[float, float]:
    """Return the largest curvature (absolute) and slope met on a normalized descent from the start."""
    position = np.array(start, float)
    curvature = slope = 0.0
    for _ in range(STEPS):
        gradient = np.asarray(landscape.grad(position), float)
        length = float(np.linalg.norm(gradient))
        eigenvalue = _largest_curvature(landscape, position, gradient)
        if not (np.isfinite(length) and np.isfinite(eigenvalue)):
            break
        curvature, slope = max(curvature, eigenvalue), max(slope, length)
        if length == 0.0:
            break
        position = position - STRIDE * size * gradient / length
    return curvature, slope


def _largest_curvature(landscape: Ground, position: NDArray[np.float64], direction: NDArray[np.float64]) -> float:
    """Return the largest absolute eigenvalue of the Hessian; in more than two dimensions an estimate."""
    if len(position) == 2:
        xx, xy, yy = np.asarray(cast("Landscape", landscape).hessian(position), float)
        return float(abs(xx + yy) / 2 + np.hypot((xx - yy) / 2, xy))
    eigenvalue, problem = 0.0, cast("Problem", landscape)
    for _ in range(POWERS):
        direction = direction / max(float(np.linalg.norm(direction)), 1e-300)
        direction = np.asarray(problem.hessian_times(position, direction), float)
        eigenvalue = float(np.linalg.norm(direction))
    return eigenvalue


def rounded(rate: float) -> float:
    """Round to a number with one or two significant digits: 0.0041 becomes 0.004."""
    rate = float(np.clip(rate, 1e-9, 1e6))
    power = 10.0 ** np.floor(np.log10(rate))
    leading = LEADING[np.argmin(np.abs(np.log(LEADING * power / rate)))]
    return float(f"{leading * power:.3g}")

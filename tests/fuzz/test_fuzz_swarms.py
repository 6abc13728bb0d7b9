"""The counts of float32 swarms against the same particles in float64, on formulas whose parts float32 cannot hold."""

from __future__ import annotations

import numpy as np
import pytest

from lossland import optimizers
from lossland.compute.bounds import is_lost
from lossland.compute.maps import basins
from lossland.compute.stepping import Stepper
from lossland.compute.swarm import swarm
from lossland.landscapes import landscape

COUNT, STEPS = 300, 60

# Large numbers on the way to ordinary ones, to ordinary slopes, or to none.
FORMULAS = (
    "log(exp({a}*x^2) + exp(y^2))", "(1 + x^{n})^(1/{n}) + y^2", "exp({a}*x^2)*1e-30 + y^2", "cosh({a}*x)^0.1 + y^2",
    "1/(1 + exp(-{a}*x)) + 0.01*(x^2 + y^2)", "1e{k}*(x^2 + y^2)", "(1e{k}*x)^2/1e{k} + abs(y)", "sin({a}*x) + cos(y)",
    "log(x) + y^2", "sqrt(x^2 + y^2)*1e{k}/1e{k}", "x^{n}/(1e{k} + x^{n}) + y^2", "tanh(1e{k}*x*y) + x^2 + y^2",
    "1/(x^2 + 1e-{k}) + y^2", "exp(exp({a}*x)) + y^2", "beale", "goldstein_price", "himmelblau", "eggholder",
)  # fmt: skip
RULES = (
    "gradient_descent:lr=0.1", "gradient_descent:lr=1e4", "momentum:lr=0.01", "adam:lr=0.1", "rmsprop:lr=0.01",
    "rprop:lr=0.01", "adagrad:lr=0.5", "nadam:lr=0.05", "sgd:lr=0.01,noise=1", "lion:lr=0.01",
)  # fmt: skip


def in_float64(formula: str, reach: float, spec: str, start: np.ndarray) -> np.ndarray:
    """Return which particles diverge on arrays in float64."""
    land = landscape(formula, domain=((-reach, reach), (-reach, reach)))
    far = 2001 * reach
    stepper = Stepper(land, optimizers.optimizer(spec), bounds=(-far, far, -far, far))
    block = stepper.start(np.ascontiguousarray(start.T, np.float64))
    stepper.advance(block, STEPS)
    end = np.asarray(block.position).T
    return is_lost(end, land.domain) | ~np.isfinite(land.value(end))


def check(seed: int, cases: int) -> None:
    random = np.random.default_rng(seed)
    for _ in range(cases):
        text = str(random.choice(FORMULAS))
        formula = text.format(
            a=f"{10 ** random.uniform(-1, 2):.3g}", n=2 * random.integers(2, 20), k=random.integers(1, 30)
        )
        reach = float(np.round(10 ** random.uniform(0, 3), 1))
        spec = str(random.choice(RULES))
        land, rule = landscape(formula, domain=((-reach, reach), (-reach, reach))), optimizers.optimizer(spec)
        case = (formula, reach, spec)
        ended = swarm(land, rule, count=COUNT, steps=STEPS)
        told = ended.summary()
        assert told["converged"] + told["diverged"] <= COUNT, case
        assert sum(one["share"] for one in told["minima"]) == pytest.approx(told["converged"] / COUNT), case
        assert not (ended.diverged & (ended.label >= 0)).any(), case
        right = in_float64(formula, reach, spec, ended.start)
        # Near a border, rounding decides: a few particles may go the other way.
        assert abs(int(right.sum()) - told["diverged"]) <= 0.05 * COUNT, (*case, right.sum(), told["diverged"])
        whole = basins(land, rule, n=12, steps=STEPS)
        assert not (whole.diverged & (whole.basin >= 0)).any(), case
        assert whole.shares.sum() + whole.diverged.mean() <= 1 + 1e-12, case


def test_some_swarms() -> None:
    check(seed=3, cases=25)


@pytest.mark.fuzz
@pytest.mark.parametrize("seed", range(50, 56))
def test_many_swarms(seed: int) -> None:
    check(seed, cases=40)

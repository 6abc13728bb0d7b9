"""The rules against the papers' formulas in mpmath. tests/peers compares them with PyTorch's implementations."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, fields
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest

from lossland import optimizers
from lossland.compute.arrays import to_numpy
from lossland.compute.trajectory import run
from lossland.errors import UserError
from lossland.landscapes import landscape
from lossland.optimizers import Optimizer, field_range, hyper_parameter, memory, optimizer, spec

# ---------------------------------------------------------------------------------- the rules, as published
# One coordinate, one step: state s (zeros at first), gradient g, position x, step t, hyper-parameters h -> new x.

CATALOGUE = [kind for kind in optimizers.catalogue() if kind.family != "own"]  # other tests have classes too
State = defaultdict[str, Any]
Rule = Callable[[State, Any, Any, int, Any], Any]
sqrt, sign = mpmath.sqrt, mpmath.sign


def moments(s: State, g: Any, h: Any) -> None:
    s["m"] = h.beta1 * s["m"] + (1 - h.beta1) * g
    s["v"] = h.beta2 * s["v"] + (1 - h.beta2) * g * g


def descent(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    return x - h.lr * g


def momentum(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    s["v"] = h.momentum * s["v"] + g
    return x - h.lr * s["v"]


def nesterov(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    s["v"] = h.momentum * s["v"] + g
    return x - h.lr * (g + h.momentum * s["v"])


def adagrad(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    s["sum"] += g * g
    return x - h.lr * g / (sqrt(s["sum"]) + h.eps)


def rmsprop(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    s["v"] = h.alpha * s["v"] + (1 - h.alpha) * g * g
    return x - h.lr * g / (sqrt(s["v"]) + h.eps)


def adadelta(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    s["g2"] = h.rho * s["g2"] + (1 - h.rho) * g * g
    move = -sqrt(s["x2"] + h.eps) / sqrt(s["g2"] + h.eps) * g
    s["x2"] = h.rho * s["x2"] + (1 - h.rho) * move * move
    return x + h.lr * move


def adam(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    moments(s, g, h)
    rate = h.lr * sqrt(1 - h.beta2**t) / (1 - h.beta1**t)  # the paper's efficient order, with eps to match
    return x - rate * s["m"] / (sqrt(s["v"]) + h.eps * sqrt(1 - h.beta2**t))


def adamw(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    return adam(s, g, x * (1 - h.lr * h.weight_decay), t, h)


def amsgrad(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    moments(s, g, h)
    s["max"] = max(s["max"], s["v"])
    return x - h.lr / (1 - h.beta1**t) * s["m"] / (sqrt(s["max"]) / sqrt(1 - h.beta2**t) + h.eps)


def nadam(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    def mu(i: int) -> Any:
        return h.beta1 * (1 - mpmath.mpf("0.5") * mpmath.mpf("0.96") ** (i * h.momentum_decay))

    moments(s, g, h)
    product = mpmath.fprod(mu(i) for i in range(1, t + 1))
    m_hat = mu(t + 1) * s["m"] / (1 - product * mu(t + 1)) + (1 - mu(t)) * g / (1 - product)
    return x - h.lr * m_hat / (sqrt(s["v"] / (1 - h.beta2**t)) + h.eps)


def radam(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    moments(s, g, h)
    m_hat = s["m"] / (1 - h.beta1**t)
    end = 2 / (1 - h.beta2) - 1
    rho = end - 2 * t * h.beta2**t / (1 - h.beta2**t)
    if rho <= 5:
        return x - h.lr * m_hat
    r = sqrt((rho - 4) * (rho - 2) * end / ((end - 4) * (end - 2) * rho))
    return x - h.lr * r * m_hat * sqrt(1 - h.beta2**t) / (sqrt(s["v"]) + h.eps)


def adamax(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    s["m"] = h.beta1 * s["m"] + (1 - h.beta1) * g
    s["u"] = max(h.beta2 * s["u"], abs(g) + h.eps)
    return x - h.lr / (1 - h.beta1**t) * s["m"] / s["u"]


def lion(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    update = sign(h.beta1 * s["m"] + (1 - h.beta1) * g)
    s["m"] = h.beta2 * s["m"] + (1 - h.beta2) * g
    return x - h.lr * (update + h.weight_decay * x)


def rprop(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    size = s["size"] if t > 1 else h.lr
    if g * s["g"] > 0:
        size = min(size * h.eta_plus, h.size_max)
    elif g * s["g"] < 0:
        size, g = max(size * h.eta_minus, h.size_min), mpmath.mpf(0)
    s["size"], s["g"] = size, g
    return x - sign(g) * size


def yogi(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    s["m"] = h.beta1 * s["m"] + (1 - h.beta1) * g
    s["v"] -= (1 - h.beta2) * sign(s["v"] - g * g) * g * g
    return x - h.lr * s["m"] / (sqrt(s["v"]) + h.eps)


def adabelief(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    s["m"] = h.beta1 * s["m"] + (1 - h.beta1) * g
    s["s"] = h.beta2 * s["s"] + (1 - h.beta2) * (g - s["m"]) ** 2 + h.eps
    return x - h.lr * (s["m"] / (1 - h.beta1**t)) / (sqrt(s["s"] / (1 - h.beta2**t)) + h.eps)


def sgdw(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    return momentum(s, g, x, t, h) - h.lr * h.weight_decay * x


def asgd(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    eta = s["eta"] or h.lr  # torch sets the rate of the next step at the end of a step
    s["eta"] = h.lr / mpmath.power(1 + h.lambd * h.lr * t, h.alpha)
    return x * (1 - h.lambd * eta) - eta * g


def aggmo(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    for k, beta in enumerate((0, h.momentum, h.momentum2)):
        s[f"v{k}"] = beta * s[f"v{k}"] - g
    return x + h.lr / 3 * (s["v0"] + s["v1"] + s["v2"])


def qhm(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    s["m"] = h.momentum * s["m"] + (1 - h.momentum) * g
    return x - h.lr * (g + h.nu * (s["m"] - g))


def adabound(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    moments(s, g, h)
    rate = h.lr * sqrt(1 - h.beta2**t) / (1 - h.beta1**t) / (sqrt(s["v"]) + h.eps)
    low, high = h.final_lr * (1 - 1 / (h.gamma * t + 1)), h.final_lr * (1 + 1 / (h.gamma * t))
    return x - min(max(rate, low), high) * s["m"]


def ademamix(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    moments(s, g, h)
    s["slow"] = h.beta3 * s["slow"] + (1 - h.beta3) * g
    top = s["m"] / (1 - h.beta1**t) + h.alpha * s["slow"]
    return x - h.lr * top / (sqrt(s["v"] / (1 - h.beta2**t)) + h.eps)


def adan(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    change = g - s["g"] if t > 1 else mpmath.mpf(0)
    s["g"] = g
    s["m"] += (1 - h.beta1) * (g - s["m"])
    s["d"] += (1 - h.beta2) * (change - s["d"])
    s["n"] += (1 - h.beta3) * ((g + h.beta2 * change) ** 2 - s["n"])
    scale = h.lr / (sqrt(s["n"] / (1 - h.beta3**t)) + h.eps)
    return x - scale * (s["m"] / (1 - h.beta1**t) + h.beta2 * s["d"] / (1 - h.beta2**t))


def adopt(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    if t == 1:
        s["v"] = g * g
        return x
    scaled, most = g / max(sqrt(s["v"]), h.eps), mpmath.power(t - 1, 0.25)
    s["m"] = h.beta1 * s["m"] + (1 - h.beta1) * sign(scaled) * min(abs(scaled), most)
    s["v"] = h.beta2 * s["v"] + (1 - h.beta2) * g * g
    return x - h.lr * s["m"]


def signsgd(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    return x - h.lr * sign(g)


def signum(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    s["m"] = h.momentum * s["m"] + (1 - h.momentum) * g
    return x - h.lr * sign(s["m"])


def optimistic(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    move, s["g"] = g if t == 1 else g + (g - s["g"]), g
    return x - h.lr * move


def lookahead(s: State, g: Any, x: Any, t: int, h: Any) -> Any:
    if t == 1:
        s["slow"] = x
    s["v"] = h.momentum * s["v"] + g
    x = x - h.lr * s["v"]
    if t % int(h.every) == 0:
        s["slow"] = x = (1 - h.alpha) * s["slow"] + h.alpha * x
    return x


# One row an optimizer that works on each coordinate by itself: settings that bring every part of the rule into play
# within 100 steps, and the rule.
ROWS: list[tuple[str, Rule]] = [
    ("gradient_descent:lr=0.002", descent),
    ("sgd:lr=0.002", descent),
    ("momentum:lr=0.001,momentum=0.8", momentum),
    ("nesterov:lr=0.001,momentum=0.8", nesterov),
    ("adagrad:lr=0.5,eps=0.1", adagrad),
    ("rmsprop:lr=0.02,alpha=0.9,eps=0.1", rmsprop),
    ("adadelta:lr=0.05,rho=0.8,eps=0.01", adadelta),
    ("adam:lr=0.1,beta1=0.8,beta2=0.99,eps=0.1", adam),
    ("adamw:lr=0.1,beta1=0.8,beta2=0.99,eps=0.1,weight_decay=0.3", adamw),
    ("amsgrad:lr=0.3,beta1=0.8,beta2=0.7,eps=0.1", amsgrad),
    ("nadam:lr=0.1,beta1=0.8,beta2=0.99,eps=0.1,momentum_decay=0.05", nadam),
    ("radam:lr=0.01,beta1=0.8,beta2=0.99,eps=0.1", radam),
    ("adamax:lr=0.1,beta1=0.8,beta2=0.9,eps=0.1", adamax),
    ("lion:lr=0.03,beta1=0.8,beta2=0.9,weight_decay=0.3", lion),
    ("rprop:lr=0.01,eta_minus=0.4,eta_plus=1.3,size_min=0.001,size_max=0.3", rprop),
    ("yogi:lr=0.1,beta1=0.8,beta2=0.9,eps=0.1", yogi),
    ("adabelief:lr=0.1,beta1=0.8,beta2=0.99,eps=0.01", adabelief),
    ("sgdw:lr=0.001,momentum=0.8,weight_decay=0.3", sgdw),
    ("asgd:lr=0.01,lambd=0.3,alpha=0.6", asgd),
    ("aggmo:lr=0.001,momentum=0.7,momentum2=0.9", aggmo),
    ("qhm:lr=0.005,momentum=0.9,nu=0.6", qhm),
    ("adabound:lr=0.1,beta1=0.8,beta2=0.9,eps=0.01,final_lr=0.01,gamma=0.05", adabound),
    ("ademamix:lr=0.02,beta1=0.8,beta2=0.9,beta3=0.97,alpha=2,eps=0.01", ademamix),
    ("adan:lr=0.1,beta1=0.9,beta2=0.8,beta3=0.95,eps=0.01", adan),
    ("adopt:lr=0.1,beta1=0.8,beta2=0.9,eps=0.01", adopt),
    ("signsgd:lr=0.03", signsgd),
    ("signum:lr=0.03,momentum=0.8", signum),
    ("optimistic_descent:lr=0.005", optimistic),
    ("lookahead:lr=0.002,momentum=0.8,alpha=0.4,every=3", lookahead),
]


def by_hand(rule: Rule, settings: Optimizer, steps: int) -> list[tuple[float, float]]:
    """Follow a rule on Himmelblau's function from (0.5, -3), with 40 digits."""
    with mpmath.workdps(40):
        h = SimpleNamespace(**{name: mpmath.mpf(value) for name, value in asdict(settings).items()})
        x, y = mpmath.mpf("0.5"), mpmath.mpf(-3)
        state_x, state_y = (defaultdict(lambda: mpmath.mpf(0)) for _ in range(2))
        path = []
        for t in range(1, steps + 1):
            a, b = x * x + y - 11, x + y * y - 7
            gx, gy = 4 * x * a + 2 * b, 2 * a + 4 * y * b
            x, y = rule(state_x, gx, x, t, h), rule(state_y, gy, y, t, h)
            path.append((float(x), float(y)))
    return path


@pytest.mark.parametrize(("text", "rule"), ROWS, ids=[row[0].partition(":")[0] for row in ROWS])
def test_rules_follow_the_published_formulas(text: str, rule: Rule) -> None:
    chosen = optimizer(text)
    path = run(landscape("himmelblau"), chosen, (0.5, -3.0), 100).points[1:, 0]
    assert np.abs(path - by_hand(rule, chosen, 100)).max() < 1e-10


def test_every_optimizer_by_coordinate_has_its_row() -> None:
    """The others are in `test_rules_that_look_around`."""
    wanted = {kind.name for kind in CATALOGUE if optimizers.by_coordinate(kind)}
    assert {row[0].partition(":")[0] for row in ROWS} == wanted


# ------------------------------------------------------------------------------ known figures on Rosenbrock's valley


@pytest.mark.parametrize(
    ("text", "step", "point"),
    [
        ("sgd:lr=0.001", 1, (-0.9844, 1.088)),
        ("sgd:lr=0.001", 1000, (0.327263, 0.104013)),
        ("gradient_descent:lr=0.001", 1000, (0.327263, 0.104013)),
        ("momentum:lr=0.001,momentum=0.9", 1000, (0.994999, 0.990003)),
        ("nesterov:lr=0.0001,momentum=0.9", 1, (-1.159036, 1.016720)),
        ("rmsprop:lr=0.01,alpha=0.99", 1, (-1.1, 1.1)),
        ("adam:lr=0.1", 1, (-1.1, 1.1)),
        ("adam:lr=0.1", 100, (-0.727388, 0.533684)),
        ("adam:lr=0.1", 1000, (0.996477, 0.992954)),
    ],
)
def test_known_figures(text: str, step: int, point: tuple[float, float]) -> None:
    path = run(landscape("rosenbrock"), optimizer(text), (-1.2, 1.0), step)
    assert path.points[step, 0] == pytest.approx(point, abs=1e-6)


@pytest.mark.parametrize("slope", [1e-3, 7.0])
def test_adams_first_step_is_the_learning_rate(slope: float) -> None:
    path = run(landscape(f"{slope}*x - {slope}*y"), optimizer("adam:lr=0.25"), (0.0, 0.0), 1)
    assert path.points[1, 0] == pytest.approx((-0.25, 0.25), rel=1e-4)


# -------------------------------------------------------------------------------------------- on arrays and floats


@pytest.mark.parametrize(
    "kind", [kind for kind in CATALOGUE if optimizers.by_coordinate(kind)], ids=lambda kind: kind.name
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rules_run_on_arrays_of_any_library_and_keep_their_type(xp: Any, kind: type[Optimizer], dtype: str) -> None:
    rule = kind()
    slopes = np.random.default_rng(0).normal(size=(12, 5))
    zero = xp.zeros(5, dtype=getattr(xp, dtype))
    last = rule.initial()
    last = last._replace(**{name: zero + getattr(last, name) for name in memory(kind)})
    alone = [rule.initial()] * 5
    position = zero + 1.0
    for t, row in enumerate(slopes, start=1):
        grad = xp.asarray(row, dtype=zero.dtype)
        last = rule.update(grad, last, t, position)
        position = position + last.step
        alone = [rule.update(float(g), one, t, 1.0) for g, one in zip(row, alone, strict=True)]
        assert type(last.step) is type(zero)
        assert last.step.dtype == zero.dtype
        if kind.name not in ("adamw", "lion", "sgdw", "asgd", "lookahead"):  # these look at the position, which moves
            exact = np.array([one.step for one in alone])
            error = np.abs(to_numpy(last.step) - exact) / (rule.lr + np.abs(exact))  # type: ignore[attr-defined]
            assert error.max() < (1e-4 if dtype == "float32" else 1e-12)


def test_what_is_carried_from_step_to_step() -> None:
    found = {kind.name: memory(kind) for kind in CATALOGUE}
    assert found["gradient_descent"] == found["sgd"] == ()
    assert found["momentum"] == ("v",)
    assert found["adam"] == ("m", "v")
    assert found["amsgrad"] == ("m", "v", "v_max")
    assert found["rprop"] == ("size", "g_kept")
    assert found["prodigy"] == ("start", "m", "v", "r", "s", "d")
    assert found["bfgs"] == ("g", "H", "step")
    assert found["sam"] == found["damped_newton"] == ()


# ---------------------------------------------------------------------------------- what follows from the classes


def test_every_optimizer_says_what_it_is() -> None:
    for kind in CATALOGUE:
        assert kind.title
        assert kind.source
        assert kind.__doc__


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.name)
def test_text_reads_back(kind: type[Optimizer]) -> None:
    other = kind(**{field.name: getattr(kind(), field.name) * 0.97 or 0.3 for field in fields(kind)
                    if field.name not in ("eta_plus", "every")})  # fmt: skip
    for chosen in (kind(), other):
        assert optimizer(spec(chosen)) == chosen
    assert optimizer(kind.name) == optimizer(f" {kind.name.upper()} ") == kind()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("adm", "Did you mean 'adam'"),
        ("", "There is no optimizer ''"),
        ("adam:lr", "as in adam:lr=0.1"),
        ("adam:", "as in adam:lr=0.1"),
        ("adam:rate=1", "adam has no setting 'rate'"),
        ("adam:beta=0.9", "Did you mean 'beta"),
        ("adam:lr=fast", "lr of adam must be a number, not 'fast'"),
        ("adam:lr=1,lr=2", "given twice"),
        ("adam:lr=-1", "lr of adam must be a number of at least 0, not -1.0"),
        ("adam:lr=nan", "lr of adam must be a number of at least 0, not nan"),
        ("adam:lr=inf", "lr of adam must be a number of at least 0, not inf"),
        ("adam:beta1=1", "beta1 of adam must be a number of at least 0 and below 1, not 1.0"),
        ("rprop:eta_plus=0.9", "eta_plus of rprop must be a number of at least 1, not 0.9"),
    ],
)
def test_bad_text_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UserError) as refused:
        optimizer(text)
    assert sentence in str(refused.value)


def test_bad_values_are_refused_where_an_optimizer_is_made() -> None:
    with pytest.raises(UserError):
        optimizers.Adam(lr="fast")  # type: ignore[arg-type]
    with pytest.raises(UserError):
        optimizers.Adam(lr=None)  # type: ignore[arg-type]
    assert optimizers.Adam(lr=1) == optimizers.Adam(lr=1.0)
    assert isinstance(optimizers.Adam(lr=1).lr, float)


def test_optimizers_are_values() -> None:
    one = optimizers.Adam(lr=0.1)
    assert hash(one) == hash(optimizers.Adam(lr=0.1))
    with pytest.raises(FrozenInstanceError):
        one.lr = 0.2  # type: ignore[misc]


@pytest.mark.parametrize("kind", CATALOGUE, ids=lambda kind: kind.name)
def test_sliders_hold_the_default_and_only_legal_values(kind: type[Optimizer]) -> None:
    for name, default in optimizers.defaults(kind).items():
        low, high, log = field_range(kind, name)
        assert low <= default <= high
        assert not log or low > 0
        assert hyper_parameter(kind, name).symbol
        kind(**{name: low})
        kind(**{name: high})


def test_only_noise_makes_a_rule_stochastic() -> None:
    assert not any(kind().stochastic for kind in CATALOGUE)
    assert optimizers.SGD(noise=0.5).stochastic
    assert optimizers.SGD(noise=0.5).observe(2.0, -3.0) == 0.5
    assert optimizers.Adam().observe(2.0, -3.0) == 2.0
    assert optimizers.noisy(optimizers.Adam(), 0.5).observe(2.0, -3.0) == 0.5


def test_which_hyper_parameter_is_the_inertia() -> None:
    found = {kind.name: optimizers.inertia(kind) for kind in CATALOGUE}
    assert {name for name, inertia in found.items() if inertia == "momentum"} >= {"momentum", "nesterov"}
    assert found["adam"] == found["lion"] == optimizers.inertia(optimizers.Adam()) == "beta1"
    assert {name for name, inertia in found.items() if not inertia} >= {
        "gradient_descent", "sgd", "adagrad", "rmsprop", "adadelta", "rprop",
    }  # fmt: skip

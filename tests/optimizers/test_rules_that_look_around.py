"""Rules that see the whole gradient or look elsewhere, against the papers' formulas in mpmath, with 40 digits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np
import pytest
from mpmath import mpf

from lossland import optimizers
from lossland.compute.trajectory import run
from lossland.landscapes import landscape
from lossland.optimizers import cost, optimizer

# A vector is a NumPy array of mpmath numbers. A rule gets its state (zeros at first), a function of the landscape, the
# position x, the step t and the hyper-parameters h, and returns the new x.

CATALOGUE = [kind for kind in optimizers.catalogue() if kind.family != "own"]  # other tests have classes too
State = defaultdict[str, Any]
Rule = Callable[[State, "Himmelblau", Any, int, Any], Any]
sqrt = mpmath.sqrt


class Himmelblau:
    """(x^2 + y - 11)^2 + (x + y^2 - 7)^2 with its derivatives, written out."""

    @staticmethod
    def value(p: Any) -> Any:
        x, y = p
        return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2

    @staticmethod
    def grad(p: Any) -> Any:
        x, y = p
        a, b = x * x + y - 11, x + y * y - 7
        return np.array([4 * x * a + 2 * b, 2 * a + 4 * y * b])

    @staticmethod
    def hessian(p: Any) -> Any:
        x, y = p
        return np.array([[12 * x * x + 4 * y - 42, 4 * (x + y)], [4 * (x + y), 12 * y * y + 4 * x - 26]])


def length(v: Any) -> Any:
    return sqrt(v @ v)


def clip(v: Any, most: Any) -> Any:
    return np.array([mpmath.sign(part) * min(abs(part), most) for part in v])


def roots(v: Any) -> Any:
    return np.array([sqrt(part) for part in v])


def moments(s: State, g: Any, h: Any) -> None:
    s["m"] = h.beta1 * s["m"] + (1 - h.beta1) * g
    s["v"] = h.beta2 * s["v"] + (1 - h.beta2) * g * g


def by_eigenvalues(function: Callable[[Any], Any], matrix: Any) -> Any:
    values, vectors = mpmath.eigsy(mpmath.matrix(matrix.tolist()))
    made = vectors * mpmath.diag([function(value) for value in values]) * vectors.T
    return np.array(made.tolist()).reshape(2, 2)


def restarted_momentum(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x)
    if t > 1 and g @ s["move"] > 0:  # it would go uphill
        s["move"] = 0 * g
    s["move"] = h.momentum * s["move"] - h.lr * g
    return x + s["move"]


def normalized_descent(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    return x - h.lr / (length(f.grad(x)) + h.eps) * f.grad(x)


def clipped_descent(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    scale = h.longest / (length(f.grad(x)) + mpf("1e-6"))
    return x - h.lr * (scale * f.grad(x) if scale < 1 else f.grad(x))


def lars(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x)
    local = h.trust * length(x) / (length(g) + h.weight_decay * length(x))
    s["v"] = h.momentum * s["v"] + local * (g + h.weight_decay * x)
    return x - h.lr * s["v"]


def lamb(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    moments(s, f.grad(x), h)
    r = s["m"] / (1 - h.beta1**t) / (roots(s["v"] / (1 - h.beta2**t)) + h.eps)
    update = r + h.weight_decay * x
    return x - h.lr * length(x) * update / length(update)


def novograd(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x)
    s["v"] = g @ g if t == 1 else h.beta2 * s["v"] + (1 - h.beta2) * (g @ g)
    s["m"] = h.beta1 * s["m"] + (g / (sqrt(s["v"]) + h.eps) + h.weight_decay * x)
    return x - h.lr * s["m"]


def adam_mini(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x)
    s["m"] = h.beta1 * s["m"] + (1 - h.beta1) * g
    s["scale"] = h.beta2 * s["scale"] + (1 - h.beta2) * (g[0] ** 2 + g[1] ** 2) / 2
    return x - h.lr * s["m"] / (1 - h.beta1**t) / (sqrt(s["scale"] / (1 - h.beta2**t)) + h.eps)


def cautious(update: Any, g: Any) -> Any:
    agree = [mpf(1) if a * b > 0 else mpf(0) for a, b in zip(update, g, strict=True)]
    return update * np.array(agree) / max(sum(agree) / 2, mpf("1e-3"))


def cautious_adamw(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    moments(s, f.grad(x), h)
    update = s["m"] / (1 - h.beta1**t) / (roots(s["v"] / (1 - h.beta2**t)) + h.eps)
    return x - h.lr * cautious(update, f.grad(x)) - h.lr * h.weight_decay * x


def cautious_lion(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x)
    update = np.array([mpmath.sign(part) for part in h.beta1 * s["m"] + (1 - h.beta1) * g])
    s["m"] = h.beta2 * s["m"] + (1 - h.beta2) * g
    return x - h.lr * cautious(update, g) - h.lr * h.weight_decay * x


def adafactor(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g, keep = f.grad(x), 1 - mpmath.power(t, h.beta2_decay)
    s["v"] = keep * s["v"] + (1 - keep) * g * g
    u = g / roots(s["v"])
    u = u / max(1, length(u) / sqrt(2) / h.d)
    return x - max(h.eps2, length(x) / sqrt(2)) * min(h.lr, 1 / sqrt(t)) * u


def prodigy(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x)
    if t == 1:
        s["x0"], s["d"] = x, h.d0
    d, beta3 = s["d"], sqrt(h.beta2)
    s["m"] = h.beta1 * s["m"] + (1 - h.beta1) * d * g
    s["v"] = h.beta2 * s["v"] + (1 - h.beta2) * d * d * g * g
    s["r"] = beta3 * s["r"] + d / h.d0 * d * h.lr * (g @ (s["x0"] - x))
    s["s"] = beta3 * s["s"] + d / h.d0 * d * h.lr * g
    s["d"] = max(d, s["r"] / sum(map(abs, s["s"])))
    return x - h.lr * d * s["m"] / (roots(s["v"]) + s["d"] * h.eps)


def mars(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x)
    c = g + h.gamma * (h.beta1 / (1 - h.beta1)) * (g - s["g"])
    s["g"] = g
    if length(c) > 1:
        c = c / length(c)
    moments(s, c, h)
    return x - h.lr * s["m"] / (1 - h.beta1**t) / ((roots(s["v"]) + h.eps) / sqrt(1 - h.beta2**t))


def backtracking(f: Himmelblau, x: Any, d: Any, rate: Any, shrink: Any, share: Any) -> Any:
    for _ in range(7):
        if f.value(x + rate * d) < f.value(x) + share * rate * (f.grad(x) @ d):
            return rate
        rate = rate * shrink
    return rate


def armijo(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x)
    s["rate"] = backtracking(f, x, -g, h.lr if t == 1 else s["rate"] / h.shrink, h.shrink, h.share)
    return x - s["rate"] * g


def polyak_step(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x)
    return x - h.lr * min((f.value(x) - h.lowest) / (g @ g + h.eps), h.longest) * g


def cauchy_step(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x)
    bend = g @ f.hessian(x) @ g
    return x - (g @ g / bend if bend > 0 else h.lr) * g


def barzilai_borwein(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g, rate = f.grad(x), h.lr
    if t > 1:
        dx, dg = x - s["x"], g - s["g"]
        rate = dx @ dx / (dx @ dg) if dx @ dg > 0 else h.lr
    s["x"], s["g"] = x, g
    return x - rate * g


def conjugate_gradient(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x)
    d = -g
    if t > 1:
        d = -g + max(g @ (g - s["g"]) / (s["g"] @ s["g"]), 0) * s["d"]
        d = d if d @ g < 0 else -g
    s["g"], s["d"] = g, d
    bend = d @ f.hessian(x) @ d
    return x + (-(g @ d) / bend if bend > 0 else h.lr) * d


def newton_step(matrix: Any, g: Any) -> Any:
    (a, b), (c, d) = matrix
    return np.array([d * g[0] - b * g[1], a * g[1] - c * g[0]]) / (a * d - b * c)


def damped_newton(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    return x - h.lr * newton_step(f.hessian(x) + h.damping * np.eye(2, dtype=int), f.grad(x))


def saddle_free_newton(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    return x - h.lr * by_eigenvalues(lambda value: 1 / (abs(value) + h.damping), f.hessian(x)) @ f.grad(x)


def bfgs(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g, unit = f.grad(x), np.array([[mpf(1), mpf(0)], [mpf(0), mpf(1)]])
    if t == 1:
        s["H"] = unit
    else:
        dx, dg = x - s["x"], g - s["g"]
        if dx @ dg > 0:
            if t == 2:
                s["H"] = dx @ dg / (dg @ dg) * unit
            half = unit - np.outer(dx, dg) / (dx @ dg)
            s["H"] = half @ s["H"] @ half.T + np.outer(dx, dx) / (dx @ dg)
    d = -s["H"] @ g
    d = d if d @ g < 0 else -g
    s["x"], s["g"] = x, g
    return x + backtracking(f, x, d, h.lr, mpf("0.5"), mpf("1e-4")) * d


def sophia(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    s["m"] = h.beta1 * s["m"] + (1 - h.beta1) * f.grad(x)
    s["h"] = h.beta2 * s["h"] + (1 - h.beta2) * np.diag(f.hessian(x))
    return x - h.lr * clip(s["m"] / np.array([max(h.gamma * part, h.eps) for part in s["h"]]), 1)


def sam(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    return x - h.lr * f.grad(x + h.rho / (length(f.grad(x)) + mpf("1e-12")) * f.grad(x))


def extragradient(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    return x - h.lr * f.grad(x - h.lr * f.grad(x))


def schedule_free_sgd(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    if t == 1:
        s["z"] = x
    s["z"] = s["z"] - h.lr * f.grad((1 - h.momentum) * s["z"] + h.momentum * x)
    return (1 - mpf(1) / t) * x + mpf(1) / t * s["z"]


def schedule_free_adamw(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    if t == 1:
        s["z"] = x
    y = (1 - h.beta1) * s["z"] + h.beta1 * x
    s["v"] = h.beta2 * s["v"] + (1 - h.beta2) * f.grad(y) ** 2
    s["z"] = s["z"] - h.lr * (f.grad(y) / (roots(s["v"] / (1 - h.beta2**t)) + h.eps) + h.weight_decay * y)
    return (1 - mpf(1) / t) * x + mpf(1) / t * s["z"]


def muon(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x)
    s["m"] = h.momentum * s["m"] + (1 - h.momentum) * g
    u = (h.momentum * s["m"] + (1 - h.momentum) * g).reshape(1, 2)
    u = u / length(u[0])
    for _ in range(5):
        square = u @ u.T
        u = mpf("3.4445") * u + (mpf("-4.775") * square + mpf("2.0315") * square @ square) @ u
    return x * (1 - h.lr * h.weight_decay) - h.lr * u[0]


def shampoo(s: State, f: Himmelblau, x: Any, t: int, h: Any) -> Any:
    g = f.grad(x).reshape(1, 2)
    if t == 1:
        s["L"], s["R"] = np.array([[h.eps]]), h.eps * np.eye(2, dtype=int)
    s["L"], s["R"] = s["L"] + g @ g.T, s["R"] + g.T @ g
    left = mpmath.power(s["L"][0, 0], mpf("-0.25"))
    return x - h.lr * left * (g @ by_eigenvalues(lambda value: mpmath.power(value, mpf("-0.25")), s["R"]))[0]


# Settings that bring every part of the rule into play within 60 steps, the rule, and what a step costs by definition.
ROWS: list[tuple[str, Rule, float]] = [
    ("restarted_momentum:lr=0.005,momentum=0.9", restarted_momentum, 1),
    ("normalized_descent:lr=0.1,eps=0.1", normalized_descent, 1),
    ("clipped_descent:lr=0.02,longest=5", clipped_descent, 1),
    ("lars:lr=20,momentum=0.8,weight_decay=0.1,trust=0.001", lars, 1),
    ("lamb:lr=0.02,beta1=0.8,beta2=0.9,eps=0.01,weight_decay=0.1", lamb, 1),
    ("novograd:lr=0.02,beta1=0.8,beta2=0.9,eps=0.1,weight_decay=0.1", novograd, 1),
    ("adam_mini:lr=0.1,beta1=0.8,beta2=0.9,eps=0.1", adam_mini, 1),
    ("cautious_adamw:lr=0.1,beta1=0.8,beta2=0.9,eps=0.1,weight_decay=0.1", cautious_adamw, 1),
    ("adafactor:lr=0.2,beta2_decay=-0.7,eps2=1.5,d=0.8", adafactor, 1),
    ("prodigy:lr=1,beta1=0.8,beta2=0.9,eps=0.01,d0=0.001", prodigy, 1),
    ("mars:lr=0.1,beta1=0.8,beta2=0.9,gamma=0.1,eps=0.01", mars, 1),
    ("cautious_lion:lr=0.03,beta1=0.8,beta2=0.9,weight_decay=0.1", cautious_lion, 1),
    ("armijo:lr=0.5,shrink=0.6,share=0.3", armijo, 1 + 8 / 2),
    ("polyak_step:lr=0.7,lowest=-1,longest=0.02", polyak_step, 1 + 1 / 2),
    ("cauchy_step:lr=0.01", cauchy_step, 1 + 2),
    ("barzilai_borwein:lr=0.01", barzilai_borwein, 1),
    ("conjugate_gradient:lr=0.01", conjugate_gradient, 1 + 2),
    ("damped_newton:lr=0.7,damping=5", damped_newton, 1 + 2 * 2),
    ("saddle_free_newton:lr=0.7,damping=5", saddle_free_newton, 1 + 2 * 2),
    ("bfgs:lr=1", bfgs, 1 + 8 / 2),
    ("sophia:lr=0.1,beta1=0.8,beta2=0.9,gamma=0.5,eps=0.1", sophia, 1 + 2 * 2),
    ("sam:lr=0.005,rho=0.3", sam, 2),
    ("extragradient:lr=0.005", extragradient, 2),
    ("schedule_free_sgd:lr=0.01,momentum=0.8", schedule_free_sgd, 1),
    ("schedule_free_adamw:lr=0.2,beta1=0.8,beta2=0.9,eps=0.1,weight_decay=0.1", schedule_free_adamw, 1),
    ("muon:lr=0.05,momentum=0.8,weight_decay=0.1", muon, 1),
    ("shampoo:lr=0.3,eps=0.01", shampoo, 1),
]
IDS = [row[0].partition(":")[0] for row in ROWS]


@pytest.mark.parametrize(("text", "rule", "price"), ROWS, ids=IDS)
@pytest.mark.parametrize("start", [(0.5, -3.0), (-4.0, 0.3)])
def test_rules_follow_the_published_formulas(text: str, rule: Rule, price: float, start: tuple[float, float]) -> None:
    chosen = optimizer(text)
    path = run(landscape("himmelblau"), chosen, start, 60).points[1:, 0]
    with mpmath.workdps(40):
        h = SimpleNamespace(**{name: mpf(value) for name, value in asdict(chosen).items()})
        state: State = defaultdict(lambda: np.array([mpf(0), mpf(0)]))
        state["r"] = state["scale"] = mpf(0)
        x = np.array([mpf(start[0]), mpf(start[1])])
        for t, here in enumerate(path, start=1):
            x = rule(state, Himmelblau(), x, t, h)
            assert np.abs(here - x.astype(float)).max() < 1e-10, t


def test_every_rule_that_looks_around_has_its_row() -> None:
    assert set(IDS) == {kind.name for kind in CATALOGUE if not optimizers.by_coordinate(kind)}


@pytest.mark.parametrize(("text", "rule", "price"), ROWS, ids=IDS)
def test_a_step_costs_what_it_looks_at(text: str, rule: Rule, price: float) -> None:
    assert cost(type(optimizer(text))) == price


def test_a_rule_by_coordinate_costs_one_gradient() -> None:
    assert {cost(kind) for kind in CATALOGUE if optimizers.by_coordinate(kind)} == {1.0}


# ------------------------------------------------------------------------------------------------- known behaviour


def test_newtons_method_finds_the_bottom_of_a_bowl_in_one_step() -> None:
    bowl = landscape("3*x^2 + 2*x*y + y^2 - 4*x + 2*y")
    bottom = np.linalg.solve([[6, 2], [2, 2]], [4, -2])
    newton = optimizers.DampedNewton(damping=1e-12)
    assert run(bowl, newton, (5.0, -7.0), 1).points[1, 0] == pytest.approx(bottom, rel=1e-9)


@pytest.mark.parametrize("name", ["conjugate_gradient", "barzilai_borwein", "bfgs"])
def test_methods_for_bowls_are_quick_on_a_long_valley(name: str) -> None:
    """Conjugate gradients need two steps in two dimensions, the others a few more; descent needs hundreds."""
    valley = landscape("(x^2 + 100*y^2)/2")
    path = run(valley, optimizer(f"{name}:lr=0.01" if name != "bfgs" else name), (10.0, 1.0), 25)
    steps = 2 if name == "conjugate_gradient" else 25
    assert path.values[steps, 0] < 1e-9 * path.values[0, 0]


def test_newton_stops_at_a_saddle_which_repels_its_saddle_free_form() -> None:
    saddle = landscape("x^2 - y^2")
    start = (1.0, 0.1)
    assert run(saddle, optimizers.DampedNewton(damping=1e-9), start, 5).points[-1, 0] == pytest.approx((0, 0), abs=1e-6)
    x, y = run(saddle, optimizers.SaddleFreeNewton(damping=1e-9), start, 5).points[-1, 0]
    assert abs(x) < 1e-6
    assert y == pytest.approx(0.1 * 2**5, rel=1e-6)

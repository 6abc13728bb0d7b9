from __future__ import annotations

import numpy as np
import pytest

from lossland import optimizers
from lossland.compute.explain import equations, explain
from lossland.compute.trajectory import run
from lossland.landscapes import landscape

HIMMELBLAU = landscape("himmelblau")


def test_adams_equations() -> None:
    assert equations(optimizers.Adam()) == [
        r"g_t = \nabla f(\theta_t)",
        r"m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t",
        r"v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2",
        r"\hat{m}_t = m_t \,/\, (1 - \beta_1^t)",
        r"\hat{v}_t = v_t \,/\, (1 - \beta_2^t)",
        r"\theta_{t+1} = \theta_t - \eta \hat{m}_t \,/\, \left(\sqrt{\hat{v}_t} + \epsilon\right)",
    ]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("gradient_descent", r"\theta_{t+1} = \theta_t - \eta g_t"),
        ("sgd", r"g_t = \nabla f(\theta_t) + \sigma \xi_t"),
        ("momentum", r"v_t = \mu v_{t-1} + g_t"),
        ("nesterov", r"\theta_{t+1} = \theta_t - \eta (g_t + \mu v_t)"),
        ("radam", r"\rho_\infty = 2 \,/\, (1 - \beta_2) - 1"),
        ("lion", r"\theta_{t+1} = \theta_t - \eta (\mathrm{sign}(c_t) + \lambda \theta_t)"),
        ("rprop", r"\theta_{t+1} = \theta_t - \Delta_t \, \mathrm{sign}(\tilde{g}_t)"),
    ],
)
def test_equations_of_the_others(name: str, line: str) -> None:
    assert line in equations(optimizers.optimizer(name))


@pytest.mark.parametrize("kind", optimizers.catalogue(), ids=lambda kind: kind.name)
def test_every_rule_starts_at_the_gradient_and_ends_at_the_new_position(kind: type[optimizers.Optimizer]) -> None:
    lines, averages = equations(kind()), kind.family == "schedule-free"  # these look nowhere but between two points
    kept = "g" in kind.Terms._fields  # the gradient that is remembered is the one of the first line
    assert len(lines) == len(kind.Terms._fields) + (0 if kept else 1)
    assert lines[0].startswith(r"z'_t = " if averages else r"g_t = \nabla f(\theta_t)")
    assert lines[-1].startswith(r"\theta_{t+1} = ")
    for line in lines:
        assert line.count("{") == line.count("}")
        assert r"\mathrm{last" not in line  # every variable has found its symbol
        assert "_hat" not in line


def test_colours_go_to_the_left_side() -> None:
    lines = equations(optimizers.Momentum(), {"v": "#F0DDAA", "step": "#FE683E"})
    assert lines[1] == r"\fgcolor{#F0DDAA}{v_t} = \mu v_{t-1} + g_t"
    assert lines[2] == r"\fgcolor{#FE683E}{\theta_{t+1}} = \theta_t - \eta v_t"


def test_numbers_at_a_step_are_those_of_the_run() -> None:
    rule, start = optimizers.Adam(lr=0.35), (0.2, -3.9)
    path = run(HIMMELBLAU, rule, start, 48).points[:, 0]
    rows = {row.name: row.values for row in explain(rule, HIMMELBLAU, start, 48)}
    assert rows["step"] == tuple(path[48])
    gradients = HIMMELBLAU.grad(path[:48])
    assert rows["grad"] == pytest.approx(gradients[-1], rel=1e-12)
    weights = 0.1 * 0.9 ** np.arange(47, -1, -1)  # the moving average, written out
    assert rows["m"] == pytest.approx(weights @ gradients, rel=1e-9)
    assert rows["m_hat"] == pytest.approx(weights @ gradients / (1 - 0.9**48), rel=1e-9)
    weights = 0.001 * 0.999 ** np.arange(47, -1, -1)
    assert rows["v"] == pytest.approx(weights @ gradients**2, rel=1e-9)


@pytest.mark.parametrize("name", ["adam", "sgd:lr=0.001,noise=3"])
def test_numbers_agree_with_the_run_at_steps_in_any_order(name: str) -> None:
    land, rule = HIMMELBLAU, optimizers.optimizer(name)
    points = run(land, rule, start=(0.3, -4.6), steps=200, seed=4).points[:, 0]
    for step in (150, 1, 64, 65, 128, 2, 200):
        rows = explain(rule, land, (0.3, -4.6), step, seed=4)
        assert rows[-1].values == pytest.approx(points[step], rel=1e-12)


def test_step_0_shows_the_step_to_come() -> None:
    rule = optimizers.Momentum(lr=0.01)
    assert explain(rule, HIMMELBLAU, (1, 1), 0) == explain(rule, HIMMELBLAU, (1, 1), 1)


def test_noise_is_that_of_the_run() -> None:
    rule = optimizers.SGD(lr=0.01, noise=3.0)
    assert explain(rule, HIMMELBLAU, (1, 1), 7, seed=4)[-1].values == tuple(
        run(HIMMELBLAU, rule, (1, 1), 7, seed=4).points[7, 0]
    )


def test_diverged_numbers_are_nan() -> None:
    rows = explain(optimizers.GradientDescent(lr=1e9), HIMMELBLAU, (1, 1), 30)
    assert np.isnan([row.values for row in rows]).all()
    rows = explain(optimizers.Adagrad(lr=1e200), HIMMELBLAU, (1, 1), 30)
    assert np.isnan([row.values for row in rows]).all()


def test_rules_that_look_around_are_explained_in_vectors_and_matrices() -> None:
    assert equations(optimizers.SAM()) == [
        r"g_t = \nabla f(\theta_t)",
        r"\tilde{g}_t = \nabla f(\theta_t + \rho g_t \,/\, (\lVert g_t\rVert + 10^{-12}))",
        r"\theta_{t+1} = \theta_t - \eta \tilde{g}_t",
    ]
    assert equations(optimizers.DampedNewton())[1:] == [
        r"H_t = \nabla^2 f(\theta_t)",
        r"\theta_{t+1} = \theta_t - \eta ((H_t + \lambda I)^{-1} g_t)",
    ]
    assert r"\kappa_t = g_t^\top (\nabla^2 f(\theta_t) g_t)" in equations(optimizers.CauchyStep())


def test_a_matrix_has_a_row_of_numbers_for_each_of_its_rows() -> None:
    rows = explain(optimizers.DampedNewton(lr=0.5), HIMMELBLAU, (1, 2), 1)
    xx, xy, yy = HIMMELBLAU.hessian(np.array([1.0, 2.0]))
    assert [row.name for row in rows] == ["grad", "H", "H", "step"]
    assert [rows[1].values, rows[2].values] == [pytest.approx((xx, xy)), pytest.approx((xy, yy))]
    assert rows[2].latex == r"H_t \text{, second row}"


def test_a_schedule_is_a_line_of_its_own() -> None:
    rule = optimizers.optimizer("gradient_descent:lr=0.02,schedule=exponential,drop=0.9")
    assert equations(rule)[1:] == [r"\eta_t = \eta q^{t - 1}", r"\theta_{t+1} = \theta_t - \eta_t g_t"]
    rows = {row.name: row.values for row in explain(rule, HIMMELBLAU, (1, 2), 4)}
    assert rows["lr_now"] == pytest.approx((0.02 * 0.9**3,) * 2)

"""Why momentum works: rates of convergence, the best choice of rate and memory, and what the picture shows of them."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest

from lossland import optimizers
from lossland.errors import UserError
from lossland.landscapes import landscape
from lossland.scenery import library
from lossland.world import layers


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("momentum_phase", preset, **values)


def test_one_portrait_is_not_chosen() -> None:
    assert [scene(eigenvalues=text).has_control("shown") for text in ("1", "1, 10")] == [False, True]


def insets_of(made: Any) -> Any:
    """Return the scene's file, which knows where its insets lie."""
    return sys.modules[type(made).__module__]


def numbers(preset: Any = None, **values: Any) -> dict[str, Any]:
    made = scene(preset, **values)
    return made.readouts(made.clock.seconds)


# ------------------------------------------------------------------------------------------------------ truths
@pytest.mark.parametrize(
    ("product", "beta", "rate"),
    [(0.5, 0.81, 0.9), (0.04, 0.64, 0.8), (3.5, 0.8, 0.894427), (3.7, 0.8, 1.270156), (1.0, 0.0, 0.0), (2.5, 0.0, 1.5)],
)
def test_known_rates(product: float, beta: float, rate: float) -> None:
    read = numbers(eigenvalues="1", alpha=product, beta=beta)
    assert read["rate"] == pytest.approx(rate, abs=1e-6)
    assert read["stable"] == (rate < 1)


def test_rates_are_the_matrix_eigenvalues() -> None:
    draws = np.random.default_rng(1).uniform((1e-3, 0), (4, 0.999), (300, 2))
    for product, beta in draws:
        matrix = np.array([[beta, 1.0], [-product * beta, 1 - product]])
        expected = np.abs(np.linalg.eigvals(matrix)).max()
        assert numbers(eigenvalues="1", alpha=product, beta=beta, steps=1)["rate"] == pytest.approx(expected, abs=1e-7)


def test_complex_roots_have_the_rate_of_the_square_root_of_beta() -> None:
    for beta in (0.3, 0.8, 0.95):
        inside = np.linspace((1 - np.sqrt(beta)) ** 2, (1 + np.sqrt(beta)) ** 2, 8)[1:-1]
        read = numbers(eigenvalues=inside.tolist(), alpha=1.0, beta=beta)
        assert read["rates"] == pytest.approx(np.full(6, np.sqrt(beta)), abs=1e-6)


def test_the_rim_is_at_two_and_two_beta() -> None:
    for beta in (0.0, 0.5, 0.9):
        assert numbers(eigenvalues="1", alpha=2 + 2 * beta - 1e-6, beta=beta)["rate"] < 1
        assert numbers(eigenvalues="1", alpha=2 + 2 * beta + 1e-6, beta=beta)["rate"] > 1
        assert numbers(eigenvalues="1, 4", beta=beta)["stable_alpha"] == pytest.approx((2 + 2 * beta) / 4)


def test_condition_number_100() -> None:
    read = numbers()
    assert read["condition"] == 100
    assert read["descent_rate"] == pytest.approx(0.980198, abs=1e-6)
    assert read["descent_steps"] == 691
    assert read["best_rate"] == pytest.approx(0.818182, abs=1e-6)
    assert read["best_steps"] == 69
    assert read["best_alpha"] == pytest.approx(0.033058, abs=1e-6)
    assert read["best_beta"] == pytest.approx(0.669421, abs=1e-6)
    assert read["rate"] == pytest.approx(read["best_rate"])  # the first preset is the best choice
    assert numbers("plain descent")["rate"] == pytest.approx(read["descent_rate"], abs=1e-9)


def test_the_lesson_counts_the_steps_of_the_balls_too() -> None:
    """At the best choice the matrix of the outer two has a double eigenvalue: the rate alone promises too much."""
    alpha, beta, curvature = (2 / 11) ** 2, (9 / 11) ** 2, np.array([1.0, 10.0, 50.0, 100.0])
    x, y, steps = np.ones(4), np.zeros(4), 0
    while np.hypot(x, alpha * y / np.sqrt(alpha * curvature)).max() > 1e-6:
        y = beta * y + curvature * x
        x, steps = x - alpha * y, steps + 1
    lesson = " ".join(scene().lesson.split())
    assert f"four balls need {steps}" in lesson
    assert f"{np.ceil(np.log(1e-6) / np.log(9 / 11)):.0f}." in lesson


def test_no_other_choice_is_better() -> None:
    best = numbers()
    for alpha in best["best_alpha"] * np.linspace(0.8, 1.2, 9):
        for beta in best["best_beta"] + np.linspace(-0.1, 0.1, 9):
            assert numbers(alpha=alpha, beta=beta, steps=1)["rate"] >= best["best_rate"] - 1e-12


def test_the_critical_beta_is_the_crease() -> None:
    for product in (0.04, 0.3, 0.7):
        critical = float(numbers(eigenvalues="1", alpha=product)["critical_beta"][0])
        assert critical == pytest.approx((1 - np.sqrt(product)) ** 2)
        there = numbers(eigenvalues="1", alpha=product, beta=critical)["rate"]
        assert there == pytest.approx(np.sqrt(critical), abs=1e-7)
        for aside in (critical - 0.01, critical + 0.01):
            assert numbers(eigenvalues="1", alpha=product, beta=aside)["rate"] > there


def test_the_balls_are_the_momentum_optimizer_on_a_quadratic() -> None:
    import lossland

    made = scene(eigenvalues="1, 7", alpha=0.11, beta=0.6, steps=50)
    land = landscape("(x^2 + 7*y^2) / 2", domain=((-2, 2), (-2, 2)))
    path = lossland.run(land, optimizers.Momentum(lr=0.11, momentum=0.6), (1.0, 1.0), 50).points[:, 0]
    for step in (1, 17, 50):
        assert made.readouts(step / 50 * made.clock.seconds)["positions"] == pytest.approx(path[step], rel=1e-9)


@pytest.mark.parametrize(
    ("preset", "word"),
    [("ripples", "underdamped"), ("creeps", "overdamped"), ("critical", "critically"), ("over the cliff", "unstable")],
)
def test_presets_are_what_they_say(preset: str, word: str) -> None:
    made = scene(preset)
    title = next(note for note in made.frame(0.0).notes if isinstance(note, layers.Title))
    assert title.lines[1].startswith(word)
    turns = np.diff(np.sign(made.balls.paths[:, made.shown - 1, 0]))
    assert bool((turns != 0).any()) == (word in ("underdamped", "unstable"))


# ------------------------------------------------------------------------------------------------- the picture
def test_the_ground_is_the_rate() -> None:
    made = scene()
    terrain = made.terrain
    j, i = 200, 90
    product, beta = terrain.x[i], terrain.y[j]
    matrix = np.array([[beta, 1.0], [-product * beta, 1 - product]])
    assert terrain.value[j, i] == pytest.approx(np.abs(np.linalg.eigvals(matrix)).max())
    surface = next(layer for layer in made.frame(0.0).layers if isinstance(layer, layers.Surface))
    assert isinstance(surface.paint, np.ndarray)
    assert np.array_equal(surface.paint > 0, terrain.value > 1)  # orange is where errors grow


def test_beads_come_home_at_one_millionth() -> None:
    made = scene(steps=80)
    lanes, x = insets_of(made).LANES, made.dots()[1].position[0, 0]
    far, home = lanes.world_from_error(x, (1.0, 1e-6))
    middle = lanes.world_from_error(x, [1e-3])[0]
    assert middle == pytest.approx((far + home) / 2)
    assert lanes.world_from_error(x, [1e-9])[0] == pytest.approx(home)
    start = next(layer for layer in made.frame(0.0).layers if layer.name == "Error of λ = 1")
    assert start.position[0] == pytest.approx(far)


def test_dots_are_dragged_along_alpha_and_beta() -> None:
    made = scene()
    for k, value in enumerate(made.lambdas):
        made.handles(0.0)[k].move(made, (0.8, 0.35))
        assert made.alpha * value == pytest.approx(0.8)
        assert made.beta == pytest.approx(0.35)
        assert made.shown == k + 1
        assert made.terrain.domain_from_world(made.handles(0.0)[k].position) == pytest.approx((0.8, 0.35))
    made.handles(0.0)[-1].move(made, tuple(insets_of(made).PORTRAIT.world_from_inset((0.5, -0.25))[:2]))
    assert made.start == pytest.approx((0.5, -0.25))
    assert made.click((1.5, 0.9))
    assert made.beta == 0.9
    assert not made.click((5.0, 0.5))


def test_the_portrait_ends_where_the_ball_leaves_the_sheet() -> None:
    made = scene("over the cliff")
    trail = next(layer for layer in made.frame(2.0).layers if isinstance(layer, layers.Trail))
    assert 5 < len(trail.points) < 40
    assert np.isfinite(made.readouts(made.clock.seconds)["errors"]).all()
    assert np.isfinite(scene(eigenvalues="1e4", alpha=4.0, beta=0.999, steps=2000).readouts(20.0)["errors"]).all()


@pytest.mark.parametrize("text", ["", "a", "1, -2", "0", "1,2,3,4,5,6,7,8,9", "nan", "1e9"])
def test_eigenvalues_that_are_none_are_refused(text: str) -> None:
    made = scene()
    with pytest.raises(UserError, match="eigenvalues"):
        made.set("eigenvalues", text)
    assert made.eigenvalues == "1, 10, 50, 100"


def test_eigenvalues_are_sorted_and_the_portrait_follows() -> None:
    made = scene(shown=4)
    made.set("eigenvalues", "5; 2")
    assert made.eigenvalues == "2, 5"
    assert made.shown == 2

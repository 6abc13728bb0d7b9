"""One step of learning on a graph: Mazur's worked example before and after it, and what is known at each moment."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.models import backpropagation, graphs


def example(rate: float = 0.5) -> backpropagation.Learning:
    net = graphs.network((2, 2, 2), "sigmoid", (0.01, 0.99))
    return backpropagation.Learning(net, dict(zip(net.inputs, graphs.first_values(net), strict=True)), rate)


def test_the_weights_after_a_step_of_mazurs_example() -> None:
    """Mazur, A step by step backpropagation example (2015); he leaves the biases as they are."""
    learning = example()
    assert learning.before.values["E"] == pytest.approx(0.298371109, abs=5e-10)
    weights = [learning.after.values[name] for name in ("w111", "w112", "w121", "w122", "w211", "w212", "w221", "w222")]
    expected = [0.149780716, 0.19956143, 0.24975114, 0.29950229, 0.35891648, 0.408666186, 0.511301270, 0.561370121]
    np.testing.assert_allclose(weights, expected, atol=5e-9)
    assert learning.after.values["x1"] == 0.05  # inputs of a network do not learn


def test_an_expression_learns_by_all_its_inputs() -> None:
    """x y at (2, 3) has the gradient (3, 2): after a step of 0.5 it is 0.5 * 2."""
    learning = backpropagation.Learning(graphs.of_expression("x*y"), {"x": 2.0, "y": 3.0}, 0.5)
    assert (learning.after.values["x"], learning.after.values["y"], learning.after.values["f"]) == (0.5, 2.0, 1.0)


def test_what_is_known_at_each_moment() -> None:
    """x y + sin x: three steps forward, three back, the descent, all again."""
    learning = backpropagation.Learning(graphs.of_expression("x*y + sin(x)"), {"x": 2.0, "y": 3.0}, 0.1)
    assert learning.length == 8
    names, stages, turns = [], [], []
    for done in range(9):
        moment = learning.moment(done)
        names.append(tuple(sorted(name) for name in map(set, learning.known(moment))))
        stages.append(learning.stage(moment))
        turns.append(step.name if (step := learning.turn(moment)) else "")
    begin, every = ["x", "y"], ["f", "v1", "v2", "x", "y"]
    assert [values for values, _ in names] == [
        begin, ["v1", *begin], ["v1", "v2", *begin], every, every, every, every, begin, every,
    ]  # fmt: skip
    assert names[3][1] == ["f"]
    assert names[4][1] == ["f", "v1", "v2"]
    assert names[6][1] == names[8][1] == every
    assert names[7][1] == []
    assert stages == [0, 0, 0, 1, 2, 2, 2, 3, 4]
    assert turns == ["v1", "v2", "f", "f", "v2", "v1", "v1", "", ""]
    assert learning.known(learning.moment(5))[1]["x"] == pytest.approx(np.cos(2.0))  # y comes back from v1 only then


def test_where_a_gradient_is_not_finite_nothing_moves() -> None:
    learning = backpropagation.Learning(graphs.of_expression("exp(1000*x)"), {"x": 2.0}, 0.1)
    with np.errstate(over="ignore", invalid="ignore"):
        assert learning.after is learning.before
        assert learning.unfinished(learning.moment(0.0)) == "f is not finite at these inputs."
    assert example().unfinished(learning.moment(0.0)) == ""

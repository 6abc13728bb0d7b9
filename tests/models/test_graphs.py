"""Computational graphs: their steps, their values and gradients against mpmath, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise, permutations
from typing import Any

import array_api_strict
import mpmath
import numpy as np
import pytest

from lossland.errors import UserError
from lossland.models import graphs

Cell = tuple[float, float]
FORMULAS = {
    "x*y + sin(x)": lambda x, y: x * y + mpmath.sin(x),
    "1/(1 + exp(-(a*x + b)))": lambda a, x, b: 1 / (1 + mpmath.exp(-(a * x + b))),
    "ln(exp(a) + exp(b) + exp(c)) - a": lambda a, b, c: mpmath.log(sum(map(mpmath.exp, (a, b, c)))) - a,
    "sqrt(x^2 + y^2)/x": lambda x, y: mpmath.sqrt(x**2 + y**2) / x,
    "tanh(w1*x + w2*x^2)^3": lambda w1, x, w2: mpmath.tanh(w1 * x + w2 * x**2) ** 3,
    "-ln(x)*2^y": lambda x, y: -mpmath.log(x) * 2**y,
    "max(x, y)*min(x, 3)": lambda x, y: max(x, y) * min(x, 3),
}


@pytest.mark.parametrize("text", FORMULAS)
def test_values_and_gradients_against_mpmath(text: str) -> None:
    graph, oracle = graphs.of_expression(text), FORMULAS[text]
    at = [0.7, 1.3, -0.4][: len(graph.inputs)]
    known = graph.forward(dict(zip(graph.inputs, at, strict=True)))
    assert known[graph.loss] == pytest.approx(float(oracle(*at)), rel=1e-14)
    gradients = graph.backward(known)
    for k, name in enumerate(graph.inputs):
        order = tuple(int(j == k) for j in range(len(at)))
        assert gradients[name] == pytest.approx(float(mpmath.diff(oracle, at, order)), rel=1e-9), name


def test_steps_of_an_expression() -> None:
    steps = graphs.of_expression("1/(1 + exp(-(w0*x0 + w1*x1 + w2)))").steps
    assert [(step.name, step.sign, step.arguments) for step in steps] == [
        ("v1", "×", ("w0", "x0")),
        ("v2", "×", ("w1", "x1")),
        ("v3", "+", ("v1", "v2", "w2")),
        ("f", "σ", ("v3",)),
    ]
    assert [step.sign for step in graphs.of_expression("-ln(2*x) + x^2").steps] == ["× 2", "−ln", "^ 2", "+"]
    plain = graphs.traced(lambda x, y: x * y + np.sin(x), "x", "y")
    assert plain.steps == graphs.of_expression("x*y + sin(x)").steps
    assert graphs.of_expression("x*v1 + f").inputs == ("x", "v1", "f")
    assert [step.name for step in graphs.of_expression("x*v1 + f").steps] == ["v2", "v3"]


def test_a_target_adds_the_error() -> None:
    graph = graphs.of_expression("w*x", target=2.0)
    known = graph.forward({"w": 3.0, "x": 1.5})
    assert known["E"] == 0.5 * 2.5**2
    assert graph.backward(known)["w"] == 2.5 * 1.5
    assert graph.outputs == ("v1",)


def test_gradients_come_back_step_by_step() -> None:
    """Of x y + sin(x) the gradient of x is that of the sine, and then also that of the product."""
    graph = graphs.of_expression("x*y + sin(x)")
    known = graph.forward({"x": 2.0, "y": 3.0})
    reached = [graph.backward(known, count) for count in range(4)]
    assert [sorted(one) for one in reached[:2]] == [["f"], ["f", "v1", "v2"]]
    assert reached[2]["x"] == pytest.approx(np.cos(2.0))
    assert reached[3]["x"] == pytest.approx(np.cos(2.0) + 3)


@pytest.mark.parametrize("xp", [np, array_api_strict])
def test_a_network_on_arrays(xp: Any) -> None:
    """Many samples at once: the same numbers as matrix products."""
    rng = np.random.default_rng(0)
    graph = graphs.network((2, 3, 2), "tanh", (0.2, -0.3))
    x, W1, b1, W2, b2 = rng.normal(size=(2, 5)), *(rng.normal(size=s) for s in ((3, 2), 3, (2, 3), 2))
    weights = np.concatenate([W1.ravel(), b1, W2.ravel(), b2])
    given = {name: xp.asarray(np.full(5, value)) for name, value in zip(graph.inputs[2:], weights, strict=True)}
    known = graph.forward({"x1": xp.asarray(x[0]), "x2": xp.asarray(x[1]), **given})
    h = np.tanh(W1 @ x + b1[:, None])
    out = np.tanh(W2 @ h + b2[:, None])
    delta = (out - np.array([[0.2], [-0.3]])) * (1 - out**2)
    back = graph.backward(known)
    assert isinstance(back["w111"], type(xp.asarray(x)))
    np.testing.assert_allclose(np.asarray(known["E"]), ((out - [[0.2], [-0.3]]) ** 2).sum(0) / 2, rtol=1e-12)
    np.testing.assert_allclose(np.asarray(back["w223"]), delta[1] * h[2], rtol=1e-12)
    np.testing.assert_allclose(np.asarray(back["w132"]), ((W2.T @ delta) * (1 - h**2))[2] * x[1], rtol=1e-12)
    one = graphs.layered(graph, {name: float(np.asarray(value)[0]) for name, value in back.items()})
    np.testing.assert_allclose(one["W2"], np.outer(delta[:, 0], h[:, 0]), rtol=1e-12)
    np.testing.assert_allclose(one["b2"], delta[:, 0], rtol=1e-12)


def test_formulas_are_written() -> None:
    graph = graphs.of_expression("ln(x*y)")
    assert graph.latex(graph.steps[1].formula) == r"\ln(v_1)"
    assert graph.latex(graph.slopes["v1", "f"]) == r"\frac{1}{v_1}"
    negative = graphs.of_expression("-ln(x*y)")
    assert negative.latex(negative.slopes["v1", "f"]) == r"-\frac{1}{v_1}"
    net = graphs.network((2, 2, 1), "sigmoid", (1.0,))
    assert net.symbol("h12") == "h^1_2"
    assert net.latex(net.step("z21").formula) == r"w^2_{11} h^1_1 + w^2_{12} h^1_2 + b^2_1"


def test_where_a_graph_stands() -> None:
    graph = graphs.of_expression("ln(exp(a) + exp(b) + exp(c)) - a")
    nodes, ways = graphs.laid_out(graph)
    assert {name: at[0] for name, at in nodes.items()} == {
        **dict.fromkeys("abc", 0.0), "v1": 1.0, "v2": 1.0, "v3": 1.0, "v4": 2.0, "v5": 3.0, "f": 4.0,
    }  # fmt: skip
    way = ways["a", "f"]
    assert [column for column, _ in way] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert not set(way[1:-1]) & set(nodes.values())  # it goes around the cards
    places, paths, _ = graphs.placed(graph, (1.0, 1.0), (0.8, 0.5), gap=0.5, channel=0.5, pitch=1.0)
    assert places["f"][0] == 6.0
    np.testing.assert_allclose(paths["v5", "f"][[0, -1]], [places["v5"] + (0.5, 0, 0), places["f"] - (0.5, 0, 0)])


def test_a_neuron_is_one_column() -> None:
    """What bends a sum stands half a row below it; its weights are at its left, the one from above first."""
    net = graphs.network((2, 2, 2), "sigmoid", (0.0, 1.0))
    channel = 2.0 - 0.8 - graphs.FAN
    places, paths, weights = graphs.placed(net, (1.0, 1.5), (0.8, 0.6), gap=0.5, channel=channel, pitch=4.0)
    assert places["x1"].tolist() == [0.0, 2.0, 0.0]
    assert places["z11"].tolist() == [3.0, 3.0, 0.0]
    assert places["h11"].tolist() == [3.0, 1.0, 0.0]
    assert places["o2"].tolist() == [6.0, -3.0, 0.0]
    assert places["E"].tolist() == [7.5, -1.0, 0.0]
    np.testing.assert_allclose(paths["z11", "h11"][[0, -1]], [(3, 2.25, 0), (3, 1.75, 0)])
    np.testing.assert_allclose(paths["h12", "z21"][[0, -1]], [(3.5, -3, 0), (5.5, 3, 0)])
    x = 5.5 - graphs.FAN - 0.4
    np.testing.assert_allclose([weights["w211"], weights["w212"]], [(x, 3.3, 0), (x, 2.7, 0)])
    np.testing.assert_allclose(paths["h12", "z21"][[32, 33]], [(x - 0.4, 2.7, 0), (x + 0.4, 2.7, 0)])


@pytest.mark.parametrize("text", ["ln(exp(a) + exp(b) + exp(c)) - a", "x*exp(-x^2-y^2)", "(a+b)*(c+d)*(a+d)"])
def test_no_order_of_the_cards_has_fewer_crossings(text: str) -> None:
    """All orders of all columns, each edge that passes a column having a place in it."""
    _, ways = graphs.laid_out(graphs.of_expression(text))
    cells = [sorted({way[k - int(way[0][0])] for way in ways.values() if way[0][0] <= k <= way[-1][0]})
             for k in range(1 + int(max(way[-1][0] for way in ways.values())))]  # fmt: skip
    links = [[(way[k - int(way[0][0])], way[k + 1 - int(way[0][0])]) for way in ways.values()
              if way[0][0] <= k < way[-1][0]] for k in range(len(cells) - 1)]  # fmt: skip

    def crossed(k: int, left: Sequence[Cell], right: Sequence[Cell]) -> int:
        ends = [(left.index(a), right.index(b)) for a, b in links[k]]
        return sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(ends, 2))

    fewest = dict.fromkeys(permutations(cells[0]), 0)  # of the columns so far, by the order of the last one
    for k, column in enumerate(cells[1:]):
        fewest = {after: min(count + crossed(k, before, after) for before, count in fewest.items())
                  for after in permutations(column)}  # fmt: skip
    assert sum(crossed(k, *pair) for k, pair in enumerate(pairwise(cells))) == min(fewest.values())


@pytest.mark.parametrize("text", ["3", "x", "sin(1)", "x*", "+".join(f"x{k}*x{k}" for k in range(12))])
def test_what_is_no_graph_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        graphs.of_expression(text)


def test_a_box_is_around_all_cards_and_names_are_texts() -> None:
    net = graphs.network((1, 4, 1), "tanh", [1.0])
    placed = graphs.placed(net, (1.0, 1.5), (0.8, 0.6), gap=0.5, channel=0.5, pitch=1.0)
    low, high = placed.box((0.5, 0.75), (0.4, 0.3))
    for places, half in ((placed.cards, (0.5, 0.75, 0.0)), (placed.weights, (0.4, 0.3, 0.0))):
        at = np.array(list(places.values()))
        assert (at - half >= low).all()
        assert (at + half <= high).all()
    assert high[1] == max(at[1] + 0.75 for at in placed.cards.values())
    assert [net.plain(name) for name in ("x1", "w214", "z14", "o1")] == ["x₁", "w²₁₄", "z¹₄", "o₁"]
    assert graphs.of_expression("w0*x").plain("w0") == "w₀"


def test_widths_and_numbers_are_read() -> None:
    assert graphs.widths_of("2-3-1") == (2, 3, 1)
    assert graphs.numbers_of("0.05, -1e2") == [0.05, -100.0]
    for wrong in ("", "2", "2-x", "5-2", "2-2-2-2-2"):
        with pytest.raises(UserError):
            graphs.widths_of(wrong)
    for wrong in ("a", "1, inf", "1e9"):
        with pytest.raises(UserError):
            graphs.numbers_of(wrong)

"""The chain rule on a graph: values run forward, gradients run back, each step multiplies by its own slope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, shapes, signs, tex, words
from lossland.models import backpropagation, graphs

FORWARD, BACK = "optimizer.momentum", "up"
WIDE, HIGH, SIGN = 1.26, 0.43, 0.43  # of a card: its width, the height of a number's row and of the sign's, world
NARROW, TAG, STACKED = 1.22, 0.42, 0.9  # of a weight's small card: its width, the height of a row and of all, world
GAP, CHANNEL = 0.45, 0.5  # between two columns of a network, and between one and the weights of the next
APART, PITCH = 0.9, 1.75  # between two columns of an expression, and from row to row
LOOSE, TIGHT = 3.2, 2.8  # from one neuron to the next, for two of them or more, if their weights take no more
LEAST = np.array([3.1, 2.3, 0.0])  # half of what is shown at least, world
MOVING = 0.7  # of a step's time a pulse is on its way, then it rests
NEURON = "1/(1 + exp(-(w0*x0 + w1*x1 + w2)))"


class BackpropGraph(ll.Scene):
    """A network or an expression as a graph of steps, with what runs forward and what runs back."""

    name = "backprop_graph"
    title = "The backward pass"
    chapter = "How learning flows"
    rows = ("B1", "B2", "B3", "S1", "S2")
    sign = (
        *(signs.Line([(0.16, a), (0.5, b)], "optimizer.momentum", 1.4) for a in (0.25, 0.75) for b in (0.25, 0.75)),
        *(signs.Line([(0.5, a), (0.86, 0.5)], "up", 2.6) for a in (0.25, 0.75)),
        *(signs.Dot((0.16, v), 2.4, "text") for v in (0.25, 0.75)),
        *(signs.Dot((0.5, v), 2.4, "text") for v in (0.25, 0.75)),
        signs.Dot((0.86, 0.5), 3.0, "up"),
    )
    presets: ClassVar = {
        "network": {},
        "two ways back": {"expression": "x*y + sin(x)", "values": "2, 3"},
        "one neuron": {"expression": NEURON, "values": "2, -1, -3, -2, -3"},
        "gates": {"expression": "2*(x*y + max(z, w))", "values": "3, -4, 2, -1"},
        "logistic regression": {"expression": "-ln(sigmoid(w*x + v*y + b))", "values": "0.5, 1, -1, 2, 0.3"},
        "softmax": {"expression": "ln(exp(a) + exp(b) + exp(c)) - a", "values": "1, 2, 3"},
        "a dead ReLU": {
            "activation": "relu",
            "values": "0.05, 0.1, 0.15, 0.2, 0.25, 0.3, -0.35, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.6",
        },
        "wider": {"network": "2-3-1", "activation": "tanh", "target": "1"},
    }

    expression = parameters.Text(
        "", lambda text: graphs.of_expression(text) if text else None, "expression",
        "A formula with variables such as w0, x, b; empty: the network.",
    )  # fmt: skip
    network = parameters.Text("2-2-2", graphs.widths_of, "network", "Its widths, inputs first.")
    activation = parameters.Choice("sigmoid", tuple(graphs.ACTIVATIONS), "activation", "What bends the network's sums.")
    numbers = parameters.Row(
        "",
        graphs.numbers_of,
        "values",
        "The inputs' numbers, in order; of a network x, then weights and biases layer by layer.",
    ).named("values")
    target = parameters.Row(
        "",
        graphs.numbers_of,
        "target",
        "What should come out; of an expression without one, the value itself should be small.",
    )
    rate = parameters.Number(0.5, 0.0, 10.0, r"rate $\alpha$", "The factor of the gradient in the step that follows.")
    node = parameters.Text("", None, "node", "Whose formula is shown: click one.", hidden=True)

    def has_control(self, name: str) -> bool:
        """Hide what makes the network where an expression stands in its place."""
        return name not in ("network", "activation") or not self.expression

    def while_empty(self, name: str) -> str:
        """Return the numbers that hold where none are given, and that the network is shown where no expression is."""
        return {"expression": "the network", "values": listed(self.given().values()),
                "target": listed(self.graph().targets) or "none"}.get(name, "")  # fmt: skip

    # ------------------------------------------------------------------------------------------------ the numbers
    @ll.kept
    def graph(self) -> graphs.Graph:
        """Return the graph, of the expression where there is one."""
        targets = graphs.numbers_of(self.target)
        if self.expression:
            return graphs.of_expression(self.expression, targets[0] if targets else None)
        return graphs.network(graphs.widths_of(self.network), self.activation, targets or [0.01, 0.99])

    @ll.kept
    def given(self) -> dict[str, float]:
        """Return the inputs' numbers; what is not given has others."""
        graph, found = self.graph(), graphs.numbers_of(self.numbers)
        return dict(zip(graph.inputs, [*found, *graphs.first_values(graph, self.seed)[len(found) :]], strict=False))

    @ll.kept
    def learning(self) -> backpropagation.Learning:
        """Return the step of learning that is shown."""
        return backpropagation.Learning(self.graph(), self.given(), self.rate)

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return what comes out, the loss, its derivatives by all inputs; and ``_after``: these after the step."""
        graph, before, found = self.graph(), self.learning().before, ll.Readouts()
        for when, (known, _, gradients) in (("", before), ("_after", self.learning().after)):
            found[f"outputs{when}"] = np.array([known[name] for name in graph.outputs])
            found[f"loss{when}"] = known[graph.loss]
            found[f"gradients{when}"] = graphs.layered(graph, gradients)
        return found | {"hidden": np.array([value for name, value in before.values.items() if name.startswith("h")])}

    # -------------------------------------------------------------------------------------------------- the moment
    @property
    def clock(self) -> ll.Clock:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Each step forward and back has its second, then the weights move, and the loss is found again."""
        return ll.Clock.paced(self.learning().length, per_second=1.1, least=6.0)

    def moment(self, now: ll.Now) -> backpropagation.Moment:
        """Return how far learning has come."""
        return self.learning().moment(now.staged(self.learning().length, moving=MOVING))

    def current(self, now: ll.Now) -> graphs.Step | None:
        """Return the step that is spoken of: the one that was clicked, else the one whose turn it is."""
        chosen = next((step for step in self.graph().steps if step.name == self.node), None)
        return chosen or self.learning().turn(self.moment(now))

    # -------------------------------------------------------------------------------------------------- where it is
    @ll.kept
    def stands(self) -> graphs.Placed:
        """Return where the cards, the edges and the weights' small cards are."""
        card, tag = (WIDE, 2 * HIGH + SIGN), (NARROW, STACKED)
        if self.expression:
            return graphs.placed(self.graph(), card, tag, APART, 0.0, PITCH)
        widths = graphs.widths_of(self.network)
        pitch = max(LOOSE if max(widths) <= 2 else TIGHT, STACKED * max(widths[:-1]) + 0.2)
        return graphs.placed(self.graph(), card, tag, GAP, CHANNEL, pitch)

    @property
    @ll.kept
    def view(self) -> ll.View:
        """The view straight down on all cards, and those of the weights."""
        low, high = self.stands().box((WIDE / 2 + 0.2, 0.8), (NARROW / 2, TAG + 0.05))
        middle, half = (low + high) / 2, np.maximum((high - low) / 2, LEAST)
        return ll.View(flat=True, bounds=np.array([middle - half, middle + half]))

    # ------------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the graph as far as it is known."""
        drawn = [self.lines(now), *self.cards(now), *self.pulses(now), *self.slopes(now), self.sliders()[1]]
        return ll.Frame(drawn, self.notes(now), self.view)

    def lines(self, now: ll.Now) -> layers.Layer:
        """Return the edges: blue where a value has passed, orange and as wide as what came back."""
        graph, edges, learning, moment = self.graph(), self.stands().paths, self.learning(), self.moment(now)
        (values, reached), (_, slopes, gradients) = learning.known(moment), learning.at(moment)
        back = {step.name for step in graph.steps[::-1][: int(moment.back)]} if reached else set()
        flow = {pair: gradients[pair[1]] * slopes[pair] for pair in graph.edges}
        most = max([abs(size) for size in flow.values() if np.isfinite(size)] + [1e-12])
        colors, wide, said = [], [], []
        for pair, size in flow.items():
            is_there, is_back = pair[1] in values, pair[1] in back and np.isfinite(size)
            share = np.sqrt(abs(size) / most) if is_back else 0.1 * is_there
            colors.append(BACK if is_back else FORWARD if is_there else "grid.axis")
            wide.append(1.4 + 8.0 * share)
            said.append(words("local slope ?s", slopes[pair]) + (words("\npasses back ?s", size) if is_back else ""))
        paths = [edges[pair] for pair in flow]
        return layers.Lines(paths, colors, wide, depth=False, key="edges", name="Edge", worth=said)

    def cards(self, now: ll.Now) -> list[layers.Layer]:
        """Return a card for each node and weight: what it does, its value in blue and its gradient in orange."""
        graph, step, (places, _, tags) = self.graph(), self.current(now), self.stands()
        values, plain = self.learning().at(self.moment(now)).values, {name: graph.plain(name) for name in places}
        text = plain | {step.name: step.sign for step in graph.steps}
        for bias in [name for name, (start, to) in graph.weights.items() if start == to]:
            text[graph.weights[bias][1]] += words(" − ?" if values[bias] < 0 else " + ?", abs(values[bias]))
        middle, width = np.array(list(places.values())), np.full(len(places), WIDE)
        signs_at = middle + np.array([0.0, HIGH, 0.0])
        half = np.array([WIDE / 2, HIGH + SIGN / 2]) + 0.04
        corners = shapes.lifted(np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) * half)
        below = {name: at - np.array([0, SIGN / 2, 0]) for name, at in places.items()}
        foot, targets = places[graph.loss] - np.array([0, half[1], 0]), listed(graph.targets)
        return [
            figures.Chips([text[name] for name in places], signs_at, color="panel", height=SIGN, width=width,
                          key="nodes", name="Click for the formula", worth=list(plain.values())),
            *self.numbered(now, below, WIDE, HIGH, ""),
            *([layers.Label(foot, "target", "dim", targets, size=16, side="below", key="target")] if targets else []),
            layers.Lines([places[step.name] + corners] if step else [], "accent", 2.6, depth=False, key="current",
                         pickable=False),
            *(self.numbered(now, tags, NARROW, TAG, "weights ") if tags else []),
        ]  # fmt: skip

    def numbered(
        self, now: ll.Now, middle: dict[str, np.ndarray], wide: float, high: float, key: str
    ) -> list[layers.Layer]:
        """Return values in blue and gradients in orange, as far as they are known, above and below the middles (3,)."""
        drawn, at, width = list[layers.Layer](), np.array(list(middle.values())), np.full(len(middle), wide)
        values, gradients = self.learning().known(self.moment(now))
        for name, known, color, up in (("value", values, FORWARD, 1), ("gradient", gradients, BACK, -1)):
            found = [(self.graph().plain(one), known.get(one, np.nan)) for one in middle]
            text = ["" if np.isnan(number) else words("?", number) for _, number in found]
            worth = [f"of {one}" if np.isnan(number) else words("of ?: ?6", one, number) for one, number in found]
            state: list[figures.State] = ["lit" if one else "plain" for one in text]
            row = at + np.array([0.0, 0.5 * up * high, 0.0])
            told = partial(figures.Chips, key=f"{key}{name}s", name=name.capitalize(), worth=worth)
            drawn.append(told(text, row, None, color, state, high, width))
        return drawn

    def pulses(self, now: ll.Now) -> list[layers.Layer]:
        """Return what is on its way now: a value to the current step, or a gradient from it; not over weights."""
        graph, (_, edges, tags), moment, drawn = self.graph(), self.stands(), self.moment(now), list[layers.Layer]()
        turn = {step.name for step in [self.learning().turn(moment)] if step}
        for share, color, steps in (
            (moment.forward % 1.0, FORWARD, turn),
            (1 - moment.back % 1.0, BACK, turn),
            (moment.again % 1.0, FORWARD, {step.name for step in graph.steps}),
        ):
            if 0.0 < share < 1.0:
                paths = [edges[pair] for pair in graph.edges if pair[1] in steps]
                at = np.array([shapes.point_at(path, np.linspace(0, 1, len(path)), share) for path in paths])
                away = np.abs(at[:, None, :2] - np.array(list(tags.values())).reshape(-1, 3)[:, :2])
                seen = at[np.all(np.any(away > (NARROW / 2, TAG), axis=2), axis=1)]
                drawn.append(layers.Points(seen, color, 9.0, "sphere", outline=True, key="pulse", pickable=False,
                                           passing=True))  # fmt: skip
        return drawn

    def slopes(self, now: ll.Now) -> list[layers.Layer]:
        """Return the local slopes beside the edges of the current step, by which the gradient is multiplied."""
        graph, edges, step, moment = self.graph(), self.stands().paths, self.current(now), self.moment(now)
        is_sum = step is not None and step.name in {to for _, to in graph.weights.values()}  # its slopes are weights
        if step is None or is_sum or moment.descent or moment.forward < len(graph.steps):
            return []
        slopes = {pair: slope for pair, slope in self.learning().before.slopes.items() if pair in edges}
        found = [(edges[pair], slope) for pair, slope in slopes.items() if pair[1] == step.name]
        high = max((path[0, 1] for path, _ in found), default=0.0)  # the others' labels are below their edges
        return [
            layers.Label(path[-17], words("×\u2009?", slope), size=15, plate="panel",
                         side="right" if path[0, 0] == path[-1, 0] else "above" if path[0, 1] == high else "below")
            for path, slope in found
        ]  # fmt: skip

    # --------------------------------------------------------------------------------------------------- the notes
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the five steps, and the current one's formula with its numbers."""
        graph, learning, moment = self.graph(), self.learning(), self.moment(now)
        before, after = (tex("= ?s", one.values[graph.loss]) for one in (learning.before, learning.after))
        loss, step, stage = graph.symbol(graph.loss), self.current(now), learning.stage(moment)
        five = (
            (FORWARD, rf"1\;\; {loss}", before if stage else "", "surface"),
            ("accent", rf"2\;\; {loss} \to \min", "", "goal"),
            (BACK, rf"3\;\; \nabla {loss}", "", "gradient"),
            ("down", r"4\;\; -\alpha \nabla " + loss, "", "step"),
            (FORWARD, rf"5\;\; {loss}", after if moment.again == 1.0 else "", "repeat"),
        )
        w = "w" if graph.weights else r"\text{inputs}"
        descent = rf"{w} \leftarrow {w} - \alpha \nabla {loss}, \quad \alpha = " + tex("?s", self.rate)
        told = (
            graphs.miscounted(self.numbers, graph.inputs, "values", "chosen"),
            graphs.miscounted(self.target, graph.outputs, "targets", "0.5"),
            learning.unfinished(moment),
        )
        return [
            layers.Title(self.title, lines=("values forward, gradients back",)),
            layers.Facts("One step of learning", layers.lit(five, stage)),
            *(self.spoken(step, now) if step else []),
            *([layers.Formula(descent, 22)] if stage >= 3 else []),
            *(layers.Caution(one) for one in told if one),
        ]

    def spoken(self, step: graphs.Step, now: ll.Now) -> list[layers.Note]:
        """Return a step's formula, its local slopes and its gradient, each with its number."""
        graph, learning, moment = self.graph(), self.learning(), self.moment(now)
        (values, reached), (known, local, gradients) = learning.known(moment), learning.at(moment)
        here, value = graph.symbol(step.name), values.get(step.name, known[step.name])
        said = [tex(rf"{here} = {graph.latex(step.formula)} = ?s", (FORWARD, value))]
        for name in [one for one in step.arguments if one not in graph.weights][:2]:
            said.append(graph.slope(name, step.name) + tex(" = ?s", local[name, step.name]))
        if step.name in reached:
            way = rf"\dfrac{{\partial {graph.symbol(graph.loss)}}}{{\partial {here}}}"
            said.append(tex(rf"{way} = ?s", (BACK, gradients[step.name])))
        return [layers.Formula(one, 16 if "cases" in one else 21) for one in said]

    # ------------------------------------------------------------------------------------------- what can be changed
    @ll.kept(framing=True)
    def most(self) -> float:
        """Return the number at the upper end of each slider."""
        return shapes.in_steps(1.25 * max(map(abs, self.given().values())), 2.0, 2.0)

    def sliders(self) -> tuple[list[str], figures.Sliders]:
        """Return the inputs that have a card, and a slider at the left of each."""
        (places, _, tags), half = self.stands(), HIGH + SIGN / 2
        inputs = [name for name in self.graph().inputs if name in places]
        feet = [places[name] - np.array([WIDE / 2 + 0.1, half, 0]) for name in inputs]
        feet += [at - np.array([NARROW / 2 + 0.07, TAG, 0]) for at in tags.values()]
        long, names = [2 * half] * len(inputs) + [2 * TAG] * len(tags), [*inputs, *tags]
        values = [self.given()[name] for name in names]
        return names, figures.Sliders(
            np.array(feet), long, values, -self.most(), self.most(), names=[self.graph().plain(name) for name in names],
            key="sliders", group="handles",
        )  # fmt: skip

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the knob of each input that has a card."""
        names, sliders = self.sliders()
        return [
            ll.Handle(name, grip, partial(BackpropGraph.slide, name=name, sliders=sliders, index=k), plane=0.0)
            for k, (name, grip) in enumerate(zip(names, sliders.grips, strict=True))
        ]

    def slide(self, place: Sequence[float], name: str, sliders: figures.Sliders, index: int) -> None:
        """Give an input the value at a place of its slider."""
        self.set("values", listed((self.given() | {name: float(f"{sliders.value_at(index, place):.3g}")}).values()))

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Show the formula of the node that is clicked; clicked again, that of the moment."""
        name = list(self.stands().cards)[element] if layer.key.split("/")[0] in ("nodes", "values", "gradients") else ""
        if name not in {step.name for step in self.graph().steps}:
            return False
        self.set("node", "" if self.node == name else name)
        return True


def listed(numbers: Iterable[float]) -> str:
    """Return numbers as they are typed, with commas between."""
    return ", ".join(f"{number:g}" for number in numbers)

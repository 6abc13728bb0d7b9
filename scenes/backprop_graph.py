"""The chain rule on a graph: values run forward, gradients run back, each step multiplies by its own slope."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, TypeAlias

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, shapes, signs, tex, words
from lossland.models import graphs

FORWARD, BACK = "optimizer.momentum", "up"
WIDE, HIGH, SIGN = 0.94, 0.4, 0.5  # of a card: its width, the height of a number's row and of the sign's, world
NARROW, TAG = 0.92, 0.39  # of a weight's small card: its width, the height of a row
GAP, ROOM = 0.62, 1.36  # between two columns of a network, and where weights stand in between
APART = 0.85  # between two columns of an expression
LEAST = np.array([3.1, 2.3, 0.0])  # half of what is shown at least, world
ALONG = 0.6  # where on its edge a weight stands, as a share
MOVING = 0.7  # of a step's time a pulse is on its way, then it rests
STANDARD = (2.0, 3.0, -1.0, 0.5, 1.5, -2.0, 1.0, 0.8, -0.6, 0.4)  # of inputs that are not given
NEURON = "1/(1 + exp(-(w0*x0 + w1*x1 + w2)))"


Pass: TypeAlias = tuple[dict[str, float], dict[tuple[str, str], float], dict[str, float]]
"""All values, local slopes and gradients of one moment."""


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
    rate = parameters.Number(0.5, 0.0, 10.0, r"rate $\alpha$", "How long the step is that follows.")
    node = parameters.Text("", None, "node", "Whose formula is shown: click one.", hidden=True)

    # ------------------------------------------------------------------------------------------------ the numbers
    @ll.kept
    def graph(self) -> graphs.Graph:
        """Return the graph, of the expression where there is one."""
        targets = graphs.numbers_of(self.target)
        if self.expression:
            return graphs.of_expression(self.expression, targets[0] if targets else None)
        widths = graphs.widths_of(self.network)
        targets = (targets or [0.01, 0.99])[: widths[-1]]
        return graphs.network(widths, self.activation, [*targets, *[0.5] * (widths[-1] - len(targets))])

    @ll.kept
    def given(self) -> dict[str, float]:
        """Return the inputs' numbers; what is not given has others."""
        graph, found = self.graph(), graphs.numbers_of(self.numbers)
        others = STANDARD if self.expression else graphs.first_values(graph, self.seed)
        return dict(zip(graph.inputs, (*found, *others[len(found) :]), strict=False))

    @ll.kept
    def passed(self) -> Pass:
        """Return all values, local slopes and gradients."""
        return self.through(self.given())

    @ll.kept
    def stepped(self) -> Pass:
        """Return them after one step of descent: of a network's weights, of all inputs of an expression.

        There is no step along gradients that are not finite.
        """
        graph, gradients = self.graph(), self.passed()[2]
        if not np.isfinite(list(gradients.values())).all():
            return self.passed()
        learns = graph.weights or graph.inputs
        moved = {name: value - self.rate * gradients[name] * (name in learns) for name, value in self.given().items()}
        return self.through(moved)

    def through(self, given: dict[str, float]) -> Pass:
        """Return all values, local slopes and gradients from the inputs' numbers."""
        graph = self.graph()
        known = graph.forward(given)
        return known, graph.local(known), graph.backward(known)

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return what comes out, the loss, its derivatives by all inputs; and ``_after``: these after the step."""
        return {
            **self.numbers_of(self.passed(), ""),
            "hidden": np.array([value for name, value in self.passed()[0].items() if name.startswith("h")]),
            **self.numbers_of(self.stepped(), "_after"),
        }

    def numbers_of(self, moment: Pass, when: str) -> ll.Readouts:
        """Return outputs, loss and gradients of a moment, whose names end in ``when``."""
        graph, (known, _, gradients) = self.graph(), moment
        layered = graphs.layered(graph, gradients) if graph.weights else {one: gradients[one] for one in graph.inputs}
        return {
            f"outputs{when}": np.array([known[name] for name in graph.outputs]),
            f"loss{when}": known[graph.loss],
            f"gradients{when}": layered,
        }

    # -------------------------------------------------------------------------------------------------- the moment
    @property
    def clock(self) -> ll.Clock:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Each step forward and back has its second, then the weights move, and the loss is found again."""
        return ll.Clock.paced(2 * len(self.graph().steps) + 2, per_second=1.1, least=6.0)

    def score(self, now: ll.Now) -> tuple[float, float, float, float]:
        """Return how many steps are done forward and back, and how much of the descent and of its repetition."""
        count = len(self.graph().steps)
        at = now.staged(2 * count + 2, moving=MOVING)
        begins, lengths = (0, count, 2 * count, 2 * count + 1), (count, count, 1, 1)
        forward, back, moved, again = np.clip(at - np.array(begins), 0, lengths).tolist()
        return forward, back, moved, again

    def current(self, now: ll.Now) -> graphs.Step | None:
        """Return the step that is spoken of: the one that was clicked, else the one whose turn it is."""
        steps, (forward, back, moved, _) = self.graph().steps, self.score(now)
        chosen = next((step for step in steps if step.name == self.node), None)
        turn = len(steps) - 1 - int(back) if forward == len(steps) else int(forward)
        return chosen or (None if moved else steps[max(turn, 0)])

    # -------------------------------------------------------------------------------------------------- where it is
    @property
    def is_narrow(self) -> bool:
        """Whether all weights of a network have room."""
        return not self.expression and max(graphs.widths_of(self.network)) <= 2

    @ll.kept
    def stands(self) -> tuple[dict[str, np.ndarray], dict[tuple[str, str], np.ndarray]]:
        """Return the middles (3,) of the cards, and the paths (n, 3) of the edges."""
        gap, pitch = (APART, 1.75) if self.expression else (GAP, 3.1)
        return graphs.placed(self.graph(), (WIDE, 2 * HIGH + SIGN), gap, ROOM, pitch)

    @ll.kept
    def tags(self) -> dict[str, np.ndarray]:
        """Return where each weight's small card stands (3,), on its edge."""
        edges = self.stands()[1]
        return {name: shapes.point_at(edges[pair], np.linspace(0, 1, len(edges[pair])), ALONG)
                for name, pair in self.graph().weights.items() if pair[0] != pair[1]}  # fmt: skip

    @property
    def view(self) -> ll.View:
        """The view straight down on all cards."""
        return ll.View(flat=True, bounds=self.box())

    @ll.kept
    def box(self) -> np.ndarray:
        """Return two corners of what must be seen."""
        places = np.array(list(self.stands()[0].values()))
        middle, half = (places.min(0) + places.max(0)) / 2, np.ptp(places, axis=0) / 2 + np.array([0.6, 0.8, 0])
        return np.array([middle - np.maximum(half, LEAST), middle + np.maximum(half, LEAST)])

    # ------------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the graph as far as it is known."""
        drawn = [self.lines(now), *self.cards(now), *self.weights(now), *self.pulses(now), *self.slopes(now)]
        return ll.Frame([*drawn, *self.knobs(now)], self.notes(now), self.view)

    def shown(self, now: ll.Now) -> Pass:
        """Return the numbers of the moment that is shown: from when the weights have moved, the new ones."""
        return self.stepped() if self.score(now)[2] == 1.0 else self.passed()

    def known(self, now: ll.Now) -> tuple[dict[str, float], dict[str, float]]:
        """Return the values and the gradients that are known by now, all of one moment."""
        graph, (forward, back, moved, again), (known, _, gradients) = self.graph(), self.score(now), self.shown(now)
        if moved == 1.0:  # all that followed from the old weights is forgotten, and then found again
            return (known, gradients) if again == 1.0 else ({name: known[name] for name in graph.inputs}, {})
        done = {*graph.inputs, *(step.name for step in graph.steps[: int(forward)])}
        found = graph.backward(known, int(back)) if forward == len(graph.steps) else {}
        return {name: value for name, value in known.items() if name in done}, found

    def lines(self, now: ll.Now) -> layers.Layer:
        """Return the edges: blue where a value has passed, orange and as wide as what came back."""
        graph, (_, edges), (values, reached) = self.graph(), self.stands(), self.known(now)
        _, local, gradients = self.shown(now)
        flow = {(start, to): gradients[to] * local[start, to] for start, to in graph.edges}
        sizes = np.abs(list(flow.values()))
        most = max(float(sizes[np.isfinite(sizes)].max(initial=0.0)), 1e-12)
        back = self.score(now)[1] if reached else 0.0
        order = {step.name: k for k, step in enumerate(graph.steps)}
        colors, wide, said = [], [], []
        for pair, size in flow.items():
            is_there, is_back = pair[1] in values, back >= len(order) - order[pair[1]] and np.isfinite(size)
            share = np.sqrt(abs(size) / most) if is_back else 0.1 * is_there
            colors.append(BACK if is_back else FORWARD if is_there else "grid.axis")
            wide.append(1.4 + 8.0 * share)
            said.append(words("local slope ?s", local[pair]) + (words("\npasses back ?s", size) if is_back else ""))
        look: dict[str, Any] = {"depth": False, "key": "edges", "name": "Edge", "worth": said}
        return layers.Lines([edges[pair] for pair in flow], colors, wide, **look)

    def cards(self, now: ll.Now) -> list[layers.Layer]:
        """Return a card for each node: what it does, its value in blue and its gradient in orange."""
        graph, places, step = self.graph(), self.stands()[0], self.current(now)
        digits = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
        text = {name: name.translate(digits) for name in graph.inputs} | {step.name: step.sign for step in graph.steps}
        half = np.array([WIDE / 2, HIGH + SIGN / 2]) + 0.04
        corners = shapes.lifted(np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) * half)
        middle = np.array(list(places.values()))
        width = np.full(len(places), WIDE)
        look: dict[str, Any] = {"height": SIGN, "width": width, "key": "nodes", "name": "Node"}
        return [
            figures.Chips([text[name] for name in places], middle + np.array([0, HIGH, 0]), color="panel", **look),
            *self.numbered(now, {name: at - np.array([0, SIGN / 2, 0]) for name, at in places.items()}, WIDE, HIGH, ""),
            layers.Lines([places[step.name] + corners] if step else [], "accent", 2.6, depth=False, key="current",
                         pickable=False),
        ]  # fmt: skip

    def weights(self, now: ll.Now) -> list[layers.Layer]:
        """Return a small card for each weight: all of them where there is room, else those of the current neuron."""
        tags = {name: at for name, at in self.tags().items() if self.is_tagged(name, now)}
        return self.numbered(now, tags, NARROW, TAG, "weights ") if tags else []

    def numbered(
        self, now: ll.Now, middle: dict[str, np.ndarray], wide: float, high: float, key: str
    ) -> list[layers.Layer]:
        """Return values in blue and gradients in orange, as far as they are known, above and below the middles (3,)."""
        drawn: list[layers.Layer] = []
        rows = zip(("values", "gradients"), self.known(now), (FORWARD, BACK), (0.5, -0.5), strict=True)
        for what, known, color, up in rows:
            text = ["" if np.isnan(known.get(name, np.nan)) else words("?", known[name]) for name in middle]
            state: list[figures.State] = ["lit" if one else "plain" for one in text]
            at = np.array(list(middle.values())) + np.array([0, up * high, 0])
            width = np.full(len(text), wide)
            drawn.append(figures.Chips(text, at, None, color, state, high, width, key=key + what, name=what[:-1]))
        return drawn

    def is_tagged(self, name: str, now: ll.Now) -> bool:
        """Whether a weight's card is shown."""
        step = self.current(now)
        return self.is_narrow or (step is not None and self.graph().weights[name][1] == step.name)

    def pulses(self, now: ll.Now) -> list[layers.Layer]:
        """Return what is on its way now: a value to the current step, or a gradient from it."""
        graph, edges, (forward, back, _, again) = self.graph(), self.stands()[1], self.score(now)
        count, drawn = len(graph.steps), []
        for share, color, steps in (
            (forward % 1.0, FORWARD, [graph.steps[min(int(forward), count - 1)]]),
            (1 - back % 1.0, BACK, [graph.steps[max(count - 1 - int(back), 0)]]),
            (again % 1.0, FORWARD, list(graph.steps)),
        ):
            if 0.0 < share < 1.0:
                paths = [edges[pair] for pair in graph.edges if pair[1] in {step.name for step in steps}]
                at = np.array([shapes.point_at(path, np.linspace(0, 1, len(path)), share) for path in paths])
                drawn.append(layers.Points(at, color, 9.0, "sphere", outline=True, key="pulse", pickable=False))
        return drawn

    def slopes(self, now: ll.Now) -> list[layers.Layer]:
        """Return the local slopes beside the edges of the current step, by which the gradient is multiplied."""
        graph, edges, step = self.graph(), self.stands()[1], self.current(now)
        forward, _, moved, _ = self.score(now)
        if step is None or moved or forward < len(graph.steps) or step.name in {to for _, to in graph.weights.values()}:
            return []
        return [
            layers.Label(edges[pair][-17], words("×\u2009?", self.shown(now)[1][pair]), size=17, side="above")
            for pair in graph.edges if pair[1] == step.name
        ]  # fmt: skip

    # --------------------------------------------------------------------------------------------------- the notes
    def notes(self, now: ll.Now) -> list[layers.Note]:
        """Return the five steps, and the current one's formula with its numbers."""
        graph, (forward, back, moved, again) = self.graph(), self.score(now)
        loss_now = self.passed()[0][graph.loss]
        loss, step = graph.symbol(graph.loss), self.current(now)
        part = 4 if again else 3 if moved else 2 if back else 1 if forward > len(graph.steps) - 1 else 0
        five = (
            (FORWARD, rf"1\;\; {loss}", tex("= ?s", loss_now) if part else "", "surface"),
            ("accent", rf"2\;\; {loss} \to \min", "", "goal"),
            (BACK, rf"3\;\; \nabla {loss}", "", "gradient"),
            ("down", r"4\;\; -\alpha \nabla " + loss, "", "step"),
            (FORWARD, rf"5\;\; {loss}", tex("= ?s", self.stepped()[0][graph.loss]) if again == 1.0 else "", "repeat"),
        )
        notes: list[layers.Note] = [
            layers.Title(self.title, lines=("values forward, gradients back",)),
            layers.Facts("One step of learning", layers.lit(five, part)),
            *(self.spoken(step, now) if step else []),
        ]
        if part >= 3:
            w = "w" if graph.weights else r"\text{inputs}"
            notes.append(
                layers.Formula(
                    rf"{w} \leftarrow {w} - \alpha \nabla {loss}, \quad \alpha = " + tex("?s", self.rate), 22
                )
            )
        return [*notes, *map(layers.Caution, self.cautions(now))]

    def cautions(self, now: ll.Now) -> list[str]:
        """Return what is wrong with the numbers: too many or too few are given, or what follows is not finite."""
        graph, found = self.graph(), []
        for given, of, what, rest in (
            (self.numbers, graph.inputs, "values", "the others are chosen"),
            (self.target, graph.outputs, "targets", "the others are 0.5"),
        ):
            count = len(graphs.numbers_of(given))
            if count > len(of):
                found.append(words("The last ?n of the " + what + " are not used.", count - len(of)))
            elif 0 < count < len(of):
                found.append(words("Only ?n of ?n " + what + " are given; " + rest + ".", count, len(of)))
        for (known, _, gradients), when in ((self.passed(), "at these inputs"), (self.shown(now), "after the step")):
            wrong = next((name for name in (*graph.outputs, graph.loss) if not np.isfinite(known[name])), "")
            if wrong or not np.isfinite(list(gradients.values())).all():
                return [*found, f"{wrong or 'The gradient'} is not finite {when}."]
        return found

    def spoken(self, step: graphs.Step, now: ll.Now) -> list[layers.Note]:
        """Return a step's formula, its local slopes and its gradient, each with its number."""
        graph, (values, reached), (known, local, gradients) = self.graph(), self.known(now), self.shown(now)
        here, value = graph.symbol(step.name), values.get(step.name, known[step.name])
        notes: list[layers.Note] = [
            layers.Formula(tex(rf"{here} = {graph.latex(step.formula)} = ?s", (FORWARD, value)), 22)
        ]
        for name in [one for one in step.arguments if one not in graph.weights][:2]:
            way, slope = rf"\dfrac{{\partial {here}}}{{\partial {graph.symbol(name)}}}", graph.slopes[name, step.name]
            said = "" if slope.number is not None else rf" = {graph.latex(slope)}"
            notes.append(layers.Formula(rf"{way}{said} = " + tex("?s", local[name, step.name]), 20))
        if step.name in reached:
            way = rf"\dfrac{{\partial {graph.symbol(graph.loss)}}}{{\partial {here}}}"
            notes.append(layers.Formula(tex(rf"{way} = ?s", (BACK, gradients[step.name])), 22))
        return notes

    # ------------------------------------------------------------------------------------------- what can be changed
    @ll.kept(framing=True)
    def most(self) -> float:
        """Return the number at the upper end of each slider."""
        return shapes.in_steps(1.25 * max(map(abs, self.given().values())), 2.0, 2.0)

    def sliders(self, now: ll.Now) -> dict[str, tuple[np.ndarray, float]]:
        """Return foot (3,) and height of each input's slider, at the left of its card."""
        places, half = self.stands()[0], HIGH + SIGN / 2
        found = {name: (places[name] + np.array([-WIDE / 2 - 0.1, -half, 0]), 2 * half)
                 for name in self.graph().inputs if name in places}  # fmt: skip
        tags = {name: at for name, at in self.tags().items() if self.is_tagged(name, now)}
        return found | {name: (at - np.array([NARROW / 2 + 0.07, TAG, 0]), 2 * TAG) for name, at in tags.items()}

    def knob(self, name: str, foot: np.ndarray, height: float) -> np.ndarray:
        """Return where a slider's knob is (3,)."""
        share = float(np.clip(0.5 + 0.5 * self.given()[name] / self.most(), 0, 1))
        return foot + np.array([0, share * height, 0])

    def knobs(self, now: ll.Now) -> list[layers.Layer]:
        """Return the sliders."""
        sliders = self.sliders(now)
        tracks = [np.array([foot, foot + np.array([0, height, 0])]) for foot, height in sliders.values()]
        knobs = np.array([self.knob(name, *slider) for name, slider in sliders.items()])
        return [
            layers.Lines(tracks, "grid.axis", 2.0, depth=False, key="tracks", group="handles", pickable=False),
            layers.Points(knobs, "accent", 5.0, "disc", outline=True, key="knobs", group="handles", name="Drag"),
        ]

    def slide(self, place: tuple[float, float], name: str, foot: np.ndarray, height: float) -> None:
        """Give an input the value at a place of its slider."""
        share = float(np.clip((place[1] - foot[1]) / height, 0, 1))
        values = self.given() | {name: float(f"{(2 * share - 1) * self.most():.3g}")}
        self.set("values", ", ".join(f"{value:g}" for value in values.values()))

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return a knob for each input that has a card."""
        return [
            ll.Handle(name, self.knob(name, foot, height),
                      partial(BackpropGraph.slide, name=name, foot=foot, height=height), plane=0.0)
            for name, (foot, height) in self.sliders(now).items()
        ]  # fmt: skip

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Show the formula of the node that is clicked; clicked again, that of the moment."""
        if layer.key.split("/")[0] not in ("nodes", "values", "gradients"):
            return False
        name = list(self.stands()[0])[element]
        if name in self.graph().inputs:
            return False
        self.set("node", "" if self.node == name else name)
        return True

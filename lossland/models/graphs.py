"""Computational graphs: an expression decomposed into steps, each with its value, local derivatives and gradient.

Every step is an expression of inputs and earlier steps, so the same definition gives its value, its local derivatives
("slopes", exact) and its LaTeX. One pass backward through the steps multiplies each gradient by the slopes and so finds
the derivatives of the loss by every input and step (Linnainmaa 1970; Rumelhart, Hinton and Williams 1986).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.compute.philox import Purpose, particles, standard_normal
from lossland.errors import UserError, shown
from lossland.expression import Node, constant, evaluate, exp, latex, maximum, tanh, trace, variable
from lossland.expression.formula import parse
from lossland.expression.node import COMPARISONS, V, Value, make, ordered, varies

Floats = NDArray[np.float64]

MOST_STEPS, MOST_INPUTS = 24, 10
MOST_LAYERS, MOST_WIDE = 4, 4  # of a network: as many as can be read in a picture
STARTS = 12  # orders from which a layout is sought, beside the given one
FAN = 0.24  # in the world: between the weights of a neuron and its sum
STANDARD = (2.0, 3.0, -1.0, 0.5, 1.5, -2.0, 1.0, 0.8, -0.6, 0.4)  # of an expression's inputs
ACTIVATIONS: dict[str, tuple[str, Callable[[Node], Node]]] = {
    "sigmoid": ("σ", lambda z: 1 / (1 + exp(-z))),
    "tanh": ("tanh", tanh),
    "relu": ("ReLU", lambda z: maximum(z, constant(0))),
}
INDEX, LAYER = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"), ("", "¹", "²", "³")
SIGNS = {
    "add": "+",
    "sub": "−",
    "mul": "×",
    "div": "÷",
    "neg": "−",
    "log": "ln",
    "pow": "^",
    "abs": "| |",
    "where": "if",
}


class Step(NamedTuple):
    """One step: its value is called ``name``, is ``formula`` of inputs and earlier ones, and is drawn as ``sign``."""

    name: str
    formula: Node
    sign: str

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names that it is made from, in the order in which they occur."""
        return tuple(node.name for node in ordered([self.formula]) if node.op == "var")


@dataclass(frozen=True)
class Graph:
    """Steps in an order in which each needs only ``inputs`` and earlier ones; the last one is the loss.

    ``outputs`` are the names of what is compared with targets, or of the last step. ``weights`` are those inputs that
    belong to an edge or a node of a network: by the pair (argument, step), or (step, step) for a bias. ``symbols`` are
    the LaTeX of names that are not written as they are; ``targets`` are the numbers that the outputs are compared with.
    """

    inputs: tuple[str, ...]
    steps: tuple[Step, ...]
    outputs: tuple[str, ...]
    weights: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)
    targets: tuple[float, ...] = ()

    @property
    def loss(self) -> str:
        """The name of the last step."""
        return self.steps[-1].name

    def step(self, name: str) -> Step:
        """Return the step of a name."""
        return next(step for step in self.steps if step.name == name)

    @cached_property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """The pairs (argument, step) in the order of the steps, without those of weights and biases."""
        return tuple((name, step.name) for step in self.steps for name in step.arguments if name not in self.weights)

    @cached_property
    def slopes(self) -> Mapping[tuple[str, str], Node]:
        """The derivative of each step by each of its arguments, as an expression, by (argument, step)."""
        return {(name, step.name): step.formula.diff(name) for step in self.steps for name in step.arguments}

    def latex(self, node: Node) -> str:
        """Return an expression of inputs and steps as LaTeX; a slope that is nan somewhere as it is elsewhere."""
        return re.sub(r"\\log(?!_)", r"\\ln", latex(_where_defined(node), self.symbols))

    def symbol(self, name: str) -> str:
        """Return a name as LaTeX."""
        return self.latex(variable(name))

    def plain(self, name: str) -> str:
        """Return a name as text: w¹₁₂ where the LaTeX is w^1_{12}."""
        head, rest = (name[0] + LAYER[int(name[1])], name[2:]) if name in self.symbols else ("", name)
        return head + rest.translate(INDEX)

    def slope(self, name: str, step: str) -> str:
        """Return the derivative of a step by one of its arguments as LaTeX: its symbol and its formula."""
        way, slope = rf"\dfrac{{\partial {self.symbol(step)}}}{{\partial {self.symbol(name)}}}", self.slopes[name, step]
        return way if slope.number is not None else rf"{way} = {self.latex(slope)}"

    # ------------------------------------------------------------------------------------------------ both passes
    def forward(self, values: Mapping[str, V]) -> dict[str, V]:
        """Return the values of inputs and steps, from those of the inputs: floats, or arrays that broadcast."""
        known = {name: values[name] for name in self.inputs}
        for step in self.steps:
            known[step.name] = self._at(step.formula, known)
        return known

    def local(self, known: Mapping[str, V]) -> dict[tuple[str, str], V]:
        """Return the value of every slope, from the values that ``forward`` returned."""
        return {pair: self._at(slope, known) for pair, slope in self.slopes.items()}

    def backward(self, known: Mapping[str, V], count: int | None = None) -> dict[str, V]:
        """Return the derivatives of the loss by every name that has been reached.

        With a ``count`` the pass stops after so many steps, counted from the loss back: a name then has the sum of the
        contributions so far. ``known`` are the values that ``forward`` returned.
        """
        local, found = self.local(known), {self.loss: 0 * known[self.loss] + 1.0}
        for step in self.steps[::-1][:count]:
            for name in step.arguments:
                part = found[step.name] * local[name, step.name] if step.name in found else 0.0
                found[name] = found[name] + part if name in found else part
        return found

    @staticmethod
    def _at(node: Node, known: Mapping[str, Value]) -> Any:
        return evaluate([node], {part.name: known[part.name] for part in ordered([node]) if part.op == "var"})[0]


# ------------------------------------------------------------------------------------------------ from an expression
def traced(function: Callable[..., Value], *names: str) -> Graph:
    """Return the graph of a plain function of the named inputs, for example ``lambda x, y: x * y + np.sin(x)``."""
    return of_node(trace(function, *names))


def of_expression(text: str, target: float | None = None) -> Graph:
    """Return the graph of a typed formula with any variables; with a target its loss is half the squared error."""
    return of_node(parse(text, free=True), target)


def of_node(node: Node, target: float | None = None) -> Graph:
    """Return the graph of an expression: a step for each operation.

    A sum of many terms is one step, and so are 1/(1 + exp(-u)), an operation with a constant, and a minus before
    another operation. Raises UserError for an expression that has no operation or too many.
    """
    order = [part for part in ordered([node]) if varies(part)]
    inputs = tuple(part.name for part in order if part.op == "var")
    whole = _steps(order, node)
    if not whole:
        raise UserError("A graph needs an expression with a variable and an operation, such as x*y + sin(x).")
    if len(whole) > MOST_STEPS or len(inputs) > MOST_INPUTS:
        raise UserError(f"A graph has up to {MOST_STEPS} steps and {MOST_INPUTS} variables, to be read in a picture.")
    free = (name for k in range(1, 100) if (name := f"v{k}") not in inputs)
    last = [] if target is not None or "f" in inputs else ["f"]
    names = dict(zip(whole, [*islice(free, len(whole) - len(last)), *last], strict=True))

    def written(part: Node) -> Node:
        """Return an expression in which earlier steps are variables."""
        return variable(names[part]) if part in names else _rebuilt(part, written)

    steps = [Step(name, _rebuilt(part, written), _sign(part)) for part, name in names.items()]
    outputs = (steps[-1].name,)
    if target is not None:
        steps.append(
            Step(next(name for name in ("E", "E0", "E1") if name not in inputs), _error(outputs, [target]), "½( )²")
        )
    return Graph(inputs, tuple(steps), outputs, targets=() if target is None else (target,))


def _where_defined(node: Node) -> Node:
    """Return an expression without the cases in which it is nan."""
    if node.op == "where" and node.args[1].op == "const" and np.isnan(node.args[1].value):
        return _where_defined(node.args[2])
    return _rebuilt(node, _where_defined)


def _rebuilt(node: Node, written: Callable[[Node], Node]) -> Node:
    return make(node.op, *map(written, node.args)) if node.args else node


def _steps(order: Sequence[Node], last: Node) -> list[Node]:
    """Return the parts of an expression that are steps of their own."""
    users: dict[Node, list[Node]] = {part: [] for part in order}
    for part in order:
        for arg in part.args:
            if arg in users:
                users[arg].append(part)
    inside: set[Node] = set()  # nodes that belong to another node's step
    for part in order:
        if part.op in COMPARISONS:
            inside.add(part)
        kinds = {("add", "add"), *((op, "neg") for op in ("log", "exp", "mul", "div"))}
        inside |= {arg for arg in part.args if (arg.op, part.op) in kinds and len(users[arg]) == 1}
        if _sigmoid_of(part) is not None:
            bottom = part.args[1]
            chain = [bottom, bottom.args[1], bottom.args[1].args[0]]
            if all(len(users[one]) == 1 for one in chain):
                inside |= set(chain)
    return [part for part in order if part.op != "var" and (part not in inside or part is last)]


def _sigmoid_of(node: Node) -> Node | None:
    """Return u if a node is 1/(1 + exp(-u)), else None."""
    one = constant(1.0)
    if node.op == "div" and node.args[0] is one and node.args[1].op == "add" and node.args[1].args[0] is one:
        power = node.args[1].args[1]
        if power.op == "exp" and power.args[0].op == "neg":
            return power.args[0].args[0]
    return None


def _sign(node: Node) -> str:
    """Return the label of a step in a picture: its operator, with the constant operand if there is one."""
    if _sigmoid_of(node) is not None:
        return "σ"
    sign = SIGNS.get(node.op, node.op)
    if node.op == "neg" and node.args[0].op in ("log", "exp"):
        return sign + _sign(node.args[0])
    numbers = [arg.number for arg in node.args if arg.number is not None]
    if not numbers or node.op not in ("add", "sub", "mul", "div", "pow"):
        return sign
    number = f"{numbers[0]:g}".replace("-", "−")
    return (
        f"{number} {sign}"
        if node.args[0].number is not None and node.op in ("sub", "div", "pow")
        else f"{sign} {number}"
    )


def _error(outputs: Sequence[str], targets: Sequence[float]) -> Node:
    """Return half the sum of squared differences."""
    parts = [constant(0.5) * (variable(name) - constant(t)) ** 2 for name, t in zip(outputs, targets, strict=True)]
    return sum(parts[1:], start=parts[0])


def numbers_of(text: str) -> list[float]:
    """Return the numbers of a text such as ``0.05, 0.1``."""
    try:
        found = [float(part) for part in text.replace(";", ",").split(",") if part.strip()]
    except ValueError:
        found = [np.nan]
    if not np.isfinite(found).all() or np.abs(found).max(initial=0.0) > 1e6:
        raise UserError(f"These are numbers with commas between, such as 0.05, 0.1, each up to 1e6, not {shown(text)}.")
    return found


def miscounted(text: str, names: Sequence[str], what: str, others: str) -> str:
    """Return a caution if a text has fewer or more numbers than ``names``, with the values of ``others``, or ""."""
    count = len(numbers_of(text))
    if count > len(names):
        return f"The last {count - len(names)} of the {what} are not used."
    return f"Only {count} of {len(names)} {what} are given; the others are {others}." if 0 < count < len(names) else ""


# --------------------------------------------------------------------------------------------------- from a network
def widths_of(text: str) -> tuple[int, ...]:
    """Return the widths of a network's layers, inputs and outputs among them: ``2-2-2``."""
    parts = text.split("-")
    if 2 <= len(parts) <= MOST_LAYERS and all(part.strip() in map(str, range(1, MOST_WIDE + 1)) for part in parts):
        return tuple(map(int, parts))
    raise UserError(
        f"A network is two to {MOST_LAYERS} whole numbers from 1 to {MOST_WIDE}, inputs first, such as 2-2-2, "
        f"not {shown(text)}."
    )


def network(widths: Sequence[int], activation: str, targets: Sequence[float]) -> Graph:
    """Return the graph of a network: for each neuron the sum z and its activation, and half the squared error.

    Missing targets are 0.5, and superfluous ones are ignored.
    Its inputs are those of the network, and then layer by layer the weights (row by row) and the biases.
    """
    sign, bend = ACTIVATIONS[activation]
    targets = [*targets, *[0.5] * widths[-1]][: widths[-1]]
    before = [f"x{k + 1}" for k in range(widths[0])]
    inputs, steps, weights, symbols = list(before), [], {}, {}
    for layer, (count, wide) in enumerate(pairwise(widths), 1):
        sums, bent = [], []
        last = layer == len(widths) - 1
        for unit in range(1, wide + 1):
            z, h = f"z{layer}{unit}", f"o{unit}" if last else f"h{layer}{unit}"
            symbols |= {z: rf"z^{layer}_{unit}"} | ({} if last else {h: rf"h^{layer}_{unit}"})
            names = [f"w{layer}{unit}{source}" for source in range(1, count + 1)]
            for source, (name, of) in enumerate(zip(names, before, strict=True), 1):
                weights[name] = (of, z)
                symbols[name] = rf"w^{layer}_{{{unit}{source}}}"
            terms = [variable(name) * variable(of) for name, of in zip(names, before, strict=True)]
            sums.append(Step(z, sum(terms[1:], start=terms[0]) + variable(f"b{layer}{unit}"), "Σ"))
            bent.append(Step(h, bend(variable(z)), sign))
            inputs += names
        for unit, step in enumerate(sums, 1):
            inputs.append(f"b{layer}{unit}")
            weights[inputs[-1]] = (step.name, step.name)
            symbols[inputs[-1]] = rf"b^{layer}_{unit}"
        steps += [*sums, *bent]
        before = [step.name for step in bent]
    steps.append(Step("E", _error(before, targets), "½ Σ( )²"))
    return Graph(tuple(inputs), tuple(steps), tuple(before), weights, symbols, tuple(targets))


def layered(graph: Graph, gradients: Mapping[str, ArrayLike]) -> Mapping[str, Any]:
    """Return the gradients of a network by ``x``, ``W1``, ``b1``, ``W2`` ...: as arrays of the weights' shapes.

    Those of an expression are keyed by the names of its inputs.
    """
    if not graph.weights:
        return {name: gradients[name] for name in graph.inputs}
    found: dict[str, Floats] = {}
    for name in graph.inputs:
        key = "x" if name not in graph.weights else f"{name[0].upper() if name[0] == 'w' else 'b'}{name[1]}"
        found[key] = np.append(found.get(key, np.zeros(0)), gradients[name])
    for key in [key for key in found if key[0] == "W"]:
        found[key] = found[key].reshape(len(found[f"b{key[1:]}"]), -1)
    return found


def first_values(graph: Graph, seed: int = 0) -> tuple[float, ...]:
    """Return initial values of a graph's inputs: of a network with 2-2-2 units Mazur's (2015), else random weights."""
    count = len(graph.inputs)
    if not graph.weights:
        return STANDARD[:count]
    if count == 14:
        return (0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.35, 0.40, 0.45, 0.50, 0.55, 0.60, 0.60)
    drawn, _ = standard_normal(seed, particles(np, 0, count), 0, Purpose.WEIGHTS)
    return tuple(np.round(drawn, 2).tolist())


# ---------------------------------------------------------------------------------------------------- where it stands
class Placed(NamedTuple):
    """The centres (3,) of the cards by name, the paths (n, 3) of the edges from card to card by (argument, step), and
    the centres (3,) of the small cards of weights by name."""

    cards: dict[str, Floats]
    paths: dict[tuple[str, str], Floats]
    weights: dict[str, Floats]

    def box(self, card: tuple[float, float], weight: tuple[float, float]) -> tuple[Floats, Floats]:
        """Return the corners (3,) of a box around all cards, from half widths and heights of both kinds."""
        ends = [
            at + side * np.array([*half, 0.0])
            for places, half in ((self.cards, card), (self.weights, weight))
            for at in places.values()
            for side in (-1, 1)
        ]
        return np.min(ends, axis=0), np.max(ends, axis=0)


def laid_out(graph: Graph) -> tuple[dict[str, tuple[float, float]], dict[tuple[str, str], list[tuple[float, float]]]]:
    """Return for each name its (column, row), and for each edge the cells that it passes, both ends included.

    A step is one column right of the last of its arguments, an input just left of the first step that takes it. In
    a column each is as near as possible to its neighbours (Sugiyama, Tagawa and Toda 1981), in the order in which the
    fewest edges cross; edges keep a row of their own in the columns that they pass.
    """
    column: dict[str, int] = dict.fromkeys(graph.inputs, 0)
    for step in graph.steps:
        column[step.name] = 1 + max(column[name] for name in step.arguments if name not in graph.weights)
    for name in graph.inputs:
        column[name] = min((column[to] for start, to in graph.edges if start == name), default=1) - 1
    shown_names = [name for name in column if name not in graph.weights]
    ways = {(a, b): [a, *(f"{a}>{b}:{k}" for k in range(column[a] + 1, column[b])), b] for a, b in graph.edges}
    place = {one: column[way[0]] + k for way in ways.values() for k, one in enumerate(way)}
    beside: dict[str, list[str]] = {name: [] for name in [*shown_names, *place]}
    for way in ways.values():
        for a, b in pairwise(way):
            beside[a].append(b)
            beside[b].append(a)
    columns = [[one for one in beside if place.get(one, column.get(one)) == k] for k in range(max(column.values()) + 1)]
    links = [[link for way in ways.values() for link in pairwise(way) if place[link[0]] == k]
             for k in range(len(columns) - 1)]  # fmt: skip
    generator = np.random.default_rng(0)  # each course ends near the order that it begins with, so there are several
    starts = [columns, *([[members[k] for k in generator.permutation(len(members))] for members in columns]
                        for _ in range(STARTS))]  # fmt: skip
    orders = [row for start in starts for row in _swept(start, beside)]
    row = min(orders, key=lambda order: (crossings(links, order), _steepness(links, order)))
    at = {one: (float(place.get(one, 0)), row[one]) for one in beside}
    return {name: at[name] for name in shown_names}, {pair: [at[one] for one in way] for pair, way in ways.items()}


def _swept(columns: Sequence[Sequence[str]], beside: Mapping[str, Sequence[str]]) -> Iterator[dict[str, float]]:
    """Yield the rows after each sweep over the columns, forth and back, in which all move to the mean of neighbours."""
    row: dict[str, float] = {}
    for members in columns:
        row |= _spread(members)
    for sweep in range(12):
        for members in columns if sweep % 2 == 0 else columns[::-1]:
            wanted = {one: float(np.mean([row[other] for other in beside[one]] or [0.0])) for one in members}
            row |= _spread(sorted(members, key=lambda one: -wanted[one]))
        yield dict(row)


def crossings(links: Sequence[Sequence[tuple[str, str]]], row: Mapping[str, float]) -> int:
    """Return how many links cross, of those between one column and the next, with the ends in given rows."""
    found = 0
    for between in links:
        start, end = np.array([[row[one] for one in link] for link in between]).T
        found += int(np.count_nonzero((start[:, None] - start) * (end[:, None] - end) < 0)) // 2
    return found


def _steepness(links: Sequence[Sequence[tuple[str, str]]], row: Mapping[str, float]) -> float:
    """Return by how many rows the ends of links differ, in all."""
    return sum(abs(row[a] - row[b]) for between in links for a, b in between)


def placed(
    graph: Graph, card: tuple[float, float], tag: tuple[float, float], gap: float, channel: float, pitch: float
) -> Placed:
    """Return where the cards and the paths of the edges are.

    ``card`` and ``tag`` are width and height of a card and of a weight's small one; ``gap`` separates two columns,
    ``pitch`` is the distance of rows. A neuron's activation is below its sum, so a neuron takes one column. Left of it
    its weights are stacked, the one from the uppermost card first, and each edge passes through its own weight; edges
    cross only in the ``channel`` before them.
    """
    nodes, ways = laid_out(graph)
    (wide, high), sums = card, {to for _, to in graph.weights.values()}
    bent = {to for start, to in graph.edges if start in sums}
    room = channel + tag[0] + FAN
    steps = {nodes[name][0]: wide + room for name in sums} | {nodes[name][0]: 0.0 for name in bent}
    last = max(column for column, _ in nodes.values())
    x = np.cumsum([0.0, *(steps.get(column, wide + gap) for column in np.arange(1.0, last + 1))])
    low = {*bent, *([graph.loss] if bent else ())}
    rise = dict.fromkeys(sums, 0.25 * pitch) | dict.fromkeys(low, -0.25 * pitch)
    at = {name: np.array([x[int(column)], pitch * row + rise.get(name, 0.0), 0.0])
          for name, (column, row) in nodes.items()}  # fmt: skip

    stacks: dict[str, list[tuple[float, str]]] = {}
    for weight, (start, to) in graph.weights.items():
        if start != to:
            stacks.setdefault(to, []).append((-at[start][1], weight))
    tags = {
        weight: at[to] + np.array([-0.5 * (wide + tag[0]) - FAN, tag[1] * (0.5 * (len(stack) - 1) - k), 0.0])
        for to, stack in stacks.items()
        for k, (_, weight) in enumerate(sorted(stack))
    }
    through = {graph.weights[weight]: place for weight, place in tags.items()}
    half, half_tag = np.array([wide / 2, 0.0, 0.0]), np.array([tag[0] / 2, 0.0, 0.0])
    paths = dict[tuple[str, str], Floats]()
    for (start, to), way in ways.items():
        if to in bent:
            foot = np.array([0.0, high / 2, 0.0])
            ends = [(at[start] - foot, at[to] + foot)]
        elif (start, to) in through:
            middle = through[start, to]
            ends = [(at[start] + half, middle - half_tag), (middle + half_tag, at[to] - half)]
        else:  # within a column an edge runs straight along its own row
            between = [np.array([x[int(column)], pitch * row, 0.0]) for column, row in way[1:-1]]
            ends = [(a + half, b - half) for a, b in pairwise([at[start], *between, at[to]])]
        paths[start, to] = np.vstack([_curved(a, b) for a, b in ends])
    return Placed(at, paths, tags)


def _curved(start: Floats, end: Floats) -> Floats:
    """Return a path (33, 3) that begins and ends level."""
    u = np.linspace(0, 1, 33)[:, None]
    return start + (end - start) * np.hstack([u, u * u * (3 - 2 * u), u])


def _spread(members: Sequence[str]) -> dict[str, float]:
    """Return a row for each member of a column: one apart, around 0, the first above."""
    return {one: 0.5 * (len(members) - 1) - k for k, one in enumerate(members)}

"""One step of an optimizer on a landscape as one flat program, from which every kernel is generated.

The step is traced from the landscape's expression and the optimizer's rule and split in two:

* the *uniform* part is the same for all particles: what depends only on t and the hyper-parameters, such as
  1 / (1 - beta1^t). The host computes it in float64, a row of columns for each step. So a kernel contains no
  hyper-parameter and no power of t: moving a slider compiles nothing.
* the *particle* part maps the rows of a particle's state (x, y, and what the rule remembers) to the rows after the
  step, reading the uniform columns and, for noisy gradients, two normal draws. For each `Look` of the rule it contains
  the landscape's expressions again, with the position's expression for x and y.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lossland.compute.rules import substituted, with_looks_resolved
from lossland.expression import Node, Program, constant, stable, variable, variables, where
from lossland.expression.node import COMPARISONS, as_node, make, ordered
from lossland.expression.table import any_table
from lossland.expression.vectors import flat, rank
from lossland.landscapes.landscape import Calculus, calculus
from lossland.landscapes.problems import Problem
from lossland.optimizers import Optimizer
from lossland.optimizers.look import AXES, entries, trace

if TYPE_CHECKING:
    from lossland.landscapes.problems import Ground

ONE, ZERO = constant(1), constant(0)
MOST_OPERATIONS = 12_000  # of a step that is compiled: some five seconds the first time
NOISE = ("noise_x", "noise_y")  # names of the normal draws in the particle part


@dataclass(frozen=True, eq=False)
class Fused:
    """One step as two programs. Compare by identity: `fuse` returns the same object for the same step.

    ``axes`` are the coordinates, x and y unless it is a problem in more dimensions. ``rows`` names a particle's state:
    x, y, then the entries of each ``remembered`` term (m_x and m_y of a vector, d of a number, H_xx, H_xy ... of a
    matrix). ``columns`` names the uniform columns, ``carried`` the remembered terms
    that are the same for all particles and stay on the host.
    ``particle`` has the inputs ``rows + columns`` (``+ NOISE`` if ``noisy``) and one output for each row; if ``timed``,
    another one for f at x, y before the step, which shares subexpressions with the gradient.
    ``uniform`` has the inputs ``("t", *hyper, *carried)`` and the outputs ``columns + carried``. ``value`` has the
    inputs x, y and the output f(x, y).
    """

    kind: type[Optimizer]
    noisy: bool
    timed: bool
    axes: tuple[str, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    remembered: tuple[str, ...]
    carried: tuple[str, ...]
    hyper: tuple[str, ...]
    particle: Program
    uniform: Program
    value: Program

    def initial(self, rule: Optimizer) -> list[float]:
        """Return the initial values of the remembered terms, for each of ``rows`` after the coordinates."""
        before, ranks = rule.initial(), trace(self.kind).remembered
        size = len(self.axes)
        return [float(x) for name in self.remembered for x in flat(getattr(before, name), ranks[name], size)]

    def carry(self, rule: Optimizer) -> list[float]:
        """Return the carried terms before the first step."""
        before = rule.initial()
        return [float(getattr(before, name)) for name in self.carried]

    def table(
        self, rule: Optimizer, done: int, steps: int, carry: list[float]
    ) -> tuple[NDArray[np.float64], list[float]]:
        """Return the uniform columns (steps, U) of the steps t = done + 1, ..., and the carried terms after them."""
        hyper = [float(getattr(rule, name)) for name in self.hyper]
        table = np.empty((steps, len(self.columns)))
        if self.carried:
            for i in range(steps):
                row = self.uniform.floats(float(done + 1 + i), *hyper, *carry)
                table[i], carry = row[: len(self.columns)], row[len(self.columns) :]
        elif steps:
            t = np.arange(done + 1, done + 1 + steps, dtype=np.float64)
            for column, values in enumerate(self.uniform.arrays(t, *map(np.asarray, hyper))):
                table[:, column] = values
        return table, carry


def fuse(landscape: Ground, rule: Optimizer, timed: bool = False) -> Fused:
    """Return one step of the rule on the landscape. Of the hyper-parameters' values only a noise of 0 matters."""
    return _fuse(landscape.node, landscape.names, type(rule), rule.stochastic, timed)


def is_fusible(landscape: Ground, rule: Optimizer) -> bool:
    """Whether a step can be compiled, and is short enough to do so in a few seconds; in the plane it always is.

    A landscape that is a table cannot be compiled, nor a problem that is not an expression. In more dimensions a whole
    Hessian makes the step too long on all but simple problems, and eigenvectors have no expression.
    """
    axes = landscape.names
    if isinstance(landscape, Problem) and not isinstance(landscape.around, Calculus):
        return False
    around = calculus(landscape.node, axes)
    if any_table(around.computes_value.steps):
        return False
    if len(axes) == len(AXES):
        return True
    value, gradient = (len(program.steps) for program in (around.computes_value, around.computes_gradient))
    looks = {"value": value, "gradient": gradient, "product": 3 * gradient, "hessian": 3 * gradient * len(axes)}
    try:
        traced = trace(type(rule), rule.stochastic, axes)
    except ValueError:  # eigenvectors
        return False
    terms = [x for term in traced.terms._asdict().values() for x in flat(term, rank(term), len(axes))]
    own = len(ordered([as_node(x) for x in terms]))
    return gradient + own + sum(looks[place.what] for place in traced.places) <= MOST_OPERATIONS


@lru_cache(maxsize=64)
def _fuse(node: Node, axes: tuple[str, ...], kind: type[Optimizer], noisy: bool, timed: bool) -> Fused:
    hyper, gradient = tuple(item.name for item in fields(kind)), calculus(node, axes).gradient
    traced = trace(kind, noisy, axes)
    carried, size = traced.carried, len(axes)
    ranks = {name: order for name, order in traced.remembered.items() if name not in carried}
    split = _Split({"t", *hyper, *carried})
    moves = flat(traced.terms.step, 1, size)
    after = {name: flat(getattr(traced.terms, name), order, size) for name, order in ranks.items()}
    outputs: dict[str, Node] = {}
    for i, axis in enumerate(axes):  # by axis: the order in which columns are numbered
        outputs[axis] = split.rest(variable(axis) + moves[i])
        for name, order in ranks.items():
            if order == 1:
                outputs[entries(name, 1, axes)[i]] = split.rest(as_node(after[name][i]))
    for name, order in ranks.items():
        if order != 1:
            names = entries(name, order, axes)
            outputs |= {row: split.rest(as_node(x)) for row, x in zip(names, after[name], strict=True)}
    places = [place._replace(position=tuple(map(split.rest, place.position))) for place in traced.places]
    rows = (*axes, *(row for name, order in ranks.items() for row in entries(name, order, axes)))
    meaning = with_looks_resolved(
        places, node, axes, dict(zip(entries("grad", 1, axes), stable(gradient), strict=True))
    )
    kept = [as_node(getattr(traced.terms, name)) for name in carried]
    return Fused(
        kind=kind,
        noisy=noisy,
        timed=timed,
        axes=axes,
        rows=rows,
        columns=tuple(split.columns.values()),
        remembered=tuple(ranks),
        carried=carried,
        hyper=hyper,
        particle=Program(
            [*substituted([outputs[row] for row in rows], meaning), *(stable((node,)) if timed else ())],
            (*rows, *split.columns.values(), *(entries("noise", 1, axes) if noisy else ())),
            as_given=True,
        ),
        uniform=Program([*split.columns, *kept], ("t", *hyper, *carried), as_given=True),
        value=Program([node], axes),
    )


class _Split:
    """Replaces the uniform parts of expressions by columns.

    Uniform factors and divisors of a product are combined into one column: lr m / (1 - beta1^t) becomes m times a
    column, which hoists the division out of the loop over particles.
    """

    def __init__(self, uniform: set[str]) -> None:
        self.uniform = uniform
        self.columns: dict[Node, str] = {}
        self._known: dict[Node, Node] = {}
        self._uniform: dict[Node, bool] = {}

    def rest(self, node: Node) -> Node:
        """Return the expression with its uniform parts replaced by columns."""
        if node not in self._known:
            self._known[node] = self._rest(node)
        return self._known[node]

    def _rest(self, node: Node) -> Node:
        if self._is_uniform(node):
            return self._column(node)
        if node.op in ("mul", "div", "neg"):
            factor, rest = self._factors(node)
            if factor is ONE:
                return rest
            return make("mul", self._column(factor), rest)
        if not node.args:
            return node
        return make(node.op, *(self._test(arg) if arg.op in COMPARISONS else self.rest(arg) for arg in node.args))

    def _is_uniform(self, node: Node) -> bool:
        if node not in self._uniform:
            inside = node.name in self.uniform if node.op == "var" else all(map(self._is_uniform, node.args))
            self._uniform[node] = inside
        return self._uniform[node]

    def _column(self, node: Node) -> Node:
        if not variables(node):
            return node
        return variable(self.columns.setdefault(node, f"u{len(self.columns)}"))

    def _test(self, node: Node) -> Node:
        """Return a comparison. A uniform one is a column of ones and zeros."""
        if self._is_uniform(node):
            return make("gt", self._column(where(node, ONE, ZERO)), ZERO)
        return make(node.op, *map(self.rest, node.args))

    def _factors(self, node: Node) -> tuple[Node, Node]:
        """Return a uniform factor of a product, and the rest of it (ONE if there is none)."""
        if self._is_uniform(node):
            return node, ONE
        if node.op == "neg":
            factor, rest = self._factors(node.args[0])
            return -factor, rest
        if node.op == "mul":
            (f, a), (g, b) = map(self._factors, node.args)
            return _times(f, g), _times(a, b)
        if node.op == "div":
            (f, a), (g, b) = map(self._factors, node.args)
            return (f if g is ONE else make("div", f, g)), (a if b is ONE else make("div", a, b))
        return ONE, self.rest(node)


def _times(a: Node, b: Node) -> Node:
    return b if a is ONE else a if b is ONE else make("mul", a, b)

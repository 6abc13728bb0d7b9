r"""An optimizer's rule as equations, and its numbers at one step of one run.

The equations come from tracing the rule on symbols and printing each named term. Nothing here is specific to an
optimizer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import cache, lru_cache
from typing import NamedTuple

from lossland.compute.trajectory import Moment, follow
from lossland.expression import Node, latex, variable, variables
from lossland.expression.node import as_node, make, ordered
from lossland.expression.printing import symbol
from lossland.expression.vectors import Vector
from lossland.landscapes import AnyLandscape, Landscape
from lossland.landscapes import landscape as as_landscape
from lossland.optimizers import AnyOptimizer, Optimizer, has_noise, hyper_parameter, symbolic
from lossland.optimizers import optimizer as as_optimizer
from lossland.optimizers.look import Symbols

FEWEST = 64  # steps of a run that are computed at once


class Line(NamedTuple):
    r"""One equation: the term's name in the code (``grad``, ``m_hat``, ``step`` ...), and both sides as LaTeX."""

    name: str
    left: str
    right: str

    @property
    def latex(self) -> str:
        """The whole equation."""
        return f"{self.left} = {self.right}"


class Row(NamedTuple):
    """One equation with its numbers at a step: ``values`` along x and y. A matrix has one for each of its two rows."""

    latex: str
    name: str
    values: tuple[float, float]


def equations(optimizer: AnyOptimizer, colors: Mapping[str, str] | None = None) -> list[str]:
    r"""Return the rule as lines of LaTeX: the gradient, each term in order, and the new position.

    ``colors`` gives a ``#RRGGBB`` for the left side of some lines, by the term's name in the code; the gradient is
    ``grad`` and the new position ``step``.
    """
    lines = _lines(type(as_optimizer(optimizer)))
    if not colors:
        return [line.latex for line in lines]
    return [
        rf"\fgcolor{{{colors[line.name]}}}{{{line.left}}} = {line.right}" if line.name in colors else line.latex
        for line in lines
    ]


def explain(
    optimizer: AnyOptimizer,
    landscape: AnyLandscape,
    start: Sequence[float],
    step: int,
    seed: int = 0,
    colors: Mapping[str, str] | None = None,
) -> list[Row]:
    """Return every equation with its numbers at step t = 1, 2, ... of a run from ``start`` (2,), as ``run`` takes it.

    The last row is the position after the step. At step 0 the numbers are those of the first step, the next to
    be taken. Where the run has diverged they are nan.
    """
    optimizer, landscape = as_optimizer(optimizer), as_landscape(landscape)
    moment = _moment(optimizer, landscape, start, max(step, 1), seed)
    rows = []
    for line, text in zip(_lines(type(optimizer)), equations(optimizer, colors), strict=True):
        first, *others = [(math.nan, math.nan)] if moment is None else _numbers(moment, line.name)
        rows.append(Row(text, line.name, first))
        rows += [Row(rf"{line.left} \text{{, second row}}", line.name, other) for other in others]
    return rows


def _numbers(moment: Moment, name: str) -> list[tuple[float, float]]:
    """Return the numbers of a line along x and y; of a matrix those of both its rows."""
    if name == "grad":
        return [moment.grad]
    if name == "step":
        return [moment.position]
    along = [getattr(terms, name) for terms in moment.terms]
    rows = along if isinstance(along[0], Vector) else [along]
    return [(float(x), float(y)) for x, y in rows]


def _moment(optimizer: Optimizer, landscape: Landscape, start: Sequence[float], t: int, seed: int) -> Moment | None:
    """Return step t of the run, or None if it has diverged before."""
    steps = FEWEST
    while steps < t:
        steps *= 2
    x, y = map(float, start)
    moments = _moments(landscape, optimizer, (x, y), steps, seed)
    return moments[t - 1] if t <= len(moments) else None


@lru_cache(maxsize=8)  # a viewer asks for every step of the run that it shows
def _moments(
    landscape: Landscape, optimizer: Optimizer, start: tuple[float, float], steps: int, seed: int
) -> list[Moment]:
    """Return the first steps of the run, fewer where it diverges."""
    moments: list[Moment] = []
    with suppress(ArithmeticError):
        for moment in follow(landscape, optimizer, start, steps, seed):
            moments.append(moment)
    return moments


@cache
def _lines(kind: type[Optimizer]) -> tuple[Line, ...]:
    rule = symbolic(kind)
    last = kind.Terms(*(variable(f"last.{name}") for name in kind.Terms._fields))
    seen = rule.observe(variable("exact"), variable("draw"))
    noise = variable("noise") * variable("draw") if has_noise(kind) else None
    terms = rule.decide(Symbols(noise), last, variable("t"))
    settings = {field.name for field in fields(kind)}
    nodes: dict[str, Node] = {name: as_node(term) for name, term in terms._asdict().items()}
    names = {
        "exact": r"\nabla f(\theta_t)",
        "draw": r"\xi_t",
        "grad": "g_t",
        "t": "t",
        "position": r"\theta_t",
        **{field.name: hyper_parameter(kind, field.name).symbol for field in fields(kind)},
        **{f"last.{name}": f"{_symbol(kind, name)}_{{t-1}}" for name in terms._fields},
        **{
            f"term.{name}": _symbol(kind, name) + ("_t" if variables(node) - settings else "")
            for name, node in nodes.items()
        },
    }
    reads_gradient = "grad" in variables(*nodes.values())
    lines = [Line("grad", "g_t", latex(seen, names, "inline"))] if reads_gradient else []
    known: dict[Node, Node] = {}
    for name, node in nodes.items():
        right = latex(_with_names(node, known), names, "inline")
        if name == "step" and node.op == "sub" and node.args[1] is variable("position"):
            lines.append(Line(name, r"\theta_{t+1}", latex(_with_names(node.args[0], known), names, "inline")))
        elif name == "step":
            move = f"- {right[1:]}" if right.startswith("-") else f"+ {right}"
            lines.append(Line(name, r"\theta_{t+1}", rf"\theta_t {move}"))
        elif right != (left := names[f"term.{name}"]):  # otherwise the term is only an alias
            lines.append(Line(name, left, right))
            if node.op != "var" or node.name.startswith("last."):
                known[node] = variable(f"term.{name}")
    return tuple(lines)


def _symbol(kind: type[Optimizer], name: str) -> str:
    r"""Return a term's LaTeX without its index: ``m``, ``\hat{m}`` for ``m_hat``, or what the class says."""
    if name in kind.symbols:
        return kind.symbols[name]
    if name == "step":
        return r"\Delta\theta"
    base, hat, _ = name.partition("_hat")
    return rf"\hat{{{symbol(base)}}}" if hat else symbol(name)


def _with_names(node: Node, known: Mapping[Node, Node]) -> Node:
    """Return the expression with every part that has a name of its own replaced by that name."""
    new: dict[Node, Node] = {}
    for part in ordered([node]):
        if part in known:
            new[part] = known[part]
        elif part.args:
            new[part] = make(part.op, *(new[arg] for arg in part.args))
        else:
            new[part] = part
    return new[node]

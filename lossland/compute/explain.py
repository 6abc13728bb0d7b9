r"""An optimizer's rule as equations, and its numbers at one step of one run.

The equations are read from the optimizer's ``update``: it is run on symbols, and what comes out is printed, each
term under its own name. Nothing here knows any optimizer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from lossland.compute.trajectory import Moment, follow
from lossland.expression import Node, latex, variable, variables
from lossland.expression.node import make, ordered
from lossland.optimizers import Optimizer, hyper_parameter, symbolic

if TYPE_CHECKING:
    from lossland.landscapes import Landscape

FEWEST = 64  # steps of a run that are taken at once


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
    """One equation with its numbers at a step: ``values`` along x and y."""

    latex: str
    name: str
    values: tuple[float, float]


def equations(optimizer: Optimizer, colors: Mapping[str, str] | None = None) -> list[str]:
    r"""Return the rule as lines of LaTeX: the gradient, each term in order, and the new position.

    ``colors`` gives a ``#RRGGBB`` for the left side of some lines, by the term's name in the code; the gradient is
    ``grad`` and the new position ``step``.
    """
    lines = _lines(type(optimizer))
    if not colors:
        return [line.latex for line in lines]
    return [
        rf"\fgcolor{{{colors[line.name]}}}{{{line.left}}} = {line.right}" if line.name in colors else line.latex
        for line in lines
    ]


def explain(
    optimizer: Optimizer,
    landscape: Landscape,
    start: Sequence[float],
    step: int,
    seed: int = 0,
    colors: Mapping[str, str] | None = None,
) -> list[Row]:
    """Return every equation with its numbers at step t = 1, 2, ... of a run from ``start`` (2,), as ``run`` takes it.

    The last row is the position after the step. At step 0 the numbers are those of the first step, which is about to
    be taken. Where the run has diverged they are nan.
    """
    moment = _moment(optimizer, landscape, start, max(step, 1), seed)
    rows = []
    for line, text in zip(_lines(type(optimizer)), equations(optimizer, colors), strict=True):
        if moment is None:
            values = (math.nan, math.nan)
        elif line.name == "grad":
            values = moment.grad
        elif line.name == "step":
            values = moment.position
        else:
            values = (float(getattr(moment.terms[0], line.name)), float(getattr(moment.terms[1], line.name)))
        rows.append(Row(text, line.name, values))
    return rows


def _moment(optimizer: Optimizer, landscape: Landscape, start: Sequence[float], t: int, seed: int) -> Moment | None:
    """Return step t of the run, or None if it has diverged before."""
    steps = FEWEST
    while steps < t:
        steps *= 2
    x, y = map(float, start)
    moments = _moments(landscape, optimizer, (x, y), steps, seed)
    return moments[t - 1] if t <= len(moments) else None


@lru_cache(maxsize=8)  # while a run is shown, all of its steps are asked for
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
    terms = rule.update(variable("grad"), last, variable("t"), variable("position"))
    settings = {field.name for field in fields(kind)}
    nodes: dict[str, Node] = terms._asdict()
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
    lines = [Line("grad", "g_t", latex(seen, names, "inline"))]
    known: dict[Node, Node] = {}
    for name, node in nodes.items():
        right = latex(_with_names(node, known), names, "inline")
        if name == "step":
            move = f"- {right[1:]}" if right.startswith("-") else f"+ {right}"
            lines.append(Line(name, r"\theta_{t+1}", rf"\theta_t {move}"))
        else:
            lines.append(Line(name, names[f"term.{name}"], right))
            if node.op != "var":
                known[node] = variable(f"term.{name}")
    return tuple(lines)


def _symbol(kind: type[Optimizer], name: str) -> str:
    r"""Return a term's LaTeX without its index: ``m``, ``\hat{m}`` for ``m_hat``, or what the class says."""
    if name in kind.symbols:
        return kind.symbols[name]
    base, hat, _ = name.partition("_hat")
    return rf"\hat{{{base}}}" if hat else name


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

"""One step of a rule, on Python floats or arrays, and a rule's looks around as expressions of a landscape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lossland.expression import Node, Program, namespace, stable
from lossland.expression.node import as_node, make, ordered
from lossland.expression.vectors import Vector, flat, rank, shaped
from lossland.landscapes.landscape import calculus
from lossland.optimizers import Optimizer, Step, by_coordinate, memory
from lossland.optimizers.look import AXES, Place, entries, trace

if TYPE_CHECKING:
    from lossland.landscapes import Landscape


@lru_cache(maxsize=32)
def _program(nodes: tuple[Node, Node]) -> Program:
    return Program(nodes, AXES)


def gradient_program(landscape: Landscape) -> Program:
    """Return the program that computes df/dx and df/dy from x and y."""
    return _program(landscape.gradient_nodes)


def substituted(outputs: Iterable[Node], meaning: Mapping[str, Node]) -> list[Node]:
    """Return the expressions with other expressions in place of some variables."""
    outputs = list(outputs)
    new: dict[Node, Node] = {}
    for node in ordered(outputs):
        if node.op == "var":
            new[node] = meaning.get(node.name, node)
        else:
            new[node] = make(node.op, *(new[arg] for arg in node.args)) if node.args else node
    return [new[node] for node in outputs]


def seen_at(places: Sequence[Place], node: Node, meaning: dict[str, Node]) -> dict[str, Node]:
    """Return ``meaning`` with the variables of the places where a rule looks, each as an expression of the landscape.

    Each place's position is an expression in the variables of ``meaning``, of earlier places and of the particle.
    """
    whole = dict(meaning)
    for place in places:
        at: dict[str, Node] = dict(zip(AXES, substituted(place.position, whole), strict=True))
        around = calculus(node)
        nodes = {"value": (around.node,), "gradient": around.gradient}.get(place.what) or around.hessian
        whole |= dict(zip(place.names, substituted(stable(nodes), at), strict=True))
    return whole


# ---------------------------------------------------------------------------------- rules that look around, at work


class Surveyor:
    """A rule that looks around on a landscape: all terms of a step by a program that is made from its trace.

    Numbers, arrays (n,) of any library and Python floats go in and come out, one for each entry of a vector or matrix.
    If it is ``noisy``, draws are among them.
    """

    def __init__(self, node: Node, kind: type[Optimizer], noisy: bool = False) -> None:
        traced = trace(kind, noisy)
        self.kind, self.remembered = kind, traced.remembered
        self.ranks = [1 if name == "step" else rank(term) for name, term in traced.terms._asdict().items()]
        terms = zip(traced.terms._asdict().values(), self.ranks, strict=True)
        outputs = [as_node(entry) for term, order in terms for entry in flat(term, order, len(AXES))]
        last = [entry for name, order in traced.remembered.items() for entry in entries(name, order)]
        draws = entries("noise", 1) if noisy else []
        inputs = (*AXES, *entries("grad", 1), "t", *(item.name for item in fields(kind)), *last, *draws)
        self.program = Program(substituted(outputs, seen_at(traced.places, node, {})), inputs, as_given=True)

    def initial(self, rule: Optimizer) -> Step:
        """Return the terms before the first step."""
        before = rule.initial()
        known = {name: shaped(flat(getattr(before, name), k, 2), k, 2) for name, k in self.remembered.items()}
        return before._replace(**known)

    def step(
        self,
        rule: Optimizer,
        position: Sequence[Any],
        grad: Sequence[Any],
        last: Step,
        t: int,
        draw: Sequence[Any] = (),
    ) -> Step:
        """Return the terms of one step at ``position`` (x, y), where the gradient is ``grad`` (df/dx, df/dy).

        ``draw`` are two standard normal numbers if the rule is noisy.
        """
        hyper = [getattr(rule, item.name) for item in fields(self.kind)]
        before = [entry for name, order in self.remembered.items() for entry in flat(getattr(last, name), order, 2)]
        given = [*position, *grad, float(t), *hyper, *before, *draw]
        run = self.program.floats if isinstance(position[0], float) else self.program.arrays
        found = iter(run(*given))
        return self.kind.Terms(*(shaped([next(found) for _ in range(2**order)], order, 2) for order in self.ranks))


@lru_cache(maxsize=32)
def _surveyor(node: Node, kind: type[Optimizer], noisy: bool) -> Surveyor:
    return Surveyor(node, kind, noisy)


def surveyor(landscape: Landscape, kind: type[Optimizer], noisy: bool) -> Surveyor:
    """Return the rule, which looks around, on a landscape; with noise if it is ``noisy``."""
    return _surveyor(landscape.node, kind, noisy)


# ----------------------------------------------------------------------------------------- any rule, side by side


class Paces:
    """Any rule on a landscape, for particles side by side: on arrays (2, n) of any library. It takes draws if noisy."""

    def __init__(self, landscape: Landscape, kind: type[Optimizer], noisy: bool) -> None:
        self._whole = None if by_coordinate(kind) else surveyor(landscape, kind, noisy)

    def initial(self, rule: Optimizer, position: Any) -> Step:
        """Return the terms before the first step; what the rule remembers are arrays, or vectors and so on of them."""
        if self._whole is None:
            before, zero = rule.initial(), namespace(position).zeros_like(position)
            return before._replace(**{name: zero + getattr(before, name) for name in memory(type(rule))})
        before, zero = self._whole.initial(rule), namespace(position).zeros_like(position[0, :])
        known = {
            name: shaped([zero + entry for entry in flat(getattr(before, name), order, 2)], order, 2)
            for name, order in self._whole.remembered.items()
        }
        return before._replace(**known)

    def step(self, rule: Optimizer, position: Any, grad: Any, last: Step, t: int, draw: Any = None) -> tuple[Step, Any]:
        """Return the terms of a step at ``position`` (2, n), where the gradient is ``grad`` (2, n), and the move.

        ``draw`` (2, n) is standard normal if the rule is noisy.
        """
        if self._whole is None:
            seen = grad if draw is None else rule.observe(grad, draw)
            terms = rule.update(seen, last, t, position)
            return terms, terms.step
        rows = [(array[0, :], array[1, :]) for array in (position, grad)]
        terms = self._whole.step(rule, *rows, last, t, () if draw is None else (draw[0, :], draw[1, :]))
        return terms, namespace(position).stack(tuple(terms.step))


def arrays_in(term: Any) -> list[Any]:
    """Return the arrays that a remembered term consists of."""
    return flat(term, rank(term), len(term)) if isinstance(term, Vector) else [term]

r"""The interface through which a rule evaluates the landscape: position and gradient, and other points on request.

Rules are written against `Look`. `Symbols` gives expressions in whole vectors, for printing; `trace` runs a rule on
expressions in single coordinates, for computing. The implementation on arrays is in ``lossland.compute.rules``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import cache
from typing import Any, NamedTuple, TypeVar

from lossland.expression.linear import Vectorlike, dot, times
from lossland.expression.node import Node, V, Value, as_node, make, variable, variables
from lossland.expression.vectors import Vector, flat, rank, shaped
from lossland.optimizers.rule import Optimizer, Step, by_coordinate, symbolic

AXES = ("x", "y")
G = TypeVar("G", Vector, Node)


class Look(ABC):
    """The surroundings of a position. Positions and gradients are vectors, the Hessian is a matrix.

    ``grad`` is the gradient at ``position``. With noise, all evaluations of one step see the landscape plus one random
    linear function that is 0 at the position, as if they came from one batch of data: all gradients have the same
    draw, values are consistent with them, and curvatures are exact.
    """

    position: Any  # a vector, or its symbol
    grad: Any
    slope: Vectorlike | None = None  # the noise added to gradients

    def noisy_value(self, exact: V, position: Vectorlike) -> V:
        """Return an exact value at a position plus the noise there."""
        if self.slope is None or position is self.position:
            return exact
        return exact + dot(self.slope, position - self.position)

    def noisy_grad(self, exact: G) -> G:
        """Return an exact gradient plus the noise."""
        return exact if self.slope is None else exact + self.slope

    @abstractmethod
    def value_at(self, position: Vectorlike) -> Value:
        """Return f at a position. It costs half a gradient."""

    @abstractmethod
    def grad_at(self, position: Vectorlike) -> Vectorlike:
        """Return the gradient at a position. It costs one more gradient."""

    @abstractmethod
    def hessian_at(self, position: Vectorlike) -> Vectorlike:
        """Return the matrix of second derivatives at a position. It costs two gradients for each coordinate."""

    def curvature_along(self, position: Vectorlike, direction: Vectorlike) -> Vectorlike:
        """Return the Hessian at a position times a vector. It costs two gradients."""
        return times(self.hessian_at(position), direction)


class Symbols(Look):
    """The surroundings in symbols that stand for whole vectors: for equations. ``noise`` is added to gradients."""

    def __init__(self, noise: Node | None = None) -> None:
        self.position, self.grad, self.slope = variable("position"), variable("grad"), noise

    def value_at(self, position: Vectorlike) -> Node:
        """Return f(position)."""
        return make("value_at", as_node(position))

    def grad_at(self, position: Vectorlike) -> Node:
        """Return the gradient's symbol."""
        return self.noisy_grad(make("gradient_at", as_node(position)))

    def hessian_at(self, position: Vectorlike) -> Node:
        """Return the Hessian's symbol."""
        return make("hessian_at", as_node(position))


# ------------------------------------------------------------------------------------------------------- tracing


class Place(NamedTuple):
    """An evaluation by a rule: ``what`` is value, gradient or hessian, and ``names`` the variables for the result.

    Of the symmetric Hessian these are the upper triangle, row by row. In more than two dimensions there may be a
    ``product`` of it with a vector, whose components follow those of the position.
    """

    what: str
    position: tuple[Node, ...]
    names: tuple[str, ...]


class Trace(NamedTuple):
    """One step in symbols of single coordinates.

    ``terms`` are nodes, vectors or matrices of the variables x, grad_x, ..., t, the hyper-parameters, the remembered
    terms' entries (see `entries`) and those of the ``places``, whose positions may contain the variables of earlier
    ones. ``remembered`` has the rank of each term that the rule reads from the step before: 0 for a number, 1 for a
    vector, 2 for a matrix. ``carried`` are those that depend only on t and the hyper-parameters: equal for all
    particles. ``cost`` is the cost of a step in gradients, ``hessians`` the number of whole Hessians in it.
    """

    terms: Step
    places: tuple[Place, ...]
    remembered: dict[str, int]
    carried: tuple[str, ...]
    cost: float
    hessians: int


def entries(name: str, order: int, axes: Iterable[str] = AXES) -> list[str]:
    """Return the names of the entries of a remembered term of some rank: d, or m_x and m_y, or H_xx, H_xy ..."""
    endings = [""]
    for _ in range(order):
        endings = [ending + axis for ending in endings for axis in axes]
    return [f"{name}_{ending}" if ending else name for ending in endings]


@cache
def trace(kind: type[Optimizer], noisy: bool = False, axes: tuple[str, ...] = AXES) -> Trace:
    """Run a rule on symbols. With ``noisy`` gradients contain the draws noise_x, ...

    The ranks of remembered terms are inferred by fixed-point iteration: the rule runs until the terms that it returns
    have the ranks of those that it was given.
    """
    rule = symbolic(kind)
    ranks: dict[str, int] = {}
    while True:
        slope = vars(rule)["noise"] * _named("noise", 1, axes) if noisy else None
        look, last = _Traced(axes, slope), _Last(ranks, axes)
        terms = _by_axes(rule, look, last) if by_coordinate(kind) else rule.decide(look, last, variable("t"))
        found = {name: max(rank(getattr(terms, name)), ranks.get(name, 0)) for name in last.read(kind)}
        if found == ranks:
            break
        ranks = found
    grads = set(entries("grad", 1, axes))
    used = [*_nodes(terms), *(node for place in look.places for node in place.position)]
    cost = look.cost + (1.0 if not grads.isdisjoint(variables(*used)) else 0.0)
    hessians = sum(what == "hessian" for what, *_ in look.paid)
    return Trace(terms, tuple(look.places), ranks, _carried(kind, terms, ranks), cost, hessians)


def repeats(kind: type[Optimizer], times: int = 10) -> bool:
    """Whether a rule gives the same expressions each time. One whose own draws seldom change them may pass."""

    def found() -> list[Node]:
        once = trace.__wrapped__(kind)
        return [*_nodes(once.terms), *(node for place in once.places for node in place.position)]

    first = found()  # equal expressions are one object
    return all(found() == first for _ in range(times))


def _by_axes(rule: Optimizer, look: Look, last: _Last) -> Step:
    """Return the terms of a coordinatewise rule; a term that is the same on all axes is a number."""
    axes = range(len(look.position))
    steps = [rule.update(look.grad[i], _Along(last, i), variable("t"), look.position[i]) for i in axes]
    terms = zip(*steps, strict=True)
    return rule.Terms(*(parts[0] if all(part is parts[0] for part in parts) else Vector(parts) for parts in terms))


def _carried(kind: type[Optimizer], terms: Step, ranks: dict[str, int]) -> tuple[str, ...]:
    """Return the remembered terms that depend only on t, hyper-parameters and each other."""
    uniform = {"t", *(item.name for item in fields(kind))}
    names = {name for name, order in ranks.items() if order == 0}
    while True:
        kept = {name for name in names if variables(as_node(getattr(terms, name))) <= uniform | names}
        if kept == names:
            return tuple(name for name in ranks if name in names)
        names = kept


def _nodes(value: object) -> Iterator[Node]:
    """Yield all nodes in terms, vectors and matrices."""
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple | Vector):
        for part in value:
            yield from _nodes(part)


def _named(name: str, order: int, axes: tuple[str, ...]) -> Node | Vector:
    return shaped(map(variable, entries(name, order, axes)), order, len(axes))


class _Last:
    """A stand-in for the last terms that records which of them are read."""

    def __init__(self, ranks: dict[str, int], axes: tuple[str, ...]) -> None:
        self._ranks, self._axes = ranks, axes
        self._read: set[str] = set()

    def __getattr__(self, name: str) -> Node | Vector:
        self._read.add(name)
        return _named(name, self._ranks.get(name, 0), self._axes)

    def read(self, kind: type[Optimizer]) -> list[str]:
        """Return the names of the terms that were read, in the order of the class."""
        return [name for name in kind.Terms._fields if name in self._read]


class _Along:
    """The last terms along one axis."""

    def __init__(self, last: _Last, axis: int) -> None:
        self._last, self._axis = last, axis

    def __getattr__(self, name: str) -> Node:
        term = getattr(self._last, name)
        return term[self._axis] if isinstance(term, Vector) else term


class _Traced(Look):
    """Records what a rule evaluates and answers with variables; repeated evaluations are shared."""

    def __init__(self, axes: tuple[str, ...], slope: Vector | None = None) -> None:
        self.axes, self.slope = axes, slope
        self.position = Vector(map(variable, axes))
        self.grad = self.noisy_grad(Vector(map(variable, entries("grad", 1, axes))))
        self.places: list[Place] = []
        self.paid: dict[tuple[str | tuple[Node, ...], ...], float] = {}

    @property
    def cost(self) -> float:
        """The cost of all evaluations, in gradients."""
        return sum(self.paid.values())

    def value_at(self, position: Vectorlike) -> Node:
        """Return the variable of a value."""
        self.paid["value", self._at(position)] = 0.5
        return self.noisy_value(variable(self._seen("value", position, [""])[0]), position)

    def grad_at(self, position: Vectorlike) -> Vector:
        """Return the variables of a gradient."""
        self.paid["gradient", self._at(position)] = 1.0
        return self.noisy_grad(Vector(map(variable, self._seen("gradient", position, list(self.axes)))))

    def hessian_at(self, position: Vectorlike) -> Vector:
        """Return the variables of a Hessian."""
        self.paid["hessian", self._at(position)] = 2.0 * len(self.axes)
        return self._hessian(position)

    def curvature_along(self, position: Vectorlike, direction: Vectorlike) -> Vector:
        """Return the product in the variables of a Hessian, at the cost of the product."""
        self.paid["product", self._at(position), self._at(direction)] = 2.0
        if len(self.axes) == len(AXES):
            return times(self._hessian(position), direction)
        both = Vector([*self._at(position), *self._at(direction)])
        return Vector(map(variable, self._seen("product", both, list(self.axes))))

    def _hessian(self, position: Vectorlike) -> Vector:
        pairs = [a + b for i, a in enumerate(self.axes) for b in self.axes[i:]]
        found = dict(zip(pairs, self._seen("hessian", position, pairs), strict=True))
        size = range(len(self.axes))
        ordered = [[self.axes[min(i, j)] + self.axes[max(i, j)] for j in size] for i in size]
        return Vector(Vector(variable(found[pair]) for pair in row) for row in ordered)

    def _at(self, position: Vectorlike) -> tuple[Node, ...]:
        return tuple(map(as_node, flat(position, 1, len(self.axes))))

    def _seen(self, what: str, position: Vectorlike, endings: list[str]) -> tuple[str, ...]:
        at = self._at(position)
        for place in self.places:
            if place.what == what and all(a is b for a, b in zip(place.position, at, strict=True)):
                return place.names
        number = len(self.places)
        names = tuple(f"look{number}_{ending}" if ending else f"look{number}" for ending in endings)
        self.places.append(Place(what, at, names))
        return names

"""Steps of a rule on Python floats or arrays, with its `Look` at the landscape compiled to a program or on arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache

from lossland.expression import Node, Program, namespace, stable
from lossland.expression.linear import Vectorlike, identity_like
from lossland.expression.node import Array, Value, as_node, make, ordered
from lossland.expression.vectors import Vector, flat, rank, shaped
from lossland.landscapes.landscape import Around, Calculus, calculus
from lossland.landscapes.problems import Ground, Problem
from lossland.optimizers import Optimizer, Step, by_coordinate, memory
from lossland.optimizers.foreign import Foreign
from lossland.optimizers.look import AXES, Look, Place, entries, trace


@lru_cache(maxsize=32)
def _program(nodes: tuple[Node, ...], names: tuple[str, ...]) -> Program:
    return Program(nodes, names)


def gradient_program(landscape: Ground) -> Program:
    """Return the program that computes the gradient from the coordinates x, y, ..."""
    return _program(landscape.gradient_nodes, landscape.names)


def slopes_of(landscape: Ground) -> Callable[..., Sequence[Array]]:
    """Return a function from coordinates x, y, ..., arrays of one shape, to the components of the gradient."""
    if isinstance(landscape, Problem) and not isinstance(landscape.around, Calculus):
        around = landscape.around
        return lambda *columns: around.slopes_at(columns)[1:]
    return gradient_program(landscape).arrays


def rows(array: Array) -> list[Array]:
    """Return the rows of an array (n, N)."""
    return [array[i, :] for i in range(array.shape[0])]


def substituted(outputs: Iterable[Node], meaning: Mapping[str, Node]) -> list[Node]:
    """Return the expressions with some variables replaced by other expressions."""
    outputs = list(outputs)
    new: dict[Node, Node] = {}
    for node in ordered(outputs):
        if node.op == "var":
            new[node] = meaning.get(node.name, node)
        else:
            new[node] = make(node.op, *(new[arg] for arg in node.args)) if node.args else node
    return [new[node] for node in outputs]


def with_looks_resolved(
    places: Sequence[Place], node: Node, axes: tuple[str, ...], meaning: dict[str, Node]
) -> dict[str, Node]:
    """Return ``meaning`` with the variables of a rule's looks added, each as an expression of the landscape.

    Each place's position is an expression in the variables of ``meaning``, of earlier places and of the particle.
    """
    whole, around = dict(meaning), calculus(node, axes)
    for place in places:
        names = (*axes, *around.directions) if place.what == "product" else axes
        at: dict[str, Node] = dict(zip(names, substituted(place.position, whole), strict=True))
        match place.what:
            case "value":
                nodes: Sequence[Node] = (around.node,)
            case "gradient":
                nodes = around.gradient
            case "product":
                nodes = around.along
            case _:
                nodes = around.hessian
        whole |= dict(zip(place.names, substituted(stable(nodes), at), strict=True))
    return whole


# ------------------------------------------------------------------------------------- compiled rules in the plane


class CompiledRule:
    """A rule that uses `Look` on a landscape: all terms of a step by one program, made from the rule's trace.

    Inputs and outputs are Python floats or arrays (n,) of any library, one for each entry of a vector or matrix. If it
    is ``noisy``, the draws are inputs.
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
        outputs = substituted(outputs, with_looks_resolved(traced.places, node, AXES, {}))
        self.program = Program(outputs, inputs, as_given=True)

    def initial(self, rule: Optimizer) -> Step:
        """Return the terms before the first step."""
        before = rule.initial()
        known = {name: shaped(flat(getattr(before, name), k, 2), k, 2) for name, k in self.remembered.items()}
        return before._replace(**known)

    def step(
        self,
        rule: Optimizer,
        position: Sequence[Value],
        grad: Sequence[Value],
        last: Step,
        t: int,
        draw: Sequence[Value] = (),
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
def _compiled_rule(node: Node, kind: type[Optimizer], noisy: bool) -> CompiledRule:
    return CompiledRule(node, kind, noisy)


def compiled_rule(landscape: Ground, kind: type[Optimizer], noisy: bool) -> CompiledRule:
    """Return the compiled rule on a landscape, with noise if ``noisy``."""
    return _compiled_rule(landscape.node, kind, noisy)


# ---------------------------------------------------------------------------------------------- in any dimension


class ArrayLook(Look):
    """A `Look` for a batch of particles: every component of a vector is an array (N,). Evaluated on demand."""

    position: Vector
    grad: Vector

    def __init__(self, around: Around, position: Array, grad: Array, slope: Array | None = None) -> None:
        """Look from ``position`` (n, N), where the gradient is ``grad`` (n, N); noise adds the ``slope`` (n, N)."""
        self._around = around
        self.slope = None if slope is None else Vector(rows(slope))
        self.position, self.grad = Vector(rows(position)), self.noisy_grad(Vector(rows(grad)))

    def _columns(self, vector: Vectorlike) -> list[Array]:
        return flat(vector, 1, len(self.position))

    def value_at(self, position: Vectorlike) -> Value:
        """Return f (N,)."""
        return self.noisy_value(self._around.values_at(self._columns(position)), position)

    def grad_at(self, position: Vectorlike) -> Vector:
        """Return the gradient, with noise."""
        return self.noisy_grad(Vector(self._around.slopes_at(self._columns(position))[1:]))

    def curvature_along(self, position: Vectorlike, direction: Vectorlike) -> Vector:
        """Return the Hessian times a vector, without forming the matrix."""
        return Vector(self._around.products_at(self._columns(position), self._columns(direction)))

    def hessian_at(self, position: Vectorlike) -> Vector:
        """Return the Hessian, from its products with the unit vectors."""
        return Vector(self.curvature_along(position, axis) for axis in identity_like(self.position))


class _DirectRule:
    """A rule on a problem in any dimension: its code runs directly on arrays."""

    def __init__(self, problem: Problem, kind: type[Optimizer]) -> None:
        self._around, self._size = problem.around, problem.dimension
        self.remembered = trace(kind).remembered

    def initial(self, rule: Optimizer) -> Step:
        return self._shaped(rule.initial(), lambda entry: entry)

    def step(self, rule: Optimizer, position: Array, grad: Array, last: Step, t: int, draw: Array | None) -> Step:
        slope = None if draw is None else rule.observe(0.0, draw)
        terms = rule.decide(ArrayLook(self._around, position, grad, slope), last, t)
        zero = namespace(position).zeros_like(position[0, :])

        def as_array(entry: Array | float) -> Array:  # a term of constants alone is a float, or of another dtype
            return zero + entry if isinstance(entry, float | int) else namespace(zero).astype(entry, zero.dtype)

        move = Vector(map(as_array, flat(terms.step, 1, self._size)))
        return self._shaped(terms, as_array)._replace(step=move)

    def _shaped(self, terms: Step, made: Callable[[Array | float], object]) -> Step:
        """Return the terms with the remembered ones in full shape, each entry converted by ``made``."""
        known = {
            name: shaped(map(made, flat(getattr(terms, name), order, self._size)), order, self._size)
            for name, order in self.remembered.items()
        }
        return terms._replace(**known)


# ----------------------------------------------------------------------------------------------- batches of particles


class BatchRule:
    """A rule on a landscape for a batch of particles: arrays (2, N) of any library, (n, N) on a problem.

    It takes draws if ``noisy``.
    """

    def __init__(self, landscape: Ground, kind: type[Optimizer], noisy: bool) -> None:
        self._whole: CompiledRule | _DirectRule | None = None  # None: the rule works on each coordinate by itself
        if kind.traced and not by_coordinate(kind):
            if isinstance(landscape, Problem) and landscape.names != AXES:
                self._whole = _DirectRule(landscape, kind)
            else:
                self._whole = compiled_rule(landscape, kind, noisy)

    def initial(self, rule: Optimizer, position: Array) -> Step:
        """Return the terms before the first step; those that the rule remembers are arrays, or vectors of them."""
        if isinstance(rule, Foreign):
            return rule.Terms(rule.begin(position), step=0.0)
        if self._whole is None:
            before, zero = rule.initial(), namespace(position).zeros_like(position)
            return before._replace(**{name: zero + getattr(before, name) for name in memory(type(rule))})
        before, zero, size = (
            self._whole.initial(rule),
            namespace(position).zeros_like(position[0, :]),
            position.shape[0],
        )
        known = {
            name: shaped([zero + entry for entry in flat(getattr(before, name), order, size)], order, size)
            for name, order in self._whole.remembered.items()
        }
        return before._replace(**known)

    def step(
        self, rule: Optimizer, position: Array, grad: Array, last: Step, t: int, draw: Array | None = None
    ) -> tuple[Step, Array]:
        """Return the terms of a step at ``position`` (n, N), where the gradient is ``grad`` (n, N), and the move.

        ``draw`` (n, N) is standard normal if the rule is noisy.
        """
        if isinstance(rule, Foreign):
            move = rule.move(last.mover, position, grad if draw is None else rule.observe(grad, draw))
            return rule.Terms(last.mover, move), move
        if self._whole is None:
            seen = grad if draw is None else rule.observe(grad, draw)
            terms = rule.update(seen, last, t, position)
            return terms, terms.step
        if isinstance(self._whole, _DirectRule):
            terms = self._whole.step(rule, position, grad, last, t, draw)
        else:
            terms = self._whole.step(rule, rows(position), rows(grad), last, t, () if draw is None else rows(draw))
        return terms, namespace(position).stack(tuple(terms.step))


def arrays_in(term: Array | Vector) -> list[Array]:
    """Return the arrays in a remembered term."""
    return flat(term, rank(term), len(term)) if isinstance(term, Vector) else [term]

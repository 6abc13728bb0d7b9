"""Problems: functions of any number of variables with exact derivatives, a domain, and known minima."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

import numpy as np

from lossland import checks, userfiles
from lossland.display import Displayed
from lossland.errors import UserError, shown
from lossland.expression import Node
from lossland.expression.node import Array
from lossland.landscapes import AnyLandscape, bbob, is_landscape, landscape, tasks, text_of
from lossland.landscapes.functions import called, takes, traced_vector
from lossland.landscapes.landscape import AnyDomain, Around, Calculus, Landscape, calculus, stacked

LARGEST = 1000
"""The largest dimension of a problem traced from a function: its expression grows with it."""

Interval = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Problem(Displayed):
    """A function of n variables with its gradient, and its Hessian times a vector.

    ``text`` is what `problem` reads, with the dimension, ``around`` computes it (the `Calculus` of an expression, or a
    model's loss), ``names`` are those of the variables (x and y in the plane, else x1, x2, ...), ``domain`` an
    interval for each variable, ``minima`` the known global minima, with n numbers each, and ``lowest`` the value there,
    None if there are none. Points are arrays (..., n) of any array-API library; results keep their type.
    """

    text: str
    title: str
    around: Around
    names: tuple[str, ...]
    domain: tuple[Interval, ...]
    minima: tuple[tuple[float, ...], ...]
    lowest: float | None
    source: str = ""

    @property
    def dimension(self) -> int:
        """The number of variables."""
        return len(self.names)

    @property
    def node(self) -> Node:
        """The expression; UserError if there is none."""
        if not isinstance(self.around, Calculus):
            raise UserError(f"{self.text} is no expression: it is computed on arrays.")
        return self.around.node

    @property
    def gradient_nodes(self) -> tuple[Node, ...]:
        """The expressions of the derivatives by each variable; UserError if there are none."""
        return calculus(self.node, self.names).gradient

    @np.errstate(all="ignore")
    def value(self, points: Any) -> Any:
        """Return f at points (..., n), as an array (...)."""
        return self.around.values_at(self._columns(points))

    def grad(self, points: Any) -> Any:
        """Return the gradient at points (..., n), as an array (..., n)."""
        return self.value_grad(points)[1]

    @np.errstate(all="ignore")
    def value_grad(self, points: Any) -> tuple[Any, Any]:
        """Return f (...) and its gradient (..., n) at points (..., n), computed together."""
        value, *parts = self.around.slopes_at(self._columns(points))
        return value, stacked(value, parts)

    @np.errstate(all="ignore")
    def hessian_times(self, points: Any, vectors: Any) -> Any:
        """Return the Hessian at points (..., n) times vectors (..., n), as an array (..., n)."""
        columns = self._columns(points)
        return stacked(self.around.values_at(columns), self.around.products_at(columns, self._columns(vectors)))

    def _columns(self, points: object) -> list[Array]:
        array = checks.plain(points, "Points")
        if array.ndim == 0 or array.shape[-1] != self.dimension:
            raise UserError(f"Points must have the shape (..., {self.dimension}), not {tuple(array.shape)}.")
        return [array[..., i] for i in range(self.dimension)]


Ground = Landscape | Problem
"""What optimizers run on: both have ``names``, ``domain``, ``minima``, ``value`` and ``grad``; traced ones also
``node`` and ``gradient_nodes``."""

VectorFunction = Callable[[np.ndarray], object]
AnyProblem = Problem | AnyLandscape | VectorFunction
"""What is accepted as a problem everywhere: see `problem`."""


def problem(what: AnyProblem, dimension: int | None = None, domain: AnyDomain | None = None) -> Problem:
    """Return a problem of a dimension, by default 2 or the problem's own.

    In the plane it is anything that `ll.landscape` takes: a name, a formula, a function of x and y. In any dimension
    from 2 to 40 it is a BBOB function, ``bbob:F`` or ``bbob:F:INSTANCE``; in any up to 1000 a function of one vector,
    such as ``lambda x: ((x - 1) ** 2).sum()``, which is called once with a NumPy array of symbols. A task, such as
    ``task:logistic-iris``, has a dimension of its own, as a `Problem` has. ``mine.py:name`` names one of these in a
    file of your own, which is run. ``domain`` is an interval for each variable, or one for all; by default the usual
    one, [-5, 5] for a function of a vector. Raises UserError for anything else.
    """
    found = _found(what)
    has = found.dimension if isinstance(found, Problem) else 2
    size = has if dimension is None else checks.whole(dimension, 1, LARGEST, "The dimension of a problem")
    area = None if domain is None else _box(domain, size)
    if isinstance(found, Problem):
        if size != has:
            raise UserError(f"{found.text} has {has} dimensions, not {size}.")
        known = found
    elif _is_of_vector(found) or (size != 2 and inspect.isroutine(found)):
        known = _of_vector(cast(VectorFunction, found), size)
    elif size == 2:
        return _in_the_plane(cast(AnyLandscape, found), area)
    elif isinstance(found, str) and bbob.is_named(found):
        known = _bbob(found, size)
    else:
        given = found if isinstance(found, str) else shown(found)
        raise UserError(
            f"{given} has two variables; in {size} there are bbob:1 to bbob:24 and functions of a vector, and tasks "
            "have a dimension of their own."
        )
    if area is None:
        return known
    minima = tuple(at for at in known.minima if all(a <= x <= b for x, (a, b) in zip(at, area, strict=True)))
    return replace(known, domain=area, minima=minima, lowest=known.lowest if minima else None)


def ground(what: AnyProblem, dimension: int | None = None) -> Ground:
    """Return a landscape, or a `Problem` if that is given or the dimension is not 2."""
    found = _found(what)
    known = problem(found, dimension)
    if isinstance(found, Problem) or known.dimension != 2 or _is_of_vector(found):
        return known
    return landscape(cast(AnyLandscape, found))


def has_own_dimension(what: AnyProblem) -> bool:
    """Whether a problem has a fixed dimension: a task, or a `Problem`."""
    return isinstance(_found(what), Problem)


def _found(what: AnyProblem) -> AnyProblem:
    """Resolve the name of a task and ``mine.py:name``; return anything else as it is."""
    if isinstance(what, str) and tasks.is_named(what):
        return cast(Problem, tasks.find(what))
    if not isinstance(what, str) or (file := userfiles.named(what)) is None:
        return what
    found = userfiles.find(file, "landscape, problem or function", _is_one)
    return replace(found, text=what.strip()) if isinstance(found, Problem) else found


def _is_one(value: object) -> bool:
    return is_landscape(value) or isinstance(value, Problem) or inspect.isroutine(value)


def names_of(dimension: int) -> tuple[str, ...]:
    """Return the names of the variables: x and y in the plane, else x1, x2, ..."""
    return ("x", "y") if dimension == 2 else tuple(f"x{i + 1}" for i in range(dimension))


def _box(domain: AnyDomain, size: int) -> tuple[Interval, ...]:
    limits = checks.plain(domain, "The limits of a domain")
    limits = np.broadcast_to(limits, (size, 2)) if limits.shape == (2,) else limits
    limits = limits.reshape(2, 2) if size == 2 and limits.shape == (4,) else limits
    if limits.shape != (size, 2) or not (np.isfinite(limits).all() and (limits[:, 0] < limits[:, 1]).all()):
        raise UserError(f"A domain is {size} intervals (low, high) of finite numbers, or one for all of them.")
    return tuple((float(low), float(high)) for low, high in limits)


@lru_cache(maxsize=64)
def _bbob(text: str, size: int) -> Problem:
    known = bbob.named(text, size)
    domain = ((-bbob.BOUND, bbob.BOUND),) * size
    minimum = tuple(known.minimum.tolist())
    title = f"{known.title} in {size} dimensions"
    around = calculus(known.node, known.names)
    return Problem(known.name, title, around, known.names, domain, (minimum,), known.lowest, bbob.SOURCE)


def _is_of_vector(what: object) -> bool:
    """Whether something is a function of one vector, not of two numbers."""
    return callable(what) and not isinstance(what, type) and takes(what, 1) and not takes(what, 2)


def _in_the_plane(what: AnyLandscape, area: tuple[Interval, ...] | None) -> Problem:
    land = landscape(what, domain=area)
    lowest = min((float(land.value(np.array(at))) for at in land.minima), default=None)
    return Problem(
        text_of(land), land.title, calculus(land.node), land.names, land.domain, land.minima, lowest, land.source
    )


def _of_vector(function: VectorFunction, size: int) -> Problem:
    names = names_of(size)
    node = traced_vector(function, names)
    name = getattr(function, "__name__", "")
    title = f"{name if name.isidentifier() else 'A function'} in {size} dimensions"
    return Problem(called(function), title, calculus(node, names), names, ((-5.0, 5.0),) * size, (), None)

"""Landscapes: functions of two variables with exact derivatives, a domain, and known minima."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lossland import checks
from lossland.display import Displayed
from lossland.errors import UserError, shown
from lossland.expression import Node, Program, latex, namespace, variable
from lossland.expression.derivative import directional, gradient
from lossland.expression.node import Array

MOST_POINTS = 2**24  # along a side of a grid

Point = tuple[float, float]
Domain = tuple[Point, Point]
AnyDomain = Sequence[Sequence[float]] | Sequence[float]
"""What is accepted as a domain everywhere: ((x0, x1), (y0, y1)) or (x0, x1, y0, y1)."""


@dataclass(frozen=True, eq=False)
class Grid(Displayed):
    """A landscape's values on a rectangle.

    ``x`` (nx,), ``y`` (ny,), ``value`` (ny, nx) indexed ``[iy, ix]``; on request ``gradient`` (ny, nx, 2),
    ``hessian`` (ny, nx, 3) as xx, xy, yy, ``eigenvalues`` (ny, nx, 2) of the Hessian, the smaller first, and
    ``curvature`` (ny, nx, 2) of the surface: Gaussian, mean.
    """

    x: NDArray[np.floating]
    y: NDArray[np.floating]
    value: NDArray[np.floating]
    gradient: NDArray[np.floating] | None = None
    hessian: NDArray[np.floating] | None = None
    eigenvalues: NDArray[np.floating] | None = None
    curvature: NDArray[np.floating] | None = None


PLANE = ("x", "y")


class Around(Protocol):
    """Computes a function of n variables and its derivatives at any points.

    ``columns`` are n arrays (...) of any array-API library and floating type, one for each variable; directions and
    results have the same form.
    """

    def values_at(self, columns: Sequence[Array]) -> Array:
        """Return f."""
        ...

    def slopes_at(self, columns: Sequence[Array]) -> list[Array]:
        """Return f, then its derivatives by each variable."""
        ...

    def products_at(self, columns: Sequence[Array], direction: Sequence[Array]) -> list[Array]:
        """Return the components of the Hessian times a direction."""
        ...


class Calculus:
    """An expression with its derivatives and the programs that compute them, each created on demand.

    ``names`` are its variables, by default x and y. Derivatives use forward mode in the plane, reverse mode in more
    dimensions.
    """

    def __init__(self, node: Node, names: tuple[str, ...] = PLANE) -> None:
        self.node, self.names = node, names

    @cached_property
    def latex(self) -> str:
        """The expression as LaTeX."""
        return latex(self.node)

    @cached_property
    def gradient(self) -> tuple[Node, ...]:
        """The expressions of the derivatives by each variable."""
        return tuple(map(self.node.diff, PLANE) if self.names == PLANE else gradient(self.node, self.names))

    @cached_property
    def hessian(self) -> tuple[Node, ...]:
        """The expressions of the Hessian's upper triangle, row by row: xx, xy, yy in the plane."""
        size = range(len(self.names))
        return tuple(self.gradient[i].diff(self.names[j]) for i in size for j in size[i:])

    @cached_property
    def directions(self) -> tuple[str, ...]:
        """The names of the components of a direction, for `along`."""
        return tuple(f"along_{name}" for name in self.names)

    @cached_property
    def along(self) -> tuple[Node, ...]:
        """The expressions of the Hessian times a direction, in the variables and its components."""
        return tuple(directional(self.gradient, dict(zip(self.names, map(variable, self.directions), strict=True))))

    @cached_property
    def computes_value(self) -> Program:
        """Computes f."""
        return Program([self.node], self.names)

    @cached_property
    def computes_gradient(self) -> Program:
        """Computes f and its first derivatives."""
        return Program([self.node, *self.gradient], self.names)

    @cached_property
    def computes_hessian(self) -> Program:
        """Computes f and its second derivatives."""
        return Program([self.node, *self.hessian], self.names)

    @cached_property
    def computes_along(self) -> Program:
        """Computes the Hessian times a direction, whose components are its last inputs."""
        return Program(self.along, (*self.names, *self.directions))

    @cached_property
    def computes_all(self) -> Program:
        """Computes f and all its derivatives."""
        return Program([self.node, *self.gradient, *self.hessian], self.names)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle only the expression: programs are created on demand."""
        return calculus, (self.node, self.names)

    # ---------------------------------------------------------------------------------------------------- as `Around`
    def values_at(self, columns: Sequence[Array]) -> Array:
        """Return f."""
        return self.computes_value.arrays(*columns)[0]

    def slopes_at(self, columns: Sequence[Array]) -> list[Array]:
        """Return f, then its derivatives by each variable."""
        return self.computes_gradient.arrays(*columns)

    def products_at(self, columns: Sequence[Array], direction: Sequence[Array]) -> list[Array]:
        """Return the components of the Hessian times a direction."""
        return self.computes_along.arrays(*columns, *direction)


@lru_cache(maxsize=64)
def calculus(node: Node, names: tuple[str, ...] = PLANE) -> Calculus:
    """Return an expression's derivatives and programs; landscapes that differ only in their domain share them."""
    return Calculus(node, names)


@dataclass(frozen=True, eq=False)
class Landscape(Displayed):
    """A function f(x, y) with its gradient and Hessian.

    ``domain`` is ((x0, x1), (y0, y1)), ``minima`` all global minima inside it, ``start`` a good start for a run, and
    ``node`` the expression. ``notation`` is its LaTeX where the expression is too long to be printed; ``formula`` need
    not be its text then. Points are arrays (..., 2) of any array-API namespace; results keep their
    type.
    """

    name: str
    title: str
    node: Node
    formula: str
    domain: Domain
    minima: tuple[Point, ...]
    source: str
    start: Point
    notation: str = ""

    def __getstate__(self) -> dict[str, object]:
        """Pickle only the fields: programs are created on demand."""
        return {item.name: getattr(self, item.name) for item in fields(self)}

    @cached_property
    def _calculus(self) -> Calculus:
        return calculus(self.node)

    @property
    def latex(self) -> str:
        """The right side of f(x, y) = ..., as LaTeX."""
        return self.notation or self._calculus.latex

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the coordinates, x and y; a `Problem` may have more."""
        return PLANE

    @property
    def gradient_nodes(self) -> tuple[Node, ...]:
        """The expressions of df/dx and df/dy."""
        return self._calculus.gradient

    @property
    def hessian_nodes(self) -> tuple[Node, ...]:
        """The expressions of the second derivatives xx, xy, yy."""
        return self._calculus.hessian

    # --------------------------------------------------------------------------------------------------- values
    @np.errstate(all="ignore")
    def value(self, points: Any) -> Any:
        """Return f at points (..., 2), as an array (...)."""
        return self._calculus.computes_value.arrays(*_columns(points))[0]

    @np.errstate(all="ignore")
    def grad(self, points: Any) -> Any:
        """Return the gradient at points (..., 2), as an array (..., 2)."""
        return self.value_grad(points)[1]

    @np.errstate(all="ignore")
    def value_grad(self, points: Any) -> tuple[Any, Any]:
        """Return f (...) and its gradient (..., 2) at points (..., 2), computed together."""
        value, *parts = self._calculus.computes_gradient.arrays(*_columns(points))
        return value, stacked(value, parts)

    @np.errstate(all="ignore")
    def hessian(self, points: Any) -> Any:
        """Return the second derivatives xx, xy, yy at points (..., 2), as an array (..., 3)."""
        value, *parts = self._calculus.computes_hessian.arrays(*_columns(points))
        return stacked(value, parts)

    def value_grad_at(self, x: float, y: float) -> tuple[float, float, float]:
        """Return f, df/dx and df/dy at one point, on Python floats, in a few microseconds."""
        value, by_x, by_y = self._calculus.computes_gradient.floats(x, y)
        return (value, by_x, by_y) if value == value else (value, value, value)

    @np.errstate(all="ignore")
    def grid(
        self,
        n: int | tuple[int, int],
        domain: AnyDomain | None = None,
        dtype: DTypeLike = np.float64,
        derivatives: bool = False,
    ) -> Grid:
        """Return the values on n x n (or nx x ny) points that span the domain, its edges included.

        A point where the formula is 0/0, such as sin(x)/x at 0, gets the limit from the right, if there is one.
        """
        sides = n if isinstance(n, tuple | list) and len(n) == 2 else (n, n)
        nx, ny = (checks.whole(side, 1, MOST_POINTS, "The number of points along a side") for side in sides)
        dtype = check_dtype(dtype)
        (x0, x1), (y0, y1) = self.domain if domain is None else check_domain(domain)
        x = np.linspace(x0, x1, nx).astype(dtype)
        y = np.linspace(y0, y1, ny).astype(dtype)
        program = self._calculus.computes_all if derivatives else self._calculus.computes_value
        parts = program.arrays(x[None, :], y[:, None])
        cell = (float(x[-1] - x[0]) / max(1, nx - 1), float(y[-1] - y[0]) / max(1, ny - 1))
        fill_gaps(program, x, y, cell, parts)
        value, *rest = parts
        if not derivatives:
            return Grid(x, y, value)
        return Grid(x, y, value, np.stack(rest[:2], axis=-1), np.stack(rest[2:], axis=-1))


@np.errstate(all="ignore")
def fill_gaps(
    program: Program,
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    cell: tuple[float, float],
    parts: Sequence[NDArray[np.floating]],
) -> None:
    """Where the first of the parts (ny, nx) is nan, use the program's values a thousandth of a cell further on.

    If that is nan too, the point is outside the function's domain, and all parts are nan.
    """
    gaps = np.isnan(parts[0])
    if not gaps.any():  # twenty times as fast as np.nonzero
        return
    iy, ix = np.nonzero(gaps)
    beside = program.arrays(x[ix] + x.dtype.type(1e-3 * cell[0]), y[iy] + y.dtype.type(1e-3 * cell[1]))
    for part, limit in zip(parts, beside, strict=True):
        part[iy, ix] = np.where(np.isnan(beside[0]), np.nan, limit)


def stacked(value: Array, parts: Sequence[Array]) -> Array:
    """Stack derivatives (...) to one array (..., n); they are nan where the value is."""
    xp = namespace(value)
    lost = xp.isnan(value)
    return xp.stack([xp.where(lost, value, part) for part in parts], axis=-1)


def _columns(points: object) -> tuple[Array, Array]:
    """Split points (..., 2) into x and y; see `checks.plain` for what is accepted."""
    array = checks.plain(points, "Points")
    if array.ndim == 0 or array.shape[-1] != 2:
        raise UserError(f"Points must have the shape (..., 2), not {tuple(array.shape)}.")
    return array[..., 0], array[..., 1]


def check_domain(domain: AnyDomain) -> Domain:
    """Return the domain, given as ((x0, x1), (y0, y1)) or x0, x1, y0, y1, as pairs of floats, or raise UserError."""
    sides = checks.plain(domain, "The limits of a domain")
    if sides.shape not in ((2, 2), (4,)):
        raise UserError(f"A domain is given as ((x0, x1), (y0, y1)) or (x0, x1, y0, y1), not as {shown(domain)}.")
    sides = sides.reshape(2, 2)
    (x0, x1), (y0, y1) = ((float(low), float(high)) for low, high in sides)
    if not (x0 < x1 and y0 < y1 and np.isfinite([x1 - x0, y1 - y0]).all()):
        raise UserError("A domain needs finite numbers with x0 < x1 and y0 < y1.")
    return (x0, x1), (y0, y1)


def check_dtype(dtype: DTypeLike) -> np.dtype:
    """Return float32 or float64 as NumPy's type, or raise UserError."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found not in (np.float32, np.float64):
        raise UserError(f"A grid is computed in float32 or float64, not {shown(dtype)}.")
    return np.dtype(found.type)

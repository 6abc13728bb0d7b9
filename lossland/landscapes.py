"""Landscapes: functions of two variables with exact derivatives, and the catalogue of known ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lossland.errors import UserError, nearest
from lossland.expression import (
    Node,
    Program,
    cos,
    e,
    exp,
    latex,
    pi,
    sqrt,
    text,
    trace,
)
from lossland.expression.node import namespace
from lossland.formula import FormulaError, parse

Point = tuple[float, float]
Domain = tuple[Point, Point]

FORMULA_DOMAIN: Domain = ((-4.0, 4.0), (-4.0, 4.0))


@dataclass(frozen=True, eq=False)
class Grid:
    """A landscape's values on a rectangle.

    ``x`` (nx,), ``y`` (ny,), ``value`` (ny, nx) indexed ``[iy, ix]``; on request ``gradient`` (ny, nx, 2) and
    ``hessian`` (ny, nx, 3) as xx, xy, yy.
    """

    x: NDArray[np.floating]
    y: NDArray[np.floating]
    value: NDArray[np.floating]
    gradient: NDArray[np.floating] | None = None
    hessian: NDArray[np.floating] | None = None


@dataclass(frozen=True, eq=False)
class Landscape:
    """A function f(x, y) with its gradient and Hessian.

    ``domain`` is ((x0, x1), (y0, y1)), ``minima`` all global minima inside it, ``start`` a good start for a race, and
    ``node`` the expression. Points are arrays (..., 2) of any array-API namespace; results keep their type.
    """

    name: str
    title: str
    node: Node
    formula: str
    domain: Domain
    minima: tuple[Point, ...]
    source: str
    start: Point

    @property
    def latex(self) -> str:
        """The right side of f(x, y) = ..., as LaTeX."""
        return latex(self.node)

    # ------------------------------------------------------------------------------------ derivatives, made once
    @cached_property
    def gradient_nodes(self) -> tuple[Node, Node]:
        """The expressions of df/dx and df/dy."""
        return self.node.diff("x"), self.node.diff("y")

    @cached_property
    def hessian_nodes(self) -> tuple[Node, Node, Node]:
        """The expressions of the second derivatives xx, xy, yy."""
        by_x, by_y = self.gradient_nodes
        return by_x.diff("x"), by_x.diff("y"), by_y.diff("y")

    @cached_property
    def _value(self) -> Program:
        return Program([self.node], "xy")

    @cached_property
    def _value_grad(self) -> Program:
        return Program([self.node, *self.gradient_nodes], "xy")

    @cached_property
    def _hessian(self) -> Program:
        return Program(self.hessian_nodes, "xy")

    @cached_property
    def _all(self) -> Program:
        return Program([self.node, *self.gradient_nodes, *self.hessian_nodes], "xy")

    # --------------------------------------------------------------------------------------------------- values
    def value(self, points: Any) -> Any:
        """Return f at points (..., 2), as an array (...)."""
        return self._value.arrays(*_columns(points))[0]

    def grad(self, points: Any) -> Any:
        """Return the gradient at points (..., 2), as an array (..., 2)."""
        return self.value_grad(points)[1]

    def value_grad(self, points: Any) -> tuple[Any, Any]:
        """Return f (...) and its gradient (..., 2) at points (..., 2), computed together."""
        value, by_x, by_y = self._value_grad.arrays(*_columns(points))
        return value, namespace(value).stack([by_x, by_y], axis=-1)

    def hessian(self, points: Any) -> Any:
        """Return the second derivatives xx, xy, yy at points (..., 2), as an array (..., 3)."""
        parts = self._hessian.arrays(*_columns(points))
        return namespace(parts[0]).stack(parts, axis=-1)

    def value_grad_at(self, x: float, y: float) -> tuple[float, float, float]:
        """Return f, df/dx and df/dy at one point, on Python floats: a few microseconds."""
        value, by_x, by_y = self._value_grad.floats(x, y)
        return value, by_x, by_y

    def grid(
        self,
        n: int | tuple[int, int],
        domain: Domain | None = None,
        dtype: DTypeLike = np.float64,
        derivatives: bool = False,
    ) -> Grid:
        """Return the values on n x n (or nx x ny) points that span the domain, its edges included."""
        nx, ny = (n, n) if isinstance(n, int) else n
        (x0, x1), (y0, y1) = check_domain(domain or self.domain)
        x = np.linspace(x0, x1, nx).astype(dtype)
        y = np.linspace(y0, y1, ny).astype(dtype)
        program = self._all if derivatives else self._value
        value, *rest = program.arrays(x[None, :], y[:, None])
        if not derivatives:
            return Grid(x, y, value)
        return Grid(x, y, value, np.stack(rest[:2], axis=-1), np.stack(rest[2:], axis=-1))


def _columns(points: Any) -> tuple[Any, Any]:
    """Split points (..., 2) into x and y; lists, and whole numbers, become float64."""
    if not hasattr(points, "__array_namespace__"):
        points = np.asarray(points, dtype=np.float64)
    xp = namespace(points)
    if not xp.isdtype(points.dtype, "real floating"):
        points = xp.astype(points, xp.float64)
    if points.ndim == 0 or points.shape[-1] != 2:
        raise UserError(f"Points must have the shape (..., 2), not {tuple(points.shape)}.")
    return points[..., 0], points[..., 1]


def check_domain(domain: Sequence[Sequence[float]]) -> Domain:
    """Return the domain ((x0, x1), (y0, y1)) as floats, or raise UserError."""
    try:
        (x0, x1), (y0, y1) = domain
        result = ((float(x0), float(x1)), (float(y0), float(y1)))
    except (TypeError, ValueError):
        raise UserError("A domain is given as ((x0, x1), (y0, y1)).") from None
    if not all(np.isfinite([low, high]).all() and low < high for low, high in result):
        raise UserError("A domain needs finite numbers with x0 < x1 and y0 < y1.")
    return result


# ------------------------------------------------------------------------------------------- finding a landscape


def landscape(name_or_formula: str, domain: Sequence[Sequence[float]] | None = None) -> Landscape:
    """Return a landscape of the catalogue by its name, or the one of a formula in x and y.

    ``domain`` ((x0, x1), (y0, y1)) replaces the usual one. Raises UserError for an unknown name or a bad formula.
    """
    wanted = name_or_formula.strip()
    known = _CATALOGUE.get(wanted.lower())
    if known is None:
        return _from_formula(wanted, domain)
    return known if domain is None else _moved(known, check_domain(domain))


def catalogue() -> tuple[Landscape, ...]:
    """Return every landscape that has a name."""
    return tuple(_CATALOGUE.values())


def names() -> tuple[str, ...]:
    """Return the names of the catalogue."""
    return tuple(_CATALOGUE)


def _from_formula(formula: str, domain: Sequence[Sequence[float]] | None) -> Landscape:
    try:
        node = parse(formula)
    except FormulaError:
        if re.fullmatch(r"[A-Za-z]\w*", formula, re.ASCII) and not set(formula) <= {"x", "y"}:
            raise UserError(
                f"There is no landscape {formula[:40]!r}.{nearest(formula[:40], names())} "
                "`lossland landscapes` lists them; a formula uses x and y."
            ) from None
        raise
    area = FORMULA_DOMAIN if domain is None else check_domain(domain)
    return Landscape(
        name=formula,
        title=formula,
        node=node,
        formula=formula,
        domain=area,
        minima=(),
        source="",
        start=_start(node, area),
    )


def _moved(known: Landscape, domain: Domain) -> Landscape:
    """Return a landscape on another part of the plane, with those of its minima that lie there."""
    (x0, x1), (y0, y1) = domain

    def inside(point: Point) -> bool:
        return x0 <= point[0] <= x1 and y0 <= point[1] <= y1

    return Landscape(
        name=known.name,
        title=known.title,
        node=known.node,
        formula=known.formula,
        domain=domain,
        minima=tuple(filter(inside, known.minima)),
        source=known.source,
        start=known.start if inside(known.start) else _start(known.node, domain),
    )


def _start(node: Node, domain: Domain) -> Point:
    """Choose where a race on an unknown landscape starts: high up, near the viewer's edge, where f is finite.

    Raises UserError if the function has no finite value in the domain.
    """
    (x0, x1), (y0, y1) = domain
    inset = np.linspace(0.08, 0.92, 29)
    x, y = x0 + (x1 - x0) * inset, y0 + (y1 - y0) * inset
    (value,) = Program([node], "xy").arrays(x[None, :], y[:, None])
    finite = np.isfinite(value)
    if not finite.any():
        raise UserError(
            f"This formula has no finite value for x in [{x0:g}, {x1:g}] and y in [{y0:g}, {y1:g}]; "
            "choose another domain."
        )
    high = finite & (value >= np.quantile(value[finite], 0.7))
    # Of the high points, the one nearest to the middle of the front edge, where trails run away from the viewer.
    distance = (np.subtract.outer(inset, 0.1) * np.ones((1, inset.size))) ** 2 + (inset[None, :] - 0.45) ** 2
    iy, ix = np.unravel_index(np.where(high, distance, np.inf).argmin(), value.shape)
    return float(x[ix]), float(y[iy])


# -------------------------------------------------------------------------------------------------- the catalogue

_CATALOGUE: dict[str, Landscape] = {}


def landscape_function(
    title: str, *, domain: Domain, minima: Sequence[Point], start: Point, source: str
) -> Callable[[Callable[[Any, Any], Any]], Callable[[Any, Any], Any]]:
    """Enter a function f(x, y), written with the functions of `lossland.expression`, into the catalogue."""

    def enter(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        node = trace(function, "x", "y")
        _CATALOGUE[function.__name__] = Landscape(
            name=function.__name__,
            title=title,
            node=node,
            formula=text(node),
            domain=check_domain(domain),
            minima=tuple((float(x), float(y)) for x, y in minima),
            source=source,
            start=start,
        )
        return function

    return enter


@landscape_function(
    "Bowl", domain=((-4, 4), (-4, 4)), minima=[(0, 0)], start=(-2.6, -3.2), source="Elliptic paraboloid"
)
def bowl(x: Any, y: Any) -> Any:
    """A quadratic whose level lines are ellipses."""
    return x**2 + 3 * y**2


@landscape_function(
    "Rosenbrock",
    domain=((-2, 2), (-1, 3)),
    minima=[(1, 1)],
    start=(-1.2, 1),
    source="Rosenbrock (1960), An automatic method for finding the greatest or least value of a function",
)
def rosenbrock(x: Any, y: Any) -> Any:
    """A flat, curved valley between steep walls."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


@landscape_function(
    "Himmelblau",
    domain=((-5.2, 5.2), (-5.2, 5.2)),
    minima=[
        (3, 2),
        (-2.805118086952745, 3.131312518250573),
        (-3.779310253377747, -3.283185991286170),
        (3.584428340330492, -1.848126526964404),
    ],
    start=(-0.6, -4.4),
    source="Himmelblau (1972), Applied Nonlinear Programming",
)
def himmelblau(x: Any, y: Any) -> Any:
    """Four equal valleys around a hill."""
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


@landscape_function(
    "Rastrigin",
    domain=((-5.12, 5.12), (-5.12, 5.12)),
    minima=[(0, 0)],
    start=(-2.3, -4.4),
    source="Rastrigin (1974), Systems of extremal control",
)
def rastrigin(x: Any, y: Any) -> Any:
    """A bowl full of holes, one at every whole number."""
    return 20 + x**2 + y**2 - 10 * (cos(2 * pi * x) + cos(2 * pi * y))


@landscape_function(
    "Ackley",
    domain=((-5, 5), (-5, 5)),
    minima=[(0, 0)],
    start=(-1.6, -4.2),
    source="Ackley (1987), A Connectionist Machine for Genetic Hillclimbing",
)
def ackley(x: Any, y: Any) -> Any:
    """A rippled funnel with a cone at its centre."""
    return -20 * exp(-0.2 * sqrt(0.5 * (x**2 + y**2))) - exp(0.5 * (cos(2 * pi * x) + cos(2 * pi * y))) + e + 20


@landscape_function(
    "Beale",
    domain=((-4.5, 4.5), (-4.5, 4.5)),
    minima=[(3, 0.5)],
    start=(-1, -2),
    source="Beale (1958), On an iterative method for finding a local minimum of a function",
)
def beale(x: Any, y: Any) -> Any:
    """A plain with steep corners."""
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


@landscape_function(
    "Booth",
    domain=((-10, 10), (-10, 10)),
    minima=[(1, 3)],
    start=(-6, -8),
    source="Jamil & Yang (2013), A literature survey of benchmark functions, no. 17",
)
def booth(x: Any, y: Any) -> Any:
    """A tilted quadratic bowl."""
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


@landscape_function("Saddle", domain=((-2, 2), (-2, 2)), minima=[], start=(-1.6, -0.02), source="Hyperbolic paraboloid")
def saddle(x: Any, y: Any) -> Any:
    """Down along y, up along x: no minimum."""
    return x**2 - y**2

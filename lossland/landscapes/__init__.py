"""Landscapes: functions of two variables with exact derivatives, and the catalogue of known ones."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from lossland import userfiles
from lossland.errors import UserError, known_as, nearest, shown
from lossland.expression import Node, Program, text, variable
from lossland.expression.formula import FormulaError, parse
from lossland.expression.node import make
from lossland.expression.printing import LONGEST, latex_as_typed, length
from lossland.expression.table import Table
from lossland.files import is_folder, kind_of
from lossland.landscapes import bbob, gridfiles, tasks
from lossland.landscapes.catalogue import CATALOGUE
from lossland.landscapes.functions import Function, is_function, traced
from lossland.landscapes.landscape import (
    MOST_POINTS,
    AnyDomain,
    Domain,
    Grid,
    Landscape,
    Point,
    calculus,
    check_domain,
    check_dtype,
    fill_gaps,
)

__all__ = [
    "FORMULA_DOMAIN",
    "MOST_POINTS",
    "AnyLandscape",
    "Domain",
    "Grid",
    "Landscape",
    "Point",
    "catalogue",
    "check_domain",
    "check_dtype",
    "fill_gaps",
    "is_known_elsewhere",
    "is_landscape",
    "landscape",
    "names",
    "text_of",
]

FORMULA_DOMAIN: Domain = ((-4.0, 4.0), (-4.0, 4.0))
"""The default domain of a typed formula."""
WIDER = 4.0  # times the usual domain: on a wider one the usual start is too close to the centre


AnyLandscape = Landscape | str | Path | Function
"""What is accepted as a landscape everywhere: see `landscape`."""
_NAMED: dict[str, Landscape] = {}  # landscapes without a formula, by a text that is valid in this process only


@np.errstate(all="ignore")
def landscape(what: AnyLandscape, domain: AnyDomain | None = None) -> Landscape:
    """Return a landscape from a catalogue name, a BBOB function (``bbob:F`` or ``bbob:F:INSTANCE``), a formula in x and
    y, or a function of x and y.

    A function such as ``lambda x, y: np.sin(x) + y**2`` is called once, with symbols. It may use Python's operators,
    ``abs``, ``min``, ``max`` and the functions of NumPy; instead of ``if``, ``np.where(test, a, b)``. A `Landscape`
    is returned as it is. ``mine.py:name`` names a landscape or function in a file of your own, which is run.

    A file that ``lossland slice`` or a peer wrote (.npz, .h5) is the natural bicubic spline through its points, with
    that spline's exact derivatives; outside the grid, and beside missing points, it is nan.

    ``domain``, ((x0, x1), (y0, y1)) or (x0, x1, y0, y1), replaces the usual one. Raises UserError for
    anything else, or a bad formula.
    """
    area = None if domain is None else check_domain(domain)
    known = _found(what, area)
    return known if area is None or area == known.domain else _moved(known, area)


def _found(what: object, area: Domain | None) -> Landscape:
    """Return the landscape of an argument; one without a domain of its own gets ``area``."""
    if isinstance(what, Landscape):
        return what
    if isinstance(what, Path) and (gridfiles.is_grid(str(what)) or userfiles.named(str(what)) is not None):
        what = str(what)
    if isinstance(what, str):
        wanted = what.strip()
        if tasks.is_named(wanted):
            raise UserError(
                f"{wanted} has more than two variables, so it is no landscape: swarm, bench and ll.problem take tasks."
            )
        known = _bbob(wanted) if bbob.is_named(wanted) else CATALOGUE.get(known_as(wanted, CATALOGUE))
        known = known or _NAMED.get(wanted)
        if known is not None:
            return known
        if gridfiles.is_grid(wanted):
            return _from_file(wanted)
        file = userfiles.named(wanted)
        if file is None:
            return _from_formula(wanted, area or FORMULA_DOMAIN)
        return _found(userfiles.find(file, "landscape or function of x and y", is_landscape), area)
    if callable(what) and not isinstance(what, type):
        return _from_function(what, area or FORMULA_DOMAIN)
    raise UserError(
        "A landscape is a name, a formula in x and y, a function of x and y, or a Landscape from ll.landscape, not "
        f"{shown(what)}."
    )


def is_landscape(value: object) -> bool:
    """Whether something is a landscape, or a function that may be one."""
    return isinstance(value, Landscape) or is_function(value)


def text_of(what: AnyLandscape) -> str:
    """Return the name or formula from which `landscape` makes a landscape again.

    It is valid in other processes too, except for an expression that is too long for a formula.
    """
    if isinstance(what, str) and userfiles.named(what) is None:
        landscape(what)  # raises UserError if it is not one
        return known_as(what, CATALOGUE)
    land = landscape(what)
    for known in (land.name, land.formula):
        with suppress(UserError):
            if userfiles.named(known) is None and landscape(known).node is land.node:
                return known
    others = [name for name, other in _NAMED.items() if other.node is land.node]
    name = others[0] if others else f"function {len(_NAMED) + 1} ({land.name[:40]})"
    _NAMED[name] = land
    return name


def is_known_elsewhere(text: str) -> bool:
    """Whether a landscape's text is valid in other processes: see `text_of`."""
    return text not in _NAMED


@lru_cache(maxsize=64)
def _bbob(name: str) -> Landscape:
    """Return the landscape of ``bbob:F`` or ``bbob:F:INSTANCE`` on [-5, 5]^2."""
    known = bbob.named(name)
    x, y = known.minimum.tolist()
    return Landscape(
        name=known.name,
        title=known.title,
        node=known.node,
        formula=known.name,
        domain=((-bbob.BOUND, bbob.BOUND), (-bbob.BOUND, bbob.BOUND)),
        minima=((x, y),),
        source=bbob.SOURCE,
        start=(-math.copysign(3.6, x), -4.2 if y > -2.5 else 4.2),
        notation=f"{known.definition.latex} {known.lowest:+.6g}",
    )


def catalogue() -> tuple[Landscape, ...]:
    """Return every landscape that has a name."""
    return tuple(CATALOGUE.values())


def names() -> tuple[str, ...]:
    """Return the names of the catalogue."""
    return tuple(CATALOGUE)


def _from_file(name: str) -> Landscape:
    """Return the landscape of a file with a grid; a file that has changed is read again."""
    try:
        found = Path(name).expanduser().stat()
    except (OSError, ValueError):  # the reader raises the error
        return _from_grid(name, (0, 0))
    return _from_grid(name, (found.st_mtime_ns, found.st_size))


@lru_cache(maxsize=16)
def _from_grid(name: str, stamp: tuple[int, int]) -> Landscape:
    grid = gridfiles.read(name)
    if grid.value.ndim < 2:
        raise UserError(f"{name} has one direction, which makes a line; a landscape needs two.")
    node = make(Table(grid.x, grid.y, grid.value).op, variable("x"), variable("y"))
    domain = ((float(grid.x[0]), float(grid.x[-1])), (float(grid.y[0]), float(grid.y[-1])))
    sides = f"{len(grid.x)} × {len(grid.y)}"
    missing = int(np.count_nonzero(~np.isfinite(grid.value)))
    holes = f", {missing} of them missing" if missing else ""
    return Landscape(
        name=name,
        title=Path(name).name,
        node=node,
        formula=name,
        domain=domain,
        minima=(),
        source=f"the natural bicubic spline through the {sides} points of {Path(name).name}{holes}",
        start=_start(node, domain),
        notation=rf"\text{{a spline through {sides} points}}",
    )


@lru_cache(maxsize=64)  # a typed formula is checked and drawn: the same landscape both times
def _from_formula(formula: str, domain: Domain) -> Landscape:
    try:
        node = parse(formula)
    except FormulaError:
        if is_folder(formula):
            raise UserError(f"{formula} is a folder; give a landscape by its name, formula or file.") from None
        if kind := kind_of(formula):
            raise UserError(f"{shown(formula)} is named like {kind}; give a name or a formula.") from None
        if re.fullmatch(r"[A-Za-z]\w*", formula, re.ASCII) and not set(formula) <= {"x", "y"}:
            raise UserError(
                f"There is no landscape {formula[:40]!r}.{nearest(formula[:40], names())} "
                "`lossland landscapes` lists them; a formula uses x and y."
            ) from None
        raise
    made = _of(node, formula, formula, domain)
    written = latex_as_typed(node, formula)
    return replace(made, notation=written) if written != made.latex else made


def _from_function(function: Function, domain: Domain) -> Landscape:
    node = traced(function)
    name = getattr(function, "__name__", "")
    if length(node) > LONGEST:
        return replace(_of(node, name, f"{name}(x, y)", domain), notation=r"\ldots")
    formula = text(node)
    return _of(node, name if name.isidentifier() else formula, formula, domain)


def _of(node: Node, name: str, formula: str, domain: Domain) -> Landscape:
    """Return the landscape of an expression, with the known minima if it is in the catalogue."""
    known = next((land for land in CATALOGUE.values() if land.node is node), None)
    if known is not None:
        return replace(known, name=name, formula=formula)
    start = _start(node, domain)
    return Landscape(
        name=name, title=name, node=node, formula=formula, domain=domain, minima=(), source="", start=start
    )


def _moved(known: Landscape, domain: Domain) -> Landscape:
    """Return a landscape on another part of the plane, with those of its minima that lie there."""
    (x0, x1), (y0, y1) = domain

    (u0, u1), (v0, v1) = known.domain
    much_wider = (x1 - x0) > WIDER * (u1 - u0) or (y1 - y0) > WIDER * (v1 - v0)

    def inside(point: Point) -> bool:
        return x0 <= point[0] <= x1 and y0 <= point[1] <= y1

    return replace(
        known,
        domain=domain,
        minima=tuple(filter(inside, known.minima)),
        start=known.start if inside(known.start) and not much_wider else _start(known.node, domain),
    )


def _start(node: Node, domain: Domain) -> Point:
    """Choose the start on an unknown landscape: high up, near the front edge, with a descent that stays in the domain.

    Raises UserError if the function has no finite value in the domain.
    """
    (x0, x1), (y0, y1) = domain
    inset = np.linspace(0.08, 0.92, 29)
    x, y = x0 + (x1 - x0) * inset, y0 + (y1 - y0) * inset
    (value,) = calculus(node).computes_value.arrays(x[None, :], y[:, None])
    finite = np.isfinite(value)
    if not finite.any():
        raise UserError(
            f"There is no finite value for x in [{x0:g}, {x1:g}] and y in [{y0:g}, {y1:g}]; choose another domain."
        )
    value = value / 8  # so that the differences in quantile cannot overflow
    high = finite & (value >= np.quantile(value[finite], 0.7))
    staying = finite & _stays(node, domain, *np.meshgrid(x, y))
    if staying.mean() > 0.02:  # more than the top of a hill
        high = staying & (value >= np.quantile(value[staying], 0.6))
    # The high point nearest to the middle of the front edge, from where trails lead away from the viewer.
    distance = (np.subtract.outer(inset, 0.1) * np.ones((1, inset.size))) ** 2 + (inset[None, :] - 0.45) ** 2
    iy, ix = np.unravel_index(np.where(high, distance, np.inf).argmin(), value.shape)
    return float(x[ix]), float(y[iy])


def _stays(node: Node, domain: Domain, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return for each start (n, m) whether steepest descent, in steps of 1/20 of the domain, stays inside it."""
    slope = Program(calculus(node).gradient, "xy")
    (x0, x1), (y0, y1) = domain
    inside = np.ones(x.shape, bool)
    for _ in range(24):
        with np.errstate(over="ignore"):
            gx, gy = (np.nan_to_num(part * size, posinf=0.0, neginf=0.0)
                      for part, size in zip(slope.arrays(x, y), (x1 - x0, y1 - y0), strict=True))  # fmt: skip
        length = np.maximum(np.hypot(gx, gy), 1e-300)
        x, y = x - (x1 - x0) / 20 * (gx / length), y - (y1 - y0) / 20 * (gy / length)
        inside &= (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
    return inside

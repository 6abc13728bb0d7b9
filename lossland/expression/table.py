"""A function known only at the points of a grid: a natural cubic spline through them, as one operation.

In an expression it is an operation of two arguments, whose name says which table and which derivative; the numbers
are in ``TABLES``. It works on floats and on arrays of any library, and can be differentiated; kernels and GLSL do not
support it.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import cached_property
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from lossland.expression.node import A, Array, Node, V
    from lossland.expression.program import Step

Floats = NDArray[np.float64]
PREFIX = "table "  # of such an operation's name: "table DIGEST 1 0" is the derivative by the first argument
HIGHEST = 3  # derivative along an axis that is not 0 everywhere
TABLES: dict[str, Table] = {}  # by their digests; they live as long as the process, as expressions do


class Table:
    """The natural bicubic spline through ``value`` (ny, nx) at x (nx,) and y (ny,), both increasing.

    It has two continuous derivatives and interpolates exactly. It is nan outside the grid and in cells with a corner
    that is not finite. For the slopes of neighbouring cells a missing point takes the value of the nearest known one in
    its row.
    """

    def __init__(self, x: Floats, y: Floats, value: Floats) -> None:
        self.x, self.y, self.value = (np.ascontiguousarray(part, np.float64) for part in (x, y, value))
        self.whole = bool(np.isfinite(self.value).all())
        self._on: dict[tuple[str, str], tuple[Array, ...]] = {}

    @cached_property
    def op(self) -> str:
        """The name of the operation; reading it registers the table."""
        digest = hashlib.sha256()
        for part in (self.x, self.y, self.value):
            digest.update(part.tobytes())
        digits = digest.hexdigest()[:16]
        TABLES.setdefault(digits, self)
        return f"{PREFIX}{digits} 0 0"

    def __reduce__(self) -> tuple[Callable[[Floats, Floats, Floats], Table], tuple[Floats, Floats, Floats]]:
        return registered, (self.x, self.y, self.value)

    @cached_property
    def _nodes(self) -> Floats:
        """f, f_xx, f_yy and f_xxyy (ny, nx, 4); f is nan where it is missing."""
        f = _filled(self.value)
        across = _second(self.x, f)
        known = np.where(np.isfinite(self.value), f, np.nan)
        return np.stack([known, across, _second(self.y, f.T).T, _second(self.y, across.T).T], axis=-1)

    # --------------------------------------------------------------------------------------------------- on arrays
    def arrays(self, xp: ModuleType, orders: tuple[int, int], x: A, y: A) -> A:
        """Return a derivative at arrays x and y that broadcast together."""
        across, down, nodes = self._in(xp, x.dtype)
        i, by_x = _weights(xp, across, x, orders[0])
        j, by_y = _weights(xp, down, y, orders[1])
        total, width = 0.0, across.shape[0]
        for row in (0, 1):
            for column in (0, 1):
                index = (j + row) * width + (i + column)
                corner = xp.reshape(xp.take(nodes, xp.reshape(index, (-1,)), axis=0), (*index.shape, 4))
                (a, b), (c, d) = by_x[column], by_y[row]
                f = corner[..., 0]
                if not self.whole and orders == (0, 0):  # weight 0 times nan: a known point beside a missing one
                    f = xp.where((a == 0) | (c == 0), xp.zeros_like(f), f)
                total = total + (a * f + b * corner[..., 1]) * c + (a * corner[..., 2] + b * corner[..., 3]) * d
        return total

    def _in(self, xp: ModuleType, dtype: object) -> tuple[Array, ...]:
        """Return x, y and the nodes (ny nx, 4) as arrays of a library and type."""
        key = (xp.__name__, str(dtype))
        if key not in self._on:
            parts = self.x, self.y, self._nodes.reshape(-1, 4)
            self._on[key] = tuple(xp.asarray(part, dtype=dtype) for part in parts)
        return self._on[key]

    # --------------------------------------------------------------------------------------------------- on floats
    @cached_property
    def _lists(self) -> tuple[list[float], list[float], list[list[list[float]]]]:
        return self.x.tolist(), self.y.tolist(), self._nodes.tolist()

    def floats(self, orders: tuple[int, int], x: float, y: float) -> float:
        """Return a derivative at one point."""
        across, down, nodes = self._lists
        i, by_x = _weights_at(across, x, orders[0])
        j, by_y = _weights_at(down, y, orders[1])
        total = 0.0
        for row in (0, 1):
            for column in (0, 1):
                f, xx, yy, xxyy = nodes[j + row][i + column]
                (a, b), (c, d) = by_x[column], by_y[row]
                if orders == (0, 0) and (a == 0 or c == 0):
                    f = 0.0
                total += (a * f + b * xx) * c + (a * yy + b * xxyy) * d
        return total


def registered(x: Floats, y: Floats, value: Floats) -> Table:
    """Return the registered table with these numbers: what unpickling calls."""
    return _lookup(Table(x, y, value).op)[0]


def is_table(op: str) -> bool:
    """Whether an operation is the lookup of a table."""
    return op.startswith(PREFIX)


def used(ops: Iterable[str]) -> list[Table]:
    """Return the tables that operations look up."""
    return list(dict.fromkeys(_lookup(op)[0] for op in ops if is_table(op)))


def any_table(operations: Iterable[Node | Step]) -> bool:
    """Whether any of the operations is the lookup of a table, which kernels do not support."""
    return any(is_table(one.op) for one in operations)


def _lookup(op: str) -> tuple[Table, tuple[int, int]]:
    """Return the table and the orders of the derivative by x and y that an operation's name says."""
    _, digest, by_x, by_y = op.split()
    return TABLES[digest], (int(by_x), int(by_y))


def on_floats(op: str) -> Callable[[float, float], float]:
    """Return the operation on Python floats."""
    table, orders = _lookup(op)
    return lambda x, y: table.floats(orders, x, y)


def on_arrays(op: str, xp: ModuleType) -> Callable[[Array, Array], Array]:
    """Return the operation on arrays of a library."""
    table, orders = _lookup(op)
    return lambda x, y: table.arrays(xp, orders, x, y)


def derived(op: str, axis: int) -> str | None:
    """Return the operation that is the derivative by the first or second argument; None where that is 0."""
    _, digest, *orders = op.split()
    orders[axis] = str(int(orders[axis]) + 1)
    return None if int(orders[axis]) > HIGHEST else f"{PREFIX}{digest} {orders[0]} {orders[1]}"


# ------------------------------------------------------------------------------------------------------------ splines


def _weights(xp: ModuleType, knots: Array, x: Array, order: int) -> tuple[Array, list[tuple[Array, Array]]]:
    """Return the cell (...) that x (...) lies in, and for its two ends the weights of f and of f'' there.

    In a cell of width h, at u = (x − left)/h: f = (1 − u) f₀ + u f₁ + h²/6 (((1 − u)³ − (1 − u)) f₀'' + (u³ − u) f₁'').
    The weights are those of the derivative of an order, 0 to 3; nan outside of the knots.
    """
    last = knots.shape[0] - 2
    i = xp.reshape(xp.searchsorted(knots, xp.reshape(x, (-1,)), side="right"), x.shape) - 1
    i = xp.clip(i, 0, last)
    flat = xp.reshape(i, (-1,))
    left, right = (xp.reshape(xp.take(knots, flat + end, axis=0), x.shape) for end in (0, 1))
    inside = (x >= knots[0]) & (x <= knots[-1])
    h = xp.where(inside, right - left, xp.full_like(left, float("nan")))
    u = (x - left) / h
    return i, _basis(u, h, order)


def _weights_at(knots: list[float], x: float, order: int) -> tuple[int, list[tuple[float, float]]]:
    i = min(max(bisect_right(knots, x) - 1, 0), len(knots) - 2)
    h = knots[i + 1] - knots[i] if knots[0] <= x <= knots[-1] else float("nan")
    return i, _basis((x - knots[i]) / h, h, order)


def _basis(u: V, h: V, order: int) -> list[tuple[V, V]]:
    """Return the weights of f and f'' at the left end and at the right end of a cell."""
    v = 1 - u
    if order == 0:
        return [(v, (v * v * v - v) * h * h / 6), (u, (u * u * u - u) * h * h / 6)]
    if order == 1:
        return [(-1 / h, (1 - 3 * v * v) * h / 6), (1 / h, (3 * u * u - 1) * h / 6)]
    nothing = 0 * h
    return [(nothing, v), (nothing, u)] if order == 2 else [(nothing, -1 / h), (nothing, 1 / h)]


def _second(x: Floats, rows: Floats) -> Floats:
    """Return the second derivatives (m, n) at the knots x (n,) of natural cubic splines through rows (m, n)."""
    found, n = np.zeros(rows.shape), len(x)
    if n < 3:
        return found
    h = np.diff(x)
    slope = np.diff(rows, axis=1) / h
    right, pivot = 6 * np.diff(slope, axis=1), 2 * (h[:-1] + h[1:])
    for k in range(1, n - 2):  # tridiagonal and diagonally dominant: elimination needs no pivoting
        share = h[k] / pivot[k - 1]
        pivot[k] -= share * h[k]
        right[:, k] -= share * right[:, k - 1]
    for k in range(n - 3, -1, -1):
        found[:, k + 1] = (right[:, k] - h[k + 1] * found[:, k + 2]) / pivot[k]
    return found


def _filled(value: Floats) -> Floats:
    """Return a grid whose missing points have the value of the nearest known one in the row, or of the nearest row."""
    known = np.isfinite(value)
    if known.all() or not known.any():
        return value
    rows = np.flatnonzero(known.any(axis=1))
    column = np.arange(value.shape[1])
    left = np.maximum.accumulate(np.where(known, column, -1), axis=1)
    right = np.minimum.accumulate(np.where(known, column, 2 * len(column))[:, ::-1], axis=1)[:, ::-1]
    nearest = np.where((left >= 0) & ((right >= len(column)) | (column - left <= right - column)), left, right)
    filled = np.take_along_axis(value, np.minimum(nearest, len(column) - 1), axis=1)
    every = np.arange(len(value))
    after = np.minimum(np.searchsorted(rows, every), len(rows) - 1)
    before = np.maximum(after - 1, 0)
    near = np.where(np.abs(rows[before] - every) <= np.abs(rows[after] - every), rows[before], rows[after])
    return filled[near]

"""Vectors of numbers, arrays or nodes: arithmetic on them is componentwise."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from lossland.expression.node import Value

E = TypeVar("E")


class Vector:
    """The parts of a vector, one for each coordinate: Python floats, arrays of equal shape, nodes or mixed.

    A vector of vectors is a matrix, by rows. Arithmetic and comparisons with another vector are componentwise; a
    number, array or node is broadcast. ``==`` is identity. Products of vectors as such, lengths and the
    like are in ``lossland.expression.linear``.
    """

    __slots__ = ("parts",)
    __array_ufunc__ = None  # makes ``array * vector`` call our __rmul__

    parts: tuple[Any, ...]

    def __init__(self, parts: Iterable[object]) -> None:
        self.parts = tuple(parts)

    def __len__(self) -> int:
        return len(self.parts)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.parts)

    def __getitem__(self, index: int) -> Any:
        return self.parts[index]

    def __repr__(self) -> str:
        return f"Vector({list(self.parts)!r})"

    def __add__(self, other: Value) -> Vector:
        return mapped(operator.add, self, other)

    def __radd__(self, other: Value) -> Vector:
        return mapped(operator.add, other, self)

    def __sub__(self, other: Value) -> Vector:
        return mapped(operator.sub, self, other)

    def __rsub__(self, other: Value) -> Vector:
        return mapped(operator.sub, other, self)

    def __mul__(self, other: Value) -> Vector:
        return mapped(operator.mul, self, other)

    def __rmul__(self, other: Value) -> Vector:
        return mapped(operator.mul, other, self)

    def __truediv__(self, other: Value) -> Vector:
        return mapped(operator.truediv, self, other)

    def __rtruediv__(self, other: Value) -> Vector:
        return mapped(operator.truediv, other, self)

    def __pow__(self, other: Value) -> Vector:
        return mapped(operator.pow, self, other)

    def __rpow__(self, other: Value) -> Vector:
        return mapped(operator.pow, other, self)

    def __neg__(self) -> Vector:
        return mapped(operator.neg, self)

    def __lt__(self, other: Value) -> Vector:
        return mapped(operator.lt, self, other)

    def __le__(self, other: Value) -> Vector:
        return mapped(operator.le, self, other)

    def __gt__(self, other: Value) -> Vector:
        return mapped(operator.gt, self, other)

    def __ge__(self, other: Value) -> Vector:
        return mapped(operator.ge, self, other)


def mapped(function: Callable[..., object], *args: object) -> Vector:
    """Apply a function to the parts of the vectors among the arguments; other arguments are passed to every call."""
    size = next(len(arg) for arg in args if isinstance(arg, Vector))
    columns = [arg.parts if isinstance(arg, Vector) else (arg,) * size for arg in args]
    return Vector(function(*parts) for parts in zip(*columns, strict=True))


# ------------------------------------------------------------------------------------------------------- layout


def rank(value: object) -> int:
    """Return 0 for a number, array or node, 1 for a vector of them, 2 for a matrix."""
    return 1 + rank(value[0]) if isinstance(value, Vector) else 0


def flat(value: object, order: int, size: int) -> list[Any]:
    """Return the ``size**order`` entries of a value of that rank, row by row.

    A single number stands for a vector with all parts equal to it, or for that multiple of the identity matrix.
    """
    if order == 0:
        return [value]
    if isinstance(value, Vector):
        return [entry for row in value for entry in flat(row, order - 1, size)]
    if order == 1:
        return [value] * size
    return [value if i == j else 0.0 for i in range(size) for j in range(size)]


def shaped(entries: Iterable[E], order: int, size: int) -> E | Vector:
    """Return the value of that rank from its entries: the inverse of `flat`."""
    entries = list(entries)
    if order == 0:
        return entries[0]
    length = len(entries) // size
    return Vector(shaped(entries[i * length : (i + 1) * length], order - 1, size) for i in range(size))

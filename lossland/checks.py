"""Validation of arguments: integers, real numbers and arrays. Invalid ones raise UserError."""

from __future__ import annotations

import math
import operator
from contextlib import suppress
from numbers import Real
from typing import Any, SupportsIndex

import numpy as np

from lossland.errors import UserError, shown

KINDS = {"U": "text", "S": "text", "b": "truths", "c": "complex numbers", "M": "dates", "V": "records", "O": "objects"}


def whole(value: object, low: int, high: int, what: str) -> int:
    """Return an integer; ``what`` names it at the start of the error's sentence. 1e6 is one too."""
    number = _whole(value)
    if number is None or not low <= number <= high:
        raise UserError(f"{what} must be a whole number from {low} to {high}, not {shown(value)}.")
    return number


def _whole(value: object) -> int | None:
    if isinstance(value, bool | np.bool_):
        return None
    if isinstance(value, SupportsIndex):
        with suppress(TypeError):  # arrays have __index__, but only integer scalars can be converted
            return operator.index(value)
    return int(value) if isinstance(value, float | np.floating) and float(value).is_integer() else None


def real(value: object, low: float, high: float, what: str) -> float:
    """Return a number from ``low`` to ``high``; ``what`` names it at the start of the error's sentence."""
    try:
        number = float(value) if isinstance(value, Real) and not isinstance(value, bool) else math.nan
    except OverflowError:  # an integer of hundreds of digits
        number = math.nan
    if not low <= number <= high:
        raise UserError(f"{what} must be a number from {low:g} to {high:g}, not {shown(value)}.")
    return number


def truth(value: object, what: str) -> bool:
    """Return True or False; ``what`` names it at the start of the error's sentence."""
    if not isinstance(value, bool | np.bool_):
        raise UserError(f"{what} must be True or False, not {shown(value)}.")
    return bool(value)


def callback(progress: object) -> None:
    """Raise UserError unless ``progress`` is a function or None."""
    if progress is not None and not callable(progress):
        raise UserError(f"progress must be a function, which is called as work goes on, not {shown(progress)}.")


def plain(values: Any, what: str) -> Any:
    """Return numbers as a floating-point array of its own library; ``what`` names them in the error.

    Lists, integers and whatever NumPy can read become float64, float16 becomes float32. What would lose its meaning is
    refused: masks, matrices, booleans, complex numbers, text.
    """
    if isinstance(values, np.ndarray) and type(values) not in (np.ndarray, np.memmap):
        kind = type(values).__name__
        advice = "points.filled(numpy.nan)" if isinstance(values, np.ma.MaskedArray) else "numpy.asarray(points)"
        raise UserError(f"{what} must be plain numbers, not a {kind}; convert it first, as by {advice}.")
    if not hasattr(values, "__array_namespace__") and type(values).__module__.partition(".")[0] != "cupy":
        values = _read(values, what)
    if isinstance(values, np.ndarray):
        if values.dtype.kind not in "fiu":
            raise UserError(f"{what} must be real numbers, not {KINDS.get(values.dtype.kind, values.dtype)}.")
        return values.astype(np.float32 if values.dtype == np.float16 else np.float64) if _coarse(values) else values
    xp = values.__array_namespace__() if hasattr(values, "__array_namespace__") else np
    if not xp.isdtype(values.dtype, ("real floating", "integral")):
        raise UserError(f"{what} must be real numbers, not {values.dtype}.")
    return values if xp.isdtype(values.dtype, "real floating") else xp.astype(values, xp.float64)


def _coarse(values: np.ndarray) -> bool:
    return values.dtype.kind != "f" or values.dtype == np.float16


def _masked(values: object) -> bool:
    if isinstance(values, list | tuple):
        return any(map(_masked, values))
    return isinstance(values, np.ma.MaskedArray)


def _read(values: object, what: str) -> np.ndarray:
    """Return lists, tuples and the like of numbers as an array."""
    if _masked(values):
        raise UserError(f"{what} must be plain numbers, not a list with masked ones; fill them first.")
    try:
        read = np.asarray(values)
        if read.dtype == object and read.size and all(isinstance(item, Real) for item in read.flat):
            return read.astype(np.float64)  # fractions, integers of many digits
    except (TypeError, ValueError, OverflowError, RuntimeError):
        read = np.empty(0, object)
    if read.dtype == object:
        raise UserError(f"{what} must be real numbers, not {shown(values)}.")
    return read

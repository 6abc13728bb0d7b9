r"""Formatting of sentences and formulas with numbers in them.

Each ``?`` of a pattern stands for the next value. It is written with three significant digits in a sentence and with
at most two decimals in a formula, unless a format follows it:

* ``?4``: at most four decimals, no zeros at the end: 0.1818
* ``?.2``: exactly two decimals: 0.50
* ``?s``: three significant digits: 0.0021, 1.2e5
* ``?n``: a count, with thin spaces between thousands: 50 000

A vector is written as a tuple, a matrix as a matrix. In a formula ``(color, value)`` gives a value the colour of a
role of the theme, and ``((color, ...), matrix)`` gives each column its own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache, partial
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland import numerals
from lossland.errors import UserError, shown
from lossland.world.theme import DARK

Color = str
Value = ArrayLike | str
Inked = tuple[Color | tuple[Color, ...], Value]

_PLACE = re.compile(r"\?(\.?\d|s|n)?")
_MISREAD = re.compile(r"\?\.[a-zA-Z]|\?\.?\d\d")  # looks like a format, but would be read as another
_MISREAD_IN_WORDS = re.compile(rf"{_MISREAD.pattern}|\?\.?\d[defg](?!\w)|\?[a-mo-rt-w](?![\w?])")
_QUANTITY = re.compile(r"(?<![\w(’'])((?!a \w\w)[a-zα-ω](?:\([^)]*\))?)(?!\w)")  # one letter, but not an article
LAST_LETTER, SIGNS = "\u0530", "–—‘’“”•…€−×"  # the font has all characters below the first, and these


def words(pattern: str, *values: Value) -> str:
    """Return a sentence with numbers in it: ``words("α = ?4 is the edge", 0.2)``.

    A ``?`` is written with three significant digits, ``?4`` with at most four decimals, ``?.2`` with two, ``?n`` as a
    count. Raises UserError unless there is a value for each, and for an unknown format.
    """
    _check_formats(pattern, _MISREAD_IN_WORDS)
    return _filled(pattern, values, _word)


def drawable(text: str) -> str:
    """Return a text without characters that the font lacks: it has Latin, Greek and Cyrillic, and punctuation."""
    return "".join(letter for letter in text if letter < LAST_LETTER or letter in SIGNS).strip()


def with_article(name: str) -> str:
    """Return a name or digit with its indefinite article: a 7, an 8."""
    return f"{'an' if name[:1] in tuple('8aeiou') else 'a'} {name}"


def tex(pattern: str, *values: Value | Inked) -> str:
    r"""Return a formula with numbers in it: ``tex(r"\nabla f = (?.2, ?.2)", ("up", gx), ("up", gy))``.

    As ``words``, but a plain ``?`` has at most two decimals and ``?s`` three significant digits; ``(color, value)`` is
    has the colour of a role of the theme. Raises UserError also for an unknown role.
    """
    _check_formats(pattern, _MISREAD)
    return _filled(pattern, values, _formula)


@lru_cache(1024)
def _check_formats(pattern: str, misread: re.Pattern[str]) -> None:
    """Raise UserError for an unknown format. A letter after ? may be a variable in a formula: ``?x + ?y``."""
    found = misread.search(pattern)
    if found:
        raise UserError(
            f"There is no format {found[0]!r} in {shown(pattern)}; there are ?, ?4 (at most four decimals), "
            f"?.2 (two decimals), ?s and ?n. Put a space between a number and a letter."
        )


def _filled(pattern: str, values: tuple, write: Callable[[object, str], str]) -> str:
    first, *places = _split(pattern)
    if len(places) != len(values):
        raise UserError(f"{pattern!r} has {len(places)} places (?) for {len(values)} values; give one for each.")
    return first[1] + "".join([write(value, form) + text for value, (form, text) in zip(values, places, strict=True)])


@lru_cache(1024)
def _split(pattern: str) -> list[tuple[str, str]]:
    """Return the format of each place with the text after it; first of all no format and the text before them."""
    first, *rest = _PLACE.split(pattern)
    return [("", first), *((form or "", text) for form, text in zip(rest[::2], rest[1::2], strict=True))]


def _number(form: str, usual: Callable[[float], str]) -> Callable[[float], str]:
    """Return the function that writes a number in a format."""
    if form == "s":
        return numerals.short
    if form == "n":
        return _count
    if form.startswith("."):
        return partial(numerals.fixed, digits=int(form[1:]))
    return partial(numerals.trimmed, digits=int(form)) if form else usual


def _count(value: float) -> str:
    """Write the nearest integer; infinity and nan as elsewhere."""
    return numerals.thousands(round(value)) if isfinite(value) else numerals.short(value)


def _word(value: object, form: str) -> str:
    if isinstance(value, str):
        return value
    number, array = _number(form, numerals.short), np.asarray(value, float)
    return number(float(array)) if array.ndim == 0 else f"({', '.join(number(float(one)) for one in array)})"


def _formula(value: object, form: str) -> str:
    color: Color | tuple[Color, ...] = ""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str | tuple):
        color, value = value
    if isinstance(value, str):
        return _inked(value, color if isinstance(color, str) else "")
    number, array = _number(form, numerals.trimmed), np.asarray(value, float)
    if array.ndim == 2:
        return _matrix(array, number, color)
    role = color if isinstance(color, str) else ""
    if array.ndim == 1:
        inside = r",\, ".join(_inked(_ascii(number(float(one))), role) for one in array)
        return f"({inside})"
    return _inked(_ascii(number(float(array))), role)


def _matrix(matrix: NDArray[np.floating], number: Callable[[float], str], color: Color | tuple[Color, ...]) -> str:
    colors = (color,) * matrix.shape[1] if isinstance(color, str) else color
    if len(colors) != matrix.shape[1]:
        raise UserError(f"A matrix of {matrix.shape[1]} columns needs as many colours, not {len(colors)}.")
    rows = [
        " & ".join(_inked(_ascii(number(float(entry))), role) for entry, role in zip(row, colors, strict=True))
        for row in matrix
    ]
    inside = r" \\ ".join(rows)
    return rf"\begin{{bmatrix}} {inside} \end{{bmatrix}}"


def _inked(text: str, color: Color) -> str:
    if color:
        DARK.hex(color)  # a role of the theme; both themes have the same
    return rf"\fgcolor{{{color}}}{{{text}}}" if color else text


def _ascii(text: str) -> str:
    """Return a number with an ASCII minus sign, which LaTeX sets correctly."""
    return text.replace(numerals.MINUS, "-")


def capitals(heading: str) -> str:
    """Return a heading in capitals, but for the names of quantities, which are single letters: x, f(x), v."""
    return "".join(part if k % 2 else part.upper() for k, part in enumerate(_QUANTITY.split(heading)))


@lru_cache(maxsize=1024)  # panels ask for the same tooltips again and again
def plain_text(text: str) -> str:
    r"""Return text with its LaTeX as plain letters: ``rate $\eta$`` is "rate η"."""

    def letter(command: re.Match[str]) -> str:
        try:
            return unicodedata.lookup(f"GREEK SMALL LETTER {command[1].replace('lambda', 'lamda')}")
        except KeyError:
            return command[1]

    return re.sub(r"\\([A-Za-z]+)", letter, text).translate({ord(sign): None for sign in "${}"})

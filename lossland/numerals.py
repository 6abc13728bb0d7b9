"""Numbers as readers like them: short, with a true minus sign, the same everywhere in pictures and panels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

MINUS = "−"
HUGE = 1e9  # from here on all decimals of a number are more than anyone reads


def short(value: float) -> str:
    """Return three significant digits: 0.0021, 3.46, 128, 1.2e5, −4.2e−6, ∞, "–" for NaN."""
    if math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else MINUS + "∞"
    size = abs(value)
    if value == 0:
        return "0"
    if size < 1e-4 or size >= 1e6:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", MINUS)
    text = f"{value:.2g}" if size < 0.01 else f"{value:.3g}" if size < 999.5 else f"{value:.0f}"
    return text.replace("-", MINUS)


def distinct(values: Sequence[float]) -> list[str]:
    """Return short numbers that can be told from each other.

    Where three digits are the same for two different ones, all but the first say how far they are from it: 1.0e9,
    +20, +40.
    """
    texts = [short(value) for value in values]
    if len(set(texts)) == len(set(values)):
        return texts
    first = values[0]
    return [text if value == first else f"{'+' if value > first else ''}{short(value - first)}"
            for text, value in zip(texts, values, strict=True)]  # fmt: skip


def fixed(value: float, digits: int = 2) -> str:
    """Return a fixed number of decimals: −3.57; never −0.00. Huge numbers are short ones: 1.2e9."""
    if not abs(value) < HUGE:
        return short(value)
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS)


def trimmed(value: float, digits: int = 2) -> str:
    """Return at most ``digits`` decimals with no zeros at the end: 2, 0.5, −1.41."""
    text = fixed(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def pair(point: Iterable[float], digits: int = 2) -> str:
    """Return a point as (3.00, −1.85)."""
    return f"({', '.join(fixed(float(value), digits) for value in point)})"


def thousands(count: int) -> str:
    """Return a count with thin spaces between thousands: 50 000."""
    return f"{count:,}".replace(",", "\u2009")


def latex(value: float, digits: int = 2) -> str:
    """Return at most ``digits`` decimals for use in a formula, where an ASCII minus is set as a true one."""
    return trimmed(value, digits).replace(MINUS, "-")

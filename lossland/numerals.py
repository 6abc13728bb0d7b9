"""Numbers as readers like them: short, with a true minus sign, the same everywhere in pictures and panels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

MINUS = "−"
NEAR = 0.1  # of the way to the nearest other number: so much a number on an axis may be off
ROUNDING = 1e-6  # of that: a number on an axis that is nearer to 0 is 0, but for how it was added up
LONGEST = 8  # letters of a number, its minus sign aside
LARGE = 1e6  # from here on short numbers are powers of ten
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
    if size < 1e-4 or size >= LARGE:
        mantissa, exponent = f"{value:.1e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", MINUS)
    text = f"{value:.2g}" if size < 0.01 else f"{value:.3g}" if size < 999.5 else f"{value:.0f}"
    return text.replace("-", MINUS)


def distinct(values: Sequence[float]) -> list[str]:
    """Return a row of numbers that can be told from each other: three digits, or as many as their neighbours ask for.

    Each is right to a tenth of the way to the nearest other one. Where that takes long numbers, they are counted from
    a round one, which stands before the first, and before those below it: 1.0e9−20, 1.0e9, +20, +40.
    """
    texts = _resolved(values, NEAR, zero=ROUNDING)
    if all(map(_is_short, texts)) or not all(map(math.isfinite, values)):
        return texts
    base, rests = _counted(values, NEAR)
    bare = [rest if rest.startswith("+") and rest != "+0" else _exact(base) + rest.removesuffix("+0") for rest in rests]
    counted = [_exact(base) + bare[0] if bare[0].startswith("+") else bare[0], *bare[1:]]
    return min(texts, counted, key=lambda row: sum(map(len, row)))


def told_apart(values: Sequence[float]) -> list[str]:
    """Return numbers that stand beside each other: three digits, or up to six where fewer would make two the same.

    Large numbers that differ by little beside their size are each counted from a round one: 1.0e9+0.02, 1.0e9+3.1.
    """
    texts = _resolved(values, 0.4)
    fits = [text if _is_short(text) else short(value) for text, value in zip(texts, values, strict=True)]
    if fits == texts or not all(map(math.isfinite, values)) or len(set(fits)) > 1:
        return fits
    base, rests = _counted(values, 0.4)
    counted = [_exact(base) + rest.removesuffix("+0") for rest in rests]
    return counted if abs(base) >= LARGE and all(map(_is_short, [_exact(base), *rests])) else fits


def _is_short(text: str) -> bool:
    return len(text.strip(MINUS + "+")) <= LONGEST


def _counted(values: Sequence[float], part: float) -> tuple[float, list[str]]:
    """Return the roundest number near a row of finite ones, and how far they lie from it: +20, −3.0e−7."""
    low, high = min(values), max(values)
    reach = max(high - low, math.ulp(low))
    middle, digits = low / 2 + high / 2, 0
    while not low - reach <= (base := float(f"{middle:.{digits}e}")) <= high + reach:
        digits += 1
    rests = _resolved([value - base for value in values], part, zero=1.0)
    return base, [rest if rest.startswith(MINUS) else f"+{rest}" for rest in rests]


def _resolved(values: Sequence[float], part: float, zero: float = 0.0) -> list[str]:
    """Return each number with digits enough to be right to a part of the way to the nearest other one.

    What is nearer to 0 than ``zero`` times that is 0.
    """
    finite = sorted({value for value in values if math.isfinite(value)})
    gaps = [after / 2 - before / 2 for before, after in pairwise(finite)]
    nearest = {
        value: 2 * part * min((gaps[k] for k in (number - 1, number) if 0 <= k < len(gaps)), default=math.inf)
        for number, value in enumerate(finite)
    }
    return [
        short(value) if not math.isfinite(value)
        else "0" if zero and abs(value) <= zero * nearest[value] < math.inf
        else _within(value, nearest[value])
        for value in values
    ]  # fmt: skip


def _within(value: float, error: float) -> str:
    """Return a finite number with no more digits than it takes to be off by at most an error."""
    if _is_near(short(value), value, error):
        return short(value)
    texts = []
    if 1e-4 <= abs(value) < HUGE or value == 0:
        texts.append([f"{value:.{digits}f}" for digits in range(17)])
    if not 1e-4 <= abs(value) < LARGE:
        parts = [f"{value:.{digits}e}".split("e") for digits in range(1, 17)]
        texts.append([f"{mantissa}e{int(exponent)}" for mantissa, exponent in parts])
    fits = [next((text for text in ways if _is_near(text, value, error)), ways[-1]) for ways in texts]
    return min(fits, key=len).replace("-", MINUS)


def _is_near(text: str, value: float, error: float) -> bool:
    return abs(_read(text) / 2 - value / 2) <= error / 2


def _exact(value: float) -> str:
    """Return all digits of a number, in powers of ten where that is shorter."""
    if _read(short(value)) == value:
        return short(value)
    return f"{value:.15g}".replace("e+0", "e").replace("e+", "e").replace("-", MINUS)


def _read(text: str) -> float:
    return float(text.replace(MINUS, "-"))


def fixed(value: float, digits: int = 2) -> str:
    """Return a fixed number of decimals: −3.57; never −0.00. Huge numbers are short ones: 1.2e9."""
    if not abs(value) < HUGE:
        return short(value)
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS)


def trimmed(value: float, digits: int = 2) -> str:
    """Return at most ``digits`` decimals with no zeros at the end: 2, 0.5, −1.41."""
    text = fixed(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def pair(point: Iterable[float], digits: int = 2) -> str:
    """Return a point as (3.00, −1.85)."""
    return f"({', '.join(fixed(float(value), digits) for value in point)})"


def thousands(count: int) -> str:
    """Return a count with thin spaces between thousands: 50 000."""
    return f"{count:,}".replace(",", "\u2009")


def latex(value: float, digits: int = 2) -> str:
    """Return at most ``digits`` decimals for use in a formula, where an ASCII minus is set as a true one."""
    return trimmed(value, digits).replace(MINUS, "-")

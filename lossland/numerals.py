"""Number formatting for pictures and panels: short, with a true minus sign."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise

MINUS = "−"
NEAR = 0.1  # largest error of a number on an axis, relative to the distance to the nearest other one
ROUNDING = 1e-6  # of that: a number on an axis closer to 0 is a rounding error, and written as 0
LONGEST = 8  # characters of a number without its minus sign
LARGE = 1e6  # larger numbers are written with powers of ten
HUGE = 1e9  # larger numbers are not written with fixed decimals


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
    """Format the numbers of an axis so that they differ: three digits, or as many as neighbours require.

    Each is accurate to a tenth of the distance to the nearest other one. Where that takes long numbers, they are
    offsets from a round base, written before the first and those below it: 1.0e9−20, 1.0e9, +20, +40.
    """
    texts = _resolved(values, NEAR, zero=ROUNDING)
    if all(map(_is_short, texts)) or not all(map(math.isfinite, values)):
        return texts
    base, rests = _offsets(values, NEAR)
    bare = [rest if rest.startswith("+") and rest != "+0" else _exact(base) + rest.removesuffix("+0") for rest in rests]
    counted = [_exact(base) + bare[0] if bare[0].startswith("+") else bare[0], *bare[1:]]
    return min(texts, counted, key=lambda row: sum(map(len, row)))


def told_apart(values: Sequence[float]) -> list[str]:
    """Format numbers side by side: three digits, or up to six where fewer would make two equal.

    Where two are nearer than that, they have three digits, and so have all others that are the same in three. Large
    numbers with small differences are offsets from a round base: 1.0e9+0.02, 1.0e9+3.1.
    """
    texts = _resolved(values, 0.4)
    few = [short(value) for value in values]
    near = {three for text, three in zip(texts, few, strict=True) if not _is_short(text)}
    fits = [three if three in near else text for text, three in zip(texts, few, strict=True)]
    if fits == texts or not all(map(math.isfinite, values)) or len(set(fits)) > 1:
        return fits
    base, rests = _offsets(values, 0.4)
    counted = [_exact(base) + rest.removesuffix("+0") for rest in rests]
    return counted if abs(base) >= LARGE and all(map(_is_short, [_exact(base), *rests])) else fits


def _is_short(text: str) -> bool:
    return len(text.strip(MINUS + "+")) <= LONGEST


def _offsets(values: Sequence[float], part: float) -> tuple[float, list[str]]:
    """Return the roundest base near finite numbers, and their offsets from it: +20, −3.0e−7."""
    low, high = min(values), max(values)
    reach = max(high - low, math.ulp(low))
    middle, digits = low / 2 + high / 2, 0
    while not low - reach <= (base := float(f"{middle:.{digits}e}")) <= high + reach:
        digits += 1
    rests = _resolved([value - base for value in values], part, zero=1.0)
    return base, [rest if rest.startswith(MINUS) else f"+{rest}" for rest in rests]


def _resolved(values: Sequence[float], part: float, zero: float = 0.0) -> list[str]:
    """Format each number accurate to a ``part`` of the distance to the nearest other one.

    Those closer to 0 than ``zero`` times that are written as 0.
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
    """Format a finite number with the fewest digits that keep it within an error."""
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
    """Format a number with all digits, with a power of ten if that is shorter."""
    if _read(short(value)) == value:
        return short(value)
    return f"{value:.15g}".replace("e+0", "e").replace("e+", "e").replace("-", MINUS)


def _read(text: str) -> float:
    return float(text.replace(MINUS, "-"))


def fixed(value: float, digits: int = 2) -> str:
    """Format with a fixed number of decimals: −3.57; never −0.00. Huge numbers are short: 1.2e9."""
    if not abs(value) < HUGE:
        return short(value)
    text = f"{value:.{digits}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", MINUS)


def trimmed(value: float, digits: int = 2) -> str:
    """Format with at most ``digits`` decimals, without trailing zeros: 2, 0.5, −1.41."""
    text = fixed(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def pair(point: Iterable[float], digits: int = 2) -> str:
    """Format a point as (3.00, −1.85)."""
    return f"({', '.join(fixed(float(value), digits) for value in point)})"


def thousands(count: int) -> str:
    """Format a count with thin spaces between thousands: 50 000."""
    return f"{count:,}".replace(",", "\u2009")


def latex(value: float, digits: int = 2) -> str:
    """Format with at most ``digits`` decimals for LaTeX, with an ASCII minus."""
    return trimmed(value, digits).replace(MINUS, "-")

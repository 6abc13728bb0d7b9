"""Scales and their round numbers: which values get a tick, where, and how they are written.

Every axis, colour bar, chart and grid takes its steps from here: 1, 2 or 5 times a power of ten, and decades on
logarithmic scales.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError
from lossland.numerals import distinct, trimmed

Floats = NDArray[np.float64]

ROUND = (1.0, 2.0, 5.0, 10.0)
TINY = 1e-323  # near the smallest positive number
LONGEST = 8  # characters of a number that is written out
PLAIN_DECADES = range(-3, 5)  # exponents of powers of ten that are written out


def half(low: float, high: float) -> float:
    """Return half the distance of two numbers, which unlike the distance never overflows."""
    return high / 2 - low / 2


def nearest_step(rough: float) -> float:
    """Return the number 1, 2 or 5 times a power of ten that is closest to ``rough`` (by ratio)."""
    power = _power_below(rough)
    return float(power * min(ROUND, key=lambda m: abs(np.log(m * power / rough))))


def next_step(rough: float) -> float:
    """Return the smallest number 1, 2 or 5 times a power of ten that is not below ``rough``."""
    power = _power_below(rough)
    return float(power * next((m for m in ROUND if m * power >= rough * (1 - 1e-9)), ROUND[-1]))


def _power_below(number: float) -> float:
    return 10.0 ** int(np.floor(np.log10(max(number, TINY))))


def multiples(step: float, low: float, high: float) -> Floats:
    """Return the multiples of a step in [low, high]."""
    index = np.arange(np.ceil(low / step - 1e-9), np.floor(high / step + 1e-9) + 1.0)
    return index * step + 0.0  # + 0.0: no negative zero


def round_ticks(low: float, high: float, count: int = 5) -> Floats:
    """Return about ``count`` multiples of a round step in [low, high]."""
    if not low < high:
        return np.array([low])
    return multiples(nearest_step(half(low, high) / max(count, 1) * 2), low, high)


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Return powers of ten in a range, thinned evenly to ``most`` or two; round values if the range has fewer."""
    first, last = int(np.ceil(np.log10(low) - 1e-10)), int(np.floor(np.log10(high) + 1e-10))
    every = max(1, min(int(np.ceil((last - first + 1) / max(most, 1))), last - first))
    start = first + -first % every  # multiples of the step, unless there is only one
    ticks = [10.0**exponent for exponent in range(start if start + every <= last else first, last + 1, every)]
    return ticks if len(ticks) > 1 else [float(v) for v in round_ticks(low, high, most) if low <= v <= high]


@dataclass(frozen=True)
class Scale:
    """A linear or (if ``log``) logarithmic map of values from ``low`` to ``high`` to [0, 1].

    Raises UserError unless both are finite, low < high, and they are above 0 on a logarithmic scale.
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        """Check the range."""
        if not (np.isfinite([self.low, self.high]).all() and self.low < self.high):
            raise UserError(f"A scale runs from a number to a larger one, not from {self.low} to {self.high}.")
        if self.log and self.low <= 0:
            raise UserError(f"A logarithmic scale needs values above 0, not from {self.low} to {self.high}.")

    def share(self, value: ArrayLike) -> Floats:
        """Return the positions of values (...): 0 at the low end, 1 at the high one; nan without a logarithm."""
        value = np.asarray(value, float)
        if not self.log:
            return (value / 2 - self.low / 2) / half(self.low, self.high)
        with np.errstate(all="ignore"):
            if not np.isfinite(np.float64(self.high) / self.low):  # the ratio overflows
                above = np.log(np.where(value > 0, value, np.nan)) - np.log(self.low)
                return above / (np.log(self.high) - np.log(self.low))
            return np.log(np.where(value > 0, value, np.nan) / self.low) / np.log(self.high / self.low)

    def value(self, share: ArrayLike) -> Floats:
        """Return the values at positions (...) in [0, 1]: the inverse of ``share``."""
        share = np.asarray(share, float)
        with np.errstate(over="ignore"):
            ratio, span = np.float64(self.high) / self.low if self.low else np.inf, np.float64(self.high) - self.low
        if self.log:
            if not np.isfinite(ratio):
                return np.exp(np.log(self.low) * (1 - share) + np.log(self.high) * share)
            return self.low * ratio**share
        return self.low + span * share if np.isfinite(span) else self.low * (1 - share) + self.high * share

    def ticks(self, count: int = 5) -> Floats:
        """Return about ``count`` round values on the scale: multiples of 1, 2 or 5, or decades."""
        if not self.log:
            return round_ticks(self.low, self.high, count)
        return np.array([v for v in log_ticks(self.low, self.high, count) if self.low <= v <= self.high])

    def small_ticks(self, count: int = 5) -> Floats:
        """Return the minor ticks between ``count`` ticks of a logarithmic scale; none on a linear one.

        They are 2, 3 ... 9 times each power of ten, or the powers that have no tick themselves.
        """
        if not self.log:
            return np.zeros(0)
        first, last = int(np.floor(np.log10(self.low))), int(np.ceil(np.log10(self.high)))
        powers = np.array([10.0**exponent for exponent in range(first, last + 1)])
        ticks = self.ticks(count)
        thinned = len(ticks) > 1 and ticks[1] / ticks[0] > 50
        values = np.setdiff1d(powers, ticks) if thinned else np.outer(powers, np.arange(2, 10)).ravel()
        return values[(values >= self.low) & (values <= self.high)]


def tick_texts(values: ArrayLike) -> list[str]:
    """Return a row of round values as texts with the decimals they need, or as short numbers if those are many."""
    values = np.asarray(values, float)
    digits = digits_of(values)
    texts = [trimmed(value, digits) for value in values.tolist()]
    plain = len(set(texts)) == len(texts) and max(map(len, texts), default=0) <= LONGEST
    return texts if plain else distinct(values.tolist())


def decade_texts(values: ArrayLike, beside: bool = False) -> list[str] | None:
    """Return powers of ten as LaTeX (10⁻⁶, 10⁻⁴, 10⁻²); None if they are short enough to be written out, or not all
    values (n,), which are above 0, are powers. ``beside`` an axis that is written so, short ones are as well."""
    exponents = np.log10(np.asarray(values, float))
    whole = np.round(exponents).astype(int)
    short = not beside and set(whole.tolist()) <= set(PLAIN_DECADES)
    if np.allclose(exponents, whole, rtol=0, atol=1e-9) and not short:
        return [f"10^{{{exponent}}}" for exponent in whole.tolist()]
    return None


def digits_of(values: Floats) -> int:
    """Return the number of decimals that a row of round values needs."""
    for digits in range(9):
        if np.allclose(values, np.round(values, digits), rtol=0, atol=1e-9):
            return digits
    return 9

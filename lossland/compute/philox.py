"""Random numbers from a counter: Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").

A draw depends only on seed, particle, step and purpose, so every library, order of work and number of workers gives
the same draws. Works on Python ints and on uint64 arrays of any array-API library.
"""

from __future__ import annotations

import math
from enum import IntEnum
from types import ModuleType
from typing import Any

import numpy as np

from lossland.expression import namespace

Words = Any
"""A 32-bit word, or an array of them, held in a Python int or in uint64."""

_LOW = 0xFFFFFFFF
_MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
_WEYL = (0x9E3779B9, 0xBB67AE85)  # added to the key after each round: golden ratio, sqrt(3) - 1


class Purpose(IntEnum):
    """What a draw is for; the last word of the counter, so that no two purposes share draws."""

    START = 0
    NOISE = 1
    DATA = 2
    ORDER = 3  # of samples, epoch by epoch
    WEIGHTS = 4
    MASK = 5
    DIRECTION = 6


PAIR = 256  # added to the last word for each further pair of normal draws of the same particle and step


def philox4x32(
    counter: tuple[Words, Words, Words, Words], key: tuple[int, int], rounds: int = 10
) -> tuple[Words, Words, Words, Words]:
    """Scramble a counter of four words into four random words (ints or arrays, broadcast)."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(rounds):
        a, b = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & _LOW, (a >> 32) ^ c3 ^ k1, a & _LOW
        k0, k1 = (k0 + _WEYL[0]) & _LOW, (k1 + _WEYL[1]) & _LOW
    return c0, c1, c2, c3


def words(seed: int, particle: Words, step: Words, purpose: int) -> tuple[Words, Words, Words, Words]:
    """Return four random words for each particle and step. ``particle`` and ``step`` are uint64 arrays or ints."""
    counter = (particle & _LOW, particle >> 32, step & _LOW, int(purpose))
    return philox4x32(counter, (seed & _LOW, seed >> 32 & _LOW))


def uniform(seed: int, particle: Words, step: Words = 0, purpose: int = Purpose.START) -> tuple[Any, Any]:
    """Return two float64 arrays of uniform draws, strictly between 0 and 1, of the shape of ``particle``."""
    xp = _library(particle, step)
    w0, w1, _, _ = words(seed, particle, step, purpose)
    return _unit(xp, w0), _unit(xp, w1)


def standard_normal(seed: int, particle: Words, step: Words, purpose: int = Purpose.NOISE) -> tuple[Any, Any]:
    """Return two float64 arrays of independent standard normal draws (Box & Muller 1958)."""
    xp = _library(particle, step)
    u, v = uniform(seed, particle, step, purpose)
    radius = xp.sqrt(-2 * xp.log(u))
    return radius * xp.cos(2 * math.pi * v), radius * xp.sin(2 * math.pi * v)


def noise(seed: int, particle: Words, step: Words, size: int = 2) -> list[Any]:
    """Return a standard normal draw for each of ``size`` coordinates: the noise of gradients."""
    pairs = range((size + 1) // 2)
    return [x for pair in pairs for x in standard_normal(seed, particle, step, Purpose.NOISE + PAIR * pair)][:size]


def _library(*values: Words) -> ModuleType:
    return next((namespace(value) for value in values if not isinstance(value, int)), np)


def _unit(xp: ModuleType, word: Words) -> Words:
    """Map a word to the centre of its cell when (0, 1) is divided into 2^32 cells."""
    return (xp.astype(xp.asarray(word), xp.float64) + 0.5) * 2.0**-32


def particles(xp: ModuleType, first: int, count: int) -> Words:
    """Return the indices of ``count`` particles from ``first`` on, as uint64."""
    return xp.astype(xp.arange(first, first + count), xp.uint64)

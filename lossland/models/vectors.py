"""Vectors of any dimension: angles, projections, spans, and the angles between random directions.

Source: Muirhead, *Aspects of Multivariate Statistical Theory*, 1.5 (the uniform distribution on a sphere).
"""

from __future__ import annotations

from math import exp, lgamma, log, pi

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def angle_degrees(a: ArrayLike, b: ArrayLike) -> float:
    """Return the angle between two vectors (d,), from 0° to 180°; nan where one of them is 0.

    Kahan's form, which is exact to rounding also near 0° and 180°, where the arc cosine is not.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    length_a, length_b = float(np.linalg.norm(a)), float(np.linalg.norm(b))
    if not (length_a > 0.0 and length_b > 0.0):
        return float("nan")
    a, b = a / length_a, b / length_b
    return float(np.degrees(2.0 * np.arctan2(np.linalg.norm(a - b), np.linalg.norm(a + b))))


def shadow(a: ArrayLike, b: ArrayLike) -> Floats:
    """Return the orthogonal projection (d,) of a on the line of b (its "shadow"); 0 where b is 0."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    square = float(b @ b)
    return (float(a @ b) / square) * b if square > 0.0 else np.zeros_like(b)


def along(a: ArrayLike, b: ArrayLike) -> float:
    """Return the scalar projection of a on b, negative if they point in opposite directions.

    It is 0 for b = 0.
    """
    a, b = np.asarray(a, float), np.asarray(b, float)
    length = float(np.linalg.norm(b))
    return float(a @ b) / length if length > 0.0 else 0.0


def span_dimension(*vectors: ArrayLike) -> int:
    """Return the dimension of the span of some vectors (d,)."""
    return int(np.linalg.matrix_rank(np.array([np.asarray(one, float) for one in vectors]), tol=None))


def cosine_density(dimension: int, cosine: ArrayLike) -> Floats:
    """Return the density of the cosine of two random directions of ``dimension`` ≥ 2, at cosines in (−1, 1).

    It is (1 − c²)^((d − 3)/2) over a constant, with mean 0 and standard deviation 1/√d.
    """
    cosine = np.asarray(cosine, float)
    constant = 0.5 * log(pi) + lgamma((dimension - 1) / 2) - lgamma(dimension / 2)
    return np.exp(0.5 * (dimension - 3) * np.log1p(-(cosine**2))) * exp(-constant)


def random_cosines(dimension: int, pairs: int, seed: int) -> Floats:
    """Return the cosines (pairs,) of pairs of random directions of ``dimension`` ≥ 2.

    Only the angle matters, so one of the two may point along the first axis: of the other only the first component and
    the length of the rest are drawn. That is exact, and a million pairs of 2048 numbers cost no
    more than of two. The draws follow from the seed and the dimension (NumPy's Philox).
    """
    random = np.random.Generator(np.random.Philox(key=np.array([seed, dimension], np.uint64)))
    first = random.standard_normal(pairs)
    return first / np.sqrt(first**2 + random.chisquare(dimension - 1, pairs))


def cosine_spread(cosines: Floats) -> tuple[float, float]:
    """Return the standard deviation of cosines (n,), and within how many degrees of 90° are 98 % of the angles."""
    low, high = np.quantile(cosines, (0.01, 0.99))
    return float(cosines.std()), float(np.degrees(np.arcsin(max(-low, high))))

"""The 24 noiseless BBOB functions with their instances, in any dimension, each written once as an expression.

Source: Hansen, Finck, Ros & Auger (2009), Real-parameter black-box optimization benchmarking 2009: noiseless functions
definitions, INRIA RR-6829. An instance moves the minimum, rotates space and shifts the values by random numbers,
which are drawn as in the reference implementation (COCO), so that values agree with it. Coordinates are numbered from 0
here and from 1 in the report.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lossland.errors import UserError, shown
from lossland.expression import (
    Node,
    abs_,
    constant,
    cos,
    exp,
    floor,
    log,
    maximum,
    minimum,
    pi,
    sin,
    sqrt,
    variable,
    where,
)

SOURCE = "Hansen et al. (2009), Noiseless functions definitions, INRIA RR-6829"
PREFIX = "bbob:"
LARGEST = 40  # dimensions, the limit of the reference implementation's random numbers
FUNCTIONS: list[Function] = []
BOUND = 5.0  # the domain is [-5, 5] in each coordinate
INSTANCES = 100_000

Floats = NDArray[np.float64]
Vector = Sequence[Node]


class Function(NamedTuple):
    """One of the 24: ``define`` makes its expression, ``best`` returns the minimum of an instance."""

    title: str
    latex: str
    define: Callable[[Instance, Vector], Node]
    best: Callable[[Instance], Floats]
    seed: int  # of its random numbers: the function's number, except for two that use another's


@dataclass(frozen=True)
class Instance:
    """One problem: a function (1 to 24) in an instance (from 1) and a dimension (2 to 40)."""

    function: int
    instance: int = 1
    dimension: int = 2

    @property
    def definition(self) -> Function:
        """The function."""
        return FUNCTIONS[self.function - 1]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the coordinates: x and y in the plane, else x1, x2, ..."""
        return ("x", "y") if self.dimension == 2 else tuple(f"x{i + 1}" for i in range(self.dimension))

    @property
    def name(self) -> str:
        """The text that `named` reads."""
        return f"{PREFIX}{self.function}:{self.instance}"

    @property
    def title(self) -> str:
        """The title, with function and instance."""
        return f"{self.definition.title} (BBOB {self.function}, instance {self.instance})"

    @cached_property
    def node(self) -> Node:
        """The expression of the value."""
        return self.definition.define(self, [variable(name) for name in self.names]) + self.lowest

    @cached_property
    def minimum(self) -> Floats:
        """The position of the minimum (dimension,)."""
        return self.definition.best(self)

    @cached_property
    def lowest(self) -> float:
        """The value at the minimum: a Cauchy-like number within 1000 of zero."""
        draw, other = (_gaussian(1, self.seed + more)[0] for more in (0, 1))
        return min(1000.0, max(-1000.0, math.floor(100 * 100 * draw / other + 0.5) / 100))

    # ------------------------------------------------------------------------------------------- random parts
    @property
    def seed(self) -> int:
        """The seed of all its random numbers."""
        return self.definition.seed + 10_000 * self.instance

    @cached_property
    def shift(self) -> Floats:
        """x_opt in [-4, 4] (dimension,), the minimum of most functions."""
        return _optimum(self.seed, self.dimension)

    @cached_property
    def rotation(self) -> Floats:
        """The rotation R (dimension, dimension)."""
        return _rotation(self.seed + 1_000_000, self.dimension)

    @cached_property
    def other_rotation(self) -> Floats:
        """The rotation Q (dimension, dimension)."""
        return _rotation(self.seed, self.dimension)

    @cached_property
    def share(self) -> Floats:
        """The index of each coordinate, scaled to [0, 1] (dimension,)."""
        return np.arange(self.dimension) / (self.dimension - 1)

    @cached_property
    def stretch(self) -> float:
        """The scale factor of the Rosenbrock functions in many dimensions."""
        return max(1.0, math.sqrt(self.dimension) / 8)


@lru_cache(maxsize=256)
def instance(function: int, number: int = 1, dimension: int = 2) -> Instance:
    """Return a problem, or raise UserError if it does not exist."""
    if not 1 <= function <= len(FUNCTIONS):
        raise UserError(f"BBOB has the functions 1 to {len(FUNCTIONS)}, not {shown(function)}.")
    if not 1 <= number <= INSTANCES:
        raise UserError(f"The instances of a BBOB function are numbered from 1 to {INSTANCES}, not {shown(number)}.")
    if not 2 <= dimension <= LARGEST:
        raise UserError(f"A BBOB function has 2 to {LARGEST} dimensions, not {shown(dimension)}.")
    return Instance(function, number, dimension)


def named(text: str, dimension: int = 2) -> Instance:
    """Return the problem of ``bbob:F`` or ``bbob:F:INSTANCE``, or raise UserError."""
    numbers = re.fullmatch(r"bbob:\s*(\d{1,99})(?::(\d{1,99}))?", text.strip(), re.ASCII | re.IGNORECASE)
    if numbers is None:
        rest = text.strip()[len(PREFIX) :]
        raise UserError(f"A BBOB function is written bbob:F or bbob:F:INSTANCE, such as bbob:8:1, not {shown(rest)}.")
    return instance(int(numbers[1]), int(numbers[2] or 1), dimension)


def is_named(text: str) -> bool:
    """Whether a text has the form of a BBOB function's name."""
    return text.strip().lower().startswith(PREFIX)


# --------------------------------------------------------------------------------------------- random numbers
def _uniform(count: int, seed: int) -> Floats:
    """Return numbers in (0, 1) of a Lehmer generator (Schrage's factors) with a shuffle table of 32 entries."""
    modulus = 2**31 - 1

    def following(state: int) -> int:
        state = (16_807 * state) % modulus
        return state

    state = max(abs(seed), 1)
    table = [0] * 32
    for i in range(39, -1, -1):
        state = following(state)
        if i < 32:
            table[i] = state
    last, drawn = table[0], np.empty(count)
    for i in range(count):
        state = following(state)
        index = last // 67_108_865
        last, table[index] = table[index], state
        drawn[i] = last / 2.147483647e9
    return np.where(drawn == 0, 1e-99, drawn)


def _gaussian(count: int, seed: int) -> Floats:
    """Return normal numbers by the Box-Muller method."""
    radius, angle = _uniform(2 * count, seed).reshape(2, count)
    drawn = np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * angle)
    return np.where(drawn == 0, 1e-99, drawn)


def _rotation(seed: int, dimension: int) -> Floats:
    """Return an orthogonal matrix: Gram-Schmidt on columns of normal numbers."""
    matrix = _gaussian(dimension**2, seed).reshape(dimension, dimension).T.copy()
    for i in range(dimension):
        for j in range(i):
            matrix[:, i] -= (matrix[:, i] @ matrix[:, j]) * matrix[:, j]
        matrix[:, i] /= math.sqrt(matrix[:, i] @ matrix[:, i])
    return matrix


def _optimum(seed: int, dimension: int) -> Floats:
    """Return a point in [-4, 4) rounded to four digits, without zero coordinates."""
    drawn = 8 * np.floor(1e4 * _uniform(dimension, seed)) / 1e4 - 4
    return np.where(drawn == 0, -1e-5, drawn)


# -------------------------------------------------------------------------------------------- transformations
def _sum(parts: Sequence[Node]) -> Node:
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def _times(matrix: Floats, z: Vector) -> list[Node]:
    """Return a matrix (n, n) times a vector."""
    return [_sum([weight * part for weight, part in zip(row, z, strict=True)]) for row in matrix.tolist()]


def _from_optimum(p: Instance, x: Vector) -> list[Node]:
    """Return x - x_opt."""
    return [part - place for part, place in zip(x, p.shift.tolist(), strict=True)]


def _scaled(p: Instance, z: Vector, condition: float) -> list[Node]:
    """Return z times the diagonal matrix whose entries grow from 1 to the root of the condition number."""
    return [factor * part for factor, part in zip((condition ** (p.share / 2)).tolist(), z, strict=True)]


def _oscillated(z: Node) -> Node:
    """Return z with small smooth bumps that break its symmetry (T_osz)."""
    size = log(where(z > 0, z, where(z < 0, -z, 1.0)))
    above = exp(size + 0.049 * (sin(10.0 * size) + sin(7.9 * size)))
    below = exp(size + 0.049 * (sin(5.5 * size) + sin(3.1 * size)))
    return where(z > 0, above, where(z < 0, -below, 0.0))


def _asymmetric(p: Instance, z: Vector, beta: float) -> list[Node]:
    """Return z with positive coordinates raised to growing powers (T_asy)."""
    result = []
    for part, share in zip(z, p.share.tolist(), strict=True):
        positive = where(part > 0, part, 1.0)
        result.append(where(part > 0, positive ** (1 + beta * share * sqrt(positive)), part))
    return result


def _penalty(x: Vector) -> Node:
    """Return the squared distance of x from the domain."""
    return _sum([maximum(abs_(part) - BOUND, 0.0) ** 2 for part in x])


def _rounded(z: Node) -> Node:
    return floor(z + 0.5)


# ------------------------------------------------------------------------------------------------- functions
def _shifted(p: Instance) -> Floats:
    return p.shift


def function(
    title: str, latex: str, best: Callable[[Instance], Floats] = _shifted, seed: int | None = None
) -> Callable[[Callable[[Instance, Vector], Node]], Callable[[Instance, Vector], Node]]:
    """Register the next function, of an instance and the coordinates of a point; its minimum has the value 0."""

    def register(define: Callable[[Instance, Vector], Node]) -> Callable[[Instance, Vector], Node]:
        number = len(FUNCTIONS) + 1
        FUNCTIONS.append(Function(title, latex, define, best, number if seed is None else seed))
        return define

    return register


# ---------------------------------------------------------------------------------------------------------- separable
@function("Sphere", r"\lVert z\rVert^2")
def _sphere(p: Instance, x: Vector) -> Node:
    return _sum([z**2 for z in _from_optimum(p, x)])


def _squares(p: Instance, z: Vector, condition: float) -> Node:
    """Return the sum of squares with weights from 1 to the condition number."""
    return _sum([weight * part**2 for weight, part in zip((condition**p.share).tolist(), z, strict=True)])


@function("Separable ellipsoid", r"\sum_i 10^{6\frac{i-1}{D-1}} z_i^2")
def _ellipsoid(p: Instance, x: Vector) -> Node:
    return _squares(p, [_oscillated(z) for z in _from_optimum(p, x)], 1e6)


def _rastrigin_sum(z: Vector) -> Node:
    """Return Rastrigin's function."""
    return _sum([10 * (1 - cos(2 * pi * part)) + part**2 for part in z])


RASTRIGIN = r"10\left(D - \sum_i \cos 2\pi z_i\right) + \lVert z\rVert^2"


@function("Separable Rastrigin", RASTRIGIN)
def _rastrigin(p: Instance, x: Vector) -> Node:
    return _rastrigin_sum(_scaled(p, _asymmetric(p, [_oscillated(z) for z in _from_optimum(p, x)], 0.2), 10.0))


def _every_other_positive(p: Instance) -> Floats:
    return np.where(np.arange(p.dimension) % 2 == 0, np.abs(p.shift), p.shift)


@function("Büche-Rastrigin", RASTRIGIN, _every_other_positive, seed=3)
def _bueche_rastrigin(p: Instance, x: Vector) -> Node:
    away = [_oscillated(part - place) for part, place in zip(x, p.minimum.tolist(), strict=True)]
    z = _scaled(p, away, 10.0)
    z = [where(part > 0, 10.0 * part, part) if i % 2 == 0 else part for i, part in enumerate(z)]
    return _rastrigin_sum(z) + 100 * _penalty(x)


def _corner(p: Instance) -> Floats:
    return np.copysign(BOUND, p.shift)


@function("Linear slope", r"\sum_i 5\lvert s_i\rvert - s_i z_i", _corner)
def _linear_slope(p: Instance, x: Vector) -> Node:
    slopes = np.copysign(10.0**p.share, p.shift).tolist()
    corner = p.minimum.tolist()
    z = [where(end * part < BOUND**2, part, end) for part, end in zip(x, corner, strict=True)]  # constant beyond it
    return _sum([BOUND * abs(slope) - slope * part for slope, part in zip(slopes, z, strict=True)])


def _condition(p: Instance, z: Vector, condition: float) -> list[Node]:
    """Return R Λ Q z: rotated, scaled along the axes, and rotated again."""
    between = np.diag(condition ** (p.share / 2))
    return _times(p.rotation @ between @ p.other_rotation, z)


# ---------------------------------------------------------------------------------------------- moderate conditioning
@function("Attractive sector", r"T\left(\sum_i (s_i z_i)^2\right)^{0.9}")
def _attractive_sector(p: Instance, x: Vector) -> Node:
    z = _condition(p, _from_optimum(p, x), 10.0)
    squares = [where(place * part > 0, 1e4 * part**2, part**2) for place, part in zip(p.shift.tolist(), z, strict=True)]
    total = _oscillated(_sum(squares))
    return where(total > 0, where(total > 0, total, 1.0) ** 0.9, 0.0)


@function("Step ellipsoid", r"0.1\,\max\left(10^{-4}|\hat z_1|,\ \sum_i 10^{2\frac{i-1}{D-1}} z_i^2\right)")
def _step_ellipsoid(p: Instance, x: Vector) -> Node:
    fine = _scaled(p, _times(p.other_rotation, _from_optimum(p, x)), 10.0)
    steps = [where(abs_(part) > 0.5, _rounded(part), _rounded(10 * part) / 10) for part in fine]
    return 0.1 * maximum(1e-4 * abs_(fine[0]), _squares(p, _times(p.rotation, steps), 100.0)) + _penalty(x)


def _rosenbrock_sum(z: Vector) -> Node:
    """Return Rosenbrock's function."""
    return _sum([100 * (a**2 - b) ** 2 + (a - 1) ** 2 for a, b in pairwise(z)])


ROSENBROCK = r"\sum_i 100\,(z_i^2 - z_{i+1})^2 + (z_i - 1)^2"


def _three_quarters(p: Instance) -> Floats:
    return 0.75 * p.shift


@function("Rosenbrock", ROSENBROCK, _three_quarters)
def _rosenbrock(p: Instance, x: Vector) -> Node:
    return _rosenbrock_sum([p.stretch * (part - place) + 1 for part, place in zip(x, p.minimum.tolist(), strict=True)])


def _rotated_ones(p: Instance) -> Floats:
    return p.other_rotation.sum(axis=0) / (2 * p.stretch)


def _rotated_half(p: Instance, x: Vector) -> list[Node]:
    return [part + 0.5 for part in _times(p.stretch * p.other_rotation, x)]


@function("Rotated Rosenbrock", ROSENBROCK, _rotated_ones)
def _rotated_rosenbrock(p: Instance, x: Vector) -> Node:
    return _rosenbrock_sum(_rotated_half(p, x))


# ---------------------------------------------------------------------------------------------------- ill-conditioned
@function("Rotated ellipsoid", r"\sum_i 10^{6\frac{i-1}{D-1}} z_i^2")
def _rotated_ellipsoid(p: Instance, x: Vector) -> Node:
    return _squares(p, [_oscillated(z) for z in _times(p.rotation, _from_optimum(p, x))], 1e6)


@function("Discus", r"10^6 z_1^2 + \sum_{i>1} z_i^2")
def _discus(p: Instance, x: Vector) -> Node:
    first, *rest = (_oscillated(z) for z in _times(p.rotation, _from_optimum(p, x)))
    return 1e6 * first**2 + _sum([z**2 for z in rest])


def _other_optimum(p: Instance) -> Floats:
    return _optimum(p.seed + 1_000_000, p.dimension)


@function("Bent cigar", r"z_1^2 + 10^6 \sum_{i>1} z_i^2", _other_optimum)
def _bent_cigar(p: Instance, x: Vector) -> Node:
    away = [part - place for part, place in zip(x, p.minimum.tolist(), strict=True)]
    first, *rest = _times(p.rotation, _asymmetric(p, _times(p.rotation, away), 0.5))
    return first**2 + 1e6 * _sum([z**2 for z in rest])


@function("Sharp ridge", r"z_1^2 + 100\sqrt{\sum_{i>1} z_i^2}")
def _sharp_ridge(p: Instance, x: Vector) -> Node:
    first, *rest = _condition(p, _from_optimum(p, x), 10.0)
    return first**2 + 100 * sqrt(_sum([z**2 for z in rest]))


@function("Different powers", r"\sqrt{\sum_i |z_i|^{2+4\frac{i-1}{D-1}}}")
def _different_powers(p: Instance, x: Vector) -> Node:
    powers = (2 + 4 * p.share).tolist()
    return sqrt(
        _sum([abs_(z) ** power for z, power in zip(_times(p.rotation, _from_optimum(p, x)), powers, strict=True)])
    )


# -------------------------------------------------------------------------------------------------------- multi-modal
@function("Rotated Rastrigin", RASTRIGIN)
def _rotated_rastrigin(p: Instance, x: Vector) -> Node:
    rotated = [_oscillated(z) for z in _times(p.rotation, _from_optimum(p, x))]
    return _rastrigin_sum(_condition(p, _asymmetric(p, rotated, 0.2), 10.0))


@function(
    "Weierstrass",
    r"10\left(\frac1D\sum_i\sum_{k=0}^{11} 2^{-k}\cos\left(2\pi 3^k (z_i+\frac12)\right) - f_0\right)^3",
)
def _weierstrass(p: Instance, x: Vector) -> Node:
    z = _condition(p, [_oscillated(part) for part in _times(p.rotation, _from_optimum(p, x))], 0.01)
    waves = [0.5**k * cos(2 * pi * 3.0**k * (part + 0.5)) for part in z for k in range(12)]
    deepest = sum(0.5**k * math.cos(math.pi * 3.0**k) for k in range(12))
    return 10 * (_sum(waves) / p.dimension - deepest) ** 3 + 10 / p.dimension * _penalty(x)


def _schaffers(p: Instance, x: Vector, condition: float) -> Node:
    z = _scaled(p, _times(p.other_rotation, _asymmetric(p, _times(p.rotation, _from_optimum(p, x)), 0.5)), condition)
    squares = [a**2 + b**2 for a, b in pairwise(z)]
    parts = [s**0.25 * (1 + sin(50 * s**0.1) ** 2) for s in squares]
    return (_sum(parts) / (p.dimension - 1)) ** 2 + 10 * _penalty(x)


SCHAFFERS = r"\left(\frac1{D-1}\sum_i \sqrt{s_i} + \sqrt{s_i}\sin^2 50 s_i^{1/5}\right)^2"


@function("Schaffers F7", SCHAFFERS)
def _schaffers_f7(p: Instance, x: Vector) -> Node:
    return _schaffers(p, x, 10.0)


@function("Schaffers F7, ill-conditioned", SCHAFFERS, seed=17)
def _schaffers_f7_ill(p: Instance, x: Vector) -> Node:
    return _schaffers(p, x, 1000.0)


@function(
    "Griewank-Rosenbrock",
    r"10 + \frac{10}{D-1}\sum_i \frac{s_i}{4000} - \cos s_i",
    _rotated_ones,
)
def _griewank_rosenbrock(p: Instance, x: Vector) -> Node:
    z = _rotated_half(p, x)
    squares = [100 * (a**2 - b) ** 2 + (1 - a) ** 2 for a, b in pairwise(z)]
    return 10 + 10 / (p.dimension - 1) * _sum([s / 4000 - cos(s) for s in squares])


def _schwefel_best(p: Instance) -> Floats:
    return np.where(_uniform(p.dimension, p.seed) < 0.5, -0.5, 0.5) * 4.2096874637


# ------------------------------------------------------------------------------------- multi-modal, weakly structured
@function("Schwefel", r"\frac1{100}\left(418.98 - \frac1D\sum_i z_i\sin\sqrt{|z_i|}\right)", _schwefel_best)
def _schwefel(p: Instance, x: Vector) -> Node:
    best = p.minimum.tolist()
    hat = [math.copysign(2.0, place) * part for part, place in zip(x, best, strict=True)]
    rotated = [part + 0.25 * (hat[i - 1] - 2 * abs(best[i - 1])) if i else part for i, part in enumerate(hat)]
    away = _scaled(p, [part - 2 * abs(place) for part, place in zip(rotated, best, strict=True)], 10.0)
    z = [100 * (part + 2 * abs(place)) for part, place in zip(away, best, strict=True)]
    outside = _sum([maximum(abs_(part) - 500.0, 0.0) ** 2 for part in z])
    waves = _sum([part * sin(sqrt(abs_(part))) for part in z])
    return 0.01 * (outside + 418.9828872724339 - waves / p.dimension)


class Peaks(NamedTuple):
    """Gallagher's peaks: centres and weights (count, dimension) in rotated space, and heights (count,)."""

    centres: Floats
    weights: Floats
    heights: Floats


def _peaks(p: Instance, count: int) -> Peaks:
    n = p.dimension
    width, half, first = (10.0, 5.0, math.sqrt(1000.0)) if count == 101 else (9.8, 4.9, 1000.0)
    order = np.argsort(_uniform(count - 1, p.seed), kind="stable")
    conditions = np.concatenate([[first], 1000.0 ** (order / (count - 2))])
    heights = np.concatenate([[10.0], np.arange(count - 1) / (count - 2) * 8 + 1.1])
    orders = [np.argsort(_uniform(n, p.seed + 1000 * i), kind="stable") for i in range(count)]
    weights = conditions[:, None] ** (np.array(orders) / (n - 1) - 0.5)
    centres = (width * _uniform(n * count, p.seed) - half).reshape(count, n) @ p.other_rotation.T
    centres[0] *= 0.8
    return Peaks(centres, weights, heights)


def _gallagher(p: Instance, x: Vector, count: int) -> Node:
    peaks, z = _peaks(p, count), _times(p.other_rotation, x)
    highest: Node = constant(0.0)
    for centre, weights, height in zip(peaks.centres.tolist(), peaks.weights.tolist(), peaks.heights, strict=True):
        squares = [w * (part - c) ** 2 for w, part, c in zip(weights, z, centre, strict=True)]
        highest = maximum(highest, float(height) * exp(-0.5 / p.dimension * _sum(squares)))
    return _oscillated(10 - highest) ** 2 + _penalty(x)


def _highest_peak(count: int) -> Callable[[Instance], Floats]:
    return lambda p: p.other_rotation.T @ _peaks(p, count).centres[0]


GALLAGHER = r"T\left(10 - \max_i w_i\, e^{-\frac1{2D}(z-y_i)^T C_i (z-y_i)}\right)^2"


@function("Gallagher's 101 peaks", GALLAGHER, _highest_peak(101))
def _gallagher_101(p: Instance, x: Vector) -> Node:
    return _gallagher(p, x, 101)


@function("Gallagher's 21 peaks", GALLAGHER, _highest_peak(21))
def _gallagher_21(p: Instance, x: Vector) -> Node:
    return _gallagher(p, x, 21)


@function(
    "Katsuura",
    r"\frac{10}{D^2}\prod_i\left(1 + i\sum_{j=1}^{32} 2^{-j}|2^j z_i - [2^j z_i]|\right)^{10/D^{1.2}} - \frac{10}{D^2}",
)
def _katsuura(p: Instance, x: Vector) -> Node:
    product: Node = constant(1.0)
    for i, z in enumerate(_condition(p, _from_optimum(p, x), 100.0)):
        roughness = _sum([abs_(2.0**j * z - _rounded(2.0**j * z)) / 2.0**j for j in range(1, 33)])
        product = product * (1 + (i + 1) * roughness)
    return 10 / p.dimension**2 * (product ** (10 / p.dimension**1.2) - 1) + _penalty(x)


FUNNEL = 2.5  # the centre of the better of Lunacek's two funnels


def _funnel_end(p: Instance) -> Floats:
    return np.where(_gaussian(p.dimension, p.seed) < 0, -0.5, 0.5) * FUNNEL


@function(
    "Lunacek's bi-Rastrigin",
    r"\min\left(\lVert\hat x-\mu_0\rVert^2,\ D + s\lVert\hat x-\mu_1\rVert^2\right) + 10\sum_i 1-\cos 2\pi z_i",
    _funnel_end,
)
def _lunacek(p: Instance, x: Vector) -> Node:
    n = p.dimension
    slope = 1 - 0.5 / (math.sqrt(n + 20) - 4.1)
    other = -math.sqrt((FUNNEL**2 - 1) / slope)
    hat = [math.copysign(2.0, place) * part for part, place in zip(x, p.minimum.tolist(), strict=True)]
    z = _condition(p, [part - FUNNEL for part in hat], 100.0)
    funnels = minimum(
        _sum([(part - FUNNEL) ** 2 for part in hat]), n + slope * _sum([(part - other) ** 2 for part in hat])
    )
    return funnels + 10 * _sum([1 - cos(2 * pi * part) for part in z]) + 1e4 * _penalty(x)

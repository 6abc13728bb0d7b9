"""The functions of expressions on vectors, in float32 and float64: no branches, no tables, no library.

Polynomials are those of Cephes (Moshier 1984-1992) in float32 and of fdlibm (Sun 1993) in float64. Errors, against
exact values, are below two units in the last place wherever the tests of this module say so; out of range the
answers are IEEE 754's: exp(1000) is inf, log(-1) is nan.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import pairwise

import numpy as np

from lossland.compute.kernels.simd import WIDE, Code, Vector, load, number, store
from lossland.expression import Program

# Adding this rounds a double or float to an integer, which is then in its lowest bits.
SHIFTER = {"float": 1.5 * 2.0**23, "double": 1.5 * 2.0**52}
SHIFTER_BITS = {"float": 0x4B400000, "double": 0x4338000000000000}
MANTISSA = {"float": 23, "double": 52}
BIAS = {"float": 127, "double": 1023}


def polynomial(x: Vector, *coefficients: float) -> Vector:
    """Return c0 + c1 x + c2 x^2 + ..., the coefficients given from c0 on."""
    result = x.like(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result = result * x + coefficient
    return result


def _either(x: Vector, in_float: tuple[float, ...], in_double: tuple[float, ...]) -> Vector:
    return polynomial(x, *(in_float if x.kind == "float" else in_double))


def _round(x: Vector) -> tuple[Vector, Vector]:
    """Return the nearest integers, as floating-point numbers and in two's complement. |x| < 2^22 or 2^51."""
    shifted = x + SHIFTER[x.kind]
    return shifted - SHIFTER[x.kind], shifted.bits() - SHIFTER_BITS[x.kind]


def _to_float(whole: Vector) -> Vector:
    """Convert small integers to floating-point numbers."""
    kind = "float" if whole.kind == "i32" else "double"
    return (whole + SHIFTER_BITS[kind]).as_float() - SHIFTER[kind]


# ------------------------------------------------------------------------------------------------ sine and cosine

# pi/2 in two parts of 33 bits and a rest: products with numbers below 2^20 are exact.
HALF_PI = (1.57079632673412561417e00, 6.07710050630396597660e-11, 2.02226624879595063154e-21)
NEAR = {"float": 2.0**20, "double": 2.0**16}
"""The largest |x| for this reduction: in float64 the neglected rest, times the multiple, must stay below rounding."""


def _reduce(x: Vector) -> tuple[Vector, Vector]:
    """Return x less the nearest multiple of pi/2, and the last bits of that multiple. Computed in float64."""
    return x.code.once("reduced", x, lambda: _reduced(x))


def _reduced(x: Vector) -> tuple[Vector, Vector]:
    wide = x.to("double")
    turns, quarter = _round(wide * (2 / math.pi))
    rest = (wide - turns * HALF_PI[0]) - turns * HALF_PI[1]
    if x.kind == "double":
        rest = rest - turns * HALF_PI[2]
    rest, quarter = x.code.corrected(abs(x) >= NEAR[x.kind], [rest, quarter], lambda: _reduce_far(wide))
    return rest.to(x.kind), quarter if x.kind == "double" else quarter.shortened()


WORDS = 40  # 32-bit words of 2/pi, enough for the largest float64
WINDOW = 7  # words used at a time: a float64 is never nearer than 2^-62 to a multiple of pi/2, relative to pi/2


def _reduce_far(x: Vector) -> list[Vector]:
    """Return what `_reduce` does for float64 numbers of any size, in a function of its own. Infinity becomes nan.

    x is m 2^e with an integer m. In the product m 2^e 2/pi (Payne & Hanek 1983) multiples of 4 and digits far behind
    the point do not matter: a window of 2/pi that starts where 2^e puts it is enough.
    """
    body, lanes, name = Code(), x.lanes, f"@reduce_far.v{x.lanes}"
    pointers = [body.write(f"alloca [{lanes} x i64], align 64") for _ in range(3)]
    store(Vector(body, x.kind, lanes, "%x"), pointers[0])
    with body.loop("lane", str(lanes)) as lane:  # scalar: this is rare, and compiles faster
        here = [body.write(f"getelementptr i64, ptr {pointer}, i64 {lane.index}") for pointer in pointers]
        for part, pointer in zip(_far(load(body, x.kind, 1, here[0])), here[1:], strict=True):
            store(part, pointer)
    rest, quarter = load(body, x.kind, lanes, pointers[1]), load(body, "i64", lanes, pointers[2])
    both = f"{{ {rest.type}, {quarter.type} }}"
    first = body.write(f"insertvalue {both} poison, {rest.type} {rest.name}, 0")
    result = body.write(f"insertvalue {both} {first}, {quarter.type} {quarter.name}, 1")
    head = f"define internal {both} {name}({x.type} %x) noinline cold {WIDE} {{"
    function = "\n".join([head, "entry:", *body.lines, f"  ret {both} {result}", "}"])
    x.code.declarations |= {*body.declarations, function}
    given = x.code.write(f"call {both} {name}({x.type} {x.name})")
    return [
        Vector(x.code, part.kind, lanes, x.code.write(f"extractvalue {both} {given}, {which}"))
        for which, part in enumerate((rest, quarter))
    ]


def _far(x: Vector) -> tuple[Vector, Vector]:
    """Emit the reduction of `_reduce_far`. Its result for numbers that are not large is meaningless."""
    size = abs(x)
    bits = (size >= NEAR["double"]).where(size, NEAR["double"]).bits()
    mantissa = bits & (2**52 - 1) | 2**52
    m = (mantissa & 0xFFFFFFFF, mantissa >> 32)
    first = (bits >> 52) - (BIAS["double"] + 52) + 96  # the first bit of 2/pi to use, after 96 leading zeros
    shift, word = first & 31, (first >> 5) - 1
    words = [(word + k).looked_up("two_over_pi", two_over_pi()) for k in range(WINDOW + 1)]
    window = [(a << shift | b >> (32 - shift)) & 0xFFFFFFFF for a, b in pairwise(words)]
    digits: list[Vector] = []  # of m times the window modulo 2^32, least significant first, 32 bits each
    carry = number(x.code, "i64", x.lanes, 0)
    for k in reversed(range(WINDOW)):
        total = carry + (m[0] * window[k] & 0xFFFFFFFF)
        if k + 1 < WINDOW:
            total = total + (m[0] * window[k + 1] >> 32) + (m[1] * window[k + 1] & 0xFFFFFFFF)
        if k + 2 < WINDOW:
            total = total + (m[1] * window[k + 2] >> 32)
        digits.append(total & 0xFFFFFFFF)
        carry = total >> 32
    whole, *fraction = reversed(digits)
    above = fraction[0].any_bit(2**31)  # more than a half: the next multiple is nearer
    fraction = [above.where(digit ^ 0xFFFFFFFF, digit) for digit in fraction]
    first, second, third, fourth = (
        _to_float(digit) * 2.0 ** (-32 * k) for k, digit in enumerate(fraction[:4], start=1)
    )
    behind = (second + (third + fourth)).rounded()
    rest = first * (math.pi / 2) + (behind * (math.pi / 2) + first * HALF_PI_REST)
    quarter = above.where(whole + 1, whole)
    rest = above.where(-rest, rest) + (x - x)  # nan for infinity
    negative = x < 0
    return negative.where(-rest, rest), negative.where(-1 * quarter, quarter)


HALF_PI_REST = 6.123233995736766e-17  # pi/2 minus its float64


@cache
def two_over_pi() -> tuple[int, ...]:
    """Return 2/pi in 32-bit words, after three words of zeros."""
    bits = two_over_pi_bits(32 * (WORDS - 3))
    return 0, 0, 0, *(bits >> 32 * k & 0xFFFFFFFF for k in reversed(range(WORDS - 3)))


def two_over_pi_bits(count: int) -> int:
    """Return floor(2^count 2/pi), by Machin's formula pi/4 = 4 atan(1/5) - atan(1/239)."""
    one = 1 << (count + 32)

    def atan_of_one_over(n: int) -> int:
        power, total, k = one // n, 0, 1
        while power:
            total += power // k if k % 4 == 1 else -(power // k)
            power //= n * n
            k += 2
        return total

    pi = 4 * (4 * atan_of_one_over(5) - atan_of_one_over(239))
    return 2 * one * one // pi >> 32


def _sine_part(r: Vector) -> Vector:
    """Return sin(r) for |r| <= pi/4."""
    z = r * r
    factor = _either(
        z,
        (-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4),
        (
            -1.66666666666666324348e-01, 8.33333333332248946124e-03, -1.98412698298579493134e-04,
            2.75573137070700676789e-06, -2.50507602534068634195e-08, 1.58969099521155010221e-10,
        ),
    )  # fmt: skip
    return r + r * z * factor


def _cosine_part(r: Vector) -> Vector:
    """Return cos(r) for |r| <= pi/4."""
    z = r * r
    factor = _either(
        z,
        (4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5),
        (
            4.16666666666666019037e-02, -1.38888888888741095749e-03, 2.48015872894767294178e-05,
            -2.75573143513906633035e-07, 2.08757232129817482790e-09, -1.13596475577881948265e-11,
        ),
    )  # fmt: skip
    return 1 - 0.5 * z + z * z * factor


def _circular(x: Vector, quarters: int) -> Vector:
    """Return sin(x + quarters pi/2)."""
    rest, quarter = _reduce(x)
    quarter = quarter + quarters
    size = quarter.any_bit(1).where(_cosine_part(rest), _sine_part(rest))
    return quarter.any_bit(2).where(-size, size)


def sin(x: Vector) -> Vector:
    """Return the sine."""
    return _circular(x, 0)


def cos(x: Vector) -> Vector:
    """Return the cosine."""
    return _circular(x, 1)


def tan(x: Vector) -> Vector:
    """Return the tangent."""
    rest, quarter = _reduce(x)
    sine, cosine = _sine_part(rest), _cosine_part(rest)
    odd = quarter.any_bit(1)
    return odd.where(-cosine, sine) / odd.where(sine, cosine)


# --------------------------------------------------------------------------------------- exponentials, logarithms


def _exp_scaled(x: Vector, power: int = 0, rest: Vector | None = None) -> Vector:
    """Return 2^power e^(x + rest); ``rest`` (float64 only) is the rounding error of x."""
    low, high = (-110.0, 100.0) if x.kind == "float" else (-760.0, 720.0)
    x = (x < low).where(low, x)
    x = (x > high).where(high, x)
    less, count = _exp_parts(x, rest)
    half = count.halved()
    return (less + 1) * _power_of_two(half) * _power_of_two(count - half + power)


def _exp_parts(x: Vector, rest: Vector | None = None) -> tuple[Vector, Vector]:
    """Return m and an integer n with e^(x + rest) = 2^n (1 + m), |m| < 0.42."""
    turns, count = _round(x * (1 / math.log(2)))
    if x.kind == "float":
        r = (x - turns * 0.693359375) + turns * 2.12194440e-4
        factor = polynomial(
            r, 5.0000001201e-1, 1.6666665459e-1, 4.1665795894e-2, 8.3334519073e-3, 1.3981999507e-3, 1.9875691500e-4
        )
        return factor * r * r + r, count
    high_part = x - turns * 6.93147180369123816490e-01
    low_part = turns * 1.90821492927058770002e-10
    if rest is not None:
        low_part = low_part - rest
    r = high_part - low_part
    z = r * r
    c = r - z * polynomial(
        z, 1.66666666666666019037e-01, -2.77777777770155933842e-03, 6.61375632143793436117e-05,
        -1.65339022054652515390e-06, 4.13813679705723846039e-08,
    )  # fmt: skip
    return high_part - (low_part - (r * c) / (2 - c)), count


def _power_of_two(exponent: Vector) -> Vector:
    kind = "float" if exponent.kind == "i32" else "double"
    return ((exponent + BIAS[kind]) << MANTISSA[kind]).as_float()


def exp(x: Vector) -> Vector:
    """Return e^x."""
    return _exp_scaled(x)


def _log_parts(x: Vector) -> tuple[Vector, Vector]:
    """Return k and f with x = 2^k (1 + f), 1 + f from 0.7 to 1.41, for positive finite x."""
    mantissa = MANTISSA[x.kind]
    root_half = 0x3F3504F3 if x.kind == "float" else 0x3FE6A09E00000000
    tiny = x < (2.0**-126 if x.kind == "float" else 2.0**-1022)
    normal = tiny.where(x * 2.0**54, x)
    shifted = normal.bits() + ((BIAS[x.kind] << mantissa) - root_half)
    exponent = _to_float((shifted >> mantissa) - BIAS[x.kind])
    fraction = ((shifted & ((1 << mantissa) - 1)) + root_half).as_float()
    return tiny.where(exponent - 54, exponent), fraction - 1


def _log_of_fraction(f: Vector) -> tuple[Vector, Vector]:
    """Return log(1 + f) as a large part and a small one."""
    if f.kind == "float":
        z = f * f
        factor = polynomial(
            f, 3.3333331174e-1, -2.4999993993e-1, 2.0000714765e-1, -1.6668057665e-1, 1.4249322787e-1,
            -1.2420140846e-1, 1.1676998740e-1, -1.1514610310e-1, 7.0376836292e-2,
        )  # fmt: skip
        return f, f * z * factor - 0.5 * z
    s = f / (2 + f)
    z = s * s
    factor = z * polynomial(
        z, 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01, 2.222219843214978396e-01,
        1.818357216161805012e-01, 1.531383769920937332e-01, 1.479819860511658591e-01,
    )  # fmt: skip
    half_square = 0.5 * f * f
    return f, s * (half_square + factor) - half_square


def _log_edges(x: Vector, result: Vector) -> Vector:
    """Set the special values of a logarithm: at 0, below 0, at infinity and NaN."""
    result = (x < math.inf).where(result, x)
    result = (x > 0).where(result, x.equals(0.0).where(-math.inf, x.like(math.nan)))
    return x.differs(x).where(x, result)


def log(x: Vector) -> Vector:
    """Return the natural logarithm."""
    k, f = _log_parts(x)
    large, small = _log_of_fraction(f)
    if x.kind == "float":
        result = k * 0.693359375 + (large + (small - k * 2.12194440e-4))
    else:
        result = k * 6.93147180369123816490e-01 + (large + (small + k * 1.90821492927058770002e-10))
    return _log_edges(x, result)


def log2(x: Vector) -> Vector:
    """Return the logarithm to base 2, exact for powers of 2."""
    k, f = _log_parts(x)
    return _log_edges(x, k + _times(_log_of_fraction(f), *INVERSE_LOG_2))


def log10(x: Vector) -> Vector:
    """Return the logarithm to base 10."""
    k, f = _log_parts(x)
    return _log_edges(x, k * math.log10(2) + _times(_log_of_fraction(f), *INVERSE_LOG_10))


# 1 / log(2) and 1 / log(10): as float64, and the remainder.
INVERSE_LOG_2 = (1.4426950408889634, 2.0355273740931033e-17)
INVERSE_LOG_10 = (0.4342944819032518, 1.098319650216765e-17)


def _times(parts: tuple[Vector, Vector], factor: float, behind: float) -> Vector:
    """Return the sum of a large and a small part, times a number given in two parts."""
    large, small = parts
    if large.kind == "float":
        behind = factor - float(np.float32(factor))
    return large * factor + (small * factor + large * behind)


def power(a: Vector, b: Vector) -> Vector:
    """Return a^b, as C's pow. Computed in float64; for float64 arguments with a logarithm of 65 bits."""
    kind, base, exponent = a.kind, a.to("double"), b.to("double")
    size_of_base = abs(base)
    if kind == "float":
        size = exp(exponent * log(size_of_base))
    else:
        high, low = _log_in_two_parts(size_of_base)
        product, behind = exponent.product(high)
        behind = behind + exponent * low
        size = _exp_scaled(product, rest=(abs(product) < 800).where(behind, 0.0))
    size = (size_of_base.equals(1.0) & abs(exponent).equals(math.inf)).where(1.0, size)
    whole = exponent.call("floor").equals(exponent)
    half = exponent * 0.5
    odd = whole & half.call("floor").differs(half) & (abs(exponent) < 2.0**53)
    result = (odd & (base < 0)).where(-size, size)
    result = ((base < 0) & (base > -math.inf) & ~whole).where(math.nan, result)
    result = (exponent.equals(0.0) | base.equals(1.0)).where(1.0, result)
    return result.to(kind)


def _log_in_two_parts(x: Vector) -> tuple[Vector, Vector]:
    """Return the logarithm of float64 numbers and its rounding error: together some 65 bits.

    log(1 + f) = 2 s + 2/3 s^3 + 2/5 s^5 + ... with s = f / (2 + f); the first two terms are computed in two parts.
    """
    k, f = _log_parts(x)
    divisor = 2 + f
    s = f / divisor
    s_behind = (s.call("fma", -divisor, f) - s * (f - (divisor - 2))) / divisor
    z, z_behind = s.product(s)
    z_behind = z_behind + 2 * s * s_behind
    series = z * polynomial(z, *(2 / (2 * n + 1) for n in range(2, 14)))
    third = (series + 2 / 3).rounded()
    third_behind = (2 / 3 - third) + series.rounded() + THIRD_REST
    cube, cube_behind = z.product(s)
    cube_behind = cube_behind + z * s_behind + z_behind * s
    more, more_behind = cube.product(third)
    more_behind = more_behind + cube * third_behind + cube_behind * third
    twice = (2 * s).rounded()
    sum_ = twice + more
    sum_behind = (twice - sum_) + more + (2 * s_behind + more_behind)
    of_k = (k * 6.93147180369123816490e-01).rounded()  # exact: the number has only 33 binary digits
    high = of_k + sum_
    low = (of_k - high) + sum_ + (sum_behind + k * 1.90821492927058770002e-10)
    return _log_edges(x, high), low


THIRD_REST = 3.700743415417188e-17  # 2/3 minus its float64


# -------------------------------------------------------------------------------------------- hyperbolic functions


def _sinh_small(x: Vector) -> Vector:
    """Return sinh(x) for |x| <= 1 by its Taylor series."""
    z = x * x
    terms = [1 / math.factorial(2 * k + 1) for k in range(6 if x.kind == "float" else 10)]
    return x + x * z * polynomial(z, *terms[1:])


def sinh(x: Vector) -> Vector:
    """Return the hyperbolic sine."""
    size = abs(x)
    grown = _exp_scaled(size, power=-1)
    large = (grown - 0.25 / grown).call("copysign", x)
    return (size <= 1).where(_sinh_small(x), large)


def cosh(x: Vector) -> Vector:
    """Return the hyperbolic cosine."""
    grown = _exp_scaled(abs(x), power=-1)
    return grown + 0.25 / grown


def tanh(x: Vector) -> Vector:
    """Return the hyperbolic tangent: t / (t + 2) with t = e^2|x| - 1, accurate near 0."""
    size = abs(x)
    most = 10.0 if x.kind == "float" else 20.0  # where it is 1
    size = (size > most).where(most, size)
    less, count = _exp_parts(size + size)
    power = _power_of_two(count)
    grown = less * power + (power - 1)
    return (grown / (grown + 2)).call("copysign", x)


# ------------------------------------------------------------------------------------------------- inverse functions


def _asin_small(x: Vector, z: Vector) -> Vector:
    """Return asin(x) for |x| <= 0.5; z is x^2."""
    if x.kind == "float":
        return x + x * z * polynomial(
            z, 1.6666752422e-1, 7.4953002686e-2, 4.5470025998e-2, 2.4181311049e-2, 4.2163199048e-2
        )
    above = polynomial(
        z, 1.66666666666666657415e-01, -3.25565818622400915405e-01, 2.01212532134862925881e-01,
        -4.00555345006794114027e-02, 7.91534994289814532176e-04, 3.47933107596021167570e-05,
    )  # fmt: skip
    below = polynomial(
        z, 1.0, -2.40339491173441421878e00, 2.02094576023350569471e00, -6.88283971605453293030e-01,
        7.70381505559019352791e-02,
    )  # fmt: skip
    return x + x * (z * above / below)


def _asin_parts(x: Vector) -> tuple[Vector, Vector, Vector]:
    """Return |x| > 0.5, and asin of |x| where it is not, of sqrt((1 - |x|) / 2) where it is."""
    size = abs(x)
    large = size > 0.5
    z = large.where(0.5 * (1 - size), x * x)
    return large, _asin_small(large.where(z.call("sqrt"), size), z), size


def asin(x: Vector) -> Vector:
    """Return the inverse sine; NaN beyond 1."""
    large, part, _ = _asin_parts(x)
    return large.where(math.pi / 2 - 2 * part, part).call("copysign", x)


def acos(x: Vector) -> Vector:
    """Return the inverse cosine; NaN beyond 1."""
    large, part, _ = _asin_parts(x)
    outer = (x > 0).where(2 * part, math.pi - 2 * part)
    return large.where(outer, math.pi / 2 - part.call("copysign", x))


def atan(x: Vector) -> Vector:
    """Return the inverse tangent."""
    size = abs(x)
    steep, middle = size > math.tan(3 * math.pi / 8), size > (math.tan(math.pi / 8) if x.kind == "float" else 0.66)
    reduced = steep.where(-1 / size, middle.where((size - 1) / (size + 1), size))
    offset = steep.where(math.pi / 2, middle.where(math.pi / 4, size.like(0.0)))
    z = reduced * reduced
    if x.kind == "float":
        factor = polynomial(z, -3.33329491539e-1, 1.99777106478e-1, -1.38776856032e-1, 8.05374449538e-2)
    else:
        above = polynomial(
            z, -6.485021904942025371773e1, -1.228866684490136173410e2, -7.500855792314704667340e1,
            -1.615753718733365076637e1, -8.750608600031904122785e-1,
        )  # fmt: skip
        below = polynomial(
            z, 1.945506571482613964425e2, 4.853903996359136964868e2, 4.328810604912902668951e2,
            1.650270098316988542046e2, 2.485846490142306297962e1, 1.0,
        )  # fmt: skip
        factor = above / below
    return (offset + (reduced + reduced * z * factor)).call("copysign", x)


def atan2(y: Vector, x: Vector) -> Vector:
    """Return the angle of the point (x, y)."""
    ratio = abs(y) / abs(x)
    ratio = (x.equals(0.0) & y.equals(0.0)).where(0.0, ratio)
    ratio = (abs(x).equals(math.inf) & abs(y).equals(math.inf)).where(1.0, ratio)
    angle = atan(ratio)
    behind = x.like(1.0).call("copysign", x) < 0
    return behind.where(math.pi - angle, angle).call("copysign", y)


# ------------------------------------------------------------------------------------------------- other functions


def sign(x: Vector) -> Vector:
    """Return -1, 0 or 1; NaN stays."""
    size = x.like(1.0).call("copysign", x)
    return ((x < 0) | (x > 0)).where(size, x)


def minimum(a: Vector, b: Vector) -> Vector:
    """Return the smaller value; NaN if one is NaN."""
    return ((a < b) | a.differs(a)).where(a, b)


def maximum(a: Vector, b: Vector) -> Vector:
    """Return the larger value; NaN if one is NaN."""
    return ((a > b) | a.differs(a)).where(a, b)


def mod(a: Vector, b: Vector) -> Vector:
    """Return a - b floor(a / b); NaN where a / b is infinite."""
    turns = (a / b).call("floor")
    return a - b * (abs(turns) < math.inf).where(turns, math.nan)


OPERATIONS: dict[str, Callable[..., Vector]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "pow": power,
    "exp": exp,
    "log": log,
    "log2": log2,
    "log10": log10,
    "sqrt": lambda x: x.call("sqrt"),
    "abs": lambda x: x.call("fabs"),
    "sign": sign,
    "sin": sin,
    "cos": cos,
    "tan": tan,
    "asin": asin,
    "acos": acos,
    "atan": atan,
    "atan2": atan2,
    "sinh": sinh,
    "cosh": cosh,
    "tanh": tanh,
    "floor": lambda x: x.call("floor"),
    "ceil": lambda x: x.call("ceil"),
    "round": lambda x: x.call("roundeven"),
    "min": minimum,
    "max": maximum,
    "mod": mod,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a.equals(b),
    "ne": lambda a, b: a.differs(b),
    "where": lambda test, a, b: test.where(a, b),
}
"""Every operation of `lossland.expression` on vectors."""

OFTEN: dict[str, int] = dict.fromkeys(
    ("exp", "log", "log2", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "atan2"), 24
)
OFTEN |= {"sinh": 12, "cosh": 12, "tanh": 12, "pow": 4}
"""How often a program may inline a long operation before it becomes a function call, to limit compile time."""


class Evaluation:
    """Emits a program step by step; ``slots`` has the values so far, starting with inputs and constants."""

    def __init__(self, program: Program, inputs: Sequence[Vector]) -> None:
        self.program = program
        self.slots = dict(enumerate([*inputs, *(inputs[0].like(value) for value in program.constants)]))
        self._uses = Counter(step.op for step in program.steps)

    @property
    def outputs(self) -> list[Vector]:
        """The program's outputs."""
        return [self.slots[i] for i in self.program.outputs]

    def take(self, numbers: Iterable[int]) -> None:
        """Emit some of the program's steps."""
        for step in numbers:
            op, args = self.program.steps[step]
            operands = [self.slots[i] for i in args]
            many = self._uses[op] > OFTEN.get(op, len(self.program.steps))
            result = _called(op, operands) if many else OPERATIONS[op](*operands)
            self.slots[slot_of(self.program, step)] = result


def slot_of(program: Program, number: int) -> int:
    """Return the slot of a step's result."""
    return len(program.inputs) + len(program.constants) + number


def evaluated(program: Program, inputs: Sequence[Vector]) -> list[Vector]:
    """Emit a program's steps on vectors and return its outputs."""
    evaluation = Evaluation(program, inputs)
    evaluation.take(range(len(program.steps)))
    return evaluation.outputs


def _called(op: str, operands: list[Vector]) -> Vector:
    """Emit a call of an operation as a function of its own."""
    like, body = operands[0], Code()
    parameters = [Vector(body, like.kind, like.lanes, f"%a{i}") for i in range(len(operands))]
    result = OPERATIONS[op](*parameters)
    function = f"@{op}.v{like.lanes}.{like.kind}"
    head = f"define internal {like.type} {function}({', '.join(f'{v.type} {v.name}' for v in parameters)})"
    lines = [f"{head} noinline {WIDE} {{", "entry:", *body.lines, f"  ret {result.type} {result.name}", "}"]
    like.code.declarations |= {*body.declarations, "\n".join(lines)}
    given = ", ".join(f"{value.type} {value.name}" for value in operands)
    return Vector(like.code, like.kind, like.lanes, like.code.write(f"call {like.type} {function}({given})"))

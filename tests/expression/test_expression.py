"""The tracer: values, derivatives, printing, on floats and on every array library."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from formulas import Pair, exact_slope, exact_value, pairs
from hypothesis import HealthCheck, given, settings

from lossland import expression as ex
from lossland.expression import Program, constant, evaluate, latex, text, trace, variable
from lossland.expression import node as operations
from lossland.expression.formula import FormulaError, parse

x, y = variable("x"), variable("y")
PLACES = ((0.7310585, -1.2247449), (2.2360679, 0.4142135), (-1.6180339, 1.7320508))


def at(node: ex.Node, px: float, py: float = 0.0) -> float:
    return Program([node], "xy").floats(px, py)[0]


# ------------------------------------------------------------------------------------------------------ values


@settings(max_examples=250, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pairs())
def test_values_and_slopes_agree_with_sympy(pair: Pair) -> None:
    try:
        node = parse(pair.text)
    except FormulaError:
        return
    program = Program([node, node.diff("x")], "xy")
    for place in PLACES:
        value, slope = program.floats(*place)
        wanted = exact_value(pair.oracle, *place)
        if wanted is None:
            continue
        assert value == pytest.approx(wanted, rel=1e-9, abs=1e-9), pair.text
        wanted_slope = exact_slope(pair.oracle, *place)
        if wanted_slope is not None:
            assert slope == pytest.approx(wanted_slope, rel=1e-6, abs=1e-6), pair.text


@settings(max_examples=120, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pairs(8))
def test_floats_numpy_and_the_strict_array_library_agree(pair: Pair) -> None:
    import array_api_strict as strict

    try:
        node = parse(pair.text)
    except FormulaError:
        return
    program = Program([node, node.diff("x"), node.diff("y"), node.diff("x").diff("y")], "xy")
    points = np.array([*PLACES, (0.0, 0.0), (1.0, 1.0), (-3.0, 0.5), (1e3, -1e3)])
    by_numpy = program.arrays(points[:, 0], points[:, 1])
    by_strict = program.arrays(strict.asarray(points[:, 0]), strict.asarray(points[:, 1]))
    by_floats = np.array([program.floats(*point) for point in points.tolist()]).T
    for n, s, f in zip(by_numpy, by_strict, by_floats, strict=True):
        np.testing.assert_array_equal(n, np.from_dlpack(s))
        ordinary = ~(np.abs(n) > 1e12)  # where 1/sin(pi) and the like magnify the last digit without bound
        np.testing.assert_allclose(f[ordinary], n[ordinary], rtol=1e-6, atol=1e-6, err_msg=pair.text)


def rational(a: Any, b: Any) -> Any:
    return ex.where(a < b, (a - 2 * b) / (1 + a**2), ex.maximum(a, 0.5)) + 3 * ex.sqrt(b**2) + 2**a


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_arrays_keep_their_library_and_type(xp: Any, kind: str) -> None:
    dtype = getattr(xp, kind)
    a = xp.asarray([[-1.0, 0.5, 2.0]], dtype=dtype)
    b = xp.asarray([[0.25], [1.0]], dtype=dtype)
    node = trace(rational, "x", "y")
    outputs = Program([node, node.diff("x"), constant(3)], "xy").arrays(a, b)
    for output in outputs:
        assert type(output) is type(a)
        assert output.dtype == dtype
        assert output.shape == (2, 3)
    assert float(outputs[0][1, 2]) == pytest.approx(2.0 + 3.0 + 4.0)
    assert float(outputs[2][0, 0]) == 3.0


def test_one_function_serves_floats_arrays_and_nodes(xp: Any) -> None:
    array = xp.asarray([-1.0, 0.5, 2.0], dtype=xp.float64)
    by_node = Program([trace(rational, "x", "y")], "xy").arrays(array, array + 1)[0]
    by_array = rational(array, array + 1)
    by_float = [rational(a, a + 1) for a in (-1.0, 0.5, 2.0)]
    assert type(by_array) is type(array)
    for i in range(3):
        assert float(by_array[i]) == pytest.approx(by_float[i])
        assert float(by_node[i]) == pytest.approx(by_float[i])


FUNCTIONS: list[tuple[Callable[..., Any], Callable[..., Any]]] = [
    (ex.exp, mpmath.exp),
    (ex.log, mpmath.log),
    (ex.log2, lambda a: mpmath.log(a, 2)),
    (ex.log10, mpmath.log10),
    (ex.sqrt, mpmath.sqrt),
    (ex.abs_, abs),
    (ex.sign, mpmath.sign),
    (ex.sin, mpmath.sin),
    (ex.cos, mpmath.cos),
    (ex.tan, mpmath.tan),
    (ex.asin, mpmath.asin),
    (ex.acos, mpmath.acos),
    (ex.atan, mpmath.atan),
    (ex.sinh, mpmath.sinh),
    (ex.cosh, mpmath.cosh),
    (ex.tanh, mpmath.tanh),
    (ex.floor, mpmath.floor),
    (ex.ceil, mpmath.ceil),
    (ex.round_, mpmath.nint),
]


@pytest.mark.parametrize(("ours", "theirs"), FUNCTIONS, ids=lambda f: getattr(f, "__name__", "f"))
def test_functions_of_one_argument_agree_with_mpmath(ours: Callable[..., Any], theirs: Callable[..., Any]) -> None:
    numbers = [0.1, 0.5, 0.75, 0.9]
    wanted = [float(theirs(number)) for number in numbers]
    assert [ours(number) for number in numbers] == pytest.approx(wanted, rel=1e-15)
    np.testing.assert_allclose(ours(np.array(numbers)), wanted, rtol=1e-14)
    np.testing.assert_allclose([at(ours(x), number) for number in numbers], wanted, rtol=1e-14)


def test_numbers_of_numpy_are_numbers() -> None:
    assert ex.sqrt(np.float32(4)) == 2.0
    assert ex.maximum(np.float64(1), 3) == 3.0
    assert ex.where(np.float64(1) < 2, 5.0, 6.0) == 5.0
    assert ex.where(True, x, y) is x
    assert at(np.float32(0.5) * x, 3.0) == 1.5


def test_functions_of_two_arguments_agree_with_python() -> None:
    for a, b in ((1.5, -0.5), (-2.0, 3.0), (7.25, 2.0)):
        wanted = [min(a, b), max(a, b), a % b, math.atan2(a, b)]
        for left, right in ((a, b), (np.array(a), np.array(b)), (np.array(a), b), (a, np.array(b))):
            both = left, right
            found = [ex.minimum(*both), ex.maximum(*both), ex.mod(*both), ex.atan2(*both)]
            np.testing.assert_allclose(found, wanted, rtol=1e-15)


@pytest.mark.parametrize(
    ("node", "place", "wanted"),
    [
        (1 / x, 0.0, math.inf),
        (-1 / x, 0.0, -math.inf),
        (x / x, 0.0, math.nan),
        (ex.log(x), 0.0, -math.inf),
        (ex.log(x), -1.0, math.nan),
        (ex.sqrt(x), -1.0, math.nan),
        (ex.exp(x), 1e4, math.inf),
        (ex.sinh(x), -1e4, -math.inf),
        (x**0.3, -1.0, math.nan),
        (x**-1.5, 0.0, math.inf),
        (x**x, 1e3, math.inf),
        (ex.sin(x), math.inf, math.nan),
        (ex.asin(x), 2.0, math.nan),
        (ex.floor(x), math.inf, math.inf),
        (ex.round_(x), math.nan, math.nan),
        (ex.maximum(x, 1), math.nan, math.nan),
        (ex.minimum(1, x), math.nan, math.nan),
        (ex.mod(x, 0), 1.0, math.nan),
        (ex.sign(x), math.nan, math.nan),
        (x**3, 1e200, math.inf),
    ],
)
def test_what_python_refuses_is_inf_or_nan_as_on_arrays(node: ex.Node, place: float, wanted: float) -> None:
    by_array = Program([node], "xy").arrays(np.array([place]), np.array([0.0]))[0][0]
    np.testing.assert_equal(at(node, place), wanted)
    np.testing.assert_equal(by_array, wanted)


def test_large_arrays_are_evaluated_in_blocks_with_the_same_result() -> None:
    node = trace(lambda a, b: ex.sin(3 * a) * b**2 + a / (1 + b**2), "x", "y")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(700, 1)), rng.normal(size=(1, 900))
    (result,) = evaluate([node], {"x": a, "y": b})
    np.testing.assert_allclose(result, np.sin(3 * a) * b**2 + a / (1 + b**2), rtol=1e-14)


@pytest.mark.parametrize(("value", "wanted"), [(-2.5, -1.0), (0.0, 0.0), (3.0, 1.0), (np.nan, np.nan)])
def test_the_sign_of_a_number_of_numpy(value: float, wanted: float) -> None:
    """Rules of one's own pass NumPy's numbers on, whose bools have no difference."""
    np.testing.assert_equal(Program([ex.sign(x)], "xy").floats(np.float64(value), np.float64(0.0))[0], wanted)


def test_evaluate_takes_numbers_beside_arrays() -> None:
    assert evaluate([x + y, x * y], {"x": 2, "y": 3.5}) == [5.5, 7.0]
    (total,) = evaluate([x + y], {"x": np.array([1.0, 2.0], dtype=np.float32), "y": 1.0})
    assert total.tolist() == [2.0, 3.0]
    assert total.dtype == np.float32


def test_a_variable_without_a_value_is_named() -> None:
    with pytest.raises(KeyError, match="'y'"):
        evaluate([x + y], {"x": 1.0})


# --------------------------------------------------------------------------------------------- sharing and size


def test_equal_expressions_are_one_object() -> None:
    assert (x + 1) ** 2 is (x + 1) ** 2
    assert x * 2.0 is x * 2
    assert x + 1 is not x + 2


def test_programs_compute_every_part_once_and_powers_as_products() -> None:
    program = Program([trace(lambda a, b: (a + b) ** 8 + (b + a) ** 4, "x", "y")], "xy")
    assert [step.op for step in program.steps] == ["add", "mul", "mul", "mul", "add"]


def test_parts_without_variables_become_numbers() -> None:
    program = Program([2 * ex.pi * x + ex.sqrt(constant(2)) * y], "xy")
    assert [step.op for step in program.steps] == ["mul", "mul", "add"]
    assert program.constants == pytest.approx([2 * math.pi, math.sqrt(2)])


def test_deep_expressions_need_no_recursion() -> None:
    node = x
    for k in range(5000):
        node = ex.sin(node) + k
    assert math.isfinite(at(node.diff("x"), 0.3))
    assert text(node).endswith("+ 4999")


def test_derivatives_stay_small() -> None:
    node = trace(lambda a, b: math.prod(a + k * b for k in range(1, 201)), "x", "y")
    second = node.diff("x").diff("x")
    assert len(Program([node, node.diff("x"), second], "xy").steps) < 3000


# --------------------------------------------------------------------------------------------------------- kinks

KINKS = [
    # expression, point, the slopes by x and y that hold there: limits from the right, subgradients 0, of two equal
    # numbers the mean of their slopes
    (ex.abs_(x), (0, 0), (0, 0)),
    (ex.sqrt(x), (0, 0), (0, 0)),
    (ex.sqrt(ex.abs_(x)), (0, 0), (0, 0)),
    (ex.sqrt(x**2 + y**2), (0, 0), (0, 0)),
    (ex.sqrt(x**2 + y**2), (3, 4), (0.6, 0.8)),
    (x**0.5 + y**1.5, (0, 0), (0, 0)),
    (ex.abs_(x) ** 0.25, (0, 0), (0, 0)),
    (ex.maximum(x, 0), (0, 0), (0, 0)),
    (ex.maximum(x, -x), (0, 0), (0, 0)),
    (ex.maximum(x, 2 * x), (0, 0), (1.5, 0)),
    (ex.minimum(x, 2 * x), (0, 0), (1.5, 0)),
    (ex.minimum(x, x), (1, 0), (1, 0)),
    (ex.maximum(x, y), (1, 1), (0.5, 0.5)),
    (ex.maximum(x, y) + ex.minimum(x, y), (2, 2), (1, 1)),
    (ex.maximum(x, y) * ex.minimum(x, y), (2, 2), (2, 2)),
    (ex.maximum(x**2, y**2), (3, 3), (3, 3)),
    (ex.maximum(0, x), (0, 0), (0, 0)),
    (ex.asin(x), (1, 0), (0, 0)),
    (ex.acos(x), (-1, 0), (0, 0)),
    (ex.atan2(y, x), (0, 0), (0, 0)),
    (x**y, (0, 2), (0, 0)),
    (x**y, (0, 1), (1, 0)),
    (ex.cos(3 * ex.sqrt(x**2 + y**2)), (0, 0), (0, 0)),
    (ex.where(x < 1, x**2, x), (1, 0), (1, 0)),
    (ex.floor(x) + ex.sign(y), (1, 0), (0, 0)),
    (ex.mod(x, 2), (2, 0), (1, 0)),
]


@pytest.mark.parametrize(("node", "place", "slopes"), KINKS, ids=lambda value: str(value))
def test_kinks_have_finite_slopes(node: ex.Node, place: tuple[int, int], slopes: tuple[float, float]) -> None:
    program = Program([node.diff("x"), node.diff("y")], "xy")
    assert program.floats(*map(float, place)) == pytest.approx(slopes)
    by_array = program.arrays(np.array([place[0]], np.float32), np.array([place[1]], np.float32))
    np.testing.assert_allclose([by_array[0][0], by_array[1][0]], slopes, rtol=1e-6)


@pytest.mark.parametrize(
    ("formula", "place", "slope", "bend"),
    [
        ("cos(sqrt(x))", 0.0, -1 / 2, 1 / 12),  # 1 - x/2! + x^2/4! ...
        ("cos(3*sqrt(x))", 0.0, -9 / 2, 81 / 12),
        ("cosh(sqrt(x))", 0.0, 1 / 2, 1 / 12),
        ("where(x == 0, 1, sin(x)/x)", 0.0, 0.0, -1 / 3),
        ("where(x == 0, 1, sinh(x)/x)", 0.0, 0.0, 1 / 3),
        ("atan(1/x)", 1e-200, -1.0, 2e-200),
        ("tanh(x)", 18.0, 4 / math.expm1(36) , -8 / math.expm1(36)),
        ("tanh(x)", 300.0, 4 * math.exp(-600), -8 * math.exp(-600)),
        ("asin(x)", 1 - 2.0**-45, 2.0**22, None),
    ],
)  # fmt: skip
def test_slopes_keep_their_digits_at_the_edges(formula: str, place: float, slope: float, bend: float | None) -> None:
    first = parse(formula).diff("x")
    assert at(first, place) == pytest.approx(slope, rel=1e-10, abs=0)
    if bend is not None:
        assert at(first.diff("x"), place) == pytest.approx(bend, rel=1e-10, abs=0)


@pytest.mark.parametrize("place", [1e-8, 1e-4, 0.2499, 0.2501, 1.0, 40.0])
@pytest.mark.parametrize("name", ["cos", "cosh"])
def test_the_curvature_of_a_wave_in_a_root_is_right_near_and_far(name: str, place: float) -> None:
    with mpmath.workdps(60):
        wanted = [float(mpmath.diff(lambda u: getattr(mpmath, name)(mpmath.sqrt(u)), place, n)) for n in (1, 2)]
    first = parse(f"{name}(sqrt(x))").diff("x")
    assert [at(first, place), at(first.diff("x"), place)] == pytest.approx(wanted, rel=1e-13)


def test_the_curvature_of_a_wave_in_the_radius_is_right_at_its_centre() -> None:
    # cos(3r) = 1 - 4.5 r^2 + ... is smooth at r = 0, though r is not.
    wave = ex.cos(3 * ex.sqrt(x**2 + y**2))
    seconds = [wave.diff("x").diff("x"), wave.diff("x").diff("y"), wave.diff("y").diff("y")]
    assert Program(seconds, "xy").floats(0.0, 0.0) == pytest.approx([-9, 0, -9])
    here = dict(zip(sp.symbols("x y"), (0.3, -0.2), strict=True))
    oracle = sp.cos(3 * sp.sqrt(sp.Symbol("x") ** 2 + sp.Symbol("y") ** 2))
    assert at(seconds[0], 0.3, -0.2) == pytest.approx(float(sp.diff(oracle, "x", 2).subs(here)))


def test_a_computed_exponent_has_the_same_derivatives_as_a_written_one() -> None:
    node = x ** (constant(4) / 2)
    assert Program([node.diff("x"), node.diff("x").diff("x")], "xy").floats(0.0, 0.0) == [0.0, 2.0]


# ------------------------------------------------------------------------------------------------------ printing

m, v, t, lr, beta1, eps = (variable(name) for name in ("m", "v", "t", "lr", "beta1", "eps"))
NAMES = {"m": "m_t", "v": r"\hat{v}_t", "lr": r"\eta", "eps": r"\epsilon"}

LATEX = [
    ((1 - x) ** 2 + 100 * (y - x**2) ** 2, "(1 - x)^2 + 100 (y - x^2)^2"),
    (2 * ex.pi * x, r"2 \pi x"),
    (x / (1 + y), r"\frac{x}{1 + y}"),
    (-20 * ex.exp(-x), "-20 e^{-x}"),
    (x - (y - 1), "x - (y - 1)"),
    (x - (y + 1) * 2, r"x - (y + 1) \cdot 2"),
    (ex.sin(x) ** 2, r"\sin^2(x)"),
    (ex.sqrt(x**2 + y**2), r"\sqrt{x^2 + y^2}"),
    (ex.abs_(x) ** 3, r"\left|x\right|^3"),
    ((x / y) ** 2, r"\left(\frac{x}{y}\right)^2"),
    ((-x) ** 2, "(-x)^2"),
    (-(x**2), "-x^2"),
    (x**y, "x^y"),
    (x ** (y + 1), "x^{y + 1}"),
    (x**10, "x^{10}"),
    (2**-x, "2^{-x}"),
    (1e-8 * x, "10^{-8} x"),
    (2.5e-7 * x, r"2.5 \cdot 10^{-7} x"),
    (-(x + 1) / 2 + ex.exp(-(x**2) / 4), r"-\frac{x + 1}{2} + e^{-x^2/4}"),
    (ex.maximum(ex.maximum(x, y), 2), r"\max(x, y, 2)"),
    (ex.log10(x) + ex.asin(y), r"\log_{10}(x) + \arcsin(y)"),
    (ex.where(x < 0, -x, y), r"\begin{cases} -x & x < 0 \\ y & \text{otherwise} \end{cases}"),
    ((1 - beta1) * m, r"(1 - \beta_1) m_t"),
    (m**2, "m_t^2"),
]


@pytest.mark.parametrize(("node", "wanted"), LATEX, ids=lambda value: str(value))
def test_latex_keeps_the_authors_form(node: ex.Node, wanted: str) -> None:
    assert latex(node, NAMES) == wanted


def test_latex_of_an_update_rule_on_one_line() -> None:
    assert latex(m / (1 - beta1**t), NAMES, "inline") == r"m_t \,/\, (1 - \beta_1^t)"
    step = -lr * m / (ex.sqrt(v) + eps)
    assert latex(step, NAMES, "inline") == r"-\eta m_t \,/\, \left(\sqrt{\hat{v}_t} + \epsilon\right)"


@settings(max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pairs(8))
def test_printed_text_reads_back_as_the_same_function(pair: Pair) -> None:
    try:
        node = parse(pair.text)
    except FormulaError:
        return
    again = parse(text(node))
    for place in PLACES:
        np.testing.assert_allclose(at(again, *place), at(node, *place), rtol=1e-12, err_msg=pair.text)


# -------------------------------------------------------------------------------------------------------- misuse


def test_a_traced_value_refuses_to_be_a_condition() -> None:
    with pytest.raises(TypeError, match="where"):
        bool(x < 1)


def test_a_variable_and_an_array_make_an_array_of_expressions(xp: Any) -> None:
    assert np.asarray(operator.mul(x, np.array([2.0, 3.0]))).tolist() == [x * 2, x * 3]
    assert np.asarray(operator.mul(np.array([2.0, 3.0]), x)).tolist() == [2 * x, 3 * x]
    with pytest.raises(TypeError, match="list"):
        operator.add(x, [1])  # type: ignore[call-overload, arg-type]
    if xp is not np:
        with pytest.raises(TypeError, match="cannot mix"):
            operator.mul(x, xp.asarray([2.0]))


def test_constants_meet_arrays_as_numbers(xp: Any) -> None:
    array = xp.asarray([1.0, 2.0], dtype=xp.float32)
    assert (2 * ex.pi * array).dtype == xp.float32
    assert float((ex.pi * array)[1]) == pytest.approx(2 * math.pi, rel=1e-6)
    assert np.asarray(np.ones(2) * ex.pi).tolist() == [math.pi, math.pi]


def test_every_operation_has_its_place_in_the_tables() -> None:
    namespace: Any = np
    for name in (*operations.UNARY, *operations.BINARY):
        assert callable(operations.careful(name))
        assert callable(operations.on_arrays(name, namespace))

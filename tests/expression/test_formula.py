"""Typed formulas: what is understood, what is refused and how, and that nothing hostile gets far."""

from __future__ import annotations

import string

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lossland.errors import UserError
from lossland.expression import Program, glsl, latex
from lossland.expression.formula import FUNCTIONS, FormulaError, parse

AT = (0.7, -1.3)


def value(text: str, x: float = AT[0], y: float = AT[1]) -> float:
    return Program([parse(text)], "xy").floats(x, y)[0]


X, Y = AT
READINGS = [
    ("1 + 2*3", 7),
    ("(1 + 2)*3", 9),
    ("7 - 4 - 2", 1),
    ("8/4/2", 1),
    ("2^3^2", 512),
    ("2**3**2", 512),
    ("-2^2", -4),
    ("(-2)^2", 4),
    ("2^-1", 0.5),
    ("2^+3", 8),
    ("2^--1", 2),
    ("--3", 3),
    ("+3 - -3", 6),
    ("2*-3", -6),
    ("-x^2", -(X**2)),
    ("3 - -x", 3 + X),
    ("2x", 2 * X),
    ("2.5x", 2.5 * X),
    ("2 x^2", 2 * X**2),
    ("-2x^2", -2 * X**2),
    ("3(x + 1)", 3 * (X + 1)),
    ("2 sin(x)", 2 * np.sin(X)),
    ("2pi", 2 * np.pi),
    ("(x + 1)(y - 1)", (X + 1) * (Y - 1)),
    ("(x + 1)x", (X + 1) * X),
    ("2(x)(y)", 2 * X * Y),
    ("2x*y", 2 * X * Y),
    ("1e3", 1000),
    ("1E-2x", 0.01 * X),
    (".5 + 5.", 5.5),
    ("  x\n+ y\t", X + Y),
    ("3 − 2", 1),
    ("3 · 2 × 4 ⋅ 1", 24),
    ("e^x", np.exp(X)),
    ("min(x, y, 0)", Y),
    ("max(3, x)", 3),
    ("mod(-1, 3)", 2),
    ("atan2(y, x)", np.arctan2(Y, X)),
    ("where(x < y, 1, 2)", 2),
    ("where(x >= 0.7, 1, 2)", 1),
    ("where(x == 0.7, 1, 2)", 1),
    ("where(x != 0.7, 1, 2)", 2),
    ("where(x + 1 > y*2, where(y <= 0, 5, 6), 7)", 5),
    ("round(2.5) + floor(-0.5) + ceil(0.5) + sign(-3)", 1),
    ("log(e^2) + log2(8) + log10(1000)", 8),
    ("abs(-2) + sqrt(9)", 5),
    ("sin(asin(.5)) + cos(acos(.5)) + tan(atan(.5))", 1.5),
    ("cosh(1)^2 - sinh(1)^2 + tanh(0)", 1),
    ("ln(x)", np.log(X)),
    ("pow(x, 2)", X**2),
    ("x²", X**2),
    ("2x²y", 2 * X**2 * Y),
    ("x⁻¹ + x²³", 1 / X + X**23),
    ("(x + 1)²", (X + 1) ** 2),
    ("π*x + 2π", np.pi * X + 2 * np.pi),
    ("2·x × y", 2 * X * Y),
    ("x÷2 + x∕4", X / 2 + X / 4),
    ("√(x) + ∛(y)", np.sqrt(X) + np.cbrt(Y)),
    ("x – 2 − y ‐ 1", X - 2 - Y - 1),
    ("x\u00a0+\u2009y\u202f*\u30002", X + 2 * Y),
    ("X^2 + Y", X**2 + Y),
    ("SIN(x) + Exp(X) + Pi", np.sin(X) + np.exp(X) + np.pi),
    ("cbrt(-27) + cbrt(y)", -3 + np.cbrt(Y)),
    ("sigmoid(x) + logistic(x)", 2 / (1 + np.exp(-X))),
    ("relu(x) + relu(y)", X),
    ("softplus(y)", np.log1p(np.exp(Y))),
    ("silu(y)", Y / (1 + np.exp(-Y))),
    ("log1p(x) + expm1(y)", np.log1p(X) + np.expm1(Y)),
    ("arcsin(x) + arccos(x) + arctan(y) + arctan2(y, x)", np.pi / 2 + np.arctan(Y) + np.arctan2(Y, X)),
    ("sec(x) + csc(x) + cot(x)", 1 / np.cos(X) + 1 / np.sin(X) + 1 / np.tan(X)),
    ("hypot(x, y)", np.hypot(X, Y)),
    ("sgn(y)", -1),
    ("|y|", -Y),
    ("2|x - |y||", 2 * abs(X - abs(Y))),
    ("|x||y| + |y|x", -2 * X * Y),
    ("max(|x|, |y|)(|y| + 1)", -Y * (1 - Y)),
    ("where(x ≤ y, 1, 2) + where(x ≥ y, 1, 2) + where(x ≠ y, 1, 2)", 4),
]


@pytest.mark.parametrize(("text", "wanted"), READINGS)
def test_formulas_are_read_as_in_mathematics(text: str, wanted: float) -> None:
    assert value(text) == pytest.approx(wanted, rel=1e-14)


REFUSED = [
    # formula, a word of the sentence, the position
    ("", "empty", 0),
    ("   ", "empty", 0),
    ("1 +", "ends too early", 3),
    ("(x", "never closed", 0),
    ("x + sin(y", "never closed", 7),
    ("x)", "no ( before", 1),
    ("x + * y", "does not fit", 4),
    ("2 3", "operator is missing", 2),
    ("x 2", "operator is missing", 2),
    ("x y", "Write *", 2),
    ("x(y + 1)", "Write *", 1),
    ("xy", "x*y", 0),
    ("2xy", "x*y", 1),
    ("1/2x", "(a/b)*c", 3),
    ("x^2y", "(a^2)*b", 3),
    ("x^-2 sin(y)", "(a^2)*b", 5),
    ("2e", "2*e", 1),
    ("sin x", "sin(...)", 0),
    ("sin", "sin(...)", 0),
    ("sin()", "missing", 4),
    ("sin(x, y)", "1 argument.", 0),
    ("atan2(x)", "2 arguments", 0),
    ("min(x)", "2 or more", 0),
    ("where(x, 1, 2)", "comparison", 7),
    ("where(x < 1, 2)", "3 arguments", 0),
    ("x < 1", "inside where", 2),
    ("where(1 < x < 2, 1, 2)", "inside where", 12),
    ("x = 2", "==", 2),
    ("x % 2", "mod", 2),
    ("|x", "abs", 0),
    ("x|", "Write *", 1),
    ("x, y", "comma", 1),
    ("foo(x)", "floor", 0),
    ("sine(x)", "sin", 0),
    ("z + 1", "'z'", 0),
    ("1/0", "zero", 1),
    ("x/(2 - 2)", "zero", 1),
    ("sqrt(-1)", "finite", 0),
    ("log(0)x", "finite", 0),
    ("0^-1", "finite", 1),
    ("1e200*1e200", "finite", 5),
    ("1e999", "too large", 0),
    ("x^101", "exponent", 1),
    ("x^-(50*3)", "exponent", 1),
    ("x^x^x^x^x", "powers", 7),
    ("x..y", "'.'", 1),
    ("x\n+ (y\n+ 2", "never closed", 4),
    ("θ", "U+03B8", 0),
    ("√x", "sqrt(...)", 0),
    ("π(x + 1)", "Write *", 1),
    ("2 + inf", "finite", 4),
    ("∞", "finite", 0),
    ("sin^2(x)", "sin(...)^n", 0),
    ("sin²(x)", "sin(...)^n", 0),
    ("log(x, 2)", "log(a)/log(b)", 0),
    ("3,5*x", "3.5", 1),
    ("z = x^2", "right of f(x, y)", 2),
    ("[x + 1]", "( and )", 0),
    ("x — 1", "minus", 2),
    ("XY", "X*Y", 0),
    ("sigmiod(x)", "sigmoid", 0),
    ("pow(x, 999)", "exponent", 0),
    ("ln(0 - 1)", "finite", 0),
    ("x + tanhh(y)", "tanh", 4),
    ("cbrt(x, y)", "1 argument", 0),
    ("x ≤ 2", "inside where", 2),
]


@pytest.mark.parametrize(("text", "word", "position"), REFUSED)
def test_a_broken_formula_says_what_and_where(text: str, word: str, position: int) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    error = caught.value
    assert isinstance(error, UserError)
    assert word in error.sentence
    assert error.position == position
    assert error.sentence.endswith((".", "'?"))
    assert "\n" not in error.sentence


def test_the_caret_stands_under_the_place() -> None:
    with pytest.raises(FormulaError) as caught:
        parse("x^2 +\n  3*foo(y) - 1")
    sentence, line, caret = str(caught.value).split("\n")
    assert "foo" in sentence
    assert line == "    3*foo(y) - 1"
    assert caret.index("^") == line.index("foo")


def test_the_caret_line_is_cut_around_the_place_and_shows_no_odd_characters() -> None:
    with pytest.raises(FormulaError) as caught:
        parse("\u202e漢" + "x+" * 200)
    assert str(caught.value).split("\n")[1].startswith("  ??x+x+")
    with pytest.raises(FormulaError) as caught:
        parse("x+" * 150 + "foo" + "+x" * 150)
    _, line, caret = str(caught.value).split("\n")
    assert len(line) < 80
    assert line[caret.index("^") :].startswith("foo")


HOSTILE = [
    "9^9^9^9^9",
    "9**9**9**9",
    "((((9^99)^99)^99)^99)",
    "x^99999999999999999999",
    "x^(10^9)",
    "2^2^2^2^2^2^2^2^2^2",
    "^".join(["x"] * 300),
    "**".join(["9"] * 500),
    "1e308*10",
    "1e309",
    "9" * 400,
    "9" * 1_000_000,
    "(" * 100_000,
    "(" * 100_000 + "x" + ")" * 100_000,
    "(" * 900 + "x" + ")" * 900,
    "-" * 100_000 + "x",
    "-" * 1500 + "x",
    "+" * 1500 + "x",
    "sin(" * 20_000 + "x" + ")" * 20_000,
    "sin(" * 300 + "x" + ")" * 300,
    "2^-" * 600 + "x",
    "x" * 100_000,
    "x+" * 100_000 + "x",
    "x+" * 999 + "x",
    "max(" + "x," * 900 + "y)",
    "where(x<y," * 190 + "1" + ",2)" * 190,
    "exp(exp(exp(exp(exp(99)))))",
    "1/(1-1)",
    "0/0",
    "log(-1)",
    "asin(2)",
    "sqrt(0-1)",
    "mod(1, 0)",
    "__import__('os').system('true')",
    "eval('1')",
    "exec(x)",
    "open('/etc/passwd')",
    "lambda: x",
    "[x for x in y]",
    "x.__class__",
    "x.real",
    "().__class__.__bases__",
    "{x}",
    "x; y",
    "x\0y",
    "x if y else 1",
    "import os",
    "f'{x}'",
    "globals()",
    "1_000_000",
    "0x10",
    "1j",
    "nan",
    "inf",
    "True",
    "None",
    "x @ y",
    "x // y",
    "~x",
    "x & y",
    "x!",
    "$(rm x)",
    "`x`",
    "<script>",
    "../../etc",
    "%s%s%s%n",
    "\u202ex",
    "\ud800",
    "\ufeffx",
    "х + у",  # Cyrillic letters that look like x and y
    "ｘ + １",  # full-width letter and digit
    "x + ٣",
    "𝑥^2",
    "é" * 5000,
    "\u0301" * 2000,
    "#" * 2000,
    ",".join("xy" * 400),
]


def test_there_are_enough_hostile_formulas() -> None:
    assert len(HOSTILE) > 60


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:24]))
def test_hostile_text_is_refused(text: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert len(str(caught.value)) < 400
    assert str(caught.value).isprintable() or "\n" in str(caught.value)


LARGEST = [
    "+".join(["x*y"] * 190),
    "*".join(["x"] * 390),
    "max(" * 38 + "x" + ",y)" * 38,
    "where(x<y," * 38 + "x*y" + ",y*y)" * 38,
    "x^y^x" + "+x^y^x" * 120,
    "/".join(["sin(x)"] * 130),
    "abs(" * 38 + "x" + ")" * 38,
    "(x^99+y^99)^99",
]


@pytest.mark.parametrize("text", LARGEST, ids=lambda text: text[:12])
def test_the_largest_formulas_stay_small_programs(text: str) -> None:
    node = parse(text)
    slopes = [node.diff("x"), node.diff("y")]
    curvatures = [slopes[0].diff("x"), slopes[0].diff("y"), slopes[1].diff("y")]
    program = Program([node, *slopes, *curvatures], "xy")
    program.floats(*AT)
    assert len(program.steps) < 10_000
    assert len(latex(node)) < 20_000


WORDS = [*FUNCTIONS, "x", "y", "pi", "e", "2", "0.5", "1e3", *"+-*/^(),<>= \n", "**", "<=", "==", "where(", "²", "π"]
PIECES = st.lists(st.sampled_from(WORDS), max_size=25).map("".join)
TEXTS = st.one_of(
    PIECES, st.text(max_size=40), st.text(alphabet=string.printable, max_size=60), st.text("xy+-*/^() 0123456789.e")
)


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_any_text_is_refused_or_computes(text: str) -> None:
    try:
        node = parse(text)
    except FormulaError as refusal:
        inside = 0 <= refusal.position <= len(text)
        assert inside
        return
    everything = [node, node.diff("x"), node.diff("x").diff("y")]
    program = Program(everything, "xy")
    for place in (AT, (0.0, 0.0), (-1.0, 1e200)):
        assert all(isinstance(number, float) for number in program.floats(*place))
    points = np.array([AT, (0.0, 0.0), (1.0, 1.0)], dtype=np.float32)
    assert all(array.shape == (3,) for array in program.arrays(points[:, 0], points[:, 1]))
    assert latex(node)
    assert glsl({"f": node}).count("void") == 1

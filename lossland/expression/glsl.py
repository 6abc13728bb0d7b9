"""Expressions as GLSL 1.20, which runs everywhere.

What the language leaves undefined is spelled out: integer powers are products, ``pow`` of a negative base, logarithms
and roots of negative numbers, functions that GLSL 1.20 lacks, and the comparison of nan.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from lossland.expression.node import COMPARISONS, Node
from lossland.expression.program import Program, Step

_INFIX = {
    **{"add": "+", "sub": "-", "mul": "*", "div": "/"},
    **{"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="},
}
_BUILT_IN = {"sin": "sin", "cos": "cos", "tan": "tan", "abs": "abs", "sign": "sign", "floor": "floor", "ceil": "ceil"}

_HELPERS = {
    "nan": "float ll_nan() { float zero = 0.0; return zero / zero; }",
    "inf": "float ll_inf() { float zero = 0.0; return 1.0 / zero; }",
    "exp": "float ll_exp(float x) { return x > 89.0 ? ll_inf() : x < -104.0 ? 0.0 : exp(x); }",
    "log": "float ll_log(float x) { return x > 0.0 ? log(x) : x == 0.0 ? -ll_inf() : ll_nan(); }",
    "log2": "float ll_log2(float x) { return x > 0.0 ? log2(x) : x == 0.0 ? -ll_inf() : ll_nan(); }",
    "log10": "float ll_log10(float x) { return ll_log(x) * 0.4342944819; }",
    "sqrt": "float ll_sqrt(float x) { return x >= 0.0 ? sqrt(x) : ll_nan(); }",
    "pow": """float ll_pow(float x, float y) {
  if (y == 0.0) return 1.0;
  if (x == 0.0) return y > 0.0 ? 0.0 : ll_inf();
  float size = ll_exp(y * log(abs(x)));
  if (x > 0.0) return size;
  if (y != floor(y)) return ll_nan();
  return mod(y, 2.0) == 0.0 ? size : -size;
}""",
    "atan": """float ll_atan(float x) {
  float a = abs(x);
  bool far = a > 1.0;
  if (far) a = 1.0 / a;
  bool half_way = a > 0.4142135624;
  if (half_way) a = (a - 1.0) / (a + 1.0);
  float s = a * a;
  float r = a + a * s * (-0.333329491539 + s * (0.199777106478 + s * (-0.138776856032 + s * 0.0805374449538)));
  if (half_way) r += 0.7853981634;
  if (far) r = 1.5707963268 - r;
  return x < 0.0 ? -r : r;
}""",
    "atan2": """float ll_atan2(float y, float x) {
  if (x == 0.0) return 1.5707963268 * sign(y);
  float r = ll_atan(y / x);
  return x > 0.0 ? r : y < 0.0 ? r - 3.1415926536 : r + 3.1415926536;
}""",
    "asin": """float ll_asin(float x) {
  if (abs(x) > 1.0) return ll_nan();
  return abs(x) == 1.0 ? 1.5707963268 * x : ll_atan(x / sqrt((1.0 - x) * (1.0 + x)));
}""",
    "acos": "float ll_acos(float x) { return 1.5707963268 - ll_asin(x); }",
    "sinh": """float ll_sinh(float x) {
  if (abs(x) < 0.3) return x * (1.0 + x * x / 6.0 * (1.0 + x * x / 20.0 * (1.0 + x * x / 42.0)));
  return 0.5 * (ll_exp(x) - ll_exp(-x));
}""",
    "cosh": "float ll_cosh(float x) { return 0.5 * (ll_exp(x) + ll_exp(-x)); }",
    "tanh": """float ll_tanh(float x) {
  if (abs(x) < 0.3) return ll_sinh(x) / ll_cosh(x);
  float small = ll_exp(-2.0 * abs(x));
  return sign(x) * (1.0 - small) / (1.0 + small);
}""",
    "round": """float ll_round(float x) {
  float low = floor(x);
  float part = x - low;
  return part < 0.5 || (part == 0.5 && mod(low, 2.0) == 0.0) ? low : low + 1.0;
}""",
    "min": "float ll_min(float a, float b) { return a <= b || a != a ? a : b; }",
    "max": "float ll_max(float a, float b) { return a >= b || a != a ? a : b; }",
    "mod": "float ll_mod(float a, float b) { return a - b * floor(a / b); }",
}
"""Helper functions, each after the ones it calls."""


def glsl(outputs: Mapping[str, Node], arguments: Sequence[str] = ("x", "y"), function: str = "ll_evaluate") -> str:
    """Return GLSL that defines ``void function(float x, float y, out float ...)`` and the helpers it calls.

    ``outputs`` maps each name of an ``out`` argument to its expression, ``arguments`` are the variables.
    """
    program = Program(list(outputs.values()), arguments)
    names = [*arguments, *map(literal, program.constants)]
    lines: list[str] = []
    for number, step in enumerate(program.steps):
        kind = "bool" if step.op in COMPARISONS else "float"
        lines.append(f"{kind} t{number} = {_operation(step, [names[i] for i in step.args])};")
        names.append(f"t{number}")
    lines += [f"{name} = {names[slot]};" for name, slot in zip(outputs, program.outputs, strict=True)]
    parameters = [f"float {name}" for name in arguments] + [f"out float {name}" for name in outputs]
    body = "\n".join(f"  {line}" for line in lines)
    code = f"void {function}({', '.join(parameters)}) {{\n{body}\n}}\n"
    return "\n".join([*_helpers_for(code), code])


def literal(value: float) -> str:
    """Return a number as GLSL; what exceeds a 32-bit float becomes infinity."""
    if math.isnan(value):
        return "ll_nan()"
    if abs(value) > 3.4028235e38:
        return "ll_inf()" if value > 0 else "(-ll_inf())"
    digits = f"{value:.9g}"
    if not any(mark in digits for mark in ".e"):
        digits += ".0"
    return f"({digits})" if value < 0 else digits


def _operation(step: Step, args: list[str]) -> str:
    if step.op in _INFIX:
        return f"{args[0]} {_INFIX[step.op]} {args[1]}"
    if step.op == "neg":
        return f"-{args[0]}"
    if step.op == "where":
        return f"{args[0]} ? {args[1]} : {args[2]}"
    return f"{_BUILT_IN.get(step.op, 'll_' + step.op)}({', '.join(args)})"


def _helpers_for(code: str) -> list[str]:
    """Return the helpers that the code calls, directly or through others, each after those it calls."""
    needed: list[str] = []
    for name, source in reversed(_HELPERS.items()):
        if f"ll_{name}(" in code or any(f"ll_{name}(" in other for other in needed):
            needed.insert(0, source)
    return needed

"""Exact derivatives, built as expressions.

Forward mode: the derivative of every node follows from those of its arguments. Where a rule would divide zero by
zero, or jump, it says what holds there: the limit from the right, or the subgradient 0, so that a gradient is finite
wherever the function has a kink (Ackley's cone, ``abs``, ``sqrt`` at 0).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lossland.expression.node import Node, constant, make, ordered, variables
from lossland.expression.program import Program

ZERO, ONE, TWO, HALF = constant(0), constant(1), constant(2), constant(0.5)

# ------------------------------------------------------------- arithmetic that drops zeros and ones on the way


def plus(a: Node, b: Node) -> Node:
    """Return a + b."""
    if a.number is not None and b.number is not None:
        return constant(a.number + b.number)
    if a is ZERO:
        return b
    if b is ZERO:
        return a
    if _split(b)[0] < 0:
        return minus(a, negative(b))
    return make("add", a, b)


def minus(a: Node, b: Node) -> Node:
    """Return a - b."""
    if a.number is not None and b.number is not None:
        return constant(a.number - b.number)
    if b is ZERO:
        return a
    if a is ZERO:
        return negative(b)
    if _split(b)[0] < 0:
        return plus(a, negative(b))
    return make("sub", a, b)


def negative(a: Node) -> Node:
    """Return -a."""
    return times(constant(-1), a)


def times(a: Node, b: Node) -> Node:
    """Return a b, with what numbers and signs there are gathered in front."""
    (m, rest_of_a), (n, rest_of_b) = _split(a), _split(b)
    factor = m * n
    if rest_of_a is None or rest_of_b is None:
        product = rest_of_b if rest_of_a is None else rest_of_a
    else:
        product = make("mul", rest_of_a, rest_of_b)
    if product is None or factor == 0:
        return constant(factor)
    if abs(factor) == 1:
        return product if factor > 0 else make("neg", product)
    return make("mul", constant(factor), product)


def _split(node: Node) -> tuple[float, Node | None]:
    """Return the number in front of a product, and the rest of it (None if there is none)."""
    if node.number is not None:
        return node.number, None
    if node.op == "neg":
        factor, rest = _split(node.args[0])
        return -factor, rest
    if node.op == "mul" and node.args[0].number is not None:
        factor, rest = _split(node.args[1])
        return node.args[0].number * factor, rest
    return 1.0, node


def over(a: Node, b: Node) -> Node:
    """Return a / b."""
    if a is ZERO or b is ONE:
        return a
    if a.op == "neg":
        return negative(over(a.args[0], b))
    return make("div", a, b)


def power(a: Node, exponent: float) -> Node:
    """Return a^exponent."""
    if exponent == 0:
        return ONE
    return a if exponent == 1 else make("pow", a, constant(exponent))


def select(test: Node, a: Node, b: Node) -> Node:
    """Return a where the test holds, else b."""
    return a if a is b else make("where", test, a, b)


def unless_zero(u: Node, value: Node) -> Node:
    """Return ``value``, but 0 where u is 0."""
    return select(make("eq", u, ZERO), ZERO, value)


# ------------------------------------------- rules: (node, derivative of a node inside it) -> derivative of node

Rule = Callable[[Node, Callable[[Node], Node]], Node]


def _mul(n: Node, d: Callable[[Node], Node]) -> Node:
    u, v = n.args
    return times(TWO, times(u, d(u))) if u is v else plus(times(d(u), v), times(u, d(v)))


def _div(n: Node, d: Callable[[Node], Node]) -> Node:
    u, v = n.args
    return over(minus(d(u), times(n, d(v))), v)


def _pow(n: Node, d: Callable[[Node], Node]) -> Node:
    u, v = n.args
    if not variables(v):
        exponent = Program([v], ()).floats()[0]
        lower = power(u, exponent - 1)
        if exponent < 1:
            lower = unless_zero(u, lower)  # the graph of x^0.5 is vertical at 0
        return times(times(v, lower), d(u))
    by_base = by_exponent = ZERO
    if d(u) is not ZERO:
        at_zero = select(make("eq", v, ONE), ONE, ZERO)
        slope = times(v, make("pow", u, minus(v, ONE)))
        by_base = times(select(make("eq", u, ZERO), at_zero, slope), d(u))
    if d(v) is not ZERO:
        by_exponent = times(unless_zero(u, times(n, make("log", u))), d(v))
    return plus(by_base, by_exponent)


def _cos(n: Node, d: Callable[[Node], Node]) -> Node:
    (w,) = n.args
    scale, root = (w.args[0], w.args[1]) if w.op == "mul" and w.args[0].op == "const" else (ONE, w)
    if root.op != "sqrt":
        return negative(times(make("sin", w), d(w)))
    # cos(c sqrt(u)) is smooth in u where sqrt(u) is not: its slope is -c^2/2 sin(w)/w, and sin(w)/w -> 1 at w = 0.
    ratio = select(make("eq", w, ZERO), ONE, over(make("sin", w), w))
    return negative(times(times(HALF, times(scale, scale)), times(ratio, d(root.args[0]))))


def _atan2(n: Node, d: Callable[[Node], Node]) -> Node:
    v, u = n.args
    square = plus(power(u, 2), power(v, 2))
    return unless_zero(square, over(minus(times(u, d(v)), times(v, d(u))), square))


def _mod(n: Node, d: Callable[[Node], Node]) -> Node:
    u, v = n.args
    return minus(d(u), times(make("floor", over(u, v)), d(v)))


def _where(n: Node, d: Callable[[Node], Node]) -> Node:
    test, a, b = n.args
    return select(test, d(a), d(b))


def _extreme(n: Node, d: Callable[[Node], Node]) -> Node:
    """Derivative of min and max: where both are equal, 0 if their slopes disagree in sign, else the right limit."""
    a, b = n.args
    outside = select(make("gt" if n.op == "max" else "lt", a, b), d(a), d(b))
    if d(a) is d(b) or d(b) is ZERO:
        return outside
    tie = ZERO
    if d(a) is not ZERO:
        tie = select(make("gt", times(d(a), d(b)), ZERO), make(n.op, d(a), d(b)), ZERO)
    return select(make("eq", a, b), tie, outside)


def _chain(slope: Callable[[Node, Node], Node]) -> Rule:
    """Return the rule f(u)' = slope(f(u), u) u'."""
    return lambda n, d: times(slope(n, n.args[0]), d(n.args[0]))


def _inverse_sine_slope(u: Node) -> Node:
    inside = minus(ONE, power(u, 2))
    return unless_zero(inside, over(ONE, make("sqrt", inside)))


RULES: dict[str, Rule] = {
    "add": lambda n, d: plus(d(n.args[0]), d(n.args[1])),
    "sub": lambda n, d: minus(d(n.args[0]), d(n.args[1])),
    "neg": lambda n, d: negative(d(n.args[0])),
    "mul": _mul,
    "div": _div,
    "pow": _pow,
    "exp": _chain(lambda n, u: n),
    "log": _chain(lambda n, u: over(ONE, u)),
    "log2": _chain(lambda n, u: over(constant(1 / math.log(2)), u)),
    "log10": _chain(lambda n, u: over(constant(1 / math.log(10)), u)),
    "sqrt": _chain(lambda n, u: unless_zero(u, over(HALF, n))),
    "abs": _chain(lambda n, u: make("sign", u)),
    "sin": _chain(lambda n, u: make("cos", u)),
    "cos": _cos,
    "tan": _chain(lambda n, u: plus(ONE, power(n, 2))),
    "asin": _chain(lambda n, u: _inverse_sine_slope(u)),
    "acos": _chain(lambda n, u: negative(_inverse_sine_slope(u))),
    "atan": _chain(lambda n, u: over(ONE, plus(ONE, power(u, 2)))),
    "sinh": _chain(lambda n, u: make("cosh", u)),
    "cosh": _chain(lambda n, u: make("sinh", u)),
    "tanh": _chain(lambda n, u: minus(ONE, power(n, 2))),
    "atan2": _atan2,
    "mod": _mod,
    "min": _extreme,
    "max": _extreme,
    "where": _where,
}
"""Operations without a rule (numbers, ``sign``, ``floor``, comparisons ...) have the derivative 0."""


def derivative(node: Node, name: str) -> Node:
    """Return the derivative of ``node`` by the variable ``name``."""
    known: dict[Node, Node] = {}
    for part in ordered([node]):
        if part.op == "var":
            known[part] = ONE if part.name == name else ZERO
        elif part.op in RULES and any(known[arg] is not ZERO for arg in part.args):
            known[part] = RULES[part.op](part, known.__getitem__)
        else:
            known[part] = ZERO
    return known[node]

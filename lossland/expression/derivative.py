"""Exact derivatives, built as expressions.

Forward mode: the derivative of every node follows from those of its arguments. Where a rule would divide zero by
zero, or jump, it says what holds there: the limit from the right, or the subgradient 0, so that a gradient is finite
wherever the function has a kink (Ackley's cone, ``abs``, ``sqrt`` at 0).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from lossland.expression.arithmetic import (
    HALF,
    ONE,
    TWO,
    ZERO,
    minus,
    negative,
    over,
    plus,
    power,
    select,
    times,
    unless_zero,
)
from lossland.expression.node import Node, constant, make, ordered, variables
from lossland.expression.program import Program
from lossland.expression.sums import Sum, Sums, TooLongError

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
    if u.op == "const" and u.value > 0:
        return times(times(n, constant(math.log(u.value))), d(v))
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
    inside = times(minus(ONE, u), plus(ONE, u))  # keeps its digits near 1 and -1
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
    "tanh": _chain(lambda n, u: over(ONE, power(make("cosh", u), 2))),  # 1 - tanh(u)^2 loses all its digits
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
    sums = Sums()
    for part in ordered([node]):
        if part.op == "var":
            known[part] = ONE if part.name == name else ZERO
        elif part.op in RULES and any(known[arg] is not ZERO for arg in part.args):
            by_terms = _of_quotient(part, known, sums) if part.op in _QUOTIENTS else None
            known[part] = RULES[part.op](part, known.__getitem__) if by_terms is None else by_terms
        else:
            known[part] = ZERO
    return known[node]


_QUOTIENTS = ("div", "pow", "sqrt", "mul")


def _of_quotient(node: Node, known: dict[Node, Node], sums: Sums) -> Node | None:
    """Return the derivative of a quotient or a root of wild exponentials; None for any other node.

    It is taken term by term: c e^L f^p ... has the slope c e^L f^p ... (L' + p f'/f + ...). What then cancels over the
    common divisor is gone: e^x / (1 + e^x) has e^x / (1 + e^x)^2, where a difference of rounded numbers would be 0.
    """
    found = sums.of(node)
    if not any(sums.is_wild(factor) and p < 1 for term in found for factor, p in term.factors):
        return None
    slope = known.get  # cosh and tanh may come up that are no parts of the expression

    def of(part: Node) -> Node:
        if (own := slope(part)) is None:
            own = RULES[part.op](part, known.__getitem__)
        return own

    try:
        parts: list[tuple[float, Sum]] = []
        for term, number in found.items():
            for inner, scale in sums.in_order(term.exponent):
                if inner is not ONE:
                    parts.append((number * scale, sums.product({term: 1.0}, sums.part(of(inner)))))
            for factor, p in sums.in_order(term.factors):
                less = sums.product({term: 1.0}, sums.factor(factor, -1.0))
                parts.append((number * p, sums.product(less, sums.part(of(factor)))))
        return sums.node(sums.joined(sums.total(parts)))
    except TooLongError:
        return None

"""Exact derivatives, built as expressions.

`derivative` and `directional` use forward mode: the derivative of every node follows from those of its arguments. Where
a rule would divide zero by zero, or jump, it gives the limit from the right or the subgradient 0, so that a gradient is
finite wherever the function has a kink (Ackley's cone, ``abs``, ``sqrt`` at 0).

`gradient` uses reverse mode with the same rules: all partial derivatives cost a few evaluations, however many variables
there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping, Sequence
from typing import NamedTuple

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
from lossland.expression.node import COMPARISONS, Node, constant, make, ordered, variable, varies
from lossland.expression.program import Program
from lossland.expression.sums import Sum, Sums, TooLongError, never_negative
from lossland.expression.table import derived, is_table

NAN = constant(math.nan)

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
    if not varies(v):
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


def _of_root(w: Node) -> tuple[Node, Node] | None:
    """Return c and u if w is c sqrt(u); else None."""
    scale, root = (w.args[0], w.args[1]) if w.op == "mul" and w.args[0].op == "const" else (ONE, w)
    return (scale, root.args[0]) if root.op == "sqrt" else None


def _cosine(function: str, sign: float) -> Rule:
    """Return the rule of cos and of cosh, whose slopes are ``sign`` times a ``function``.

    cos(c sqrt(u)) is smooth in u where sqrt(u) is not: its slope is -c^2/2 sin(w)/w, and sin(w)/w -> 1 at w = 0.
    """

    def rule(n: Node, d: Callable[[Node], Node]) -> Node:
        (w,) = n.args
        found = _of_root(w)
        if found is None:
            return times(constant(sign), times(make(function, w), d(w)))
        scale, u = found
        ratio = select(make("eq", w, ZERO), ONE, over(make(function, w), w))
        return times(constant(sign), times(times(HALF, times(scale, scale)), times(ratio, d(u))))

    return rule


def _where(n: Node, d: Callable[[Node], Node]) -> Node:
    test, a, b = n.args
    if a is ONE and b.op == "div" and b.args[0].op in ("sin", "sinh") and test is make("eq", b.args[1], ZERO):
        (w,) = b.args[0].args
        if w is b.args[1]:
            return _of_cardinal_sine(n, w, d)
    return select(test, d(a), d(b))


def _of_cardinal_sine(n: Node, w: Node, d: Callable[[Node], Node]) -> Node:
    """Return the derivative of sin(w)/w or sinh(w)/w, which are 1 at w = 0.

    (cos(w) - sin(w)/w) / w loses its digits near 0: there it is the series -w/3 (1 - w^2/10 (1 - w^2/28 (...))).
    """
    sine = n.args[2].args[0].op == "sin"
    found = _of_root(w)
    square = power(w, 2) if found is None else times(times(found[0], found[0]), found[1])
    signed = negative(square) if sine else square
    series = ONE
    for k in range(7, 0, -1):
        series = plus(ONE, times(over(signed, constant(2 * k * (2 * k + 3))), series))
    near = times(constant(-1 / 3 if sine else 1 / 3), series)
    far = over(minus(make("cos" if sine else "cosh", w), n), square)
    slope = select(make("lt", make("abs", square), constant(0.25)), near, far)  # over w
    if found is None:
        return times(times(slope, w), d(w))
    scale, u = found  # w' = c^2 u' / (2 w)
    return times(slope, times(times(HALF, times(scale, scale)), d(u)))


def _atan2(n: Node, d: Callable[[Node], Node]) -> Node:
    v, u = n.args
    square = plus(power(u, 2), power(v, 2))
    return unless_zero(square, over(minus(times(u, d(v)), times(v, d(u))), square))


def _atan(n: Node, d: Callable[[Node], Node]) -> Node:
    (u,) = n.args
    if u.op == "div":  # of a/b, which may be infinite: (a' b - a b') / (a^2 + b^2)
        a, b = u.args
        return over(minus(times(d(a), b), times(a, d(b))), plus(power(a, 2), power(b, 2)))
    return over(d(u), plus(ONE, power(u, 2)))


def _mod(n: Node, d: Callable[[Node], Node]) -> Node:
    u, v = n.args
    return minus(d(u), times(make("floor", over(u, v)), d(v)))


def _extreme(n: Node, d: Callable[[Node], Node]) -> Node:
    """Derivative of min and max: where both are equal the mean of their slopes, which is a subgradient of max.

    Then max + min and max * min have the slopes of a + b and a * b everywhere. The exception is max(u, 0) and the like,
    which have the slope 0 there, the usual convention for a rectifier.
    """
    a, b = n.args
    outside = select(make("gt" if n.op == "max" else "lt", a, b), d(a), d(b))
    if d(a) is d(b) or not varies(b):
        return outside
    if not varies(a):
        return select(make("lt" if n.op == "max" else "gt", a, b), d(b), ZERO)
    return select(make("eq", a, b), times(HALF, plus(d(a), d(b))), outside)


def _chain(slope: Callable[[Node, Node], Node]) -> Rule:
    """Return the rule f(u)' = slope(f(u), u) u'."""
    return lambda n, d: times(slope(n, n.args[0]), d(n.args[0]))


def _reciprocal(number: float, u: Node) -> Node:
    """Return the slope number / u of a logarithm, which is nan where the logarithm is."""
    slope = over(constant(number), u)
    return slope if never_negative(u) or Sums().is_positive(u) else select(make("lt", u, ZERO), NAN, slope)


def _inverse_sine_slope(u: Node) -> Node:
    inside = times(minus(ONE, u), plus(ONE, u))  # keeps its digits near 1 and -1
    return unless_zero(inside, over(ONE, make("sqrt", inside)))


def _table(n: Node, d: Callable[[Node], Node]) -> Node:
    """Derivative of a table lookup, by the chain rule: another lookup for each of its arguments."""
    result = ZERO
    for axis, arg in enumerate(n.args):
        slope = derived(n.op, axis)
        if slope is not None:
            result = plus(result, times(make(slope, *n.args), d(arg)))
    return result


RULES: dict[str, Rule] = {
    "add": lambda n, d: plus(d(n.args[0]), d(n.args[1])),
    "sub": lambda n, d: minus(d(n.args[0]), d(n.args[1])),
    "neg": lambda n, d: negative(d(n.args[0])),
    "mul": _mul,
    "div": _div,
    "pow": _pow,
    "exp": _chain(lambda n, u: n),
    "log": _chain(lambda n, u: _reciprocal(1.0, u)),
    "log2": _chain(lambda n, u: _reciprocal(1 / math.log(2), u)),
    "log10": _chain(lambda n, u: _reciprocal(1 / math.log(10), u)),
    "sqrt": _chain(lambda n, u: unless_zero(u, over(HALF, n))),
    "abs": _chain(lambda n, u: make("sign", u)),
    "sin": _chain(lambda n, u: make("cos", u)),
    "cos": _cosine("sin", -1.0),
    "tan": _chain(lambda n, u: plus(ONE, power(n, 2))),
    "asin": _chain(lambda n, u: _inverse_sine_slope(u)),
    "acos": _chain(lambda n, u: negative(_inverse_sine_slope(u))),
    "atan": _atan,
    "sinh": _chain(lambda n, u: make("cosh", u)),
    "cosh": _cosine("sinh", 1.0),
    "tanh": _chain(lambda n, u: over(ONE, power(make("cosh", u), 2))),  # 1 - tanh(u)^2 loses all its digits
    "atan2": _atan2,
    "mod": _mod,
    "min": _extreme,
    "max": _extreme,
    "where": _where,
}
"""Operations without a rule (numbers, ``sign``, ``floor``, comparisons ...) have the derivative 0."""


def rule_of(node: Node) -> Rule | None:
    """Return the rule of a node's operation, None where the derivative is 0."""
    return _table if is_table(node.op) else RULES.get(node.op)


def derivative(node: Node, name: str) -> Node:
    """Return the derivative of ``node`` by the variable ``name``."""
    return directional([node], {name: ONE})[0]


def directional(nodes: Sequence[Node], direction: Mapping[str, Node]) -> list[Node]:
    """Return the derivatives of nodes along a direction, which has a component for some variables (others: 0).

    Applied to a gradient this is the Hessian times the direction.
    """
    known: dict[Node, Node] = {}
    sums = Sums()
    for part in ordered(nodes):
        if part.op == "var":
            known[part] = direction.get(part.name, ZERO)
        elif rule_of(part) is not None and any(known[arg] is not ZERO for arg in part.args):
            known[part] = _by_rule(part, known.__getitem__, known, sums)
        else:
            known[part] = ZERO
    return [known[node] for node in nodes]


def _by_rule(node: Node, d: Callable[[Node], Node], inside: Container[Node], sums: Sums) -> Node:
    """Return the derivative of a node by those of nodes inside it."""
    by_terms = _of_quotient(node, d, inside, sums) if node.op in _QUOTIENTS else None
    if by_terms is not None:
        return by_terms
    rule = rule_of(node)
    assert rule is not None
    return rule(node, d)


# ----------------------------------------------------------------------------------------------------- reverse mode


def gradient(node: Node, names: Sequence[str]) -> list[Node]:
    """Return the derivatives of ``node`` by each of the variables, from one reverse sweep.

    A node's *adjoint* is the derivative of the whole by that node. A node passes its adjoint on to the nodes inside
    it, each times the derivative by that one. Parts that several derivatives share are the same nodes.
    """
    order = ordered([node])
    inside, sums, risks = set(order), Sums(), _Risks()
    for part in order:  # arguments first: sums are taken apart without recursion
        sums.of(part)
    varying = _varying(order)
    passed: dict[Node, list[_Adjoint]] = {node: [_Adjoint(ONE, chosen=False)]}
    for part in reversed(order):
        if part.op == "var" or part not in passed or rule_of(part) is None:
            continue
        adjoint, chosen = _total(passed.pop(part))
        for inner, slope in _slopes(part, inside, sums):
            if inner in varying and slope is not ZERO:
                product = times(adjoint, slope)
                if chosen and risks.may_be_infinite(slope):
                    product = unless_zero(adjoint, product)  # a zero adjoint stays zero: 0 * inf is nan
                passed.setdefault(inner, []).append(_Adjoint(product, chosen or part.op in _CHOICES))
    nothing = [_Adjoint(ZERO, chosen=False)]
    return [_total(passed.get(variable(name), nothing)).node for name in names]


class _Adjoint(NamedTuple):
    """An adjoint, and whether it is 0 where the node was not ``chosen``: where a ``where`` takes its other branch."""

    node: Node
    chosen: bool


_CHOICES = ("where", "min", "max")


def _total(parts: Sequence[_Adjoint]) -> _Adjoint:
    result = parts[0].node
    for part in parts[1:]:
        result = plus(result, part.node)
    return _Adjoint(result, all(part.chosen for part in parts))


_FINITE = {
    *COMPARISONS,
    *("var", "add", "sub", "mul", "neg", "where", "abs", "sign", "floor", "min", "max", "sin", "cos", "tanh"),
}


class _Risks:
    """Finds which expressions may be infinite or nan although their variables are finite."""

    def __init__(self) -> None:
        self._known: dict[Node, bool] = {}

    def may_be_infinite(self, node: Node) -> bool:
        """Return whether this one may."""
        for part in ordered([node], self._known):
            self._known[part] = self._by_itself(part) or any(self._known[arg] for arg in part.args)
        return self._known[node]

    @staticmethod
    def _by_itself(node: Node) -> bool:
        if node.op == "const":
            return not math.isfinite(node.value)
        if node.op == "pow":
            exponent = node.args[1].number
            return exponent is None or exponent < 0 or not exponent.is_integer()
        return node.op not in _FINITE


def _slopes(node: Node, inside: Container[Node], sums: Sums) -> list[tuple[Node, Node]]:
    """Return the nodes inside a node that its derivative depends on, and the derivative by each of them.

    A rule is linear in the derivatives that it requests: a first call collects which these are, then one call for each
    gives its coefficient.
    """
    asked: dict[Node, Node] = {}
    _by_rule(node, lambda inner: asked.setdefault(inner, ONE), inside, sums)

    def by(one: Node) -> Node:
        return _by_rule(node, lambda inner: ONE if inner is one else ZERO, inside, sums)

    return [(one, by(one)) for one in asked]


def _varying(order: Sequence[Node]) -> set[Node]:
    """Return the nodes that depend on a variable; ``order`` has arguments first."""
    found: set[Node] = set()
    for node in order:
        if node.op == "var" or not found.isdisjoint(node.args):
            found.add(node)
    return found


# -------------------------------------------------------------------------------------------- quotients, term by term

_QUOTIENTS = ("div", "pow", "sqrt", "mul")


def _of_quotient(node: Node, d: Callable[[Node], Node], inside: Container[Node], sums: Sums) -> Node | None:
    """Return the derivative of a quotient or root of wild sums of exponentials (`Sums.is_wild`); else None.

    Each term c e^L f^p ... has the slope c e^L f^p ... (L' + p f'/f + ...). Cancelling over the common divisor is then
    exact: e^x / (1 + e^x) gives e^x / (1 + e^x)^2, where a difference of rounded numbers would be 0.
    """
    found = sums.of(node)
    if not any(sums.is_wild(factor) and p < 1 for term in found for factor, p in term.factors):
        return None

    def of(part: Node) -> Node:
        """Return a derivative; `Sums` may introduce a cosh or tanh that is not a part of the expression."""
        return d(part) if part in inside else RULES[part.op](part, d)

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

"""Arithmetic on nodes that simplifies zeros and ones away and moves numbers and signs to the front of products."""

from __future__ import annotations

from lossland.expression.node import Node, constant, make

ZERO, ONE, TWO, HALF = constant(0), constant(1), constant(2), constant(0.5)


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
    """Return a b, with numbers and signs moved to the front."""
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

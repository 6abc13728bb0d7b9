"""Expressions as sums of products of powers and exponentials, the normal form that `stable` works on.

A `Sum` is a sum of terms c e^L f1^p1 f2^p2 ...: a number c, an exponent L that is linear in nodes, and powers of nodes.
So e^x / (1 + e^x) is one term with L = x and the factor (1 + e^x)^-1, and exponentials cancel by adding exponents. Only
what has exponentials in it is expanded; everything else stays one factor, as its author wrote it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from lossland.expression.arithmetic import ONE, ZERO, minus, over, plus, power, times
from lossland.expression.node import Node, constant, make, value_of

MOST_TERMS = 48  # a sum that grows beyond this is left alone

Powers = frozenset[tuple[Node, float]]
NOTHING: Powers = frozenset()


class Term(NamedTuple):
    """e^(sum of a node times a number) times a product of nodes to a power."""

    exponent: Powers
    factors: Powers


Sum = dict[Term, float]
NUMBER = Term(NOTHING, NOTHING)


class TooLongError(Exception):
    """A sum has too many terms to be worth expanding."""


def added(a: Powers, b: Powers, scale: float = 1.0) -> Powers:
    """Return a + scale b, as linear forms; what cancels is dropped."""
    result = dict(a)
    for node, number in b:
        value = result.get(node, 0.0) + scale * number
        if abs(value) > 1e-12 * abs(scale * number):
            result[node] = value
        else:
            result.pop(node, None)
    return frozenset(result.items())


def scaled(a: Powers, scale: float) -> Powers:
    """Return scale a."""
    return frozenset((node, scale * number) for node, number in a)


class Sums:
    """Expands expressions to sums, with a cache. Results are ordered by the first occurrence of their nodes."""

    def __init__(self) -> None:
        self._sums: dict[Node, Sum] = {}
        self._wild: dict[Node, bool] = {}
        self._rank: dict[Node, int] = {}

    # -------------------------------------------------------------------------------------------- expanding
    def of(self, node: Node) -> Sum:
        """Return an expression as a sum."""
        if node not in self._sums:
            try:
                self._sums[node] = self._expand(node)
            except TooLongError:
                self._sums[node] = self.factor(node)
        return self._sums[node]

    def factor(self, node: Node, exponent: float = 1.0) -> Sum:
        """Return a power of a node as a single factor, not expanded."""
        self._rank.setdefault(node, len(self._rank))
        return {Term(NOTHING, frozenset([(node, exponent)])): 1.0}

    def _expand(self, node: Node) -> Sum:
        match node.op:
            case "const":
                return {NUMBER: node.value} if node.value else {}
            case "neg":
                return {term: -number for term, number in self.of(node.args[0]).items()}
            case "add" | "sub":
                return self.joined(self.plain(node))
            case "mul":
                return self.product(self.part(node.args[0]), self.part(node.args[1]))
            case "div":
                return self.product(self.part(node.args[0]), self.raised(node.args[1], -1.0))
            case "pow" if (exponent := value_of(node.args[1])) is not None:
                return self.raised(node.args[0], exponent)
            case "pow" if (base := node.args[0]).op == "const" and base.value > 0:
                return {Term(scaled(self.linear(node.args[1]), math.log(base.value)), NOTHING): 1.0}
            case "sqrt":
                return self.raised(node.args[0], 0.5)
            case "exp":
                return {Term(self.linear(node.args[0]), NOTHING): 1.0}
            case "sinh":  # as tanh cosh, which loses no digits near 0
                tangent, cosine = make("tanh", *node.args), make("cosh", *node.args)
                return self.product(self.factor(tangent), self.factor(cosine))
            case _:
                return self.factor(node)

    def plain(self, node: Node) -> Sum:
        """Return a sum or a difference term by term, without looking for cancellation over a common divisor."""
        sign = 1.0 if node.op == "add" else -1.0
        return self.total([(1.0, self.of(node.args[0])), (sign, self.of(node.args[1]))])

    def part(self, node: Node) -> Sum:
        """Return a factor as a sum; a long one stays a single factor unless an exponential in it may be large."""
        found = self.of(node)
        return found if len(found) <= 1 or any(map(self._may_be_large, found)) else self.factor(node)

    def _may_be_large(self, term: Term) -> bool:
        large = term.exponent or any(node.op == "cosh" and p > 0 for node, p in term.factors)
        return bool(large) and not any(p < 0 and self.is_wild(node) for node, p in term.factors)

    def raised(self, node: Node, exponent: float) -> Sum:
        """Return a power of a node. A divisor is not expanded."""
        if exponent.is_integer() and exponent < 0 and node.op in ("mul", "div"):
            sign = 1.0 if node.op == "mul" else -1.0
            below = self.raised(node.args[1], sign * exponent) if sign * exponent != 1 else self.part(node.args[1])
            return self.product(self.raised(node.args[0], exponent), below)
        found = self.part(node)
        if len(found) != 1 or abs(exponent) > 100:
            return self.factor(node, exponent)
        ((term, number),) = found.items()
        if not 1e-3 <= abs(number) <= 1e3:  # its power may be too large
            return self.factor(node, exponent)
        whole = exponent.is_integer()
        if not whole and (number < 0 or any(not self.is_positive(factor) for factor, _ in term.factors)):
            rest = self.node({Term(NOTHING, term.factors): number})
            return self.product({Term(scaled(term.exponent, exponent), NOTHING): 1.0}, self.factor(rest, exponent))
        return {Term(scaled(term.exponent, exponent), scaled(term.factors, exponent)): number**exponent}

    def linear(self, node: Node) -> Powers:
        """Return an expression as a linear form, a sum of nodes times numbers, for an exponent.

        Numbers are multiplied only into single nodes: 40 (x - 1) loses digits as 40 x - 40.
        """
        self._rank.setdefault(node, len(self._rank))
        if node.op == "const":
            return frozenset([(ONE, node.value)]) if node.value else NOTHING
        if node.op == "neg":
            return scaled(self.linear(node.args[0]), -1.0)
        if node.op in ("add", "sub"):
            a, b = map(self.linear, node.args)
            return added(a, b, 1.0 if node.op == "add" else -1.0)
        if node.op == "div" and node.args[0].op == "neg":
            return scaled(self.linear(make("div", node.args[0].args[0], node.args[1])), -1.0)
        if node.op == "mul" and (number := node.args[0].number or node.args[1].number):
            other = node.args[1] if node.args[0].number else node.args[0]
            inner = self.linear(other)
            return scaled(inner if len(inner) == 1 else frozenset([(other, 1.0)]), number)
        return frozenset([(node, 1.0)])

    # --------------------------------------------------------------------------------------- sums and products
    def total(self, parts: Iterable[tuple[float, Sum]]) -> Sum:
        """Return the sum of sums, each times a number. Terms that cancel are dropped."""
        result: Sum = {}
        for scale, part in parts:
            for term, number in part.items():
                result[term] = result.get(term, 0.0) + scale * number
                if abs(result[term]) <= 1e-12 * abs(scale * number):
                    del result[term]
        if len(result) > MOST_TERMS:
            raise TooLongError
        return result

    def product(self, a: Sum, b: Sum) -> Sum:
        """Return the expanded product of two sums."""
        if len(a) * len(b) > MOST_TERMS:
            raise TooLongError
        return self.total(
            (m * n, {Term(added(s.exponent, t.exponent), added(s.factors, t.factors)): 1.0})
            for s, m in a.items()
            for t, n in b.items()
        )

    def expanded(self, node: Node) -> Sum:
        """Return a sum with every cosh in it written as two exponentials."""
        if node.op == "cosh":
            return self.exponentials(node, 1.0)
        return self.total((number, self.opened(term)) for term, number in self.of(node).items())

    def opened(self, term: Term) -> Sum:
        """Return a term with every cosh in the numerator written as two exponentials."""
        result: Sum = {Term(term.exponent, NOTHING): 1.0}
        for factor, exponent in self.in_order(term.factors):
            cosine = factor.op == "cosh" and exponent.is_integer() and 0 < exponent <= 4
            for _ in range(int(exponent) if cosine else 1):
                result = self.product(
                    result, self.exponentials(factor, 1.0) if cosine else self.factor(factor, exponent)
                )
        return result

    def exponentials(self, node: Node, sign: float) -> Sum:
        """Return (e^w + sign e^-w) / 2 for a function of w."""
        exponent = self.linear(node.args[0])
        falling = Term(scaled(exponent, -1.0), NOTHING)
        return self.total([(0.5, {Term(exponent, NOTHING): 1.0}), (0.5 * sign, {falling: 1.0})])

    # -------------------------------------------------------------------------------------------- what is known
    def is_wild(self, node: Node) -> bool:
        """Return whether a node is *wild*: a sum of exponentials that can overflow, or all underflow."""
        if node not in self._wild:
            self._wild[node] = False  # ends the recursion
            self._wild[node] = node.op == "cosh" or (node.op in ("add", "sub") and self._is_wild(node))
        return self._wild[node]

    def _is_wild(self, node: Node) -> bool:
        found = self.expanded(node)
        if len(found) < 2 or not any(term.exponent for term in found):
            return False
        if any(p < 0 and self.is_wild(factor) for term in found for factor, p in term.factors):
            return False  # already divided
        tame = any(term == NUMBER for term in found)
        return not (tame and all(self.falls(term.exponent) for term in found))

    def falls(self, exponent: Powers) -> bool:
        """Return whether an exponent is never above 0."""
        return all(number < 0 and (node is ONE or never_negative(node)) for node, number in exponent)

    def is_positive(self, node: Node) -> bool:
        """Return whether a node is certainly positive: a sum of exponentials with positive coefficients."""
        if node.op in ("cosh", "exp"):
            return True
        found = self.of(node)
        return (self.is_wild(node) or len(found) == 1) and all(
            number > 0 and all(factor is not node and self.is_positive(factor) for factor, _ in term.factors)
            for term, number in (self.expanded(node) if self.is_wild(node) else found).items()
        )

    # ------------------------------------------------------------------------------------------ common divisors
    def joined(self, sum_: Sum) -> Sum:
        """Return the sum over a common divisor, with hyperbolic functions as exponentials, if terms then cancel.

        Also if they do not, but would cancel numerically as soon as one exponential dominates the others.
        """
        if len(sum_) < 2 or len(sum_) > 12:
            return sum_
        try:
            result = self._over_one_divisor(sum_)
            if len(result) == len(sum_) and any(node.op in ("tanh", "cosh") for t in sum_ for node, _ in t.factors):
                result = self._over_one_divisor(self._hyperbolic_expanded(sum_))
        except TooLongError:
            return sum_
        shorter = len(result) < len(sum_)
        return result if shorter or (self._saturates(sum_) and not self._saturates(result)) else sum_

    def _saturates(self, sum_: Sum) -> bool:
        """Return whether the largest terms of a sum cancel where one exponential of a divisor dominates the others.

        Then e^x / (e^x + e^y + 1) and its square are 1, and their difference is only rounding error.
        """
        divisors = (node for term in sum_ for node, p in term.factors if p < 0 and self.is_wild(node))
        for divisor in dict.fromkeys(divisors):
            for dominant in dict.fromkeys(term.exponent for term in self.expanded(divisor)):
                sizes: dict[Term, list[float]] = {}
                for term, number in sum_.items():
                    rest = frozenset(item for item in term.factors if item[0] is not divisor)
                    exponent = added(term.exponent, dominant, dict(term.factors).get(divisor, 0.0))
                    sizes.setdefault(Term(exponent, rest), []).append(number)
                if any(len(found) > 1 and abs(sum(found)) < 1e-9 * max(map(abs, found)) for found in sizes.values()):
                    return True
        return False

    def _hyperbolic_expanded(self, sum_: Sum) -> Sum:
        """Return a sum with tanh as sinh / cosh, and these as exponentials where they are in the numerator."""
        parts: list[tuple[float, Sum]] = []
        for term, number in sum_.items():
            part: Sum = {Term(term.exponent, NOTHING): 1.0}
            for factor, exponent in self.in_order(term.factors):
                own = self.factor(factor, exponent)
                if factor.op == "tanh" and exponent in (1.0, 2.0):
                    one = self.product(self.exponentials(factor, -1.0), self.factor(make("cosh", *factor.args), -1.0))
                    own = one if exponent == 1.0 else self.product(one, one)
                part = self.product(part, own)
            parts += [(number * scale, self.opened(inner)) for inner, scale in part.items()]
        return self.total(parts)

    def _over_one_divisor(self, sum_: Sum) -> Sum:
        divisors: dict[Node, float] = {}
        for term in sum_:
            for node, exponent in term.factors:
                if exponent < 0 and exponent.is_integer() and self.is_wild(node):
                    divisors[node] = max(divisors.get(node, 0.0), -exponent)
        parts: list[tuple[float, Sum]] = []
        for term, number in sum_.items():
            part: Sum = {term: 1.0}
            own = dict(term.factors)
            for node, most in divisors.items():
                missing = most + min(0.0, own.get(node, 0.0))
                for _ in range(int(missing)):
                    part = self.product(part, self.product(self.expanded(node), self.factor(node, -1.0)))
            parts.append((number, part))
        return self.total(parts)

    # -------------------------------------------------------------------------------------- back to expressions
    def in_order(self, powers: Powers) -> Iterator[tuple[Node, float]]:
        """Yield nodes and numbers in the order in which the nodes first occurred."""
        for node, _ in powers:
            self._rank.setdefault(node, -1 if node is ONE else len(self._rank))
        return iter(sorted(powers, key=lambda item: self._rank[item[0]]))

    def exponent(self, exponent: Powers) -> Node:
        """Return a linear form as an expression; its number comes last."""
        result = ZERO
        number = 0.0
        for node, factor in self.in_order(exponent):
            if node is ONE:
                number = factor
            else:
                result = plus(result, times(constant(factor), node))
        return plus(result, constant(number)) if number > 0 else minus(result, constant(-number))

    def node(self, sum_: Sum, exponential: Callable[[Powers], Node] | None = None) -> Node:
        """Return a sum as an expression, with ``exponential`` making the nodes e^L."""
        exponential = exponential or (lambda exponent: make("exp", self.exponent(exponent)))
        result = ZERO
        for term, number in sum_.items():
            above, below = constant(number), ONE
            for factor, exponent in self.in_order(term.factors):
                if exponent > 0:
                    above = times(above, power(factor, exponent))
                else:
                    below = times(below, power(factor, -exponent))
            if term.exponent:
                above = times(above, exponential(term.exponent))
            result = plus(result, over(above, below))
        return result


def never_negative(node: Node) -> bool:
    """Return whether an expression is certainly 0 or more wherever it is defined."""
    match node.op:
        case "const":
            return node.value >= 0
        case "pow":
            exponent = node.args[1].number
            return exponent is not None and (exponent % 2 == 0 or never_negative(node.args[0]))
        case "sqrt" | "abs" | "exp" | "cosh":
            return True
        case "add" | "div":
            return all(map(never_negative, node.args))
        case "mul":
            return node.args[0] is node.args[1] or all(map(never_negative, node.args))
        case _:
            return False

"""Expressions rewritten to be accurate where a plain evaluation overflows, saturates or divides zero by zero.

An expression keeps the form of its author; this is what a `Program` makes of it before it runs. What changes:

* Quotients and roots of sums of exponentials, such as the logistic function, the softmax and 1/cosh: the largest
  exponential is divided out above and below, so that none exceeds 1.
* log(e^x + e^y) and the like: the largest exponent is taken out. log(1 + u) keeps its digits where u is small.
* Products of exponentials are combined by adding exponents: e^x / e^y, e^-x cosh(x).
* Sums in which exponentials cancel, such as 1 - 1/(1 + e^-x) and 1 - tanh(x)^2, are put over their common divisor.
* A product with an exponential that underflows to 0 is 0, however large its other factors are.

An expression without exponentials and logarithms is not touched.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations_with_replacement, product

from lossland.expression.arithmetic import HALF, ONE, TWO, ZERO, minus, negative, over, plus, power, select, times
from lossland.expression.node import Node, constant, make, ordered, value_of
from lossland.expression.sums import NOTHING, Powers, Sum, Sums, Term, TooLongError, added

_CONCERNED = {"exp", "cosh", "sinh", "tanh", "log", "log2", "log10"}
_BOUNDED = {"sin", "cos", "tanh", "atan", "atan2", "asin", "acos", "sign", "lt", "le", "gt", "ge", "eq", "ne"}
_POLYNOMIAL = {"const", "var", "add", "sub", "mul", "neg"}
DEEPEST_MATCH = 4  # highest power of a divisor whose exponentials are matched with the numerator's
MOST_WAYS = 500  # assignments that are tried


def stable(outputs: Sequence[Node]) -> list[Node]:
    """Return expressions equal to the given ones that stay accurate where a plain evaluation does not."""
    nodes = ordered(outputs)
    if not any(node.op in _CONCERNED or _is_exponential_power(node) for node in nodes):
        return list(outputs)
    return _Rewriting().all(nodes, outputs)


def _is_exponential_power(node: Node) -> bool:
    return node.op == "pow" and node.args[0].op == "const" and node.args[1].op != "const"


class _Rewriting:
    """One pass over some expressions: ``new`` maps each node to its rewritten form."""

    def __init__(self) -> None:
        self.sums = Sums()
        self.new: dict[Node, Node] = {}
        self.grown: dict[Node, bool] = {}
        self.faded: dict[Node, bool] = {}
        self.polynomial: dict[Node, bool] = {}

    def all(self, nodes: Sequence[Node], outputs: Sequence[Node]) -> list[Node]:
        """Rewrite nodes, each after its arguments, and return the rewritten outputs."""
        for node in nodes:
            self.sums.of(node)
            self.new[node] = self._rewritten(node)
        return [self.new[node] for node in outputs]

    def _rewritten(self, node: Node) -> Node:
        try:
            if node.op in ("mul", "div", "pow", "sqrt", "neg") and self._is_endangered(node):
                return self._written(self.sums.of(node))
            if node.op in ("add", "sub") and (better := self._cancelled(node)) is not None:
                return better
            if node.op in ("log", "log2", "log10"):
                return self._logarithm(node)
        except TooLongError:
            pass  # not worth rewriting
        if not node.args:
            return node
        args = [self.new[arg] for arg in node.args]
        if node.op == "mul":
            args = self._guarded(args)
        return make(node.op, *args) if any(a is not b for a, b in zip(args, node.args, strict=True)) else node

    # ---------------------------------------------------------------------------------------------- what to rewrite
    def _is_endangered(self, node: Node) -> bool:
        """Return whether a product has a wild divisor or root, or several exponentials."""
        found = self.sums.of(node)
        if self._has_divisor(found):
            return True
        if node.op in ("mul", "div") and any(self._has_divisor(self.sums.part(arg)) for arg in node.args):
            return True
        if node.op == "div" and self._has_divisor(self.sums.raised(node.args[1], -1.0)):
            return True
        if node.op not in ("mul", "div") or not any(term.exponent for term in map(self._only, node.args) if term):
            return False
        a, b = map(self._only, node.args)
        if node.op == "div" and b is not None and b.exponent:
            return True
        return a is not None and b is not None and self._has_exponential(a) and self._has_exponential(b)

    def _has_divisor(self, found: Sum) -> bool:
        """Return whether a sum has a wild divisor or root."""
        return any(p < 1 and self.sums.is_wild(factor) for term in found for factor, p in term.factors)

    def _only(self, node: Node) -> Term | None:
        """Return the term of a sum of one term."""
        found = self.sums.of(node)
        return next(iter(found)) if len(found) == 1 else None

    @staticmethod
    def _has_exponential(term: Term) -> bool:
        return bool(term.exponent) or any(factor.op == "cosh" for factor, _ in term.factors)

    def _cancelled(self, node: Node) -> Node | None:
        """Return what is left of a sum in which exponentials cancel, such as 1 - 1/(1 + e^-x)."""
        found, plain = self.sums.of(node), self.sums.plain(node)
        if len(found) == 2 and (small := self._less_one(found)) is not None:
            return small
        return self._written(found) if found != plain else None

    def _less_one(self, found: Sum) -> Node | None:
        """Return e^w - 1, or a multiple, as tanh(w/2) (e^w + 1): it keeps its digits where w is small."""
        (a, m), (b, n) = found.items()
        if m + n != 0 or a.factors or b.factors or bool(a.exponent) == bool(b.exponent):
            return None
        exponent, number = (a.exponent, m) if a.exponent else (b.exponent, n)
        if self.sums.falls(exponent):  # e^w never exceeds 1: as written it is accurate where w is large
            return None
        w = self.exponent(exponent)
        return times(constant(number), times(make("tanh", times(HALF, w)), plus(make("exp", w), ONE)))

    # -------------------------------------------------------------------------------------------- stable quotients
    def _written(self, found: Sum) -> Node:
        """Write a sum as an expression, scaled by the largest exponential of each of its wild divisors."""
        groups: dict[Powers, Sum] = {}
        for term, number in self._with_cosh_expanded(found).items():
            wild = frozenset(item for item in term.factors if self.sums.is_wild(item[0]))
            if not term.exponent and all(p >= 1 for _, p in wild):
                wild = NOTHING  # large only where the whole is
            groups.setdefault(wild, {})[Term(term.exponent, term.factors - wild)] = number
        result = ZERO
        for wild, above in groups.items():
            result = plus(result, self._quotient(above, list(self.sums.in_order(wild))))
        return result

    def _with_cosh_expanded(self, found: Sum) -> Sum:
        """Return a sum with every cosh beside exponentials written as two of them."""
        parts: list[tuple[float, Sum]] = []
        for term, number in found.items():
            meets = term.exponent or any(p < 0 and self.sums.is_wild(node) for node, p in term.factors)
            part = self.sums.opened(term) if meets else {term: 1.0}
            parts.append((number, part))
        return self.sums.total(parts)

    def _quotient(self, above: Sum, wild: list[tuple[Node, float]]) -> Node:
        """Return a sum times powers of wild sums."""
        scales = [_Scale(self, node) for node, _ in wild]
        roots, divisors = ONE, ONE
        for scale, (_, exponent) in zip(scales, wild, strict=True):
            if exponent > 0:
                roots = times(roots, power(scale.rest, exponent))
            else:
                divisors = times(divisors, power(scale.rest, -exponent))

        def exponential(exponent: Powers) -> Node:
            return self._exponential(exponent, [(scale, p) for scale, (_, p) in zip(scales, wild, strict=True)])

        numerator, tangent = ZERO, ONE
        if len(above) == 2 and wild:
            (a, m), (b, n) = above.items()
            if m + n == 0 and a.factors == b.factors:  # e^a - e^b is tanh((a - b)/2) (e^a + e^b)
                half = times(HALF, self.exponent(added(a.exponent, b.exponent, -1.0)))
                above, tangent = {a: m, b: m}, make("tanh", half)
        for term, number in above.items():
            share, below = self.factors(term, number)
            shrunk = exponential(term.exponent) if term.exponent or wild else ONE
            numerator = plus(numerator, over(self.safe_product(share, shrunk), below))
        return over(times(times(tangent, numerator), roots), divisors)

    def factors(self, term: Term, number: float) -> tuple[Node, Node]:
        """Return a number times what of a term is above the line, without its exponential, and what is below."""
        above, below = constant(number), ONE
        for factor, exponent in self.sums.in_order(term.factors):
            if exponent > 0:
                above = times(above, power(self.fresh(factor), exponent))
            else:
                below = times(below, power(self.fresh(factor), -exponent))
        return above, below

    def fresh(self, node: Node) -> Node:
        """Return the rewritten form of a node that the rewriting introduced."""
        for part in ordered([node]):
            if part not in self.new:
                self.new[part] = self._rewritten(part)
        return self.new[node]

    def exponent(self, exponent: Powers) -> Node:
        return self.sums.exponent(frozenset((self.fresh(node), number) for node, number in exponent))

    def _exponential(self, exponent: Powers, scales: list[tuple[_Scale, float]]) -> Node:
        """Return e^exponent times, for each scale, its largest exponential to a power."""
        if (matched := self._matched(exponent, scales)) is not None:
            return matched
        if not scales:
            return make("exp", self.exponent(exponent)) if exponent else ONE
        if len(scales) == 1:
            ((scale, p),) = scales
            if (alone := scale.alone(exponent, -p)) is not None:
                return alone
            total, *choices = [self.exponent(added(exponent, own, p)) for own in scale.exponents]
            for choice in choices:
                total = make("min" if p < 0 else "max", total, choice)
        else:
            total = self.exponent(exponent)
            for scale, p in scales:
                total = plus(total, times(constant(p), scale.largest))
        return make("exp", total)

    def _matched(self, exponent: Powers, scales: list[tuple[_Scale, float]]) -> Node | None:
        """Return e^exponent as a product of the exponentials of divisors, as many of each as its power; None if the
        remainder still shares a node with them."""
        own = {node for scale, _ in scales for one in scale.exponents for node, _ in one}
        ways = [scale.choices(-p) for scale, p in scales]
        if not scales or math.prod(map(len, ways)) > MOST_WAYS:
            return None
        for way in product(*ways):
            left = exponent
            for chosen in way:
                for one in chosen:
                    left = added(left, one, -1.0)
            if own.isdisjoint(node for node, _ in left):
                taken = [(scale, one) for (scale, _), chosen in zip(scales, way, strict=True) for one in chosen]
                if left:  # as one exponential: two factors could be 0 and infinite
                    total = self.exponent(left)
                    for scale, one in taken:
                        total = plus(total, scale.least(one))
                    return make("exp", total)
                result = ONE
                for scale, one in taken:
                    result = times(result, scale.shrunk[one])
                return result
        return None

    # -------------------------------------------------------------------------------------------------- logarithms
    def _logarithm(self, node: Node) -> Node:
        """Return the logarithm of a sum with its largest exponential taken out."""
        (u,) = node.args
        found = self.sums.of(u)
        result: Node | None = None
        if len(found) == 1:
            ((term, number),) = found.items()
            if (
                number > 0
                and (term.exponent or term.factors)
                and all(self.sums.is_positive(factor) for factor, _ in term.factors)
            ):
                result = self._log_of_product(term)
                if number != 1:
                    result = plus(result, make("log", constant(number)))
        elif self.sums.is_wild(u):
            result = self._log_of_sum(u)
        if result is None and u.op in ("add", "sub"):
            a, b = (self.new[arg] for arg in u.args)
            if a is ONE or (b is ONE and u.op == "add"):
                result = log_one_plus(b if u.op == "add" and a is ONE else negative(b) if a is ONE else a)
        if result is None:
            return make(node.op, self.new[u])
        bases = {"log": ONE, "log2": make("log", TWO), "log10": make("log", constant(10))}
        return over(result, bases[node.op])

    def _log_of_product(self, term: Term) -> Node:
        """Return the logarithm of positive factors."""
        factors = list(self.sums.in_order(term.factors))
        if len(factors) == 1:
            ((factor, p),) = factors
            expanded = list(self.sums.expanded(factor).items())
            if len(expanded) == 2 and all(number == 1 and not own.factors for own, number in expanded):
                # log(e^L (e^a + e^b)^p): the larger of a and b may cancel against L
                a, b = (own.exponent for own, _ in expanded)
                ends = [self.exponent(added(term.exponent, own, p)) for own in (a, b)]
                apart = make("abs", self.exponent(added(a, b, -1.0)))
                rest = log_one_plus(make("exp", negative(apart)))
                return plus(make("max" if p > 0 else "min", *ends), times(constant(p), rest))
        result = self.exponent(term.exponent)
        for factor, p in factors:
            result = plus(result, times(constant(p), self._log_of_sum(factor)))
        return result

    def _log_of_sum(self, node: Node) -> Node:
        """Return the logarithm of a positive or wild sum of exponentials."""
        if node.op == "cosh":
            return self._log_of_cosh(node)
        if node.op == "exp":
            return self.new[node.args[0]]
        expanded = self.sums.expanded(node)
        if any(term.factors or number <= 0 for term, number in expanded.items()):
            scale = _Scale(self, node)
            return plus(scale.largest, make("log", scale.rest))
        result: Node | None = None
        for term, number in expanded.items():
            w = self.exponent(term.exponent)
            if number != 1:
                w = plus(w, make("log", constant(number)))
            if result is None:
                result = w
            else:
                apart = make("abs", minus(result, w))
                result = plus(make("max", result, w), log_one_plus(make("exp", negative(apart))))
        return ZERO if result is None else result

    def _log_of_cosh(self, node: Node) -> Node:
        """Return log(cosh(w)) = log(1 + 2 sinh(w/2)^2), or |w| + log(1 + e^-2|w|) - log(2) where w is large."""
        size = make("abs", self.fresh(node.args[0]))
        near = log_one_plus(times(TWO, power(make("sinh", times(HALF, make("min", size, ONE))), 2)))
        far = minus(plus(size, log_one_plus(make("exp", times(constant(-2), size)))), make("log", TWO))
        return select(make("lt", size, ONE), near, far)

    # ---------------------------------------------------------------------------------------- zeros in products
    def _guarded(self, args: list[Node]) -> list[Node]:
        """Keep 0 * inf from becoming nan: guard a factor that may be infinite beside an exponential that underflows."""
        for one, other in ((0, 1), (1, 0)):
            if self._fades(args[one]) and self._grows(args[other]):
                args[other] = self._harmless(args[other], args[one])
                break
        return args

    def safe_product(self, a: Node, b: Node) -> Node:
        return times(self._harmless(a, b) if self._fades(b) and self._grows(a) else a, b)

    def _harmless(self, node: Node, beside: Node) -> Node:
        """Return an expression, but 1 (nan if it is nan) where the factor ``beside`` it is 0."""
        test = make("eq", _exponential_of(beside), ZERO)
        for part in ordered([node], self.polynomial):
            own = part.op in _POLYNOMIAL or (part.op == "pow" and (value_of(part.args[1]) or 0.5).is_integer())
            self.polynomial[part] = own and all(self.polynomial[arg] for arg in part.args)
        return select(test, ONE if self.polynomial[node] else make("sign", node), node)

    def _fades(self, node: Node) -> bool:
        """Return whether an expression has an exponential in every term, and so underflows to 0 with them."""
        for part in ordered([node], self.faded):
            args = [self.faded[arg] for arg in part.args]
            match part.op:
                case "exp":
                    self.faded[part] = True
                case "where":
                    self.faded[part] = any(args[1:])
                case "mul" | "neg":
                    self.faded[part] = any(args)
                case op:
                    self.faded[part] = op in ("add", "sub") and all(args)
        return self.faded[node]

    def _grows(self, node: Node) -> bool:
        """Return whether an expression may be infinite although its variables are finite."""
        for part in ordered([node], self.grown):
            self.grown[part] = self._grows_by_itself(part)
        return self.grown[node]

    def _grows_by_itself(self, node: Node) -> bool:
        if not node.args or _is_bounded(node):
            return False
        if node.op in ("exp", "sinh", "cosh", "tan", "log", "log2", "log10"):
            return True
        variable = [arg for arg in node.args if arg.op != "const" and not _is_bounded(arg)]
        if node.op == "mul" and len(variable) > 1:
            return True
        if node.op == "div" and node.args[1] in variable:
            return True
        if node.op == "pow" and variable and not 0 <= (value_of(node.args[1]) or 2.0) <= 1:
            return True
        return any(self.grown[arg] for arg in node.args)


class _Scale:
    """A wild sum: its ``exponents``, the ``largest`` of them, and the ``rest`` if e^largest is divided out."""

    def __init__(self, rewriting: _Rewriting, node: Node) -> None:
        self.rewriting, self.node = rewriting, node
        expanded = rewriting.sums.expanded(node)
        self.exponents = list(dict.fromkeys(term.exponent for term in expanded))
        self.shrunk = dict(zip(self.exponents, self._shrink(), strict=True))
        self.rest = ZERO
        for term, number in expanded.items():
            share, below = rewriting.factors(term, number)
            shrunk = self.shrunk[term.exponent]
            self.rest = plus(self.rest, over(rewriting.safe_product(share, shrunk), below))

    @property
    def largest(self) -> Node:
        """The largest exponent."""
        first, *others = (self.rewriting.exponent(exponent) for exponent in self.exponents)
        for other in others:
            first = make("max", first, other)
        return first

    def _shrink(self) -> list[Node]:
        """Return e^(exponent - largest) for each exponent."""
        exponent = self.rewriting.exponent
        if len(self.exponents) == 1:
            return [ONE]
        if len(self.exponents) == 2:
            apart = exponent(added(self.exponents[0], self.exponents[1], -1.0))
            small, first = make("exp", negative(make("abs", apart))), make("gt", apart, ZERO)
            return [select(first, ONE, small), select(first, small, ONE)]
        return [make("exp", self.least(one)) for one in self.exponents]

    def least(self, one: Powers) -> Node:
        """Return an exponent less the largest of all: 0 or below."""
        result = ZERO
        for other in self.exponents:
            if other != one:
                result = make("min", result, self.rewriting.exponent(added(one, other, -1.0)))
        return result

    def choices(self, count: float) -> list[tuple[Powers, ...]]:
        """Return every combination of ``count`` exponents; none unless that is a small positive integer."""
        if not count.is_integer() or not 0 < count <= DEEPEST_MATCH:
            return []
        return list(combinations_with_replacement(self.exponents, int(count)))

    def alone(self, exponent: Powers, count: float) -> Node | None:
        """Return e^exponent / cosh's e^(count |w|) for an exponent of 0."""
        if self.node.op != "cosh" or exponent or not count.is_integer() or not 0 < count <= DEEPEST_MATCH:
            return None
        w = self.rewriting.exponent(self.exponents[0])
        return power(make("exp", negative(make("abs", w))), count)


def log_one_plus(u: Node) -> Node:
    """Return log(1 + u), accurate for small u too (Kahan's formula)."""
    one_more = plus(ONE, u)
    corrected = over(times(make("log", one_more), u), minus(one_more, ONE))
    near = select(make("eq", one_more, ONE), u, corrected)
    return select(make("lt", make("abs", u), HALF), near, make("log", one_more)) if u.op != "exp" else near


def _exponential_of(node: Node) -> Node:
    """Return the exponential factor of a product, which several products may share; else the node."""
    if node.op in ("mul", "neg"):
        for arg in node.args:
            if (found := _exponential_of(arg)).op == "exp":
                return found
    return node


def _is_bounded(node: Node) -> bool:
    """Return whether an expression stays moderate in size; 1/sqrt(u) does: it is at most 1e162, or infinite."""
    if node.op == "where":
        return all(arg.op == "const" or _is_bounded(arg) for arg in node.args[1:])
    if node.op == "div":
        return node.args[0].op == "const" and node.args[1].op == "sqrt"
    return node.op in _BOUNDED or (node.op in ("neg", "abs") and _is_bounded(node.args[0]))

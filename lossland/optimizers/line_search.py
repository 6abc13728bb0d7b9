"""Step lengths along a direction, chosen at each step from values, slopes or curvatures."""

# ruff: noqa: D102 (the methods are documented in `Optimizer`)
from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import ClassVar

from lossland.expression import maximum, minimum, where
from lossland.expression.linear import Vectorlike, dot
from lossland.expression.node import Value, as_node, make
from lossland.optimizers.look import Look, Symbols
from lossland.optimizers.rule import Hyper, Optimizer, Step, epsilon, rate, setting

TRIES = 8  # rates that a backtracking search evaluates; all of them are, and count


def backtracked(look: Look, direction: Vectorlike, slope: Value, first: Value, shrink: Value, share: Value) -> Value:
    """Return the first of ``first``, ``first * shrink``, ... that is short enough, else the last of them.

    Short enough means that the value falls by ``share`` of what ``slope``, along ``direction``, promises (Armijo).
    """
    if isinstance(look, Symbols):
        return make("backtracked", *map(as_node, (first, shrink, look.position, direction, share * slope)))
    here = look.value_at(look.position)
    rates = [first]
    while len(rates) < TRIES:
        rates.append(rates[-1] * shrink)
    chosen = rates.pop()
    for one in reversed(rates):
        falls = look.value_at(look.position + one * direction) < here + share * one * slope
        chosen = where(falls, one, chosen)
    return chosen


@dataclass(frozen=True)
class Armijo(Optimizer):
    """Gradient descent that takes half the rate, and half of that, until the value falls as it should.

    It starts from twice the last rate and tries eight in all.
    """

    title = "Armijo"
    source = "Armijo (1966)"
    family = "line search"
    symbols: ClassVar = {"rate": r"\alpha", "first": r"\alpha^0", "square": "s"}

    lr: float = rate(1.0, max=100.0)
    shrink: float = setting(0.5, Hyper(r"\tau", 0.1, 0.9, log=False, low=0.01, below=1.0))
    share: float = setting(1e-4, Hyper("c", 1e-6, 0.5, log=True, below=1.0))

    Terms = namedtuple("Terms", "first square rate step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        first = where(t > 1, last.rate / self.shrink, self.lr)
        square = dot(look.grad, look.grad)
        rate = backtracked(look, -look.grad, -square, first, self.shrink, self.share)
        return self.Terms(first, square, rate, step=-rate * look.grad)


@dataclass(frozen=True)
class PolyakStep(Optimizer):
    """Gradient descent to where the tangent reaches the lowest value, which must be known; at most by ``longest``."""

    title = "Polyak step"
    source = "Polyak (1969), capped as by Loizou et al. (2020)"
    family = "line search"
    symbols: ClassVar = {"rate": r"\alpha", "value": "f"}

    lr: float = rate(1.0, min=1e-3, max=2.0)
    lowest: float = setting(0.0, Hyper(r"f^\ast", -100.0, 100.0, log=False, low=-1e300))
    longest: float = setting(1.0, Hyper(r"\eta_{\max}", 1e-4, 100.0, log=True))
    eps: float = epsilon(1e-12)

    Terms = namedtuple("Terms", "value rate step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        value = look.value_at(look.position)
        rate = minimum((value - self.lowest) / (dot(look.grad, look.grad) + self.eps), self.longest)
        return self.Terms(value, rate, step=-self.lr * rate * look.grad)


@dataclass(frozen=True)
class CauchyStep(Optimizer):
    """Steepest descent to the lowest point of the parabola below it; ``lr`` where the ground does not curve up."""

    title = "Cauchy step"
    source = "Cauchy (1847), with the exact curvature along the gradient"
    family = "line search"
    symbols: ClassVar = {"bend": r"\kappa", "rate": r"\alpha"}

    lr: float = rate(1e-3)

    Terms = namedtuple("Terms", "bend rate step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        bend = dot(look.grad, look.curvature_along(look.position, look.grad))
        rate = where(bend > 0, dot(look.grad, look.grad) / bend, self.lr)
        return self.Terms(bend, rate, step=-rate * look.grad)


@dataclass(frozen=True)
class BarzilaiBorwein(Optimizer):
    """Gradient descent whose rate is the inverse of the curvature met on the last step.

    The first of the paper's two rates; ``lr`` at the start and where the ground does not curve up.
    """

    title = "Barzilai–Borwein"
    source = "Barzilai & Borwein (1988)"
    family = "line search"
    symbols: ClassVar = {"rate": r"\alpha"}

    lr: float = rate(1e-3)

    Terms = namedtuple("Terms", "g s y rate step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        s, y = last.step, look.grad - last.g
        rate = where(dot(s, y) > 0, dot(s, s) / dot(s, y), self.lr)
        return self.Terms(look.grad, s, y, rate, step=-rate * look.grad)


@dataclass(frozen=True)
class ConjugateGradient(Optimizer):
    """Directions that do not undo each other: in the plane two of them find the minimum of a quadratic.

    Polak and Ribière's beta, never below 0. Along a direction d it goes to the lowest point of the parabola there;
    where that is not below, by ``lr``. A direction that is not downhill is replaced by the gradient's.
    """

    title = "Conjugate gradient"
    source = "Polak & Ribière (1969), restarted as by Powell (1984)"
    family = "line search"
    symbols: ClassVar = {"beta": r"\beta", "bend": r"\kappa", "rate": r"\alpha", "tried": "d'"}

    lr: float = rate(1e-3)

    Terms = namedtuple("Terms", "g beta tried d bend rate step")

    def decide(self, look: Look, last: Step, t: Value) -> Step:
        g, square = look.grad, dot(last.g, last.g)
        beta = where(square > 0, maximum(dot(g, g - last.g) / square, 0.0), 0.0)
        tried = beta * last.d - g
        d = where(dot(g, tried) < 0, tried, -g)
        bend = dot(d, look.curvature_along(look.position, d))
        rate = where(bend > 0, -dot(g, d) / bend, self.lr)
        return self.Terms(g, beta, tried, d, bend, rate, step=rate * d)

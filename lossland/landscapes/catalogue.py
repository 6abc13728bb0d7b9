"""The catalogue: each landscape is one expression with metadata.

To add one, write its function below with its domain, all global minima in that domain (to 1e-8 or better; none if it is
unbounded below), the start of a race, and the publication. The tests check the minima. Starts are in front, at small y,
so that trails lead away from the viewer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from lossland.expression import abs_, constant, cos, e, exp, pi, sin, sqrt, tanh, text, trace
from lossland.landscapes.functions import Function
from lossland.landscapes.landscape import Domain, Landscape, Point, check_domain

CATALOGUE: dict[str, Landscape] = {}

# Only the formulas are used: several of the survey's minima are wrong.
SURVEY = "Jamil & Yang (2013), A literature survey of benchmark functions for global optimization problems"
MISHRA = "Mishra (2006), Some new test functions for global optimization"
CAMELS = "Dixon & Szegö (1978), The global optimization problem: an introduction"
BRANIN = "Branin (1972), Widely convergent method for finding multiple solutions of simultaneous nonlinear equations"


def landscape(
    title: str, *, domain: Domain, minima: Sequence[Point], start: Point, source: str
) -> Callable[[Function], Function]:
    """Register a function f(x, y), written with the functions of `lossland.expression`, in the catalogue."""

    def register(function: Function) -> Function:
        node = trace(function, "x", "y")
        CATALOGUE[function.__name__] = Landscape(
            name=function.__name__,
            title=title,
            node=node,
            formula=text(node),
            domain=check_domain(domain),
            minima=tuple((float(x), float(y)) for x, y in minima),
            source=source,
            start=start,
        )
        return function

    return register


# ------------------------------------------------------------------------------------------ bowls and valleys


@landscape("Bowl", domain=((-4, 4), (-4, 4)), minima=[(0, 0)], start=(-2.6, -3.2), source="Elliptic paraboloid")
def bowl(x, y):
    """Level lines are ellipses: the simplest place to go downhill."""
    return x**2 + 3 * y**2


@landscape("Sphere", domain=((-4, 4), (-4, 4)), minima=[(0, 0)], start=(-2, -3.4), source="De Jong (1975), F1")
def sphere(x, y):
    """Level lines are circles: the gradient points straight away from the minimum everywhere."""
    return x**2 + y**2


@landscape("Ravine", domain=((-4, 4), (-4, 4)), minima=[(0, 0)], start=(-3.4, -2.2), source="Quadratic, condition 25")
def ravine(x, y):
    """A quadratic 25 times steeper across than along: gradient descent zigzags."""
    return 0.5 * (x**2 + 25 * y**2)


@landscape("Booth", domain=((-10, 10), (-10, 10)), minima=[(1, 3)], start=(-6, -8), source=SURVEY)
def booth(x, y):
    """A tilted quadratic bowl."""
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


@landscape("Matyas", domain=((-10, 10), (-10, 10)), minima=[(0, 0)], start=(-3, -9), source=SURVEY)
def matyas(x, y):
    """A quadratic trough along x = y."""
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


@landscape("Zakharov", domain=((-5, 5), (-5, 5)), minima=[(0, 0)], start=(-1.5, -4.5), source=SURVEY)
def zakharov(x, y):
    """A long valley between walls of degree four."""
    return x**2 + y**2 + (0.5 * x + y) ** 2 + (0.5 * x + y) ** 4


@landscape(
    "Rosenbrock",
    domain=((-2, 2), (-1, 3)),
    minima=[(1, 1)],
    start=(-1.2, 1),
    source="Rosenbrock (1960), An automatic method for finding the greatest or least value of a function",
)
def rosenbrock(x, y):
    """A flat, curved valley between steep walls."""
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


@landscape(
    "Beale",
    domain=((-4.5, 4.5), (-4.5, 4.5)),
    minima=[(3, 0.5)],
    start=(-1, -2),
    source="Beale (1958), On an iterative method for finding a local minimum of a function of more than one variable",
)
def beale(x, y):
    """A wide plain between four steep corners."""
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


@landscape(
    "Dixon-Price",
    domain=((-2, 3), (-2, 2)),
    minima=[(1, -(0.5**0.5)), (1, 0.5**0.5)],
    start=(-1.6, -0.4),
    source="Dixon & Price (1989), Truncated Newton method for sparse unconstrained optimization",
)
def dixon_price(x, y):
    """A bent valley with two equal minima."""
    return (x - 1) ** 2 + 2 * (2 * y**2 - x) ** 2


@landscape(
    "McCormick",
    domain=((-1.5, 4), (-3, 4)),
    minima=[(-0.54719755119659775, -1.5471975511965977)],
    start=(3.4, -1.6),
    source="McCormick (1976), Computability of global solutions to factorable nonconvex programs",
)
def mccormick(x, y):
    """A wavy slope; the domain holds one of its infinitely many valleys' bottoms."""
    return sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1


@landscape("Diamond", domain=((-4, 4), (-4, 4)), minima=[(0, 0)], start=(-2.9, -3.3), source="Weighted L1 norm")
def diamond(x, y):
    """Four flat faces with creases: the slope jumps at the axes and never fades."""
    return abs_(x) + 2 * abs_(y)


# -------------------------------------------------------------------------------------------- several minima


@landscape(
    "Himmelblau",
    domain=((-5.2, 5.2), (-5.2, 5.2)),
    minima=[
        (3, 2),
        (-2.8051180869527449, 3.131312518250573),
        (-3.7793102533777469, -3.2831859912861694),
        (3.5844283403304917, -1.8481265269644036),
    ],
    start=(-0.6, -4.4),
    source="Himmelblau (1972), Applied Nonlinear Programming",
)
def himmelblau(x, y):
    """Four equal valleys around a hill."""
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


@landscape(
    "Three-hump camel",
    domain=((-2.2, 2.2), (-2.2, 2.2)),
    minima=[(0, 0)],
    start=(-1.2, -1.9),
    source=CAMELS,
)
def three_hump_camel(x, y):
    """Three valleys in a row, the middle one deepest."""
    return 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2


@landscape(
    "Six-hump camel",
    domain=((-2, 2), (-1.1, 1.1)),
    minima=[(-0.089842013100318062, 0.71265640302073963), (0.089842013100318062, -0.71265640302073963)],
    start=(-1.1, -1),
    source=CAMELS,
)
def six_hump_camel(x, y):
    """Six valleys, two of them deepest."""
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (-4 + 4 * y**2) * y**2


@landscape(
    "Styblinski-Tang",
    domain=((-5, 5), (-5, 5)),
    minima=[(-2.9035340277711771, -2.9035340277711771)],
    start=(0.3, -4.6),
    source="Styblinski & Tang (1990), Experiments in nonconvex optimization",
)
def styblinski_tang(x, y):
    """Four valleys of three depths."""
    return (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y) / 2


@landscape(
    "Branin",
    domain=((-5, 10), (0, 15)),
    minima=[(-math.pi, 12.275), (math.pi, 2.275), (3 * math.pi, 2.475)],
    start=(-2.5, 1.5),
    source=BRANIN,
)
def branin(x, y):
    """Three equal valleys."""
    return (y - 5.1 * x**2 / (4 * pi**2) + 5 * x / pi - 6) ** 2 + 10 * (1 - 1 / (8 * pi)) * cos(x) + 10


@landscape(
    "Goldstein-Price",
    domain=((-2, 2), (-2.5, 1.5)),
    minima=[(0, -1)],
    start=(-1.4, -0.4),
    source="Goldstein & Price (1971), On descent from local minima",
)
def goldstein_price(x, y):
    """Values from 3 to a million: steep walls around a crossing of narrow valleys."""
    return (1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)) * (
        30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    )


@landscape(
    "Bird",
    domain=((-math.tau, math.tau), (-math.tau, math.tau)),
    minima=[(4.701043130249553, 3.1529385037249301), (-1.5821421769300335, -3.1302468034546564)],
    start=(0.9, -5.6),
    source=MISHRA,
)
def bird(x, y):
    """Two deep nests among cliffs."""
    return sin(x) * exp((1 - cos(y)) ** 2) + cos(y) * exp((1 - sin(x)) ** 2) + (x - y) ** 2


@landscape(
    "Peaks",
    domain=((-3, 3), (-3, 3)),
    minima=[(0.2282789205563691, -1.6255349574999965)],
    start=(1.4, -2.6),
    source="MathWorks, the peaks function of MATLAB",
)
def peaks(x, y):
    """Three hills and three hollows on a plain."""
    return (
        3 * (1 - x) ** 2 * exp(-(x**2) - (y + 1) ** 2)
        - 10 * (x / 5 - x**3 - y**5) * exp(-(x**2) - y**2)
        - exp(-((x + 1) ** 2) - y**2) / 3
    )


@landscape(
    "Sharp and flat",
    domain=((-4, 4), (-4, 4)),
    minima=[(1.7718228152422467, 0)],
    start=(0.6, -3.2),
    source="Two Gaussian wells, after Hochreiter & Schmidhuber (1997), Flat minima",
)
def sharp_and_flat(x, y):
    """A wide valley, and a narrow one that is slightly deeper."""
    return 1 - exp(-((x + 1.5) ** 2 + y**2) / 5) - exp(-4 * (x - 1.8) ** 2 - 4 * y**2) + 0.02 * (x**2 + y**2)


# ------------------------------------------------------------------------------------- saddles, plains, cliffs


@landscape("Saddle", domain=((-2, 2), (-2, 2)), minima=[], start=(-1.6, -0.02), source="Hyperbolic paraboloid")
def saddle(x, y):
    """Down along y, up along x: no lowest point."""
    return x**2 - y**2


@landscape(
    "Monkey saddle", domain=((-2, 2), (-2, 2)), minima=[], start=(-0.25, -1.5), source="Hilbert & Cohn-Vossen (1932)"
)
def monkey_saddle(x, y):
    """Three ways down, the third for the tail; the Hessian at the centre is zero."""
    return x**3 - 3 * x * y**2


@landscape("Plateau", domain=((-5, 5), (-5, 5)), minima=[(0, 0)], start=(-2.6, -3.4), source="Gaussian well")
def plateau(x, y):
    """A hollow in a plain where the gradient vanishes."""
    return 1 - exp(-(x**2 + 2 * y**2) / 4)


@landscape(
    "Cliff",
    domain=((-5, 5), (-5, 5)),
    minima=[(-2.0000000000000573, 0)],
    start=(3.4, -3.6),
    source="After Pascanu, Mikolov & Bengio (2013), On the difficulty of training recurrent neural networks",
)
def cliff(x, y):
    """Two plains with a wall between them, where gradients explode."""
    return 2 * tanh(6 * (x - 1)) + 0.1 * (x + 2) ** 2 + 0.1 * y**2 + 2


@landscape(
    "Easom",
    domain=((-3, 9), (-3, 9)),
    minima=[(math.pi, math.pi)],
    start=(1.8, 1.7),
    source="Easom (1990), A survey of global optimization",
)
def easom(x, y):
    """One narrow hole in a plain."""
    return -cos(x) * cos(y) * exp(-((x - pi) ** 2) - (y - pi) ** 2)


# -------------------------------------------------------------------------------------------------- rough ground


@landscape(
    "Rastrigin",
    domain=((-5.12, 5.12), (-5.12, 5.12)),
    minima=[(0, 0)],
    start=(-2.3, -4.4),
    source="Rastrigin (1974), Systems of extremal control",
)
def rastrigin(x, y):
    """A bowl full of holes, one near every whole number."""
    return 20 + x**2 - 10 * cos(2 * pi * x) + y**2 - 10 * cos(2 * pi * y)


@landscape(
    "Ackley",
    domain=((-5, 5), (-5, 5)),
    minima=[(0, 0)],
    start=(-1.6, -4.2),
    source="Ackley (1987), A Connectionist Machine for Genetic Hillclimbing",
)
def ackley(x, y):
    """A rippled funnel with a cone at its centre."""
    return -20 * exp(-0.2 * sqrt(0.5 * (x**2 + y**2))) - exp(0.5 * (cos(2 * pi * x) + cos(2 * pi * y))) + e + 20


@landscape(
    "Griewank",
    domain=((-12, 12), (-12, 12)),
    minima=[(0, 0)],
    start=(-5, -10.6),
    source="Griewank (1981), Generalized descent for global optimization",
)
def griewank(x, y):
    """A shallow bowl with an egg-box on it."""
    return 1 + (x**2 + y**2) / 4000 - cos(x) * cos(y / sqrt(constant(2)))


@landscape(
    "Levi 13",
    domain=((-10, 10), (-10, 10)),
    minima=[(1, 1)],
    start=(-4.5, -8.4),
    source="Lévy & Montalvo (1985), The tunneling algorithm for the global minimization of functions",
)
def levi13(x, y):
    """A bowl with furrows both ways."""
    return sin(3 * pi * x) ** 2 + (x - 1) ** 2 * (1 + sin(3 * pi * y) ** 2) + (y - 1) ** 2 * (1 + sin(2 * pi * y) ** 2)


@landscape(
    "Bohachevsky",
    domain=((-3, 3), (-3, 3)),
    minima=[(0, 0)],
    start=(-1.8, -2.4),
    source="Bohachevsky, Johnson & Stein (1986), Generalized simulated annealing for function optimization",
)
def bohachevsky(x, y):
    """An elliptic bowl with ripples."""
    return x**2 + 2 * y**2 - 0.3 * cos(3 * pi * x) - 0.4 * cos(4 * pi * y) + 0.7


@landscape("Egg crate", domain=((-5, 5), (-5, 5)), minima=[(0, 0)], start=(-2, -4.4), source=SURVEY)
def egg_crate(x, y):
    """A bowl of round hollows."""
    return x**2 + y**2 + 25 * (sin(x) ** 2 + sin(y) ** 2)


@landscape(
    "Salomon",
    domain=((-4, 4), (-4, 4)),
    minima=[(0, 0)],
    start=(-1.4, -3.3),
    source="Salomon (1996), Re-evaluating genetic algorithm performance under coordinate rotation",
)
def salomon(x, y):
    """Rings around a cone."""
    return 1 - cos(2 * pi * sqrt(x**2 + y**2)) + 0.1 * sqrt(x**2 + y**2)


@landscape(
    "Drop wave",
    domain=((-5.12, 5.12), (-5.12, 5.12)),
    minima=[(0, 0)],
    start=(-0.9, -1.5),
    source="Molga & Smutnicki (2005), Test functions for optimization needs",
)
def drop_wave(x, y):
    """Rings of a drop that fell into water."""
    return -(1 + cos(12 * sqrt(x**2 + y**2))) / (0.5 * (x**2 + y**2) + 2)


@landscape(
    "Schaffer 2",
    domain=((-3.5, 3.5), (-3.5, 3.5)),
    minima=[(0, 0)],
    start=(-0.9, -2.7),
    source=MISHRA,
)
def schaffer2(x, y):
    """Hyperbolic waves that calm towards the centre."""
    return 0.5 + (sin(x**2 - y**2) ** 2 - 0.5) / (1 + 0.001 * (x**2 + y**2)) ** 2


@landscape(
    "Schaffer 4",
    domain=((-3.5, 3.5), (-3.5, 3.5)),
    minima=[(-1.2531318314637332, 0), (0, 1.2531318314637332), (0, -1.2531318314637332), (1.2531318314637332, 0)],
    start=(-0.7, -2.9),
    source=MISHRA,
)
def schaffer4(x, y):
    """Hyperbolic waves; four lowest points stand around the centre."""
    return 0.5 + (cos(sin(abs_(x**2 - y**2))) ** 2 - 0.5) / (1 + 0.001 * (x**2 + y**2)) ** 2


@landscape(
    "Bukin 6",
    domain=((-15, -5), (-3, 3)),
    minima=[(-10, 1)],
    start=(-13.6, -1.4),
    source="Bukin (1997), New minimization strategy for non-smooth functions",
)
def bukin6(x, y):
    """A crease like a knife's edge, with slopes that grow without bound towards it."""
    return 100 * sqrt(abs_(y - 0.01 * x**2)) + 0.01 * abs_(x + 10)


@landscape(
    "Cross in tray",
    domain=((-10, 10), (-10, 10)),
    minima=[
        (-1.3494066171539108, -1.3494066171539108),
        (-1.3494066171539108, 1.3494066171539108),
        (1.3494066171539108, -1.3494066171539108),
        (1.3494066171539108, 1.3494066171539108),
    ],
    start=(-3.6, -8.4),
    source=MISHRA,
)
def cross_in_tray(x, y):
    """An egg-box cut by a cross, with four lowest points around its centre.

    The paper has -0.0001 (|sin x sin y exp(|100 - r/pi|)| + 1)^0.1. Its exp(100) overflows in float32; factored out of
    the power as exp(10), it gives the same values for r < 314.
    """
    rest = abs_(sin(x) * sin(y)) * exp(-sqrt(x**2 + y**2) / pi) + exp(constant(-100))
    return -0.0001 * exp(constant(10)) * rest**0.1


@landscape(
    "Holder table",
    domain=((-10, 10), (-10, 10)),
    minima=[
        (-8.0550234757365634, -9.6645900192412729),
        (8.0550234757365634, -9.6645900192412729),
        (-8.0550234757365634, 9.6645900192412729),
        (8.0550234757365634, 9.6645900192412729),
    ],
    start=(-2.6, -7.6),
    source=MISHRA,
)
def holder_table(x, y):
    """A table with deep hollows near its four corners."""
    return -abs_(sin(x) * cos(y) * exp(abs_(1 - sqrt(x**2 + y**2) / pi)))


@landscape(
    "Eggholder",
    domain=((-512, 512), (-512, 512)),
    minima=[(512, 404.2318051137578)],
    start=(-60, -420),
    source="Whitley et al. (1996), Evaluating evolutionary algorithms",
)
def eggholder(x, y):
    """Steep waves; the lowest point lies on the domain's edge."""
    return -(y + 47) * sin(sqrt(abs_(x / 2 + y + 47))) - x * sin(sqrt(abs_(x - y - 47)))


@landscape(
    "Schwefel",
    domain=((-500, 500), (-500, 500)),
    minima=[(420.96874635998203, 420.96874635998203)],
    start=(-120, -430),
    source="Schwefel (1981), Numerical Optimization of Computer Models",
)
def schwefel(x, y):
    """Waves that grow outwards: the lowest point is far from the second lowest."""
    return 837.9658 - x * sin(sqrt(abs_(x))) - y * sin(sqrt(abs_(y)))


@landscape(
    "Michalewicz",
    domain=((0, math.pi), (0, math.pi)),
    minima=[(2.2029055201726093, 1.5707963267948966)],
    start=(1.4, 0.9),
    source="Michalewicz (1992), Genetic Algorithms + Data Structures = Evolution Programs",
)
def michalewicz(x, y):
    """Narrow trenches crossing on a plain."""
    return -sin(x) * sin(x**2 / pi) ** 20 - sin(y) * sin(2 * y**2 / pi) ** 20


@landscape(
    "Shubert",
    domain=((-5, 5), (-5, 5)),
    minima=[
        (-0.80032110047197312, 4.8580568788598255),
        (4.8580568788598255, -0.80032110047197312),
        (-1.425128428319761, -0.80032110047197312),
        (-0.80032110047197312, -1.425128428319761),
    ],
    start=(-2.4, -3.9),
    source="Shubert (1972), A sequential method seeking the global maximum of a function",
)
def shubert(x, y):
    """Many equal lowest points among hundreds of holes."""

    def waves(u):
        return cos(2 * u + 1) + 2 * cos(3 * u + 2) + 3 * cos(4 * u + 3) + 4 * cos(5 * u + 4) + 5 * cos(6 * u + 5)

    return waves(x) * waves(y)


@landscape(
    "Trefethen",
    domain=((-0.5, 0.5), (-0.5, 0.5)),
    minima=[(-0.0244030796943752, 0.2106124271553558)],
    start=(-0.18, -0.42),
    source="Trefethen (2002), A hundred-dollar, hundred-digit challenge, problem 4",
)
def trefethen(x, y):
    """Ripples of very different lengths; its minimum was a prize question to ten digits."""
    return (
        exp(sin(50 * x))
        + sin(60 * exp(y))
        + sin(70 * sin(x))
        + sin(sin(80 * y))
        - sin(10 * (x + y))
        + (x**2 + y**2) / 4
    )

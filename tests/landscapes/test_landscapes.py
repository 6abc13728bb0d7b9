"""The catalogue's functions, derivatives and minima, against SymPy, mpmath and SciPy."""

from __future__ import annotations

import math
import re
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import differential_evolution, minimize

import lossland as ll
from lossland.compute import grids
from lossland.errors import UserError
from lossland.expression.formula import FormulaError
from lossland.landscapes import FORMULA_DOMAIN, catalogue, landscape, names

ALL = pytest.mark.parametrize("land", catalogue(), ids=lambda land: land.name)
WITH_MINIMA = pytest.mark.parametrize("land", [land for land in catalogue() if land.minima], ids=lambda land: land.name)

sp: Any = sympy  # its own annotations are too narrow
X, Y = sp.symbols("x y", real=True)


def oracle(land: ll.Landscape) -> Any:
    """Return the landscape's printed formula as SymPy understands it."""
    known: Any = {"x": X, "y": Y, "abs": sp.Abs, "pi": sp.pi, "e": sp.E}
    return sp.nsimplify(sp.sympify(land.formula.replace("^", "**"), locals=known), rational=True)


def size_of(land: ll.Landscape) -> float:
    (x0, x1), (y0, y1) = land.domain
    return max(x1 - x0, y1 - y0)


# ------------------------------------------------------------------------------------------------- the catalogue

WANTED = {
    *("bowl", "ravine", "rosenbrock", "saddle", "monkey_saddle", "himmelblau", "beale", "booth", "rastrigin"),
    *("ackley", "styblinski_tang", "three_hump_camel", "six_hump_camel", "plateau", "cliff", "goldstein_price"),
    *("branin", "matyas", "levi13", "mccormick", "easom", "eggholder", "holder_table", "cross_in_tray"),
    *("schaffer2", "schaffer4", "bukin6", "bird", "griewank", "schwefel", "sphere", "drop_wave", "michalewicz"),
}


def test_the_catalogue_holds_what_people_look_for() -> None:
    assert len(catalogue()) >= 40
    assert set(names()) >= WANTED
    assert len({land.title for land in catalogue()}) == len(catalogue())


@ALL
def test_a_landscape_is_described(land: ll.Landscape) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*", land.name)
    assert landscape(land.name) is land
    assert land.title
    assert land.source
    assert land.latex
    (x0, x1), (y0, y1) = land.domain
    for x, y in (land.start, *land.minima):
        assert x0 <= x <= x1
        assert y0 <= y <= y1


@ALL
def test_a_race_starts_away_from_the_minima_on_a_slope(land: ll.Landscape) -> None:
    for minimum in land.minima:
        assert math.dist(land.start, minimum) > 0.1 * size_of(land)
    value, *slope = land.value_grad_at(*land.start)
    assert math.isfinite(value)
    assert math.hypot(*slope) > 0


@ALL
def test_the_printed_formula_is_the_landscape(land: ll.Landscape) -> None:
    typed = landscape(land.formula, land.domain)
    points = random_points(land, 50)
    np.testing.assert_allclose(typed.value(points), land.value(points), rtol=1e-13)


def random_points(land: ll.Landscape, count: int) -> NDArray[np.float64]:
    low, high = np.transpose(land.domain)
    return np.random.default_rng(7).uniform(low, high, (count, 2))


@ALL
def test_value_gradient_and_hessian_agree_with_sympy(land: ll.Landscape) -> None:
    function = oracle(land)
    by = ((X,), (Y,), (X, X), (X, Y), (Y, Y))
    wanted = [function, *(sp.diff(function, *names) for names in by)]
    compute = sp.lambdify((X, Y), wanted, [{"DiracDelta": lambda *_: 0}, "mpmath"])  # of sign; no point is at a jump
    points = random_points(land, 8)
    with mpmath.workdps(40):
        exact = np.array([[float(v) for v in compute(mpmath.mpf(x), mpmath.mpf(y))] for x, y in points.tolist()])
    value, gradient = land.value_grad(points)
    found = np.concatenate([value[:, None], gradient, land.hessian(points)], axis=1)
    scale = np.abs(exact).max(axis=0) + 1e-12
    np.testing.assert_allclose(found / scale, exact / scale, atol=1e-10)
    np.testing.assert_array_equal(land.grad(points), gradient)
    by_point = [land.value_grad_at(x, y) for x, y in points.tolist()]
    np.testing.assert_allclose(np.array(by_point) / scale[:3], found[:, :3] / scale[:3], atol=1e-13)


# ---------------------------------------------------------------------------------------------------- the minima

# What the papers and the surveys give, to the digits they give.
LOWEST = {
    **dict.fromkeys(("bowl", "sphere", "ravine", "booth", "matyas", "zakharov", "rosenbrock", "beale"), 0.0),
    **dict.fromkeys(("dixon_price", "diamond", "himmelblau", "three_hump_camel", "plateau", "rastrigin"), 0.0),
    **dict.fromkeys(("ackley", "griewank", "levi13", "bohachevsky", "egg_crate", "salomon", "schaffer2"), 0.0),
    "bukin6": 0.0,
    "mccormick": -1.91322,
    "six_hump_camel": -1.031628,
    "styblinski_tang": -78.332331,
    "branin": 0.397887,
    "goldstein_price": 3.0,
    "bird": -106.764537,
    "peaks": -6.5511,
    "easom": -1.0,
    "drop_wave": -1.0,
    "schaffer4": 0.292579,
    "cross_in_tray": -2.06261,
    "holder_table": -19.2085,
    "eggholder": -959.6407,
    "schwefel": 0.0000255,
    "michalewicz": -1.8013,
    "shubert": -186.7309,
    "trefethen": -3.306868647475,
}


@pytest.mark.parametrize("name", LOWEST)
def test_the_lowest_value_is_the_published_one(name: str) -> None:
    land = landscape(name)
    digits = len(str(LOWEST[name]).partition(".")[2])
    for minimum in land.minima:
        assert float(land.value(minimum)) == pytest.approx(LOWEST[name], abs=0.51 * 10**-digits)


@WITH_MINIMA
def test_each_minimum_is_exact_to_1e_8(land: ll.Landscape) -> None:
    """On a ring of radius 1e-8 around it, f is nowhere lower: with 50 digits, so the lowest point is inside."""
    function = sp.lambdify((X, Y), oracle(land), "mpmath")
    (x0, x1), (y0, y1) = land.domain
    with mpmath.workdps(50):
        for x, y in land.minima:
            here = function(mpmath.mpf(x), mpmath.mpf(y))
            for k in range(180):
                angle = mpmath.pi * k / 90
                px, py = x + mpmath.cos(angle) * mpmath.mpf("1e-8"), y + mpmath.sin(angle) * mpmath.mpf("1e-8")
                if x0 <= px <= x1 and y0 <= py <= y1:
                    assert function(px, py) > here, (x, y, float(angle))


@WITH_MINIMA
def test_the_gradient_at_a_minimum_is_zero_and_finite(land: ll.Landscape) -> None:
    (x0, x1), (y0, y1) = land.domain
    points = np.array(land.minima)
    gradient = land.grad(points)
    free = np.stack([(points[:, 0] > x0) & (points[:, 0] < x1), (points[:, 1] > y0) & (points[:, 1] < y1)], axis=-1)
    steepest = np.abs(land.grad(random_points(land, 200))).max()
    assert np.abs(gradient[free]).max() <= 1e-12 * max(1.0, steepest)
    assert np.isfinite(gradient).all()
    assert np.isfinite(land.hessian(points)).all()


def test_the_eggholder_is_lowest_on_the_edge_and_falls_beyond_it() -> None:
    land = landscape("eggholder")
    ((x, y),) = land.minima
    assert x == 512
    by_x, by_y = land.grad([x, y])
    assert by_x < -1
    assert abs(by_y) < 1e-10


@ALL
def test_no_other_point_of_the_domain_is_as_low(land: ll.Landscape) -> None:
    found = np.array(_low_points(land))
    value = land.value(found)
    lowest = value.min()
    if not land.minima:
        edges = np.isclose(found[value <= lowest + 1e-9], np.transpose(land.domain)[:, None, :]).any(axis=(0, 2))
        assert edges.all(), "a landscape without minima falls towards the edge of its domain"
        return
    known = land.value(np.array(land.minima))
    spread = np.ptp(land.grid(101).value)
    assert lowest >= known.min() - 1e-12 * spread
    assert np.ptp(known) <= 1e-12 * spread
    for point in found[value <= known.min() + 1e-10 * spread]:
        nearest = min(math.dist(point, minimum) for minimum in land.minima)
        assert nearest < 2e-3 * size_of(land), f"{point} is a minimum that the catalogue lacks"


def _low_points(land: ll.Landscape) -> list[NDArray[np.float64]]:
    """Return the ends of descents from the lowest places of a dense grid, and of SciPy's global search."""
    grid = land.grid(1201)
    padded = np.pad(grid.value, 1, constant_values=np.inf)
    around = [padded[1 + i : 1202 + i, 1 + j : 1202 + j] for i in (-1, 0, 1) for j in (-1, 0, 1) if i or j]
    iy, ix = np.nonzero(grid.value <= np.min(around, axis=0))
    order = np.argsort(grid.value[iy, ix])[:24]
    starts = [np.array([grid.x[i], grid.y[j]]) for i, j in zip(ix[order], iy[order], strict=True)]
    searched = differential_evolution(
        lambda points: land.value(points.T),
        land.domain,
        rng=1,
        maxiter=150,
        vectorized=True,
        updating="deferred",
        polish=False,
    )
    return [
        minimize(land.value, start, jac=land.grad, bounds=land.domain, method="L-BFGS-B", options={"ftol": 1e-15}).x
        for start in (*starts, searched.x)
    ]


def test_rosenbrock_has_the_curvature_at_its_minimum_that_textbooks_give() -> None:
    xx, xy, yy = landscape("rosenbrock").hessian([1.0, 1.0])
    assert np.linalg.eigvalsh([[xx, xy], [xy, yy]]) == pytest.approx([0.399361, 1001.601], rel=1e-6)


def test_himmelblaus_hill_and_saddles_are_where_they_should_be() -> None:
    land = landscape("himmelblau")
    assert float(land.value([-0.270845, -0.923039])) == pytest.approx(181.6165, abs=1e-4)
    assert np.abs(land.grad([-0.270845, -0.923039])).max() < 1e-4


# ------------------------------------------------------------------------------------------------ using landscapes


def test_points_keep_their_library_type_and_shape(xp: Any) -> None:
    land = landscape("ackley")
    for dtype in (xp.float32, xp.float64):
        points = xp.asarray([[[0.0, 0.0], [1.0, 2.0], [-3.0, 0.5]]] * 2, dtype=dtype)
        value, gradient = land.value_grad(points)
        for array, shape in (
            (value, (2, 3)),
            (gradient, (2, 3, 2)),
            (land.value(points), (2, 3)),
            (land.grad(points), (2, 3, 2)),
            (land.hessian(points), (2, 3, 3)),
        ):
            assert type(array) is type(points)
            assert array.shape == shape
            assert array.dtype == dtype
        assert float(gradient[0, 0, 0]) == 0.0
        assert float(value[1, 1]) == pytest.approx(5.4221317, rel=1e-5)  # 20 (1 - exp(-.2 sqrt 2.5))


def test_lists_and_whole_numbers_are_points_too() -> None:
    assert float(landscape("booth").value([1, 3])) == 0.0
    assert landscape("booth").grad(np.array([[1, 3], [0, 0]])).tolist() == [[0, 0], [-34, -38]]


def test_points_of_another_shape_are_refused() -> None:
    for points in ([1.0, 2.0, 3.0], 5.0, np.zeros((2, 3))):
        with pytest.raises(UserError, match="shape"):
            landscape("bowl").value(points)


def test_a_grid_is_indexed_by_y_then_x_and_reaches_the_edges() -> None:
    grid = landscape("x + 10*y", domain=((0, 2), (-1, 1))).grid((3, 5), derivatives=True)
    assert grid.x.tolist() == [0, 1, 2]
    assert grid.y.tolist() == [-1, -0.5, 0, 0.5, 1]
    assert grid.value[4, 2] == 12
    assert grid.value.shape == (5, 3)
    assert grid.gradient is not None
    assert grid.gradient.shape == (5, 3, 2)
    assert grid.gradient[1, 2].tolist() == [1, 10]
    assert grid.hessian is not None
    assert grid.hessian.shape == (5, 3, 3)


@pytest.mark.parametrize(
    ("formula", "centre", "corner"),
    [
        ("sin(x)/x + y^2", 1.0, 4 + math.sin(2) / 2),
        ("sin(3 sqrt(x^2 + y^2))/sqrt(x^2 + y^2)", 3.0, math.sin(3 * math.sqrt(8)) / math.sqrt(8)),
        ("(1 - cos(x))/x^2", 0.5, (1 - math.cos(2)) / 4),
        ("sqrt(x + y - 3)", math.nan, 1.0),
    ],
)
def test_a_grid_has_no_holes_where_a_formula_has_a_limit(formula: str, centre: float, corner: float) -> None:
    grid = landscape(formula).grid(5, domain=((-2, 2), (-2, 2)))
    assert grid.value[2, 2] == pytest.approx(centre, abs=2e-3, nan_ok=True)
    assert grid.value[4, 4] == pytest.approx(corner)


def test_a_grid_of_32_bits_is_computed_in_32_bits() -> None:
    grid = landscape("rastrigin").grid(65, domain=((-1, 1), (-1, 1)), dtype=np.float32)
    assert grid.value.dtype == grid.x.dtype == np.float32
    np.testing.assert_allclose(grid.value, landscape("rastrigin").grid(65, ((-1, 1), (-1, 1))).value, atol=2e-4)


def test_a_formula_is_a_landscape() -> None:
    land = landscape("x^2 + 3*sin(y)", domain=((-4, 4), (-5, 5)))
    assert land.domain == ((-4, 4), (-5, 5))
    assert land.minima == ()
    assert float(land.value([2.0, 0.5])) == pytest.approx(4 + 3 * math.sin(0.5))
    assert landscape(" x*y ").domain == FORMULA_DOMAIN


@pytest.mark.parametrize("formula", ["x^2 + y^2", "log(x)", "x", "3", "1/(x*y)", "sqrt(1 - x^2 - y^2)", "exp(x^9)"])
def test_a_formulas_race_starts_where_it_is_finite(formula: str) -> None:
    land = landscape(formula)
    assert math.isfinite(land.value_grad_at(*land.start)[0])
    for position, (low, high) in zip(land.start, land.domain, strict=True):
        assert low < position < high


def test_a_formula_that_is_in_the_catalogue_is_recognized() -> None:
    land = landscape("(1-x)**2 + 100(y - x^2)^2")
    assert land.minima == ((1, 1),)
    assert land.domain == landscape("rosenbrock").domain
    assert land.name == land.formula == "(1-x)**2 + 100(y - x^2)^2"
    assert landscape("(1-x)^2 + 100*(y-x^2)^2", domain=((-1, 0), (0, 1))).minima == ()


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text("xy+-*/^() 0123456789.e,<", max_size=24) | st.text(max_size=12))
def test_any_text_is_a_landscape_with_finite_values_or_refused(text: str) -> None:
    try:
        land = landscape(text)
    except UserError:
        return
    assert math.isfinite(float(land.value(land.start)))


def test_another_domain_keeps_the_minima_inside_it() -> None:
    land = landscape("himmelblau", domain=((0, 5), (-5, 5)))
    assert land.domain == ((0, 5), (-5, 5))
    assert len(land.minima) == 2
    assert all(x > 0 for x, _ in land.minima)
    assert 0 <= land.start[0] <= 5
    assert len(landscape("himmelblau").minima) == 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("rosenbrok", "Did you mean 'rosenbrock'"),
        ("Himmelbau", "Did you mean 'himmelblau'"),
        ("no_such_thing_at_all", "no landscape"),
    ],
)
def test_an_unknown_name_gets_the_nearest_one(name: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        landscape(name)


def test_broken_formulas_and_domains_are_refused() -> None:
    with pytest.raises(FormulaError):
        landscape("x +")
    with pytest.raises(UserError, match="no finite value"):
        landscape("sqrt(-1 - x^2)")
    for domain in (((1, 0), (0, 1)), ((0, math.inf), (0, 1)), (0, 1, 2), ((0, "a"), (0, 1))):
        with pytest.raises(UserError, match="domain"):
            landscape("bowl", domain=domain)  # type: ignore[arg-type]


def test_names_do_not_depend_on_case() -> None:
    assert landscape("Rosenbrock") is landscape("rosenbrock")


@pytest.mark.parametrize("formula", ["log(x)", "sqrt(x)", "log2(x) + y", "floor(log10(x))", "max(log(x), -9)", "x^1.5"])
def test_derivatives_are_nan_where_the_value_is(formula: str) -> None:
    land = ll.landscape(formula)
    for grid in (land.grid(16, derivatives=True), grids.grid(land, 32, derivatives=True)):
        assert grid.gradient is not None
        assert grid.hessian is not None
        lost = np.isnan(grid.value)
        assert lost.mean() == 0.5
        assert np.array_equal(np.isnan(grid.gradient).all(axis=-1), lost)
        assert np.array_equal(np.isnan(grid.hessian).all(axis=-1), lost)
    assert np.isnan(land.grad((-1.0, 0.0))).all()
    assert np.isnan(land.hessian((-1.0, 0.0))).all()
    assert np.isnan(land.value_grad_at(-1.0, 0.0)).all()


def test_a_gap_of_one_point_is_filled_with_the_derivatives_beside_it() -> None:
    grid = ll.landscape("sin(x)/x", domain=((0, 4), (0, 1))).grid(5, derivatives=True)
    assert grid.value[0, 0] == pytest.approx(1.0, abs=1e-6)
    assert grid.hessian is not None
    assert grid.hessian[0, 0, 0] == pytest.approx(-1 / 3, abs=1e-3)

"""Functions that are looked up in a table: SciPy's natural splines, their derivatives, holes, and the chain rule."""

from __future__ import annotations

import pickle
from types import ModuleType

import array_api_strict
import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from lossland.expression import Program, sin, variable
from lossland.expression.node import make
from lossland.expression.table import Table, derived

X = np.array([-1.0, -0.4, 0.0, 0.3, 0.9, 2.0])  # the points need not be even
Y = np.array([0.0, 0.5, 1.0, 1.5])
VALUE = np.random.default_rng(3).normal(size=(4, 6))


@pytest.fixture(scope="module")
def table() -> Table:
    return Table(X, Y, VALUE)


def expected(x: float, y: float, by_x: int, by_y: int) -> float:
    """Return a derivative of the tensor product of SciPy's natural splines."""
    along = [CubicSpline(X, row, bc_type="natural")(x, by_x) for row in VALUE]
    return float(CubicSpline(Y, along, bc_type="natural")(y, by_y))


PLACES = np.random.default_rng(4).uniform((-1, 0), (2, 1.5), (40, 2))


@pytest.mark.parametrize("orders", [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (3, 1)])
@pytest.mark.parametrize("xp", [np, array_api_strict], ids=["numpy", "strict"])
def test_it_is_scipys_natural_spline(table: Table, orders: tuple[int, int], xp: ModuleType) -> None:
    want = [expected(x, y, *orders) for x, y in PLACES]
    x, y = (xp.asarray(part) for part in PLACES.T.copy())
    found = table.arrays(xp, orders, x, y)
    assert isinstance(found, type(x))
    np.testing.assert_allclose(np.asarray(found), want, rtol=1e-10, atol=1e-11)
    np.testing.assert_allclose([table.floats(orders, *map(float, at)) for at in PLACES], want, rtol=1e-10, atol=1e-11)


def test_it_is_exact_at_the_points_and_nothing_outside(table: Table) -> None:
    np.testing.assert_array_equal(table.arrays(np, (0, 0), X[None, :], Y[:, None]), VALUE)
    for at in ((-1.01, 0.5), (2.01, 0.5), (0.0, -0.01), (0.0, 1.51), (np.nan, 0.5)):
        assert np.isnan(table.floats((0, 0), *at))
        assert np.isnan(table.arrays(np, (1, 0), np.array([at[0]]), np.array([at[1]])))[0]


def test_cells_with_a_missing_corner_are_missing() -> None:
    value = VALUE.copy()
    value[1, 2] = np.nan
    value[3, 0] = np.inf
    holed = Table(X, Y, value)
    found = holed.arrays(np, (0, 0), X[None, :], Y[:, None])
    np.testing.assert_array_equal(found, np.where(np.isfinite(value), value, np.nan))
    inside = holed.arrays(np, (0, 0), (X[:-1] + X[1:])[None, :] / 2, (Y[:-1] + Y[1:])[:, None] / 2)
    assert np.argwhere(np.isnan(inside)).tolist() == [[0, 1], [0, 2], [1, 1], [1, 2], [2, 0]]
    assert np.isnan(holed.floats((0, 0), -0.2, 0.3))
    assert np.isfinite(holed.floats((1, 0), 1.0, 1.2))


def test_it_follows_the_chain_rule(table: Table) -> None:
    x, y = variable("x"), variable("y")
    node = make(table.op, sin(x), x * y)
    program = Program([node, node.diff("x"), node.diff("y"), node.diff("x").diff("y")], ("x", "y"))
    a, b = 0.7, 1.1
    u, v, c = np.sin(a), a * b, np.cos(a)
    f = {orders: expected(u, v, *orders) for orders in [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2)]}
    want = [f[0, 0], f[1, 0] * c + f[0, 1] * b, f[0, 1] * a, f[1, 1] * a * c + f[0, 2] * a * b + f[0, 1]]
    np.testing.assert_allclose(program.floats(a, b), want, rtol=1e-10)
    np.testing.assert_allclose(np.ravel(program.arrays(np.array([a]), np.array([b]))), want, rtol=1e-10)
    assert derived(table.op, 0) == table.op[:-3] + "1 0"
    assert make(table.op[:-3] + "3 0", x, y).diff("x").value == 0  # piecewise cubic


def test_a_pickle_brings_its_table(table: Table) -> None:
    from lossland.expression.table import TABLES

    node = make(table.op, variable("x"), variable("y"))
    sent = pickle.dumps(node)
    TABLES.clear()
    again = pickle.loads(sent)
    assert Program([again], ("x", "y")).floats(0.1, 0.2)[0] == pytest.approx(expected(0.1, 0.2, 0, 0))
    TABLES.clear()
    assert table.op in {again.op}
    TABLES[table.op.split()[1]] = table

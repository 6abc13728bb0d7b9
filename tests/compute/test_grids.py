from __future__ import annotations

import mpmath
import numpy as np
import pytest

from lossland.compute import grids
from lossland.compute.grids import Lattice, grid
from lossland.compute.kernels import lattice as lattice_kernels
from lossland.errors import MachineError, UserError
from lossland.landscapes import landscape

LAND = landscape("himmelblau", domain=((-4, 4), (-3, 5)))


def himmelblau(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b = x * x + y - 11, x + y * y - 7
    gradient = np.stack((4 * x * a + 2 * b, 2 * a + 4 * y * b), axis=-1)
    hessian = np.stack((8 * x * x + 4 * a + 2, 4 * x + 4 * y, 2 + 8 * y * y + 4 * b), axis=-1)
    return a * a + b * b, gradient, hessian


@pytest.fixture(params=["kernel", "arrays"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Compute once with the compiled kernel and once on arrays."""
    if request.param == "arrays":
        monkeypatch.setattr(Lattice, "_kernel", lambda lattice: None)
    return request.param


@pytest.mark.parametrize("rows", [1, 7, 40])
def test_values_and_derivatives_are_exact(monkeypatch: pytest.MonkeyPatch, way: str, rows: int) -> None:
    monkeypatch.setattr(grids, "BAND", 40 * rows)
    made = grid(LAND, 40, derivatives=True)
    assert made.x.tolist() == np.linspace(-4, 4, 40).tolist()
    assert made.y.tolist() == np.linspace(-3, 5, 40).tolist()
    value, gradient, hessian = himmelblau(*np.meshgrid(made.x, made.y))
    assert np.abs(made.value - value).max() < 1e-11
    assert made.gradient is not None
    assert made.hessian is not None
    assert np.abs(made.gradient - gradient).max() < 1e-11
    assert np.abs(made.hessian - hessian).max() < 1e-11


def test_eigenvalues_are_numpys(way: str) -> None:
    made = grid(LAND, 33, quantities=["hessian", "eigenvalues"])
    assert made.gradient is None
    assert made.hessian is not None
    assert made.eigenvalues is not None
    xx, xy, yy = np.moveaxis(made.hessian, -1, 0)
    matrices = np.stack((np.stack((xx, xy), -1), np.stack((xy, yy), -1)), -1)
    assert made.eigenvalues == pytest.approx(np.linalg.eigvalsh(matrices), rel=1e-11, abs=1e-10)


def test_curvature_of_a_sphere_and_a_saddle(way: str) -> None:
    """A sphere of radius 2 has Gaussian curvature 1/4 and mean curvature 1/2 (its lower half bends up)."""
    sphere = landscape("-sqrt(4 - x^2 - y^2)", domain=((-1, 1), (-1.2, 0.9)))
    curvature = grid(sphere, 20, quantities=["curvature"]).curvature
    assert curvature is not None
    assert curvature == pytest.approx(np.broadcast_to([0.25, 0.5], (20, 20, 2)), rel=1e-12)
    flat = grid(landscape("x*y", domain=((-1, 1), (-1, 1))), 21, quantities=["curvature"]).curvature
    assert flat is not None
    assert flat[10, 10] == pytest.approx([-1, 0], abs=1e-15)


@pytest.mark.parametrize("name", ["ackley", "rastrigin", "rosenbrock", "sin(x)/x + y"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_kernel_agrees_with_arrays(name: str, dtype: type) -> None:
    land = landscape(name)
    fast, plain = grid(land, 65, dtype=dtype, derivatives=True), land.grid(65, dtype=dtype, derivatives=True)
    for array, reference in ((fast.value, plain.value), (fast.gradient, plain.gradient), (fast.hessian, plain.hessian)):
        assert array is not None
        assert reference is not None
        assert array.dtype == dtype
        scale = np.nanmax(np.abs(reference))
        error = np.abs(array - reference)[8:-8, :20]  # away from the gap at x = 0, where quotients cancel
        assert error.max() < 20 * np.finfo(dtype).eps * scale


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("rows", [1, 3, 50])
@pytest.mark.parametrize("n", [9, 50])
def test_neither_threads_nor_bands_change_a_bit(
    monkeypatch: pytest.MonkeyPatch, threads: int, rows: int, n: int
) -> None:
    land = landscape("ackley")
    whole = grid(land, n, dtype=np.float32, quantities=["gradient", "eigenvalues"])
    monkeypatch.setattr(grids, "BAND", n * rows)
    lattice = Lattice(land, n, dtype=np.float32, quantities=["gradient", "eigenvalues"])
    parts = list(lattice.bands(threads))
    assert [part.start for part, _ in parts] == list(range(0, n, rows))
    for name, expected in (("value", whole.value), ("gradient", whole.gradient), ("eigenvalues", whole.eigenvalues)):
        assert expected is not None
        assert np.array_equal(np.concatenate([band[name] for _, band in parts]), expected)


def test_rows_are_y_and_columns_are_x() -> None:
    made = grid(landscape("x + 10*y", domain=((0, 1), (0, 1))), 2)
    assert made.value.tolist() == [[0, 1], [10, 11]]
    assert made.gradient is None
    assert made.hessian is None


def test_constant_derivatives_fill_the_grid() -> None:
    made = grid(landscape("3*x + x*y"), 5, derivatives=True)
    assert made.hessian is not None
    assert made.hessian.shape == (5, 5, 3)
    assert (made.hessian == (0, 1, 0)).all()


def test_progress_is_reported_band_by_band(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grids, "BAND", 1)
    shares: list[float] = []
    made = grid(landscape("ackley"), 50, dtype=np.float32, progress=shares.append)
    assert made.value.dtype == made.x.dtype == np.float32
    assert shares == [pytest.approx((i + 1) / 50) for i in range(50)]


def test_gaps_are_filled_as_in_small_grids() -> None:
    land = landscape("sin(x)/x + cos(y)", domain=((-1, 1), (-1, 1)))
    made = grid(land, 101)
    assert made.value[:, 50] == pytest.approx(1 + np.cos(made.y), abs=1e-4)


def test_a_kernel_that_does_not_compile_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise MachineError("No kernel can be compiled for this processor: test.")

    expected = LAND.grid(32).value
    monkeypatch.setattr(lattice_kernels, "kernel", broken)
    with pytest.warns(RuntimeWarning, match="on arrays"):
        made = grid(LAND, 32)
    assert np.array_equal(made.value, expected)


def test_another_domain() -> None:
    made = grid(LAND, 3, domain=((0, 2), (1, 3)))
    assert made.x.tolist() == [0, 1, 2]
    assert made.y.tolist() == [1, 2, 3]


def test_what_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="whole number from 2"):
        grid(LAND, 1)
    with pytest.raises(UserError, match="mean 'curvature'"):
        grid(LAND, 8, quantities=["curvatures"])

    def full(shape: tuple[int, ...], dtype: np.dtype) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "empty", full)
    with pytest.raises(MachineError, match="not enough memory"):
        grid(LAND, 8)


@pytest.mark.parametrize(
    "formula",
    [
        "where(sin(x)<0, y, 2*y)",
        "where(x/3<1, y, x)",
        "sin(x)^y",
        "where(sin(y)<0, x, 2*x)",
        "where(exp(x)<=1, where(sqrt(abs(y))>1, x, y), exp(x*y))",
        "max(sin(x), cos(y)) + min(exp(x), 2)*y",
    ],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_depends_on_one_coordinate_may_be_true_or_false(formula: str, dtype: type) -> None:
    land = landscape(formula)
    fast = grid(land, 17, dtype=dtype, derivatives=True, backend="cpu")
    x, y = np.meshgrid(fast.x.astype(np.float64), fast.y.astype(np.float64))
    points = np.stack((x, y), axis=-1)
    for got, right in ((fast.value, land.value(points)), (fast.gradient, land.grad(points))):
        assert got is not None
        there = np.isfinite(right)
        assert there.mean() > 0.3
        assert np.abs(got[there] - right[there]).max() < 50 * np.finfo(dtype).eps * np.abs(right[there]).max()


def test_sines_of_huge_angles() -> None:
    """2e17 and its like are whole numbers, whose sine mpmath knows."""
    land = landscape("sin(x)", domain=((1e17, 2e17), (0, 1)))
    made = grid(land, 8, backend="cpu")
    with mpmath.workprec(200):
        right = [float(mpmath.sin(mpmath.mpf(float(x)))) for x in made.x]
    assert made.value[3] == pytest.approx(right, rel=1e-15)
    wild = grid(landscape("cos(exp(y^4))"), 33, backend="cpu").value
    assert np.nanmax(np.abs(wild)) <= 1
    with mpmath.workprec(2000):
        angle = float(np.exp(np.float64(3.0) ** 4))
        right = float(mpmath.cos(mpmath.mpf(angle)))
    assert grid(landscape("cos(x)", domain=((angle, 2 * angle), (0, 1))), 8, backend="cpu").value[0, 0] == right


def test_where_a_value_is_nan_so_are_its_derivatives() -> None:
    """log(x) left of 0 is nothing, though 1/x is something; sin(x)/x at 0 is a gap that can be filled."""
    made = grid(landscape("log(x) + y"), 9, derivatives=True)
    assert made.gradient is not None
    assert made.hessian is not None
    nothing = np.isnan(made.value)
    assert nothing[:, :4].all()
    assert np.isnan(made.gradient[nothing]).all()
    assert np.isnan(made.hessian[nothing]).all()
    assert np.isfinite(made.gradient[:, 5:]).all()
    filled = grid(landscape("sin(x)/x", domain=((-1, 1), (-1, 1))), 101, derivatives=True)
    assert np.isfinite(filled.value).all()
    assert filled.gradient is not None
    assert np.isfinite(filled.gradient).all()


@pytest.mark.parametrize("dtype", ["float16", "int32", "complex64", "bogus", np.longdouble])
def test_grids_are_in_float32_or_float64(dtype: str) -> None:
    for make in (LAND.grid, lambda n, dtype: grid(LAND, n, dtype=dtype)):
        with pytest.raises(UserError, match="float32 or float64"):
            make(3, dtype=dtype)

"""A file with a grid is a landscape: a paraboloid's spline has its values, slopes and minimum."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest

import lossland as ll
from lossland.landscapes import text_of


def loss(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (x - 0.3) ** 2 + 2 * (y + 0.2) ** 2 + 0.5 * x * y


X, Y = np.linspace(-1, 1, 41), np.linspace(-1.5, 1, 31)
VALUE = loss(X[None, :], Y[:, None])
MINIMUM = np.linalg.solve([[2, 0.5], [0.5, 4]], [0.6, -0.8])


@pytest.fixture
def npz(tmp_path: Path) -> str:
    np.savez(tmp_path / "s.npz", x=X, y=Y, value=VALUE)
    return str(tmp_path / "s.npz")


@pytest.fixture
def h5(tmp_path: Path) -> str:
    """Write a surface as Li et al.'s code does: the shape is (nx, ny), the order (ny, nx)."""
    with h5py.File(tmp_path / "s.h5", "w") as file:
        file["xcoordinates"], file["ycoordinates"] = X, Y
        file["train_loss"] = VALUE.ravel().reshape(len(X), len(Y))
    return str(tmp_path / "s.h5")


@pytest.mark.parametrize("kind", ["npz", "h5"])
def test_values_and_slopes(kind: str, request: pytest.FixtureRequest) -> None:
    land = ll.landscape(request.getfixturevalue(kind))
    assert land.domain == ((-1.0, 1.0), (-1.5, 1.0))
    # the spline's second derivative is 0 at the edges, the paraboloid's is not: it is compared far from them
    points = np.random.default_rng(0).uniform((-0.6, -1.0), (0.6, 0.6), (50, 2))
    x, y = points.T
    np.testing.assert_allclose(land.value(points), loss(x, y), atol=1e-5)
    slopes = np.stack([2 * (x - 0.3) + 0.5 * y, 4 * (y + 0.2) + 0.5 * x], axis=1)
    np.testing.assert_allclose(land.grad(points), slopes, atol=1e-3)
    np.testing.assert_allclose(land.hessian(points), np.broadcast_to([2, 0.5, 4], (50, 3)), atol=3e-2)
    np.testing.assert_array_equal(land.grid((41, 31)).value, VALUE)
    assert "41 × 31 points" in land.source
    assert "spline" in land.latex


def test_optimizers_run_on_it(npz: str) -> None:
    path = ll.run(npz, "momentum:lr=0.05,momentum=0.5", start=(-0.7, 0.6), steps=200)
    np.testing.assert_allclose(path.points[-1, 0], MINIMUM, atol=1e-4)
    for rule in ("bfgs", "damped_newton", "shampoo"):  # which look around, and at the Hessian
        end = ll.run(npz, rule, start=(0.0, 0.3), steps=100).points[-1, 0]
        assert np.linalg.norm(end - MINIMUM) < 0.2, rule
    swarm = ll.swarm(npz, "gradient_descent:lr=0.1", count=50, steps=60)
    assert not swarm.fused
    np.testing.assert_allclose(swarm.minima.position, [MINIMUM], atol=1e-4)
    found = ll.basins(npz, "gradient_descent:lr=0.1", n=12, steps=80)
    assert found.shares[0] > 0.9
    raced = ll.bench(["gradient_descent"], [npz], starts=4, steps=20, budget=2)
    assert raced.cells[0].diverged < 1
    grid = ll.landscape(npz).grid(9, dtype=np.float32)
    assert grid.value.dtype == np.float32


def test_a_start_outside_has_no_value(npz: str) -> None:
    path = ll.run(npz, "gradient_descent:lr=0.1", start=(1.5, 0.0), steps=3)
    assert np.isnan(path.values).all()


def test_it_is_raced_on_and_named(npz: str) -> None:
    assert text_of(npz) == npz
    assert text_of(ll.landscape(npz)) == text_of(Path(npz)) == npz
    scene = ll.scene("optimizer_race", landscape=npz)
    assert scene.values["domain"] == (-1, 1, -1.5, 1)
    lowest = min(value for name, value in scene.readouts(time=10).items() if name.endswith(".last_loss"))
    assert lowest == pytest.approx(loss(*MINIMUM), abs=1e-3)
    assert ll.scene(npz).name == "nn_loss_slice"  # by itself it is shown as the slice that it is


def test_a_file_that_changes_is_read_again(npz: str) -> None:
    assert float(ll.landscape(npz).value(np.zeros(2))) == pytest.approx(loss(np.zeros(1), np.zeros(1))[0], abs=1e-6)
    np.savez(npz, x=X, y=Y, value=VALUE + 1)
    os.utime(npz, ns=(1, 1))
    assert float(ll.landscape(npz).value(np.zeros(2))) == pytest.approx(loss(np.zeros(1), np.zeros(1))[0] + 1, abs=1e-6)


def test_what_is_no_landscape_is_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "line.npz", x=X, value=X**2)
    np.savez(tmp_path / "other.npz", weights=X)
    for name, told in (("line.npz", "landscape needs two"), ("other.npz", "no array 'x'"), ("no.npz", "no file")):
        with pytest.raises(ll.UserError, match=told):
            ll.landscape(str(tmp_path / name))

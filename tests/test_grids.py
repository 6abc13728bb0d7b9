from __future__ import annotations

import numpy as np
import pytest

from lossland.compute import grids
from lossland.compute.grids import grid
from lossland.errors import MachineError, UserError
from lossland.landscapes import landscape

LAND = landscape("himmelblau", domain=((-4, 4), (-3, 5)))


def himmelblau(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    a, b = x * x + y - 11, x + y * y - 7
    gradient = np.stack((4 * x * a + 2 * b, 2 * a + 4 * y * b), axis=-1)
    hessian = np.stack((8 * x * x + 4 * a + 2, 4 * x + 4 * y, 2 + 8 * y * y + 4 * b), axis=-1)
    return a * a + b * b, gradient, hessian


@pytest.mark.parametrize("bands", [1, 7, 40])
def test_values_and_derivatives_are_exact(monkeypatch: pytest.MonkeyPatch, bands: int) -> None:
    monkeypatch.setattr(grids, "WORKING_BYTES", grids.ALIVE * 40 * 8 * 40 // bands)
    made = grid(LAND, 40, derivatives=True)
    assert made.x.tolist() == np.linspace(-4, 4, 40).tolist()
    assert made.y.tolist() == np.linspace(-3, 5, 40).tolist()
    value, gradient, hessian = himmelblau(*np.meshgrid(made.x, made.y))
    assert np.abs(made.value - value).max() < 1e-11
    assert made.gradient is not None
    assert made.hessian is not None
    assert np.abs(made.gradient - gradient).max() < 1e-11
    assert np.abs(made.hessian - hessian).max() < 1e-11


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


def test_bands_do_not_change_a_bit_and_report_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    land = landscape("ackley")
    whole = grid(land, 50, dtype=np.float32)
    monkeypatch.setattr(grids, "WORKING_BYTES", 1)
    shares: list[float] = []
    banded = grid(land, 50, dtype=np.float32, progress=shares.append)
    assert whole.value.dtype == banded.value.dtype == whole.x.dtype == np.float32
    assert np.array_equal(whole.value, banded.value)
    assert np.array_equal(whole.value, land.grid(50, dtype=np.float32).value)
    assert shares == [pytest.approx((i + 1) / 50) for i in range(50)]


def test_another_domain() -> None:
    made = grid(LAND, 3, domain=((0, 2), (1, 3)))
    assert made.x.tolist() == [0, 1, 2]
    assert made.y.tolist() == [1, 2, 3]


def test_what_cannot_be_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="2 or more"):
        grid(LAND, 1)

    def full(shape: tuple[int, ...], dtype: np.dtype) -> None:
        raise MemoryError

    monkeypatch.setattr(np, "empty", full)
    with pytest.raises(MachineError, match="not enough memory"):
        grid(LAND, 8)

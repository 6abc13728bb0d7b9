"""Crowds with levels: when f first passed each, on every path, against runs that keep every point."""

from __future__ import annotations

from typing import Any

import numpy as np
import nvrtc
import pytest
from cupy_stand_in import StandIn

from lossland import optimizers
from lossland.compute import arrays
from lossland.compute.crowds.base import Crowd
from lossland.compute.crowds.on_arrays import ArrayCrowd
from lossland.compute.crowds.on_cpu import KernelCrowd
from lossland.compute.crowds.on_cuda import CudaCrowd
from lossland.compute.kernels import cuda
from lossland.compute.kernels.device import Device
from lossland.compute.kernels.fused import fuse
from lossland.compute.levels import filled, table_of_levels
from lossland.compute.swarm import random_starts
from lossland.compute.trajectory import run
from lossland.landscapes import landscape

CASES = [
    ("rosenbrock", "adam:lr=0.05"),
    ("himmelblau", "gradient_descent:lr=0.01"),
    ("himmelblau", "momentum:lr=0.02,momentum=0.5"),  # most are lost
    ("rastrigin", "adam:lr=0.2"),  # whose cosines are reduced
    ("ackley", "sgd:lr=0.05,noise=0.5"),
    ("beale", "damped_newton"),
]
STEPS = 300


def crowd_on(path: str, land: Any, rule: Any, start: np.ndarray, levels: np.ndarray, first: int = 0) -> Crowd:
    if path == "arrays":
        return ArrayCrowd(land, rule, start, 3, first, arrays.CPU, levels=levels)
    kernel = KernelCrowd(land, rule, start, 3, first, levels=levels, threads=1)
    return (
        kernel
        if path == "cpu"
        else CudaCrowd(Device(StandIn()), land, rule, start, lambda: kernel, 3, first, levels=levels)
    )


def levels_of(land: Any) -> np.ndarray:
    lowest = min(float(land.value(np.array(point))) for point in land.minima)
    return lowest + np.geomspace(100, 1e-7, 51)


@pytest.mark.parametrize("path", ["arrays", "cpu", "cuda"])
@pytest.mark.parametrize(("name", "spec"), CASES)
def test_levels_are_passed_when_a_run_that_keeps_every_point_passes_them(path: str, name: str, spec: str) -> None:
    """Runs part by rounding where they are chaotic; nine in ten do not."""
    land, rule = landscape(name), optimizers.optimizer(spec)
    start, levels = random_starts(land.domain, 70, seed=5).astype(float), levels_of(land)
    crowd = crowd_on(path, land, rule, start, levels)
    for steps in (1, 130, STEPS - 131):
        crowd.advance(steps)
    kept = run(land, rule, start, STEPS, seed=3, backend="cpu")
    values, points = kept.values[:-1], kept.points[:-1]
    with np.errstate(invalid="ignore"):
        low, size = np.array(land.domain).T[0], np.ptp(np.array(land.domain), axis=1)
        gone = (~(np.abs(points - low - size / 2) < 1000.5 * size)).any(axis=-1)
        values = np.where(np.logical_or.accumulate(gone, axis=0), np.nan, values)
        passed = values[None] <= levels[:, None, None]
    right = np.where(passed.any(axis=1), passed.argmax(axis=1), -1)
    assert (crowd.hits == right).all(axis=0).mean() > 0.9
    assert crowd.hits.dtype == np.int32
    done = right[-1] >= 0
    until = np.where(done, right[-1], STEPS)  # what comes after the last level counts no more
    values = np.where(np.arange(STEPS)[:, None] <= until, values, np.inf)
    close = np.isclose(crowd.best, np.nanmin(values, axis=0), rtol=1e-6, atol=1e-12)
    assert close.mean() > 0.9
    there = np.isclose(crowd.positions[done], points[right[-1][done], np.flatnonzero(done)], rtol=1e-6, atol=1e-9)
    assert not done.any() or there.all(axis=1).mean() > 0.9
    assert ((crowd.lost >= 0) == gone.any(axis=0) | (crowd.lost == STEPS)).mean() > 0.9


@pytest.mark.parametrize("path", ["arrays", "cpu", "cuda"])
def test_pieces_and_neighbours_change_nothing(path: str) -> None:
    land, rule = landscape("ackley"), optimizers.optimizer("sgd:lr=0.05,noise=0.5")
    start, levels = random_starts(land.domain, 1100, seed=5).astype(float), np.geomspace(10, 1, 20)
    whole = crowd_on(path, land, rule, start, levels)
    whole.advance(60)
    parts = crowd_on(path, land, rule, start[700:1037], levels, first=700)
    for steps in (7, 1, 52):
        parts.advance(steps)
    for name in ("hits", "best", "lost"):
        np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name)[..., 700:1037])
    np.testing.assert_array_equal(parts.positions, whole.positions[700:1037])
    assert (whole.hits[-1] >= 0).any()
    assert (whole.hits[-1] < 0).any()


def test_a_table_of_levels_is_checked() -> None:
    assert table_of_levels(np.array([2.0, 1.0]), np.float32)[1:4].tolist() == [1.0, -np.inf, -np.inf]
    for wrong in (np.array([1.0, 2.0]), np.zeros(0), np.zeros(64)):
        with pytest.raises(ValueError, match="levels, in decreasing order"):
            table_of_levels(wrong, np.float64)


def test_levels_that_are_passed_together_have_the_same_step() -> None:
    hits = np.array([[-1, 2, -1], [7, -1, -1], [-1, 9, -1]], np.int32)
    assert filled(hits).tolist() == [[7, 2, -1], [7, 9, -1], [-1, 9, -1]]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_timed_kernels_compile_for_gpus(dtype: type) -> None:
    source = cuda.swarm_source(fuse(landscape("ackley"), optimizers.Adam(), timed=True), dtype)
    assert "#define TIMED 1" in source
    for use in nvrtc.uses(nvrtc.compile_cuda(source, "sm_90").log).values():
        assert use.spilled == 0
        assert use.registers <= 128

"""Every kernel, on arrays and compiled, against float64 NumPy on this machine (``lossland doctor --selftest``)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from lossland import landscapes, optimizers
from lossland.compute import arrays, philox
from lossland.compute.arrays import Backend
from lossland.compute.crowds import crowd
from lossland.compute.grids import grid
from lossland.compute.swarm import random_starts
from lossland.compute.trajectory import run

SINGLE = 1e-4  # float32 has about seven digits; steep landscapes cost two or three of them
DOUBLE = 1e-12
CANCELLING = {"prodigy": 10.0, "shampoo": 100.0}  # factors on the tolerance: these rules divide by small differences
POINTS = 1000
STEPS = 10


class Check(NamedTuple):
    """One kernel on one backend. ``error`` is the largest |a - b| / (1 + |b|) against float64 NumPy."""

    name: str
    backend: str
    error: float
    tolerance: float

    @property
    def ok(self) -> bool:
        """Whether the error is within the tolerance; nan is not."""
        return self.error <= self.tolerance


def selftest() -> Iterator[Check]:
    """Yield the checks one by one, the CPU's first."""
    for backend in arrays.available():
        yield from _random_numbers(backend)
        yield from _landscapes(backend)
        yield from _optimizers(backend)
        yield from _kernels(backend)


def _random_numbers(backend: Backend) -> Iterator[Check]:
    ours, theirs = philox.particles(backend.xp, 0, POINTS), philox.particles(np, 0, POINTS)
    for name, draw in (("uniform draws", philox.uniform), ("normal draws", philox.standard_normal)):
        got = [arrays.to_numpy(part) for part in draw(7, ours, 3)]
        yield Check(name, backend.name, _error(got, draw(7, theirs, 3)), DOUBLE)


def _landscapes(backend: Backend) -> Iterator[Check]:
    for land in landscapes.catalogue():
        points = random_starts(land.domain, POINTS)
        ours, exact = backend.xp.asarray(points), points.astype(np.float64)
        for part in ("value", "grad", "hessian"):
            got, right = getattr(land, part)(ours), getattr(land, part)(exact)
            # relative to the function's size: terms of that size cancel in it
            size = 1 + np.abs(right).max()
            error = _error(arrays.to_numpy(got) / size, right / size)
            yield Check(f"{part} of {land.name}", backend.name, error, SINGLE)
    land = landscapes.landscape("himmelblau")
    got = grid(land, 33, derivatives=True, backend=backend.name)
    right = land.grid(33, derivatives=True)
    for part in ("value", "gradient", "hessian"):
        yield Check(f"grid: {part}", backend.name, _error(getattr(got, part), getattr(right, part)), DOUBLE)


def _optimizers(backend: Backend) -> Iterator[Check]:
    land = landscapes.landscape("x^2 + 3*y^2")
    starts = random_starts(land.domain, POINTS, seed=1)
    for kind in optimizers.catalogue():
        rule = kind()
        right = run(land, rule, starts, STEPS, backend="cpu").points[-1]
        for dtype, tolerance in ((np.float32, SINGLE), (np.float64, DOUBLE)):
            particles = crowd(land, rule, starts.astype(dtype), 0, 0, backend)
            particles.advance(STEPS)
            kind_of_number = "" if dtype is np.float32 else " in float64"
            error = _error(particles.positions, right)
            tolerance *= CANCELLING.get(rule.name, 1.0)
            yield Check(f"{STEPS} steps of {rule.name}{kind_of_number}", backend.name, error, tolerance)


def _kernels(backend: Backend) -> Iterator[Check]:
    """One gradient step with rate 1 on each landscape, and the noise: the parts of a compiled step."""
    for land in landscapes.catalogue():
        starts = random_starts(land.domain, POINTS).astype(np.float64)
        right = starts - land.grad(starts)
        for dtype, tolerance, size_of_number in ((np.float32, SINGLE, 32), (np.float64, DOUBLE, 64)):
            particles = crowd(land, optimizers.GradientDescent(lr=1.0), starts.astype(dtype), 0, 0, backend)
            particles.advance(1)
            size = 1 + np.abs(right).max()
            error = _error(particles.positions / size, right / size)
            yield Check(f"a step on {land.name} in float{size_of_number}", backend.name, error, tolerance)
    flat = landscapes.landscape("0*x")
    particles = crowd(flat, optimizers.SGD(lr=1.0, noise=1.0), np.zeros((POINTS, 2)), 7, 0, backend)
    particles.advance(1)
    right = philox.standard_normal(7, philox.particles(np, 0, POINTS), 1)
    yield Check("noise of a step", backend.name, _error(-particles.positions.T, right), DOUBLE)


def _error(got: ArrayLike, right: ArrayLike) -> float:
    a, b = np.asarray(got, dtype=np.float64), np.asarray(right, dtype=np.float64)
    return float((np.abs(a - b) / (1 + np.abs(b))).max())

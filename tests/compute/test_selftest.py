from __future__ import annotations

import math

from lossland import landscapes, optimizers
from lossland.compute.arrays import available
from lossland.compute.selftest import Check, selftest


def test_every_kernel_passes_on_every_backend() -> None:
    checks = list(selftest())
    assert [check for check in checks if not check.ok] == []
    for backend in available():
        names = [check.name for check in checks if check.backend == backend.name]
        assert len(set(names)) == len(names)
        assert {f"10 steps of {name}" for name in optimizers.names()} <= set(names)
        assert {f"grad of {name}" for name in landscapes.names()} <= set(names)


def test_nan_is_a_failure() -> None:
    assert Check("sine", "cpu", 1e-9, 1e-6).ok
    assert not Check("sine", "cpu", 1e-5, 1e-6).ok
    assert not Check("sine", "cpu", math.nan, 1e-6).ok

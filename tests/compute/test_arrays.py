from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from lossland.compute import arrays
from lossland.compute.arrays import CudaDevice, available, backend
from lossland.errors import MachineError, UserError

H100 = CudaDevice(0, "NVIDIA H100", (9, 0), 12040)


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    backend.cache_clear()
    yield
    backend.cache_clear()


class Driver:
    """Answers like libcuda."""

    def __init__(self, version: int = 12040, status: int = 0, devices: tuple[tuple[str, int, int], ...] = ()) -> None:
        self.version, self.status, self.devices = version, status, devices

    def cuDriverGetVersion(self, number: Any) -> int:
        number._obj.value = self.version
        return 0

    def cuInit(self, flags: int) -> int:
        return self.status

    def cuDeviceGetCount(self, number: Any) -> int:
        number._obj.value = len(self.devices)
        return 0

    def cuDeviceGet(self, device: Any, index: int) -> int:
        device._obj.value = index
        return 0

    def cuDeviceGetAttribute(self, number: Any, attribute: int, device: ctypes.c_int) -> int:
        number._obj.value = self.devices[device.value][{75: 1, 76: 2}[attribute]]
        return 0

    def cuDeviceGetName(self, text: Any, size: int, device: ctypes.c_int) -> int:
        text.value = self.devices[device.value][0].encode()
        return 0


@pytest.mark.parametrize(
    ("driver", "found"),
    [
        (Driver(devices=(("NVIDIA H100", 9, 0),)), H100),
        (Driver(devices=(("Tesla K20", 3, 5), ("NVIDIA H100", 9, 0))), replace(H100, index=1)),
        (Driver(devices=(("Tesla K20", 3, 5),)), "Tesla K20 has compute capability 3.5"),
        (Driver(), "finds no device"),
        (Driver(status=100), "finds no device"),
        (Driver(status=999), "does not start (error 999)"),
        (Driver(version=11080), "supports CUDA 11.8, and 12.0 is needed"),
    ],
)
def test_the_driver_is_asked_for_a_usable_device(driver: Driver, found: CudaDevice | str) -> None:
    answer = arrays._first_usable(driver)
    if isinstance(found, str):
        assert isinstance(answer, str)
        assert found in answer
    else:
        assert answer == found


def test_auto_is_the_cpu_where_there_is_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "cuda_device", lambda: "there is no NVIDIA driver")
    assert backend("auto").name == "cpu"
    assert backend("auto").xp is np
    assert backend("auto").why == "there is no NVIDIA driver"
    assert [one.name for one in available()] == ["cpu"]


def test_cuda_that_is_not_there_is_refused_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "cuda_device", lambda: "there is no NVIDIA driver")
    with pytest.raises(MachineError, match="cannot be used because there is no NVIDIA driver; choose cpu"):
        backend("cuda")


def test_a_device_without_cupy_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "cuda_device", lambda: H100)
    monkeypatch.setitem(sys.modules, "cupy", None)
    assert backend("auto").name == "cpu"
    with pytest.raises(MachineError, match=r"pip install lossland\[cuda12\]"):
        backend("cuda")


class StandIn(ModuleType):
    """CuPy as far as the start-up check uses it."""

    def __init__(self, broken: str = "") -> None:
        super().__init__("cupy")
        self.broken = broken
        self.cuda = self
        self.Device = lambda index: self

    def use(self) -> None:
        if self.broken == "driver":
            raise RuntimeError("cudaErrorInsufficientDriver: too old\nmore")

    def arange(self, n: int) -> np.ndarray:
        return np.zeros(n) if self.broken == "sums" else np.arange(n)

    def asnumpy(self, array: np.ndarray) -> np.ndarray:
        return array


@pytest.mark.parametrize(
    ("broken", "name", "why"),
    [
        ("", "cuda", "NVIDIA H100 is there"),
        ("driver", "cpu", "CuPy fails on NVIDIA H100 (RuntimeError: cudaErrorInsufficientDriver: too old)"),
        ("sums", "cpu", "NVIDIA H100 computes wrong values"),
    ],
)
def test_cupy_is_tried_out_before_it_is_used(monkeypatch: pytest.MonkeyPatch, broken: str, name: str, why: str) -> None:
    monkeypatch.setattr(arrays, "cuda_device", lambda: H100)
    monkeypatch.setitem(sys.modules, "cupy", StandIn(broken))
    assert (backend("auto").name, backend("auto").why) == (name, why)


def test_unknown_backends_are_refused() -> None:
    with pytest.raises(UserError, match="Did you mean 'cuda'"):
        backend("cudaa")

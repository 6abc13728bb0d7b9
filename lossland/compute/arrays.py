"""Where arrays live: NumPy on the CPU, CuPy on a CUDA device. The only module that imports CuPy.

Everything in ``compute`` is written once over ``xp``, the namespace that an array belongs to.
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any, Protocol, runtime_checkable

import numpy as np

from lossland.errors import MachineError, UserError, nearest, shown

BACKENDS = ("auto", "cpu", "cuda")
OLDEST_DRIVER = 12000  # CUDA 12.0, as the driver reports it
OLDEST_DEVICE = (5, 0)  # compute capability


@dataclass(frozen=True)
class CudaDevice:
    """A CUDA device that can be used. ``driver`` is the newest CUDA version it supports, as 1000 major + 10 minor."""

    index: int
    name: str
    capability: tuple[int, int]
    driver: int


@cache
def cuda_device() -> CudaDevice | str:
    """Return the first usable CUDA device, or a clause that says why there is none.

    Queries the driver directly through ctypes: under a millisecond, no CuPy import, no CUDA context.
    """
    try:
        driver = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return "there is no NVIDIA driver"
    try:
        return _first_usable(driver)
    except AttributeError:
        return "the NVIDIA driver lacks functions that are needed"


def cuda_index() -> int | None:
    """Return the CUDA index of the device that computes, None if the CPU does."""
    device = cuda_device()
    return None if isinstance(device, str) else device.index


def _first_usable(driver: Any) -> CudaDevice | str:
    number = ctypes.c_int()
    if driver.cuDriverGetVersion(ctypes.byref(number)) != 0:
        return "the NVIDIA driver gives no version"
    version = number.value
    if version < OLDEST_DRIVER:
        return f"the NVIDIA driver supports CUDA {_version(version)}, and {_version(OLDEST_DRIVER)} is needed"
    status = driver.cuInit(0)
    if status != 0:
        known = {100: "the NVIDIA driver finds no device", 803: "the NVIDIA driver and its library differ in version"}
        return known.get(status, f"the NVIDIA driver does not start (error {status})")
    driver.cuDeviceGetCount(ctypes.byref(number))
    why = "the NVIDIA driver finds no device"
    for index in range(number.value):
        device, major, minor = ctypes.c_int(), ctypes.c_int(), ctypes.c_int()
        driver.cuDeviceGet(ctypes.byref(device), index)
        driver.cuDeviceGetAttribute(ctypes.byref(major), 75, device)  # COMPUTE_CAPABILITY_MAJOR
        driver.cuDeviceGetAttribute(ctypes.byref(minor), 76, device)
        text = ctypes.create_string_buffer(128)
        driver.cuDeviceGetName(text, 128, device)
        name = text.value.decode(errors="replace")
        if (major.value, minor.value) >= OLDEST_DEVICE:
            return CudaDevice(index, name, (major.value, minor.value), version)
        why = f"{name} has compute capability {major.value}.{minor.value}, below {OLDEST_DEVICE[0]}.{OLDEST_DEVICE[1]}"
    return why


def _version(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"


@dataclass(frozen=True)
class Backend:
    """Where to compute: its name on the command line, its array namespace, and why it was chosen."""

    name: str
    xp: ModuleType
    why: str


CPU = Backend("cpu", np, "it was asked for")


@cache
def backend(name: str = "auto") -> Backend:
    """Return the backend ``auto``, ``cpu`` or ``cuda``. ``auto`` is CUDA where a device and CuPy work, else the CPU."""
    if name == "cpu":
        return CPU
    if name not in BACKENDS:
        raise UserError(f"There is no backend {shown(name)}.{nearest(name, BACKENDS)} There are {', '.join(BACKENDS)}.")
    xp, why = _cupy()
    if xp is not None:
        return Backend("cuda", xp, why)
    if name == "cuda":
        raise MachineError(f"The backend cuda cannot be used because {why}; choose cpu instead.")
    return Backend("cpu", np, why)


def available() -> tuple[Backend, ...]:
    """Return every backend that works on this machine, the CPU first."""
    best = backend("auto")
    return (CPU,) if best.name == "cpu" else (CPU, best)


def _cupy() -> tuple[ModuleType | None, str]:
    """Return CuPy, tested on the device, and a clause naming it; or None and a clause that says why not."""
    device = cuda_device()
    if isinstance(device, str):
        return None, device
    try:
        import cupy  # pyright: ignore[reportMissingImports]
    except ImportError:
        extra = "cuda13" if device.driver >= 13000 else "cuda12"
        return None, f"{device.name} is there but CuPy is not installed (pip install lossland[{extra}])"
    try:
        cupy.cuda.Device(device.index).use()
        odd = cupy.asnumpy(cupy.arange(64) * 3 + 1)  # compiles and runs a kernel
    except Exception as error:  # CuPy's errors share no base class: CUDARuntimeError, CompileException, ...
        first = (str(error).strip().splitlines() or [""])[0]
        return None, f"CuPy fails on {device.name} ({type(error).__name__}: {first})"
    if not np.array_equal(odd, np.arange(64) * 3 + 1):
        return None, f"{device.name} computes wrong values"
    return cupy, f"{device.name} is there"


@runtime_checkable
class DeviceArray(Protocol):
    """An array that can be copied to the host, as CuPy's."""

    def get(self) -> np.ndarray:
        """Return a copy on the host."""
        ...


def to_numpy(array: object) -> np.ndarray:
    """Return an array of any library as a NumPy array on the host."""
    return array.get() if isinstance(array, DeviceArray) else np.asarray(array)

"""Arrays that stay on a CUDA device until their values are needed on the host."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lossland.compute.kernels.device import Device, DeviceError, OnDevice, warn


class Resident:
    """An immutable, C-contiguous array on a CUDA device.

    The renderer uses it in place, by ``__cuda_array_interface__``; ``__array__`` copies it to the host once. ``again``
    computes the same numbers on the host, in case the device is lost before that.
    """

    def __init__(self, device: Device, array: OnDevice, again: Callable[[], NDArray[np.floating]]) -> None:
        self.shape: tuple[int, ...] = tuple(array.shape)
        self.dtype = np.dtype(array.dtype)
        self._device, self._array, self._again = device, array, again
        self._on_host: NDArray[np.floating] | None = None

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def __cuda_array_interface__(self) -> dict[str, object]:
        # CuPy's own interface names the stream that is current now, which need not be the one that writes the array
        return {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self._array.data.ptr, False),
            "strides": None,
            "stream": self._device.compute.ptr,
            "version": 3,
        }

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> np.ndarray:
        if self._on_host is None:
            try:
                with self._device.at_work():
                    self._on_host = self._array.get()
            except DeviceError as error:
                warn(error)
                self._on_host = self._again()
        return np.array(self._on_host, dtype, copy=copy)

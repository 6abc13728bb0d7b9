"""Arrays that stay on a CUDA device until someone asks for their numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lossland.compute.kernels.device import Device, DeviceTrouble, OnDevice, say


class Resident:
    """An array on a CUDA device, C-contiguous and finished with: nothing writes into it any more.

    Whoever draws takes it as it is, by ``__cuda_array_interface__``; NumPy brings it home by ``__array__``, once.
    ``again`` computes the same numbers on the host, for when the device is lost on the way.
    """

    def __init__(self, device: Device, array: OnDevice, again: Callable[[], NDArray[np.floating]]) -> None:
        self.shape: tuple[int, ...] = tuple(array.shape)
        self.dtype = np.dtype(array.dtype)
        self._device, self._array, self._again = device, array, again
        self._home: NDArray[np.floating] | None = None

    def __len__(self) -> int:
        return self.shape[0]

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        # CuPy's own names the stream that is current when it is asked, which need not be the one that writes the array
        return {
            "shape": self.shape,
            "typestr": self.dtype.str,
            "data": (self._array.data.ptr, False),
            "strides": None,
            "stream": self._device.compute.ptr,
            "version": 3,
        }

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        if self._home is None:
            try:
                with self._device.at_work():
                    self._home = self._array.get()
            except DeviceTrouble as trouble:
                say(trouble)
                self._home = self._again()
        return np.array(self._home, dtype, copy=copy)

"""Many particles under one rule: by a compiled kernel where possible, else on arrays.

A `Crowd` holds the state of N particles and advances it. `KernelCrowd` runs the fused CPU kernel on all cores,
`CudaCrowd` the CUDA kernel; `ArrayCrowd` needs only an array library, and is the reference for the kernels. In each of
them a particle moves as it would alone, and one that is lost (see ``bounds``) stops there.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lossland.compute import arrays
from lossland.compute.arrays import Backend
from lossland.compute.crowds.base import Crowd, Points
from lossland.compute.crowds.on_arrays import ArrayCrowd
from lossland.compute.crowds.on_cpu import KernelCrowd
from lossland.compute.kernels.fused import is_fusible
from lossland.errors import MachineError
from lossland.landscapes.landscape import PLANE
from lossland.optimizers import Optimizer

if TYPE_CHECKING:
    from lossland.landscapes.problems import Ground


def crowd(
    landscape: Ground,
    rule: Optimizer,
    start: Points,
    seed: int,
    first: int,
    backend: Backend,
    minima: NDArray[np.floating] | None = None,
    near: float = 0.0,
    levels: NDArray[np.floating] | None = None,
) -> Crowd:
    """Return particles at ``start`` (N, 2), numbered from ``first`` on, in the fastest implementation of the backend.

    On a problem in n dimensions, with ``start`` (N, n), that is a kernel on the CPU if the step is not too long, and
    arrays otherwise, also on CUDA; ``minima`` must be None. A landscape from a file is computed on arrays.
    With ``minima`` (m, 2) it records when each particle settled within ``near`` of one of them, and when it was lost.
    With decreasing ``levels`` (m,) instead, it records when f first passed each of them, the lowest f, and when it was
    lost; a particle that has passed the last level stops.
    """

    if not rule.traced:  # code of another library, which works on arrays
        return ArrayCrowd(landscape, rule, start, seed, first, arrays.CPU, minima, near, levels)

    def on_cpu() -> Crowd:
        try:
            return KernelCrowd(landscape, rule, start, seed, first, minima, near, levels=levels)
        except MachineError as error:
            warnings.warn(f"{error} Computing on arrays, many times slower.", RuntimeWarning, stacklevel=3)
        return ArrayCrowd(landscape, rule, start, seed, first, arrays.CPU, minima, near, levels)

    by_kernel = is_fusible(landscape, rule) and (landscape.names == PLANE or backend.name == "cpu")
    if not by_kernel:
        return ArrayCrowd(landscape, rule, start, seed, first, backend, minima, near, levels)
    if backend.name == "cpu":
        return on_cpu()
    from lossland.compute.crowds.on_cuda import CudaCrowd
    from lossland.compute.kernels.device import DeviceError, device, warn

    try:
        return CudaCrowd(device(backend.xp), landscape, rule, start, on_cpu, seed, first, minima, near, levels)
    except DeviceError as error:
        warn(error)
        return on_cpu()


def in_float64(
    landscape: Ground,
    rule: Optimizer,
    start: Points,
    which: NDArray[np.intp],
    seed: int,
    first: int,
    backend: Backend,
    minima: NDArray[np.floating] | None = None,
    near: float = 0.0,
) -> tuple[Crowd, NDArray[np.intp]]:
    """Return a crowd in float64 of the particles whose indices in ``start`` are ``which``, and their indices in it.

    Noise depends on a particle's number, so with noise the crowd includes the particles between them.
    """
    if rule.stochastic:
        low, high = int(which[0]), int(which[-1]) + 1
        start, first, index = start[low:high], first + low, which - low
    else:
        start, index = start[which], np.arange(len(which))
    return crowd(landscape, rule, start.astype(np.float64), seed, first, backend, minima, near), index

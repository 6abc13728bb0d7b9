"""A landscape on a grid, with exact derivatives on request, in bands that keep the working memory small."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import DTypeLike, NDArray

from lossland.compute import arrays
from lossland.errors import MachineError, UserError
from lossland.expression import Program
from lossland.landscapes import Grid, check_domain

if TYPE_CHECKING:
    from lossland.landscapes import Domain, Landscape

WORKING_BYTES = 1 << 26  # about what the arrays of one band take while it is computed
ALIVE = 16  # how many arrays of the band's size that is


def grid(
    landscape: Landscape,
    n: int,
    domain: Domain | None = None,
    dtype: DTypeLike = np.float64,
    derivatives: bool = False,
    backend: str = "auto",
    progress: Callable[[float], None] | None = None,
) -> Grid:
    """Return the values on n x n points that span the domain, its edges included.

    With ``derivatives`` also the gradient (n, n, 2) and the Hessian (n, n, 3) as xx, xy, yy. ``dtype`` is float32
    or float64, for results and arithmetic alike. ``progress`` is called with the share of the work done.
    """
    if n < 2:
        raise UserError(f"A grid needs 2 or more points along each side, not {n}.")
    xp = arrays.backend(backend).xp
    (x0, x1), (y0, y1) = check_domain(domain or landscape.domain)
    x, y = np.linspace(x0, x1, n).astype(dtype), np.linspace(y0, y1, n).astype(dtype)
    nodes = [landscape.node]
    if derivatives:
        nodes += [*landscape.gradient_nodes, *landscape.hessian_nodes]
    program = Program(nodes, "xy")
    value, gradient, hessian = _room(n, x.dtype, derivatives)
    parts = [value, *np.moveaxis(gradient, -1, 0), *np.moveaxis(hessian, -1, 0)] if derivatives else [value]
    rows = max(1, WORKING_BYTES // (ALIVE * n * x.dtype.itemsize))
    across = xp.asarray(x)[None, :]
    for top in range(0, n, rows):
        band = slice(top, top + rows)
        results = program.arrays(across, xp.asarray(y[band])[:, None])
        for part, result in zip(parts, results, strict=True):
            part[band] = arrays.to_numpy(result)
        if progress:
            progress(min(1.0, (top + rows) / n))
    return Grid(x, y, value, gradient, hessian) if derivatives else Grid(x, y, value)


def _room(n: int, dtype: np.dtype, derivatives: bool) -> tuple[NDArray, NDArray, NDArray]:
    """Return empty arrays for value, gradient and Hessian (of no size where they are not wanted)."""
    side = n if derivatives else 0
    try:
        return np.empty((n, n), dtype), np.empty((side, side, 2), dtype), np.empty((side, side, 3), dtype)
    except MemoryError:
        raise MachineError(f"There is not enough memory for a grid of {n} x {n} points; choose fewer.") from None

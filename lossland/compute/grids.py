"""A landscape on a grid of points: values, derivatives and curvatures in one pass, in bands, on all cores.

A band of rows is computed by one thread with a compiled kernel (or on arrays, where there is none). Every point is
computed by itself, so neither the number of threads nor the height of the bands changes a bit of the result.
"""

from __future__ import annotations

import math
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import DTypeLike

from lossland import checks
from lossland.compute import arrays, memory
from lossland.compute.crowds.base import cores
from lossland.errors import MachineError, UserError, nearest
from lossland.expression import Node, Program, sqrt, stable
from lossland.expression.table import any_table
from lossland.landscapes import MOST_POINTS, Grid, check_domain, check_dtype, fill_gaps

if TYPE_CHECKING:
    from lossland.compute.kernels.device import CudaLattice
    from lossland.compute.kernels.lattice import LatticeKernel
    from lossland.compute.workers import Workers
    from lossland.landscapes import Domain, Landscape

BAND = 1 << 18  # points of a band: its arrays stay in the cache of the core that fills them
FARTHEST = {"float32": 1e6, "float64": 1e50}  # coordinates whose sixth powers are finite in the type

QUANTITIES = {"gradient": 2, "hessian": 3, "eigenvalues": 2, "curvature": 2}
"""The quantities besides the value, with their number of components (see `Lattice`)."""

Band = dict[str, np.ndarray]


def quantity_nodes(landscape: Landscape, name: str) -> tuple[Node, ...]:
    """Return the expressions of one of `QUANTITIES`, in numerically stable form."""
    gx, gy = stable(landscape.gradient_nodes)
    xx, xy, yy = stable(landscape.hessian_nodes)
    if name == "gradient":
        return gx, gy
    if name == "hessian":
        return xx, xy, yy
    if name == "eigenvalues":
        middle, apart = (xx + yy) / 2, sqrt(((xx - yy) / 2) ** 2 + xy**2)
        return middle - apart, middle + apart
    if name == "curvature":
        tilt = 1 + gx**2 + gy**2
        gaussian = (xx * yy - xy**2) / tilt**2
        mean = ((1 + gy**2) * xx - 2 * gx * gy * xy + (1 + gx**2) * yy) / (2 * tilt * sqrt(tilt))
        return gaussian, mean
    raise UserError(
        f"There is no quantity {name!r}.{nearest(name, list(QUANTITIES))} There are {', '.join(QUANTITIES)}."
    )


class Lattice:
    """A landscape on n x n points that span a domain, its edges included; nothing is computed yet.

    ``x``, ``y`` (n,). ``shapes`` has the shape of every array: "value" (n, n) indexed [iy, ix], and of the quantities
    asked for "gradient" (n, n, 2), "hessian" (n, n, 3) as xx, xy, yy, "eigenvalues" (n, n, 2) of the Hessian, the
    smaller first, and "curvature" (n, n, 2) of the surface z = f(x, y): Gaussian, mean. ``dtype`` is float32 or
    float64, for results and arithmetic alike.
    """

    @np.errstate(all="ignore")
    def __init__(
        self,
        landscape: Landscape,
        n: int,
        domain: Domain | None = None,
        dtype: DTypeLike = np.float64,
        quantities: Sequence[str] = (),
        backend: str = "auto",
    ) -> None:
        n = checks.whole(n, 2, MOST_POINTS, "The number of points along each side")
        self.n, self.dtype, self.backend = n, check_dtype(dtype), arrays.backend(backend)
        (x0, x1), (y0, y1) = check_domain(domain or landscape.domain)
        nodes = stable([landscape.node])
        self.shapes: dict[str, tuple[int, ...]] = {"value": (n, n)}
        for name in dict.fromkeys(quantities):
            nodes += quantity_nodes(landscape, name)
            self.shapes[name] = (n, n, QUANTITIES[name])
        self._given = (landscape, n, ((x0, x1), (y0, y1)), self.dtype.name, tuple(quantities), backend)
        self.x, self.y = np.linspace(x0, x1, n).astype(self.dtype), np.linspace(y0, y1, n).astype(self.dtype)
        self._widths = tuple(math.prod(shape[2:]) for shape in self.shapes.values())
        self._program = _program(tuple(nodes))

    @property
    def nbytes(self) -> int:
        """The size of all arrays in bytes."""
        return self.dtype.itemsize * sum(map(math.prod, self.shapes.values()))

    def bands(self, threads: int = 0) -> Iterator[tuple[slice, Band]]:
        """Yield bands of rows, from the first to the last, with their part of every array."""
        return self._in_order(threads or cores(), lambda rows: self._empty_band(rows.stop - rows.start))

    def bands_by(self, workers: Workers) -> Iterator[tuple[slice, Band]]:
        """Yield what `bands` does, computed by workers."""
        tops = range(0, self.n, self._height)
        waiting: dict[int, Band] = {}
        following = 0
        tiles = [_Tile(*self._given, rows=self._rows(top)) for top in tops]
        for number, band in workers.run(band_of, tiles):
            waiting[number] = band
            while following in waiting:
                yield self._rows(tops[following]), waiting.pop(following)
                following += 1

    def band(self, rows: slice) -> Band:
        """Return the part of every array in one band of rows."""
        band = self._empty_band(rows.stop - rows.start)
        self._compute(self._kernel(), rows, band)
        return band

    @property
    def _height(self) -> int:
        """How many rows a band has."""
        return max(1, BAND // self.n)

    def _rows(self, top: int) -> slice:
        return slice(top, min(top + self._height, self.n))

    def fill(self, whole: Band, threads: int = 0, progress: Callable[[float], None] | None = None) -> None:
        """Fill arrays of all ``shapes``. ``progress`` is called with the share of the work done."""
        for rows, _ in self._in_order(threads or cores(), lambda rows: {k: array[rows] for k, array in whole.items()}):
            if progress:
                progress(rows.stop / self.n)

    def empty(self) -> Band:
        """Return empty arrays of all ``shapes``."""
        try:
            return {name: memory.empty(shape, self.dtype) for name, shape in self.shapes.items()}
        except MemoryError:
            raise MachineError(
                f"There is not enough memory for a grid of {self.n} x {self.n} points; choose fewer."
            ) from None

    def _empty_band(self, rows: int) -> Band:
        return {name: np.empty((rows, *shape[1:]), self.dtype) for name, shape in self.shapes.items()}

    def _in_order(self, threads: int, take: Callable[[slice], Band]) -> Iterator[tuple[slice, Band]]:
        """Compute all bands on ``threads`` threads, in arrays from ``take``, and yield them in order."""
        kernel = self._kernel()
        waiting: deque[tuple[slice, Band, Future[None]]] = deque()
        with ThreadPoolExecutor(threads, thread_name_prefix="grid") as pool:
            try:
                for rows in map(self._rows, range(0, self.n, self._height)):
                    band = take(rows)
                    waiting.append((rows, band, pool.submit(self._compute, kernel, rows, band)))
                    if len(waiting) > threads:
                        yield _finished(waiting)
                while waiting:
                    yield _finished(waiting)
            finally:  # after an error or Ctrl-C no further band is started
                for _, _, future in waiting:
                    future.cancel()

    def _kernel(self) -> LatticeKernel | CudaLattice | None:
        """Return the compiled kernel, or None to compute on arrays.

        Arrays are used where nothing can be compiled, for a landscape from a file (a table), and for extreme
        coordinates: unlike kernels they detect that a square leaves the range of its type, and use a wider one.
        """
        farthest = max(np.abs(self.x).max(), np.abs(self.y).max())
        if not 1 / FARTHEST[self.dtype.name] <= farthest <= FARTHEST[self.dtype.name]:
            return None
        if any_table(self._program.steps):
            return None
        if self.backend.name == "cpu":
            return self._cpu_kernel()
        from lossland.compute.kernels.device import CudaLattice, DeviceError, device, warn

        try:
            return CudaLattice(device(self.backend.xp), self._program, self._widths, self.dtype, self._on_cpu)
        except DeviceError as error:
            warn(error)
            return self._cpu_kernel()

    def _cpu_kernel(self) -> LatticeKernel | None:
        from lossland.compute.kernels.lattice import kernel

        try:
            made = kernel(self._program, self._widths, self.dtype)
        except MachineError as error:
            warnings.warn(f"{error} Computing on arrays, several times slower.", RuntimeWarning, stacklevel=2)
            return None
        return made if self.n >= made.least else None

    def _on_cpu(self, x: np.ndarray, y: np.ndarray, parts: Sequence[np.ndarray]) -> bool:
        """Fill the parts as a kernel does."""
        kernel = self._cpu_kernel()
        return self._on_arrays(x, y, parts) if kernel is None else kernel.fill(x, y, parts)

    def _on_arrays(self, x: np.ndarray, y: np.ndarray, parts: Sequence[np.ndarray]) -> bool:
        """Fill the parts as a kernel does, without checking whether all values are finite."""
        results = self._program.arrays(x[None, :], y[:, None])
        for plane, result in zip(_planes(parts), results, strict=True):
            plane[...] = result
        return False

    @np.errstate(all="ignore")
    def _compute(self, kernel: LatticeKernel | CudaLattice | None, rows: slice, band: Band) -> None:
        """Fill a band's arrays."""
        x, y, parts = self.x, self.y[rows], list(band.values())
        finite = self._on_arrays(x, y, parts) if kernel is None else kernel.fill(x, y, parts)
        if not finite:
            fill_gaps(self._program, x, y, self._step, _planes(parts))

    @property
    def _step(self) -> tuple[float, float]:
        """The width and the height of a cell."""
        return tuple(float(side[-1] - side[0]) / (self.n - 1) for side in (self.x, self.y))  # type: ignore[return-value]


@dataclass(frozen=True)
class _Tile:
    """A band of a lattice."""

    landscape: Landscape
    n: int
    domain: Domain
    dtype: str
    quantities: tuple[str, ...]
    backend: str
    rows: slice


def band_of(tile: _Tile) -> Band:
    """Return a band of a lattice: runs on the workers."""
    return Lattice(tile.landscape, tile.n, tile.domain, tile.dtype, tile.quantities, tile.backend).band(tile.rows)


def _planes(parts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return views (rows, n) of a band's arrays, one for each component."""
    return [plane for a in parts for plane in ([a] if a.ndim == 2 else np.moveaxis(a, -1, 0))]


def _finished(waiting: deque[tuple[slice, Band, Future[None]]]) -> tuple[slice, Band]:
    rows, band, future = waiting.popleft()
    future.result()
    return rows, band


@lru_cache(maxsize=16)
def _program(nodes: tuple[Node, ...]) -> Program:
    return Program(nodes, "xy", as_given=True)


def grid(
    landscape: Landscape,
    n: int,
    domain: Domain | None = None,
    dtype: DTypeLike = np.float64,
    derivatives: bool = False,
    backend: str = "auto",
    progress: Callable[[float], None] | None = None,
    quantities: Sequence[str] = (),
) -> Grid:
    """Return the values on n x n points that span the domain, its edges included.

    ``quantities`` names what else is computed, see `Lattice`; ``derivatives`` is the gradient and the Hessian.
    ``progress`` is called with the share of the work done. For a grid too large for memory see `Lattice.bands`.
    """
    checks.callback(progress)
    wanted = (*(("gradient", "hessian") if checks.truth(derivatives, "derivatives") else ()), *quantities)
    lattice = Lattice(landscape, n, domain, dtype, wanted, backend)
    whole = lattice.empty()
    lattice.fill(whole, progress=progress)
    return Grid(lattice.x, lattice.y, **whole)

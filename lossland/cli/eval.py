"""``lossland eval``: a landscape's values on a grid into an .npz or .npy file, or at one point."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from lossland.cli import memory
from lossland.cli.options import add_backend, add_cluster, add_domain, add_json, add_landscape, add_output, workers_of
from lossland.cli.output import note, number, pair, print_json
from lossland.cli.parsing import one_of, point, whole, word
from lossland.cli.progress import Progress
from lossland.errors import UserError

if TYPE_CHECKING:
    from lossland.compute.grids import Band, Lattice
    from lossland.formats.npz import NpyBands, NpzBands
    from lossland.landscapes import Landscape

MOST_POINTS = 2**20  # a side of the grid

EXAMPLES = """
  lossland eval rosenbrock -n 1024 -o rosenbrock.npz
  lossland eval "x^2 + 3*sin(y)" --domain -4,4,-4,4 --derivatives -o grid.npz
  lossland eval himmelblau -n 16384 --dtype float32 --quantities gradient,eigenvalues -o large.npz
  lossland eval "-x^2 + y^2" --at 0.5,-1 --json"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_landscape(parser)
    parser.add_argument("-n", type=whole(2, MOST_POINTS), default=512, help="points a side (default: 512)")
    add_domain(parser)
    parser.add_argument(
        "--dtype",
        metavar="D",
        type=one_of("float32", "float64"),
        default="float64",
        help="float32 or float64 (default: float64)",
    )
    parser.add_argument("--derivatives", action="store_true", help="write gradient and Hessian too")
    parser.add_argument(
        "--quantities",
        metavar="Q,R",
        type=word,
        default="",
        help="write any of gradient, hessian, eigenvalues (of the Hessian), curvature (Gaussian, mean) too",
    )
    parser.add_argument("--at", metavar="X,Y", type=point, help="value, gradient and Hessian at one point instead")
    add_output(
        parser,
        "the .npz file to write: x (n,), y (n,), value (n, n) indexed [iy, ix]; a .npy file takes the value alone",
    )
    add_backend(parser)
    add_cluster(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Compute the grid or the point."""
    if (arguments.at is None) == (arguments.output is None):
        raise UserError("eval needs either a file for the grid (-o grid.npz) or one point (--at x,y).")
    if arguments.at is None:
        _grid(arguments)
    else:
        from lossland.landscapes import landscape

        _point(landscape(arguments.landscape, domain=arguments.domain), arguments)


def _point(land: Landscape, arguments: Namespace) -> None:
    value, gradient = land.value_grad(arguments.at)
    hessian = land.hessian(arguments.at)
    if arguments.json:
        print_json({"value": float(value), "gradient": gradient, "hessian": hessian})
        return
    print(f"value     {number(float(value))}")
    print(f"gradient  {pair(gradient)}")
    print(f"Hessian   {pair(hessian)}  as xx, xy, yy")


def _grid(arguments: Namespace) -> None:
    from lossland.formats.endings import check_ending

    ending = check_ending(arguments.output, (".npz", ".npy"))
    wanted = [name.strip() for name in arguments.quantities.split(",") if name.strip()]
    wanted = [*(("gradient", "hessian") if arguments.derivatives else ()), *wanted]
    if wanted and ending == ".npy":
        raise UserError(f"A .npy file holds one array, the value; {', '.join(wanted)} need an .npz file.")
    import numpy as np

    from lossland.compute.grids import Lattice
    from lossland.compute.sampling import ADVICE, is_too_fine
    from lossland.landscapes import landscape

    land = landscape(arguments.landscape, domain=arguments.domain)
    n = arguments.n
    lattice = Lattice(land, n, dtype=np.dtype(arguments.dtype), quantities=wanted, backend=arguments.backend)
    memory.require_disk(lattice.nbytes, arguments.output, f"A grid of {n} x {n} points", "choose a smaller -n")
    with workers_of(arguments) as workers, Progress("Computing") as progress, _file(lattice, arguments) as file:
        if ending == ".npz":
            file.append("x", lattice.x)
            file.append("y", lattice.y)
        bands = lattice.bands() if workers is None else lattice.bands_by(workers)
        low, high = _write(bands, file, lambda rows: progress(rows * n, n * n))

    if is_too_fine(land.value, land.domain, n):
        note(f"{arguments.landscape} on {n} x {n} points is {ADVICE} (--domain, -n).")
    names = [*(("x", "y") if ending == ".npz" else ()), *lattice.shapes]
    if arguments.json:
        print_json(
            {
                "landscape": arguments.landscape,
                "n": n,
                "domain": land.domain,
                "dtype": arguments.dtype,
                "arrays": names,
                "min": low,
                "max": high,
                "file": str(arguments.output),
            }
        )
    else:
        values = f"values {number(low)} to {number(high)}"
        print(f"{arguments.output}: {', '.join(names)} on {n} x {n} points, {values}")


def _file(lattice: Lattice, arguments: Namespace) -> AbstractContextManager[NpzBands | NpyBands]:
    """Return the file to write, with the layout of the lattice's arrays."""
    from lossland.formats.npz import npy_bands, npz_bands

    if arguments.output.suffix.lower() == ".npy":
        return npy_bands(arguments.output, lattice.shapes["value"], lattice.dtype)
    shapes = {"x": (lattice.n,), "y": (lattice.n,), **lattice.shapes}
    return npz_bands(arguments.output, {name: (shape, lattice.dtype) for name, shape in shapes.items()})


def _write(
    bands: Iterator[tuple[slice, Band]], file: NpzBands | NpyBands, progress: Callable[[int], None]
) -> tuple[float, float]:
    """Write bands as they are computed; return the lowest and the highest finite value (nan if there is none)."""
    import numpy as np

    low, high = float("inf"), float("-inf")
    for rows, band in bands:
        for name, array in band.items():
            file.append(name, array)
        value = band["value"]
        good = np.isfinite(value)
        finite = value if good.all() else value[good]
        if finite.size:
            low, high = min(low, float(finite.min())), max(high, float(finite.max()))
        progress(rows.stop)
    return (low, high) if low <= high else (float("nan"), float("nan"))

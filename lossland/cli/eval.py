"""``lossland eval``: a landscape's values on a grid into an .npz file, or at one point."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from lossland.cli import memory
from lossland.cli.options import add_backend, add_json, add_landscape, add_output
from lossland.cli.output import number, pair, print_json
from lossland.cli.parsing import domain, one_of, point, whole
from lossland.cli.progress import Progress
from lossland.errors import UserError

if TYPE_CHECKING:
    from lossland.landscapes import Landscape

MOST_POINTS = 2**20  # a side of the grid
WORKING_ARRAYS = 2  # arrays of the grid's size that are alive beside the results

EXAMPLES = """
  lossland eval rosenbrock -n 1024 -o rosenbrock.npz
  lossland eval "x^2 + 3*sin(y)" --domain -4,4,-4,4 --derivatives -o grid.npz
  lossland eval "-x^2 + y^2" --at 0.5,-1 --json"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_landscape(parser)
    parser.add_argument("-n", type=whole(2, MOST_POINTS), default=512, help="points a side (default: 512)")
    parser.add_argument("--domain", metavar="X0,X1,Y0,Y1", type=domain, help="default: the landscape's own")
    parser.add_argument(
        "--dtype",
        metavar="D",
        type=one_of("float32", "float64"),
        default="float64",
        help="float32 or float64 (default: float64)",
    )
    parser.add_argument("--derivatives", action="store_true", help="write gradient and Hessian too")
    parser.add_argument("--at", metavar="X,Y", type=point, help="value, gradient and Hessian at one point instead")
    add_output(parser, "the .npz file to write: x (n,), y (n,), value (n, n) indexed [iy, ix]")
    add_backend(parser)
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

    check_ending(arguments.output, (".npz",))
    n, bytes_each = arguments.n, 4 if arguments.dtype == "float32" else 8
    held = WORKING_ARRAYS + (6 if arguments.derivatives else 1)
    memory.require(n * n * bytes_each * held, f"A grid of {n} x {n} points", "choose a smaller -n")

    import numpy as np

    from lossland.compute.grids import grid
    from lossland.formats.npz import write_npz
    from lossland.landscapes import landscape

    land = landscape(arguments.landscape, domain=arguments.domain)
    with Progress("Computing") as progress:
        made = grid(
            land,
            n,
            dtype=np.dtype(arguments.dtype),
            derivatives=arguments.derivatives,
            backend=arguments.backend,
            progress=lambda share: progress(share * n * n, n * n),
        )
    found = {"x": made.x, "y": made.y, "value": made.value, "gradient": made.gradient, "hessian": made.hessian}
    arrays = {name: array for name, array in found.items() if array is not None}
    write_npz(arguments.output, arrays)

    finite = made.value[np.isfinite(made.value)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (float("nan"), float("nan"))
    if arguments.json:
        print_json(
            {
                "landscape": arguments.landscape,
                "n": n,
                "domain": land.domain,
                "dtype": arguments.dtype,
                "arrays": list(arrays),
                "min": low,
                "max": high,
                "file": str(arguments.output),
            }
        )
    else:
        names = ", ".join(arrays)
        print(f"{arguments.output}: {names} on {n} x {n} points, values {number(low)} to {number(high)}")

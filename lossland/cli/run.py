"""``lossland run``: one optimizer from one start, in float64."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lossland.cli import memory
from lossland.cli.options import (
    add_backend,
    add_domain,
    add_json,
    add_landscape,
    add_noise,
    add_optimizer,
    add_output,
    add_seed,
)
from lossland.cli.output import note, number, pair, print_json, print_table
from lossland.cli.parsing import point, whole
from lossland.numerals import thousands

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lossland.landscapes import Landscape

MOST_STEPS = 10**9
BYTES_A_STEP = 400  # two coordinates and a value, as arrays, Python numbers and text
ROWS_SHOWN = 11

EXAMPLES = """
  lossland run rosenbrock --optimizer adam:lr=0.1 --start -1.2,1 --steps 500
  lossland run rosenbrock --optimizer adam:lr=0.1 --start -1.2,1 --steps 500 --json
  lossland run "x^2 + 3*sin(y)" --optimizer momentum -o path.csv
  lossland run rosenbrock --optimizer adam:lr=0.1 --noise 5 --seed 3"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_landscape(parser)
    add_optimizer(parser)
    parser.add_argument("--start", metavar="X,Y", type=point, help="default: the landscape's own start")
    parser.add_argument("--steps", metavar="N", type=whole(0, MOST_STEPS), default=500, help="how many (default: 500)")
    add_noise(parser)
    add_domain(parser)
    add_output(parser, "write the path to this .csv or .npz file")
    add_seed(parser)
    add_backend(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Compute the path and print or write it."""
    from lossland.formats.endings import check_ending

    ending = check_ending(arguments.output, (".csv", ".npz")) if arguments.output else ""
    size = (arguments.steps + 1) * BYTES_A_STEP
    memory.require(size, f"A path of {thousands(arguments.steps)} steps", "take fewer --steps")

    import numpy as np

    from lossland import optimizers
    from lossland.compute.trajectory import run as follow
    from lossland.compute.trajectory import with_noise
    from lossland.landscapes import landscape

    land = landscape(arguments.landscape, domain=arguments.domain)
    optimizer = with_noise(optimizers.optimizer(arguments.optimizer), arguments.noise)
    start = arguments.start or land.start
    if not _is_inside(land, start):
        note(f"The start {pair(start)} lies outside the map, {_area(land)}.")
    path = follow(land, optimizer, start=start, steps=arguments.steps, seed=arguments.seed, backend=arguments.backend)
    points, values = path.points[:, 0], path.values[:, 0]
    diverged_at = _diverged_at(land, points)

    if ending == ".csv":
        from lossland.formats.csv import write_csv

        steps = np.arange(len(values))
        write_csv(arguments.output, {"step": steps, "x": points[:, 0], "y": points[:, 1], "value": values})
    elif ending == ".npz":
        from lossland.formats.npz import write_npz

        write_npz(arguments.output, {"points": points, "values": values})

    if arguments.json:
        print_json(
            {
                "optimizer": optimizers.spec(optimizer),
                "landscape": arguments.landscape,
                "points": points,
                "values": values,
                "diverged": diverged_at is not None,
                "diverged_at": diverged_at,
            }
        )
    elif arguments.output:
        print(f"{arguments.output}: {arguments.steps} steps, from {pair(start)} to {pair(points[-1])}")
    else:
        print(f"{optimizers.spec(optimizer)} on {land.title}")
        shown = np.unique(np.linspace(0, arguments.steps, ROWS_SHOWN).round().astype(int))
        rows = [(str(k), number(points[k, 0]), number(points[k, 1]), number(float(values[k]))) for k in shown]
        print_table(rows, ("step", "x", "y", "value"))
    if diverged_at is not None and not arguments.json:
        how = "left the map for good" if np.isfinite(points[diverged_at]).all() else "became infinite or nan"
        print(f"The run diverged: at step {diverged_at} it {how}. Try a smaller rate.")


def _is_inside(land: Landscape, position: Sequence[float]) -> bool:
    (x0, x1), (y0, y1) = land.domain
    return x0 <= position[0] <= x1 and y0 <= position[1] <= y1


def _area(land: Landscape) -> str:
    (x0, x1), (y0, y1) = land.domain
    return f"which has x from {number(x0)} to {number(x1)} and y from {number(y0)} to {number(y1)}"


def _diverged_at(land: Landscape, points: NDArray[np.float64]) -> int | None:
    """Return the step from which all points (T+1, 2) are lost; None if the last one is not."""
    import numpy as np

    from lossland.compute.bounds import is_lost

    lost = is_lost(points, land.domain)
    kept = np.flatnonzero(~lost)
    first = int(kept[-1]) + 1 if len(kept) else 0
    return first if first < len(points) else None

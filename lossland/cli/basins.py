"""``lossland basins``: which minimum every start reaches, as arrays or as a picture."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, TypedDict

from lossland.cli import memory
from lossland.cli.options import (
    add_backend,
    add_cluster,
    add_domain,
    add_json,
    add_landscape,
    add_optimizer,
    add_output,
    add_seed,
    workers_of,
)
from lossland.cli.output import number, pair, print_json, print_table
from lossland.cli.parsing import one_of, whole
from lossland.cli.progress import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lossland.compute.maps import BasinMap

MOST_CELLS = 2**20  # a side of the map
MOST_STEPS = 10**7
MOST_ROWS = 20  # of the printed table
BYTES_A_CELL = 120  # end point, label and steps of each start, and temporaries

EXAMPLES = """
  lossland basins himmelblau --optimizer gradient_descent:lr=0.002 --steps 1000 -o basins.png
  lossland basins himmelblau --optimizer momentum:lr=0.003,momentum=0.93 -n 2048 -o basins.npz
  lossland basins rastrigin --optimizer adam:lr=0.1 --steps 200 --json
  lossland basins himmelblau -n 4096 -o large.npz --cluster tcp://10.0.0.7:8786"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_landscape(parser)
    add_optimizer(parser)
    parser.add_argument("-n", type=whole(1, MOST_CELLS), default=512, help="cells a side (default: 512)")
    parser.add_argument(
        "--steps", metavar="K", type=whole(0, MOST_STEPS), default=1000, help="steps of each start (default: 1000)"
    )
    add_domain(parser)
    add_output(
        parser,
        "the .png picture to paint, or the .npz file to write: basin (n, n) indexed [iy, ix], -1 for none; "
        "minima (m, 2); shares (m,); steps (n, n), -1 for never; diverged (n, n)",
    )
    parser.add_argument(
        "--theme", metavar="T", type=one_of("dark", "print"), default="dark", help="colours: dark or print"
    )
    parser.add_argument("--no-title", action="store_true", help="leave out the line above the picture")
    add_seed(parser)
    add_backend(parser)
    add_cluster(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Compute the map and print its summary."""
    from lossland.formats.endings import check_ending

    ending = check_ending(arguments.output, (".png", ".npz")) if arguments.output else ""
    n = arguments.n
    memory.require(n * n * BYTES_A_CELL, f"A map of {n} x {n} cells", "choose a smaller -n")

    from lossland import optimizers
    from lossland.compute.maps import basins
    from lossland.landscapes import landscape

    land = landscape(arguments.landscape, domain=arguments.domain)
    rule = optimizers.optimizer(arguments.optimizer)
    with workers_of(arguments) as workers, Progress("Mapping") as progress:
        found = basins(
            land, rule, n, arguments.steps, arguments.seed, arguments.backend,
            progress=lambda share: progress(share * n * n, n * n), workers=workers,
        )  # fmt: skip
    if ending == ".npz":
        from lossland.formats.basins import basin_arrays
        from lossland.formats.npz import write_npz

        write_npz(arguments.output, basin_arrays(found))
    elif ending == ".png":
        from lossland.formats.basins import basin_chart
        from lossland.formats.stills import write_image
        from lossland.world.theme import theme

        chart = basin_chart(found, theme(arguments.theme), title=not arguments.no_title)
        write_image(arguments.output, chart.image)

    statistics = summary(found)
    if arguments.json:
        document = {
            "landscape": arguments.landscape,
            "optimizer": optimizers.spec(rule),
            "n": n,
            "steps": arguments.steps,
            "domain": land.domain,
            **statistics,
            "file": None if arguments.output is None else str(arguments.output),
        }
        print_json(document)
        return
    print(f"{n} x {n} starts, {optimizers.spec(rule)} on {land.title}, {arguments.steps} steps")
    rows = [
        (pair((one["x"], one["y"])), number(one["value"]), f"{one['share']:.2%}", _steps(one["median_steps"]))
        for one in statistics["minima"][:MOST_ROWS]
    ]
    further = statistics["minima"][MOST_ROWS:]
    if further:
        rows.append((f"{len(further)} more", "", f"{sum(one['share'] for one in further):.2%}", ""))
    rows += [(word, "", f"{statistics[word]:.2%}", "") for word in ("none", "diverged") if statistics[word]]
    print_table(rows, ("minimum", "value", "share", "median steps"))
    if arguments.output:
        print(arguments.output)


class Reached(TypedDict):
    """A minimum of a map: its position and value, the share of starts that reach it, and their median steps."""

    x: float
    y: float
    value: float
    share: float
    median_steps: float | None


class Summary(TypedDict):
    """The statistics of a map; ``none`` is the share of starts that reach no minimum but do not diverge."""

    minima: list[Reached]
    shares: NDArray[np.float64]
    none: float
    diverged: float


def summary(found: BasinMap) -> Summary:
    """Return the statistics of the map as plain data."""
    import numpy as np

    diverged = float(found.diverged.mean())
    minima: list[Reached] = []
    for k, ((x, y), value, share) in enumerate(
        zip(found.minima.position, found.minima.value, found.shares, strict=True)
    ):
        steps = found.steps[found.basin == k]
        median = float(np.median(steps)) if steps.size else None
        minima.append(
            {"x": float(x), "y": float(y), "value": float(value), "share": float(share), "median_steps": median}
        )
    return {
        "minima": minima,
        "shares": found.shares,
        "none": float(((found.basin < 0) & ~found.diverged).mean()),
        "diverged": diverged,
    }


def _steps(median: float | None) -> str:
    return "" if median is None else number(median)

"""``lossland run``: one optimizer from one start, in float64."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from lossland.cli import memory
from lossland.cli.options import add_backend, add_json, add_landscape, add_optimizer, add_output, add_seed
from lossland.cli.output import number, pair, print_json, print_table
from lossland.cli.parsing import point, whole

MOST_STEPS = 10**9
BYTES_A_STEP = 400  # two coordinates and a value, as arrays, as Python numbers and as text
ROWS_SHOWN = 11

EXAMPLES = """
  lossland run rosenbrock --optimizer adam:lr=0.1 --start -1.2,1 --steps 500
  lossland run rosenbrock --optimizer adam:lr=0.1 --start -1.2,1 --steps 500 --json
  lossland run "x^2 + 3*sin(y)" --optimizer momentum -o path.csv"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_landscape(parser)
    add_optimizer(parser)
    parser.add_argument("--start", metavar="X,Y", type=point, help="default: the landscape's own start")
    parser.add_argument("--steps", metavar="N", type=whole(0, MOST_STEPS), default=500, help="how many (default: 500)")
    add_output(parser, "write the path to this .csv or .npz file")
    add_seed(parser)
    add_backend(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Follow the path and print or write it."""
    from lossland.formats.endings import check_ending

    ending = check_ending(arguments.output, (".csv", ".npz")) if arguments.output else ""
    memory.require((arguments.steps + 1) * BYTES_A_STEP, f"A path of {arguments.steps:_} steps", "take fewer --steps")

    import numpy as np

    from lossland import optimizers
    from lossland.compute.trajectory import run as follow
    from lossland.landscapes import landscape

    land = landscape(arguments.landscape)
    optimizer = optimizers.optimizer(arguments.optimizer)
    start = arguments.start or land.start
    path = follow(land, optimizer, start=start, steps=arguments.steps, seed=arguments.seed, backend=arguments.backend)
    points, values = path.points[:, 0], path.values[:, 0]

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
            }
        )
    elif arguments.output:
        print(f"{arguments.output}: {arguments.steps} steps, from {pair(start)} to {pair(points[-1])}")
    else:
        print(f"{optimizers.spec(optimizer)} on {land.title}")
        shown = np.unique(np.linspace(0, arguments.steps, ROWS_SHOWN).round().astype(int))
        rows = [(str(k), number(points[k, 0]), number(points[k, 1]), number(float(values[k]))) for k in shown]
        print_table(rows, ("step", "x", "y", "value"))

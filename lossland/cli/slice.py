"""``lossland slice``: the loss landscape of a real network, trained here, into an .npz or .h5 file."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from lossland.cli.options import add_backend, add_json, add_output, add_seed
from lossland.cli.output import number, print_json
from lossland.cli.parsing import one_of, real, whole, word
from lossland.cli.progress import Progress

if TYPE_CHECKING:
    from lossland.models.honesty import Honesty

DIRECTIONS = ("random", "filter", "pca", "hessian", "gradient", "points", "local")

EXAMPLES = """
  lossland slice -o digits.npz
  lossland slice --net 64-32-32-10 --directions pca -n 51 -o path.h5
  lossland slice --net 2-8-8-1 --data spiral --activation relu --steps 1000 --directions hessian -o spiral.npz
  lossland slice --net cnn:8-16 --activation relu --directions filter -n 25 -o convolutions.npz
  lossland explore digits.npz                     fly over it"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--net",
        metavar="WIDTHS",
        type=word,
        default="64-32-32-10",
        help="layers of a perceptron, or channels of convolutions as cnn:8-16 (default: 64-32-32-10)",
    )
    parser.add_argument(
        "--data", metavar="D", type=word, default="digits", help="digits, iris, circle, xor, gauss, spiral, moons ..."
    )
    parser.add_argument(
        "--activation", metavar="A", type=word, default="tanh", help="tanh, relu, gelu ... (default: tanh)"
    )
    parser.add_argument(
        "--optimizer", metavar="O", type=word, default="adam:lr=0.01", help="who trains it (default: adam:lr=0.01)"
    )
    parser.add_argument("--steps", metavar="K", type=whole(0, 10**7), default=300, help="of training (default: 300)")
    parser.add_argument("--batch", metavar="B", type=whole(1, 10**7), default=128, help="samples a step (default: 128)")
    parser.add_argument(
        "--directions",
        metavar="D",
        type=one_of(*DIRECTIONS),
        default="filter",
        help="random, filter (normalized as Li et al. do), pca (of the training's path), hessian (top eigenvectors), "
        "gradient, points (two optima and a curve between them) or local (the plane follows the path); default: filter",
    )
    parser.add_argument("-n", metavar="N", type=word, default="51", help="points a side, 51 or 51x31 (default: 51)")
    parser.add_argument(
        "--radius", metavar="R", type=real(1e-9, 1e9), help="how far from the network (default: it suits)"
    )
    parser.add_argument("--line", action="store_true", help="along the first direction alone")
    parser.add_argument(
        "--dtype", metavar="T", type=one_of("float32", "float64"), default="float32", help="float32 or float64"
    )
    add_output(parser, "the .npz or .h5 file to write", required=True)
    add_seed(parser)
    add_backend(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Train, sample, examine and write."""
    from lossland.formats.endings import check_ending

    check_ending(arguments.output, (".npz", ".h5", ".hdf5"))
    from lossland.landscapes import gridfiles
    from lossland.models import honesty, slicefiles, slicing

    if arguments.output.suffix.lower() != ".npz":
        gridfiles.require_h5py()
    with Progress("Slicing") as progress:
        prepared = slicing.prepare(
            arguments.net,
            arguments.data,
            arguments.directions,
            slicing.points_of(arguments.n),
            arguments.radius,
            arguments.seed,
            activation=arguments.activation,
            optimizer=arguments.optimizer,
            steps=arguments.steps,
            batch=arguments.batch,
            backend=arguments.backend,
            dtype=arguments.dtype,
            dimensions=1 if arguments.line else 2,
        )
        found, started = prepared.recipe.blank, time.perf_counter()
        for found in prepared.recipe.refine():
            done = int((found.value == found.value).sum())
            progress(done, found.value.size)
        seconds = time.perf_counter() - started
    numbers = honesty.examine(prepared.task, found, prepared.path if len(found.path) else None)
    found = slicing.on_host(found)
    slicefiles.write(arguments.output, found, prepared.task.network)
    rate = found.value.size / seconds
    if arguments.json:
        print_json(
            {
                "net": arguments.net,
                "data": arguments.data,
                "directions": arguments.directions,
                "seed": arguments.seed,
                "parameters": prepared.task.network.size,
                "points": found.value.shape[::-1],
                "training_loss": prepared.training_loss,
                "min": float(found.value[found.value == found.value].min()),
                "max": float(found.value[found.value == found.value].max()),
                "seconds": seconds,
                "points_per_second": rate,
                **_honest(numbers),
                "file": str(arguments.output),
            }
        )
        return
    sides = " x ".join(map(str, found.value.shape[::-1]))
    print(
        f"{arguments.output}: {sides} points of {prepared.task.network.title}, {prepared.task.network.size} parameters"
    )
    print(f"training loss {number(prepared.training_loss)}; {number(rate)} points a second")
    for name, value in _honest(numbers).items():
        if not isinstance(value, str) and value == value:
            print(f"{name:26} {number(value)}")
    print(numbers.conclusion)


def _honest(numbers: Honesty) -> dict[str, float | str]:
    """Return the numbers that say what the slice may be trusted for."""
    gap = abs(numbers.true_loss - numbers.slice_loss)
    return {
        "explained": numbers.explained,
        "out_of_plane": float(numbers.out_of_plane.max()) if len(numbers.out_of_plane) else float("nan"),
        "path_gap": float(gap.max()) if len(gap) else float("nan"),
        "cosine": numbers.cosine,
        "curvature": numbers.curvature[0],
        "top_eigenvalue": numbers.top,
        "trace": numbers.trace,
        "trace_error": numbers.trace_error,
        "curvature_of_other_seeds": float(numbers.seeds.mean()) if len(numbers.seeds) else float("nan"),
        "spread_of_other_seeds": float(numbers.seeds.std(ddof=1)) if len(numbers.seeds) > 1 else float("nan"),
        "conclusion": numbers.conclusion,
    }

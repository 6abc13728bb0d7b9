"""``lossland slice``: the loss landscape of a network, trained here or the user's own, into an .npz or .h5 file."""

from __future__ import annotations

import time
from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from lossland.cli.options import add_backend, add_cluster, add_json, add_output, add_seed, workers_of
from lossland.cli.output import number, print_json
from lossland.cli.parsing import one_of, real, whole, word
from lossland.cli.progress import Progress
from lossland.errors import UserError

if TYPE_CHECKING:
    from lossland.models.honesty import Honesty
    from lossland.models.slicing import Prepared

DIRECTIONS = ("random", "filter", "pca", "hessian", "gradient", "points", "local")

EXAMPLES = """
  lossland slice -o digits.npz
  lossland slice --net 64-32-32-10 --directions pca -n 51 -o path.h5
  lossland slice --net 2-8-8-1 --data spiral --activation relu --steps 1000 --directions hessian -o spiral.npz
  lossland slice --net cnn:8-16 --activation relu --directions filter -n 25 -o convolutions.npz
  lossland explore digits.npz                     fly over it
  lossland slice --torch mine.py:made -o mine.npz                            your own PyTorch model
  lossland slice --torch mine.py:made --checkpoints 'run/*.pt' --directions pca -o path.npz"""

TRAINED_HERE = {
    "net": "64-32-32-10",
    "data": "digits",
    "activation": "tanh",
    "optimizer": "adam:lr=0.01",
    "steps": 300,
}  # the options of a network that is trained here, with their defaults


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--net",
        metavar="WIDTHS",
        type=word,
        help="layers of a perceptron, or channels of convolutions as cnn:8-16 (default: 64-32-32-10)",
    )
    parser.add_argument(
        "--data", metavar="D", type=word, help="digits, iris, circle, xor, gauss, spiral, moons ... (default: digits)"
    )
    parser.add_argument("--activation", metavar="A", type=word, help="tanh, relu, gelu ... (default: tanh)")
    parser.add_argument("--optimizer", metavar="O", type=word, help="who trains it (default: adam:lr=0.01)")
    parser.add_argument("--steps", metavar="K", type=whole(0, 10**7), help="of training (default: 300)")
    parser.add_argument(
        "--batch",
        metavar="B",
        type=whole(1, 10**7),
        help="samples a step (default: 128); with --torch, samples evaluated at once (default: as many as fit)",
    )
    parser.add_argument(
        "--torch",
        metavar="FACTORY",
        type=word,
        help="a PyTorch model of your own instead: module:factory or file.py:factory, a function that returns model, "
        "loss function and data",
    )
    parser.add_argument(
        "--checkpoints",
        metavar="FILE",
        nargs="+",
        type=word,
        default=[],
        help="the training's path: state dicts ('run/*.pt', .safetensors) or one recorded run (.npz); the last of them "
        "is the network in the middle",
    )
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
        "--dtype",
        metavar="T",
        type=one_of("float32", "float64"),
        help="float32 or float64 (default: float32; with --torch, the model's own)",
    )
    add_output(parser, "the .npz or .h5 file to write", required=True)
    add_seed(parser)
    add_backend(parser)
    add_cluster(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Train or load, sample, examine and write."""
    from lossland.formats.endings import check_ending

    check_ending(arguments.output, (".npz", ".h5", ".hdf5"))
    from lossland.landscapes import gridfiles
    from lossland.models import honesty, slicefiles, slicing

    if arguments.output.suffix.lower() != ".npz":
        gridfiles.require_h5py()
    if arguments.torch and arguments.cluster:
        raise UserError("A PyTorch model is evaluated on this machine alone; leave --cluster out.")
    with workers_of(arguments) as workers, Progress("Slicing") as progress:
        prepared = _of_torch(arguments) if arguments.torch else _trained_here(arguments)
        found, started = prepared.recipe.blank, time.perf_counter()
        recipe = prepared.recipe
        for found in recipe.refine(prepared.task.piece) if workers is None else recipe.shared_out(workers):
            done = int((found.value == found.value).sum())
            progress(done, found.value.size)
        seconds = time.perf_counter() - started
    with Progress("Examining") as progress:  # for a large model as slow as the slice itself
        progress(0, 1)
        numbers = honesty.examine(prepared.task, found, prepared.path if len(found.path) else None)
        progress(1, 1)
    found = honesty.beside(slicing.on_host(found), numbers, prepared.task.network.title)
    slicefiles.write(arguments.output, found, prepared.task.network)
    rate = found.value.size / seconds
    if arguments.json:
        print_json(
            {
                **_asked(arguments, prepared),
                "directions": arguments.directions,
                "seed": arguments.seed,
                "parameters": prepared.task.network.size,
                "points": found.value.shape[::-1],
                "training_loss": prepared.training_loss,
                "min": float(found.value[found.value == found.value].min()),
                "max": float(found.value[found.value == found.value].max()),
                "seconds": seconds,
                "points_per_second": rate,
                **_diagnostics(numbers),
                "file": str(arguments.output),
            }
        )
        return
    sides = " x ".join(map(str, found.value.shape[::-1]))
    print(
        f"{arguments.output}: {sides} points of {prepared.task.network.title}, {prepared.task.network.size} parameters"
    )
    for line in _remarks(prepared):
        print(line)
    print(f"training loss {number(prepared.training_loss)}; {number(rate)} points a second")
    for name, value in _diagnostics(numbers).items():
        if not isinstance(value, str) and value == value:
            print(f"{name:26} {number(value)}")
    print(numbers.conclusion)


def _trained_here(arguments: Namespace) -> Prepared:
    """Return a network of ours, trained, or with the parameters of a recorded run."""
    from lossland.models import slicing

    settings = {name: getattr(arguments, name) for name in TRAINED_HERE}
    settings = {name: TRAINED_HERE[name] if value is None else value for name, value in settings.items()}
    return slicing.prepare(
        directions=arguments.directions,
        n=slicing.points_of(arguments.n),
        radius=arguments.radius,
        seed=arguments.seed,
        saved=arguments.checkpoints,
        batch=arguments.batch or 128,
        backend=arguments.backend,
        dtype=arguments.dtype or "float32",
        dimensions=1 if arguments.line else 2,
        **settings,
    )


def _of_torch(arguments: Namespace) -> Prepared:
    """Return the user's own model."""
    from lossland.models import slicing, torch_models

    for name in TRAINED_HERE:
        if getattr(arguments, name) is not None:
            raise UserError(f"--{name} is of a network that is trained here; with --torch the factory says it.")
    return slicing.prepare_torch(
        torch_models.made_by(arguments.torch),
        arguments.checkpoints,
        arguments.directions,
        slicing.points_of(arguments.n),
        arguments.radius,
        arguments.seed,
        arguments.batch,
        arguments.backend,
        arguments.dtype,
        1 if arguments.line else 2,
    )


def _asked(arguments: Namespace, prepared: Prepared) -> dict[str, object]:
    """Return the network and its data for the JSON document."""
    from lossland.models.torch_models import TorchTask

    task = prepared.task
    if isinstance(task, TorchTask):
        how = {"samples": task.samples, "device": task.device, "dtype": task.dtype, "evaluated": task.way}
        return {"net": task.network.title, "data": arguments.torch, **how, "remarks": task.remarks}
    return {name: getattr(arguments, name) or TRAINED_HERE[name] for name in ("net", "data")}


def _remarks(prepared: Prepared) -> list[str]:
    """Return lines about the evaluation of the user's own model."""
    from lossland.models.torch_models import TorchTask

    task = prepared.task
    if not isinstance(task, TorchTask):
        return []
    return [f"{task.samples} samples on {task.device} in {task.dtype}, networks {task.way}", *task.remarks]


def _diagnostics(numbers: Honesty) -> dict[str, float | str]:
    """Return the diagnostics of how far the slice can be trusted."""
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

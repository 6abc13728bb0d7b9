"""``lossland bench``: optimizers on landscapes, tuned with the same budget, from many starts, with intervals."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from math import isfinite
from pathlib import Path

from lossland.cli.options import add_backend, add_cluster, add_json, add_seed, workers_of
from lossland.cli.output import note, number, print_json, print_table
from lossland.cli.parsing import one_of, path, real, whole, word
from lossland.cli.progress import Progress

MOST_STARTS, MOST_STEPS, MOST_TRIALS, MOST_DIMENSIONS = 10**6, 10**6, 4096, 40
MOST_NOISE = 1e6

EXAMPLES = """
  lossland bench -o results                       every optimizer on twenty landscapes: some minutes
  lossland bench -o results --resume              go on after it was stopped
  lossland bench --optimizers adam,momentum,bfgs --landscapes rosenbrock,himmelblau --starts 200
  lossland bench --optimizers adam,mine.py:MyRule --landscapes "x^4 + y^2,ackley" --json
  lossland bench --optimizers adam:schedule=cosine,sgd --suite bbob --budget 16 -o bbob --export coco
  lossland bench --optimizers adam,momentum,rprop --suite tasks --starts 200 --budget 16 -o tasks
  lossland bench --optimizers adam,torch.Adam:weight_decay=0 --landscapes rosenbrock --starts 100
  lossland bench -o results --cluster tcp://10.0.0.7:8786"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--optimizers",
        metavar="A,B",
        type=word,
        help="which, with commas between: adam,momentum, mine.py:MyRule; settings that are given, as in "
        "adam:beta1=0.8, are not tuned (default: all of the catalogue)",
    )
    parser.add_argument(
        "--landscapes",
        metavar="C,D",
        type=word,
        help="which, with commas between: names, bbob:8, task:logistic-iris, formulas, mine.py:name (default: those of "
        "the suite)",
    )
    parser.add_argument(
        "--suite", metavar="S", type=word, default="default", help="default (20 landscapes), bbob (24) or tasks (4)"
    )
    parser.add_argument(
        "--dimension",
        metavar="N",
        type=whole(2, MOST_DIMENSIONS),
        default=2,
        help="of the landscapes (default: 2; a task has its own)",
    )
    parser.add_argument(
        "--starts", metavar="N", type=whole(1, MOST_STARTS), default=1000, help="held-out starts (default: 1000)"
    )
    parser.add_argument(
        "--steps",
        metavar="K",
        type=whole(1, MOST_STEPS),
        default=2000,
        help="gradient evaluations of a run; a rule that takes two a step has half the steps (default: 2000)",
    )
    parser.add_argument(
        "--budget",
        metavar="B",
        type=whole(1, MOST_TRIALS),
        default=64,
        help="tuning trials of each optimizer on each landscape, the first with its defaults (default: 64)",
    )
    parser.add_argument(
        "--noise",
        metavar="S",
        type=real(0, MOST_NOISE),
        default=0.0,
        help="standard deviation of Gaussian noise on each component of each gradient (default: 0)",
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="DIR",
        type=path,
        help="the folder for results.json, results.csv, report.html and all runs",
    )
    parser.add_argument("--resume", action="store_true", help="go on with what the folder holds")
    parser.add_argument(
        "--export",
        metavar="FORMAT",
        type=one_of("coco"),
        help="write runs on BBOB functions into DIR/coco too, a folder for each optimizer, as cocopp reads them",
    )
    add_seed(parser)
    add_backend(parser)
    add_cluster(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Measure, and print the leaderboard."""
    from lossland.errors import UserError

    if arguments.resume and arguments.output is None:
        raise UserError("--resume goes on with the results in a folder: say which, as in -o results --resume.")

    if arguments.export and arguments.output is None:
        raise UserError("--export coco writes into the folder of the results: say which, as in -o results.")

    from lossland.benchmark.bench import SUITES, bench
    from lossland.benchmark.export import check_coco, export_coco

    optimizers, landscapes = (
        None if text is None else separated(text) for text in (arguments.optimizers, arguments.landscapes)
    )
    if arguments.export:
        check_coco(SUITES.get(arguments.suite, ()) if landscapes is None else landscapes, arguments.noise)
    with workers_of(arguments) as workers, Progress("Racing") as progress:
        found = bench(
            optimizers,
            landscapes,
            suite=arguments.suite,
            dimension=arguments.dimension,
            starts=arguments.starts,
            steps=arguments.steps,
            budget=arguments.budget,
            noise=arguments.noise,
            seed=arguments.seed,
            backend=arguments.backend,
            folder=arguments.output,
            resume=arguments.resume,
            workers=workers,
            progress=progress,
        )
    if arguments.export:
        export_coco(found, arguments.output / "coco")
    if arguments.output is not None:
        _report(arguments.output)
    if arguments.json:
        print_json({"results": found.rows()})
        return
    print(found.title)
    print_table(
        [
            (
                f"{line['rank']:g}",
                line["optimizer"],
                f"{line['score']:.3f} ({line['score_low']:.3f} to {line['score_high']:.3f})",
                f"{line['success']:.1%}",
                f"{line['diverged']:.1%}",
                f"{line['good_rates']:.1f}",
                "=" if line["tied"] else "",
            )
            for line in found.leaderboard()
        ],
        ("rank", "optimizer", "score (95 %)", "success", "diverged", "decades of good rates", "as good as the first"),
    )
    if len(found.cells) == 1:
        (cell,) = found.cells
        low, high = (number(end) if isfinite(end) else "never" for end in cell.ert_interval)
        often = f"{number(cell.ert)} gradients a success ({low} to {high})" if isfinite(cell.ert) else "never a success"
        print(f"{cell.rule} on {cell.landscape}: {often}")
    if arguments.output is not None:
        print(arguments.output)


def _report(folder: Path) -> None:
    """Write the folder's report.html, or print what it needs; the tables do not depend on it."""
    from lossland.formats import report

    if report.can_report():
        report.write_report(folder / "report.html", json.loads((folder / "results.json").read_text(encoding="utf-8")))
    else:
        note(report.MISSING)


def separated(text: str) -> list[str]:
    """Split a list at its commas, except those within parentheses and those between an optimizer's settings.

    ``adam:lr=0.1,beta1=0.8,sgd`` names two optimizers, ``max(x,y),ackley`` two landscapes.
    """
    parts: list[str] = []
    depth, begin = 0, 0
    for i, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            parts.append(text[begin:i])
            begin = i + 1
    parts.append(text[begin:])
    joined: list[str] = []
    for part in parts:
        is_setting = joined and _is_setting(part) and ":" in joined[-1]
        if is_setting:
            joined[-1] += f",{part}"
        else:
            joined.append(part.strip())
    return [part for part in joined if part]


def _is_setting(text: str) -> bool:
    name, equals, _ = text.partition("=")
    return bool(equals) and name.strip().isidentifier()

"""`bench`: every optimizer on every landscape, tuned with the same budget and run from the same held-out starts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossland import checks, userfiles
from lossland.benchmark import results as folders
from lossland.benchmark.problems import problem
from lossland.benchmark.results import Cell, Results, Settings
from lossland.benchmark.tiles import MOST_STARTS, Runs, Tile, Tuning, cell_of, run_tile
from lossland.compute import arrays
from lossland.compute.trajectory import check_seed
from lossland.compute.workers import SerialWorkers, Workers, local_workers
from lossland.errors import UserError, nearest, shown
from lossland.landscapes import AnyLandscape, is_known_elsewhere, problems, text_of
from lossland.optimizers import AnyOptimizer, Optimizer, catalogue, optimizer, spec
from lossland.optimizers.rule import is_ours

if TYPE_CHECKING:
    from os import PathLike

SUITES = {
    "default": (
        "bowl", "ravine", "booth", "zakharov", "rosenbrock", "beale", "dixon_price",  # one minimum
        "himmelblau", "six_hump_camel", "styblinski_tang", "branin", "goldstein_price",  # a few
        "plateau", "sharp_and_flat", "diamond",  # flat ground, and edges
        "rastrigin", "ackley", "griewank", "levi13", "egg_crate",  # many
    ),
    "bbob": tuple(f"bbob:{function}:1" for function in range(1, 25)),
    "tasks": ("task:logistic-iris", "task:logistic-digits", "task:mlp-spiral", "task:mlp-digits"),
}  # fmt: skip
"""Named sets of landscapes."""

MOST_STARTS_OF_ALL = 10**6
MOST_STEPS = 10**6
MOST_TRIALS = 4096
STRIDE = 0.6180339887498949  # golden-ratio stride between the cells that are started one after the other


def bench(
    optimizers: Sequence[AnyOptimizer] | str | None = None,
    landscapes: Sequence[AnyLandscape] | str | None = None,
    suite: str = "default",
    dimension: int = 2,
    starts: int = 1000,
    steps: int = 2000,
    budget: int = 64,
    noise: float = 0.0,
    seed: int = 0,
    backend: str = "auto",
    folder: str | PathLike[str] | None = None,
    resume: bool = False,
    workers: Workers | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """Tune every optimizer on every landscape, run it from held-out starts, and measure. See docs/benchmark.md.

    ``optimizers`` are by default all of the catalogue, and ``landscapes`` those of a ``suite``: "default",
    "bbob" or "tasks", which have their own ``dimension``.
    An optimizer is given as everywhere; the settings that its text gives, or that an object has, are not tuned.
    ``starts`` and ``steps``, in gradient evaluations, are those of the held-out runs; ``budget`` is the number of
    tuning trials of each optimizer on each landscape, the first with the optimizer's defaults.

    With a ``folder`` results are saved as they are computed; ``resume`` continues from there. ``progress`` is called
    with the number of cells done now and of those that were to do. The numbers depend only on the settings and the
    backend, not on the ``workers``, by default the cores of this machine, or its CUDA device.
    """
    is_theirs = workers is not None and backend != "auto"  # other machines may have a backend that this one lacks
    found = backend if is_theirs else arrays.backend(backend).name
    settings = check_settings(optimizers, landscapes, suite, dimension, starts, steps, budget, noise, seed, found)
    target = None if folder is None else Path(folder).expanduser()
    done = {} if target is None else _prepared(target, settings, resume)
    local = _local_only(settings)
    if workers is None:
        workers = SerialWorkers() if found == "cuda" or local else local_workers()
    elif local and not isinstance(workers, SerialWorkers):
        raise UserError(f"{local} is known in this process alone; put it into a file, as in mine.py:name.")
    already, total = len(done), len(settings.pairs)
    try:
        if progress:
            progress(0, total - already)
        for number, cell in _measured(settings, done, workers):
            done[number] = cell
            if target is not None:
                folders.save_cell(target, number, cell)
            if progress:
                progress(len(done) - already, total - already)
    finally:  # also after Ctrl-C
        results = Results(settings, [done[number] for number in sorted(done)], target)
        if target is not None:
            folders.save_tables(target, results)
    return results


def check_settings(
    optimizers: Sequence[AnyOptimizer] | str | None,
    landscapes: Sequence[AnyLandscape] | str | None,
    suite: str,
    dimension: int,
    starts: int,
    steps: int,
    budget: int,
    noise: float,
    seed: int,
    backend: str,
) -> Settings:
    """Return a benchmark's settings, or raise UserError."""
    if landscapes is not None and suite != "default":
        raise UserError(f"A suite is a list of landscapes: give the suite {shown(suite)} or landscapes, not both.")
    if suite not in SUITES:
        raise UserError(
            f"There is no suite {shown(suite)}.{nearest(suite, tuple(SUITES))} There are {', '.join(SUITES)}."
        )
    dimension = checks.whole(dimension, 2, 40, "The number of dimensions")
    known = [kind.name for kind in catalogue() if is_ours(kind)]
    rules = [_text_of_optimizer(one) for one in _listed(known if optimizers is None else optimizers)]
    lands = [_text_of_landscape(one) for one in _listed(SUITES[suite] if landscapes is None else landscapes)]
    for what, texts in (("optimizers", rules), ("landscapes", lands)):
        if not texts:
            raise UserError(f"A benchmark needs {what}.")
        twice = next((text for text in texts if texts.count(text) > 1), None)
        if twice is not None:
            raise UserError(f"{twice} is among the {what} twice.")
    for text in lands:
        problem(text, dimension)
    return Settings(
        optimizers=tuple(rules),
        landscapes=tuple(lands),
        dimension=dimension,
        noise=checks.real(noise, 0, 1e6, "The noise"),
        starts=checks.whole(starts, 1, MOST_STARTS_OF_ALL, "The number of starts"),
        steps=checks.whole(steps, 1, MOST_STEPS, "The number of steps"),
        budget=checks.whole(budget, 1, MOST_TRIALS, "The number of tuning trials"),
        seed=check_seed(seed),
        backend=backend,
        files=_digests([*rules, *lands]),
    )


def _digests(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the user files that texts name, each with a digest of its present content."""
    paths = sorted({own.path for text in texts if (own := userfiles.named(text)) is not None})
    return tuple(f"{path} {sha256(Path(path).expanduser().read_bytes()).hexdigest()[:16]}" for path in paths)


def _local_only(settings: Settings) -> str:
    """Return an optimizer or landscape that other processes cannot make from its text; "" if there is none."""
    for text in settings.optimizers:
        kind = type(optimizer(text))
        if kind.traced and not (is_ours(kind) or userfiles.is_own(kind.__module__)):
            return text
    return next((text for text in settings.landscapes if not is_known_elsewhere(text)), "")


def _listed(given: Any) -> list[Any]:
    """Return one or several things as a list."""
    return list(given) if isinstance(given, list | tuple) else [given]


def _text_of_landscape(one: AnyLandscape) -> str:
    """Return the text from which every worker makes a landscape or task."""
    if isinstance(one, str) and problems.has_own_dimension(one):
        return problems.problem(one).text
    if isinstance(one, str) and one.strip().lower() in SUITES:
        suite = one.strip().lower()
        raise UserError(f"There is no landscape {shown(one)}, but a suite of landscapes: choose it by --suite {suite}.")
    return text_of(one)


def _text_of_optimizer(one: AnyOptimizer) -> str:
    """Return the text from which every worker makes an optimizer; settings of an object are not tuned."""
    rule = optimizer(one)
    if isinstance(one, str):
        return one.strip()
    return spec(rule) if isinstance(one, Optimizer) else rule.text


def _prepared(folder: Path, settings: Settings, resume: bool) -> dict[int, Cell]:
    """Return the cells that a folder already holds, by index; write the settings into an empty one."""
    there = folders.load_settings(folder)
    if there is None:
        if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
            raise UserError(f"{folder} is there already and holds no benchmark; give the name of a new folder.")
        folders.save_settings(folder, settings)
        return {}
    if not resume:
        raise UserError(f"{folder} holds a benchmark already: --resume goes on with it, or give a new folder.")
    other = [name for name, value in asdict(settings).items() if getattr(there, name) != value]
    if other == ["files"]:
        changed = ", ".join(now.split()[0] for now in settings.files if now not in there.files)
        raise UserError(f"{changed} has changed since the benchmark in {folder} began: give a new folder.")
    if other:
        listed = ", ".join(f"{name} {_short(getattr(there, name))}" for name in other)
        raise UserError(f"The benchmark in {folder} has other settings ({listed}): give the same, or a new folder.")
    found = {number: folders.load_cell(folder, number) for number in range(len(settings.pairs))}
    return {number: cell for number, cell in found.items() if cell is not None}


def _short(value: object) -> str:
    return f"{len(value)} of them" if isinstance(value, tuple) and len(value) > 3 else shown(value)


def _measured(settings: Settings, done: dict[int, Cell], workers: Workers) -> Iterator[tuple[int, Cell]]:
    """Yield the remaining cells as they complete.

    First every cell is tuned and run from its first block of starts, then from the others. The order of the cells is
    such that any part of it is representative, so that the time left can be estimated.
    """
    pairs = settings.pairs
    left = sorted((number for number in range(len(pairs)) if number not in done), key=lambda n: (n * STRIDE) % 1)
    edges = [*range(0, settings.starts, MOST_STARTS), settings.starts]
    blocks = [(low, high - low) for low, high in pairwise(edges)]
    tuned: dict[int, tuple[Tuning, Runs]] = {}
    tiles = [Tile(settings, *pairs[number], *blocks[0]) for number in left]
    for i, result in workers.run(run_tile, tiles):
        assert result.tuning is not None
        if len(blocks) == 1:
            yield left[i], cell_of(settings, pairs[left[i]], result.tuning, [result.runs])
        else:
            tuned[left[i]] = result.tuning, result.runs
    if len(blocks) == 1:
        return
    rest = [(number, block) for number in left for block in range(1, len(blocks))]
    parts: dict[int, dict[int, Runs]] = defaultdict(dict)
    tiles = [Tile(settings, *pairs[number], *blocks[block], tuned[number][0].rule) for number, block in rest]
    for i, result in workers.run(run_tile, tiles):
        number, block = rest[i]
        parts[number][block] = result.runs
        if len(parts[number]) == len(blocks) - 1:
            runs = parts.pop(number)
            tuning, first = tuned.pop(number)
            yield number, cell_of(settings, pairs[number], tuning, [first, *(runs[b] for b in sorted(runs))])

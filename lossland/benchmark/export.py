"""Export of a benchmark's runs to other formats."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from lossland.benchmark.problems import COCO, problem
from lossland.benchmark.results import Cell, Results
from lossland.errors import UserError
from lossland.files import written
from lossland.formats.coco import BELOW, Trial, write_trials

MOST_TRIALS = 100  # per cell: cocopp keeps all of them in memory, and usually gets fifteen


def export_coco(results: Results, folder: str | Path) -> list[Path]:
    """Write the cells on BBOB functions as COCO's data, a folder inside ``folder`` for each optimizer; return these.

    ``cocopp`` reads them: ``python -m cocopp FOLDER/adam FOLDER/momentum``. An evaluation is one of the gradient, as
    everywhere in a benchmark; a target that is met at the start counts as met by the first. The first 100 runs of each
    cell are written. Raises UserError where no cell is on a noiseless BBOB function.
    """
    check_coco(results.settings.landscapes, results.settings.noise)
    cells: dict[str, list[Cell]] = defaultdict(list)
    for cell in results.cells:
        if _function(cell.landscape) is not None:
            cells[cell.optimizer].append(cell)
    folders = []
    for optimizer, own in cells.items():
        name = re.sub(r"[^\w.=-]+", "_", optimizer).strip("_")
        target = Path(folder).expanduser() / name
        with written(target) as temporary:
            by_function: dict[tuple[int, int], list[Trial]] = defaultdict(list)
            for cell in own:
                function, instance = _function(cell.landscape) or (0, 0)
                by_function[function, cell.dimension] += _trials(cell, instance)
            for (function, dimension), trials in sorted(by_function.items()):
                write_trials(temporary, optimizer, function, dimension, trials)
        folders.append(target)
    return folders


def check_coco(landscapes: Sequence[str], noise: float) -> None:
    """Raise UserError unless some landscapes are BBOB functions, and gradients have no noise."""
    if noise or not any(map(_function, landscapes)):
        raise UserError("COCO's format holds runs on noiseless BBOB functions, and there are none: --suite bbob.")


def _function(landscape: str) -> tuple[int, int] | None:
    """Return the function and the instance of a BBOB function's text; None for any other landscape."""
    found = re.fullmatch(rf"{COCO}(\d+)(?::(\d+))?", landscape.strip().lower())
    return (int(found[1]), int(found[2] or 1)) if found else None


def _trials(cell: Cell, instance: int) -> list[Trial]:
    where = problem(cell.landscape, cell.dimension)
    first = np.asarray(where.land.value(cell.start[:MOST_TRIALS])) - where.lowest
    evaluations, budget = cell.evaluations, math.ceil(cell.budget)
    trials = []
    for run in range(min(cell.starts, MOST_TRIALS)):
        passed = [(1, float(first[run]))]
        for until, target in zip(evaluations[:, run], cell.targets, strict=True):
            if math.isfinite(until):
                passed.append((max(1, math.ceil(until)), float(target) * BELOW))
        done = passed[-1][0] if cell.hits[-1, run] >= 0 else budget
        best = float(cell.best[run])
        trials.append(Trial(instance, passed, done, best if math.isfinite(best) else float(first[run])))
    return trials

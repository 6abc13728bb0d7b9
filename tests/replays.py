"""Runs of a benchmark, followed again step by step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lossland.benchmark.problems import problem
from lossland.benchmark.results import Cell
from lossland.benchmark.tiles import path
from lossland.optimizers import optimizer


def replayed(cell: Cell, runs: Sequence[int]) -> NDArray[np.float64]:
    """Return the positions (steps + 1, len(runs), n) of some of a cell's runs, also after the last target."""
    where, rule = problem(cell.landscape, cell.dimension), optimizer(cell.rule)
    return np.stack([path(where, rule, cell.start[i], cell.steps, cell.seed, i, "cpu") for i in runs], axis=1)

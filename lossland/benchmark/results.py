"""Results of a benchmark: one `Cell` for each optimizer on each landscape, and the folder that holds them.

A folder holds ``settings.json``; ``cells/NNNN.npz``, one for each cell, written atomically; and, derived from these,
``results.json`` and ``results.csv``. Nothing is ever unpickled.
"""

from __future__ import annotations

import csv
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from lossland.benchmark import measures
from lossland.display import Displayed
from lossland.errors import UserError, nearest
from lossland.files import written
from lossland.formats.jsontext import to_json
from lossland.formats.npz import write_npz

Float64 = NDArray[np.float64]
Int32 = NDArray[np.int32]

FORMAT, VERSION = "lossland bench", 1
SETTINGS, CELLS = "settings.json", "cells"
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
GRID = 101  # budgets of a profile
COLUMNS = (
    "optimizer", "landscape", "dimension", "noise", "settings", "starts", "success", "success_low", "success_high",
    "ert", "ert_low", "ert_high", "diverged", "median_loss",
)  # fmt: skip


Numbers = Float64 | Sequence[float]
"""Numbers (n,) of a document: an array before it is written, a list after it is read."""


class Row(TypedDict):
    """A cell's measures as plain data, as ``lossland bench --json`` prints them."""

    optimizer: str
    landscape: str
    dimension: int
    noise: float
    settings: dict[str, float]
    starts: int
    success: float
    success_low: float
    success_high: float
    ert: float
    ert_low: float
    ert_high: float
    diverged: float
    median_loss: float
    score: float
    score_low: float
    score_high: float
    good_rates: float
    loss_quantiles: Numbers
    cost: float
    steps: int
    rule: str


class TuningTable(TypedDict):
    """The trials (B, P) of a tuning: values of the parameters ``names``, and the result of each."""

    names: Sequence[str]
    trials: Float64 | Sequence[Sequence[float]]
    score: Numbers
    success: Numbers
    loss: Numbers


class RateTable(TypedDict):
    """Other rates (R,) than the tuned one, and the result of each; ``loss`` (R, 3) has quartiles."""

    rates: Numbers
    score: Numbers
    success: Numbers
    loss: Float64 | Sequence[Sequence[float]]


class ChosenRun(TypedDict):
    """One of a cell's runs: its index, start (n,), best f - f*, and the step it reached the last target at, or -1."""

    index: int
    start: Numbers
    best: float
    hit: int


class CellTable(Row):
    """A cell in results.json; ``runs`` are the best, the median and the worst."""

    title: str
    family: str
    landscape_title: str
    lowest: float
    scale: float
    targets: Numbers
    ert_of_targets: Numbers
    profile: Numbers
    tuning: TuningTable
    sensitivity: RateTable
    runs: dict[str, ChosenRun]


class Line(TypedDict):
    """A line of the leaderboard."""

    optimizer: str
    title: str
    family: str
    rank: float
    rank_low: float
    rank_high: float
    score: float
    score_low: float
    score_high: float
    success: float
    diverged: float
    good_rates: float
    p: float
    tied: bool


class Document(TypedDict):
    """The content of results.json; ``settings`` are the fields of `Settings`."""

    format: str
    version: int
    complete: bool
    settings: Mapping[str, Any]
    evaluations: Numbers
    results: list[CellTable]
    leaderboard: list[Line]


@dataclass(frozen=True)
class Settings:
    """The settings of a benchmark; the same settings give the same numbers.

    ``optimizers`` and ``landscapes`` are texts as `ll.optimizers` and `ll.landscape` take them. ``steps`` is the budget
    of a run in gradient evaluations, ``budget`` the number of tuning trials of each optimizer on each landscape, each
    from ``tuning_starts`` starts; ``starts`` are the held-out ones. ``noise`` is the standard deviation of Gaussian
    noise on each component of each gradient. ``files`` are the user files that these texts name, each with a digest
    of its content.
    """

    optimizers: tuple[str, ...]
    landscapes: tuple[str, ...]
    dimension: int = 2
    noise: float = 0.0
    starts: int = 1000
    steps: int = 2000
    budget: int = 64
    tuning_starts: int = 64
    seed: int = 0
    backend: str = "cpu"
    files: tuple[str, ...] = ()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Every optimizer with every landscape, in the order of the cells."""
        return [(optimizer, landscape) for optimizer in self.optimizers for landscape in self.landscapes]


@dataclass(frozen=True, eq=False)
class Cell:
    """One optimizer on one landscape: its tuning, and N runs from held-out starts to T targets in n dimensions.

    ``hits`` (T, N) is the step at which a run first reached each target (0: it started there, -1: never). A step costs
    ``cost`` gradient evaluations, and no run took more than ``steps`` steps. ``targets`` (T,) are decreasing values
    of f - f*; reaching the last one is success. ``best`` and ``final`` (N,) are the lowest f - f* of each run and the
    last one; a run ends at the last target, where it is ``lost`` (N,) (the step, -1 if it is not) or after all steps.
    ``rule`` is the tuned optimizer as text, with its ``settings``. ``trials`` (B, P) are the tuning's values of the
    parameters ``names``; ``rates`` (R,) other rates for the tuned rule. See docs/benchmark.md.
    """

    optimizer: str
    title: str
    family: str
    landscape: str
    landscape_title: str
    dimension: int
    noise: float
    seed: int
    rule: str
    settings: dict[str, float]
    cost: float
    steps: int
    lowest: float
    scale: float
    names: tuple[str, ...]
    targets: Float64
    hits: Int32
    best: Float64
    final: Float64
    lost: Int32
    start: Float64
    end: Float64
    trials: Float64
    trial_score: Float64
    trial_success: Float64
    trial_loss: Float64
    rates: Float64
    rate_score: Float64
    rate_success: Float64
    rate_loss: Float64

    # --------------------------------------------------------------------------------------------------- evaluations
    @property
    def starts(self) -> int:
        """The number of runs."""
        return self.hits.shape[1]

    @property
    def budget(self) -> float:
        """The number of gradients that a run may evaluate."""
        return self.steps * self.cost

    @property
    def evaluations(self) -> Float64:
        """The gradient evaluations (T, N) until each target, inf where it was not reached."""
        return np.where(self.hits >= 0, self.hits * self.cost, np.inf)

    # ------------------------------------------------------------------------------------------------------ measures
    @property
    def successes(self) -> int:
        """The number of runs that reached the last target."""
        return int((self.hits[-1] >= 0).sum())

    @property
    def success(self) -> float:
        """The share of runs that reached the last target."""
        return self.successes / self.starts

    @property
    def success_interval(self) -> tuple[float, float]:
        """Wilson's interval of the success rate."""
        return measures.wilson(self.successes, self.starts)

    @cached_property
    def ert_of_targets(self) -> Float64:
        """The expected running time to each target (T,), in gradient evaluations."""
        return measures.running_time(self.evaluations, self.budget)

    @property
    def ert(self) -> float:
        """The expected running time to the last target."""
        return float(self.ert_of_targets[-1])

    @cached_property
    def ert_interval(self) -> tuple[float, float]:
        """The bootstrap interval of the expected running time."""
        return measures.running_time_interval(self.evaluations[-1], self.budget, self.seed)

    @property
    def score(self) -> float:
        """The area under the profile of runs restarted until success: see `measures.score`."""
        return float(measures.score(self.ert_of_targets, self.budget))

    @cached_property
    def score_resamples(self) -> Float64:
        """Bootstrap resamples (B,) of the score; all optimizers on a landscape use the same resamples of starts."""
        seed = self.seed + zlib.crc32(self.landscape.encode())
        return measures.score_resamples(self.evaluations, self.budget, seed)

    @property
    def score_interval(self) -> tuple[float, float]:
        """The bootstrap interval of the score."""
        return measures.interval(self.score_resamples)

    @property
    def diverged(self) -> float:
        """The share of runs that were lost."""
        return float((self.lost >= 0).mean())

    @cached_property
    def loss_quantiles(self) -> Float64:
        """Quantiles of the final f - f*: 5, 25, 50, 75 and 95 %; a run that was lost counts as infinite."""
        final = np.sort(np.where(self.lost >= 0, np.inf, self.final))
        return final[[round(share * (len(final) - 1)) for share in QUANTILES]]

    @property
    def median_loss(self) -> float:
        """The median of the final f - f*."""
        return float(self.loss_quantiles[2])

    @property
    def good_rates(self) -> float:
        """The width in decades of the rates with at least 90 % of the best score, other parameters as tuned."""
        return measures.good_width(self.rates, self.rate_score)

    # ---------------------------------------------------------------------------------------------------------- runs
    @cached_property
    def order(self) -> NDArray[np.intp]:
        """The runs (N,) from best to worst: by the step of the last target, then by the best value."""
        last = np.where(self.hits[-1] >= 0, self.hits[-1], np.iinfo(np.int32).max)
        return np.lexsort((np.nan_to_num(self.best, nan=np.inf), last))

    @property
    def chosen(self) -> dict[str, int]:
        """The best, the median and the worst run."""
        return {
            "best": int(self.order[0]),
            "median": int(self.order[len(self.order) // 2]),
            "worst": int(self.order[-1]),
        }

    # ---------------------------------------------------------------------------------------------------- plain data
    def row(self) -> Row:
        """Return the cell's measures as plain data: the columns of the table, and a few more."""
        (success_low, success_high), (ert_low, ert_high) = self.success_interval, self.ert_interval
        score_low, score_high = self.score_interval
        return {
            "optimizer": self.optimizer,
            "landscape": self.landscape,
            "dimension": self.dimension,
            "noise": self.noise,
            "settings": self.settings,
            "starts": self.starts,
            "success": self.success,
            "success_low": success_low,
            "success_high": success_high,
            "ert": self.ert,
            "ert_low": ert_low,
            "ert_high": ert_high,
            "diverged": self.diverged,
            "median_loss": self.median_loss,
            "score": self.score,
            "score_low": score_low,
            "score_high": score_high,
            "good_rates": self.good_rates,
            "loss_quantiles": self.loss_quantiles,
            "cost": self.cost,
            "steps": self.steps,
            "rule": self.rule,
        }

    def document(self, budgets: Float64) -> CellTable:
        """Return the cell as in results.json."""
        return {
            **self.row(),
            "title": self.title,
            "family": self.family,
            "landscape_title": self.landscape_title,
            "lowest": self.lowest,
            "scale": self.scale,
            "targets": self.targets,
            "ert_of_targets": self.ert_of_targets,
            "profile": measures.profile(self.evaluations, budgets),
            "tuning": {
                "names": self.names,
                "trials": self.trials,
                "score": self.trial_score,
                "success": self.trial_success,
                "loss": self.trial_loss,
            },
            "sensitivity": {
                "rates": self.rates,
                "score": self.rate_score,
                "success": self.rate_success,
                "loss": self.rate_loss,
            },
            "runs": {
                name: {
                    "index": i,
                    "start": self.start[i],
                    "best": float(self.best[i]),
                    "hit": int(self.hits[-1, i]),
                }
                for name, i in self.chosen.items()
            },
        }


ARRAYS = tuple(item.name for item in fields(Cell) if item.type in ("Float64", "Int32"))
PLAIN = tuple(item.name for item in fields(Cell) if item.name not in ARRAYS)


@dataclass(frozen=True, eq=False, repr=False)
class Results(Displayed):
    """A benchmark's cells, in the order of its settings; if it was stopped, those that are done."""

    settings: Settings
    cells: list[Cell]
    folder: Path | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        """Return the title and the leaderboard."""
        return "\n".join([self.title, *self.lines()])

    @property
    def title(self) -> str:
        """A summary of the settings."""
        asked = self.settings
        part = "" if self.complete else f", {len(self.cells)} of {len(asked.pairs)} cells"
        given = (
            (asked.starts, "start"), (asked.steps, "gradient"), (asked.budget, "tuning trial"),
            (len(asked.optimizers), "optimizer"), (len(asked.landscapes), "landscape"),
        )  # fmt: skip
        starts, steps, budget, rules, lands = (f"{n} {what}{'s' if n != 1 else ''}" for n, what in given)
        return f"{rules} on {lands}, {starts}, {steps} a run, {budget} each{part}"

    def lines(self) -> list[str]:
        """Return the leaderboard as text."""
        return [
            f"{line['rank']:4g}  {line['optimizer']}: score {line['score']:.3f} ({line['score_low']:.3f} to "
            f"{line['score_high']:.3f}), success {line['success']:.1%}"
            for line in self.leaderboard()
        ]

    @property
    def complete(self) -> bool:
        """Whether every cell is done."""
        return len(self.cells) == len(self.settings.pairs)

    def cell(self, optimizer: str, landscape: str) -> Cell:
        """Return the cell of an optimizer and a landscape, by their texts; raise UserError if there is none."""
        for one in self.cells:
            if (one.optimizer, one.landscape) == (optimizer, landscape):
                return one
        known, text = (
            (self.settings.landscapes, landscape)
            if optimizer in self.settings.optimizers
            else (self.settings.optimizers, optimizer)
        )
        raise UserError(f"The benchmark has no result of {optimizer!r} on {landscape!r}.{nearest(text, known)}")

    @property
    def optimizers(self) -> list[str]:
        """The optimizers that have run on every landscape: only these can be compared."""
        done = {(cell.optimizer, cell.landscape) for cell in self.cells}
        known = self.settings.landscapes
        return [one for one in self.settings.optimizers if all((one, land) in done for land in known)]

    @cached_property
    def budgets(self) -> Float64:
        """Budgets of gradient evaluations (g,) for profiles, evenly spaced on a logarithmic axis."""
        return np.geomspace(1, max(self.settings.steps, 2), GRID)

    def profile(self, optimizer: str) -> Float64:
        """Return the share (g,) of all starts, targets and landscapes that are reached within the ``budgets``."""
        shares = [measures.profile(one.evaluations, self.budgets) for one in self.cells if one.optimizer == optimizer]
        return np.mean(shares, axis=0)

    def rows(self) -> list[Row]:
        """Return every cell's measures as plain data."""
        return [cell.row() for cell in self.cells]

    @cached_property
    def _board(self) -> list[Line]:
        names = self.optimizers
        if not names:
            return []
        table = {(cell.optimizer, cell.landscape): cell for cell in self.cells}
        cells = [[table[name, land] for land in self.settings.landscapes] for name in names]
        means = np.array([np.mean([cell.score for cell in row]) for row in cells])
        drawn = np.array([np.mean([cell.score_resamples for cell in row], axis=0) for row in cells]).T
        rank, ranks = measures.ranks(means), measures.ranks(drawn)
        low, high = np.percentile(drawn, measures.TAILS, axis=0)
        rank_low, rank_high = np.percentile(ranks, measures.TAILS, axis=0)
        order = np.argsort(-means, kind="stable")
        p = np.ones(len(names))
        p[order[1:]] = measures.holm(measures.difference_p(drawn, means, int(order[0]))[order[1:]])
        return [
            {
                "optimizer": names[i],
                "title": cells[i][0].title,
                "family": cells[i][0].family,
                "rank": float(rank[i]),
                "rank_low": float(rank_low[i]),
                "rank_high": float(rank_high[i]),
                "score": float(means[i]),
                "score_low": float(low[i]),
                "score_high": float(high[i]),
                "success": float(np.mean([cell.success for cell in cells[i]])),
                "diverged": float(np.mean([cell.diverged for cell in cells[i]])),
                "good_rates": float(np.mean([cell.good_rates for cell in cells[i]])),
                "p": float(p[i]),
                "tied": bool(p[i] >= 0.05),
            }
            for i in order
        ]

    def leaderboard(self) -> list[Line]:
        """Return one line for each optimizer that was on every landscape, the best first.

        They are ordered by their mean score over the landscapes. ``p`` is the p-value, corrected for all comparisons
        (Holm), of the difference from the first; those with p of 5 % or more are ``tied`` with it.
        """
        return self._board

    def document(self) -> Document:
        """Return the content of results.json."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "complete": self.complete,
            "settings": asdict(self.settings),
            "evaluations": self.budgets,
            "results": [cell.document(self.budgets) for cell in self.cells],
            "leaderboard": self._board,
        }


# ---------------------------------------------------------------------------------------------------------- folders


def cell_file(folder: Path, number: int) -> Path:
    """Return the file of the cell with an index."""
    return folder / CELLS / f"{number:04d}.npz"


def save_settings(folder: Path, settings: Settings) -> None:
    """Write settings.json."""
    with written(folder / SETTINGS) as temporary:
        temporary.write_text(to_json({"format": FORMAT, "version": VERSION, **asdict(settings)}), encoding="utf-8")


def load_settings(folder: Path) -> Settings | None:
    """Return the settings of a results folder, None if it has none; raise UserError if they cannot be read."""
    file = folder / SETTINGS
    if not file.is_file():
        return None
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        if (found.pop("format"), found.pop("version")) != (FORMAT, VERSION):
            raise UserError(f"{file} is of another version of lossland; measure again into a new folder.")
        lists = {name: tuple(found.pop(name, ())) for name in ("optimizers", "landscapes", "files")}
        return Settings(**lists, **found)
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        raise UserError(f"{file} is not the settings of a benchmark.") from error


def save_cell(folder: Path, number: int, cell: Cell) -> None:
    """Write a cell atomically."""
    about = json.dumps({name: getattr(cell, name) for name in PLAIN})
    arrays = {name: getattr(cell, name) for name in ARRAYS}
    write_npz(cell_file(folder, number), {"about": np.array(about), **arrays}, compressed=True)


def load_cell(folder: Path, number: int) -> Cell | None:
    """Return the cell with an index; None if it is missing or broken."""
    file = cell_file(folder, number)
    try:
        with np.load(file, allow_pickle=False) as found:
            about = json.loads(str(found["about"]))
            about["names"] = tuple(about["names"])
            return Cell(**about, **{name: found[name] for name in ARRAYS})
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        return None


def load(folder: str | Path) -> Results:
    """Return the results in a folder, even of a stopped benchmark; raise UserError if it holds none."""
    folder = Path(folder).expanduser()
    settings = load_settings(folder)
    if settings is None:
        raise UserError(f"{folder} holds no results of `lossland bench`: it has no {SETTINGS}.")
    cells = (load_cell(folder, number) for number in range(len(settings.pairs)))
    return Results(settings, [cell for cell in cells if cell is not None], folder)


def save_tables(folder: Path, results: Results) -> None:
    """Write results.json and results.csv."""
    with written(folder / "results.json") as temporary:
        temporary.write_text(to_json(results.document()), encoding="utf-8")
    with written(folder / "results.csv") as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(_line(cell) for cell in results.cells)


def save(folder: str | Path, results: Results) -> None:
    """Write a whole results folder."""
    folder = Path(folder).expanduser()
    save_settings(folder, results.settings)
    numbers = {pair: number for number, pair in enumerate(results.settings.pairs)}
    for cell in results.cells:
        save_cell(folder, numbers[cell.optimizer, cell.landscape], cell)
    save_tables(folder, results)


def _line(cell: Cell) -> Sequence[str | float]:
    settings = ",".join(f"{name}={value!r}" for name, value in cell.settings.items())
    row = {**cell.row(), "settings": settings}
    return [row[name] for name in COLUMNS]

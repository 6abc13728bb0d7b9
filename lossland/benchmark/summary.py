"""A benchmark's results for display: results.json, read back into arrays.

A folder of results also holds every single run; charts need only results.json. lossland comes with one such file, so
that there is something to look at before the first benchmark.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from lossland import userfiles
from lossland.benchmark.problems import problem
from lossland.benchmark.results import FORMAT, SETTINGS, VERSION, CellTable, Document, Line, load
from lossland.benchmark.tiles import path as path_of_run
from lossland.compute.maps import sweep
from lossland.errors import UserError, cut, nearest
from lossland.files import written
from lossland.formats.jsontext import Json, plain, rounded
from lossland.optimizers import optimizer as read_rule
from lossland.world.phrases import words

Float64 = NDArray[np.float64]

EXAMPLE = Path(__file__).with_name("example.json.gz")
TABLE = "results.json"
FACTORS = np.arange(-8, 9) / 4
"""Offsets in decades from the tuned rate at which sensitivities are evaluated."""
LEFT_OUT = ("targets", "ert_of_targets")  # of a packed file: no chart shows them
EXACT = ("runs", "settings", "lowest")  # not rounded, because the runs are computed again
DIGITS = 6  # significant digits of a packed file
NOT_FINITE = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf}


@dataclass(frozen=True, eq=False)
class Tuning:
    """Where an optimizer was tuned: log10 of what is ``left`` (ny, nx) of the loss over rates ``x`` and another ``y``.

    ``x`` are powers of ten, ``y`` too if ``log_y``. The trials' ``place`` (n, 2) is in these numbers; ``score`` (n,)
    and ``said`` (n,) tell how they did.
    """

    x: Float64
    y: Float64
    left: Float64
    log_y: bool
    place: Float64
    score: Float64
    said: list[str]

    @property
    def category(self) -> NDArray[np.int64]:
        """Of each trial (n,) whether it is in the best quarter (1), in the next third or so (0), or worse (−1)."""
        rank = np.argsort(np.argsort(self.score)) / max(len(self.score) - 1, 1)
        return np.where(rank > 0.75, 1, np.where(rank > 0.4, 0, -1))


@dataclass(frozen=True, eq=False)
class Summary:
    """The document of results.json, and the tables in it. Optimizers and landscapes are identified by their texts."""

    document: Document

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings: see ``results.Settings``."""
        return self.document["settings"]

    @cached_property
    def budgets(self) -> Float64:
        """The budgets (g,) of profiles in gradient evaluations."""
        return np.array(self.document["evaluations"], float)

    @cached_property
    def rows(self) -> dict[tuple[str, str], CellTable]:
        """The results of each optimizer on each landscape."""
        return {(row["optimizer"], row["landscape"]): row for row in self.document["results"]}

    @cached_property
    def board(self) -> dict[str, Line]:
        """The lines of the leaderboard by optimizer, best first."""
        return {line["optimizer"]: line for line in self.document["leaderboard"]}

    @cached_property
    def optimizers(self) -> tuple[str, ...]:
        """The optimizers that ran on every landscape, best first."""
        return tuple(self.board)

    @cached_property
    def landscapes(self) -> tuple[str, ...]:
        """The landscapes in decreasing order of mean score."""
        names = tuple(dict.fromkeys(land for _, land in self.rows))
        mean = {name: np.mean([row["score"] for (_, land), row in self.rows.items() if land == name]) for name in names}
        return tuple(sorted(names, key=lambda name: -mean[name]))

    def row(self, optimizer: str, landscape: str) -> CellTable:
        """Return the results of an optimizer on a landscape, or raise UserError with the nearest name."""
        for text, known, kind in ((optimizer, self.optimizers, "optimizer"), (landscape, self.landscapes, "landscape")):
            if text not in known:
                raise UserError(f"The benchmark has no {kind} {text!r}.{nearest(text, known)}")
        return self.rows[optimizer, landscape]

    def title(self, optimizer: str) -> str:
        """Return an optimizer's title."""
        return self.row(optimizer, self.landscapes[0])["title"]

    def family(self, optimizer: str) -> str:
        """Return an optimizer's family."""
        return self.row(optimizer, self.landscapes[0])["family"]

    def landscape_title(self, landscape: str) -> str:
        """Return a landscape's title."""
        return self.row(self.optimizers[0], landscape)["landscape_title"]

    def profile(self, optimizer: str) -> Float64:
        """Return the share (g,) of all starts, targets and landscapes that is reached within the budgets."""
        return np.mean([np.asarray(self.row(optimizer, land)["profile"]) for land in self.landscapes], axis=0)

    def why_no_replay(self, optimizer: str, landscape: str) -> str:
        """Return why the runs of a cell cannot be replayed on their landscape, "" if they can.

        Reading results never runs a user's file: a rule in one has to be named by the user first.
        """
        if (dimension := self.row(optimizer, landscape)["dimension"]) != 2:
            return f"its runs are in {dimension} dimensions, not in two"
        for text in (self.row(optimizer, landscape)["rule"], landscape):
            file = userfiles.named(text)
            if file is not None and Path(file.path).expanduser().resolve() not in userfiles.USER_FILES:
                return (
                    f"name it to run its file: --optimizer {optimizer}"
                    if text != landscape
                    else "its landscape is in a file"
                )
        return ""

    def replay(self, optimizer: str, landscape: str) -> dict[str, Float64]:
        """Return the positions (T + 1, n) of the best, the median and the worst run, each up to the last target."""
        row, paths = self.row(optimizer, landscape), {}
        where, rule = problem(row["landscape"], row["dimension"]), read_rule(row["rule"])
        seed, backend = self.settings["seed"], self.settings["backend"]
        for name, one in row["runs"].items():
            steps = one["hit"] if one["hit"] >= 0 else row["steps"]
            paths[name] = path_of_run(
                where, rule, np.array(one["start"], float), max(steps, 1), seed, one["index"], backend
            )
        return paths

    def said_of(self, optimizer: str) -> str:
        """Return an optimizer's rank on the leaderboard as text."""
        line = self.board[optimizer]
        return "\n".join((
            self.title(optimizer),
            f"rank {line['rank']:g} ({line['rank_low']:.0f} to {line['rank_high']:.0f})",
            words("score ?3, ?3 to ?3", line["score"], line["score_low"], line["score_high"]),
            words("success ?n %", round(100 * line["success"])),
        ))  # fmt: skip

    def said(self, optimizer: str, landscape: str) -> str:
        """Return the results of an optimizer on a landscape as text."""
        row = self.row(optimizer, landscape)
        shares = (round(100 * row[key]) for key in ("success", "success_low", "success_high"))
        reached = np.isfinite(row["ert"])
        return "\n".join((
            f"{row['title']} on {row['landscape_title']}",
            words("score ?3, ?3 to ?3", row["score"], row["score_low"], row["score_high"]),
            words("success ?n %, ?n to ?n", *shares),
            words("? gradients to the minimum", row["ert"]) if reached else "the minimum is never reached",
        ))  # fmt: skip

    def sensitivity(self, optimizer: str) -> Float64 | None:
        """Return the mean score at each of ``FACTORS`` from the tuned rate, None for a rule without a rate."""
        rows = [self.row(optimizer, land) for land in self.landscapes]
        known = [row for row in rows if row["sensitivity"]["rates"]]
        decades = (np.log10(np.array(row["sensitivity"]["rates"]) / row["settings"]["lr"]) for row in known)
        found = [np.interp(FACTORS, x, row["sensitivity"]["score"]) for x, row in zip(decades, known, strict=True)]
        return np.mean(found, axis=0) if found else None

    def second(self, optimizer: str) -> str | None:
        """Return the parameter that an optimizer was tuned by besides its rate, None if there is none."""
        names = self.row(optimizer, self.landscapes[0])["tuning"]["names"]
        return next((name for name in names if name != "lr"), None) if "lr" in names else None

    def tuning(self, optimizer: str, landscape: str, cells: int) -> Tuning:
        """Return the trials of a tuning and the loss over rate and second parameter: n trials, k² cells."""
        row, second = self.row(optimizer, landscape), self.second(optimizer)
        assert second is not None
        names, all_trials = row["tuning"]["names"], np.array(row["tuning"]["trials"], float)
        trials = all_trials[:, [names.index("lr"), names.index(second)]]
        (low_x, low_y), (high_x, high_y) = trials.min(axis=0), trials.max(axis=0)
        start_x, start_y = row["runs"]["median"]["start"]
        made = sweep(
            row["landscape"], row["rule"], ("lr", low_x, high_x, "log"), (second, low_y, high_y), cells, row["steps"],
            start=(start_x, start_y), seed=self.settings["seed"],
        )  # fmt: skip
        left = np.log10(np.maximum(np.where(made.diverged, np.nan, made.loss - row["lowest"]), 1e-12 * row["scale"]))
        worst = np.nanmax(left[np.isfinite(left)], initial=0.0)
        scaled = [np.log10 if axis.log else np.asarray for axis in (made.across, made.up)]
        x, y = (scale(cells) for scale, cells in zip(scaled, (made.x, made.y), strict=True))
        place = np.column_stack([scale(column) for scale, column in zip(scaled, trials.T, strict=True)])
        score = np.array(row["tuning"]["score"], float)
        said = [words("score ?3", one) + "\n" + ", ".join(words(f"{n} ?", v) for n, v in zip(names, trial, strict=True))
                for one, trial in zip(score, all_trials, strict=True)]  # fmt: skip
        place = np.clip(place, [x[0], y[0]], [x[-1], y[-1]])
        return Tuning(x, y, np.where(np.isfinite(left), left, worst), made.up.log, place, score, said)

    def scores(self, optimizers: tuple[str, ...]) -> Float64:
        """Return the scores (optimizers, landscapes)."""
        return np.array([[self.row(name, land)["score"] for land in self.landscapes] for name in optimizers])


def read(path: str | Path = "") -> Summary:
    """Return the results in a folder or a results.json; without a path, those that come with lossland.

    Raises UserError if there are none.
    """
    file = Path(os.path.expanduser(path)) if str(path) else EXAMPLE
    if os.path.isdir(file):  # unlike Path.is_dir, false for invalid names
        if not (file / TABLE).is_file() and (file / SETTINGS).is_file():  # a killed benchmark
            return _checked(plain(load(file).document()), file)
        file = file / TABLE
    if not os.path.isfile(file):
        raise UserError(f"{cut(str(file.parent))} holds no results of `lossland bench`: it has no {file.name}.")
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _read(file: Path, changed: int) -> Summary:
    """Return the results in a file; ``changed``, its modification time, is part of the cache key."""
    try:
        data = file.read_bytes()
        document = json.loads(gzip.decompress(data) if file.suffix == ".gz" else data)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(f"{file} cannot be read as results of `lossland bench`.") from error
    return _checked(document, file)


def pack(summary: Summary, file: Path) -> None:
    """Write a small file for `read`: without what no chart shows, and with rounded numbers."""
    rows = [
        {
            key: value if key in EXACT else rounded(plain(value), DIGITS)
            for key, value in row.items()
            if key not in LEFT_OUT
        }
        for row in summary.document["results"]
    ]
    head = rounded(plain({key: value for key, value in summary.document.items() if key != "results"}), DIGITS)
    text = json.dumps({**cast("dict[str, Json]", head), "results": plain(rows)})
    with written(file) as temporary:
        temporary.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def _checked(document: Json, file: Path) -> Summary:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UserError(f"{file} holds no results of `lossland bench`.")
    if document.get("version") != VERSION:
        raise UserError(f"{file} is of another version of lossland; measure again into a new folder.")
    if not document["leaderboard"]:
        raise UserError(f"{file} has no optimizer that was on every landscape yet; let `lossland bench` go on.")
    return Summary(cast(Document, _numbers(document)))


def _numbers(value: Json) -> Json:
    """Return JSON data with the words for non-finite numbers as numbers."""
    if isinstance(value, str):
        return NOT_FINITE.get(value, value)
    if isinstance(value, list):
        return [_numbers(one) for one in value]
    return {key: _numbers(one) for key, one in value.items()} if isinstance(value, dict) else value

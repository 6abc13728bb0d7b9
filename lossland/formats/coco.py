"""The data format of COCO, which its post-processor ``cocopp`` reads: runs on BBOB functions, in text.

A folder for each algorithm holds ``bbobexp_fF.info``, which lists its trials, and ``data_fF/bbobexp_fF_DIMn.dat`` and
``.tdat``, which list for each trial the precision reached after each number of evaluations (Hansen et al. 2022, "COCO:
The Experimental Data Format", the version "bbob-new2").
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PRECISION = 1e-8
BELOW = 1 - 1e-6  # factor on a target that was passed, so that it is below it however cocopp rounds
COMMENT = "% evaluations | 0 | best f - f* | f - f* | best f - f*"


@dataclass(frozen=True)
class Trial:
    """One run: ``passed`` are pairs of evaluations and the f - f* that was reached then, both in order.

    ``evaluations`` is their total number, and ``best`` the lowest f - f* among them.
    """

    instance: int
    passed: Sequence[tuple[int, float]]
    evaluations: int
    best: float


def write_trials(folder: Path, algorithm: str, function: int, dimension: int, trials: Sequence[Trial]) -> None:
    """Write the trials of an algorithm on one function, in n dimensions, into the algorithm's folder."""
    inner = f"data_f{function}/bbobexp_f{function}_DIM{dimension}"
    lines = [line for trial in trials for line in _lines(trial)]
    (folder / inner).parent.mkdir(parents=True, exist_ok=True)
    for ending in (".dat", ".tdat"):
        (folder / f"{inner}{ending}").write_text("\n".join(lines) + "\n", encoding="ascii")
    head = {
        "suite": "'bbob'", "funcId": function, "DIM": dimension, "Precision": f"{PRECISION:.3e}",
        "algId": f"'{_plain(algorithm)}'", "coco_version": "'2.8.2'", "logger": "'bbob'", "data_format": "'bbob-new2'",
    }  # fmt: skip
    listed = ", ".join(f"{trial.instance}:{trial.evaluations}|{_short(trial.best)}" for trial in trials)
    about = f"{', '.join(f'{name} = {value}' for name, value in head.items())}\n% \n{inner}.dat, {listed}\n"
    (folder / f"bbobexp_f{function}_DIM{dimension}.info").write_text(about, encoding="ascii")


def _lines(trial: Trial) -> Iterator[str]:
    yield COMMENT
    yield from _reached([*trial.passed, (trial.evaluations, trial.best)])


def _reached(passed: Iterable[tuple[int, float]]) -> Iterator[str]:
    """Yield a line for each number of evaluations with the best value so far."""
    best: dict[int, float] = {}
    low = math.inf
    for evaluations, value in passed:
        low = min(low, value)
        best[evaluations] = low
    for evaluations, value in best.items():
        yield f"{evaluations} 0 {value:+.9e} {value:+.9e} {value:+.9e}"


def _short(value: float) -> str:
    return f"{value:.1e}"


def _plain(text: str) -> str:
    """Return a name without the format's special characters."""
    return text.replace("'", "").replace(",", " ").encode("ascii", "replace").decode()

"""Recorded trainings read from files: the recorder's, TensorBoard's, tables and folders of them.

In a folder each recorded .npz and each table is one run, named by its relative path without the ending, and so are all
event files of one folder together, as in TensorBoard. Keras writes a run into two folders, ``train`` and
``validation``: such siblings are one run, and their curves are named ``train/…`` and ``validation/…``.

A table has a header line and a row of numbers for each step; without a header (its first row has nothing but numbers)
its columns are named by their numbers from 1 on. Its steps are the first column named step, iteration or
epoch, else (or if they are not integers) the rows counted from 0; cells may be empty. With semicolons as separators a
number may have a decimal comma. What is not a number is reported with its line, and the rest is read.
"""

from __future__ import annotations

import csv
import errno
import io
import os
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy as np

from lossland.errors import MachineError, UserError, shown
from lossland.files import written
from lossland.models import projectorfiles
from lossland.models.eventfiles import MARK, EventReader
from lossland.models.recorder import read_run
from lossland.models.runs import RecordedRun, Scalars, Vectors, few, in_order, joined

COUNTS = ("step", "global_step", "iteration", "iter", "epoch")  # names of a table's steps, the first present one
UNITS = {"epoch": "epoch", "iteration": "iteration", "iter": "iteration"}  # what such a step is called
NO_CURVES = {*COUNTS, "wall time", "walltime", "wall_time", "time", "timestamp", "relative time (wall)"}
SPLITS = ("train", "training", "validation", "valid", "val", "eval", "test")  # folders that are splits of one run
PROJECTOR = "projector_config.pbtxt"  # TensorBoard's list of embeddings
AGAIN = 1.0  # seconds between two polls of growing files
MOST_FILES = 10_000  # in a folder
FIRST_LINES = 20  # of a table, which show what stands between its cells


def is_run(text: str | Path) -> bool:
    """Whether a text names a run's file, or a folder that contains one; little of it is read."""
    try:
        path = Path(str(text).strip()).expanduser()
        return any(True for _ in _files(path)) if path.is_dir() else _is_file_of_run(path)
    except (OSError, RuntimeError, ValueError):  # too long for a path, ~ of an unknown user, a null character
        return False


def read(path: str | Path) -> tuple[RecordedRun, ...]:
    """Return the runs of a file or folder. Raises UserError or MachineError where there is none that can be read."""
    return Followed(path).runs


class Followed:
    """Runs whose files may still grow: `poll` reads what is new."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(str(path).strip()).expanduser()
        self._readers: dict[Path, EventReader] = {}
        self._parts: dict[Path, tuple[tuple[int, int], RecordedRun]] = {}  # with time and size of the file
        self._asked: float | None = None
        self.runs: tuple[RecordedRun, ...] = ()  # in the order of their names, with what is wrong in their files
        self._look()
        if not self._parts:
            raise self._why_not()

    def _why_not(self) -> UserError | MachineError:
        if not self.path.exists():
            return UserError(f"There is no file or folder {str(self.path)!r}.")
        if not os.access(self.path, os.R_OK):
            return MachineError(f"{self.path} cannot be read: {os.strerror(errno.EACCES)}.")
        kinds = "recorded .npz file, no event file of TensorBoard (…tfevents…) and no table (.csv)"
        if self.path.is_dir():
            return UserError(f"The folder {self.path} has no recorded run in it: no {kinds}.")
        return UserError(f"{self.path} is no recorded run: no {kinds}.")

    def poll(self, now: float) -> bool:
        """Check the files again, at most once a second, and return whether a run has changed.

        ``now`` is in seconds of any clock.
        """
        if self._asked is not None and now - self._asked < AGAIN:
            return False
        self._asked = now
        return self._look()

    def _look(self) -> bool:
        """Read what is new; return whether anything was. If nothing is left, what was read remains, with a fault."""
        found = list(_files(self.path)) if self.path.is_dir() else [self.path] * _is_file_of_run(self.path)
        changed = {file for file in self._parts if file not in found}
        if not found:
            gone = (f"{self.path} is gone; this is what was read of it.",)
            changed = {file for file, (_, run) in self._parts.items() if run.faults != gone}
            self._parts = {file: ((0, 0), replace(run, faults=gone)) for file, (_, run) in self._parts.items()}
        for file in changed if found else ():
            del self._parts[file]
        for file in found:
            try:
                status = file.stat()
            except OSError:  # it has just been removed
                continue
            stamp = (status.st_mtime_ns, status.st_size)
            if file not in self._parts or self._parts[file][0] != stamp:
                self._parts[file] = (stamp, self._read(file, status.st_size))
                changed.add(file)
        if changed:
            self.runs = self._joined()
        return bool(changed)

    def _read(self, file: Path, size: int) -> RecordedRun:
        """Return the contents of one file. If it cannot be read, its run keeps what was there before, with a fault."""
        before = self._parts.get(file)
        try:
            if file.name == PROJECTOR:
                return RecordedRun(vectors=_embeddings(file))
            if MARK not in file.name:
                return read_csv(file) if file.suffix.lower() == ".csv" else from_recorder(file)
            if file not in self._readers or (before and size < before[0][1]):  # it was overwritten
                self._readers[file] = EventReader(file)
            self._readers[file].more()
            return self._readers[file].run()
        except (UserError, MachineError) as error:
            if file == self.path and before is None:
                raise
            return replace(before[1] if before else RecordedRun(), faults=(str(error),))

    def _joined(self) -> tuple[RecordedRun, ...]:
        parts: dict[str, list[RecordedRun]] = {}
        for file in sorted(self._parts, key=lambda file: _natural(str(file))):
            run = self._parts[file][1]
            name, split = self._named(file)
            if split:
                scalars = {f"{split}/{key}": one for key, one in run.scalars.items()}
                histograms = {f"{split}/{key}": one for key, one in run.histograms.items()}
                run = replace(run, scalars=scalars, histograms=histograms)
            parts.setdefault(name, []).append(run)
        return tuple(joined(name, parts[name]) for name in sorted(parts, key=_natural))

    def _named(self, file: Path) -> tuple[str, str]:
        """Return the name of a file's run, and the split that its folder holds, "" for the whole run."""
        if file == self.path:
            return (file.parent.resolve().name if _is_of_folder(file) else file.stem), ""
        place = file.relative_to(self.path)
        if not _is_of_folder(file):
            return place.with_suffix("").as_posix(), ""
        folder = place.parent
        neighbours = {other.parent.name for other in self._parts if other.parent.parent == file.parent.parent}
        whole = self.path.resolve().name
        if folder.name in SPLITS and len(neighbours & set(SPLITS)) > 1:
            return (whole if folder.parent == Path() else folder.parent.as_posix()), folder.name
        return (whole if folder == Path() else folder.as_posix()), ""


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a sort key by which run2 comes before run10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"([0-9]+)", name)]


def _is_of_folder(file: Path) -> bool:
    """Whether all such files in a folder belong to one run."""
    return MARK in file.name or file.name == PROJECTOR


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files of runs in a folder and its subfolders."""
    seen = 0
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            seen += 1
            if seen > MOST_FILES:
                return
            if not name.startswith(".") and _is_file_of_run(Path(here, name)):
                yield Path(here, name)


def _is_file_of_run(path: Path) -> bool:
    """Whether a file belongs to a run: by its name, an .npz by its contents."""
    if not path.is_file():
        return False
    if _is_of_folder(path) or path.suffix.lower() == ".csv":
        return True
    if path.suffix.lower() != ".npz":
        return False
    try:
        with zipfile.ZipFile(path) as file:
            return {"format.npy", "steps.npy"} <= set(file.namelist())
    except (OSError, zipfile.BadZipFile):
        return False


# ------------------------------------------------------------------------------------------------------ the recorder's


def from_recorder(path: Path) -> RecordedRun:
    """Return a run of `lossland.Recorder`, without the steps at which a number was not measured."""
    run = read_run(path)
    scalars = {name: Scalars(run.steps[had], run.scalars[name][had]) for name, had in run.measured.items()}
    return RecordedRun(
        path.stem, scalars, run.histograms, parameter_steps=run.steps, parameters=run.parameters, buffers=run.buffers
    )


# -------------------------------------------------------------------------------------------------------------- tables


def read_csv(path: Path) -> RecordedRun:
    """Return the curves of a table: see the module's docstring. Raises UserError for a file without numbers."""
    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
    except OSError as error:
        raise MachineError(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        names, columns, count, faults = _cells(path, text)
    except csv.Error as error:
        raise UserError(f"{path} is no table: {error}.") from error
    lower = [name.lower() for name in names]
    chosen = next((lower.index(name) for name in COUNTS if name in lower), None)
    steps, unit = np.arange(float(count)), "step"
    if chosen is not None:
        unit = UNITS.get(lower[chosen], "step")
        steps = np.full(count, np.nan)
        for row, number in columns[chosen]:
            steps[row] = number
        if np.nanmax(np.abs(steps - np.round(steps)), initial=0.0) > 0:  # parts of an epoch
            steps, unit = np.arange(float(count)), "row"
    scalars = {}
    for name, column in zip(names, columns, strict=True):
        rows = np.array([row for row, _ in column], np.intp)
        values = np.array([number for _, number in column])
        there = np.isfinite(steps[rows])
        if there.any() and name.lower() not in NO_CURVES:
            at = np.clip(steps[rows][there], -(2.0**62), 2.0**62).astype(np.int64)
            index = in_order(at)
            scalars[name] = Scalars(at[index], values[there][index])
    if not scalars:
        raise UserError(f"{path} has no curve in it: a table has a line of names, then a row of numbers a step.")
    return RecordedRun(path.stem, scalars, faults=few(faults), unit=unit)


def _cells(path: Path, text: str) -> tuple[list[str], list[list[tuple[int, float]]], int, list[str]]:
    """Return a table's names, the numbers of each column with their rows, the number of rows, and its faults."""
    delimiter = _delimiter(text)
    lines = csv.reader(io.StringIO(text), delimiter=delimiter)
    numbers = partial(_number, comma=delimiter == ";")
    first = next(lines, [])
    bare = bool(first) and all(numbers(cell) is not None for cell in first)
    names = [f"column {k}" if bare else name.strip() for k, name in enumerate(first, 1)]
    columns: list[list[tuple[int, float]]] = [[] for _ in names]
    faults: list[str] = []
    count = 0
    for cells in chain([first] * bare, lines):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(names):
            faults.append(f"{path}: line {lines.line_num} has {len(cells)} cells under {len(names)} names.")
        for column, cell in zip(columns, cells, strict=False):
            number = numbers(cell)
            if number is not None:
                column.append((count, number))
            elif cell.strip():
                faults.append(f"{path}: line {lines.line_num}: {shown(cell.strip())} is no number.")
        count += 1
    return names, columns, count, faults


def _delimiter(text: str) -> str:
    """Return what stands between the cells of a table: that by which most of its first cells are numbers.

    Where it is a semicolon, commas are within the numbers or names.
    """
    lines = list(islice(io.StringIO(text), FIRST_LINES))
    there = [sign for sign in ",;\t" if lines and sign in lines[0]]
    if len(there) < 2:
        return there[0] if there else ","

    def numbers(sign: str) -> tuple[float, int]:
        cells = [cell for row in csv.reader(lines, delimiter=sign) for cell in row if cell.strip()]
        read = sum(_number(cell, comma=sign == ";") is not None for cell in cells)
        return read / max(len(cells), 1), lines[0].count(sign)

    return max(there, key=numbers)


def _number(cell: str, comma: bool) -> float | None:
    """Return the number of a cell, with a decimal comma or without; None for anything else."""
    try:
        return float(cell.replace(",", ".") if comma else cell)
    except ValueError:
        return None


def write_csv(path: Path, run: RecordedRun) -> None:
    """Write a run's curves as a table: all their steps, with empty cells where a curve has no value."""
    steps = sorted({step for curve in run.scalars.values() for step in curve.steps.tolist()})
    columns = []
    for curve in run.scalars.values():
        values = dict(zip(curve.steps.tolist(), curve.values.tolist(), strict=True))
        columns.append([repr(values[step]) if step in values else "" for step in steps])
    with written(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["step", *run.scalars])
        table.writerows(zip(steps, *columns, strict=True))


# ------------------------------------------------------------------------------------------- vectors of the projector


def _embeddings(config: Path) -> dict[str, Vectors]:
    """Return the vectors of TensorBoard's projector, as PyTorch writes them: .tsv files listed in ``config``."""
    found = {}
    for told in projectorfiles.embeddings(config):
        if told.vectors is None or not told.vectors.is_file():
            continue
        try:
            points = np.loadtxt(told.vectors, delimiter="\t", ndmin=2, dtype=np.float32)
            has_labels = told.labels and told.labels.is_file()
            lines = told.labels.read_text(encoding="utf-8").splitlines() if told.labels and has_labels else []
        except (OSError, ValueError) as error:
            raise UserError(f"{told.vectors} does not have a row of numbers for each vector: {error}.") from error
        told_of = lines[1:] if len(lines) == len(points) + 1 else lines  # several columns have a line of names
        found[told.name] = Vectors(points, tuple(told_of) * (len(told_of) == len(points)))
    return found


def write_embeddings(folder: Path, vectors: Mapping[str, Vectors]) -> None:
    """Write vectors next to an event file for TensorBoard's projector: two tables each, and a list of them."""
    blocks = []
    for number, (name, one) in enumerate(vectors.items()):
        tables: list[tuple[str, Iterable[str]]] = [
            ("tensor", ("\t".join(map(repr, row)) for row in one.points.tolist()))
        ]
        if one.labels:
            tables.append(("metadata", (" ".join(label.split()) or "?" for label in one.labels)))
        told = {"tensor_name": name.replace("\\", "/").replace('"', "'").replace("\n", " ")}
        for part, lines in tables:
            told[f"{part}_path"] = f"vectors-{number}/{part}.tsv"
            with written(folder / told[f"{part}_path"]) as temporary, temporary.open("w", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in lines)
        blocks.append("embeddings {\n" + "".join(f'  {key}: "{value}"\n' for key, value in told.items()) + "}\n")
    with written(folder / PROJECTOR) as temporary:
        temporary.write_text("".join(blocks), encoding="utf-8")

"""A user's vectors in files, with labels and pictures: .npy, .npz, .tsv, and what a projector_config.pbtxt names.

Nothing in a file is ever unpickled. A .npy holds the vectors (n, d). A .npz holds them as ``vectors``, ``points``,
``data``, ``X`` or its only array of two axes, beside them ``labels``, ``label``, ``target`` or ``y`` (n,), and pictures
of the samples as ``images`` or ``pictures`` (n, h, w) or (n, h, w, 3). A .tsv has a vector in each line, as
TensorBoard's projector writes them; a first line of names and columns of text are allowed, the first of which is the
labels. Labels may also be a file of their own, .npy or one label a line, as TensorBoard's metadata; so may pictures, as
an array in a .npy or as a sprite image: all of them in one picture, in a square grid row by row, as TensorBoard has it.
A .pbtxt is TensorBoard's own file, which names all three and says how large a picture is (``projectorfiles``).
A line break within a label, of an array or between quotes in a file of labels, is read as a space.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lossland.display import Displayed
from lossland.errors import MachineError, UserError
from lossland.files import reading
from lossland.models import projectorfiles

Floats = NDArray[np.float64]
Texts = NDArray[np.str_]

VECTORS = ("vectors", "points", "data", "X")
LABELS = ("labels", "label", "target", "y")
PICTURES = ("images", "pictures")
LARGEST, SMALLEST = 1e100, 1e-100  # numbers and differences whose squares and sums neither overflow nor underflow


@dataclass(frozen=True, eq=False)
class Vectors(Displayed):
    """Samples: ``points`` (n, d), ``labels`` (n,) ("" for none), and pictures.

    ``pictures`` (n, h, w) or (n, h, w, 3) are in [0, 1]; None where there are none.
    """

    points: Floats
    labels: Texts
    pictures: Floats | None = None

    def __len__(self) -> int:
        return len(self.points)


def read(path: str | Path, labels: str | Path = "", pictures: str | Path = "") -> Vectors:
    """Return the vectors of a file, with the labels and pictures of other ones if these are named.

    Raises UserError, in one sentence, for a file that holds none, and MachineError for one that cannot be read.
    """
    path, single = Path(path).expanduser(), None
    shape: tuple[int, ...] = ()
    if path.suffix.lower() == ".pbtxt":
        named = projectorfiles.read(path)
        path, shape = named.vectors or path, named.shape
        labels, pictures = labels or named.labels or "", pictures or named.sprite or ""
        single = named.single if pictures == named.sprite else None
    points, said, looks = _contents(path, shape)
    said = _labels(Path(labels).expanduser(), len(points)) if str(labels) else said
    if len(said) != len(points):
        raise UserError(f"{path} has {len(said)} labels for {len(points)} vectors.")
    said = np.array([" ".join(filter(None, text.splitlines())) for text in said.tolist()])
    if not np.isfinite(points).all():
        row = int(np.flatnonzero(~np.isfinite(points).all(axis=1))[0])
        raise UserError(f"{path} has a number that is not finite in vector {row + 1}.")
    _check_size(path, points)
    if str(pictures):
        path = Path(pictures).expanduser()
        looks = _arrays(path)["vectors"] if path.suffix.lower() == ".npy" else _sprites(path, len(points), single)
    return Vectors(points, said, None if looks is None else _pictures(path, looks, len(points)))


def _contents(path: Path, shape: tuple[int, ...]) -> tuple[Floats, Texts, NDArray | None]:
    """Return vectors, labels and pictures of one file; its ``shape`` if it may be float32 without a header, else ()."""
    ending = path.suffix.lower()
    if ending == ".tsv":
        return *_table(path), None
    if ending in (".npy", ".npz"):
        arrays = _arrays(path)
        points = _vectors(path, arrays)
        said = next((_texts(arrays[name]) for name in LABELS if name in arrays), np.full(len(points), ""))
        return points, said, next((arrays[name] for name in PICTURES if name in arrays), None)
    if shape:
        points = _plain(path, shape)
        return points, np.full(len(points), ""), None
    what = f"{path.name!r}; a .csv is read as the curves of a run."
    if path.is_dir():
        what = f"the folder {str(path)!r}; name a file in it."
    raise UserError(
        "Vectors are read from .npy and .npz (arrays), .tsv (text) or .pbtxt (TensorBoard's projector), not from "
        f"{what}"
    )


def _check_size(path: Path, points: Floats) -> None:
    """Raise UserError for vectors that are all the same, or whose squares are too large or too small for float64."""
    largest, apart = float(np.abs(points).max()), float(np.ptp(points, axis=0).max())
    if largest > LARGEST:
        raise UserError(f"{path} has numbers as large as {largest:.2g}; divide them until none is beyond {LARGEST:g}.")
    if apart == 0.0:
        raise UserError(f"All {len(points)} vectors of {path} are the same: there is nothing to see.")
    if apart < SMALLEST:
        raise UserError(f"The vectors of {path} differ by at most {apart:.2g}; multiply them until it is {SMALLEST:g}.")


def _arrays(path: Path) -> Mapping[str, NDArray]:
    """Return the arrays of a .npz by name, or that of a .npy as ``vectors``."""
    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.ndarray):
            return {"vectors": found}
        with found:
            return {name: found[name] for name in found.files}
    except FileNotFoundError:
        raise UserError(f"There is no file {str(path)!r}.") from None
    except OSError as error:
        raise MachineError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ValueError, EOFError, BadZipFile, KeyError) as error:
        raise UserError(
            f"{path} is no {path.suffix} file that can be read: it is damaged, or holds objects."
        ) from error


def _vectors(path: Path, arrays: Mapping[str, NDArray]) -> Floats:
    flat = [name for name, array in arrays.items() if array.ndim == 2 and array.dtype.kind in "fiub"]
    name = next((name for name in (*VECTORS, *flat[: len(flat) == 1]) if name in arrays), None)
    if name is None:
        held = ", ".join(f"{key} {array.shape}" for key, array in arrays.items()) or "nothing"
        raise UserError(f"{path} has no array called {', '.join(VECTORS[:-1])} or {VECTORS[-1]}; it holds {held}.")
    found = arrays[name]
    if found.ndim != 2 or found.dtype.kind not in "fiub" or len(found) < 3 or not found.shape[1]:
        raise UserError(
            f"Vectors are an array of numbers (n, d) with at least 3 rows; {name!r} of {path} is "
            f"{found.dtype} {found.shape}."
        )
    return found.astype(float)


def _texts(array: NDArray) -> Texts:
    return np.array([text.decode() if isinstance(text, bytes) else str(text) for text in array.ravel().tolist()])


def _labels(path: Path, count: int) -> Texts:
    """Return the labels of a separate file; one line too many means that the first is a header."""
    if path.suffix.lower() == ".npy":
        return _texts(_arrays(path)["vectors"])
    lines = _lines(path)
    said = [line.split("\t")[0] for line in lines]
    if len(said) not in (count, count + 1):  # some may go over several lines, between quotes
        quoted = _quoted(lines)
        said = quoted if len(quoted) in (count, count + 1) else said
    said = said[1:] if len(said) == count + 1 else said
    if len(said) != count:
        raise UserError(f"{path} has {len(said)} labels for {count} vectors.")
    return np.array(said)


def _quoted(lines: list[str]) -> list[str]:
    """Return the first cells of a table whose cells may stand between quotes; none if it cannot be read so."""
    try:
        return [row[0] for row in csv.reader((f"{line}\n" for line in lines), delimiter="\t") if row]
    except csv.Error:
        return []


def _lines(path: Path) -> list[str]:
    with reading(path):
        return path.read_text("utf-8-sig").rstrip("\n").split("\n")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _table(path: Path) -> tuple[Floats, Texts]:
    """Return the vectors and labels of a .tsv."""
    lines = _lines(path)
    rows = [line.rstrip("\r").split("\t") for line in lines[:2]]
    numeric = [column for column, text in enumerate(rows[-1]) if _is_number(text)]
    begin = int(len(rows) > 1 and not all(column < len(rows[0]) and _is_number(rows[0][column]) for column in numeric))
    if len(lines) - begin < 3 or not numeric:
        raise UserError(f"{path} has fewer than 3 lines of numbers with tabs between them.")
    text = next((column for column in range(len(rows[-1])) if column not in numeric), None)
    width, labels = len(rows[-1]), []
    for number, line in enumerate(lines[begin:], start=begin + 1):
        cells = line.rstrip("\r").split("\t")
        if len(cells) != width:
            raise UserError(f"{path}, line {number}: there are {len(cells)} columns, and {width} in the others.")
        labels.append("" if text is None else cells[text])
    try:
        points = np.loadtxt(lines[begin:], delimiter="\t", usecols=numeric, ndmin=2, comments=None)
    except ValueError:
        for number, line in enumerate(lines[begin:], start=begin + 1):
            wrong = next((one for one in (line.split("\t")[k] for k in numeric) if not _is_number(one)), None)
            if wrong is not None:
                raise UserError(f"{path}, line {number}: {wrong.strip()!r} is no number.") from None
        raise
    return points, np.array(labels)


def _plain(path: Path, shape: tuple[int, ...]) -> Floats:
    """Return the vectors of a file of float32, little-endian and without a header."""
    with reading(path):
        found = np.fromfile(path, "<f4")
    if len(shape) != 2 or shape[0] < 3 or found.size != math.prod(shape):
        told = " × ".join(map(str, shape))
        raise UserError(f"{path} holds {found.size} numbers; its tensor_shape says {told}, and 3 rows are the least.")
    return found.reshape(shape).astype(float)


def _sprites(path: Path, count: int, single: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Return the pictures (n, h, w, 3) of a sprite image, row by row: as wide and high as ``single`` pixels.

    Without ``single`` they are a grid with as many rows as columns.
    """
    try:
        with Image.open(path) as opened:
            whole = np.asarray(opened.convert("RGB"))
    except FileNotFoundError:
        raise UserError(f"There is no file {str(path)!r}.") from None
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} is no picture that can be read: name a .npy, or a sprite image such as .png."
        ) from error
    size, side = whole.shape[1::-1], math.ceil(math.sqrt(count))
    wide, high = single or (size[0] // side, size[1] // side)
    across, down = (size[0] // wide, size[1] // high) if single else (side, side)
    if not wide or not high or across * down < count:
        what = f"{count} pictures of {wide}×{high}" if single else f"{side} rows of {side} pictures"
        raise UserError(f"{path} is too small for {what}: it is {size[0]}×{size[1]}.")
    cut = whole[: down * high, : across * wide].reshape(down, high, across, wide, 3)
    return cut.swapaxes(1, 2).reshape(down * across, high, wide, 3)[:count]


def _pictures(path: Path, found: NDArray, count: int) -> Floats:
    """Return pictures scaled to [0, 1]: uint8 from 255, others from their largest value."""
    if found.ndim not in (3, 4) or len(found) != count or (found.ndim == 4 and found.shape[3] != 3):
        raise UserError(f"Pictures are ({count}, h, w) or ({count}, h, w, 3); those of {path} are {found.shape}.")
    most = 255.0 if found.dtype == np.uint8 else max(float(found.max()), 1e-300)
    return np.clip(found / most, 0.0, 1.0)

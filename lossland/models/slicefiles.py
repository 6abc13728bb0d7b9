"""Slices in files: .npz arrays, and HDF5 in the layout of Li et al.'s code (github.com/tomgoldstein/loss-landscape).

An .npz holds x (nx,), y (ny,) and value (ny, nx), in 1D x and value (nx,), and beside them train_acc (percent) and what
else there is. In HDF5 their trap is kept: ``train_loss`` has the shape (nx, ny), but
its numbers lie in the order (ny, nx). Unfilled points are −1 there (+1 in ``min_eig``) and nan here. Directions are
the groups ``xdirection`` and ``ydirection`` of the same file, which ``dir_file`` names; ``proj_xcoord`` and
``proj_ycoord`` are a path as their code projects it, d·δ/‖δ‖, where a surface's units are d·δ/‖δ‖².
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossland.errors import MachineError, UserError
from lossland.files import written
from lossland.models.slices import Layout, Slice

Floats = NDArray[np.float64]
ENDINGS = (".npz", ".h5", ".hdf5")
MOST_POINTS = 2**26
NEEDS_H5PY = "HDF5 files need the package h5py: pip install 'lossland[h5]'."


def write(path: str | Path, found: Slice, network: Layout | None = None) -> None:
    """Write a slice into a .npz or .h5 file. With the network, directions in HDF5 are cut into its parameters."""
    path = Path(path)
    if path.suffix.lower() not in ENDINGS:
        raise UserError(f"A slice is written into a file that ends in .npz or .h5, not {path.name!r}.")
    if path.suffix.lower() == ".npz":
        arrays = {**_beside(found), "x": found.x, "value": found.value, "train_acc": 100 * found.accuracy}
        if found.value.ndim == 2:
            arrays["y"] = found.y
        with written(path) as temporary:
            np.savez(temporary, **arrays)
        return
    h5py = _h5py()
    with written(path) as temporary, h5py.File(temporary, "w") as file:
        _write_h5(file, path.name, found, network)


def _beside(found: Slice) -> dict[str, NDArray]:
    """Return what a slice can be computed from again, and its path."""
    return {
        "centre": np.asarray(found.centre),
        "directions": np.asarray(found.directions),
        "kind": np.asarray(found.kind),
        "seed": np.asarray(found.seed),
        "path": found.path,
        "path_loss": found.path_loss,
        "marks": found.marks,
    }


def _write_h5(file: Any, name: str, found: Slice, network: Layout | None) -> None:
    file["dir_file"] = name
    file["xcoordinates"] = found.x
    if found.value.ndim == 2:
        file["ycoordinates"] = found.y
    for key, grid, empty in (("train_loss", found.value, -1.0), ("train_acc", 100 * found.accuracy, -1.0)):
        file[key] = np.where(np.isnan(grid), empty, grid).ravel().reshape(grid.shape[::-1])
    for axis, direction in zip("xy", np.asarray(found.directions), strict=False):
        views = {"0": direction} if network is None else network.views(direction)
        for index, part in enumerate(views.values()):
            file[f"{axis}direction/{index}"] = part
        if len(found.path) and np.ndim(found.centre) == 1:
            length = np.linalg.norm(direction)
            gram = np.asarray(found.directions) @ direction  # d = path @ directions + what is orthogonal to both
            file[f"proj_{axis}coord"] = found.path @ gram / length
    for key, value in _beside(found).items():
        file[f"lossland/{key}"] = str(value) if value.dtype.kind == "U" else value


def read(path: str | Path) -> Slice:
    """Return the slice of a file of ours, of ``lossland eval``, of Li et al.'s code, or of Landscaper (.npz).

    Its loss may be partial: what is missing is nan. Raises UserError, in one sentence, for a file that holds no slice,
    and MachineError for one that cannot be read.
    """
    path = Path(path).expanduser()
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UserError(f"A slice is read from a file that ends in .npz or .h5, not {path.name!r}.")
    try:
        if not path.is_file():
            raise UserError(f"There is no file {str(path)!r}.")
        with _opened_npz(path) if ending == ".npz" else _opened_h5(path) as file:
            return _checked(path, _from_npz(path, file) if ending == ".npz" else _from_h5(path, file))
    except OSError as error:
        raise MachineError(f"{path} cannot be read: {error.strerror or error}.") from error


@contextmanager
def _opened_npz(path: Path) -> Iterator[Mapping[str, NDArray]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            yield file
    except (zipfile.BadZipFile, EOFError, ValueError, KeyError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{path} is no .npz file that can be read: it is damaged, or holds objects.") from error


def _h5py() -> Any:
    try:
        import h5py
    except ImportError:
        raise MachineError(NEEDS_H5PY) from None
    return h5py


def require_h5py() -> None:
    """Raise MachineError, with what to do, unless HDF5 files can be read and written here."""
    _h5py()


@contextmanager
def _opened_h5(path: Path) -> Iterator[Any]:
    h5py = _h5py()
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, UserError | MachineError):
            raise
        raise UserError(f"{path} is no HDF5 file that can be read: it is damaged or cut off.") from error


def _from_npz(path: Path, file: Mapping[str, NDArray]) -> Slice:
    names = list(file)
    if "value" not in names and {"loss", "coordinates"} <= set(names):  # Landscaper's: axes in the directions' order
        axes = [np.ravel(axis) for axis in file["coordinates"]]
        value = np.asarray(file["loss"], float)
        return _bare(axes[0], axes[1] if len(axes) > 1 else np.zeros(0), value.T)
    for name in ("x", "value"):
        if name not in names:
            holds = ", ".join(names[:8]) or "nothing"
            raise UserError(f"{path} holds no slice: there is no array {name!r} in it, but {holds}.")
    value = np.asarray(file["value"], float)
    known = {name: file[name] for name in names}
    found = _bare(known["x"], known.get("y", np.zeros(0)), value, known.get("train_acc"))
    return _with_the_rest(found, known)


def _bare(x: Any, y: Any, value: Floats, accuracy: Any = None) -> Slice:
    percent = np.full(value.shape, np.nan) if accuracy is None else np.asarray(accuracy, float)
    none = np.zeros(0)
    return Slice(np.asarray(x, float), np.asarray(y, float), value, percent / 100, none, np.zeros((0, 0)), kind="grid")


def _with_the_rest(found: Slice, known: Mapping[str, Any]) -> Slice:
    """Return a slice with what our own files hold beside it."""
    kept = {name: known[name] for name in ("centre", "directions", "path", "path_loss", "marks") if name in known}
    if "kind" in known:
        kind = known["kind"]
        kept["kind"] = kind.decode() if isinstance(kind, bytes) else str(kind)
    if "seed" in known:
        kept["seed"] = int(known["seed"])
    return Slice(**{**vars(found), **kept})


def _from_h5(path: Path, file: Any) -> Slice:
    losses = ("train_loss", "test_loss", "max_eig", "min_eig")
    name = next((name for name in losses if name in file), "")
    if "xcoordinates" not in file or not name:
        raise UserError(f"{path} holds no surface: it needs xcoordinates and train_loss, and has {_listed(file)}.")
    x = np.asarray(file["xcoordinates"], float)
    y = np.asarray(file["ycoordinates"], float) if "ycoordinates" in file else np.zeros(0)
    value = _in_our_order(path, np.asarray(file[name], float), x, y, 1.0 if name == "min_eig" else -1.0)
    percent = name.replace("loss", "acc")
    accuracy = _in_our_order(path, np.asarray(file[percent], float), x, y, -1.0) if percent in file else None
    found = _bare(x, y, value, accuracy)
    if "lossland" in file:
        return _with_the_rest(found, {key: item[()] for key, item in file["lossland"].items()})
    return _with_the_rest(found, _projected(path, file, 1 if not len(y) else 2))


def _listed(file: Any) -> str:
    return ", ".join(list(file)[:8]) or "nothing"


def _in_our_order(path: Path, stored: Floats, x: Floats, y: Floats, empty: float) -> Floats:
    """Return a grid (ny, nx), or (nx,), of numbers stored as (nx, ny) in the order of (ny, nx)."""
    shape = (len(y), len(x)) if len(y) else (len(x),)
    if stored.size != np.prod(shape):
        raise UserError(f"{path} has {stored.size} losses for {' x '.join(map(str, shape[::-1]))} points.")
    value = stored.ravel().reshape(shape)
    return np.where(value == empty, np.nan, value)


def _projected(path: Path, file: Any, axes: int) -> dict[str, Floats]:
    """Return the path of the projection file that lies beside a surface and its direction file, if they are there."""
    named = file["dir_file"][()] if "dir_file" in file else b""
    directions = path.with_name(Path(named.decode() if isinstance(named, bytes) else str(named)).name or "none")
    projection = directions.with_name(f"{directions.name}_proj_cos.h5")
    if not (directions.is_file() and projection.is_file()):
        return {}
    with _opened_h5(directions) as by, _opened_h5(projection) as along:
        columns = []
        for axis in "xy"[:axes]:
            square = sum(float(np.sum(np.asarray(part) ** 2)) for part in by[f"{axis}direction"].values())
            columns.append(np.asarray(along[f"proj_{axis}coord"], float) / np.sqrt(square))
    return {"path": np.stack(columns, axis=1)}


def _checked(path: Path, found: Slice) -> Slice:
    """Return a slice whose sizes fit, or raise UserError."""
    shape = (len(found.y), len(found.x)) if found.value.ndim == 2 else (len(found.x),)
    good = found.x.ndim == 1 and found.y.ndim == 1 and found.value.shape == found.accuracy.shape == shape
    if not good or found.value.ndim not in (1, 2):
        raise UserError(
            f"{path} holds no slice: its value has the shape {found.value.shape}, x and y have other sizes."
        )
    if min(shape) < 2 or found.value.size > MOST_POINTS:
        sides = " x ".join(map(str, shape[::-1]))
        raise UserError(f"{path} has {sides} points; a slice has 2 a side at least, and {MOST_POINTS} in all at most.")
    for name, axis in (("x", found.x), ("y", found.y)):
        if not (np.isfinite(axis).all() and (np.diff(axis) > 0).all()):
            raise UserError(f"{path} holds no slice: its {name} does not rise from number to number.")
    if not np.isfinite(found.value).any():
        raise UserError(f"{path} holds no loss yet: every point of it is unfilled.")
    return found


def is_slice(name: str) -> bool:
    """Whether a text names a file of a slice, by its ending."""
    return Path(name.strip()).suffix.lower() in ENDINGS

"""Sampled landscapes in files: .npz arrays, and HDF5 in the layout of Li et al.'s code (tomgoldstein/loss-landscape).

An .npz holds x (nx,), y (ny,) and value (ny, nx), in 1D x and value (nx,), and beside them other quantities by the
names of Li et al.'s code: train_acc (percent), test_loss, max_eig ... In HDF5 their trap is kept: ``train_loss`` has
the shape (nx, ny), but its numbers lie in the order (ny, nx). Unfilled points are −1 there (+1 in ``min_eig``), and nan
here.
Directions are the groups ``xdirection`` and ``ydirection`` of the file that ``dir_file`` names, in our own files of the
same one; ``proj_xcoord`` and ``proj_ycoord`` are a path as their code projects it, d·δ/‖δ‖, where a surface's units are
d·δ/‖δ‖². Of Landscaper's .npz, ``loss`` and ``coordinates`` are read.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lossland.errors import MachineError, UserError
from lossland.files import written

Floats = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]
ENDINGS = (".npz", ".h5", ".hdf5")
MOST_POINTS = 2**26
NEEDS_H5PY = "HDF5 files need the package h5py: pip install 'lossland[h5]'."
LOSSES = ("train_loss", "test_loss", "max_eig", "min_eig")  # the first of them that is there is the value
QUANTITIES = (*LOSSES, "train_acc", "test_acc")
KEPT = (
    *("centre", "directions", "kind", "seed", "path", "path_loss", "marks"),
    *("title", "shadow_loss", "explained", "curvature", "top_eigenvalue"),
)  # what our own slices have beside it
AXES = ("xdirection", "ydirection")
PROJECTED = ("proj_xcoord", "proj_ycoord")
VARIANCES = ("explained_variance_ratio_", "explained_variance_", "singular_values_")


@dataclass(frozen=True, eq=False)
class GridFile:
    """What a file of a sampled landscape holds.

    ``value`` (ny, nx) at x (nx,) and y (ny,), or (nx,) and no y; nan where it is unfilled. ``name`` is what Li et al.
    call it, ``quantities`` are others of the same shape by their names, accuracy in percent. ``directions`` are the
    parameters' parts of the axes, "xdirection/0" ...; ``kept`` is what a slice of ours can be computed from again.
    """

    x: Floats
    y: Floats
    value: Floats
    name: str = "train_loss"
    quantities: dict[str, Floats] = field(default_factory=dict)
    directions: Arrays = field(default_factory=dict)
    kept: Arrays = field(default_factory=dict)

    @property
    def accuracy(self) -> Floats:
        """The share that is right in training, nan where that is not known."""
        percent = self.quantities.get("train_acc")
        return np.full(self.value.shape, np.nan) if percent is None else percent / 100


def is_grid(name: str) -> bool:
    """Whether a text names such a file, by its ending."""
    return Path(name.strip()).suffix.lower() in ENDINGS


def require_h5py() -> None:
    """Raise MachineError, with what to do, unless HDF5 files can be read and written here."""
    _h5py()


def _h5py() -> Any:
    try:
        import h5py
    except ImportError:
        raise MachineError(NEEDS_H5PY) from None
    return h5py


# ------------------------------------------------------------------------------------------------------------ writing


def write(path: str | Path, found: GridFile) -> None:
    """Write a grid into a .npz or .h5 file."""
    path = Path(path)
    if not is_grid(path.name):
        raise UserError(f"A slice is written into a file that ends in .npz or .h5, not {path.name!r}.")
    if path.suffix.lower() == ".npz":
        arrays: Arrays = {**found.kept, "x": found.x, "value": found.value, **found.quantities, **found.directions}
        if found.value.ndim == 2:
            arrays["y"] = found.y
        if found.name != "train_loss":
            arrays["quantity"] = np.asarray(found.name)
        write_npz(path, arrays)
        return
    h5py = _h5py()
    with written(path) as temporary, h5py.File(temporary, "w") as file:
        _write_h5(file, path.name, found)


def write_npz(path: Path, arrays: Arrays) -> None:
    """Write arrays under their names."""
    with written(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, allow_pickle=False, **arrays)  # type: ignore[arg-type]


def write_h5(path: Path, arrays: Arrays) -> None:
    """Write arrays under their names; a slash makes a group."""
    h5py = _h5py()
    with written(path) as temporary, h5py.File(temporary, "w") as file:
        for name, array in arrays.items():
            file[name] = array


def _write_h5(file: Any, name: str, found: GridFile) -> None:
    file["dir_file"] = name
    file["xcoordinates"] = found.x
    if found.value.ndim == 2:
        file["ycoordinates"] = found.y
    for key, grid in {found.name: found.value, **found.quantities}.items():
        file[key] = np.where(np.isnan(grid), _empty(key), grid).ravel().reshape(grid.shape[::-1])
    for key, part in found.directions.items():
        file[key] = part
    path = found.kept.get("path", np.zeros((0, 2)))
    flat = _flat(found.directions)
    if len(path) and len(flat) == path.shape[1] and np.ndim(found.kept.get("centre", np.zeros(0))) == 1:
        for key, along, direction in zip(PROJECTED, (path @ (flat @ flat.T)).T, flat, strict=False):
            file[key] = along / np.linalg.norm(direction)  # of the path, as it lies in the plane
    for key, value in found.kept.items():
        file[f"lossland/{key}"] = str(value) if value.dtype.kind == "U" else value


def _empty(name: str) -> float:
    """Return what stands for an unfilled point in HDF5."""
    return 1.0 if name == "min_eig" else -1.0


def _flat(directions: Mapping[str, NDArray[Any]]) -> Floats:
    """Return the directions (k, n) whose parts are given; none of them if they are not of one size."""
    rows = []
    for axis in AXES:
        parts = [(int(key.rpartition("/")[2]), part) for key, part in directions.items() if key.startswith(f"{axis}/")]
        if parts:
            rows.append(np.concatenate([np.ravel(part) for _, part in sorted(parts, key=lambda part: part[0])]))
    return np.stack(rows) if len({len(row) for row in rows}) == 1 else np.zeros((0, 0))


# ------------------------------------------------------------------------------------------------------------ reading


def read(path: str | Path) -> GridFile:
    """Return the grid of a file of ours, of ``lossland eval``, of Li et al.'s code, or of Landscaper (.npz).

    It may be partial: what is missing is nan. Raises UserError, in one sentence, for a file that holds no grid, and
    MachineError for one that cannot be read.
    """
    path = Path(path).expanduser()
    with opened(path) as file:
        return _checked(path, _from_npz(path, file) if path.suffix.lower() == ".npz" else _from_h5(path, file))


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a .npz or .h5 file for reading; what goes wrong is told in a sentence."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UserError(f"A slice is read from a file that ends in .npz or .h5, not {path.name!r}.")
    try:
        if not path.is_file():
            raise UserError(f"There is no file {str(path)!r}.")
        with _opened_npz(path) if ending == ".npz" else _opened_h5(path) as file:
            yield file
    except OSError as error:
        raise MachineError(f"{path} cannot be read: {error.strerror or error}.") from error


@contextmanager
def _opened_npz(path: Path) -> Iterator[Mapping[str, NDArray[Any]]]:
    try:
        with open(path, "rb") as stream:
            file = np.load(stream, allow_pickle=False)
            if not isinstance(file, Mapping):
                raise ValueError("one array, not several")
            yield file
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, ValueError, KeyError, NotImplementedError) as error:
        if isinstance(error, UserError):
            raise
        raise UserError(f"{path} is no .npz file that can be read: it is damaged, or holds objects.") from error


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


def _from_npz(path: Path, file: Mapping[str, NDArray[Any]]) -> GridFile:
    names = list(file)
    if "value" not in names and {"loss", "coordinates"} <= set(names):  # Landscaper's: axes in the directions' order
        given = file["coordinates"]
        axes = [np.asarray(given, float)] if given.ndim == 1 else [np.asarray(np.ravel(axis), float) for axis in given]
        if len(axes) > 2:
            raise UserError(f"{path} has {len(axes)} directions; a landscape has one or two.")
        return GridFile(axes[0], axes[1] if len(axes) > 1 else np.zeros(0), np.asarray(file["loss"], float).T)
    if "steps" in names and any(name.startswith("parameters/") for name in names):
        raise UserError(
            f"{path} is a recorded run: `lossland slice --checkpoints {path.name}` makes a landscape of it."
        )
    for name in ("x", "value"):
        if name not in names:
            raise UserError(f"{path} holds no slice: there is no array {name!r} in it, but {listed(names)}.")
    return GridFile(
        np.asarray(file["x"], float),
        np.asarray(file["y"], float) if "y" in names else np.zeros(0),
        np.asarray(file["value"], float),
        str(file["quantity"]) if "quantity" in names else "train_loss",
        {name: np.asarray(file[name], float) for name in QUANTITIES if name in names},
        {name: file[name] for name in names if name.partition("/")[0] in AXES},
        {name: file[name] for name in KEPT if name in names},
    )


def _from_h5(path: Path, file: Any) -> GridFile:
    name = next((name for name in LOSSES if name in file), "")
    if "xcoordinates" not in file or not name:
        raise UserError(f"{path} holds no surface: it needs xcoordinates and train_loss, and has {listed(list(file))}.")
    x = np.asarray(file["xcoordinates"], float)
    y = np.asarray(file["ycoordinates"], float) if "ycoordinates" in file else np.zeros(0)
    grids = {key: _in_our_order(path, key, np.asarray(file[key], float), x, y) for key in QUANTITIES if key in file}
    value, directions = grids.pop(name), direction_parts(file)
    if "lossland" in file:
        kept = {key: _plain(item[()]) for key, item in file["lossland"].items() if key in KEPT}
    else:
        kept, beside = _projected(path, file, 1 if not len(y) else 2)
        directions = directions or beside
    return GridFile(x, y, value, name, grids, directions, kept)


def _plain(item: Any) -> NDArray[Any]:
    return np.asarray(item.decode() if isinstance(item, bytes) else item)


def listed(names: list[str]) -> str:
    """Return what a file holds, for an error."""
    return ", ".join(names[:8]) or "nothing"


def _in_our_order(path: Path, name: str, stored: Floats, x: Floats, y: Floats) -> Floats:
    """Return a grid (ny, nx), or (nx,), of numbers stored as (nx, ny) in the order of (ny, nx)."""
    shape = (len(y), len(x)) if len(y) else (len(x),)
    if stored.size != np.prod(shape):
        raise UserError(f"{path} has {stored.size} losses for {' x '.join(map(str, shape[::-1]))} points.")
    value = stored.ravel().reshape(shape)
    return np.where(value == _empty(name), np.nan, value)


def direction_parts(file: Any) -> Arrays:
    """Return the parameters' parts of a file's directions, "xdirection/0" ..., in their order."""
    return {
        f"{axis}/{key}": np.asarray(file[axis][key])
        for axis in AXES
        if axis in file
        for key in sorted(file[axis], key=lambda key: (len(key), key))
    }


def in_surface_units(directions: Arrays, projected: Mapping[str, Any]) -> Floats:
    """Return a path's places (T, k) from its lengths along the directions, which is how their code projects it."""
    columns = []
    for axis, key in zip(AXES, PROJECTED, strict=True):
        square = sum(float(np.sum(np.square(part, dtype=float))) for name, part in directions.items()
                     if name.startswith(f"{axis}/"))  # fmt: skip
        if key in projected and square > 0:
            columns.append(np.asarray(projected[key], float) / np.sqrt(square))
    return np.stack(columns, axis=1)


def directions_beside(path: Path, name: Any) -> Path | None:
    """Return the direction file of a name that lies beside a file, None where it is not there."""
    text = name.decode() if isinstance(name, bytes) else str(name)
    file = path.with_name(Path(text).name or "none")
    return file if file.is_file() and file != path else None


def _projected(path: Path, file: Any, axes: int) -> tuple[Arrays, Arrays]:
    """Return path and directions of the files that lie beside a surface, as far as they are there."""
    beside = directions_beside(path, file["dir_file"][()] if "dir_file" in file else "")
    if beside is None:
        return {}, {}
    with opened(beside) as by:
        directions = direction_parts(by)
    projection = beside.with_name(f"{beside.name}_proj_cos.h5")
    if not projection.is_file():
        return {}, directions
    with opened(projection) as along:
        return {"path": in_surface_units(directions, {key: along[key][()] for key in PROJECTED[:axes]})}, directions


def _checked(path: Path, found: GridFile) -> GridFile:
    """Return a grid whose sizes fit, or raise UserError."""
    shape = (len(found.y), len(found.x)) if found.value.ndim == 2 else (len(found.x),)
    fits = all(grid.shape == shape for grid in (found.value, *found.quantities.values()))
    if not (found.x.ndim == found.y.ndim == 1 and fits and found.value.ndim in (1, 2)):
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

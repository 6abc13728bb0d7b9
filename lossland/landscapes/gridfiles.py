"""Sampled landscapes in files: .npz arrays, and HDF5 in the layout of Li et al.'s code (tomgoldstein/loss-landscape).

An .npz holds x (nx,), y (ny,) and value (ny, nx), in 1D x and value (nx,), and other quantities under the names of Li
et al.'s code: train_acc (percent), test_loss, max_eig ... In HDF5 their quirk is kept: ``train_loss`` has the shape
(nx, ny), but its numbers are in the order (ny, nx). Unfilled points are −1 there (+1 in ``min_eig``), and nan here.
Directions are the groups ``xdirection`` and ``ydirection`` of the file that ``dir_file`` names, in our own files the
same one; ``proj_xcoord`` and ``proj_ycoord`` are a path as their code projects it, d·δ/‖δ‖, whereas a surface's units
are d·δ/‖δ‖². From Landscaper's .npz, ``loss`` and ``coordinates`` are read.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import MachineError, UserError
from lossland.files import written

Floats = NDArray[np.float64]
Arrays = dict[str, np.ndarray]
OpenFile = Mapping[str, Any]  # of the arrays in an .npz; of the data sets and groups in HDF5
ENDINGS = (".npz", ".h5", ".hdf5")
MOST_POINTS = 2**26
NEEDS_H5PY = "HDF5 files need the package h5py: pip install 'lossland[h5]'."
LOSSES = ("train_loss", "test_loss", "max_eig", "min_eig")  # the first one present is the value
QUANTITIES = (*LOSSES, "train_acc", "test_acc")
KEPT = (
    *("centre", "directions", "kind", "seed", "path", "path_loss", "marks"),
    *("title", "shadow_loss", "explained", "curvature", "top_eigenvalue"),
)  # additional arrays of our own slices
AXES = ("xdirection", "ydirection")
PROJECTED = ("proj_xcoord", "proj_ycoord")
VARIANCES = ("explained_variance_ratio_", "explained_variance_", "singular_values_")


@dataclass(frozen=True, eq=False)
class GridFile:
    """The content of a file with a sampled landscape.

    ``value`` (ny, nx) at x (nx,) and y (ny,), or (nx,) and no y; nan where it is unfilled. ``name`` is its name in Li
    et al.'s code, ``quantities`` are others of the same shape by name, accuracy in percent. ``directions`` are the axes
    by parameter tensors, "xdirection/0" ...; ``kept`` is what our own slices need to be computed again.
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
        """The training accuracy in [0, 1], nan where it is unknown."""
        percent = self.quantities.get("train_acc")
        return np.full(self.value.shape, np.nan) if percent is None else percent / 100


def is_grid(name: str) -> bool:
    """Whether a text names such a file, by its ending."""
    return Path(name.strip()).suffix.lower() in ENDINGS


def require_h5py() -> None:
    """Raise MachineError, with what to do, unless HDF5 files can be read and written here."""
    _h5py()


def _h5py() -> ModuleType:
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


def _write_h5(file: MutableMapping[str, object], name: str, found: GridFile) -> None:
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
            file[key] = along / np.linalg.norm(direction)  # the projection of the path onto the plane
    for key, value in found.kept.items():
        file[f"lossland/{key}"] = str(value) if value.dtype.kind == "U" else value


def _empty(name: str) -> float:
    """Return the value of an unfilled point in HDF5."""
    return 1.0 if name == "min_eig" else -1.0


def _flat(directions: Mapping[str, np.ndarray]) -> Floats:
    """Concatenate the parts of directions to (k, n); (0, 0) if their sizes differ."""
    rows = []
    for axis in AXES:
        parts = [(int(key.rpartition("/")[2]), part) for key, part in directions.items() if key.startswith(f"{axis}/")]
        if parts:
            rows.append(np.concatenate([np.ravel(part) for _, part in sorted(parts, key=lambda part: part[0])]))
    return np.stack(rows) if len({len(row) for row in rows}) == 1 else np.zeros((0, 0))


# ------------------------------------------------------------------------------------------------------------ reading


def read(path: str | Path) -> GridFile:
    """Return the grid of a file of ours, of ``lossland eval``, of Li et al.'s code, or of Landscaper (.npz).

    It may be partial: missing points are nan. Raises UserError for a file without a grid, and MachineError for one that
    cannot be read.
    """
    path = Path(path).expanduser()
    with opened(path) as file:
        return _checked(path, _from_npz(path, file) if path.suffix.lower() == ".npz" else _from_h5(path, file))


@contextmanager
def opened(path: Path) -> Iterator[OpenFile]:
    """Open a .npz or .h5 file for reading; errors become UserError or MachineError."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise UserError(f"A slice is read from a file that ends in .npz or .h5, not {path.name!r}.")
    try:
        if not path.is_file():
            folder = path.is_dir()
            raise UserError(f"{path} is a folder; give a file." if folder else f"There is no file {str(path)!r}.")
        open(path, "rb").close()  # h5py does not tell a file that may not be read from one that is damaged
        with _opened_npz(path) if ending == ".npz" else _opened_h5(path) as file:
            yield file
    except OSError as error:
        raise MachineError(f"{path} cannot be read: {error.strerror or error}.") from error


@contextmanager
def _opened_npz(path: Path) -> Iterator[Mapping[str, np.ndarray]]:
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
def _opened_h5(path: Path) -> Iterator[OpenFile]:
    h5py = _h5py()
    try:
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError, RuntimeError, TypeError, ValueError) as error:
        if isinstance(error, UserError | MachineError):
            raise
        raise UserError(f"{path} is no HDF5 file that can be read: it is damaged or cut off.") from error


def _from_npz(path: Path, file: Mapping[str, np.ndarray]) -> GridFile:
    names = list(file)
    if "value" not in names and {"loss", "coordinates"} <= set(
        names
    ):  # Landscaper's, with axes in the order of the directions
        given = file["coordinates"]
        axes = [np.ravel(_real(path, "coordinates", axis)) for axis in ([given] if given.ndim == 1 else given)]
        if len(axes) > 2:
            raise UserError(f"{path} has {len(axes)} directions; a landscape has one or two.")
        return GridFile(axes[0], axes[1] if len(axes) > 1 else np.zeros(0), _real(path, "loss", file["loss"]).T)
    if "steps" in names and any(name.startswith("parameters/") for name in names):
        raise UserError(
            f"{path} is a recorded run: `lossland slice --checkpoints {path.name}` makes a landscape of it."
        )
    for name in ("x", "value"):
        if name not in names:
            raise UserError(f"{path} holds no slice: there is no array {name!r} in it, but {listed(names)}.")
    return GridFile(
        _real(path, "x", file["x"]),
        _real(path, "y", file["y"]) if "y" in names else np.zeros(0),
        _real(path, "value", file["value"]),
        str(file["quantity"]) if "quantity" in names else "train_loss",
        {name: _real(path, name, file[name]) for name in QUANTITIES if name in names},
        {name: file[name] for name in names if name.partition("/")[0] in AXES},
        {name: file[name] for name in KEPT if name in names},
    )


def _from_h5(path: Path, file: OpenFile) -> GridFile:
    name = next((name for name in LOSSES if name in file), "")
    if "xcoordinates" not in file or not name:
        raise UserError(f"{path} holds no surface: it needs xcoordinates and train_loss, and has {listed(list(file))}.")
    x = _real(path, "xcoordinates", file["xcoordinates"][()])
    y = _real(path, "ycoordinates", file["ycoordinates"][()]) if "ycoordinates" in file else np.zeros(0)
    grids = {key: _reordered(path, key, _real(path, key, file[key][()]), x, y) for key in QUANTITIES if key in file}
    value, directions = grids.pop(name), direction_parts(file)
    if "lossland" in file:
        kept = {key: _plain(item[()]) for key, item in file["lossland"].items() if key in KEPT}
    else:
        kept, beside = _projected(path, file, 1 if not len(y) else 2)
        directions = directions or beside
    return GridFile(x, y, value, name, grids, directions, kept)


def _real(path: Path, name: str, stored: ArrayLike) -> Floats:
    """Return a stored array in float64. Raises UserError for complex numbers and texts."""
    array = np.asarray(stored)
    if array.dtype.kind not in "biuf":
        held = {"c": "complex numbers", "U": "texts", "S": "texts"}.get(array.dtype.kind, array.dtype.name)
        raise UserError(f"{path} holds no slice: its {name} holds {held} and no real numbers.")
    return array.astype(float)


def _plain(item: object) -> np.ndarray:
    return np.asarray(item.decode() if isinstance(item, bytes) else item)


def listed(names: list[str]) -> str:
    """List a file's content for an error message."""
    return ", ".join(names[:8]) or "nothing"


def _reordered(path: Path, name: str, stored: Floats, x: Floats, y: Floats) -> Floats:
    """Return a grid (ny, nx), or (nx,), from numbers stored with the shape (nx, ny) in the order (ny, nx)."""
    shape = (len(y), len(x)) if len(y) else (len(x),)
    if stored.size != np.prod(shape):
        raise UserError(f"{path} has {stored.size} losses for {' x '.join(map(str, shape[::-1]))} points.")
    value = stored.ravel().reshape(shape)
    return np.where(value == _empty(name), np.nan, value)


def direction_parts(file: OpenFile) -> Arrays:
    """Return a file's directions by parameter tensors, "xdirection/0" ..., in their order."""
    return {
        f"{axis}/{key}": np.asarray(file[axis][key])
        for axis in AXES
        if axis in file
        for key in sorted(file[axis], key=lambda key: (len(key), key))
    }


def in_surface_units(directions: Arrays, projected: Mapping[str, ArrayLike]) -> Floats:
    """Convert a path (T, k) from lengths along the directions, the projection of Li et al.'s code."""
    columns = []
    for axis, key in zip(AXES, PROJECTED, strict=True):
        square = sum(float(np.sum(np.square(part, dtype=float))) for name, part in directions.items()
                     if name.startswith(f"{axis}/"))  # fmt: skip
        if key in projected and square > 0:
            columns.append(np.asarray(projected[key], float) / np.sqrt(square))
    return np.stack(columns, axis=1)


def directions_beside(path: Path, name: object) -> Path | None:
    """Return the direction file of that name in a file's folder, None if it does not exist."""
    text = name.decode() if isinstance(name, bytes) else str(name)
    file = path.with_name(Path(text).name or "none")
    return file if file.is_file() and file != path else None


def _projected(path: Path, file: OpenFile, axes: int) -> tuple[Arrays, Arrays]:
    """Return path and directions from the files in a surface's folder, as far as they exist."""
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
    """Return the grid, or raise UserError unless its sizes fit."""
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

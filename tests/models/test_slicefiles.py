"""Slices in files: ours read back, those of Li et al.'s code as it lays them out, damaged ones in one sentence."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lossland.errors import UserError
from lossland.models import networks, slicefiles, slicing
from lossland.models.slices import Slice

NET = networks.mlp((2, 3, 1), loss="logistic")


def opened(path: Path, mode: str = "r") -> Any:
    """Open a file whose items are known to be data sets or groups."""
    return h5py.File(path, mode)


@pytest.fixture(scope="module")
def found() -> Slice:
    return slicing.slice("2-3-1", "moons", n=(7, 5), steps=20, batch=None, directions="pca")


@pytest.mark.parametrize("ending", [".npz", ".h5"])
@pytest.mark.parametrize("dimensions", [1, 2])
def test_what_is_written_is_read(tmp_path: Path, ending: str, dimensions: int) -> None:
    file = tmp_path / f"s{ending}"
    made = slicing.slice("2-3-1", "moons", n=(7, 5), steps=9, dimensions=dimensions, seed=3)
    made = replace(made, title="MLP", shadow_loss=made.path_loss + 1, explained=0.5, curvature=2.0)
    slicefiles.write(file, made, NET)
    again = slicefiles.read(file)
    assert {one.name for one in fields(Slice)} == vars(again).keys()
    for name, value in vars(made).items():
        if isinstance(value, str):
            assert getattr(again, name) == value
        else:
            np.testing.assert_allclose(getattr(again, name), value, rtol=1e-15, err_msg=name)


def test_the_same_slice_gives_the_same_bytes(tmp_path: Path, found: Slice) -> None:
    for name in ("a.npz", "b.npz"):
        slicefiles.write(tmp_path / name, found)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_hdf5_is_laid_out_as_the_papers_code_reads_it(tmp_path: Path, found: Slice) -> None:
    slicefiles.write(tmp_path / "s.h5", found, NET)
    with opened(tmp_path / "s.h5") as file:
        x, y, loss = (file[name][:] for name in ("xcoordinates", "ycoordinates", "train_loss"))
        assert loss.shape == (7, 5)
        np.testing.assert_array_equal(loss.ravel().reshape(len(y), len(x)), found.value)
        assert file["dir_file"][()] == b"s.h5"
        for axis, direction in zip("xy", found.directions, strict=True):
            group = file[f"{axis}direction"]
            parts = [group[str(i)][:] for i in range(len(group))]
            assert [part.shape for part in parts] == [(3, 2), (3,), (1, 3), (1,)]
            flat = np.concatenate([part.ravel() for part in parts])
            np.testing.assert_array_equal(flat, direction)
            # their projection of the path: the difference's component along a direction, not in its units
            expected = found.path @ (found.directions @ direction) / np.linalg.norm(direction)
            np.testing.assert_allclose(file[f"proj_{axis}coord"][:], expected)
        assert file["train_acc"][:].max() > 1  # percent


def theirs(folder: Path, nx: int = 4, ny: int = 3, **changed: Any) -> tuple[Path, np.ndarray]:
    """Write a surface as Li et al.'s code does, filling points in its order; return the loss by [iy, ix]."""
    x, y = np.linspace(-1, 1, nx), np.linspace(-1, 2, ny)
    stored = -np.ones((nx, ny))
    grid_x, grid_y = np.meshgrid(x, y)  # their indices run over this grid, and are put into the array's flat order
    for index, (a, b) in enumerate(zip(grid_x.ravel(), grid_y.ravel(), strict=True)):
        stored.ravel()[index] = 10 * a + b + 100
    with opened(folder / "surf.h5", "w") as file:
        data = {"dir_file": "dir.h5", "xcoordinates": x, "ycoordinates": y, "train_loss": stored, **changed}
        for name, value in data.items():
            if value is not None:
                file[name] = value
    return folder / "surf.h5", 10 * grid_x + grid_y + 100


@pytest.mark.parametrize(("nx", "ny"), [(4, 4), (4, 3), (3, 6)])
def test_their_surfaces_are_read_in_their_order(tmp_path: Path, nx: int, ny: int) -> None:
    path, value = theirs(tmp_path, nx, ny)
    np.testing.assert_array_equal(slicefiles.read(path).value, value)


def test_partial_and_one_dimensional_ones(tmp_path: Path) -> None:
    path, _ = theirs(tmp_path)
    with opened(path, "a") as file:
        file["train_loss"][0, 1] = -1
    assert np.argwhere(np.isnan(slicefiles.read(path).value)).tolist() == [[0, 1]]
    line, _ = theirs(tmp_path, ycoordinates=None, train_loss=np.array([3.0, -1, 1, 2]), train_acc=np.full(4, 50.0))
    found = slicefiles.read(line)
    np.testing.assert_array_equal(found.value, [3, np.nan, 1, 2])
    np.testing.assert_array_equal(found.accuracy, 0.5)


def test_their_projected_paths_are_in_the_surfaces_units(tmp_path: Path) -> None:
    path, _ = theirs(tmp_path)
    with opened(tmp_path / "dir.h5", "w") as file:
        file["xdirection/0"], file["xdirection/1"] = np.array([[3.0, 0]]), np.array([4.0])
        file["ydirection/0"], file["ydirection/1"] = np.array([[0, 2.0]]), np.array([0.0])
    with opened(tmp_path / "dir.h5_proj_cos.h5", "w") as file:
        file["proj_xcoord"], file["proj_ycoord"] = np.array([10.0, 0]), np.array([1.0, 0])
    np.testing.assert_allclose(slicefiles.read(path).path, [(2, 0.5), (0, 0)])


def test_grids_of_eval_and_of_landscaper(tmp_path: Path) -> None:
    x, y = np.arange(4.0), np.arange(3.0)
    value = np.add.outer(y, 10 * x)
    np.savez(tmp_path / "eval.npz", x=x, y=y, value=value)
    np.savez(tmp_path / "theirs.npz", loss=np.add.outer(10 * x, x), coordinates=np.stack([x, x]))
    np.testing.assert_array_equal(slicefiles.read(tmp_path / "eval.npz").value, value)
    np.testing.assert_array_equal(slicefiles.read(tmp_path / "theirs.npz").value, np.add.outer(x, 10 * x))


def damaged(folder: Path) -> dict[str, tuple[Path, str]]:
    """Return files that hold no slice, and what is said of each."""
    x = np.arange(3.0)
    npz = {
        "no value": ({"x": x}, "no array 'value'"),
        "sizes": ({"x": x, "y": x, "value": np.zeros((2, 3))}, "have other sizes"),
        "falling": ({"x": x[::-1], "y": x, "value": np.zeros((3, 3))}, "does not rise"),
        "unfilled": ({"x": x, "y": x, "value": np.full((3, 3), np.nan)}, "every point"),
        "one point": ({"x": x[:1], "y": x, "value": np.zeros((3, 1))}, "2 a side at least"),
        "objects": ({"x": x, "y": x, "value": np.array([None, 1])}, "damaged, or holds objects"),
    }
    cases = {}
    for name, (arrays, told) in npz.items():
        file = folder / f"{name}.npz"
        np.savez(file, **arrays)
        cases[name] = (file, told)
    whole, _ = theirs(folder)
    (folder / "cut.h5").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (folder / "no.h5").write_bytes(b"nothing of the kind")
    (folder / "no.npz").write_bytes(b"nothing of the kind")
    with opened(folder / "other.h5", "w") as file:
        file["weights"] = x
    with opened(folder / "count.h5", "w") as file:
        file["xcoordinates"], file["ycoordinates"], file["train_loss"] = x, x, np.zeros((3, 2))
    return {
        **cases,
        "cut off": (folder / "cut.h5", "damaged or cut off"),
        "no hdf5": (folder / "no.h5", "damaged or cut off"),
        "no zip": (folder / "no.npz", "damaged"),
        "other": (folder / "other.h5", "has weights"),
        "count": (folder / "count.h5", "6 losses for 3 x 3 points"),
        "missing": (folder / "missing.h5", "There is no file"),
        "ending": (folder / "a.txt", "ends in .npz or .h5"),
    }


def test_damaged_files_are_told_in_a_sentence(tmp_path: Path) -> None:
    for file, told in damaged(tmp_path).values():
        with pytest.raises(UserError, match=told) as error:
            slicefiles.read(file)
        assert "\n" not in str(error.value)

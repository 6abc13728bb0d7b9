"""``lossland convert``: files of Li et al.'s code both ways, meshes read by hand, and what cannot be converted."""

from __future__ import annotations

import json
import struct
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from PIL import Image

from lossland.cli import main

X, Y = np.array([-1.0, 0.0, 0.5, 2.0]), np.array([0.0, 1.0, 3.0])
LOSS = np.add.outer(10 * Y, X) + 5  # [iy, ix]
PARTS = {"xdirection/0": np.array([[3.0, 0]]), "xdirection/1": np.array([4.0]),
         "ydirection/0": np.array([[0, 2.0]]), "ydirection/1": np.array([0.0])}  # fmt: skip


def stored(grid: np.ndarray) -> np.ndarray:
    """Return a grid [iy, ix] as Li et al.'s code stores it: the shape is (nx, ny), the order (ny, nx)."""
    return grid.ravel().reshape(grid.shape[::-1])


def theirs(folder: Path, beside: bool = True, **changed: Any) -> Path:
    """Write a surface, and beside it a direction and a projection file, as their code does."""
    partial = LOSS.copy()
    partial[2, 3] = -1
    data = {"dir_file": "run/dir.h5", "xcoordinates": X, "ycoordinates": Y, "train_loss": stored(partial),
            "train_acc": stored(np.where(partial < 0, -1, 50 + LOSS)), "test_loss": stored(2 * LOSS),
            "min_eig": stored(np.where(LOSS == 5, 1.0, -LOSS)), **changed}  # fmt: skip
    with h5py.File(folder / "surf.h5", "w") as file:
        for name, value in data.items():
            file[name] = value
    if beside:
        with h5py.File(folder / "dir.h5", "w") as file:
            for name, part in PARTS.items():
                file[name] = part
            file["explained_variance_ratio_"] = np.array([0.8, 0.1])
        with h5py.File(folder / "dir.h5_proj_cos.h5", "w") as file:
            file["proj_xcoord"], file["proj_ycoord"] = np.array([10.0, 0]), np.array([1.0, 0])
    return folder / "surf.h5"


def converted(source: Path, name: str) -> Path:
    assert main(["convert", str(source), str(source.with_name(name))]) == 0
    return source.with_name(name)


def content(file: Path) -> dict[str, Any]:
    """Return what an HDF5 file holds by the full names of its data sets."""
    found: dict[str, Any] = {}
    with h5py.File(file) as opened:
        opened.visititems(lambda name, item: found.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
    return found


def test_their_files_become_arrays_and_theirs_again(tmp_path: Path) -> None:
    source = theirs(tmp_path)
    arrays = np.load(converted(source, "s.npz"))
    np.testing.assert_array_equal(arrays["x"], X)
    np.testing.assert_array_equal(arrays["y"], Y)
    want = LOSS.copy()
    want[2, 3] = np.nan
    np.testing.assert_array_equal(arrays["value"], want)
    np.testing.assert_array_equal(arrays["train_acc"], 50 + want)
    np.testing.assert_array_equal(arrays["test_loss"], 2 * LOSS)
    assert np.argwhere(np.isnan(arrays["min_eig"])).tolist() == np.argwhere(LOSS == 5).tolist()
    np.testing.assert_allclose(arrays["path"], [(2, 0.5), (0, 0)])  # 10 / |(3, 0, 4)|, 1 / |(0, 2, 0)|
    again, first = content(converted(source.with_name("s.npz"), "again.h5")), content(source)
    for name in first.keys() - {"dir_file"}:
        np.testing.assert_array_equal(again[name], first[name], err_msg=name)
        assert again[name].shape == first[name].shape, name
    for name, part in PARTS.items():
        np.testing.assert_array_equal(again[name], part)
    assert again["dir_file"] == b"again.h5"  # the directions stand in it
    np.testing.assert_allclose(again["proj_xcoord"], [10, 0])
    np.testing.assert_allclose(again["proj_ycoord"], [1, 0])


def test_a_surface_of_eigenvalues_keeps_its_name(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "eig.h5", "w") as file:
        file["xcoordinates"], file["ycoordinates"] = X, Y
        file["max_eig"], file["min_eig"] = stored(LOSS), stored(-LOSS)
    again = content(converted(converted(tmp_path / "eig.h5", "eig.npz"), "again.h5"))
    np.testing.assert_array_equal(again["max_eig"], stored(LOSS))
    np.testing.assert_array_equal(again["min_eig"], stored(-LOSS))
    assert "train_loss" not in again


def test_lines_are_converted_and_no_meshes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with h5py.File(tmp_path / "line.h5", "w") as file:
        file["xcoordinates"], file["train_loss"] = X, np.array([3.0, -1, 1, 2])
    arrays = np.load(converted(tmp_path / "line.h5", "line.npz"))
    np.testing.assert_array_equal(arrays["value"], [3, np.nan, 1, 2])
    assert "y" not in arrays
    again = content(converted(tmp_path / "line.npz", "again.h5"))
    np.testing.assert_array_equal(again["train_loss"], [3, -1, 1, 2])
    assert "ycoordinates" not in again
    for name in ("line.vtp", "line.glb", "line.png"):
        assert main(["convert", str(tmp_path / "line.npz"), str(tmp_path / name)]) == 2
        assert "a line" in capsys.readouterr().err
        assert not (tmp_path / name).exists()


def test_direction_and_projection_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theirs(tmp_path)
    again = content(converted(converted(tmp_path / "dir.h5", "dir.npz"), "back.h5"))
    assert set(again) == {*PARTS, "explained_variance_ratio_"}
    for name, part in PARTS.items():
        np.testing.assert_array_equal(again[name], part)
    arrays = np.load(converted(tmp_path / "dir.h5_proj_cos.h5", "path.npz"))
    np.testing.assert_array_equal(arrays["proj_xcoord"], [10, 0])
    np.testing.assert_allclose(arrays["path"], [(2, 0.5), (0, 0)])
    assert not capsys.readouterr().err
    (tmp_path / "dir.h5").unlink()
    arrays = np.load(converted(tmp_path / "dir.h5_proj_cos.h5", "bare.npz"))
    assert set(arrays) == {"proj_xcoord", "proj_ycoord"}
    assert "not beside it" in capsys.readouterr().err
    assert main(["convert", str(tmp_path / "path.npz"), str(tmp_path / "path.vtp")]) == 2
    assert "no surface" in capsys.readouterr().err


def test_vtp_is_polydata_of_the_points_that_are_there(tmp_path: Path) -> None:
    root = ElementTree.parse(converted(theirs(tmp_path), "s.vtp")).getroot()
    assert root.attrib["type"] == "PolyData"
    piece = root.find("PolyData/Piece")
    assert piece is not None
    arrays = {
        item.attrib["Name"]: np.array((item.text or "").split(), float).reshape(
            -1, int(item.attrib.get("NumberOfComponents", 1)))
        for item in piece.iter("DataArray")
    }  # fmt: skip
    there = [(x, y, z) for y, row in zip(Y, LOSS, strict=True) for x, z in zip(X, row, strict=True)][:-1]
    np.testing.assert_array_equal(arrays["Points"], there)  # row by row; the last one is unfilled
    np.testing.assert_array_equal(arrays["zvalue"][:, 0], [z for _, _, z in there])
    np.testing.assert_array_equal(arrays["test_loss"][:, 0], [2 * z for _, _, z in there])
    faces = arrays["connectivity"].astype(int).reshape(-1, 4)
    n = len(X)
    assert faces.tolist() == [[i, i + 1, i + n + 1, i + n] for i in (0, 1, 2, 4, 5)]
    np.testing.assert_array_equal(arrays["offsets"][:, 0], [4, 8, 12, 16, 20])
    means = [np.mean([there[i][2] for i in face]) for face in faces]
    np.testing.assert_allclose(arrays["averaged zvalue"][:, 0], means)
    assert (piece.attrib["NumberOfPoints"], piece.attrib["NumberOfPolys"]) == ("11", "5")


def test_glb_is_binary_gltf_with_colours(tmp_path: Path) -> None:
    data = converted(theirs(tmp_path), "s.glb").read_bytes()
    magic, version, length, size, kind = struct.unpack_from("<4sIII4s", data)
    assert (magic, version, length, kind) == (b"glTF", 2, len(data), b"JSON")
    document = json.loads(data[20 : 20 + size])
    body_size, body_kind = struct.unpack_from("<I4s", data, 20 + size)
    body = data[28 + size :]
    assert (len(body), body_kind, size % 4, len(body) % 4) == (body_size, b"BIN\0", 0, 0)

    def array(index: int) -> np.ndarray:
        accessor = document["accessors"][index]
        view = document["bufferViews"][accessor["bufferView"]]
        width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor["type"]]
        kind = {5125: "<u4", 5126: "<f4"}[accessor["componentType"]]
        found = np.frombuffer(body, kind, accessor["count"] * width, view["byteOffset"])
        assert view["byteLength"] == found.nbytes
        return found.reshape(-1, width)

    (primitive,) = document["meshes"][0]["primitives"]
    points, normals, colors = (array(primitive["attributes"][name]) for name in ("POSITION", "NORMAL", "COLOR_0"))
    triangles = array(primitive["indices"]).reshape(-1, 3)
    assert len(points) == 11
    assert len(triangles) == 10
    np.testing.assert_allclose(points[:, 0], np.tile((X - 0.5) / 1.5, 3)[:-1], rtol=1e-6)  # the footprint is [-1, 1]^2
    np.testing.assert_allclose(points[:, 2], -np.repeat((Y - 1.5) / 1.5, 4)[:-1], rtol=1e-6)  # y is up, z to the front
    assert (np.diff(points[np.argsort(LOSS.ravel()[:-1]), 1]) >= 0).all()  # heights rise with the loss
    accessor = document["accessors"][primitive["attributes"]["POSITION"]]
    np.testing.assert_array_equal((accessor["min"], accessor["max"]), (points.min(axis=0), points.max(axis=0)))
    a, b, c = (points[triangles[:, k]] for k in range(3))
    assert (np.cross(b - a, c - a)[:, 1] > 0).all()  # counterclockwise from above
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, rtol=1e-5)
    assert (normals[:, 1] > 0).all()
    assert ((colors >= 0) & (colors <= 1)).all()
    assert colors[:, :3].sum(axis=1).argmax() == LOSS.ravel()[:-1].argmax()  # heights are light


def test_a_picture_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = theirs(tmp_path)
    assert Image.open(converted(source, "s.png")).size == (1280, 720)
    capsys.readouterr()
    assert main(["convert", str(source), str(tmp_path / "s.npz"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["points"], told["missing"], told["min"], told["max"]) == ([4, 3], 1, 4.0, 35.5)
    assert told["quantities"] == ["train_loss", "test_loss", "min_eig", "train_acc"]


def test_what_cannot_be_converted_is_told_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = theirs(tmp_path)
    (tmp_path / "cut.h5").write_bytes(source.read_bytes()[:700])
    (tmp_path / "cut.npz").write_bytes(converted(source, "s.npz").read_bytes()[:-900])
    np.savez(tmp_path / "other.npz", weights=X)
    np.save(tmp_path / "one.npy", X)
    (tmp_path / "one.npy").rename(tmp_path / "one.npz")
    capsys.readouterr()
    cases = [
        ("cut.h5", "a.npz", "damaged or cut off"),
        ("cut.npz", "a.h5", "damaged"),
        ("one.npz", "a.h5", "damaged"),
        ("other.npz", "a.vtp", "no array 'x'"),
        ("no.h5", "a.npz", "There is no file"),
        ("surf.png", "a.npz", "named like a picture"),
        ("surf", "a.npz", "no ending"),
        ("surf.h5", "a.obj", "must end in"),
    ]
    for name, target, told in cases:
        assert main(["convert", str(tmp_path / name), str(tmp_path / target)]) == 2, name
        error = capsys.readouterr().err
        assert told in error, (name, error)
        assert error.count("\n") == 1
        assert not (tmp_path / target).exists()

"""Grids that are written while they are computed, because they may not fit into memory."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from lossland.cli import main
from lossland.compute.grids import Lattice
from lossland.formats import npz
from lossland.formats.npz import npy_bands, npz_bands

ARRAYS = {
    "x": np.linspace(0, 1, 5),
    "value": np.arange(35, dtype=np.float32).reshape(7, 5),
    "gradient": np.random.default_rng(0).normal(size=(7, 5, 2)),
}


def write(target: Path, rows: int) -> None:
    with npz_bands(target, {name: (array.shape, array.dtype) for name, array in ARRAYS.items()}) as file:
        file.append("x", ARRAYS["x"])
        for top in range(0, 7, rows):
            for name in ("value", "gradient"):
                file.append(name, ARRAYS[name][top : top + rows])


def test_bands_make_a_sound_zip_archive_of_the_arrays(tmp_path: Path) -> None:
    write(tmp_path / "a.npz", 3)
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert archive.testzip() is None  # compares every checksum
        assert archive.namelist() == ["x.npy", "value.npy", "gradient.npy"]
    with np.load(tmp_path / "a.npz", allow_pickle=False) as read:
        for name, array in ARRAYS.items():
            assert read[name].dtype == array.dtype
            assert np.array_equal(read[name], array)


def test_the_height_of_bands_changes_no_byte(tmp_path: Path) -> None:
    for rows in (1, 2, 7):
        write(tmp_path / f"{rows}.npz", rows)
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes() == (tmp_path / "7.npz").read_bytes()


def test_one_array_can_be_mapped_into_memory(tmp_path: Path) -> None:
    value = ARRAYS["value"]
    with npy_bands(tmp_path / "v.npy", value.shape, value.dtype) as file:
        file.append("value", value[:4])
        file.append("value", value[4:])
    mapped = np.load(tmp_path / "v.npy", mmap_mode="r")
    assert isinstance(mapped, np.memmap)
    assert np.array_equal(mapped, value)


def test_an_unfinished_file_never_appears(tmp_path: Path) -> None:
    def begin(stop: type[BaseException]) -> None:
        with npz_bands(tmp_path / "a.npz", {"value": ((7, 5), np.dtype(float))}) as file:
            file.append("value", ARRAYS["value"][:2])
            raise stop

    for stop in (KeyboardInterrupt, RuntimeError):
        with pytest.raises(stop):
            begin(stop)
    with pytest.raises(ValueError, match="bytes"), npy_bands(tmp_path / "a.npy", (7, 5), np.dtype(float)) as file:
        file.append("value", ARRAYS["value"][:2])
    assert not list(tmp_path.iterdir())


def test_eval_writes_npy_and_every_quantity(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "x*y", "--domain", "0,2,0,4", "-n", "33", "-o", str(tmp_path / "v.npy"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["min"], said["max"], said["arrays"]) == (0, 8, ["value"])
    x, y = np.linspace(0, 2, 33), np.linspace(0, 4, 33)
    assert np.array_equal(np.load(tmp_path / "v.npy"), y[:, None] * x)
    quantities = "gradient,hessian,eigenvalues,curvature"
    assert main(["eval", "x*y", "-n", "20", "--quantities", quantities, "-o", str(tmp_path / "v.npz")]) == 0
    with np.load(tmp_path / "v.npz", allow_pickle=False) as read:
        assert set(read) == {"x", "y", "value", *quantities.split(",")}
        assert (read["eigenvalues"] == (-1, 1)).all()


def test_what_does_not_fit_is_refused_with_its_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**12, 10**12 - 2 * 10**9, 2 * 10**9))
    monkeypatch.setattr(Lattice, "bands", None)  # nothing is computed
    monkeypatch.setattr(npz, "npz_bands", None)  # nothing is laid out
    assert main(["eval", "ackley", "-n", "16384", "--derivatives", "-o", str(tmp_path / "a.npz")]) == 2
    assert "12.9 GB on disk and 2 GB are free" in capsys.readouterr().err
    assert main(["eval", "ackley", "-n", "8", "--derivatives", "-o", str(tmp_path / "a.npy")]) == 2
    assert "holds one array" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())

"""``lossland slice``: what it writes and says."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import lossland as ll
from lossland.cli import main
from lossland.models import datasets, networks, slicing

SMALL = ["--net", "2-4-1", "--data", "xor", "--steps", "30", "-n", "9x7"]


@pytest.mark.parametrize("directions", ["random", "filter", "pca", "hessian", "gradient", "points", "local"])
def test_every_kind_of_direction(directions: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.npz"
    assert main(["slice", *SMALL, "--directions", directions, "--json", "-o", str(file)]) == 0
    told = json.loads(capsys.readouterr().out)
    with np.load(file) as arrays:
        assert arrays["value"].shape == (7, 9)
        assert (arrays["value"].min(), arrays["value"].max()) == (told["min"], told["max"])
        places = arrays["path"][-1]
        network = networks.mlp((2, 4, 1), loss="logistic")
        data = datasets.xor()
        centre = arrays["centre"] if arrays["centre"].ndim == 1 else arrays["centre"][-1]
        assert network.loss(centre, data.points, data.target) == pytest.approx(told["training_loss"], abs=1e-12)
        np.testing.assert_allclose(places, 0, atol=1e-9)  # the path ends where the slice has its origin
    assert told["conclusion"].endswith(".")
    assert told["top_eigenvalue"] >= told["curvature"] - 1e-6


def test_the_same_words_give_the_same_file(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        assert main(["slice", *SMALL, "--seed", "5", "-o", str(tmp_path / name)]) == 0
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_text_for_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slice", *SMALL, "--line", "-o", str(tmp_path / "s.h5")]) == 0
    out = capsys.readouterr().out
    assert "9 points of MLP 2-4-1, 17 parameters" in out
    assert "top_eigenvalue" in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--net", "2-4-2"), "need widths from 2 to 1"),
        (("--net", "two"), "written as widths"),
        (("--net", "cnn:4"), "give --data digits"),
        (("--data", "xorr"), "Did you mean 'xor'"),
        (("--optimizer", "shampoo"), "cannot train networks"),
        (("--directions", "filters"), "Did you mean 'filter'"),
        (("-n", "1"), "from 2 to"),
        (("-n", "9y9"), "written 51"),
        (("--optimizer", "gradient_descent:lr=1e300"), "has diverged"),
    ],
)
def test_wrong_input_is_told(
    words: tuple[str, str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = dict(zip(SMALL[::2], SMALL[1::2], strict=True)) | dict([words])
    every = [word for pair in given.items() for word in pair]
    assert main(["slice", *every, "-o", str(tmp_path / "s.npz")]) == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "s.npz").exists()


def test_from_python_with_parameters_of_ones_own() -> None:
    data = datasets.moons(60)
    network = networks.mlp((2, 5, 1), "relu", loss="logistic")
    theta = networks.initial(network, seed=8)
    found = ll.slice(network, data, parameters=theta, n=5, dtype="float64")
    assert found.value[2, 2] == pytest.approx(float(network.loss(theta, data.points, data.target)), abs=1e-12)


def test_convolutions_and_batch_normalization_are_sliced() -> None:
    found = slicing.slice("cnn:2", "digits", n=3, steps=3, activation="relu")
    assert np.isfinite(found.value).all()

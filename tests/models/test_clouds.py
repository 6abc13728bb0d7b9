"""Samples by name: which are drawn of many, what groups they are in, and which are near."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from lossland.errors import UserError
from lossland.models import clouds, datasets
from lossland.models.vectorfiles import Vectors

POINTS = np.random.default_rng(4).normal(size=(60, 3))


def test_every_name_has_samples_that_are_called_something() -> None:
    for name in clouds.NAMES[:-1]:
        made = clouds.samples(name)
        assert len(made.labels) == len(made.points) > 100
        assert (made.labels != "").all()
    assert clouds.samples("digits").pictures is not None
    words = clouds.samples("words")
    assert tuple(words.labels) == datasets.glove().words[: clouds.WORDS]
    np.testing.assert_allclose(np.linalg.norm(words.points, axis=1), 1.0)
    with pytest.raises(UserError, match="Name a file"):
        clouds.samples("file")


def test_of_many_the_seed_draws_some() -> None:
    np.testing.assert_array_equal(clouds.drawn(5, 5), np.arange(5))
    found = clouds.drawn(100_000, 3000, seed=1)
    assert len(np.unique(found)) == 3000
    assert (np.diff(found) > 0).all()
    assert abs(found.mean() - 50_000) < 4 * 100_000 / np.sqrt(12 * 3000)
    assert (found != clouds.drawn(100_000, 3000, seed=2)).any()


def test_labels_are_groups_unless_nearly_each_is_another() -> None:
    label = np.tile(["x", "y", "z"], 20)
    kind, names = clouds.groups(Vectors(POINTS, label), np.arange(60))
    assert names == ["x", "y", "z"]
    np.testing.assert_array_equal(np.array(names)[kind], label)
    apart = np.repeat(50.0 * np.eye(clouds.GROUPS), 6, axis=0)
    kind, names = clouds.groups(Vectors(apart, np.arange(60).astype(str)), np.arange(60))
    assert set(names) == {""}
    assert all(
        len(set(kind[6 * k : 6 * k + 6])) == 1 for k in range(clouds.GROUPS)
    )  # what is in one place, is one group


def test_the_nearest_are_those_of_scipy() -> None:
    rows = np.arange(0, 60, 2)
    found, away = clouds.nearest_to(POINTS, 7, rows, 5)
    apart = cdist(POINTS[7:8], POINTS[rows])[0]
    np.testing.assert_array_equal(found, rows[np.argsort(apart)[:5]])
    np.testing.assert_allclose(away, np.sort(apart)[:5])
    assert 8 not in clouds.nearest_to(POINTS, 8, rows, 40)[0]

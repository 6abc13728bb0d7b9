"""Data sets: the files against what is published of them, the generators against their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.errors import UserError
from lossland.models import datasets


def test_digits_are_those_of_the_literature() -> None:
    data = datasets.digits()
    assert data.points.shape == (1797, 64)
    assert np.bincount(data.target.astype(int)).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert (data.points.min(), data.points.max()) == (0.0, 1.0)
    nearest = data.points @ data.points.T
    square = np.diag(nearest)
    distance = square[:, None] + square - 2 * nearest
    np.fill_diagonal(distance, np.inf)
    wrong = data.target[distance.argmin(axis=1)] != data.target
    assert wrong.sum() == 21  # leave-one-out nearest neighbour, accuracy .98831


def test_digits_are_split_in_order() -> None:
    training, test = datasets.split_digits()
    assert (len(training), len(test)) == (1437, 360)
    np.testing.assert_array_equal(np.concatenate([training.target, test.target]), datasets.digits().target)


def test_iris_has_the_means_of_fishers_table() -> None:
    data = datasets.iris()
    assert data.names == ("setosa", "versicolor", "virginica")
    np.testing.assert_allclose(data.points.mean(axis=0), [5.843333, 3.057333, 3.758, 1.199333], atol=1e-6)
    np.testing.assert_allclose(data.points[data.target == 0].mean(axis=0), [5.006, 3.428, 1.462, 0.246], atol=1e-9)


def test_the_spiral_is_the_playgrounds() -> None:
    data = datasets.spiral(500)
    for i in (0, 1, 100, 249):  # as its source writes it
        r, t = i / 250 * 5, 1.75 * i / 250 * 2 * np.pi
        np.testing.assert_allclose(data.points[i], [r * np.sin(t), r * np.cos(t)], atol=1e-12)
        np.testing.assert_allclose(data.points[250 + i], [-r * np.sin(t), -r * np.cos(t)], atol=1e-12)
    assert data.target[:250].min() == 1
    assert data.target[250:].max() == -1


def test_the_circle_is_a_disc_within_a_ring() -> None:
    data = datasets.circle(2000)
    radius = np.hypot(*data.points.T)
    inside = data.target == 1
    assert inside[:1000].all()
    assert not inside[1000:].any()
    assert radius[inside].max() < 2.5
    assert radius[~inside].min() > 3.5
    assert radius[~inside].max() < 5
    assert radius[inside].mean() == pytest.approx(1.25, abs=0.06)  # uniform in r, not in area


def test_xor_has_its_gap() -> None:
    data = datasets.xor(2000)
    assert np.abs(data.points).min() > 0.3
    assert np.abs(data.points).max() < 5.3
    np.testing.assert_array_equal(data.target, np.sign(data.points[:, 0] * data.points[:, 1]))


@pytest.mark.parametrize(("noise", "variance"), [(0.0, 0.5), (0.5, 4.0), (0.25, 2.25)])
def test_gauss_has_its_variance(noise: float, variance: float) -> None:
    data = datasets.gauss(20_000, noise)
    around = data.points - 2 * data.target[:, None]
    np.testing.assert_allclose(around.var(axis=0), variance, rtol=0.03)
    np.testing.assert_allclose(around.mean(axis=0), 0, atol=0.03 * np.sqrt(variance))


def test_regressions_are_the_playgrounds() -> None:
    plane = datasets.plane(300)
    np.testing.assert_allclose(plane.target, plane.points.sum(axis=1) / 10)
    data = datasets.multi_gauss(3000)
    for point, target in zip(data.points[:200], data.target[:200], strict=True):
        label = 0.0
        for (cx, cy), sign in zip(datasets.CENTRES, datasets.SIGNS, strict=True):
            new = sign * min(max(1 - np.hypot(point[0] - cx, point[1] - cy) / 2, 0), 1)
            label = new if abs(new) > abs(label) else label
        assert target == pytest.approx(label, abs=1e-12)


def test_moons_and_circles_are_scikit_learns() -> None:
    data = datasets.moons(5)
    expected = [(1, 0), (-1, 0), (0, 0.5), (1, -0.5), (2, 0.5)]
    np.testing.assert_allclose(data.points, expected, atol=1e-12)
    assert data.target.tolist() == [-1, -1, 1, 1, 1]
    ring = datasets.circles(8)
    np.testing.assert_allclose(np.hypot(*ring.points.T), [1] * 4 + [0.8] * 4)
    np.testing.assert_allclose(ring.points[1], (0, 1), atol=1e-12)
    noisy = datasets.moons(20_000, noise=0.2, seed=3).points - datasets.moons(20_000).points
    np.testing.assert_allclose(noisy.std(axis=0), 0.2, rtol=0.03)


@pytest.mark.parametrize("name", datasets.GENERATORS)
def test_a_seed_is_a_sample(name: str) -> None:
    one, two = datasets.dataset(name, 40, 0.1, seed=1), datasets.dataset(name, 40, 0.1, seed=2)
    np.testing.assert_array_equal(one.points, datasets.dataset(name, 40, 0.1, seed=1).points)
    assert not np.array_equal(one.points, two.points)


def test_noise_turns_labels_over() -> None:
    clean, noisy = datasets.circle(2000, 0.0), datasets.circle(2000, 0.5)
    np.testing.assert_array_equal(clean.points, noisy.points)
    assert 0.05 < (clean.target != noisy.target).mean() < 0.6


def test_an_unknown_name_gets_a_hint() -> None:
    with pytest.raises(UserError, match="Did you mean 'spiral'"):
        datasets.dataset("spirals")


def test_a_bell_has_the_covariance_of_its_axes():
    axes = np.array([[2.0, 0.0, 0.3], [1.0, 1.0, 0.0], [0.0, -0.5, 0.7]])
    points = datasets.bell(axes, 200_000, seed=3)
    np.testing.assert_allclose(points.mean(axis=0), 0.0, atol=0.02)  # 4 standard errors
    np.testing.assert_allclose(np.cov(points.T), axes @ axes.T, atol=0.06)


def test_pixels_are_those_of_the_photo_row_by_row() -> None:
    data = datasets.pixels()
    assert len(data) == len(data.titles) == 64 * 96
    np.testing.assert_array_equal(data.points[96 * 5 + 7], datasets.photo()[5, 7])
    assert data.titles[487] == ", ".join(map(str, datasets.photo()[5, 7]))


def test_a_part_keeps_the_titles_of_its_samples() -> None:
    part = datasets.sentences().part(4, 8)
    assert part.titles == datasets.SENTENCES["space"]
    assert len(part) == 4
    assert datasets.ratings().titles == datasets.VIEWERS

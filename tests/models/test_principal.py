"""Principal components against NumPy's SVD, closed forms, and the numbers of scikit-learn's iris and digits."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.errors import UserError
from lossland.models import datasets, principal

RANDOM = np.random.default_rng(1)
CLOUD = RANDOM.normal(size=(40, 5)) @ RANDOM.normal(size=(5, 5)) + 3.0


def test_axes_are_those_of_the_singular_value_decomposition():
    found = principal.principal(CLOUD)
    _, s, vt = np.linalg.svd(CLOUD - CLOUD.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(found.values, s**2 / 39, rtol=1e-10)
    np.testing.assert_allclose(np.abs(np.sum(found.components * vt, axis=1)), 1.0, atol=1e-10)
    np.testing.assert_allclose(found.ratios.sum(), 1.0)


@pytest.mark.parametrize("keep", range(6))
def test_the_error_is_how_far_the_samples_are_from_their_shadows(keep):
    found = principal.principal(CLOUD)
    centred, kept = CLOUD - CLOUD.mean(axis=0), found.components[:keep]
    lost = centred - centred @ kept.T @ kept
    assert found.error(keep) == pytest.approx((lost**2).sum() / 39, abs=1e-9)


def test_iris_has_the_numbers_of_the_textbooks():
    found = principal.principal(datasets.iris().points)
    np.testing.assert_allclose(found.values, (4.228242, 0.242671, 0.078210, 0.023835), atol=5e-7)
    np.testing.assert_allclose(found.ratios, (0.924619, 0.053066, 0.017103, 0.005212), atol=5e-7)
    np.testing.assert_allclose(found.components[0], (0.361387, -0.084523, 0.856671, 0.358289), atol=5e-7)
    assert found.features(3) == [2, 1, 0]  # petal length, sepal width, sepal length


def test_digits_need_21_axes_for_nine_tenths():
    found = principal.principal(datasets.digits().points)
    np.testing.assert_allclose(found.ratios[:3], (0.148906, 0.136188, 0.117946), atol=5e-7)
    assert found.components_for(0.9) == 21
    assert found.rank == 61


def test_no_direction_has_more_variance_than_the_first_axis():
    found = principal.principal(CLOUD)
    tried = RANDOM.normal(size=(2000, 5))
    shadows = np.var((CLOUD - CLOUD.mean(axis=0)) @ tried.T / np.linalg.norm(tried, axis=1), axis=0, ddof=1)
    along = [found.variance_along(one) for one in tried]
    np.testing.assert_allclose(along, shadows, rtol=1e-10)
    assert max(along) <= found.values[0] + 1e-12
    assert found.variance_along(found.components[0]) == pytest.approx(found.values[0], rel=1e-12)
    assert found.variance_along(np.zeros(5)) == 0.0


def test_standardized_features_have_variance_one():
    made = principal.standardized(np.column_stack([CLOUD, np.full(40, 7.0)]))
    np.testing.assert_allclose(made.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(made.var(axis=0, ddof=1), (1, 1, 1, 1, 1, 0))


def test_a_frame_on_the_way_is_orthonormal_and_ends_are_met():
    start, end = (np.linalg.qr(RANDOM.normal(size=(6, 3)))[0] for _ in range(2))
    for share in (0.0, 0.3, 0.7, 1.0):
        frame = principal.between(start, end, share)
        np.testing.assert_allclose(frame.T @ frame, np.eye(3), atol=1e-12)
    np.testing.assert_allclose(principal.between(start, end, 0.0), start, atol=1e-12)
    np.testing.assert_allclose(principal.between(start, end, 1.0), end, atol=1e-12)


def test_halfway_between_two_axes_is_their_bisector():
    frame = principal.between(np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]]), 0.5)
    np.testing.assert_allclose(frame[:, 0], np.sqrt([0.5, 0.5]))


def test_one_sample_has_no_axes():
    with pytest.raises(UserError, match="at least two samples"):
        principal.principal(np.zeros((1, 3)))


def test_class_axes_span_the_means_of_the_classes():
    label = np.arange(40) % 4
    axes = principal.class_axes(CLOUD, label)
    centres = np.array([CLOUD[label == k].mean(axis=0) for k in range(4)])
    np.testing.assert_allclose(axes.T @ axes, np.eye(3), atol=1e-12)
    apart = centres - centres.mean(axis=0)
    np.testing.assert_allclose(apart @ axes @ axes.T, apart, atol=1e-9)  # four means span three dimensions
    few = principal.class_axes(CLOUD, label % 3)
    vt = np.linalg.svd(CLOUD - CLOUD.mean(axis=0), full_matrices=False)[2]
    np.testing.assert_allclose(np.abs(np.sum(few.T * vt[:3], axis=1)), 1.0, atol=1e-10)


def test_features_as_a_frame_point_the_way_of_their_axes() -> None:
    found = principal.principal(datasets.iris().points)
    frame = found.frame_of([2, 1, 0])
    np.testing.assert_array_equal(np.abs(frame), np.eye(4)[:, [2, 1, 0]])
    assert all(found.components[k] @ frame[:, k] > 0 for k in range(3))


def test_the_share_of_directions_is_that_of_the_components_along_them():
    found, covariance = principal.principal(CLOUD), np.cov(CLOUD, rowvar=False)
    shares = [principal.share_along(3.0 * found.components[:k].T, covariance) for k in range(1, 6)]
    np.testing.assert_allclose(shares, np.cumsum(found.ratios))


def test_ways_to_shadows_end_at_the_ball_around_the_moving_point() -> None:
    points = np.array([[1.0, 3.0, 4.0], [2.0, 0.0, 0.0], [-1.0, 0.1, 0.0]])
    start, end = principal.ways_to_shadows(points, 1, 0.5, 0.25).swapaxes(0, 1)
    np.testing.assert_array_equal(start, points)
    gone = 0.5 * 5.0 - 0.25  # of the first, which is 5 from its shadow
    np.testing.assert_allclose(end[0], points[0] - gone * np.array([0.0, 0.6, 0.8]), atol=1e-12)
    np.testing.assert_array_equal(end[1:], points[1:])  # one is on the axis, the other in its ball


def test_samples_along_their_first_axes() -> None:
    points = np.random.default_rng(0).normal(size=(40, 6)) * (5, 4, 3, 2, 1, 0.5)
    seen = principal.along(points, 4)
    _, sizes, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(seen), np.abs((points - points.mean(axis=0)) @ axes[:4].T), atol=1e-9)
    np.testing.assert_allclose((seen**2).sum(axis=0), sizes[:4] ** 2)
    few = principal.along(points[:, :2], 8)
    assert few.shape == (40, 3)
    assert not few[:, 2].any()

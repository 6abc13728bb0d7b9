"""How far classes are apart, layer by layer: against scikit-learn's numbers, and geometry that must hold."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from lossland.errors import UserError
from lossland.models import journeys, networks, runs


@pytest.fixture(scope="module")
def course() -> journeys.Course:
    training = journeys.training((32, 32, 32), "relu", 0)
    for _ in training.upto(journeys.EPOCHS):
        pass
    return training.course(journeys.EPOCHS)


def test_layer_by_layer_the_classes_come_apart(course: journeys.Course) -> None:
    """The means over starts, of another library: 0.421, 0.610, 0.720, 0.774, 0.830, and 0.987 of the test right."""
    found = [journeys.separation(one, course.target) for one in course.hidden(course.last)]
    assert np.all(np.diff(found) > 0)
    np.testing.assert_allclose(found, [0.421, 0.610, 0.720, 0.774, 0.830], atol=0.035)
    assert found[-1] >= 0.75
    assert course.accuracy(course.last) >= 0.95
    assert course.accuracy(0) < 0.3
    assert int(course.tested.sum()) == 360


def test_alignment_keeps_distances(course: journeys.Course) -> None:
    hidden = course.hidden(course.last)
    for frame, points in zip(course.frames(), hidden, strict=True):
        np.testing.assert_allclose(frame.basis.T @ frame.basis, np.eye(3), atol=1e-10)
        some = points[::60] - points.mean(axis=0)
        axes = np.linalg.eigh(np.cov(points.T))[1][:, -3:].T
        plain, seen = some @ axes.T, frame.shown(points[::60])
        for cloud in (plain, seen):
            cloud -= cloud.mean(axis=0)
        apart = [np.linalg.norm(one[:, None] - one[None], axis=-1) for one in (plain, seen)]
        np.testing.assert_allclose(apart[0], apart[1], rtol=1e-5, atol=1e-5)


def test_each_cloud_is_turned_to_the_one_before(course: journeys.Course) -> None:
    """No small turn brings it nearer."""
    frames, hidden = course.frames(), course.hidden(course.last)
    seen = [frame.shown(one) for frame, one in zip(frames, hidden, strict=True)]
    random = np.random.default_rng(0)
    for before, after in pairwise(seen):
        before, after = before - before.mean(axis=0), after - after.mean(axis=0)
        nearness = float((before * after).sum())
        for _ in range(50):
            turn = np.linalg.qr(np.eye(3) + 0.2 * random.normal(size=(3, 3)))
            q = turn.Q * np.sign(np.diag(turn.R))
            assert float((before * (after @ q)).sum()) <= nearness + 1e-9


def test_separation_is_a_ratio_of_variances() -> None:
    points = np.array([[0.0, 0.0], [2.0, 0.0], [10.0, 0.0], [12.0, 0.0]])
    assert journeys.separation(points, np.array([0, 0, 1, 1])) == pytest.approx(100 / 104)
    assert journeys.separation(points[:, ::-1] + 3, np.array([0, 1, 0, 1])) == pytest.approx(4 / 104)


def test_a_probe_finds_what_a_cut_parts() -> None:
    random = np.random.default_rng(0)
    points = random.normal(size=(300, 4))
    target = (points[:, 0] > 0).astype(np.int64)
    tested = np.arange(300) % 3 == 0
    assert journeys.probe(points, target, tested) > 0.93
    assert journeys.probe(points, random.integers(0, 2, 300), tested) < 0.65
    own = np.linalg.lstsq(np.column_stack([points[~tested], np.ones(200)]), np.eye(2)[target[~tested]], rcond=None)[0]
    right = (np.column_stack([points[tested], np.ones(100)]) @ own).argmax(axis=1) == target[tested]
    assert journeys.probe(points, target, tested) == pytest.approx(right.mean(), abs=0.011)


def recorded(*widths: int) -> runs.RecordedRun:
    network = networks.mlp(widths, "tanh")
    theta = np.stack([networks.initial(network, seed) for seed in range(3)])
    return runs.RecordedRun("mine", parameter_steps=np.array([0, 5, 9]), parameters=network.views(theta))


def test_a_recorded_perceptron_is_run_on_its_digits() -> None:
    run = recorded(64, 12, 10)
    course = journeys.recorded(run, "tanh")
    assert course.epochs.tolist() == [0, 5, 9]
    weights = [values[2] for values in run.parameters.values()]
    h = np.tanh(course.data.points @ weights[0].T + weights[1])
    np.testing.assert_allclose(course.hidden(2)[1], h, atol=1e-12)
    np.testing.assert_allclose(course.hidden(2)[2], h @ weights[2].T + weights[3], atol=1e-12)
    assert journeys.recorded(recorded(4, 6, 3), "tanh").data.names[0] == "setosa"


@pytest.mark.parametrize("widths", [(7, 5, 10), (64, 8, 3)])
def test_other_networks_are_refused(widths: tuple[int, ...]) -> None:
    with pytest.raises(UserError, match="a perceptron for the digits"):
        journeys.recorded(recorded(*widths), "tanh")
    with pytest.raises(UserError):
        journeys.recorded(runs.RecordedRun("curves"), "tanh")


def test_samples_of_the_test_are_chosen_first(course: journeys.Course) -> None:
    chosen = course.chosen(journeys.TESTED + 40)
    assert (np.diff(chosen) > 0).all()
    assert course.tested[chosen].sum() == journeys.TESTED
    assert course.tested[course.chosen(100)].all()
    groups = course.by_class(chosen)
    assert sorted(np.concatenate(groups)) == chosen.tolist()
    assert [set(course.target[own]) for own in groups] == [{k} for k in range(10)]


def test_what_is_read_in_the_end(course: journeys.Course) -> None:
    points = course.data.points[:30]
    outputs = course.network.apply(np.asarray(course.path[-1], float), points)
    np.testing.assert_array_equal(course.read(points), outputs.argmax(axis=1))

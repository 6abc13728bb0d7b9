"""A course of layouts: what is asked for is what is done, and places between steps."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from lossland.models import embeddings


class Falling:
    """One point that falls by 1 a step along y."""

    pace = 4

    def __init__(self) -> None:
        self.layout = np.zeros((1, 2))

    def advance(self, steps: int) -> None:
        self.layout = self.layout - (0.0, steps)

    def divergence(self) -> float:
        return float(-self.layout[0, 1])


def begun(pieces: int = 3) -> Generator[object, None, embeddings.Moving]:
    for _ in range(pieces):
        yield
    return Falling()


def test_a_course_goes_as_far_as_it_is_asked() -> None:
    course = embeddings.Course(begun(), np.zeros((1, 2)), 10)
    assert course.reach(0)
    assert course.steps == [0]
    assert course.reach(5)
    assert course.steps == [0, 4, 8]
    assert course.divergences == [0.0, 4.0, 8.0]
    assert course.reach(99)
    assert course.steps == [0, 4, 8, 10]


def test_between_two_steps_points_move_straight() -> None:
    course = embeddings.Course(begun(), np.zeros((1, 2)), 10)
    course.reach(10)
    for step in (0.0, 1.5, 4.0, 9.0, 10.0, 12.0):
        np.testing.assert_allclose(course.at(step), [[0.0, -min(step, 10.0)]])


def test_pieces_of_work_are_counted() -> None:
    course = embeddings.Course(begun(pieces=3), np.zeros((1, 2)), 10)
    reached = [course.reach(4, pieces=1) for _ in range(6)]
    assert reached == [False, False, False, False, False, True]
    np.testing.assert_allclose(course.at(10), [[0.0, -4.0]])  # the last there is

"""Paths that grow: what is kept of them, what a frame uploads, and what it shows."""

from __future__ import annotations

import numpy as np
import pytest
from vispy import gloo

from lossland.camera import Camera
from lossland.errors import UserError
from lossland.layers import Trail
from lossland.picking import HEAD, pick
from lossland.render import canvas
from lossland.render.painter import DrawContext, Phase, Quality
from lossland.render.painters.trails import FADE, VERTEX, TrailsPainter
from lossland.render.target import Target
from lossland.scenery import Frame, Show
from lossland.theme import DARK
from lossland.track import Track

SIZE = (240, 160)
DULL = 0.22  # of trail.frag
ZIGZAG = np.stack([np.linspace(-2.0, 2.0, 61), np.resize([0.3, -0.3, 0.5, -0.2], 61), np.zeros(61)], -1)


# ------------------------------------------------------------------------------------------------ what is kept
@pytest.mark.parametrize("sizes", [[1] * 50, [3, 7, 1, 12, 5, 22], [50], [2, 48]])
def test_the_last_points_are_kept_in_their_order(sizes: list[int]) -> None:
    rng, track = np.random.default_rng(1), Track(capacity=11)
    points, numbers = rng.normal(size=(50, 3)), np.cumsum(rng.uniform(0.1, 2.0, 50))
    done = 0
    for size in sizes:
        track.append(points[done : done + size], numbers[done : done + size])
        done += size
        first = max(done - 11, 0)
        assert (track.first, track.count) == (first, done)
        assert np.array_equal(track.points, points[first:done])
        assert np.array_equal(track.progress, numbers[first:done])
    assert np.array_equal(track.rows(45, 48)[0], points[45:48])


def test_what_was_handed_out_stays_as_it_was() -> None:
    track = Track(capacity=4)
    track.append(ZIGZAG[:4], np.arange(4))
    held = track.points
    for number in range(4, 40):
        track.append(ZIGZAG[number], number)
    assert np.array_equal(held, ZIGZAG[:4])


@pytest.mark.parametrize(
    ("points", "numbers", "said"),
    [
        (np.zeros((2, 3)), [5.0], "one iteration number"),
        ([np.nan, 0, 0], 5.0, "finite"),
        ([0, 0, 0], np.inf, "finite"),
        ([0, 0, 0], 2.0, "rise"),
        (np.zeros((2, 3)), [4.0, 4.0], "rise"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(points: object, numbers: object, said: str) -> None:
    track = Track(capacity=4)
    track.append(ZIGZAG[:3], np.arange(3))
    with pytest.raises(UserError, match=said):
        track.append(points, numbers)  # pyright: ignore[reportArgumentType]
    assert track.count == 3
    assert np.array_equal(track.points, ZIGZAG[:3])
    with pytest.raises(UserError, match="at least two"):
        Track(capacity=1)


# ------------------------------------------------------------------------------------------------ how it is drawn
class Easel:
    """Draws trails again and again with one painter, on black."""

    def __init__(self) -> None:
        canvas.headless().set_current()
        self.camera = Camera(flat=True)
        self.camera.fit(np.array([[-2.2, -1.4, 0], [2.2, 1.4, 0]]), SIZE)
        self.target, self.painter = Target(SIZE), TrailsPainter(DARK)

    def draw(self, *trails: Trail) -> np.ndarray:
        with self.target:
            gloo.set_state(depth_mask=True)
            gloo.clear(color=(0, 0, 0, 1), depth=1.0)
            for phase in (Phase.TRAILS, Phase.HEADS):
                context = DrawContext(
                    camera=self.camera,
                    size=SIZE,
                    px=1.0,
                    theme=DARK,
                    show=Show(),
                    quality=Quality.still,
                    clip_from_world=self.camera.clip_from_world(SIZE).astype(np.float32),
                    eye=self.camera.eye,
                    light=self.camera.light,
                    phase=phase,
                    layers=trails,
                )
                self.painter.draw(trails, context)
        return self.target.read()[..., :3].astype(float)

    def close(self) -> None:
        self.painter.close()
        self.target.close()


@pytest.fixture
def easel():
    made = Easel()
    yield made
    made.close()


def whole(points: np.ndarray) -> Trail:
    return Trail(points, np.arange(len(points), dtype=float), "accent", len(points) - 1.0)


def test_a_track_that_forgot_nothing_looks_like_the_whole_path(easel: Easel) -> None:
    track, shown = Track(capacity=100), np.zeros(0)
    for number, point in enumerate(ZIGZAG):
        track.append(point, number)
        shown = easel.draw(Trail.growing(track, "accent"))
    assert np.array_equal(shown, easel.draw(whole(ZIGZAG)))
    assert shown.max() > 200


def test_a_ring_that_went_round_looks_like_its_last_points_put_in_at_once(easel: Easel) -> None:
    track, fresh, shown = Track(capacity=20), Track(capacity=20), np.zeros(0)
    for start in range(0, 61, 7):
        track.append(ZIGZAG[start : start + 7], np.arange(start, min(start + 7, 61)))
        shown = easel.draw(Trail.growing(track, "accent"))
    fresh.append(ZIGZAG, np.arange(61))
    assert np.array_equal(shown, easel.draw(Trail.growing(fresh, "accent")))
    left = round(easel.camera.project(ZIGZAG[41], SIZE)[0])
    assert shown[:, : left - 4].max() == 0.0  # what was forgotten is not there
    assert shown[:, left + 20 :].max() > 200


def test_a_frame_uploads_only_what_is_new(easel: Easel, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    original = gloo.VertexBuffer.set_subdata
    monkeypatch.setattr(
        gloo.VertexBuffer,
        "set_subdata",
        lambda self, data, *rest, **more: sent.append(data.nbytes) or original(self, data, *rest, **more),
    )
    track, piece = Track(capacity=16), 2 * 4 * VERTEX.itemsize  # a piece has a casing and a line, of four corners each
    easel.draw(whole(ZIGZAG))  # whole paths do not go this way
    assert not sent
    for number, count in enumerate([5, 1, 1, 3, 4, 1, 9, 1]):  # it goes round twice
        at = track.count
        track.append(ZIGZAG[at : at + count], np.arange(at, at + count))
        sent.clear()
        easel.draw(Trail.growing(track, "accent", head=False))
        assert sum(sent) == (count if number else count - 1) * piece + (piece if number else 0)
        sent.clear()
        easel.draw(Trail.growing(track, "accent", head=False))
        assert not sent


def test_the_older_end_comes_out_of_nothing(easel: Easel) -> None:
    track = Track(capacity=101)
    x = np.linspace(-2.0, 2.0, 201)
    track.append(np.stack([x, 0 * x, 0 * x], -1), np.arange(201))
    image = easel.draw(Trail.growing(track, "#FF0000", head=False))
    casing = 255 * np.array(DARK.color("casing"))
    start, end = (easel.camera.project(np.array([end, 0.0, 0.0]), SIZE) for end in (0.0, 2.0))
    for share in (0.02, FADE / 2, FADE, 0.6):
        column, row = (start + share * (end - start)).astype(int)
        place = (column + 0.5 - start[0]) / (end[0] - start[0])
        s = np.clip(place / FADE, 0, 1)
        alpha = s * s * (3 - 2 * s)
        ink = np.array([255.0, 0, 0]) * (1 - DULL * (1 - place)) + casing * DULL * (1 - place)
        found = image[row - 1 : row + 1, column].max(0)
        assert found == pytest.approx(ink * alpha + casing * alpha * (1 - alpha), abs=9)  # a pixel or so


def test_tracks_come_and_go(easel: Easel) -> None:
    first, second = Track(capacity=70), Track(capacity=70)
    first.append(ZIGZAG, np.arange(61))
    second.append(ZIGZAG * (1, -1, 1), np.arange(61))
    one, other = Trail.growing(first, "accent"), Trail.growing(second, "optimizer.adam")
    both = easel.draw(one, other, whole(ZIGZAG[::-1] * 0.5))
    alone = easel.draw(other)
    assert not np.array_equal(both, alone)
    assert np.array_equal(alone, easel.draw(other))
    assert np.array_equal(both, easel.draw(one, other, whole(ZIGZAG[::-1] * 0.5)))


def test_the_pointer_finds_head_and_pieces_after_the_ring_went_round() -> None:
    track = Track(capacity=20)
    track.append(ZIGZAG, np.arange(61))
    trail, camera = Trail.growing(track, "accent"), Camera(flat=True)
    camera.fit(np.array([[-2.2, -1.4, 0], [2.2, 1.4, 0]]), SIZE)
    middle = (ZIGZAG[50] + ZIGZAG[51]) / 2
    for place, element in ((middle, 50 - track.first), (ZIGZAG[60], HEAD)):
        found = pick(trail, Frame([trail]), camera, camera.project(place, SIZE), SIZE, 3.0)
        assert found is not None
        assert found.element == element
    assert pick(trail, Frame([trail]), camera, camera.project(ZIGZAG[10], SIZE), SIZE, 3.0) is None

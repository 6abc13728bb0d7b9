"""Where labels go, against plain loops that look at every choice, and the room that notes leave."""

from __future__ import annotations

from math import cos, hypot, pi, sin

import numpy as np
import pytest

from lossland.scenery.scene import Frame
from lossland.world import layers
from lossland.world.terrain import Terrain
from lossland.writing.placement import (
    COVERED,
    CUT,
    DISTANCES,
    EIGHTH,
    LEADING,
    SIDES,
    TURNED,
    Choice,
    Rect,
    are_apart,
    at_side,
    beside,
    choose,
    choose_sides,
    glide,
    has_room,
    overlap,
    separate,
)
from lossland.writing.room import first_of, free_rect, has_column, is_tall
from lossland.writing.text import Type

FREE = (10.0, 20.0, 400.0, 300.0)


def area(a: Rect, b: Rect) -> float:
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(wide, 0.0) * max(high, 0.0)


def cut(rect: Rect, free: Rect) -> float:
    """Return by how many pixels a rectangle goes beyond another one, all sides together."""
    x, y, w, h = rect
    beyond = (free[0] - x, free[1] - y, x + w - free[0] - free[2], y + h - free[1] - free[3])
    return sum(max(one, 0.0) for one in beyond)


def some(random: np.random.Generator, count: int) -> list[Rect]:
    return [tuple(random.uniform((0, 0, 20, 10), (400, 300, 120, 60)).tolist()) for _ in range(count)]


# ------------------------------------------------------------------------------------------------- one label
@pytest.mark.parametrize("angle", np.linspace(-pi, pi, 17).tolist())
def test_a_label_beside_a_head_touches_the_circle_around_it(angle: float) -> None:
    x, y, w, h = beside((100.0, 50.0), (40.0, 16.0), Choice(angle, 30.0))
    assert (w, h) == (40.0, 16.0)
    toward = (100 + 30 * cos(angle), 50 + 30 * sin(angle))  # on the circle
    assert x + w / 2 - toward[0] == pytest.approx(20 * cos(angle))  # the middle is half the size farther
    assert y + h / 2 - toward[1] == pytest.approx(8 * sin(angle))


def test_a_glide_is_eased_and_turns_the_shorter_way() -> None:
    start, end = Choice(3.0, 10.0), Choice(-3.0, 30.0)
    assert glide(start, end, 0.0) == start
    way = 2 * pi - 6.0  # across the left, not back through the right
    for share in (0.25, 0.5, 0.75, 1.0):
        eased = 3 * share**2 - 2 * share**3
        between = glide(start, end, share)
        assert (between.angle, between.distance) == pytest.approx((3.0 + eased * way, 10.0 + 20.0 * eased))
    assert glide(end, start, 0.5).angle == pytest.approx(-3.0 - way / 2)


def test_rectangles_that_touch_share_nothing() -> None:
    one = (10.0, 20.0, 30.0, 40.0)
    for other in ((40.0, 20.0, 5.0, 5.0), (5.0, 20.0, 5.0, 5.0), (10.0, 60.0, 5.0, 5.0), (10.0, 15.0, 5.0, 5.0)):
        assert not overlap(one, other)
        assert not overlap(other, one)
        dx, dy = np.sign(np.array((25.0, 40.0)) - np.array((other[0] + 2.5, other[1] + 2.5))) * 0.5
        assert overlap(one, (other[0] + dx, other[1] + dy, 5.0, 5.0))


def test_the_letters_of_a_line_need_room_not_its_leading() -> None:
    width, height = 60.0, 20.0
    inset = LEADING * height
    fits = [(10.0, 20.0 - inset), (10.0, 320.0 - height + inset), (350.0, 100.0)]  # at the very edges
    for x, y in fits:
        assert has_room((x, y, width, height), FREE, [])
    for x, y in ((9.9, 100.0), (350.1, 100.0), (100.0, 19.9 - inset), (100.0, 320.1 - height + inset)):
        assert not has_room((x, y, width, height), FREE, [])
    line = (100.0, 100.0, width, height)
    touching = [(160.0, 100.0, 9.0, 9.0), (100.0, 120.0 - inset, 9.0, 9.0), (100.0, 91.0 + inset, 9.0, 9.0)]
    assert has_room(line, FREE, touching)
    for x, y, w, h in touching:
        shifted = (x - 1.0 if x > 150 else x, y - 1.0 if y > 110 else y + 1.0 if y < 100 else y, w, h)
        assert not has_room(line, FREE, [shifted])


# ------------------------------------------------------------------------------------------------ sides of places
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("px", [1.0, 2.0])
def test_the_side_is_the_one_at_which_least_is_lost(seed: int, px: float) -> None:
    random = np.random.default_rng(seed)
    count = 5
    points = random.uniform((10, 20), (410, 320), (count, 2)).tolist()
    sizes = random.uniform((20, 10), (90, 40), (count, 2)).tolist()
    gaps = random.uniform(4, 20, count).tolist()
    wanted = [random.choice(list(SIDES.values())), *random.uniform(-pi, pi, count - 1)]
    taken = some(random, 4)
    known, expected = list(taken), []
    for point, size, gap, own in zip(points, sizes, gaps, wanted, strict=True):
        costs = []
        for angle in (*SIDES.values(), own):
            rect = at_side(point, size, Choice(float(angle), gap))
            turned = abs((angle - own + pi) % (2 * pi) - pi) / EIGHTH
            lost = CUT * cut(rect, FREE) / px + COVERED * sum(area(rect, other) for other in known) / px**2
            costs.append((round(TURNED * turned + lost, 6), len(costs), float(angle), rect))
        best = min(costs)
        expected.append(best[2])
        known.append(best[3])
    views = [np.array([one]) for one in (points, gaps, wanted, taken)]
    twice = [np.concatenate([one, one + add]) for one, add in zip(views, (1e-3, 0.0, 0.0, 1e-3), strict=True)]
    points, gaps, wanted, taken = twice  # a second view, a thousandth of a pixel away
    found = choose_sides(points, np.array(sizes), gaps, wanted, FREE, taken, px)
    assert found[0] == pytest.approx(expected)


# ------------------------------------------------------------------------------------------------ moving heads
HEAD, SIZE = np.array([[200.0, 150.0]]), np.array([[60.0, 20.0]])
NOTHING = np.zeros((0, 2))


@pytest.mark.parametrize("px", [1.0, 2.0])
def test_a_head_alone_has_its_name_at_the_right_near_it(px: float) -> None:
    (choice,) = choose(px * HEAD, px * SIZE, NOTHING, (0, 0, 800, 600), [], px)
    assert choice == Choice(0.0, px * DISTANCES[0])


@pytest.mark.parametrize("px", [1.0, 2.0])
@pytest.mark.parametrize(
    ("free", "hidden"),
    [
        ((0, 0, 240, 300), lambda dx, dy: dx > 0.9),  # the right edge is near
        ((0, 0, 400, 155), lambda dx, dy: dy > 0.3),
        ((0, 145, 400, 300), lambda dx, dy: dy < -0.3),
    ],
)
def test_a_name_leaves_the_side_where_it_would_be_cut(px, free, hidden) -> None:
    (choice,) = choose(px * HEAD, px * SIZE, NOTHING, tuple(px * edge for edge in free), [], px)
    assert not hidden(cos(choice.angle), sin(choice.angle))
    assert cut(beside((px * HEAD)[0], (px * SIZE)[0], choice), tuple(px * edge for edge in free)) == 0.0


@pytest.mark.parametrize("px", [1.0, 2.0])
def test_a_name_covers_no_path_no_head_and_no_other_name(px: float) -> None:
    path = np.column_stack([np.linspace(205, 300, 40), np.full(40, 150.0)])  # to the right of the head
    (choice,) = choose(px * HEAD, px * SIZE, px * path, (0, 0, 800, 600), [], px)
    x, y, w, h = beside((px * HEAD)[0], (px * SIZE)[0], choice)
    assert not any(x <= a <= x + w and y <= b <= y + h for a, b in (px * path).tolist())
    heads = np.array([[200.0, 150.0], [240.0, 150.0], [200.0, 190.0]])
    choices = choose(px * heads, px * np.tile(SIZE, (3, 1)), NOTHING, (0, 0, 800, 600), [], px)
    rects = [beside(head, (px * SIZE)[0], one) for head, one in zip((px * heads).tolist(), choices, strict=True)]
    for k, rect in enumerate(rects):
        assert not any(overlap(rect, other) for other in rects[:k])
        assert not any(
            rect[0] < a < rect[0] + rect[2] and rect[1] < b < rect[1] + rect[3] for a, b in (px * heads).tolist()
        )
    block = (px * 210.0, px * 130.0, px * 100.0, px * 40.0)
    (choice,) = choose(px * HEAD, px * SIZE, NOTHING, (0, 0, 800, 600), [block], px)
    assert not overlap(beside((px * HEAD)[0], (px * SIZE)[0], choice), block)


@pytest.mark.parametrize("angle", np.linspace(0, 2 * pi, 8, endpoint=False).tolist())
def test_a_name_finds_the_one_direction_that_is_left(angle: float) -> None:
    gap = Choice(angle, DISTANCES[0])
    spot = beside(HEAD[0], SIZE[0], gap)
    grid = [(x, y, 4.0, 4.0) for x in np.arange(20.0, 380, 4) for y in np.arange(20.0, 280, 4)]
    blocked = [one for one in grid if not overlap((spot[0] - 10, spot[1] - 8, spot[2] + 20, spot[3] + 16), one)]
    (choice,) = choose(HEAD, SIZE, NOTHING, (0, 0, 400, 300), blocked, 1.0)
    assert choice.distance == gap.distance
    assert (cos(choice.angle), sin(choice.angle)) == pytest.approx((cos(angle), sin(angle)))


def test_the_left_and_slanted_places_are_taken_only_for_a_reason() -> None:
    # Above and below at the same distance cost the same: the first is taken; the left is the last resort
    right = (px_right := 215.0, 100.0, 300.0, 100.0)
    (choice,) = choose(HEAD, SIZE, NOTHING, (0, 0, 800, 600), [right], 1.0)
    assert px_right > 200.0
    assert cos(choice.angle) < 0.5
    assert not overlap(beside(HEAD[0], SIZE[0], choice), right)


# ------------------------------------------------------------------------------------------------------- apart
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("gap", [0.0, 5.0])
def test_what_is_moved_aside_is_moved_by_the_least(seed: int, gap: float) -> None:
    random = np.random.default_rng(seed)
    taken, wanted = some(random, 4), some(random, 4)
    placed = list(taken)
    for (x, y, w, h), found in zip(wanted, separate(wanted, FREE, taken, gap), strict=True):
        grid = [
            (float(left), float(top))
            for left in np.arange(FREE[0], FREE[0] + FREE[2] - w + 1e-9, 2.0)
            for top in np.arange(FREE[1], FREE[1] + FREE[3] - h + 1e-9, 2.0)
        ]
        room = [
            hypot(left - x, top - y)
            for left, top in grid
            if not any(overlap((left - gap, top - gap, w + 2 * gap, h + 2 * gap), other) for other in placed)
        ]
        if found is None:
            assert not room
            continue
        assert found[2:] == (w, h)
        assert cut(found, FREE) == pytest.approx(0.0, abs=1e-9)
        grown = (found[0] - gap + 1e-5, found[1] - gap + 1e-5, w + 2 * gap - 2e-5, h + 2 * gap - 2e-5)
        assert not any(overlap(grown, other) for other in placed)
        assert hypot(found[0] - x, found[1] - y) <= min(room, default=1e9) + 1e-6  # nobody finds a nearer one
        placed.append(found)


@pytest.mark.parametrize("size", [(400.1, 20.0), (20.0, 300.1), (500.0, 400.0)])
def test_what_is_larger_than_its_room_has_no_place(size: tuple[float, float]) -> None:
    small = (0.0, 0.0, 20.0, 10.0)
    assert separate([(10.0, 20.0, *size), small], FREE, [], 2.0) == [None, (10.0, 20.0, 20.0, 10.0)]
    assert separate([(50.0, 50.0, 400.0, 300.0)], FREE, [], 2.0) == [(10.0, 20.0, 400.0, 300.0)]  # it just fits


@pytest.mark.parametrize("seed", range(40))
def test_rectangles_are_apart_where_each_is_inside_and_none_is_nearer_than_the_gap(seed: int) -> None:
    random = np.random.default_rng(seed)
    gap, taken = float(random.choice([0.0, 6.0])), some(random, int(random.integers(0, 3)))
    rects = [tuple(random.uniform((5, 15, 10, 10), (360, 290, 50, 40)).tolist()) for _ in range(random.integers(1, 4))]
    inside = all(cut(rect, FREE) == 0.0 for rect in rects)
    grown = [(x - gap, y - gap, w + 2 * gap, h + 2 * gap) for x, y, w, h in rects]
    near = [overlap(one, other) for k, one in enumerate(grown) for other in [*taken, *rects[:k]]]
    found = are_apart(
        np.array([rect[:2] for rect in rects]), np.array([rect[2:] for rect in rects]), FREE,
        np.array(taken, float).reshape(-1, 4), gap,
    )  # fmt: skip
    assert found == (inside and not any(near))
    if found:
        assert separate(rects, FREE, taken, gap) == rects  # none is moved


# -------------------------------------------------------------------------------------------- the room of a subject
def test_a_picture_is_tall_from_nine_tenths_on() -> None:
    assert [is_tall(size) for size in ((1000, 900), (1000, 901), (500, 1000), (1920, 1080))] == [
        False, True, True, False,
    ]  # fmt: skip


def test_notes_of_the_column() -> None:
    title, legend, formula = layers.Title("a"), layers.Legend([]), layers.Formula("x")
    meter, facts = layers.Meter("a", "x", 1.0, "text"), layers.Facts("a", [])
    assert not has_column([title, legend])
    for note in (formula, meter, facts):
        assert has_column([title, note])
    assert first_of([title, formula, legend], layers.Legend) is legend
    assert first_of([title, formula], layers.Legend) is None


def test_the_room_is_what_the_notes_leave(type_: Type) -> None:
    ground = Terrain(np.linspace(0, 1, 5), np.linspace(0, 1, 5), np.eye(5))
    bar, formula = layers.ColorBar(ground), layers.Formula("x")
    legend = layers.Legend([layers.Row("text", "one")])

    def room(size: tuple[int, int], *notes: layers.Note) -> Rect:
        return free_rect(Frame([], notes), size, type_)

    wide = (1920, 1080)
    left, top, width, height = room(wide)
    assert left == 1920 - left - width  # the same margin at both sides
    assert room(wide, bar)[:2] == (left, top)
    assert room(wide, bar)[2] < width  # the bar stands at the right
    for note in (legend, formula):  # these at the left
        assert room(wide, note)[0] > left
        assert sum(room(wide, note)[::2]) == left + width
        assert room(wide, note)[1::2] == (top, height)
    assert room(wide, formula, legend) == room(wide, formula)

    tall = (1080, 3000)
    left, top, width, height = room(tall)
    assert left == 1080 - left - width
    assert room(tall, bar) == room(tall, legend)
    assert room(tall, bar)[:3] == (left, top, width)
    assert room(tall, bar)[3] < height  # they stand below
    assert room(tall, formula)[1] > top  # the column stands above
    assert sum(room(tall, formula)[1::2]) == top + height
    assert room((500, 500), formula, legend)[3] >= 0.4 * 500 - 1e-9  # six tenths of the height at most
    assert room((30, 20), formula)[2:] >= (1.0, 1.0)

"""Painters are handed out by key: what stays in a picture is not uploaded again, and no painter is left over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from frames import FRAMES
from kinds import DRAWN
from uploads import uploads

from lossland.render.gl import canvas
from lossland.render.painter import REGISTRY, TOGETHER, Phase, Quality
from lossland.render.renderer import Renderer
from lossland.scenery.scene import Frame, Show
from lossland.world.camera import Camera
from lossland.world.layers import Lines, Points, Solid, Surface, Trail
from lossland.world.theme import DARK, PRINT

SIZE = (64, 48)
QUALITY = Quality(mesh=12, lit=24, bake=24)
SEEDS = {"a": 1, "b": 2, "c": 3}


@pytest.fixture(scope="module", autouse=True)
def context():
    canvas.headless().set_current()


@pytest.fixture
def renderer():
    made = Renderer(DARK)
    yield made
    made.close()


@pytest.fixture
def made(monkeypatch):
    """Painters of lines that draw nothing, in the order in which they were made."""
    painters = []

    class Counted:
        def __init__(self, theme):
            self.drawn, self.closed, self.theme = [], False, theme
            painters.append(self)

        def draw(self, layer, context):
            self.drawn.append(layer.key)

        def close(self):
            self.closed = True

    monkeypatch.setitem(REGISTRY, Lines, (Counted, (Phase.LINES,)))
    return painters


def draw(renderer, layers, show=None):
    camera = Camera()
    camera.fit(np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float), SIZE)
    return renderer.image(Frame(layers), camera, SIZE, show, QUALITY)


def fresh(layers, theme=DARK, show=None):
    """Return the picture of a renderer that has drawn nothing before."""
    renderer = Renderer(theme)
    image = draw(renderer, layers, show)
    renderer.close()
    return image


def points(key, **options):
    places = np.random.default_rng(SEEDS[key]).uniform(-0.8, 0.8, (9, 3))
    return Points(places, "up", 3.0, "sphere", key=key, **options)


def lines(key, **options):
    return Lines([np.random.default_rng(SEEDS[key]).uniform(-0.8, 0.8, (9, 3))], "up", key=key, **options)


def trail(key):
    path = np.random.default_rng(SEEDS[key]).uniform(-0.8, 0.8, (9, 3))
    return Trail(path, np.arange(9.0), "up", 6.0, key=key)


@pytest.mark.parametrize("kind", [kind for kind in DRAWN if kind not in TOGETHER], ids=lambda kind: kind.__name__)
def test_layers_with_keys_may_change_their_order(renderer, kind):
    """Two layers of the gallery, with arrays of their own, are drawn in one order, and then in the other.

    Solids are opaque here: the glass of a frame is one mesh in the order of its layers, so another order is another.
    """
    found = next(one for make in FRAMES.values() for one in make().layers if type(one) is kind)
    found = replace(found, alpha=1.0) if isinstance(found, Solid) else found
    moved = {name: value.copy() for name, value in vars(found).items() if isinstance(value, np.ndarray)}
    pair = [replace(found, key="a"), replace(found, key="b", **moved)]
    draw(renderer, pair)
    draw(renderer, pair)  # what is made with the first picture of all
    with uploads() as sent:
        image = draw(renderer, pair[::-1])
    assert sent == []
    assert np.array_equal(image, fresh(pair[::-1]))


@pytest.mark.parametrize("make", [lines, points])
def test_without_the_first_of_three_the_others_are_not_uploaded_again(renderer, make):
    three = [make(key) for key in "abc"]
    draw(renderer, three)
    with uploads() as sent:
        image = draw(renderer, three[1:])
        again = draw(renderer, three)
    assert sent == []
    assert np.array_equal(image, fresh(three[1:]))
    assert np.array_equal(again, fresh(three))


def test_all_trails_have_one_painter_whichever_of_them_go(renderer, monkeypatch):
    kind, phases = REGISTRY[Trail]
    painters = []

    def counted(theme):
        painters.append(kind(theme))
        return painters[-1]

    monkeypatch.setitem(REGISTRY, Trail, (counted, phases))
    three = [trail(key) for key in "abc"]
    for shown in (three, three[1:], three[::2], three[::-1]):
        assert np.array_equal(draw(renderer, shown), fresh_trails(shown, kind, phases, monkeypatch))
    assert len(painters) == 1


def fresh_trails(shown, kind, phases, monkeypatch):
    """Return the picture of another renderer, whose painters are not counted."""
    with monkeypatch.context() as patch:
        patch.setitem(REGISTRY, Trail, (kind, phases))
        return fresh(shown)


def test_what_was_hidden_comes_back_without_an_upload(renderer):
    pair = [points("a", group="arrows"), points("b")]
    whole = draw(renderer, pair)
    with uploads() as sent:
        hidden = draw(renderer, pair, Show(arrows=False))
        assert np.array_equal(draw(renderer, pair), whole)
    assert sent == []
    assert np.array_equal(hidden, fresh(pair[1:]))


def test_a_newcomer_takes_the_painter_of_what_is_hidden_and_both_are_drawn_later(renderer, made):
    hidden, newcomer, off = lines("a", group="arrows"), lines("b"), Show(arrows=False)
    draw(renderer, [hidden])
    draw(renderer, [hidden, newcomer], off)
    draw(renderer, [hidden, newcomer])
    assert [painter.drawn for painter in made] == [["a", "b", "b"], ["a"]]


def test_the_painters_of_two_themes_share_nothing(renderer):
    drawn = [points("a"), lines("b"), *FRAMES["bars"]().layers]
    other = Renderer(PRINT)
    for _ in range(2):  # in turn, with the same arrays
        assert np.array_equal(draw(renderer, drawn), fresh(drawn))
        assert np.array_equal(draw(other, drawn), fresh(drawn, PRINT))
    other.close()


def test_keys_that_come_and_go_leave_no_painters_over(renderer, made):
    """Over 1000 frames there are as many painters as there were layers at one time, and each layer keeps its own."""
    rng = np.random.default_rng(4)
    path, most, before = np.zeros((2, 3)), 0, {}
    camera = Camera()
    camera.fit(np.eye(3), (8, 8))
    for number in range(1000):
        keys = [f"{number // 7 + k}" for k in range(int(rng.integers(1, 6)))]
        rng.shuffle(keys)
        most = max(most, len(keys))
        for painter in made:
            painter.drawn.clear()
        renderer.image(Frame([Lines([path], "up", key=key) for key in keys]), camera, (8, 8), quality=QUALITY)
        now = {painter.drawn[0]: painter for painter in made if painter.drawn}
        assert [len(painter.drawn) for painter in now.values()] == [1] * len(keys)
        assert now.keys() == set(keys)
        assert all(now[key] is before[key] for key in now.keys() & before.keys())
        before = now
    assert len(made) == most == 5
    renderer.close()
    assert all(painter.closed for painter in made)


def test_a_layer_without_a_key_is_told_by_its_type_and_order(renderer, made):
    draw(renderer, [Lines([np.zeros((2, 3))], "up"), Lines([np.ones((2, 3))], "up")])
    assert Frame([Lines([], "up"), Lines([], "up")]).keys == ("Lines", "Lines 2")
    assert len(made) == 2


def test_a_ground_is_lit_once_though_it_changes_its_place(renderer):
    frame = FRAMES["sheets"]()
    surfaces = [replace(one, key=f"{k}") for k, one in enumerate(one for one in frame.layers if type(one) is Surface)]
    draw(renderer, surfaces)
    with uploads() as sent:
        draw(renderer, surfaces[::-1])
    assert sent == []

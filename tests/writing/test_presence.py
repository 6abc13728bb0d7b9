"""Layers that are dimmed, ghosts, or emphasized: every type of layer must be, in its picture or its writing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from imgui_bundle import imgui
from vispy import gloo

from lossland.pointing.picking import pick_any
from lossland.render.gl import canvas
from lossland.render.gl.target import Target
from lossland.render.painter import REGISTRY, Quality
from lossland.render.renderer import Renderer
from lossland.scenery.scene import Frame, Show
from lossland.world import layers, shapes
from lossland.world.camera import Camera
from lossland.world.layers import Layer
from lossland.world.terrain import Terrain
from lossland.world.theme import DARK, PRINT
from lossland.world.track import Track
from lossland.writing.host import Host
from lossland.writing.overlay import draw_overlay
from lossland.writing.text import Type

SIZE = (192, 144)
QUALITY = Quality(mesh=48, lit=128, bake=64)
SQUARE = np.array([[-0.7, -0.7, 0.1], [0.7, -0.7, 0.1], [0.7, 0.7, 0.1], [-0.7, 0.7, 0.1]])
LINE = np.array([[-0.8, -0.3, 0.2], [0.0, 0.5, 0.2], [0.8, -0.2, 0.2]])
BOX = shapes.parallelepiped(np.diag([1.0, 1.0, 0.6]), (-0.5, -0.5, 0.0))


def ground() -> Terrain:
    run = np.linspace(-2.0, 2.0, 33)
    return Terrain(run, run, run[None] ** 2 + 2 * run[:, None] ** 2)


def sheet() -> layers.Sheet:
    run = np.linspace(-0.8, 0.8, 17)
    x, y = np.meshgrid(run, run)
    return layers.Sheet(np.stack([x, y, 0.3 * x * y + 0.2], -1), color="accent")


def grown() -> layers.Trail:
    track = Track(8)
    for number, point in enumerate(LINE):
        track.append(point, number)
    return layers.Trail.of(track, "down", width=2.0)


SAMPLES: dict[str, Callable[[], Layer]] = {
    "Surface": lambda: layers.Surface(ground()),
    "Surface (sheet)": lambda: layers.Surface(ground(), sheet=True, alpha=0.6),
    "Trail": lambda: layers.Trail(LINE, np.arange(3.0), "up", 1.5, beads=LINE, start="start", label="name", width=2.0),
    "Trail (track)": grown,
    "Points": lambda: layers.Points(LINE, "area", 9.0, "sphere", outline=True),
    "Points (dots)": lambda: layers.Points(LINE, "area", 12.0),
    "Arrows": lambda: layers.Arrows(np.zeros((2, 3)), LINE[[0, 2]], ("i", "j"), 8.0),
    "Lines": lambda: layers.Lines([LINE], "accent", 6.0),
    "WarpedGrid": lambda: layers.WarpedGrid(np.array([[0.5, 0.2], [0.0, 0.5]])),
    "Polygon": lambda: layers.Polygon(SQUARE, "area", 0.6),
    "Bars": lambda: layers.Bars(SQUARE * (1, 1, 0), SQUARE * (1, 1, 0) + 0.4),
    "Curve": lambda: layers.Curve(LINE, foot=LINE * (1, 1, 0), tangent=1.0, width=5.0),
    "Solid": lambda: layers.Solid(BOX, alpha=1.0),
    "Solid (glass)": lambda: layers.Solid(BOX, alpha=0.4),
    "Sheet": sheet,
    "Graph": lambda: layers.Graph(LINE, np.array([[0, 1], [1, 2]]), phase=0.5, color="accent"),
    "Image": lambda: layers.Image(np.full((4, 4), 0.9), *np.array([[-0.6, 0, 0], [1.2, 0, 0], [0, 0, 0.8]])),
    "Plates": lambda: layers.Plates(
        np.array([[-0.6, 0, 0.1]]), np.array([[1.2, 0, 0]]), np.array([[0, 0.6, 0.3]]), text=("word",)
    ),
    "Sprites": lambda: layers.Sprites(LINE, np.ones((3, 4, 4)), 20.0, frame=2.0),
    "Axes": lambda: layers.Axes(ground()),
    "Label": lambda: layers.Label((0, 0, 0.2), "a name", "up", size=24.0, side="above"),
}


@pytest.fixture(scope="module", autouse=True)
def context():
    canvas.headless().set_current()


@pytest.fixture(scope="module")
def host():
    made = Host(DARK)
    made.begin(SIZE)
    imgui.end_frame()
    yield made
    made.close()


def picture(host, theme, drawn):
    """Draw layers with all that is written about them (h, w, 3) in [0, 1]."""
    host.use()
    renderer, type_, target = Renderer(theme), Type(theme), Target(SIZE)
    camera = Camera(azimuth=-60.0, elevation=40.0)
    camera.fit(np.array([[-1, -1, 0], [1, 1, 0.6]]), SIZE)
    frame = Frame(drawn)
    with target:
        renderer.draw(frame, camera, SIZE, quality=QUALITY)
        host.begin(SIZE)
        gloo.flush()
        whole = (0.0, 0.0, float(SIZE[0]), float(SIZE[1]))
        draw_overlay(imgui.get_background_draw_list(), type_, frame, camera, SIZE, whole, Show(), panels=True)
        host.end()
    image = target.read()[..., :3] / 255.0
    for thing in (renderer, type_, target):
        thing.close()
    return image


def test_there_is_a_sample_of_every_type_of_layer():
    assert {type(make()) for make in SAMPLES.values()} == {*REGISTRY, layers.Label}


@pytest.mark.parametrize("theme", [DARK, PRINT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_layer_can_be_dimmed_a_ghost_and_emphasized(host, name, theme):
    layer = SAMPLES[name]()
    empty, plain = picture(host, theme, []), picture(host, theme, [layer])

    def strength(**how):
        """Return how far a picture is from the empty one, compared with the plain layer, and how much it covers."""
        image = picture(host, theme, [replace(layer, **how)])
        share = np.abs(image - empty).sum() / np.abs(plain - empty).sum()
        assert not np.array_equal(image, plain), f"{name}: {how} changes nothing"
        return share, image

    dim, _ = strength(dim=1.0)
    half, _ = strength(dim=0.5)
    assert dim == pytest.approx(0.45, abs=0.13), f"{name} dimmed"  # what lies around a block, its shadow, stays
    assert half == pytest.approx(0.725, abs=0.09), f"{name} half dimmed"
    ghost, _ = strength(ghost=True)
    assert 0.01 < ghost < 0.5, f"{name} as a ghost"
    _, image = strength(emphasis=1.0)
    changed = np.abs(image - plain).max(axis=-1) > 0.02
    assert changed.sum() > 20, f"{name} emphasized"


@pytest.mark.parametrize("name", ["Trail", "Points", "Points (dots)", "Arrows", "Lines", "Curve", "Sprites", "Graph"])
def test_what_has_a_width_is_wider_when_it_is_emphasized(host, name):
    layer = SAMPLES[name]()
    empty = picture(host, DARK, [])
    covered = [
        (np.abs(picture(host, DARK, [replace(layer, emphasis=emphasis)]) - empty).max(axis=-1) > 0.05).sum()
        for emphasis in (0.0, 0.5, 1.0)
    ]
    assert covered[0] < covered[1] < covered[2]


def test_a_dimmed_layer_comes_back_as_it_was(host):
    """The painters keep what they uploaded: it must be that of the present strength."""
    layer = SAMPLES["Solid (glass)"]()
    renderer = Renderer(DARK)
    camera = Camera(azimuth=-60.0, elevation=40.0)
    first, dimmed, again = (
        renderer.image(Frame([replace(layer, dim=dim), replace(SAMPLES["Trail"](), dim=dim)]), camera, SIZE)
        for dim in (0.0, 1.0, 0.0)
    )
    renderer.close()
    assert np.array_equal(first, again)
    assert not np.array_equal(first, dimmed)


def test_a_compound_hands_down_how_strongly_it_is_shown():
    class Pair(layers.Compound):
        def made(self):
            return [layers.Lines([LINE], "text"), layers.Label((0, 0, 0), "name", dim=0.2)]

    line, label = Frame([Pair(dim=0.7, ghost=True, emphasis=0.4)]).layers
    assert (line.dim, line.ghost, line.emphasis) == (0.7, True, 0.4)
    assert label.dim == 0.2


@pytest.mark.parametrize("name", ["Points", "Arrows", "Lines", "Solid", "Bars", "Trail"])
def test_the_pointer_does_not_find_a_ghost(name):
    camera = Camera(azimuth=-60.0, elevation=40.0)
    camera.fit(np.array([[-1, -1, 0], [1, 1, 0.6]]), SIZE)
    layer = SAMPLES[name]()
    places = [(x, y) for x in range(0, SIZE[0], 4) for y in range(0, SIZE[1], 4)]
    found = [pick_any(Frame([layer]), camera, place, SIZE) for place in places]
    ghosts = [pick_any(Frame([replace(layer, ghost=True)]), camera, place, SIZE) for place in places]
    assert any(found)
    assert not any(ghosts)


def test_a_ghost_hides_nothing_from_the_pointer_and_is_not_the_ground():
    behind = layers.Points(np.array([[0.0, 0.9, 0.1]]), size=6.0, style="disc")
    camera = Camera(azimuth=-90.0, elevation=20.0)
    camera.fit(np.array([[-1, -1, 0], [1, 1, 0.6]]), SIZE)
    pixel = camera.project(behind.position[0], SIZE)
    before = SAMPLES["Solid"]()
    for thing, key in ((before, "Solid"), (replace(before, ghost=True), "Points")):
        hit = pick_any(Frame([thing, behind]), camera, pixel, SIZE)
        assert hit is not None
        assert hit.key == key
    surfaces = [layers.Surface(ground(), ghost=True), layers.Surface(ground())]
    assert Frame(surfaces).ground is surfaces[1]

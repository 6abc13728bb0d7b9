"""Targets, supersampling, switches and the bookkeeping of uploads."""

import numpy as np
import pytest
from vispy import gloo

from lossland.render.gl import canvas
from lossland.render.gl.programs import set_state
from lossland.render.gl.target import Quad, Target
from lossland.render.painter import Kept, Phase, Quality
from lossland.render.renderer import Renderer
from lossland.scenery.scene import Frame, Show
from lossland.world.camera import Camera
from lossland.world.layers import Label, Surface
from lossland.world.terrain import Terrain
from lossland.world.theme import DARK, PRINT

SIZE = (160, 100)
LIVE = Quality(mesh=32, lit=64, bake=64)


@pytest.fixture(scope="module", autouse=True)
def context():
    canvas.headless().set_current()


@pytest.fixture
def renderer():
    made = Renderer(DARK)
    yield made
    made.close()


def block(**options):
    axis = np.linspace(-1, 1, 17)
    return Surface(Terrain(axis, axis, np.add.outer(axis, axis**2)), **options)


def framed(layer):
    camera = Camera(-60, 40)
    camera.fit(layer.terrain.bounds, SIZE)
    return camera


def fill(target, pixels):
    """Put pixels (h, w, 4), top row first, into a target."""
    picture = gloo.Texture2D(np.ascontiguousarray(pixels[::-1]), interpolation="nearest")
    quad = Quad("copy.frag")
    quad.set(u_picture=picture)
    with target:
        set_state("off", write=False, blend=False)
        quad.draw()
    quad.close()
    picture.delete()


def test_pixels_come_back_as_they_were_with_the_top_row_first():
    pixels = np.random.default_rng(0).integers(0, 256, (10, 14, 4), np.uint8)
    target = Target((14, 10))
    fill(target, pixels)
    assert np.array_equal(target.read(), pixels)
    target.close()


def test_pasting_at_half_size_averages_two_by_two():
    pixels = np.random.default_rng(1).integers(0, 256, (20, 28, 4), np.uint8)
    large, small = Target((28, 20)), Target((14, 10))
    fill(large, pixels)
    with small:
        large.paste((14, 10))
    mean = pixels.astype(float).reshape(10, 2, 14, 2, 4).mean((1, 3))
    assert small.read() == pytest.approx(mean, abs=1)  # drivers filter in fixed point
    large.close()
    small.close()


def test_an_empty_frame_is_the_background(renderer):
    camera = Camera()
    image = renderer.image(Frame([]), camera, SIZE, quality=LIVE)
    inner, outer = (255 * np.array(DARK.color(role)) for role in ("background", "background.edge"))
    assert image.shape == (100, 160, 4)
    assert np.all(image[..., 3] == 255)
    assert image[55, 80, :3] == pytest.approx(inner, abs=1.5)  # the light's middle, a little below the centre
    assert np.all(image[..., :3] >= outer - 1)
    assert np.all(image[..., :3] <= inner + 1)
    corner = image[0, 0, :3].astype(float)
    assert np.linalg.norm(corner - outer) < np.linalg.norm(corner - inner)


def test_switched_off_groups_and_labels_leave_no_trace(renderer):
    layer = block(group="arrows")
    camera = framed(layer)
    nothing = renderer.image(Frame([]), camera, SIZE, quality=LIVE)
    label = Label((0, 0, 0), "text")
    assert np.array_equal(renderer.image(Frame([layer, label]), camera, SIZE, Show(arrows=False), LIVE), nothing)
    assert not np.array_equal(renderer.image(Frame([layer]), camera, SIZE, Show(), LIVE), nothing)


def test_drawing_changes_only_the_bound_framebuffer_and_its_viewport(renderer):
    layer = block()
    camera = framed(layer)
    alone = renderer.image(Frame([layer]), camera, SIZE, quality=LIVE)
    for quality in (LIVE, Quality(mesh=32, lit=64, bake=64, supersample=2)):
        target = Target((200, 140))
        with target:
            gloo.set_viewport(0, 0, 200, 140)
            gloo.clear(color=(1.0, 0.0, 1.0, 1.0))
            renderer.draw(Frame([layer]), camera, SIZE, quality=quality)
        image = target.read()
        target.close()
        if quality is LIVE:
            assert np.array_equal(image[40:, :160], alone)  # the lower left corner
        else:
            assert np.abs(image[40:, :160].astype(float) - alone).mean() < 4
            assert np.all(image[:40] == (255, 0, 255, 255))


def test_the_first_picture_in_a_window_is_like_the_next_ones():
    layer, target = block(), Target(SIZE)
    made, images = Renderer(DARK, window=True), []
    for _ in range(2):  # the first one makes the background, too
        with target:
            gloo.set_state(depth_mask=True)
            gloo.clear(color=(0.0, 0.0, 0.0, 1.0), depth=0.0)  # nothing is drawn over what is as near as that
            made.draw(Frame([layer]), framed(layer), SIZE, quality=LIVE, region=(20, 10, 100, 80))
        images.append(target.read().astype(float))
    inside = images[0][10:90, 20:120, :3]
    assert np.ptp(inside) > 100  # the ground is there
    assert np.abs(images[0] - images[1]).mean() < 2
    made.close()
    target.close()


def test_layers_are_drawn_by_place_whatever_came_before(renderer):
    first, second = block(), Surface(Terrain([0, 1, 2], [0, 1], np.array([[0, 1, 0], [2, 0, 1.0]])))
    alone = [renderer.image(Frame([layer]), framed(layer), SIZE, quality=LIVE) for layer in (first, second)]
    both = renderer.image(Frame([first, second]), framed(first), SIZE, quality=LIVE)
    assert not np.array_equal(both, alone[0])
    again = [renderer.image(Frame([layer]), framed(layer), SIZE, quality=LIVE) for layer in (first, second)]
    assert np.array_equal(alone, again)


def test_two_themes_side_by_side(renderer):
    layer = block()
    paper = Renderer(PRINT)
    dark = renderer.image(Frame([layer]), framed(layer), SIZE, quality=LIVE)
    light = paper.image(Frame([layer]), framed(layer), SIZE, quality=LIVE)
    assert light[0, 0].mean() > 240
    assert np.array_equal(renderer.image(Frame([layer]), framed(layer), SIZE, quality=LIVE), dark)
    paper.close()


def test_kept_tells_other_objects_and_other_numbers():
    kept, array = Kept(), np.zeros(3)
    assert kept.changed("a", array, 1.0)
    assert not kept.changed("a", array, 1.0)
    assert kept.changed("a", np.zeros(3), 1.0)
    assert kept.changed("a", array, 2.0)
    assert kept.changed("b", array, 2.0)


def test_phases_draw_the_solid_first():
    assert min(Phase) is Phase.SOLID
    assert Phase.GROUND < Phase.DECAL < Phase.TRAILS < Phase.HEADS

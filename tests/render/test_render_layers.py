"""What bars, curves, solids, sheets, graphs, images and sprites put where, against the camera and closed forms."""

from __future__ import annotations

import numpy as np
import pytest

import lossland as ll
from lossland.render.gl import canvas
from lossland.render.painter import Quality
from lossland.render.painters.bars import faces_before
from lossland.render.painters.curves import area_vertices, tangent_at
from lossland.render.painters.images import atlas
from lossland.render.painters.solids import near_edges, solid_triangles
from lossland.render.renderer import Renderer
from lossland.scenery.scene import Frame, Show
from lossland.world import shapes
from lossland.world.camera import Camera
from lossland.world.layers import Bars, Curve, Graph, Image, Layer, Points, Sheet, Solid, Sprites, Style, Surface
from lossland.world.terrain import Terrain
from lossland.world.theme import DARK, PRINT

SIZE = (320, 200)
QUALITY = Quality(mesh=32, lit=64, bake=64)
RED, GREEN, BLUE = "#FF0000", "#00FF00", "#0000FF"
BOX = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)


@pytest.fixture(scope="module", autouse=True)
def context():
    canvas.headless().set_current()


@pytest.fixture
def renderer():
    made = Renderer(DARK)
    yield made
    made.close()


def flat():
    camera = Camera(flat=True)
    camera.fit(np.array([[-1.6, -1, 0], [1.6, 1, 0]]), SIZE, margin=0.0)
    return camera


def deep(azimuth=-60.0, elevation=30.0):
    camera = Camera(azimuth, elevation)
    camera.fit(BOX, SIZE)
    return camera


def draw(renderer, camera, *layers: Layer, show=None):
    return renderer.image(Frame(layers), camera, SIZE, show, QUALITY)[..., :3].astype(int)


def at(image, camera, place):
    x, y = camera.project(np.asarray(place, float), SIZE)
    return image[int(y), int(x)]


def is_close(color, wanted, tolerance=3):
    return np.abs(np.asarray(color) - 255 * np.asarray(wanted)).max() <= tolerance


# -------------------------------------------------------------------------------------------------------- bars
def test_flat_bars_cover_their_rectangles_in_their_colours(renderer):
    low, high = shapes.flat_histogram([-1.5, -0.5, 0.5, 1.5], [0.6, -0.4, 0.9])
    camera = flat()
    image = draw(renderer, camera, Bars(low, high, (RED, GREEN, BLUE)))
    for x, y, wanted in ((-1, 0.3, (1, 0, 0)), (0, -0.2, (0, 1, 0)), (1, 0.8, (0, 0, 1))):
        assert is_close(at(image, camera, (x, y, 0)), wanted)
    for x, y in ((-1, 0.7), (0, 0.1), (1, -0.1)):
        assert at(image, camera, (x, y, 0)).max() < 60
    red = (image[..., 0] > 200) & (image[..., 1] < 60)
    assert red.sum() == pytest.approx(1.0 * 0.6 * (SIZE[1] / 2) ** 2, rel=0.06)


def test_bars_are_lit_from_the_upper_left_and_hide_each_other(renderer):
    low, high = np.array([[-0.3, -0.8, -0.5], [-0.3, 0.5, -0.5]]), np.array([[0.3, -0.2, 0.5], [0.3, 0.9, 0.0]])
    camera = deep(-90.0, 20.0)
    image = draw(renderer, camera, Bars(low, high, ("#808080", RED), shadow=False))
    top, front = at(image, camera, (0, -0.5, 0.5)), at(image, camera, (0, -0.8, 0.2))
    assert top.mean() > front.mean() + 20  # the lamp stands high
    foot = at(image, camera, (0, -0.8, -0.45))
    assert foot.mean() < front.mean()  # the foot sees less of the sky
    hidden = at(image, camera, (0, 0.5, -0.2))
    assert abs(hidden[0] - hidden[1]) < 20  # grey stands before red


@pytest.mark.parametrize("theme", [DARK, PRINT], ids=lambda theme: theme.name)
def test_values_of_bars_run_through_the_themes_colour_maps(theme):
    renderer, camera = Renderer(theme), flat()
    low, high = shapes.flat_histogram([-1.5, -0.5, 0.5, 1.5], [0.9, 0.9, 0.9])
    signed = draw(renderer, camera, Bars(low, high, np.array([-1.0, 0.0, np.nan])))
    rising = draw(renderer, camera, Bars(low, high, np.array([0.0, 0.5, 1.0]), "height"))
    groups = draw(renderer, camera, Bars(low, high, np.array([0, 5, -1])))
    colors = draw(renderer, camera, Bars(low, high, np.array([[0.2, 0.4, 0.6]] * 3)))
    places = [(x, 0.5, 0.0) for x in (-1, 0, 1)]
    wanted = (
        (signed, [theme.signed_map[0], theme.signed_map[128], theme.color("basin.-1")]),
        (rising, theme.height_map[[0, 128, 255]]),
        (groups, [theme.color(f"particle.{k}") for k in (0, 1, -1)]),
        (colors, [(0.2, 0.4, 0.6)] * 3),
    )
    for image, expected in wanted:
        for place, color in zip(places, expected, strict=True):
            assert is_close(at(image, camera, place), color, 4)
    renderer.close()


def test_the_shadow_of_bars_obeys_its_switch():
    renderer, camera = Renderer(PRINT), deep()
    bars = Bars(*shapes.skyline(np.full((2, 2), 0.5), width=1.0))
    beside = (0.56, 0.0, 0.0)
    with_shadow = at(draw(renderer, camera, bars), camera, beside)
    without = at(draw(renderer, camera, bars, show=Show(shadow=False)), camera, beside)
    assert with_shadow.mean() < without.mean() - 10
    renderer.close()


# ------------------------------------------------------------------------------------------------------- curves
def test_the_area_is_filled_between_its_ends_and_by_its_sign(renderer):
    x = np.linspace(-1.5, 1.5, 61)
    points = np.stack([x, 0.8 * np.sin(2 * x), 0 * x], 1)
    camera = flat()
    curve = Curve(points, GREEN, 1.0, at=x, foot=points * (1, 0, 1), area=(-1.0, 0.8), fill=1.0, negative=RED)
    image = draw(renderer, camera, curve)
    assert is_close(at(image, camera, (0.6, 0.3, 0)), (0, 1, 0))
    assert is_close(at(image, camera, (-0.7, -0.4, 0)), (1, 0, 0))
    assert at(image, camera, (1.0, 0.3, 0)).max() < 60  # beyond the end
    assert at(image, camera, (-1.2, -0.2, 0)).max() < 60
    red = (image[..., 0] > 200) & (image[..., 1] < 60)
    area = 0.8 * (1 - np.cos(2.0)) / 2  # of -0.8 sin(2x) from -1 to 0
    assert red.sum() / (SIZE[1] / 2) ** 2 == pytest.approx(area - 0.025, abs=0.02)  # less half the outlined line


def test_the_strip_of_the_area_has_a_vertex_at_each_crossing():
    x = np.array([-1.0, 0.5, 2.0])
    points = np.stack([x, [1.0, -1.0, 2.0], 0 * x], 1)
    vertices = area_vertices(Curve(points, at=x, foot=points * (1, 0, 1))).reshape(-1, 2)
    assert vertices["a_at"][:, 0] == pytest.approx([-1.0, -0.25, 0.5, 1.0, 2.0])
    assert vertices["a_side"][:, 0] == pytest.approx([1, 0, -1, 0, 2], abs=1e-6)


def test_a_tangent_touches_with_the_slope_of_the_function():
    x = np.linspace(0, 2, 2001)
    curve = Curve(np.stack([x, x**3, 0 * x], 1), at=x)
    point, along = tangent_at(curve, 1.3)
    assert point == pytest.approx([1.3, 1.3**3, 0], abs=1e-5)
    assert along[1] / along[0] == pytest.approx(3 * 1.3**2, rel=1e-5)


def test_a_curve_is_drawn_up_to_its_place(renderer):
    x = np.linspace(-1.5, 1.5, 16)
    camera = flat()
    image = draw(renderer, camera, Curve(np.stack([x, 0 * x, 0 * x], 1), RED, 4.0, at=x, upto=0.33))
    assert is_close(at(image, camera, (0.3, 0, 0)), (1, 0, 0))
    assert at(image, camera, (0.45, 0, 0)).max() < 60


# ------------------------------------------------------------------------------------------------------- solids
def square(z, color, alpha):
    return Solid(shapes.plane((0, 0, z), (0, 0, 1), 0.8), color, alpha, edge_width=0.0)


@pytest.mark.parametrize("turned", [False, True])
def test_glass_is_blended_from_far_to_near_whatever_the_order_of_the_layers(renderer, turned):
    pair = [square(-0.5, RED, 0.5), square(0.5, BLUE, 0.5)]
    camera = deep(-90.0, 80.0)
    image = draw(renderer, camera, *(pair[::-1] if turned else pair))
    red, _, blue = at(image, camera, (0.0, 0.0, 0.5))
    assert blue > 1.5 * red  # the upper one lies over the lower one


def test_crossing_glass_is_ordered_within_each_body(renderer):
    upright = Solid(shapes.plane((0, 0, 0), (0, 1, 0), 0.8), RED, 0.6, edge_width=0.0)
    level = Solid(shapes.plane((0, 0, 0), (0, 0, 1), 0.8), BLUE, 0.6, edge_width=0.0)
    camera = deep(-90.0, 45.0)
    for layers in ((upright, level), (level, upright)):
        image = draw(renderer, camera, *layers)
        above = at(image, camera, (0.2, 0, 0.4))  # the upright half before the level one
        below = at(image, camera, (0.2, 0, -0.3))  # seen through the near half of the level one
        assert above[0] > above[2]
        assert below[2] > below[0]


def test_edges_have_the_bodys_colour_or_their_own(renderer):
    camera = deep(-90.0, 80.0)
    for color, shown in (("", (1, 0, 0)), (GREEN, (0, 1, 0))):
        body = Solid(shapes.plane((0, 0, 0), (0, 0, 1), 0.8), RED, 0.05, 6.0, color)
        image = draw(renderer, camera, body)
        assert is_close(at(image, camera, body.mesh.vertices[body.mesh.edges[0]].mean(0)), shown, 8)


def test_glass_hides_nothing_and_opaque_bodies_do(renderer):
    camera = deep(-90.0, 80.0)
    dot = Points(np.array([[0.0, 0.0, -0.5]]), GREEN, 6.0, "disc")
    seen = draw(renderer, camera, square(0.5, BLUE, 0.4), dot)
    assert is_close(at(seen, camera, dot.position[0]), (0, 1, 0), 8)
    hidden = draw(renderer, camera, square(0.5, BLUE, 1.0), dot)
    assert hidden[..., 1].max() < 100


def test_switched_off_glass_does_not_come_back_with_the_others(renderer):
    camera = deep(-90.0, 80.0)
    mesh = shapes.plane((0, 0, 0.5), (0, 0, 1), 0.8)
    off = Solid(mesh, RED, 0.5, group="arrows")
    image = draw(renderer, camera, off, square(-0.5, BLUE, 0.5), show=Show(arrows=False))
    only = draw(renderer, camera, square(-0.5, BLUE, 0.5))
    assert np.array_equal(image, only)


def test_other_meshes_are_uploaded_again(renderer):
    camera = deep(-90.0, 80.0)
    first = draw(renderer, camera, square(0.0, RED, 0.5))
    draw(renderer, camera, square(0.6, RED, 0.5))
    assert np.array_equal(draw(renderer, camera, square(0.0, RED, 0.5)), first)


def test_cutting_triangles_keeps_their_area():
    solid = Solid(shapes.simplex(np.array([[0, 0, 0], [3, 0, 0], [0, 4, 0.0]])))
    vertices, triangles = solid_triangles(solid, DARK, 0.7)
    pieces = vertices["a_position"].astype(float)[triangles]
    a, b, c = pieces.transpose(1, 0, 2)
    areas = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2
    assert areas.sum() == pytest.approx(6.0)
    assert np.linalg.norm(b - a, axis=1).max() <= 0.7 + 1e-6


def test_three_faces_of_a_box_bring_nine_near_edges():
    mesh = shapes.parallelepiped(np.eye(3))
    assert near_edges(mesh, np.array([5.0, -4.0, 3.0])).sum() == 9
    assert near_edges(shapes.plane((0, 0, 0), (0, 0, 1)), np.array([0, 0, -3.0])).all()


# ------------------------------------------------------------------------------------------------ sheets, points
def grid(n=17):
    run = np.linspace(-0.8, 0.8, n)
    x, y = np.meshgrid(run, run)
    return np.stack([x, y, 0 * x], -1)


@pytest.mark.parametrize("share", [0.0, 0.4, 1.0])
def test_a_sheet_on_its_way_is_the_sheet_half_way(renderer, share):
    start = grid()
    end = start * (0.5, 1.2, 1.0) + (0.3, 0, 0.5) + 0.4 * np.sin(3 * start[..., :1]) * (0, 0, 1)
    camera = deep()
    moving = draw(renderer, camera, Sheet(start, end, share, paint=start[..., 0]))
    still = draw(renderer, camera, Sheet(start + share * (end - start), paint=start[..., 0]))
    assert (np.abs(moving - still).max(-1) <= 2).mean() > 0.999


def test_the_lines_of_a_sheet_lie_at_their_cells(renderer):
    camera = flat()
    sheet = Sheet(grid(), fill=0.0, every=(4, 0), line=RED, width=2.0)
    image = draw(renderer, camera, sheet)
    for x in (-0.4, 0.0, 0.4):
        assert at(image, camera, (x, 0.33, 0))[0] > 150
    assert at(image, camera, (0.2, 0.0, 0))[0] < 60  # no lines along the rows


def test_a_sheet_has_no_triangles_where_it_is_unknown(renderer):
    torn = grid()
    torn[:, 8:] = np.nan
    camera = flat()
    image = draw(renderer, camera, Sheet(torn, color=RED, every=(0, 0)))
    assert is_close(at(image, camera, (-0.4, 0, 0)), (1, 0, 0))
    assert at(image, camera, (0.4, 0, 0)).max() < 60


@pytest.mark.parametrize("style", ["dot", "sphere"])
def test_points_on_their_way_are_where_the_straight_line_says(renderer, style):
    start, end = np.array([[-1.0, -0.5, 0.0]]), np.array([[1.0, 0.7, 0.0]])
    camera = flat()
    image = draw(renderer, camera, Points(start, RED, 7.0, style, target=end, share=0.25))
    y, x = np.nonzero(image[..., 0] > 120)
    middle = x.mean() + 0.5, y.mean() + 0.5
    assert middle == pytest.approx(camera.project((start + 0.25 * (end - start))[0], SIZE), abs=0.8)


def test_near_marks_lie_over_far_ones_whatever_their_order(renderer):
    camera = deep(-90.0, 5.0)
    places = np.array([[0.0, -0.8, 0.0], [0.0, 0.8, 0.0]])
    colors = np.array([0, 3])
    for order in ([0, 1], [1, 0]):
        image = draw(renderer, camera, Points(places[order], colors[order], 30.0, "disc"))
        assert is_close(at(image, camera, places[0]), DARK.color("particle.0"))


# --------------------------------------------------------------------------------------- graphs, images, sprites
def test_pulses_are_at_their_phase_and_nodes_at_their_places(renderer):
    nodes = np.array([[-1.0, 0.0, 0.0], [1.0, 0.5, 0.0]])
    edges = np.array([[0, 1]])
    camera = flat()
    for phase in (0.3, np.array([0.3])):
        image = draw(renderer, camera, Graph(nodes, edges, color=RED, phase=phase, flow=np.ones(1), pulse=GREEN))
        green = (image[..., 1] > 200) & (image[..., 0] < 60)
        y, x = np.nonzero(green)
        place = camera.project(nodes[0] + 0.3 * (nodes[1] - nodes[0]), SIZE)
        assert (x.mean() + 0.5, y.mean() + 0.5) == pytest.approx(place, abs=0.6)
        for node in nodes:
            assert at(image, camera, node)[0] > 100
    gone = draw(renderer, camera, Graph(nodes, edges, color=RED, phase=1.5, pulse=GREEN))
    assert not ((gone[..., 1] > 200) & (gone[..., 0] < 60)).any()


def test_a_wider_edge_is_a_heavier_weight(renderer):
    nodes = np.array([[-1.2, 0.5, 0], [1.2, 0.5, 0], [-1.2, -0.5, 0], [1.2, -0.5, 0.0]])
    graph = Graph(nodes, np.array([[0, 1], [2, 3]]), np.array([1.0, 0.25]), radius=2.0)
    image = draw(renderer, flat(), graph)
    background = draw(renderer, flat())
    ink = np.abs(image - background)[:, 160].sum(-1)
    assert ink[: SIZE[1] // 2].sum() > 2 * ink[SIZE[1] // 2 :].sum() > 0


def test_an_edge_without_weight_has_no_sign(renderer):
    nodes = np.array([[-1.2, 0.0, 0], [1.2, 0.0, 0]])

    def warmth(weight: float) -> float:
        image = draw(renderer, flat(), Graph(nodes, np.array([[0, 1]]), np.array([weight]), radius=2.0))
        red, _, blue = (image - draw(renderer, flat()))[:, 160].sum(0)
        return float(red - blue)

    assert warmth(1e-3) > 30
    assert warmth(-1e-3) < -30
    assert abs(warmth(0.0)) < 15


def test_a_picture_stands_upright_with_its_first_row_on_top(renderer):
    colors = np.array([[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [255, 255, 255]]], np.uint8)
    camera = flat()
    layer = Image(colors, np.array([-0.8, -0.8, 0]), np.array([1.6, 0, 0]), np.array([0, 1.6, 0]), border="")
    image = draw(renderer, camera, layer)
    for x, y, wanted in (
        (-0.4, 0.4, (1, 0, 0)),
        (0.4, 0.4, (0, 1, 0)),
        (-0.4, -0.4, (0, 0, 1)),
        (0.4, -0.4, (1, 1, 1)),
    ):
        assert is_close(at(image, camera, (x, y, 0)), wanted, 1)
    values = np.array([[0.0, 1.0]])
    mapped = draw(renderer, camera, Image(values, layer.corner, layer.right, layer.up, border=""))
    assert is_close(at(mapped, camera, (0.4, 0, 0)), DARK.height_map[-1])


def test_sprites_show_their_own_tile_upright(renderer):
    ink = np.zeros((5, 8, 8))
    ink[3, :4] = 1.0  # the upper half
    places = np.array([[x, 0.0, 0.0] for x in (-1.2, -0.6, 0.0, 0.6, 1.2)])
    camera = flat()
    image = draw(renderer, camera, Sprites(places, ink, 24.0, RED, smooth=False))
    x, y = camera.project(places[3], SIZE)
    rows, columns = np.nonzero(image[..., 0] > 200)
    assert columns.min() >= x - 12.5
    assert columns.max() <= x + 12.5
    assert rows.max() <= y + 0.5
    assert len(rows) == pytest.approx(24 * 12, rel=0.05)


def test_an_atlas_holds_every_tile():
    pictures = np.random.default_rng(0).integers(0, 256, (7, 3, 4, 3), np.uint8)
    sheet, columns = atlas(pictures)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, columns)
        assert np.array_equal(sheet[3 * row : 3 * row + 3, 4 * column : 4 * column + 4, :3], picture)


# ------------------------------------------------------------------------------------------------------ surfaces
def terrain(f):
    axis = np.linspace(-1, 1, 65)
    x, y = np.meshgrid(axis, axis)
    return Terrain(axis, axis, f(x, y))


def test_a_cut_ground_is_gone_beyond_the_cut_and_the_same_before_it(renderer):
    ground = terrain(lambda x, y: x**2 + y)
    camera = deep(-60.0, 60.0)
    fine = Show(grid=False, shadow=False)
    whole = draw(renderer, camera, Surface(ground), show=fine)
    cut = draw(renderer, camera, Surface(ground, shown=(-1.0, 0.25, -1.0, 1.0)), show=fine)
    nothing = draw(renderer, camera, show=fine)
    inside, outside = (ground.world_from_domain((x, 0.4)) for x in (-0.6, 0.8))
    assert is_close(at(cut, camera, inside), at(whole, camera, inside) / 255, 6)
    assert np.abs(at(cut, camera, outside) - at(nothing, camera, outside)).max() < 25
    assert np.abs(at(whole, camera, outside) - at(nothing, camera, outside)).max() > 40


def test_a_ground_turns_into_another_exactly(renderer):
    one, two = terrain(lambda x, y: x**2 + y**2), terrain(lambda x, y: np.sin(4 * x) + y)
    camera = deep()
    first, second = (draw(renderer, camera, Surface(ground)) for ground in (one, two))
    other = Renderer(DARK)
    start = draw(other, camera, Surface(one, into=two, share=0.0))
    middle = draw(other, camera, Surface(one, into=two, share=0.5))
    end = draw(other, camera, Surface(one, into=two, share=1.0))
    arrived = draw(other, camera, Surface(two))
    other.close()
    assert (np.abs(start - first).max(-1) <= 1).mean() > 0.999
    assert (np.abs(end - second).max(-1) <= 1).mean() > 0.999
    assert np.array_equal(arrived, second)
    assert (np.abs(middle - first).max(-1) > 8).mean() > 0.05
    assert (np.abs(middle - second).max(-1) > 8).mean() > 0.05


def test_of_a_box_only_the_faces_before_the_eye_are_drawn():
    corners = np.array([[[0, 0, 0], [5, 0, 0]], [[1, 1, 1], [6, 1, 1]]], np.float32)
    faces = faces_before(corners, np.array([-3.0, 0.5, 4.0]), flat=False)
    assert len(faces) == 4  # left and top of both; their fronts and backs are seen edge on
    assert np.all(faces[:2] < 8)  # the nearer box first
    assert len(faces_before(corners, np.array([0.5, 0.5, 0.5]), flat=True)) == 2
    assert len(faces_before(corners[:, :1], np.array([0.5, 0.5, 0.5]), flat=False)) == 0


@pytest.mark.parametrize("style", ["dot", "disc"])
def test_points_that_a_matrix_moves_are_where_it_sends_them(style: Style) -> None:
    generator, matrix = np.random.default_rng(3), np.array([[0.5, 0.2, 0.0], [-0.3, 0.7, 0.1], [0.0, 0.4, 0.6]])
    position = generator.uniform(-1, 1, (200, 3))
    bounds = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)

    class Cloud(ll.Scene):
        name = "cloud"
        by = True

        def frame(self, now: ll.Now) -> ll.Frame:
            points, moved = (position, matrix) if self.by else (position @ matrix.T, None)
            return ll.Frame([ll.layers.Points(points, "accent", 6.0, style, by=moved)], (), ll.View(bounds=bounds))

    cloud = Cloud()
    one = ll.snapshot(cloud, (200, 160)).astype(int)
    cloud.by = False
    other = ll.snapshot(cloud, (200, 160)).astype(int)
    assert np.abs(one - other).max() <= 2
    assert (np.abs(one - one[0, 0]).max(axis=-1) > 40).sum() > 100

"""Text over the picture: numbers, formulas as textures, the placement of labels, and what is written where."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from typing import Any

import numpy as np
import OpenGL.GL as GL
import pytest
from imgui_bundle import imgui
from vispy import gloo

from lossland import numerals
from lossland.errors import UserError
from lossland.play.player import Player
from lossland.render.gl import canvas
from lossland.render.gl.target import Target
from lossland.scenery import library
from lossland.scenery.scene import Frame, Show
from lossland.world import layers
from lossland.world.camera import Camera
from lossland.world.terrain import Terrain
from lossland.world.theme import DARK, PRINT, rgb
from lossland.world.track import Track
from lossland.writing.color_bar import draw_flat_color_bar
from lossland.writing.labels import _choices, head_labels
from lossland.writing.legend import legend_rect
from lossland.writing.notes import SMALLEST_FACTS, _column, _facts_block, _meter_ticks, draw_notes, in_two_lines
from lossland.writing.overlay import draw_overlay
from lossland.writing.placement import beside, choose, glide, separate
from lossland.writing.room import column_width, first_of, fitting_notes, free_rect
from lossland.writing.scale import checked_text_scale, picture_scale, text_scale_beside
from lossland.writing.sides import GAP, Discs
from lossland.writing.text import FORMULAS_KEPT, LEAST_PIXELS, Type, latex_without_colors, render_latex

SIZE = (960, 540)
WHOLE = (0.0, 0.0, 960.0, 540.0)


def far_apart(rects, gap=0.0):
    """Whether no two rectangles overlap."""
    return all(
        a[0] + a[2] + gap <= b[0] or b[0] + b[2] + gap <= a[0] or a[1] + a[3] + gap <= b[1] or b[1] + b[3] + gap <= a[1]
        for k, a in enumerate(rects)
        for b in rects[:k]
    )


def inside(rect, area, slack=1e-6):
    x, y, w, h = rect
    return (
        x >= area[0] - slack and y >= area[1] - slack
        and x + w <= area[0] + area[2] + slack and y + h <= area[1] + area[3] + slack
    )  # fmt: skip


# ----------------------------------------------------------------------------------------------------- numbers
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (0.0021, "0.0021"), (0.004, "0.004"), (3.456, "3.46"), (75.4, "75.4"),
        (128.4, "128"), (999.4, "999"), (999.7, "1000"), (1462.0, "1462"), (4.2e-6, "4.2e−6"), (-2.76, "−2.76"),
        (-1.91e-7, "−1.9e−7"), (1.2e8, "1.2e8"), (float("inf"), "∞"), (-float("inf"), "−∞"), (float("nan"), "–"),
    ],
)  # fmt: skip
def test_numbers_are_short_and_have_true_minus_signs(value, text):
    assert numerals.short(value) == text


# --------------------------------------------------------------------------------------------------------- type
@pytest.mark.parametrize(
    ("size", "scale"),
    [((1280, 720), 1.0), ((1600, 900), 1.25), ((1920, 1080), 1.5), ((2560, 1440), 2.0), ((3840, 2160), 3.0),
     ((1080, 1920), 1.125), ((960, 540), 0.75), ((640, 360), 0.72), ((400, 300), 0.72), ((400, 700), 0.72)],
)  # fmt: skip
def test_type_is_as_large_beside_the_picture_at_every_height_but_stays_readable(size, scale):
    assert picture_scale(size) == pytest.approx(scale, abs=1e-9)


@pytest.mark.parametrize(("steps", "factor"), [(1, 1.1), (-1, 0.9), (9, 1.9), (99, 2.0), (-99, 0.8)])
def test_the_text_scale_goes_in_tenths_within_its_bounds(steps, factor):
    assert text_scale_beside(1.0, steps) == factor


@pytest.mark.parametrize("factor", [0.79, 2.01, float("nan"), "large", True])
def test_a_text_scale_out_of_bounds_is_refused(factor):
    with pytest.raises(UserError, match="text scale"):
        checked_text_scale(factor)


def test_no_letter_is_smaller_than_can_be_read(type_):
    type_.scale = 0.5
    assert type_.font_size(11) == LEAST_PIXELS


def test_font_sizes_are_whole_pixels(type_):
    type_.scale = 1.37
    assert type_.font_size(14) == 19.0
    assert type_.px(10) == pytest.approx(13.7)


def test_tracked_text_is_wider_by_its_tracking(type_):
    plain, wide = type_.width("ABCD", 12.0), type_.width("ABCD", 12.0, track=2.0)
    assert wide == pytest.approx(plain + 3 * 2.0, abs=1.0)


@pytest.mark.parametrize("latex", ["x+y", r"\hat\imath", r"\begin{bmatrix}1&2\\3&4\end{bmatrix}", r"\frac{a}{b}"])
def test_formulas_are_set_on_transparent_ground(latex):
    image, baseline = render_latex(latex, 25, (1.0, 0.5, 0.0))
    assert image.ndim == 3
    assert image.shape[2] == 4
    assert 0 < baseline <= image.shape[0]
    assert image[..., 3].max() > 200
    assert image[0, 0, 3] == 0
    full = image[image[..., 3] > 250]
    assert np.abs(full[:, :3].astype(int) - (255, 128, 0)).max() <= 1
    assert np.abs(image[image[..., 3] == 0][:, :3].astype(int) - (255, 128, 0)).max() <= 1


def test_text_that_is_not_latex_is_refused_in_one_sentence():
    with pytest.raises(UserError, match="LaTeX"):
        render_latex("x}", 20, (1, 1, 1))


@pytest.mark.parametrize(("latex", "bars"), [(r"|x|", 2), (r"\|x\|", 4), (r"\lVert x \rVert", 4)])
def test_norms_have_double_bars(latex: str, bars: int) -> None:
    image, _ = render_latex(latex, 60, (1.0, 1.0, 1.0))
    above_the_letter = image[image[..., 3].max(axis=1).argmax() + 3, :, 3] > 128
    assert np.diff(above_the_letter.astype(int), prepend=0, append=0).clip(0).sum() == bars


def test_formulas_work_where_no_english_locale_is_installed():
    program = "from lossland.writing.text import render_latex; print(render_latex('x+y', 20, (1, 1, 1))[0].shape[2])"
    bare = {**os.environ, "LC_ALL": "C", "LANG": "C", "LOCPATH": ""}
    done = subprocess.run([sys.executable, "-c", program], env=bare, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "4"


def test_a_role_colours_part_of_a_formula(type_):
    formula = type_.formula(r"\fgcolor{eigen1}{x} + y", 40.0)
    GL.glBindTexture(GL.GL_TEXTURE_2D, int(formula.texture.get_tex_id()))
    raw = GL.glGetTexImage(GL.GL_TEXTURE_2D, 0, GL.GL_RGBA, GL.GL_UNSIGNED_BYTE)
    image = np.frombuffer(bytes(raw), np.uint8).reshape(formula.height, formula.width, 4)
    left, right = image[:, : formula.width // 4], image[:, 3 * formula.width // 4 :]
    for part, color in ((left, DARK.ink("eigen1")), (right, DARK.color("text"))):
        solid = part[part[..., 3] > 250][:, :3]
        assert solid.mean(0) == pytest.approx(255 * np.array(color), abs=2)


def test_a_halo_has_no_colours_of_its_formula():
    assert latex_without_colors(r"A=\fgcolor{#FF0000}{2}+\fgcolor{i}{x^{2}}") == "A={2}+{x^{2}}"


def test_formulas_are_kept_within_a_bound_and_freed_at_the_end(host):
    host.use()
    type_ = Type(DARK)
    for frame in range(8):
        host.begin(SIZE)
        for number in range(FORMULAS_KEPT // 4):
            first = type_.formula(f"{frame}_{{{number}}}", 9.0)
            assert type_.formula(f"{frame}_{{{number}}}", 9.0) is first
        imgui.end_frame()
    textures = [kept.gl_name for kept in type_._formulas.values()]
    assert 0 < len(textures) <= FORMULAS_KEPT
    type_.close()
    assert not any(GL.glIsTexture(name) for name in textures)


# --------------------------------------------------------------------------------------------------- placement
@pytest.mark.parametrize("seed", range(8))
def test_rectangles_never_overlap_nor_leave_the_free_part(seed):
    rng = np.random.default_rng(seed)
    free = (50.0, 40.0, 700.0, 400.0)
    wanted = [(*rng.uniform(0, 800, 2), *rng.uniform((30, 20), (110, 40))) for _ in range(12)]
    taken = [(60.0, 300.0, 200.0, 120.0)]
    found = separate(wanted, free, taken, 4.0)
    assert None not in found
    assert far_apart([*found, *taken], gap=4.0 - 1e-6)
    assert all(inside(rect, free) for rect in found)


def test_a_rectangle_with_room_stays_and_one_without_any_is_left_out():
    free = (0.0, 0.0, 300.0, 100.0)
    assert separate([(20.0, 30.0, 80.0, 20.0)], free, [], 4.0) == [(20.0, 30.0, 80.0, 20.0)]
    assert separate([(20.0, 30.0, 80.0, 20.0)], free, [(0.0, 0.0, 300.0, 100.0)], 4.0) == [None]
    assert separate([(20.0, 30.0, 400.0, 20.0)], free, [], 4.0) == [None]


def test_a_pushed_rectangle_moves_no_farther_than_it_must():
    (moved,) = separate([(100.0, 95.0, 80.0, 20.0)], (0, 0, 600, 600), [(90.0, 80.0, 100.0, 20.0)], 5.0)
    assert moved == (100.0, 105.0, 80.0, 20.0)


def test_places_avoid_trails_and_glide_smoothly():
    heads, sizes = np.array([[300.0, 200.0]]), np.array([[80.0, 34.0]])
    trail = np.stack([np.linspace(305, 500, 200), np.full(200, 200.0)], 1)  # runs to the right of the head
    free = (0.0, 0.0, 600.0, 400.0)
    (alone,) = choose(heads, sizes, np.zeros((0, 2)), free, [], 1.0)
    (avoiding,) = choose(heads, sizes, trail, free, [], 1.0)
    x, y, w, h = beside(heads[0], sizes[0], avoiding)
    covered = (trail[:, 0] > x) & (trail[:, 0] < x + w) & (trail[:, 1] > y) & (trail[:, 1] < y + h)
    assert alone.angle == 0.0
    assert not covered.any()
    path = np.array([beside(heads[0], sizes[0], glide(alone, avoiding, u))[:2] for u in np.linspace(0, 1, 101)])
    assert np.linalg.norm(np.diff(path, axis=0), axis=1).max() < 6.0


# ------------------------------------------------------------------------------------------------------- labels
def ground():
    x = np.linspace(-5.0, 5.0, 65)
    return Terrain(x, x, (x[None] ** 2 + x[:, None] - 11) ** 2 + (x[None] + x[:, None] ** 2 - 7) ** 2)


def wandering(terrain, seed, upto, count=6):
    """Trails of a random walk each, all shown up to the same iteration."""
    rng = np.random.default_rng(seed)
    trails = []
    for k in range(count):
        path = np.clip(rng.uniform(-3, 3, 2) + np.cumsum(rng.normal(0, 0.25, (60, 2)), 0), -4.9, 4.9)
        points, progress = terrain.drape(path)
        trails.append(layers.Trail(points, progress, "optimizer.adam", upto, label=f"Optimizer {k}", value="4.2e−6"))
    return trails


@pytest.mark.parametrize("seed", range(6))
def test_labels_of_random_heads_never_overlap_and_stay_inside(type_, seed):
    terrain, camera = ground(), Camera(azimuth=20.0 * seed, elevation=45.0)
    area = (120.0, 30.0, 700.0, 480.0)
    camera.fit(terrain.bounds, SIZE, area)
    taken = [(130.0, 40.0, 150.0, 90.0)]
    for upto in (0.0, 7.3, 31.9, 59.0):
        named, heads, rects = head_labels(
            type_, Discs(wandering(terrain, seed, upto), camera, SIZE, type_.pixel_ratio), area, taken
        )
        assert len(named) == len(heads) == 6
        assert None not in rects
        assert far_apart([*rects, *taken])
        assert all(inside(rect, area) for rect in rects)


def test_labels_are_a_function_of_the_picture_alone(type_):
    terrain, camera = ground(), Camera(azimuth=-47.0, elevation=45.0)
    camera.fit(terrain.bounds, SIZE)
    area = WHOLE

    def at(upto):
        return head_labels(type_, Discs(wandering(terrain, 5, upto), camera, SIZE, type_.pixel_ratio), area, [])[2]

    there = at(33.4)
    for upto in np.linspace(0, 59, 30):
        at(upto)
    assert at(33.4) == there


def test_labels_do_not_flicker_while_heads_move_or_the_camera_turns(type_):
    terrain, camera = ground(), Camera(azimuth=-60.0, elevation=45.0)
    camera.fit(terrain.bounds, SIZE)
    area = WHOLE

    def jumps(moments):
        """Return how often a label jumps, in relation to its head, from one moment to the next."""
        last, count, total = None, 0, 0
        for azimuth, upto in moments:
            camera.place(azimuth=azimuth)
            _, heads, rects = head_labels(
                type_, Discs(wandering(terrain, 2, upto), camera, SIZE, type_.pixel_ratio), area, []
            )
            now = np.array([rect[:2] for rect in rects if rect]) - heads
            if last is not None:
                move = np.linalg.norm(now - last, axis=1)
                count, total = count + int((move > 20.0).sum()), total + len(move)
            last = now
        return count / total

    assert jumps([(-60.0, upto) for upto in np.arange(0, 40, 0.1)]) < 0.01
    assert jumps([(azimuth, 40.0) for azimuth in np.arange(-60.0, 60.0, 1.0)]) < 0.03


def test_labels_of_paths_that_grow_are_calm_and_seldom_chosen_again(type_):
    terrain, camera = ground(), Camera(azimuth=-60.0, elevation=45.0)
    camera.fit(terrain.bounds, SIZE)
    paths = [(trail.points, trail.progress) for trail in wandering(terrain, 2, 0.0)]
    tracks = [Track(150) for _ in paths]
    _choices.cache_clear()
    last, jumped, total = None, 0, 0
    for upto in np.arange(0.0, 50.0, 0.1):
        for track, (points, progress) in zip(tracks, paths, strict=True):
            new = (progress <= upto) & (progress > (track.progress[-1] if track.count else -1.0))
            track.append(points[new], progress[new])
        trails = [layers.Trail.of(track, "text", upto, label=f"Run {k}") for k, track in enumerate(tracks)]
        _, heads, rects = head_labels(type_, Discs(trails, camera, SIZE, type_.pixel_ratio), WHOLE, [])
        assert far_apart(rects)
        now = np.array([rect[:2] for rect in rects if rect]) - heads
        if last is not None:
            move = np.linalg.norm(now - last, axis=1)
            jumped, total = jumped + int((move > 20.0).sum()), total + len(move)
        last = now
    assert tracks[0].first > 0
    assert jumped / total < 0.015
    assert _choices.cache_info().misses < 150  # of 2000 that were asked for


def test_labels_of_a_picture_twice_as_large_stand_at_twice_the_places(type_):
    terrain = ground()
    found = []
    for factor in (1, 2):
        type_.scale = type_.pixel_ratio = float(factor)
        size = (SIZE[0] * factor, SIZE[1] * factor)
        camera = Camera(azimuth=-60.0, elevation=45.0)
        camera.fit(terrain.bounds, size)
        area = (0.0, 0.0, float(size[0]), float(size[1]))
        rects = head_labels(type_, Discs(wandering(terrain, 3, 20.0), camera, size, type_.pixel_ratio), area, [])[2]
        found.append(np.array(rects) / factor)
    assert found[0] == pytest.approx(found[1], abs=9.0)


# --------------------------------------------------------------------------------------------- the whole overlay
def race(terrain, upto=20.0):
    trails = wandering(terrain, 3, upto)
    rows = [layers.Row("optimizer.adam", f"Optimizer {k}", ("0.1", "3.46")) for k in range(6)]
    notes = [
        layers.Title("Himmelblau", r"f(x,y)=(x^2+y-11)^2+(x+y^2-7)^2", ("Six walkers, 20 steps",)),
        layers.Legend(rows, columns=("rate", "loss")),
        layers.ColorBar(terrain),
    ]
    return Frame([layers.Axes(terrain), *trails], notes)


def draw(host, frame, size=SIZE, panels=False, show=None, theme=DARK, camera=None):
    """Write an overlay over a plain ground and return what it changed, (h, w) in [0, 1]."""
    host.use()
    scale = picture_scale(size)
    type_, target = Type(theme, scale), Target(size)
    ground_color = theme.color("background")
    free = (0.0, 0.0, 1.0, 1.0)
    with target:
        for _ in range(2):
            gloo.set_state(depth_mask=True)
            gloo.clear(color=(*ground_color, 1.0), depth=1.0)
            host.begin(size)
            free = free_rect(frame, size, type_)
            if camera is None:
                camera = Camera(azimuth=-60.0, elevation=45.0)
                camera.fit(ground().bounds, size, free)
            canvas.headless().context.flush_commands()
            draw_overlay(
                imgui.get_background_draw_list(), type_, frame, camera, size, free, show or Show(), panels=panels
            )
            host.end()
    image = target.read()[..., :3] / 255.0
    target.close()
    type_.close()
    return np.abs(image - np.array(ground_color)).max(-1), free


def test_cautions_stay_in_the_free_rectangle_and_labels_keep_clear_of_them(type_):
    free, camera = (30.0, 40.0, 300.0, 400.0), Camera(azimuth=-60.0, elevation=45.0)
    camera.fit(ground().bounds, SIZE, free)
    texts = ["It measures the texts that the vectors were learned from, not the world", "f has no value at 0"]
    cautions = [layers.Caution(text) for text in texts]

    def written(labels):
        dl = imgui.get_background_draw_list()
        with type_.recorded() as drawn:
            draw_overlay(dl, type_, Frame(labels, cautions), camera, SIZE, free, Show(), panels=True)
        return [one for one in drawn if one.kind == "note"], [one.rect for one in drawn if one.kind == "label"]

    lines, _ = written([])
    assert " ".join(one.text for one in lines) == " ".join(texts)
    assert all(inside(one.rect, free) for one in lines)
    assert far_apart([one.rect for one in lines])
    directions = np.linspace((-1.2, -1.2, 0.0), (1.2, 1.2, 0.6), 9)
    labels = [layers.Label(place, "architect", side=side, key=f"{k} {side}")
              for k, place in enumerate(directions) for side in ("above", "left")]  # fmt: skip
    for label in labels:  # each alone, wherever it stands
        _, placed = written([label])
        assert far_apart([*placed, *(one.rect for one in lines)])
    spot = camera.project(np.array([labels[0].position]), SIZE)[0]
    assert free[0] < spot[0] < free[0] + free[2]


@pytest.mark.parametrize(
    "matrix",
    [((2, 1), (1, 2)), ((2.94, 2.24), (1.61, 2.8)), ((1.78, 1.34), (0.91, 2.26)), ((1.35, 1.34), (0.48, 2.26))],
)
def test_factors_stand_beside_the_lines_that_do_not_turn(type_, matrix):
    scene: Any = library.scene("linear_map_2d", matrix=matrix)
    size, free = (1280, 720), (260.0, 56.0, 684.0, 580.0)
    player = Player(scene, size)
    player.resize(size, free)
    with type_.recorded() as drawn:
        dl = imgui.get_background_draw_list()
        draw_overlay(dl, type_, player.frame(), player.camera, size, free, Show(), panels=True)
    for k, kept in enumerate(scene.eigen_directions(), 1):
        (rect,) = (one.rect for one in drawn if rf"\lambda_{k}" in one.text)
        a, b = player.camera.project(np.array([[0.0, 0.0, 0.0], [*kept.vector, 0.0]]), size)
        corners = np.array([(rect[0] + u * rect[2], rect[1] + v * rect[3]) for u in (0, 1) for v in (0, 1)]) - a
        aside = (corners @ (-(b - a)[1], (b - a)[0])) / np.hypot(*(b - a))
        assert (aside > 0).all() or (aside < 0).all(), aside


def test_title_and_legend_are_written_without_panels_only(host):
    frame = race(ground())
    plain, free = draw(host, frame)
    paneled, _ = draw(host, frame, panels=True)
    s = picture_scale(SIZE)
    title = (slice(int(40 * s), int(84 * s)), slice(int(44 * s), int(200 * s)))
    legend = (slice(SIZE[1] - int(240 * s), SIZE[1] - int(60 * s)), slice(int(44 * s), int(200 * s)))
    bar = (slice(SIZE[1] - int(300 * s), SIZE[1] - int(64 * s)), slice(SIZE[0] - int(104 * s), SIZE[0] - int(94 * s)))
    for place in (title, legend, bar):
        assert plain[place].max() > 0.5
    assert paneled[title].max() == 0.0
    flat_bar = paneled[int(free[1] + free[3] - 46 * s) : int(free[1] + free[3] - 36 * s), int(free[0] + 80 * s)]
    assert flat_bar.max() > 0.02


def test_switching_labels_off_leaves_notes_and_axes(host):
    frame = race(ground())
    with_labels, free = draw(host, frame)
    without, _ = draw(host, frame, show=Show(labels=False))
    middle = (slice(int(free[1]) + 100, int(free[1] + free[3]) - 150), slice(int(free[0]) + 150, int(free[0]) + 400))
    assert with_labels[middle].max() > 0.5
    assert without[middle].max() == 0.0
    assert without.max() > 0.5


def test_the_free_rectangle_depends_on_which_notes_there_are_not_on_what_they_say(type_):
    terrain = ground()
    plain = free_rect(Frame([], []), SIZE, type_)
    race_rect = free_rect(race(terrain), SIZE, type_)
    column = Frame([], [layers.Title("T"), layers.Formula("x"), layers.Meter("Area", "A", 2.0, "area")])
    wide = Frame([], [layers.Title("T" * 40), layers.Formula("x" * 60), layers.Meter("Area", "A", 2e9, "area")])
    assert plain[0] < race_rect[0] < free_rect(column, SIZE, type_)[0]
    assert free_rect(column, SIZE, type_) == free_rect(wide, SIZE, type_)
    for rect in (plain, race_rect):
        assert inside(rect, (0, 0, *SIZE))


@pytest.mark.parametrize("size", [(640, 360), (400, 700), (1280, 720)])
@pytest.mark.parametrize("theme", [DARK, PRINT], ids=lambda theme: theme.name)
def test_a_column_fits_into_every_picture(host, size, theme):
    matrix = r"M_t=(1-t)\,I+t\,A=\begin{bmatrix}\fgcolor{i}{1.50}&\fgcolor{j}{0.50}\\0.50&1.50\end{bmatrix}"
    rows = [("eigen1", "v_1=(1,1)", r"\lambda_1=3", "now ×2.00"), ("eigen2", "v_2=(1,-1)", r"\lambda_2=1", "now ×1.00")]
    notes = [
        layers.Title("A matrix moves the plane", lines=("The plane moves from the identity to A",)),
        layers.Formula("A=" + matrix),
        layers.Formula(matrix),
        layers.Meter("Area of the unit square", r"\det M_t=", -1.25, "area", -2.0, 3.0),
        layers.Facts("Directions that do not turn", rows),
    ]
    camera = Camera(flat=True)
    camera.fit(np.array([[-3, -3, 0], [3, 3, 0]]), size)
    changed, _ = draw(host, Frame([], notes), size, theme=theme, camera=camera)
    assert changed[-3:].max() < 0.3  # nothing runs out at the bottom
    assert changed[:, : int(0.6 * size[0])].max() > 0.3


def test_labels_of_places_stand_at_their_side_and_letters_in_their_colour(host):
    camera = Camera(flat=True)
    camera.fit(np.array([[-3, -3, 0], [3, 3, 0]]), SIZE)
    label = layers.Label((1.0, 0.5, 0.0), "here", "#FF0000", side="right")
    changed, _ = draw(host, Frame([label], []), camera=camera)
    y, x = np.nonzero(changed > 0.3)
    at = camera.project(np.array([1.0, 0.5, 0.0]), SIZE)
    s = picture_scale(SIZE)
    assert x.min() == pytest.approx(at[0] + GAP * s, abs=3)
    assert (y.min() + y.max()) / 2 == pytest.approx(at[1], abs=4)
    assert rgb("#FF0000") == (1.0, 0.0, 0.0)


@pytest.mark.parametrize(("name", "preset"), [("momentum_phase", "plain descent"), ("optimizer_swarm", "adam")])
def test_the_subject_begins_beside_a_legend_of_many_columns_or_long_names(name, preset, type_):
    made, small = library.scene(name, preset), (640, 360)
    type_.scale = picture_scale(small)
    frame = made.frame(0.0)
    legend = first_of(frame.notes, layers.Legend)
    assert legend is not None
    x, _, width, _ = legend_rect(type_, legend, small)
    assert x + width <= free_rect(frame, small, type_)[0] + 1


def test_the_flat_bar_covers_nothing_and_takes_all_that_it_writes_on(type_):
    """No plate cuts a corner of the ground; what is written there has a halo instead."""

    class Noting:
        """A draw list that notes the rectangles it fills."""

        def __init__(self):
            self.filled = []

        def __getattr__(self, name):
            return getattr(imgui.get_background_draw_list(), name)

        def add_rect_filled(self, *given):
            self.filled.append(given)

    dl: Any = Noting()
    frame = library.scene("optimizer_race").frame(0.0)
    with type_.recorded() as written:
        (taken,) = draw_flat_color_bar(dl, type_, frame, (0.0, 60.0, 640.0, 340.0))
    assert dl.filled == []
    assert len(written) >= 4
    assert all(inside(one.rect, taken, 1.0) for one in written)


def test_facts_end_where_the_subject_begins(host):
    made = library.scene("gradient_descent", "one iteration")
    small, frame = (640, 360), made.frame(made.still_time)
    notes = [note for note in frame.notes if isinstance(note, layers.Title | layers.Facts)]
    changed, (left, *_) = draw(host, Frame([], notes), small)
    assert changed[:, int(left) :].max() < 0.02


def test_the_plane_s_numbers_are_written_inside_the_free_rectangle(host):
    camera = Camera(flat=True)
    camera.fit(np.array([[-3, -3, 0], [3, 3, 0]]), SIZE)
    changed, free = draw(host, Frame([layers.Axes()], []), camera=camera)
    x = np.nonzero(changed > 0.1)[1]
    assert len(x) > 100
    assert x.min() >= free[0] - 20
    assert x.max() <= free[0] + free[2] + 30


# ------------------------------------------------------------------------------------- what does not fit, long formulas
def test_a_long_equation_is_broken_before_the_sign_in_its_middle():
    assert in_two_lines("f = a + b + c - d") == r"\begin{aligned} f  =\; &  a + b  \\ & + c - d \end{aligned}"
    assert in_two_lines("f = -(a + b)^{c - d}") == "f = -(a + b)^{c - d}"  # no sign outside of brackets
    assert in_two_lines("a + b") == "a + b"
    assert in_two_lines(r"x = a + b,\quad y = c") == r"\begin{aligned} & x = a + b, \\ &  y = c \end{aligned}"


def test_of_notes_without_room_the_least_important_are_left_out_first(type_):
    terrain = ground()
    title, column = layers.Title("T"), layers.Facts("F", [("text", "x", "", "here")])
    legend, bar = layers.Legend([layers.Row("text", "one", ("1",))]), layers.ColorBar(terrain)
    notes = [bar, legend, column, title]

    def kept(*size):
        return {type(note).__name__ for note in fitting_notes(notes, size, type_)}

    type_.scale = 1.0
    assert kept(1280, 720) == {"Title", "Facts", "Legend", "ColorBar"}
    assert kept(860, 600) == {"Title", "Facts", "Legend"}
    assert kept(700, 500) == {"Title", "Legend"}
    assert kept(520, 400) == {"Title", "ColorBar"}
    assert kept(340, 250) == {"Title"}
    type_.scale = 2.0  # large text leaves as little room as a small picture
    assert kept(1720, 1200) == {"Title", "Facts", "Legend"}


@pytest.mark.parametrize("size", [(1280, 720), (700, 500), (640, 420)])
def test_a_title_above_the_subject_stays_beside_a_legend(type_, size):
    """In narrow pictures the title's room is above and the legend's below: neither takes the other's."""
    type_.scale = 1.0
    rows = [layers.Row("text", "one", ("1",)), layers.Row("text", "two", ("2",))]
    frame = Frame([], [layers.Title("Title"), layers.Legend(rows)])
    taken = draw_notes(imgui.get_background_draw_list(), type_, frame, size, 0.0)
    title, legend = taken[0], taken[-1]
    assert len(taken) == 2
    assert title[1] + title[3] < size[1] / 2 < legend[1]


def test_the_bar_of_a_root_begins_where_the_root_ends():
    image, _ = render_latex(r"\sqrt{x}", 14, (1.0, 1.0, 1.0))
    ink = image[..., 3].astype(float) / 255
    bar = int(np.argmax(ink.sum(1)))  # the row of the bar
    row = np.flatnonzero(ink[max(bar - 1, 0) : bar + 2].max(0) > 0.2)
    assert np.all(np.diff(row) == 1)  # no gap between the root's tip and its bar


def test_names_of_heads_in_one_place_stand_below_each_other(type_):
    terrain, area = ground(), (0.0, 0.0, float(SIZE[0]), float(SIZE[1]))
    camera = Camera(azimuth=-60.0, elevation=45.0)
    camera.fit(terrain.bounds, SIZE)
    path = np.column_stack([np.linspace(-3.0, 1.0, 21), np.zeros(21)])
    trails = [
        layers.Trail.on(terrain, path, 20.0, "optimizer.adam", label=f"Optimizer {k}", value=0.1 * k) for k in range(5)
    ]
    rects = [
        rect
        for rect in head_labels(type_, Discs(trails, camera, SIZE, type_.pixel_ratio), area, [])[2]
        if rect is not None
    ]
    assert len(rects) == len(trails)
    assert len({rect[0] for rect in rects}) == 1
    for above, below in itertools.pairwise(rects):
        assert below[1] == pytest.approx(above[1] + above[3])


@pytest.mark.parametrize("size", [(640, 360), (400, 300), (1280, 720)])
def test_facts_of_any_width_fit_their_column_or_are_as_small_as_can_be(type_, size):
    type_.scale = picture_scale(size)
    dl, most = imgui.get_background_draw_list(), column_width(size, type_)
    for letters in range(1, 70):
        facts = layers.Facts("rates", [("down", r"x_1", r"= 0.25", "m" * letters)])
        (block,) = _column(dl, type_, [facts], size)
        smallest, usual = (_facts_block(dl, type_, facts, factor).width for factor in (SMALLEST_FACTS, 1.0))
        assert block.width <= max(most, smallest) + 1e-9
        assert block.width >= min(usual, max(0.9 * most, smallest))  # and no smaller than it takes


def test_numbers_below_a_count_are_whole_and_end_at_the_greatest():
    found = {most: _meter_ticks(0.0, most, True) for most in (1.0, 2.0, 8.0, 32.0, 176.0)}
    assert found[2.0] == [0.0, 1.0, 2.0]
    assert found[32.0] == [0.0, 10.0, 20.0, 32.0]
    assert all(ticks[-1] == most and all(tick == int(tick) for tick in ticks) for most, ticks in found.items())
    assert all(np.diff(ticks).min() >= 0.5 * np.diff(ticks)[0] for ticks in found.values())
    assert _meter_ticks(0.0, 2.0, False) == [0.0, 0.5, 1.0, 1.5, 2.0]

"""Draw the gallery: each kind of layer in both themes into ``docs/pictures/gallery``, each scene beside it.

    python tools/gallery.py            all of them
    python tools/gallery.py bars graph only these layers
    python tools/gallery.py scenes     every scene, and the page docs/scenes.md
    python tools/gallery.py pca        only this scene
    python tools/gallery.py secant     only this trial scene

Every picture is a little mathematics, composed here as a scene composes it. The golden images of the tests are made
from the same frames.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pictures

import lossland as ll
from lossland.scenery import library
from lossland.world import figures, layers, plots, shapes

DOCS = Path(__file__).parent.parent / "docs"
FOLDER, SCENES = DOCS / "pictures" / "gallery", DOCS / "pictures" / "scenes"
TRIALS = Path(__file__).parent.parent / "tests" / "scenes"  # scenes of the tests, made of plots and figures
SIZE, SCENE_SIZE = (960, 540), (640, 360)
LARGEST_FILE = 250_000  # bytes
COARSEST = 6  # of 256 levels
BOX = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (0, 1)], float)
FRAMES: dict[str, Callable[[], ll.Frame]] = {}

Floats = NDArray[np.float64]


def picture(make: Callable[[], ll.Frame]) -> Callable[[], ll.Frame]:
    """Register a frame in the gallery under its function's name."""
    FRAMES[make.__name__] = make
    return make


# --------------------------------------------------------------------------------------------------- ingredients
def terrain(name: str, samples: int = 257) -> ll.Terrain:
    """Return a landscape of the catalogue as ground."""
    grid = ll.landscape(name).grid(samples)
    return ll.Terrain(grid.x, grid.y, grid.value)


def floor(z: float = 0.0, half: float = 1.2, cells: int = 12) -> layers.Sheet:
    """Return a faint square grid on the plane z."""
    run = np.linspace(-half, half, cells + 1)
    x, y = np.meshgrid(run, run)
    return layers.Sheet(np.stack([x, y, np.full_like(x, z)], -1), fill=0.0, every=(1, 1), line="hair", width=1.0)


def floor_of(cells: int) -> layers.Sheet:
    """Return a faint grid of unit squares on the floor, from the origin on."""
    x, y = np.meshgrid(np.arange(cells + 1.0), np.arange(cells + 1.0))
    return layers.Sheet(np.stack([x, y, np.zeros_like(x)], -1), fill=0.0, every=(1, 1), line="hair", width=1.0)


def circle(x: float, y: float, across: float, down: float) -> list[tuple[float, float]]:
    """Return the points of an ellipse."""
    turn = np.linspace(0, 2 * np.pi, 25)
    return [(float(x + across * np.cos(a)), float(y + down * np.sin(a))) for a in turn]


SIX = [(0.64, 0.14), (0.42, 0.3), (0.3, 0.6), (0.36, 0.82), (0.54, 0.88), (0.7, 0.74), (0.62, 0.56), (0.46, 0.54)]
STROKES: dict[int, list[list[tuple[float, float]]]] = {  # x to the right, y down, in [0, 1]
    0: [circle(0.5, 0.5, 0.22, 0.36)],
    1: [[(0.38, 0.28), (0.54, 0.14), (0.54, 0.86)]],
    2: [[(0.28, 0.3), (0.36, 0.16), (0.52, 0.12), (0.68, 0.2), (0.7, 0.36), (0.56, 0.56), (0.28, 0.86), (0.74, 0.86)]],
    3: [
        [(0.3, 0.18), (0.5, 0.12), (0.68, 0.24), (0.64, 0.4), (0.48, 0.47)],
        [(0.48, 0.47), (0.68, 0.56), (0.7, 0.76), (0.52, 0.88), (0.3, 0.82)],
    ],
    4: [[(0.6, 0.88), (0.6, 0.12), (0.26, 0.62), (0.76, 0.62)]],
    6: [[*SIX, (0.32, 0.64)]],
    7: [[(0.26, 0.13), (0.74, 0.13), (0.46, 0.88)]],
    8: [circle(0.5, 0.3, 0.17, 0.17), circle(0.5, 0.68, 0.2, 0.2)],
}


def digit(number: int, samples: int, turn: float = 0.0, thick: float = 0.07) -> Floats:
    """Return a written digit as ink (samples, samples) in [0, 1], turned by an angle in radians."""
    run = (np.arange(samples) + 0.5) / samples
    x, y = np.meshgrid(run, run)
    middle = np.stack([x, y], -1) - 0.5
    at = middle @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) + 0.5
    nearest = np.full(x.shape, np.inf)
    for stroke in STROKES[number]:
        points = np.array(stroke)
        for a, b in pairwise(points):
            share = np.clip((at - a) @ (b - a) / ((b - a) @ (b - a)), 0, 1)
            nearest = np.minimum(nearest, np.linalg.norm(at - a - share[..., None] * (b - a), axis=-1))
    return np.clip(1.0 - (nearest - thick) / 0.08, 0.0, 1.0)


# ------------------------------------------------------------------------------------------------------ pictures
@picture
def surface() -> ll.Frame:
    """A landscape, its contours labelled, cut open where a valley runs."""
    ground = terrain("himmelblau")
    drawn = [layers.Surface(ground, shown=(-5.0, 3.0, -5.0, 5.0), labels=True), layers.Axes(ground)]
    notes = [
        layers.Title("Cut through a minimum", "f(x, y) = (x^2 + y - 11)^2 + (x + y^2 - 7)^2"),
        layers.ColorBar(ground),
    ]
    return ll.Frame(drawn, notes, ll.View(-38.0, 40.0, bounds=ground.bounds))


@picture
def curvature() -> ll.Frame:
    """A landscape painted by how it curves."""
    land = ll.landscape("six_hump_camel")
    grid = land.grid(257)
    ground = ll.Terrain(grid.x, grid.y, grid.value)
    x, y = np.meshgrid(grid.x, grid.y)
    xx, xy, yy = np.moveaxis(np.asarray(land.hessian(np.stack([x, y], -1))), -1, 0)
    least = (xx + yy) / 2 - np.hypot((xx - yy) / 2, xy)  # the smaller eigenvalue
    paint = 0.62 * np.tanh(least / 22.0)
    drawn = [layers.Surface(ground, paint), layers.Axes(ground)]
    notes = [
        layers.Title("Where it bends down", r"\lambda_{\min}\!\left(\nabla^2 f\right)"),
        layers.Legend([layers.Row("signed.low", "bends down"), layers.Row("signed.high", "bends up")]),
    ]
    return ll.Frame(drawn, notes, ll.View(-60.0, 42.0, bounds=ground.bounds))


@picture
def morph() -> ll.Frame:
    """One landscape half way into another."""
    smooth, rough = (terrain(name) for name in ("sphere", "ackley"))
    drawn = [layers.Surface(smooth, into=rough, share=0.55)]
    notes = [layers.Title("A bowl on its way to Ackley's function", lines=["55 % of the way, blended in the shader"])]
    return ll.Frame(drawn, notes, ll.View(-60.0, 38.0, bounds=smooth.bounds))


@picture
def sheets() -> ll.Frame:
    """A landscape under the parabola that touches it: the model that Newton's method walks on."""
    land, ground = ll.landscape("himmelblau"), terrain("himmelblau")
    at = np.array([1.2, -3.2])
    value, gradient = land.value_grad(at)
    xx, xy, yy = np.asarray(land.hessian(at))
    x, y = np.meshgrid(ground.x - at[0], ground.y - at[1])
    model = value + gradient[0] * x + gradient[1] * y + (xx * x * x + 2 * xy * x * y + yy * y * y) / 2
    touching = ll.Terrain(ground.x, ground.y, model, like=ground)
    here = ground.world_from_domain(at, lift=0.02)
    drawn = [
        layers.Surface(ground),
        layers.Axes(ground),
        layers.Surface(touching, "accent", sheet=True, alpha=0.45),
        layers.Points(here[None], "accent", 7.0, "sphere", outline=True),
        layers.Label(here, r"(x_0, y_0)", latex=True, size=20),
    ]
    notes = [layers.Title("A loss and its quadratic model", r"f + \nabla f^{\top} d + \tfrac{1}{2}\, d^{\top} H d")]
    return ll.Frame(drawn, notes, ll.View(-60.0, 42.0, bounds=ground.bounds))


@picture
def trails() -> ll.Frame:
    """Three optimizers from one start."""
    land, ground = ll.landscape("himmelblau"), terrain("himmelblau")
    lanes = [
        ("momentum", "Momentum", ll.optimizers.Momentum(lr=0.0025)),
        ("adam", "Adam", ll.optimizers.Adam(lr=0.35)),
        ("lion", "Lion", ll.optimizers.Lion(lr=0.12)),
    ]
    drawn: list[layers.Layer] = [layers.Surface(ground), layers.Axes(ground)]
    for number, (role, title, optimizer) in enumerate(lanes):
        run = ll.run(land, optimizer, start=(0.2, -4.2), steps=48)
        points, progress = ground.drape(run.points[:, 0])
        beads = ground.world_from_domain(run.points[:, 0], lift=0.008)
        value = ll.numerals.short(float(run.values[-1, 0]))
        start = "start" if number == 0 else ""
        color = f"optimizer.{role}"
        drawn.append(layers.Trail(points, progress, color, 48.0, beads, title, value, start))
    return ll.Frame(drawn, [layers.Title("Three walks, one start")], ll.View(-60.0, 45.0, bounds=ground.bounds))


@picture
def tracks() -> ll.Frame:
    """Three ways on Lorenz's attractor that began side by side; only the last of each is kept."""
    drawn: list[layers.Layer] = [floor(0.0, 0.7, 7)]
    for number, role in enumerate(("momentum", "adam", "lion")):
        track = ll.Track(900)
        place = np.array([1.0, 1.0 + 1e-3 * number, 20.0])
        for step in range(5200):
            track.append(place / 30.0, step)
            place = place + 0.004 * lorenz(place + 0.002 * lorenz(place))  # the midpoint rule
        drawn.append(layers.Trail.of(track, f"optimizer.{role}"))
    latex = r"\dot{x} = 10\,(y - x) \quad \dot{y} = x\,(28 - z) - y \quad \dot{z} = x y - \frac{8}{3} z"
    notes = [layers.Title("They began a thousandth apart", latex, ["The last 900 points of each way"])]
    return ll.Frame(drawn, notes, ll.View(-60.0, 18.0, bounds=BOX * (0.62, 0.62, 1.5)))


def lorenz(place: Floats) -> Floats:
    """Return the velocity (3,) of Lorenz's system at a place (3,)."""
    x, y, z = place
    return np.array([10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z])


@picture
def arrows() -> ll.Frame:
    """The gradient of a saddle as a field of arrows."""
    axis = np.linspace(-1, 1, 129)
    x, y = np.meshgrid(axis, axis)
    ground = ll.Terrain(axis, axis, x**2 - y**2)
    at = np.stack(np.meshgrid(*[np.linspace(-0.85, 0.85, 11)] * 2), -1).reshape(-1, 2)
    along = at * (2, -2)
    tail = ground.world_from_domain(at, lift=0.01)
    tip = ground.world_from_domain(np.clip(at + 0.075 * along, -1, 1), lift=0.01)
    drawn = [layers.Surface(ground), layers.Axes(ground), layers.Arrows(tail, tip, "up", 3.4)]
    notes = [layers.Title("Uphill everywhere", r"\nabla (x^2 - y^2) = (2x, -2y)")]
    return ll.Frame(drawn, notes, ll.View(-60.0, 46.0, bounds=ground.bounds))


@picture
def points() -> ll.Frame:
    """A globe half way to its map: points on their way from one layout to another."""
    number = np.arange(1400) + 0.5
    sine, turn = 1 - 2 * number / len(number), np.pi * (1 + np.sqrt(5)) * number % (2 * np.pi)
    level = np.sqrt(1 - sine**2)
    globe = np.stack([0.75 * level * np.cos(turn), 0.75 * level * np.sin(turn), 0.75 * sine + 0.8], -1)
    across = np.mod(turn + 0.75 * np.pi, 2 * np.pi) - np.pi
    chart = np.stack([-0.3 + 0.0 * turn, 0.42 * across, 0.8 + 0.75 * sine], -1) * (1, 1, 1)
    groups = (np.digitize(turn, [np.pi / 2, np.pi, 1.5 * np.pi])).astype(int)
    drawn = [floor(-0.1, 1.5, 15), layers.Points(globe, groups, 4.6, "sphere", target=chart, share=0.42)]
    notes = [layers.Title("A globe on its way to a map", lines=["1400 points, moved by the shader"])]
    bounds = np.array([[x, y, z] for x in (-0.8, 0.8) for y in (-1.1, 1.1) for z in (0.0, 1.5)])
    return ll.Frame(drawn, notes, ll.View(-32.0, 20.0, bounds=bounds))


@picture
def bars() -> ll.Frame:
    """An image as a skyline: each pixel is a number, each number a height."""
    ink = digit(3, 16)
    low, high = shapes.skyline(0.02 + 0.42 * ink, gap=0.14)
    drawn = [layers.Bars(low, high, ink.ravel(), "height")]
    notes = [layers.Title("An image is a list of numbers", r"x \in [0, 1]^{16 \times 16}")]
    bounds = np.array([[x, y, z] for x in (-1.05, 1.05) for y in (-1.05, 1.05) for z in (0.0, 0.4)])
    return ll.Frame(drawn, notes, ll.View(-70.0, 44.0, bounds=bounds))


@picture
def ridgeline() -> ll.Frame:
    """Means of more and more draws: histograms one behind the other."""
    fine, rows = 480, []
    density = np.full(fine, 1.0)
    total = density.copy()
    for count in range(1, 9):
        if count > 1:
            total = np.convolve(total, density) / fine
        place = (np.arange(len(total)) + 0.5 * count) / fine / count
        edges = np.linspace(0, 1, 49)
        rows.append(np.histogram(place, edges, weights=total * count)[0] / np.histogram(place, edges)[0])
    heights = 0.24 * np.array(rows)
    low, high = shapes.ridgeline(np.linspace(-1, 1, 49), heights, pitch=0.25, depth=0.34)
    shade = np.repeat(np.linspace(0.25, 1.0, 8), 48)
    shift = np.array([0.0, -0.95, 0.0])
    names = [
        layers.Label((1.04, 0.25 * k - 0.92, 0.02), f"n = {k + 1}", "dim", size=13.0, side="right") for k in range(8)
    ]
    drawn = [layers.Bars(low + shift, high + shift, shade, "height"), *names]
    notes = [layers.Title("Means gather around the middle", r"\bar{x} = \frac{1}{n} \sum_{i=1}^{n} x_i")]
    bounds = np.array([[x, y, z] for x in (-1.05, 1.3) for y in (-1.0, 1.0) for z in (0.0, 0.7)])
    return ll.Frame(drawn, notes, ll.View(-72.0, 32.0, bounds=bounds))


@picture
def curve() -> ll.Frame:
    """The sine, its signed area and its tangent."""
    x = np.linspace(-np.pi, np.pi, 241)
    path = np.stack([x, np.sin(x), np.zeros_like(x)], -1)
    touch = 0.9
    drawn = [
        layers.WarpedGrid(np.eye(2), before=False, group="grid"),
        layers.Axes(),
        layers.Curve(
            path,
            "optimizer.momentum",
            3.0,
            at=x,
            foot=path * (1, 0, 1),
            area=(-2.2, touch),
            negative="j",
            tangent=touch,
            reach=1.1,
            tangent_color="area",
        ),
        layers.Label((touch, np.sin(touch), 0), r"\cos x = 0.62", "area", latex=True, size=20.0, side="below right"),
    ]
    notes = [layers.Title("Slope and area of the sine", r"\int_{-2.2}^{0.9} \sin x \, dx = -1.21")]
    bounds = np.array([[-5.6, -1.6, 0], [3.3, 1.6, 0]])
    return ll.Frame(drawn, notes, ll.View(90.0, 90.0, flat=True, bounds=bounds))


@picture
def lines() -> ll.Frame:
    """The complex exponential as a helix, with its two shadows."""
    x = np.linspace(0, 3 * np.pi, 361)
    along = x / np.pi * 0.9 - 1.35
    helix = np.stack([along, 0.5 * np.cos(x), 0.5 * np.sin(x) + 0.6], -1)
    floor_shadow, wall_shadow = helix * (1, 1, 0), helix * (1, 0, 1) + (0, 0.75, 0)
    axis = np.array([[-1.45, 0, 0.6], [1.5, 0, 0.6]])
    spokes = [np.stack([helix[k] * (1, 0, 0) + (0, 0, 0.6), helix[k]]) for k in range(0, 361, 10)]
    drawn = [
        floor(0.0, 1.5, 15),
        layers.Lines([axis], "dim", 1.2),
        layers.Lines(spokes, "faint", 1.0, 0.6),
        layers.Lines([floor_shadow], "i", 2.0, dash=(9, 6)),
        layers.Lines([wall_shadow], "j", 2.0, dash=(9, 6)),
        layers.Lines([helix], "area", 3.4),
        layers.Label(floor_shadow[-1], r"\cos x", "i", latex=True, size=20.0, side="right"),
        layers.Label(wall_shadow[-1], r"\sin x", "j", latex=True, size=20.0, side="right"),
        layers.Label(helix[-1], "e^{ix}", "area", latex=True, size=22.0, side="right"),
    ]
    bounds = np.array([[a, b, c] for a in (-1.4, 1.6) for b in (-0.6, 0.8) for c in (0.0, 1.1)])
    title = layers.Title("Two shadows of one helix", r"e^{ix} = \cos x + i \sin x")
    return ll.Frame(drawn, [title], ll.View(-58.0, 24.0, bounds=bounds))


@picture
def solids() -> ll.Frame:
    """A cloud, the ellipsoid of its covariance and its axes."""
    rng = np.random.default_rng(11)
    spread = np.array([[0.30, 0.12, 0.06], [0.12, 0.12, 0.02], [0.06, 0.02, 0.05]])
    middle = np.array([0.0, 0.0, 0.75])
    cloud = rng.multivariate_normal(middle, spread, 420)
    covariance = np.cov(cloud.T)
    axes = shapes.covariance_axes(covariance, 2.0)
    ball = shapes.ellipsoid(cloud.mean(0), axes)
    normal = axes[:, 0]
    sheet = shapes.plane(cloud.mean(0), normal, 1.15)
    middles = np.tile(cloud.mean(0), (3, 1))
    drawn = [
        floor(-0.25),
        layers.Solid(ball, "optimizer.momentum", 0.22),
        layers.Solid(sheet, "area", 0.13, edge_width=1.2),
        layers.Points(cloud, "text", 2.0, "disc"),
        layers.Arrows(middles, middles + axes[:, ::-1].T, ("j", "i", "eigen2"), 4.5),
    ]
    notes = [layers.Title("Axes of most variance", r"C v_i = \lambda_i v_i, \quad |a_i| = 2\sqrt{\lambda_i}")]
    bounds = middle + np.array([[x, y, z] for x in (-1.15, 1.15) for y in (-0.8, 0.8) for z in (-0.65, 0.6)])
    return ll.Frame(drawn, notes, ll.View(-62.0, 24.0, bounds=bounds))


@picture
def simplex() -> ll.Frame:
    """Softmax: a sheet of logits lands on the triangle of probabilities."""
    corners = np.eye(3) * 1.3
    shift = np.array([-0.35, -0.35, 0.0])
    triangle = shapes.simplex(corners + shift)
    rng = np.random.default_rng(5)
    logits = np.concatenate([rng.normal(0, 0.7, (60, 3)) + 1.9 * np.eye(3)[k] for k in range(3)])
    odds = np.exp(logits)
    chances = 1.3 * odds / odds.sum(1, keepdims=True) + shift
    names = [
        layers.Label(corners[k] + shift, f"p_{k + 1} = 1", "text", latex=True, size=19.0, side=side)
        for k, side in enumerate(("left", "right", "above"))
    ]
    drawn = [
        floor(0.0),
        layers.Solid(triangle, "i", 0.2, edge_width=2.2),
        layers.Points(chances, np.repeat(np.arange(3), 60), 4.0, "sphere"),
        *names,
    ]
    notes = [layers.Title("Where softmax lands", r"p_i = e^{z_i} / \textstyle\sum_j e^{z_j}")]
    bounds = np.array([[x, y, z] for x in (-0.4, 1.0) for y in (-0.4, 1.0) for z in (0.0, 1.35)])
    return ll.Frame(drawn, notes, ll.View(28.0, 24.0, bounds=bounds))


@picture
def sheet() -> ll.Frame:
    """What a layer of three neurons does to the plane."""
    run = np.linspace(-1, 1, 97)
    x, y = np.meshgrid(run, run)
    plane = np.stack([x, y, np.full_like(x, -0.75)], -1)
    weights = 1.9 * np.array([[1.0, 0.0], [-0.5, 0.87], [-0.5, -0.87]])
    bent = 0.8 * np.tanh(plane[..., :2] @ weights.T + (0.0, 0.0, 0.4))
    cube = shapes.parallelepiped(1.6 * np.eye(3), (-0.8, -0.8, -0.8))
    drawn = [
        floor(-0.8, 1.2),
        layers.Sheet(plane, bent, 0.9, paint=0.5 + 0.6 * bent[..., 2], every=(8, 8), line="casing", width=1.0),
        layers.Solid(cube, "dim", 0.02, edge_width=1.0),
    ]
    notes = [layers.Title("A layer bends the plane", r"x \mapsto \tanh(Wx + b), \quad W \in \mathbb{R}^{3 \times 2}")]
    return ll.Frame(drawn, notes, ll.View(-38.0, 26.0, bounds=1.6 * BOX - (0.0, 0.0, 0.8)))


@picture
def grid() -> ll.Frame:
    """A matrix moves the plane."""
    matrix = np.array([[1.5, 0.5], [0.5, 1.5]])
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    moved = np.column_stack([square[:, :2] @ matrix.T, np.zeros(4)])
    zero = np.zeros((2, 3))
    drawn = [
        layers.WarpedGrid(matrix, group="grid"),
        layers.Axes(),
        layers.Polygon(square, "area", fill=0.0, dash=(7, 4), outline=1.4),
        layers.Polygon(moved, "area"),
        layers.Arrows(zero, moved[[1, 3]], ("i", "j"), 6.5, depth=False),
        layers.Label(moved[1], r"\hat{\imath}", "i", latex=True, size=28.0, side="below right"),
        layers.Label(moved[3], r"\hat{\jmath}", "j", latex=True, size=28.0, side="left"),
    ]
    notes = [layers.Title("A linear map, half way", r"\det A = 2")]
    bounds = np.array([[-2.6, -1.6, 0], [3.2, 2.6, 0]])
    return ll.Frame(drawn, notes, ll.View(90.0, 90.0, flat=True, bounds=bounds))


@picture
def graph() -> ll.Frame:
    """A network of 3, 6, 6 and 2 neurons, its signals on their way."""
    rng = np.random.default_rng(4)
    widths = (3, 6, 6, 2)
    nodes = np.concatenate(
        [
            np.stack([np.full(n, 0.95 * k - 1.42), np.zeros(n), 0.36 * (np.arange(n)[::-1] - (n - 1) / 2)], -1)
            for k, n in enumerate(widths)
        ]
    )
    first = np.cumsum((0, *widths))
    value, edges, weight = np.array([0.9, -0.6, 0.3]), [], []
    values = [value]
    for layer, (before, after) in enumerate(pairwise(widths)):
        matrix = rng.normal(0.0, 0.5, (after, before))
        edges += [(first[layer] + i, first[layer + 1] + j) for j in range(after) for i in range(before)]
        weight += matrix.ravel().tolist()
        value = np.tanh(1.4 * matrix @ value)
        values.append(value)
    strength = np.clip(np.array(weight), -1, 1)
    names = ["x_1", "x_2", "x_3", r"\hat{y}_1", r"\hat{y}_2"]
    ends = [0, 1, 2, len(nodes) - 2, len(nodes) - 1]
    drawn: list[layers.Layer] = [
        layers.Graph(
            nodes, np.array(edges), strength, np.concatenate(values), radius=13.0, phase=0.62, flow=np.abs(strength)
        ),
        *(
            layers.Label(nodes[end], name, "text", latex=True, size=22.0, side="left" if end < 3 else "right")
            for end, name in zip(ends, names, strict=True)
        ),
    ]
    notes = [
        layers.Title("Signals through a small network", r"h_{k+1} = \tanh(W_k h_k)"),
        layers.Legend([layers.Row("signed.high", "positive weight"), layers.Row("signed.low", "negative weight")]),
    ]
    bounds = np.array([[-1.6, 0, -1.1], [1.6, 0, 1.1]])
    return ll.Frame(drawn, notes, ll.View(-78.0, 12.0, bounds=bounds))


@picture
def images() -> ll.Frame:
    """An attention matrix, standing, as a picture of its numbers."""
    rng = np.random.default_rng(2)
    queries, keys = rng.normal(size=(2, 14, 8))
    keys = 0.55 * queries + 0.6 * keys
    score = queries @ keys.T / np.sqrt(8) * 1.6
    score[np.triu_indices(14, 1)] = -np.inf
    attention = np.exp(score - score.max(1, keepdims=True))
    attention /= attention.sum(1, keepdims=True)
    left, right = (-1.15, 0.0, 0.0), (0.25, 0.0, 0.0)
    wide, high = (0.95, 0.0, 0.0), (0.0, 0.0, 0.95)
    drawn = [
        floor(0.0, 1.4, 14),
        layers.Image(attention**0.6, left, wide, high),
        layers.Image(attention**0.6, right, wide, high, smooth=True),
        layers.Label((-0.675, 0, 1.0), "each number", "dim", size=15.0, side="above"),
        layers.Label((0.725, 0, 1.0), "in between", "dim", size=15.0, side="above"),
    ]
    notes = [layers.Title("Who looks at whom", r"\mathrm{softmax}\!\left(QK^\top / \sqrt{d}\right)")]
    bounds = np.array([[-1.45, 0, -0.25], [1.5, 0, 1.35]])
    return ll.Frame(drawn, notes, ll.View(-76.0, 14.0, bounds=bounds))


@picture
def sprites() -> ll.Frame:
    """Digits as points of a space: like stands near like."""
    rng = np.random.default_rng(9)
    numbers = [0, 1, 3, 4, 7, 8]
    roles = ("optimizer.momentum", "optimizer.lion", "optimizer.adam", "optimizer.adamw", "optimizer.rmsprop", "text")
    turn = np.arange(6) * np.pi / 3
    middles = np.stack([0.85 * np.cos(turn), 0.85 * np.sin(turn), 0.55 + 0.35 * np.cos(3 * turn)], -1)
    places = np.concatenate([middle + rng.normal(0, 0.17, (28, 3)) for middle in middles])
    ink = np.array([digit(n, 16, rng.normal(0, 0.15), rng.uniform(0.05, 0.09)) for n in numbers for _ in range(28)])
    color = [role for role in roles for _ in range(28)]
    drawn = [floor(-0.1), layers.Sprites(places, ink, 30.0, color)]
    notes = [layers.Title("Every digit is a point", lines=["168 pictures out of one texture"])]
    return ll.Frame(drawn, notes, ll.View(-60.0, 26.0, bounds=BOX * (1.1, 1.1, 1.0)))


@picture
def presence() -> ll.Frame:
    """The same things as they are, dimmed, as ghosts and emphasized."""
    drawn: list[layers.Layer] = [floor(0.0, 1.7, 16)]
    way = np.linspace(0, 1, 60)
    ways: list[tuple[str, dict[str, Any]]] = [
        ("as it is", {}), ("dimmed", {"dim": 1.0}), ("ghost", {"ghost": True}), ("emphasized", {"emphasis": 1.0}),
    ]  # fmt: skip
    for column, (name, how) in enumerate(ways):
        x = 0.8 * column - 1.2
        body = shapes.parallelepiped(np.diag([0.3, 0.3, 0.22]), (x - 0.15, 0.42, 0.0))
        tail = np.array([[x - 0.2, -1.1, 0.05]])
        low = np.array([[x - 0.26 + 0.18 * k, -0.1, 0.0] for k in range(3)])
        path = np.stack([x - 0.24 + 0.44 * way, np.full(60, -0.72), 0.12 + 0.1 * np.sin(7 * way)], -1)
        drawn += [
            layers.Solid(body, "optimizer.momentum", alpha=1.0, **how),
            layers.Bars(low, low + np.array([[0.12, 0.12, z] for z in (0.2, 0.34, 0.26)]), "optimizer.adamw", **how),
            layers.Trail(path, way, "optimizer.adam", 1.0, **how),
            layers.Arrows(tail, tail + np.array([0.4, 0.0, 0.0]), "optimizer.lion", 6.0, **how),
            layers.Label((x, 0.57, 0.3), name, "text", side="above", **how),
        ]
    notes = [layers.Title("What matters now", lines=["as it is, dimmed, as a ghost, emphasized"])]
    bounds = np.array([[x, y, z] for x in (-1.6, 1.6) for y in (-1.2, 0.8) for z in (0.0, 0.4)])
    return ll.Frame(drawn, notes, ll.View(-84.0, 32.0, bounds=bounds))


@picture
def angles() -> ll.Frame:
    """A projection: the angle, the right angle at its foot, and the lengths on both."""
    zero, u, v = np.zeros(3), np.array([3.2, 2.6, 0.0]), np.array([4.6, 0.0, 0.0])
    foot = (u @ v) / (v @ v) * v
    drawn = [
        figures.Angle(zero, v, u, 0.95, r"\theta", "area"),
        figures.RightAngle(foot, zero - foot, u - foot, 0.26),
        layers.Lines([np.array([u, foot])], "dim", 1.8, dash=(9, 6)),
        layers.Arrows(np.zeros((2, 3)), np.array([v, u]), ("i", "j"), 5.0, depth=False),
        figures.Brace(foot, zero, r"|u| \cos\theta", "text", away=0.18),
        figures.Measure(zero, u, "", "j", away=0.35),
        figures.Measure(u, foot, "", "dim", away=0.45),
        figures.Angle(u, zero - u, foot - u, 0.7, color="eigen2"),
        layers.Label(v, "v", "i", latex=True, size=24.0, side="right"),
        layers.Label(u, "u", "j", latex=True, size=24.0, side="above"),
    ]
    notes = [layers.Title("The shadow of one arrow on another", r"u \cdot v = |u| \, |v| \cos\theta")]
    bounds = np.array([[-1.6, -0.9, 0], [5.3, 3.0, 0]])
    return ll.Frame(drawn, notes, ll.View(flat=True, bounds=bounds))


@picture
def arcs() -> ll.Frame:
    """Words that look at those before them: every word's strongest weights, as arcs over the sentence."""
    words = ("a", "model", "learns", "to", "look", "back", "at", "words")
    rng = np.random.default_rng(12)
    score = 1.8 * rng.normal(size=(8, 8))
    score[np.triu_indices(8)] = -np.inf
    weight = np.zeros((8, 8))
    weight[1:] = np.exp(score[1:]) / np.exp(score[1:]).sum(1, keepdims=True)
    seen = weight.sum(0) / weight.sum(0).max()
    roles = ("optimizer.momentum", "optimizer.adam", "optimizer.lion", "optimizer.adamw", "optimizer.rmsprop")
    chips = figures.Chips.row(words, value=seen, color=tuple(roles[k % 5] for k in range(8)), gap=0.3)
    later, earlier = np.nonzero(weight > 0.12)
    drawn = [
        chips,
        figures.Arcs(
            chips.top[later],
            chips.top[earlier],
            weight[later, earlier],
            tuple(roles[k % 5] for k in later),
            rise=0.42,
            spread=0.1,
            least=0.3,
        ),
    ]
    notes = [layers.Title("Words look back", lines=["An arc is a weight, a level what all give to a word"])]
    bounds = np.array([[-4.7, -0.5, 0], [4.7, 3.3, 0]])
    return ll.Frame(drawn, notes, ll.View(flat=True, bounds=bounds))


@picture
def tables() -> ll.Frame:
    """A matrix times a vector, row by row: the row that is lit and the vector make one entry."""
    matrix = np.array([[0.8, -0.5, 0.1, 0.4], [-0.3, 0.9, 0.6, -0.7], [0.2, 0.4, -1.0, 0.5]])
    vector = np.array([[0.9], [-0.6], [0.4], [1.0]])
    names = ("queen", "king", "crown")
    look = {"limit": 1.0, "brackets": True, "cell": (0.8, 0.62)}
    drawn = [
        figures.Table(matrix, (-1.3, 0.0), row_names=names, lit_rows={1}, **look),
        figures.Table(vector, (1.3, 0.0), **look),
        layers.Label((2.12, 0.0, 0.0), "=", "text", latex=True, size=34.0, side="centre"),
        figures.Table(matrix @ vector, (2.95, 0.0), lit_rows={1}, **look),
    ]
    notes = [layers.Title("One row, one entry", r"y_i = \textstyle\sum_j A_{ij} \, x_j")]
    bounds = np.array([[-4.3, -1.5, 0], [3.8, 1.7, 0]])
    return ll.Frame(drawn, notes, ll.View(flat=True, bounds=bounds))


@picture
def plot() -> ll.Frame:
    """A damped swing: how it answers to each frequency, over four decades, and how it comes to rest."""
    response = plots.Plot((0.01, 100), (1e-4, 30), r"\omega / 2", "|H|", log_x=True, log_y=True, up=2.5, count=(5, 6))
    decay = plots.Plot((0, 25), (-1, 1), "t", "x(t)", corner=(3.9, 0, 0), up=2.5)
    speed = np.sqrt(4 - 0.1**2)
    peaks = np.arange(8) * 2 * np.pi / speed

    def height(w: Floats) -> Floats:
        return 1.0 / np.hypot(1.0 - w**2, 0.1 * w)

    def envelope(t: Floats) -> Floats:
        return np.exp(-0.1 * t)

    def swing(t: Floats) -> Floats:
        return envelope(t) * np.cos(speed * t)

    drawn = [
        response,
        response.curve(lambda w: w**-2.0, "dim", width=2.0, dash=(12, 8), name="Far above"),
        response.curve(height, "optimizer.momentum", name="Response"),
        response.guides(1.0, 10.0, "area"),
        response.points(1.0, 10.0, "area", name="Peak"),
        response.label(1.0, 10.0, "Q = 10", "area", "above right", latex=True),
        decay,
        decay.area(swing, "i", negative="j"),
        decay.curve(envelope, "dim", width=2.0, dash=(12, 8), name="Envelope"),
        decay.curve(swing, "i", name="Swing"),
        decay.points(peaks, swing(peaks), "text", 4.6, name="Turn"),
        decay.label(8.0, envelope(8.0), r"e^{-t/10}", "dim", "above right", latex=True, size=22.0),
    ]
    bounds = np.concatenate([response.bounds(0.2), decay.bounds(0.2)])
    notes = [layers.Title("A swing that is damped", r"\ddot{x} + 0.2\,\dot{x} + 4\,x = 0")]
    return ll.Frame(drawn, notes, ll.View(90.0, 90.0, flat=True, bounds=bounds))


@picture
def plots_in_space() -> ll.Frame:
    """Two plots that stand at right angles: the margins of a cloud of points."""
    rng = np.random.default_rng(7)
    cloud = rng.multivariate_normal([0.0, 0.0], [[0.8, 0.5], [0.5, 0.9]], 700)
    edges = np.linspace(-3.5, 3.5, 22)
    base = plots.Plot((-3.5, 3.5), (-3.5, 3.5), "x", "y", corner=(-1, -1, 0), right=2.0, up=2.0, count=(4, 4))
    back = plots.Plot((-3.5, 3.5), (0, 0.5), corner=(-1, 1, 0), right=2.0, up=(0, 0, 0.9), count=(0, 0))
    side = plots.Plot((-3.5, 3.5), (0, 0.5), "", "p", corner=(-1, -1, 0), right=(0, 2, 0), up=(0, 0, 0.9), count=(0, 3))
    drawn = [base, back, side, base.points(*cloud.T, "text", 2.0, "dot")]
    for plot, values, color in ((back, cloud[:, 0], "optimizer.momentum"), (side, cloud[:, 1], "optimizer.lion")):
        heights, _ = np.histogram(values, edges, density=True)
        spread = values.std()
        drawn += [
            plot.bars(edges, heights, color),
            plot.curve(lambda x, s=spread: np.exp(-0.5 * (x / s) ** 2) / (s * np.sqrt(2 * np.pi)), color, width=2.4),
        ]
    bounds = np.array([[x, y, z] for x in (-1.1, 1.1) for y in (-1.1, 1.1) for z in (0.0, 0.9)])
    return ll.Frame(
        drawn,
        [layers.Title("A cloud and its margins", lines=["700 points; two plots stand at its sides"])],
        ll.View(-48.0, 26.0, bounds=bounds),
    )


@picture
def number_lines() -> ll.Frame:
    """The same numbers on two lines: products become steps of equal length."""
    powers = 2.0 ** np.arange(0, 8)
    plain = plots.NumberLine(0, 140, "x", start=(-2, 0.5, 0), end=(2, 0.5, 0), count=7)
    log = plots.NumberLine(1, 200, "x", True, start=(-2, -0.5, 0), end=(2, -0.5, 0))
    ends = zip(plain.point_at(powers), log.point_at(powers), strict=True)
    drawn = [
        layers.Lines([np.stack(pair) for pair in ends], "faint", 1.2, dash=(8, 5)),
        plain,
        log,
        plain.points(powers, "optimizer.momentum", name="Power of two"),
        log.points(powers, "area", name="Power of two"),
    ]
    bounds = np.array([[-2.2, -0.9, 0], [2.2, 1.1, 0]])
    notes = [layers.Title("Doubling, on two scales", r"x = 2^k")]
    return ll.Frame(drawn, notes, ll.View(90.0, 90.0, flat=True, bounds=bounds))


@picture
def axes_in_space() -> ll.Frame:
    """A point of space and its three coordinates."""
    point = (1.5, 2.0, 1.2)
    axes = plots.Axes3D((0, 2.4), (0, 2.6), (0, 1.6), read=point)
    start, end = np.zeros((1, 3)), np.array([point])
    drawn = [
        floor_of(3),
        axes,
        layers.Arrows(start, end, "area", 5.0, units=axes, name="Vector"),
        layers.Points(end, "area", 6.0, "sphere", units=axes),
        layers.Label(point, r"v = (1.5,\, 2,\, 1.2)", "area", latex=True, size=22.0, side="above right"),
    ]
    bounds = np.array([[x, y, z] for x in (-0.1, 2.6) for y in (-0.1, 2.8) for z in (0.0, 1.75)])
    notes = [layers.Title("Three numbers make a point", r"|v| = \sqrt{1.5^2 + 2^2 + 1.2^2} = 2.77")]
    return ll.Frame(drawn, notes, ll.View(-50.0, 24.0, bounds=bounds))


# ------------------------------------------------------------------------------------------------------- drawing
class Page(ll.Scene):
    """A scene that shows one frame."""

    name = "page"

    def __init__(self, frame: ll.Frame) -> None:
        super().__init__()
        self._frame = frame

    def frame(self, time: float) -> ll.Frame:
        """Return the frame, whatever the time."""
        return self._frame


def write(image: NDArray[np.uint8], target: Path) -> None:
    """Write a picture with colours quantized as little as a small file allows."""
    for step in range(1, COARSEST + 1):
        rounded = np.minimum(np.round(image[..., :3] / step) * step, 255).astype(np.uint8)
        Pictures.fromarray(rounded).save(target, optimize=True)
        if target.stat().st_size <= LARGEST_FILE:
            print(f"{target.name}: {target.stat().st_size} bytes, colours in steps of {step}")
            return
    raise SystemExit(f"{target} is larger than {LARGEST_FILE} bytes; draw it smaller.")


def draw_trial(name: str) -> None:
    """Draw a trial scene in both themes, as it is three seconds after its beginning."""
    scene = ll.scene(str(TRIALS / f"{name}.py"))
    for theme in ("dark", "print"):
        write(ll.snapshot(scene, SIZE, theme=theme, time=3.0), FOLDER / f"{name}_{theme}.png")


SHOWN = {"bench": "profiles"}  # whose first preset has more names than a small picture has room for


def draw_scene(name: str) -> None:
    """Draw a scene with its first preset, or another that reads better when small, at the moment of its still."""
    preset = SHOWN.get(name) or next(iter(library.scene_class(name).presets))
    write(ll.snapshot(library.scene(name, preset), SCENE_SIZE), SCENES / f"{name}.png")


def scenes_page() -> str:
    """Return the page of scenes: chapter by chapter their pictures, what they teach, and what their presets show."""
    lines = [
        "# Scenes",
        "",
        "Every scene that comes with lossland, as `lossland shot NAME` draws it. The window shows its lesson.",
    ]
    chapter = ""
    for kind in library.classes():
        if kind.chapter != chapter:
            chapter = kind.chapter
            lines += ["", f"## {chapter}"]
        picture = f"![{kind.title}](pictures/scenes/{kind.name}.png)"
        lines += ["", f"### {kind.title}", "", picture, "", " ".join(kind.lesson.split("\n\n")[0].split()), ""]
        lines += [
            f'- `lossland explore {kind.name} --preset "{preset}"`: {said}' for preset, said in kind.captions.items()
        ]
    return "\n".join(lines) + "\n"


def main(names: Sequence[str]) -> None:
    """Draw the named pictures, or all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    SCENES.mkdir(parents=True, exist_ok=True)
    trials = ("secant", "sentence")
    for name in names or [*FRAMES, *trials, "scenes"]:
        if name == "scenes":
            for scene in library.names():
                draw_scene(scene)
            (DOCS / "scenes.md").write_text(scenes_page(), encoding="utf-8")
        elif name in library.names():
            draw_scene(name)
        elif name in trials:
            draw_trial(name)
        else:
            for theme in ("dark", "print"):
                write(ll.snapshot(Page(FRAMES[name]()), SIZE, theme=theme), FOLDER / f"{name}_{theme}.png")


if __name__ == "__main__":
    main(sys.argv[1:])

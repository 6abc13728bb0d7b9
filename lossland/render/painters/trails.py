"""Trails: the paths of optimizers, from dull thin tails to bright heads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import Uniform, delete, program, set_state, set_uniforms
from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.render.painters.lines import LINE_BIAS, PATH_FIELDS, TWO_TRIANGLES, path_vertices
from lossland.render.painters.points import DISC, SPHERE, SPRITE, SpriteBatch, sprites
from lossland.render.painters.rings import Rings, ring_of
from lossland.render.presence import Presence, presence_of
from lossland.world.geometry import BEAD_GAP, HEAD_RADIUS, HEAD_RIM, head_centers, simplified, spaced, world_per_pixel
from lossland.world.layers import Trail
from lossland.world.theme import Theme, marked

WIDTH = (2.6, 4.2)  # pixels at the tail and at the head
OUTLINE = 1.4  # pixels on each side
HIDDEN_ALPHA = 0.28
HIDDEN_HEAD_ALPHA = 0.38
HIDDEN_BIAS = -2e-3  # depth offset away from the eye, so that the ground does not occlude paths on it
BEAD_RADIUS = 1.6
START_RADIUS, START_RIM = 4.2, 2.2
AT_ONCE = 32  # paths per draw, the limit of the shader
UPTO = tuple(f"u_upto[{number}]" for number in range(AT_ONCE // 16))  # names of the shaders' uniforms, made once
RING = tuple(f"u_ring[{number}]" for number in range(AT_ONCE // 4))
LOOK = tuple((f"u_width[{number}]", f"u_color[{number}]") for number in range(AT_ONCE))
TOLERANCE = 2e-4  # world: how far a path may be from the drawn one, a twentieth of a pixel at 720 lines
MOVING_TOLERANCE = 0.5  # pixels, while it moves
CORE = 0.42  # of a ball's radius: the mark of lanes whose colour another one has too
VERTEX = np.dtype([*PATH_FIELDS, ("a_progress", np.float32, 2), ("a_along", np.float32, 2), ("a_path", np.float32, 2)])


@paints(Trail, Phase.TRAILS, Phase.HEADS, together=True)
class TrailsPainter:
    """All trails of a frame. Whole paths are uploaded once and the shader clips them at ``upto``; of tracks only new
    points are uploaded.

    Occluded parts are drawn first and faintly; then outline and line of each trail over the previous ones, so that of
    two trails that cross the later one is on top.
    """

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._pen = _Pen(program("trail.vert", "trail.frag"))
        self._ring_pen: _Pen | None = None  # created for the first track
        self._rings: dict[int, Rings] = {}  # by the index of the group
        self._paths: dict[tuple[int, float], _Paths] = {}  # by the index of the group, and the tolerance
        self._marks = SpriteBatch()
        self._vertices = np.zeros(0, SPRITE)  # of the marks
        self._heads = np.zeros(0, np.intp)  # which of them are visible heads
        self._cores = np.zeros(0, np.intp)  # and which the marks on those
        self._orders: list[gloo.IndexBuffer | None] = []  # of occluded heads, of visible marks
        self._beads = SpriteBatch()
        self._kept = Kept()
        self._spaced: list[NDArray[np.intp]] = []  # indices of the beads that are far enough apart, after the first
        self._dots: list[NDArray[np.void]] = []  # their sprites

    def draw(self, layers: Sequence[Trail], context: DrawContext) -> None:
        """Draw lines and beads, or in the later phase starts and heads over all lines."""
        if context.phase == Phase.TRAILS:
            groups = _groups(layers)
            tolerance = _moving_tolerance(context) if context.quality.moving else TOLERANCE
            growing = {number for number, group in enumerate(groups) if group[0].track is not None}
            whole = set(range(len(groups))) - growing
            for key in [one for one in self._paths if one[0] not in whole or one[1] not in (tolerance, TOLERANCE)]:
                self._paths.pop(key).close()
            for number in self._rings.keys() - growing:
                self._rings.pop(number).close()
            for number, group in enumerate(groups):
                if number in growing:
                    self._draw_tracks(self._rings.setdefault(number, Rings()), group, context)
                else:
                    self._draw_lines(self._paths.setdefault((number, tolerance), _Paths(tolerance)), group, context)
            self._draw_beads(layers, context)
        else:
            self._draw_marks(layers, context)

    def _draw_lines(self, paths: _Paths, layers: Sequence[Trail], context: DrawContext) -> None:
        paths.update(layers)
        upto = np.zeros((len(UPTO), 16), np.float32)
        upto.ravel()[: len(layers)] = [layer.upto for layer in layers]
        self._pen.draw(paths, layers, context, **dict(zip(UPTO, upto, strict=True)))

    def _draw_tracks(self, rings: Rings, layers: Sequence[Trail], context: DrawContext) -> None:
        rings.update(layers)
        state = np.zeros((len(RING), 16), np.float32)
        state.reshape(-1, 4)[: len(layers)] = [ring_of(layer) for layer in layers]
        if self._ring_pen is None:
            self._ring_pen = _Pen(program("track.vert", "trail.frag", FADING=None))
        named = dict(zip(RING, state, strict=True))
        self._ring_pen.draw(rings, layers, context, u_points=rings.texture, u_texels=rings.texels, **named)

    def _draw_marks(self, layers: Sequence[Trail], context: DrawContext) -> None:
        key = [part for one in layers for part in (one.color, one.head, one.track or one.points if one.ring else None)]
        if self._kept.changed("marks", *key, *(presence_of(one, context.theme) for one in layers), context.theme):
            self._make_marks(layers, context.theme)
        if not len(self._vertices):
            return
        headed = [layer for layer in layers if layer.head]
        centers = head_centers(headed, context.clip_from_world, context.size[1] / context.px)
        for field in ("a_position", "a_target"):
            positions = self._vertices[field]
            positions[: len(headed)] = positions[self._heads] = centers
            positions[self._cores] = centers[[marked(layer.color) for layer in headed]]
        self._marks.set([self._vertices])
        if headed and context.show.xray:
            self._marks.draw(context, hidden=True, order=self._orders[0])
        self._marks.draw(context, order=self._orders[1])

    def _make_marks(self, layers: Sequence[Trail], theme: Theme) -> None:
        """Make the sprites of occluded heads, then of all starts and heads; heads are positioned later."""
        marks, hidden, heads, cores = [], [], [], []
        nowhere = np.zeros(3)
        for layer in layers:
            color = theme.color(layer.color)
            presence = presence_of(layer, theme)
            if layer.ring:
                ring = sprites(layer.points[:1], theme.color("text"), START_RADIUS, START_RIM, DISC, bias=0.01)
                marks.append(presented(ring, presence))
            if layer.head:
                heads.append(len(marks))
                head = sprites(nowhere, color, HEAD_RADIUS, HEAD_RIM, SPHERE, bias=0.02)
                behind = sprites(nowhere, color, HEAD_RADIUS, 0.0, DISC, HIDDEN_HEAD_ALPHA, bias=-0.004)
                marks.append(presented(head, presence))
                hidden.append(presented(behind, presence))
                if marked(layer.color):
                    cores.append(len(marks))
                    core = sprites(nowhere, theme.color("casing"), CORE * HEAD_RADIUS, bias=0.03)
                    marks.append(presented(core, presence))
        self._vertices = np.concatenate([*hidden, *marks, np.zeros(0, SPRITE)])
        self._heads, self._cores = (np.array(one, np.intp) + len(hidden) for one in (heads, cores))
        delete(self._orders)
        numbers = np.arange(len(self._vertices), dtype=np.uint32)
        self._orders = [gloo.IndexBuffer(part) if len(part) else None for part in np.split(numbers, [len(hidden)])]

    def _draw_beads(self, layers: Sequence[Trail], context: DrawContext) -> None:
        """Draw the iterates behind the heads, thinned to a least distance in the picture."""
        beaded = [layer for layer in layers if layer.beads is not None and len(layer.beads)]
        if not beaded:
            return
        key = (*(layer.beads for layer in beaded), *_camera_key(context))
        colors = [layer.color for layer in beaded]
        spread = self._kept.changed("spaced", *key)
        if spread:
            beads = [np.asarray(layer.beads, float) for layer in beaded]
            ends = np.cumsum([len(points) for points in beads])[:-1]
            pixels = np.split(context.project(np.concatenate(beads)), ends)
            self._spaced = [spaced(points, BEAD_GAP)[1:] for points in pixels]
        presences = [presence_of(layer, context.theme) for layer in beaded]
        if self._kept.changed("look of beads", *colors, *presences, context.theme) or spread:
            self._dots = []
            for layer, presence, numbers in zip(beaded, presences, self._spaced, strict=True):
                color = bead_color(layer.color, context.theme)
                beads = sprites(np.asarray(layer.beads)[numbers], color, BEAD_RADIUS, bias=0.004)
                self._dots.append(presented(beads, presence))
            self._beads.set(self._dots)
        shown = [int(n.searchsorted(one.upto)) for n, one in zip(self._spaced, beaded, strict=True)]
        if not any(shown):
            return
        if self._kept.changed("beads", self._dots, *shown):
            starts = np.cumsum([0, *map(len, self._dots)])
            self._beads.arrange(np.concatenate([np.arange(n) + first for first, n in zip(starts, shown, strict=False)]))
        self._beads.draw(context)

    def close(self) -> None:
        """Free the GL objects."""
        delete(self._orders)
        for thing in (self._pen, *self._paths.values(), *self._rings.values(), self._marks, self._beads):
            thing.close()
        if self._ring_pen is not None:
            self._ring_pen.close()
        self._paths, self._rings, self._orders = {}, {}, []


class _Pen:
    """A program that strokes up to ``AT_ONCE`` paths in order, first the occluded parts, faintly."""

    def __init__(self, strokes: gloo.Program) -> None:
        self._program = strokes
        for width, color in LOOK:  # vispy requires that every uniform is set
            set_uniforms(self._program, **{width: WIDTH, color: (0.0, 0.0, 0.0, 1.0)})
        self._kept = Kept()

    def draw(self, paths: _Paths | Rings, layers: Sequence[Trail], context: DrawContext, **uniforms: Uniform) -> None:
        """Draw the buffers of some trails; ``uniforms`` are specific to this program."""
        if paths.lines is None or paths.all is None:
            return
        if self._kept.changed("bound", paths.buffer):
            self._program.bind(paths.buffer)
        shown = [presence_of(layer, context.theme) for layer in layers]
        if self._kept.changed("look", *((layer.width, layer.color) for layer in layers), *shown, context.theme):
            for (width, color), layer, presence in zip(LOOK, layers, shown, strict=False):
                wide, rgb = layer.width * presence.wide, presence.color(context.theme.color(layer.color))
                set_uniforms(
                    self._program,
                    **{width: (WIDTH[0] * wide, WIDTH[1] * wide), color: (*rgb.tolist(), presence.opacity)},
                )
        set_uniforms(
            self._program,
            **uniforms,
            u_clip_from_world=context.gl_clip_from_world,
            u_size=context.size,
            u_px=context.px,
            u_outline=OUTLINE,
            u_casing=context.theme.color("casing"),
        )
        if context.show.xray:
            set_state("hidden")
            set_uniforms(self._program, u_alpha=HIDDEN_ALPHA, u_bias=HIDDEN_BIAS)
            self._program.draw("triangles", paths.lines)
        set_state("front")
        set_uniforms(self._program, u_alpha=1.0, u_bias=LINE_BIAS)
        self._program.draw("triangles", paths.all)

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._program])


def _groups(layers: Sequence[Trail]) -> list[list[Trail]]:
    """Split trails in order into groups for one draw each: at most ``AT_ONCE``, of tracks or of whole paths."""
    runs = [list(run) for _, run in groupby(layers, lambda layer: layer.track is None)]
    return [run[k : k + AT_ONCE] for run in runs for k in range(0, len(run), AT_ONCE)]


class _Paths:
    """The buffers of up to ``AT_ONCE`` paths: the quads of each path's casing, then those of the line."""

    def __init__(self, tolerance: float) -> None:
        self._tolerance = tolerance
        self.buffer: gloo.VertexBuffer | None = None
        self.all: gloo.IndexBuffer | None = None
        self.lines: gloo.IndexBuffer | None = None  # without casings
        self._kept = Kept()

    def update(self, layers: Sequence[Trail]) -> None:
        """Upload the paths again if they have changed."""
        looks = [part for layer in layers for part in (layer.points, layer.progress, marked(layer.color))]
        if not self._kept.changed("paths", *looks):
            return
        self.close()
        pieces, casings = [], []
        for number, layer in enumerate(layers):
            points, progress = simplified(layer.points, layer.progress, self._tolerance)
            if len(points) < 2:
                continue
            quads = path_vertices(points, VERTEX)
            along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))
            for field, values in (("a_progress", progress), ("a_along", along)):
                quads[field] = np.repeat(np.stack([values[:-1], values[1:]], 1), 4, axis=0)
            for casing in (1.0, -1.0 if marked(layer.color) else 0.0):
                quads["a_path"] = number, casing
                pieces.append(quads.copy())
                casings.append(np.full(len(quads) // 4, casing > 0))
        if not pieces:
            return
        self.buffer = gloo.VertexBuffer(np.concatenate(pieces))
        casing = np.concatenate(casings)
        indices = 4 * np.arange(len(casing), dtype=np.uint32)[:, None] + TWO_TRIANGLES
        self.all = gloo.IndexBuffer(indices.ravel())
        self.lines = gloo.IndexBuffer(indices[~casing].ravel())

    def close(self) -> None:
        """Free the GL objects."""
        delete([self.buffer, self.all, self.lines])
        self.buffer = self.all = self.lines = None


def _camera_key(context: DrawContext) -> tuple[object, ...]:
    """Return a cache key of the view for the thinning of beads, rounded while the view moves."""
    if not context.quality.moving:
        return context.clip_from_world.tobytes().hex(), context.size
    pose = context.camera.pose
    return round(pose.azimuth / 4), round(pose.elevation / 4), round(20 * float(np.log(pose.distance)))


def _moving_tolerance(context: DrawContext) -> float:
    """Return the tolerance of paths in the world: a power of two, so that it seldom changes."""
    pixel = world_per_pixel(context.clip_from_world, context.size[1] / context.px, [0.0, 0.0, 0.0])[0]
    return max(2.0 ** round(math.log2(max(MOVING_TOLERANCE * pixel, TOLERANCE))), TOLERANCE)


def presented(marks: NDArray[np.void], presence: Presence) -> NDArray[np.void]:
    """Apply a trail's presence to its sprites: those of all trails are drawn at once."""
    marks["a_color"][:, :3] = presence.color(marks["a_color"][:, :3])
    marks["a_color"][:, 3] *= presence.opacity
    marks["a_shape"][:, :2] *= presence.wide
    return marks


def bead_color(color: str, theme: Theme) -> NDArray[np.float64]:
    """Return a colour that contrasts with a trail: lighter in dark themes, darker on paper and on near-white trails."""
    rgb = np.array(theme.color(color))
    if not theme.dark:
        return 0.5 * rgb
    if rgb.min() > 0.9:
        return np.array(theme.color("faint"))
    return 1.0 - 0.25 * (1.0 - rgb)

"""Points: large clouds of dots by category, and outlined discs, lit spheres and rings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from vispy import gloo

from lossland.render.gl.programs import delete, program, set_state, set_uniforms, vertex_buffer
from lossland.render.gl.sharing import VertexFeed
from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.render.presence import PLAIN
from lossland.world.layers import Points
from lossland.world.terrain import Terrain
from lossland.world.theme import CATEGORIES, Theme

DOT_ALPHA = 0.62
DOT_BIAS = 1e-3
DOT_LIFT = 0.006  # world, above the ground
SQUARE_UP_TO = 2.5  # pixels: dots up to this size are squares, which are cheaper and look the same

DISC, SPHERE, RING = 0.0, 1.0, 2.0
SPRITE = np.dtype(
    [
        ("a_position", np.float32, 3),
        ("a_target", np.float32, 3),
        ("a_color", np.float32, 4),
        ("a_shape", np.float32, 4),
    ]
)
RIM = {"disc": 2.2, "sphere": 1.6, "ring": 2.0}
KIND = {"disc": DISC, "sphere": SPHERE, "ring": RING}
SPRITE_BIAS = 0.01


def sprites(
    position: ArrayLike,
    color: ArrayLike,
    radius: float,
    rim: float = 0.0,
    kind: float = DISC,
    alpha: float = 1.0,
    bias: float = SPRITE_BIAS,
    target: ArrayLike | None = None,
) -> NDArray[np.void]:
    """Return vertices for sprites at world points (n, 3) of one colour (3,) or n (n, 3); sizes in pixels.

    ``target`` (n, 3) is where they move to (None: nowhere).
    """
    points = np.asarray(position, np.float32).reshape(-1, 3)
    vertices = np.zeros(len(points), SPRITE)
    vertices["a_position"] = points
    vertices["a_target"] = points if target is None else np.asarray(target, np.float32).reshape(-1, 3)
    vertices["a_color"][:, :3] = np.asarray(color, np.float32)
    vertices["a_color"][:, 3] = alpha
    vertices["a_shape"] = (radius, rim, kind, bias)
    return vertices


class SpriteBatch:
    """Sprites in one draw, in the given order."""

    def __init__(self) -> None:
        self._program = program("sprites.vert", "sprites.frag")
        self._buffer: gloo.VertexBuffer | None = None
        self._order: gloo.IndexBuffer | None = None
        self._count = 0

    def set(self, pieces: Sequence[NDArray[np.void]]) -> None:
        """Upload the results of ``sprites``."""
        vertices = np.concatenate(pieces) if pieces else np.zeros(0, SPRITE)
        if len(vertices) and len(vertices) == self._count and self._buffer is not None:
            self._buffer.set_data(vertices)
        elif len(vertices):
            delete([self._buffer])
            self._buffer = gloo.VertexBuffer(vertices)
            self._program.bind(self._buffer)
        self._count = len(vertices)

    def arrange(self, order: NDArray[np.intp]) -> None:
        """Set the drawing order: indices (n,) of the sprites, the last one on top."""
        delete([self._order])
        self._order = gloo.IndexBuffer(order.astype(np.uint32))

    def draw(
        self,
        context: DrawContext,
        hidden: bool = False,
        share: float = 0.0,
        order: gloo.IndexBuffer | None = None,
        by: ArrayLike | None = None,
    ) -> None:
        """Draw the sprites, or only their occluded parts, at ``share`` of the way to their targets.

        ``order``: only these of them, in this order; ``by``: a matrix (3, 3) that transforms them.
        """
        if not self._count:
            return
        set_state("hidden" if hidden else "front")
        set_uniforms(
            self._program,
            u_clip_from_world=context.gl_clip_from_moved(by),
            u_px=context.px * context.presence.wide,
            u_casing=context.theme.color("casing"),
            u_share=float(share),
            **context.presence.uniforms(),
        )
        self._program.draw("points", order or self._order)

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._program, self._buffer, self._order])
        self._buffer, self._order, self._count = None, None, 0


def _shown(context: DrawContext, role: str) -> tuple[float, ...]:
    """Return a colour of the theme as the layer's presence shows it."""
    color = context.theme.color(role)
    return color if context.presence == PLAIN else tuple(context.presence.color(color).tolist())


def _set_palette(p: gloo.Program, colors: Sequence[Sequence[float]]) -> None:
    """Set the colours one by one: vispy sends a whole array only once, and later only its first element."""
    set_uniforms(p, **{f"u_palette[{number}]": tuple(color) for number, color in enumerate(colors)})


class DotBatch:
    """Up to millions of small translucent points, which look brighter where they are dense.

    The vertex shader drapes positions in a domain on its ground, interpolates them towards their targets, and looks up
    colours by category: a swarm uploads only positions (8 bytes per point), and only if they have changed.
    """

    def __init__(self) -> None:
        self._programs: dict[tuple[bool, bool], gloo.Program] = {}  # on a ground, moving
        self._kept = Kept()
        self._position = VertexFeed()
        self._target = VertexFeed()
        self._category: gloo.VertexBuffer | None = None
        self._height: gloo.Texture2D | None = None
        self._stride = 1  # of the points that are drawn

    def draw(self, layer: Points, context: DrawContext) -> None:
        """Draw the layer's points."""
        count = len(layer.position)
        if not count:
            return
        self._stride = every_nth(count, context.quality.dots)
        draped = layer.ground is not None and np.shape(layer.position)[1] == 2
        p = self._program_for(draped, layer.target is not None)
        if layer.target is not None:
            set_uniforms(
                p, a_target=self._fed("target", self._target, layer.target, draped), u_share=float(layer.share)
            )
        self._upload_category(layer, p, context)
        if draped and layer.ground is not None:
            self._upload_ground(layer.ground, p)
        diameter = max(layer.size * context.presence.wide * context.px, 1.0)
        set_state("front")
        set_uniforms(
            p,
            a_position=self._fed("position", self._position, layer.position, draped),
            u_clip_from_world=context.gl_clip_from_moved(layer.by),
            u_bias=DOT_BIAS,
            u_diameter=diameter,
            u_alpha=DOT_ALPHA * layer.alpha * context.presence.opacity,
            u_round=diameter if diameter > SQUARE_UP_TO else 0.0,
        )
        p.draw("points")

    def _program_for(self, draped: bool, moving: bool) -> gloo.Program:
        if (draped, moving) not in self._programs:
            flags: dict[str, None] = {"MOVING": None} if moving else {}
            name = "dots_draped.vert" if draped else "dots.vert"
            self._programs[draped, moving] = program(name, "dots.frag", **flags)
        return self._programs[draped, moving]

    def _fed(self, name: str, feed: VertexFeed, points: NDArray[np.floating], draped: bool) -> gloo.VertexBuffer | None:
        """Return the buffer of the points, updated if they have changed."""
        if self._kept.changed(name, points, draped, self._stride):
            if np.shape(points)[1] == 2 and not draped:
                points = np.column_stack([np.asarray(points), np.zeros(len(points))])
            feed.set(points, self._stride)
        return feed.drawn

    def _upload_category(self, layer: Points, p: gloo.Program, context: DrawContext) -> None:
        if isinstance(layer.color, str):
            set_uniforms(p, a_category=-1.0)
            color = _shown(context, layer.color)
            _set_palette(p, [color] * (CATEGORIES + 1))
            return
        if self._kept.changed("category", layer.color, self._stride):
            delete([self._category])
            self._category = vertex_buffer(layer.color[:: self._stride])
        set_uniforms(p, a_category=self._category)
        _set_palette(p, [_shown(context, f"particle.{k}") for k in range(-1, CATEGORIES)])

    def _upload_ground(self, ground: Terrain, p: gloo.Program) -> None:
        if self._kept.changed("ground", ground):
            delete([self._height])
            self._height = gloo.Texture2D(
                np.ascontiguousarray(ground.ground, np.float32), internalformat="r32f", interpolation="linear"
            )
        (x0, x1), (y0, y1) = ground.domain
        set_uniforms(
            p,
            u_height=self._height,
            u_middle=((x0 + x1) / 2, (y0 + y1) / 2),
            u_half=((x1 - x0) / 2, (y1 - y0) / 2),
            u_samples=(ground.ground.shape[1], ground.ground.shape[0]),
            u_lift=DOT_LIFT,
        )

    def close(self) -> None:
        """Free the GL objects."""
        self._position.close()
        self._target.close()
        delete([*self._programs.values(), self._category, self._height])
        self._programs.clear()
        self._category = self._height = None


def every_nth(count: int, most: int) -> int:
    """Return the stride at which at most ``most`` of ``count`` points are drawn (0: all)."""
    return -(-count // most) if most else 1


# Marks (discs, spheres, rings) share the arrows' phase, so that both are drawn in the order of the frame.
@paints(Points, Phase.POINTS, Phase.ARROWS)
class PointsPainter:
    """Point sprites of every style."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self._dots: DotBatch | None = None
        self._marks: SpriteBatch | None = None
        self._kept = Kept()

    def draw(self, layer: Points, context: DrawContext) -> None:
        """Draw dots in the points' phase, marks in the arrows'."""
        if layer.style == "dot":
            if context.phase == Phase.POINTS:
                self._dots = self._dots or DotBatch()
                self._dots.draw(layer, context)
        elif context.phase == Phase.ARROWS:
            self._marks = self._marks or SpriteBatch()
            self._draw_marks(layer, self._marks, context)

    def _draw_marks(self, layer: Points, marks: SpriteBatch, context: DrawContext) -> None:
        look = (layer.color, layer.size, layer.style, layer.outline, context.theme)
        key = (layer.position, layer.target, layer.ground, *look)
        if self._kept.changed("marks", *key):
            position = np.asarray(layer.position, float)
            if layer.ground is not None and position.shape[1] == 2:
                position = layer.ground.world_from_domain(position, lift=2 * DOT_LIFT)
            elif position.shape[1] == 2:
                position = np.column_stack([position, np.zeros(len(position))])
            rim = RIM[layer.style] if layer.outline or layer.style == "ring" else 0.0
            colors = mark_colors(layer, context.theme)
            marks.set([sprites(position, colors, layer.size, rim, KIND[layer.style], target=layer.target)])
        share = 0.0 if layer.target is None else float(layer.share)
        camera = context.clip_from_world.tobytes().hex()
        if len(layer.position) and self._kept.changed("order", layer.position, layer.target, share, layer.by, camera):
            marks.arrange(far_to_near(layer, share, context))
        marks.draw(context, share=share, by=layer.by)

    def close(self) -> None:
        """Free the GL objects."""
        for batch in (self._dots, self._marks):
            if batch is not None:
                batch.close()


def far_to_near(layer: Points, share: float, context: DrawContext) -> NDArray[np.intp]:
    """Return the indices of a layer's points (n,), the farthest from the eye first."""
    position = np.asarray(layer.position, float)
    if position.shape[1] == 2 and layer.ground is not None:
        position = layer.ground.world_from_domain(position)
    elif position.shape[1] == 2:
        return np.arange(len(position))
    if layer.target is not None:
        position = position + share * (np.asarray(layer.target, float) - position)
    if layer.by is not None:
        position = position @ np.asarray(layer.by, float).T
    return np.argsort(position @ context.camera.back, kind="stable")


def mark_colors(layer: Points, theme: Theme) -> NDArray[np.float32]:
    """Return the colours (3,) or (n, 3) of a layer of points."""
    if isinstance(layer.color, str):
        return np.asarray(theme.color(layer.color), np.float32)
    palette = np.array([theme.color(f"particle.{k}") for k in range(-1, CATEGORIES)], np.float32)
    category = np.asarray(layer.color)
    return palette[np.where(category < 0, 0, 1 + category % CATEGORIES)]

"""Pictures in the world: one as a rectangle, or many small ones at points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import delete, program, refilled, set_state, set_uniforms, to_bytes, vertex_buffer
from lossland.render.lamps import element_colors, mapped
from lossland.render.painter import DrawContext, Kept, Phase, paints
from lossland.render.painters.lines import LineBatch, line_vertices
from lossland.world.layers import Image, Shades, Sprites
from lossland.world.theme import Theme

BORDER_WIDTH = 1.4  # pixels
SPRITE_BIAS = 2e-3

Floats = NDArray[np.float64]


def picture_bytes(picture: NDArray, theme: Theme, shades: Shades) -> NDArray[np.uint8]:
    """Return the colours (h, w, 3) of a picture, values by a colour map."""
    if picture.ndim == 2:
        picture = mapped(picture, theme, shades)
    return picture.astype(np.uint8) if picture.dtype == np.uint8 else to_bytes(picture)


def corners(layer: Image) -> Floats:
    """Return the rectangle's corners (4, 3) around it, from the lower left."""
    corner, right, up = (np.asarray(vector, float) for vector in (layer.corner, layer.right, layer.up))
    return np.stack([corner, corner + right, corner + right + up, corner + up])


@paints(Image, Phase.SOLID, Phase.GLASS, Phase.LINES)
class ImagePainter:
    """A two-sided rectangle with a picture, and its border."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._program = program("image.vert", "image.frag")
        self._program["a_uv"] = self._uv = vertex_buffer([[0, 0], [1, 0], [1, 1], [0, 1]])
        self._position: gloo.VertexBuffer | None = None
        self._texture: gloo.Texture2D | None = None
        self._border = LineBatch()
        self._kept = Kept()

    def draw(self, layer: Image, context: DrawContext) -> None:
        """Draw the picture, in the glass phase if it is translucent, and later the border."""
        if context.phase == Phase.LINES:
            self._draw_border(layer, context)
        elif (context.phase == Phase.SOLID) == (layer.alpha >= 1.0):
            self._draw_picture(layer, context)

    def _draw_picture(self, layer: Image, context: DrawContext) -> None:
        if self._kept.changed("picture", layer.picture, layer.shades, layer.smooth):
            delete([self._texture])
            data = np.ascontiguousarray(picture_bytes(np.asarray(layer.picture), self._theme, layer.shades)[::-1])
            self._texture = gloo.Texture2D(data, interpolation="linear" if layer.smooth else "nearest")
            self._program["u_picture"] = self._texture
        if self._kept.changed("corners", layer.corner, layer.right, layer.up):
            delete([self._position])
            self._program["a_position"] = self._position = vertex_buffer(corners(layer))
        opaque = layer.alpha >= 1.0
        set_state("front", write=opaque, blend=not opaque)
        set_uniforms(
            self._program,
            u_clip_from_world=context.gl_clip_from_world,
            u_alpha=float(layer.alpha),
            **context.presence.uniforms(opaque),
        )
        self._program.draw("triangle_fan")

    def _draw_border(self, layer: Image, context: DrawContext) -> None:
        if not layer.border:
            return
        if self._kept.changed("border", layer.corner, layer.right, layer.up, layer.border):
            around = corners(layer)
            closed = [*around, around[0]]
            self._border.set([line_vertices(closed, self._theme.color(layer.border), 1.0, BORDER_WIDTH)])
        self._border.draw(context)

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._program, self._uv, self._position, self._texture])
        self._position = self._texture = None
        self._border.close()


@paints(Sprites, Phase.POINTS)
class SpritesPainter:
    """All sprites of a layer in one draw, far to near, from one texture atlas."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._program = program("atlas.vert", "atlas.frag")
        self._kept = Kept()
        self._texture: gloo.Texture2D | None = None
        self._buffers: dict[str, gloo.VertexBuffer] = {}
        self._indices: gloo.IndexBuffer | None = None

    def draw(self, layer: Sprites, context: DrawContext) -> None:
        """Draw the sprites."""
        count = len(layer.position)
        if not count:
            return
        if self._kept.changed("atlas", layer.pictures, layer.smooth):
            self._set_atlas(layer)
        if self._kept.changed("positions", layer.position, layer.target):
            self._set("a_position", layer.position)
            self._set("a_target", layer.position if layer.target is None else layer.target)
        if self._kept.changed("color", layer.color, count):
            self._set("a_color", element_colors(layer.color, count, self._theme))
        share = 0.0 if layer.target is None else float(layer.share)
        if self._kept.changed("order", layer.position, layer.target, share, context.clip_from_world.tobytes().hex()):
            self._order(layer, share, context)
        set_state("front")
        set_uniforms(
            self._program,
            u_clip_from_world=context.gl_clip_from_world,
            u_share=share,
            u_size=layer.size * context.presence.wide * context.px,
            u_frame=layer.frame * context.presence.wide * context.px,
            u_bias=SPRITE_BIAS,
            **context.presence.uniforms(),
        )
        self._program.draw("points", self._indices)

    def _set_atlas(self, layer: Sprites) -> None:
        pictures = np.asarray(layer.pictures)
        sheet, columns = atlas(pictures)
        delete([self._texture])
        self._texture = gloo.Texture2D(sheet, interpolation="linear" if layer.smooth else "nearest")
        number = np.arange(len(pictures))
        self._set("a_tile", np.stack([number % columns, number // columns], 1))
        rows = sheet.shape[0] // pictures.shape[1]
        self._program["u_atlas"] = self._texture
        self._program["u_tiles"] = float(columns), float(rows)
        self._program["u_samples"] = float(pictures.shape[2]), float(pictures.shape[1])
        self._program["u_tinted"] = float(pictures.ndim == 3)

    def _set(self, name: str, data: NDArray) -> None:
        before, data = self._buffers.get(name), np.ascontiguousarray(data, np.float32)
        self._buffers[name] = refilled(before, data, gloo.VertexBuffer)
        if self._buffers[name] is not before:
            self._program[name] = self._buffers[name]

    def _order(self, layer: Sprites, share: float, context: DrawContext) -> None:
        now = np.asarray(layer.position, float)
        if layer.target is not None:
            now = now + share * (np.asarray(layer.target, float) - now)
        order = np.argsort(now @ context.camera.back, kind="stable").astype(np.uint32)
        self._indices = refilled(self._indices, order, gloo.IndexBuffer)

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._program, self._texture, self._indices, *self._buffers.values()])
        self._texture = self._indices = None
        self._buffers.clear()


def atlas(pictures: NDArray) -> tuple[NDArray[np.uint8], int]:
    """Return small pictures (n, h, w) or (n, h, w, 3) as tiles of an RGBA atlas, and its number of columns.

    Values are drawn as ink, their magnitude as opacity. Colours are opaque.
    """
    count, height, width = pictures.shape[:3]
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    tiles = np.zeros((rows * columns, height, width, 4), np.uint8)
    if pictures.ndim == 3:
        tiles[:count, ..., :3] = 255
        tiles[:count, ..., 3] = to_bytes(pictures)
    else:
        tiles[:count, ..., :3] = pictures if pictures.dtype == np.uint8 else to_bytes(pictures)
        tiles[:count, ..., 3] = 255
    grid = tiles.reshape(rows, columns, height, width, 4).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(grid.reshape(rows * height, columns * width, 4)), columns

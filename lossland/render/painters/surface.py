"""The landscape as a solid block: lit top with contours, cut walls with strata, shadow and grid on the ground.

Nothing in the block's light depends on the camera, so the light is computed once per terrain: one pass over the
height texture bakes how much of the sky and of the lamp each place sees, a second shades the whole top into a lit
texture. A frame then costs a mesh lifted by the height texture, one fetch of the lit texture and the contours.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.layers import Surface, Trail
from lossland.render.geometry import HEAD_RADIUS, trail_end, world_per_pixel
from lossland.render.painter import (
    DrawContext,
    Kept,
    Phase,
    delete,
    paints,
    program,
    set_state,
    vertex_buffer,
)
from lossland.render.target import Quad
from lossland.terrain import T_MAX, Terrain
from lossland.theme import CATEGORIES, Theme

FLOOR_REACH = 1.8  # the floor ends this far from the middle, in the world
Floats = NDArray[np.floating]


@paints(Surface, Phase.SOLID, Phase.GROUND, Phase.DECAL)
class SurfacePainter:
    """Draws one block and what it does to the ground around it."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._kept = Kept()
        self._top = Top(theme)
        self._floor = Floor(theme)
        self._contact = ContactShadows()

    def draw(self, layer: Surface, context: DrawContext) -> None:
        """Draw the block, the floor around it or the contact shadows on it, as the phase says."""
        if context.phase == Phase.SOLID:
            self._top.update(layer, context)
            self._top.draw(layer, context)
        elif context.phase == Phase.GROUND:
            self._floor.draw(layer.terrain, context)
        elif context.show.shadow:
            trails = [other for other in context.layers if isinstance(other, Trail) and other.head]
            self._contact.draw(trails, self._top.heights, layer.terrain, context)

    def close(self) -> None:
        """Free the GL objects."""
        self._top.close()
        self._floor.close()
        self._contact.close()


# ------------------------------------------------------------------------------------------------------- meshes
@cache
def _mesh(nx: int, ny: int) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Return uv (ny * nx, 2) of a grid of vertices over [0, 1]² and its triangles as indices."""
    u, v = np.meshgrid(np.linspace(0, 1, nx), np.linspace(0, 1, ny))
    first = (np.arange(ny - 1)[:, None] * nx + np.arange(nx - 1)).ravel().astype(np.uint32)
    triangles = np.stack([first, first + 1, first + nx, first + 1, first + nx + 1, first + nx], -1)
    return np.stack([u, v], -1).reshape(-1, 2).astype(np.float32), triangles.ravel()


@cache
def _wall_mesh(nx: int, ny: int) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """Return vertices (k, 4) = u, v, top?, side, and triangles, of the four walls below the mesh's rim."""
    vertices, triangles, start = [], [], 0
    for side, (count, along_x, fixed) in enumerate([(nx, True, 0), (nx, True, 1), (ny, False, 0), (ny, False, 1)]):
        run, still = np.linspace(0, 1, count), np.full(count, float(fixed))
        u, v = (run, still) if along_x else (still, run)
        for top in (0.0, 1.0):
            vertices.append(np.stack([u, v, np.full(count, top), np.full(count, float(side))], -1))
        low = start + np.arange(count - 1)
        high = low + count
        triangles.append(np.stack([low, low + 1, high, high, low + 1, high + 1], -1).ravel())
        start += 2 * count
    return np.concatenate(vertices).astype(np.float32), np.concatenate(triangles).astype(np.uint32)


def _vertices_along(samples: int, wanted: int) -> int:
    """Return how many vertices to use along a side: never many more than there are samples, and then on them."""
    return 2 * samples - 1 if 2 * samples <= wanted else wanted


# --------------------------------------------------------------------------------------------------- the block
class Top:
    """The lit top and the walls, which share its textures."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._kept = Kept()
        self.heights: gloo.Texture2D | None = None
        self._solid: gloo.Texture2D | None = None
        self._strata: gloo.Texture2D | None = None
        self._categories: gloo.Texture2D | None = None
        self._signed: gloo.Texture2D | None = None
        self._colors = gloo.Texture2D(_bytes(theme.height_map)[None], interpolation="linear")
        self._blank = gloo.Texture2D(np.full((1, 1), 255, np.uint8), interpolation="linear")
        self._baked = Pass("bake.frag")
        self._paint = Pass("paint.frag")
        self._lit = Pass("lit.frag")
        self._programs: dict[bool, tuple[gloo.Program, gloo.Program]] = {}
        self._buffers: list[Any] = []
        self._indices: tuple[gloo.IndexBuffer, gloo.IndexBuffer] | None = None

    # ------------------------------------------------------------------------------------------------- uploads
    def update(self, layer: Surface, context: DrawContext) -> None:
        """Upload and bake what has changed since the last frame."""
        terrain, paint, quality = layer.terrain, layer.paint, context.quality
        light = tuple(np.round([*context.light, *context.camera.home_back], 9))
        new_ground = self._kept.changed("terrain", terrain)
        if new_ground:
            self._upload(terrain)
        if new_ground or self._kept.changed("baked", light, quality.bake):
            self._kept.changed("baked", light, quality.bake)
            self._bake(terrain, context)
        new_paint = self._kept.changed("paint", paint, quality.lit) or (new_ground and paint is not None)
        if new_paint:
            self._make_paint(terrain, paint, quality.lit)
        look = (terrain, paint, light, quality.lit, quality.bake, context.show.shadow)
        if self._kept.changed("lit", *look) or new_paint:
            self._shade(layer, context)
        if new_ground or self._kept.changed("mesh", quality.mesh):
            self._kept.changed("mesh", quality.mesh)
            self._make_meshes(terrain, quality.mesh)
        gloo.set_viewport(0, 0, *context.size)

    def _upload(self, terrain: Terrain) -> None:
        ground, table = terrain.ground, terrain.contour_phase()
        place = np.clip(ground / terrain.height, 0.0, T_MAX) / T_MAX * (len(table) - 1)
        phase = np.interp(place, np.arange(len(table)), table)
        data = np.stack([ground, phase], -1).astype(np.float32)
        delete([self.heights, self._solid, self._strata])
        self.heights = gloo.Texture2D(data, format="rg", internalformat="rg32f", interpolation="linear")
        holes = not terrain.solid.all()
        self._solid = gloo.Texture2D(terrain.solid.astype(np.uint8) * 255, interpolation="linear") if holes else None
        self._strata = gloo.Texture2D(_strata(terrain, self._theme), internalformat="rgba32f", interpolation="linear")

    def _bake(self, terrain: Terrain, context: DrawContext) -> None:
        fine = context.quality.bake > 256
        self._baked.constants(
            AZIMUTHS=12 if fine else 8,
            SKY_STEPS=12 if fine else 9,
            SKY_GROWTH=1.5 if fine else 1.75,
            SUN_STEPS=72 if fine else 36,
            SUN_GROWTH=0.012 if fine else 0.1,
        )
        self._baked.run(
            context.quality.bake,
            u_heights=self.heights,
            u_samples=_samples(terrain),
            u_light=context.light,
        )

    def _make_paint(self, terrain: Terrain, paint: NDArray | None, size: int) -> None:
        delete([self._categories, self._signed])
        self._categories = self._signed = None
        if paint is None:
            return
        if np.issubdtype(paint.dtype, np.integer) or paint.dtype == bool:
            number = np.where(paint < 0, CATEGORIES, paint % CATEGORIES)
            one_hot = (number[..., None] == np.arange(CATEGORIES)).astype(np.uint8) * 255
            self._categories = gloo.Texture2D(one_hot, interpolation="linear")
            roles = [*(f"basin.{k}" for k in range(CATEGORIES)), "basin.-1"]
            colors = {f"u_colors[{k}]": self._theme.color(role) for k, role in enumerate(roles)}
            ny, nx = paint.shape
            self._paint.run(
                size,
                u_categories=self._categories,
                u_samples=(float(nx), float(ny)),
                u_texel=max(nx, ny) / size,
                **colors,
            )
        else:
            shades = self._theme.signed_map
            place = np.nan_to_num((np.clip(paint, -1.0, 1.0) + 1.0) / 2.0 * (len(shades) - 1), nan=127.5)
            self._signed = gloo.Texture2D(_bytes(shades[place.round().astype(int)]), interpolation="linear")

    @property
    def _paint_texture(self) -> gloo.Texture2D:
        return self._signed or (self._paint.texture if self._categories else None) or self._blank

    def _shade(self, layer: Surface, context: DrawContext) -> None:
        lamps, terrain, size = self._theme.lamps, layer.terrain, context.quality.lit
        painted = layer.paint is not None
        nx, ny = _samples(terrain)
        self._lit.run(
            size,
            u_heights=self.heights,
            u_samples=(nx, ny),
            u_step=(max(1 / (nx - 1), 1 / size), max(1 / (ny - 1), 1 / size)),
            u_baked=self._baked.texture,
            u_colors=self._colors,
            u_paint=self._paint_texture,
            u_solid=self._solid or self._blank,
            u_height=terrain.height,
            u_valley=1.0 if painted else lamps.valley_relief,
            u_painted=float(painted),
            u_light=context.light,
            u_view=context.camera.home_back,
            u_key=lamps.key,
            u_sky=lamps.sky,
            u_bounce=lamps.ground,
            u_shadow=lamps.shadow if context.show.shadow else 0.0,
            u_occlusion=lamps.occlusion,
            u_specular=lamps.specular,
        )

    def _make_meshes(self, terrain: Terrain, wanted: int) -> None:
        ny, nx = terrain.z.shape
        shape = _vertices_along(nx, wanted), _vertices_along(ny, wanted)
        self._free_meshes()
        uv, triangles = _mesh(*shape)
        wall, wall_triangles = _wall_mesh(*shape)
        self._buffers = [vertex_buffer(uv), *(vertex_buffer(wall[:, c]) for c in (slice(0, 2), 2, 3))]
        self._indices = gloo.IndexBuffer(triangles), gloo.IndexBuffer(wall_triangles)

    # ------------------------------------------------------------------------------------------------- drawing
    def draw(self, layer: Surface, context: DrawContext) -> None:
        """Draw the top and the walls."""
        assert self._indices is not None
        holes = self._solid is not None
        if holes not in self._programs:
            flags = {"HOLES": None} if holes else {}
            self._programs[holes] = (
                program("surface.vert", "surface.frag", **flags),
                program("wall.vert", "wall.frag", T_MAX=T_MAX, **flags),
            )
        top, wall = self._programs[holes]
        ground, painted = self._theme.ground, layer.paint is not None
        shared = {
            "u_heights": self.heights,
            "u_samples": _samples(layer.terrain),
            "u_clip_from_world": context.gl_clip_from_world,
            "u_px": context.px,
            "u_every": float(layer.terrain.contours.every),
        }
        contour = (0.8 if painted else 1.0) * ground.contour
        _set(
            top,
            **shared,
            a_uv=self._buffers[0],
            u_lit=self._lit.texture,
            u_contour=contour if layer.contours and context.show.contours else 0.0,
            u_contour_dark=ground.contour_dark,
            u_contour_light=ground.contour_light,
        )
        set_state("front", write=True, blend=False)
        top.draw("triangles", self._indices[0])
        flags = {"u_lit": self._lit.texture} if holes else {}
        _set(
            wall,
            **shared,
            **flags,
            **_wall_lamps(self._theme, context.light),
            a_uv=self._buffers[1],
            a_top=self._buffers[2],
            a_side=self._buffers[3],
            u_strata=self._strata,
            u_paint=self._paint_texture,
            u_base=layer.terrain.base,
            u_height=layer.terrain.height,
            u_painted=float(painted),
            u_tint=0.6 if painted else ground.wall_tint,
            u_dark=1.0 + (ground.wall_occlusion - 1.0) * self._theme.lamps.occlusion,
            u_strength=0.2 if painted else ground.strata,
            u_stratum=ground.strata_light,
        )
        wall.draw("triangles", self._indices[1])

    def _free_meshes(self) -> None:
        delete([*self._buffers, *(self._indices or ())])
        self._buffers, self._indices = [], None

    def close(self) -> None:
        """Free the GL objects."""
        self._free_meshes()
        for one in (self._baked, self._paint, self._lit):
            one.close()
        for pair in self._programs.values():
            delete(pair)
        delete([self.heights, self._solid, self._strata, self._categories, self._signed, self._colors, self._blank])


class Pass:
    """A fragment shader run over a square RGBA8 texture of its own."""

    def __init__(self, fragment: str) -> None:
        self._fragment = fragment
        self._constants: dict[str, float | None] = {}
        self._quad: Quad | None = None
        self._buffer: gloo.FrameBuffer | None = None
        self.texture: gloo.Texture2D | None = None

    def constants(self, **constants: float | None) -> None:
        """Set the shader's ``#define`` values."""
        if constants != self._constants:
            self._constants = constants
            self._close_quad()

    def run(self, size: int, **values: Any) -> None:
        """Fill the texture, ``size`` texels square."""
        if self._quad is None:
            self._quad = Quad(self._fragment, **self._constants)
        if self.texture is None or self.texture.shape[0] != size:
            delete([self._buffer, self.texture])
            self.texture = gloo.Texture2D((size, size, 4), interpolation="linear")
            self._buffer = gloo.FrameBuffer(color=self.texture)
        assert self._buffer is not None
        self._quad.set(**values)
        with self._buffer:
            gloo.set_viewport(0, 0, size, size)
            set_state("off", write=False, blend=False)
            self._quad.draw()

    def _close_quad(self) -> None:
        if self._quad is not None:
            self._quad.close()
        self._quad = None

    def close(self) -> None:
        """Free the GL objects."""
        self._close_quad()
        delete([self._buffer, self.texture])


def _set(target: gloo.Program, **values: Any) -> None:
    for name, value in values.items():
        target[name] = value


def _samples(terrain: Terrain) -> tuple[float, float]:
    ny, nx = terrain.z.shape
    return float(nx), float(ny)


def _bytes(colors: Floats) -> NDArray[np.uint8]:
    return (np.clip(colors, 0.0, 1.0) * 255 + 0.5).astype(np.uint8)


def _strata(terrain: Terrain, theme: Theme) -> NDArray[np.float32]:
    """Return the walls' table (1, n, 4) over t in [0, T_MAX]: squared height colour, contour phase."""
    phase = terrain.contour_phase()
    t = np.minimum(np.linspace(0.0, T_MAX, len(phase)), 1.0)
    shades = theme.height_map
    place = np.linspace(0.0, 1.0, len(shades))
    colors = [np.interp(t, place, shades[:, c]) ** 2 for c in range(3)]
    return np.stack([*colors, phase], -1)[None].astype(np.float32)


def _wall_lamps(theme: Theme, light: Floats) -> dict[str, Any]:
    """Return the walls' uniforms of light: they are plane, so the lamps are constant on each."""
    lamps = theme.lamps
    normals = {"south": (0, -1), "north": (0, 1), "west": (-1, 0), "east": (1, 0)}
    wrap = 0.22
    keys = {
        f"u_key_{name}": np.array(lamps.key) * max(0.0, (x * light[0] + y * light[1] + wrap) / (1 + wrap))
        for name, (x, y) in normals.items()
    }
    ambient = (np.array(lamps.sky) + np.array(lamps.ground)) / 2
    return {**keys, "u_ambient": ambient, "u_wall": np.square(theme.color(theme.ground.wall))}


# --------------------------------------------------------------------------------------------------- the floor
class Floor:
    """The ground around the block: a baked soft shadow, and a grid of round data units."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._kept = Kept()
        self._shadow = program("floor.vert", "copy.frag")
        self._around = vertex_buffer(_frame(0.94, FLOOR_REACH))
        self._everywhere = vertex_buffer(_frame(0.0, FLOOR_REACH))
        self._shadow["u_reach"] = FLOOR_REACH
        self._texture: gloo.Texture2D | None = None
        self._grid = program("grid.vert", "grid.frag")
        self._grid["u_color"] = theme.color(theme.ground.floor_line)
        self._buffers: list[Any] = []
        self._indices: gloo.IndexBuffer | None = None

    def draw(self, terrain: Terrain, context: DrawContext) -> None:
        """Draw the shadow and, where the switch is on, the grid."""
        if context.eye[2] <= terrain.base:
            return
        offset = context.show.shadow
        if self._kept.changed("shadow", tuple(np.round(context.light, 9)), offset):
            delete([self._texture])
            picture = _floor_shadow(self._theme, context.light if offset else np.zeros(3))
            self._texture = gloo.Texture2D(picture, interpolation="linear")
            self._shadow["u_picture"] = self._texture
        whole = bool(terrain.solid.all())
        self._shadow["a_position"] = self._around if whole else self._everywhere
        if self._kept.changed("grid", *terrain.domain[0], *terrain.domain[1], whole):
            self._make_grid(terrain, whole)
        set_state("front", write=False, blend=True)
        for one in (self._shadow, self._grid):
            one["u_clip_from_world"] = context.gl_clip_from_world
            one["u_base"] = terrain.base
        self._shadow.draw("triangles")
        if context.show.grid:
            self._grid["u_size"] = context.size
            self._grid["u_px"] = context.px
            self._grid.draw("triangles", self._indices)

    def _make_grid(self, terrain: Terrain, whole: bool) -> None:
        delete([*self._buffers, self._indices])
        start, end, alpha = _grid_pieces(terrain, whole)
        alpha = alpha * self._theme.ground.floor_grid
        count = len(start)
        # Four corners a piece; "aside" of the far end points the other way, hence the opposite signs there.
        position = np.stack([start, start, end, end], 1).reshape(-1, 2)
        other = np.stack([end, end, start, start], 1).reshape(-1, 2)
        side = np.tile([-1.0, 1.0, 1.0, -1.0], count)
        shade = np.stack([alpha[:, 0], alpha[:, 0], alpha[:, 1], alpha[:, 1]], 1).ravel()
        self._buffers = [vertex_buffer(a) for a in (position, other, side, shade)]
        _set(self._grid, **dict(zip(("a_position", "a_other", "a_side", "a_alpha"), self._buffers, strict=True)))
        corners = np.arange(count, dtype=np.uint32)[:, None] * 4 + np.array([0, 1, 2, 2, 1, 3], np.uint32)
        self._indices = gloo.IndexBuffer(corners.ravel().astype(np.uint32))

    def close(self) -> None:
        """Free the GL objects."""
        delete([self._shadow, self._around, self._everywhere, self._grid, self._texture, *self._buffers, self._indices])


def _frame(inner: float, outer: float) -> NDArray[np.float32]:
    """Return triangles (24, 2) of a square frame: a block without holes hides what lies inside."""
    i, o = inner, outer
    rectangles = [(-o, -o, o, -i), (-o, i, o, o), (-o, -i, -i, i), (i, -i, o, i)]
    corners = [[(a, b), (c, b), (c, d), (a, b), (c, d), (a, d)] for a, b, c, d in rectangles]
    return np.array(corners, np.float32).reshape(-1, 2)


def _floor_shadow(theme: Theme, light: Floats, size: int = 256) -> NDArray[np.uint8]:
    """Return the block's shadow (size, size, 4) over the floor: contact, and a soft one away from the lamp."""
    x, y = np.meshgrid(*[np.linspace(-FLOOR_REACH, FLOOR_REACH, size)] * 2)
    away = np.asarray(light[:2]) / max(float(np.hypot(light[0], light[1])), 1e-9) * 0.3

    def outside(px: Floats, py: Floats, half: float) -> Floats:
        """Return the signed distance to the square of half width ``half``."""
        dx, dy = np.abs(px) - half, np.abs(py) - half
        return np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0)

    def smooth(low: float, high: float, value: Floats) -> Floats:
        s = np.clip((value - low) / (high - low), 0, 1)
        return s * s * (3 - 2 * s)

    contact = np.exp(-9.0 * np.maximum(outside(x, y, 1.0), 0))
    cast = 0.75 * (1 - smooth(-0.1, 0.75, outside(x + away[0], y + away[1], 0.98)))
    edge = np.clip((FLOOR_REACH - np.maximum(np.abs(x), np.abs(y))) / 0.12, 0, 1)
    alpha = theme.ground.floor_dark * (np.maximum(cast, contact) if away.any() else contact) * edge
    picture = np.zeros((size, size, 4), np.uint8)
    picture[..., :3] = _bytes(np.array(theme.color(theme.ground.floor_shadow)))
    picture[..., 3] = _bytes(alpha)
    return picture


def _grid_pieces(terrain: Terrain, whole: bool) -> tuple[Floats, Floats, Floats]:
    """Return start, end (k, 2) and alpha (k, 2) of the grid's pieces: short, as alpha fades along a line.

    Below a ``whole`` block, one without holes, nothing is drawn.
    """
    starts, ends, alphas = [], [], []
    run = np.linspace(-FLOOR_REACH, FLOOR_REACH, 19)
    for axis in (0, 1):
        low, high = terrain.domain[axis]
        middle, half, unit = (low + high) / 2, (high - low) / 2, terrain.grid_unit(axis)
        reach = FLOOR_REACH * half
        for line in np.arange(np.ceil((middle - reach) / unit), np.floor((middle + reach) / unit) + 1) * unit:
            across = np.full(len(run), (line - middle) / half)
            points = np.stack([across, run] if axis == 0 else [run, across], -1)
            s = np.clip((1.75 - np.hypot(points[:, 0], points[:, 1])) / 0.65, 0, 1)
            fade = s * s * (3 - 2 * s)
            below = np.all(np.abs(points[:-1] + points[1:]) / 2 < 0.9, axis=1)
            seen = (fade[:-1] + fade[1:] > 0) & ~(below & whole)
            starts.append(points[:-1][seen])
            ends.append(points[1:][seen])
            alphas.append(np.stack([fade[:-1], fade[1:]], -1)[seen])
    return np.concatenate(starts), np.concatenate(ends), np.concatenate(alphas)


# -------------------------------------------------------------------------------------------- contact shadows
class ContactShadows:
    """Soft dark patches of ground under the heads of trails."""

    SIDE = 9  # vertices along a patch

    def __init__(self) -> None:
        self._program = program("decal.vert", "decal.frag")
        self._program["u_strength"] = 0.62
        self._buffers: list[Any] = []
        self._indices: gloo.IndexBuffer | None = None

    def draw(self, trails: list[Trail], heights: gloo.Texture2D | None, terrain: Terrain, context: DrawContext) -> None:
        """Draw a patch under the head of each trail."""
        if not trails or heights is None:
            return
        heads = np.array([trail_end(trail) for trail in trails])
        radius = HEAD_RADIUS * world_per_pixel(context.clip_from_world, context.size[1] / context.px, heads)
        run = np.linspace(-1, 1, self.SIDE)
        square = np.stack(np.meshgrid(run, run), -1).reshape(-1, 2)
        middle = heads[:, :2] - 0.7 * radius[:, None] * context.light[:2]
        flat = middle[:, None] + 2.6 * radius[:, None, None] * square
        away = np.tile(np.hypot(square[:, 0], square[:, 1]), len(heads))
        away = np.where(np.all(np.abs(flat.reshape(-1, 2)) <= 1.0, axis=1), away, 2.0)
        _, one = _mesh(self.SIDE, self.SIDE)
        offsets = np.arange(len(heads), dtype=np.uint32)[:, None] * len(square)
        self._free()
        self._buffers = [vertex_buffer(np.clip(flat.reshape(-1, 2), -1, 1) * 0.5 + 0.5), vertex_buffer(away)]
        self._indices = gloo.IndexBuffer((one + offsets).ravel().astype(np.uint32))
        _set(
            self._program,
            a_uv=self._buffers[0],
            a_away=self._buffers[1],
            u_heights=heights,
            u_samples=_samples(terrain),
            u_clip_from_world=context.gl_clip_from_world,
        )
        set_state("front", write=False, blend=True)
        self._program.draw("triangles", self._indices)

    def _free(self) -> None:
        delete([*self._buffers, self._indices])
        self._buffers, self._indices = [], None

    def close(self) -> None:
        """Free the GL objects."""
        self._free()
        delete([self._program])

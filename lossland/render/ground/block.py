"""A block of ground: the lit top with its contours, and the cut walls with their strata. A sheet is the top alone.

The block's light does not depend on the camera, so it is computed once per terrain: one pass over the height texture
bakes the visibility of sky and lamp at each point, a second shades the whole top into a lit texture. A frame then costs
a mesh displaced by the height texture, one fetch of the lit texture and the contours. If the view moves over an
unchanging ground and the quality allows it, the contours are baked into the light as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log

import numpy as np
from numpy.typing import NDArray
from vispy import gloo

from lossland.render.gl.programs import Uniform, delete, program, set_state, set_uniforms, to_bytes, vertex_buffer
from lossland.render.gl.sharing import TextureFeed
from lossland.render.gl.target import Pass
from lossland.render.ground.meshes import deviation, grid_mesh, vertices_along, wall_mesh
from lossland.render.painter import DrawContext, Kept
from lossland.render.presence import PLAIN
from lossland.world.geometry import world_per_pixel
from lossland.world.layers import Color, Surface
from lossland.world.terrain import SHOULDER, T_MAX, Terrain
from lossland.world.theme import CATEGORIES, Theme

Floats = NDArray[np.floating]
Indices = tuple[gloo.IndexBuffer, gloo.IndexBuffer]  # of the top, and of the walls
Uniforms = dict[str, Uniform]
MESHES_KEPT = 3
MESHES = (32, 48, 64, 96, 128, 192, 256)  # vertices along a side, for ground that is smooth enough
OFF = 0.5  # pixels: largest deviation of a mesh from the ground
LINED = (512, 768, 1536)  # texels along a side of the light with contours; the first sufficient one is used
ZOOM_STEP = 1.25
PHASES = 1024  # texels of the strata, over the range of heights
DENSE = 0.7  # texels of the light per sample from which on nearest filtering suffices
SHEET_END = 1.0 + 0.9 * SHOULDER  # t at which a sheet is cut off: beyond, it would be a plateau
SIDE_TEXELS = 1024  # of the walls' light, from the base to the top of the range


@dataclass(frozen=True, eq=False)
class Morph:
    """The ground that a surface morphs into: its block, its terrain, and the interpolation share."""

    block: Block
    terrain: Terrain
    share: float


class Block:
    """The lit top and the walls, which share its textures."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        self._kept = Kept()
        self._relief = TextureFeed()
        self.heights: gloo.Texture2D | None = None
        self._solid: gloo.Texture2D | None = None
        self._strata: gloo.Texture2D | None = None
        self._phase: gloo.Texture2D | None = None
        self._sides: gloo.Texture2D | None = None
        self._paint: gloo.Texture2D | None = None
        self._colors = gloo.Texture2D(to_bytes(theme.height_map)[None], interpolation="linear")
        self._blank = gloo.Texture2D(np.full((1, 1), 255, np.uint8), interpolation="linear")
        self._baked = Pass("bake.frag")
        self._categories = Pass("paint.frag")
        self._signed = Pass("stretch.frag")
        self._painted: Pass | None = None  # the one with the current paint, unless that is a single colour
        self._lit = Pass("lit.frag")
        self._steady = False  # whether the light is that of the last frame
        self._lined = Pass("lined.frag")
        self._tops: dict[tuple[bool, ...], gloo.Program] = {}
        self._walls: dict[tuple[bool, ...], gloo.Program] = {}
        self._finest = (0, 0)  # texels along a side of the bake and of the lit texture, for the current look
        self._meshes: dict[tuple[int, int], tuple[list[gloo.VertexBuffer], Indices]] = {}
        self._shape = (0, 0)  # vertices along x and y of the mesh in use
        self._far_first: dict[tuple[int, int, bool, bool], gloo.IndexBuffer] = {}  # the top's triangles, sorted
        self._near: dict[tuple[int, int, tuple[int, ...]], gloo.IndexBuffer] = {}  # walls that face the eye
        self._off: dict[int, float] = {}  # deviation of each mesh from the current ground
        self._buffers: list[gloo.VertexBuffer] = []
        self._indices: Indices | None = None

    # ------------------------------------------------------------------------------------------------- uploads
    def update(self, layer: Surface, context: DrawContext) -> None:
        """Upload and bake what has changed since the last frame."""
        terrain, paint, quality = layer.terrain, layer.paint, context.quality
        light = _light_key(context)
        if self._kept.changed("look", terrain, paint, light, context.show.shadow):
            self._finest = (0, 0)
        bake, lit = quality.bake, quality.lit
        if quality.moving:  # light that is already finer costs nothing
            bake, lit = max(bake, self._finest[0]), max(lit, self._finest[1])
        self._finest = bake, lit
        new_ground = self._kept.changed("terrain", terrain)
        if new_ground:
            self._upload(terrain)
        if self._kept.changed("baked", light, bake) or new_ground:
            self._set_bake(bake)
            self._baked.run(bake, **self._bake_values(terrain, context))
        new_paint = self._kept.changed("paint", paint, lit)
        if new_paint:
            self._make_paint(paint, lit)
        new_light = self._kept.changed("lit", terrain, paint, light, lit, bake, context.show.shadow) or new_paint
        self._steady = not new_light
        if new_light:
            self._lit.run(lit, **self._lit_values(layer, context, lit))
        self._use_mesh(layer, context)
        context.aim()

    def prepare(self, layer: Surface, context: DrawContext) -> Iterator[None]:
        """Compute the light of ``update`` for this quality in small steps."""
        terrain, paint, quality, light = layer.terrain, layer.paint, context.quality, _light_key(context)
        if self._kept.changed("look", terrain, paint, light, context.show.shadow):
            self._finest = (0, 0)
            return  # a new ground, which ``update`` must upload first
        if self._finest[0] < quality.bake:
            self._set_bake(quality.bake)
            yield from self._baked.run_gradually(quality.bake, **self._bake_values(terrain, context))
            self._kept.changed("baked", light, quality.bake)
            self._finest = quality.bake, self._finest[1]
        if self._finest[1] < quality.lit:
            if self._kept.changed("paint", paint, quality.lit):
                self._make_paint(paint, quality.lit)
                yield
            yield from self._lit.run_gradually(quality.lit, **self._lit_values(layer, context, quality.lit))
            self._finest = quality.bake, quality.lit
            self._kept.changed("lit", terrain, paint, light, quality.lit, quality.bake, context.show.shadow)

    def _upload(self, terrain: Terrain) -> None:
        self._relief.set(terrain.relief)
        self.heights = self._relief.drawn
        delete([self._solid, self._strata, self._phase])
        holes = not terrain.solid.all()
        self._solid = gloo.Texture2D(terrain.solid.astype(np.uint8) * 255, interpolation="linear") if holes else None
        strata = _strata(terrain, self._theme)
        self._strata = gloo.Texture2D(strata, internalformat="rgba32f", interpolation="linear")
        self._phase = gloo.Texture2D(
            np.ascontiguousarray(strata[..., 3]), format="red", internalformat="r32f", interpolation="linear"
        )

    def _set_bake(self, size: int) -> None:
        fine = size > 256
        self._baked.constants(
            AZIMUTHS=12 if fine else 8,
            SKY_STEPS=12 if fine else 9,
            SKY_GROWTH=1.5 if fine else 1.75,
            SUN_STEPS=72 if fine else 36,
            SUN_GROWTH=0.012 if fine else 0.1,
        )

    def _bake_values(self, terrain: Terrain, context: DrawContext) -> Uniforms:
        return {"u_heights": self.heights, "u_samples": samples_of(terrain), "u_light": context.light}

    def _make_paint(self, paint: NDArray | Color | None, size: int) -> None:
        delete([self._paint])
        self._paint, self._painted = None, None
        if paint is None:
            return
        if isinstance(paint, str):
            color = to_bytes(np.array(self._theme.color(paint)))
            self._paint = gloo.Texture2D(color[None, None], interpolation="linear")
            return
        ny, nx = paint.shape
        samples = float(nx), float(ny)
        if np.issubdtype(paint.dtype, np.integer) or paint.dtype == bool:
            number = np.where(paint < 0, CATEGORIES, paint % CATEGORIES)
            one_hot = (number[..., None] == np.arange(CATEGORIES)).astype(np.uint8) * 255
            self._paint = gloo.Texture2D(one_hot, interpolation="linear")
            roles = [*(f"basin.{k}" for k in range(CATEGORIES)), "basin.-1"]
            colors = {f"u_colors[{k}]": self._theme.color(role) for k, role in enumerate(roles)}
            texel = max(nx, ny) / size
            self._painted = self._categories
            self._painted.run(size, u_categories=self._paint, u_samples=samples, u_texel=texel, **colors)
        else:
            shades = self._theme.signed_map
            index = np.nan_to_num((np.clip(paint, -1.0, 1.0) + 1.0) / 2.0 * (len(shades) - 1), nan=127.5)
            self._paint = gloo.Texture2D(to_bytes(shades[index.round().astype(int)]), interpolation="linear")
            self._painted = self._signed
            self._painted.run(size, u_picture=self._paint, u_samples=samples)

    @property
    def _paint_texture(self) -> gloo.Texture2D | None:
        return (self._paint or self._blank) if self._painted is None else self._painted.texture

    def _lit_values(self, layer: Surface, context: DrawContext, size: int) -> Uniforms:
        lamps, terrain = self._theme.lamps, layer.terrain
        painted = layer.paint is not None
        nx, ny = samples_of(terrain)
        return {
            "u_heights": self.heights,
            "u_samples": (nx, ny),
            "u_step": (max(1 / (nx - 1), 1 / size), max(1 / (ny - 1), 1 / size)),
            "u_baked": self._baked.texture,
            "u_colors": self._colors,
            "u_paint": self._paint_texture,
            "u_solid": self._solid or self._blank,
            "u_height": terrain.height,
            "u_valley": 1.0 if painted else lamps.valley_relief,
            "u_painted": float(painted),
            "u_light": context.light,
            "u_view": context.camera.home_back,
            "u_key": lamps.key,
            "u_sky": lamps.sky,
            "u_bounce": lamps.ground,
            "u_shadow": lamps.shadow if context.show.shadow else 0.0,
            "u_occlusion": lamps.occlusion,
            "u_specular": lamps.specular,
        }

    def _use_mesh(self, layer: Surface, context: DrawContext) -> None:
        """Choose the mesh; the last few are cached, as the size changes whenever the view comes to rest.

        Light and contours come from textures, so vertices matter for silhouettes only: no more are used than needed.
        """
        grounds = [layer.terrain, *([] if layer.into is None else [layer.into])]
        if self._kept.changed("grounds", *grounds):
            self._off = {}
        pixel = world_per_pixel(context.clip_from_world, context.size[1] / context.px, [0.0, 0.0, 0.0])[0]
        wanted = context.quality.mesh
        for count in MESHES:
            if count < wanted and count not in self._off:
                self._off[count] = max(deviation(ground.ground, count - 1) for ground in grounds)
            if count >= wanted or self._off[count] <= OFF * pixel:
                wanted = min(count, wanted)
                break
        ny, nx = layer.terrain.z.shape
        shape = vertices_along(nx, wanted), vertices_along(ny, wanted)
        if shape not in self._meshes:
            if len(self._meshes) >= MESHES_KEPT:
                self._free_meshes()
            uv, triangles = grid_mesh(*shape)
            wall, wall_triangles = wall_mesh(*shape)
            buffers = [vertex_buffer(uv), *(vertex_buffer(wall[:, c]) for c in (slice(0, 2), 2, 3))]
            self._meshes[shape] = buffers, (gloo.IndexBuffer(triangles), gloo.IndexBuffer(wall_triangles))
        self._buffers, self._indices = self._meshes[shape]
        self._shape = shape

    # ------------------------------------------------------------------------------------------------- drawing
    def draw(self, layer: Surface, context: DrawContext, morph: Morph | None = None) -> None:
        """Draw the top and the walls, interpolated towards another ground with ``morph``."""
        assert self._indices is not None
        ground, painted = self._theme.ground, layer.paint is not None
        contour = (0.8 if painted else 1.0) * ground.contour
        contours: dict[str, float | Floats] = {
            "u_contour": contour if layer.contours and context.show.contours else 0.0,
            "u_contour_dark": np.sqrt(ground.contour_dark),  # factors on squared colours
            "u_contour_light": np.sqrt(ground.contour_light),
        }
        self._filter_light(context)
        lined = morph is None and not layer.sheet and self._line(layer, context, contours)
        shared: Uniforms = {
            "u_heights": self.heights,
            "u_samples": samples_of(layer.terrain),
            "u_clip_from_world": context.gl_clip_from_world,
            "u_px": context.px,
            "u_every": float(layer.terrain.contours.every),
            "u_shown": shown_uv(layer),
        }
        as_is = context.presence == PLAIN  # most are, and without a GPU these shaders take most of the frame
        if not as_is:
            shared |= context.presence.uniforms(opaque=not layer.sheet or layer.alpha >= 1.0)
        other_top = {}
        if morph is not None:
            shared |= {
                "u_other": morph.block.heights,
                "u_other_samples": samples_of(morph.terrain),
                "u_share": float(morph.share),
            }
            other_top = {"u_other_lit": morph.block._lit.texture, "u_other_every": float(morph.terrain.contours.every)}
        top = self._top_for(morph is not None, lined, layer.sheet, as_is)
        lit = self._lined if lined else self._lit
        set_uniforms(top, **shared, **other_top, **contours, a_uv=self._buffers[0], u_lit=lit.texture)
        if layer.sheet:
            self._draw_sheet(top, layer, context)
            return
        set_state("front", write=True, blend=False)
        top.draw("triangles", self._indices[0])
        if context.quality.moving:
            gloo.flush()  # the driver draws the largest part of the picture while the rest is prepared
        self._draw_walls(layer, context, morph, shared)

    def _filter_light(self, context: DrawContext) -> None:
        """Use nearest filtering of the light where samples are as dense as texels: supersampling smooths as well, and
        without a GPU linear filtering takes a twelfth of the frame.
        """
        pixel = world_per_pixel(context.clip_from_world, context.size[1], [0.0, 0.0, 0.0])[0]
        dense = context.quality.supersample > 1 and self._solid is None and pixel * self._finest[1] / 2 > DENSE
        if self._kept.changed("filter", self._lit.texture, dense) and self._lit.texture is not None:
            self._lit.texture.interpolation = "nearest" if dense else "linear"

    def _draw_sheet(self, top: gloo.Program, layer: Surface, context: DrawContext) -> None:
        """Draw the top alone; a translucent one from far to near, without writing depth."""
        rim = self._theme.color(layer.paint if isinstance(layer.paint, str) else "text")
        end = layer.terrain.height * SHEET_END
        set_uniforms(top, u_alpha=layer.alpha, u_lift=layer.lift, u_rim=rim, u_end=end)
        opaque = layer.alpha >= 1.0
        set_state("front", write=opaque, blend=not opaque)
        top.draw("triangles", self._indices[0] if opaque and self._indices else self._ordered(context))

    def _ordered(self, context: DrawContext) -> gloo.IndexBuffer:
        """Return the top's triangles from far to near: rows of a height field do not occlude nearer ones."""
        (nx, ny), back = self._shape, context.camera.back
        from_right, from_above = bool(back[0] < 0), bool(back[1] < 0)
        key = nx, ny, from_right, from_above
        if key not in self._far_first:
            cells = grid_mesh(nx, ny)[1].reshape(ny - 1, nx - 1, 2, 3)
            cells = cells[:: -1 if from_above else 1, :: -1 if from_right else 1, :: -1 if from_above else 1]
            self._far_first[key] = gloo.IndexBuffer(np.ascontiguousarray(cells).ravel())
        return self._far_first[key]

    def _draw_walls(self, layer: Surface, context: DrawContext, morph: Morph | None, shared: Uniforms) -> None:
        assert self._indices is not None
        ground, painted, holes = self._theme.ground, layer.paint is not None, self._solid is not None
        plain = morph is None and not painted
        wall = self._wall_for(morph is not None, plain, context.presence == PLAIN)
        height, other = layer.terrain.height, {}
        if morph is not None:
            height += morph.share * (morph.terrain.height - height)
            other = {"u_other_strata": morph.block._strata}
        flags = {"u_lit": self._lit.texture} if holes else {}
        if plain:
            if self._kept.changed("sides", layer.terrain, _light_key(context)):
                delete([self._sides])
                self._sides = gloo.Texture2D(_sides(layer.terrain, self._theme, context.light), interpolation="nearest")
            light = {"u_sides": self._sides, "u_phase": self._phase}
        else:
            light = {
                **_wall_lamps(self._theme, context.light),
                "u_strata": self._strata,
                "u_paint": self._paint_texture,
                "u_painted": float(painted),
                "u_wall": np.square(self._theme.color(ground.wall)),
                "u_tint": 0.6 if painted else ground.wall_tint,
                "u_dark": _wall_dark(self._theme),
            }
        set_uniforms(
            wall,
            **shared,
            **other,
            **flags,
            **light,
            a_uv=self._buffers[1],
            a_top=self._buffers[2],
            a_side=self._buffers[3],
            u_base=layer.terrain.base,
            u_height=height,
            u_strength=0.2 if painted else ground.strata,
            u_stratum=ground.strata_light,
        )
        wall.draw("triangles", self._near_walls(layer, context) if context.quality.moving else self._indices[1])

    def _near_walls(self, layer: Surface, context: DrawContext) -> gloo.IndexBuffer:
        """Return the triangles of the walls that face the eye, of a block without holes: the others are behind it."""
        assert self._indices is not None
        left, low, right, high = (2 * side - 1 for side in shown_uv(layer))
        x, y, _ = context.eye
        sides = tuple(np.flatnonzero([y < low, y > high, x < left, x > right]).tolist())
        if self._solid is not None or not sides:
            return self._indices[1]
        nx, ny = self._shape
        key = nx, ny, sides
        if key not in self._near:
            vertices, triangles = wall_mesh(nx, ny)
            self._near[key] = gloo.IndexBuffer(triangles[np.isin(vertices[triangles, 3], sides)])
        return self._near[key]

    def _line(self, layer: Surface, context: DrawContext, contours: Mapping[str, float | Floats]) -> bool:
        """Bake the contours into the light, at the width for the block's centre; return whether that is possible."""
        if not (context.quality.cheap_light and self._steady):
            return False
        pixel = world_per_pixel(context.clip_from_world, context.size[1] / context.px, [0.0, 0.0, 0.0])[0]
        step = round(log(max(pixel, 1e-9), ZOOM_STEP))  # recomputed only when the zoom changes considerably
        for size in LINED:
            texels = ZOOM_STEP**step * size / 2  # per pixel
            if texels >= 1.0:
                break
        else:
            return False
        values: Uniforms = {
            **contours,
            "u_px": texels,
            "u_every": float(layer.terrain.contours.every),
            "u_heights": self.heights,
            "u_samples": samples_of(layer.terrain),
        }
        drawn = tuple(np.concatenate([np.atleast_1d(one) for one in contours.values()]))
        if self._kept.changed("lined", self._lit.texture, *self._kept.last("lit"), *drawn, step, size):
            self._lined.run(size, u_lit=self._lit.texture, **values)
            context.aim()
        return True

    def _top_for(self, morph: bool, lined: bool, sheet: bool, as_is: bool) -> gloo.Program:
        key = holes, *_ = self._solid is not None, morph, lined, sheet, as_is
        if key not in self._tops:
            flags = _flags(HOLES=holes, MORPH=morph, LINED=lined, SHEET=sheet, AS_IS=as_is)
            self._tops[key] = program("surface.vert", "surface.frag", **flags)
        return self._tops[key]

    def _wall_for(self, morph: bool, plain: bool, as_is: bool) -> gloo.Program:
        key = holes, *_ = self._solid is not None, morph, plain, as_is
        if key not in self._walls:
            flags = _flags(HOLES=holes, MORPH=morph, PLAIN=plain, AS_IS=as_is)
            sizes = {"T_MAX": T_MAX, "STRATA": float(PHASES), "SIDES": float(SIDE_TEXELS)}
            self._walls[key] = program("wall.vert", "wall.frag", **sizes, **flags)
        return self._walls[key]

    def _free_meshes(self) -> None:
        for buffers, indices in self._meshes.values():
            delete([*buffers, *indices])
        delete([*self._far_first.values(), *self._near.values()])
        self._meshes.clear()
        self._far_first.clear()
        self._near.clear()
        self._buffers, self._indices = [], None

    def close(self) -> None:
        """Free the GL objects."""
        self._free_meshes()
        for one in (self._baked, self._categories, self._signed, self._lit, self._lined):
            one.close()
        delete([*self._tops.values(), *self._walls.values()])
        self._relief.close()
        delete([self._solid, self._strata, self._phase, self._sides, self._paint, self._colors, self._blank])


def shown_uv(layer: Surface) -> tuple[float, float, float, float]:
    """Return the visible part of a cut ground as lower left and upper right uv."""
    if layer.shown is None:
        return 0.0, 0.0, 1.0, 1.0
    (x0, x1), (y0, y1) = layer.terrain.domain
    low, size = np.array([x0, y0, x0, y0]), np.array([x1 - x0, y1 - y0, x1 - x0, y1 - y0])
    left, right, front, back = layer.shown
    uv = (np.array([left, front, right, back]) - low) / size
    u0, v0, u1, v1 = np.clip(uv, 0.0, 1.0).tolist()
    return u0, v0, max(u0, u1), max(v0, v1)


def _light_key(context: DrawContext) -> tuple[float, ...]:
    return tuple(np.round([*context.light, *context.camera.home_back], 9))


def samples_of(terrain: Terrain) -> tuple[float, float]:
    """Return the number of a terrain's samples along x and y, as floats for the shaders."""
    ny, nx = terrain.z.shape
    return float(nx), float(ny)


def _strata(terrain: Terrain, theme: Theme) -> NDArray[np.float32]:
    """Return the walls' table (1, n, 4) over t in [0, T_MAX]: squared height colour, contour phase."""
    phase = terrain.contour_phase(PHASES)
    t = np.minimum(np.linspace(0.0, T_MAX, len(phase)), 1.0)
    shades = theme.height_map
    stops = np.linspace(0.0, 1.0, len(shades))
    colors = [np.interp(t, stops, shades[:, c]) ** 2 for c in range(3)]
    return np.stack([*colors, phase], -1)[None].astype(np.float32)


def _wall_lamps(theme: Theme, light: Floats) -> dict[str, Floats]:
    """Return the walls' light uniforms: they are planar, so the lamps are constant on each."""
    lamps = theme.lamps
    normals = {"south": (0, -1), "north": (0, 1), "west": (-1, 0), "east": (1, 0)}
    wrap = 0.22
    keys = {
        f"u_key_{name}": np.array(lamps.key) * max(0.0, (x * light[0] + y * light[1] + wrap) / (1 + wrap))
        for name, (x, y) in normals.items()
    }
    return {**keys, "u_ambient": (np.array(lamps.sky) + np.array(lamps.ground)) / 2}


def _wall_dark(theme: Theme) -> float:
    """Return the visible share of the sky at the foot of the walls."""
    return 1.0 + (theme.ground.wall_occlusion - 1.0) * theme.lamps.occlusion


def _sides(terrain: Terrain, theme: Theme, light: Floats) -> NDArray[np.uint8]:
    """Return the light on unpainted walls, as ``wall.frag`` computes it for others: rows (4, n, 3) of display colours,
    south, north, west and east, from the base to the top of the range.
    """
    rise = np.linspace(terrain.base, terrain.height * T_MAX, SIDE_TEXELS)
    t = np.clip(rise / terrain.height, 0.0, 1.0)
    shades = theme.height_map
    stops = np.linspace(0.0, 1.0, len(shades))
    tint = np.stack([np.interp(t, stops, shades[:, c]) ** 2 for c in range(3)], -1)
    wall = np.square(theme.color(theme.ground.wall))
    albedo = wall + theme.ground.wall_tint * (tint - wall)
    s = np.clip(1.0 - (rise - terrain.base) / 0.25, 0.0, 1.0)
    seen = (0.95 + (_wall_dark(theme) - 0.95) * s * s * (3.0 - 2.0 * s))[:, None]
    lamps = _wall_lamps(theme, light)
    ambient = lamps["u_ambient"] * seen / (1.0 - albedo * (1.0 - seen))
    keys = [lamps[f"u_key_{side}"] for side in ("south", "north", "west", "east")]
    lit = np.stack([albedo * (key + ambient) for key in keys])
    lit = np.minimum(lit, 0.62) + 0.38 * (1.0 - np.exp(-np.maximum(lit - 0.62, 0.0) / 0.38))
    return to_bytes(np.sqrt(lit))


def _flags(**wanted: bool) -> dict[str, None]:
    """Return the ``#define`` names of a shader."""
    return {name: None for name, is_wanted in wanted.items() if is_wanted}

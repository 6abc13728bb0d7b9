"""Type for pictures and panels: fonts, haloed text and LaTeX, drawn with Dear ImGui's draw lists.

Positions are pixels of the picture, y down. Sizes are logical pixels (pixels of a picture of 720 lines), multiplied by
``Type.scale`` and rounded to whole pixels, because glyphs of fractional sizes are blurred.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate
from math import cos, pi, sin
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import OpenGL.GL as GL
from imgui_bundle import imgui, imgui_microtex
from numpy.typing import NDArray

from lossland.errors import MachineError, UserError
from lossland.resources import fonts
from lossland.world.camera import Rect
from lossland.world.theme import Rgb, Theme, hex_color

if TYPE_CHECKING:
    from lossland.writing.vector import Tracing

FONTS = fonts()
FONT_FILES = {
    "regular": "Roboto/Roboto-Regular.ttf",
    "bold": "Roboto/Roboto-Bold.ttf",
    "italic": "Roboto/Roboto-RegularItalic.ttf",
    "mono": "Inconsolata-Medium.ttf",
}
FALLBACKS = (  # for missing glyphs: Greek, then arrows and small digits, then mathematical signs
    "Roboto/Roboto-Regular.ttf",
    "Inconsolata-Medium.ttf",
    "latex/latinmodern-math.otf",
)
ICON_FONT = "Font_Awesome_6_Free-Solid-900.otf"
ICON_SIZE = 0.8  # of the text beside it

FINER = 4  # supersampling factor of formulas with roots
DOUBLE_BAR = re.compile(r"(?<!\\)\\\|")  # MicroTeX draws a single bar
LEAST_PIXELS = 10  # least legible font size
FAR = 1e6  # pixels: text farther away, or at nan, is not drawn
FORMULAS_KEPT = 512
WIDTHS_KEPT = 8192

Pieces = tuple[tuple[float, str], ...]  # x offsets, and the texts drawn there
_COLORED = re.compile(r"\\fgcolor\{([^{}]*)\}")
_CIRCLE = {n: tuple((cos(2 * pi * k / n), sin(2 * pi * k / n)) for k in range(n)) for n in (6, 8, 10, 12)}


@dataclass(frozen=True)
class Formula:
    """Rasterized LaTeX: an ImGui texture, its size, and the distance of its baseline from its top."""

    texture: imgui.ImTextureRef
    width: int
    height: int
    baseline: int


class Written(NamedTuple):
    """A line or a formula that was drawn: its rectangle and font size in pixels, its colour, and its kind."""

    text: str
    rect: Rect
    size: float
    color: Rgb
    alpha: float
    kind: str  # "note", "numeral", "contour", "label", "start", "head", or "" for anything else


@dataclass
class _KeptFormula:
    formula: Formula
    gl_name: int
    last_frame: int


HALO = ((2.0, 10, 0.55), (1.0, 6, 0.9))  # rings around a text: radius in pixels, number of copies, opacity
LIGHT_HALO = ((1.5, 6, 0.85),)
FORMULA_HALO = ((2.2, 12, 0.5), (1.1, 8, 0.9))
LIGHT_FORMULA_HALO = ((1.6, 8, 0.8),)


class Type:
    """The typesetter of one ImGui context: create it when the context is current, before its first frame.

    ``fonts`` holds "regular", "bold", "italic", "mono" (the first two with icons merged in) and "icon". A
    colour is a role of the theme, ``"#RRGGBB"``, or three numbers; set ``theme`` to change what the roles
    mean. ``close`` frees the formulas' textures and needs the same GL context to be current.

    ``pixel_ratio`` is the number of pixels per logical pixel, also for what the renderer draws: heads, discs. Text and
    its layout use ``scale``, which is that times the user's ``text_scale``.
    """

    def __init__(self, theme: Theme, pixel_ratio: float = 1.0, text_scale: float = 1.0) -> None:
        self.theme = theme
        self.pixel_ratio = pixel_ratio
        self.scale = pixel_ratio * text_scale
        self.light = False  # whether halos are drawn with fewer copies, for pictures that are soon replaced
        self.fonts = _load_fonts()
        self._formulas: dict[tuple[str, int, tuple[float, ...]], _KeptFormula] = {}
        self._written: list[Written] | None = None  # a record of all texts, within `recorded`
        self._kind = ""
        self.tracing: Tracing | None = None  # records text and formulas as outlines, instead of drawing them
        self._widths: dict[tuple[str, float, str, float, float], tuple[float, float, Pieces]] = {}

    # ----------------------------------------------------------------------------------------------- measures
    def px(self, size: float) -> float:
        """Return a length of the type scale in pixels of the picture."""
        return size * self.scale

    def font_size(self, size: float) -> float:
        """Return a font size of the type scale in whole pixels, and at least a legible one."""
        return float(max(round(size * self.scale), LEAST_PIXELS))

    def rgb(self, color: str | Sequence[float], ink: bool = False) -> tuple[float, float, float]:
        """Return a colour as three numbers; with ``ink`` the form that is readable as text."""
        if isinstance(color, str):
            return self.theme.ink(color) if ink else self.theme.color(color)
        return float(color[0]), float(color[1]), float(color[2])

    def u32(self, color: str | Sequence[float], alpha: float = 1.0, ink: bool = False) -> int:
        """Return a colour packed for ImGui."""
        if isinstance(color, str):
            return _packed(self.theme, color, alpha, ink)
        return imgui.color_convert_float4_to_u32(imgui.ImVec4(*self.rgb(color), alpha))

    def size(self, text: str, size: float = 14, font: str = "regular", track: float = 0) -> tuple[float, float]:
        """Return a line's width and height in pixels. ``track`` is extra space after each letter."""
        width, height, _ = self._measure(text, size, font, track)
        return width, height

    def width(self, text: str, size: float = 14, font: str = "regular", track: float = 0) -> float:
        """Return the width of one line of text in pixels."""
        return self._measure(text, size, font, track)[0]

    def _measure(self, text: str, size: float, font: str, track: float) -> tuple[float, float, Pieces]:
        key = (text, size, font, track, self.scale)
        measured = self._widths.get(key)
        if measured is None:
            if len(self._widths) >= WIDTHS_KEPT:
                self._widths.clear()
            imgui.push_font(self.fonts[font], self.font_size(size))
            if track:  # spaces are widened more
                gap = self.px(track)
                steps = [imgui.calc_text_size(c).x + gap * (3 if c == " " else 1) for c in text]
                width, pieces = sum(steps) - gap, tuple(zip(accumulate([0.0, *steps]), text, strict=False))
            else:
                width, pieces = imgui.calc_text_size(text).x, ((0.0, text),)
            measured = self._widths[key] = (width, imgui.get_text_line_height(), pieces)
            imgui.pop_font()
        return measured

    # ------------------------------------------------------------------------------------------- what was written
    @contextmanager
    def recorded(self) -> Iterator[list[Written]]:
        """Record the texts that are drawn within the block in the list that it yields. Blocks may be nested."""
        outer, written = self._written, list[Written]()
        self._written = written
        try:
            yield written
        finally:
            self._written = outer
            if outer is not None:
                outer += written

    @contextmanager
    def kind(self, kind: str) -> Iterator[None]:
        """Set the kind of all texts that are drawn within the block."""
        before, self._kind = self._kind, kind
        try:
            yield
        finally:
            self._kind = before

    # ------------------------------------------------------------------------------------------------ drawing
    def text(
        self,
        draw_list: imgui.ImDrawList,
        x: float,
        y: float,
        text: str,
        size: float = 14,
        color: str | Sequence[float] = "text",
        font: str = "regular",
        halo: bool = False,
        ax: float = 0.0,
        ay: float = 0.0,
        alpha: float = 1.0,
        track: float = 0.0,
    ) -> tuple[float, float]:
        """Draw one line and return its (width, height). The point at the fraction (ax, ay) of its box is at (x, y).

        ``halo`` first draws rings of copies around it in the theme's halo colour.
        """
        width, height, pieces = self._measure(text, size, font, track)
        if not (abs(x) < FAR and abs(y) < FAR):
            return width, height
        left, top = round(x - ax * width), round(y - ay * height)
        if self._written is not None and text:
            rect = float(left), float(top), width, height
            rgb = self.rgb(color, ink=True)
            self._written.append(Written(text, rect, self.font_size(size), rgb, alpha, self._kind))
        face, pixels, put, at = self.fonts[font], self.font_size(size), draw_list.add_text, imgui.ImVec2
        if self.tracing is not None:
            places = [(left + start, float(top), piece) for start, piece in pieces]
            ink = self.rgb(color, ink=True), alpha
            rings = self._halo(HALO, alpha) if halo else ()
            self.tracing.text(draw_list, face, sources_of(font), pixels, places, text, ink, rings)
            return width, height
        if halo:
            for radius, copies, strength in LIGHT_HALO if self.light else HALO:
                packed, r = self.u32("halo", strength * alpha), self.px(radius)
                for dx, dy in _CIRCLE[copies]:
                    for start, piece in pieces:
                        put(face, pixels, at(left + r * dx + start, top + r * dy), packed, piece)
        packed = self.u32(color, alpha, ink=True)
        for start, piece in pieces:
            put(face, pixels, at(left + start, top), packed, piece)
        return width, height

    def formula(self, latex: str, size: float = 15, color: str | Sequence[float] = "text") -> Formula:
        """Set LaTeX mathematics, cached as a texture.

        Parts are coloured by ``\\fgcolor{#RRGGBB}{...}`` or ``\\fgcolor{role}{...}`` with a role of the
        theme.
        """
        return self._formula(_with_colors(self.theme, latex), int(self.font_size(size)), self.rgb(color, ink=True))

    def _formula(self, latex: str, pixels: int, rgb: tuple[float, float, float]) -> Formula:
        frame = imgui.get_frame_count()
        key = (latex, pixels, rgb)
        kept = self._formulas.get(key)
        if kept is None:
            self._forget_old_formulas(frame)
            kept = self._formulas[key] = _set_formula(latex, pixels, rgb, frame)
        kept.last_frame = frame
        return kept.formula

    def put_formula(
        self,
        draw_list: imgui.ImDrawList,
        x: float,
        y: float,
        latex: str,
        size: float = 15,
        color: str | Sequence[float] = "text",
        ax: float = 0.0,
        ay: float | None = None,
        halo: bool = False,
        alpha: float = 1.0,
    ) -> tuple[float, float]:
        """Draw a formula and return its (width, height). Its baseline is at y, or its box's fraction ``ay``."""
        formula = self.formula(latex, size, color)
        w, h = formula.width, formula.height
        if not (abs(x) < FAR and abs(y) < FAR):
            return float(w), float(h)
        left = round(x - ax * w)
        top = round(y - (formula.baseline if ay is None else ay * h))
        if self._written is not None:
            rect, rgb = (float(left), float(top), float(w), float(h)), self.rgb(color, ink=True)
            self._written.append(Written(latex, rect, self.font_size(size), rgb, alpha, self._kind))
        if self.tracing is not None:
            pixels, rings = int(self.font_size(size)), self._halo(FORMULA_HALO, alpha) if halo else ()
            latex, place = _with_colors(self.theme, latex), (float(left), float(top))
            self.tracing.formula(draw_list, latex, pixels, self.rgb(color, ink=True), place, alpha, rings)
            return float(w), float(h)
        zero, one = imgui.ImVec2(0, 0), imgui.ImVec2(1, 1)
        if halo:
            shade = self._formula(latex_without_colors(latex), int(self.font_size(size)), self.rgb("halo"))
            for radius, copies, strength in LIGHT_FORMULA_HALO if self.light else FORMULA_HALO:
                tint = imgui.color_convert_float4_to_u32(imgui.ImVec4(1, 1, 1, strength * alpha))
                r = self.px(radius)
                for dx, dy in _CIRCLE[copies]:
                    corner = imgui.ImVec2(left + r * dx, top + r * dy)
                    draw_list.add_image(
                        shade.texture, corner, imgui.ImVec2(corner.x + w, corner.y + h), zero, one, tint
                    )
        tint = imgui.color_convert_float4_to_u32(imgui.ImVec4(1, 1, 1, alpha))
        draw_list.add_image(formula.texture, imgui.ImVec2(left, top), imgui.ImVec2(left + w, top + h), zero, one, tint)
        return float(w), float(h)

    def _halo(self, rings: Sequence[tuple[float, int, float]], alpha: float) -> list[tuple[float, Rgb, float]]:
        """Return a halo's rings as radii in pixels, colours and alphas of each copy."""
        color = self.rgb("halo")
        return [(self.px(radius), color, alpha * (1 - (1 - strength) ** 2)) for radius, _, strength in rings]

    # ----------------------------------------------------------------------------------------------- textures
    def _forget_old_formulas(self, frame: int) -> None:
        """Free the least recently used formulas beyond the limit, but none that a frame may still draw."""
        if len(self._formulas) < FORMULAS_KEPT:
            return
        oldest = sorted(self._formulas.items(), key=lambda item: item[1].last_frame)
        for key, kept in oldest[: FORMULAS_KEPT // 4]:
            if kept.last_frame < frame - 2:
                GL.glDeleteTextures([kept.gl_name])
                del self._formulas[key]

    def close(self) -> None:
        """Free every formula's texture."""
        if self._formulas:
            GL.glDeleteTextures([kept.gl_name for kept in self._formulas.values()])
        self._formulas.clear()


@lru_cache(maxsize=1024)  # a frame packs the same few colours hundreds of times
def _packed(theme: Theme, role: str, alpha: float, ink: bool) -> int:
    red, green, blue = theme.ink(role) if ink else theme.color(role)
    return imgui.color_convert_float4_to_u32(imgui.ImVec4(red, green, blue, alpha))


@cache
def sources_of(font: str) -> tuple[tuple[str, float], ...]:
    """Return the font files of a font in order of priority, and their relative sizes."""
    if font == "icon":
        return ((ICON_FONT, 1.0),)
    icons = [(ICON_FONT, ICON_SIZE)] if font in ("regular", "bold") else []
    others = [(file, 1.0) for file in FALLBACKS if file != FONT_FILES[font]]
    return ((FONT_FILES[font], 1.0), *icons, *others)


def _load_fonts() -> dict[str, imgui.ImFont]:
    atlas = imgui.get_io().fonts
    fonts = {}
    for name, file in FONT_FILES.items():
        fonts[name] = atlas.add_font_from_file_ttf(str(FONTS / file), 14.0)
        if name in ("regular", "bold"):
            merge = imgui.ImFontConfig()
            merge.merge_mode = True
            merge.glyph_offset = imgui.ImVec2(0, 0.5)
            atlas.add_font_from_file_ttf(str(FONTS / ICON_FONT), 14.0 * ICON_SIZE, merge)
        for fallback in FALLBACKS:
            if fallback != file:
                merge = imgui.ImFontConfig()
                merge.merge_mode = True
                atlas.add_font_from_file_ttf(str(FONTS / fallback), 14.0, merge)
    fonts["icon"] = atlas.add_font_from_file_ttf(str(FONTS / ICON_FONT), 13.0)
    return fonts


# --------------------------------------------------------------------------------------------------- formulas
@lru_cache(maxsize=FORMULAS_KEPT)
def _with_colors(theme: Theme, latex: str) -> str:
    """Return LaTeX with a theme's text colours in place of its roles."""
    return _COLORED.sub(lambda found: rf"\fgcolor{{{hex_color(theme.ink(found[1]))}}}", latex)


def latex_without_colors(latex: str) -> str:
    """Return LaTeX with every ``\\fgcolor{...}{body}`` replaced by ``{body}``, for halos of one colour."""
    return _COLORED.sub("", latex)


@cache
def start_latex() -> str | None:
    """Initialize MicroTeX, once per process, and return the LOCPATH that it needs (None: it needs none).

    It parses in the locale en_US.UTF-8 and rejects even ``x+y`` if that is not installed. The C library looks locales
    up by folder name, so a private folder in which C.UTF-8 has that name is enough, without root.
    """
    latex_fonts = FONTS / "latex"
    if not imgui_microtex.is_initialized():
        imgui_microtex.init(str(latex_fonts / "latinmodern-math.clm1"), str(latex_fonts / "latinmodern-math.otf"))
    if _latex_works(None):
        return None
    for system in ("/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8"):
        if os.path.isdir(system):
            private = tempfile.mkdtemp(prefix="lossland-locale-")
            atexit.register(shutil.rmtree, private, ignore_errors=True)
            os.symlink(system, os.path.join(private, "en_US.UTF-8"))
            path = f"{private}:/usr/lib/locale"
            if _latex_works(path):
                return path
    raise MachineError("Formulas cannot be set: install the locale en_US.UTF-8 or C.UTF-8 on this system.")


def _latex_works(path: str | None) -> bool:
    try:
        with _looking_for_locales_in(path):
            imgui_microtex.render("x+y", 16.0)
    except RuntimeError:
        return False
    return True


@contextmanager
def _looking_for_locales_in(path: str | None) -> Iterator[None]:
    """Set the path in which the C library looks for locales within the block; None: the usual one."""
    before = os.environ.get("LOCPATH")
    if path is not None:
        os.environ["LOCPATH"] = path
    try:
        yield
    finally:
        if path is not None:
            del os.environ["LOCPATH"]
            if before is not None:
                os.environ["LOCPATH"] = before


def render_latex(latex: str, pixels: int, rgb: Sequence[float]) -> tuple[NDArray[np.uint8], int]:
    """Rasterize LaTeX on a transparent background: an RGBA image (h, w, 4) and its baseline's distance from the top."""
    finer = FINER if r"\sqrt" in latex else 1  # bars are snapped to pixels, which detaches small ones from their root
    image, baseline = _reduced(*set_latex(latex, finer * pixels, rgb), finer)
    image[image[..., 3] == 0, :3] = np.round(255 * np.asarray(rgb))  # so that filtering does not bleed another colour
    return image, baseline


def set_latex(latex: str, pixels: int, rgb: Sequence[float]) -> tuple[NDArray[np.uint8], int]:
    """Rasterize LaTeX without supersampling: good enough for large sizes."""
    path = start_latex()
    try:
        with _looking_for_locales_in(path):
            spelled = DOUBLE_BAR.sub(r"\\Vert ", latex)
            rendered = imgui_microtex.render(spelled, float(pixels), imgui.ImVec4(rgb[0], rgb[1], rgb[2], 1.0))
    except RuntimeError as error:
        raise UserError(f"The formula {latex!r} is not LaTeX that can be set: {error}.") from None
    return np.array(rendered.pixels_as_array()), rendered.baseline_y


def _reduced(image: NDArray[np.uint8], baseline: int, by: int) -> tuple[NDArray[np.uint8], int]:
    """Return a formula's image reduced by a whole factor, its baseline at a whole pixel."""
    if by == 1:
        return image, baseline
    above = -baseline % by
    below, right = -(image.shape[0] + above) % by, -image.shape[1] % by
    padded = np.pad(image, ((above, below), (0, right), (0, 0))).astype(np.float32)
    padded[..., :3] *= padded[..., 3:] / 255.0  # premultiplied
    height, width = padded.shape[0] // by, padded.shape[1] // by
    mean = padded.reshape(height, by, width, by, 4).mean((1, 3))
    mean[..., :3] *= 255.0 / np.maximum(mean[..., 3:], 1e-6)
    return np.round(mean).astype(np.uint8), (baseline + above) // by


def _set_formula(latex: str, pixels: int, rgb: Sequence[float], frame: int) -> _KeptFormula:
    image, baseline = render_latex(latex, pixels, rgb)
    name = upload_rgba(image)
    formula = Formula(imgui.ImTextureRef(name), image.shape[1], image.shape[0], baseline)
    return _KeptFormula(formula, name, frame)


def upload_rgba(image: NDArray[np.uint8]) -> int:
    """Create a GL texture of an RGBA image (h, w, 4) in the current context and return its name."""
    name = int(GL.glGenTextures(1))
    GL.glBindTexture(GL.GL_TEXTURE_2D, name)
    GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MIN_FILTER, GL.GL_LINEAR)
    GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_MAG_FILTER, GL.GL_LINEAR)
    GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_WRAP_S, GL.GL_CLAMP_TO_EDGE)
    GL.glTexParameteri(GL.GL_TEXTURE_2D, GL.GL_TEXTURE_WRAP_T, GL.GL_CLAMP_TO_EDGE)
    GL.glPixelStorei(GL.GL_UNPACK_ALIGNMENT, 1)
    pixels = np.ascontiguousarray(image)
    GL.glTexImage2D(
        GL.GL_TEXTURE_2D, 0, GL.GL_RGBA, pixels.shape[1], pixels.shape[0], 0,
        GL.GL_RGBA, GL.GL_UNSIGNED_BYTE, pixels,
    )  # fmt: skip
    return name

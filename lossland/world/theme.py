"""Colours and lights shared by all pictures: a dark theme, and one for white paper. NumPy only.

The ground is quiet (low chroma, blue slate to sand) and the data are vivid (high chroma, outlined). Lightness
increases strictly along the height map, and optimizers are distinguishable under the three kinds of colour blindness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError, nearest, shown
from lossland.world import colormaps

Floats = NDArray[np.float64]
Rgb = tuple[float, float, float]
Stops = tuple[tuple[float, str], ...]

# ------------------------------------------------------------------------------- sRGB and OKLab (Ottosson, 2020)
_LMS_FROM_RGB = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB_FROM_LMS = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear_from_srgb(srgb: ArrayLike) -> Floats:
    """Return linear light (..., 3) of sRGB values in [0, 1] (IEC 61966-2-1)."""
    c = np.asarray(srgb, float)
    return np.where(c <= 0.04045, c / 12.92, ((np.maximum(c, 0.0) + 0.055) / 1.055) ** 2.4)


def srgb_from_linear(linear: ArrayLike) -> Floats:
    """Return sRGB values (..., 3) of linear light, the inverse of ``linear_from_srgb``."""
    c = np.asarray(linear, float)
    return np.where(c <= 0.0031308, 12.92 * c, 1.055 * np.maximum(c, 1e-12) ** (1 / 2.4) - 0.055)


def oklab_from_srgb(srgb: ArrayLike) -> Floats:
    """Return OKLab (L, a, b) of sRGB values in [0, 1], shape (..., 3), a perceptually uniform space."""
    return np.cbrt(linear_from_srgb(srgb) @ _LMS_FROM_RGB.T) @ _LAB_FROM_LMS.T


def srgb_from_oklab(lab: ArrayLike) -> Floats:
    """Return sRGB values (..., 3) of OKLab colours, clipped to [0, 1]."""
    lms = np.asarray(lab, float) @ np.linalg.inv(_LAB_FROM_LMS).T
    return np.clip(srgb_from_linear(lms**3 @ np.linalg.inv(_LMS_FROM_RGB).T), 0.0, 1.0)


def rgb(hex_color: str) -> Rgb:
    """Read ``"#RRGGBB"`` as three numbers in [0, 1]."""
    digits = hex_color.removeprefix("#")
    if len(digits) != 6 or any(d not in "0123456789abcdefABCDEF" for d in digits):
        raise UserError(f"A colour is written #RRGGBB, not {hex_color!r}.")
    r, g, b = (int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return r, g, b


def hex_color(color: Sequence[float]) -> str:
    """Write three numbers in [0, 1] as ``"#RRGGBB"``."""
    return "#" + "".join(f"{round(255 * min(max(float(c), 0.0), 1.0)):02X}" for c in color[:3])


def contrast(first: Sequence[float], second: Sequence[float]) -> float:
    """Return the WCAG 2 contrast ratio of two sRGB colours, from 1 to 21."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    low, high = sorted(float(linear_from_srgb(c) @ weights) + 0.05 for c in (first, second))
    return high / low


@cache
def color_map(stops: Stops, count: int = 256) -> NDArray[np.float32]:
    """Return (count, 3) sRGB colours through (position, hex) stops: a cubic Hermite curve in OKLab."""
    at = np.array([s[0] for s in stops])
    lab = oklab_from_srgb([rgb(s[1]) for s in stops])
    slope = np.gradient(lab, at, axis=0)
    x = np.linspace(0.0, 1.0, count)
    i = np.clip(np.searchsorted(at, x, "right") - 1, 0, len(at) - 2)
    width = (at[i + 1] - at[i])[:, None]
    u = (x[:, None] - at[i][:, None]) / width
    curve = (
        (1 + 2 * u) * (1 - u) ** 2 * lab[i]
        + u * (1 - u) ** 2 * width * slope[i]
        + u * u * (3 - 2 * u) * lab[i + 1]
        + u * u * (u - 1) * width * slope[i + 1]
    )
    colors = srgb_from_oklab(curve).astype(np.float32)
    colors.flags.writeable = False
    return colors


# ---------------------------------------------------------------------------------------------------- the themes
@dataclass(frozen=True)
class Lamps:
    """The light on a block. Colours multiply squared albedo; ``shadow`` and ``occlusion`` are strengths in [0, 1]."""

    key: Rgb
    sky: Rgb
    ground: Rgb
    shadow: float
    occlusion: float
    specular: float
    valley_relief: float  # share of the relief in low areas; high ones have all of it


@dataclass(frozen=True)
class Ground:
    """How contours, walls and floor are drawn: colours, factors on the lit colour, strengths in [0, 1]."""

    contour: float
    contour_dark: Rgb
    contour_light: Rgb
    wall: str
    wall_tint: float
    wall_occlusion: float
    strata: float
    strata_light: Rgb
    floor_shadow: str
    floor_dark: float
    floor_line: str
    floor_grid: float


@dataclass(frozen=True, eq=False)
class Theme:
    """A theme: ``color`` of a role, ``height_map`` and ``signed_map`` as (256, 3) sRGB colour maps."""

    name: str
    colors: Mapping[str, str]
    inks: Mapping[str, str]  # darker variants of colours that are too light for text
    height_stops: Stops
    signed_stops: Stops
    lamps: Lamps
    ground: Ground
    _cache: dict[str, Rgb] = field(default_factory=dict, repr=False)

    @cached_property
    def dark(self) -> bool:
        """Whether text is light on a dark background."""
        return oklab_from_srgb(self.color("background"))[0] < 0.5

    @property
    def height_map(self) -> NDArray[np.float32]:
        """Colours of low to high ground, (256, 3)."""
        return color_map(self.height_stops)

    @property
    def signed_map(self) -> NDArray[np.float32]:
        """Colours of -1 ... 0 ... 1, (256, 3)."""
        return color_map(self.signed_stops)

    def with_map(self, name: str | None) -> Theme:
        """Return this theme with a named colour map for heights (see ``colormaps``); None: its own."""
        return self if name is None else replace(self, height_stops=colormaps.stops(name), _cache={})

    def hex(self, role: str) -> str:
        """Return a role's colour as ``"#RRGGBB"``; a colour already written so is returned as it is.

        ``basin.k``, ``particle.k``, ``lane.k`` and ``class.k`` cycle, ``basin.-1`` is "none"; an optimizer unknown to
        the theme has the colour of text.
        """
        if role.startswith("#"):
            return role
        if role in self.colors:
            return self.colors[role]
        family, _, member = role.partition(".")
        if family in ("basin", "particle") and member.lstrip("-").isdigit():
            index = int(member)
            return self.colors[f"{family}.{index % CATEGORIES}" if index >= 0 else f"{family}.-1"]
        if family == "lane" and member.isdigit():
            return self.colors[f"lane.{int(member) % LANES}"]
        if family == "class" and member.isdigit():
            return self.colors[f"class.{int(member) % CLASSES}"]
        if family == "optimizer":
            return self.colors["text"]
        near = nearest(role, list(self.colors)) or " It is a role such as 'accent' or 'text', or written #RRGGBB."
        raise UserError(f"There is no colour {role!r}.{near}")

    def color(self, role: str) -> Rgb:
        """Return a role's colour, or ``"#RRGGBB"``, as three sRGB numbers in [0, 1]."""
        if role not in self._cache:
            self._cache[role] = rgb(self.hex(role))
        return self._cache[role]

    def ink(self, role: str) -> Rgb:
        """Return the text colour of a role: its own, with the lightness changed until the contrast suffices."""
        key = "ink " + role
        if key not in self._cache:
            self._cache[key] = rgb(self.inks[role]) if role in self.inks else self._readable(self.color(role))
        return self._cache[key]

    def _readable(self, color: Rgb) -> Rgb:
        ground, lab = self.color("background"), oklab_from_srgb(color)
        step = 0.01 if self.dark else -0.01
        while contrast(color, ground) < READABLE and 0.0 < lab[0] < 1.0:
            lab = lab + np.array([step, 0.0, 0.0])
            r, g, b = srgb_from_oklab(lab)
            color = float(r), float(g), float(b)
        return color


READABLE = 4.5  # contrast of text with its background (WCAG 2, level AA)
LANES = 8  # distinguishable colours of lanes; further lanes reuse them with a mark (see ``marked``)
USUAL_LANE = {"sgd": 0, "momentum": 1, "rmsprop": 2, "adam": 3, "lion": 4, "adamax": 5, "amsgrad": 6, "nesterov": 7}
"""The preferred lane colour of these optimizers, if it is free."""
CLASSES = 12  # colours of groups of samples; the first ten, of the digits, are farthest apart
CATEGORIES = 4  # colours of basins; letters at the minima are the second channel

_HEIGHT_DARK = (
    (0.0, "#1B2447"),
    (0.22, "#2A4370"),
    (0.45, "#467089"),
    (0.68, "#8A9A93"),
    (0.86, "#C6B995"),
    (1.0, "#EBD8B0"),
)
_HEIGHT_PRINT = ((0.0, "#4A6C9B"), (0.25, "#7399B9"), (0.5, "#A5C0C9"), (0.75, "#D6DCCF"), (1.0, "#F4EAD2"))
_SIGNED_DARK = ((0.0, "#7FC4F0"), (0.25, "#3A7FAE"), (0.5, "#262C36"), (0.75, "#B0582F"), (1.0, "#F5B183"))
_SIGNED_PRINT = ((0.0, "#1F4E79"), (0.25, "#7FAACB"), (0.5, "#F4F2EC"), (0.75, "#DE9A6B"), (1.0, "#8C3B12"))

DARK = Theme(
    name="dark",
    colors={
        "background": "#1B212B",
        "background.edge": "#0D1015",
        "panel": "#151A22",
        "hair": "#2A323E",
        "text": "#E9ECEF",
        "dim": "#98A1AD",
        "faint": "#5B6572",
        "accent": "#EBD8B0",
        "casing": "#0B0E14",
        "halo": "#0D1117",
        "good": "#69EFC9",
        "bad": "#FE683E",
        "up": "#FE683E",
        "down": "#69EFC9",
        "i": "#5FE8C0",
        "j": "#FE683E",
        "k": "#5B93FF",
        "area": "#FBC60D",
        "eigen1": "#FF80C2",
        "eigen2": "#B7A6F5",
        "grid": "#3C8DC4",
        "grid.axis": "#CFE6F7",
        "ghost": "#7D8896",
        "signed.low": "#7FC4F0",
        "signed.high": "#F5B183",
        "optimizer.gradient_descent": "#C36CC0",
        "optimizer.sgd": "#F4F6F8",
        "optimizer.momentum": "#45C8F7",
        "optimizer.nesterov": "#B079FF",
        "optimizer.adagrad": "#CDB20B",
        "optimizer.rmsprop": "#FF80C2",
        "optimizer.adadelta": "#F8D3FF",
        "optimizer.adam": "#FE683E",
        "optimizer.adamw": "#69EFC9",
        "optimizer.amsgrad": "#D13E38",
        "optimizer.nadam": "#FE99F0",
        "optimizer.radam": "#AEC78A",
        "optimizer.adamax": "#9341F5",
        "optimizer.lion": "#FBC60D",
        "optimizer.rprop": "#5FA97E",
        "optimizer.yogi": "#ADFE96",
        "optimizer.adabelief": "#B05787",
        "lane.0": "#F3EEED",
        "lane.1": "#39C4FF",
        "lane.2": "#FF7AB0",
        "lane.3": "#F9642B",
        "lane.4": "#FDCD30",
        "lane.5": "#971DCB",
        "lane.6": "#B6095A",
        "lane.7": "#AF6AFD",
        "class.0": "#39C4FF",
        "class.1": "#FF7AB0",
        "class.2": "#EE1166",
        "class.3": "#FDCD30",
        "class.4": "#7788FF",
        "class.5": "#AA22AA",
        "class.6": "#AAAA00",
        "class.7": "#F3EEED",
        "class.8": "#007711",
        "class.9": "#6633FF",
        "class.10": "#AADDAA",
        "class.11": "#BB66BB",
        "basin.0": "#1C466F",
        "basin.1": "#8B7035",
        "basin.2": "#286552",
        "basin.3": "#562240",
        "basin.-1": "#3A3F4A",
        "particle.0": "#8DCBFF",
        "particle.1": "#F9D97E",
        "particle.2": "#A0FBD8",
        "particle.3": "#E57DB1",
        "particle.-1": "#C9CED6",
    },
    inks={},
    height_stops=_HEIGHT_DARK,
    signed_stops=_SIGNED_DARK,
    lamps=Lamps(
        key=(1.14, 1.05, 0.90),
        sky=(0.46, 0.50, 0.64),
        ground=(0.15, 0.14, 0.17),
        shadow=0.72,
        occlusion=1.0,
        specular=0.05,
        valley_relief=0.72,
    ),
    ground=Ground(
        contour=0.62,
        contour_dark=(0.34, 0.38, 0.46),
        contour_light=(1.9, 1.85, 1.7),
        wall="#232B3A",
        wall_tint=0.42,
        wall_occlusion=0.45,
        strata=0.55,
        strata_light=(1.9, 1.9, 1.9),
        floor_shadow="#05070A",
        floor_dark=0.62,
        floor_line="#8A97A8",
        floor_grid=0.16,
    ),
)

PRINT = Theme(
    name="print",
    colors={
        "background": "#FFFFFF",
        "background.edge": "#FFFFFF",
        "panel": "#FFFFFF",
        "hair": "#D9DCE0",
        "text": "#1D232B",
        "dim": "#59636F",
        "faint": "#9AA3AD",
        "accent": "#8A5A12",
        "casing": "#FFFFFF",
        "halo": "#FFFFFF",
        "good": "#04987E",
        "bad": "#C23F05",
        "up": "#E34C08",
        "down": "#04987E",
        "i": "#04987E",
        "j": "#E34C08",
        "k": "#2056CE",
        "area": "#DBA520",
        "eigen1": "#94286D",
        "eigen2": "#6A4FC2",
        "grid": "#5B9BCB",
        "grid.axis": "#2B5E86",
        "ghost": "#9AA3AD",
        "signed.low": "#1F4E79",
        "signed.high": "#8C3B12",
        "optimizer.gradient_descent": "#590295",
        "optimizer.sgd": "#20262E",
        "optimizer.momentum": "#135DC0",
        "optimizer.nesterov": "#929BEF",
        "optimizer.adagrad": "#66883F",
        "optimizer.rmsprop": "#94286D",
        "optimizer.adadelta": "#9F71F8",
        "optimizer.adam": "#E34C08",
        "optimizer.adamw": "#04987E",
        "optimizer.amsgrad": "#712702",
        "optimizer.nadam": "#AFA672",
        "optimizer.radam": "#855847",
        "optimizer.adamax": "#8E1AFD",
        "optimizer.lion": "#DBA520",
        "optimizer.rprop": "#0E4A3F",
        "optimizer.yogi": "#14BBB1",
        "optimizer.adabelief": "#AE66BC",
        "lane.0": "#20262E",
        "lane.1": "#2056CE",
        "lane.2": "#952B73",
        "lane.3": "#D55216",
        "lane.4": "#DBA520",
        "lane.5": "#5B93EE",
        "lane.6": "#A37691",
        "lane.7": "#4F4700",
        "class.0": "#2056CE",
        "class.1": "#952B73",
        "class.2": "#D55216",
        "class.3": "#DBA520",
        "class.4": "#5B93EE",
        "class.5": "#A37691",
        "class.6": "#4F4700",
        "class.7": "#20262E",
        "class.8": "#4EBCD3",
        "class.9": "#BC9B85",
        "class.10": "#370BA6",
        "class.11": "#6F0064",
        "basin.0": "#7AAAD4",
        "basin.1": "#F4DCA1",
        "basin.2": "#95CCB6",
        "basin.3": "#B27893",
        "basin.-1": "#D3D6DB",
        "particle.0": "#01376F",
        "particle.1": "#735104",
        "particle.2": "#248160",
        "particle.3": "#4E0131",
        "particle.-1": "#4B525C",
    },
    inks={
        "optimizer.lion": "#8A6400",
        "optimizer.adam": "#C23F05",
        "area": "#8A6400",
        "up": "#C23F05",
        "j": "#C23F05",
    },
    height_stops=_HEIGHT_PRINT,
    signed_stops=_SIGNED_PRINT,
    lamps=Lamps(
        key=(0.72, 0.68, 0.62),
        sky=(0.56, 0.57, 0.64),
        ground=(0.34, 0.32, 0.34),
        shadow=0.55,
        occlusion=0.85,
        specular=0.015,
        valley_relief=0.8,
    ),
    ground=Ground(
        contour=0.5,
        contour_dark=(0.42, 0.46, 0.55),
        contour_light=(1.25, 1.25, 1.22),
        wall="#DDE1E7",
        wall_tint=0.5,
        wall_occlusion=0.66,
        strata=0.35,
        strata_light=(0.66, 0.68, 0.72),
        floor_shadow="#2A3038",
        floor_dark=0.26,
        floor_line="#6B7682",
        floor_grid=0.22,
    ),
)


def marked(role: str) -> bool:
    """Whether a role reuses another lane's colour: then its line is dashed and its ball has a dark core."""
    family, _, member = role.partition(".")
    return family == "lane" and member.isdigit() and int(member) >= LANES


def themes() -> tuple[Theme, ...]:
    """Return every theme."""
    return (DARK, PRINT)


def theme(name: str) -> Theme:
    """Return the theme of a name, ``"dark"`` or ``"print"``."""
    for known in themes():
        if known.name == name:
            return known
    names = [known.name for known in themes()]
    raise UserError(f"There is no theme {shown(name)}.{nearest(name, names)} Themes: {', '.join(names)}.")

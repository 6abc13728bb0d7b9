"""The base of every scene on a landscape: its choice, its domain, and the block of ground made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from lossland import landscapes
from lossland.compute.sampling import ADVICE, is_undersampled, tried
from lossland.errors import UserError
from lossland.landscapes import Landscape
from lossland.scenery.kept import kept
from lossland.scenery.parameters import GroundPoint, Lane, Point, Text
from lossland.scenery.scene import Frame, Scene, View
from lossland.world.layers import Axes, Caution, ColorBar, Layer, Lines, Note, Polygon, Series, Surface, Title
from lossland.world.terrain import Terrain, straight

__all__ = ["Domain", "GroundScene", "is_rough", "landscape", "rectangle", "straight"]

RESOLUTION = 512  # samples along each side of the ground
NARROWEST = 1e-100  # width of a domain: the squares of smaller numbers underflow
FINEST = 1e-10  # relative width of a domain: samples are then some hundred float spacings apart
FARTHEST = 1e12  # from zero
TOO_CLOSE = "drawn flat: float64 numbers hardly tell these values apart"
ROUGH = 8  # local minima from which on a ground is rough
HILLY = 40  # ... and a field of hills


class Domain(Point):
    """The rectangle x0, x1, y0, y1 of the plane that is shown."""

    def __init__(self, default: Sequence[float]) -> None:
        super().__init__(default, -FARTHEST, FARTHEST, help="The part that is shown.", hidden=True)

    def check(self, value: object) -> tuple[float, ...]:
        """Accept four finite numbers, each pair rising, or the two pairs."""
        sides = value.tolist() if isinstance(value, np.ndarray) else value
        if isinstance(sides, list | tuple) and [isinstance(side, list | tuple) for side in sides] == [True, True]:
            sides = [end for side in sides for end in side]
        x0, x1, y0, y1 = bounds = super().check(sides)
        if not (x0 < x1 and y0 < y1):
            raise UserError(f"{self.name} must go from a smaller to a larger number in x and in y, not {value!r}.")
        for low, high in ((x0, x1), (y0, y1)):
            if high - low < max(NARROWEST, FINEST * max(abs(low), abs(high))):
                raise UserError(f"{self.name} is too narrow from {low!r} to {high!r}: few numbers lie between.")
        return bounds


def rectangle(land: Landscape) -> tuple[float, float, float, float]:
    """Return a landscape's domain as x0, x1, y0, y1."""
    (x0, x1), (y0, y1) = land.domain
    return x0, x1, y0, y1


class LandscapeText(Text):
    """A landscape's name or formula. Landscapes, functions and those in files are converted to their formulas."""

    def check(self, value: Any) -> str:
        """Accept whatever ``landscapes.landscape`` takes."""
        return landscapes.text_of(value)


def _is_formula(text: str) -> bool:
    """Whether a landscape's text is a formula, not a name in the catalogue."""
    return text.lower() not in landscapes.names()


def landscape(default: str) -> LandscapeText:
    """Declare the parameter that chooses a landscape."""
    return LandscapeText(default, None, "landscape", "A name from the catalogue, or a formula in x and y.")


class GroundScene(Scene):
    """A scene on a landscape.

    Choosing a landscape also takes its domain and the values that ``staging`` has for it, then calls ``settle``. From
    one formula to the next, as while someone types, the domain stays. A new domain updates the values that still are as
    ``settle`` left them, such as a start and suitable rates; values that the user chose stay.
    """

    staging: ClassVar[Mapping[str, Mapping[str, object]]] = {}  # landscape -> values to take with it
    height: ClassVar[float] = 0.52  # of the ground in the world
    median: ClassVar[float] = 0.56  # share of the height at which the median is
    low_hills: ClassVar[bool] = False  # whether a field of hills is low and seen from high up, to hide nothing
    views: ClassVar[Mapping[str, tuple[float, float]]] = {}  # landscape -> azimuth, elevation: else a wall hides much

    landscape = landscape("himmelblau")
    domain = Domain((-5.2, 5.2, -5.2, 5.2))

    @property
    @kept
    def land(self) -> Landscape:
        """The landscape on the domain shown."""
        x0, x1, y0, y1 = self.domain
        return landscapes.landscape(self.landscape, domain=((x0, x1), (y0, y1)))

    @property
    @kept
    def terrain(self) -> Terrain:
        """The landscape as a block of ground."""
        grid = self.land.grid(RESOLUTION)
        return Terrain(grid.x, grid.y, grid.value, *self.relief(grid.value))

    @property
    @kept
    def surface(self) -> Surface:
        """The ground as a layer; the same object until the landscape changes."""
        return Surface(self.terrain)

    @property
    @kept
    def axes(self) -> Axes:
        """The numbered axes along the ground."""
        return Axes(self.terrain)

    @property
    @kept
    def named_axes(self) -> Axes:
        """The same axes with a name at the value axis, for pictures without a colour bar."""
        return Axes(self.terrain, values=r"\text{loss}")

    @property
    @kept
    def view(self) -> View:
        """A view in which the near rim of a bowl hides nothing, and rough ground shows its relief."""
        if self.landscape in self.views:
            return View(*self.views[self.landscape], bounds=self.terrain.bounds)
        elevation = 38.0 if is_rough(self.terrain.value) else 45.0
        if self.low_hills and hollows(self.terrain.value) >= HILLY:
            elevation = 52.0
        return View(elevation=elevation, bounds=self.terrain.bounds)

    def on_ground(self, drawn: Sequence[Layer], notes: Sequence[Note], color_bar: str = "loss") -> Frame:
        """Return a frame of layers on the ground, with the ground itself, its axes and its colour bar.

        ``color_bar`` is its label; "" draws none.
        """
        bar = [ColorBar(self.terrain, color_bar)] if color_bar else []
        caution = [Caution(text) for text in (self.doubt,) if text]
        axes = self.axes if bar else self.named_axes
        return Frame([self.surface, axes, *drawn], [*notes, *bar, *caution], self.view)

    @property
    @kept
    def doubt(self) -> str:
        """The caveat of a ground that does not represent the landscape; "" if it does."""
        if self.terrain.is_flat and np.any(self.land.grad(tried(self.land.domain))):
            return TOO_CLOSE
        return ADVICE if self.is_undersampled else ""

    @property
    @kept
    def is_undersampled(self) -> bool:
        """Whether the ground shows aliasing, because the landscape oscillates between samples."""
        exact = self.land.value(tried(self.land.domain))
        return is_undersampled(self.land.domain, self.terrain.value, exact)

    def relief(self, value: np.ndarray) -> tuple[float, float]:
        """Return the world height of the ground, and the share of it at which the median is."""
        if self.low_hills and hollows(value) >= HILLY:
            return 0.3, 0.52
        return (0.62, 0.52) if is_rough(value) else (self.height, self.median)

    def caption(self, *lines: str) -> Title:
        """Return a title with the landscape's name and formula, and lines. A typed formula has no name."""
        formula = self.land.latex.replace(r"\frac", r"\dfrac")  # numerators as large as the rest
        return Title(self.title if _is_formula(self.landscape) else self.land.title, f"f(x, y) = {formula}", lines)

    @property
    @kept
    def lowest(self) -> float:
        """The smallest value on the map: that of the known minima, else of the ground's samples."""
        known = [float(self.land.value(place)) for place in self.land.minima]
        return min(known) if known else float(np.nanmin(self.terrain.value))

    @property
    def size(self) -> float:
        """Half the mean width of the domain."""
        x0, x1, y0, y1 = self.domain
        return (x1 - x0 + y1 - y0) / 4

    def inside(self, position: tuple[float, ...]) -> tuple[float, float]:
        """Return a position clamped to the domain."""
        x0, x1, y0, y1 = self.domain
        return float(np.clip(position[0], x0, x1)), float(np.clip(position[1], y0, y1))

    @kept
    def cut_at(self, y: float) -> tuple[list[Layer], Series]:
        """Return a vertical section along x at a y of the domain: a glass plane with the profile, and its series."""
        x0, x1, _, _ = self.domain
        x = np.linspace(x0, x1, 400)
        place = np.stack([x, np.full_like(x, y)], -1)
        edge = self.terrain.world_from_domain(place, lift=0.006)
        behind, top = float(edge[0, 1]), self.terrain.top + 0.06
        corners = np.array([(-1, behind, 0.0), (1, behind, 0.0), (1, behind, top), (-1, behind, top)])
        glass = Polygon(corners, "text", fill=0.10, outline=1.2, name="Cut")
        value = np.asarray(self.land.value(place), float)
        return [glass, Lines([edge], "accent", 2.6, name="Profile")], Series("f", "accent", x, value)

    def ahead(self, position: np.ndarray, direction: np.ndarray, lift: float = 0.02) -> np.ndarray:
        """Return the unit vector (3,) along the ground from a position in a direction (both (2,))."""
        before, after = self.terrain.world_from_domain(
            np.array([position, position + 0.02 * self.size * direction / np.hypot(*direction)]), lift
        )
        return (after - before) / np.linalg.norm(after - before)

    def reset(self) -> None:
        """Give every parameter its default."""
        super().reset()
        for param in self.params().values():
            if isinstance(param, GroundPoint):
                self._check_inside(param.name, param.default)

    def set(self, name: str, value: object) -> None:
        """Change one parameter; a value that does not fit raises UserError and changes nothing."""
        if name != "domain":
            if isinstance(self.param(name), GroundPoint):
                self._check_inside(name, self.param(name).check(value))
            if name == "landscape":
                self._take_domain_of(self.param(name).check(value))
            super().set(name, value)
            if isinstance(value, landscapes.Landscape) and value is not landscapes.landscape(self.landscape):
                self.set("domain", rectangle(value))  # it has its own
            return
        own, domain = dict(self.values), self.param(name).check(value)
        try:
            before = self._settled(own)
            after = self._settled({**own, "domain": domain})
            self.values = {key: _moved_on(own[key], before[key], after[key]) for key in own}
            self.values["domain"] = domain
            self.changed(name)
        except UserError:
            self.values = own
            raise

    def _take_domain_of(self, text: str) -> None:
        """Reset the domain to a new landscape's own, unless one formula replaces another."""
        if not (_is_formula(self.landscape) and _is_formula(text)):
            self.values["domain"] = rectangle(landscapes.landscape(text))

    def _check_inside(self, name: str, place: tuple[float, ...]) -> None:
        x0, x1, y0, y1 = self.domain
        if not (x0 <= place[0] <= x1 and y0 <= place[1] <= y1):
            raise UserError(
                f"{name} = {place[0]:g}, {place[1]:g} lies outside the map, which has x from {x0:g} to {x1:g} and y "
                f"from {y0:g} to {y1:g}; choose a place on it or another domain."
            )

    def _settled(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return what ``settle`` makes of values."""
        self.values = dict(values)
        self.settle()
        return self.values

    def changed(self, name: str) -> None:
        """Update the other parameters for a new landscape or domain."""
        if name == "landscape":
            self.settle()
            for key, value in self.staging.get(self.landscape, {}).items():
                self.set(key, value)
        elif name == "domain":
            self.settle_domain()

    def settle(self) -> None:
        """Give the other parameters values that suit the landscape on the domain."""
        for param in self.params().values():
            if isinstance(param, GroundPoint):
                self.values[param.name] = param.settled(self)

    def settle_domain(self) -> None:
        """Clamp the other parameters' values to a new domain."""
        for param in self.params().values():
            if isinstance(param, GroundPoint):
                self.values[param.name] = self.inside(self.values[param.name])


def _moved_on(own: object, before: object, after: object) -> object:
    """Return a value after the suitable one has changed: it follows if it was the suitable one. Lanes one by one."""
    lists = [one for one in (own, before, after) if isinstance(one, tuple) and one and isinstance(one[0], Lane)]
    if len(lists) == 3 and len({len(one) for one in lists}) == 1:
        return tuple(map(_moved_on, *lists))
    return after if own == before else own


def is_rough(value: np.ndarray) -> bool:
    """Whether a ground (ny, nx) has many local minima."""
    return hollows(value) >= ROUGH


def hollows(value: np.ndarray) -> int:
    """Return the number of local minima of a ground (ny, nx) on a coarse grid (below all eight neighbours)."""
    every = max(1, min(value.shape) // 48)
    coarse = np.nan_to_num(np.asarray(value[::every, ::every], float), nan=np.inf, posinf=np.inf)
    middle = coarse[1:-1, 1:-1]
    ny, nx = coarse.shape
    around = [
        coarse[1 + j : ny - 1 + j, 1 + i : nx - 1 + i] for j in (-1, 0, 1) for i in (-1, 0, 1) if (i, j) != (0, 0)
    ]
    hollow = np.all([middle < other for other in around], axis=0)
    return int(hollow.sum())

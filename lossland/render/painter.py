"""How layers become pictures: one painter class a layer type, found by a registry, called in a fixed order of phases.

A painter holds the GL objects of one layer. Layers are made again every frame, so painters are handed out by key: what
draws a layer is what drew the layer of that key before, and it uploads an array again only when it is handed another
array object (see ``Kept``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from vispy import gloo

from lossland.render.gl.programs import Region, set_region
from lossland.render.presence import PLAIN, Presence
from lossland.scenery.scene import Show
from lossland.world.camera import Camera
from lossland.world.layers import Layer
from lossland.world.theme import Theme


class Phase(IntEnum):
    """When a painter draws within a frame. A painter may draw in several phases."""

    SOLID = 0  # opaque, writes depth; the background is drawn right after it
    GROUND = 1  # the floor around the block, translucent
    DECAL = 2  # contact shadows on the ground
    GLASS = 3  # translucent bodies, far to near; they write no depth, so that what is inside stays clear
    LINES = 4  # axes, grids, polygons, plain lines
    TRAILS = 5
    POINTS = 6
    HEADS = 7  # lit spheres and rings
    ARROWS = 8


@dataclass(frozen=True)
class Quality:
    """How finely a picture is drawn.

    A surface's vertices along a side at most (smooth ground is drawn with fewer), lit texels and texels of the baked
    shade along a side (light that was computed more finely is kept), the samples along a pixel's side, the dots drawn
    of each cloud at most (0: all), and the share of the picture's size at which the scene is drawn before it is
    enlarged. ``cheap_light``: contours may be baked into the light, a little softer, and bodies lit at their vertices,
    instead of at each pixel.
    """

    mesh: int = 128
    lit: int = 768
    bake: int = 256
    supersample: int = 1
    dots: int = 0
    scale: float = 1.0
    cheap_light: bool = False

    @property
    def moving(self) -> bool:
        """Whether this is for a picture that the next one replaces at once."""
        return self.dots > 0

    live: ClassVar[Quality]
    still: ClassVar[Quality]


Quality.live = Quality()
Quality.still = Quality(mesh=384, lit=1536, bake=512, supersample=2)


@dataclass(frozen=True, eq=False)
class DrawContext:
    """What a painter needs to know about the picture being drawn.

    ``size`` is the target's size in its own pixels (supersampling included), ``px`` how many of them make a logical
    pixel: every width and radius is multiplied by it. ``eye`` and ``light`` are world vectors (3,).
    """

    camera: Camera
    size: tuple[int, int]
    px: float
    theme: Theme
    show: Show
    quality: Quality
    clip_from_world: NDArray[np.float32]  # (4, 4), for column vectors
    eye: NDArray[np.float64]
    light: NDArray[np.float64]
    phase: Phase = Phase.SOLID
    layers: Sequence[Layer] = ()  # all of the frame's layers
    region: Region | None = None  # the only part of the target that is drawn; None: all of it
    presence: Presence = PLAIN  # of the layer; a painter of all of a type asks for each by ``presence_of``

    def aim(self) -> None:
        """Set the viewport and region of the picture, after something else was drawn into."""
        gloo.set_viewport(0, 0, *self.size)
        set_region(self.region)

    @property
    def gl_clip_from_world(self) -> NDArray[np.float32]:
        """The matrix as vispy's programs take it: transposed."""
        return np.ascontiguousarray(self.clip_from_world.T)

    def gl_clip_from_moved(self, matrix: ArrayLike | None) -> NDArray[np.float32]:
        """The matrix for points of the world that a matrix (3, 3) moves first, as vispy's programs take it."""
        if matrix is None:
            return self.gl_clip_from_world
        moved = np.array(self.clip_from_world, float)
        moved[:, :3] = moved[:, :3] @ np.asarray(matrix, float)
        return np.ascontiguousarray(moved.T, np.float32)

    def project(self, points: ArrayLike) -> NDArray[np.float64]:
        """Return logical pixels (..., 2), y down, of world points (..., 3)."""
        width, height = self.size
        return self.camera.project(points, (width / self.px, height / self.px))


class Painter(Protocol):
    """Draws one layer. Made with the theme; ``draw`` is called once for every phase it registered for."""

    def __init__(self, theme: Theme) -> None: ...

    def draw(self, layer: Any, context: DrawContext) -> None:
        """Draw the layer in ``context.phase``."""
        ...

    def close(self) -> None:
        """Free the GL objects."""
        ...


P = TypeVar("P", bound=type)
REGISTRY: dict[type[Layer], tuple[type[Painter], tuple[Phase, ...]]] = {}
TOGETHER: set[type[Layer]] = set()  # those whose painter draws all of a frame's layers of the type at once


def paints(layer: type[Layer], *phases: Phase, together: bool = False) -> Callable[[P], P]:
    """Register the decorated class as the painter of a layer type, drawing in the given phases.

    With ``together`` one painter gets all layers of the type in a sequence: fewer draws cost less.
    """

    def register(painter: P) -> P:
        REGISTRY[layer] = (painter, phases)
        if together:
            TOGETHER.add(layer)
        return painter

    return register


class Kept:
    """Remembers the objects that an upload was made from, by identity."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[object, ...]] = {}

    def changed(self, name: str, *objects: object) -> bool:
        """Whether any object differs from the last one under this name: by identity, numbers and text by value."""
        last = self._last.get(name)
        same = (
            last is not None
            and len(last) == len(objects)
            and all(
                a is b or (isinstance(a, (int, float, str, tuple)) and type(a) is type(b) and a == b)
                for a, b in zip(last, objects, strict=True)
            )
        )
        if not same:
            self._last[name] = objects
        return not same

    def last(self, name: str) -> tuple[object, ...]:
        """Return the objects under a name, () if there were none yet."""
        return self._last.get(name, ())

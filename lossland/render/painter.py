"""Painters draw layers: one painter class per layer type, found in a registry, called in a fixed order of phases.

A painter owns the GL objects of one layer. Layers are created in every frame, so painters are assigned by key: a layer
gets the painter of the previous layer with that key, which uploads an array only if it is another array object (see
``Kept``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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

    SOLID = 0  # opaque, writes depth; the background is drawn after it
    GROUND = 1  # the floor around the block, translucent
    DECAL = 2  # contact shadows on the ground
    GLASS = 3  # translucent solids, far to near; they write no depth, so that their contents remain visible
    LINES = 4  # axes, grids, polygons, plain lines
    TRAILS = 5
    POINTS = 6
    HEADS = 7  # lit spheres and rings
    ARROWS = 8


@dataclass(frozen=True)
class Quality:
    """The quality settings of a picture.

    ``mesh``: most vertices along a surface's side (smooth ground needs fewer). ``lit`` and ``bake``: texels along a
    side of the light and of the baked shade (finer ones are kept). ``supersample``: samples along a pixel's side.
    ``dots``: most dots drawn of each cloud (0: all). ``scale``: resolution at which the scene is drawn before
    upscaling, as a share of the picture's. ``cheap_light``: contours may be baked into the light, a little softer, and
    solids lit per vertex.
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
        """Whether this is for a frame of a moving view."""
        return self.dots > 0

    live: ClassVar[Quality]
    still: ClassVar[Quality]


Quality.live = Quality()
Quality.still = Quality(mesh=384, lit=1536, bake=512, supersample=2)


@dataclass(frozen=True, eq=False)
class DrawContext:
    """The picture that a painter draws into.

    ``size`` is the target's size in its own pixels (supersampling included), ``px`` the number of them per logical
    pixel, a factor of every width and radius. ``eye`` and ``light`` are world vectors (3,).
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
    presence: Presence = PLAIN  # of the layer; a painter of all layers of a type calls ``presence_of`` for each
    gl_clip_from_world: NDArray[np.float32] = field(init=False)  # in vispy's layout: transposed

    def __post_init__(self) -> None:
        object.__setattr__(self, "gl_clip_from_world", np.ascontiguousarray(self.clip_from_world.T))

    def aim(self) -> None:
        """Set the viewport and region of the picture, after drawing into something else."""
        gloo.set_viewport(0, 0, *self.size)
        set_region(self.region)

    def within(self, phase: Phase, presence: Presence) -> DrawContext:
        """Return this context for a phase and a layer's presence."""
        made = object.__new__(DrawContext)  # much faster than `dataclasses.replace`
        vars(made).update(vars(self), phase=phase, presence=presence)
        return made

    def gl_clip_from_moved(self, matrix: ArrayLike | None) -> NDArray[np.float32]:
        """The matrix for world points that are first transformed by a matrix (3, 3), in vispy's layout."""
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
TOGETHER: set[type[Layer]] = set()  # types whose painter draws all of a frame's layers at once


def paints(layer: type[Layer], *phases: Phase, together: bool = False) -> Callable[[P], P]:
    """Register the decorated class as the painter of a layer type, drawing in the given phases.

    With ``together`` one painter gets all layers of the type in a sequence, for fewer draw calls.
    """

    def register(painter: P) -> P:
        REGISTRY[layer] = (painter, phases)
        if together:
            TOGETHER.add(layer)
        return painter

    return register


class Kept:
    """The identities of the objects of previous uploads, by name."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[object, ...]] = {}

    def changed(self, name: str, *objects: object) -> bool:
        """Whether any object differs from the previous one: by identity, numbers and text by value."""
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

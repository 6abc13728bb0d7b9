"""Picking of layers: one picker class for each layer type, found through a registry, as painters are.

A picker measures the distances from the pointer to the layer's elements, and describes the one that was found. If
elements keep their indices from frame to frame, it also returns the current position of one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from lossland.pointing.description import Description, Setting
from lossland.pointing.distances import Distances, Sight
from lossland.world.layers import Layer

SLACK = 4.0  # logical pixels: tolerance around what is drawn


class Picked(NamedTuple):
    """An element of a layer: its index, its distance from the pointer in pixels, and its world position."""

    element: int
    pixels: float
    position: tuple[float, float, float]


L = TypeVar("L", bound=Layer)


class Picker(ABC, Generic[L]):
    """Finds and describes the elements of one type of layer. It has no state.

    ``covering``: the pointer must be on an element, not just near it, as on a bar or a picture; small things in front
    of it have priority.
    """

    covering: ClassVar[bool] = False

    @abstractmethod
    def distances(self, layer: L, sight: Sight) -> Distances:
        """Return the distance from the pointer to each element; those that cannot be picked may be omitted."""

    @abstractmethod
    def describe(self, layer: L, picked: Picked, setting: Setting) -> Description:
        """Return the description of an element. Raises IndexError if the layer no longer has it."""

    def reach(self, layer: L) -> float:
        """Return the largest distance from the pointer, in logical pixels, at which an element is picked."""
        return SLACK + 0.5 * float(getattr(layer, "width", 0.0))

    def is_opaque(self, layer: L) -> bool:
        """Whether the layer hides what is behind it; for covering layers."""
        return False

    def position_of(self, layer: L, element: int) -> NDArray[np.float64] | None:
        """Return the current world position (3,) of an element with a stable index, or None."""
        return None


PICKERS: dict[type[Layer], Picker[Any]] = {}
P = TypeVar("P", bound=Picker[Any])


def picks(layer: type[Layer]) -> Callable[[type[P]], type[P]]:
    """Register the decorated class as the picker of a layer type."""

    def register(picker: type[P]) -> type[P]:
        PICKERS[layer] = picker()
        return picker

    return register

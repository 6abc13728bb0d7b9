"""How a layer is pointed at: one picker class a layer type, found by a registry, as painters are.

A picker measures how far from the pointer the layer's elements are drawn, and says what there is to say of the one that
was found. Where an element keeps its number from frame to frame, it also says where that one is now.
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

SLACK = 4.0  # logical pixels: so far beside what is drawn the pointer still means it


class Picked(NamedTuple):
    """An element of a layer: its number, its distance from the pointer in pixels, and where it is in the world."""

    element: int
    pixels: float
    position: tuple[float, float, float]


L = TypeVar("L", bound=Layer)


class Picker(ABC, Generic[L]):
    """Finds and describes the elements of one type of layer. It has no state of its own.

    ``covering``: the pointer must be on an element, not beside it, as on a bar or a picture; small things before it
    are meant first.
    """

    covering: ClassVar[bool] = False

    @abstractmethod
    def distances(self, layer: L, sight: Sight) -> Distances:
        """Return how far from the pointer each element is drawn; those that cannot be meant may be left out."""

    @abstractmethod
    def describe(self, layer: L, picked: Picked, setting: Setting) -> Description:
        """Return what is said of an element. Raises IndexError where the layer no longer has it."""

    def reach(self, layer: L) -> float:
        """Return how many logical pixels from the pointer an element may be."""
        return SLACK + 0.5 * float(getattr(layer, "width", 0.0))

    def is_opaque(self, layer: L) -> bool:
        """Whether what lies behind the layer is hidden; asked of covering layers."""
        return False

    def position_of(self, layer: L, element: int) -> NDArray[np.float64] | None:
        """Return where an element that keeps its number is now, (3,) in the world; None where there is none such."""
        return None


PICKERS: dict[type[Layer], Picker[Any]] = {}
P = TypeVar("P", bound=Picker[Any])


def picks(layer: type[Layer]) -> Callable[[type[P]], type[P]]:
    """Register the decorated class as the picker of a layer type."""

    def register(picker: type[P]) -> type[P]:
        PICKERS[layer] = picker()
        return picker

    return register

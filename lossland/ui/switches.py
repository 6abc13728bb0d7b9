"""Which of the switches above the picture have an effect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lossland.scenery.scene import HANDLES
from lossland.world.layers import Bars, Label, Layer, Surface, Trail


def useful_switches(layers: Sequence[Layer]) -> set[str]:
    """Return the names (as in `Show`) of the switches that affect some layer."""
    return {name for layer in layers for name in _obeyed(layer, layers)}


def _obeyed(layer: Layer, layers: Sequence[Layer]) -> Iterator[str]:
    if layer.group and layer.group != HANDLES:
        yield layer.group
    if isinstance(layer, Surface):
        yield "shadow"
        if layer.contours:
            yield "contours"
        if not layer.sheet:  # the floor around a block
            yield "grid"
    elif isinstance(layer, Bars):
        if layer.shadow and not layer.ghost:
            yield "shadow"
    elif isinstance(layer, Label):
        if layer.group != HANDLES:  # a number at a handle alone is no reason for a switch
            yield "labels"
    elif isinstance(layer, Trail):
        if layer.label or layer.start:
            yield "labels"
        if _is_on_ground(layer) and any(isinstance(other, Surface) for other in layers):  # which may hide it
            yield "xray"


def _is_on_ground(trail: Trail) -> bool:
    """Whether a trail begins over a landscape's footprint, not in an inset beside it."""
    return len(trail.points) > 0 and bool((abs(trail.points[0][:2]) <= 1.0).all())

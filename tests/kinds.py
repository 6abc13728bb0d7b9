"""Every type of layer there is, and which of them need not have what all others have."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from lossland import world
from lossland.world.layers import Axes, Compound, Label, Layer, Surface, WarpedGrid

SILENT = {  # nothing of them is found under the pointer, because ...
    Surface: "the ground has values everywhere, which the probe says, but no elements",
    WarpedGrid: "of a moved plane, too, the probe says where a position came from",
    Axes: "their numbers are written beside them",
    Label: "it says what it says",
}
WRITTEN = {Label}  # over the rendered picture, by the writing


def _concrete(kind: type[Layer]) -> Iterator[type[Layer]]:
    for one in kind.__subclasses__():
        if one is not Compound and one.__module__.startswith("lossland."):
            yield one
            yield from _concrete(one)


for _module in iter_modules(world.__path__):
    import_module(f"{world.__name__}.{_module.name}")
KINDS = sorted(set(_concrete(Layer)), key=lambda kind: kind.__name__)
DRAWN = [kind for kind in KINDS if kind not in WRITTEN]
POINTED_AT = [kind for kind in KINDS if kind not in SILENT]

"""The tours that come with lossland: films and lessons as plain data, one ``TOUR`` in each file."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from lossland.errors import UserError, nearest
from lossland.scenery.tour import Tour


@cache
def tours() -> tuple[Tour, ...]:
    """Return every tour that comes with lossland, by name."""
    return tuple(import_module(f"{__name__}.{file.name}").TOUR for file in iter_modules(__path__))


def tour(name: str) -> Tour:
    """Return a tour by its name, or raise UserError with the nearest one."""
    for one in tours():
        if one.name == name:
            return one
    known = [one.name for one in tours()]
    raise UserError(f"There is no tour {name!r}.{nearest(name, known)} There is {', '.join(known)}.")

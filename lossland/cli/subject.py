"""What a command is asked to show, by one word: a scene, a landscape, a tour, a session or a user's own file."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from lossland.errors import UserError

if TYPE_CHECKING:
    from lossland.scenery.scene import Scene

BUILDERS = ("name", "preset", "seed")  # taken by library.scene itself, so never names of parameters


def is_known(name: str) -> bool:
    """Return whether there is a scene, landscape or tour of this name."""
    from lossland import landscapes
    from lossland.scenery import library

    return name in (*library.names(), *landscapes.names(), *(tour.name for tour in library.tours()))


def scene(arguments: Namespace, name: str) -> Scene:
    """Return the scene that a name or formula stands for, with ``--preset``, ``--domain``, ``--set``, ``--seed``."""
    from lossland.scenery import library

    settings = dict(arguments.settings)
    for taken in BUILDERS:
        if taken in settings:
            raise UserError(f"{name} has no parameter {taken!r}; --preset and --seed are options.")
    if arguments.domain is not None:
        if name in library.names() or name.endswith(".py"):
            library.check_domain(library.scene_class(name))
        settings["domain"] = [end for side in arguments.domain for end in side]
    return library.scene(name, preset=arguments.preset, seed=arguments.seed, **settings)

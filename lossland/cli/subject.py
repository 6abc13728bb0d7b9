"""What a command is asked to show, by one word: a scene, a landscape, a tour, a session or a user's own file."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from lossland.errors import UserError

if TYPE_CHECKING:
    from lossland.play.session import Session
    from lossland.scenery.scene import Scene

BUILDERS = ("name", "preset", "seed")  # taken by library.scene itself, so never names of parameters


def is_known(name: str) -> bool:
    """Return whether there is a scene, landscape or tour of this name."""
    from lossland import landscapes
    from lossland.scenery import library

    return name in (*library.names(), *landscapes.names(), *(tour.name for tour in library.tours()))


def scene(arguments: Namespace, name: str) -> Scene:
    """Return the scene that a name or formula stands for, with ``--preset``, ``--set`` and ``--seed``."""
    from lossland.scenery import library

    settings = dict(arguments.settings)
    for taken in BUILDERS:
        if taken in settings:
            raise UserError(f"{name} has no parameter {taken!r}; --preset and --seed are options.")
    return library.scene(name, preset=arguments.preset, seed=arguments.seed, **settings)


def session(arguments: Namespace, name: str) -> Session | None:
    """Return the session that a name stands for, or None if it is none; it takes no ``--preset`` and no ``--set``."""
    from lossland.play.session import ENDING, load

    if not name.lower().endswith(ENDING):
        return None
    refuse_settings(arguments, name)
    return load(name)


def refuse_settings(arguments: Namespace, name: str) -> None:
    """Refuse ``--preset`` and ``--set`` with what brings its own."""
    if arguments.preset or arguments.settings:
        raise UserError(f"{name} brings its own scene and settings; --preset and --set are for scenes.")

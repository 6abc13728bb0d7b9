"""Resolves the subject of a command: a scene, a landscape, a tour, a session or a user's own file."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from lossland.errors import UserError

if TYPE_CHECKING:
    from lossland.play.session import Session
    from lossland.scenery.scene import Scene

BUILDERS = ("preset", "seed")  # arguments of library.scene, so never names of parameters


def is_known(name: str) -> bool:
    """Return whether there is a scene, landscape or tour of this name."""
    from lossland import landscapes
    from lossland.errors import known_as
    from lossland.scenery import library

    known = (*library.names(), *landscapes.names(), *(tour.name for tour in library.tours()))
    return known_as(name, known) in known


def scene(arguments: Namespace, name: str) -> Scene:
    """Return the scene that a name or formula stands for, with ``--preset``, ``--domain``, ``--set``, ``--seed``."""
    from lossland.cli.output import note
    from lossland.scenery import library

    settings = dict(arguments.settings)
    for taken in BUILDERS:
        if taken in settings:
            raise UserError(f"{name} has no parameter {taken!r}; --preset and --seed are options.")
    _refuse_doubles(arguments)
    if arguments.domain is not None:
        settings["domain"] = [end for side in arguments.domain for end in side]
    made = library.scene(name, preset=arguments.preset, seed=arguments.seed, **settings)
    if arguments.optimizers:
        _set_optimizers(made, arguments.optimizers)
    if made.unread():
        note(made.unread())
    return made


def _refuse_doubles(arguments: Namespace) -> None:
    """Raise UserError for settings that are given twice: one would be ignored."""
    given = [name for name, _ in arguments.settings]
    twice = next((name for name in given if given.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"--set gives {twice} twice; give it once.")
    for option, names in (("domain", ("domain",)), ("optimizers", ("lanes", "optimizer"))):
        for name in names:
            if name in given and getattr(arguments, option):
                raise UserError(f"--set {name}=... and --{option.removesuffix('s')} say the same; give one of them.")


def _set_optimizers(scene: Scene, optimizers: list[str]) -> None:
    """Set the optimizers of a scene, each with a suggested rate if its text gives none."""
    from lossland.optimizers import optimizer as read
    from lossland.scenery.parameters import Lanes

    lanes = next((name for name, param in scene.params().items() if isinstance(param, Lanes)), None)
    if lanes:
        scene.set(lanes, [scene.newcomer(text) for text in optimizers])
    elif "optimizer" in scene.params() and len(optimizers) == 1:
        read(optimizers[0])  # runs its file, which a scene of results does not do by itself
        scene.set("optimizer", optimizers[0])
    else:
        several = " but one" if "optimizer" in scene.params() else ""
        raise UserError(f"The scene {scene.name} has no optimizers{several} to choose; leave out --optimizer.")


def session(arguments: Namespace, name: str) -> Session | None:
    """Return the session of a name, or None if it is not one; it takes no ``--preset`` and no ``--set``."""
    from lossland import optimizers
    from lossland.play.session import ENDING, load

    if not name.lower().endswith(ENDING):
        return None
    refuse_settings(arguments, name)
    for rule in arguments.optimizers:  # runs their files, which a session does not do by itself
        optimizers.optimizer(rule)
    return load(name)


def refuse_settings(arguments: Namespace, name: str) -> None:
    """Raise UserError for ``--preset``, ``--set``, ``--domain`` and ``--camera`` with a subject that has its own."""
    for option in ("preset", "settings", "domain", "camera"):
        if getattr(arguments, option, None):
            named = "--set" if option == "settings" else f"--{option}"
            raise UserError(f"{name} brings its own scene, settings and cameras; {named} is for scenes.")

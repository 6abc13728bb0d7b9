"""The scenes and tours that can be shown: found by name, or opened from a user's own file."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from lossland import landscapes
from lossland.errors import USER_FILES, UserError, nearest, sentence
from lossland.resources import folder
from lossland.scenery import words
from lossland.scenery.parameters import Integer, Lanes, Matrix, Number, Param, Point
from lossland.scenery.scene import Scene
from lossland.scenery.tour import Shot, Tour, tour, tours

__all__ = ["Shot", "Tour", "classes", "describe", "is_listed", "load", "names", "scene", "scene_class", "tour", "tours"]

RACE = "optimizer_race"  # the scene that shows a landscape given by its own name or formula
CHAPTERS = (
    "Vectors and data",
    "Matrices",
    "Calculus",
    "Probability and statistics",
    "Squashing and scoring",
    "Optimization",
    "Networks as geometry",
    "How learning flows",
    "Attention and embeddings",
    "Debugging your own model",
)


def names() -> tuple[str, ...]:
    """Return the names of all scenes, chapter by chapter."""
    return tuple(one.name for one in classes())


def classes() -> tuple[type[Scene], ...]:
    """Return the classes of all scenes, chapter by chapter."""
    found = [scene_class(name) for name in _files()]
    return tuple(sorted(found, key=lambda one: (CHAPTERS.index(one.chapter), one.name)))


def scene_class(name: str) -> type[Scene]:
    """Return a scene's class by its name, or from a path that ends in ``.py``."""
    if name.endswith(".py"):
        return load(name)
    if name not in _files():
        raise _unknown(name)
    return _from_file(_files()[name])


def load(path: str | Path) -> type[Scene]:
    """Return the scene class of a user's own Python file. This runs the file, as Python would."""
    file = Path(path).expanduser()
    if not file.is_file():
        raise UserError(f"There is no scene file {str(path)!r}.")
    file = file.resolve()
    if file not in _files().values():
        USER_FILES.add(file)
    return _from_file(file)


def scene(name: str, preset: str | None = None, seed: int = 0, **values: Any) -> Scene:
    """Return a scene: by its name, by a landscape's name or formula, or from a user's ``.py`` file.

    Values are set in the order in which the scene declares its parameters, so that e.g. a start given with a
    landscape is that landscape's start, whichever was named first.
    """
    if not name.endswith(".py") and name not in _files():
        if name not in landscapes.names() and name.isidentifier() and name not in ("x", "y"):
            raise _unknown(name)
        name, values = RACE, {"landscape": name, **values}
    kind = scene_class(name)
    made = kind(preset, seed)
    declared = list(kind.params())
    for key in sorted(values, key=lambda key: declared.index(key) if key in declared else len(declared)):
        made.set(key, values[key])
    return made


def is_listed(scene: Scene) -> bool:
    """Whether a scene is one that comes with lossland, not one of a user's own file, even under the same name."""
    return scene.name in names() and scene_class(scene.name) is type(scene)


def describe(kind: type[Scene]) -> dict[str, Any]:
    """Return what a listing says of a scene, as JSON data."""
    return {
        "name": kind.name,
        "title": kind.title,
        "chapter": kind.chapter,
        "params": [_describe_param(param) for param in kind.params().values()],
        "presets": list(kind.presets),
        "rows": list(kind.rows),
    }


def _describe_param(param: Param) -> dict[str, Any]:
    default = param.initial() if isinstance(param, Lanes) else param.default
    bounded = isinstance(param, (Number, Integer, Point, Matrix))
    return {
        "name": param.name,
        "default": param.to_json(default),
        "min": param.min if bounded else None,
        "max": param.max if bounded else None,
    }


def _unknown(name: str) -> UserError:
    known = [*_files(), *landscapes.names()]
    return UserError(
        f"There is no scene or landscape {name!r}.{nearest(name, known)} "
        f"The commands 'lossland scenes' and 'lossland landscapes' list them; a formula in x and y works too."
    )


@cache
def _files() -> dict[str, Path]:
    """Return the file of every scene that comes with lossland, by name."""
    return {file.stem: file for file in sorted(folder("scenes").glob("*.py")) if not file.stem.startswith("_")}


@cache
def _from_file(file: Path) -> type[Scene]:
    """Run a scene file and return the Scene class that it defines."""
    module_name = f"lossland_scene_{file.stem}"
    spec = spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise UserError(f"{file.name} cannot be read as a Python file.")
    module = module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses in the file look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[module_name]
        raise UserError(f"The scene file {file.name} does not run: {sentence(error)}") from error
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Scene) and value.__module__ == module_name
    ]
    if len(found) != 1:
        raise UserError(f"The scene file {file.name} must define one subclass of ll.Scene, not {len(found)}.")
    kind = found[0]
    if not kind.name:
        kind.name = file.stem
    beside = file.with_suffix(".md")
    if beside.is_file():
        said = words.read(beside.read_text(encoding="utf-8"), beside.name)
        kind.lesson, kind.captions, kind.formulas, kind.snippet = (
            said.lesson, said.captions, said.formulas, said.snippet,
        )  # fmt: skip
    return kind

"""The scenes and tours, found by name or opened from a user's file."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

from lossland import checks, landscapes, userfiles
from lossland.errors import UserError, known_as, nearest, shown
from lossland.files import holds_results, may_be_run
from lossland.landscapes import Landscape
from lossland.landscapes.gridfiles import is_grid
from lossland.resources import folder
from lossland.scenery import words
from lossland.scenery.parameters import Integer, Lanes, Matrix, Number, Param, Point
from lossland.scenery.scene import CHAPTERS, Scene, quiet
from lossland.scenery.tour import Shot, Tour
from lossland.scenery.tours import tour, tours

__all__ = [
    "Shot",
    "Tour",
    "check_domain",
    "classes",
    "describe",
    "heads",
    "is_listed",
    "is_loaded",
    "names",
    "scene",
    "scene_class",
    "scene_of",
    "tour",
    "tours",
]

Shown = Scene | type[Scene] | Landscape | Callable[..., object] | str | Path
"""What can be shown: a scene, or anything that `scene` accepts."""

LARGEST_SEED = 2**64 - 1
RACE = "optimizer_race"  # the scene that shows a landscape given by its own name or formula
SLICE = "nn_loss_slice"  # the scene that shows a slice from a file
RUNS = "loss_curves"  # the scene that shows what a training recorded
BENCHMARK = "bench"  # the scene that shows what `lossland bench` wrote into a folder


@dataclass(frozen=True)
class Head:
    """What a list needs of a scene."""

    name: str
    title: str
    chapter: str


_LITERAL = re.compile(r'^    (title|chapter) = (".*")$', re.MULTILINE)  # in the body of a class


@cache
def heads() -> tuple[Head, ...]:
    """Return the heads of all scenes, chapter by chapter.

    They are read in the text of the scenes' files, where they are literals (else the file is run): running all files
    takes a tenth of a second, and a window's list should not wait for that.
    """
    found: list[Head] = []
    for name, file in _files().items():
        literals = dict(reversed(_LITERAL.findall(file.read_text(encoding="utf-8"))))
        if len(literals) == 2:
            found.append(Head(name, **{key: ast.literal_eval(text) for key, text in literals.items()}))
        else:
            kind = scene_class(name)
            found.append(Head(name, kind.title, kind.chapter))
    return tuple(sorted(found, key=lambda one: (CHAPTERS.index(one.chapter), one.name)))


def names() -> tuple[str, ...]:
    """Return the names of all scenes, chapter by chapter."""
    return tuple(one.name for one in heads())


def classes() -> tuple[type[Scene], ...]:
    """Return the classes of all scenes, chapter by chapter."""
    return tuple(map(scene_class, names()))


def scene_class(name: str) -> type[Scene]:
    """Return a scene's class by its name."""
    if name not in _classes:
        if name not in _files():
            raise _unknown(name)
        _classes[name] = _built_in(_files()[name])
    return _classes[name]


_classes: dict[str, type[Scene]] = {}  # of the scenes that were asked for


def is_loaded(name: str) -> bool:
    """Whether a scene's class can be had at once, without running its file."""
    return name in _classes


@quiet()
def scene(
    what: Shown = RACE,
    /,
    preset: str | None = None,
    seed: int = 0,
    **values: Any,
) -> Scene:
    """Return a new scene, with its parameters changed by name: ``ll.scene("eigenvectors", matrix=[[2, 1], [1, 2]])``.

    ``what`` is a scene's name or class; a landscape in any form that `ll.landscape` takes, which optimizers then race
    on; a folder with results of `lossland bench`; or a file of your own, ``mine.py`` or ``mine.py:Name``, with a scene
    or landscape. Without it they race on the given ``landscape``. A parameter that is a landscape or a list of
    optimizers (``lanes``) takes these in any form too.

    Values are set in the order in which the scene declares its parameters, so that e.g. a start given with a
    landscape is that landscape's start, whichever was named first.
    """
    if preset is not None and not isinstance(preset, str):
        raise UserError(f"A preset is given by its name, not as {shown(preset)}.")
    kind, land = _meant(what)
    if land is not None and "landscape" in values:
        raise UserError(f"Two landscapes are given, {shown(what)} and {shown(values['landscape'])}; give one of them.")
    if land is not None:
        values = {"landscape": land, **values}
    if isinstance(what, str | Path) and holds_results(str(what).strip()):
        values = {"folder": str(what).strip(), **values}
    if kind.name == SLICE and isinstance(what, str | Path) and is_grid(str(what)):
        values = {"file": str(what).strip(), **values}
    if kind.name == RUNS and isinstance(what, str | Path) and str(what).strip() != RUNS:
        values = {"file": str(what).strip(), **values}
    if "domain" in values:
        check_domain(kind)
    made = kind(preset, checks.whole(seed, 0, LARGEST_SEED, "The seed"))
    declared = list(kind.params())
    for key in sorted(values, key=lambda key: declared.index(key) if key in declared else len(declared)):
        made.set(key, values[key])
    return made


def check_domain(kind: type[Scene]) -> None:
    """Raise UserError unless a scene has a landscape with a domain that can be chosen."""
    if "domain" not in kind.params():
        raise UserError(f"The scene {kind.name} plays on no landscape, so it has no domain to choose.")


def scene_of(what: Shown) -> Scene:
    """Return a scene unchanged, and a new one for anything else that `scene` accepts."""
    return what if isinstance(what, Scene) else scene(what)


def _meant(what: object) -> tuple[type[Scene], object]:
    """Return the scene class that is meant, and the landscape to race on (None: the scene's own)."""
    if isinstance(what, type) and issubclass(what, Scene):
        return what, None
    if isinstance(what, Scene):
        raise UserError(
            f"That is a scene already; change it by scene.set(name, value), or give its class, {type(what).__name__}."
        )
    if isinstance(what, Path):
        what = str(what)
    if not isinstance(what, str):
        if isinstance(what, Landscape) or (callable(what) and not isinstance(what, type)):
            return scene_class(RACE), what
        raise UserError(
            "A scene is given by its name, by a landscape (a name, a formula, a Landscape or a function of x and y), "
            f"or by a file of your own such as mine.py or mine.py:Name, not as {shown(what)}."
        )
    name = what.strip()
    if holds_results(name):
        return scene_class(BENCHMARK), None
    file = userfiles.named(name)
    if file is not None:
        has_scene = any(map(_is_own_scene, vars(userfiles.load(file.path)).values()))
        fits = _is_own_scene if has_scene and not file.name else _can_be_shown
        found = userfiles.find(file, "scene (a subclass of ll.Scene) or landscape", fits)
        if isinstance(found, type):
            return _with_words(found, Path(file.path)), None
        return scene_class(RACE), name
    name = known_as(name, _files())
    if name in _files():
        return scene_class(name), None
    name = known_as(name, landscapes.names())
    if name not in landscapes.names() and _is_run(name):
        return scene_class(RUNS), None
    if is_grid(name):
        return scene_class(SLICE), None
    if name not in landscapes.names() and name.isidentifier() and name not in ("x", "y"):
        if may_be_run(name):  # a folder called e, which is a number too: that it holds no run is said of it
            return scene_class(RUNS), None
        raise _unknown(name)
    return scene_class(RACE), name


def _is_run(name: str) -> bool:
    """Whether a text names a recorded run or a folder with one, or could name nothing else."""
    if "tfevents" in name or name.lower().endswith(".csv"):
        return True
    if not may_be_run(name):
        return False
    from lossland.models.runfiles import is_run  # it takes a tenth of a second to import

    return is_run(name) or not (is_grid(name) or _is_formula(name))


def _is_formula(text: str) -> bool:
    """Whether a text that also names a folder can be read as a formula, such as ``x``."""
    try:
        landscapes.landscape(text)
    except UserError:
        return False
    return True


def _is_own_scene(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Scene) and userfiles.is_own(value.__module__)


def _can_be_shown(value: object) -> bool:
    return _is_own_scene(value) or landscapes.is_landscape(value)


def is_listed(scene: Scene) -> bool:
    """Whether a scene comes with lossland, rather than from a user's file, even under the same name."""
    return scene.name in _files() and scene_class(scene.name) is type(scene)


class Entry(TypedDict):
    """What a listing says of a scene, as JSON data."""

    name: str
    title: str
    chapter: str
    params: list[dict[str, object]]
    presets: list[str]
    rows: list[str]


def describe(kind: type[Scene]) -> Entry:
    """Return a scene's entry in a listing, as JSON data."""
    return {
        "name": kind.name,
        "title": kind.title,
        "chapter": kind.chapter,
        "params": [_describe_param(param) for param in kind.params().values()],
        "presets": list(kind.presets),
        "rows": list(kind.rows),
    }


def _describe_param(param: Param) -> dict[str, object]:
    default = param.initial() if isinstance(param, Lanes) else param.default
    bounded = isinstance(param, (Number, Integer, Point, Matrix))
    return {
        "name": param.name,
        "default": param.to_json(default),
        "min": param.min if bounded else None,
        "max": param.max if bounded else None,
    }


def _unknown(name: str) -> UserError:
    if name in [tour.name for tour in tours()]:
        return UserError(f"{name} is a tour of several scenes, which is filmed: lossland record {name} -o {name}.mp4.")
    known = [*_files(), *landscapes.names()]
    return UserError(
        f"There is no scene or landscape {name!r}.{nearest(name, known)} "
        f"The commands 'lossland scenes' and 'lossland landscapes' list them; a formula in x and y works too, "
        "and a folder that 'lossland bench -o FOLDER' wrote."
    )


@cache
def _files() -> dict[str, Path]:
    """Return the file of every scene that comes with lossland, by name."""
    return {file.stem: file for file in sorted(folder("scenes").glob("*.py")) if not file.stem.startswith("_")}


def _built_in(file: Path) -> type[Scene]:
    """Return the Scene class of a file that comes with lossland."""
    module = userfiles.load(file, users=False)
    (kind,) = (one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__
               and issubclass(one, Scene))  # fmt: skip
    return _with_words(kind, file)


def _with_words(kind: type[Scene], file: Path) -> type[Scene]:
    """Give a scene's class the name of its file, if it has none, and the texts of the file beside it."""
    if not kind.name:
        kind.name = file.stem
    beside = file.expanduser().with_suffix(".md")
    if beside.is_file():
        said = words.read(beside.read_text(encoding="utf-8"), beside.name, kind.presets)
        kind.lesson, kind.captions, kind.formulas, kind.snippet = (
            said.lesson, said.captions, said.formulas, said.snippet,
        )  # fmt: skip
    return kind

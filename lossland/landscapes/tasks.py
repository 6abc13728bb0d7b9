"""The tasks that come with lossland: losses of small models on data, named ``task:NAME``.

Each is a file of the folder ``tasks``, like a scene, and has one function ``task`` that returns a `Problem`. It may use
all of lossland's public names, as a user's own file may.
"""

from __future__ import annotations

from functools import cache

from lossland import userfiles
from lossland.errors import UserError, nearest
from lossland.resources import folder

PREFIX = "task:"


@cache
def names() -> tuple[str, ...]:
    """Return the names of all tasks, such as ``task:logistic-iris``."""
    return tuple(sorted(PREFIX + file.stem.replace("_", "-") for file in folder("tasks").glob("*.py")))


def is_named(text: str) -> bool:
    """Whether a text is meant to name a task."""
    return text.strip().lower().startswith(PREFIX)


@cache
def find(text: str) -> object:
    """Return the problem of a task's name, or raise UserError."""
    name = text.strip().lower()
    if name not in names():
        raise UserError(f"There is no task {text!r}.{nearest(name, names())} There are {', '.join(names())}.")
    file = folder("tasks") / f"{name.removeprefix(PREFIX).replace('-', '_')}.py"
    return userfiles.load(file, users=False).task()

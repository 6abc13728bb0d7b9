"""The tasks that come with lossland: losses of small models on data, named ``task:NAME``.

Each is a file in the folder ``tasks`` with one function ``task`` that returns a `Problem`. Like a user's own file it
may use all of lossland's public names.
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
    """Whether a text has the form of a task's name."""
    return text.strip().lower().startswith(PREFIX)


@cache
def find(text: str) -> object:
    """Return the problem of a task's name, or raise UserError."""
    name = text.strip().lower()
    if name not in names():
        raise UserError(f"There is no task {text!r}.{nearest(name, names())} There are {', '.join(names())}.")
    file = folder("tasks") / f"{name.removeprefix(PREFIX).replace('-', '_')}.py"
    return userfiles.load(file, users=False).task()

"""Option parsing: argparse, with one-sentence errors and values that may start with a minus."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from lossland import userfiles
from lossland.cli import COMMANDS, streams, workplace
from lossland.errors import UserError, nearest
from lossland.files import holds_results, kind_of, may_be_run

SMALLEST_SIDE, LARGEST_SIDE = 64, 8192  # pixels of a picture
SLICES = (".npz", ".h5", ".hdf5")  # files of a network's slice
SHOWN = (".py", ".lossland", *SLICES, ".csv")  # files that can be shown, including recorded runs


class _Once(argparse._StoreAction):
    """Store an option's value; a second one, which would silently replace it, is refused."""

    given = False

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        if self.option_strings and self.given:
            raise argparse.ArgumentError(None, f"{self.option_strings[-1]} is given twice; give it once.")
        self.given = True
        super().__call__(parser, namespace, values, option_string)


class Parser(argparse.ArgumentParser):
    """An argument parser that raises UserError, suggests the nearest option, and refuses repeated options."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.register("action", None, _Once)
        self.register("action", "store", _Once)

    def error(self, message: str) -> NoReturn:
        """Raise the message as a UserError instead of printing the usage."""
        needed = message.removeprefix("the following arguments are required: ")
        if needed != message:
            raise UserError(f"`{self.prog}` needs {needed}; `{self.prog} --help` has examples.")
        raise UserError(message.removeprefix("argument "))

    @property
    def options(self) -> list[str]:
        """Every option string, short and long."""
        return list(self._option_string_actions)

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """Exit after the help was printed."""
        streams.check()
        super().exit(status, message)

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """Parse a command's arguments; unknown ones are an error."""
        arguments, left = self.parse_known_args(protect(words, self.options))
        if left:
            word = next((w for w in left if w.startswith("--")), left[0]).strip()
            hint = nearest(word.split("=")[0], self.options)
            kind = "option" if word.startswith("--") else "word"
            raise UserError(f"`{self.prog}` has no use for the {kind} {word!r}.{hint}")
        return arguments


def protect(words: Sequence[str], options: Sequence[str]) -> list[str]:
    """Allow formulas and numbers with a leading minus: ``-x^2`` and ``-1.2,1`` get a space in front.

    argparse treats any argument that starts with ``-`` as an option. One with a single minus that is not an option is a
    value; the space hides the minus from argparse, and all readers below strip it.
    """
    shorts = tuple(option for option in options if not option.startswith("--"))
    protected = []
    for index, word in enumerate(words):
        if word == "--":
            return [*protected, *words[index:]]
        value = word.startswith("-") and not word.startswith("--") and not word.startswith(shorts)
        protected.append(f" {word}" if value else word)
    return protected


def call(command: str, words: Sequence[str]) -> int:
    """Load a command's module, read its options and run it."""
    module = import_module(f"lossland.cli.{command}")
    parser = Parser(
        prog=f"lossland {command}",
        description=sentence(COMMANDS[command]),
        epilog=f"examples:\n{module.EXAMPLES.strip(chr(10))}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.configure(parser)
    parser.add_argument("--debug", action="store_true", help="show the traceback when something fails")
    arguments = parser.read(words)
    with streams.kept_for_json(arguments.json):
        code = module.run(arguments) or 0
    if arguments.json or getattr(arguments, "output", None) is None:  # else the result is in a file
        streams.check()
    return code


def sentence(text: str) -> str:
    """Return the text with a capital and a full stop."""
    return f"{text[0].upper()}{text[1:]}."


# -------------------------------------------------------------------------------------- readers of values


def refuse(text: str, wanted: str) -> argparse.ArgumentTypeError:
    """Return the error for a value that is not what was wanted."""
    return argparse.ArgumentTypeError(f"give {wanted}, not {text.strip()!r}.")


def word(text: str) -> str:
    """Read any text."""
    return text.strip()


def subject(*taken: str) -> Callable[[str], str]:
    """Return a reader of a name or formula, or of a file with one of the endings ``taken``; other files are refused.

    Where a session is accepted, so are a folder of results and recorded trainings.
    """
    listed = ["a name", "a formula", *(f"a {ending} file" for ending in taken)]
    wanted = f"{', '.join(listed[:-1])} or {listed[-1]}"

    def read(text: str) -> str:
        name = text.strip()
        if not name:
            raise refuse(text, wanted)
        there = ".lossland" in taken and (holds_results(name) or may_be_run(name))
        own = ".py" in taken and userfiles.named(name) is not None
        kind = None if there or own else kind_of(name)
        if kind and not name.lower().endswith(taken):
            raise argparse.ArgumentTypeError(f"{name!r} is named like {kind}; give {wanted} here.")
        return name

    return read


def path(text: str) -> Path:
    """Read a file's name."""
    if not text.strip():
        raise refuse(text, "a file name")
    named = Path(text.strip()).expanduser()
    if workplace.is_gone() and not named.is_absolute():
        raise argparse.ArgumentTypeError(
            f"the working folder is gone; change into another, or give the full path of {named}."
        )
    return named


def one_of(*names: str) -> Callable[[str], str]:
    """Return a reader of one of a few names."""

    def read(text: str) -> str:
        name = text.strip()
        if name not in names:
            raise argparse.ArgumentTypeError(f"give {' or '.join(names)}, not {name!r}.{nearest(name, names)}")
        return name

    return read


def numbers(text: str, count: int, wanted: str) -> tuple[float, ...]:
    """Read ``count`` finite numbers with commas between."""
    try:
        values = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise refuse(text, wanted) from None
    if len(values) != count or not all(map(math.isfinite, values)):
        raise refuse(text, wanted)
    return values


def point(text: str) -> tuple[float, float]:
    """Read ``x,y``."""
    x, y = numbers(text, 2, "two numbers such as -1.2,1")
    return x, y


def domain(text: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Read ``x0,x1,y0,y1``."""
    wanted = "x0,x1,y0,y1 with x0 < x1 and y0 < y1, such as -2,2,-1,3"
    x0, x1, y0, y1 = numbers(text, 4, wanted)
    if x0 >= x1 or y0 >= y1:
        raise refuse(text, wanted)
    return (x0, x1), (y0, y1)


def camera(text: str) -> tuple[float, ...]:
    """Read ``azimuth,elevation`` or ``azimuth,elevation,distance``."""
    wanted = "azimuth,elevation in degrees from -90 to 90, or also a distance above 0, such as -60,40 or -60,40,5"
    values = numbers(text, 3 if text.count(",") == 2 else 2, wanted)
    if abs(values[0]) > 1e6 or abs(values[1]) > 90 or not all(0 < v <= 1e6 for v in values[2:]):
        raise refuse(text, wanted)
    return values


def size(text: str) -> tuple[int, int]:
    """Read ``WIDTHxHEIGHT``."""
    wanted = f"WIDTHxHEIGHT from {SMALLEST_SIDE}x{SMALLEST_SIDE} to {LARGEST_SIDE}x{LARGEST_SIDE}, such as 1280x720"
    sides = text.strip().lower().split("x")
    if len(sides) != 2 or not all(side.isascii() and side.isdigit() and len(side) < 6 for side in sides):
        raise refuse(text, wanted)
    width, height = map(int, sides)
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (width, height)):
        raise refuse(text, wanted)
    return width, height


def setting(text: str) -> tuple[str, str]:
    """Read ``name=value``."""
    name, equals, value = text.strip().partition("=")
    if not (name and equals):
        raise refuse(text, "name=value")
    return name.strip(), value.strip()


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from ``low`` to ``high``; 1e6 and 1_000_000 are fine too."""

    wanted = f"a whole number from {low} to {high}"

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            try:
                number = float(text)
            except ValueError:
                raise refuse(text, wanted) from None
            if not (math.isfinite(number) and number.is_integer()):
                raise refuse(text, wanted) from None
            value = int(number)
        if not low <= value <= high:
            raise refuse(text, wanted)
        return value

    return read


def real(low: float, high: float, unit: str = "") -> Callable[[str], float]:
    """Return a reader of numbers from ``low`` to ``high``."""

    def read(text: str) -> float:
        wanted = f"a number from {low:g} to {high:g}{unit and ' ' + unit}"
        try:
            value = float(text)
        except ValueError:
            raise refuse(text, wanted) from None
        if not (math.isfinite(value) and low <= value <= high):
            raise refuse(text, wanted)
        return value

    return read

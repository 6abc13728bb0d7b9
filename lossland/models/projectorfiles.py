"""The file in which TensorBoard's projector finds vectors, labels and pictures: projector_config.pbtxt.

It is protocol buffer text (https://protobuf.dev/reference/protobuf/textformat-spec), without the parts that no such
file has: extensions, escapes in numbers, and any messages.

    embeddings {
      tensor_path: "tensors.tsv"
      metadata_path: "metadata.tsv"
      sprite { image_path: "sprite.png" single_image_dim: 28 single_image_dim: 28 }
    }

Paths are relative to the file's folder, or absolute. Vectors may also be float32 without a header, whose size is then
``tensor_shape``. Of several embeddings, as PyTorch's ``add_embedding`` adds one for each step, the last one is read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from lossland.errors import UserError, shown
from lossland.files import reading

Value: TypeAlias = "str | int | Message"
Message: TypeAlias = dict[str, list[Value]]

_TOKEN = re.compile(
    r"""(?P<skip>[\s,;]+|\#[^\n]*)|(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')"""
    r"""|(?P<word>[A-Za-z_]\w*)|(?P<number>-?[\d.][\w.+-]*)|(?P<sign>[:{}<>\[\]])"""
)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|.)")
CLOSING = {"{": "}", "<": ">"}
DEEPEST, LONGEST = 20, 9  # of messages within messages; digits of a number


@dataclass(frozen=True)
class Embedding:
    """Where an embedding's files are: vectors, labels and a sprite image, and the size of what is in them.

    ``vectors`` is None for those in a checkpoint, ``labels`` and ``sprite`` where there are none. ``shape`` is that of
    vectors which are plain float32; () for text or an array. ``single`` is how wide and high a picture of the sprite
    image is, in pixels.
    """

    name: str
    vectors: Path | None
    shape: tuple[int, ...]
    labels: Path | None
    sprite: Path | None
    single: tuple[int, int]


def read(path: Path) -> Embedding:
    """Return the last embedding of a file, whose ``vectors`` are a file. Raises UserError where there is none."""
    found = embeddings(path)
    if not found:
        raise UserError(f"{path} names no embeddings {{ … }}.")
    if found[-1].vectors is None:
        raise UserError(
            f"{path} names no tensor_path: its vectors are in a checkpoint, which only TensorFlow reads; "
            "save them as .tsv or .npy."
        )
    return found[-1]


def embeddings(path: Path) -> list[Embedding]:
    """Return all embeddings of a file, or raise UserError in one sentence; MachineError if it cannot be read."""
    with reading(path):
        written = path.read_text("utf-8-sig")
    whole = _Reader(path, written).message("")
    return [_embedding(path, message) for message in _messages(path, whole, "embeddings")]


def _embedding(path: Path, message: Message) -> Embedding:
    """Return what a message says; its paths begin at the folder of the file."""
    vectors, labels = _file(path, message, "tensor_path"), _file(path, message, "metadata_path")
    name = (message.get("tensor_name") or [vectors.stem if vectors else ""])[-1]
    sprites = _messages(path, message, "sprite")
    sprite = _file(path, sprites[-1], "image_path") if sprites else None
    single = _numbers(path, sprites[-1], "single_image_dim") if sprite else (1, 1)
    if len(single) != 2:
        raise UserError(f"{path} says single_image_dim {len(single)} times, and not a width and a height in pixels.")
    shape = _numbers(path, message, "tensor_shape")
    return Embedding(str(name), vectors, shape, labels, sprite, (single[0], single[1]))


class _Reader:
    """A recursive reader of protocol buffer text; a fault is told with its line."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text, self.at = path, text, 0
        self.kind = self.token = ""
        self.depth = 0
        self.step()

    def step(self) -> str:
        """Go on to the next token, whose kind is "" at the end, and return the present one."""
        last = self.token
        while True:
            if self.at == len(self.text):
                self.kind = self.token = ""
                return last
            found = _TOKEN.match(self.text, self.at)
            if found is None:
                raise self.fault(f"{self.text[self.at]!r} cannot stand there")
            self.at, self.kind, self.token = found.end(), found.lastgroup or "", found[0]
            if self.kind != "skip":
                return last

    def fault(self, what: str) -> UserError:
        """Return the error for what is wrong here."""
        line = self.text.count("\n", 0, self.at) + 1
        return UserError(f"{self.path}, line {line}: {what}.")

    def message(self, end: str) -> Message:
        """Return the fields up to a closing sign, or to the end of the text."""
        found: Message = {}
        while self.kind and self.token != end:
            if self.kind != "word":
                raise self.fault(f"a field begins with a name, not with {self.token}")
            values = found.setdefault(self.step(), [])
            if self.token == ":":
                self.step()
            if self.token == "[":
                self.step()
                while self.kind and self.token != "]":
                    values.append(self.value())
                self.close("]")
            else:
                values.append(self.value())
        return found

    def value(self) -> Value:
        """Return a number, a text, a word or a message."""
        if self.token in ("{", "<"):
            end, self.depth = CLOSING[self.step()], self.depth + 1
            if self.depth > DEEPEST:
                raise self.fault(f"more than {DEEPEST} messages are within each other")
            found = self.message(end)
            self.close(end)
            self.depth -= 1
            return found
        if self.kind == "text":
            parts = []  # texts side by side are one
            while self.kind == "text":
                parts.append(_unescaped(self.step()[1:-1]))
            return "".join(parts)
        if self.token.isdecimal() and len(self.token) <= LONGEST:
            return int(self.step())
        if self.kind in ("word", "number"):
            return self.step()
        raise self.fault(f"a value is missing before {self.token}" if self.kind else "the text ends before a value")

    def close(self, end: str) -> None:
        """Step over a closing sign."""
        if self.token != end:
            raise self.fault(f"the text ends before {end}")
        self.step()


def _unescaped(text: str) -> str:
    """Return a text without its escapes, each of which is a byte: a letter may be two, such as \\303\\266."""

    def byte(found: re.Match[bytes]) -> bytes:
        told = found[1]
        if len(told) > 1 and told[:1] == b"x":
            return bytes([int(told[1:], 16)])
        if told[:1] in b"01234567":
            return bytes([int(told, 8) % 256])
        return {b"n": b"\n", b"r": b"\r", b"t": b"\t"}.get(told, told)

    return _ESCAPED.sub(byte, text.encode()).decode("utf-8", "replace")


def _messages(path: Path, message: Message, name: str) -> list[Message]:
    found = message.get(name, [])
    if not all(isinstance(one, dict) for one in found):
        raise UserError(f"{path}: {name} is followed by {{ … }}.")
    return [one for one in found if isinstance(one, dict)]


def _file(path: Path, message: Message, name: str) -> Path | None:
    """Return the path that a field has last, from the folder of the file; None where there is none."""
    value = (message.get(name) or [""])[-1]
    if not isinstance(value, str) or not value.isprintable():
        raise UserError(f"{path}: {name} is a path between quotes, not {shown(value)}.")
    return path.parent / Path(value.replace("\\", "/")).expanduser() if value else None


def _numbers(path: Path, message: Message, name: str) -> tuple[int, ...]:
    found = message.get(name, [])
    numbers = tuple(one for one in found if isinstance(one, int) and one > 0)
    if len(numbers) != len(found):
        raise UserError(f"{path}: {name} is a whole number above 0.")
    return numbers

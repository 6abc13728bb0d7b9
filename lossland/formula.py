"""Typed formulas: text becomes an expression through a tokenizer and a parser of our own; no text is ever executed.

The language: ``+ - * / ^ **``, unary signs, parentheses, numbers, ``x``, ``y``, ``pi``, ``e``, the functions of
`FUNCTIONS`, and comparisons as the test of ``where(test, a, b)``. A product may leave out its ``*`` where only one
reading is possible: ``2x``, ``3(x + 1)``, ``2 sin(x)``, ``(x + 1)(y - 1)``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NamedTuple

from lossland.errors import UserError, nearest
from lossland.expression import Node, constant, e, pi, variable
from lossland.expression.node import UNARY, careful, make

MAX_LENGTH = 2000
MAX_TOKENS = 800
MAX_DEPTH = 40
MAX_EXPONENT = 100
MAX_TOWER = 3

FUNCTIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(UNARY, (1, 1)),
    **dict.fromkeys(("atan2", "mod"), (2, 2)),
    **dict.fromkeys(("min", "max"), (2, MAX_TOKENS)),
    "where": (3, 3),
}
"""The functions of a formula, with the least and the greatest number of arguments."""

NAMES: dict[str, Node] = {"x": variable("x"), "y": variable("y"), "pi": pi, "e": e}

_SYNONYMS = str.maketrans({"−": "-", "·": "*", "⋅": "*", "×": "*", "\t": " ", "\r": " ", "\n": " "})
_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<sign>\*\*|<=|>=|==|!=|[-+*/^(),<>])"
)
_COMPARE = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}


class FormulaError(UserError):
    """A formula that cannot be used: one sentence, then the text with a caret under the place.

    ``sentence`` is the sentence alone, ``position`` the index of the place in the text.
    """

    def __init__(self, sentence: str, text: str, position: int) -> None:
        self.sentence = sentence
        self.position = position
        super().__init__(f"{sentence}\n{_with_caret(text, position)}")


def _with_caret(text: str, position: int, width: int = 72) -> str:
    """Return the line of the text that holds the position, cut to the width, and a caret line below."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position)
    line = text[start : end if end >= 0 else len(text)]
    column = position - start
    first = max(0, min(column - width // 2, len(line) - width))
    shown = line[first : first + width].translate(_SYNONYMS)
    # Letters that are invisible, double-width or written leftwards would move the caret: show a question mark.
    shown = "".join(c if " " <= c <= "~" else "?" for c in shown)
    return f"  {shown}\n  {' ' * (column - first)}^"


class _Token(NamedTuple):
    kind: str  # number, name, sign or end
    text: str
    start: int
    end: int


def parse(text: str) -> Node:
    """Return the expression of a formula in x and y, or raise `FormulaError`."""
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"A formula may have at most {MAX_LENGTH} characters.", text, MAX_LENGTH)
    return _Parser(text).formula()


def _tokens(text: str) -> list[_Token]:
    plain = text.translate(_SYNONYMS)
    result: list[_Token] = []
    position = 0
    while position < len(plain):
        if plain[position] == " ":
            position += 1
            continue
        match = _TOKEN.match(plain, position)
        if match is None:
            raise FormulaError(_unknown_character(plain[position]), text, position)
        kind = match.lastgroup or ""
        result.append(_Token(kind, match.group(), position, match.end()))
        if len(result) > MAX_TOKENS:
            raise FormulaError(f"A formula may have at most {MAX_TOKENS} numbers, names and signs.", text, position)
        position = match.end()
    result.append(_Token("end", "", len(text.rstrip()), len(text)))
    return result


def _unknown_character(character: str) -> str:
    hints = {"=": "compare with == inside where(test, a, b)", "%": "write mod(a, b)", "|": "write abs(...)"}
    if character in hints:
        return f"{character!r} has no meaning in a formula; {hints[character]}."
    shown = repr(character) if " " < character <= "~" else f"The character U+{ord(character):04X}"
    return f"{shown} has no meaning in a formula."


class _Parser:
    """Recursive descent, one method for each level of precedence. ``depth`` bounds the recursion."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.index = 0
        self.depth = 0
        self.open = 0  # parentheses that wait for their end
        self.values: dict[Node, float] = {}  # of the parts without variables

    # ----------------------------------------------------------------------------------------------- helpers
    @property
    def token(self) -> _Token:
        return self.tokens[self.index]

    def at(self, *signs: str) -> bool:
        return self.token.kind == "sign" and self.token.text in signs

    def take(self) -> _Token:
        token = self.token
        self.index += 1
        return token

    def error(self, sentence: str, token: _Token) -> FormulaError:
        return FormulaError(sentence, self.text, token.start)

    def deeper(self, level: Callable[[], Node]) -> Node:
        """Parse one level down, unless that is too deep."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error(f"A formula may be nested at most {MAX_DEPTH} deep.", self.token)
        node = level()
        self.depth -= 1
        return node

    def make(self, op: str, token: _Token, *args: Node) -> Node:
        """Return the node of an operation. A constant part must be a finite number."""
        node = make(op, *args)
        numbers = [number for arg in args if (number := self.value(arg)) is not None]
        if len(numbers) == len(args):
            value = -numbers[0] if op == "neg" else careful(op)(*numbers)
            if not math.isfinite(value):
                raise self.error("This part has no finite value.", token)
            self.values[node] = value
        return node

    def value(self, node: Node) -> float | None:
        """Return the number that a part without variables stands for, else None."""
        return node.value if node.op == "const" else self.values.get(node)

    # ------------------------------------------------------------------------------------------- the grammar
    def formula(self) -> Node:
        if self.token.kind == "end":
            raise self.error("The formula is empty; try (1 - x)^2 + 100*(y - x^2)^2.", self.token)
        node = self.sum()
        if self.token.kind != "end":
            raise self.unexpected()
        return node

    def unexpected(self) -> FormulaError:
        token = self.token
        if token.kind == "end":
            return self.error("The formula ends too early; a number, x, y or ( is missing.", token)
        if token.text == ")" and not self.open:
            return self.error("This ) has no ( before it.", token)
        if token.text in _COMPARE:
            return self.error("A comparison belongs inside where(test, a, b).", token)
        if token.text == ",":
            return self.error("A comma belongs between the arguments of a function.", token)
        if token.kind in ("number", "name"):
            return self.error(f"An operator is missing before {_short(token.text)}; write *.", token)
        return self.error(f"{token.text!r} does not fit here; a number, x, y or ( is missing before it.", token)

    def sum(self) -> Node:
        node = self.product()
        while self.at("+", "-"):
            sign = self.take()
            node = self.make("add" if sign.text == "+" else "sub", sign, node, self.product())
        return node

    def product(self) -> Node:
        node = self.signed()
        divided = False
        while True:
            before = self.tokens[self.index - 1]
            if self.at("*", "/"):
                sign = self.take()
                factor = self.signed()
                divided = sign.text == "/"
                if divided and self.value(factor) == 0:
                    raise self.error("This divides by zero.", sign)
                node = self.make("mul" if sign.text == "*" else "div", sign, node, factor)
            elif self.multiplies(before, divided):
                node = self.make("mul", self.token, node, self.power())
            else:
                return node

    def multiplies(self, before: _Token, divided: bool) -> bool:
        """Tell whether a factor follows without a sign, as in 2x; raise if that can be read in two ways."""
        token = self.token
        follows = token.kind == "name" or token.text == "("
        if not follows or not (before.kind == "number" or before.text == ")"):
            if follows and before.kind == "name":
                raise self.error(f"Write * between {before.text} and {_short(token.text)}.", token)
            return False
        if before.kind == "number" and token.text == "e" and token.start == before.end:
            raise self.error(f"Write {before.text}*e, or give the exponent a number.", token)
        if divided:
            raise self.error("Write * or parentheses: a/bc can be read as (a/b)*c or as a/(b*c).", token)
        if before.kind == "number" and self.follows_power():
            raise self.error("Write * after the exponent: a^2b can be read as (a^2)*b or as a^(2*b).", token)
        return True

    def follows_power(self) -> bool:
        """Tell whether the last number was an exponent."""
        index = self.index - 2
        while index > 0 and self.tokens[index].text in ("-", "+"):
            index -= 1
        return index >= 0 and self.tokens[index].text in ("^", "**")

    def signed(self) -> Node:
        if self.at("-"):
            sign = self.take()
            return self.make("neg", sign, self.deeper(self.signed))
        if self.at("+"):
            self.take()
            return self.deeper(self.signed)
        return self.power()

    def power(self, tower: int = 1) -> Node:
        base = self.atom()
        if not self.at("^", "**"):
            return base
        sign = self.take()
        if tower > MAX_TOWER:
            raise self.error(f"At most {MAX_TOWER} powers may stand on one another.", sign)
        exponent = self.deeper(lambda: self.exponent(tower + 1))
        value = self.value(exponent)
        if value is not None and abs(value) > MAX_EXPONENT:
            raise self.error(f"An exponent may be at most {MAX_EXPONENT}.", sign)
        return self.make("pow", sign, base, exponent)

    def exponent(self, tower: int) -> Node:
        if self.at("-", "+"):
            sign = self.take()
            node = self.deeper(lambda: self.exponent(tower))
            return self.make("neg", sign, node) if sign.text == "-" else node
        return self.power(tower)

    def atom(self) -> Node:
        token = self.token
        if token.kind == "number":
            self.take()
            value = float(token.text)
            if not math.isfinite(value):
                raise self.error("This number is too large.", token)
            return constant(value)
        if token.kind == "name":
            self.take()
            return self.call(token) if token.text in FUNCTIONS else self.name(token)
        if self.at("("):
            self.take()
            self.open += 1
            node = self.deeper(self.sum)
            self.close(token)
            return node
        raise self.unexpected()

    def close(self, opening: _Token) -> None:
        if self.token.kind == "end":
            raise self.error("This ( is never closed.", opening)
        if not self.at(")"):
            raise self.unexpected()
        self.take()
        self.open -= 1

    def name(self, token: _Token) -> Node:
        if token.text in NAMES:
            return NAMES[token.text]
        if len(token.text) > 1 and all(letter in NAMES for letter in token.text):
            raise self.error(f"Write {'*'.join(token.text)} instead of {token.text}.", token)
        hint = nearest(token.text, [*NAMES, *FUNCTIONS])
        raise self.error(f"{_short(token.text)!r} is not a name that formulas know.{hint}", token)

    def call(self, name: _Token) -> Node:
        opening = self.token
        if not self.at("("):
            raise self.error(f"{name.text} needs parentheses: {name.text}(...).", name)
        self.take()
        self.open += 1
        arguments: list[Node] = []
        fewest, most = FUNCTIONS[name.text]
        while not arguments or self.at(","):
            if arguments:
                self.take()
            test = name.text == "where" and not arguments
            arguments.append(self.deeper(self.test if test else self.sum))
            if len(arguments) > most:
                break
        if len(arguments) <= most:
            self.close(opening)
        if not fewest <= len(arguments) <= most:
            wanted = f"{fewest}" if fewest == most else f"{fewest} or more"
            plural = "" if wanted == "1" else "s"
            raise self.error(f"{name.text} takes {wanted} argument{plural}.", name)
        if name.text in ("min", "max"):
            node = arguments[0]
            for argument in arguments[1:]:
                node = self.make(name.text, name, node, argument)
            return node
        return make(name.text, *arguments) if name.text == "where" else self.make(name.text, name, *arguments)

    def test(self) -> Node:
        left = self.sum()
        if self.token.text not in _COMPARE:
            raise self.error("where(test, a, b) needs a comparison first, such as x < 0.", self.token)
        sign = self.take()
        return make(_COMPARE[sign.text], left, self.sum())


def _short(word: str) -> str:
    return word if len(word) <= 24 else word[:24] + "…"

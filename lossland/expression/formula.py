"""Typed formulas: a tokenizer and a recursive-descent parser make text an expression; no text is ever executed.

The language: ``+ - * / ^ **``, unary signs, parentheses, numbers, ``x``, ``y``, ``pi``, ``e``, the functions of
`FUNCTIONS`, and comparisons as the test of ``where(test, a, b)``. A product may leave out its ``*`` where only one
reading is possible: ``2x``, ``3(x + 1)``, ``2 sin(x)``, ``(x + 1)(y - 1)``. Other common notation with one meaning is
understood: ``x²``, ``π``, ``√(x)``, ``|x|``, ``≤``, ``ln(x)``, ``pow(x, 2)``, capital letters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from lossland.errors import UserError, nearest
from lossland.expression import Node, abs_, constant, cos, e, exp, log, maximum, pi, sign, sin, sqrt, tan, variable
from lossland.expression.node import UNARY, careful, make, value_of

MAX_LENGTH = 2000
MAX_TOKENS = 800
MAX_DEPTH = 40
MAX_EXPONENT = 100
MAX_TOWER = 3


def _cube_root(u: Node) -> Node:
    return sign(u) * abs_(u) ** (constant(1) / 3)


SHORTHANDS: dict[str, Callable[[Node], Node]] = {
    "ln": log,
    "sgn": sign,
    "sec": lambda u: 1 / cos(u),
    "csc": lambda u: 1 / sin(u),
    "cot": lambda u: 1 / tan(u),
    "cbrt": _cube_root,
    "sigmoid": lambda u: 1 / (1 + exp(-u)),
    "logistic": lambda u: 1 / (1 + exp(-u)),
    "softplus": lambda u: log(1 + exp(u)),
    "relu": lambda u: maximum(u, constant(0)),
    "silu": lambda u: u / (1 + exp(-u)),
    "log1p": lambda u: log(1 + u),
    "expm1": lambda u: exp(u) - 1,
}
"""Functions of one argument that stand for an expression."""

OTHER_NAMES = {
    **{f"arc{name}": f"a{name}" for name in ("sin", "cos", "tan", "tan2")},
    **{"atan_2": "atan2", "fabs": "abs", "ceiling": "ceil", "minimum": "min", "maximum": "max"},
}
"""Synonyms of functions."""

FUNCTIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys((*UNARY, *SHORTHANDS), (1, 1)),
    **dict.fromkeys(("atan2", "mod", "pow", "hypot"), (2, 2)),
    **dict.fromkeys(("min", "max"), (2, MAX_TOKENS)),
    "where": (3, 3),
}
"""The functions of a formula, with the least and the greatest number of arguments."""

NAMES: dict[str, Node] = {"x": variable("x"), "y": variable("y"), "pi": pi, "e": e}

_ELSEWHERE = {  # names of other systems that are not known here, and what to write; "": nothing similar exists
    **dict.fromkeys(("sech", "csch", "coth"), "1/cosh(x), 1/sinh(x) or 1/tanh(x)"),
    **dict.fromkeys(("sqr", "square"), "(x)^2"),
    **dict.fromkeys(("asinh", "arcsinh", "arsinh"), "sign(x)*log(abs(x) + sqrt(x^2 + 1))"),
    **dict.fromkeys(("acosh", "arccosh", "arcosh"), "log(x + sqrt(x^2 - 1))"),
    **dict.fromkeys(("atanh", "arctanh", "artanh"), "(log1p(x) - log1p(-x))/2"),
    "exp2": "2^(x)",
    "sinc": "sin(x)/x",
    "lg": "log10(x) or log2(x)",
    "tg": "tan(x)",
    "tau": "2*pi",
    "elu": "where(x > 0, x, exp(x) - 1)",
    "leakyrelu": "max(x, 0.01*x)",
    "clip": "min(max(x, 0), 1)",
    **dict.fromkeys(("gelu", "softmax", "trunc", "and", "or", "not", "erf", "mish", "logsumexp"), ""),
}
_INFINITE = ("inf", "infinity", "nan")
_SPACES = "\t\r\n\v\f\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_SYNONYMS = str.maketrans(
    {
        **dict.fromkeys("−–‐‑‒﹣", "-"),
        **dict.fromkeys("·⋅×∙•∗✕", "*"),
        **dict.fromkeys("÷∕⁄", "/"),
        **dict.fromkeys(_SPACES, " "),
    }
)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_SYMBOLS = {  # characters that stand for a longer piece of text
    "π": ("name", "pi"),
    "√": ("name", "sqrt"),
    "∛": ("name", "cbrt"),
    "∞": ("name", "inf"),
    "≤": ("sign", "<="),
    "≥": ("sign", ">="),
    "≠": ("sign", "!="),
}
_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<sign>\*\*|<=|>=|==|!=|[-+*/^(),<>|])"
    r"|(?P<symbol>[π√∛∞≤≥≠])"
    r"|(?P<raised>[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)"
)
_VARIABLE = re.compile("[A-Za-z][0-9]*")  # of a formula that is free to have any
_COMPARE = {"<": "lt", "<=": "le", ">": "gt", ">=": "ge", "==": "eq", "!=": "ne"}


class FormulaError(UserError):
    """A formula that cannot be used: one sentence, then the text with a caret under the error.

    ``sentence`` is the sentence alone, ``position`` the index of the error in the text.
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


@lru_cache(maxsize=64)  # a typed formula is parsed several times: to check it, and to show it
def parse(text: str, letter: str = "x", free: bool = False) -> Node:
    """Return the expression of a formula in x and y, or raise `FormulaError`. ``letter`` is another name for x.

    With ``free``, variables may be any letter, followed by digits or not: w0*x0 + b.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(f"A formula may have at most {MAX_LENGTH} characters.", text, MAX_LENGTH)
    return _Parser(text, letter, free).formula()


def other_letter(text: str) -> str:
    """Return the name of a formula's only variable if it is one letter other than x; else an empty string."""
    words = {token.text for token in _tokens(text) if token.kind == "name"}
    letters = {word for word in words if len(word) == 1 and word != "e"}
    return letters.pop() if len(letters) == 1 and not letters & {"x", "X"} else ""


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
        result += _read(match)
        if len(result) > MAX_TOKENS:
            raise FormulaError(f"A formula may have at most {MAX_TOKENS} numbers, names and signs.", text, position)
        position = match.end()
    result.append(_Token("end", "", len(text.rstrip()), len(text)))
    return result


def _read(match: re.Match[str]) -> list[_Token]:
    """Return the tokens of a piece of text: one, or for an exponent such as that of x² those of ^(2)."""
    kind, text = match.lastgroup or "", match.group()
    if kind == "raised":
        digits = text.translate(_SUPERSCRIPTS)
        pieces = [("sign", "^"), ("sign", "("), ("number", digits.lstrip("+-")), ("sign", ")")]
        if digits[0] in "+-":
            pieces.insert(2, ("sign", digits[0]))
    else:
        pieces = [_SYMBOLS[text] if kind == "symbol" else (kind, text)]
    return [_Token(*piece, match.start(), match.end()) for piece in pieces]


def _unknown_character(character: str) -> str:
    hints = {
        "=": "a formula is what stands right of f(x, y) =, and a test is x == y inside where(test, a, b)",
        "%": "write mod(a, b)",
        **dict.fromkeys("[]{}", "write ( and )"),
        **dict.fromkeys("'\"`", "write the derivative out"),
        "!": "write factorials out",
        ";": "write a comma between arguments",
        "&": "nest where(test, a, b)",
        "—": "write - for a minus",
    }
    if character in hints:
        return f"{character!r} has no meaning in a formula; {hints[character]}."
    shown = repr(character) if " " < character <= "~" else f"The character U+{ord(character):04X}"
    return f"{shown} has no meaning in a formula."


class _Parser:
    """Recursive descent, one method for each level of precedence. ``depth`` bounds the recursion."""

    def __init__(self, text: str, letter: str = "x", free: bool = False) -> None:
        self.text = text
        self.letter = letter
        self.free = free
        self.tokens = _tokens(text)
        self.index = 0
        self.depth = 0
        self.open = 0  # unclosed parentheses
        self.bars = 0  # unclosed bars of absolute values
        self.values: dict[Node, float] = {}  # of the constant parts

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
        """Return the value of a constant part, else None."""
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
            before, after = self.tokens[max(self.index - 1, 0)], self.tokens[self.index + 1]
            if before.kind == after.kind == "number" and before.end == token.start and token.end == after.start:
                return self.error(f"Write {before.text}.{after.text} with a point.", token)
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
        """Return whether a factor follows without a sign, as in 2x; raise if that is ambiguous."""
        token = self.token
        opens = token.text == "(" or (token.text == "|" and not self.bars)
        follows = token.kind == "name" or opens
        if not follows or not (before.kind == "number" or before.text in (")", "|")):
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
        """Return whether the last number was an exponent."""
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
        return self.raised(sign, base, self.deeper(lambda: self.exponent(tower + 1)))

    def raised(self, sign: _Token, base: Node, exponent: Node) -> Node:
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
            known = _canonical(token.text)
            return self.call(token, known) if known in FUNCTIONS else self.name(token)
        if self.at("("):
            self.take()
            self.open += 1
            bars, self.bars = self.bars, 0
            node = self.deeper(self.sum)
            self.close(token)
            self.bars = bars
            return node
        if self.at("|"):
            return self.absolute_value()
        raise self.unexpected()

    def absolute_value(self) -> Node:
        opening = self.take()
        self.bars += 1
        node = self.deeper(self.sum)
        if self.token.kind == "end":
            raise self.error("This | is never closed; abs(...) says the same.", opening)
        if not self.at("|"):
            raise self.unexpected()
        self.take()
        self.bars -= 1
        return self.make("abs", opening, node)

    def close(self, opening: _Token) -> None:
        if self.token.kind == "end":
            raise self.error("This ( is never closed.", opening)
        if not self.at(")"):
            raise self.unexpected()
        self.take()
        self.open -= 1

    def name(self, token: _Token) -> Node:
        known = _canonical(token.text)
        if self.free and _VARIABLE.fullmatch(token.text) and known != "e":
            return variable(token.text)
        if token.text == self.letter:
            return NAMES["x"]
        if known in NAMES:
            return NAMES[known]
        if known in _INFINITE:
            raise self.error("A formula holds finite numbers alone; write a large one such as 1e30.", token)
        if len(token.text) > 1 and all(letter in "xyXYe" for letter in token.text):
            raise self.error(f"Write {'*'.join(token.text)} instead of {token.text}.", token)
        hint = _hint(known)
        raise self.error(f"{_short(token.text)!r} is not a name that formulas know.{hint}", token)

    def call(self, name: _Token, known: str) -> Node:
        opening = self.token
        if self.at("^", "**"):
            raise self.error(f"Write {known}(...)^n for a power of {known}.", name)
        if not self.at("("):
            raise self.error(f"{known} needs parentheses: {known}(...).", name)
        self.take()
        self.open += 1
        bars, self.bars = self.bars, 0
        arguments: list[Node] = []
        fewest, most = FUNCTIONS[known]
        while not arguments or self.at(","):
            if arguments:
                self.take()
            test = known == "where" and not arguments
            arguments.append(self.deeper(self.test if test else self.sum))
            if len(arguments) > most:
                break
        if len(arguments) <= most:
            self.close(opening)
        if not fewest <= len(arguments) <= most:
            wanted = f"{fewest}" if fewest == most else f"{fewest} or more"
            plural = "" if wanted == "1" else "s"
            hint = "; for another base divide: log(a)/log(b)" if known in ("log", "ln") and len(arguments) == 2 else ""
            raise self.error(f"{known} takes {wanted} argument{plural}{hint}.", name)
        self.bars = bars
        return self.applied(known, name, arguments)

    def applied(self, known: str, name: _Token, arguments: list[Node]) -> Node:
        if known in ("min", "max"):
            node = arguments[0]
            for argument in arguments[1:]:
                node = self.make(known, name, node, argument)
            return node
        if known == "where":
            return make(known, *arguments)
        if known == "pow":
            return self.raised(name, *arguments)
        if known == "hypot":
            return self.checked(name, sqrt(arguments[0] ** 2 + arguments[1] ** 2))
        if known in SHORTHANDS:
            return self.checked(name, SHORTHANDS[known](arguments[0]))
        return self.make(known, name, *arguments)

    def checked(self, token: _Token, node: Node) -> Node:
        """Return an expression; without variables it must be a finite number."""
        value = value_of(node)
        if value is not None:
            if not math.isfinite(value):
                raise self.error("This part has no finite value.", token)
            self.values[node] = value
        return node

    def test(self) -> Node:
        left = self.sum()
        if self.token.text not in _COMPARE:
            raise self.error("where(test, a, b) needs a comparison first, such as x < 0.", self.token)
        sign = self.take()
        return make(_COMPARE[sign.text], left, self.sum())


def _hint(name: str) -> str:
    """Return what to write instead of an unknown name, as the end of a sentence."""
    if name in _ELSEWHERE:
        return f" Write {_ELSEWHERE[name]}." if _ELSEWHERE[name] else ""
    return nearest(name, [*NAMES, *FUNCTIONS])


def _canonical(word: str) -> str:
    """Return the name that a word stands for: in lower case, with synonyms resolved. E is not the constant e."""
    small = word.lower() if word != "E" else word
    return OTHER_NAMES.get(small, small)


def _short(word: str) -> str:
    return word if len(word) <= 24 else word[:24] + "…"

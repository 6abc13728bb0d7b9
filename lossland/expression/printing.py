"""Expressions as text for a person: LaTeX, and the typed form that ``formula.parse`` reads back.

Both keep the author's form: ``(x^2 + y - 11)^2`` stays as it is, and nothing is multiplied out or sorted.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from lossland.expression.node import Node, ordered
from lossland.expression.table import is_table

# Precedence of a piece of text, loosest first. An operand of lower precedence needs parentheses.
TEST, SUM, SIGN, PRODUCT, POWER, ATOM = range(6)

_COMPARE_TEXT = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_COMPARE_LATEX = {"lt": "<", "le": r"\le", "gt": ">", "ge": r"\ge", "eq": "=", "ne": r"\ne"}
_GREEK = frozenset(
    (
        *("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu"),
        *("nu", "xi", "rho", "sigma", "tau", "phi", "chi", "psi", "omega"),
    )
)


class Piece(NamedTuple):
    """The text of a part, and its precedence."""

    text: str
    precedence: int


def _led_by(first: Piece) -> int:
    """Return the precedence of a product: one that starts with a minus is a signed term."""
    return SIGN if first.precedence == SIGN else PRODUCT


def _arguments(node: Node) -> list[Node]:
    """Return the arguments a node is printed with: max(max(a, b), c) as max(a, b, c)."""
    args = list(node.args)
    while node.op in ("min", "max") and args[0].op == node.op:
        args[:1] = args[0].args
    return args


def _number_text(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e16 else repr(value)


LONGEST = 100_000  # characters that are worth printing


def length(node: Node) -> int:
    """Return about how many characters the printed expression has; shared parts are printed every time."""
    size: dict[Node, int] = {}
    for part in ordered([node]):
        size[part] = 4 + sum(size[arg] for arg in part.args)
    return size[node]


# ------------------------------------------------------------------------------------------------- typed form


def text(node: Node) -> str:
    """Return the expression as one would type it: ``(1 - x)^2 + 100*(y - x^2)^2``."""
    pieces: dict[Node, Piece] = {}
    for part in ordered([node]):
        pieces[part] = _text_piece(part, [pieces[arg] for arg in _arguments(part)])
    return pieces[node].text


def _text_piece(node: Node, args: list[Piece]) -> Piece:
    def inside(index: int, precedence: int) -> str:
        piece = args[index]
        return piece.text if piece.precedence >= precedence else f"({piece.text})"

    match node.op:
        case "const":
            return Piece(node.name or _number_text(node.value), ATOM if node.name or node.value >= 0 else SIGN)
        case "var":
            return Piece(node.name, ATOM)
        case "add":
            return Piece(f"{inside(0, SUM)} + {inside(1, PRODUCT)}", SUM)
        case "sub":
            return Piece(f"{inside(0, SUM)} - {inside(1, PRODUCT)}", SUM)
        case "neg":
            return Piece(f"-{inside(0, PRODUCT)}", SIGN)
        case "mul":
            return Piece(f"{inside(0, SIGN)}*{inside(1, POWER)}", _led_by(args[0]))
        case "div":
            return Piece(f"{inside(0, SIGN)}/{inside(1, POWER)}", _led_by(args[0]))
        case "pow":
            return Piece(f"{inside(0, ATOM)}^{inside(1, ATOM)}", POWER)
        case op if op in _COMPARE_TEXT:
            return Piece(f"{inside(0, SUM)} {_COMPARE_TEXT[op]} {inside(1, SUM)}", TEST)
        case op:
            return Piece(f"{op}({', '.join(piece.text for piece in args)})", ATOM)


# ------------------------------------------------------------------------------------------------------ LaTeX


def latex(
    node: Node, names: Mapping[str, str] | None = None, fractions: Literal["stacked", "inline"] = "stacked"
) -> str:
    r"""Return the expression as LaTeX.

    ``names`` gives the LaTeX of variables (``{"m": "m_t", "lr": r"\eta"}``); without it ``beta1`` prints as
    ``\beta_1``. ``fractions="inline"`` writes ``m_t / (1-\beta_1^t)`` instead of ``\frac``.
    """
    in_exponents: dict[Node, Piece] = {}
    pieces: dict[Node, Piece] = {}
    for part in ordered([node]):
        in_exponents[part] = _latex_piece(part, in_exponents, in_exponents, names or {}, slash="/")
        slash = r" \,/\, " if fractions == "inline" else None
        pieces[part] = _latex_piece(part, pieces, in_exponents, names or {}, slash)
    return pieces[node].text


def _latex_piece(
    node: Node,
    pieces: Mapping[Node, Piece],
    in_exponents: Mapping[Node, Piece],
    names: Mapping[str, str],
    slash: str | None,
) -> Piece:
    """Return the LaTeX of a node from that of its arguments. ``slash`` None stacks fractions."""
    args = [pieces[arg] for arg in _arguments(node)]

    def inside(index: int, precedence: int) -> str:
        piece = args[index]
        return piece.text if piece.precedence >= precedence else _parentheses(piece.text)

    match node.op:
        case "const":
            return _latex_number(node)
        case "var":
            return Piece(names.get(node.name) or symbol(node.name), ATOM)
        case "add":
            return Piece(f"{inside(0, SUM)} + {inside(1, PRODUCT)}", SUM)
        case "sub":
            return Piece(f"{inside(0, SUM)} - {inside(1, PRODUCT)}", SUM)
        case "neg":
            return Piece(f"-{inside(0, PRODUCT)}", SIGN)
        case "mul":
            is_row = node.args[1].op == "mul"  # a product of products prints as a run of factors without parentheses
            return Piece(_juxtapose(inside(0, SIGN), inside(1, PRODUCT if is_row else POWER)), _led_by(args[0]))
        case "div" if slash:
            return Piece(f"{inside(0, SIGN)}{slash}{inside(1, POWER)}", _led_by(args[0]))
        case "div" if node.args[0].op == "neg":
            return Piece(rf"-\frac{{{pieces[node.args[0].args[0]].text}}}{{{args[1].text}}}", SIGN)
        case "div":
            return Piece(rf"\frac{{{args[0].text}}}{{{args[1].text}}}", PRODUCT)
        case "pow":
            return _latex_power(node, args[0], in_exponents[node.args[1]])
        case "exp":
            return Piece(f"e^{{{in_exponents[node.args[0]].text}}}", POWER)
        case "sqrt":
            return Piece(rf"\sqrt{{{args[0].text}}}", ATOM)
        case "abs":
            return Piece(rf"\left|{args[0].text}\right|", ATOM)
        case "floor":
            return Piece(rf"\left\lfloor {args[0].text} \right\rfloor", ATOM)
        case "ceil":
            return Piece(rf"\left\lceil {args[0].text} \right\rceil", ATOM)
        case "where":
            test, yes, no = (piece.text for piece in args)
            rest = rf"{no} & \text{{otherwise}}"
            if node.args[2].op == "where":  # one list of cases, not a list within a list
                rest = no.removeprefix(r"\begin{cases} ").removesuffix(r" \end{cases}")
            return Piece(rf"\begin{{cases}} {yes} & {test} \\ {rest} \end{{cases}}", SUM)
        case "dot":
            return Piece(rf"{inside(0, ATOM)}^\top {inside(1, POWER)}", PRODUCT)
        case "outer":
            return Piece(rf"{inside(0, POWER)} {inside(1, ATOM)}^\top", PRODUCT)
        case "times":
            return Piece(f"{inside(0, POWER)} {inside(1, POWER)}", PRODUCT)
        case "solve":
            return Piece(f"{inside(0, ATOM)}^{{-1}} {inside(1, POWER)}", PRODUCT)
        case "norm":
            return Piece(rf"\lVert {args[0].text}\rVert", ATOM)
        case "identity":
            return Piece("I", ATOM)
        case "backtracked":  # the rates that are tried, and the condition on them
            first, shrink, here, along, promise = (inside(i, POWER) for i in range(5))
            falls = rf"f({here} + \alpha {along}) < f({here}) + \alpha {promise}"
            return Piece(rf"\max \left\{{\alpha = {first} {shrink}^k : {falls}\right\}}", ATOM)
        case op if is_table(op):
            return Piece(
                rf"\mathrm{{S}}^{{({', '.join(op.split()[2:])})}}{_parentheses(', '.join(a.text for a in args))}", POWER
            )
        case op if op in _COMPARE_LATEX:
            return Piece(f"{inside(0, SUM)} {_COMPARE_LATEX[op]} {inside(1, SUM)}", TEST)
        case op:
            return Piece(_FUNCTIONS[op] + _parentheses(", ".join(piece.text for piece in args)), POWER)


def latex_as_typed(node: Node, text: str) -> str:
    """Return the LaTeX of a formula that was typed: with ln where the text has ln."""
    written = latex(node)
    return re.sub(r"\\log(?!_)", r"\\ln", written) if re.search(r"\bln\b", text) else written


_FUNCTIONS = {
    **{name: "\\" + name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh", "log", "min", "max")},
    "asin": r"\arcsin",
    "acos": r"\arccos",
    "atan": r"\arctan",
    "log2": r"\log_2",
    "log10": r"\log_{10}",
    **{name: rf"\mathrm{{{name}}}" for name in ("sign", "round", "mod", "atan2", "mean")},
    "total": r"\mathrm{sum}",
    "diagonal": r"\mathrm{diag}",
    "value_at": "f",
    "gradient_at": r"\nabla f",
    "hessian_at": r"\nabla^2 f",
}


def symbol(name: str) -> str:
    r"""Return a variable's name as LaTeX: ``x``, ``\beta_1`` for ``beta1``, ``\mathrm{rate}`` for other words."""
    match = re.fullmatch(r"([A-Za-z]+?)_?(\d*)", name)
    if not match:
        return name
    word, digits = match.groups()
    base = word if len(word) == 1 else rf"\{word}" if word in _GREEK else rf"\mathrm{{{word}}}"
    return base + (f"_{_braced(digits)}" if digits else "")


def _latex_number(node: Node) -> Piece:
    if node.name:
        return Piece({"pi": r"\pi"}.get(node.name, node.name), ATOM)
    mantissa, _, exponent = _number_text(node.value).partition("e")
    precedence = ATOM if node.value >= 0 else SIGN
    if not exponent:
        return Piece(mantissa, precedence)
    ten = f"10^{{{int(exponent)}}}"
    if mantissa in ("1", "-1"):
        return Piece(mantissa[:-1] + ten, min(precedence, POWER))
    return Piece(rf"{mantissa} \cdot {ten}", min(precedence, PRODUCT))


def _latex_power(node: Node, base: Piece, exponent: Piece) -> Piece:
    base_node = node.args[0]
    raised = f"^{_braced(exponent.text)}"
    if base_node.op in _FUNCTIONS and len(base_node.args) == 1 and base_node.op not in ("log2", "log10"):
        name = _FUNCTIONS[base_node.op]
        return Piece(name + raised + base.text.removeprefix(name), POWER)
    # A variable such as x^{(0)} cannot take a second superscript without parentheses.
    plain = base.precedence == ATOM and not (base_node.op == "var" and "^" in base.text)
    return Piece((base.text if plain else _parentheses(base.text)) + raised, POWER)


def _braced(inner: str) -> str:
    return inner if len(inner) == 1 else f"{{{inner}}}"


def _parentheses(inner: str) -> str:
    tall = any(mark in inner for mark in (r"\frac", r"\left", r"\sqrt", r"\begin"))
    return rf"\left({inner}\right)" if tall else f"({inner})"


def _juxtapose(left: str, right: str) -> str:
    r"""Write a product: ``2 x``, ``x y``, but ``2 \cdot 3``, and space before a function named in letters."""
    if right.startswith(r"\mathrm"):
        return rf"{left} \, {right}"
    return rf"{left} \cdot {right}" if right[0].isdigit() else f"{left} {right}"

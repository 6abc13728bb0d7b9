"""Landscapes from plain functions of x and y: traced once, they are formulas like those that are typed."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

from lossland.errors import UserError, fault_of, shown
from lossland.expression import Node, constant, e, pi, text, trace
from lossland.expression.node import COMPARISONS, as_node, make, ordered, variables
from lossland.expression.with_numpy import plain_python

MOST_NODES = 20_000  # of an expression: its second derivatives have many times as many
MULTIPLES = {k * math.pi: k for k in range(2, 11)}  # numbers that were 2 * np.pi and its like

Function = Callable[[Any, Any], Any]


def is_function(value: object) -> bool:
    """Whether something is a plain function of two variables, for all that can be told without calling it."""
    return inspect.isroutine(value) and _takes_two(value)


def traced(function: Function) -> Node:
    """Return what a function of x and y computes, as an expression, or raise UserError."""
    name = called(function)
    if not _takes_two(function):
        raise UserError(
            "A landscape is a function of two numbers x and y, as in lambda x, y: x**2 + y**2, but "
            f"{name[0].lower()}{name[1:]} takes {_taken(function)}."
        )
    result: Any = None
    try:
        with plain_python():
            result = trace(function, "x", "y")
            node = as_node(result[()] if getattr(result, "shape", None) == () else result)
    except UserError:
        raise
    except RecursionError:
        raise UserError(f"{name} goes on and on: it calls itself too often to be traced.") from None
    except Exception as error:
        if "in an expression" in str(error):  # what came back is no number
            given = "None (is there a return?)" if result is None else shown(result)
            raise UserError(f"{name} must return one number, made from x and y, not {given}.") from None
        raise UserError(f"{name} cannot be used as a landscape: {fault_of(error)}.") from error
    if node.op in COMPARISONS:
        raise UserError(f"{name} returns a test, {text(node)}; return a number, as by np.where(test, 1, 0).")
    if len(ordered([node])) > MOST_NODES:
        raise UserError(f"{name} takes more than {MOST_NODES} operations; a landscape is drawn from shorter ones.")
    if unknown := variables(node) - {"x", "y"}:
        raise UserError(f"{name} uses {', '.join(sorted(unknown))} beside x and y.")
    return _with_constants(node)


def called(function: object) -> str:
    """Return what an error calls a function."""
    name = getattr(function, "__name__", "")
    return "The function" if not name or name.startswith("<") else f"The function {name}"


def _takes_two(function: Any) -> bool:
    try:
        inspect.signature(function).bind(0, 0)
    except TypeError:
        return False
    except ValueError:  # some built-in functions do not tell
        return True
    return True


def _taken(function: Any) -> str:
    names = list(inspect.signature(function).parameters)
    return ", ".join(names) if names else "nothing"


def _with_constants(node: Node) -> Node:
    """Return the expression with pi and e in place of their digits."""
    new: dict[Node, Node] = {}
    for part in ordered([node]):
        if part.args:
            new[part] = make(part.op, *(new[arg] for arg in part.args))
        elif part.number is not None and abs(part.number) in MULTIPLES:
            factor = math.copysign(MULTIPLES[abs(part.number)], part.number)
            new[part] = make("mul", constant(factor), pi)
        else:
            new[part] = {math.pi: pi, math.e: e}.get(part.value, part) if part.op == "const" else part
    return new[node]

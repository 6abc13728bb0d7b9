"""Landscapes from Python functions of x and y, or of one vector, by tracing them to expressions."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lossland.errors import UserError, fault_of, shown
from lossland.expression import Node, constant, e, pi, text, variable
from lossland.expression.node import COMPARISONS, as_node, make, ordered, variables
from lossland.expression.with_numpy import plain_python

MOST_NODES = 20_000  # of an expression; its second derivatives have many times as many
MULTIPLES = {k * math.pi: k for k in range(2, 11)}  # constants such as 2 * np.pi

Function = Callable[[Any, Any], Any]


def is_function(value: object) -> bool:
    """Whether something looks like a function of two variables, without calling it."""
    return inspect.isroutine(value) and takes(value, 2)


def traced(function: Function) -> Node:
    """Trace a function of x and y to an expression, or raise UserError."""
    if not takes(function, 2):
        raise UserError(
            "A landscape is a function of two numbers x and y, as in lambda x, y: x**2 + y**2, but "
            f"{called(function)[0].lower()}{called(function)[1:]} takes {_taken(function)}."
        )
    return _expression(function, [variable(name) for name in ("x", "y")])


def traced_vector(function: Callable[[np.ndarray], object], names: Sequence[str]) -> Node:
    """Trace a function of one vector to an expression in its components, or raise UserError.

    It is called with a NumPy array of symbols, (len(names),).
    """
    if not takes(function, 1):
        raise UserError(
            f"A problem is a function of one vector, as in lambda x: (x**2).sum(); {called(function)} is not."
        )
    vector = np.empty(len(names), object)
    vector[:] = [variable(name) for name in names]
    return _expression(function, [vector], names)


def _expression(
    function: Callable[..., object], arguments: Sequence[object], names: Sequence[str] = ("x", "y")
) -> Node:
    """Call a function with symbols and return the expression, or raise UserError."""
    name = called(function)
    result: object = None
    try:
        with plain_python():
            result = function(*arguments)
            node = as_node(result[()] if isinstance(result, np.ndarray) and not result.ndim else result)
    except UserError:
        raise
    except RecursionError:
        raise UserError(f"{name} calls itself too often to be traced.") from None
    except Exception as error:
        if "in an expression" in str(error):  # the result is not a number
            given = "None (is there a return?)" if result is None else shown(result)
            raise UserError(f"{name} must return one number, made from {_listed(names)}, not {given}.") from None
        raise UserError(f"{name} cannot be used as a landscape: {fault_of(error)}.") from error
    if node.op in COMPARISONS:
        raise UserError(f"{name} returns a test, {text(node)}; return a number, as by np.where(test, 1, 0).")
    if len(ordered([node])) > MOST_NODES:
        raise UserError(f"{name} takes more than {MOST_NODES} operations; a landscape is drawn from shorter ones.")
    if unknown := variables(node) - set(names):
        raise UserError(f"{name} uses {', '.join(sorted(unknown))} besides {_listed(names)}.")
    return _with_constants(node)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names) if len(names) == 2 else f"{names[0]} to {names[-1]}"


def called(function: object) -> str:
    """Return the name of a function in an error message."""
    name = getattr(function, "__name__", "")
    return "The function" if not name or name.startswith("<") else f"The function {name}"


def takes(function: Callable[..., object], count: int) -> bool:
    """Whether a function can be called with ``count`` arguments."""
    try:
        inspect.signature(function).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # some built-in functions have no signature
        return True
    return True


def _taken(function: Callable[..., object]) -> str:
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

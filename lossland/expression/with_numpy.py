"""NumPy's functions on nodes: ``np.sin(x)`` of a traced value is the same node as our own ``sin(x)``.

NumPy lets its arguments override its functions (NEP 13 and NEP 18); a `Node` does so by the tables here. Arrays of
nodes are NumPy arrays of objects, whose functions call a method of the same name on each element.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import reduce
from threading import RLock
from typing import Any

import numpy as np

from lossland.expression import node as nodes
from lossland.expression.node import Node, Value, constant, make, maximum, minimum, where

ONE, ZERO = constant(1), constant(0)


def both(a: Value, b: Value) -> Node:
    """Return the test that holds where two tests hold."""
    return where(a, where(b, 1.0, 0.0), 0.0) > 0


def either(a: Value, b: Value) -> Node:
    """Return the test that holds where one of two tests holds."""
    return where(a, 1.0, where(b, 1.0, 0.0)) > 0


def opposite(a: Value) -> Node:
    """Return the test that holds where another one does not."""
    return where(a, 0.0, 1.0) > 0


def _test(op: str) -> Callable[[object, object], Node]:
    return lambda a, b: make(op, nodes.as_node(a), nodes.as_node(b))


def _heaviside(x: Node, at_zero: Node | float) -> Node:
    return where(x < 0, 0.0, where(x > 0, 1.0, at_zero))


def _log_sum(a: Node, b: Node) -> Node:
    return maximum(a, b) + nodes.log(1 + nodes.exp(-abs(a - b)))


def _truncated(x: Node) -> Node:
    return where(x < 0, nodes.ceil(x), nodes.floor(x))


UFUNCS: dict[np.ufunc, Callable[..., object]] = {
    np.add: lambda a, b: a + b,
    np.subtract: lambda a, b: a - b,
    np.multiply: lambda a, b: a * b,
    np.true_divide: lambda a, b: a / b,
    np.floor_divide: lambda a, b: nodes.floor(a / b),
    np.remainder: nodes.mod,
    np.power: lambda a, b: a**b,
    np.float_power: lambda a, b: a**b,
    np.negative: lambda x: -x,
    np.positive: lambda x: x,
    np.absolute: abs,
    np.fabs: abs,
    np.sign: nodes.sign,
    np.square: lambda x: x**2,
    np.reciprocal: lambda x: 1 / x,
    np.sqrt: nodes.sqrt,
    np.cbrt: lambda x: nodes.sign(x) * abs(x) ** (ONE / 3),
    np.exp: nodes.exp,
    np.exp2: lambda x: 2**x,
    np.expm1: lambda x: nodes.exp(x) - 1,
    np.log: nodes.log,
    np.log2: nodes.log2,
    np.log10: nodes.log10,
    np.log1p: lambda x: nodes.log(1 + x),
    np.logaddexp: _log_sum,
    np.sin: nodes.sin,
    np.cos: nodes.cos,
    np.tan: nodes.tan,
    np.arcsin: nodes.asin,
    np.arccos: nodes.acos,
    np.arctan: nodes.atan,
    np.arctan2: nodes.atan2,
    np.sinh: nodes.sinh,
    np.cosh: nodes.cosh,
    np.tanh: nodes.tanh,
    np.arcsinh: lambda x: nodes.sign(x) * nodes.log(abs(x) + nodes.sqrt(x**2 + 1)),
    np.arccosh: lambda x: nodes.log(x + nodes.sqrt(x**2 - 1)),
    np.arctanh: lambda x: nodes.log((1 + x) / (1 - x)) / 2,
    np.hypot: lambda a, b: nodes.sqrt(a**2 + b**2),
    np.radians: lambda x: x * (nodes.pi / 180),
    np.deg2rad: lambda x: x * (nodes.pi / 180),
    np.degrees: lambda x: x * (180 / nodes.pi),
    np.rad2deg: lambda x: x * (180 / nodes.pi),
    np.floor: nodes.floor,
    np.ceil: nodes.ceil,
    np.rint: nodes.round_,
    np.trunc: _truncated,
    np.fmod: lambda a, b: a - b * _truncated(a / b),
    np.copysign: lambda a, b: where(b < 0, -abs(a), abs(a)),
    np.conjugate: lambda x: x,  # NumPy's lengths and variances are those of complex numbers, too
    np.minimum: minimum,
    np.fmin: minimum,
    np.maximum: maximum,
    np.fmax: maximum,
    np.heaviside: _heaviside,
    np.less: _test("lt"),
    np.less_equal: _test("le"),
    np.greater: _test("gt"),
    np.greater_equal: _test("ge"),
    np.equal: _test("eq"),
    np.not_equal: _test("ne"),
    np.logical_and: both,
    np.bitwise_and: both,
    np.logical_or: either,
    np.bitwise_or: either,
    np.logical_not: opposite,
    np.invert: opposite,
}
METHODS: dict[str, Callable[..., object]] = {
    ufunc.__name__: function for ufunc, function in UFUNCS.items() if ufunc.nin == 1
}
"""The methods that arrays of objects call on each of their elements."""


def _clip(x: Node, low: Node | float | None = None, high: Node | float | None = None, **limits: Node | float) -> Node:
    low, high = limits.get("min", limits.get("a_min", low)), limits.get("max", limits.get("a_max", high))
    x = x if low is None else maximum(x, low)
    return x if high is None else minimum(x, high)


def _rounded(x: Node, decimals: int = 0) -> Node:
    return nodes.round_(x) if decimals == 0 else nodes.round_(x * 10.0**decimals) / 10.0**decimals


def _select(tests: Sequence[Node], choices: Sequence[Node | float], default: Node | float = 0) -> Node:
    cases = list(zip(tests, choices, strict=True))
    return reduce(lambda rest, case: where(case[0], case[1], rest), reversed(cases), default)


def _sinc(x: Node) -> Node:
    u = nodes.pi * x
    return where(make("eq", u, ZERO), 1.0, nodes.sin(u) / u)


FUNCTIONS: dict[Callable[..., object], Callable[..., Node]] = {
    np.where: where,
    np.clip: _clip,
    np.round: _rounded,
    np.around: _rounded,
    np.select: _select,
    np.sinc: _sinc,
    np.polyval: lambda factors, x: reduce(lambda sum, factor: sum * x + factor, factors),
    np.zeros_like: lambda x, *_, **__: ZERO,
    np.ones_like: lambda x, *_, **__: ONE,
}


def on_ufunc(ufunc: np.ufunc, method: str, inputs: Sequence[object], options: Mapping[str, object]) -> object:
    """Apply a NumPy ufunc to nodes, numbers and arrays of them."""
    if ufunc not in UFUNCS or method != "__call__" or options:
        name = f"{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
        raise TypeError(f"numpy.{name} cannot be traced")
    if any(isinstance(one, np.ndarray) for one in inputs) and not any(map(_varies, inputs)):  # pi and e are numbers
        return ufunc(*[nodes.value_of(one) if isinstance(one, Node) else one for one in inputs])
    return elementwise(UFUNCS[ufunc], inputs)


def _varies(value: object) -> bool:
    return isinstance(value, Node) and bool(nodes.variables(value))


def on_function(function: Callable[..., object], args: Sequence[object], options: Mapping[str, object]) -> object:
    """Apply any other NumPy function to nodes: those that only add and multiply work unchanged."""
    if function in FUNCTIONS:
        given = FUNCTIONS[function]
        arrays = [arg for arg in args if isinstance(arg, np.ndarray)]
        return elementwise(given, args) if arrays and function is np.where else given(*args, **options)
    result = function(*map(_boxed, args), **options)
    return result[()] if isinstance(result, np.ndarray) and result.ndim == 0 else result


def elementwise(function: Callable[..., object], args: Sequence[object]) -> object:
    """Call a function on nodes and numbers; if there are arrays among them, once for each element."""
    args = [
        arg.item() if isinstance(arg, np.generic) else arg for arg in args
    ]  # NumPy scalars would dispatch back to us
    if not any(isinstance(arg, np.ndarray | list | tuple) for arg in args):
        return function(*args)
    return np.frompyfunc(function, len(args), 1)(*map(_boxed, args))


def _boxed(arg: object) -> Any:
    """Return nodes as arrays of objects, for which NumPy does not dispatch to `Node`."""
    if isinstance(arg, Node):
        box = np.empty((), object)
        box[()] = arg
        return box
    return list(map(_boxed, arg)) if isinstance(arg, list | tuple) else arg


# ------------------------------------------------------------------------------------------- tracing plain Python

_TRACING = RLock()
_min, _max = builtins.min, builtins.max


@contextmanager
def plain_python() -> Iterator[None]:
    """Let plain Python be traced within the block: ``min`` and ``max`` of nodes, ``==`` and ``!=`` between them.

    ``min`` and ``max`` are replaced for the whole process, because a traced function may call functions of other
    modules; for anything but nodes they behave as before.
    """
    with _TRACING:
        mark = nodes.comparing.set(True)
        builtins.min, builtins.max = _folding(_min, minimum), _folding(_max, maximum)
        try:
            yield
        finally:
            builtins.min, builtins.max = _min, _max
            nodes.comparing.reset(mark)


def _folding(plain: Callable[..., object], ours: Callable[[Node, Node], Node]) -> Any:
    """Return Python's min or max as a function that takes nodes too."""

    def fold(*args: Any, **options: Any) -> Any:
        if len(args) == 1:
            args = (list(args[0]),)
        values = args[0] if len(args) == 1 else args
        if any(isinstance(value, Node) for value in values):
            return reduce(ours, values)
        return plain(*args, **options)

    return fold

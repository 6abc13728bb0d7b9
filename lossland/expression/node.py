"""The nodes of an expression, and the functions that work on nodes, arrays and numbers alike.

A plain function such as ``lambda x, y: (1 - x)**2 + 100 * (y - x**2)**2`` called with two variables returns the
expression it computes. Nodes are *hash-consed*: building the same expression twice gives the same object, so common
subexpressions are found by construction. A node keeps the form its author wrote; only derivatives are simplified,
and powers become products only when a `Program` is made.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from functools import cache, partial
from numbers import Real
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakValueDictionary

import numpy as np

from lossland.errors import TracedError
from lossland.expression import table
from lossland.expression.vectors import Vector, mapped

Number = int | float
Key = tuple[str, "float | tuple[Node, ...]", str]
Row = tuple[str, list[int], float, str]  # a pickled operation: op, argument indices, value, name

NO_NUMBER = (
    "a traced value stands for every number and cannot become a single one: leave out float, int and range, "
    "and write np.sin(x), not math.sin(x)"
)

_nodes: WeakValueDictionary[Key, Node] = WeakValueDictionary()
comparing: ContextVar[bool] = ContextVar("comparing", default=False)  # whether == builds a node


class Value(Protocol):
    """What mathematics is done with: a Python float, an array of any array-API library, or a `Node`."""

    def __add__(self, other: Any, /) -> Any: ...
    def __radd__(self, other: Any, /) -> Any: ...
    def __sub__(self, other: Any, /) -> Any: ...
    def __rsub__(self, other: Any, /) -> Any: ...
    def __mul__(self, other: Any, /) -> Any: ...
    def __rmul__(self, other: Any, /) -> Any: ...
    def __truediv__(self, other: Any, /) -> Any: ...
    def __rtruediv__(self, other: Any, /) -> Any: ...
    def __pow__(self, other: Any, /) -> Any: ...
    def __rpow__(self, other: Any, /) -> Any: ...
    def __lt__(self, other: Any, /) -> Any: ...
    def __gt__(self, other: Any, /) -> Any: ...
    def __neg__(self) -> Any: ...


class Array(Value, Protocol):
    """An array of any library that follows the array API standard: NumPy, CuPy, array_api_strict ..."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The size along each axis."""
        ...

    @property
    def ndim(self) -> int:
        """How many axes there are."""
        ...

    @property
    def dtype(self) -> object:
        """The type of each number."""
        ...

    @property
    def T(self) -> Array:
        """The transposed array."""
        ...

    def __getitem__(self, key: Any, /) -> Any: ...
    def __matmul__(self, other: Any, /) -> Any: ...
    def __ge__(self, other: Any, /) -> Any: ...


V = TypeVar("V", bound=Value)
A = TypeVar("A", bound=Array)


class Node:
    """One operation of an expression, e.g. ``mul`` of two other nodes.

    ``op`` is ``const`` (with ``value``, and ``name`` for pi and e), ``var`` (with ``name``), an arithmetic operation
    (``add sub mul div neg pow``), a function (see `UNARY` and `BINARY`), a comparison (`COMPARISONS`), ``where``, or
    the lookup of a `Table` at two coordinates. ``<``, ``<=``, ``>`` and ``>=`` build comparisons. Equality is identity,
    but while a plain function is traced ``==`` and ``!=`` build comparisons too (see `with_numpy`).
    """

    __slots__ = ("__weakref__", "args", "name", "op", "value")
    op: str
    args: tuple[Node, ...]
    value: float
    name: str

    def __add__(self, other: Value) -> Node:
        return _operate("add", self, other)

    def __radd__(self, other: Value) -> Node:
        return self if isinstance(other, int) and other == 0 else _operate("add", other, self)  # for sum()

    def __sub__(self, other: Value) -> Node:
        return _operate("sub", self, other)

    def __rsub__(self, other: Value) -> Node:
        return _operate("sub", other, self)

    def __mul__(self, other: Value) -> Node:
        return _operate("mul", self, other)

    def __rmul__(self, other: Value) -> Node:
        return _operate("mul", other, self)

    def __truediv__(self, other: Value) -> Node:
        return _operate("div", self, other)

    def __rtruediv__(self, other: Value) -> Node:
        return _operate("div", other, self)

    def __pow__(self, other: Value) -> Node:
        return _operate("pow", self, other)

    def __rpow__(self, other: Value) -> Node:
        return _operate("pow", other, self)

    def __neg__(self) -> Node:
        return make("neg", self)

    def __pos__(self) -> Node:
        return self

    def __abs__(self) -> Node:
        return make("abs", self)

    def __lt__(self, other: Value) -> Node:
        return _operate("lt", self, other)

    def __le__(self, other: Value) -> Node:
        return _operate("le", self, other)

    def __gt__(self, other: Value) -> Node:
        return _operate("gt", self, other)

    def __ge__(self, other: Value) -> Node:
        return _operate("ge", self, other)

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> Any:
        return _operate("eq", self, other) if comparing.get() and self is not other else self is other

    def __ne__(self, other: object) -> Any:
        return _operate("ne", self, other) if comparing.get() and self is not other else self is not other

    def __mod__(self, other: Value) -> Node:
        return _operate("mod", self, other)

    def __rmod__(self, other: Value) -> Node:
        return _operate("mod", other, self)

    def __floordiv__(self, other: Value) -> Node:
        return floor(self / other)

    def __rfloordiv__(self, other: Value) -> Node:
        return floor(other / self)

    def __divmod__(self, other: Value) -> tuple[Node, Node]:
        return self // other, self % other

    def __rdivmod__(self, other: Value) -> tuple[Node, Node]:
        return other // self, other % self

    def __round__(self, digits: int = 0) -> Node:
        return round_(self) if digits == 0 else round_(self * 10.0**digits) / 10.0**digits

    def __floor__(self) -> Node:
        return make("floor", self)

    def __ceil__(self) -> Node:
        return make("ceil", self)

    def __and__(self, other: Value) -> Node:
        from lossland.expression.with_numpy import both

        return both(self, other)

    def __or__(self, other: Value) -> Node:
        from lossland.expression.with_numpy import either

        return either(self, other)

    def __invert__(self) -> Node:
        from lossland.expression.with_numpy import opposite

        return opposite(self)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: object, **options: object) -> object:
        from lossland.expression.with_numpy import on_ufunc

        return on_ufunc(ufunc, method, inputs, options)

    def __array_function__(
        self, function: Callable[..., object], types: object, args: Sequence[object], options: Mapping[str, object]
    ) -> object:
        from lossland.expression.with_numpy import on_function

        return on_function(function, args, options)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Callable[..., Node]:
            """Return the method that an array of objects calls on each element for ``np.exp`` and the like."""
            from lossland.expression.with_numpy import METHODS

            if name in METHODS:
                return partial(METHODS[name], self)
            raise AttributeError(f"a traced value has no {name!r}")

    def __float__(self) -> float:
        raise TracedError(NO_NUMBER)

    def __int__(self) -> int:
        raise TracedError(NO_NUMBER)

    def __index__(self) -> int:
        raise TracedError(NO_NUMBER)

    def __complex__(self) -> complex:
        raise TracedError(NO_NUMBER)

    def __bool__(self) -> bool:
        raise TracedError(
            "a traced value is neither true nor false: write np.where(test, a, b) instead of if, and max(a, b) or "
            "min(a, b) instead of what compares the elements of an array"
        )

    def __repr__(self) -> str:
        from lossland.expression.printing import LONGEST, length, text

        return f"<{text(self)}>" if length(self) < LONGEST else f"<an expression of {len(ordered([self]))} operations>"

    def __reduce__(self) -> tuple[Callable[..., Node], tuple[Sequence[Row], Sequence[table.Table]]]:
        """Pickle as a flat list of operations: no recursion limit, and shared parts are stored once."""
        nodes = ordered([self])
        index = {node: number for number, node in enumerate(nodes)}
        rows = [(node.op, [index[arg] for arg in node.args], node.value, node.name) for node in nodes]
        return _from_rows, (rows, table.used(node.op for node in nodes))

    @property
    def number(self) -> float | None:
        """The value of a plain number; None for anything else, pi and e included."""
        return self.value if self.op == "const" and not self.name else None

    def diff(self, name: str) -> Node:
        """Return the derivative by the variable ``name``; at a kink the right limit or the subgradient 0."""
        from lossland.expression.derivative import derivative

        return derivative(self, name)


def _intern(op: str, args: tuple[Node, ...], value: float = math.nan, name: str = "") -> Node:
    key = (op, value, name) if op == "const" else (op, args, name)
    node = _nodes.get(key)
    if node is None:
        node = Node()
        node.op, node.args, node.value, node.name = op, args, value, name
        _nodes[key] = node
    return node


def _from_rows(rows: Sequence[Row], tables: Sequence[table.Table]) -> Node:
    """Return the expression of a pickle. Unpickling ``tables`` has already registered them."""
    nodes: list[Node] = []
    for op, args, value, name in rows:
        nodes.append(_intern(op, tuple(nodes[index] for index in args), value, name))
    return nodes[-1]


def make(op: str, *args: Node) -> Node:
    """Return the node of an operation on nodes, exactly as given."""
    return _intern(op, args)


def constant(value: Number, name: str = "") -> Node:
    """Return a number as a node. A ``name`` is printed instead of the digits."""
    number = float(value) + 0.0  # turns -0.0 into 0.0
    return _intern("const", (), math.nan if math.isnan(number) else number, name)  # one nan, which is itself


def variable(name: str) -> Node:
    """Return the variable of that name."""
    return _intern("var", (), name=name)


pi = constant(math.pi, "pi")
e = constant(math.e, "e")


def as_node(value: object) -> Node:
    """Return a node as it is and a number as a constant; anything else raises TypeError."""
    if isinstance(value, Node):
        return value
    if isinstance(value, Real):
        return constant(float(value))
    raise TypeError(f"cannot use {type(value).__name__} in an expression")


def trace(function: Callable[..., Any], *names: str) -> Any:
    """Call ``function`` with one variable for each name and return the node, or tuple of nodes, it computes."""
    result = function(*map(variable, names))
    return as_node(result) if isinstance(result, Real) else result


def ordered(outputs: Sequence[Node], known: Collection[Node] = ()) -> list[Node]:
    """Return every node that the outputs need in topological order, arguments first. Iterative, so any depth is fine.

    Nodes that are already ``known`` are left out, with what only they need.
    """
    seen: set[Node] = set()
    result: list[Node] = []
    stack = [(node, False) for node in reversed(outputs)]
    while stack:
        node, expanded = stack.pop()
        if expanded:
            result.append(node)
        elif node not in seen and node not in known:
            seen.add(node)
            stack.append((node, True))
            stack.extend((arg, False) for arg in reversed(node.args))
    return result


def variables(*outputs: Node) -> set[str]:
    """Return the names of the variables that occur in the outputs."""
    return {node.name for node in ordered(outputs) if node.op == "var"}


def varies(node: Node) -> bool:
    """Return whether a variable occurs in an expression; usually found after a few nodes."""
    seen: set[Node] = set()
    stack = [node]
    while stack:
        one = stack.pop()
        if one.op == "var":
            return True
        if one not in seen:
            seen.add(one)
            stack.extend(one.args)
    return False


# --------------------------------------------------------------------- the operations on numbers and on arrays


def _sign(x: float) -> float:
    return x if x != x else float(x > 0) - float(x < 0)  # NumPy's bools have no difference


def _minimum(a: float, b: float) -> float:
    return a if a <= b or a != a else b


def _maximum(a: float, b: float) -> float:
    return a if a >= b or a != a else b


UNARY: dict[str, Callable[[float], float]] = {
    "exp": math.exp,
    "log": math.log,
    "log2": math.log2,
    "log10": math.log10,
    "sqrt": math.sqrt,
    "abs": abs,
    "sign": _sign,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "floor": lambda x: float(math.floor(x)),
    "ceil": lambda x: float(math.ceil(x)),
    "round": lambda x: float(round(x)),
}
"""Functions of one argument on Python floats. Out of range they raise; see `careful`."""

BINARY: dict[str, Callable[[float, float], float]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": math.pow,
    "atan2": math.atan2,
    "min": _minimum,
    "max": _maximum,
    "mod": lambda a, b: a - b * math.floor(a / b),
}
"""Operations of two arguments on Python floats."""

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "eq": operator.eq,
    "ne": operator.ne,
}

_OPERATORS = {"div": "truediv", **{op: op for op in ("add", "sub", "mul", "neg", "pow", *COMPARISONS)}}
"""The operations that arrays have operators for, by the names of Python's ``operator`` module."""

_IEEE: dict[str, Callable[..., np.floating]] = {
    **{name: getattr(np, name) for name in UNARY},
    "div": np.divide,
    "pow": np.power,
    "mod": lambda a, b: a - b * np.floor(np.divide(a, b)),
}


def on_floats(op: str) -> Callable[..., float]:
    """Return the operation on Python floats, which may raise."""
    if table.is_table(op):
        return table.on_floats(op)
    return UNARY.get(op) or BINARY.get(op) or COMPARISONS[op]


def careful(op: str) -> Callable[..., float]:
    """Return the operation on floats that gives inf or nan, as in IEEE 754, where Python would raise."""
    quick = on_floats(op)

    def operation(*args: float) -> float:
        try:
            return quick(*args)
        except (ZeroDivisionError, OverflowError, ValueError):
            with np.errstate(all="ignore"):
                return float(_IEEE[op](*args))

    return operation


_careful = {op: careful(op) for op in (*UNARY, *BINARY, *COMPARISONS)}


def value_of(node: Node) -> float | None:
    """Return the number that an expression without variables stands for; None for any other."""
    if node.op == "const":
        return node.value
    if not node.args or node.op == "where":
        return None
    args = [value_of(arg) for arg in node.args]
    numbers = [arg for arg in args if arg is not None]
    if len(numbers) < len(args):
        return None
    return -numbers[0] if node.op == "neg" else float((_careful.get(node.op) or careful(node.op))(*numbers))


def namespace(array: object) -> ModuleType:
    """Return the array-API namespace of an array: NumPy, CuPy, array_api_strict ..."""
    found = getattr(array, "__array_namespace__", None)
    if found is not None:
        return found()
    if type(array).__module__ == "cupy":  # its arrays follow the standard but have no __array_namespace__
        return sys.modules["cupy"]
    raise TypeError(f"cannot use {type(array).__name__} as an array")


@cache
def on_arrays(op: str, xp: ModuleType) -> Callable[..., Any]:
    """Return the operation on arrays of the namespace ``xp``. Its operands may be Python numbers, but not all."""
    if op == "where":
        return lambda test, a, b: _where(xp, test, a, b)
    if table.is_table(op):
        return table.on_arrays(op, xp)
    if op == "mod":
        return lambda a, b: a - b * xp.floor(a / b)
    if op in _OPERATORS:
        return getattr(operator, _OPERATORS[op])
    functions = {"atan2": "atan2", "min": "minimum", "max": "maximum"}
    if op in functions:
        function = getattr(xp, functions[op])
        return lambda a, b: function(*_alike(xp, a, b))
    return getattr(xp, op)


def _alike(xp: ModuleType, *values: Array | Number) -> list[Array]:
    """Turn Python numbers into arrays of the others' type: not every namespace's functions take numbers."""
    like = next(value for value in values if not isinstance(value, Number))
    return [xp.asarray(value, dtype=like.dtype) if isinstance(value, Number) else value for value in values]


def _where(xp: ModuleType, test: Array, a: Array | Number, b: Array | Number) -> Array:
    if isinstance(a, Number) and isinstance(b, Number):
        return xp.where(test, xp.asarray(float(a)), xp.asarray(float(b)))
    return xp.where(test, *_alike(xp, a, b))


# --------------------------------------------------------------------------------------- functions for authors


def _operate(op: str, *args: object) -> Any:
    """Apply an operation to numbers, nodes or arrays."""
    traced = False
    for arg in args:
        if isinstance(arg, Node):
            traced = True
        elif not isinstance(arg, (float, int, Real)):  # the first two are quick to test
            return _operate_on_arrays(op, args, arg)
    return make(op, *map(as_node, args)) if traced else _careful[op](*args)


def _operate_on_arrays(op: str, args: Sequence[object], array: object) -> object:
    """Apply an operation to arrays (``array`` is one of them) and numbers; nodes must be constants such as pi.

    Vectors are taken componentwise.
    """
    if any(isinstance(arg, Vector) for arg in args):
        return mapped(where if op == "where" else partial(_operate, op), *args)
    if any(isinstance(arg, Node) and variables(arg) for arg in args):
        if isinstance(array, np.ndarray):
            from lossland.expression.with_numpy import elementwise

            return elementwise(lambda *numbers: _operate(op, *numbers), args)
        raise TypeError(f"cannot mix a traced value with {type(array).__name__}")
    values = [_constant_value(arg) if isinstance(arg, Node) else arg for arg in args]
    return on_arrays(op, namespace(array))(*values)


def _constant_value(node: Node) -> float:
    from lossland.expression.program import Program

    return Program([node], ()).floats()[0]


def exp(x: V) -> V:
    """Return e^x."""
    return _operate("exp", x)


def log(x: V) -> V:
    """Return the natural logarithm; -inf at 0, nan below."""
    return _operate("log", x)


def log2(x: V) -> V:
    """Return the logarithm to base 2."""
    return _operate("log2", x)


def log10(x: V) -> V:
    """Return the logarithm to base 10."""
    return _operate("log10", x)


def sqrt(x: V) -> V:
    """Return the square root; its derivative at 0 is taken as 0."""
    return _operate("sqrt", x)


def abs_(x: V) -> V:
    """Return the absolute value; its derivative at 0 is 0."""
    return _operate("abs", x)


def sign(x: V) -> V:
    """Return -1, 0 or 1."""
    return _operate("sign", x)


def sin(x: V) -> V:
    """Return the sine of an angle in radians."""
    return _operate("sin", x)


def cos(x: V) -> V:
    """Return the cosine of an angle in radians."""
    return _operate("cos", x)


def tan(x: V) -> V:
    """Return the tangent of an angle in radians."""
    return _operate("tan", x)


def asin(x: V) -> V:
    """Return the inverse sine in radians."""
    return _operate("asin", x)


def acos(x: V) -> V:
    """Return the inverse cosine in radians."""
    return _operate("acos", x)


def atan(x: V) -> V:
    """Return the inverse tangent in radians."""
    return _operate("atan", x)


def atan2(y: V | float, x: V | float) -> V:
    """Return the angle of the point (x, y) in radians, from -pi to pi."""
    return _operate("atan2", y, x)


def sinh(x: V) -> V:
    """Return the hyperbolic sine."""
    return _operate("sinh", x)


def cosh(x: V) -> V:
    """Return the hyperbolic cosine."""
    return _operate("cosh", x)


def tanh(x: V) -> V:
    """Return the hyperbolic tangent."""
    return _operate("tanh", x)


def minimum(a: V | float, b: V | float) -> V:
    """Return the smaller value; nan if one is nan."""
    return _operate("min", a, b)


def maximum(a: V | float, b: V | float) -> V:
    """Return the larger value; nan if one is nan."""
    return _operate("max", a, b)


def floor(x: V) -> V:
    """Return the largest integer that is not above x."""
    return _operate("floor", x)


def ceil(x: V) -> V:
    """Return the smallest integer that is not below x."""
    return _operate("ceil", x)


def round_(x: V) -> V:
    """Return the nearest integer; halves go to the even one."""
    return _operate("round", x)


def mod(a: V | float, b: V | float) -> V:
    """Return a - b * floor(a / b), which has the sign of b."""
    return _operate("mod", a, b)


def where(test: object, a: Value, b: Value) -> Any:
    """Return ``a`` where the test holds, else ``b``."""
    if isinstance(test, bool):
        return a if test else b
    return _operate("where", test, a, b)

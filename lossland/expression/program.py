"""Expressions compiled to a flat list of steps, and its evaluation on floats and arrays.

A `Program` is what every target starts from: Python floats and arrays here, GLSL in ``glsl.py``. Integer powers become
products, constant parts are folded, and common subexpressions are computed once. Nothing else is reordered, so that
targets can be compared digit for digit.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, reduce
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lossland.expression.node import Array, Node, careful, namespace, on_arrays, on_floats, ordered
from lossland.expression.stable import stable
from lossland.expression.table import is_table

Floats = NDArray[np.floating]
Mask = NDArray[np.bool_]
Instruction = tuple[Callable[..., float], int, int, int]  # a function and the slots of its operands

BLOCK = 1 << 15
"""NumPy arrays are evaluated in blocks of about this many numbers, so that what is computed stays in the cache."""

NEAREST, FARTHEST = 1e-50, 1e50  # sizes of Python floats whose sixth powers are numbers
_COMMUTE = {"add", "mul", "eq", "ne"}
_ARRAYS_ONLY = {"where", "min", "max", "atan2"}  # functions, which take no Python numbers in every namespace
_NONE = -1
_NEG: Callable[[float], float] = operator.neg


class Step(NamedTuple):
    """One operation: its result goes to the next free slot. ``args`` are slots."""

    op: str
    args: tuple[int, ...]


class Program:
    """Expressions as steps over numbered slots: first the inputs, then the constants, then a slot for each step.

    ``inputs`` are variable names, ``constants`` floats, ``steps`` what to compute, and ``outputs`` the slots of the
    expressions that the program was made from. These are put into their numerically stable form first (see `stable`),
    unless they are to be computed ``as_given``.
    """

    inputs: tuple[str, ...]
    constants: tuple[float, ...]
    steps: tuple[Step, ...]
    outputs: tuple[int, ...]

    def __init__(self, expressions: Sequence[Node], inputs: Sequence[str], as_given: bool = False) -> None:
        self.inputs = tuple(inputs)
        build = _Build(self.inputs)
        expressions = expressions if as_given else stable(expressions)
        self.constants, self.steps, self.outputs = build.finish(build.lower(expressions))
        self._code = [_instruction(step, quick=True) for step in self.steps]
        self._careful_code: list[Instruction] | None = None
        self._last_use = self._find_last_uses()

    # ----------------------------------------------------------------------------------------- Python floats
    def floats(self, *values: float) -> list[float]:
        """Evaluate on Python floats, one for each input, and return one float for each expression.

        1/0, log(-1), exp(1000) and the like give inf or nan, as on arrays. Extreme inputs take the array path,
        which recomputes over- and underflows in a wider type.
        """
        if any(value and not NEAREST < abs(value) < FARTHEST for value in values):
            with np.errstate(all="ignore"):
                return [float(part[0]) for part in self._in_blocks([np.array([value]) for value in values])]
        try:
            return self._run(self._code, values)
        except (ZeroDivisionError, OverflowError, ValueError):
            if self._careful_code is None:
                self._careful_code = [_instruction(step, quick=False) for step in self.steps]
            return self._run(self._careful_code, values)

    def _run(self, code: list[Instruction], values: Sequence[float]) -> list[float]:
        slot = [*values, *self.constants]
        push = slot.append
        for function, i, j, k in code:
            if j < 0:
                push(function(slot[i]))
            elif k < 0:
                push(function(slot[i], slot[j]))
            else:
                push(function(slot[i], slot[j], slot[k]))
        return [slot[i] for i in self.outputs]

    # ------------------------------------------------------------------------------------------------ arrays
    def arrays(self, *values: Any) -> list[Any]:
        """Evaluate on arrays of one namespace and floating type that broadcast together, one for each input.

        All but the first may be Python floats; what depends on floats alone is computed in float64.

        Returns one array for each expression, of the type of the arguments and the shape they broadcast to.
        """
        xp = namespace(values[0])
        with np.errstate(all="ignore"):
            if xp is np:
                return self._in_blocks(values)
            like: Array = reduce(operator.add, values)
            return [self._full(xp, result, like) for result in self._arrays(xp, values)]

    def _full(self, xp: ModuleType, result: Array | float, like: Array) -> Array:
        if isinstance(result, float | int):
            return xp.zeros_like(like) + result
        return result if result.shape == like.shape else result + xp.zeros_like(like)

    def _in_blocks(self, values: Sequence[Floats]) -> list[Floats]:
        shape = np.broadcast_shapes(*map(np.shape, values))
        dtype = np.result_type(*values)
        results = [np.empty(shape, dtype) for _ in self.outputs]
        rows = shape[0] if shape else 1
        height = max(1, BLOCK * rows // max(1, math.prod(shape)))
        if rows <= height:
            self._store(values, results)
            return results
        for top in range(0, rows, height):
            block = slice(top, top + height)
            part = [v[block] if np.ndim(v) == len(shape) and v.shape[0] > 1 else v for v in values]
            self._store(part, [result[block] for result in results])
        return results

    def _store(self, values: Sequence[Floats], results: list[Floats]) -> None:
        range_of_numbers = _Range()
        with np.errstate(over="call", under="call", call=range_of_numbers.note):
            found = self._arrays(np, values, range_of_numbers)
        for result, value in zip(results, found, strict=True):
            result[...] = value
        wider = _wider(results[0].dtype) if results else None
        left = range_of_numbers.lost(results)
        if left is not None and wider is not None:
            shape = results[0].shape
            found = self._arrays(np, [np.broadcast_to(value, shape)[left].astype(wider) for value in values])
            for result, value in zip(results, found, strict=True):
                result[left] = value

    def _arrays(self, xp: ModuleType, values: Sequence[Any], watch: _Range | None = None) -> list[Any]:
        slot: list[Any] = [*values, *self.constants]
        like, mixed = values[0], any(isinstance(value, float) for value in values)
        for (op, args), finished in zip(self.steps, self._last_use, strict=True):
            operands = [slot[i] for i in args]
            if mixed and (number := _of_numbers(op, operands)) is not None:
                slot.append(number)
                continue
            if op in _ARRAYS_ONLY or is_table(op):
                operands = [xp.asarray(v, dtype=like.dtype) if isinstance(v, float) else v for v in operands]
            slot.append(on_arrays(op, xp)(*operands))
            if watch is not None and watch.noted:
                watch.record(op, operands, slot[-1])
            for i in finished:
                slot[i] = None  # frees the memory
        return [slot[i] for i in self.outputs]

    def _find_last_uses(self) -> list[list[int]]:
        """Return, for each step, the slots that are not needed after it."""
        first = len(self.inputs) + len(self.constants)
        needed = set(self.outputs)
        result: list[list[int]] = []
        for step in reversed(self.steps):
            result.append([i for i in dict.fromkeys(step.args) if i >= first and i not in needed])
            needed.update(step.args)
        return result[::-1]


def _of_numbers(op: str, operands: Sequence[Array | float]) -> Array | float | None:
    """Return the result of an operation on Python numbers, or the branch that a Python bool selects; else None."""
    if op == "where":
        return (operands[1] if operands[0] else operands[2]) if isinstance(operands[0], bool) else None
    return _on_numbers(op)(*operands) if all(isinstance(operand, float) for operand in operands) else None


@cache
def _on_numbers(op: str) -> Callable[..., float]:
    return _NEG if op == "neg" else careful(op)


class _Range:
    """Tracks the points at which intermediate products and powers of finite numbers over- or underflow.

    ``sqrt(x^2 + y^2)`` and its slopes are finite where the squares are not, or are 0: there they are computed again in
    a wider type. So are results that an overflowing exponential turns into nan, which is rare for ``stable`` forms.
    """

    def __init__(self) -> None:
        self.noted = False  # whether NumPy reported an error in the last step
        self.left: Mask | None = None  # mask of points where a product or power did, None: nowhere
        self.exploded: Mask | None = None  # mask of points where an exponential did

    def note(self, kind: str, flag: int) -> None:
        """Record that NumPy reported an overflow or underflow: a callback of `numpy.errstate`."""
        self.noted = True

    def record(self, op: str, operands: Sequence[Floats], result: Floats) -> None:
        """Find the points at which a step overflowed or underflowed."""
        self.noted = False
        if op not in ("mul", "pow", "exp", "sinh", "cosh"):
            return
        lost = np.isinf(result)
        for operand in operands:
            lost &= np.isfinite(operand)
        if op not in ("mul", "pow"):
            self.exploded = lost if self.exploded is None else self.exploded | lost
            return
        if op == "pow" or operands[0] is operands[1]:  # other products that underflow may be taken as 0
            lost |= (np.abs(result) < np.finfo(result.dtype).tiny) & (operands[0] != 0)
        if lost.any():
            self.left = lost if self.left is None else self.left | lost

    def lost(self, results: Sequence[Floats]) -> NDArray[np.bool_] | None:
        """Return the mask of points to compute again, None if there are none."""
        found = None if self.left is None else np.broadcast_to(self.left, results[0].shape)
        if self.exploded is None or not np.any(self.exploded):
            return found
        exploded = np.broadcast_to(self.exploded, results[0].shape)
        nothing = np.zeros(results[0].shape, bool)
        for result in results:
            nothing |= np.isnan(result)
        return exploded & nothing if found is None else found | (exploded & nothing)


@cache
def _wider(dtype: np.dtype) -> np.dtype | None:
    """Return a floating type with a wider exponent range, or None: long double is not wider on every platform."""
    for kind in (np.float64, np.longdouble):
        if np.finfo(kind).maxexp > np.finfo(dtype).maxexp:
            return np.dtype(kind)
    return None


class _Build:
    """The slots of a program under construction: each is an input, a number or a step, before the final numbering."""

    def __init__(self, inputs: tuple[str, ...]) -> None:
        self.inputs = inputs
        self.items: list[str | float | Step] = list(inputs)
        self.known: dict[object, int] = {name: i for i, name in enumerate(inputs)}
        self.slot_of: dict[Node, int] = {}

    def lower(self, expressions: Sequence[Node]) -> list[int]:
        """Create the slots that the expressions need and return those of the expressions themselves."""
        for node in ordered(expressions):
            self.slot_of[node] = self._lower(node)
        return [self.slot_of[node] for node in expressions]

    def _lower(self, node: Node) -> int:
        if node.op == "const":
            return self._number(node.value)
        if node.op == "var":
            if node.name not in self.known:
                raise KeyError(f"no value is given for the variable {node.name!r}")
            return self.known[node.name]
        args = [self.slot_of[arg] for arg in node.args]
        if node.op == "pow":
            return self._power(*args)
        return self._step(node.op, *args)

    def _number(self, value: float) -> int:
        key = ("number", repr(value))
        if key not in self.known:
            self.known[key] = len(self.items)
            self.items.append(value)
        return self.known[key]

    def _step(self, op: str, *args: int) -> int:
        numbers = [number for i in args if isinstance(number := self.items[i], float)]
        if op == "where":
            test = self.items[args[0]]
            if isinstance(test, float):
                return args[1] if test else args[2]
        elif len(numbers) == len(args):
            return self._number(-numbers[0] if op == "neg" else float(careful(op)(*numbers)))
        if op in _COMMUTE and args[0] > args[1]:
            args = args[::-1]
        step = Step(op, args)
        if step not in self.known:
            self.known[step] = len(self.items)
            self.items.append(step)
        return self.known[step]

    def _power(self, base: int, exponent: int) -> int:
        value = self.items[exponent]
        if not isinstance(value, float) or isinstance(self.items[base], float):
            return self._step("pow", base, exponent)
        if abs(value) == 0.5:
            root = self._step("sqrt", base)
            return root if value > 0 else self._step("div", self._number(1.0), root)
        if not value.is_integer() or abs(value) > 1e6:
            return self._step("pow", base, exponent)
        if value < 0:
            return self._step("div", self._number(1.0), self._product(base, int(-value)))
        return self._product(base, int(value))

    def _product(self, base: int, count: int) -> int:
        """Return base^count by repeated squaring."""
        result: int | None = None
        while count:
            if count & 1:
                result = base if result is None else self._step("mul", result, base)
            count >>= 1
            if count:
                base = self._step("mul", base, base)
        return self._number(1.0) if result is None else result

    def finish(self, outputs: list[int]) -> tuple[tuple[float, ...], tuple[Step, ...], tuple[int, ...]]:
        """Renumber the slots as inputs, constants, steps, without those that no output needs."""
        needed = set(outputs)
        for i in range(len(self.items) - 1, -1, -1):
            item = self.items[i]
            if i in needed and isinstance(item, Step):
                needed.update(item.args)
        constants = {i: item for i, item in enumerate(self.items) if i in needed and isinstance(item, float)}
        steps = {i: item for i, item in enumerate(self.items) if i in needed and isinstance(item, Step)}
        order = [*range(len(self.inputs)), *constants, *steps]
        number = {old: new for new, old in enumerate(order)}
        renumbered = tuple(Step(step.op, tuple(number[i] for i in step.args)) for step in steps.values())
        return tuple(constants.values()), renumbered, tuple(number[i] for i in outputs)


def _choose(test: float, a: float, b: float) -> float:
    return a if test else b


def _instruction(step: Step, quick: bool) -> Instruction:
    """Return (function, slot, slot, slot) of a step on Python floats; missing operands are -1."""
    i, j, k = (*step.args, _NONE, _NONE)[:3]
    if step.op == "where":
        return _choose, i, j, k
    if step.op == "neg":
        return _NEG, i, j, k
    if quick:
        return on_floats(step.op), i, j, k
    return careful(step.op), i, j, k


@lru_cache(maxsize=64)
def _program(expressions: tuple[Node, ...], inputs: tuple[str, ...]) -> Program:
    return Program(expressions, inputs)


def evaluate(expressions: Sequence[Node], values: Mapping[str, Any]) -> list[Any]:
    """Evaluate expressions for named values: all Python floats, or arrays that broadcast together.

    Returns one float or array for each expression. To evaluate the same expressions many times, make a `Program`.
    """
    program = _program(tuple(expressions), tuple(values))
    if all(isinstance(value, int | float) for value in values.values()):
        return program.floats(*map(float, values.values()))
    arrays = [value for value in values.values() if not isinstance(value, int | float)]
    xp, like = namespace(arrays[0]), arrays[0]
    return program.arrays(
        *(xp.asarray(v, dtype=like.dtype) if isinstance(v, int | float) else v for v in values.values())
    )

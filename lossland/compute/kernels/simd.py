"""Arithmetic on vectors of numbers, written down as LLVM's assembly language.

`Vector` overloads Python's operators: ``a * b + c`` appends two instructions to the `Code` that a and b belong to.
So elementary functions and kernels are written as mathematics, and every lane computes the same, without branches.
Nothing is reordered, and NaN and infinity keep their meaning.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# What LLVM may do: fuse a product and a sum, divide by multiplying with a reciprocal. Not: reorder sums, which would
# break the argument reductions; nor take it that there is no NaN, which would break the tests for it.
FLAGS = "nsz arcp contract"

# What functions say of themselves: they may use registers of 512 bits where the processor has them.
WIDE = 'nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512"'

BITS = {"float": 32, "double": 64}
INTRINSIC_SUFFIX = {"float": "f32", "double": "f64", "i32": "i32", "i64": "i64"}


class Code:
    """The body of a function: instructions in the order they were written, and the intrinsic functions they need."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.declarations: set[str] = set()
        self._count = 0
        self._block = "entry"

    def write(self, instruction: str) -> str:
        """Append an instruction and return the name of its result."""
        self._count += 1
        self.lines.append(f"  %v{self._count} = {instruction}")
        return f"%v{self._count}"

    def act(self, instruction: str) -> None:
        """Append an instruction that has no result."""
        self.lines.append(f"  {instruction}")

    def label(self, block: str) -> None:
        """Begin a block."""
        self.lines.append(f"{block}:")
        self._block = block

    @contextmanager
    def only_if(self, name: str, test: str) -> Iterator[None]:
        """Do what is written inside only if the truth ``test`` holds."""
        self.act(f"br i1 {test}, label %{name}.then, label %{name}.done")
        self.label(f"{name}.then")
        yield
        self.act(f"br label %{name}.done")
        self.label(f"{name}.done")

    @contextmanager
    def loop(self, name: str, stop: str, stride: int = 1, carried: str = "") -> Iterator[str]:
        """Repeat what is written inside for an index of 0, ``stride``, ... below ``stop``, but at least once.

        Yields the index. A mask that starts as false can be carried along: ``carried`` is its type, ``%{name}.mask``
        its value, and ``%{name}.mask.next`` what the body makes of it.
        """
        self.act(f"br label %{name}.begin")
        before = self._block
        self.label(f"{name}.begin")
        self.act(f"%{name} = phi i64 [ 0, %{before} ], [ %{name}.next, %{name}.end ]")
        if carried:
            masks = f"[ zeroinitializer, %{before} ], [ %{name}.mask.next, %{name}.end ]"
            self.act(f"%{name}.mask = phi {carried} {masks}")
        yield f"%{name}"
        self.act(f"br label %{name}.end")
        self.label(f"{name}.end")
        self.act(f"%{name}.next = add nuw nsw i64 %{name}, {stride}")
        self.act(f"%{name}.more = icmp slt i64 %{name}.next, {stop}")
        self.act(f"br i1 %{name}.more, label %{name}.begin, label %{name}.done")
        self.label(f"{name}.done")


class Vector:
    """``lanes`` values of one kind: ``float``, ``double``, whole numbers ``i32``, ``i64``, or truths ``i1``.

    The other operand of an operator may be a Python number. Whole numbers wrap around; ``>>`` shifts in zeros.
    """

    __slots__ = ("code", "kind", "lanes", "name")

    def __init__(self, code: Code, kind: str, lanes: int, name: str) -> None:
        self.code, self.kind, self.lanes, self.name = code, kind, lanes, name

    @property
    def type(self) -> str:
        """The vector's type in LLVM's language."""
        return f"<{self.lanes} x {self.kind}>"

    @property
    def is_float(self) -> bool:
        """Whether the lanes are floating-point numbers."""
        return self.kind in BITS

    @property
    def whole_kind(self) -> str:
        """The kind of whole numbers that take as many bits."""
        return f"i{BITS[self.kind]}"

    def like(self, value: float) -> Vector:
        """Return a number as a vector of this kind."""
        return number(self.code, self.kind, self.lanes, value)

    def _result(self, instruction: str, kind: str | None = None) -> Vector:
        return Vector(self.code, kind or self.kind, self.lanes, self.code.write(instruction))

    def _of(self, other: Any) -> Vector:
        return other if isinstance(other, Vector) else self.like(other)

    def _binary(self, on_floats: str, on_whole: str, other: Any, swapped: bool = False) -> Vector:
        a, b = self, self._of(other)
        if swapped:
            a, b = b, a
        operation = f"{on_floats} {FLAGS}" if self.is_float else on_whole
        return self._result(f"{operation} {self.type} {a.name}, {b.name}")

    def __add__(self, other: Any) -> Vector:
        return self._binary("fadd", "add", other)

    def __radd__(self, other: Any) -> Vector:
        return self._binary("fadd", "add", other, swapped=True)

    def __sub__(self, other: Any) -> Vector:
        return self._binary("fsub", "sub", other)

    def __rsub__(self, other: Any) -> Vector:
        return self._binary("fsub", "sub", other, swapped=True)

    def __mul__(self, other: Any) -> Vector:
        return self._binary("fmul", "mul", other)

    def __rmul__(self, other: Any) -> Vector:
        return self._binary("fmul", "mul", other, swapped=True)

    def __truediv__(self, other: Any) -> Vector:
        return self._binary("fdiv", "", other)

    def __rtruediv__(self, other: Any) -> Vector:
        return self._binary("fdiv", "", other, swapped=True)

    def __neg__(self) -> Vector:
        return self._result(f"fneg {FLAGS} {self.type} {self.name}")

    def __abs__(self) -> Vector:
        return self.call("fabs")

    def __and__(self, other: Any) -> Vector:
        return self._binary("", "and", other)

    def __or__(self, other: Any) -> Vector:
        return self._binary("", "or", other)

    def __xor__(self, other: Any) -> Vector:
        return self._binary("", "xor", other)

    def __lshift__(self, other: Any) -> Vector:
        return self._binary("", "shl", other)

    def __rshift__(self, other: Any) -> Vector:
        return self._binary("", "lshr", other)

    def __invert__(self) -> Vector:
        return self ^ self.like(-1)

    def halved(self) -> Vector:
        """Return whole numbers halved, rounded down."""
        return self._result(f"ashr {self.type} {self.name}, {self.like(1).name}")

    # Comparisons are false where an operand is NaN, but for ``differs``.
    def _compare(self, test: str, other: Any) -> Vector:
        return self._result(f"fcmp {test} {self.type} {self.name}, {self._of(other).name}", "i1")

    def __lt__(self, other: Any) -> Vector:
        return self._compare("olt", other)

    def __le__(self, other: Any) -> Vector:
        return self._compare("ole", other)

    def __gt__(self, other: Any) -> Vector:
        return self._compare("ogt", other)

    def __ge__(self, other: Any) -> Vector:
        return self._compare("oge", other)

    def equals(self, other: Any) -> Vector:
        """Return where floating-point numbers are equal."""
        return self._compare("oeq", other)

    def differs(self, other: Any) -> Vector:
        """Return where floating-point numbers differ; NaN differs from everything."""
        return self._compare("une", other)

    def any_bit(self, mask: int) -> Vector:
        """Return where whole numbers have one of the mask's bits."""
        return self._result(f"icmp ne {self.type} {(self & mask).name}, {self.like(0).name}", "i1")

    def where(self, yes: Any, no: Any) -> Vector:
        """Return ``yes`` in the lanes where this holds, else ``no``; one of them may be a Python number."""
        like = yes if isinstance(yes, Vector) else no
        a, b = like._of(yes), like._of(no)
        return like._result(f"select {self.type} {self.name}, {a.type} {a.name}, {b.type} {b.name}")

    def call(self, function: str, *others: Any) -> Vector:
        """Return one of LLVM's own functions, such as ``sqrt`` or ``floor``."""
        operands = [self, *map(self._of, others)]
        name = f"@llvm.{function}.v{self.lanes}{INTRINSIC_SUFFIX[self.kind]}"
        self.code.declarations.add(f"declare {self.type} {name}({', '.join(self.type for _ in operands)})")
        given = ", ".join(f"{value.type} {value.name}" for value in operands)
        return self._result(f"call {FLAGS if self.is_float else ''} {self.type} {name}({given})")

    def bits(self) -> Vector:
        """Return floating-point numbers' bits as whole numbers."""
        return self._result(f"bitcast {self.type} {self.name} to <{self.lanes} x {self.whole_kind}>", self.whole_kind)

    def as_float(self) -> Vector:
        """Return the floating-point numbers that have these bits."""
        kind = "float" if self.kind == "i32" else "double"
        return self._result(f"bitcast {self.type} {self.name} to <{self.lanes} x {kind}>", kind)

    def to(self, kind: str) -> Vector:
        """Return the nearest floating-point numbers of the other size."""
        if kind == self.kind:
            return self
        operation = "fpext" if kind == "double" else "fptrunc"
        return self._result(f"{operation} {self.type} {self.name} to <{self.lanes} x {kind}>", kind)


def number(code: Code, kind: str, lanes: int, value: float) -> Vector:
    """Return a Python number in every lane."""
    if kind in BITS:
        if kind == "float":
            value = struct.unpack("f", struct.pack("f", value))[0] if abs(value) < 3.5e38 else value
        text = f"0x{struct.pack('>d', value).hex().upper()}"
    elif kind == "i1":
        text = "true" if value else "false"
    else:
        text = str(int(value))
    return Vector(code, kind, lanes, f"splat ({kind} {text})")


def spread(code: Code, kind: str, lanes: int, scalar: str) -> Vector:
    """Return one value of the program, named ``scalar``, in every lane."""
    first = code.write(f"insertelement <{lanes} x {kind}> poison, {kind} {scalar}, i64 0")
    name = code.write(
        f"shufflevector <{lanes} x {kind}> {first}, <{lanes} x {kind}> poison, <{lanes} x i32> zeroinitializer"
    )
    return Vector(code, kind, lanes, name)


def load(code: Code, kind: str, lanes: int, pointer: str) -> Vector:
    """Return consecutive values from memory."""
    align = int(kind[1:]) // 8 if kind[0] == "i" else BITS[kind] // 8
    return Vector(code, kind, lanes, code.write(f"load <{lanes} x {kind}>, ptr {pointer}, align {align}"))


def store(vector: Vector, pointer: str) -> None:
    """Write consecutive values to memory."""
    align = BITS[vector.kind] // 8
    vector.code.act(f"store {vector.type} {vector.name}, ptr {pointer}, align {align}")

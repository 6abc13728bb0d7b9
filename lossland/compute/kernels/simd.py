"""Arithmetic on SIMD vectors, emitted as LLVM assembly.

`Vector` overloads Python's operators: ``a * b + c`` appends two instructions to the `Code` that a and b belong to.
So elementary functions and kernels are written as mathematics. All lanes compute the same, without branches; nothing is
reordered, and NaN and infinity keep their meaning.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import numpy as np

# LLVM may replace division by multiplication with a reciprocal. It may not reorder sums, which would break the range
# reductions; assume that there is no NaN, which would break the tests for it; or choose which products to fuse with
# sums (see `Vector`).
FLAGS = "nsz arcp"

# Function attributes: 512-bit registers may be used where the processor has them.
WIDE = 'nounwind "min-legal-vector-width"="512" "prefer-vector-width"="512"'

BITS = {"float": 32, "double": 64}
INTRINSIC_SUFFIX = {"float": "f32", "double": "f64", "i32": "i32", "i64": "i64"}

T = TypeVar("T")


class Code:
    """The body of a function: instructions in the order they were emitted, and the intrinsics they need."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.declarations: set[str] = set()
        self.known: dict[tuple[str, str], Any] = {}  # results computed from a value, by its name: see `once`
        self._count = 0
        self._block = "entry"
        self._guards: list[Vector] | None = None

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
        """Execute the code emitted inside only if the i1 ``test`` holds."""
        self.act(f"br i1 {test}, label %{name}.then, label %{name}.done")
        self.label(f"{name}.then")
        yield
        self.act(f"br label %{name}.done")
        self.label(f"{name}.done")

    def once(self, what: str, value: Vector, compute: Callable[[], T]) -> T:
        """Return what ``compute`` emits for a value, emitted only the first time.

        For code with branches, which LLVM's common subexpression elimination does not merge. It must be used in the
        loop in which the value is computed.
        """
        key = (what, value.name)
        if key not in self.known:
            self.known[key] = compute()
        return self.known[key]

    def corrected(self, test: Vector, values: Sequence[Vector], better: Callable[[], Sequence[Vector]]) -> list[Vector]:
        """Return the values, replaced by those of ``better`` in lanes where the test holds.

        ``better`` is only computed if it holds in some lane, which must be rare. While `guarding`, nothing is corrected
        and the test is only recorded.
        """
        if self._guards is not None:
            self._guards.append(test)
            return list(values)
        self._count += 1
        name, somewhere = f"rare{self._count}", test.anywhere()
        before = self._block
        self.act(f"br i1 {somewhere}, label %{name}.some, label %{name}.done")
        self.label(f"{name}.some")
        chosen = [test.where(other, value) for other, value in zip(better(), values, strict=True)]
        after = self._block
        self.act(f"br label %{name}.done")
        self.label(f"{name}.done")
        return [
            Vector(
                self, one.kind, one.lanes,
                self.write(f"phi {one.type} [ {one.name}, %{before} ], [ {other.name}, %{after} ]"),
            )
            for one, other in zip(values, chosen, strict=True)
        ]  # fmt: skip

    @contextmanager
    def guarding(self) -> Iterator[list[Vector]]:
        """Emit what follows without corrections, and yield the list of their tests, the guards.

        Branches keep a processor from interleaving several vectors. Where a guard holds in any lane, the results are
        invalid and must be computed again outside of this block.
        """
        guards: list[Vector] = []
        self._guards, self.known = guards, {}
        yield guards
        self._guards, self.known = None, {}

    @contextmanager
    def loop(self, name: str, stop: str, stride: int | str = 1, carried: Sequence[Vector] = ()) -> Iterator[Loop]:
        """Repeat the code emitted inside for an index of 0, ``stride``, ... below ``stop``, but at least once.

        ``carried`` are the initial values of loop-carried variables (see `Loop`).
        """
        self.act(f"br label %{name}.begin")
        before = self._block
        self.label(f"{name}.begin")
        self.act(f"%{name} = phi i64 [ 0, %{before} ], [ %{name}.next, %{name}.end ]")
        position = len(self.lines)
        values = [Vector(self, first.kind, first.lanes, f"%{name}.{k}") for k, first in enumerate(carried)]
        loop = Loop(f"%{name}", values)
        yield loop
        self.act(f"br label %{name}.end")
        self.label(f"{name}.end")
        self.act(f"%{name}.next = add nuw nsw i64 %{name}, {stride}")
        self.act(f"%{name}.more = icmp slt i64 %{name}.next, {stop}")
        self.act(f"br i1 %{name}.more, label %{name}.begin, label %{name}.done")
        self.label(f"{name}.done")
        self.lines[position:position] = [
            f"  {value.name} = phi {value.type} [ {first.name}, %{before} ], [ {after.name}, %{name}.end ]"
            for value, first, after in zip(values, carried, loop.after, strict=True)
        ]


@dataclass
class Loop:
    """A loop that is being emitted: its ``index``, and the ``values`` of its loop-carried variables.

    The body puts their next values into ``after``; after the loop these are the final ones.
    """

    index: str
    values: list[Vector]
    after: list[Vector] = field(default_factory=list)


Operand: TypeAlias = "Vector | float"  # a Python number is the same in all lanes


class Vector:
    """``lanes`` values of one kind: ``float``, ``double``, integers ``i32``, ``i64``, or booleans ``i1``.

    The other operand of an operator may be a Python number. Integers wrap around; ``>>`` is a logical shift.

    A product that is added to something becomes a fused multiply-add where the processor has one. That is decided here,
    by the ``factors`` that a product remembers, and not by LLVM: its choice depends on other uses of the product, so
    that the same step could be rounded differently in two loops.
    """

    __slots__ = ("code", "factors", "kind", "lanes", "name")

    def __init__(
        self, code: Code, kind: str, lanes: int, name: str, factors: tuple[Vector, Vector] | None = None
    ) -> None:
        self.code, self.kind, self.lanes, self.name, self.factors = code, kind, lanes, name, factors

    @property
    def type(self) -> str:
        """The vector's LLVM type."""
        return f"<{self.lanes} x {self.kind}>"

    @property
    def is_float(self) -> bool:
        """Whether the lanes are floating-point numbers."""
        return self.kind in BITS

    @property
    def whole_kind(self) -> str:
        """The integer kind of the same width."""
        return f"i{BITS[self.kind]}"

    def like(self, value: float) -> Vector:
        """Return a number as a vector of this kind."""
        return number(self.code, self.kind, self.lanes, value)

    def _result(self, instruction: str, kind: str | None = None) -> Vector:
        return Vector(self.code, kind or self.kind, self.lanes, self.code.write(instruction))

    def _of(self, other: Operand) -> Vector:
        return other if isinstance(other, Vector) else self.like(other)

    def _binary(self, on_floats: str, on_whole: str, other: Operand, swapped: bool = False) -> Vector:
        a, b = self, self._of(other)
        if swapped:
            a, b = b, a
        operation = f"{on_floats} {FLAGS}" if self.is_float else on_whole
        return self._result(f"{operation} {self.type} {a.name}, {b.name}")

    def __add__(self, other: Operand) -> Vector:
        other = self._of(other)
        for product, rest in ((self, other), (other, self)):
            if product.factors:
                return product.factors[0].call("fmuladd", product.factors[1], rest)
        return self._binary("fadd", "add", other)

    def __radd__(self, other: Operand) -> Vector:
        return self._of(other) + self

    def __sub__(self, other: Operand) -> Vector:
        other = self._of(other)
        if self.factors:
            return self.factors[0].call("fmuladd", self.factors[1], -other)
        if other.factors:
            return (-other.factors[0]).call("fmuladd", other.factors[1], self)
        return self._binary("fsub", "sub", other)

    def __rsub__(self, other: Operand) -> Vector:
        return self._of(other) - self

    def __mul__(self, other: Operand) -> Vector:
        other = self._of(other)
        product = self._binary("fmul", "mul", other)
        if self.is_float:
            product.factors = self, other
        return product

    def __rmul__(self, other: Operand) -> Vector:
        return self._of(other) * self

    def __truediv__(self, other: Operand) -> Vector:
        return self._binary("fdiv", "", other)

    def __rtruediv__(self, other: Operand) -> Vector:
        return self._binary("fdiv", "", other, swapped=True)

    def __neg__(self) -> Vector:
        return self._result(f"fneg {FLAGS} {self.type} {self.name}")

    def __abs__(self) -> Vector:
        return self.call("fabs")

    def __and__(self, other: Operand) -> Vector:
        return self._binary("", "and", other)

    def __or__(self, other: Operand) -> Vector:
        return self._binary("", "or", other)

    def __xor__(self, other: Operand) -> Vector:
        return self._binary("", "xor", other)

    def __lshift__(self, other: Operand) -> Vector:
        return self._binary("", "shl", other)

    def __rshift__(self, other: Operand) -> Vector:
        return self._binary("", "lshr", other)

    def __invert__(self) -> Vector:
        return self ^ self.like(-1)

    def halved(self) -> Vector:
        """Return integers divided by 2, rounded down."""
        return self._result(f"ashr {self.type} {self.name}, {self.like(1).name}")

    # Comparisons are false where an operand is NaN, but for ``differs``.
    def _compare(self, test: str, other: Operand) -> Vector:
        return self._result(f"fcmp {test} {self.type} {self.name}, {self._of(other).name}", "i1")

    def __lt__(self, other: Operand) -> Vector:
        return self._compare("olt", other)

    def __le__(self, other: Operand) -> Vector:
        return self._compare("ole", other)

    def __gt__(self, other: Operand) -> Vector:
        return self._compare("ogt", other)

    def __ge__(self, other: Operand) -> Vector:
        return self._compare("oge", other)

    def equals(self, other: Operand) -> Vector:
        """Return where floating-point numbers are equal."""
        return self._compare("oeq", other)

    def differs(self, other: Operand) -> Vector:
        """Return where floating-point numbers differ; NaN differs from everything."""
        return self._compare("une", other)

    def any_bit(self, mask: int) -> Vector:
        """Return where integers have any of the mask's bits set."""
        return self._result(f"icmp ne {self.type} {(self & mask).name}, {self.like(0).name}", "i1")

    def where(self, yes: Operand, no: Operand) -> Vector:
        """Return ``yes`` in the lanes where this holds, else ``no``; one of them may be a Python number."""
        like = next(one for one in (yes, no) if isinstance(one, Vector))
        a, b = like._of(yes), like._of(no)
        return like._result(f"select {self.type} {self.name}, {a.type} {a.name}, {b.type} {b.name}")

    def shortened(self) -> Vector:
        """Return 64-bit integers truncated to 32 bits."""
        return self._result(f"trunc {self.type} {self.name} to <{self.lanes} x i32>", "i32")

    def call(self, function: str, *others: Operand) -> Vector:
        """Return the result of an LLVM intrinsic, such as ``sqrt`` or ``floor``."""
        operands = [self, *map(self._of, others)]
        name = f"@llvm.{function}.v{self.lanes}{INTRINSIC_SUFFIX[self.kind]}"
        self.code.declarations.add(f"declare {self.type} {name}({', '.join(self.type for _ in operands)})")
        given = ", ".join(f"{value.type} {value.name}" for value in operands)
        return self._result(f"call {FLAGS if self.is_float else ''} {self.type} {name}({given})")

    def everywhere(self) -> str:
        """Return the name of an i1: whether this holds in all lanes."""
        return self._reduced("and")

    def anywhere(self) -> str:
        """Return the name of an i1: whether this holds in any lane."""
        return self._reduced("or")

    def _reduced(self, how: str) -> str:
        name = f"@llvm.vector.reduce.{how}.v{self.lanes}i1"
        self.code.declarations.add(f"declare i1 {name}({self.type})")
        return self.code.write(f"call i1 {name}({self.type} {self.name})")

    def rounded(self) -> Vector:
        """Return a product that is not fused with a later addition."""
        return Vector(self.code, self.kind, self.lanes, self.name)

    def product(self, other: Operand) -> tuple[Vector, Vector]:
        """Return a product in two parts whose sum is exact: the rounded product, and the rounding error."""
        high = (self * other).rounded()
        return high, self.call("fma", other, -high)

    def looked_up(self, name: str, table: Sequence[int]) -> Vector:
        """Return the entries of a table of integers at these i64 indices. Slow."""
        entries = ", ".join(f"i64 {entry}" for entry in table)
        self.code.declarations.add(f"@{name} = internal constant [{len(table)} x i64] [{entries}]")
        found = "poison"
        for lane in range(self.lanes):
            index = self.code.write(f"extractelement {self.type} {self.name}, i64 {lane}")
            pointer = self.code.write(f"getelementptr i64, ptr @{name}, i64 {index}")
            entry = self.code.write(f"load i64, ptr {pointer}")
            found = self.code.write(f"insertelement {self.type} {found}, i64 {entry}, i64 {lane}")
        return Vector(self.code, self.kind, self.lanes, found)

    def bits(self) -> Vector:
        """Return the bits of floating-point numbers as integers."""
        return self._result(f"bitcast {self.type} {self.name} to <{self.lanes} x {self.whole_kind}>", self.whole_kind)

    def as_float(self) -> Vector:
        """Return the floating-point numbers that have these bits."""
        kind = "float" if self.kind == "i32" else "double"
        return self._result(f"bitcast {self.type} {self.name} to <{self.lanes} x {kind}>", kind)

    def to(self, kind: str) -> Vector:
        """Convert to ``float`` or ``double``."""
        if kind == self.kind:
            return self
        operation = "fpext" if kind == "double" else "fptrunc"
        return self._result(f"{operation} {self.type} {self.name} to <{self.lanes} x {kind}>", kind)


def number(code: Code, kind: str, lanes: int, value: float) -> Vector:
    """Return a Python number in every lane."""
    if kind in BITS:
        if kind == "float":
            with np.errstate(all="ignore"):  # what exceeds a float32 becomes infinity
                value = float(np.float32(value))
        text = f"0x{struct.pack('>d', value).hex().upper()}"
    elif kind == "i1":
        text = "true" if value else "false"
    else:
        text = str(int(value))
    return Vector(code, kind, lanes, f"splat ({kind} {text})")


def spread(code: Code, kind: str, lanes: int, scalar: str) -> Vector:
    """Broadcast a scalar value, by its name, to every lane."""
    first = code.write(f"insertelement <{lanes} x {kind}> poison, {kind} {scalar}, i64 0")
    name = code.write(
        f"shufflevector <{lanes} x {kind}> {first}, <{lanes} x {kind}> poison, <{lanes} x i32> zeroinitializer"
    )
    return Vector(code, kind, lanes, name)


def load(code: Code, kind: str, lanes: int, pointer: str) -> Vector:
    """Load consecutive values from memory."""
    return Vector(code, kind, lanes, code.write(f"load <{lanes} x {kind}>, ptr {pointer}, align {_bytes(kind)}"))


def store(vector: Vector, pointer: str) -> None:
    """Store consecutive values to memory."""
    vector.code.act(f"store {vector.type} {vector.name}, ptr {pointer}, align {_bytes(vector.kind)}")


def _bytes(kind: str) -> int:
    return (int(kind[1:]) if kind[0] == "i" else BITS[kind]) // 8

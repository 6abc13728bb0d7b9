"""Runs PTX, the assembly language that NVRTC makes of a kernel, on NumPy arrays: what a GPU would be given.

One NumPy operation does an instruction for all threads; threads that branch away wait until the others come by. Only
what our kernels need: no barriers, no shared memory, no atomics; anything unknown raises. So do loads and stores that
are misaligned, outside the arrays, or read what was never written. Approximate instructions are computed exactly and
rounded. Source: Parallel Thread Execution ISA, version 9.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

TYPES: dict[str, Any] = {
    **{"u8": np.uint8, "b8": np.uint8, "u16": np.uint16, "s16": np.int16, "b16": np.uint16},
    **{"u32": np.uint32, "s32": np.int32, "b32": np.uint32, "u64": np.uint64, "s64": np.int64, "b64": np.uint64},
    **{"f32": np.float32, "f64": np.float64, "pred": np.bool_},
}
WIDER: dict[Any, Any] = {np.uint32: np.uint64, np.int32: np.int64}
GAP = 256  # unmapped bytes between two arrays


class PtxError(RuntimeError):
    """The kernel did what no kernel may do, or something this interpreter does not know."""


@dataclass
class Instruction:
    """``@guard op.more.parts operands``. The guard is a predicate register, ``!`` before it turns it round."""

    guard: str
    parts: list[str]
    operands: list[str]


@dataclass
class Kernel:
    """A parsed kernel: its parameters as (name, bytes), its instructions, and where its labels stand."""

    parameters: list[tuple[str, int]] = field(default_factory=list)
    registers: dict[str, Any] = field(default_factory=dict)  # prefix or name -> type
    code: list[Instruction] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    local: dict[str, int] = field(default_factory=dict)  # arrays of each thread, by size
    constants: dict[str, np.ndarray] = field(default_factory=dict)  # arrays of the module


def parse(ptx: str) -> Kernel:
    """Read a module with one kernel."""
    text = re.sub(r"//[^\n]*", "", ptx)
    kernel = Kernel()
    head, _, rest = text.partition(".entry")
    for kind, name, values in re.findall(r"\.global \.align \d+ \.(\w+) (\w+)\[\d+\] = \{([^}]*)\}", head):
        kernel.constants[name] = np.array([int(value) for value in values.split(",")], TYPES[kind]).view(np.uint8)
    parameters, body = re.fullmatch(r"[^(]*\((.*?)\)[^{]*\{(.*)\}\s*", rest, re.DOTALL).groups()  # type: ignore[union-attr]
    for kind, name in re.findall(r"\.param \.(\w+) (\w+)", parameters):
        kernel.parameters.append((name, np.dtype(TYPES[kind]).itemsize))
    body = re.sub(r"(\$\w+:)", r"\1;", body)
    for statement in _statements(body):
        _read(kernel, statement)
    return kernel


def _statements(body: str) -> list[str]:
    """Return statements without the braces of blocks; braces around operands stay."""
    body = re.sub(r"([;}{]|^)\s*\{", r"\1;", body)
    body = re.sub(r";\s*\}", ";", body)
    return [statement for part in body.split(";") if (statement := " ".join(part.split()))]


def _read(kernel: Kernel, statement: str) -> None:
    if statement.endswith(":"):
        kernel.labels[statement[:-1]] = len(kernel.code)
    elif match := re.fullmatch(r"\.reg \.(\w+) (.+)", statement):
        for name in match[2].split(","):
            kernel.registers[name.strip().partition("<")[0]] = TYPES[match[1]]
    elif match := re.fullmatch(r"\.local \.align \d+ \.b8 (\w+)\[(\d+)\]", statement):
        kernel.local[match[1]] = int(match[2])
    elif statement.startswith(".pragma"):
        pass
    elif match := re.fullmatch(r"(?:@(!?%\w+) )?([a-z][\w.]*)(?: (.*))?", statement):
        operands = re.findall(r"\{[^}]*\}|\[[^\]]*\]|[^,\s]+", match[3] or "")
        kernel.code.append(Instruction(match[1] or "", match[2].split("."), operands))
    else:
        raise PtxError(f"unknown statement {statement!r}")


class Memory:
    """The device's memory: arrays with gaps between them."""

    def __init__(self) -> None:
        self.bytes = np.zeros(GAP, np.uint8)
        self.mapped = np.zeros(GAP, np.bool_)
        self.written = np.zeros(GAP, np.bool_)

    def place(self, data: np.ndarray, written: bool = True) -> int:
        """Append bytes and return their address."""
        address = len(self.bytes)
        room = -(-len(data) // GAP) * GAP + GAP
        fill = np.zeros(room - len(data), np.uint8)
        here = np.arange(room) < len(data)
        self.bytes = np.concatenate((self.bytes, data, fill))
        self.mapped = np.concatenate((self.mapped, here))
        self.written = np.concatenate((self.written, here & written))
        return address

    def _places(self, address: np.ndarray, size: int) -> np.ndarray:
        if (address % size).any():
            raise PtxError(f"misaligned access to {size} bytes")
        places = address[:, None] + np.arange(size)
        if ((places < 0) | (places >= len(self.bytes))).any() or not self.mapped[places].all():
            raise PtxError(f"access outside the arrays by {len(address)} threads or fewer")
        return places

    def load(self, address: np.ndarray, kind: Any) -> np.ndarray:
        places = self._places(address, np.dtype(kind).itemsize)
        if not self.written[places].all():
            raise PtxError("load of what was never written")
        return np.ascontiguousarray(self.bytes[places]).view(kind)[:, 0]

    def store(self, address: np.ndarray, values: np.ndarray) -> None:
        places = self._places(address, values.itemsize)
        self.bytes[places] = np.ascontiguousarray(values).view(np.uint8).reshape(places.shape)
        self.written[places] = True


def launch(kernel: Kernel, grid: Sequence[int], block: Sequence[int], arguments: Sequence[Any]) -> int:
    """Run a kernel as CuPy launches one; arrays are changed in place. Return how many instructions were done."""
    memory = Memory()
    placed: list[tuple[np.ndarray, int]] = []
    parameters: dict[str, np.ndarray] = {}
    if len(arguments) != len(kernel.parameters):
        raise PtxError(f"{len(arguments)} arguments for {len(kernel.parameters)} parameters")
    for argument, (name, size) in zip(arguments, kernel.parameters, strict=True):
        value = argument
        if isinstance(argument, np.ndarray):
            value = np.uint64(memory.place(argument.reshape(-1).view(np.uint8)))
            placed.append((argument, int(value)))
        if value.nbytes != size:
            raise PtxError(f"{name} has {size} bytes, its argument {value.nbytes}")
        parameters[name] = np.frombuffer(value.tobytes(), np.uint8)
    threads = _Threads(kernel, memory, parameters, grid, block)
    with np.errstate(all="ignore"):
        count = threads.run()
    for array, address in placed:
        array.reshape(-1).view(np.uint8)[...] = memory.bytes[address : address + array.nbytes]
    return count


class _Threads:
    """All threads of a launch: their registers, and the instruction each of them comes to next."""

    def __init__(
        self,
        kernel: Kernel,
        memory: Memory,
        parameters: dict[str, np.ndarray],
        grid: Sequence[int],
        block: Sequence[int],
    ) -> None:
        self.kernel, self.memory, self.parameters = kernel, memory, parameters
        sizes = (*grid, *[1] * (3 - len(grid))), (*block, *[1] * (3 - len(block)))
        of_block, of_grid = int(np.prod(sizes[1])), int(np.prod(sizes[0]))
        self.count = of_block * of_grid
        number = np.arange(self.count)
        self.registers: dict[str, np.ndarray] = {}
        for name, within, (x, y, _), own in (
            ("tid", number % of_block, sizes[1], "ntid"),
            ("ctaid", number // of_block, sizes[0], "nctaid"),
        ):
            for axis, place in zip("xyz", (within % x, within // x % y, within // (x * y)), strict=True):
                self.registers[f"%{name}.{axis}"] = place.astype(np.uint32)
            for axis, size in zip("xyz", (x, y, 1), strict=True):
                self.registers[f"%{own}.{axis}"] = np.full(self.count, size, np.uint32)
        self.symbols = {
            name: np.full(self.count, memory.place(data), np.uint64) for name, data in kernel.constants.items()
        }
        for name, size in kernel.local.items():
            stride = -(-size // 16) * 16
            first = memory.place(np.zeros(stride * self.count, np.uint8), written=False)
            self.symbols[name] = (first + stride * number).astype(np.uint64)
        self.next = np.zeros(self.count, np.int64)
        self.active = np.ones(self.count, np.bool_)

    def run(self) -> int:
        """Take instructions, always those of the threads that are furthest behind."""
        done, end = 0, len(self.kernel.code)
        while (here := int(self.next.min())) < end:
            instruction = self.kernel.code[here]
            at = self.next == here
            self.next[at] += 1
            self.active = at
            if instruction.guard:
                told = self._read(instruction.guard.lstrip("!"), np.bool_)
                self.active = at & (told ^ (instruction.guard[0] == "!"))
            self._execute(instruction)
            done += 1
        return done

    # ------------------------------------------------------------------------------------------ registers
    def _type(self, name: str) -> Any:
        known = self.kernel.registers
        return known[name] if name in known else known[re.match(r"%[A-Za-z_]+", name)[0]]  # type: ignore[index]

    def _read(self, operand: str, kind: Any) -> np.ndarray:
        if operand.startswith("%"):
            if operand not in self.registers:
                self.registers[operand] = np.zeros(self.count, self._type(operand))
            return _as_bits_of(self.registers[operand], kind)
        if operand in self.symbols:
            return self.symbols[operand]
        return _immediate(operand, kind).repeat(self.count)

    def _write(self, name: str, values: np.ndarray) -> None:
        kind = np.dtype(self._type(name))
        same_size = values.dtype.itemsize == kind.itemsize
        values = _as_bits_of(values, kind.type) if same_size else values.astype(kind)  # made wider: the sign is kept
        self.registers[name] = np.where(self.active, values, self._read(name, kind.type))

    def _address(self, operand: str) -> np.ndarray:
        base, _, offset = operand[1:-1].replace("-", "+-").partition("+")
        return (self._read(base, np.uint64).astype(np.int64) + int(offset or 0))[self.active]

    # --------------------------------------------------------------------------------------- instructions
    def _execute(self, instruction: Instruction) -> None:
        op, parts, operands = instruction.parts[0], instruction.parts, instruction.operands
        if op == "bra":
            self.next[self.active] = self.kernel.labels[operands[0]]
        elif op in ("ret", "exit"):
            self.next[self.active] = len(self.kernel.code)
        elif op == "ld":
            self._load(parts, operands)
        elif op == "st":
            kind = TYPES[parts[-1]]
            address = self._address(operands[0])
            for number, source in enumerate(_elements(operands[1])):
                self.memory.store(address + number * np.dtype(kind).itemsize, self._read(source, kind)[self.active])
        elif op == "mov" and "{" in "".join(operands):
            self._move_halves(operands)
        elif op in ("mov", "cvta"):
            kind = np.uint64 if op == "cvta" else TYPES[parts[-1]]
            self._write(operands[0], self._read(operands[1], kind))
        elif op == "setp":
            kind = TYPES[parts[-1]]
            a, b = (_flushed(self._read(operand, kind), parts) for operand in operands[1:3])
            self._write(operands[0], _compared(parts[1], a, b))
        elif op == "selp":
            kind = TYPES[parts[-1]]
            test = self._read(operands[3], np.bool_)
            self._write(operands[0], np.where(test, self._read(operands[1], kind), self._read(operands[2], kind)))
        elif op == "cvt":
            value = _flushed(self._read(operands[1], TYPES[parts[-1]]), parts)
            self._write(operands[0], _converted(value, TYPES[parts[-2]], parts))
        else:
            self._write(operands[0], self._computed(parts, operands[1:]))

    def _load(self, parts: list[str], operands: list[str]) -> None:
        kind = TYPES[parts[-1]]
        if parts[1] == "param":
            self._write(operands[0], self.parameters[operands[1][1:-1]].view(kind).repeat(self.count))
            return
        address = self._address(operands[1])
        for number, target in enumerate(_elements(operands[0])):
            values = np.zeros(self.count, kind)
            values[self.active] = self.memory.load(address + number * values.itemsize, kind)
            self._write(target, values)

    def _move_halves(self, operands: list[str]) -> None:
        """Move 64 bits between one register and two of 32."""
        if operands[0].startswith("{"):
            whole = self._read(operands[1], np.uint64)
            for shift, target in zip((0, 32), _elements(operands[0]), strict=True):
                self._write(target, (whole >> np.uint64(shift)).astype(np.uint32))
        else:
            low, high = (self._read(source, np.uint32).astype(np.uint64) for source in _elements(operands[1]))
            self._write(operands[0], low | high << np.uint64(32))

    def _computed(self, parts: list[str], operands: list[str]) -> np.ndarray:
        op, kind = parts[0], TYPES[parts[-1]]
        if op in ("shl", "shr", "bfi"):
            shifts = [
                self._read(operand, np.uint32).astype(np.uint64) for operand in operands[1 if op != "bfi" else 2 :]
            ]
            return _shifted(
                op, [self._read(operand, kind) for operand in operands[: len(operands) - len(shifts)]], shifts
            )
        if "wide" in parts or "hi" in parts:
            a, b = (self._read(operand, kind).astype(WIDER[kind]) for operand in operands[:2])
            if "hi" in parts:
                return (a * b >> WIDER[kind](32)).astype(kind)
            return a * b + self._read(operands[2], WIDER[kind]) if op == "mad" else a * b
        values = [_flushed(self._read(operand, kind), parts) for operand in operands]
        if op == "fma":
            return _flushed(_fused(*values, down="rm" in parts), parts)
        if op not in ARITHMETIC:
            raise PtxError(f"unknown instruction {'.'.join(parts)}")
        return _flushed(ARITHMETIC[op](*values).astype(kind), parts)


def _wide(function: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function computed with more digits than its result has."""
    return lambda a: function(a.astype(np.longdouble))


ARITHMETIC: dict[str, Callable[..., np.ndarray]] = {
    **{"add": np.add, "sub": np.subtract, "mul": np.multiply, "mad": lambda a, b, c: a * b + c, "div": np.divide},
    **{"neg": lambda a: -a if a.dtype.kind == "f" else ~a + a.dtype.type(1), "abs": np.abs, "sqrt": np.sqrt},
    **{"min": np.fmin, "max": np.fmax, "not": np.invert},
    **{"and": np.bitwise_and, "or": np.bitwise_or, "xor": np.bitwise_xor},
    **{"ex2": _wide(np.exp2), "lg2": _wide(np.log2), "sin": _wide(np.sin), "cos": _wide(np.cos)},
    **{"rcp": lambda a: 1 / a, "rsqrt": _wide(lambda a: 1 / np.sqrt(a)), "copysign": lambda a, b: np.copysign(b, a)},
}


def _elements(operand: str) -> list[str]:
    return [part.strip() for part in operand.strip("{}").split(",")]


def _as_bits_of(values: np.ndarray, kind: Any) -> np.ndarray:
    wanted = np.dtype(kind)
    if values.dtype == wanted:
        return values
    return values.view(wanted) if values.dtype.itemsize == wanted.itemsize else values.astype(wanted)


def _immediate(text: str, kind: Any) -> np.ndarray:
    if text.startswith("0f"):
        return np.array([int(text[2:], 16)], np.uint32).view(np.float32)
    if text.startswith("0d"):
        return np.array([int(text[2:], 16)], np.uint64).view(np.float64)
    if not re.fullmatch(r"-?\w+", text) or not re.match(r"-?\d", text):
        raise PtxError(f"unknown operand {text!r}")
    number, wanted = int(text.rstrip("U"), 0), np.dtype(kind)
    if wanted.kind == "b":
        return np.array([number != 0])
    bits = number & ((1 << 8 * wanted.itemsize) - 1)
    return np.array([bits], f"u{wanted.itemsize}").view(wanted)


def _flushed(values: np.ndarray, parts: Sequence[str]) -> np.ndarray:
    """Return floats with tiny ones made zero, if the instruction says ``ftz``."""
    if "ftz" not in parts or values.dtype != np.float32:
        return values
    return np.where(np.abs(values) < np.finfo(np.float32).tiny, np.copysign(np.float32(0), values), values)


def _fused(a: np.ndarray, b: np.ndarray, c: np.ndarray, down: bool) -> np.ndarray:
    """Return a b + c, rounded once (for doubles: as good as once); down or to the nearest."""
    exact = a.astype(np.longdouble) * b.astype(np.longdouble) + c.astype(np.longdouble)
    rounded = exact.astype(a.dtype)
    return np.where(rounded > exact, np.nextafter(rounded, a.dtype.type(-np.inf)), rounded) if down else rounded


def _compared(test: str, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.dtype.kind != "f":
        names = {"lo": np.less, "ls": np.less_equal, "hi": np.greater, "hs": np.greater_equal}
        return (names.get(test) or COMPARISONS[test])(a, b)
    unordered = np.isnan(a) | np.isnan(b)
    if test in ("num", "nan"):
        return unordered == (test == "nan")
    if test.endswith("u"):
        return COMPARISONS[test[:-1]](a, b) | unordered
    return COMPARISONS[test](a, b) & ~unordered


COMPARISONS: dict[str, Callable[..., np.ndarray]] = {
    **{"eq": np.equal, "ne": np.not_equal, "lt": np.less, "le": np.less_equal},
    **{"gt": np.greater, "ge": np.greater_equal},
}
ROUNDINGS = {"rni": np.rint, "rzi": np.trunc, "rmi": np.floor, "rpi": np.ceil}


def _converted(values: np.ndarray, kind: Any, parts: Sequence[str]) -> np.ndarray:
    for name, rounding in ROUNDINGS.items():
        if name in parts:
            values = rounding(values)
    wanted = np.dtype(kind)
    if "sat" in parts:
        values = np.where(np.isnan(values), 0, np.clip(values, 0, 1))
    if values.dtype.kind == "f" and wanted.kind in "iu":  # out of range: the nearest there is; nan: 0
        limits = np.iinfo(kind)
        inside = np.clip(values.astype(np.longdouble), limits.min, limits.max)
        return np.where(np.isnan(values), 0, inside).astype(kind)
    return _flushed(values.astype(kind), parts)


def _shifted(op: str, values: list[np.ndarray], shifts: list[np.ndarray]) -> np.ndarray:
    kind = values[0].dtype
    bits = np.uint64(8 * kind.itemsize)
    if op == "bfi":  # the low bits of a, set into b
        position, length = (shift.astype(kind) for shift in shifts)
        mask = ((kind.type(1) << length) - kind.type(1)) << position
        return (values[1] & ~mask) | ((values[0] << position) & mask)
    small = np.minimum(shifts[0], bits - np.uint64(1)).astype(kind)
    if op == "shr" and kind.kind == "i":
        return values[0] >> small
    moved = values[0] << small if op == "shl" else values[0] >> small
    return np.where(shifts[0] < bits, moved, kind.type(0))

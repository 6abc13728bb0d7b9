"""Programs as CUDA C++; with the hand-written loops beside this file they make the source of whole kernels.

Compiled by NVRTC, which has no standard headers. Numbers are literals of the kernel's type: a double among floats would
make a consumer card 32 times slower. Steps are printed one by one and in order, so that a kernel compiled without fused
multiply-adds equals the array code bit for bit, as long as there are only + - * / and sqrt.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from lossland.compute.kernels.fused import NOISE, Fused
from lossland.expression import Program
from lossland.expression.node import COMPARISONS
from lossland.expression.program import Step

_INFIX = {
    **{"add": "+", "sub": "-", "mul": "*", "div": "/"},
    **{"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="},
}
_LIBRARY = {
    **{name: name for name in ("exp", "log", "log2", "log10", "sqrt", "pow", "floor", "ceil", "atan2")},
    **{name: name for name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")},
    **{"abs": "fabs", "round": "rint"},
}
"""Functions of CUDA's math library; those on floats end in f."""

_OURS = ("sign", "min", "max", "mod")
"""Functions of ``real.cu``: the library's differ (fminf drops nan), or do not exist."""


def swarm_source(fused: Fused, dtype: DTypeLike = np.float32, watch: bool = False) -> str:
    """Return the source of the kernel ``ll_swarm``: many steps of one rule on one landscape for many particles.

    With ``watch`` it records for each particle since which step it is at a minimum, and at which step it was lost. For
    a timed step it records when each level of f was passed.
    """
    inputs = {name: f"row[{i}]" for i, name in enumerate(fused.rows)}
    inputs |= {name: f"column[{i}]" for i, name in enumerate(fused.columns)}
    inputs |= {name: f"draw[{i}]" for i, name in enumerate(NOISE)}
    step = _function(
        "ll_step",
        ("real (&row)[ROWS]", "const real* __restrict__ column", "const real (&draw)[2]", "real& value"),
        fused.particle,
        inputs,
        [*(f"row[{i}]" for i in range(len(fused.rows))), *(("value",) if fused.timed else ())],
        dtype,
    )
    sizes = {"ROWS": len(fused.rows), "COLUMNS": len(fused.columns), "NOISY": int(fused.noisy)}
    sizes |= {"WATCH": int(watch), "TIMED": int(fused.timed)}
    return "\n".join([_head(dtype, sizes), _file("philox.cu"), step, _file("swarm.cu")])


def grid_source(program: Program, widths: Sequence[int], dtype: DTypeLike = np.float32) -> str:
    """Return the source of the kernel ``ll_grid`` of a program with the inputs x and y.

    ``widths`` gives the layout of the outputs: (1, 2) puts the first one into an array (down, across) and the next two
    interleaved into an array (down, across, 2).
    """
    names = [f"a{k}" for k in range(len(widths))]
    outputs = [f"{name}[{width} * at + {i}]" for name, width in zip(names, widths, strict=True) for i in range(width)]
    arrays = [f"real* __restrict__ {name}" for name in names]
    arguments = ("const real at_x", "const real at_y", "const size_t at", *arrays)
    point = _function("ll_point", arguments, program, {"x": "at_x", "y": "at_y"}, outputs, dtype)
    head = _head(dtype, {"ARRAYS": ", ".join(arrays), "NAMES": ", ".join(names)})
    return "\n".join([head, point, _file("grid.cu")])


def check_source() -> str:
    """Return the source of the kernel ``ll_check``, whose exact answer is known: Philox's words."""
    return "\n".join([_head(np.float32, {}), _file("philox.cu"), _file("check.cu")])


def literal(value: float, dtype: DTypeLike) -> str:
    """Return a number as a literal of the type; what exceeds a float32 becomes infinity."""
    with np.errstate(all="ignore"):
        number = np.float32(value) if np.dtype(dtype) == np.float32 else np.float64(value)
    if not np.isfinite(number):
        return "LL_NAN" if np.isnan(number) else "LL_INF" if number > 0 else "(-LL_INF)"
    digits = str(number) + _suffix(dtype)
    return f"({digits})" if number < 0 else digits


def _suffix(dtype: DTypeLike) -> str:
    return "f" if np.dtype(dtype) == np.float32 else ""


@cache
def _file(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8")


def _head(dtype: DTypeLike, macros: Mapping[str, object]) -> str:
    single = np.dtype(dtype) == np.float32
    lines = [f"typedef {'float' if single else 'double'} real;"]
    if single:
        lines += ["#define LL_INF __int_as_float(0x7f800000)", "#define LL_NAN __int_as_float(0x7fffffff)"]
    else:
        lines += ["#define LL_INF __longlong_as_double(0x7ff0000000000000LL)"]
        lines += ["#define LL_NAN __longlong_as_double(0x7fffffffffffffffLL)"]
    lines += [f"#define {name} {text}" for name, text in macros.items()]
    return "\n".join([*lines, _file("real.cu")])


def _function(
    name: str,
    arguments: Sequence[str],
    program: Program,
    inputs: Mapping[str, str],
    outputs: Sequence[str],
    dtype: DTypeLike,
) -> str:
    """Return a function that runs a program. ``inputs`` and ``outputs`` name its sources and targets."""
    names = [*program.inputs, *(literal(value, dtype) for value in program.constants)]
    names += [f"t{number}" for number in range(len(program.steps))]
    needed = set(program.outputs)
    lines: list[str] = []
    for number in reversed(range(len(program.steps))):  # backward, so that unused steps are left out
        step, slot = program.steps[number], len(program.inputs) + len(program.constants) + number
        if slot in needed:
            text, slots = _operation(program, step, names, dtype)
            needed.update(slots)
            lines.append(f"const {'bool' if step.op in COMPARISONS else 'real'} t{number} = {text};")
    lines += [
        f"const real {name} = {inputs[name]};"
        for slot, name in reversed(list(enumerate(program.inputs)))
        if slot in needed
    ]
    lines.reverse()
    lines += [f"{target} = {names[slot]};" for target, slot in zip(outputs, program.outputs, strict=True)]
    body = "\n".join(f"  {line}" for line in lines)
    return f"__device__ __forceinline__ void {name}({', '.join(arguments)}) {{\n{body}\n}}\n"


def _operation(program: Program, step: Step, names: Sequence[str], dtype: DTypeLike) -> tuple[str, tuple[int, ...]]:
    """Return an operation as text, and the slots that it reads."""
    args = [names[slot] for slot in step.args]
    if step.op in _INFIX:
        text = f"{args[0]} {_INFIX[step.op]} {args[1]}"
    elif step.op == "neg":
        text = f"-{args[0]}"
    elif step.op == "where":
        text = f"{args[0]} ? {args[1]} : {args[2]}"
    elif step.op in _OURS:
        text = f"ll_{step.op}({', '.join(args)})"
    elif step.op in ("sin", "cos") and (turns := _half_turns(program, step.args[0])):
        factor, slot = turns
        return f"{step.op}pi{_suffix(dtype)}({literal(factor, dtype)} * {names[slot]})", (slot,)
    else:
        text = f"{_LIBRARY[step.op]}{_suffix(dtype)}({', '.join(args)})"
    return text, step.args


def _half_turns(program: Program, angle: int) -> tuple[float, int] | None:
    """Return (a, slot of u) if the angle is a pi u with a a multiple of 1/4: then sinpi and cospi apply.

    They need no range reduction by pi, which takes local memory, and are more accurate.
    """
    first = len(program.inputs)
    steps = first + len(program.constants)
    if angle < steps:
        return None
    step = program.steps[angle - steps]
    if step.op != "mul":
        return None
    for factor, other in (step.args, step.args[::-1]):
        if first <= factor < steps:
            half_turns = program.constants[factor - first] / math.pi
            if half_turns and math.isclose(half_turns * 4, round(half_turns * 4), rel_tol=1e-15, abs_tol=0):
                return round(half_turns * 4) / 4, other
    return None

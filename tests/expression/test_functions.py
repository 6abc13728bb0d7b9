"""Every function of formulas over its whole range, wherever it is computed, against mpmath: docs/numbers.md's table."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import cuda_on_cpu
import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray
from oracle import ONE, TWO, anything, exact, turned_units, units

from lossland.compute.kernels import cpu, cuda, lattice
from lossland.compute.kernels.fused import Fused
from lossland.expression import Program, variable
from lossland.expression.node import make
from lossland.optimizers import GradientDescent

DOCS = Path(__file__).parents[2] / "docs" / "numbers.md"
WAYS = ("arrays", "Python", "CPU kernels", "CUDA")
DTYPES = (np.float64, np.float32)
OPS = (*ONE, *TWO)

# Beside numbers of all sizes: where a function overflows, cancels, or has its edge.
EDGES = {
    "exp": (88.72, -87.3, -103.9, 709.78, -708.4, -745.1), "sinh": (89.4, 710.4), "cosh": (89.4, 710.4),
    "tanh": (9.0, 19.0, 0.55), "asin": (1.0, -1.0, 0.5), "acos": (1.0, -1.0, 0.5), "atan": (0.41, 0.66, 2.41),
}  # fmt: skip


def program(op: str) -> Program:
    names = "xy"[: 2 if op in TWO else 1]
    return Program([make(op, *map(variable, names))], "xy")


def arguments(op: str, dtype: type, count: int = 150, seed: int = 5) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return arguments x and y (1 for functions of x alone)."""
    random, info = np.random.default_rng(seed), np.finfo(dtype)
    special = [info.tiny, info.max, -info.max, info.smallest_subnormal, info.tiny / 3, 0, 1, -1, 2, -3, 0.5, -0.5]
    special += [2.0**24 + 1, 2.0**53, np.inf, -np.inf, np.nan]
    if op in TWO:
        a, b = (part.ravel() for part in np.meshgrid(special, special))
        x = [anything(dtype, count, seed), random.uniform(0, 10, count), 10 ** random.uniform(-5, 5, count)]
        y = [anything(dtype, count, seed + 1), random.uniform(-50, 50, count), random.uniform(-60, 60, count)]
        x += [1 + random.uniform(-1e-6, 1e-6, count), random.uniform(-9, 9, count), a]
        y += [10 ** random.uniform(0, 9, count), np.round(random.uniform(-300, 300, count)), b]
    else:
        x = [anything(dtype, count, seed), random.uniform(-30, 30, count), random.uniform(-1, 1, count), special]
        x += [1 + random.uniform(-1e-3, 1e-3, count), 10 ** random.uniform(-8, 8, count), random.uniform(-750, 750, 99)]
        x += [edge * (1 + random.uniform(-1e-4, 1e-4, 30)) for edge in EDGES.get(op, ())]
        if op in ("sin", "cos", "tan"):
            with mpmath.workprec(200):
                multiples = [*(10 ** random.uniform(0, 18, count)), *random.integers(1, 2**22, count)]
                x.append([float(int(k) * mpmath.pi / 2) for k in multiples])
                x.append([float(mpmath.ldexp(6381956970095103, 797))])  # the float64 nearest to a multiple of pi/2
        y = [np.ones(sum(map(len, x)))]
    with np.errstate(all="ignore"):
        return np.concatenate(x).astype(dtype), np.concatenate(y).astype(dtype)


# ---------------------------------------------------------------------------------------------- ways to compute


def on_arrays(op: str, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    return program(op).arrays(x, y)[0]


def in_python(op: str, x: NDArray[Any], y: NDArray[Any]) -> list[float]:
    run = program(op).floats
    return [run(*pair)[0] for pair in zip(x.tolist(), y.tolist(), strict=True)]


def on_a_grid(op: str, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """Along x for functions of x, else along the diagonal of grids."""
    kernel = lattice.kernel(program(op), (1,), x.dtype)
    if op not in TWO:
        result = np.empty((1, len(x)), x.dtype)
        kernel.fill(x, y[:1].copy(), [result])
        return result[0]
    parts = []
    for begin in range(0, len(x), 64):
        part = slice(min(begin, len(x) - 64), min(begin, len(x) - 64) + 64)
        square = np.empty((64, 64), x.dtype)
        kernel.fill(x[part].copy(), y[part].copy(), [square])
        parts.append(square.diagonal()[begin - part.start :])
    return np.concatenate(parts)


def in_a_swarm(op: str, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """One step that puts the function in place of x. What is not finite does not move."""
    step = Program([make(op, *map(variable, "xy"[: 2 if op in TWO else 1])), variable("y")], "xy")
    value = Program([variable("x")], "xy")
    fused = Fused(
        kind=GradientDescent, noisy=False, timed=False, axes=("x", "y"), rows=("x", "y"), columns=(), remembered=(),
        carried=(), hyper=(), particle=step, uniform=Program([], ("t",)), value=value,
    )  # fmt: skip
    state = cpu.aligned((-(-len(x) // cpu.CHUNK), 2, cpu.CHUNK), x.dtype)
    state[...] = 0
    for row, values in enumerate((x, y)):
        padded = np.zeros(state.shape[0] * cpu.CHUNK, x.dtype)
        padded[: len(x)] = values
        state[:, row] = padded.reshape(-1, cpu.CHUNK)
    everywhere = np.array([-np.inf, np.inf] * 2, x.dtype)
    kernel = cpu.Kernel(fused, x.dtype)
    kernel.advance(state, len(x), np.zeros((1, 1), x.dtype), everywhere, np.zeros((1, 3), x.dtype), 0, 0, 0)
    return state[:, 0].ravel()[: len(x)]


@cache
def cuda_kernels() -> dict[str, cuda_on_cpu.Kernel]:
    sources = {f"{op}_{dtype.__name__}": cuda.grid_source(program(op), (1,), dtype) for op in OPS for dtype in DTYPES}
    return cuda_on_cpu.compiled(sources)


def by_cuda(op: str, x: NDArray[Any], y: NDArray[Any]) -> NDArray[Any]:
    """With the library that g++ has. One point at a time for functions of two."""
    kernel = cuda_kernels()[f"{op}_{x.dtype.name}"]
    result = np.empty(len(x), x.dtype)
    if op not in TWO:
        kernel((-(-len(x) // 64), 1), (64, 1), (x, y[:1].copy(), np.int32(len(x)), np.int32(1), result))
    else:
        for i in range(len(x)):
            kernel((1, 1), (1, 1), (x[i:], y[i:], np.int32(1), np.int32(1), result[i:]))
    return result


COMPUTED: dict[str, tuple[Callable[..., Any], ...]] = {
    "arrays": (on_arrays,), "Python": (in_python,), "CPU kernels": (on_a_grid, in_a_swarm), "CUDA": (by_cuda,),
}  # fmt: skip


# ------------------------------------------------------------------------------------------------------ the table


def bounds() -> dict[tuple[str, str, type], float]:
    """Return what docs/numbers.md promises, in units in the last place."""
    found: dict[tuple[str, str, type], float] = {}
    for line in DOCS.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 1 + len(WAYS) or not re.fullmatch(r"(`\w+`,? ?)+", cells[0]):
            continue
        for op in re.findall(r"\w+", cells[0]):
            for way, cell in zip(WAYS, cells[1:], strict=True):
                numbers = [float(number) for number in cell.split("/")]
                found |= {(op, way, dtype): number for dtype, number in zip(DTYPES, numbers, strict=False)}
    return found


def test_the_table_is_whole() -> None:
    wanted = {
        (op, way, dtype) for op in OPS for way in WAYS for dtype in DTYPES if (way, dtype) != ("Python", np.float32)
    }
    assert bounds().keys() >= wanted


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", OPS)
def test_a_function_holds_its_bound_everywhere(op: str, dtype: type) -> None:
    x, y = arguments(op, dtype)
    pairs = list(zip(x.tolist(), y.tolist(), strict=True))
    right = [exact(op, *pair[: 2 if op in TWO else 1]) for pair in pairs] if op != "mod" else []
    promised = bounds()
    for way in WAYS:
        if (way, dtype) == ("Python", np.float32):
            continue
        for compute in COMPUTED[way]:
            got = np.asarray(compute(op, x, y))
            if op == "mod":
                error = np.array(turned_units(got, x, y, dtype))
                if way in ("arrays", "Python"):  # where a / b overflows these give infinity
                    error[np.isinf(got)] = 0
            else:
                error = np.array(units(got, right, dtype))
            if compute is in_a_swarm:
                error[~(np.isfinite(x) & np.isfinite(y))] = 0
            worst = int(np.argmax(error))
            assert error[worst] <= promised[op, way, dtype], (compute.__name__, pairs[worst], got[worst])

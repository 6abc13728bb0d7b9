"""The peers of ``compute.py``: the same swarms and grids in every library. Run as one worker process each."""

from __future__ import annotations

import ctypes
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from mathematics import DOMAINS, RULES, TAU, columns, gradient, memory_size, starts, step, value
from numpy.typing import NDArray
from side_by_side import HERE, SCRATCH, serve, stopwatch

UNROLLED = 10  # steps in one compiled call, where a loop over steps cannot be compiled


@dataclass(frozen=True)
class Case:
    """A swarm to move: ``count`` particles by ``steps`` steps."""

    landscape: str
    rule: str
    count: int
    steps: int

    @property
    def hyper(self) -> dict[str, float]:
        return RULES[self.rule][self.landscape]

    @property
    def columns(self) -> NDArray[np.float32]:
        return columns(self.rule, self.hyper, self.steps).astype(np.float32)


class Library(ABC):
    """One implementation. Preparation is not timed, nor is the first run if it ``compiles``."""

    compiles = True

    @abstractmethod
    def swarm(self, case: Case) -> Callable[[], Callable[[], object]]:
        """Return a function that creates fresh particles and returns the function to time, which moves them.

        That returns the end points (2, count), or a function that returns them.
        """

    def grid(self, landscape: str, n: int) -> Callable[[], object]:
        """Return the function that computes value and gradient on n x n points: value (n, n), gradient (n, n, 2)."""
        raise NotImplementedError("it computes no grids here")


def sides(landscape: str, n: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    (x0, x1), (y0, y1) = DOMAINS[landscape]
    return np.linspace(x0, x1, n).astype(np.float32), np.linspace(y0, y1, n).astype(np.float32)


class Lossland(Library):
    """The compiled kernel, through the public names."""

    backend = "cpu"

    def swarm(self, case: Case) -> Callable[[], Callable[[], object]]:
        from lossland.compute.swarm import SwarmState
        from lossland.landscapes import landscape

        land, rule, positions = landscape(case.landscape), self.rule(case), starts(case.landscape, case.count).T

        def fresh() -> Callable[[], object]:
            state = SwarmState(land, rule, positions, backend=self.backend)

            def run() -> Callable[[], object]:
                state.advance(case.steps)
                self.wait()
                return lambda: state.positions.T

            return run

        return fresh

    def wait(self) -> None:
        """Wait until all submitted work is done."""

    def rule(self, case: Case) -> Any:
        from lossland.optimizers import optimizer

        return optimizer(f"{case.rule}:" + ",".join(f"{name}={number}" for name, number in case.hyper.items()))

    def grid(self, landscape: str, n: int) -> Callable[[], object]:
        from lossland.compute.grids import grid
        from lossland.landscapes import landscape as named

        land = named(landscape)

        def run() -> tuple[np.ndarray, np.ndarray]:
            made = grid(land, n, dtype=np.float32, quantities=("gradient",), backend=self.backend)
            return made.value, made.gradient

        return run


class LosslandCuda(Lossland):
    """The kernel on a GPU; grids are copied to NumPy arrays."""

    backend = "cuda"

    def __init__(self) -> None:
        from lossland.compute.arrays import backend
        from lossland.compute.kernels.device import device

        self.device = device(backend("cuda").xp)

    def wait(self) -> None:
        self.device.compute.synchronize()


class LosslandKept(Lossland):
    """Grids into preallocated arrays: no memory is requested from the system."""

    def grid(self, landscape: str, n: int) -> Callable[[], object]:
        from lossland.compute.grids import Lattice
        from lossland.landscapes import landscape as named

        lattice = Lattice(named(landscape), n, dtype=np.float32, quantities=("gradient",), backend="cpu")
        whole = lattice.empty()

        def run() -> tuple[np.ndarray, np.ndarray]:
            lattice.fill(whole)
            return whole["value"], whole["gradient"]

        return run


class LosslandArrays(Lossland):
    """Without a compiler: the rule on NumPy arrays, in blocks."""

    compiles = False

    def swarm(self, case: Case) -> Callable[[], Callable[[], object]]:
        from lossland.compute.arrays import CPU
        from lossland.compute.crowds.on_arrays import ArrayCrowd
        from lossland.landscapes import landscape

        land, rule, positions = landscape(case.landscape), self.rule(case), starts(case.landscape, case.count).T

        def fresh() -> Callable[[], object]:
            crowd = ArrayCrowd(land, rule, positions, 0, 0, CPU)

            def run() -> Callable[[], object]:
                crowd.advance(case.steps)
                return lambda: crowd.positions.T

            return run

        return fresh


class Numpy(Library):
    """Whole arrays, one operation after the other; grids from both coordinates of every point."""

    compiles = False

    def swarm(self, case: Case) -> Callable[[], Callable[[], object]]:
        positions = starts(case.landscape, case.count)

        def fresh() -> Callable[[], object]:
            state = (*positions.copy(), *(np.zeros(case.count, np.float32) for _ in range(memory_size(case.rule))))

            def run() -> Any:
                now = state
                for column in case.columns:
                    now = step(case.landscape, case.rule, case.hyper, np, now, column)
                return np.stack(now[:2])

            return run

        return fresh

    def grid(self, landscape: str, n: int) -> Callable[[], object]:
        x, y = sides(landscape, n)

        def run() -> tuple[np.ndarray, np.ndarray]:
            across, down = np.meshgrid(x, y)
            made = gradient(landscape, np, across, down)
            return value(landscape, np, across, down), np.stack(made, axis=-1)

        return run


class NumpyBroadcast(Numpy):
    """Grids from a row and a column: what depends on one coordinate alone is computed along one side."""

    def grid(self, landscape: str, n: int) -> Callable[[], object]:
        x, y = sides(landscape, n)

        def run() -> tuple[np.ndarray, np.ndarray]:
            across, down = x[None, :], y[:, None]
            made = np.broadcast_arrays(*gradient(landscape, np, across, down))
            return value(landscape, np, across, down), np.stack(made, axis=-1)

        return run


class Jax(Library):
    """One particle's run as a scan over steps, vmapped over particles, jitted."""

    platform = "cpu"

    def __init__(self) -> None:
        import jax

        jax.config.update("jax_platforms", self.platform)
        jax.devices()  # fails where there is no such platform
        self.jax = jax

    def swarm(self, case: Case) -> Callable[[], Callable[[], object]]:
        jax, jnp = self.jax, self.jax.numpy
        table = jnp.asarray(case.columns)

        def lone(place: Any) -> Any:
            def one(state: Any, column: Any) -> Any:
                return step(case.landscape, case.rule, case.hyper, jnp, state, column), None

            zeros = (jnp.float32(0),) * memory_size(case.rule)
            (x, y, *_), _ = jax.lax.scan(one, (place[0], place[1], *zeros), table)
            return jnp.stack((x, y))

        move = jax.jit(jax.vmap(lone, in_axes=1, out_axes=1))
        positions = jnp.asarray(starts(case.landscape, case.count))
        return lambda: lambda: move(positions).block_until_ready()

    def grid(self, landscape: str, n: int) -> Callable[[], object]:
        jax, jnp = self.jax, self.jax.numpy

        @jax.jit
        def compute(x: Any, y: Any) -> Any:
            across, down = x[None, :], y[:, None]
            made = jnp.broadcast_arrays(*gradient(landscape, jnp, across, down))
            return value(landscape, jnp, across, down), jnp.stack(made, axis=-1)

        x, y = (jnp.asarray(side) for side in sides(landscape, n))
        return lambda: jax.block_until_ready(compute(x, y))


class JaxCuda(Jax):
    """The same on a GPU, where grids stay."""

    platform = "cuda"


class Torch(Library):
    """Whole tensors, one operation after the other, on all cores."""

    compiles = False
    device = "cpu"

    def __init__(self) -> None:
        import torch

        self.torch = torch

    def swarm(self, case: Case) -> Callable[[], Callable[[], object]]:
        torch = self.torch
        positions, table = self.starts(case), case.columns.tolist()

        def fresh() -> Callable[[], object]:
            state = self.state(case, positions)

            def run() -> Any:
                now = state
                with torch.inference_mode():
                    for column in table:
                        now = step(case.landscape, case.rule, case.hyper, torch, now, column)
                return torch.stack(now[:2])

            return run

        return fresh

    def starts(self, case: Case) -> Any:
        return self.torch.from_numpy(starts(case.landscape, case.count)).to(self.device)

    def state(self, case: Case, positions: Any) -> tuple[Any, ...]:
        remembered = range(memory_size(case.rule))
        return (*positions.clone(), *(self.torch.zeros(case.count, device=self.device) for _ in remembered))

    def wait(self) -> None:
        """Wait until all submitted work is done."""


class TorchCompiled(Torch):
    """``torch.compile`` of a few steps at once, so that it can keep particles in registers from step to step.

    Compiled for the exact number of particles, again for every case, which takes as long as measuring.
    """

    compiles = True

    def __init__(self) -> None:
        super().__init__()
        self.compiled: tuple[Any, Callable[..., Any]] | None = None

    def swarm(self, case: Case) -> Callable[[], Callable[[], object]]:
        torch = self.torch
        positions, table = self.starts(case), torch.from_numpy(case.columns).to(self.device)
        key = case.landscape, case.rule, case.count
        if self.compiled is None or self.compiled[0] != key:
            torch._dynamo.reset()  # after several recompilations of a function it falls back to eager mode
            self.compiled = key, self.some_steps(case)
        some = self.compiled[1]

        def fresh() -> Callable[[], object]:
            state = self.state(case, positions)

            def run() -> Any:
                now = state
                with torch.no_grad():
                    for begin in range(0, case.steps, UNROLLED):
                        now = some(now, table[begin : begin + UNROLLED])
                self.wait()
                return torch.stack(now[:2])

            return run

        return fresh

    def some_steps(self, case: Case) -> Callable[..., Any]:
        landscape, rule, hyper, torch = case.landscape, case.rule, case.hyper, self.torch

        def some(state: Any, rows: Any) -> Any:
            for k in range(UNROLLED):
                state = step(landscape, rule, hyper, torch, state, rows[k])
            return state

        return torch.compile(some, dynamic=False, fullgraph=True)


class TorchCompiledCuda(TorchCompiled):
    """The same on a GPU."""

    device = "cuda"

    def wait(self) -> None:
        self.torch.cuda.synchronize()


class Numba(Library):
    """A parallel loop over particles with an inner loop over steps: the straightforward version."""

    def __init__(self) -> None:
        import numba

        self.numba = numba

    def swarm(self, case: Case) -> Callable[[], Callable[[], object]]:
        move = self.numba.njit(parallel=True, fastmath=True)(self.loops(case.rule, self.slope(case.landscape)))
        hyper = np.array(list(case.hyper.values()), np.float32)
        positions, table = starts(case.landscape, case.count), case.columns

        def fresh() -> Callable[[], object]:
            ends = positions.copy()

            def run() -> Any:
                move(ends[0], ends[1], table, hyper)
                return ends

            return run

        return fresh

    def slope(self, landscape: str) -> Any:
        """Return the gradient, compiled. Constants are float32: otherwise Numba continues in float64."""
        one, two, ten, half = np.float32(1), np.float32(2), np.float32(10), np.float32(0.5)
        tau, fifth = np.float32(TAU), np.float32(0.2)

        def rosenbrock(x: Any, y: Any) -> Any:
            a = y - x * x
            return -two * (one - x) - np.float32(400) * x * a, np.float32(200) * a

        def rastrigin(x: Any, y: Any) -> Any:
            return two * x + ten * tau * np.sin(tau * x), two * y + ten * tau * np.sin(tau * y)

        def ackley(x: Any, y: Any) -> Any:
            radius = np.sqrt(half * (x * x + y * y))
            slope = two * np.exp(-fifth * radius) / radius
            ripple = half * tau * np.exp(half * (np.cos(tau * x) + np.cos(tau * y)))
            return slope * x + ripple * np.sin(tau * x), slope * y + ripple * np.sin(tau * y)

        return self.numba.njit(fastmath=True)({f.__name__: f for f in (rosenbrock, rastrigin, ackley)}[landscape])

    def loops(self, rule: str, slope: Any) -> Any:
        """Return the loops, to be compiled."""
        prange, zero, one = self.numba.prange, np.float32(0), np.float32(1)

        def gradient_descent(x: Any, y: Any, table: Any, hyper: Any) -> None:
            lr = hyper[0]
            for i in prange(len(x)):
                px, py = x[i], y[i]
                for _ in range(len(table)):
                    gx, gy = slope(px, py)
                    px, py = px - lr * gx, py - lr * gy
                x[i], y[i] = px, py

        def momentum(x: Any, y: Any, table: Any, hyper: Any) -> None:
            lr, mu = hyper[0], hyper[1]
            for i in prange(len(x)):
                px, py, vx, vy = x[i], y[i], zero, zero
                for _ in range(len(table)):
                    gx, gy = slope(px, py)
                    vx, vy = mu * vx + gx, mu * vy + gy
                    px, py = px - lr * vx, py - lr * vy
                x[i], y[i] = px, py

        def adam(x: Any, y: Any, table: Any, hyper: Any) -> None:
            b1, b2, eps = hyper[1], hyper[2], hyper[3]
            for i in prange(len(x)):
                px, py, mx, my, vx, vy = x[i], y[i], zero, zero, zero, zero
                for t in range(len(table)):
                    rate, scale = table[t, 0], table[t, 1]
                    gx, gy = slope(px, py)
                    mx, my = b1 * mx + (one - b1) * gx, b1 * my + (one - b1) * gy
                    vx, vy = b2 * vx + (one - b2) * gx * gx, b2 * vy + (one - b2) * gy * gy
                    px = px - rate * mx / (np.sqrt(scale * vx) + eps)
                    py = py - rate * my / (np.sqrt(scale * vy) + eps)
                x[i], y[i] = px, py

        return {f.__name__: f for f in (gradient_descent, momentum, adam)}[rule]


class C(Library):
    """``limit.c``, through ctypes."""

    flags: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.c = library(self.flags)

    def swarm(self, case: Case) -> Callable[[], Callable[[], object]]:
        move = getattr(self.c, f"{case.landscape}_{case.rule}")
        order = {"gradient_descent": ("lr",), "momentum": ("lr", "momentum"), "adam": ("lr", "beta1", "beta2", "eps")}
        hyper = [ctypes.c_float(case.hyper[name]) for name in order[case.rule]]
        positions = starts(case.landscape, case.count)

        def fresh() -> Callable[[], object]:
            ends = positions.copy()

            def run() -> Any:
                move(ctypes.c_int64(case.count), _pointer(ends[0]), _pointer(ends[1]), case.steps, *hyper)
                return ends

            return run

        return fresh

    def grid(self, landscape: str, n: int) -> Callable[[], object]:
        fill = getattr(self.c, f"{landscape}_grid")
        x, y = sides(landscape, n)
        values, slopes = np.zeros((n, n), np.float32), np.zeros((n, n, 2), np.float32)

        def run() -> tuple[np.ndarray, np.ndarray]:
            fill(ctypes.c_int64(n), _pointer(x), _pointer(y), _pointer(values), _pointer(slopes))
            return values, slopes

        return run


class CFast(C):
    flags = ("-ffast-math", "-mprefer-vector-width=512")


def _pointer(array: NDArray[Any]) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def library(flags: tuple[str, ...] = ()) -> ctypes.CDLL:
    """Return ``limit.c``, compiled."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    file = SCRATCH / f"limit{'_fast' if flags else ''}.so"
    command = ["gcc", "-std=c11", "-O3", "-march=native", "-fopenmp", "-fno-math-errno", *flags, "-shared", "-fPIC"]
    subprocess.run([*command, str(HERE / "limit.c"), "-o", str(file), "-lm"], check=True, capture_output=True)
    return ctypes.CDLL(str(file))


LIBRARIES: dict[str, type[Library]] = {
    "lossland": Lossland,
    "lossland (arrays)": LosslandArrays,
    "lossland (kept)": LosslandKept,
    "C": C,
    "C -ffast-math": CFast,
    "JAX": Jax,
    "torch.compile": TorchCompiled,
    "PyTorch": Torch,
    "Numba": Numba,
    "NumPy": Numpy,
    "NumPy (broadcast)": NumpyBroadcast,
}
ON_CARDS: dict[str, type[Library]] = {
    "lossland (CUDA)": LosslandCuda,
    "JAX (CUDA)": JaxCuda,
    "torch.compile (CUDA)": TorchCompiledCuda,
}


class Worker:
    """Answers the questions of ``compute.py`` for one library."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.fresh: Callable[[], Callable[[], object]] = lambda: lambda: None
        self.compute: Callable[[], object] = lambda: None

    def __call__(self, do: str, **what: object) -> dict[str, Any]:
        return getattr(self, do)(**what)

    def hello(self) -> dict[str, Any]:
        return {}

    def check(self, file: str, **case: Any) -> dict[str, Any]:
        """Move a swarm and write the ends (2, count) into a file (.npy)."""
        ends = self.library.swarm(Case(**case))()()
        np.save(file, np.asarray(ends() if callable(ends) else ends))
        return {}

    def swarm(self, **case: Any) -> dict[str, Any]:
        """Prepare a swarm; run it once if it is compiled on first use."""
        self.fresh = self.library.swarm(Case(**case))
        if self.library.compiles:
            self.fresh()()
        return {}

    def run(self) -> dict[str, Any]:
        """Move a fresh swarm and return the seconds that took."""
        return {"seconds": stopwatch(self.fresh())}

    def grid(self, landscape: str, n: int, file: str) -> dict[str, Any]:
        """Prepare a grid and compute it once; write a sample of it into a file (.npz)."""
        self.compute = self.library.grid(landscape, n)
        values, slopes = self.compute()
        every = max(1, n // 64)
        np.savez(file, value=np.asarray(values)[::every, ::every], gradient=np.asarray(slopes)[::every, ::every])
        return {}

    def fill(self) -> dict[str, Any]:
        """Compute the grid and return the seconds that took."""
        return {"seconds": stopwatch(self.compute)}


WORKERS = {name: lambda kind=kind: Worker(kind()) for name, kind in (LIBRARIES | ON_CARDS).items()}

if __name__ == "__main__":
    serve(WORKERS)

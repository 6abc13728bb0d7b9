"""The CUDA kernels without a GPU: compiled for GPUs by NVRTC, run on the CPU as g++ and as PTX, and launched on a
stand-in for CuPy. The same host code with real CuPy: `pytest -m gpu`."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any

import cuda_on_cpu
import numpy as np
import nvrtc
import ptx
import pytest
from choosing import CHOOSING
from cuda_sources import joined
from cupy_stand_in import StandIn

from lossland import cli, landscapes, optimizers
from lossland.compute import arrays, maps, philox
from lossland.compute.bounds import bounds
from lossland.compute.crowds import on_cuda
from lossland.compute.crowds.base import cores
from lossland.compute.crowds.on_cpu import KernelCrowd
from lossland.compute.crowds.on_cuda import CudaCrowd
from lossland.compute.grids import Lattice, grid, quantity_nodes
from lossland.compute.kernels import cuda
from lossland.compute.kernels import device as device_module
from lossland.compute.kernels.device import THREADS, Device, DeviceError, OutOfMemory, blocks
from lossland.compute.kernels.fused import Fused, fuse
from lossland.compute.stepping import Stepper
from lossland.compute.swarm import SwarmState, random_starts, swarm
from lossland.expression import Program
from lossland.landscapes import Landscape, landscape
from lossland.optimizers import Optimizer

CATALOGUE = landscapes.catalogue()
RULES: tuple[Optimizer, ...] = (*(kind() for kind in optimizers.catalogue()), optimizers.SGD(noise=1.0))
# What the landscapes' kernels are tried with: rules that neither choose nor diverge there at their usual rates.
STEADY: tuple[Optimizer, ...] = (
    *map(
        optimizers.optimizer,
        (
            "gradient_descent",
            "sgd",
            "momentum",
            "nesterov",
            "adagrad",
            "rmsprop",
            "adadelta",
            "adam",
            "adamw",
            "amsgrad",
            "nadam",
            "radam",
            "adamax",
            "lion",
            "rprop",
            "yogi",
            "adabelief",
        ),
    ),
    RULES[-1],
)
ROSENBROCK, HIMMELBLAU, ACKLEY = map(landscape, ("rosenbrock", "himmelblau", "ackley"))

# Every rule on a polynomial, and every landscape with one rule or another.
SAMPLE = [(ROSENBROCK, rule) for rule in RULES if rule.name != "asgd"]  # which diverges there at its usual rate
ON_LANDS = [(land, STEADY[i % len(STEADY)]) for i, land in enumerate(CATALOGUE)]
SAMPLE += ON_LANDS

ARCHITECTURES = ("sm_75", "sm_80", "sm_90", "sm_100")
ROUNDED_ALIKE = {"add", "sub", "mul", "div", "neg", "sqrt", "abs", "sign", "min", "max", "where"}
ROUNDED_ALIKE |= {"lt", "le", "gt", "ge", "eq", "ne"}
"""Operations that IEEE 754 rounds in one way only: every machine has the same bits."""

EVERYWHERE = np.array([-np.inf, np.inf] * 2)


def label(value: Any) -> str:
    if isinstance(value, Optimizer):
        return "noisy_sgd" if value.stochastic else value.name
    return getattr(value, "name", str(value))


def state_of(fused: Fused, rule: Optimizer, start: np.ndarray) -> np.ndarray:
    """Return the first state (rows, n) of particles at ``start`` (n, 2)."""
    state = np.empty((len(fused.rows), len(start)), start.dtype)
    state[:2], state[2:] = start.T, np.reshape(fused.initial(rule), (-1, 1))
    return state


def table_of(fused: Fused, rule: Optimizer, steps: int, dtype: Any) -> np.ndarray:
    return fused.table(rule, 0, steps, fused.carry(rule))[0].astype(dtype)


def arguments(state: np.ndarray, table: np.ndarray, around: np.ndarray = EVERYWHERE, seed: int = 0) -> tuple[Any, ...]:
    """Return the arguments of ``ll_swarm``, without watch and trail."""
    kind = state.dtype
    watch, minima, trail = np.full((2, 1), -1, kind), np.zeros((1, 3), kind), np.zeros(1, kind)
    sizes = map(np.int32, (state.shape[1], len(table), 0, 0, 0))
    return state, watch, table, minima, trail, *sizes, *around.astype(kind), *map(np.uint64, (seed, 0))


def on_arrays(fused: Fused, state: np.ndarray, table: np.ndarray) -> np.ndarray:
    """Return the state after the table's steps, computed by NumPy in the state's type. At infinity nothing moves."""
    for columns in table:
        after = np.stack(fused.particle.arrays(*state, *columns[:, None]))
        state = np.where(np.isfinite(state[:2]).all(axis=0), after, state)
    return state


@pytest.fixture(scope="module")
def compiled() -> dict[tuple[Landscape, Optimizer], cuda_on_cpu.Kernel]:
    """The sample's kernels in float32, by g++."""
    sources = {f"k{i}": cuda.swarm_source(fuse(land, rule)) for i, (land, rule) in enumerate(SAMPLE)}
    kernels = cuda_on_cpu.compiled(sources)
    return {pair: kernels[f"k{i}"] for i, pair in enumerate(SAMPLE)}


# ----------------------------------------------------------------------------------------- compiled for GPUs


def expect_no_spills(sources: Mapping[str, str], arch: str) -> None:
    """Compile sources together and check what each kernel takes."""
    uses = nvrtc.uses(nvrtc.compile_cuda(joined(sources), arch).log)
    assert uses.keys() == sources.keys()
    for name, use in uses.items():
        assert use.spilled == 0, name
        assert use.registers <= 128, name  # so that 512 threads find room on a multiprocessor
        assert use.stack <= 32, name  # the reduction of large angles in sin and cos takes 28 bytes


def test_kernels_compile_without_spills() -> None:
    sources = {f"{land.name}_{label(rule)}": cuda.swarm_source(fuse(land, rule)) for land, rule in SAMPLE}
    expect_no_spills(sources, "sm_90")


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_kernels_compile_for_every_architecture(arch: str) -> None:
    nodes = [ACKLEY.node, *quantity_nodes(ACKLEY, "gradient"), *quantity_nodes(ACKLEY, "hessian")]
    sources = {
        "check": cuda.check_source(),
        "noisy": cuda.swarm_source(fuse(ACKLEY, optimizers.SGD(noise=1)), np.float32, watch=True),
        "exact": cuda.swarm_source(fuse(ROSENBROCK, optimizers.NAdam()), np.float64, watch=True),
        "timed": cuda.swarm_source(fuse(ROSENBROCK, optimizers.Adam(), timed=True), np.float64),
        "tight": cuda.swarm_source(fuse(landscape("shubert"), optimizers.RAdam())),
        "grid": cuda.grid_source(Program(nodes, "xy"), (1, 2, 3)),
    }
    expect_no_spills(sources, arch)


CROWDED = {("shubert", "bfgs")}  # looks at eight places of twenty cosines: 16 bytes of it go to memory


@pytest.mark.kernels
@pytest.mark.parametrize("land", CATALOGUE, ids=label)
def test_everything_compiles_without_spills(land: Landscape) -> None:
    """Every rule on every landscape, and every landscape on a grid, each for every architecture."""
    quantities = ("gradient", "hessian", "eigenvalues", "curvature")
    nodes = [land.node, *(node for name in quantities for node in quantity_nodes(land, name))]
    fitting = [rule for rule in RULES if (land.name, rule.name) not in CROWDED]
    sources = {label(rule): cuda.swarm_source(fuse(land, rule)) for rule in fitting}
    sources["grid"] = cuda.grid_source(Program(nodes, "xy"), (1, 2, 3, 2, 2))
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(lambda arch: expect_no_spills(sources, arch), ARCHITECTURES))


def test_a_broken_source_is_refused() -> None:
    with pytest.raises(nvrtc.CompileError, match="undefined"):
        nvrtc.compile_cuda(cuda.check_source().replace("drawn.w[k]", "drown.w[k]"), "sm_90")


def test_numbers_are_literals_of_the_kernels_type() -> None:
    assert cuda.literal(0.1, np.float32) == "0.1f"
    assert cuda.literal(0.1, np.float64) == "0.1"
    assert cuda.literal(1 / 3, np.float32) == "0.33333334f"
    assert cuda.literal(-2, np.float32) == "(-2.0f)"
    assert cuda.literal(1e300, np.float32) == "LL_INF"
    assert cuda.literal(-np.inf, np.float64) == "(-LL_INF)"
    for number in (1e-8, 3.4e38, 123456.78):
        assert np.float32(cuda.literal(number, np.float32).removesuffix("f")) == np.float32(number)


# ------------------------------------------------------------------------------------------- run on the CPU


@pytest.mark.parametrize(("land", "rule"), [pair for pair in SAMPLE if not pair[1].stochastic], ids=label)
def test_kernels_give_what_arrays_give(
    compiled: dict[tuple[Landscape, Optimizer], cuda_on_cpu.Kernel], land: Landscape, rule: Optimizer
) -> None:
    """To the bit where every operation is rounded alike, and within rounding after some steps elsewhere."""
    fused = fuse(land, rule)
    exact = {step.op for step in fused.particle.steps} <= ROUNDED_ALIKE
    table = table_of(fused, rule, 20 if exact else 3, np.float32)
    state = state_of(fused, rule, random_starts(land.domain, 300, seed=4))
    expected = on_arrays(fused, state, table)
    compiled[land, rule](blocks(300), (THREADS,), arguments(state, table))
    if exact:
        tame = np.abs(expected).max(axis=0) < 1e8  # beyond, arrays compute in a wider type what overflows
        assert tame.mean() > 0.5
        np.testing.assert_array_equal(state[:, tame], expected[:, tame])
    else:
        size = np.maximum(1, np.abs(expected).max(axis=1, keepdims=True))
        assert np.abs((state - expected) / size).max() < 1e-5


@pytest.mark.parametrize("land", CATALOGUE, ids=label)
def test_kernels_go_where_the_cpu_kernel_goes(
    compiled: dict[tuple[Landscape, Optimizer], cuda_on_cpu.Kernel], land: Landscape
) -> None:
    rule = ON_LANDS[CATALOGUE.index(land)][1]
    fused = fuse(land, rule)
    starts = random_starts(land.domain, 300, seed=4)
    there = KernelCrowd(land, rule, starts, seed=9)
    there.advance(5)
    state = state_of(fused, rule, starts)
    compiled[land, rule](
        blocks(300), (THREADS,), arguments(state, table_of(fused, rule, 5, np.float32), bounds(land.domain), seed=9)
    )
    size = np.ptp(np.array(land.domain), axis=1)
    assert np.median(np.abs(state[:2].T - there.positions) / size) < 1e-7
    # Steep places and kinks magnify the rounding of a particle here and there.
    assert np.quantile(np.abs(state[:2].T - there.positions) / size, 0.98) < 1e-4


def test_float64_kernels_are_exact_to_twelve_digits() -> None:
    sources = {rule.name: cuda.swarm_source(fuse(HIMMELBLAU, rule), np.float64) for rule in RULES[:-1]}
    kernels = cuda_on_cpu.compiled(sources)
    starts = random_starts(HIMMELBLAU.domain, 50, seed=1).astype(np.float64)
    for rule in RULES[:-1]:
        fused, stepper = fuse(HIMMELBLAU, rule), Stepper(HIMMELBLAU, rule)
        state = state_of(fused, rule, starts)
        kernels[rule.name]((1,), (64,), arguments(state, table_of(fused, rule, 20, np.float64)))
        block = stepper.start(np.ascontiguousarray(starts.T))
        stepper.advance(block, 20)
        assert state[:2] == pytest.approx(block.position, rel=1e-12, abs=1e-12), rule.name


FLAT = landscape("0*x + 0*y")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_noise_is_the_arrays_noise(dtype: Any) -> None:
    rule = optimizers.SGD(lr=1.0, noise=1.0)
    fused = fuse(FLAT, rule)
    kernel = cuda_on_cpu.compiled({"noise": cuda.swarm_source(fused, dtype)})["noise"]
    state = np.zeros((2, 500), dtype)
    kernel(blocks(500), (THREADS,), arguments(state, table_of(fused, rule, 1, dtype), seed=2**63 + 5))
    draws = np.stack(philox.standard_normal(2**63 + 5, philox.particles(np, 0, 500), 1))
    if dtype == np.float32:
        assert (state == -draws.astype(np.float32)).mean() > 0.999  # one in many millions is rounded otherwise
    np.testing.assert_allclose(state, -draws, rtol=1e-13 if dtype == np.float64 else 2e-7, atol=1e-15)


def test_noise_is_in_all_that_a_rule_sees() -> None:
    """Also where it looks elsewhere: against NumPy, with the draws of this very seed."""
    rules = [optimizers.optimizer(text) for text in ("sam:rho=1,noise=2", "armijo:noise=2", "adam:lr=0.1,noise=2")]
    fused = [fuse(HIMMELBLAU, rule) for rule in rules]
    kernels = cuda_on_cpu.compiled(
        {rule.name: cuda.swarm_source(one, np.float64) for rule, one in zip(rules, fused, strict=True)}
    )
    starts = random_starts(HIMMELBLAU.domain, 200, seed=4).astype(float)
    for rule, one in zip(rules, fused, strict=True):
        state = state_of(one, rule, starts)
        given = arguments(state, table_of(one, rule, 4, np.float64), seed=7)
        kernels[rule.name](blocks(200), (THREADS,), given)
        stepper = Stepper(HIMMELBLAU, rule, seed=7)
        block = stepper.start(np.ascontiguousarray(starts.T))
        stepper.advance(block, 4)
        np.testing.assert_allclose(state[:2], np.asarray(block.position), rtol=1e-9, atol=1e-9)


# ----------------------------------------------------------------------------------------------- run as PTX


def run_as_ptx(source: str, count: int, given: Sequence[Any], options: tuple[str, ...]) -> int:
    code = ptx.parse(nvrtc.compile_cuda(source, "compute_80", options).ptx)
    return ptx.launch(code, blocks(count), (THREADS,), given)


@pytest.mark.parametrize(
    ("land", "rule", "steps"),
    [
        (ROSENBROCK, optimizers.Adam(lr=0.05), 30),
        (ROSENBROCK, optimizers.SGD(lr=1e-4, noise=2.0), 5),
        (HIMMELBLAU, optimizers.Rprop(), 20),
        (landscape("rastrigin"), optimizers.Adam(lr=0.05), 15),
        (ACKLEY, optimizers.Yogi(), 10),
        (landscape("eggholder"), optimizers.RAdam(), 10),
    ],
    ids=label,
)
def test_ptx_gives_what_arrays_give(land: Landscape, rule: Optimizer, steps: int) -> None:
    """What NVRTC makes of a kernel: to the bit without fused multiply-adds, as CuPy compiles it within rounding."""
    fused = fuse(land, rule)
    source = cuda.swarm_source(fused)
    table, starts = table_of(fused, rule, steps, np.float32), random_starts(land.domain, 200, seed=4)
    expected = state_of(fused, rule, starts)
    cuda_on_cpu.compiled({"kernel": source})["kernel"](blocks(200), (THREADS,), arguments(expected, table))
    exact = {step.op for step in fused.particle.steps} <= ROUNDED_ALIKE and not fused.noisy
    for options in (("--fmad=false",), ()):
        state = state_of(fused, rule, starts)
        run_as_ptx(source, 200, arguments(state, table), options)
        if options and exact:
            np.testing.assert_array_equal(state, expected)
        size = np.ptp(np.array(land.domain), axis=1)[:, None]
        assert np.quantile(np.abs(state - expected)[:2] / size, 0.98) < 1e-6


def test_ptx_of_the_first_kernel_gives_philox_words() -> None:
    words = np.zeros((64, 4), np.uint32)
    run_as_ptx(cuda.check_source(), 64, (words, np.int32(64), np.uint64(2**64 - 3), np.uint32(5)), ())
    right = philox.words(2**64 - 3, philox.particles(np, 0, 64), 5, philox.Purpose.NOISE)
    np.testing.assert_array_equal(words, np.stack(right, axis=-1))


def test_ptx_of_a_grid_gives_the_grid() -> None:
    land = landscape("himmelblau", domain=((-4, 4), (-3, 5)))
    nodes = [land.node, *quantity_nodes(land, "gradient"), *quantity_nodes(land, "hessian")]
    source = cuda.grid_source(Program(nodes, "xy"), (1, 2, 3))
    right = land.grid((19, 11), dtype=np.float32, derivatives=True)
    value, gradient, hessian = (np.zeros((11, 19, *more), np.float32) for more in ((), (2,), (3,)))
    given = (right.x, right.y, np.int32(19), np.int32(11), value, gradient, hessian)
    code = ptx.parse(nvrtc.compile_cuda(source, "compute_80", ("--fmad=false",)).ptx)
    ptx.launch(code, (1, 3), (64, 4), given)
    np.testing.assert_array_equal(value, right.value)
    np.testing.assert_array_equal(gradient, right.gradient)
    np.testing.assert_array_equal(hessian, right.hessian)


def test_the_interpreter_sees_what_a_gpu_would_not() -> None:
    source = cuda.check_source()
    words = np.zeros((63, 4), np.uint32)
    with pytest.raises(ptx.PtxError, match="outside the arrays"):
        run_as_ptx(source, 64, (words, np.int32(64), np.uint64(3), np.uint32(5)), ())
    with pytest.raises(ptx.PtxError, match="has 8 bytes, its argument 4"):
        run_as_ptx(source, 64, (words, np.int32(63), np.uint32(3), np.uint32(5)), ())


# ------------------------------------------------------------------------- watch, trails and lost particles


MINIMA, NEAR = np.array(HIMMELBLAU.minima), 0.05
STARTS = random_starts(HIMMELBLAU.domain, 700, seed=2)
RULE = optimizers.Momentum(lr=0.02, momentum=0.5)


def on_cpu(rule: Optimizer = RULE, watch: bool = True) -> KernelCrowd:
    return KernelCrowd(HIMMELBLAU, rule, STARTS, 3, minima=MINIMA if watch else None, near=NEAR)


def on_device(cupy: Any, rule: Optimizer = RULE, watch: bool = True) -> CudaCrowd:
    made = Device(cupy)
    fallback: Callable[[], KernelCrowd] = lambda: on_cpu(rule, watch)  # noqa: E731
    return CudaCrowd(made, HIMMELBLAU, rule, STARTS, fallback, 3, minima=MINIMA if watch else None, near=NEAR)


def near_enough(ours: CudaCrowd, theirs: KernelCrowd) -> None:
    """Most particles that are not lost are where the CPU's are; at a watershed rounding decides."""
    apart = np.abs(ours.positions - theirs.positions).max(axis=1)
    assert np.quantile(apart[theirs.lost < 0], 0.98) < 1e-4
    assert (ours.settled == theirs.settled).mean() > 0.98
    assert (ours.lost == theirs.lost).mean() > 0.99


def test_a_crowd_settles_and_is_lost_as_on_the_cpu() -> None:
    ours, theirs = on_device(StandIn()), on_cpu()
    theirs.advance(200)
    assert (theirs.settled >= 0).sum() > 200
    assert (theirs.lost >= 0).sum() > 20
    for steps in (1, 49, 150):
        ours.advance(steps)
    assert ours.step == 200
    near_enough(ours, theirs)


def test_parts_of_a_run_are_the_run_to_the_bit() -> None:
    whole, parts = (on_device(StandIn(), optimizers.SGD(lr=0.003, noise=1.0)) for _ in range(2))
    whole.advance(30)
    for steps in (1, 2, 27):
        parts.advance(steps)
    np.testing.assert_array_equal(whole.positions, parts.positions)


def test_a_particle_goes_where_it_would_go_alone() -> None:
    rule = optimizers.SGD(lr=0.003, noise=1.0)
    together = on_device(StandIn(), rule)
    together.advance(20)
    for i in (0, 300, 699):
        alone = CudaCrowd(Device(StandIn()), HIMMELBLAU, rule, STARTS[i : i + 1], on_cpu, 3, first=i)
        alone.advance(20)
        np.testing.assert_array_equal(alone.positions[0], together.positions[i])


@pytest.mark.parametrize("trail_bytes", [1, 1 << 14, 1 << 26])
def test_a_trail_is_where_the_particles_were(monkeypatch: pytest.MonkeyPatch, trail_bytes: int) -> None:
    """Whether it travels frame by frame or at once; the stand-in gives poison to whoever does not wait for it."""
    monkeypatch.setattr(on_cuda, "TRAIL_BYTES", trail_bytes)
    ours, steps = on_device(StandIn()), on_device(StandIn())
    frames = ours.trail(23, every=4)
    assert frames.shape == (5, 2, 700)
    for frame in frames:
        steps.advance(4)
        np.testing.assert_array_equal(frame.T, steps.positions)
    steps.advance(3)
    np.testing.assert_array_equal(ours.positions, steps.positions)
    assert ours.step == 23


# ------------------------------------------------------------------------------------------- faults


def quiet(text: str) -> Any:
    return pytest.warns(RuntimeWarning, match=text)


def test_too_little_memory_means_smaller_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_cuda, "FEWEST", 32)
    plenty, cupy = on_device(StandIn()), StandIn(room=6000)
    with quiet("no room for 700 particles at a time; they take turns"):
        scarce = on_device(cupy)
    for ours in (plenty, scarce):
        ours.advance(60)
    np.testing.assert_array_equal(scarce.positions, plenty.positions)
    np.testing.assert_array_equal(scarce.settled, plenty.settled)
    np.testing.assert_array_equal(scarce.trail(4, 2), plenty.trail(4, 2))
    assert cupy.freed > 0
    assert scarce._fallback is None


def test_the_command_line_warns_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)  # put back afterwards
    cli.main(["--version"])
    with pytest.warns(RuntimeWarning) as told:
        device_module.warn(DeviceError("its memory is full"))
    text = warnings.formatwarning(told[0].message, told[0].category, "file.py", 12)
    assert text == "lossland: The CUDA device cannot go on (its memory is full); the CPU does the work.\n"


def test_far_too_little_memory_means_the_cpu() -> None:
    with quiet("they take turns"):
        ours = on_device(StandIn(room=3000))
    with quiet(r"cannot go on \(its memory is full\); the CPU does the work"):
        ours.advance(10)
    theirs = on_cpu()
    theirs.advance(10)
    np.testing.assert_array_equal(ours.positions, theirs.positions)


@pytest.mark.parametrize("fail_after", [2, 3, 4])
def test_a_lost_device_means_the_cpu_from_the_start(fail_after: int) -> None:
    ours, theirs = on_device(StandIn(fail_after=fail_after - 1)), on_cpu()
    theirs.advance(30)
    with quiet("illegal memory access"):
        for _ in range(3):
            ours.advance(10)
        np.testing.assert_array_equal(ours.positions, theirs.positions)
    np.testing.assert_array_equal(ours.settled, theirs.settled)
    np.testing.assert_array_equal(ours.lost, theirs.lost)
    assert ours.backend == "cpu"


def test_a_device_lost_on_a_trail_means_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_cuda, "TRAIL_BYTES", 1)
    ours, theirs = on_device(StandIn(fail_after=4)), on_cpu()
    with quiet("illegal memory access"):
        frames = ours.trail(10)
    for frame in frames:
        theirs.advance(1)
        assert np.abs(frame.T - theirs.positions).max() < 1e-4
    assert ours.step == 10
    np.testing.assert_array_equal(ours.positions, theirs.positions)


def test_a_kernel_that_does_not_compile_means_the_cpu() -> None:
    theirs = on_cpu()
    theirs.advance(10)
    with quiet("CompileException: kernel.cu"):
        ours = on_device(StandIn(broken="ll_swarm"))
    ours.advance(10)
    np.testing.assert_array_equal(ours.positions, theirs.positions)


def test_a_device_is_tried_out_first(monkeypatch: pytest.MonkeyPatch) -> None:
    cupy = StandIn()
    Device(cupy)
    assert cupy.launches == [("ll_check", THREADS)]
    assert cupy.limits == [device_module.SHARE]
    wrong = cuda.check_source().replace("drawn.w[k]", "drawn.w[k] + 1")
    monkeypatch.setattr(cuda, "check_source", lambda: wrong)
    with pytest.raises(DeviceError, match="wrong numbers"):
        Device(StandIn())


def test_memory_errors_are_told_apart() -> None:
    made = Device(StandIn(room=5000))
    with pytest.raises(OutOfMemory, match="memory is full"), made.at_work() as xp:
        xp.empty((5001,), np.uint8)


# --------------------------------------------------------------------------------- chosen as the backend


@pytest.fixture(params=["stand-in", pytest.param("cupy", marks=pytest.mark.gpu)])
def cupy(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The backend cuda, on a stand-in or on real CuPy."""
    if request.param == "cupy":
        return arrays.backend("cuda").xp
    made = StandIn()
    chosen = arrays.Backend("cuda", made, "a stand-in")
    monkeypatch.setattr(arrays, "backend", lambda name="auto": arrays.CPU if name == "cpu" else chosen)
    return made


def test_swarms_take_the_device(cupy: Any) -> None:
    ours = SwarmState(HIMMELBLAU, optimizers.Adam(lr=0.05), STARTS, 3, backend="cuda")
    theirs = SwarmState(HIMMELBLAU, optimizers.Adam(lr=0.05), STARTS, 3, backend="cpu")
    done: list[float] = []
    for state in (ours, theirs):
        state.advance(20, done.append)
    assert isinstance(ours._crowd, CudaCrowd)
    assert (ours._crowd.settled == -1).all()
    assert done == [1.0, 1.0]
    assert ours.positions.dtype == np.float32
    assert np.abs(ours.positions - theirs.positions).max() < 1e-4


@pytest.mark.parametrize("rule", RULES, ids=label)
def test_every_rule_runs_on_the_device(cupy: Any, rule: Optimizer) -> None:
    ours, theirs = (SwarmState(HIMMELBLAU, rule, STARTS[:200], 3, backend=name) for name in ("cuda", "cpu"))
    for state in (ours, theirs):
        state.advance(5)
    assert isinstance(ours._crowd, CudaCrowd)
    share = 0.9 if rule.name in CHOOSING else 0.98
    assert np.quantile(np.abs(ours.positions - theirs.positions), share) < 1e-4


def test_work_is_cut_into_launches(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_cuda, "WORK", 7000)
    done: list[float] = []
    SwarmState(HIMMELBLAU, RULE, STARTS, 3, backend="cuda").advance(30, done.append)
    assert done == pytest.approx([1 / 3, 2 / 3, 1])


def test_basins_take_the_device(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = (maps.basins(HIMMELBLAU, RULE, n=20, steps=100, backend=name) for name in ("cuda", "cpu"))
    assert (ours.basin == theirs.basin).mean() > 0.97
    assert (np.abs(ours.steps - theirs.steps) <= 1).mean() > 0.97


def test_a_swarm_says_where_it_was_computed(cupy: Any) -> None:
    assert swarm(HIMMELBLAU, RULE, count=50, steps=5, backend="cuda").backend == "cuda"
    if isinstance(cupy, StandIn):
        cupy.fail_after = len(cupy.launches)
        with quiet("illegal memory access"):
            assert swarm(HIMMELBLAU, RULE, count=50, steps=5, backend="cuda").backend == "cpu"


def test_grids_take_the_device(cupy: Any) -> None:
    ours, theirs = (
        grid(ACKLEY, 70, dtype=np.float64, derivatives=True, backend=name, quantities=["curvature"])
        for name in ("cuda", "cpu")
    )
    for name in ("value", "gradient", "hessian", "curvature"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("room", "warns"), [(5000, False), (300, True)])
def test_grids_fall_back_to_fewer_rows_and_to_the_cpu(room: int, warns: bool) -> None:
    made = StandIn()
    device_module.device(made)
    tried = len(made.launches)
    made.room = room
    lattice = Lattice(HIMMELBLAU, 40, dtype=np.float32, backend="cpu")
    lattice.backend = arrays.Backend("cuda", made, "a stand-in")
    whole = lattice.empty()
    with quiet("its memory is full") if warns else nullcontext():
        lattice.fill(whole)
    np.testing.assert_allclose(whole["value"], HIMMELBLAU.grid(40).value, rtol=1e-5, atol=1e-3)
    assert len(made.launches) - tried == (0 if warns else 2)


def test_a_device_that_computes_wrong_numbers_is_not_used(cupy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(xp: Any) -> Device:
        raise DeviceError("it computes wrong numbers")

    monkeypatch.setattr(device_module, "device", refuse)
    with quiet("it computes wrong numbers"):
        state = SwarmState(HIMMELBLAU, RULE, STARTS, 3, backend="cuda")
    assert isinstance(state._crowd, KernelCrowd)
    with quiet("it computes wrong numbers"):
        assert grid(HIMMELBLAU, 9, backend="cuda").value.shape == (9, 9)


# ------------------------------------------------------------------------- what we ask of CuPy, in the real one


def asked_of_cupy() -> set[str]:
    """Return what follows ``xp.`` in the code that works with CuPy."""
    names: set[str] = set()
    files = [Path(str(module.__file__)) for module in (device_module, on_cuda)]
    for file in (*files, Path(__file__).parents[2] / "tools" / "gpu_steps.py"):
        source = file.read_text()
        names.update(re.findall(r"\bxp\.((?:\w+\.)*\w+)", source))
    return names


@pytest.mark.kernels
def test_cupy_has_what_we_ask_for() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there is no driver
        cupy = import_module("cupy")
    errors = cupy.cuda.runtime.CUDARuntimeError, cupy.cuda.driver.CUDADriverError, cupy.cuda.nvrtc.NVRTCError
    assert all(issubclass(error, RuntimeError) for error in errors)
    assert issubclass(cupy.cuda.memory.OutOfMemoryError, MemoryError)
    assert not issubclass(cupy.cuda.compiler.CompileException, RuntimeError)
    names = asked_of_cupy()
    assert {"RawModule", "cuda.Stream", "asarray", "cuda.compiler.CompileException"} <= names
    for name in names:
        assert reduce(getattr, name.split("."), cupy) is not None
    for kind, methods in {
        cupy.ndarray: ("get",),
        cupy.cuda.Stream: ("__enter__", "record", "wait_event", "synchronize"),
        cupy.cuda.Event: ("record", "synchronize"),
        cupy.cuda.Device: ("__enter__",),
        cupy.cuda.MemoryPool: ("set_limit", "free_all_blocks"),
        cupy.RawModule: ("get_function",),
    }.items():
        for method in methods:
            assert callable(getattr(kind, method))
    assert "get(self, stream=None, order='C', out=None, blocking=True)" in cupy.ndarray.get.__doc__
    assert "set_limit(self, size=None, fraction=None)" in cupy.cuda.MemoryPool.set_limit.__doc__
    assert "code (str)" in cupy.RawModule.__doc__
    assert "options (tuple of str)" in cupy.RawModule.__doc__
    module = cupy.RawModule(code=cuda.check_source(), options=device_module.OPTIONS)  # compiled when it is needed
    assert module.code == cuda.check_source()

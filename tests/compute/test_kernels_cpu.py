"""The compiled CPU kernels against the array path, mpmath and themselves."""

from __future__ import annotations

import ctypes
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from choosing import CHOOSING

from lossland import landscapes, optimizers
from lossland.compute import arrays, philox
from lossland.compute.bounds import bounds, is_lost
from lossland.compute.crowds import on_cpu
from lossland.compute.crowds.on_arrays import ArrayCrowd
from lossland.compute.crowds.on_cpu import KernelCrowd
from lossland.compute.kernels import cpu, store, vmath
from lossland.compute.kernels.fused import fuse
from lossland.compute.kernels.machine import compiled
from lossland.compute.kernels.simd import Code, Vector, load
from lossland.compute.kernels.simd import store as keep
from lossland.compute.minima import tolerance
from lossland.compute.swarm import SwarmState, random_starts
from lossland.compute.trajectory import run
from lossland.errors import MachineError
from lossland.expression import Program
from lossland.landscapes import Landscape, landscape
from lossland.optimizers import Optimizer

RULES = [*optimizers.names(), "sgd:noise=1"]
# Every landscape with at least four rules, every rule with at least three landscapes.
PAIRS = [(land, rule) for i, land in enumerate(landscapes.names()) for j, rule in enumerate(RULES) if (i + j) % 13 == 0]
EPS = {np.float32: 2.0**-24, np.float64: 2.0**-53}


def on_arrays(land: Landscape, rule: Optimizer, start: np.ndarray, steps: int) -> np.ndarray:
    state = ArrayCrowd(land, rule, start, seed=5, first=0, backend=arrays.CPU)
    state.advance(steps)
    return state.positions


# ------------------------------------------------------------------------------------------- against the array path


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "spec"), PAIRS)
def test_a_kernel_goes_where_float64_arrays_go(name: str, spec: str, dtype: type) -> None:
    """Within 1e-12 (float32: 1e-6) of the domain, and a few times the effect of rounding the start.

    That effect is what float64 arrays do themselves when the start moves by eight units in the last place: on steep
    ground, e.g. Trefethen's, eight steps blow it up a million times and more. Of rules that choose, two steps and
    nine particles in ten; in float32, where slopes vanish and their differences lose all digits, one step and seven.
    """
    land, rule = landscape(name), optimizers.optimizer(spec)
    steps, share = 8, 1.0
    if rule.name in CHOOSING:
        steps, share = (2, 0.9) if dtype is np.float64 else (1, 0.7)
    start = random_starts(land.domain, 120, seed=3).astype(np.float64)
    expected = on_arrays(land, rule, start, steps)
    spread = np.zeros(len(start))
    size = np.array([high - low for low, high in land.domain])
    for dx, dy in ((1, 1), (-1, 1), (1, -1), (-1, -1)):
        moved = start + 8 * EPS[dtype] * size * (dx, dy)
        spread = np.maximum(spread, (np.abs(on_arrays(land, rule, moved, steps) - expected) / size).max(axis=1))

    state = KernelCrowd(land, rule, start.astype(dtype), seed=5)
    state.advance(steps)
    assert state.positions.dtype == dtype
    lost = is_lost(expected, land.domain)
    alike = is_lost(state.positions, land.domain) == lost
    error = (np.abs(state.positions - expected) / size).max(axis=1)
    bound = (1e-12 if dtype is np.float64 else 1e-6) + 4 * spread
    assert np.mean(alike & (lost | (error <= bound))) >= share


@pytest.mark.parametrize("spec", RULES)
def test_float64_kernels_to_twelve_digits_over_many_steps(spec: str) -> None:
    """On a bowl nothing is blown up: 200 steps agree with a lone run on Python floats.

    At its bottom, BFGS compares values that differ by rounding alone.
    """
    land, rule = landscape("x^2 + 3*y^2 + x*y"), optimizers.optimizer(spec)
    start = random_starts(land.domain, 5, seed=1).astype(np.float64)
    state = KernelCrowd(land, rule, start, seed=2)
    state.advance(200)
    right = run(land, rule, start, 200, seed=2).points[-1]
    exact = 1e-8 if rule.name == "bfgs" else 1e-12
    assert state.positions == pytest.approx(right, rel=exact, abs=exact)


@pytest.mark.parametrize(
    "formula",
    [
        "tan(x) + asin(x/9) * acos(y/9) + atan(3*x*y) + atan2(y, x)",
        "sinh(x/3) - cosh(y) + tanh(x*y) + log(1 + x^2) + log2(2 + y^2) + log10(3 + x*y/99)",
        "min(x, y^2) + max(x*y, 1) + abs(x - y) + mod(x, 0.7) * y + floor(2*y) * x",
        "abs(x)^1.7 + (1 + y^2)^(x/3) + 2^x + sqrt(x^2 + y^2) + ceil(x) * y + round(y) * x",
    ],
)
def test_every_function_of_formulas(formula: str) -> None:
    land = landscape(formula, domain=((-3, 3), (-3, 3)))
    start = random_starts(land.domain, 500, seed=8).astype(np.float64)
    gradient = np.asarray(land.grad(start))
    for dtype, allowed in ((np.float64, 1e-13), (np.float32, 5e-6)):
        state = KernelCrowd(land, optimizers.GradientDescent(lr=1.0), start.astype(dtype))
        state.advance(1)
        expected = start - gradient
        error = np.abs(state.positions - expected) / (1 + np.abs(start) + np.abs(gradient))
        assert error.max() < allowed


@pytest.mark.parametrize("term", ["(2 + x)^({k}.5 - y)", "sin({k}*x + y)", "tanh(x - {k}*y)", "log({k} + x*x)"])
def test_long_functions_that_come_often_are_written_once(term: str) -> None:
    land = landscape("+".join(term.format(k=k) for k in range(1, 41)), domain=((-1, 1), (-1, 1)))
    fused = fuse(land, optimizers.GradientDescent())
    assert len(cpu.source(fused, "float").splitlines()) < 500 + 5 * len(fused.particle.steps)
    start = random_starts(land.domain, 100, seed=4).astype(np.float64)
    gradient = np.asarray(land.grad(start))
    state = KernelCrowd(land, optimizers.GradientDescent(lr=1e-3), start)
    state.advance(1)
    size = np.abs(gradient).max()
    assert (start - state.positions) / 1e-3 / size == pytest.approx(gradient / size, abs=1e-11)


def test_noise_is_the_array_paths_noise() -> None:
    flat = landscape("0*x", domain=((-1, 1), (-1, 1)))
    first, seed = 2**33 - 3, 2**63 + 12345
    state = KernelCrowd(flat, optimizers.SGD(lr=1.0, noise=1.0), np.zeros((1000, 2)), seed, first)
    number = philox.particles(np, first, 1000)
    total = np.zeros((2, 1000))
    for t in range(1, 6):
        state.advance(1)
        draws = np.stack(philox.standard_normal(seed, number, t))
        total -= draws
        assert np.abs(state.positions.T - total).max() < 1e-14


# ----------------------------------------------------------------------------------------------- bit for bit


@pytest.mark.parametrize("spec", ["adam:lr=0.05", "sgd:lr=0.001,noise=2", "nadam", "rprop"])
def test_threads_pieces_and_chunks_change_no_bit(monkeypatch: pytest.MonkeyPatch, spec: str) -> None:
    land, rule = landscape("ackley"), optimizers.optimizer(spec)
    start = random_starts(land.domain, 5001, seed=6)
    one = KernelCrowd(land, rule, start, seed=7, threads=1)
    one.advance(60)
    monkeypatch.setattr(on_cpu, "TASK", 1000)
    monkeypatch.setattr(on_cpu, "WORK", 5001 * 7)
    many = KernelCrowd(land, rule, start, seed=7, threads=3)
    for steps in (1, 0, 20, 39):
        many.advance(steps)
    assert many.step == one.step == 60
    assert np.array_equal(one.positions, many.positions)
    for begin, end in ((0, 1), (511, 513), (777, 2000), (5000, 5001)):
        some = KernelCrowd(land, rule, start[begin:end], seed=7, first=begin)
        some.advance(60)
        assert np.array_equal(some.positions, one.positions[begin:end])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_trail_has_every_so_many_steps(monkeypatch: pytest.MonkeyPatch, dtype: type) -> None:
    land, rule = landscape("ackley"), optimizers.optimizer("sgd:lr=0.01,noise=1")
    start = random_starts(land.domain, 1537).astype(dtype)
    monkeypatch.setattr(on_cpu, "TASK", 1000)
    monkeypatch.setattr(on_cpu, "WORK", 1537 * 7)
    one, other = (KernelCrowd(land, rule, start, threads=threads) for threads in (2, 1))
    trail = one.trail(23, 5)
    assert trail.shape == (4, 2, 1537)
    for frame in trail:
        other.advance(5)
        assert np.array_equal(frame.T, other.positions)
    other.advance(3)
    assert (one.step, other.step) == (23, 23)
    assert np.array_equal(one.positions, other.positions)
    assert one.trail(4, 5).shape == (0, 2, 1537)
    on_array = ArrayCrowd(land, rule, start, seed=0, first=0, backend=arrays.CPU)
    assert on_array.trail(23, 5) == pytest.approx(trail, abs=1e-3)


@pytest.mark.parametrize("name", ["rosenbrock", "ackley", "cross_in_tray", "eggholder"])
def test_nan_and_overflow_stay_where_they_are(name: str) -> None:
    land, rule = landscape(name), optimizers.Adam(lr=0.01)
    start = random_starts(land.domain, 700, seed=6)
    clean = KernelCrowd(land, rule, start)
    clean.advance(50)
    start[[3, 16, 511, 512, 699]] = [[np.nan, 0], [np.inf, 0], [0, -np.inf], [1e38, 1e38], [np.nan, np.nan]]
    dirty = KernelCrowd(land, rule, start)
    dirty.advance(50)
    odd = np.zeros(700, bool)
    odd[[3, 16, 511, 512, 699]] = True
    assert np.array_equal(dirty.positions[~odd], clean.positions[~odd])
    assert np.array_equal(dirty.positions[odd], start[odd], equal_nan=True)
    assert np.array_equal(is_lost(dirty.positions, land.domain), odd)


def test_the_lost_stay_where_they_got_lost() -> None:
    land, rule = landscape("rosenbrock"), optimizers.GradientDescent(lr=0.5)
    start = random_starts(land.domain, 100)
    state = KernelCrowd(land, rule, start, minima=np.array(land.minima), near=0.1)
    arrays_too = ArrayCrowd(land, rule, start, seed=0, first=0, backend=arrays.CPU)
    path = [start]
    for _ in range(12):
        state.advance(1)
        arrays_too.advance(1)
        path.append(state.positions)
    out = np.array([is_lost(points, land.domain) for points in path])
    assert out[-1].all()
    assert not out[1].all()
    assert np.array_equal(state.lost, out.argmax(axis=0))
    assert (state.settled == -1).all()
    when = out.argmax(axis=0)
    assert np.array_equal(state.positions, np.array(path)[when, np.arange(100)], equal_nan=True)
    assert state.positions == pytest.approx(arrays_too.positions, rel=1e-4, nan_ok=True)


@pytest.mark.parametrize("steps", [1, 2, 31, 32, 33, 70])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_who_leaves_and_would_come_back_stays_outside(steps: int, dtype: type) -> None:
    """Beyond 1/2 the slope is 2500: a step of rate 1 leads out of the bounds at 2001, and the next would lead back."""
    land = landscape("2500*max(abs(x) - 0.5, 0) + 0*y", domain=((-1, 1), (-1, 1)))
    start = random_starts(land.domain, 1000, seed=2).astype(dtype)
    state = KernelCrowd(land, optimizers.GradientDescent(lr=1.0), start)
    state.advance(steps)
    x, y = start.T
    leaves = abs(x) > 0.5
    assert 400 < leaves.sum() < 600
    assert np.array_equal(state.positions, np.stack((np.where(leaves, x - 2500 * np.sign(x), x), y), axis=-1))


@pytest.mark.parametrize("spec", [*optimizers.names(), "sgd:noise=1"])
@pytest.mark.parametrize("name", ["rosenbrock", "ackley"])
def test_care_changes_no_bit(monkeypatch: pytest.MonkeyPatch, name: str, spec: str) -> None:
    land, rule = landscape(name), optimizers.optimizer(spec)
    start = random_starts(land.domain, 130, seed=4)
    trusting, careful = (KernelCrowd(land, rule, start, seed=1) for _ in range(2))
    trusting.advance(70)
    monkeypatch.setattr(cpu, "safe_square", lambda bounds: 0.0)
    careful.advance(70)
    assert np.array_equal(trusting.positions, careful.positions, equal_nan=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_small_squares_are_inside_of_the_bounds(dtype: type) -> None:
    assert cpu.safe_square(bounds(((5000, 5001), (-1, 1)), dtype)) == 0
    assert cpu.safe_square(bounds(((-1, 1), (-7, -6)), dtype)) == pytest.approx((0.99 * 994) ** 2)
    assert cpu.safe_square(bounds(((-1e37, 1e37), (-1e37, 1e37)), np.float32)) == np.finfo(np.float32).max


def test_when_a_stay_at_a_minimum_began() -> None:
    land, rule = landscape("himmelblau"), optimizers.Momentum(lr=0.005, momentum=0.9)
    start, near, minima = random_starts(land.domain, 300, seed=2), tolerance(land), np.array(land.minima)
    state = KernelCrowd(land, rule, start, minima=minima, near=near)
    plain = KernelCrowd(land, rule, start)
    at = []
    for _ in range(150):
        plain.advance(1)
        distance = np.hypot(*np.moveaxis(plain.positions[:, None].astype(np.float64) - minima, -1, 0))
        at.append((distance < near).any(axis=1))
    state.advance(150)
    assert np.array_equal(state.positions, plain.positions)
    there = np.array(at)
    away = np.where(there.all(axis=0), 0, len(there) - np.argmin(there[::-1], axis=0))  # steps when last away
    expected = np.where(there[-1], away + 1, -1)
    assert (expected > 0).sum() > 250
    assert (there[:-1] & ~there[1:]).any()  # some passed through before they stayed
    assert np.array_equal(state.settled, expected)
    assert (state.lost == -1).all()


def test_bounds_are_a_thousand_domains_away() -> None:
    assert bounds(((-1, 1), (0, 4))).tolist() == [-2001, 2001, -4000, 4004]
    assert np.isinf(bounds(((-1e37, 1e37), (0, 1)), np.float32)[:2]).all()


# ------------------------------------------------------------------------------------------------- fused programs


def test_a_slider_needs_no_new_kernel() -> None:
    land = landscape("rosenbrock")
    assert fuse(land, optimizers.Adam(lr=0.1)) is fuse(land, optimizers.Adam(lr=0.2, beta1=0.5))
    assert fuse(land, optimizers.SGD(noise=0.5)) is fuse(land, optimizers.SGD(noise=2.0))
    assert fuse(land, optimizers.SGD()) is not fuse(land, optimizers.SGD(noise=2.0))


@pytest.mark.parametrize("kind", optimizers.catalogue())
def test_what_is_uniform_is_computed_once_a_step(kind: type[Optimizer]) -> None:
    fused = fuse(landscape("x^2 + y^2"), kind())
    assert not {"pow", "exp", "log", "floor"} & {step.op for step in fused.particle.steps}
    assert set(fused.rows[:2]) == {"x", "y"}
    assert set(fused.remembered) | set(fused.carried) == set(optimizers.memory(kind))
    assert fused.carried == (("mu_product",) if kind is optimizers.NAdam else ())
    divisors = {step.args[1] for step in fused.particle.steps if step.op == "div"}
    first = len(fused.rows)
    assert not divisors & set(range(first, first + len(fused.columns) + len(fused.particle.constants)))


def test_the_table_of_adam_and_nadam() -> None:
    adam = optimizers.Adam(lr=0.1, beta1=0.9, beta2=0.999)
    table, carry = fuse(landscape("x^2"), adam).table(adam, done=4, steps=3, carry=[])
    assert carry == []
    for row, t in zip(table, (5, 6, 7), strict=True):
        wanted = [0.9, 1 - mpmath.mpf(0.9), 0.999, 1 - mpmath.mpf(0.999), 1e-8]
        wanted += [-0.1 / (1 - mpmath.mpf(0.9) ** t), 1 / (1 - mpmath.mpf(0.999) ** t)]
        assert sorted(row) == pytest.approx(sorted(map(float, wanted)), rel=1e-12)
    nadam = optimizers.NAdam()
    fused = fuse(landscape("x^2"), nadam)
    whole, end = fused.table(nadam, 0, 9, fused.carry(nadam))
    one, middle = fused.table(nadam, 0, 4, fused.carry(nadam))
    rest, last = fused.table(nadam, 4, 5, middle)
    assert np.array_equal(whole, np.concatenate((one, rest)))
    assert end == last
    mu = [0.9 * (1 - mpmath.mpf(0.96) ** (t * mpmath.mpf(0.004)) / 2) for t in range(1, 10)]
    assert end == pytest.approx([float(mpmath.fprod(mu))], rel=1e-13)


# ---------------------------------------------------------------------------------------------------- functions

INPUTS: dict[str, tuple[float, float]] = {
    "exp": (-87, 88), "log": (1e-37, 1e3), "log2": (1e-37, 1e3), "log10": (1e-37, 1e3), "sin": (-1e4, 1e4),
    "cos": (-1e4, 1e4), "tan": (-100, 100), "asin": (-1, 1), "acos": (-1, 1), "atan": (-50, 50), "sinh": (-20, 20),
    "cosh": (-20, 20), "tanh": (-9, 9), "sqrt": (0, 1e6), "floor": (-99, 99), "ceil": (-99, 99), "round": (-99, 99),
}  # fmt: skip
NAMES = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "atan2": "arctan2", "pow": "power", "round": "rint"}
EXACT = {"log2": lambda x: mpmath.log(x, 2), "log10": lambda x: mpmath.log(x, 10), "round": mpmath.nint}
KINDS = {np.float32: "float", np.float64: "double"}


def on_vectors(op: str, dtype: type) -> Callable[..., np.ndarray]:
    """Return a function of expressions, compiled for arrays."""
    kind, code = KINDS[dtype], Code()
    count = 2 if op in ("pow", "atan2", "min", "max", "mod") else 1
    with code.loop("i", "%count", 8) as turn:
        places = [code.write(f"getelementptr {kind}, ptr {name}, i64 {turn.index}") for name in ("%a", "%b", "%result")]
        given = [load(code, kind, 8, place) for place in places[:count]]
        result: Vector = vmath.OPERATIONS[op](*given)
        keep(result, places[2])
    head = "define void @apply(ptr %a, ptr %b, ptr %result, i64 %count) {\nentry:"
    source = "\n".join([head, *code.lines, "  ret void\n}", *sorted(code.declarations), ""])
    machine_code = compiled(source, "apply")
    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)(machine_code.address)

    def apply(*operands: Any) -> np.ndarray:
        size = len(operands[0])
        a, b = (np.resize(np.asarray(operand, dtype), size + 7) for operand in (operands[0], operands[-1]))
        result = np.empty_like(a)
        function(a.ctypes.data, b.ctypes.data, result.ctypes.data, size)
        assert machine_code.address
        return result[:size]

    return apply


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("op", INPUTS)
def test_functions_are_exact_to_two_units(op: str, dtype: type) -> None:
    low, high = INPUTS[op]
    random = np.random.default_rng(1)
    spread = random.uniform(low, high, 400)
    x = np.concatenate((spread, spread[:200] * 1e-2, np.geomspace(max(low, 1e-9), high, 200))).astype(dtype)
    got = on_vectors(op, dtype)(x)
    with mpmath.workprec(150):
        exact = [EXACT.get(op, getattr(mpmath, op, None))(mpmath.mpf(float(v))) for v in x]  # pyright: ignore
        error = [abs(mpmath.mpf(float(a)) - b) / (abs(b) if b else 1) for a, b in zip(got, exact, strict=True)]
    unit = 2 * EPS[dtype]
    assert max(error) < (1.1 if op in ("exp", "sin", "cos") else 2.0) * unit


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("op", [*INPUTS, "sign"])
def test_functions_at_the_edges(op: str, dtype: type) -> None:
    big, tiny = (1e30, 1e-40) if dtype is np.float32 else (1e300, 1e-310)
    x = np.array([0.0, -0.0, 1, -1, 0.5, np.inf, -np.inf, np.nan, tiny, 1e4, -1e4, -0.5], dtype)
    if op not in ("sin", "cos", "tan"):
        x = np.append(x, np.array([big, -big], dtype))
    with np.errstate(all="ignore"):
        right = getattr(np, NAMES.get(op, op))(x)
    assert on_vectors(op, dtype)(x) == pytest.approx(right, rel=1e-6, abs=1e-45, nan_ok=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("op", ["pow", "atan2", "min", "max"])
def test_functions_of_two_arguments(op: str, dtype: type) -> None:
    some = np.array([0, 1, -1, 0.5, -2, 3, 2.5, -3, 1e3, np.nan, -0.25], dtype)
    a, b = (part.ravel() for part in np.meshgrid(some, some))
    a, b = np.append(a, np.random.default_rng(0).uniform(0, 9, 500)), np.append(b, np.linspace(-9, 9, 500))
    a, b = a.astype(dtype), b.astype(dtype)
    with np.errstate(all="ignore"):
        wide = getattr(np, {"min": "minimum", "max": "maximum", **NAMES}[op])(
            a.astype(np.float64), b.astype(np.float64)
        )
        right = wide.astype(dtype)
    assert on_vectors(op, dtype)(a, b) == pytest.approx(right, rel=1e-13 if dtype is np.float64 else 3e-7, nan_ok=True)


def test_mod_has_the_sign_of_the_divisor() -> None:
    assert on_vectors("mod", np.float64)([7.0, -7.0, 7.0, -7.0], [3.0, 3.0, -3.0, -3.0]).tolist() == [1, 2, -2, -1]


# ------------------------------------------------------------------------------------------------------- on disk


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store, "folder", lambda: tmp_path / "kernels")
    return tmp_path / "kernels"


ANSWER = "define i64 @answer() {\n  ret i64 42\n}\n"


def answer() -> int:
    machine_code = compiled(ANSWER, "answer")
    return ctypes.CFUNCTYPE(ctypes.c_int64)(machine_code.address)()


def test_kernels_are_kept_on_disk(cache: Path) -> None:
    assert answer() == 42
    (file,) = cache.iterdir()
    before = file.stat().st_mtime_ns
    assert answer() == 42
    assert file.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "damage",
    [lambda content: b"", lambda content: content[:-1], lambda content: content[:100] + b"?" + content[101:]],
    ids=["emptied", "cut", "changed"],
)
def test_a_broken_file_is_compiled_again(cache: Path, damage: Callable[[bytes], bytes]) -> None:
    assert answer() == 42
    (file,) = cache.iterdir()
    good = file.read_bytes()
    file.write_bytes(damage(good))
    assert answer() == 42
    assert file.read_bytes() == good


def test_a_file_that_others_can_write_is_not_run(cache: Path) -> None:
    store.write("key", b"code")
    assert store.read("key") == b"code"
    (cache / "key").chmod(0o666)
    assert store.read("key") is None
    (cache / "key").chmod(0o644)
    cache.chmod(0o777)
    assert store.read("key") is None


def test_many_may_write_at_once(cache: Path) -> None:
    wrong: list[bytes] = []

    def work(seed: int) -> None:
        for round_ in range(30):
            store.write("key", bytes([seed]) * 10_000)
            found = store.read("key")
            if found is not None and (len(found) != 10_000 or len(set(found)) != 1):
                wrong.append(found)
            assert round_ >= 0

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert store.read("key") is not None
    assert [file.name for file in cache.iterdir()] == ["key"]


def test_without_a_place_to_write_kernels_work_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(store, "folder", lambda: tmp_path / "file" / "kernels")
    assert answer() == 42


def test_old_files_are_forgotten(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST", 10)
    for i in range(25):
        store.write(f"key{i:02}", b"x")
    assert len(list(cache.iterdir())) <= 10
    assert store.read("key24") == b"x"


# -------------------------------------------------------------------------------------------------------- faults


def test_what_cannot_be_compiled_is_one_sentence(cache: Path) -> None:
    with pytest.raises(MachineError, match=r"No kernel can be compiled"):
        compiled("define nonsense", "nonsense")


def test_without_a_compiler_swarms_run_on_arrays(monkeypatch: pytest.MonkeyPatch) -> None:
    land, rule = landscape("himmelblau"), optimizers.Adam(lr=0.1)
    start = random_starts(land.domain, 50)
    expected = SwarmState(land, rule, start, backend="cpu")
    expected.advance(30)

    def fails(*_: Any, **__: Any) -> None:
        raise MachineError("No kernel can be compiled for this processor: none of them.")

    monkeypatch.setattr(on_cpu, "kernel", fails)
    with pytest.warns(RuntimeWarning, match="many times slower"):
        state = SwarmState(land, rule, start, backend="cpu")
    shares: list[float] = []
    state.advance(30, shares.append)
    assert state.step == 30
    assert shares[-1] == 1
    assert state.positions == pytest.approx(expected.positions, abs=1e-4)


def test_after_an_interruption_nothing_moves_on(monkeypatch: pytest.MonkeyPatch) -> None:
    land, rule = landscape("ackley"), optimizers.Adam(lr=0.01)
    state = KernelCrowd(land, rule, random_starts(land.domain, 100_000), threads=2)
    real = on_cpu.wait

    def interrupted(tasks: Any) -> Any:
        monkeypatch.setattr(on_cpu, "wait", real)
        raise KeyboardInterrupt

    monkeypatch.setattr(on_cpu, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        state.advance(100)
    assert on_cpu._pool(2)._work_queue.empty()
    assert np.array_equal(state.positions, state.positions)


def test_no_warning_and_no_division_by_zero_escapes() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with np.errstate(all="raise"):
            state = KernelCrowd(landscape("1/x + log(y)"), optimizers.Adam(lr=5.0), np.array([[0.0, 0.0], [1.0, 1.0]]))
            state.advance(20)
    assert np.isnan(state.positions[0]).any()


def test_the_kernels_source_is_of_our_own_making() -> None:
    text = cpu.source(fuse(landscape("x^2 + y^2"), optimizers.Adam()), "float")
    assert text.startswith("define void @advance(ptr")
    assert "x^2" not in text


@pytest.mark.parametrize("number", ["1e60", "3.41e38", "-1e300", "1e-60"])
def test_numbers_that_float32_cannot_hold(number: str) -> None:
    land = landscape(f"min(x, {number}) + max(y, {number})", domain=((-1, 1), (-1, 1)))
    start = random_starts(land.domain, 50)
    state = KernelCrowd(land, optimizers.GradientDescent(lr=0.5), start)
    state.advance(1)
    assert state.positions == pytest.approx(start - 0.5 * land.grad(start), abs=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("watch", [False, True])
@pytest.mark.parametrize("formula", ["sin({k}*x) + cos({k}*y)", "tan({k}*x) + y^2"])
def test_swarms_whose_angles_are_huge(formula: str, watch: bool, dtype: type) -> None:
    """Some particles have small angles, others need the long reduction: each one step, as arrays go."""
    land = landscape(formula.format(k="1e7"), domain=((-1, 1), (-1, 1)))
    start = random_starts(land.domain, 1100, seed=3).astype(dtype)
    start[::3] *= dtype(1e-6)
    state = KernelCrowd(land, optimizers.GradientDescent(lr=1e-7), start, minima=np.zeros((1, 2)) if watch else None)
    state.advance(1)
    wide = start.astype(np.float64)
    program = Program(land.gradient_nodes, "xy")  # its products are rounded in the type, its sines exact
    slope = np.stack(program.arrays(*start.T.copy()), axis=-1).astype(np.float64)
    error = np.abs(state.positions - (wide - 1e-7 * slope)) / (1 + np.abs(1e-7 * slope))
    assert error.max() < (1e-6 if dtype is np.float32 else 1e-12)


def test_a_particle_goes_alone_as_among_those_with_huge_angles() -> None:
    land, rule = landscape("sin(1e6*x) + y^2", domain=((-1, 1), (-1, 1))), optimizers.GradientDescent(lr=1e-9)
    start = random_starts(land.domain, 700, seed=3)
    start[::2] *= np.float32(1e-4)
    together = KernelCrowd(land, rule, start)
    together.advance(40)
    for i in (0, 1, 2, 333, 699):
        alone = KernelCrowd(land, rule, start[i : i + 1])
        alone.advance(40)
        assert np.array_equal(alone.positions[0], together.positions[i])

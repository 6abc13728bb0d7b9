"""Throughput of lossland and its peers: particle steps and grid points per second.

    python benchmarks/compute.py [--quick] [--peers "lossland,JAX"] [--json figures.json]
    python benchmarks/compute.py --json figures.json --rules adam --counts 1e6 --grid 0    # a part of it

All peers start from the same particles, compute the same formulas in float32, and are checked against NumPy in float64
before they are timed. They run in turn; the least time of several rounds counts. One-time work (compiling, allocating
arrays) is not timed. `make bench-compute` installs the peers and runs this. It takes some minutes: the
file of ``--json`` accumulates figures, so it can be measured in parts; each run prints the tables of all of them.
"""

from __future__ import annotations

import argparse
import ctypes
import itertools
import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mathematics import DOMAINS, RULES, columns, gradient, memory_size, starts, step, value
from side_by_side import SCRATCH, Missing, Peer, arguments, best_of, machine, note, number, started, stopwatch, table
from swarm_peers import LIBRARIES, library

OURS = "lossland"
ONLY_GRIDS = ("lossland (kept)", "NumPy (broadcast)")
ONLY_SWARMS = ("lossland (arrays)", "PyTorch", "torch.compile", "Numba")
STEPS = 100
CHECKED_STEPS = 10  # far enough to show a wrong rule, too short for rounding to grow
COUNTS = (10_000, 100_000, 1_000_000)
GRID = 4096
CACHE = 4 << 20  # bytes of state that stay in the caches between two pieces of work


def main() -> int:
    """Measure and print the tables."""
    chosen = arguments(__doc__.splitlines()[0], list(LIBRARIES), _options)
    counts = (1_000,) if chosen.quick else tuple(chosen.counts)
    rules = ["adam"] if chosen.quick else chosen.rules
    n = 256 if chosen.quick else chosen.grid
    rounds = 2 if chosen.quick else chosen.rounds
    # idle threads sleep instead of spinning, which would take the cores from the next peer
    os.environ |= {"OMP_WAIT_POLICY": "passive", "KMP_BLOCKTIME": "0"}
    peers = started("swarm_peers", chosen.peers, {"do": "hello"})
    figures = Figures(chosen.json)
    print(f"{machine()}\n")
    peaks = measured_peaks(5 if chosen.quick else 150)
    try:
        if peaks:
            print(_peaks_line(peaks) + "\n")
        for count, rule, landscape in itertools.product(counts, rules, chosen.landscapes):
            taking_part = {name: peer for name, peer in peers.items() if name not in ONLY_GRIDS}
            figures.add("swarms", swarm_row(taking_part, landscape, rule, count, rounds, peaks))
        for landscape in chosen.landscapes if n else ():
            taking_part = {name: peer for name, peer in peers.items() if name not in ONLY_SWARMS}
            figures.add("grids", grid_row(taking_part, landscape, n, rounds, peaks))
    finally:
        for peer in peers.values():
            peer.close()
    figures.print()
    print(f"\nAfterwards: {machine()}")
    return 0


class Figures:
    """Rows of figures, saved to a JSON file, if one is named, after each addition."""

    def __init__(self, file: str | None) -> None:
        self._file = Path(file) if file else None
        self._rows: dict[str, list[dict[str, Any]]] = {"swarms": [], "grids": []}
        if self._file and self._file.exists():
            self._rows |= json.loads(self._file.read_text())

    def add(self, kind: str, row: dict[str, Any]) -> None:
        """Add a row, replacing an earlier one of the same case."""
        case = ("landscape", "rule", "count", "n")
        others = [old for old in self._rows[kind] if any(old.get(name) != row.get(name) for name in case)]
        self._rows[kind] = [*others, {**row, "machine": machine()}]
        if self._file:
            self._file.write_text(json.dumps(self._rows, indent=1) + "\n")

    def print(self) -> None:
        """Print all tables."""
        order = [(rule, landscape) for rule in RULES for landscape in DOMAINS]
        for count in sorted({row["count"] for row in self._rows["swarms"]}):
            rows = [row for row in self._rows["swarms"] if row["count"] == count]
            print_swarms(count, sorted(rows, key=lambda row: order.index((row["rule"], row["landscape"]))))
        for n in sorted({row["n"] for row in self._rows["grids"]}):
            print_grids(n, [row for row in self._rows["grids"] if row["n"] == n])


def _options(parser: argparse.ArgumentParser) -> None:
    def names(known: Sequence[str]) -> Callable[[str], list[str]]:
        return lambda text: [name for name in known if name in text.split(",")] or parser.error(f"{text}: none known")

    parser.add_argument("--rules", type=names(list(RULES)), default=list(RULES), metavar="NAMES")
    parser.add_argument("--landscapes", type=names(list(DOMAINS)), default=list(DOMAINS), metavar="NAMES")
    parser.add_argument(
        "--counts",
        type=lambda text: [int(float(count)) for count in text.split(",") if float(count)],
        default=COUNTS,
        help="numbers of particles; 0: no swarms",
    )
    parser.add_argument("--grid", type=int, default=GRID, metavar="N", help="points along a side; 0: no grids")


# ------------------------------------------------------------------------------------------------------ swarms


def swarm_row(
    peers: dict[str, Peer], landscape: str, rule: str, count: int, rounds: int, peaks: dict[str, float]
) -> dict[str, Any]:
    """Check all peers on one swarm, then time them."""
    note(f"{rule} on {landscape}, {count} particles ...")
    case = {"landscape": landscape, "rule": rule}
    right: dict[str, Peer] = {}
    wanted = exact_ends(landscape, rule, count)
    for name, peer in peers.items():
        try:
            check_swarm(peer, case, count, wanted)
            peer.ask(do="swarm", count=count, steps=STEPS, **case)
            right[name] = peer
        except Missing as why:
            note(f"  {name} is left out: {why}")
    seconds = best_of({name: _timed(peer, "run") for name, peer in right.items()}, rounds)
    rates = {name: count * STEPS / taken for name, taken in seconds.items()}
    return {**case, "count": count, "rates": rates, "roofline": swarm_roofline(landscape, rule, count, peaks)}


def check_swarm(peer: Peer, case: dict[str, str], count: int, wanted: Any) -> None:
    """Compare a short run with ends (2, count) computed in float64; raises Missing where it differs."""
    file = SCRATCH / "ends.npy"
    peer.ask(do="check", file=str(file), count=count, steps=CHECKED_STEPS, **case)
    low, high = np.array(DOMAINS[case["landscape"]]).T
    off = np.abs(np.load(file).astype(np.float64) - wanted).max(axis=0) / (high - low).max()
    # near the cone of ackley a rounding error decides the direction: a few particles may differ
    if not (np.median(off) < 1e-6 and np.quantile(off, 0.999) < 1e-3):
        raise Missing(f"other results: half of the particles are off by {np.median(off):.1e} of the domain")


def exact_ends(landscape: str, rule: str, count: int) -> Any:
    """Return the positions after a short run in float64, (2, count)."""
    hyper = RULES[rule][landscape]
    state = (*starts(landscape, count).astype(np.float64), *np.zeros((memory_size(rule), count)))
    for column in columns(rule, hyper, CHECKED_STEPS):
        state = step(landscape, rule, hyper, np, state, column)
    return np.stack(state[:2])


def _timed(peer: Peer, do: str) -> Callable[[], float]:
    return lambda: float(peer.ask(do=do)["seconds"])


def print_swarms(count: int, rows: list[dict[str, Any]]) -> None:
    """Print rates, and how many times faster lossland is."""
    print(f"Million steps of a particle in a second: {count:,} particles, {STEPS} steps, float32\n")
    print_rates(rows)


def print_rates(rows: list[dict[str, Any]]) -> None:
    """Print all rates, their ratios to lossland's, and lossland's share of the roofline."""
    names = [name for name in LIBRARIES if any(name in row["rates"] for row in rows)]
    print(table(["", *names], [[_label(row), *(number(_get(row, name, 1e-6)) for name in names)] for row in rows]))
    others = [name for name in names if name != OURS]
    if OURS not in names:
        return
    print(f"\n{OURS} over ...\n")
    lines = []
    for row in rows:
        ratios = [number(_get(row, OURS) / _get(row, name)) for name in others]
        limit = row["roofline"]
        share = f"{_get(row, OURS) / limit['rate']:.0%}" if limit else ""
        bound = [share, limit["limit"], f"{limit['flops']:.0f}"] if limit else ["–"] * 3
        lines.append([_label(row), *ratios, *bound])
    print(table(["", *others, "the roofline", "set by", "flops"], lines) + "\n")


def _label(row: dict[str, Any]) -> str:
    return f"{row['rule']} / {row['landscape']}" if "rule" in row else row["landscape"]


def _get(row: dict[str, Any], name: str, scale: float = 1.0) -> float:
    return row["rates"].get(name, math.nan) * scale


# ------------------------------------------------------------------------------------------------------- grids


def grid_row(peers: dict[str, Peer], landscape: str, n: int, rounds: int, peaks: dict[str, float]) -> dict[str, Any]:
    """Check all peers on one grid, then time them."""
    note(f"grid of {landscape}, {n} x {n} ...")
    right: dict[str, Peer] = {}
    for name, peer in peers.items():
        try:
            check_grid(peer, landscape, n)
            right[name] = peer
        except Missing as why:
            note(f"  {name} is left out: {why}")
    seconds = best_of({name: _timed(peer, "fill") for name, peer in right.items()}, rounds)
    rates = {name: n * n / taken for name, taken in seconds.items()}
    return {"landscape": landscape, "n": n, "rates": rates, "roofline": grid_roofline(landscape, peaks)}


def check_grid(peer: Peer, landscape: str, n: int) -> None:
    """Compare some points with float64; raises Missing where they differ."""
    file = SCRATCH / "grid.npz"
    peer.ask(do="grid", landscape=landscape, n=n, file=str(file))
    found, every = np.load(file), max(1, n // 64)
    (x0, x1), (y0, y1) = DOMAINS[landscape]
    x, y = (np.linspace(*side, n).astype(np.float32).astype(float)[::every] for side in ((x0, x1), (y0, y1)))
    with np.errstate(all="ignore"):
        wanted = {
            "value": value(landscape, np, x[None, :], y[:, None]),
            "gradient": np.stack(np.broadcast_arrays(*gradient(landscape, np, x[None, :], y[:, None])), axis=-1),
        }
    for name, right in wanted.items():
        off = np.nanmax(np.abs(found[name] - right)) / np.nanmax(np.abs(right))
        if not off < 1e-5:
            raise Missing(f"other results: the {name} is off by {off:.1e}")


def print_grids(n: int, rows: list[dict[str, Any]]) -> None:
    """Print rates, and how many times faster lossland is."""
    print(f"Million points in a second: value and gradient on {n} x {n} points, float32\n")
    print_rates(rows)


# ---------------------------------------------------------------------------------------------------- roofline


def measured_peaks(tries: int = 150) -> dict[str, float]:
    """Return the peak rates of all cores together, measured by the loops of ``limit.c``; {} without a compiler.

    ``multiply_add``, ``divide``, ``root`` (operations on float32), ``cache`` and ``memory`` (bytes moved by a triad).
    """
    try:
        c = library(("-ffast-math", "-mprefer-vector-width=512"))
        precise = library()
    except (OSError, subprocess.CalledProcessError) as error:
        note(f"there is no roofline without a C compiler: {error}")
        return {}
    threads = c.threads()
    c.peak_fma.restype = precise.peak_divide.restype = precise.peak_root.restype = ctypes.c_float

    def best(run: Callable[[], object]) -> float:
        return min(stopwatch(run) for _ in range(tries))

    rounds = 100_000  # milliseconds each: some of many tries have the processor to themselves
    peaks = {"multiply_add": threads * rounds * 12 * c.width() / best(lambda: c.peak_fma(ctypes.c_int64(rounds)))}
    for name, loop in (("divide", precise.peak_divide), ("root", precise.peak_root)):
        peaks[name] = threads * rounds / 10 * 256 / best(lambda loop=loop: loop(ctypes.c_int64(rounds // 10)))
    for name, size, turns in (("cache", 2048, 4_000), ("memory", 1 << 23, 1)):
        a, b, d = (np.ones(threads * size, np.float32) for _ in range(3))
        pointers = [ctypes.c_void_p(array.ctypes.data) for array in (a, b, d)]
        taken = best(lambda: c.triad(ctypes.c_int64(size), ctypes.c_int64(turns), *pointers))  # noqa: B023
        peaks[name] = threads * turns * size * 12 / taken
    return peaks


def _peaks_line(peaks: dict[str, float]) -> str:
    giga = {name: peak / 1e9 for name, peak in peaks.items()}
    return (
        f"Measured peaks: {giga['multiply_add']:.0f} G multiply-adds/s ({2 * giga['multiply_add']:.0f} GFLOP/s), "
        f"{giga['divide']:.1f} G divisions/s, {giga['root']:.1f} G square roots/s, first-level cache "
        f"{giga['cache']:.0f} GB/s, memory {giga['memory']:.0f} GB/s"
    )


def loop_counts(source: str, loop: str, abreast: int = 1) -> dict[str, float]:
    """Count the operations of a loop of an LLVM kernel for one particle or point.

    ``flops`` counts sums, products, quotients and roots; ``issued`` the least number of instructions for sums and
    products: a product and its sum fuse to one, and other sums may use another port of the processor. ``loaded`` and
    ``stored`` are numbers from and to the first-level cache. ``abreast`` is the number of interleaved vectors.
    """
    body = source[source.index(f"\n{loop}.begin:") : source.index(f"\n{loop}.end:")]
    operations = re.findall(r"(%v\d+) = (?:call )?[^@\n]*?(fadd|fsub|fmul|fdiv|load <|@llvm\.(?:fmuladd|sqrt))", body)
    names = Counter(re.findall(r"%v\d+", body))
    count = Counter(what for name, what in operations if what != "fmul" or names[name] > 1)  # the others are fused
    sums, fused = count["fadd"] + count["fsub"], count["@llvm.fmuladd"]
    products, roots = count["fmul"] + fused, count["@llvm.sqrt"]
    found = {
        "flops": sums + fused + products + count["fdiv"] + roots,
        "issued": max(sums, products),
        "divide": count["fdiv"],
        "root": roots,
        "loaded": count["load <"],
        "stored": len(re.findall("store <", body)),
    }
    return {name: times / abreast for name, times in found.items()}


def roofline(counts: dict[str, float], memory_bytes: float, peaks: dict[str, float]) -> dict[str, Any]:
    """Return the most particles or points in a second, and what sets that limit; nothing without measured peaks."""
    if not peaks:
        return {}
    seconds = {
        "arithmetic": counts["issued"] / peaks["multiply_add"],
        "divider": counts["divide"] / peaks["divide"] + counts["root"] / peaks["root"],
        "cache": 4 * (counts["loaded"] + counts["stored"]) / peaks["cache"],
        "memory": memory_bytes / peaks["memory"],
    }
    limit = max(seconds, key=lambda name: seconds[name])
    return {**counts, "memory_bytes": memory_bytes, "limit": limit, "rate": 1 / seconds[limit], "seconds": seconds}


def swarm_roofline(landscape: str, rule: str, count: int, peaks: dict[str, float]) -> dict[str, Any]:
    """Return the limit of lossland's own kernel. Its state passes through memory once per piece of steps."""
    from lossland.compute.crowds.on_cpu import WORK
    from lossland.compute.kernels.cpu import Writer
    from lossland.compute.kernels.fused import fuse
    from lossland.landscapes import landscape as named
    from lossland.optimizers import optimizer

    fused = fuse(named(landscape), optimizer(rule))
    state = 4 * len(fused.rows) * count
    bytes_a_step = 2 * state / count / min(STEPS, max(1, WORK // count)) if state > CACHE else 0.0
    writer = Writer(fused, "float")
    counts = loop_counts(writer.source(), "quick" if writer.speculative else "careful", writer.abreast)
    return roofline(counts, bytes_a_step, peaks)


def grid_roofline(landscape: str, peaks: dict[str, float]) -> dict[str, Any]:
    """Return the limit of lossland's own kernel: three numbers a point go to memory."""
    from lossland.compute.kernels.lattice import source
    from lossland.expression import Program
    from lossland.landscapes import landscape as named

    land = named(landscape)
    program = Program((land.node, *land.gradient_nodes), "xy")
    return roofline(loop_counts(source(program, (1, 2), "float"), "lane"), 3 * 4.0, peaks)


if __name__ == "__main__":
    sys.exit(main())

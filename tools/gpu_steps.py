"""The steps of ``gpu_day.py``, each a program of its own: ``python tools/gpu_steps.py STEP RESULTS [--dry]``.

A step writes its results into a JSON file after every part, so that they are kept if it is stopped. ``--dry`` runs it
small, with the CPU in place of the GPU, and reports what that leaves out.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import json
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
PICTURE = (1280, 720)
SIZES = ((1280, 720), (1920, 1080), (3840, 2160))
SWARMS = (2**20, 2**22)
CASES = (("adam", "rosenbrock"), ("momentum", "rastrigin"), ("adam", "ackley"))
GRID = 4096
ROUNDS, CHAINS = 4096, 8  # of multiply-adds in a thread

Numbers = NDArray[np.float64]


class Report:
    """The results of a step, saved to its file after each addition."""

    def __init__(self, file: Path, dry: bool) -> None:
        self.file, self.dry = file, dry
        self._found: dict[str, Any] = {}

    def add(self, **found: Any) -> None:
        """Add facts."""
        self._found |= found
        self._save()

    def row(self, name: str, **row: Any) -> None:
        """Add a row to a table."""
        self._found.setdefault(name, []).append(row)
        self._save()

    def fail(self, what: str) -> None:
        """Record a failure."""
        self._found.setdefault("failures", []).append(what)
        self._save()

    def skip(self, what: str, why: str) -> None:
        """Record what is left out."""
        self._found.setdefault("skipped", []).append(f"left out: {what}, because {why}")
        self._save()

    def _save(self) -> None:
        temporary = self.file.with_name(f".{self.file.name}.tmp")
        temporary.write_text(json.dumps(self._found))
        temporary.replace(self.file)


def card() -> str:
    """Return why there is no CUDA device to compute on, nothing if there is one."""
    from lossland.compute import arrays

    found = arrays.backend("auto")
    return "" if found.name == "cuda" else found.why


# ----------------------------------------------------------------------------------------------------- the steps


def doctor(report: Report) -> None:
    """Say what is there, and compare every computation with NumPy."""
    from lossland import doctor

    found = doctor.report()
    devices = found.pop("gl_devices")
    report.add(**found)
    for device in devices:
        report.row("EGL devices", **device)
    if report.dry:
        report.skip("the self-test", "it would say nothing about a card")
        return
    from lossland.compute.selftest import selftest

    missing = card()
    if missing:
        report.fail(f"CUDA is not used: {missing}")
    worst: dict[str, tuple[float, str]] = {}
    checks: dict[str, int] = {}
    for check in selftest():
        part = check.error / check.tolerance
        worst[check.backend] = max(worst.get(check.backend, (0.0, "")), (part, check.name))
        checks[check.backend] = checks.get(check.backend, 0) + 1
        report.add(checks=checks, largest_share_of_tolerance={name: found[0] for name, found in worst.items()})
        if not check.ok:
            report.row("out of tolerance", **check._asdict())
            report.fail(f"{check.name} on {check.backend} is off by {check.error:.2g} (allowed: {check.tolerance:.0e})")


def tests(report: Report) -> None:
    """Run the tests that need a card, and draw the golden pictures on it."""
    marked = re.compile(r"mark\.gpu|\bxp: |\(xp\b")
    files = [str(file) for file in sorted((ROOT / "tests").glob("test_*.py")) if marked.search(file.read_text())]
    for title, words, variables, limit in (
        ("tests with CuPy", ["-m", "gpu", *files], {}, 50),
        ("golden pictures on the card", ["tests/render/test_goldens.py"], {"LOSSLAND_GL": "auto"}, 25),
    ):
        # warnings of other libraries are no failures here: their versions are given
        settings = ["-o", "addopts=", "-o", "filterwarnings=default", "-p", "no:cacheprovider"]
        options = ["-q", "-rfE", "--tb=short", "--continue-on-collection-errors"]
        command = [sys.executable, "-m", "pytest", *settings, *options, *words]
        lines, state = [], ""
        with subprocess.Popen(
            [*command, *(["--collect-only"] if report.dry else [])],
            cwd=ROOT, env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ) as process:  # fmt: skip
            killer = threading.Timer(limit, process.kill)
            killer.start()
            assert process.stdout is not None
            for line in process.stdout:
                print(line, end="")
                lines.append(line.strip())
            code = process.wait()
            state = "" if killer.is_alive() else f"stopped after {limit} s"
            killer.cancel()
        failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
        report.row("runs", what=title, result=state or next(filter(None, reversed(lines)), "it said nothing"))
        if report.dry:
            report.skip(title, "there is no card; they were only collected")
        if code:
            report.fail(f"{title}: {state or f'pytest ended with {code}'}")
        for line in failed:
            report.fail(f"{title}: {line}")


def kernels(report: Report) -> None:
    """Move particles with every optimizer on every landscape, on the card and by the CPU's kernel."""
    from lossland import landscapes, optimizers

    pairs = [(kind.name, land.name) for kind in optimizers.catalogue() for land in landscapes.catalogue()]
    if report.dry:
        report.skip(f"{len(pairs) - 2} of {len(pairs)} pairs", "the CPU stands in for the card")
        pairs = [("adam", "rosenbrock"), ("lion", "ackley")]
    workers = 1 if report.dry else min(8, os.cpu_count() or 1)
    done, off, fallen = 0, 0, 0
    for rows in in_processes(compared, [pairs[i : i + 8] for i in range(0, len(pairs), 8)], workers):
        for row in rows:
            done += 1
            fallen += row["ran_on"] != "cuda"
            bad = not (row["median"] <= 1e-6 and row["of_99_in_100"] <= 1e-3) or bool(row["trouble"])
            off += bad
            if bad or report.dry:
                report.row("differences", **row)
        report.add(pairs=done, of=len(pairs), differ=off, not_on_the_card=fallen)
    if off:
        report.fail(f"{off} of {done} pairs differ from the CPU's kernel")
    if not report.dry and (fallen or done < len(pairs)):
        report.fail(f"{fallen} pairs did not run on the card, {len(pairs) - done} did not run at all")


def in_processes(work: Callable[..., Any], parts: list[Any], workers: int) -> Iterator[Any]:
    """Yield the result of each part, computed in separate processes; a part whose process dies is left out."""
    waiting = list(parts)
    while waiting:
        with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
            futures = {pool.submit(work, part): part for part in waiting}
            broken = False
            for future in as_completed(futures):
                try:
                    found = future.result()
                except BrokenProcessPool:  # the others of the pool died with it
                    broken = True
                    continue
                waiting.remove(futures[future])
                yield found
        if broken and workers > 1:
            workers = 1  # one at a time, to find the part whose process dies
        elif broken:
            print(f"its process died: {waiting.pop(0)}")


def compared(pairs: Sequence[tuple[str, str]], count: int = 4096, steps: int = 20) -> list[dict[str, Any]]:
    """Return the differences of the particles' end points, relative to the domain's size."""
    from lossland import landscapes, optimizers
    from lossland.compute import arrays
    from lossland.compute.crowds import crowd
    from lossland.compute.swarm import random_starts

    rows: list[dict[str, Any]] = []
    for rule, name in pairs:
        land = landscapes.landscape(name)
        starts = random_starts(land.domain, count)
        row: dict[str, Any] = {"optimizer": rule, "landscape": name, "ran_on": "", "trouble": ""}
        median = most = float("nan")
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                ours = crowd(land, optimizers.optimizer(rule), starts, 0, 0, arrays.backend("auto"))
                theirs = crowd(land, optimizers.optimizer(rule), starts, 0, 0, arrays.CPU)
                for one in (ours, theirs):
                    one.advance(steps)
                a, b = ours.positions.astype(float), theirs.positions.astype(float)  # the card may fail only now
            row |= {"ran_on": ours.backend, "trouble": "; ".join(str(one.message) for one in said)}
            low, high = np.array(land.domain).T
            apart = np.where(np.isnan(a) & np.isnan(b) | (a == b), 0.0, np.abs(a - b)) / (high - low).max()
            apart = np.nan_to_num(apart.max(axis=1), nan=np.inf)
            median, most = float(np.median(apart)), float(np.quantile(apart, 0.99))
        except Exception as error:  # any error: the other pairs continue
            row["trouble"] = f"{type(error).__name__}: {error}"
        rows.append({**row, "median": median, "of_99_in_100": most})
    return rows


def speed(report: Report) -> None:
    """Measure particles and grids in a second beside JAX and torch.compile, and the card's own limits."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    from side_by_side import Missing, Peer, best_of

    missing = card()
    peaks: dict[str, float] = {}
    if missing:
        report.skip("the card's limits, JAX and torch.compile on it", missing)
    else:
        peaks = card_limits()
        report.add(**{f"{name} a second": rate for name, rate in peaks.items()})
    ours = "lossland" if missing else "lossland (CUDA)"
    peers: dict[str, Peer] = {}
    for name in (ours, *(() if missing else ("JAX (CUDA)", "torch.compile (CUDA)"))):
        peer = Peer("swarm_peers", name, {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}, limit=30)
        try:
            peer.ask(do="hello")
            peers[name] = peer
        except Missing as why:
            report.skip(name, str(why))
            peer.close()
    try:
        slow = "torch.compile (CUDA)"  # ten seconds and more for each case: last, at one size
        quick = {name: peer for name, peer in peers.items() if name != slow}
        counts = (1000,) if report.dry else (10**6, 10**7, 10**5)
        cases = CASES[:1] if report.dry else CASES
        rates: dict[tuple[int, str, str], dict[str, float]] = {}
        for count, (rule, landscape) in itertools.product(counts, cases):
            rates[count, rule, landscape] = _swarm_rates(quick, rule, landscape, count, best_of, Missing, report)
            _swarm_row(report, ours, rates[count, rule, landscape], rule, landscape, count, peaks)
        n = 64 if report.dry else GRID
        for landscape in ("rosenbrock", "ackley"):
            row = {
                f"{name}, million points/s": rate / 1e6
                for name, rate in _grid_rates(quick, landscape, n, best_of, Missing).items()
            }
            if peaks:
                alone = kernel_alone(landscape, n)
                row["kernel alone, million points/s"] = alone / 1e6
                # three float32 numbers are written; a copy reads and writes, so writing alone may go beyond 1
                row["bytes written, of those copied"] = alone * 12 / peaks["bytes copied"]
            report.row("grids with gradient", landscape=landscape, n=n, **row)
        for rule, landscape in cases if slow in peers else ():
            late = _swarm_rates({slow: peers[slow]}, rule, landscape, counts[0], best_of, Missing, report)
            both = rates[counts[0], rule, landscape] | late
            _swarm_row(report, ours, both, rule, landscape, counts[0], peaks, "swarms with torch.compile")
    finally:
        for peer in peers.values():
            peer.close()


def _swarm_rates(
    peers: dict[str, Any], rule: str, landscape: str, count: int, best_of: Any, missing: Any, report: Report
) -> dict[str, float]:
    steps, ready = 100, {}
    for name, peer in peers.items():
        try:
            peer.ask(do="swarm", count=count, steps=steps, landscape=landscape, rule=rule)
            ready[name] = peer
        except missing as why:
            report.skip(f"{name}, {rule} on {landscape}", str(why))
    seconds = best_of({name: lambda peer=peer: peer.ask(do="run")["seconds"] for name, peer in ready.items()}, 5, 1.0)
    return {name: count * steps / taken for name, taken in seconds.items()}


def _swarm_row(
    report: Report, ours: str, rates: dict[str, float], rule: str, landscape: str, count: int,
    peaks: dict[str, float], table: str = "swarms",
) -> None:  # fmt: skip
    row: dict[str, Any] = {"optimizer": rule, "landscape": landscape, "particles": count}
    row |= {f"{name}, million steps/s": rate / 1e6 for name, rate in rates.items()}
    row |= {f"of {name}": rates[ours] / rate for name, rate in rates.items() if name != ours and ours in rates}
    if peaks and ours in rates:
        row["share of FP32"] = rates[ours] * operations(rule, landscape) / peaks["multiply-adds"]
    report.row(table, **row)


def _grid_rates(peers: dict[str, Any], landscape: str, n: int, best_of: Any, missing: Any) -> dict[str, float]:
    from side_by_side import SCRATCH

    ready = {}
    for name, peer in peers.items():
        with contextlib.suppress(missing):
            peer.ask(do="grid", landscape=landscape, n=n, file=str(SCRATCH / "gpu_day.npz"))
            ready[name] = peer
    seconds = best_of({name: lambda peer=peer: peer.ask(do="fill")["seconds"] for name, peer in ready.items()}, 5, 1.0)
    return {name: n * n / taken for name, taken in seconds.items()}


def operations(rule: str, landscape: str) -> int:
    """Return the number of operations in one step of a particle; a math function counts as one."""
    from lossland.compute.kernels.fused import fuse
    from lossland.landscapes import landscape as named
    from lossland.optimizers import optimizer

    return len(fuse(named(landscape), optimizer(rule)).particle.steps)


def card_limits() -> dict[str, float]:
    """Measure how many multiply-adds the card does in a second, and how many bytes it reads and writes in a copy."""
    from lossland.compute.arrays import backend

    xp = backend("cuda").xp
    blocks, threads = 4096, 256
    kernel = xp.RawKernel(multiply_add_source(), "multiply_add")
    out = xp.empty((blocks * threads,), xp.float32)
    work = _timed_on_card(xp, lambda: kernel((blocks,), (threads,), (out, np.float32(0.5), np.float32(1))))
    size = 1 << 28
    one, other = xp.zeros((size,), xp.float32), xp.empty((size,), xp.float32)
    copy = _timed_on_card(xp, lambda: xp.copyto(other, one))
    return {"multiply-adds": blocks * threads * ROUNDS * CHAINS / work, "bytes copied": 2 * one.nbytes / copy}


def multiply_add_source() -> str:
    """Return a kernel of multiply-adds in independent chains."""
    names = [f"a{i}" for i in range(CHAINS)]
    begin = "".join(f"  float {name} = threadIdx.x + {i};\n" for i, name in enumerate(names))
    step = "".join(f"    {name} = fmaf({name}, b, c);\n" for name in names)
    return (
        f'extern "C" __global__ void multiply_add(float* out, float b, float c) {{\n{begin}'
        f"  for (int i = 0; i < {ROUNDS}; ++i) {{\n{step}  }}\n"
        f"  out[blockIdx.x * blockDim.x + threadIdx.x] = {' + '.join(names)};\n}}\n"
    )


def kernel_alone(landscape: str, n: int) -> float:
    """Return the points per second of the grid kernel with gradient, without copying to the host."""
    from lossland.compute.arrays import backend
    from lossland.compute.kernels import cuda
    from lossland.compute.kernels.device import SQUARE, device
    from lossland.expression import Program
    from lossland.landscapes import landscape as named

    xp, land = backend("cuda").xp, named(landscape)
    card = device(xp)
    program = Program((land.node, *land.gradient_nodes), "xy")
    kernel = card.kernel(cuda.grid_source(program, (1, 2), np.dtype(np.float32)), "ll_grid")
    (x0, x1), (y0, y1) = land.domain
    x, y = (xp.asarray(np.linspace(a, b, n).astype(np.float32)) for a, b in ((x0, x1), (y0, y1)))
    values, slopes = xp.empty((n, n), xp.float32), xp.empty((n, n, 2), xp.float32)
    blocks = -(-n // SQUARE[0]), -(-n // SQUARE[1])
    return n * n / _timed_on_card(xp, lambda: kernel(blocks, SQUARE, (x, y, np.int32(n), np.int32(n), values, slopes)))


def _timed_on_card(xp: Any, launch: Callable[[], object], rounds: int = 5) -> float:
    """Return the least of the seconds that a launch takes on the card."""
    times = []
    for _ in range(rounds + 1):  # the first one compiles
        begin, end = xp.cuda.Event(), xp.cuda.Event()
        begin.record()
        launch()
        end.record()
        end.synchronize()
        times.append(xp.cuda.get_elapsed_time(begin, end) / 1000)
    return min(times[1:])


def frames(report: Report) -> None:
    """Draw moving pictures of every scene, and compare still ones with the software renderer's."""
    from lossland.render.gl import canvas
    from lossland.scenery import library

    shown = canvas.headless("auto", _cuda_index())
    with canvas.drawing(shown):
        report.add(**canvas.description())
        if canvas.is_software():
            report.skip("frames on a card", "OpenGL draws on the processor")
            if not report.dry:
                report.fail("OpenGL draws on the processor")
    names = library.names()
    _compare_pictures(report, names[:2] if report.dry else names)
    sizes, count = (((320, 180),), 3) if report.dry else (SIZES, 90)
    for name in names[:1] if report.dry else names:
        for size in sizes:
            for settings in _settings(name, report.dry):
                with canvas.drawing(shown):
                    times = 1000 * np.array(list(frame_times(name, size, settings, count)))
                report.row(
                    "moving pictures", scene=name, size=f"{size[0]}x{size[1]}", **settings,
                    p50_ms=float(np.median(times)), p95_ms=float(np.quantile(times, 0.95)),
                )  # fmt: skip


def _settings(name: str, dry: bool) -> list[dict[str, int]]:
    return [{"count": count} for count in SWARMS] if name == "optimizer_swarm" and not dry else [{}]


def frame_times(name: str, size: tuple[int, int], settings: dict[str, Any], count: int) -> Iterator[float]:
    """Draw a scene that moves, as a window without panels; yield the seconds of each frame, until the card is done."""
    from vispy import gloo

    from lossland.app.governor import levels_for
    from lossland.app.picture import Picture
    from lossland.play.player import Player
    from lossland.render.gl.target import Target
    from lossland.scenery import library
    from lossland.world.theme import theme

    levels = levels_for(size[0] * size[1])
    quality = replace(levels[-1], dots=max(SWARMS))  # the window's finest, with all particles
    scene = library.scene(name)
    for parameter, value in settings.items():
        scene.set(parameter, value)
    player = Player(scene, size)
    picture, target = Picture(theme("dark"), size), Target(size)
    try:
        home = player.camera.home_pose.azimuth
        for number in range(count + 5):  # the first ones compile and upload
            start = time.perf_counter()
            player.seek(number / 60)
            player.camera.place(azimuth=home + 0.3 * number)
            with target:
                picture.draw(player, size, False, quality)
            gloo.finish()
            if number >= 5:
                yield time.perf_counter() - start
    finally:
        picture.close()
        target.close()


def _compare_pictures(report: Report, names: Sequence[str]) -> None:
    """Save a picture of every scene, and say how far it is from the software renderer's."""
    from PIL import Image

    import lossland as ll

    size = (320, 180) if report.dry else PICTURE
    folder = report.file.parent / "pictures"
    folder.mkdir(exist_ok=True)
    given = os.environ.get("GPU_DAY_PICTURES", "")
    sheet = []
    for name in names:
        image = ll.snapshot(name, size, gl="auto")
        Image.fromarray(image).save(folder / f"{name}.png")
        sheet.append(Image.fromarray(image).convert("RGB").resize((640, 360)))
        file = Path(given) / f"{name}.png"
        try:
            if given and file.exists() and not report.dry:
                other = np.asarray(Image.open(file))
            else:
                other = ll.snapshot(name, size, gl="software")
        except ll.MachineError as error:
            report.skip(f"the comparison of {name}", str(error))
            continue
        off = np.abs(image[..., :3].astype(int) - other[..., :3]).max(axis=-1)
        if (off > 16).mean() > 0.03:
            report.fail(f"{name}: {(off > 16).mean():.1%} of the pixels differ clearly from the software renderer's")
        report.row(
            "beside the software renderer", scene=name, mean_off=float(off.mean()),
            off_by_more_than_16=float((off > 16).mean()), largest=int(off.max()),
        )  # fmt: skip
    columns = 2
    whole = Image.new("RGB", (640 * columns, 360 * -(-len(sheet) // columns)))
    for index, part in enumerate(sheet):
        whole.paste(part, (640 * (index % columns), 360 * (index // columns)))
    whole.save(report.file.parent / "pictures.jpg", quality=90)


def pictures(report: Report) -> None:
    """Draw the reference pictures into the folder given in place of the report."""
    from PIL import Image

    import lossland as ll
    from lossland.scenery import library

    for name in library.names():
        Image.fromarray(ll.snapshot(name, PICTURE)).save(report.file / f"{name}.png", optimize=True)


def sharing(report: Report) -> None:
    """Draw a swarm computed on the card, with each of the available transfers of its particles to OpenGL."""
    from lossland.render.gl import canvas
    from lossland.render.gl import sharing as ways

    missing = card()
    if missing:
        report.skip("sharing between CUDA and OpenGL", missing)
        return
    shown = canvas.headless("auto", _cuda_index())
    with canvas.drawing(shown):
        for count in SWARMS:
            times = 1000 * np.array(list(frame_times("optimizer_swarm", PICTURE, {"count": count}, 60)))
            described = ways.described()
            report.add(way=described[0], why_no_better=described[1:])
            if described[0] != ways.Way.SHARED.value and not described[1:]:
                report.fail(f"arrays go by {described[0]}, and nothing says why")
            report.row("frames", particles=count, way=described[0], p50_ms=float(np.median(times)))
        transfer = ways._TRANSFERS.get(shown.context)
        if transfer is None:
            report.skip("the other ways", "no array on the card was drawn")
            return
        for way in ways.Way:
            if list(ways.Way).index(way) < list(ways.Way).index(transfer.way):
                continue
            transfer.way = way
            for count in SWARMS:
                times = 1000 * np.array(list(frame_times("optimizer_swarm", PICTURE, {"count": count}, 60)))
                row = {"particles": count, "asked": way.value, "went": transfer.way.value}
                report.row("frames of each way", **row, p50_ms=float(np.median(times)))
        report.add(why_no_better_in_the_end=transfer.why)


def memory(report: Report) -> None:
    """Use much of the card's memory, release it, and check that it is free."""
    import lossland as ll
    from lossland.compute import arrays

    missing = card()
    if missing:
        report.skip("memory on the card", missing)
        return
    from lossland.compute.kernels.device import device

    xp = arrays.backend("cuda").xp
    ll.swarm("himmelblau", count=1000, steps=10, backend="cuda")
    device(xp).free()
    before = xp.cuda.runtime.memGetInfo()[0]
    for _ in range(3):
        ll.swarm("himmelblau", count=2_000_000, steps=50, backend="cuda")
        ll.landscape("ackley").grid(4096)
    gc.collect()
    held = xp.get_default_memory_pool().used_bytes()
    device(xp).free()
    after = xp.cuda.runtime.memGetInfo()[0]
    report.add(free_before=before, free_after=after, kept=before - after, still_in_use=held)
    if before - after > 64 << 20:
        report.fail(f"{(before - after) / 2**20:.0f} MiB of the card's memory are not given back")


def _cuda_index() -> int | None:
    from lossland.compute.arrays import cuda_index

    return cuda_index()


STEPS = {step.__name__: step for step in (doctor, tests, kernels, speed, frames, sharing, memory, pictures)}

if __name__ == "__main__":
    STEPS[sys.argv[1]](Report(Path(sys.argv[2]), "--dry" in sys.argv))

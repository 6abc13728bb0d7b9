"""Speed of each scene: start-up, frame times and filming, 1280 x 720 on a virtual display (Xvfb).

    python benchmarks/scenes.py [--quick] [--scenes optimizer_race] [--against CHECKOUT] [--write docs/performance.md]

For every scene, each in processes of its own: the time to import it; from the start of the program to the first picture
and out again; the frame times of a window with its panels while the camera turns; the time that a second of film takes.
With another checkout of lossland both run in turn, and the table says how many times faster this one is. The least time
of several rounds counts. `make bench-scenes` installs what is needed and runs this.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from side_by_side import HERE, SCRATCH, Missing, best_of, machine, note, number, stopwatch, table

ROOT = HERE.parent
LIMIT = 300.0  # seconds for one command
BEGIN, END = "<!-- benchmarks/scenes.py writes from here -->", "<!-- to here -->"
IMPORT = """
from time import perf_counter
began = perf_counter()
import lossland
lossland.scene({name!r}).frame
print(perf_counter() - began)
"""
COLUMNS = {
    "import": ("import, s", 1.0),
    "first": ("first picture, s", 1.0),
    "p50": ("median frame, ms", 1e3),
    "p95": ("95 % of frames, ms", 1e3),
    "film": ("a second of film, s", 1.0),
}
"""The measured times: heading, and factor from seconds to the printed unit."""

Figures = dict[str, dict[str, float]]
"""For each scene, seconds by the names of COLUMNS."""


@dataclass(frozen=True)
class Sizes:
    """The sizes of a measurement."""

    picture: str = "1280x720"
    frames: int = 300
    film: float = 2.0  # seconds
    rounds: int = 3


QUICK = Sizes("320x180", 3, 0.1, 1)


@dataclass(frozen=True)
class Checkout:
    """A folder with lossland in it, run by this Python."""

    folder: Path
    display: str

    def python(self, *words: str) -> str:
        """Return the output of a program of this checkout."""
        environment = {**os.environ, "DISPLAY": self.display, "PYTHONPATH": str(self.folder)}
        environment.pop("WAYLAND_DISPLAY", None)
        command = [sys.executable, *words]
        try:
            done = subprocess.run(command, cwd=SCRATCH, env=environment, capture_output=True, text=True, timeout=LIMIT)
        except subprocess.TimeoutExpired as late:
            raise Missing(f"no end after {LIMIT:.0f} seconds") from late
        if done.returncode:
            lines = done.stderr.strip().splitlines()
            raise Missing(lines[-1] if lines else f"ended with {done.returncode}")
        return done.stdout

    def lossland(self, *words: str) -> str:
        """Return the output of a command."""
        return self.python("-m", "lossland", *words)

    def scenes(self) -> list[str]:
        """Return the names of its scenes, in the order of the curriculum."""
        return [scene["name"] for scene in json.loads(self.lossland("scenes", "--json"))]


def main() -> int:
    """Measure and print the table."""
    chosen = _arguments()
    sizes = QUICK if chosen.quick else Sizes(rounds=chosen.rounds)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with display() as screen:
        ours = Checkout(ROOT, screen)
        other = Checkout(chosen.against.resolve(), screen) if chosen.against else None
        known = ours.scenes()
        names = chosen.scenes or known
        if unknown := sorted(set(names) - set(known)):
            sys.exit(f"there is no scene {', '.join(unknown)}; there are {', '.join(known)}")
        contestants = {"ours": ours} | ({"other": other} if other else {})
        where = machine()
        helped = best_of({who: partial(_help, it) for who, it in contestants.items()}, sizes.rounds)
        measured: dict[str, Figures] = {who: {} for who in contestants}
        for name in names:
            note(f"{name} ...")
            for who, figures in measure(name, contestants, sizes).items():
                measured[who][name] = figures
    text = report(
        measured["ours"], measured.get("other"), helped, sizes, f"{where}, load {os.getloadavg()[0]:.1f} afterwards"
    )
    print(text)
    if chosen.json:
        figures = {"machine": where, "help": helped, **measured}
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n")
    if chosen.write:
        write(chosen.write, text)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small pictures, few of them: does everything work?")
    parser.add_argument("--scenes", type=lambda text: text.split(","), help="some scenes (default: all)")
    parser.add_argument("--against", type=Path, metavar="CHECKOUT", help="measure another checkout in turn with this")
    parser.add_argument("--rounds", type=int, default=Sizes.rounds, help="how often each command is run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures as JSON, too")
    parser.add_argument("--write", type=Path, metavar="PAGE.md", help="put the table into a page, between its marks")
    return parser.parse_args()


@contextmanager
def display() -> Iterator[str]:
    """Start a virtual display and yield its name."""
    if shutil.which("Xvfb") is None:
        sys.exit("Xvfb is missing; on Debian: apt install xvfb")
    read, told = os.pipe()
    command = ["Xvfb", "-displayfd", str(told), "-screen", "0", "1400x900x24", "-nolisten", "tcp", "-noreset"]
    server = subprocess.Popen(command, pass_fds=[told], stderr=subprocess.DEVNULL)
    os.close(told)
    try:
        with os.fdopen(read) as answer:
            yield f":{answer.readline().strip()}"
    finally:
        server.terminate()
        server.wait(10)


# --------------------------------------------------------------------------------------------------- measuring


def measure(name: str, contestants: dict[str, Checkout], sizes: Sizes) -> Figures:
    """Return the times of each checkout for a scene; nan for what fails, such as a missing scene."""
    explore = ("explore", name, "--size", sizes.picture, "--json", "--frames")
    record = ("record", name, "-o", str(SCRATCH / "scene.mp4"), "--size", sizes.picture, "--fps", "60", "--seconds")
    frames: dict[str, list[dict[str, float]]] = {who: [] for who in contestants}

    def imported(it: Checkout) -> float:
        return float(it.python("-c", IMPORT.format(name=name)))

    def moved(who: str, it: Checkout) -> float:
        frames[who].append(json.loads(it.lossland(*explore, str(sizes.frames), "--orbit")))
        return frames[who][-1]["p50_ms"] / 1e3

    def least(run: Callable[[str, Checkout], float]) -> dict[str, float]:
        return best_of({who: partial(run, who, it) for who, it in contestants.items()}, sizes.rounds, enough=LIMIT)

    found = {
        "import": least(lambda who, it: imported(it)),
        "first": least(lambda who, it: stopwatch(lambda: it.lossland(*explore, "1"))),
        "p50": least(moved),
    }
    one, whole = (
        least(lambda who, it, seconds=seconds: stopwatch(lambda: it.lossland(*record, str(seconds))))
        for seconds in (1 / 60, sizes.film)
    )
    found["p95"] = {who: min((run["p95_ms"] / 1e3 for run in runs), default=math.nan) for who, runs in frames.items()}
    found["film"] = {who: (whole[who] - one[who]) / (sizes.film - 1 / 60) for who in contestants}
    return {who: {what: seconds[who] for what, seconds in found.items()} for who in contestants}


def _help(it: Checkout) -> float:
    return stopwatch(lambda: it.lossland("--help"))


# --------------------------------------------------------------------------------------------------- reporting


def report(ours: Figures, other: Figures | None, helped: dict[str, float], sizes: Sizes, where: str) -> str:
    """Return the table in Markdown, with the conditions of the measurement."""
    heading = [""]
    for title, _ in COLUMNS.values():
        heading += [title] if other is None else [title, "times"]
    rows = []
    for name, figures in ours.items():
        row = [name]
        for what, (_, unit) in COLUMNS.items():
            row.append(number(unit * figures[what]))
            if other is not None:
                row.append(number(other[name][what] / figures[what]))
        rows.append(row)
    least = f"the least of {sizes.rounds} runs" if sizes.rounds > 1 else "one run"
    lines = [
        f"{sizes.picture.replace('x', '×')}, {sizes.frames} frames of a turning window with its panels, {sizes.film:g} "
        f"seconds of film at 60 frames a second, the program's start taken off; {least} each.",
        f"`lossland --help` takes {number(helped['ours'])} s"
        + (f" ({number(helped['other'] / helped['ours'])} times)." if other is not None else "."),
        f"Measured on {where}.",
    ]
    if other is not None:
        lines.append("*times*: how many times faster it is than the other checkout.")
    return textwrap.fill(" ".join(lines), 120) + "\n\n" + table(heading, rows)


def write(page: Path, text: str) -> None:
    """Replace the text between the marks of a page."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{page} has no marks {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


if __name__ == "__main__":
    sys.exit(main())

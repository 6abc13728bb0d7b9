"""Speed of drawing and filming, of lossland and its peers: 1280 x 720, with an orbiting camera.

    python benchmarks/render.py [--quick] [--peers lossland,PyVista] [--json figures.json]

A surface of 256² and of 1024² heights; 10^5 and 10^6 points that all move; a film of five seconds. Each peer is a
process of its own; they run in turn, and the least time of several rounds counts. Frames are timed twice: read back as
an array, and only finished. `make bench-render` installs the peers and runs this.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from film_peers import FILMS, FPS
from picture_peers import LIBRARIES
from side_by_side import (
    HERE,
    SCRATCH,
    Missing,
    Peer,
    arguments,
    best_of,
    machine,
    note,
    number,
    stopwatch,
    table,
)

OURS = "lossland"
WITH_POINTS = ("lossland", "lossland (live)", "VisPy", "PyVista", "PyVista (no AA)", "pygfx")
SLOW = {("matplotlib", 1024)}  # about a minute a frame
# Drivers of Mesa: peers find the software renderers without a display.
HEADLESS = {"EGL_PLATFORM": "surfaceless", "PYOPENGL_PLATFORM": "egl", "OMP_WAIT_POLICY": "passive"}
SUBJECTS = ("surfaces", "points", "films")


def main() -> int:
    """Measure and print the tables."""
    names = list(dict.fromkeys([*LIBRARIES, *FILMS]))
    chosen = arguments(__doc__.splitlines()[0], names, _options)
    quick = chosen.quick
    figures: dict[str, Any] = {"machine": machine()}
    print(f"{figures['machine']}\n")
    if "surfaces" in chosen.only:
        figures["surfaces"] = {
            n: frames("surface", n, [p for p in chosen.peers if p in LIBRARIES and (p, n) not in SLOW], chosen)
            for n in ((64,) if quick else (256, 1024))
        }
        print_frames("A surface of {0} x {0} heights", figures["surfaces"])
    if "points" in chosen.only:
        figures["points"] = {
            count: frames("points", count, [p for p in chosen.peers if p in WITH_POINTS], chosen)
            for count in ((1_000,) if quick else (100_000, 1_000_000))
        }
        print_frames("{0:,} points, all moving", figures["points"])
    if "films" in chosen.only:
        figures["films"] = films([p for p in chosen.peers if p in FILMS], quick, 1 if quick else chosen.films)
        print_films(figures["films"])
    figures["machine afterwards"] = machine()
    print(f"Afterwards: {figures['machine afterwards']}")
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(figures, indent=1) + "\n")
    return 0


def _options(parser: argparse.ArgumentParser) -> None:
    def subjects(text: str) -> list[str]:
        return [name for name in SUBJECTS if name in text.split(",")] or parser.error(f"{text}: none of {SUBJECTS}")

    parser.add_argument("--only", type=subjects, default=SUBJECTS, help="which of " + ", ".join(SUBJECTS))
    parser.add_argument("--films", type=int, default=3, metavar="N", help="how often each film is made")


# ------------------------------------------------------------------------------------------------------ frames


def frames(subject: str, size: int, names: Sequence[str], chosen: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Return the seconds that each peer needs to be ``first``, for a frame ``read`` back and one ``drawn`` only."""
    note(f"{subject} of {size} ...")
    first: dict[str, float] = {}
    peers: dict[str, Peer] = {}
    for name in names:
        file = SCRATCH / f"{subject}_{size}_{name.replace(' ', '_')}.png"
        peer = Peer("picture_peers", name, HEADLESS)
        try:
            first[name] = peer.ask(do="show", subject=subject, size=size, file=str(file))["first"]
            peers[name] = peer
        except Missing as why:
            note(f"  {name} is left out: {why}")
            peer.close()

    def timed(peer: Peer, read: bool) -> Callable[[], float]:
        return lambda: float(peer.ask(do="frames", count=1 if chosen.quick else 3, read=read)["seconds"])

    rounds = 2 if chosen.quick else chosen.rounds
    try:
        read = best_of({name: timed(peer, True) for name, peer in peers.items()}, rounds)
        drawn = best_of({name: timed(peer, False) for name, peer in peers.items()}, rounds)
    finally:
        for peer in peers.values():
            peer.close()
    return {name: {"first": first[name], "read": read[name], "drawn": drawn[name]} for name in peers}


def print_frames(title: str, figures: dict[int, dict[str, dict[str, float]]]) -> None:
    """Print milliseconds a frame, and how many times faster lossland is."""
    for size, peers in figures.items():
        print(f"{title.format(size)}: milliseconds a frame, and how many times faster {OURS} is\n")
        ours = peers.get(OURS, {})
        lines = [
            [
                name,
                number(1e3 * taken["read"]),
                number(taken["read"] / ours.get("read", math.nan)),
                number(1e3 * taken["drawn"]),
                number(taken["drawn"] / ours.get("drawn", math.nan)),
            ]
            for name, taken in peers.items()
        ]
        print(table(["", "read back", "times", "not read", "times"], lines) + "\n")


# ------------------------------------------------------------------------------------------------------- films


def films(names: Sequence[str], quick: bool, rounds: int) -> dict[str, dict[str, float]]:
    """Return, for each peer, the seconds that a film took, start of the process included, and its frames a second."""
    seconds, samples = (0.5, 64) if quick else (5.0, 256)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds):
        for name in names:
            if turn and math.isnan(taken[name][-1]):
                continue
            note(f"film by {name} ...")
            try:
                taken[name].append(stopwatch(lambda name=name: film(name, seconds, samples)))
            except Missing as why:
                note(f"  {name} is left out: {why}")
                taken[name].append(math.nan)
    return {
        name: {"seconds": min(times), "frames_a_second": seconds * FPS / min(times)}
        for name, times in taken.items()
        if not math.isnan(times[-1])
    }


def film(name: str, seconds: float, samples: int) -> None:
    """Make a film with a peer."""
    file = SCRATCH / f"film_{name}.mp4"
    file.unlink(missing_ok=True)
    SCRATCH.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, str(HERE / "film_peers.py"), name, str(seconds), str(samples), str(file)]
    environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    if name == "manimgl":  # opens a display although it shows nothing
        if shutil.which("xvfb-run") is None:
            raise Missing("it needs a display, and there is no xvfb-run")
        command = ["xvfb-run", "-a", *command]
    else:
        environment |= HEADLESS
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode or not file.exists():
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise Missing(lines[-1] if lines else f"ended with {done.returncode}")


def print_films(figures: dict[str, dict[str, float]]) -> None:
    """Print frames a second, and how many times faster lossland is."""
    print(f"A film: frames a second with start and encoder, and how many times faster {OURS} is\n")
    ours = figures.get(OURS, {}).get("frames_a_second", math.nan)
    lines = [
        [name, number(it["seconds"]), number(it["frames_a_second"]), number(ours / it["frames_a_second"])]
        for name, it in figures.items()
    ]
    print(table(["", "seconds", "frames/s", "times"], lines) + "\n")


if __name__ == "__main__":
    sys.exit(main())

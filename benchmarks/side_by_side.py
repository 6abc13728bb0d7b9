"""Compares programs that do the same work, each in a process of its own, measured in turn.

A `Peer` is a worker process that answers requests, one JSON object per line. So libraries do not share a process, one
that is missing or crashes is reported and left out, and rounds alternate between all peers, so that other load on the
machine affects all of them. The least time of several rounds counts.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import select
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCRATCH = HERE.parent / "out" / "benchmarks"  # compiled peers, pictures for checking, films

Worker = Callable[[], Callable[..., dict[str, Any]]]
"""Returns the function that answers requests; it imports the library."""


class Missing(Exception):
    """A peer cannot answer a request; the message says why."""


class Peer:
    """One worker process. ``name`` is a key of the WORKERS of the module ``module``."""

    def __init__(self, module: str, name: str, environment: dict[str, str] | None = None, limit: float = 300.0) -> None:
        self.name, self.limit = name, limit
        SCRATCH.mkdir(parents=True, exist_ok=True)
        self._log = open(SCRATCH / f"{module}-{name.replace(' ', '_').replace('/', '_')}.log", "w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / f"{module}.py"), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, text=True,
            env={**os.environ, **(environment or {})},
        )  # fmt: skip

    def ask(self, **question: object) -> dict[str, Any]:
        """Return the worker's answer. Raises Missing where it has none."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
            ready, _, _ = select.select([self._process.stdout], [], [], self.limit)
            if not ready:  # an answer is one line, written at once
                self._process.kill()
                raise Missing(f"no answer in {self.limit:.0f} seconds")
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Missing(self._last_words())
        answer = json.loads(line)
        if "missing" in answer:
            raise Missing(answer["missing"])
        return answer

    def _last_words(self) -> str:
        self._process.wait()
        self._log.seek(0)
        lines = [line.strip() for line in self._log.read().splitlines() if line.strip()]
        return f"ended with {self._process.returncode}: {lines[-1] if lines else 'without a word'}"

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def serve(workers: dict[str, Worker]) -> None:
    """Run the worker named on the command line: read requests and write answers until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # prints of libraries go to the log
    answer = None
    for line in sys.stdin:
        try:
            if answer is None:
                answer = workers[sys.argv[1]]()
            reply = answer(**json.loads(line))
        except Exception as error:
            import traceback

            traceback.print_exc()
            words = (str(error).strip().splitlines() or [""])[0]
            reply = {"missing": f"{type(error).__name__}: {words}"[:200]}
        answers.write(json.dumps(reply) + "\n")
        answers.flush()


def started(module: str, names: Sequence[str], question: dict[str, Any], **options: Any) -> dict[str, Peer]:
    """Return the peers that answer a first request; the others are reported on stderr."""
    peers: dict[str, Peer] = {}
    for name in names:
        peer = Peer(module, name, **options)
        try:
            peer.ask(**question)
            peers[name] = peer
        except Missing as why:
            note(f"{name} is left out: {why}")
            peer.close()
    return peers


def best_of(contestants: dict[str, Callable[[], float]], rounds: int, enough: float = 2.5) -> dict[str, float]:
    """Return the least seconds of each contestant, measured in turn.

    Each takes part in one round, and in up to ``rounds`` while it has used less than ``enough`` seconds.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds):
        for name, run in contestants.items():
            if not turn or sum(times[name]) < enough:
                try:
                    times[name].append(run())
                except Missing as why:
                    note(f"{name} gave up: {why}")
                    times[name].append(float("nan"))
    return {name: min(taken) for name, taken in times.items()}


# ---------------------------------------------------------------------------------------------------- reporting


def note(text: str) -> None:
    """Print progress to stderr."""
    print(text, file=sys.stderr, flush=True)


def machine() -> str:
    """Return one line about the processor and its load."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        found = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        name = found[0] if found else name
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{name}, {cores} cores{load}, Python {platform.python_version()}"


def table(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table: the first column to the left, the others to the right."""
    every = [list(heading), *map(list, rows)]
    widths = [max(len(row[i]) for row in every) for i in range(len(heading))]

    def line(row: Sequence[str]) -> str:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        return "| " + " | ".join(cells) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if i else "-") for i, w in enumerate(widths)) + "|"
    return "\n".join([line(every[0]), rule, *map(line, every[1:])])


def number(value: float | None, digits: int = 3) -> str:
    """Return a number with a few digits, or a dash."""
    if value is None or value != value:
        return "–"
    if value >= 10 ** (digits - 1):
        return f"{value:.0f}"
    return f"{value:.{digits}g}"


def arguments(about: str, peers: Sequence[str], more: Callable[[argparse.ArgumentParser], None] | None = None) -> Any:
    """Parse the common command line of the benchmarks."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="small sizes, few rounds: does everything work?")
    parser.add_argument("--peers", default=",".join(peers), help="which of " + ", ".join(peers))
    parser.add_argument("--rounds", type=int, default=7, help="most rounds that one case is measured in")
    parser.add_argument("--json", metavar="FILE", help="write all figures as JSON, too")
    if more:
        more(parser)
    chosen = parser.parse_args()
    chosen.peers = [name.strip() for name in chosen.peers.split(",") if name.strip()]
    unknown = set(chosen.peers) - set(peers)
    if unknown:
        parser.error(f"there is no peer {', '.join(sorted(unknown))}; there are {', '.join(peers)}")
    return chosen


def stopwatch(run: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    began = time.perf_counter()
    run()
    return time.perf_counter() - began

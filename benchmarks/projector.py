"""t-SNE of the 1,797 digits beside scikit-learn and openTSNE: the time until neighbours are kept.

Each embeds the digits with a perplexity of 30, from the principal axes and with its own other defaults, until the
trustworthiness of the layout (12 neighbours, the same function for all) is .98. Evaluating intermediate layouts is not
timed. Ours runs on one thread. Processor time is reported beside wall-clock time: on a busy machine only that is fair,
and only with ``--threads 1``, as waiting threads spin.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from side_by_side import Missing, Worker, arguments, best_of, machine, number, serve, started, table

GOAL, PERPLEXITY = 0.98, 30.0
EVERY = 25  # steps between two evaluations
LAST = 1000  # most steps
QUICK = 400  # digits


class Watch:
    """Wall-clock and processor seconds between ``begin`` and ``stop``, accumulated."""

    def __init__(self) -> None:
        self.seconds = self.cpu = 0.0
        self.begin()

    def begin(self) -> None:
        self._began = time.perf_counter(), time.process_time()

    def stop(self) -> None:
        self.seconds += time.perf_counter() - self._began[0]
        self.cpu += time.process_time() - self._began[1]


def digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    from lossland.models import datasets

    some = datasets.digits().part(0, count)
    return 16.0 * some.points, some.target


def evaluated(count: int, layout: Any, watch: Watch, step: int) -> dict[str, Any]:
    """Return the quality of a layout and the time it took."""
    from lossland.models import layouts

    points, label = digits(count)
    positions = np.ascontiguousarray(layout, dtype=float)
    trust = layouts.trustworthiness(points, positions)
    return {
        "trust": trust, "accuracy": layouts.knn_accuracy(positions, label), "step": step,
        "seconds": watch.seconds, "cpu": watch.cpu,
    }  # fmt: skip


def ours() -> Callable[..., dict[str, Any]]:
    from lossland.models import embeddings, tsne

    def answer(count: int, goal: float) -> dict[str, Any]:
        points, _ = digits(count)
        watch = Watch()
        course = embeddings.Course(tsne.begun(points, PERPLEXITY), tsne.start(points), LAST)
        for step in range(EVERY, LAST + 1, EVERY):
            course.reach(step)
            watch.stop()
            found = evaluated(count, course.at(step), watch, step)
            if found["trust"] >= goal:
                return found
            watch.begin()
        raise Missing(f"not reached in {LAST} steps")

    return answer


def opentsne() -> Callable[..., dict[str, Any]]:
    import openTSNE

    def answer(count: int, goal: float) -> dict[str, Any]:
        points, _ = digits(count)
        found: dict[str, Any] = {}
        steps = 0

        def look(step: int, error: float, layout: Any) -> bool:
            nonlocal steps
            watch.stop()
            steps += EVERY
            found.update(evaluated(count, layout, watch, steps))
            watch.begin()
            return found["trust"] >= goal

        made = openTSNE.TSNE(
            perplexity=PERPLEXITY, n_jobs=threads(), random_state=0, n_iter=LAST, callbacks=look,
            callbacks_every_iters=EVERY,
        )  # fmt: skip
        watch = Watch()
        made.fit(points)
        if found["trust"] < goal:
            raise Missing(f"not reached in {LAST} steps")
        return found

    return answer


def sklearn() -> Callable[..., dict[str, Any]]:
    from sklearn.manifold import TSNE

    def answer(count: int, goal: float) -> dict[str, Any]:
        points, _ = digits(count)
        for step in range(250, LAST + 1, EVERY):  # without callbacks: the first sufficient number of steps counts
            watch = Watch()
            layout = TSNE(perplexity=PERPLEXITY, max_iter=step, n_jobs=threads(), random_state=0).fit_transform(points)
            watch.stop()
            found = evaluated(count, layout, watch, step)
            if found["trust"] >= goal:
                return found
        raise Missing(f"not reached in {LAST} steps")

    return answer


def threads() -> int:
    return int(os.environ["THREADS"])


WORKERS: dict[str, Worker] = {"lossland": ours, "openTSNE": opentsne, "scikit-learn": sklearn}


def contest(count: int, chosen: Any) -> dict[str, dict[str, float]]:
    """Return the best run of each peer."""
    limits = {name: str(chosen.threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")}
    environment = {"THREADS": str(chosen.threads), **limits}
    peers = started("projector", chosen.peers, {"count": 200, "goal": 0.5}, environment=environment)
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in peers}

    def ask(name: str) -> float:
        answers[name].append(peers[name].ask(count=count, goal=GOAL))
        return answers[name][-1]["seconds"]

    best_of({name: lambda name=name: ask(name) for name in peers}, 1 if chosen.quick else chosen.rounds, 60.0)
    for peer in peers.values():
        peer.close()
    return {
        name: given[0] | {kind: min(one[kind] for one in given) for kind in ("seconds", "cpu")}
        for name, given in answers.items()
        if given
    }


def main() -> None:
    """Measure, and print the table."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    def more(parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--threads", type=int, default=cores, help="of each peer")

    chosen = arguments("t-SNE of the digits beside scikit-learn and openTSNE.", list(WORKERS), more)
    count = QUICK if chosen.quick else 1797
    found = contest(count, chosen)
    print(f"t-SNE of {count} digits to a trustworthiness of {GOAL}, {chosen.threads} threads ({machine()})\n")
    own = found.get("lossland", {})
    rows = []
    for name, one in found.items():
        times = [one[kind] / own[kind] if own else None for kind in ("seconds", "cpu")]
        rows.append([
            name, number(one["seconds"]), number(times[0]), number(one["cpu"]), number(times[1]), str(one["step"]),
            f"{one['trust']:.4f}", f"{one['accuracy']:.4f}",
        ])  # fmt: skip
    heading = ["", "seconds", "times", "of processor", "times", "steps", "trustworthiness", "10 neighbours vote right"]
    print(table(heading, rows))
    if chosen.json:
        Path(chosen.json).write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1] in WORKERS:
        serve(WORKERS)
    else:
        main()

"""Slices of networks, with lossland and its peers: networks per second, on one thread and on all cores.

Two cases: an MLP 64-32-32-10 on the 1,437 training digits, and a small CNN on the same. Every peer evaluates networks
of the same 51 x 51 slice, L(θ + α δ + β η) with accuracy; their losses are compared first. Processor time is reported
beside wall-clock time: on a busy machine only that is fair. There, skip all cores by ``--one-thread``: spinning threads
of a peer would measure other load.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from side_by_side import SCRATCH, Missing, arguments, best_of, machine, number, serve, started, table

SIDE = 51
CASES = {"MLP 64-32-32-10": "64-32-32-10", "CNN 8-16": "cnn:8-16"}
POINTS = {"lossland": 2601, "Li et al.": 40, "Landscaper": 200, "PyTorch in one batch": 400, "torch.func.vmap": 320}
CHUNK = 16  # networks per call of vmap: more are slower here
TOLERANCE = 1e-5  # relative, between losses of the same network


def stored(case: str) -> Any:
    return np.load(SCRATCH / f"slice {case}.npz")


def points_of_slice(count: int, radius: float = 1.0) -> np.ndarray:
    """Return (count, 2) points spread evenly over the slice, the centre first."""
    side = np.linspace(-radius, radius, SIDE)
    x, y = np.meshgrid(side, side)
    every = np.stack([x.ravel(), y.ravel()], axis=1)
    order = (np.arange(len(every)) * 1009 + len(every) // 2) % len(every)
    return every[order[:count]]


def prepare() -> None:
    """Train the networks of both cases, and write them with their directions and data for the peers."""
    from lossland.models import slicing

    SCRATCH.mkdir(parents=True, exist_ok=True)
    for case, net in CASES.items():
        activation = "relu" if net.startswith("cnn") else "tanh"
        made = slicing.prepare(net, "digits", directions="filter", n=SIDE, steps=150, activation=activation)
        task, surface = made.task, made.recipe.surface
        np.savez(
            SCRATCH / f"slice {case}.npz", theta=made.theta, directions=surface.directions, points=task.points,
            target=task.target, shared=surface.flops_at_point, whole=surface.flops_without_sharing,
        )  # fmt: skip


# ---------------------------------------------------------------------------------------------------------- the peers


def measured(run: Callable[[np.ndarray], ArrayLike], where: np.ndarray) -> dict[str, Any]:
    """Return the losses (m,) at points, and the time they took."""
    began, cpu = time.perf_counter(), time.process_time()
    loss = run(where)
    seconds, spent = time.perf_counter() - began, time.process_time() - cpu
    return {"seconds": seconds, "cpu": spent, "losses": np.asarray(loss, float)[:9].tolist()}


def worker(make: Callable[[str], Callable[[np.ndarray], ArrayLike]]) -> Callable[[], Callable[..., dict[str, Any]]]:
    """Return a worker that creates its evaluators on demand."""

    def start() -> Callable[..., dict[str, Any]]:
        made: dict[str, Callable[[np.ndarray], ArrayLike]] = {}

        def answer(case: str, points: int) -> dict[str, Any]:
            if case not in made:
                made[case] = make(case)
                made[case](points_of_slice(CHUNK))
            return measured(made[case], points_of_slice(points))

        return answer

    return start


def ours(case: str) -> Callable[[np.ndarray], ArrayLike]:
    from lossland.models import slices, slicing

    known = stored(case)
    activation = "relu" if "CNN" in case else "tanh"
    network = slicing.network_of(CASES[case], slicing.training_data("digits"), activation)
    task = slices.Task(network, known["points"], known["target"])
    surface = slices.FlatSurface(task, known["theta"], known["directions"])
    surface._workers = int(os.environ.get("THREADS", "0")) or surface._workers
    return lambda where: surface.at(where)[0]


def in_torch(case: str) -> tuple[Any, Any, Any, Any, list[Any]]:
    """Return torch, the network, inputs and classes, and θ with both directions as lists of tensors."""
    import torch
    from torch import nn

    torch.set_num_threads(int(os.environ.get("THREADS", "0")) or os.cpu_count() or 1)
    known = stored(case)
    points = torch.tensor(known["points"], dtype=torch.float32)
    if "CNN" in case:
        points = points.reshape(-1, 1, 8, 8)
        net = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(64, 10),
        )  # fmt: skip
    else:
        net = nn.Sequential(nn.Linear(64, 32), nn.Tanh(), nn.Linear(32, 32), nn.Tanh(), nn.Linear(32, 10))
    parts = []
    for vector in (known["theta"], *known["directions"]):
        torch.nn.utils.vector_to_parameters(torch.tensor(vector, dtype=torch.float32), net.parameters())
        parts.append([p.detach().clone() for p in net.parameters()])
    net.eval()
    return torch, net, points, torch.tensor(known["target"], dtype=torch.int64), parts


def li(case: str) -> Callable[[np.ndarray], ArrayLike]:
    """One network after the other, each over batches of 128 of a DataLoader: what github.com/tomgoldstein does."""
    torch, net, points, target, (weights, dx, dy) = in_torch(case)
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(points, target), batch_size=128)
    criterion = torch.nn.CrossEntropyLoss()

    def at(a: float, b: float) -> float:
        for p, w, x, y in zip(net.parameters(), weights, dx, dy, strict=True):
            p.data = w + (x * a + y * b)
        total, right, count = 0.0, 0, 0
        with torch.no_grad():
            for inputs, targets in loader:
                outputs = net(inputs)
                total += criterion(outputs, targets).item() * len(inputs)
                right += outputs.max(1)[1].eq(targets).sum().item()
                count += len(inputs)
        return total / count

    return lambda where: [at(a, b) for a, b in where.tolist()]


def landscaper(case: str) -> Callable[[np.ndarray], ArrayLike]:
    """One network after the other, all samples at once, reached by steps: what Landscaper's compute.py does.

    Its own function takes eigenvectors and scales of its own, so its method is applied to the same points here: the
    parameters are cloned, the direction's steps are added one by one, and the result is copied into the model.
    """
    torch, net, points, target, (weights, dx, dy) = in_torch(case)
    step = 2 / (SIDE - 1)
    steps = [[part * step for part in direction] for direction in (dx, dy)]
    criterion = torch.nn.CrossEntropyLoss()

    def at(a: float, b: float) -> float:
        with torch.no_grad():
            here = [w.clone() for w in weights]
            for share, direction in zip((a, b), steps, strict=True):
                for _ in range(abs(round(share / step))):
                    for p, d in zip(here, direction, strict=True):
                        p.add_(d) if share > 0 else p.sub_(d)
            for p, w in zip(net.parameters(), here, strict=True):
                p.data.copy_(w)
            outputs = net(points)
            loss = criterion(outputs, target).item()
            outputs.argmax(1).eq(target).sum().item()
        return loss

    return lambda where: [at(a, b) for a, b in where.tolist()]


def whole_batch(case: str) -> Callable[[np.ndarray], ArrayLike]:
    """One network after the other, all samples at once."""
    torch, net, points, target, parts = in_torch(case)
    theta, dx, dy = (torch.nn.utils.parameters_to_vector(part) for part in parts)
    criterion = torch.nn.CrossEntropyLoss()

    def at(a: float, b: float) -> float:
        with torch.no_grad():
            torch.nn.utils.vector_to_parameters(theta + a * dx + b * dy, net.parameters())
            outputs = net(points)
            loss = criterion(outputs, target).item()
            outputs.argmax(1).eq(target).sum().item()
        return loss

    return lambda where: [at(a, b) for a, b in where.tolist()]


def vmap(case: str) -> Callable[[np.ndarray], ArrayLike]:
    """Many networks at once by torch.func, in chunks."""
    torch, net, points, target, parts = in_torch(case)
    names = [name for name, _ in net.named_parameters()]

    def at(share: Any) -> tuple[Any, Any]:
        here = {name: w + share[0] * x + share[1] * y for name, w, x, y in zip(names, *parts, strict=True)}
        outputs = torch.func.functional_call(net, here, (points,))
        return torch.nn.functional.cross_entropy(outputs, target), outputs.argmax(1).eq(target).sum()

    every = torch.func.vmap(at, chunk_size=CHUNK)

    def run(where: np.ndarray) -> Any:
        with torch.no_grad():
            return every(torch.tensor(where, dtype=torch.float32))[0].numpy()

    return run


def products() -> Callable[..., dict[str, Any]]:
    """Large matrix products in single precision: the machine's rate, in operations a second."""
    a = np.ones((1536, 1536), np.float32)
    out = a @ a

    def answer(case: str, points: int) -> dict[str, Any]:
        began, cpu = time.perf_counter(), time.process_time()
        for _ in range(4):
            np.matmul(a, a, out=out)
        seconds, spent = time.perf_counter() - began, time.process_time() - cpu
        done = 4 * 2 * len(a) ** 3
        return {"seconds": seconds, "cpu": spent, "rate": done / seconds, "rate_of_cpu": done / spent, "losses": []}

    return answer


WORKERS = {
    "lossland": worker(ours),
    "Li et al.": worker(li),
    "Landscaper": worker(landscaper),
    "PyTorch in one batch": worker(whole_batch),
    "torch.func.vmap": worker(vmap),
    "products": products,
}
PEERS = [name for name in WORKERS if name != "products"]


# ------------------------------------------------------------------------------------------------------- the contest


def contest(case: str, threads: int, chosen: Any) -> dict[str, dict[str, float]]:
    """Return networks per second of wall-clock and processor time, by peer, and the rate of matrix products."""
    names = [*chosen.peers, "products"]
    limits = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    environment = {"THREADS": str(threads), **limits}
    peers = started("slices", names, {"case": case, "points": 9}, environment=environment)
    reference: list[float] = []
    answers: dict[str, list[dict[str, Any]]] = {name: [] for name in peers}

    def ask(name: str) -> float:
        count = POINTS.get(name, 1) // (20 if chosen.quick else 1)
        answer = peers[name].ask(case=case, points=max(count, 9))
        if answer["losses"]:
            reference[:] = reference or answer["losses"]
            if not np.allclose(answer["losses"], reference, rtol=TOLERANCE):
                raise Missing(f"losses differ: {answer['losses'][:3]}, not {reference[:3]}")
        answers[name].append({**answer, "points": max(count, 9)})
        return answer["cpu"]

    best_of({name: lambda name=name: ask(name) for name in peers}, 1 if chosen.quick else chosen.rounds, 20.0)
    for peer in peers.values():
        peer.close()
    found = {}
    for name, given in answers.items():
        if name == "products" and given:
            found[name] = {kind: max(one[kind] for one in given) for kind in ("rate", "rate_of_cpu")}
        elif given:
            found[name] = {"clock": max(one["points"] / one["seconds"] for one in given),
                           "cpu": max(one["points"] / one["cpu"] for one in given)}  # fmt: skip
    return found


def main() -> None:
    chosen = arguments(__doc__ or "", PEERS, lambda parser: parser.add_argument("--one-thread", action="store_true"))
    prepare()
    cores = os.cpu_count() or 1
    figures: dict[str, Any] = {"machine": machine()}
    print(machine())
    for case in CASES:
        known = stored(case)
        one, every = contest(case, 1, chosen), {} if chosen.one_thread else contest(case, cores, chosen)
        figures[case] = {"one thread": one, "all cores": every, "flops": int(known["shared"]),
                         "flops without sharing": int(known["whole"])}  # fmt: skip
        rows = []
        base = one.get("lossland", {}).get("cpu", float("nan"))
        for name in chosen.peers:
            mine, both = one.get(name, {}), every.get(name, {})
            ratio = base / mine["cpu"] if mine else float("nan")
            rows.append([name, *(number(part.get(kind)) for part, kind in
                                 ((mine, "cpu"), (both, "clock"), (both, "cpu"))), number(ratio)])  # fmt: skip
        heading = [case, "a second of one thread", f"a second on {cores} cores", "a second of processor time there",
                   "lossland's rate over it, one thread"]  # fmt: skip
        print(f"\n{table(heading, rows)}\n")
        peak = one.get("products", {}).get("rate_of_cpu", float("nan"))
        for words, flops in (("counted once, shared", known["shared"]), ("of a network by itself", known["whole"])):
            print(
                f"{int(flops) / 1e6:.2f} million operations of products {words}: {number(base * flops / 1e9)} of the "
                f"{number(peak / 1e9)} billion a second that large products reach, {base * flops / peak:.0%}"
            )
    if chosen.json:
        with open(chosen.json, "w") as file:
            json.dump(figures, file, indent=1)


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1] in WORKERS:
        serve(WORKERS)
    else:
        main()

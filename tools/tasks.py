"""Search for the lowest losses of the non-convex tasks, and write data/tasks.npz.

``python tools/tasks.py 400`` uses 400 starts of each task: draws of its initialization, every other one three times as
wide. All are minimized by Rprop, then the forty lowest by L-BFGS, and the lowest of these by Newton's method. A result
in the file is only replaced by a lower one.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

import lossland as ll
from lossland import userfiles
from lossland.models.networks import initial
from lossland.models.tasks import TrainingLoss, task

ROOT = Path(__file__).parents[1]
FILE = ROOT / "data" / "tasks.npz"
SEARCHED = ("mlp_spiral", "mlp_digits")
WIDER, STEPS, KEPT = 3.0, 3000, 40


def searched(name: str, loss: TrainingLoss, starts: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest losses (KEPT,), and the parameters of the lowest one (n,)."""

    def both(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, *slopes = loss.slopes_at(list(theta[:, None]))
        return float(value[0]), np.concatenate(slopes)

    start = initial(loss.network, 0, starts)
    start[1::2] *= WIDER
    swarm = ll.swarm(task(name, name, loss, np.zeros(loss.network.size)), "rprop:lr=0.01", steps=STEPS, start=start)
    options = {"maxiter": 3000, "maxfun": 5000, "gtol": 1e-9, "ftol": 1e-15, "maxcor": 30}
    values, parameters = [], []
    for which in np.argsort(swarm.value)[:KEPT]:
        found = minimize(both, swarm.end[which].astype(float), jac=True, method="L-BFGS-B", options=options)
        values.append(float(found.fun))
        parameters.append(found.x)
        print(f"  {found.fun:.9f} from {swarm.value[which]:.6f} after {found.nit}", flush=True)
    return np.array(values), parameters[int(np.argmin(values))]


def polished(loss: TrainingLoss, theta: np.ndarray) -> np.ndarray:
    """Refine parameters near a minimum by a few Newton steps."""
    size = len(theta)
    for _ in range(8):
        _, *slopes = loss.slopes_at(list(theta[:, None]))
        hessian = np.stack(loss.products_at([np.full(size, x) for x in theta], list(np.eye(size))), axis=1)
        theta = theta - np.linalg.solve((hessian + hessian.T) / 2, np.concatenate(slopes))
    return theta


def main(starts: int) -> None:
    """Search every task."""
    known: dict[str, np.ndarray] = {}
    if FILE.exists():
        with np.load(FILE) as file:
            known = dict(file)
    for stem in SEARCHED:
        loss: TrainingLoss = userfiles.load(ROOT / "tasks" / f"{stem}.py", users=False).loss()
        name = stem.replace("_", "-")
        values, best = searched(name, loss, starts)
        best = polished(loss, best)
        (lowest,) = loss.values_at(list(best[:, None]))
        near = int((values <= lowest + 1e-6).sum())
        print(f"{name}: lowest {lowest:.15g}, by {near} of the {KEPT} best of {starts} starts")
        if name not in known or lowest < loss.values_at(list(known[name][:, None]))[0]:
            known[name] = best
    np.savez(FILE, **known)  # pyright: ignore[reportArgumentType]  # the names are not options


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 400)

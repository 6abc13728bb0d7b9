"""Slices of networks in files, .npz or HDF5: see `lossland.landscapes.gridfiles` for the layout."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lossland.landscapes import gridfiles
from lossland.landscapes.gridfiles import AXES, GridFile
from lossland.models.slices import Layout, Slice

TOLD = ("explained", "curvature", "top_eigenvalue")  # diagnostics of a slice


def write(path: str | Path, found: Slice, network: Layout | None = None) -> None:
    """Write a slice to a .npz or .h5 file. With the network, directions in HDF5 are split into its parameters."""
    path = Path(path)
    parts = {}
    if path.suffix.lower() != ".npz":  # which holds the directions whole
        for axis, direction in zip(AXES, np.asarray(found.directions), strict=False):
            views = {"0": direction} if network is None else network.views(direction)
            parts |= {f"{axis}/{index}": part for index, part in enumerate(views.values())}
    kept = {
        "centre": np.asarray(found.centre),
        "directions": np.asarray(found.directions),
        "kind": np.asarray(found.kind),
        "seed": np.asarray(found.seed),
        "path": found.path,
        "path_loss": found.path_loss,
        "marks": found.marks,
        "title": np.asarray(found.title),
        "shadow_loss": found.shadow_loss,
        **{name: np.asarray(getattr(found, name)) for name in TOLD},
    }
    accuracy = {"train_acc": 100 * found.accuracy}
    gridfiles.write(path, GridFile(found.x, found.y, found.value, "train_loss", accuracy, parts, kept))


def read(path: str | Path) -> Slice:
    """Return the slice of a file of ours, of ``lossland eval``, of Li et al.'s code, or of Landscaper (.npz).

    Its loss may be partial: what is missing is nan. Raises UserError, in one sentence, for a file that holds no slice,
    and MachineError for one that cannot be read.
    """
    found = gridfiles.read(path)
    names = ("centre", "directions", "path", "path_loss", "marks", "shadow_loss")
    kept: dict[str, Any] = {name: found.kept[name] for name in names if name in found.kept}
    kept |= {name: float(found.kept[name]) for name in TOLD if name in found.kept}
    first = {"centre": np.zeros(0), "directions": np.zeros((0, 0))}
    kind, title = str(found.kept.get("kind", "grid")), str(found.kept.get("title", ""))
    seed = int(found.kept.get("seed", 0))
    return Slice(found.x, found.y, found.value, found.accuracy, **{**first, **kept}, kind=kind, seed=seed, title=title)

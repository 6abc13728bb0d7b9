"""Helpers for scenes in the plane z = 0: paths, arrows, lines through the origin and names.

Positions and directions are (2,). All layers are in one plane, so later ones are in front.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from lossland.models.calculus import unrolled_ring
from lossland.models.linear_maps import EigenDirection, cross, rotation, whole_multiple
from lossland.world.layers import Arrows, Cell, Color, Curve, Facts, Label, Lines, Look
from lossland.world.phrases import tex
from lossland.world.shapes import lifted

Dash = tuple[float, float]  # see `Lines`
FAR = 14.0  # half the length of an infinite line, world
CIRCLE = np.stack([np.cos(np.linspace(0, 2 * np.pi, 97)), np.sin(np.linspace(0, 2 * np.pi, 97))], -1)  # the unit circle


def path(
    points: ArrayLike, color: Color, width: float, alpha: float = 1.0, dash: Dash | None = None, **look: Unpack[Look]
) -> Lines:
    """Return the line through points (n, 2)."""
    return Lines([lifted(points)], color, width, alpha, dash, depth=False, **look)


def line(
    direction: ArrayLike, color: Color, width: float, alpha: float = 1.0, dash: Dash | None = None, **look: Unpack[Look]
) -> Lines:
    """Return the infinite line through the origin in a direction (2,) of any length; none for 0."""
    ahead = np.asarray(direction, float)
    ends = np.outer((-FAR, FAR), ahead / max(float(np.linalg.norm(ahead)), 1e-9))
    return path(ends, color, width, alpha, dash, **look)


def eigenline(kept: EigenDirection, number: int) -> Lines:
    """Return the whole line of a direction that a map keeps, dashed, in the colour of its number (from 1 on)."""
    dashed = partial(line, dash=(15, 10), name="Eigenline", key=f"line {number}", worth=[kept.factor])
    return dashed(kept.vector, f"eigen{number}", 2.4)


def arrow(tip: ArrayLike, color: Color, width: float, **look: Unpack[Look]) -> Arrows:
    """Return an arrow from the origin."""
    return Arrows.one((0.0, 0.0), tip, color, width=width, depth=False, **look)


def name(
    at: ArrayLike,
    text: str,
    color: Color,
    side: ArrayLike,
    size: float = 26.0,
    latex: bool = True,
    value: Cell = "",
    bold: bool = True,
    plate: Color = "",
    stays: bool = False,
    **look: Unpack[Look],
) -> Label:
    """Return a name (LaTeX) beside a position, on the side that a direction (2,) points to."""
    return Label(lifted(at), text, color, value, latex, size, lifted(side), bold, plate, stays, **look)


def beside(arrow: ArrayLike, other: ArrayLike, turn: float = 0.6) -> np.ndarray:
    """Return the direction (2,) from an arrow's head to its name: off its line by ``turn`` radians, away from another.

    Straight ahead a line on which the arrow lies would go through the name.
    """
    return rotation(turn if cross(other, arrow) >= 0 else -turn) @ np.asarray(arrow, float)


def unrolled_disc(radius: float, shares: Sequence[float], color: Color) -> list[Curve]:
    """Return a disc around the origin as rings of equal width, each unrolled by its share: 1 makes it a strip.

    The first share is that of the innermost ring.
    """
    rings, width = [], radius / len(shares)
    for k, share in enumerate(shares):
        outer, inner = map(lifted, unrolled_ring(k * width, (k + 1) * width, share))
        look = {"fill": 0.75 if k % 2 else 0.5, "name": "Ring", "key": f"ring {k}", "depth": False}
        rings.append(Curve(outer, color, 0.0, foot=inner, **look))
    return rings


def kept_directions(heading: str, kept: Sequence[EigenDirection], so_far: Sequence[str], always: float | None) -> Facts:
    """Return the directions that a map keeps, with their factors and a remark on each.

    ``always`` is the factor of a map that keeps all directions, else None.
    """
    rows = [
        (f"eigen{k}", tex("v_? = ?", k, whole_multiple(one.vector)), tex(r"\lambda_? = ?", k, one.factor), said)
        for k, (one, said) in enumerate(zip(kept, so_far, strict=True), 1)
    ]
    if always is not None:
        rows = [("dim", r"\text{all of them}", tex(r"\lambda = ?", always), "")]
    return Facts(heading, rows or [("dim", r"\text{none}", "", "")])

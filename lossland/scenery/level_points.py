"""Critical points of a landscape in a picture: discs with arrows along their axes, a legend, and their curvatures.

A minimum is green, a maximum orange, a saddle yellow; arrows are green where the ground curves up and orange where it
curves down.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lossland.models.critical_points import CriticalPoint, Floats, Kind, axis_arrows, of_kind
from lossland.scenery.ground import GroundScene
from lossland.world.layers import Arrows, Facts, Label, Layer, Legend, Points, Row
from lossland.world.phrases import tex, words

FEW = 16  # up to this many of them have arrows and values
KINDS: dict[Kind, tuple[str, str]] = {
    "minimum": ("down", "minima"),
    "saddle": ("accent", "saddles"),
    "maximum": ("up", "maxima"),
}
"""Kind -> its colour, and its plural."""
DISC, REACH = 0.025, 0.13  # where the arrows begin and end, in half the domain's width
APART = 0.42  # of the way to the nearest critical point: where they end at the latest
LIFT = 0.02  # of arrows and values, in the world


def marks(scene: GroundScene, points: Sequence[CriticalPoint]) -> list[Layer]:
    """Return a disc at every critical point; if there are few, also their axes and values."""
    drawn: list[Layer] = []
    few = len(points) <= FEW
    for kind, (color, _) in KINDS.items():
        places = of_kind(points, kind)[:, :2]
        if len(places):
            name = kind.capitalize()
            drawn.append(Points.on(scene.terrain, places, color, 5.0 if few else 3.0, "disc", name=name))
    return [*drawn, _axes(scene, points), *_values(scene, points)] if few and points else drawn


def _axes(scene: GroundScene, points: Sequence[CriticalPoint]) -> Layer:
    """Return arrows along the two axes of every critical point, where they stay on the map."""
    found = []
    for point in points:
        away = [float(np.hypot(*(other.position - point.position))) for other in points if other is not point]
        reach = min(REACH * scene.size, APART * min(away, default=np.inf))
        found.append(axis_arrows(point, min(DISC * scene.size, reach / 2), reach))
    tail, tip, curvature = (np.concatenate(part) for part in zip(*found, strict=True))
    seen = np.array([np.allclose(scene.inside(tuple(end)), end) for end in tip])
    tail, tip = (scene.terrain.world_from_domain(ends[seen], LIFT) for ends in (tail, tip))
    colors = [_color(one) for one in curvature[seen]]
    return Arrows(tail, tip, colors, 2.6, group="arrows", name="Curvature", worth=curvature[seen])


def _values(scene: GroundScene, points: Sequence[CriticalPoint]) -> list[Layer]:
    """Return the value of the landscape beside every critical point."""
    places = scene.terrain.world_from_domain(np.array([point.position for point in points]), LIFT)
    return [
        Label(place, words("?", point.value), KINDS[point.kind][0], size=13, side="below right")
        for place, point in zip(places, points, strict=True)
    ]


def numbers(points: Sequence[CriticalPoint]) -> dict[str, Floats | float]:
    """Return the critical points by kind as rows x, y, value (n, 3), their counts, and the highest maximum."""
    rows = {plural: of_kind(points, kind) for kind, (_, plural) in KINDS.items()}
    counts = {f"count.{kind}": float(len(rows[plural])) for kind, (_, plural) in KINDS.items()}
    highest = float(rows["maxima"][:, 2].max()) if len(rows["maxima"]) else float("nan")
    return {**rows, **counts, "highest": highest}


def _counts(points: Sequence[CriticalPoint]) -> dict[Kind, int]:
    return {kind: len(of_kind(points, kind)) for kind in KINDS}


def counted(points: Sequence[CriticalPoint]) -> str:
    """Return the count of each kind, as a sentence."""
    counts = _counts(points)
    found = ", ".join(f"{n} {kind if n == 1 else KINDS[kind][1]}" for kind, n in counts.items() if n)
    return found.capitalize() if found else "No single level point here"


def legend(points: Sequence[CriticalPoint]) -> Legend:
    """Return the count of each kind, as a table."""
    rows = [Row(*KINDS[kind], (str(n),)) for kind, n in _counts(points).items() if n]
    return Legend(rows, "Level points", ("found",))


def facts(point: CriticalPoint) -> Facts:
    """Return the curvatures of a critical point, and what follows from them."""
    small, large = point.curvature
    rows = [
        (_color(large), tex(r"\lambda_1 = ?", large), "", _bend(large)),
        (_color(small), tex(r"\lambda_2 = ?", small), "", _bend(small)),
    ]
    if small > 1e-9 * large > 0:
        rows.append(("text", tex(r"\kappa = ?1", large / small), "", "how narrow it is"))
    if large > 0:
        rows.append(("text", tex(r"2/\lambda_1 = ?s", 2 / large), "", "the largest rate"))
    return Facts(words("The ? at ?.2", point.kind, point.position), rows)


def _color(curvature: float) -> str:
    return "down" if curvature > 0 else "up" if curvature < 0 else "dim"


def _bend(curvature: float) -> str:
    return "curves up" if curvature > 0 else "curves down" if curvature < 0 else "is flat"

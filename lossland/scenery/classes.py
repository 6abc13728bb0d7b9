"""Shared by scenes of networks: the plane of inputs, samples of two classes, and a cut, a hyperplane between them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.world import shapes
from lossland.world.layers import Layer, Lines, Look, Points, Solid, Style

Floats = NDArray[np.float64]
OFF, ON, CUT = "signed.low", "signed.high", "accent"
"""The colours of the negative class, of the positive class, and of a cut between them."""


def split(samples: ArrayLike, positive: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Split samples (n, d) into those of the negative and those of the ``positive`` (n,) class."""
    samples = np.asarray(samples, float)
    return samples[~positive], samples[positive]


def samples(
    places: Sequence[Floats],
    size: float,
    style: Style = "sphere",
    targets: Sequence[Floats] | None = None,
    share: float = 0.0,
    outline: bool = True,
    **look: Unpack[Look],
) -> list[Layer]:
    """Return the samples (n, 3) of both classes, moving by a ``share`` towards ``targets`` if these are given.

    The keys are "class 0" and "class 1".
    """
    ends = (None, None) if targets is None else targets
    points = partial(Points, size=size, style=style, outline=outline, share=share, **look)
    return [
        points(place, color, target=end, key=f"class {k}")
        for k, (place, color, end) in enumerate(zip(places, (OFF, ON), ends, strict=True))
    ]


def plane(reach: float, depth: bool = True, rim: bool = True) -> list[Layer]:
    """Return the plane of inputs, up to ``reach`` along both axes, with unit lines, axes and a rim.

    Without ``depth`` it is behind everything.
    """
    axes = [reach * np.array([-end, end]) for end in np.eye(3)[:2]]
    edge = [shapes.rectangle((-reach, reach), (-reach, reach))[[0, 1, 2, 3, 0]]] if rim else []
    lines = partial(Lines, pickable=False, group="grid", depth=depth)
    return [
        lines([*shapes.lifted(shapes.grid(int(reach), reach=reach))], "grid", 1.0, 0.3, key="units"),
        lines([*axes, *edge], "grid.axis", (1.4, 1.4, 1.0)[: 2 + rim], 0.55, key="axes"),
    ]


def cut(normal: ArrayLike, off: float, near: ArrayLike, half: float, share: float, flat: bool) -> list[Layer]:
    """Return the cut normal · x = off in the world, with sides 2 ``half``, around its point nearest to ``near`` (3,).

    ``normal`` (3,) has the length 1. It is a line in the plane if ``flat``, else a plane. ``share`` is its opacity.
    """
    normal, near = np.asarray(normal, float), np.asarray(near, float)
    foot = near + (off - near @ normal) * normal
    if flat:
        path = foot + np.outer((-half, half), (-normal[1], normal[0], 0.0))
        return [Lines([path], CUT, 4.0, share, casing=1.4, depth=False, key="cut", name="Cut")]
    return [Solid(shapes.plane(foot, normal, half), CUT, 0.22 * share, 1.8, key="cut", name="Cut")]

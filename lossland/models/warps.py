"""The plane of inputs transformed by the layers of a trained network, scaled for a picture, and a view of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lossland.models import layer_maps, networks, neurons

Floats = NDArray[np.float64]
Parting = tuple[Floats, Floats, float]  # of a cut: its middle (3,), its normal (3,) and half the length of a side


@dataclass(frozen=True, eq=False)
class Warp:
    """A sheet of inputs (n, n, d) and samples (m, d), transformed by the hidden layers of a perceptron.

    ``theta`` are its parameters (N,); each layer is ``seen`` in a frame. In each layer the samples are centred and
    scaled to about [−1, 1] to fill a picture; the sheet may extend beyond that.
    """

    network: networks.Network
    theta: Floats
    sheet: Floats
    samples: Floats
    seen: Sequence[layer_maps.Frame]

    @cached_property
    def ways(self) -> list[tuple[layer_maps.Passage, layer_maps.Passage]]:
        """The passages of sheet and samples through each layer."""
        both = (layer_maps.passages(self.network, self.theta, one, self.seen) for one in (self.sheet, self.samples))
        return list(zip(*both, strict=True))

    def inside(self, layer: int, done: float) -> tuple[Floats, Floats]:
        """Return sheet and samples (..., 3) within a layer, unscaled: ``done`` is 1 after W and b, 2 after φ."""
        sheet, samples = (way.at(done) if done <= 1 else way.end for way in self.ways[layer])
        return sheet, samples

    def fit(self, layer: int, done: float) -> tuple[Floats, float]:
        """Return the centre (3,) of the samples there, and the length of a unit of the picture."""
        sheet, samples = self.inside(layer, done)
        middle = (samples.min(axis=0) + samples.max(axis=0)) / 2
        widest, far = np.abs(samples - middle).max(), np.linalg.norm(samples - middle, axis=-1).max()
        return middle, max(min(float(np.abs(sheet - middle).max()), 1.6 * widest), float(far) / 1.25, 1e-9)

    def placed(self, layer: int, done: float) -> tuple[Floats, Floats]:
        """Return sheet and samples there in the picture (..., 3)."""
        middle, size = self.fit(layer, done)
        sheet, samples = self.inside(layer, done)
        return (sheet - middle) / size, (samples - middle) / size

    def cut(self, positive: NDArray[np.bool_]) -> tuple[Floats, float]:
        """Return normal (3,) and offset of the cut, normal · x = offset, of the network's last layer.

        For a wide last layer it is the best cut between the two classes in its frame.
        """
        last = len(self.ways) - 1
        middle, size = self.fit(last, 2)
        views = self.network.views(self.theta)
        own, w = views[f"{2 * last + 2}.weight"][0], np.zeros(3)
        if len(own) <= 3:
            w[: len(own)], b = own, float(views[f"{2 * last + 2}.bias"][0])
        else:
            found = neurons.straight_cut(self.inside(last, 2)[1], positive)
            w, b = found.w, found.b
        length = max(float(np.linalg.norm(w)), 1e-9)
        return w / length, -(b + float(w @ middle)) / (length * size)

    def parting(self, positive: NDArray[np.bool_], half: float) -> Parting | None:
        """Return middle (3,), normal (3,) and half the length of that cut in the picture; None where it is outside.

        In space it is a square with sides 2 ``half``; in a plane a line, as long as the picture is wide.
        """
        normal, far = self.cut(positive)
        if self.seen[-1].basis.shape[0] > 2:
            return (far * normal, normal, half) if abs(far) < 1.2 else None
        ends = layer_maps.chord(normal[:2], far, 1.05)
        if ends is None:
            return None
        return layer_maps.in_space(ends.mean(axis=0)), normal, float(np.linalg.norm(ends[1] - ends[0])) / 2


def between(start: Parting | None, end: Parting | None, share: float) -> Parting | None:
    """Return the cut a ``share`` of the way from one to another; the first where there are no two."""
    if start is None or end is None:
        return start
    middle, normal = ((1 - share) * one + share * other for one, other in zip(start[:2], end[:2], strict=True))
    return middle, normal / np.linalg.norm(normal), (1 - share) * start[2] + share * end[2]


def sides(logit: Floats, most: float) -> Floats:
    """Return on which side of 0 logits (n, m) of a grid are, from −``most`` to ``most``.

    The change from one to the other is at least a few cells wide: else its edge would have steps.
    """
    across, along = np.gradient(logit)
    steep = np.hypot(across, along)  # from point to point
    return most * np.tanh(np.minimum(0.5, 0.5 / np.maximum(steep, 1e-9)) * logit)


def facing(points: Floats, normal: Floats, across: Floats, elevation: float, home: float) -> float:
    """Return the azimuth in degrees with the best view of points (n, 3) and a cut at an elevation, near ``home``.

    The cut, with a ``normal`` (3,), is seen at a small angle, the points are spread out, and the plane normal to
    ``across`` (3,) is not seen edge-on.
    """
    azimuth, high = home + np.arange(-170.0, 171.0, 5.0), np.radians(elevation)
    cos, sin = np.cos(np.radians(azimuth)), np.sin(np.radians(azimuth))
    eye = np.stack([cos * np.cos(high), sin * np.cos(high), np.full_like(cos, np.sin(high))], -1)
    right = np.stack([-sin, cos, np.zeros_like(cos)], -1)
    plane = np.stack([right, np.cross(eye, right)], axis=1)  # (k, 2, 3)
    spread = np.sqrt(np.maximum(np.linalg.det(plane @ np.cov(points.T) @ np.swapaxes(plane, 1, 2)), 0.0))
    wrong = 3 * (np.abs(eye @ normal) - 0.25) ** 2 - 0.06 * np.abs(eye @ across) + 5e-4 * np.abs(azimuth - home)
    return float(azimuth[int((wrong - 0.3 * spread / max(float(spread.max()), 1e-9)).argmin())])

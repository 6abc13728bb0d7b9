"""How layers of rectified units fold and cut a line, a plane and a sheet of paper.

Sources: Telgarsky, "Benefits of Depth in Neural Networks" (2016) for the tent map; Montúfar, Pascanu, Cho and Bengio,
"On the Number of Linear Regions of Deep Neural Networks" (2014) for folds; Zaslavsky, "Facing Up to Arrangements"
(1975) for the regions between lines. Pieces and regions are counted from knots and crossings, never from samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import gcd

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lossland.errors import UserError

Floats = NDArray[np.float64]
DELTOID = 0.3  # of the disc, from its middle to a side; to a cusp it is three times as far
Whole = tuple[int, int, int]  # a ratio of three: a line, or a crossing
Layer = tuple[Floats, Floats]  # weights (out, in) and biases (out,)


# ------------------------------------------------------------------------------------------------- on a line
@dataclass(frozen=True, eq=False)
class Bent:
    """A continuous function that is straight between its ``knots`` (m,), where it has the ``values`` (m,)."""

    knots: Floats
    values: Floats

    @property
    def slopes(self) -> Floats:
        """The slope of each piece, from left to right."""
        return np.diff(self.values) / np.diff(self.knots)

    @property
    def pieces(self) -> int:
        """The number of linear pieces."""
        slopes = self.slopes
        return 1 + int(np.count_nonzero(~np.isclose(slopes[1:], slopes[:-1], rtol=1e-9, atol=1e-12)))


def bent(layers: Sequence[Layer], low: float = 0.0, high: float = 1.0) -> Bent:
    """Return the piecewise linear function of a ReLU network with one input and one output, between two inputs.

    Every layer but the last is rectified. Knots are where a unit's pre-activation crosses 0, found piece by piece and
    layer by layer: for weights and biases that are small multiples of powers of 2 they are exact.
    """
    knots = np.array([low, high])
    values = knots[:, None]  # (m, units)
    for number, (weights, biases) in enumerate(layers):
        values = values @ weights.T + biases
        if number == len(layers) - 1:
            break
        before, after = values[:-1], values[1:]
        piece, unit = np.nonzero(before * after < 0)
        share = before[piece, unit] / (before[piece, unit] - after[piece, unit])
        found = knots[piece] + share * (knots[piece + 1] - knots[piece])
        between = before[piece] + share[:, None] * (after[piece] - before[piece])
        between[np.arange(len(unit)), unit] = 0.0  # without rounding
        knots, order = np.unique(np.concatenate([knots, found]), return_index=True)
        values = np.maximum(np.concatenate([values, between])[order], 0.0)
    return Bent(knots, values[:, 0])


def tent(depth: int) -> list[Layer]:
    """Return the network of the tent map g(x) = 2 relu(x) − 4 relu(x − ½), ``depth`` times: two units in each layer."""
    biases = np.array([0.0, -0.5])
    inner = [(np.array([[2.0, -4.0], [2.0, -4.0]]), biases)] * (depth - 1)
    return [(np.ones((2, 1)), biases), *inner, (np.array([[2.0, -4.0]]), np.zeros(1))]


def zigzag(units: int) -> list[Layer]:
    """Return one layer of rectified units with the most possible pieces on [0, 1]: one more than there are units.

    After a flat piece it goes up to 1 and down to 0 again and again.
    """
    knots = np.arange(1, units + 1) / (units + 1)
    turns = np.where(np.arange(units) % 2 == 0, 2.0, -2.0) * (units + 1)
    turns[:1] /= 2.0  # the first goes from flat to up, the others from one slope to the other
    return [(np.ones((units, 1)), -knots), (turns[None], np.zeros(1))]


def tent_on_its_way(x: ArrayLike, steps: float) -> Floats:
    """Return the tent map of x in [0, 1], ``steps`` times; a part of a step bends what is above ½ part of the way.

    In between it is (1 − s) y + s g(y), which is straight between the knots that the whole step has.
    """
    y = np.asarray(x, float)
    for share in _shares(steps):
        y = (1.0 - share) * y + share * (1.0 - np.abs(2.0 * y - 1.0))
    return y


def _shares(steps: float) -> list[float]:
    """Return the completed share of each step, 1 for all but the last."""
    whole = int(steps)
    return [1.0] * whole + ([steps - whole] if steps > whole else [])


# ------------------------------------------------------------------------------------------------ on a plane
def most_regions(lines: int) -> int:
    """Return into how many regions lines can cut the plane: 1 + n + n (n − 1) / 2."""
    return 1 + lines + lines * (lines - 1) // 2


def chords(count: int, turns: Sequence[float] = ()) -> Floats:
    """Return lines (count, 3), a x + b y + c = 0 with (a, b) of length 1, each pair of which crosses in the unit disc.

    They touch a deltoid (Füredi and Palásti 1984): through a point in it go three of its tangents, through one outside
    only one, so that all cross within, and their directions are such that no three meet. ``turns`` are angles in
    radians by which the first end of each is moved along the circle.
    """
    ends = chord_ends(count, turns)
    across = ends[:, 1] - ends[:, 0]
    normal = np.stack([-across[:, 1], across[:, 0]], axis=1) / np.linalg.norm(across, axis=1, keepdims=True)
    return np.column_stack([normal, -(normal * ends[:, 0]).sum(axis=1)])


def chord_ends(count: int, turns: Sequence[float] = ()) -> Floats:
    """Return the two ends (count, 2, 2) of each of ``chords`` on the unit circle."""
    angle = np.pi * (np.arange(count) + (count + 1) / 6) / max(count, 1)  # three meet if they add up to π/2 + kπ
    reach = np.arccos(DELTOID * np.cos(3.0 * angle))
    moved = np.append(np.asarray(turns, float)[:count], np.zeros(max(count - len(turns), 0)))
    ends = np.stack([angle + reach + moved, angle - reach], axis=1)
    return np.stack([np.cos(ends), np.sin(ends)], axis=-1)


def chord_turn(count: int, line: int, place: ArrayLike) -> float:
    """Return the turn, in [−π, π), by which the first end of a line of ``chords`` comes to below a place (2,)."""
    (x, y), (home_x, home_y) = np.asarray(place, float), chord_ends(count)[line, 0]
    return float((np.arctan2(y, x) - np.arctan2(home_y, home_x) + np.pi) % (2 * np.pi) - np.pi)


def regions(lines: Floats, half: float | None = None) -> int:
    """Return into how many regions lines (n, 3), a x + b y + c = 0, cut the plane; or the square [−half, half]².

    Exact: floats are fractions, so lines and their crossings are three integers each. Lines that coincide
    count once. Each line adds one region, and each crossing one less than there are lines through it (Zaslavsky
    1975); in the square only what lies inside counts.
    """
    exact = {_whole(line) for line in lines}
    over, under = (1, 0) if half is None else float(half).as_integer_ratio()  # half the square's side, as a fraction
    meeting = [line for line in exact if half is None or _enters(line, over, under)]
    through: dict[Whole, set[Whole]] = {}
    for one, other in combinations(meeting, 2):
        (a, b, c), (d, e, f) = one, other
        x, y, w = b * f - c * e, c * d - a * f, a * e - b * d  # they cross at (x / w, y / w)
        if w and (half is None or under * max(abs(x), abs(y)) < over * abs(w)):
            through.setdefault(_lowest((x, y, w)), set()).update((one, other))
    return 1 + len(meeting) + sum(len(found) - 1 for found in through.values())


def _whole(line: Floats) -> Whole:
    """Return a line with integer coefficients, in a canonical form."""
    parts = [float(part).as_integer_ratio() for part in line]
    if not (parts[0][0] or parts[1][0]):
        raise UserError("A line a x + b y + c = 0 needs a or b that is not 0.")
    scale = max(under for _, under in parts)  # all are powers of 2
    a, b, c = (over * (scale // under) for over, under in parts)
    return _lowest((a, b, c))


def _lowest(ratio: Whole) -> Whole:
    """Return a ratio of three integers in lowest terms, the first nonzero one positive."""
    a, b, c = ratio
    size = gcd(a, b, c)
    size = -size if (a or b or c) < 0 else size
    return a // size, b // size, c // size


def _enters(line: Whole, over: int, under: int) -> bool:
    """Whether a line passes through the interior of a square: it has corners on both sides."""
    a, b, c = line
    sides = [over * (a * x + b * y) + under * c for x in (-1, 1) for y in (-1, 1)]
    return min(sides) < 0 < max(sides)


def folded(x: ArrayLike, steps: float) -> Floats:
    """Return numbers of [−1, 1] folded in the middle and stretched back onto it, ``steps`` times.

    x becomes 2 |x| − 1 = 2 relu(x) + 2 relu(−x) − 1. A part of a step goes straight part of the way, as in
    ``tent_on_its_way``.
    """
    y = np.asarray(x, float)
    for share in _shares(steps):
        y = (1.0 - share) * y + share * (2.0 * np.abs(y) - 1.0)
    return y


def folded_regions(lines: Floats, folds: int) -> int:
    """Return into how many regions the square [−1, 1]² is cut by lines after it was folded along x and along y.

    Each fold, of four units, puts four copies of the square onto each other, and none of their regions are one: across
    a crease a unit of the fold changes. So there are 4^folds times as many as in the square (Montúfar et al. 2014).
    """
    return 4**folds * regions(lines, 1.0)


def pattern(lines: Floats, x: Floats, y: Floats) -> NDArray[np.integer]:
    """Return which units of a layer are active at (x, y), (ny, nx), as a whole number: unit k is its bit k.

    ``lines`` (n, 3), n at most 62, are the units' weights and biases; x (nx,) and y (ny,) may have been folded.
    """
    found = np.zeros((len(y), len(x)), np.int32 if len(lines) < 32 else np.int64)
    for bit, (a, b, c) in enumerate(lines):
        found += found.dtype.type(1 << bit) * ((a * x + c)[None, :] > (-b * y)[:, None])
    return found


# ------------------------------------------------------------------------------------------- a sheet of paper
def creases(folds: int) -> list[tuple[int, float]]:
    """Return for each fold the axis across which it goes, 0 (x) or 1 (y) in turn, and where, on the sheet [−1, 1]².

    What is below the crease is folded over what is above it, which halves the packet.
    """
    low, found = [-1.0, -1.0], []
    for fold in range(folds):
        axis = fold % 2
        low[axis] = 0.5 * (low[axis] + 1.0)
        found.append((axis, low[axis]))
    return found


def packet(folds: int) -> Floats:
    """Return the lower left corner (2,) of the packet that the sheet is folded to; its upper right one is (1, 1)."""
    low = np.array([-1.0, -1.0])
    for axis, at in creases(folds):
        low[axis] = at
    return low


def in_paper(parts: Floats, folds: float, thickness: float) -> Floats:
    """Return where parts (k, m, 2) of the sheet [−1, 1]² are (k, m, 3) after some folds, the last of them partly done.

    A fold turns what is below its crease by 180° over the rest; ``thickness`` is that of the sheet. A part is turned as
    a whole, so no crease may go through it: its edge may lie on one.
    """
    place = np.concatenate([parts, np.zeros((*parts.shape[:2], 1))], axis=2)
    for fold, ((axis, at), share) in enumerate(zip(creases(int(np.ceil(folds))), _shares(folds), strict=True)):
        top = (2**fold - 0.5) * thickness
        below = place[:, :, axis].mean(axis=1) < at
        across, up = place[below, :, axis] - at, place[below, :, 2] - top
        turn = np.pi * share
        place[below, :, axis] = at + np.cos(turn) * across + np.sin(turn) * up
        place[below, :, 2] = top - np.sin(turn) * across + np.cos(turn) * up
    return place


def unfolded(shape: Floats, folds: int) -> Floats:
    """Return the positions (2^folds, m, 2) on the sheet that fold onto a shape (m, 2) of the packet, copy by copy.

    A copy is mirrored at each crease between it and the packet. The first of the 2^folds copies is the shape itself.
    """
    copies = np.asarray(shape, float)[None]
    for axis, at in reversed(creases(folds)):
        mirrored = copies.copy()
        mirrored[..., axis] = 2.0 * at - mirrored[..., axis]
        copies = np.concatenate([copies, mirrored])
    return copies


def preimages(points: Floats, folds: int) -> Floats:
    """Return the preimages (4^folds, m, 2) in [−1, 1]² of points (m, 2) under ``folded`` along x and y."""
    copies = np.asarray(points, float)[None]
    for _ in range(folds):
        half = 0.5 * (copies + 1.0)
        copies = np.concatenate([half * (i, j) for i in (-1, 1) for j in (-1, 1)])
    return copies


def within(lines: Floats) -> Floats:
    """Return the ends (k, 2, 2) of the part of each line (n, 3) inside [−1, 1]²; lines that miss it are left out."""
    found = []
    for a, b, c in lines:
        places = [(x, -(a * x + c) / b) for x in (-1.0, 1.0) if b] + [(-(b * y + c) / a, y) for y in (-1.0, 1.0) if a]
        inside = sorted({place for place in places if max(map(abs, place)) <= 1.0 + 1e-12})
        if len(inside) > 1:
            found.append((inside[0], inside[-1]))
    return np.array(found).reshape(-1, 2, 2)


def partly_drawn(lines: Floats, count: float, folds: int) -> Floats:
    """Return the ends (k, 2, 2) of the first lines in [−1, 1]², the last of them partly, and of their copies.

    The copies are those that ``folds`` folds along x and y make.
    """
    ends = within(lines[: int(np.ceil(count))])
    if not len(ends):
        return ends
    ends[-1, 1] = ends[-1, 0] + (count - len(ends) + 1) * (ends[-1, 1] - ends[-1, 0])
    return preimages(ends.reshape(-1, 2), folds).reshape(-1, 2, 2)


def ring(shape: Floats, middle: Floats, low: Floats) -> tuple[Floats, Floats]:
    """Return a shape's points (m, 2), and for each the point of the rectangle's rim behind it, seen from ``middle``.

    The rectangle reaches from ``low`` (2,) to (1, 1). Together they are the rectangle with the shape cut out: the
    shape must be seen whole from the middle, and have points in the directions of the corners.
    """
    way = shape - middle
    with np.errstate(divide="ignore"):
        reach = np.where(way > 0, (1.0 - middle) / way, (low - middle) / way)
    return shape, middle + np.abs(reach).min(axis=1, keepdims=True) * way


def heart(points: int = 48, lean: float = 0.35) -> Floats:
    """Return angles and radii up to 1 (2, points) of a heart that is star-shaped about its centre."""
    t = np.arange(points) * 2 * np.pi / points
    x = 16 * np.sin(t) ** 3
    y = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t) + 1.5
    angle = (np.arctan2(y, x) + lean + np.pi) % (2 * np.pi) - np.pi
    return np.array([angle, np.hypot(x, y) / np.hypot(x, y).max()])[:, np.argsort(angle)]


HEART = heart()


def cut_open(folds: int, place: Floats, size: float) -> Floats:
    """Return the unfolded sheet after a heart was cut at a ``place`` (2,) of the folded packet, [0, 1]².

    Of each copy (2^folds, 2 m, 2) the first half are the points of the cut, the second half the corresponding points of
    the packet's rim. ``size`` is the size of the cut in units of 0.3 times the packet's shorter side.
    """
    low = packet(folds)
    middle = low + (1.0 - low) * place
    to_corners = np.array([low, (1.0, low[1]), (1.0, 1.0), (low[0], 1.0)]) - middle
    angle = np.sort(np.concatenate([HEART[0], np.arctan2(to_corners[:, 1], to_corners[:, 0])]))
    radius = 0.3 * float((1.0 - low).min()) * max(size, 1e-3) * np.interp(angle, *HEART, period=2 * np.pi)
    shape = middle + radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return unfolded(np.concatenate(ring(shape, middle, low)), folds)


def joined(copies: int, points: int, cut: bool) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return triangles (k, 3) and edges (e, 2) of copies of a ring: ``points`` inside, then as many outside.

    The inner edges are included only if the ring was ``cut``.
    """
    k = np.arange(points)
    after = (k + 1) % points
    quads = np.stack([k, after, k + points, after, after + points, k + points], 1).reshape(-1, 3)
    rim = np.stack([k, after], 1)
    edges = np.concatenate([rim, rim + points]) if cut else rim + points
    each = 2 * points * np.arange(copies)[:, None, None]
    return (quads + each).reshape(-1, 3), (edges + each).reshape(-1, 2)


def shades(lines: Floats, x: Floats, bits: int = 12) -> NDArray[np.float32]:
    """Return a hue in [0, 1] for the activation pattern of each position (x, x), rows from above.

    Each neuron shifts it by 0.25 to 0.75 (modulo 1), so that both sides of a line differ clearly. For ``bits`` neurons
    at a time the sums of all patterns are tabulated.
    """
    step = 0.25 + 0.5 * ((np.arange(len(lines)) * 0.6180339887) % 1.0)
    turned = np.zeros((len(x), len(x)), np.float32)
    for first in range(0, len(lines), bits):
        part = slice(first, first + bits)
        of = np.arange(2 ** len(lines[part]))[:, None] >> np.arange(len(lines[part])) & 1
        turned += np.take((of @ step[part]).astype(np.float32), pattern(lines[part], x, x[::-1]))
    return 0.06 + 0.9 * (turned % 1.0)


def borders(shade: NDArray) -> NDArray[np.bool_]:
    """Return where an array (n, m) differs from the previous element of its row or column."""
    found = np.zeros(shade.shape, bool)
    found[:, 1:] = shade[:, 1:] != shade[:, :-1]
    found[1:] |= shade[1:] != shade[:-1]
    return found

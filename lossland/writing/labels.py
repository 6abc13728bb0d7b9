"""Labels in the picture: of fixed points, and the names and values of moving heads.

Labels of points take the side that they prefer, or another (see ``sides``). Labels of heads are placed at key moments
and key azimuths and interpolated between them (see ``placement``), so that they move smoothly while a race runs or the
camera turns, and agree in a film, a window and a still.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from math import ceil, dist, hypot, log2

import numpy as np
from imgui_bundle import imgui
from numpy.typing import ArrayLike, NDArray

from lossland.render.presence import Presence, presence_of
from lossland.world.camera import Camera, Pose, Rect
from lossland.world.geometry import HEAD_RADIUS, head_centers
from lossland.world.layers import Array, Label, Layer, Trail, column, written
from lossland.world.theme import Rgb, Theme, contrast
from lossland.world.track import Track
from lossland.writing.placement import Choice, at_side, beside, choose, glide, has_room, separate
from lossland.writing.sides import GAP, Discs, place_beside, seen_sides
from lossland.writing.text import Type

Size = tuple[int, int]
V2 = imgui.ImVec2

LABEL_SIZE = 15.0  # logical pixels, as are the others
LABEL_GAP = 4.0
CROWD = 3  # heads at one point from which on their names are drawn as a list
BESIDE = 6.0  # between a name and its value in one line
GLOW, GLOW_ALPHA = 4.0, 0.28  # radius and opacity of the glow behind an emphasized label
PLATE, PLATE_ROUND = (8.0, 3.0), 7.0  # padding of a plate around its text, and the radius of its corners
PLATE_EDGE = 1.5  # around a plate, so that it stands out from dots of its own colour
ROUGHLY = 24  # pixels to which sizes are rounded up for placement, so that small changes move nothing
KEY_MOMENTS = 20  # per path
KEY_TURN = 15.0  # degrees of azimuth
OBSTACLES = 60  # points of each trail that labels avoid


def draw_labels(
    dl: imgui.ImDrawList,
    type_: Type,
    layers: Sequence[Layer],
    discs: Discs,
    area: Rect,
    taken: Sequence[Rect],
) -> list[Rect]:
    """Draw the labels of points first, then the heads' names in the remaining space; return the rectangles."""
    labels = [layer for layer in layers if isinstance(layer, Label)]
    trails = [layer for layer in layers if isinstance(layer, Trail)]
    standing = taken
    placed = place_labels(type_, labels, discs, area, taken)
    with type_.kind("label"):
        for label, rect in placed:
            _draw_label(dl, type_, label, rect)
    drawn = [rect for _, rect in placed]
    with type_.kind("start"):
        drawn += _draw_starts(dl, type_, trails, discs, area, [*taken, *drawn])

    with type_.kind("head"):
        return drawn + _draw_heads(dl, type_, *head_labels(type_, discs, area, [*taken, *drawn], standing))


def _draw_heads(
    dl: imgui.ImDrawList,
    type_: Type,
    named: Sequence[Trail],
    anchors: NDArray[np.float64],
    rects: Sequence[Rect | None],
) -> list[Rect]:
    """Draw the names and values of heads whose label has a rectangle; return the rectangles."""
    values = column([trail.value for trail in named])
    listed: set[float] = set()  # where lists of names begin
    drawn: list[Rect] = []
    for trail, value, anchor, rect in zip(named, values, anchors, rects, strict=True):
        if rect is not None:
            presence = presence_of(trail, type_.theme)
            color, alpha = _presented(type_, trail.color, presence), presence.opacity
            one_line = rect[3] < 1.5 * type_.size(trail.label, LABEL_SIZE, "bold")[1]
            if not (one_line and rect[0] in listed):  # one leader per list of names
                _draw_leader(dl, type_, trail.color, anchor, rect, alpha)
            if one_line:
                listed.add(rect[0])
            _draw_name(dl, type_, trail.label, value, color, LABEL_SIZE, rect, alpha=alpha, one_line=one_line)
            drawn.append(rect)
    return drawn


def place_labels(
    type_: Type,
    labels: Sequence[Label],
    discs: Discs,
    area: Rect,
    taken: Sequence[Rect],
) -> list[tuple[Label, Rect]]:
    """Return the rectangles of labels whose point is in ``area`` and that fit: those that stay, then the others.

    Labels do not cover ``discs``, those of all layers.
    """
    camera, size = discs.camera, discs.size
    pixels = _pixels(camera, [label.position for label in labels], size)
    inside = [(label, pixel) for label, pixel in zip(labels, pixels, strict=True) if _is_within(pixel, area)]
    placed: list[tuple[Label, Rect]] = []

    def keep(labels: Sequence[Label], rects: Sequence[Rect | None]) -> None:
        placed.extend((label, rect) for label, rect in zip(labels, rects, strict=True) if rect is not None)

    for label, pixel in inside:
        if _is_centred(label):  # it is a part of the object that it is on
            width, height = _label_size(type_, label)
            wanted = pixel[0] - width / 2, pixel[1] - height / 2, width, height
            keep([label], separate([wanted], area, (), 0.0))
        elif label.stays:
            _, ((side,),) = seen_sides([label], camera, size, [camera.pose])
            choice = Choice(float(side), GAP * discs.scale)
            rect = at_side(pixel, _label_size(type_, label), choice)
            keep([label], [rect if has_room(rect, area, [*taken, *(one for _, one in placed)]) else None])

    beside = [label for label, _ in inside if not (_is_centred(label) or label.stays)]
    if beside:
        sizes = [_label_size(type_, label) for label in beside]
        taken = [*taken, *(rect for _, rect in placed)]
        poses = _key_poses(camera)
        keep(beside, place_beside(beside, sizes, discs, area, taken, poses))
    return placed


def _is_centred(label: Label) -> bool:
    return isinstance(label.side, str) and label.side == "centre"


def _face(label: Label) -> str:
    return "bold" if label.bold else "regular"


def _pixels(camera: Camera, positions: Sequence[ArrayLike], size: Size) -> list[tuple[float, float]]:
    return [(x, y) for x, y in camera.project(np.array(positions, float), size).tolist()] if positions else []


def _is_within(pixel: Sequence[float], area: Rect) -> bool:
    return area[0] <= pixel[0] <= area[0] + area[2] and area[1] <= pixel[1] <= area[1] + area[3]


def _name_size(type_: Type, name: str, value: str, size: float, bold: bool = True) -> tuple[float, float]:
    """Return the size of a name with a value below it."""
    width, height = type_.size(name, size, "bold" if bold else "regular")
    if not value:
        return width, height
    below = type_.size(value, size - 2)
    step = type_.px(8)  # changing digits should not move a label
    return max(width, step * ceil(below[0] / step)), height + below[1] - type_.px(1)


def _draw_name(
    dl: imgui.ImDrawList,
    type_: Type,
    name: str,
    value: str,
    color: str | Sequence[float],
    size: float,
    corner: Sequence[float],
    halo: bool = True,
    alpha: float = 1.0,
    bold: bool = True,
    one_line: bool = False,
) -> None:
    """Draw a name with a value below it, or beside it in ``one_line``."""
    x, y = corner[:2]
    width, height = type_.text(dl, x, y, name, size, color, "bold" if bold else "regular", halo=halo, alpha=alpha)
    if value and one_line:
        at = x + width + type_.px(BESIDE), y + height / 2
        type_.text(dl, *at, value, size - 2, "text" if halo else color, halo=halo, ay=0.5, alpha=alpha)
    elif value:
        y += height - type_.px(1)
        type_.text(dl, x, y, value, size - 2, "text" if halo else color, halo=halo, alpha=alpha)


def _label_size(type_: Type, label: Label) -> tuple[float, float]:
    """Return the width and height of a label in pixels, its plate included."""
    if label.latex:
        formula = type_.formula(label.text, label.size, _label_color(type_, label))
        width, height = float(formula.width), float(formula.height)
        if label.value:
            width += type_.px(BESIDE) + type_.width(written(label.value), 16.0, _face(label))
    else:
        width, height = _name_size(type_, label.text, written(label.value), label.size, label.bold)
    if label.plate:
        width, height = width + 2 * type_.px(PLATE[0]), height + 2 * type_.px(PLATE[1])
    return width, height


def plate_ink(theme: Theme, plate: str) -> Rgb:
    """Return the colour of text on a plate of a colour: a light or a dark one, whichever contrasts more."""
    return max((theme.color(role) for role in ("text", "casing")), key=lambda ink: contrast(ink, theme.color(plate)))


def _label_color(type_: Type, label: Label) -> str | Rgb:
    """Return the colour of a label's text."""
    if label.plate:
        return plate_ink(type_.theme, label.plate)
    return _presented(type_, label.color, presence_of(label, type_.theme))


def _presented(type_: Type, color: str, presence: Presence) -> str | Rgb:
    """Return the colour of the text of an element with this ``presence``."""
    if presence.kept == 1.0:
        return color
    r, g, b = presence.color(type_.rgb(color, ink=True)).tolist()
    return r, g, b


def _draw_label(dl: imgui.ImDrawList, type_: Type, label: Label, rect: Rect) -> None:
    x, y, width, height = rect
    color, halo, alpha = _label_color(type_, label), not label.plate, presence_of(label, type_.theme).opacity
    if label.emphasis:
        out = type_.px(GLOW)
        corners = V2(x - out, y - out), V2(x + width + out, y + height + out)
        strength = GLOW_ALPHA * min(label.emphasis, 1.0) * alpha
        dl.add_rect_filled(*corners, type_.u32(label.plate or label.color, strength), type_.px(PLATE_ROUND) + out)
    if label.plate:
        for out, fill in ((type_.px(PLATE_EDGE), "casing"), (0.0, label.plate)):
            corners = V2(x - out, y - out), V2(x + width + out, y + height + out)
            dl.add_rect_filled(*corners, type_.u32(fill, alpha), type_.px(PLATE_ROUND) + out)
        x, y, height = x + type_.px(PLATE[0]), y + type_.px(PLATE[1]), height - 2 * type_.px(PLATE[1])
    if not label.latex:
        _draw_name(dl, type_, label.text, written(label.value), color, label.size, (x, y), halo, alpha, label.bold)
        return
    width, _ = type_.put_formula(dl, x, y, label.text, label.size, color, ay=0.0, halo=halo, alpha=alpha)
    if label.value:
        at = x + width + type_.px(BESIDE), y + height / 2
        type_.text(dl, *at, written(label.value), 16.0, color, _face(label), halo=halo, ay=0.5, alpha=alpha)


def _draw_starts(
    dl: imgui.ImDrawList,
    type_: Type,
    trails: Sequence[Trail],
    discs: Discs,
    area: Rect,
    taken: Sequence[Rect],
) -> list[Rect]:
    """Draw a text below each marked start, unless a head or another text is there; return the rectangles."""
    rects: list[Rect] = []
    marked = [trail for trail in trails if trail.ring and len(trail.points)]
    taken = [*taken, *discs.squares(heads=True)] if marked else []
    pixels = _pixels(discs.camera, [trail.points[0] for trail in marked], discs.size)
    for trail, (x, y) in zip(marked, pixels, strict=True):
        if _is_within((x, y), area):
            x, y = x + type_.px(6), y + type_.px(12)
            w, h = type_.size(trail.start, 13.0, "italic")
            if has_room((x - w / 2, y, w, h), area, taken):
                alpha = presence_of(trail, type_.theme).opacity
                type_.text(dl, x, y, trail.start, 13.0, "text", "italic", halo=True, ax=0.5, alpha=alpha)
                rects.append((x - w / 2, y, w, h))
    return rects


def head_labels(
    type_: Type,
    discs: Discs,
    area: Rect,
    taken: Sequence[Rect],
    standing: Sequence[Rect] | None = None,
) -> tuple[list[Trail], NDArray[np.float64], list[Rect | None]]:
    """Return the named trails in view, their heads' pixels (n, 2), and the rectangles of their labels (None: no room).

    Positions are chosen clear of ``standing``, what does not move in the picture (None: all of ``taken``), and then
    moved clear of all that is ``taken``.
    """
    camera, size, trails = discs.camera, discs.size, discs.trails
    inside = [
        bool(trail.label) and _is_within(head, area) for trail, head in zip(trails, discs.heads.tolist(), strict=True)
    ]
    named = [trail for trail, is_in in zip(trails, inside, strict=True) if is_in]
    heads = discs.heads[np.array(inside, bool)]
    if not named:
        return [], heads, []
    values = column([trail.value for trail in named])
    sizes = tuple(_name_size(type_, trail.label, text, LABEL_SIZE) for trail, text in zip(named, values, strict=True))
    last = max(float(trail.progress[-1]) for trail in trails)
    upto = min(max(max(trail.upto for trail in trails), 0.0), last)
    grows = any(trail.track is not None for trail in trails)
    step = _lasting_step(trails) if grows else max(last / KEY_MOMENTS, 1e-9)
    chosen = {id(trail) for trail in named}
    paths = _Paths([(trail.points, trail.progress, trail.track, id(trail) in chosen) for trail in trails])
    standing = tuple(taken if standing is None else standing)

    unit = type_.px(ROUGHLY)
    rough = tuple((unit * ceil(width / unit), unit * ceil(height / unit)) for width, height in sizes)

    def choices(moment: float, pose: Pose) -> list[Choice]:
        return _choices(paths, moment, ahead, pose, camera.flat, size, area, standing, rough, type_.pixel_ratio)

    key, share = divmod(upto, step)
    poses, turned = _key_poses(camera)
    late, ahead = (1, 0.0) if grows else (0, step)  # of a path that still grows only the past is known
    sides = []
    for pose in poses:
        start, end = (choices(min(max(key + k - late, 0.0) * step, last), pose) for k in (0, 1))
        sides.append([glide(a, b, share / step) for a, b in zip(start, end, strict=True)])
    now = [glide(a, b, turned) for a, b in zip(*sides, strict=True)]
    if not grows:
        choices(min((key + 2) * step, last), poses[int(share > step / 2)])  # fills the cache in advance, one at a time
    crowds = _crowds(heads, type_.pixel_ratio * HEAD_RADIUS)
    stacks = [
        _stack(type_, [(named[k].label, values[k]) for k in crowd]) if len(crowd) >= CROWD else [sizes[crowd[0]]]
        for crowd in crowds
    ]
    wanted = [
        beside(heads[crowd[0]].tolist(), (max(w for w, _ in stack), sum(h for _, h in stack)), now[crowd[0]])
        for crowd, stack in zip(crowds, stacks, strict=True)
    ]
    seen = 0.8 * HEAD_RADIUS * type_.pixel_ratio
    around = [(x - seen, y - seen, 2 * seen, 2 * seen) for x, y in heads.tolist()]
    rects: list[Rect | None] = [None] * len(named)
    places = separate(wanted, area, [*taken, *around], type_.px(LABEL_GAP))
    for crowd, stack, place in zip(crowds, stacks, places, strict=True):
        if place is not None:
            top = place[1]
            for k, (width, height) in zip(crowd, stack, strict=True):
                rects[k] = place[0], top, width, height
                top += height
    return named, heads, rects


def _crowds(heads: NDArray[np.float64], reach: float) -> list[list[int]]:
    """Return the indices of heads (n, 2) in groups: many heads at one point form a group, others one each."""
    groups: list[list[int]] = []
    places: list[list[float]] = heads.tolist()
    for k, place in enumerate(places):
        near = next((group for group in groups if dist(places[group[0]], place) < reach), None)
        if near is None:
            groups.append([k])
        else:
            near.append(k)
    return [part for group in groups for part in ([group] if len(group) >= CROWD else [[k] for k in group])]


def _stack(type_: Type, crowd: Sequence[tuple[str, str]]) -> list[tuple[float, float]]:
    """Return the sizes of labels (name, value) in a list, each value beside its name."""
    sizes = []
    for name, value in crowd:
        width, height = type_.size(name, LABEL_SIZE, "bold")
        sizes.append((width + (type_.px(BESIDE) + type_.width(value, LABEL_SIZE - 2) if value else 0.0), height))
    return sizes


def _lasting_step(trails: Sequence[Trail]) -> float:
    """Return the step between key moments of paths that grow: a power of four, so that it seldom changes."""
    span = max(float(trail.progress[-1] - trail.progress[0]) for trail in trails)
    return 4.0 ** ceil(log2(max(span / KEY_MOMENTS, 1e-9)) / 2)


class _Paths:
    """The paths of trails as a cache key: equal if the arrays are identical, or the tracks, whatever their length.

    It keeps references to them, so that their ids stay valid.
    """

    def __init__(self, paths: Sequence[tuple[Array, Array, Track | None, bool]]) -> None:
        self._paths = paths  # points, progress, their track, and whether the trail is named
        self._key = tuple(
            (id(track), 0, named) if track is not None else (id(points), id(progress), named)
            for points, progress, track, named in paths
        )
        self._hash = hash(self._key)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Paths) and self._key == other._key

    def trails(self, upto: float, named: bool = False) -> list[Trail]:
        """Return the paths as trails up to an iteration; with ``named`` only the named ones."""
        return [Trail(points, progress, "text", upto) for points, progress, _, has in self._paths if has or not named]


@lru_cache(maxsize=64)
def _choices(
    paths: _Paths,
    moment: float,
    step: float,
    pose: Pose,
    flat: bool,
    size: Size,
    area: Rect,
    taken: tuple[Rect, ...],
    sizes: tuple[tuple[float, float], ...],
    scale: float,
) -> list[Choice]:
    """Choose the positions of the named heads' labels at a key moment, seen from a key pose."""
    heads, obstacles = _around(paths, moment, step, pose, flat, size, scale)
    return choose(heads, np.array(sizes), obstacles, area, taken, scale)


@lru_cache(maxsize=64)  # sizes of labels change more often
def _around(
    paths: _Paths, moment: float, step: float, pose: Pose, flat: bool, size: Size, scale: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the pixels of the named heads at a key moment, and of the obstacles that their labels avoid."""
    camera = Camera(flat=flat)
    heads = _heads(paths.trails(moment, named=True), camera, size, scale, pose)
    ahead = paths.trails(moment + step)  # including where the heads go next
    return heads, _obstacles(ahead, camera, size, pose)


def _key_poses(camera: Camera) -> tuple[tuple[Pose, Pose], float]:
    """Return the camera's poses at the key azimuths around its own, and its fraction in [0, 1) between them."""
    if camera.flat:
        return (camera.pose, camera.pose), 0.0
    key, rest = divmod(camera.pose.azimuth, KEY_TURN)
    before, after = (replace(camera.pose, azimuth=(key + k) * KEY_TURN) for k in (0, 1))
    return (before, after), rest / KEY_TURN


def _heads(trails: Sequence[Trail], camera: Camera, size: Size, scale: float, pose: Pose) -> NDArray[np.float64]:
    """Return the pixels (n, 2) of the centres of the trails' heads."""
    return camera.project(head_centers(trails, camera.clip_from_world(size, pose), size[1] / scale), size, pose)


def _obstacles(trails: Sequence[Trail], camera: Camera, size: Size, pose: Pose) -> NDArray[np.float64]:
    """Return pixels (m, 2) along the visible part of every trail."""
    pieces: list[NDArray[np.floating]] = [np.zeros((0, 3))]
    for trail in trails:
        shown = int(np.searchsorted(trail.progress, trail.upto, "right"))
        pieces.append(np.asarray(trail.points)[: shown : max(1, len(trail.points) // OBSTACLES)])
    return camera.project(np.concatenate(pieces), size, pose)


def _draw_leader(
    dl: imgui.ImDrawList, type_: Type, color: str | Rgb, head: Sequence[float], rect: Rect, alpha: float
) -> None:
    """Draw a leader line from a label to its head if they are far apart."""
    x, y = float(head[0]), float(head[1])
    dx = min(max(x, rect[0]), rect[0] + rect[2]) - x
    dy = min(max(y, rect[1]), rect[1] + rect[3]) - y
    length = hypot(dx, dy)
    if length > type_.px(24):
        start, end = type_.pixel_ratio * (HEAD_RADIUS + 3) / length, 1 - type_.px(4) / length
        tips = V2(x + dx * start, y + dy * start), V2(x + dx * end, y + dy * end)
        dl.add_line(*tips, type_.u32(color, 0.75 * alpha), type_.px(1.2))

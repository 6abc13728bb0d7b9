"""The camera: a long lens that orbits the ground, or looks straight down on the plane. NumPy only.

World space is z up; pixels count from the upper left, y down; clip space is OpenGL's. Matrices act on column vectors.
Time is passed in: the user moves a goal, and ``advance`` eases towards it, deterministically.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Size = tuple[int, int] | tuple[float, float]
Rect = tuple[float, float, float, float]  # left, top, width, height in pixels, y down

FIELD_OF_VIEW = 24.0  # degrees, vertical
BEFORE, BEHIND = 3.0, 6.0  # world units in front of and behind the target that are drawn, at usual home distances
MARGIN = 0.02  # of the free rectangle, on each side
FAR_AWAY = 8.0  # home distance beyond which they grow with it
GLIDE = 0.09  # time constant in seconds of the approach to the goal
LIGHT_TURN = 125.0  # degrees from the home azimuth: upper left, 35° behind the subject
LIGHT_ELEVATION = 40.0
_NEAR_ENOUGH = 1e-4
ELEVATIONS = (3.0, 89.9)


@dataclass(frozen=True)
class Pose:
    """Where the camera is. Angles in degrees, ``distance`` to ``target`` in world units, ``shift`` of the lens in NDC.

    The azimuth is the direction from the target to the eye: 0 on the +x side, 90 on the +y side.
    """

    azimuth: float = -60.0
    elevation: float = 38.0
    distance: float = 6.0
    target: tuple[float, float, float] = (0.0, 0.0, 0.0)
    shift: tuple[float, float] = (0.0, 0.0)


class Placement(TypedDict, total=False):
    """The parts of a pose that ``Camera.place`` sets."""

    azimuth: float
    elevation: float
    distance: float
    target: Sequence[float] | Floats


def _mix(a: Pose, b: Pose, share: float) -> Pose:
    """Interpolate between two poses; distances geometrically, so that zooming is even."""

    def line(p: Sequence[float], q: Sequence[float]) -> tuple[float, ...]:
        return tuple(u + share * (v - u) for u, v in zip(p, q, strict=True))

    turn = (b.azimuth - a.azimuth + 180.0) % 360.0 - 180.0
    if abs(b.azimuth - a.azimuth) < 360.0:
        turn = b.azimuth - a.azimuth
    x, y, z = line(a.target, b.target)
    sx, sy = line(a.shift, b.shift)
    return Pose(
        a.azimuth + share * turn,
        a.elevation + share * (b.elevation - a.elevation),
        a.distance * (b.distance / a.distance) ** share,
        (x, y, z),
        (sx, sy),
    )


class Camera:
    """A camera: ``pose`` is where it is now, ``goal`` what it moves towards, ``home_pose`` the pose of ``home``.

    ``flat`` looks straight down without perspective (x right, y up); azimuth and elevation are then ignored.
    """

    def __init__(self, azimuth: float = -60.0, elevation: float = 38.0, flat: bool = False) -> None:
        self.flat = flat
        self.composed = azimuth, elevation  # the direction that home is fitted from, before the scene's own camera move
        self.home_pose = Pose(azimuth, elevation)
        self.pose = self.goal = self.home_pose
        self.saved: dict[int, Pose] = {}
        self._bounds: Floats | None = None

    # -------------------------------------------------------------------------------------------------- moving
    def orbit(self, azimuth: float, elevation: float) -> None:
        """Orbit by degrees around the target; the elevation stays above the ground."""
        if not self.flat:
            high = float(np.clip(self.goal.elevation + elevation, *ELEVATIONS))
            self.goal = replace(self.goal, azimuth=self.goal.azimuth + azimuth, elevation=high)

    def pan(self, dx: float, dy: float, size: Size) -> None:
        """Pan by pixels: what was under the pointer stays under it (at the target's depth)."""
        right, up, _ = self._axes(self.goal)
        unit = 2.0 * self.goal.distance * np.tan(np.radians(FIELD_OF_VIEW) / 2) / size[1]
        x, y, z = np.asarray(self.goal.target) + unit * (dy * up - dx * right)
        self.goal = replace(self.goal, target=(float(x), float(y), float(z)))

    def zoom(self, factor: float, pixel: tuple[float, float] | None = None, size: Size | None = None) -> None:
        """Zoom in by a factor above 1, or out below 1; towards ``pixel`` if one is given."""
        home = self.home_pose.distance
        distance = float(np.clip(self.goal.distance / factor, 0.08 * home, 4.0 * home))
        if pixel is not None and size is not None:
            centre = self.project(np.asarray([self.goal.target]), size, self.goal)[0]
            keep = 1.0 - distance / self.goal.distance
            self.pan(-keep * (pixel[0] - centre[0]), -keep * (pixel[1] - centre[1]), size)
        self.goal = replace(self.goal, distance=distance)

    def turn(self, azimuth: float, elevation: float) -> None:
        """Rotate the home pose by degrees from where it was fitted; a camera that is at home follows at once.

        One that is moving home continues to the new home.
        """
        is_there, is_home = self.pose == self.goal, self.goal == self.home_pose
        self.home_pose = replace(
            self.home_pose, azimuth=self.composed[0] + azimuth, elevation=self.composed[1] + elevation
        )
        if is_home:
            self.goal = self.home_pose
            self.pose = self.goal if is_there else self.pose

    def home(self) -> None:
        """Move back to the home pose, the shorter way around."""
        turns = round((self.goal.azimuth - self.home_pose.azimuth) / 360.0)
        self.goal = replace(self.home_pose, azimuth=self.home_pose.azimuth + 360.0 * turns)

    def save_view(self, number: int) -> None:
        """Save the current goal under a number."""
        self.saved = {**self.saved, number: self.goal}  # not mutated: copies of the camera share the dictionary

    def recall_view(self, number: int) -> bool:
        """Move to a saved view; return False if there is none."""
        if number in self.saved:
            self.goal = self.saved[number]
        return number in self.saved

    def advance(self, dt: float) -> bool:
        """Advance by ``dt`` seconds; return True while the camera still moves."""
        if self.pose == self.goal:
            return False
        self.pose = _mix(self.pose, self.goal, 1.0 - float(np.exp(-max(dt, 0.0) / GLIDE)))
        gap = np.abs(self._numbers(self.pose) - self._numbers(self.goal))
        if np.all(gap < _NEAR_ENOUGH * np.array([90.0, 90.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0])):
            self.pose = self.goal
        return True

    def place(self, **changes: Unpack[Placement]) -> None:
        """Set azimuth, elevation, distance or target at once, without easing (for films and stills)."""
        if "target" in changes:
            x, y, z = changes["target"]
            changes["target"] = (float(x), float(y), float(z))
        self.pose = self.goal = replace(self.goal, **changes)

    @staticmethod
    def _numbers(pose: Pose) -> Floats:
        return np.array([pose.azimuth, pose.elevation, pose.distance, *pose.target, *pose.shift])

    # ------------------------------------------------------------------------------------------------- framing
    def fit(self, bounds: ArrayLike, size: Size, free: Rect | None = None, margin: float = MARGIN) -> None:
        """Set the home pose so that world points (k, 3) fill the free rectangle, and move there at once.

        The distance is found by bisection with the lens straight; then the lens is shifted so that the points are
        centred in the rectangle. A zero-sized rectangle is treated as one pixel.
        """
        self._bounds = np.asarray(bounds, float).reshape(-1, 3)
        self.home_pose = self._fitted(self.home_pose, size, free, margin)
        self.pose = self.goal = self.home_pose

    def refit(self, size: Size, free: Rect | None = None) -> None:
        """Fit the same points into a resized window; the user's rotation, zoom and pan are kept."""
        if self._bounds is None:
            return
        old, new = self.home_pose, self._fitted(self.home_pose, size, free)
        move = np.asarray(new.target) - np.asarray(old.target)

        def follow(pose: Pose) -> Pose:
            if pose == old:
                return new  # exactly, so that a camera at home is still at home
            x, y, z = np.asarray(pose.target) + move
            ratio = new.distance / old.distance
            return replace(pose, distance=pose.distance * ratio, target=(x, y, z), shift=new.shift)

        self.home_pose = new
        self.pose, self.goal = follow(self.pose), follow(self.goal)
        self.saved = {number: follow(pose) for number, pose in self.saved.items()}

    def _fitted(self, pose: Pose, size: Size, free: Rect | None, margin: float = MARGIN) -> Pose:
        assert self._bounds is not None
        x, y, w, h = free or (0.0, 0.0, *size)
        w, h = max(w, 1.0), max(h, 1.0)
        seen_from = {"azimuth": pose.azimuth, "elevation": pose.elevation}
        pose = replace(pose, azimuth=self.composed[0], elevation=self.composed[1])
        tx, ty, tz = (self._bounds.min(0) + self._bounds.max(0)) / 2
        pose = replace(pose, target=(float(tx), float(ty), float(tz)), shift=(0.0, 0.0))
        right, up, back = self._axes(pose)
        points = self._bounds - np.asarray(pose.target)
        across, upward, toward_eye = points @ right, points @ up, points @ back
        nearest = 0.0 if self.flat else float(toward_eye.max())
        pixels_high = size[1] / (2.0 * np.tan(np.radians(FIELD_OF_VIEW) / 2))  # of a world unit at distance 1
        wide, tall = w * (1 - 2 * margin) / pixels_high, h * (1 - 2 * margin) / pixels_high
        near, far = 0.02, 4000.0
        for _ in range(60):
            distance = math.sqrt(near * far)
            fits = distance - nearest > 0.05 * distance  # every point lies well in front of the eye
            if fits:
                depth = distance if self.flat else distance - toward_eye
                x_seen, y_seen = across / depth, upward / depth
                fits = x_seen.max() - x_seen.min() <= wide and y_seen.max() - y_seen.min() <= tall
            near, far = (near, distance) if fits else (distance, far)
        pose = replace(pose, distance=far)
        pixels = self.project(self._bounds, size, pose)
        off = np.array([x + w / 2, y + h / 2]) - (pixels.min(0) + pixels.max(0)) / 2
        return replace(pose, **seen_from, shift=(float(2 * off[0] / size[0]), float(-2 * off[1] / size[1])))

    # ------------------------------------------------------------------------------------------------ matrices
    def _axes(self, pose: Pose) -> tuple[Floats, Floats, Floats]:
        """Return the world directions right, up and back (from the target to the eye)."""
        return _axes(self.flat, pose)

    def eye_of(self, pose: Pose) -> Floats:
        """Return the eye's world position (3,) in a pose."""
        return np.asarray(pose.target) + pose.distance * self._axes(pose)[2]

    @property
    def eye(self) -> Floats:
        """The eye's world position (3,)."""
        return self.eye_of(self.pose)

    @property
    def back(self) -> Floats:
        """The world direction (3,) from the target to the eye."""
        return self._axes(self.pose)[2]

    @property
    def home_back(self) -> Floats:
        """The world direction (3,) from the target to the eye at home, before the scene's own camera move."""
        azimuth, elevation = self.composed
        return self._axes(replace(self.home_pose, azimuth=azimuth, elevation=elevation))[2]

    @property
    def light(self) -> Floats:
        """The direction (3,) to the key light. It is relative to the fitted home azimuth, so orbiting keeps shadows."""
        azimuth = -60.0 if self.flat else self.composed[0]
        a, e = np.radians(azimuth - LIGHT_TURN), np.radians(LIGHT_ELEVATION)
        return np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])

    @property
    def depths(self) -> tuple[float, float]:
        """The distances in front of and behind the target that are drawn: larger for large scenes, seen from afar."""
        large = max(1.0, self.home_pose.distance / FAR_AWAY)
        return BEFORE * large, BEHIND * large

    def clip_from_world(self, size: Size, pose: Pose | None = None) -> Floats:
        """Return the (4, 4) matrix that takes world points (x, y, z, 1) to clip space; read only."""
        return _clip_from_world(self.flat, pose or self.pose, size[0] / size[1], self.depths)

    def project(self, points: ArrayLike, size: Size, pose: Pose | None = None) -> Floats:
        """Return pixels (..., 2), y down, of world points (..., 3)."""
        turn, offset = _pixels_from_world(self.flat, pose or self.pose, (size[0], size[1]), self.depths)
        return _per_depth(np.asarray(points, float) @ turn + offset)

    def project_from(self, poses: Sequence[Pose], points: ArrayLike, size: Size) -> Floats:
        """Return pixels (k, n, 2), y down, of world points (n, 3) or (k, n, 3) from each of k poses."""
        maps = [_pixels_from_world(self.flat, pose, (size[0], size[1]), self.depths) for pose in poses]
        turns, offsets = (np.array(parts) for parts in zip(*maps, strict=True))
        return _per_depth(np.asarray(points, float) @ turns + offsets[:, None])

    def ray(self, pixel: Sequence[float], size: Size) -> tuple[Floats, Floats]:
        """Return the world origin (3,) and unit direction (3,) of the ray through a pixel."""
        ndc = np.array([2 * pixel[0] / size[0] - 1, 1 - 2 * pixel[1] / size[1]])
        world_from_clip = np.linalg.inv(self.clip_from_world(size))
        near, far = (world_from_clip @ np.array([*ndc, z, 1.0]) for z in (-1.0, 1.0))
        start, end = near[:3] / near[3], far[:3] / far[3]
        direction = (end - start) / np.linalg.norm(end - start)
        return (start if self.flat else self.eye), direction


def _axes(flat: bool, pose: Pose) -> tuple[Floats, Floats, Floats]:
    if flat:
        return np.eye(3)[0], np.eye(3)[1], np.eye(3)[2]
    a, e = np.radians(pose.azimuth), np.radians(pose.elevation)
    back = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    right = np.array([-np.sin(a), np.cos(a), 0.0])
    up = np.array([-np.sin(e) * np.cos(a), -np.sin(e) * np.sin(a), np.cos(e)])
    return right, up, back


@lru_cache(maxsize=32)  # a frame asks for the same matrix many times
def _clip_from_world(flat: bool, pose: Pose, aspect: float, depths: tuple[float, float]) -> Floats:
    right, up, back = _axes(flat, pose)
    eye = np.asarray(pose.target) + pose.distance * back
    view_from_world = np.eye(4)
    view_from_world[:3, :3] = right, up, back
    view_from_world[:3, 3] = -view_from_world[:3, :3] @ eye
    focal = 1.0 / np.tan(np.radians(FIELD_OF_VIEW) / 2)
    clip_from_view = np.zeros((4, 4))
    if flat:
        half = pose.distance / focal
        clip_from_view[0, 0], clip_from_view[1, 1] = 1 / (half * aspect), 1 / half
        clip_from_view[2, 2], clip_from_view[2, 3] = -1 / (2 * pose.distance), -0.5
        clip_from_view[3, 3] = 1.0
        clip_from_view[:2, 3] = pose.shift
    else:
        near, far = max(pose.distance - depths[0], 0.05 * pose.distance), pose.distance + depths[1]
        clip_from_view[0, 0], clip_from_view[1, 1] = focal / aspect, focal
        clip_from_view[2, 2], clip_from_view[2, 3] = (far + near) / (near - far), 2 * far * near / (near - far)
        clip_from_view[3, 2] = -1.0
        clip_from_view[:2, 2] = -pose.shift[0], -pose.shift[1]
    matrix = clip_from_view @ view_from_world
    matrix.flags.writeable = False
    return matrix


def _per_depth(seen: Floats) -> Floats:
    """Return pixels (..., 2) from (pixel * depth, depth) (..., 3)."""
    depth = seen[..., 2:]
    return seen[..., :2] / np.where(np.abs(depth) < 1e-9, 1e-9, depth)


@lru_cache(maxsize=32)
def _pixels_from_world(
    flat: bool, pose: Pose, size: tuple[float, float], depths: tuple[float, float]
) -> tuple[Floats, Floats]:
    """Return the affine map, a factor (3, 3) and an addend (3,), from a world point to (pixel * depth, depth)."""
    x, y, _, w = _clip_from_world(flat, pose, size[0] / size[1], depths)
    rows = np.array([size[0] / 2 * (w + x), size[1] / 2 * (w - y), w])
    return np.ascontiguousarray(rows[:, :3].T), rows[:, 3]

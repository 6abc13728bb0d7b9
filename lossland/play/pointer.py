"""Mouse input over the picture: orbit, pan, zoom, drag a handle, click, hover.

Pixels count from the upper left of the framebuffer, y down. No GL and no window: deterministic.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lossland.errors import UserError
from lossland.play.player import Player
from lossland.scenery.scene import Handle

LEFT, RIGHT, MIDDLE = 0, 1, 2
TURN = 200.0  # degrees for a drag over the height of the picture
NOTCH = 1.12  # zoom factor of one notch of the wheel
REACH = 16.0  # logical pixels around a handle in which it can be grabbed
STILL = 4.0  # logical pixels that the pointer may move in a click

Pixel = tuple[float, float]
Floats = NDArray[np.float64]


class Pointer:
    """Turns mouse events into a player's actions. ``scale`` is the number of pixels per logical pixel."""

    def __init__(self, player: Player, scale: float = 1.0) -> None:
        self.player = player
        self.scale = scale
        self.held: str = ""  # the handle being dragged
        self._mode = ""  # "", "orbit", "pan" or "drag"
        self._last: Pixel = (0.0, 0.0)
        self._travel = 0.0  # pixels moved since the press
        self._grip = np.zeros(2)  # offset in pixels from the pointer to the grabbed handle
        self._taken = np.zeros(3)  # the handle's world position when it was grabbed
        self._rest: Pixel | None = None  # the pointer's position over the scene
        self._seen: tuple[Pixel, int] | None = None  # its position, and the player's deeds, at the last ``look``
        self._revision = -1  # of the player then

    @property
    def busy(self) -> bool:
        """Whether a button pressed over the picture is still held."""
        return self._mode != ""

    @property
    def turning(self) -> bool:
        """Whether the view is being orbited or panned, which no panel shows."""
        return self._mode in ("orbit", "pan")

    def press(self, pixel: Pixel, button: int = LEFT, shift: bool = False) -> None:
        """Handle a button press."""
        self._last, self._travel = pixel, 0.0
        handle = self.handle_at(pixel) if button == LEFT and not shift else None
        if handle is not None:
            self._mode, self.held = "drag", handle.name
            self._grip = self._pixel_of(handle) - pixel
            self._taken = np.asarray(handle.position, float)
        elif button == LEFT and not shift and not self.player.camera.flat:
            self._mode = "orbit"
        else:
            self._mode = "pan"
        self._see(None)

    def move(self, pixel: Pixel) -> None:
        """Handle a move of the pointer."""
        dx, dy = pixel[0] - self._last[0], pixel[1] - self._last[1]
        height = self.player.size[1]
        self._travel += float(np.hypot(dx, dy))
        self._last = pixel
        if self._mode == "orbit" and (dx or dy):
            self.player.orbit(-dx / height * TURN, dy / height * TURN)
        elif self._mode == "pan" and (dx or dy):
            self.player.pan(dx / height, dy / height)
        elif self._mode == "drag":
            self._drag(pixel)
        elif not self._mode and self._is_over_scene(pixel):
            self._rest = pixel
        elif not self._mode:
            self.leave()

    def look(self) -> None:
        """Update what is under the pointer, if it or the picture has moved; once suffices for many moves.

        If only time has passed or the view has rotated, the hovered element is kept while it is near.
        """
        player = self.player
        if self.busy or self._rest is None:
            return
        if self._seen != (self._rest, player.deeds):
            self._see(self._rest)
        elif self._revision != player.revision:
            player.hover(self.position_at(self._rest))
            if player.mark() is None:
                player.look_at(self._rest, self.scale)
        self._seen, self._revision = (self._rest, player.deeds), player.revision

    def release(self, pixel: Pixel, button: int = LEFT) -> None:
        """Handle a button release; if the pointer hardly moved, it was a click."""
        clicked = self._travel <= STILL * self.scale and not self.held and button == LEFT
        self._mode, self.held = "", ""
        self.player.finish_step()
        self._rest, self._seen = pixel if self._is_over_scene(pixel) else None, None
        if not clicked:
            return
        self.player.look_at(pixel, self.scale)
        hits = (self.player.hovered, self.player.trail_at(pixel, self.scale))
        for key, element in {hit.key: hit.picked.element for hit in hits if hit is not None}.items():
            if self.player.pick(key, element):
                return
        position = self.position_at(pixel)
        if position is not None:
            self.player.click(position)

    def leave(self) -> None:
        """Handle that the pointer has left the picture."""
        self._rest = self._seen = None
        if not self.busy:
            self._see(None)

    def wheel(self, notches: float, pixel: Pixel) -> None:
        """Handle the mouse wheel."""
        width, height = self.player.size
        notches = min(max(notches, -20.0), 20.0)
        self.player.zoom(NOTCH**notches, (pixel[0] / width, pixel[1] / height))

    def handle_at(self, pixel: Pixel) -> Handle | None:
        """Return the nearest handle within reach of a pixel."""
        near: list[tuple[float, int, Handle]] = []
        for number, handle in enumerate(self.player.handles()):
            gap = float(np.hypot(*(self._pixel_of(handle) - pixel)))
            if gap <= REACH * self.scale:
                near.append((gap, number, handle))
        return min(near)[2] if near else None

    def position_at(self, pixel: Pixel, plane: float | None = None) -> tuple[float, float] | None:
        """Return the position in the domain under a pixel (in the plane z = ``plane`` where there is no ground)."""
        origin, direction = self.player.camera.ray(pixel, self.player.size)
        surface = self.player.surface() if plane is None else None
        if surface is not None:
            return surface.intersect(origin, direction)
        return _on_plane(origin, direction, plane or 0.0)

    def _is_over_scene(self, pixel: Pixel) -> bool:
        x, y, width, height = self.player.free
        return x <= pixel[0] < x + width and y <= pixel[1] < y + height

    def _see(self, pixel: Pixel | None) -> None:
        self.player.hover(None if pixel is None else self.position_at(pixel))
        self.player.look_at(pixel, self.scale)

    def _drag(self, pixel: Pixel) -> None:
        handle = next((one for one in self.player.handles() if one.name == self.held), None)
        if handle is None:
            return
        x, y = np.asarray(pixel) + self._grip
        at = float(x), float(y)
        if handle.free:
            position = self._in_space(at) if handle.along is None else self._on_line(at, np.array(handle.along))
        else:
            position = self.position_at(at, handle.plane)
        if position is not None:
            try:
                self.player.drag(self.held, position)
            except UserError as error:  # the position is invalid: the handle stays, and a message says why
                self.player.say(str(error), "error")

    def _in_space(self, pixel: Pixel) -> tuple[float, ...] | None:
        """Return the point under a pixel in the camera-facing plane through the grabbed position."""
        camera, size = self.player.camera, self.player.size
        origin, direction = camera.ray(pixel, size)
        _, facing = camera.ray((size[0] / 2, size[1] / 2), size)
        ahead = float(direction @ facing)
        if ahead < 1e-9:
            return None
        way = float((self._taken - origin) @ facing) / ahead
        return tuple((origin + way * direction).tolist()) if way > 0 else None

    def _on_line(self, pixel: Pixel, along: Floats) -> tuple[float, ...]:
        """Return the point of the line through the grabbed position whose projection is nearest to a pixel."""
        camera, size, way = self.player.camera, self.player.size, 0.0
        for _ in range(4):  # Newton's method, because of perspective
            here, there = camera.project(self._taken + np.outer((way, way + 1e-3), along), size)
            slope = (there - here) / 1e-3
            way += float((np.asarray(pixel) - here) @ slope / max(float(slope @ slope), 1e-9))
        return tuple((self._taken + way * along).tolist())

    def _pixel_of(self, handle: Handle) -> np.ndarray:
        return self.player.camera.project(np.asarray([handle.position], float), self.player.size)[0]


def _on_plane(origin: Floats, direction: Floats, height: float) -> tuple[float, float] | None:
    if abs(direction[2]) < 1e-9:
        return None
    way = (height - origin[2]) / direction[2]
    if way <= 0:
        return None
    return float(origin[0] + way * direction[0]), float(origin[1] + way * direction[1])

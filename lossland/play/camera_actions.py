"""Actions on the camera and the switches, and the camera's automatic movements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lossland.checks import real
from lossland.errors import UserError, nearest
from lossland.play.actions import pair, view_action
from lossland.pointing.pickers.trails import HEAD
from lossland.pointing.picking import position_of
from lossland.scenery.scene import Frame, Show, View
from lossland.world.camera import Camera
from lossland.world.layers import Layer, Points, Trail
from lossland.world.theme import theme

if TYPE_CHECKING:
    from lossland.play.player import Player

CLOSE = 0.55  # of the distance at home: the largest distance from which the camera follows


class Followed(NamedTuple):
    """What the camera follows: an element of the frame's layer of a key (see ``picking.position_of``)."""

    key: str
    element: int


# ------------------------------------------------------------------------------------------------- turn, shift, zoom
@view_action
def orbit(player: Player, azimuth: float, elevation: float) -> None:
    """Turn the camera by degrees."""
    player.camera.orbit(real(azimuth, -720, 720, "The angle"), real(elevation, -180, 180, "The angle"))


@view_action
def pan(player: Player, right: float, down: float) -> None:
    """Pan, in heights of the picture."""
    right, down = real(right, -10, 10, "The shift"), real(down, -10, 10, "The shift")
    player.following = None
    player.camera.pan(right * player.size[1], down * player.size[1], player.size)


@view_action
def zoom(player: Player, factor: float, at: Sequence[float] = (0.5, 0.5)) -> None:
    """Zoom in (factor above 1) or out, towards a point in widths and heights of the picture.

    While the camera follows something it zooms towards that.
    """
    x, y = pair(at, "A place")
    pixel = None if player.following else (x * player.size[0], y * player.size[1])
    player.camera.zoom(real(factor, 0.01, 100, "The zoom factor"), pixel, player.size)


@view_action
def set_turntable(player: Player, on: bool) -> None:
    """Start or stop the steady rotation of the camera."""
    player.turntable = bool(on)


# -------------------------------------------------------------------------------------------------- views and switches
@view_action
def home(player: Player) -> None:
    """Return to the scene's own view."""
    player.following = None
    player.camera.home()


@view_action
def save_view(player: Player, number: int) -> None:
    """Save the current view as number 1, 2 or 3."""
    player.camera.save_view(int(real(number, 1, 3, "A view")))


@view_action
def recall_view(player: Player, number: int) -> None:
    """Return to a saved view; a number that was never saved does nothing."""
    player.following = None
    player.camera.recall_view(int(real(number, 1, 3, "A view")))


@view_action
def set_show(player: Player, name: str, on: bool) -> None:
    """Turn one of the switches above the picture (``contours``, ``shadow`` ...)."""
    known = [f.name for f in fields(Show)]
    if name not in known:
        raise UserError(f"There is no switch {name!r}.{nearest(str(name), known)}")
    player.show = replace(player.show, **{name: bool(on)})


@view_action
def set_theme(player: Player, name: str) -> None:
    """Choose the colours of picture and panels: ``dark`` or ``print``."""
    player.theme = theme(name).name


# -------------------------------------------------------------------------------------------------- following
@view_action
def follow(player: Player, key: str, element: int) -> None:
    """Let the camera follow an element of the layer of a key: a trail's head, a particle, a node."""
    key, element = key_of(player, key), int(real(element, -1, 2**53, "An element"))
    layer = player.frame().layer(key)
    if layer is None or position_of(layer, element) is None:
        raise UserError("What is there does not move: the camera can follow heads of trails, points and nodes.")
    player.following = Followed(key, element)
    near = min(player.camera.goal.distance, CLOSE * player.camera.home_pose.distance)
    player.camera.goal = replace(player.camera.goal, distance=near)


@view_action
def let_go(player: Player) -> None:
    """Stop following; the view stays where it is."""
    player.following = None


def toggle_follow(player: Player) -> None:
    """Follow what is under the pointer, else the selected lane, else the first moving thing; or stop following."""
    if player.following:
        player.let_go()
        return
    frame = player.frame()
    shown = dict(zip(frame.keys, frame.layers, strict=True))
    candidates = [(player.hovered.key, player.hovered.picked.element)] if player.hovered else []
    if player.lanes:
        candidates.append((player.lanes[player.selected].id, HEAD))
    candidates += [(key, HEAD) for key, layer in shown.items() if isinstance(layer, Trail)]
    candidates += [(key, element) for key, layer in shown.items() for element in _first_number(layer)]
    for key, element in candidates:
        layer = shown.get(key)
        if isinstance(layer, Trail):
            element = HEAD
        if layer is not None and position_of(layer, element) is not None:
            player.follow(key, element)
            return
    raise UserError("There is nothing in this picture that the camera could follow.")


def key_of(player: Player, key: str | int) -> str:
    """Return the key of a layer; older sessions refer to it by its index in the frame."""
    if isinstance(key, str):
        return key
    number, keys = int(real(key, 0, 2**31, "The number of a layer")), player.frame().keys
    return keys[number] if number < len(keys) else ""


def _first_number(layer: Layer) -> list[int]:
    """Return the number of a layer's first point, or nothing."""
    if not isinstance(layer, Points) or not len(layer.position):
        return []
    return [0 if layer.number is None else int(layer.number[0])]


# -------------------------------------------------------------------------------------------------- by itself
def turn(player: Player, degrees: float) -> None:
    """Rotate the camera at once, without easing."""
    pose, goal = player.camera.pose, player.camera.goal
    player.camera.pose = replace(pose, azimuth=pose.azimuth + degrees)
    player.camera.goal = replace(goal, azimuth=goal.azimuth + degrees)


def chase(player: Player) -> None:
    """Move the camera's goal with what is followed, tick by tick, so that a replay does the same."""
    player.astray = False
    if player.following is None:
        return
    layer = player.frame().layer(player.following.key)
    position = None if layer is None else position_of(layer, player.following.element)
    if position is None:  # it is gone
        player.following = None
    elif np.isfinite(position).all():
        x, y, z = position.tolist()
        player.camera.goal = replace(player.camera.goal, target=(x, y, z))


def look(player: Player, frame: Frame) -> None:
    """Make a new home pose when the scene's view has changed.

    A camera that is at home moves there; if the scene itself moves the view, it follows at once. While a handle is
    dragged the view only rotates: if it followed what is dragged, that would run away from the pointer.
    """
    view, before, old = frame.view, player.view, player.camera
    if player.scene.held and before is not None:
        view = replace(before, turned=view.turned)
    if before is not None and _same_view(view, before):
        if view.turned != before.turned:
            player.view = view
            player.camera.turn(*view.turned)
        return
    player.view = view
    player.camera = Camera(view.azimuth, view.elevation, view.flat)
    player.camera.fit(_bounds(frame), player.size, player.free)
    player.camera.turn(*view.turned)
    if before is not None and before.flat == view.flat:
        player.camera.saved = old.saved
        if not (view.moves and old.pose == old.goal == old.home_pose):
            player.camera.pose = old.pose
        if old.goal != old.home_pose:
            player.camera.goal = old.goal


def _bounds(frame: Frame) -> np.ndarray:
    """Return the world points (k, 3) that must fit into the picture."""
    if frame.view.bounds is not None:
        return frame.view.bounds
    if frame.ground is not None:
        return frame.ground.terrain.bounds
    return np.array([(x, y, 0.0) for x in (-3, 3) for y in (-2, 2)], float)


def _same_view(a: View, b: View) -> bool:
    same = (a.azimuth, a.elevation, a.flat) == (b.azimuth, b.elevation, b.flat)
    if a.bounds is None or b.bounds is None:
        return same and a.bounds is b.bounds
    return same and np.array_equal(a.bounds, b.bounds)

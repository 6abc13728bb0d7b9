"""Pictures with no window: many frames of one scene, in full quality."""

from __future__ import annotations

import math
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from lossland import checks
from lossland.compute.arrays import cuda_index
from lossland.errors import UserError, shown
from lossland.play import session
from lossland.play.player import Player
from lossland.play.session import Session
from lossland.render.gl import canvas
from lossland.render.gl.target import Target
from lossland.render.painter import Quality
from lossland.scenery import library
from lossland.scenery.clock import ROUNDING
from lossland.scenery.library import Shown
from lossland.world.theme import theme as theme_named
from lossland.writing.scale import checked_text_scale

if TYPE_CHECKING:
    from lossland.app.picture import Picture
    from lossland.writing.caption import Caption  # Dear ImGui's binding, too, is loaded with the context


class Snapshot(np.ndarray):
    """A picture (h, w, 4) uint8, top row first: an array like any other, which a notebook shows as what it is."""

    def __array_wrap__(self, array: np.ndarray, context: Any = None, return_scalar: bool = False) -> Any:
        """Return what is computed from it as plain numbers and arrays."""
        return np.asarray(array)[()] if return_scalar else np.asarray(array)

    def _repr_png_(self) -> bytes | None:
        import lossland

        return lossland.notebook.png(self)


SMALLEST, LARGEST = 64, 8192  # pixels along a side
NEAREST, FARTHEST = 1e-6, 1e6  # of a camera: world units from its target, and degrees


class Stage:
    """Draws frames of a scene (an object, a name or a formula), or of a player: each (h, w, 4) uint8, top row first.

    Use it in a ``with`` block; leaving it frees the graphics memory. ``ui`` draws the panels too. ``gl`` chooses what
    draws: ``"auto"`` (a graphics card if there is one), ``"software"``, or the number of an EGL device as `lossland
    doctor` lists them; None: what the variable LOSSLAND_GL says. Several threads may draw, one at a time: the others
    wait, so what a scene computes must neither draw by itself nor wait for a thread that does. ``text_scale`` (0.8 to
    2) makes all text smaller or larger; by itself it grows with the picture's height.
    """

    @np.errstate(all="ignore")
    def __init__(
        self,
        scene: Shown | Player,
        size: tuple[int, int] = (1280, 720),
        theme: str = "dark",
        ui: bool = False,
        gl: str | int | None = None,
        text_scale: float = 1.0,
    ) -> None:
        self.size = checked_size(size)
        self.text_scale = checked_text_scale(text_scale)
        self.theme = theme_named(theme)
        self.ui = ui
        self.gl = canvas.checked(gl)
        made = scene if isinstance(scene, Player) else library.scene_of(scene)
        self.player = made if isinstance(made, Player) else Player(made, self.size)
        self._picture: Picture | None = None
        self._target: Target | None = None
        self._canvas: canvas.Canvas | None = None

    def __enter__(self) -> Stage:
        canvas.check_not_painting()
        self._canvas = canvas.headless(self.gl, cuda_index())
        with canvas.drawing(self._canvas):
            from lossland.app.picture import Picture  # after the context is made: PyOpenGL asks for it when imported

            self._picture = Picture(self.theme, self.size, text_scale=self.text_scale)
            self._target = Target(self.size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shown, picture, target = self._canvas, self._picture, self._target
        self._picture = self._target = self._canvas = None
        if shown is None or picture is None or target is None or canvas.is_forked():  # the parent closes what it opened
            return
        with canvas.drawing(shown):
            picture.close()
            target.close()

    @np.errstate(all="ignore")
    def render(
        self,
        time: float | None = None,
        azimuth: float | None = None,
        elevation: float | None = None,
        distance: float | None = None,
        target: tuple[float, float, float] | None = None,
    ) -> Snapshot:
        """Draw the scene at ``time`` seconds, from angles in degrees and a distance in world units.

        What is left out stays as it was: time 0 and the scene's own view at first.
        """
        with canvas.drawing(self._opened()):  # another thread may ask for another time meanwhile
            if time is not None:
                self.player.seek(self._within(time))
            self.look(azimuth, elevation, distance, target)
            return self.image(self.player)

    def _within(self, time: float) -> float:
        """Return a time within the scene, and tell who asks for a later one."""
        seconds = self.player.scene.clock.seconds
        time = checks.real(time, 0.0, math.inf, "A scene's time in seconds")
        if time > seconds * (1 + ROUNDING):
            told = f"The scene is {seconds:g} s long; this is its end, not the picture at {time:g} s."
            warnings.warn(told, UserWarning, stacklevel=4)
        return min(time, seconds)

    def look(
        self,
        azimuth: float | None = None,
        elevation: float | None = None,
        distance: float | None = None,
        target: tuple[float, float, float] | None = None,
    ) -> None:
        """Place the camera at once; None leaves a number as it is."""
        changes: dict[str, Any] = {}
        for name, degrees in (("azimuth", azimuth), ("elevation", elevation)):
            if degrees is not None:
                changes[name] = checks.real(degrees, -FARTHEST, FARTHEST, f"The {name} in degrees")
        if distance is not None:
            changes["distance"] = checks.real(distance, NEAREST, FARTHEST, "The distance")
        if target is not None:
            place = checks.plain(target, "The target's coordinates")
            if place.shape != (3,):
                raise UserError(f"The target is three numbers x,y,z, not {shown(target)}.")
            changes["target"] = tuple(checks.real(float(v), -FARTHEST, FARTHEST, "A coordinate") for v in place)
        self.player.camera.place(**changes)

    @np.errstate(all="ignore")
    def image(self, player: Player, quality: Quality = Quality.still, caption: Caption | None = None) -> Snapshot:
        """Draw any player's present picture."""
        shown = self._opened()
        assert self._picture is not None
        assert self._target is not None
        with canvas.painting(shown), canvas.faults():
            self._picture.settle(player, self.size, self.ui)
            with self._target:
                self._picture.draw(player, self.size, self.ui, quality, caption=caption)
            return self._target.read().view(Snapshot)

    def prepare(self, player: Player, caption: Caption | None = None) -> None:
        """Let a player's camera learn how much room panels, notes and a caption leave it, before it moves."""
        self.image(player, Quality.live, caption)

    def _opened(self) -> canvas.Canvas:
        if self._canvas is None:
            raise UserError("A Stage draws inside its with block: with ll.Stage(scene) as stage: ...")
        return self._canvas


def checked_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return a picture's size in whole pixels, or raise UserError."""
    try:
        width, height = size
        return _side(width), _side(height)
    except (TypeError, ValueError):  # a UserError among them
        told = "x".join(map(str, size)) if isinstance(size, tuple | list) else shown(size)
        raise UserError(
            f"A picture is {SMALLEST} to {LARGEST} pixels wide and high, not {told}; give e.g. 1280x720."
        ) from None


def _side(length: int) -> int:
    return checks.whole(length, SMALLEST, LARGEST, "A side")


@np.errstate(all="ignore")
def snapshot(
    scene: Shown | Session,
    size: tuple[int, int] = (1280, 720),
    time: float | None = None,
    ui: bool = False,
    theme: str = "dark",
    gl: str | int | None = None,
    text_scale: float = 1.0,
) -> Snapshot:
    """Draw one picture (h, w, 4) uint8 of a scene at ``time`` seconds (None: when there is most to see).

    ``scene`` may be a session, or the name of a .lossland file: then the picture is what the user saw at that time.
    ``gl`` chooses what draws and ``text_scale`` how large text is, as in `Stage`.
    """
    if isinstance(scene, str) and scene.endswith(session.ENDING):
        scene = session.load(scene)
    if isinstance(scene, Session):
        with Stage(session.begun(scene, checked_size(size)), size, theme, ui, gl, text_scale) as stage:
            player = stage.player
            stage.prepare(player)
            session.forward(player, scene.tick_at(time))
            return stage.image(player)
    with Stage(scene, size, theme, ui, gl, text_scale) as stage:
        return stage.render(stage.player.scene.still_time if time is None else time)

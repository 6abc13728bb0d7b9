"""Pictures without a window: many frames of one scene, in full quality."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lossland import checks
from lossland.compute.arrays import cuda_index
from lossland.errors import UserError, shown
from lossland.formats.drawing import Drawing
from lossland.play import session
from lossland.play.player import Player
from lossland.play.session import Session
from lossland.render.gl import canvas
from lossland.render.gl.target import Target
from lossland.render.painter import Quality
from lossland.scenery import library
from lossland.scenery.clock import ROUNDING
from lossland.scenery.library import Shown
from lossland.scenery.scene import Scene
from lossland.world.camera import Placement
from lossland.world.theme import theme as theme_named
from lossland.writing.scale import checked_text_scale

if TYPE_CHECKING:
    from lossland.app.picture import Picture
    from lossland.writing.caption import Caption  # Dear ImGui's binding, too, is loaded with the context

Image = NDArray[np.uint8]
Domain = Sequence[float] | Sequence[Sequence[float]]


class Snapshot(np.ndarray):
    """A picture (h, w, 4) uint8, top row first: an ordinary array, which a notebook displays as a picture."""

    def __array_wrap__(self, array: np.ndarray, context: object = None, return_scalar: bool = False) -> Any:
        """Return results computed from it as plain numbers and arrays."""
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
    doctor` lists them; None: the value of the variable LOSSLAND_GL. Several threads may draw, one at a time: the others
    wait, so a scene's computation must neither draw itself nor wait for a thread that does. ``text_scale`` (0.8 to 2)
    is a factor on the size of all text, which otherwise follows the picture's height.

    ``camera`` is azimuth and elevation in degrees and, optionally, the distance in world units. Without ``title`` the
    name and formula at the upper left are omitted. ``transparent`` makes the background transparent: alpha is the
    coverage of a pixel, and colours are not premultiplied. ``cmap`` names
    the colours of heights (viridis, magma, cividis_r ...; an unknown name lists them), and ``domain`` the part of the
    landscape to show, as x0, x1, y0, y1 or ((x0, x1), (y0, y1)); it changes the scene.
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
        *,
        camera: Sequence[float] | None = None,
        transparent: bool = False,
        title: bool = True,
        cmap: str | None = None,
        domain: Domain | None = None,
    ) -> None:
        self.size = checked_size(size)
        self.text_scale = checked_text_scale(text_scale)
        self.theme, self._cmap = theme_named(theme).with_map(cmap), cmap
        self.ui = checks.truth(ui, "ui")
        self.gl = canvas.checked(gl)
        self.camera: Placement | None = None if camera is None else checked_camera(camera)
        self.transparent, self.title = checks.truth(transparent, "transparent"), checks.truth(title, "title")
        made = scene if isinstance(scene, Player) else library.scene_of(scene)
        if domain is not None:
            show_domain(made.scene if isinstance(made, Player) else made, domain)
        self.player = made if isinstance(made, Player) else Player(made, self.size)
        self.follows_theme = False  # whether players are drawn in their own themes
        self._picture: Picture | None = None
        self._target: Target | None = None
        self._canvas: canvas.Canvas | None = None

    def __enter__(self) -> Stage:
        canvas.check_not_painting()
        self._canvas = canvas.headless(self.gl, cuda_index())
        with canvas.drawing(self._canvas):
            from lossland.app.picture import Picture  # after the context is made: PyOpenGL asks for it when imported

            self._picture = Picture(
                self.theme, self.size, text_scale=self.text_scale, title=self.title, transparent=self.transparent
            )
            self._target = Target(self.size)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shown, picture, target = self._canvas, self._picture, self._target
        self._picture = self._target = self._canvas = None
        if shown is None or picture is None or target is None or canvas.is_forked():  # the parent process closes it
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

        Omitted arguments keep their last values: initially time 0 and the scene's own view.
        """
        with canvas.drawing(self._opened()):  # another thread may render another time meanwhile
            if time is not None:
                self.player.seek(self._within(time))
            self.prepare(self.player)
            self.look(azimuth, elevation, distance, target)
            return self.image(self.player)

    def _within(self, time: float) -> float:
        """Return a time clamped to the scene, with a warning if it was later."""
        seconds = self.player.scene.clock.seconds
        time = checks.real(time, 0.0, math.inf, "A scene's time in seconds")
        if time > seconds * (1 + ROUNDING):
            told = f"The scene is {seconds:g} s long; this is its end, not the picture at {time:g} s."
            warnings.warn(told, UserWarning, stacklevel=4)
        return min(time, seconds)

    @np.errstate(all="ignore")
    def prepare(self, player: Player, caption: Caption | None = None) -> None:
        """Fit a new player's camera to what panels, notes and a caption leave free, and set its position."""
        assert self._picture is not None
        with canvas.painting(self._opened()), canvas.faults():
            if self.follows_theme and player.theme != self._picture.theme.name:
                self._picture.set_theme(theme_named(player.theme).with_map(self._cmap))
            first = self._picture.settle(player, self.size, self.ui, caption)
        if first and self.camera is not None:
            player.camera.place(**self.camera)

    @np.errstate(all="ignore")
    def drawing(self, time: float | None = None) -> Drawing:
        """Draw the scene at ``time`` seconds (None: the current one), with the text over it as vector shapes."""
        with canvas.drawing(self._opened()):
            if time is not None:
                self.player.seek(self._within(time))
            self.prepare(self.player)
            assert self._picture is not None
            assert self._target is not None
            with canvas.painting(self._opened()), canvas.faults():
                found = self._picture.drawing(self.player, self._target, Quality.still)
        return replace(found, image=straight_alpha(found.image)) if self.transparent else found

    def look(
        self,
        azimuth: float | None = None,
        elevation: float | None = None,
        distance: float | None = None,
        target: tuple[float, float, float] | None = None,
    ) -> None:
        """Set the camera at once; None leaves a number unchanged."""
        changes: Placement = {}
        if azimuth is not None:
            changes["azimuth"] = checks.real(azimuth, -FARTHEST, FARTHEST, "The azimuth in degrees")
        if elevation is not None:
            changes["elevation"] = checks.real(elevation, -FARTHEST, FARTHEST, "The elevation in degrees")
        if distance is not None:
            changes["distance"] = checks.real(distance, NEAREST, FARTHEST, "The distance")
        if target is not None:
            point = checks.plain(target, "The target's coordinates")
            if point.shape != (3,):
                raise UserError(f"The target is three numbers x,y,z, not {shown(target)}.")
            changes["target"] = [checks.real(float(v), -FARTHEST, FARTHEST, "A coordinate") for v in point]
        self.player.camera.place(**changes)

    @np.errstate(all="ignore")
    def image(self, player: Player, quality: Quality = Quality.still, caption: Caption | None = None) -> Snapshot:
        """Draw any player's current picture."""
        shown = self._opened()
        assert self._picture is not None
        assert self._target is not None
        self.prepare(player, caption)
        with canvas.painting(shown), canvas.faults():
            with self._target:
                self._picture.draw(player, self.size, self.ui, quality, caption=caption)
            image = self._target.read()
        return (straight_alpha(image) if self.transparent else image).view(Snapshot)

    def _opened(self) -> canvas.Canvas:
        if self._canvas is None:
            raise UserError("A Stage draws inside its with block: with ll.Stage(scene) as stage: ...")
        return self._canvas


def straight_alpha(image: Image) -> Image:
    """Convert a picture (h, w, 4) from premultiplied to straight alpha."""
    alpha = image[..., 3:].astype(np.uint16)
    color = (image[..., :3] * np.uint16(255) + alpha // 2) // np.maximum(alpha, 1)
    return np.concatenate([np.minimum(color, 255), alpha], axis=2).astype(np.uint8)


def checked_camera(camera: Sequence[float]) -> Placement:
    """Return azimuth, elevation and, if given, distance of a camera, or raise UserError."""
    numbers = checks.plain(camera, "The numbers of a camera")
    if numbers.shape not in ((2,), (3,)):
        raise UserError(f"A camera is azimuth,elevation or azimuth,elevation,distance, not {shown(camera)}.")
    checked: Placement = {
        "azimuth": checks.real(float(numbers[0]), -FARTHEST, FARTHEST, "The azimuth in degrees"),
        "elevation": checks.real(float(numbers[1]), -90, 90, "The elevation in degrees"),
    }
    if len(numbers) == 3:
        checked["distance"] = checks.real(float(numbers[2]), NEAREST, FARTHEST, "The distance")
    return checked


def show_domain(scene: Scene, domain: Domain) -> None:
    """Let a scene show a part of its landscape, given as x0, x1, y0, y1 or ((x0, x1), (y0, y1))."""
    library.check_domain(type(scene))
    numbers = checks.plain(domain, "The numbers of a domain").ravel()
    if numbers.shape != (4,):
        raise UserError(f"A domain is x0, x1, y0, y1, not {shown(domain)}.")
    scene.set("domain", numbers.tolist())


def checked_size(size: tuple[int, int]) -> tuple[int, int]:
    """Return a picture's size in pixels, or raise UserError."""
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
    *,
    camera: Sequence[float] | None = None,
    transparent: bool = False,
    title: bool = True,
    cmap: str | None = None,
    domain: Domain | None = None,
) -> Snapshot:
    """Draw one picture (h, w, 4) uint8 of a scene at ``time`` seconds (None: the scene's time for stills).

    ``scene`` may be a session, or the name of a .lossland file: then the picture is what the user saw at that time.
    ``gl`` chooses what draws and ``text_scale`` how large text is; ``camera``, ``transparent``, ``title``, ``cmap``
    and ``domain`` are as in `Stage`.
    """
    if isinstance(scene, str | Path) and str(scene).lower().endswith(session.ENDING):
        scene = session.load(str(scene))
    shown = stage_at(
        scene, time, size, theme, ui, gl, text_scale,
        camera=camera, transparent=transparent, title=title, cmap=cmap, domain=domain,
    )  # fmt: skip
    with shown as stage:
        return stage.image(stage.player) if isinstance(scene, Session) else stage.render(time)


@contextmanager
def stage_at(
    scene: Shown | Session,
    time: float | None,
    size: tuple[int, int],
    theme: str = "dark",
    ui: bool = False,
    gl: str | int | None = None,
    text_scale: float = 1.0,
    *,
    camera: Sequence[float] | None = None,
    transparent: bool = False,
    title: bool = True,
    cmap: str | None = None,
    domain: Domain | None = None,
    follows_theme: bool = False,
) -> Iterator[Stage]:
    """Open a stage of a scene or session at a time (None: the time for stills); the rest is as in `Stage`.

    A session may be drawn in the theme that the user had chosen at that time (``follows_theme``).
    """
    if isinstance(scene, Session) and (camera is not None or domain is not None):
        raise UserError("A session brings its own cameras and domains; camera and domain are for scenes.")
    drawn = session.begun(scene, checked_size(size)) if isinstance(scene, Session) else scene
    made = Stage(
        drawn, size, theme, ui, gl, text_scale,
        camera=camera, transparent=transparent, title=title, cmap=cmap, domain=domain,
    )  # fmt: skip
    with made as stage:
        if isinstance(scene, Session):
            stage.follows_theme = follows_theme
            stage.prepare(stage.player)
            session.forward(stage.player, scene.tick_at(time))
        else:
            stage.player.seek(stage.player.scene.still_time if time is None else time)
        yield stage

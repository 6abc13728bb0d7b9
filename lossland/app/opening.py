"""Opens the window: its contents, for how long, and what is saved when it is closed."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from lossland.app import autosave
from lossland.app.display import on_display_lost
from lossland.app.meter import Meter, Statistics
from lossland.app.saving import check_replayable
from lossland.app.stage import checked_size
from lossland.app.window import Window
from lossland.errors import MachineError
from lossland.files import target_of
from lossland.play import session
from lossland.play.player import Player
from lossland.play.session import Session
from lossland.render.gl import canvas as canvases
from lossland.scenery import library
from lossland.scenery.library import Shown
from lossland.scenery.scene import Scene
from lossland.world.theme import theme as theme_named

_open = Lock()  # held while there is a window: GLFW and Dear ImGui keep the state of one for the whole process


def show(
    scene: Shown = "optimizer_race",
    size: tuple[int, int] = (1280, 720),
    theme: str = "dark",
    text_scale: float = 1.0,
) -> None:
    """Open the window on a scene, or on what `ll.scene` makes one of, and return when it is closed.

    ``text_scale`` (0.8 to 2) makes text and panels smaller or larger. Where there is no display, or a window is open in
    another thread, it raises MachineError.
    """
    meant, size, theme = _meant(scene), checked_size(size), theme_named(theme).name
    if not canvases.has_display():
        raise MachineError(
            "There is no display to open a window on; ll.snapshot(scene) draws a picture and ll.record(scene, "
            "'film.mp4') a film without one, and a notebook shows both."
        )
    explore(meant, size, theme=theme, text_scale=text_scale)


def _meant(scene: Shown | Session) -> Scene | Session:
    """Return the session that is given (itself, or the name of a .lossland file), else a scene."""
    if isinstance(scene, str) and scene.lower().endswith(session.ENDING):
        return session.load(scene)
    return scene if isinstance(scene, Session) else library.scene_of(scene)


def explore(
    scene: Shown | Session,
    size: tuple[int, int] = (1280, 720),
    orbit: bool = False,
    save: str | Path | None = None,
    frames: int | None = None,
    theme: str = "dark",
    text_scale: float = 1.0,
) -> Statistics:
    """Open the window and return, when it is closed, how it went.

    A session (or the name of a .lossland file) is replayed, and goes on.
    ``orbit`` lets the camera turn, ``save`` keeps the session at exit, ``frames`` closes the window after so many
    frames, drawn as fast as they come. ``text_scale`` (0.8 to 2) makes text and panels smaller or larger. The result
    has ``frames, seconds, p50_ms, p95_ms, max_ms, draws, vertices, renderer``; draws and vertices are those of the last
    frame.
    """
    if not _open.acquire(blocking=False):
        raise MachineError(
            "A window is open in another thread; close it first, or open this one in a process of its own."
        )
    try:
        return _explore(scene, size, orbit, save, frames, theme, text_scale)
    finally:
        _open.release()


def _explore(
    scene: Shown | Session,
    size: tuple[int, int],
    orbit: bool,
    save: str | Path | None,
    frames: int | None,
    theme: str,
    text_scale: float,
) -> Statistics:
    """Do what `explore` says, while no other window is open."""
    made = _meant(scene)
    player = session.begun(made, size) if isinstance(made, Session) else Player(made, size)
    shown = Window(player, size, theme, text_scale)
    if save is not None:
        check_replayable(player)
        target_of(save)  # fail now rather than at the end
    with shown as window:
        meter = Meter(window.canvas, lambda: (window.picture.writing, window.picture.host))
        if player.script is None:
            player.play()
        if orbit and player.script is None:
            player.set_turntable(True)
        if frames is None:
            window.resuming.open(window.player, autosave.folder())
        done = False

        def end() -> None:
            """Save the session, whatever ends the window."""
            if save is not None:
                session.save(session.of(window.player, window.began), save)
            window.resuming.close(window.began, done or save is not None)

        on_display_lost(end)
        try:
            window.run(meter, frames)
            done = True
        finally:
            on_display_lost(None)
            end()
        return meter.result()

"""Films without a window: of a scene, a tour or a session. The same call gives the same frames."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lossland import checks
from lossland.app.stage import Domain, Stage, checked_size
from lossland.app.writers import Image, check_transparent, film_file, film_fps
from lossland.errors import UserError, shown
from lossland.play import session
from lossland.play.player import Player
from lossland.play.session import Session
from lossland.render.painter import Quality
from lossland.scenery import library
from lossland.scenery.library import Shown
from lossland.scenery.scene import Scene
from lossland.scenery.tour import Tour

if TYPE_CHECKING:
    from lossland.writing.caption import Caption

SIZE = (1920, 1080)
SWAY = 24.0  # degrees that the camera moves in an orbiting film, half to each side of home
LONGEST = 3600.0  # seconds
QUALITY = replace(Quality.still, mesh=256)  # a still's finer mesh is not visible at a film's size

Subject = Scene | Tour | Session


@dataclass(frozen=True)
class Moment:
    """The contents of one frame of a film."""

    player: Player
    caption: Caption | None = None
    share: float = 1.0  # its opacity over ``below``
    below: Moment | None = None


@np.errstate(all="ignore")
def record(
    what: Subject | Shown,
    path: str | Path,
    seconds: float | None = None,
    fps: float = 60,
    size: tuple[int, int] | None = None,
    ui: bool = False,
    theme: str | None = None,
    orbit: bool = False,
    trim: bool = False,
    start: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
    gl: str | int | None = None,
    text_scale: float = 1.0,
    *,
    camera: Sequence[float] | None = None,
    transparent: bool = False,
    title: bool = True,
    cmap: str | None = None,
    domain: Domain | None = None,
    dpi: float | None = None,
) -> Film:
    """Film a scene, a tour or a session, and return the film's path, which a notebook plays.

    ``what`` is a tour or session or its name (a ``.lossland`` file), a scene, or what `ll.scene` makes one of. A scene
    or tour is played once from start to end in ``seconds`` (None: its own length); a session is replayed as it was,
    from ``start`` seconds on, and cut after ``seconds``; ``trim`` leaves out its idle time (see
    `session.shown_ticks`). ``orbit`` lets the camera travel slowly around a scene. The ending of ``path`` chooses
    the format: .mp4, .gif (at most 50 frames a second), .webm, or no ending for a folder of PNG frames.
    ``progress(done, total)`` is called after every frame. An interrupted film leaves nothing behind.
    ``gl`` chooses what draws and ``text_scale`` how large text is; ``camera``, ``transparent`` (for .webm and folders),
    ``title``, ``cmap`` and ``domain`` are as in `Stage`. ``dpi`` is written into the frames of a folder.
    """
    orbit, trim = checks.truth(orbit, "orbit"), checks.truth(trim, "trim")
    checks.callback(progress)
    subject = subject_of(what)
    if not isinstance(path, str | Path):
        raise UserError(f"A film is written into a file, such as 'film.mp4', not into {shown(path)}.")
    path = Film(path).expanduser()
    fps = film_fps(path, _checked(fps, 1, 240, "A film has", "frames a second"))
    follows_theme = isinstance(subject, Session) and theme is None
    if isinstance(subject, Session):
        size, theme = size or subject.size, theme or subject.theme
    size = checked_size(size or SIZE)
    start = checks.real(start, 0.0, math.inf, "The second of a session at which its film starts")
    if not isinstance(subject, Session) and (start or trim):
        raise UserError("Only the film of a session can start later, or leave out idle time.")
    if seconds is not None:
        _checked(seconds, 1 / fps, LONGEST, "A film lasts", "seconds")
    if not isinstance(subject, Scene) and (camera is not None or domain is not None):
        kind = "tour" if isinstance(subject, Tour) else "session"
        raise UserError(f"A {kind} brings its own cameras and domains; camera and domain are for scenes.")
    if transparent:
        check_transparent(path)
    # the encoder is opened first: a name that cannot be written is refused before anything is drawn
    stage = Stage(
        _first_scene(subject), size, theme or "dark", ui, gl, text_scale,
        camera=camera, transparent=transparent, title=title, cmap=cmap, domain=domain,
    )  # fmt: skip
    stage.follows_theme = follows_theme
    with film_file(path, size, fps, transparent, dpi) as add, stage:
        if isinstance(subject, Session):
            ticks = session.film_ticks(subject, fps, round(start * 60), trim)
            ticks = ticks[: None if seconds is None else max(round(seconds * fps), 1)]
            count, moments = len(ticks), _session_moments(subject, ticks, stage)
        else:
            count, moments = _moments(subject, seconds, fps, stage, orbit)
        for done, moment in enumerate(moments, 1):
            add(_image(stage, moment))
            if progress:
                progress(done, count)
    return path


class Film(type(Path())):
    """The path of a film, or of a folder of frames, that plays where a notebook shows it."""

    def _repr_html_(self) -> str | None:
        import lossland

        return lossland.notebook.html(self)


def subject_of(what: Subject | Shown) -> Subject:
    """Return the subject of a film: itself, or the tour, session or scene that a name or another thing stands for."""
    if isinstance(what, Tour | Session):
        return what
    if not isinstance(what, str | Path):
        return library.scene_of(what)
    text = str(what)
    if text.lower().endswith(session.ENDING):
        return session.load(text)
    if text in [tour.name for tour in library.tours()]:
        return library.tour(text)
    return library.scene(text)


def _moments(
    subject: Scene | Tour, seconds: float | None, fps: float, stage: Stage, orbit: bool
) -> tuple[int, Iterator[Moment]]:
    """Return how many frames the film of a scene or tour has, and its frames."""
    own = subject.seconds if isinstance(subject, Tour) else subject.clock.seconds
    count = max(round((seconds or own) * fps), 1)
    parts = [frame / max(count - 1, 1) for frame in range(count)]
    if isinstance(subject, Tour):
        return count, _tour_moments(subject, [part * own for part in parts], stage)
    return count, _scene_moments(subject, parts, stage, orbit)


def _session_moments(subject: Session, ticks: list[int], stage: Stage) -> Iterator[Moment]:
    player = session.begun(subject, stage.size)
    stage.prepare(player)
    for tick in ticks:
        session.forward(player, tick)
        yield Moment(player)


def _scene_moments(scene: Scene, parts: list[float], stage: Stage, orbit: bool) -> Iterator[Moment]:
    player = Player(scene, stage.size)
    stage.prepare(player)
    middle = player.camera.pose.azimuth
    for part in parts:
        player.seek(part * scene.clock.seconds)
        player.frame()
        if orbit:
            player.camera.place(azimuth=middle + SWAY * (part - 0.5))
        yield Moment(player)


def _tour_moments(tour: Tour, times: list[float], stage: Stage) -> Iterator[Moment]:
    from lossland.writing.caption import Caption

    players: dict[int, Player] = {}  # of the visible shots, by their identity
    for time in times:
        moment: Moment | None = None
        seen = tour.at(time)
        players = {id(one.shot): players[id(one.shot)] for one in seen if id(one.shot) in players}
        for shot, since, share, visible in seen:
            caption = Caption(shot.title, shot.text, visible, shot.latex) if shot.title else None
            player = players.get(id(shot))
            if player is None:
                player = players[id(shot)] = Player(library.scene(shot.scene, shot.preset), stage.size)
                stage.prepare(player, caption)
            for name, value in shot.values(since).items():
                if player.scene.values[name] != player.scene.param(name).check(value):
                    player.scene.set(name, value)
                    player.touch()
            player.seek(shot.scene_time(since))
            player.frame()
            steered = shot.camera(since)
            if "distance" in steered:
                steered["distance"] *= player.camera.home_pose.distance
            player.camera.place(**steered)
            moment = Moment(player, caption, share, moment)
        assert moment is not None
        yield moment


def _image(stage: Stage, moment: Moment) -> Image:
    """Draw a frame; cross-fade where two shots overlap."""
    image = stage.image(moment.player, QUALITY, moment.caption)
    if moment.below is None or moment.share >= 1.0:
        return image
    below = _image(stage, moment.below).astype(np.float32)
    return np.rint(below + (image - below) * np.float32(moment.share)).astype(np.uint8)


def _first_scene(subject: Subject) -> Scene:
    if isinstance(subject, Scene):
        return subject
    return library.scene(subject.scene if isinstance(subject, Session) else subject.shots[0].scene)


def _checked(value: float, low: float, high: float, start: str, unit: str) -> float:
    if not isinstance(value, Real) or isinstance(value, bool) or not low <= value <= high:
        raise UserError(f"{start} {low:.3g} to {high:g} {unit}, not {shown(value)}.")
    return float(value)

"""Saving the window's picture and session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lossland.errors import UserError
from lossland.files import written
from lossland.play import session
from lossland.play.player import Player
from lossland.world.theme import Theme

SHOT_SIDE = 2560  # pixels: the longer side of a saved picture, at least


def save_picture(player: Player, size: tuple[int, int], theme: Theme, text_scale: float = 1.0) -> None:
    """Save the picture without panels, in full quality and at least ``SHOT_SIDE`` pixels; show a message."""
    from PIL import Image

    from lossland.app.picture import still

    path = free_name(player.scene.name, ".png")
    factor = max(1.0, SHOT_SIDE / max(size))
    width, height = round(size[0] * factor), round(size[1] * factor)
    image = still(player, (width, height), theme, text_scale)
    with written(path) as temporary:
        Image.fromarray(image[..., :3]).save(temporary)
    say_saved(player, path, f"{width}×{height} pixels")


def save_session(player: Player, theme: str) -> None:
    """Save the session so far; show a message with its use."""
    check_replayable(player)
    path = free_name(player.scene.name, session.ENDING)
    session.save(session.of(player, theme), path)
    say_saved(player, path, f"`lossland explore {path}` opens it, `lossland record {path} -o film.mp4` films it")


def say_saved(player: Player, path: Path, more: str = "") -> None:
    """Show a message about a saved file; a click on it opens the folder."""
    folder = path.resolve().parent
    player.say(f"Saved {path.name} in {folder}" + (f": {more}." if more else "."), seconds=8, folder=folder)


def check_replayable(player: Player) -> None:
    """Raise UserError if a session could not be replayed: it holds no code, and must not run a file."""
    if not player.replayable:
        raise UserError(
            "A session of your own scene cannot be kept: it would hold no code, and no session may run a file. "
            "Film the scene with `lossland record`, or watch it without keeping the session."
        )


def free_name(stem: str, ending: str) -> Path:
    """Return the first name ``stem-1``, ``stem-2`` ... in the current folder that is not taken."""
    return next(path for path in _names(stem, ending) if not path.exists())


def _names(stem: str, ending: str) -> Iterator[Path]:
    number = 1
    while True:
        yield Path(f"{stem}-{number}{ending}")
        number += 1

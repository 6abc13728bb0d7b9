"""Saving the window's picture and session."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from lossland.errors import UserError, sentence
from lossland.play import session
from lossland.play.player import Player
from lossland.world.theme import Theme

SHOT_SIDE = 2560  # pixels: the longer side of a saved picture, at least


class Pictures:
    """The pictures that a window saves. Each is drawn at once; a thread compresses it, which takes longer."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self._thread = ThreadPoolExecutor(1)
        self._begun: list[tuple[Path, str, Future[None]]] = []  # each with what is said of it

    def save(self, size: tuple[int, int], theme: Theme, text_scale: float = 1.0) -> None:
        """Save the picture without panels, in full quality and at least ``SHOT_SIDE`` pixels."""
        from lossland.app.picture import still
        from lossland.formats.stills import write_image

        path = free_name(self.player.scene.name, ".png", [path for path, _, _ in self._begun])
        factor = max(1.0, SHOT_SIDE / max(size))
        width, height = round(size[0] * factor), round(size[1] * factor)
        image = still(self.player, (width, height), theme, text_scale)
        done = self._thread.submit(write_image, path, image[..., :3])
        self._begun.append((path, f"{width}×{height} pixels", done))

    def look(self) -> None:
        """Tell the user of each picture that is written, or could not be."""
        for one in [one for one in self._begun if one[2].done()]:
            path, told, done = one
            self._begun.remove(one)
            error = done.exception()
            if error is None:
                say_saved(self.player, path, told)
            else:
                self.player.say(sentence(error), "error", seconds=8)

    def leave(self) -> str:
        """Wait for what is not written yet; return a sentence if something cannot be, else ""."""
        self._thread.shutdown()
        errors = [done.exception() for _, _, done in self._begun]
        return next((sentence(error) for error in errors if error is not None), "")


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


def free_name(stem: str, ending: str, taken: Collection[Path] = ()) -> Path:
    """Return the first name ``stem-1``, ``stem-2`` ... in the current folder that is neither there nor ``taken``."""
    return next(path for path in _names(stem, ending) if path not in taken and not path.exists())


def _names(stem: str, ending: str) -> Iterator[Path]:
    number = 1
    while True:
        yield Path(f"{stem}-{number}{ending}")
        number += 1

"""A session that is replayed in the window: what is said of it over the picture, and hurrying to its end."""

from __future__ import annotations

from time import perf_counter

from lossland.play.player import Player
from lossland.play.strips import Strip, StripButton

HURRY = 0.05  # seconds of a turn in which a replay skips ahead


def strip(player: Player) -> Strip | None:
    """Say how far the replay is, with a button that skips the rest."""
    script, tick = player.script, player.tick
    if script is None:
        return None
    now, end = (f"{ticks // 3600}:{ticks // 60 % 60:02d}" for ticks in (tick, script.ticks))
    skip = StripButton("Skip to the end", "skip", "Go on from the end of the session  Esc")
    return Strip(f"Replaying {now} of {end}", "accent", round(tick / script.ticks, 2), (skip,))


def skip(player: Player) -> None:
    """Let the rest of a replay pass as fast as it can."""
    if player.script is not None:
        player.script.hurried = True


def hurry(player: Player) -> None:
    """Let the ticks of a replay that is skipped pass, a part of them in each turn."""
    end = perf_counter() + HURRY
    while player.script is not None and player.script.hurried and perf_counter() < end:
        player.next_tick()

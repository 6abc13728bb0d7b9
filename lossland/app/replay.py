"""Replaying a session in the window: its progress over the picture, and fast-forward to its end."""

from __future__ import annotations

from time import perf_counter

from lossland.play.player import Player
from lossland.play.strips import Strip, StripButton

HURRY = 0.05  # seconds of a turn for fast-forward


def strip(player: Player) -> Strip | None:
    """Return the replay's progress, with a button that skips the rest."""
    script, tick = player.script, player.tick
    if script is None:
        return None
    now, end = (f"{ticks // 3600}:{ticks // 60 % 60:02d}" for ticks in (tick, script.ticks))
    skip = StripButton("Skip to the end", "skip", "Go on from the end of the session  Esc")
    return Strip(f"Replaying {now} of {end}", "accent", round(tick / script.ticks, 2), (skip,))


def skip(player: Player) -> None:
    """Play the rest of a replay as fast as possible."""
    if player.script is not None:
        player.script.hurried = True


def hurry(player: Player) -> None:
    """Advance a replay that is skipped, by some of its ticks in each turn."""
    end = perf_counter() + HURRY
    while player.script is not None and player.script.hurried and perf_counter() < end:
        player.next_tick()

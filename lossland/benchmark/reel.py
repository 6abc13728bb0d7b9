"""The film of a benchmark: the winner, three cells with their best, median and worst runs, and the tuning."""

from __future__ import annotations

import numpy as np

from lossland.benchmark.summary import Summary
from lossland.scenery.library import BENCHMARK
from lossland.scenery.tour import Shot, Tour

Span = tuple[float, float]  # of an angle or a distance: from, to

FADE = 0.9  # seconds from one shot to the next
LENGTHS = {"leaderboard": 7.0, "cells": 7.0, "race": 8.5, "tuning": 7.5, "profiles": 6.5}
PLAYED = {"race": 10.0, "tuning": 8.0}  # seconds of the scene that are shown, of the other pages 5
BEST = "The winner at its best"


def reel(found: Summary, folder: str = "") -> Tour:
    """Return the film of results in a folder ("": those that come with lossland) as a tour."""

    def shot(
        page: str, title: str, text: str, cell: tuple[str, str] = ("", ""), azimuth: Span | None = None,
        elevation: Span | None = None, distance: Span | None = None,
    ) -> Shot:  # fmt: skip
        params = {"folder": folder, "page": page, "optimizer": cell[0], "problem": cell[1]}
        play = (0.0, PLAYED.get(page, 5.0))
        return Shot(
            BENCHMARK, LENGTHS[page], params=params, play=play, azimuth=azimuth, elevation=elevation,
            distance=distance, title=title, text=text,
        )  # fmt: skip

    best = found.board[found.optimizers[0]]
    winner = found.title(found.optimizers[0])
    starts = found.settings["starts"]
    asked = f"{len(found.optimizers)} optimizers, {len(found.landscapes)} landscapes, {starts} starts each"
    shots = [
        shot("leaderboard", f"{winner} comes first", f"{asked}. Its score is {best['score']:.2f}"),
        shot("cells", "Where is it easy, where is it hard?", "A bar for each optimizer on each landscape",
             azimuth=(-72.0, -38.0), elevation=(34.0, 44.0)),
    ]  # fmt: skip
    azimuths = ((-78.0, -50.0), (-44.0, -72.0), (-76.0, -46.0))
    cells = {why: cell for why, cell in chosen(found).items() if found.row(*cell)["dimension"] == 2}
    for (why, cell), azimuth in zip(cells.items(), azimuths, strict=False):
        row = found.row(*cell)
        text = f"{row['title']} on {row['landscape_title']}: {100 * row['success']:.0f} % of the starts arrive"
        shots.append(shot("race", why, text, cell, azimuth=azimuth, distance=(1.05, 0.96)))
    mapped = [name for name in found.optimizers if len(found.row(name, found.landscapes[0])["tuning"]["names"]) > 1]
    if mapped and BEST in cells:
        cell = mapped[0], cells[BEST][1]
        text = f"{found.title(mapped[0])}: what is left, over the rate and a second parameter"
        shots.append(
            shot("tuning", "Tuning is a landscape too", text, cell, azimuth=(-84.0, -40.0), elevation=(46.0, 36.0))
        )
    shots.append(shot("profiles", "How much, and how soon?", "Higher and farther left is better"))
    return Tour("bench", "Optimizers, compared", tuple(shots), fade=FADE)


def chosen(found: Summary) -> dict[str, tuple[str, str]]:
    """Return three cells by their captions: the winner's best, a median one, and the winner's worst."""
    score = found.scores(found.optimizers)
    lead = score[0] - score.mean(axis=0)
    middle = np.unravel_index(np.argsort(score, axis=None)[score.size // 2], score.shape)
    cells = {
        BEST: (0, int(lead.argmax())),
        "In the middle of the field": (int(middle[0]), int(middle[1])),
        "Where the winner does worst": (0, int(score[0].argmin())),
    }
    return {why: (found.optimizers[i], found.landscapes[k]) for why, (i, k) in cells.items()}

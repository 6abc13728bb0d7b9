"""Scenes leave nothing behind: neither in graphics memory nor in main memory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lossland import library
from lossland.player import Player
from lossland.render import canvas
from lossland.render.painter import Quality
from lossland.render.target import Target
from lossland.theme import DARK

SIZE = (64, 48)
QUALITY = Quality(mesh=12, lit=24, bake=24)
NAMES = 30_000  # of GL objects that are asked for; drivers number them from 1
ROUNDS = 50
PAGE = os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="module", autouse=True)
def context():
    return canvas.headless()


@pytest.fixture(scope="module")
def players():
    return [Player(library.scene(name), SIZE) for name in library.names()]


def alive():
    """Count what the driver itself knows, whoever made it: textures, buffers, programs, framebuffers ..."""
    from OpenGL import GL
    from vispy import gloo

    gloo.flush()  # vispy deletes when it next talks to the driver
    GL.glFinish()
    kinds = (GL.glIsTexture, GL.glIsBuffer, GL.glIsProgram, GL.glIsShader, GL.glIsFramebuffer, GL.glIsRenderbuffer)
    return {kind.__name__: sum(bool(kind(name)) for name in range(1, NAMES)) for kind in kinds}


def resident():
    """Return how many bytes of main memory this process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def show(picture, player):
    target = Target(SIZE)
    with target:
        picture.draw(player, SIZE, quality=QUALITY)
    target.close()


def test_closing_a_window_frees_every_gl_object(players):
    from lossland.app.picture import Picture

    counts = []
    for _ in range(3):
        for player in players:
            picture = Picture(DARK, SIZE)
            show(picture, player)
            picture.close()
        counts.append(alive())
    assert counts[0] == counts[1] == counts[2]


def test_going_from_scene_to_scene_keeps_memory_flat(players):
    from lossland.app.picture import Picture

    picture = Picture(DARK, SIZE)
    counts, memory = [], []
    for _ in range(ROUNDS):
        for player in players:
            show(picture, player)
        counts.append(alive() if len(counts) in (1, ROUNDS - 1) else None)
        memory.append(resident())
    picture.close()
    assert counts[-1] == counts[1]
    assert memory[-1] - memory[ROUNDS // 5] < 12e6

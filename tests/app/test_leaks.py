"""Scenes leave nothing behind: neither in graphics memory nor in main memory."""

from __future__ import annotations

import ctypes
import gc
import os
from pathlib import Path

import pytest

from lossland.play.player import Player
from lossland.render.gl import canvas
from lossland.render.gl.programs import _KEYS
from lossland.render.gl.target import Target
from lossland.render.painter import Quality
from lossland.scenery import library
from lossland.world.theme import DARK

SIZE = (64, 48)
QUALITY = Quality(mesh=12, lit=24, bake=24)
NAMES = 30_000  # of GL objects that are asked for; drivers number them from 1
ROUNDS = 50
TURNS, FULL = 18, 12  # of all scenes in one picture, and when every spare painter has held the largest layer
FRAMES, STEP = 10_000, 50  # frames drawn, and those between two readings
GROWTH = 8e6  # bytes that the caches of all scenes may still take when each has run through once
PAGE = os.sysconf("SC_PAGE_SIZE")


@pytest.fixture(scope="module", autouse=True)
def context():
    canvas.headless().set_current()


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
    counts = {kind.__name__: sum(bool(kind(name)) for name in range(1, NAMES)) for kind in kinds}
    # Our programs are kept for the next picture, and the driver knows of each from when it is first used.
    known = counts.pop("glIsProgram")
    return counts | {"kept programs": len(_KEYS), "other programs": max(known - len(_KEYS), 0)}


def resident():
    """Return how many bytes of main memory this process holds, without what the allocator keeps for later."""
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def show(picture, player):
    target = Target(SIZE)
    with target:
        picture.draw(player, SIZE, quality=QUALITY)
    target.close()


def reopen(players):
    """Open and close every scene once."""
    from lossland.app.picture import Picture

    for player in players:
        picture = Picture(DARK, SIZE)
        show(picture, player)
        picture.close()


def test_closing_a_window_frees_every_gl_object(players):
    counts = []
    for _ in range(3):
        reopen(players)
        counts.append(alive())
    assert counts[0] == counts[1] == counts[2]


def test_shaders_are_compiled_once(players, monkeypatch):
    from vispy import gloo

    reopen(players)
    made, make = [], gloo.Program.__init__

    def counted(self, *arguments, **options):
        made.append(arguments)
        make(self, *arguments, **options)

    monkeypatch.setattr(gloo.Program, "__init__", counted)
    reopen(players)
    assert not made


@pytest.mark.endurance
def test_fifty_reopenings_leave_no_gl_object(players):
    reopen(players)
    before = alive()
    for _ in range(ROUNDS):
        reopen(players)
    assert alive() == before


@pytest.mark.endurance
def test_memory_is_flat_over_ten_thousand_frames(players):
    """Every scene runs on, one after the other; once its caches are full nothing may grow."""
    from vispy import gloo

    from lossland.app.picture import Picture

    picture, target = Picture(DARK, SIZE), Target(SIZE)
    grown = {}
    for player in players:
        player.play()
        player.set_speed(8.0)  # so that it has come to its end and begun again when memory is first read
        player.set_turntable(True)
        memory = []
        for number in range(FRAMES // len(players)):
            player.next_tick()
            with target:
                picture.draw(player, SIZE, quality=QUALITY)
            gloo.finish()  # as a window waits for its picture: else Mesa keeps room for ever more frames at once
            if number % STEP == STEP - 1:
                memory.append(resident())
        half = len(memory) // 2
        grown[player.scene.name] = min(memory[-2:]) - min(memory[half : half + 2])
    picture.close()
    target.close()
    assert sum(grown.values()) < GROWTH, grown
    assert max(grown.values()) < GROWTH / 4, grown


def test_frames_are_freed_without_the_garbage_collector(players):
    """Objects that refer to each other in a circle hold their arrays until the collector comes by, seconds later."""
    from lossland.app.picture import Picture

    picture = Picture(DARK, SIZE)
    for player in players:
        player.play()
        show(picture, player)
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        for player in players:
            for _ in range(3):
                player.next_tick()
                show(picture, player)
        gc.collect()
        left = {type(thing).__qualname__ for thing in gc.garbage if type(thing).__module__.startswith("lossland")}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
        picture.close()
    assert not left


def test_going_from_scene_to_scene_keeps_memory_flat(players):
    from lossland.app.picture import Picture

    picture = Picture(DARK, SIZE)
    counts, memory = [], []
    for turn in range(TURNS):
        for player in players:
            show(picture, player)
        if turn in (FULL, TURNS - 1):
            counts.append(alive())
            memory.append(resident())
    picture.close()
    assert counts[0] == counts[1]
    assert memory[1] - memory[0] < GROWTH

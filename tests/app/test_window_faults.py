"""The window goes on whatever a scene, a formula or a file does: with the old picture, and a sentence that says why."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from windows import run_program

MINE = """
import math
import sys
import numpy as np
import lossland as ll
from lossland.world import layers


class Mine(ll.Scene):
    title = "Mine"
    chapter = "Calculus"
    fault = ll.parameters.Choice("none", ("none", "divide", "late", "memory", "recursion", "overflow", "float",
                                          "nothing", "shape", "color", "chart", "latex", "plot", "handle", "clock"))

    @property
    def clock(self):
        return 7 if self.fault == "clock" else ll.Clock(10.0)

    def handles(self, time):
        return [ll.Handle("one", (0, 0, 0), print)] if self.fault != "handle" else [].no_such_thing

    def frame(self, time):
        fault, position = self.fault, np.array([[0.5 * math.sin(time), 0.0, 0.0], [1.0, 1.0, 0.0]])
        notes = [layers.Title("Mine")]
        color = "accent"
        if fault == "divide":
            1 / 0
        if fault == "late" and 1.0 < time < 1.5:
            raise KeyError("late")
        if fault == "memory":
            raise MemoryError
        if fault == "recursion":
            return self.frame(time)
        if fault == "overflow":
            math.exp(1e9)
        if fault == "float":
            with np.errstate(all="raise"):
                np.array(1.0) / np.array(0.0)
        if fault == "nothing":
            return None
        if fault == "shape":
            position = position[0]
        if fault == "color":
            color = "no such role"
        if fault == "chart":
            layers.Series("a", "accent", np.arange(5.0), np.arange(7.0))
        if fault == "latex":
            return ll.Frame([layers.Label((0.0, 0.0, 0.0), "x}", latex=True)], notes)
        if fault == "plot":
            series = layers.Series("a", "accent", np.arange(5.0), np.array(["no number"] * 5))
            notes.append(layers.Chart("Chart", [series]))
        return ll.Frame([layers.Points(position, color, 9.0, "disc")], notes)

    def readouts(self, time=0.0):
        return {}
"""

PROGRAM = """
import json, sys
import numpy as np
from turns import Turns
from vispy import gloo
from lossland.scenery import library
from lossland.app import window as windows
from lossland.app.input import Move

sys.setrecursionlimit(600)
seen = {}
with windows.Window(library.scene("mine.py"), (1000, 560)) as window:
    player, turns = window.player, Turns(window)
    meter, run = turns.meter, turns.run

    def picture():
        window.canvas.set_current()
        return np.asarray(gloo.read_pixels((0, 0, *window.loop.size), alpha=False), int)

    run()
    for fault in library.scene("mine.py").param("fault").options:
        player.messages = []
        drawn = meter.count
        player.seek(0.0)
        player.play(False)
        run()
        before = picture()
        errors = [player.set_param("fault", fault)]
        if fault == "late":
            player.seek(0.9)
            player.play()
            run(60)
            errors.append([player.playing, player.time])
        window.input.events.append(Move(320.0, 200.0))
        run(40)
        seen[fault] = {
            "errors": errors,
            "said": [message.text for message in player.messages],
            "fault": player.scene.values["fault"],
            "drawn": meter.count - drawn,
            "logged": [list(entry) for entry in player.log if entry.name == "set_param"],
        }
        player.set_param("fault", "none")
        player.messages = []
        player.seek(0.0)
        player.play(False)
        window.input.events.append(Move(300.0, 10.0))
        run(60)
        seen[fault]["after"] = float(np.abs(picture() - before).mean())
print(json.dumps(seen))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("faults")
    (made / "mine.py").write_text(MINE)
    return made


def line(text: str) -> int:
    """Return the number of the first line of the scene file with a text."""
    return next(number for number, one in enumerate(MINE.splitlines(), 1) if text in one)


def test_whatever_a_scene_raises_the_window_goes_on(display: str, folder: Path) -> None:
    seen: dict[str, Any] = run_program(PROGRAM, display, folder)
    raised = {
        "divide": ("1 / 0", "ZeroDivisionError: division by zero."),
        "memory": ("raise MemoryError", "MemoryError."),
        "overflow": ("math.exp(1e9)", "OverflowError: math range error."),
        "float": ("np.array(1.0) / np.array(0.0)", "FloatingPointError: divide by zero"),
        "shape": ("ll.Frame([layers.Points", "Points needs a position of the shape (n, 3) or (n, 2), not (3,)."),
        "color": ("ll.Frame([layers.Points", "There is no colour 'no such role'."),
    }
    for fault, (where, what) in raised.items():
        [sentence] = seen[fault]["errors"]
        assert sentence.startswith(f"mine.py, line {line(where)}: {what}"), seen[fault]
        assert seen[fault]["fault"] == "none"  # it is as if it had not been asked for
    assert re.match(r"mine\.py, line \d+: RecursionError: ", seen["recursion"]["errors"][0])
    assert ": frame of Mine must return a Frame, not None" in seen["nothing"]["errors"][0]
    # Raised at some times only: it stops at the last one that can be drawn
    playing, time = seen["late"]["errors"][1]
    assert not playing
    assert 0.9 < time <= 1.0
    assert seen["late"]["said"] == [f"mine.py, line {line('raise KeyError')}: KeyError: 'late'."]
    assert ": The clock of Mine must be a Clock, not 7." in seen["clock"]["errors"][0]
    assert seen["chart"]["errors"][0].startswith(f"mine.py, line {line('layers.Series')}: Series needs a y of the")
    # What can be computed and not drawn is undone when it is drawn
    for fault in ("latex", "plot"):
        assert seen[fault]["fault"] == "none", (fault, seen[fault])
        assert len(seen[fault]["said"]) == 1, (fault, seen[fault])
        assert not any(entry[2][1] == fault for entry in seen[fault]["logged"]), fault
    assert len(seen["handle"]["said"]) == 1
    assert f"line {line('no_such_thing')}" in seen["handle"]["said"][0]
    for fault, found in seen.items():
        assert found["after"] < 1.0, (fault, found)
        assert found["drawn"] > 3, (fault, found)

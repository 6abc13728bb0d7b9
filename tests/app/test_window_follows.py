"""A window that stands still shows what is added to the file of a training that goes on."""

from __future__ import annotations

from pathlib import Path

from windows import run_program

PROGRAM = """
import json
from pathlib import Path
from turns import Turns
from lossland.scenery import library
from lossland.app import window as windows

file = Path("run.csv")
file.write_text("step,loss,val_loss\\n0,3,3\\n1,2,2\\n")
with windows.Window(library.scene("run.csv"), (640, 360)) as window:
    player, turns = window.player, Turns(window)
    player.seek(player.scene.clock.seconds)
    player.play(False)
    turns.run(40)
    told = lambda: player.scene.readouts(player.time)["best_epoch"]
    seen = [told(), turns.meter.count]
    file.write_text(file.read_text() + "2,1,1\\n")
    _, asked = window.player.scene._followed
    asked._asked = None  # as if a second had passed
    turns.run(40)
    seen += [told(), turns.meter.count > seen[1]]
print(json.dumps(seen))
"""


def test_a_file_that_grows_is_followed(display: str, tmp_path: Path) -> None:
    before, _, after, drawn = run_program(PROGRAM, display, tmp_path)
    assert (before, after) == (1, 2)
    assert drawn

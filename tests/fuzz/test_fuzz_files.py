"""Actions of the window whose file cannot be written, in random order: each says so, and the window goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from windows import run_program

PROGRAM = """
import json, os, random, resource, sys
from pathlib import Path
from turns import Turns
from lossland.scenery import library
from lossland.app import window as windows
from lossland.app.input import Char

rng = random.Random(SEED)
here, steps, folders = Path.cwd(), [], 0
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
with windows.Window(library.scene("linear_map_2d"), (320, 200)) as window:
    player, turns = window.player, Turns(window)
    meter, run = turns.meter, turns.run

    def gone():
        global folders
        folders += 1
        folder = here / f"gone {folders}"
        folder.mkdir()
        os.chdir(folder)
        folder.rmdir()

    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (rng.choice((0, 1, 200)), resource.RLIM_INFINITY))

    def long_name():
        player.scene.name = "n" * 300

    def told():
        for _ in range(400):  # a thread writes the picture
            if player.messages:
                return
            run(6)

    def no_folder():
        (here / "file").touch()
        player.scene.name = "file/inside"

    name = type(player.scene).name
    run(10)
    for number in range(COUNT):
        trouble = rng.choice((gone, full, long_name, no_folder))
        what = rng.choice(("s", "v", "save"))
        player.play()
        trouble()
        player.messages = []
        if what == "save":
            player.wish("save")
        else:
            window.input.events.append(Char(ord(what)))
        run(6)
        if what == "s":
            told()
        if what == "v":
            for _ in range(40):  # a full disc shows when the encoder has given something
                if not player.recording:
                    break
                run(10)
            if player.recording:
                window.input.events.append(Char(ord("v")))
                run(6)
            for _ in range(400):  # another process draws, and finds out what is wrong
                if not window.filming.is_drawing:
                    break
                run(6)
        said = [(message.kind, message.text) for message in player.messages]
        resource.setrlimit(resource.RLIMIT_FSIZE, UNLIMITED)
        os.chdir(here)
        player.scene.name = name
        files = sorted(path.name for path in here.iterdir() if path.name != "file")
        steps.append([trouble.__name__, what, said, files, player.recording, meter.count])
    player.messages = []
    window.input.events.append(Char(ord("s")))
    told()
    last = [(message.kind, message.text) for message in player.messages]
print(json.dumps({"steps": steps, "last": last}))
"""


@pytest.mark.parametrize(
    ("seed", "count"), [(1, 4), *(pytest.param(seed, 60, marks=pytest.mark.fuzz) for seed in (2, 3, 4))]
)
def test_a_file_that_cannot_be_written_is_told(display: str, tmp_path: Path, seed: int, count: int) -> None:
    program = PROGRAM.replace("SEED", str(seed)).replace("COUNT", str(count))
    seen: dict[str, Any] = run_program(program, display, tmp_path, patience=60 + 10 * count)
    drawn = 0
    for trouble, what, said, files, recording, count_of_frames in seen["steps"]:
        context = (trouble, what, said, files)
        errors = [text for kind, text in said if kind == "error"]
        assert errors, context
        assert all("\n" not in text and "fault of lossland" not in text for text in errors), context
        assert not any(text.startswith("Saved") for kind, text in said if kind == "note"), context
        assert not files, context
        assert not recording, context
        assert count_of_frames > drawn, context
        drawn = count_of_frames
    [[kind, text]] = seen["last"]
    assert kind == "note"
    assert text == f"Saved linear_map_2d-1.png in {tmp_path}: 2560×1600 pixels."
    assert (tmp_path / "linear_map_2d-1.png").stat().st_size > 10_000

"""What is switched for a whole process is switched back: the program that uses lossland has its own wishes."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from lossland.app.meter import Meter
from lossland.app.window import long_lived

# Read by libraries when they are imported, which cannot be taken back: set in ``render/gl/canvas.py`` alone, except
# for imgui_bundle's own.
AT_IMPORT = {"PYOPENGL_ERROR_CHECKING", "PYOPENGL_PLATFORM", "PYGLFW_LIBRARY"}

SNAPSHOT = """
import gc, json, os
import numpy as np
before = dict(os.environ), gc.get_freeze_count(), gc.isenabled(), np.geterr()
import lossland
lossland.snapshot("optimizer_race", size=(320, 200), ui=True)
after = dict(os.environ), gc.get_freeze_count(), gc.isenabled(), np.geterr()
names = sorted(name for name in {*before[0], *after[0]} if before[0].get(name) != after[0].get(name))
print(json.dumps([names, before[1:] == after[1:]]))
"""


@pytest.mark.parametrize("locale", [None, "/nowhere"])
def test_a_snapshot_leaves_the_process_as_it_was(locale: str | None) -> None:
    env = {name: value for name, value in os.environ.items() if name not in AT_IMPORT | {"LOCPATH", "DISPLAY"}}
    env |= {} if locale is None else {"LOCPATH": locale}
    done = subprocess.run([sys.executable, "-c", SNAPSHOT], env=env, capture_output=True, text=True, check=True)
    changed, same = json.loads(done.stdout)
    assert set(changed) <= AT_IMPORT
    assert same


def canvas_of(parser: SimpleNamespace) -> Any:
    return SimpleNamespace(context=SimpleNamespace(shared=SimpleNamespace(parser=parser)))


def test_a_meter_tells_what_was_drawn_in_the_last_frame() -> None:
    first, second, host = (SimpleNamespace(draws=5, vertices=700) for _ in range(3))  # before the meter came
    hosts: Any = [host]
    meter, other = Meter(canvas_of(first), lambda: hosts), Meter(canvas_of(first))
    for draws, vertices in ((2, 6), (1, 3)):
        with meter.frame(), other.frame():
            first.draws, first.vertices = first.draws + draws, first.vertices + vertices
            host.draws, host.vertices = host.draws + 1, host.vertices + 40
        assert (meter.draws, meter.vertices) == (draws + 1, vertices + 40)
        assert (other.draws, other.vertices) == (draws, vertices)
        first.draws += 7  # between frames
    meter.listen(canvas_of(second))
    with meter.frame():
        first.draws, second.vertices = first.draws + 1, second.vertices + 9
    assert (meter.draws, meter.vertices) == (0, 9)


def test_what_is_long_lived_is_given_back_to_the_garbage_collector() -> None:
    def fails() -> None:
        assert gc.get_freeze_count() > 0
        raise ZeroDivisionError

    assert gc.get_freeze_count() == 0
    with pytest.raises(ZeroDivisionError), long_lived():
        fails()
    assert gc.get_freeze_count() == 0


def test_what_the_program_has_frozen_stays_frozen() -> None:
    gc.freeze()
    try:
        with long_lived():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()

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


class Parser:
    """Stands in for vispy's: it takes commands."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    def parse(self, commands: list[Any]) -> None:
        self.taken += commands


def canvas_of(parser: Parser) -> Any:
    return SimpleNamespace(context=SimpleNamespace(shared=SimpleNamespace(parser=parser)))


def test_a_closed_meter_has_given_the_parser_its_method_back() -> None:
    parser = Parser()
    meter = Meter(canvas_of(parser))
    with meter.frame():
        parser.parse([("DRAW", 1, "triangles", (0, 6))])
    assert (meter.draws, meter.vertices) == (1, 6)
    meter.close()
    assert list(vars(parser)) == ["taken"]
    parser.parse([("DRAW", 1, "triangles", (0, 3))])
    assert len(parser.taken) == 2
    meter.close()  # as often as one likes


def test_a_meter_that_listens_to_another_canvas_leaves_the_first() -> None:
    first, second = Parser(), Parser()
    meter = Meter(canvas_of(first))
    meter.listen(canvas_of(second))
    assert "parse" not in vars(first)
    with meter.frame():
        first.parse([("DRAW", 1, "triangles", (0, 6))])
        second.parse([("DRAW", 1, "triangles", (0, 9))])
    assert meter.vertices == 9


def test_one_meter_within_another() -> None:
    parser = Parser()
    outer = Meter(canvas_of(parser))
    inner = Meter(canvas_of(parser))
    inner.close()
    with outer.frame():
        parser.parse([("DRAW", 1, "triangles", (0, 3))])
    assert outer.vertices == 3
    outer.close()
    assert "parse" not in vars(parser)


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

"""Every handle of every scene, dragged by a real mouse in a real window: ``make test-drive``."""

from __future__ import annotations

from pathlib import Path

import pytest
from windows import run_program

from lossland.scenery import library


@pytest.mark.drive
@pytest.mark.parametrize("name", library.names())
def test_every_handle_follows_the_mouse_and_the_picture_is_true(name: str, display: str, tmp_path: Path) -> None:
    program = f"import dragging, json; print(json.dumps(dragging.found({name!r})))"
    assert run_program(program, display, tmp_path) == []

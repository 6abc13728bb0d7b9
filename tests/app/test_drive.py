"""Handles, clicks and boxes of scenes, by a real mouse and keyboard in a real window: ``make test-drive``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from windows import run_program

from lossland.scenery import library


@pytest.mark.drive
@pytest.mark.parametrize("name", library.names())
def test_every_handle_follows_the_mouse_and_the_picture_is_true(name: str, display: str, tmp_path: Path) -> None:
    program = f"import dragging, json; print(json.dumps(dragging.found({name!r})))"
    assert run_program(program, display, tmp_path) == []


@pytest.mark.drive
@pytest.mark.parametrize(
    ("name", "preset", "layer", "element", "changed"),
    [
        ("attention", "it", "words/Plates", 2, {"token": 2, "alone": True}),
        ("backprop_graph", "network", "nodes/Plates", 3, {"node": "z12"}),
        ("word_embeddings", "king", "terms", 0, {"word": "king", "show": "word"}),
        ("residual_stream", "sharp", "tokens/Plates", 2, {"tokens": "2 5 1 0 5 3 2"}),
        ("residual_stream", "sharp", "blocks/Plates", 0, {"ablate": "attention 1"}),
        ("dropout", "all masks", "units/Plates", 3, {"locked": "4"}),
    ],
)
def test_what_is_clicked_is_seen_at_once(
    name: str, preset: str, layer: str, element: int, changed: dict[str, Any], display: str, tmp_path: Path
) -> None:
    program = f"import dragging, json; print(json.dumps(dragging.clicked({name!r}, {preset!r}, {layer!r}, {element})))"
    assert run_program(program, display, tmp_path) == changed | {"seen": True}


@pytest.mark.drive
def test_a_word_that_is_typed_is_found(display: str, tmp_path: Path) -> None:
    program = "import dragging, json; print(json.dumps(dragging.typed('word_embeddings', 'king', 'word', 'piano')))"
    assert run_program(program, display, tmp_path) == {"word": "piano", "show": "word", "seen": True}

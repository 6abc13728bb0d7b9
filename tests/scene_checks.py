"""What tests of scenes ask of a frame: whether it can be drawn, and whether it is the same as another one."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

import lossland as ll
from lossland.world import layers

LATEX_COLOUR = re.compile(r"\\fgcolor\{([^}]*)\}")


def check_layer(layer: layers.Layer) -> None:
    for name, value in vars(layer).items():
        if isinstance(value, np.ndarray) and value.dtype.kind == "f":
            holes = isinstance(layer, layers.Surface | layers.Sheet)
            assert np.isfinite(value).all() or holes, (layer, name)
    if isinstance(layer, layers.Trail):
        assert len(layer.points) == len(layer.progress)
        assert (np.diff(layer.progress) >= 0).all()
    if isinstance(layer, layers.Arrows):
        assert layer.tail.shape == layer.tip.shape == (len(layer.tail), 3)
        assert isinstance(layer.color, str) or len(layer.color) == len(layer.tail)
    if isinstance(layer, layers.Points) and not isinstance(layer.color, str):
        assert len(layer.color) == len(layer.position)
    if isinstance(layer, layers.Lines):
        assert all(np.isfinite(path).all() for path in layer.paths)


def check_note(note: layers.Note) -> None:
    """All colours in formulas are roles or #RRGGBB; braces balance."""
    written = [value for value in vars(note).values() if isinstance(value, str)]
    if isinstance(note, layers.Facts):
        written += [part for row in note.rows for part in row[1:3]]
    if isinstance(note, layers.Equations):
        written += [row[0] for row in note.rows]
    for text in written:
        assert text.count("{") == text.count("}"), text
        for colour in LATEX_COLOUR.findall(text):
            assert re.fullmatch(r"#[0-9A-Fa-f]{6}|[a-z][a-z0-9_.]*", colour), colour


def describe_frame(frame: ll.Frame) -> str:
    def told(value: Any) -> str:
        if isinstance(value, np.ndarray):
            return f"{value.dtype}{value.shape}{value.tobytes().hex()[:4000]}"
        if isinstance(value, (list, tuple)):
            return "".join(map(told, value))
        if hasattr(value, "__dict__") and not isinstance(value, ll.Terrain):
            return type(value).__name__ + "".join(f"{key}:{told(part)}" for key, part in vars(value).items())
        return "" if isinstance(value, ll.Terrain) else str(value)

    return told(list(frame.layers)) + told(list(frame.notes))

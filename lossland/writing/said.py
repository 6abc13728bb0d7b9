"""The texts of one moment at the positions of another.

Panels are updated a few times a second and everything else with every frame: a number beside a moving head would
differ from the one in the panel. So the texts are those of the panels' moment, and the positions the picture's.
"""

from __future__ import annotations

from dataclasses import replace

from lossland.scenery.scene import Frame
from lossland.world.layers import Label, Layer, Plates, Trail


def said_as(told: Frame, shown: Frame) -> Frame:
    """Return the ``shown`` frame with the texts and numbers of the ``told`` one, where both have the same layers."""
    if told is shown or told.keys != shown.keys:
        return shown
    layers = [_said(before, now) for before, now in zip(told.layers, shown.layers, strict=True)]
    return Frame(layers, shown.notes, shown.view)


def _said(told: Layer, shown: Layer) -> Layer:
    if told is shown:
        return shown
    if isinstance(told, Trail) and isinstance(shown, Trail):
        same = told.label == shown.label and told.value == shown.value
        return shown if same else replace(shown, label=told.label, value=told.value)
    if isinstance(told, Label) and isinstance(shown, Label) and told.latex == shown.latex:
        same = told.text == shown.text and told.value == shown.value
        return shown if same else replace(shown, text=told.text, value=told.value)
    if isinstance(told, Plates) and isinstance(shown, Plates) and len(told.text) == len(shown.text):
        return replace(shown, text=told.text)
    return shown

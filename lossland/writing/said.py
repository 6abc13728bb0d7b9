"""The texts of one moment at the positions of another.

Panels are updated a few times a second and everything else with every frame: a number beside a moving head would
differ from the one in the panel. So the texts are those of the panels' moment, and the positions the picture's.
"""

from __future__ import annotations

from lossland.scenery.scene import Frame
from lossland.world.layers import Label, Layer, Plates, Trail, altered


def can_say(told: Frame, shown: Frame) -> bool:
    """Whether the numbers in the ``shown`` picture can be those of the ``told`` one: both have them on the same layers.

    Other layers may have come or gone since.
    """
    return told.keys == shown.keys or _numbered(told) == _numbered(shown)


def said_as(told: Frame, shown: Frame) -> Frame:
    """Return the ``shown`` frame with the texts and numbers of the ``told`` one, if it can say them.

    Where layers have come or gone only texts with numbers are the told ones: a key without a name of its own is a
    count, and may have passed to another layer.
    """
    if told is shown or not can_say(told, shown):
        return shown
    same = told.keys == shown.keys
    before = {key: one for key, one in zip(told.keys, told.layers, strict=True) if same or _has_numbers(one)}
    layers = [_said(before.get(key, now), now) for key, now in zip(shown.keys, shown.layers, strict=True)]
    return Frame(layers, shown.notes, shown.view)


def _numbered(frame: Frame) -> list[str]:
    """Return the keys of the layers whose text may have numbers."""
    return [key for key, layer in zip(frame.keys, frame.layers, strict=True) if _has_numbers(layer)]


def _has_numbers(layer: Layer) -> bool:
    if isinstance(layer, Label):
        return bool(layer.value) or any(letter.isdigit() for letter in layer.text)
    return isinstance(layer, Trail | Plates)


def _said(told: Layer, shown: Layer) -> Layer:
    if told is shown:
        return shown
    if isinstance(told, Trail) and isinstance(shown, Trail):
        same = told.label == shown.label and told.value == shown.value
        return shown if same else altered(shown, label=told.label, value=told.value)
    if isinstance(told, Label) and isinstance(shown, Label) and told.latex == shown.latex:
        same = told.text == shown.text and told.value == shown.value
        return shown if same else altered(shown, text=told.text, value=told.value)
    if isinstance(told, Plates) and isinstance(shown, Plates) and len(told.text) == len(shown.text):
        return altered(shown, text=told.text)
    return shown

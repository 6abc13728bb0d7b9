"""The texts of tooltips of parameters, sliders and classes, in plain text with units."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossland.numerals import short
from lossland.scenery.parameters import Param
from lossland.world.phrases import plain_text

if TYPE_CHECKING:
    from lossland.ui.lanes import SliderScale


def summary(kind: type) -> str:
    """Return the first paragraph of a class's docstring as one line, "" if it has none."""
    return " ".join((kind.__doc__ or "").split("\n\n")[0].split())


def of_parameter(param: Param) -> str:
    """Return the tooltip of a parameter."""
    return plain_text(param.help or param.label)


def of_cell(param: Param) -> str:
    """Return the tooltip of a parameter's number in a box."""
    return f"{of_parameter(param)}\nDrag sideways to change it, click to type it"


def of_slider(scale: SliderScale, usual: float, unit: str = "") -> str:
    """Return the range and the default of a slider, and how to use it."""
    low, high = (with_unit(end, unit) for end in scale.ends)
    kind = ", by powers of ten" if scale.log else ""
    return f"{low} to {high}{kind}\nDouble click: {with_unit(usual, unit)}, the usual value. Shift: fine steps"


def with_unit(value: float, unit: str) -> str:
    """Return a short number with its unit."""
    return short(value) + (unit if unit in ("", "°") else f" {unit}")

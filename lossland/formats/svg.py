"""SVG: the scene as an embedded PNG, and paths over it. Text is paths too, so no fonts are needed."""

from __future__ import annotations

import base64
import io
from collections import Counter
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

import numpy as np
from PIL import Image

from lossland.formats.drawing import Box, Drawing, Outline, Ramp, Shape


def svg_text(drawing: Drawing, dpi: float | None = None) -> str:
    """Return the whole file. With ``dpi`` its size is in inches, else in pixels."""
    height, width = drawing.image.shape[:2]
    unit, per_unit = ("in", dpi) if dpi else ("", 1.0)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img" '
            f'width="{_number(width / per_unit, 6)}{unit}" height="{_number(height / per_unit, 6)}{unit}" '
            f'viewBox="0 0 {width} {height}">',
            f"<title>{escape(drawing.title)}</title>",
            *_body(drawing),
            "</svg>\n",
        ]
    )


def _body(drawing: Drawing) -> Iterator[str]:
    height, width = drawing.image.shape[:2]
    shapes = [shape for group in drawing.groups for shape in group.shapes if isinstance(shape, Shape)]
    often = [outline for outline, count in Counter(shape.outline for shape in shapes).items() if count > 1]
    names = {outline: f"o{number}" for number, outline in enumerate(often)}
    ramps = [shape for group in drawing.groups for shape in group.shapes if isinstance(shape, Ramp)]
    fills = {ramp: f"r{number}" for number, ramp in enumerate(ramps)}
    clips = {group: f"c{number}" for number, group in enumerate(drawing.groups) if group.clip is not None}
    yield "<defs>"
    for outline, name in names.items():
        yield f'<path id="{name}" d="{_path(outline, 3)}"/>'
    for ramp, name in fills.items():
        yield from _gradient(ramp, name)
    for group, name in clips.items():
        assert group.clip is not None
        yield f'<clipPath id="{name}">{_rect(group.clip)}/></clipPath>'
    yield "</defs>"
    yield f'<image width="{width}" height="{height}" xlink:href="data:image/png;base64,{_png(drawing)}"/>'
    for group in drawing.groups:
        clip = f' clip-path="url(#{clips[group]})"' if group in clips else ""
        label = f" aria-label={quoteattr(group.label)}" if group.label else ""
        yield f"<g{label}{clip}>"
        for shape in group.shapes:
            if isinstance(shape, Ramp):
                yield f'{_rect(shape.box)} fill="url(#{fills[shape]})"/>'
            else:
                yield _shape(shape, names.get(shape.outline))
        yield "</g>"


def _shape(shape: Shape, name: str | None) -> str:
    color, alpha = _color(shape.color), _number(shape.alpha, 3)
    if shape.stroke:
        wide = _number(shape.stroke / shape.scale, 4)
        paint = f'fill="none" stroke="{color}" stroke-width="{wide}" stroke-linejoin="round"'
        opacity = f' stroke-opacity="{alpha}"' if shape.alpha < 1 else ""
    else:
        paint, opacity = f'fill="{color}"', f' fill-opacity="{alpha}"' if shape.alpha < 1 else ""
    x, y = (_number(v, 3) for v in shape.at)
    transform = "" if (x, y, shape.scale) == ("0", "0", 1.0) else f' transform="translate({x} {y})'
    transform += f' scale({_number(shape.scale, 6)})"' if transform and shape.scale != 1.0 else '"' if transform else ""
    what = f'<use xlink:href="#{name}"' if name else f'<path d="{_path(shape.outline, 2)}"'
    return f"{what} {paint}{opacity}{transform}/>"


def _path(outline: Outline, digits: int) -> str:
    rings = [np.round(ring, digits) for ring in outline.rings]
    return "".join(f"M{'L'.join(f'{_number(x, digits)} {_number(y, digits)}' for x, y in ring)}Z" for ring in rings)


def _gradient(ramp: Ramp, name: str) -> Iterator[str]:
    left, top, right, bottom = (_number(v, 2) for v in ramp.box)
    ends = f'x1="{left}" y1="{top}" ' + (f'x2="{left}" y2="{bottom}"' if ramp.down else f'x2="{right}" y2="{top}"')
    yield f'<linearGradient id="{name}" gradientUnits="userSpaceOnUse" {ends}>'
    for share, color, alpha in ramp.stops:
        opacity = f' stop-opacity="{_number(alpha, 3)}"' if alpha < 1 else ""
        yield f'<stop offset="{_number(share, 5)}" stop-color="{_color(color)}"{opacity}/>'
    yield "</linearGradient>"


def _rect(box: Box) -> str:
    left, top, right, bottom = box
    x, y, width, height = (_number(v, 2) for v in (left, top, right - left, bottom - top))
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}"'


def _color(rgb: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * c):02x}" for c in rgb)


def _number(value: float, digits: int) -> str:
    text = f"{value:.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _png(drawing: Drawing) -> str:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(drawing.image)).save(file, "png")
    return base64.b64encode(file.getvalue()).decode("ascii")

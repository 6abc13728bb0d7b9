"""Single-page PDF: the scene as an image, and paths over it. Text is paths too, so no fonts are needed.

A minimal subset of PDF 1.4 (ISO 32000-1 without encryption, with soft masks). The same drawing gives the same bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lossland.formats.drawing import Box, Drawing, Group, Outline, Ramp, Shape

POINTS = 72.0  # in an inch
DPI = 96.0  # default resolution: CSS pixels


def pdf_bytes(drawing: Drawing, dpi: float | None = None) -> bytes:
    """Return the whole file; a pixel is 1/``dpi`` inches wide."""
    return _Page(drawing, dpi or DPI).file()


class _Page:
    def __init__(self, drawing: Drawing, dpi: float) -> None:
        self.drawing, self.unit = drawing, POINTS / dpi
        self.objects: list[bytes] = []
        self.states: dict[float | int, str] = {}  # names of graphics states, by alpha or mask number
        self.forms: dict[tuple[Outline, bool], str] = {}  # names of letters and the like, filled or stroked
        self.resources: dict[str, list[str]] = {"ExtGState": [], "XObject": [], "Shading": []}

    def file(self) -> bytes:
        height, width = self.drawing.image.shape[:2]
        catalog, pages, page = self._reserve(), self._reserve(), self._reserve()
        self._use("XObject", "Scene", self._image(self.drawing.image))
        content = [f"{_n(self.unit)} 0 0 {_n(-self.unit)} 0 {_n(height * self.unit)} cm"]  # pixels, y down
        content.append(f"q {width} 0 0 {-height} 0 {height} cm /Scene Do Q")
        for group in self.drawing.groups:
            content += self._group(group)
        stream = self._stream("", "\n".join(content).encode("ascii"))
        info = self._add(f"<< /Title {_text(self.drawing.title)} /Producer (lossland) >>".encode("ascii"))
        box = f"[0 0 {_n(width * self.unit)} {_n(height * self.unit)}]"
        self._set(catalog, f"<< /Type /Catalog /Pages {pages} 0 R >>")
        self._set(pages, f"<< /Type /Pages /Kids [{page} 0 R] /Count 1 >>")
        self._set(
            page,
            f"<< /Type /Page /Parent {pages} 0 R /MediaBox {box} /Contents {stream} 0 R "
            f"/Group << /S /Transparency /CS /DeviceRGB >> /Resources {self._listed()} >>",
        )
        return self._assembled(catalog, info)

    # ------------------------------------------------------------------------------------------- drawing
    def _group(self, group: Group) -> list[str]:
        lines = ["q"]
        if group.clip is not None:
            lines.append(f"{_rect(group.clip)} re W n")
        for shape in group.shapes:
            lines += self._ramp(shape) if isinstance(shape, Ramp) else self._shape(shape)
        return [*lines, "Q"]

    def _shape(self, shape: Shape) -> list[str]:
        (x, y), scale = shape.at, shape.scale
        operator = "S" if shape.stroke else "f"
        ink = f"{_ns(shape.color)} {'RG' if shape.stroke else 'rg'}"
        line = f" {_n(shape.stroke / scale)} w 1 j" if shape.stroke else ""
        transform = f"{_n(scale)} 0 0 {_n(scale)} {_n(x)} {_n(y)} cm"
        letter = scale != 1.0  # which may be reused
        paint = f"/{self._form(shape.outline, operator)} Do" if letter else f"{_path(shape.outline)} {operator}"
        return [f"q /{self._alpha(shape.alpha)} gs {ink}{line} {transform} {paint} Q"]

    def _ramp(self, ramp: Ramp) -> list[str]:
        clear = any(alpha < 1 for _, _, alpha in ramp.stops)
        colors = self._shading(ramp, "/DeviceRGB", [color for _, color, _ in ramp.stops])
        self._use("Shading", f"R{colors}", colors)
        state = self._mask(ramp) if clear else self._alpha(1.0)
        return [f"q /{state} gs {_rect(ramp.box)} re W n /R{colors} sh Q"]

    def _shading(self, ramp: Ramp, space: str, values: Sequence[Sequence[float]]) -> int:
        """Add an axial shading, linear between stops."""
        left, top, right, bottom = ramp.box
        ends = (left, top, left, bottom) if ramp.down else (left, top, right, top)
        pieces = [
            f"<< /FunctionType 2 /Domain [0 1] /N 1 /C0 [{_ns(a)}] /C1 [{_ns(b)}] >>" for a, b in pairwise(values)
        ]
        bounds, encode = _ns([share for share, _, _ in ramp.stops[1:-1]]), _ns([0, 1] * len(pieces))
        function = f"<< /FunctionType 3 /Domain [0 1] /Functions [{' '.join(pieces)}] /Bounds [{bounds}] "
        function += f"/Encode [{encode}] >>"
        shading = f"<< /ShadingType 2 /ColorSpace {space} /Coords [{_ns(ends)}] /Function {function} >>"
        return self._add(shading.encode("ascii"))

    def _mask(self, ramp: Ramp) -> str:
        """Return the name of a graphics state with a ramp's alpha as soft mask."""
        shading = self._shading(ramp, "/DeviceGray", [(alpha,) for _, _, alpha in ramp.stops])
        left, top, right, bottom = ramp.box
        form = self._stream(
            f"/Type /XObject /Subtype /Form /BBox [{_ns((left, top, right, bottom))}] "
            f"/Group << /S /Transparency /CS /DeviceGray >> /Resources << /Shading << /M {shading} 0 R >> >>",
            b"/M sh",
        )
        name = f"M{form}"
        self.resources["ExtGState"].append(f"/{name} << /SMask << /S /Luminosity /G {form} 0 R >> >>")
        return name

    def _alpha(self, alpha: float) -> str:
        alpha = round(alpha, 3)
        if alpha not in self.states:
            name = self.states[alpha] = f"A{len(self.states)}"
            self.resources["ExtGState"].append(f"/{name} << /ca {_n(alpha)} /CA {_n(alpha)} /SMask /None >>")
        return self.states[alpha]

    def _form(self, outline: Outline, operator: str) -> str:
        key = outline, operator == "S"
        if key not in self.forms:
            points = np.concatenate(list(outline.rings)) if outline.rings else np.zeros((1, 2))
            margin = np.ptp(points, axis=0).max() + 1.0  # for wide strokes
            box = _ns([*(points.min(axis=0) - margin), *(points.max(axis=0) + margin)])
            number = self._stream(
                f"/Type /XObject /Subtype /Form /BBox [{box}]", f"{_path(outline)} {operator}".encode("ascii")
            )
            name = self.forms[key] = f"F{number}"
            self._use("XObject", name, number)
        return self.forms[key]

    def _image(self, image: np.ndarray) -> int:
        height, width, bands = image.shape
        kind = f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 8"
        mask = ""
        if bands == 4:
            alpha = self._stream(f"{kind} /ColorSpace /DeviceGray", np.ascontiguousarray(image[..., 3]).tobytes())
            mask = f" /SMask {alpha} 0 R"
        return self._stream(f"{kind} /ColorSpace /DeviceRGB{mask}", np.ascontiguousarray(image[..., :3]).tobytes())

    # ----------------------------------------------------------------------------------------- the file itself
    def _use(self, kind: str, name: str, number: int) -> None:
        self.resources[kind].append(f"/{name} {number} 0 R")

    def _listed(self) -> str:
        return "<< " + " ".join(f"/{kind} << {' '.join(items)} >>" for kind, items in self.resources.items()) + " >>"

    def _reserve(self) -> int:
        return self._add(b"")

    def _set(self, number: int, body: str) -> None:
        self.objects[number - 1] = body.encode("ascii")

    def _add(self, body: bytes) -> int:
        self.objects.append(body)
        return len(self.objects)

    def _stream(self, head: str, data: bytes) -> int:
        packed = zlib.compress(data, 9)
        start = f"<< {head} /Filter /FlateDecode /Length {len(packed)} >>\nstream\n".encode("ascii")
        return self._add(start + packed + b"\nendstream")

    def _assembled(self, catalog: int, info: int) -> bytes:
        file, offsets = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
        for number, body in enumerate(self.objects, 1):
            offsets.append(len(file))
            file += f"{number} 0 obj\n".encode("ascii") + body + b"\nendobj\n"
        start, count = len(file), len(offsets) + 1
        file += f"xref\n0 {count}\n0000000000 65535 f \n".encode("ascii")
        file += b"".join(f"{offset:010d} 00000 n \n".encode("ascii") for offset in offsets)
        trailer = f"trailer\n<< /Size {count} /Root {catalog} 0 R /Info {info} 0 R >>\nstartxref\n{start}\n%%EOF\n"
        return bytes(file + trailer.encode("ascii"))


def _path(outline: Outline) -> str:
    parts = []
    for ring in outline.rings:
        (x, y), *rest = ring.tolist()
        parts += [f"{_n(x)} {_n(y)} m", *(f"{_n(u)} {_n(v)} l" for u, v in rest), "h"]
    return " ".join(parts)


def _rect(box: Box) -> str:
    left, top, right, bottom = box
    return _ns((left, top, right - left, bottom - top))


def _ns(values: Sequence[float]) -> str:
    return " ".join(map(_n, values))


def _n(value: float) -> str:
    text = f"{value:.4f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _text(text: str) -> str:
    """Return a text string in hexadecimal UTF-16."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"

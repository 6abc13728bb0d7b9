"""A type of layer has all that belongs to one: a painter, a picker, a description, a golden, a place in the gallery.

That a golden shows it is tested beside the goldens, in ``tests/render/test_goldens.py``.
"""

from __future__ import annotations

from typing import get_type_hints

import numpy as np
import pytest
from frames import FRAMES, ROOT
from kinds import DRAWN, KINDS, POINTED_AT, SILENT, WRITTEN

import lossland as ll
from lossland.pointing.picker import PICKERS
from lossland.pointing.picking import Hit, describe, pick
from lossland.render.painter import REGISTRY
from lossland.render.renderer import Renderer  # registers the painters  # noqa: F401
from lossland.world.camera import Camera
from lossland.world.layers import ArrowLook, Arrows, Label, LabelLook, Layer, PointLook, Points

SIZE = (256, 160)


def named(kind: type[Layer]) -> str:
    return kind.__name__


@pytest.mark.parametrize("kind", DRAWN, ids=named)
def test_it_has_a_painter(kind: type[Layer]) -> None:
    assert kind in REGISTRY, f"{kind.__name__} has no painter in lossland/render/painters"


def test_what_has_no_painter_is_written() -> None:
    class Page(ll.Scene):
        name = "page"
        labels = True

        def frame(self, time: float) -> ll.Frame:
            return ll.Frame([Label((0.0, 0.0, 0.0), "here")] if self.labels else [])

    page = Page()
    written = ll.snapshot(page, SIZE).astype(int)
    page.labels = False
    assert (np.abs(written - ll.snapshot(page, SIZE)).max(axis=-1) > 100).sum() > 20
    assert set(KINDS) - set(REGISTRY) == WRITTEN == {Label}


@pytest.mark.parametrize("kind", POINTED_AT, ids=named)
def test_something_is_said_of_what_is_found_of_it(kind: type[Layer]) -> None:
    """In the frames of the gallery one looks for a pixel at which the layer is found."""
    assert kind in PICKERS, f"{kind.__name__} has no picker in lossland/pointing/pickers"
    for make in FRAMES.values():
        frame = make()
        camera = Camera(frame.view.azimuth, frame.view.elevation, frame.view.flat)
        assert frame.view.bounds is not None
        camera.fit(frame.view.bounds, SIZE)
        for key, layer in zip(frame.keys, frame.layers, strict=True):
            if type(layer) is not kind:
                continue
            for x, y in ((x, y) for y in range(4, SIZE[1], 6) for x in range(4, SIZE[0], 6)):
                picked = pick(layer, frame, camera, (x, y), SIZE, 4.0)
                if picked is None:
                    continue
                said = describe(Hit(key, picked), frame)
                assert said is not None
                assert said.title
                assert said.ring or said.outlines, f"nothing of a {kind.__name__} is highlighted"
                return
    pytest.fail(f"in no frame of tools/gallery.py a {kind.__name__} can be found")


@pytest.mark.parametrize("kind", SILENT, ids=named)
def test_what_is_silent_has_no_picker(kind: type[Layer]) -> None:
    assert kind not in PICKERS, f"{kind.__name__} has a picker: take it out of SILENT"


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_the_gallery_shows_it(kind: type[Layer]) -> None:
    names = [name for name, make in FRAMES.items() if any(type(layer) is kind for layer in make().layers)]
    page = (ROOT / "docs" / "gallery.md").read_text()
    for theme in ("dark", "print"):
        pictures = [f"pictures/gallery/{name}_{theme}.png" for name in names]
        there = [picture for picture in pictures if picture in page and (ROOT / "docs" / picture).exists()]
        assert there, f"no {theme} picture of a {kind.__name__} is in docs/gallery.md"


@pytest.mark.parametrize("kind", [Points, Arrows, Label], ids=named)
def test_the_options_that_are_passed_on_are_its_fields(kind: type[Layer]) -> None:
    """Where several layers are made at once, a type names what may be passed on to each of them."""
    said = get_type_hints({Points: PointLook, Arrows: ArrowLook, Label: LabelLook}[kind])
    assert set(said) > {"key", "worth", "units"}
    types = get_type_hints(kind)
    assert {name: types[name] for name in said} == said

"""Every layer in both themes against stored pictures, drawn by Mesa's software rasterizer llvmpipe.

Pixels may differ by 2 of 255 at most, but for one in a thousand. Another renderer (``LOSSLAND_GL=auto pytest
tests/render/test_goldens.py`` on a machine with a graphics card) rounds and samples edges in its own way: there most
pixels have to be about the same. ``pytest --regenerate-goldens`` writes them again; a failure leaves what was drawn and
a picture of the differences in ``out/``.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lossland.render.gl import canvas
from lossland.render.painter import REGISTRY, Quality
from lossland.render.renderer import Renderer
from lossland.world.camera import Camera
from lossland.world.theme import theme as theme_named

ROOT = Path(__file__).parents[2]
GOLDENS = Path(__file__).parents[1] / "goldens"
FAILED = ROOT / "out" / "goldens"
SIZE = (256, 160)
QUALITY = Quality(mesh=96, lit=320, bake=160, supersample=2)
TOLERANCE, SHARE = 2, 0.999  # of 255, of the pixels
TOLERANCE_ELSEWHERE, SHARE_ELSEWHERE = 16, 0.97


def gallery():
    """Load ``tools/gallery.py``, which composes the frames."""
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "tools" / "gallery.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


FRAMES = gallery().FRAMES


@pytest.fixture(scope="module", autouse=True)
def context():
    canvas.headless().set_current()


def drawn(name, theme):
    frame = FRAMES[name]()
    view = frame.view
    camera = Camera(view.azimuth, view.elevation, view.flat)
    camera.fit(view.bounds, SIZE)
    renderer = Renderer(theme_named(theme))
    image = renderer.image(frame, camera, SIZE, quality=QUALITY, pixel_ratio=0.5)
    renderer.close()
    return image[..., :3]


@pytest.mark.parametrize("theme", ["dark", "print"])
@pytest.mark.parametrize("name", FRAMES)
def test_a_layer_looks_as_it_did(name, theme, request):
    image = drawn(name, theme)
    assert np.ptp(image.reshape(-1, 3), axis=0).max() > 60  # there is a picture
    golden = GOLDENS / f"{name}_{theme}.png"
    if request.config.getoption("--regenerate-goldens"):
        GOLDENS.mkdir(exist_ok=True)
        Image.fromarray(image).save(golden, optimize=True)
    pinned = "llvmpipe" in canvas.description()["renderer"]
    tolerance, least = (TOLERANCE, SHARE) if pinned else (TOLERANCE_ELSEWHERE, SHARE_ELSEWHERE)
    expected = np.asarray(Image.open(golden))
    assert expected.shape == image.shape
    off = np.abs(image.astype(int) - expected).max(axis=-1)
    share = float((off <= tolerance).mean())
    if share < least:
        FAILED.mkdir(parents=True, exist_ok=True)
        difference = np.repeat(np.minimum(off * 8, 255).astype(np.uint8)[..., None], 3, axis=-1)
        side_by_side = np.concatenate([expected, image, difference], axis=1)
        Image.fromarray(side_by_side).save(FAILED / golden.name)
    assert share >= least, f"{1 - share:.2%} of the pixels differ: see {FAILED / golden.name}"


def test_every_kind_of_layer_is_in_the_gallery():
    shown = {type(layer) for make in FRAMES.values() for layer in make().layers}
    assert set(REGISTRY) - shown == NOT_SHOWN


NOT_SHOWN: set[type] = set()


def test_drawing_a_picture_twice_gives_the_same_bytes():
    assert np.array_equal(drawn("solids", "dark"), drawn("solids", "dark"))

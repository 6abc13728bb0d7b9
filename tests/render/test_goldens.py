"""Every layer in both themes against stored pictures, drawn by Mesa's software rasterizer llvmpipe.

Pixels may differ by 2 of 255 at most, but for one in a thousand. Another renderer (``LOSSLAND_GL=auto pytest
tests/render/test_goldens.py`` on a machine with a graphics card) rounds and samples edges in its own way: there most
pixels have to be about the same. ``pytest --regenerate-goldens`` writes them again; a failure leaves what was drawn and
a picture of the differences in ``out/``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from frames import FRAMES, ROOT
from kinds import DRAWN
from PIL import Image

from lossland.render.gl import canvas
from lossland.render.painter import Quality
from lossland.render.renderer import Renderer
from lossland.scenery.scene import Frame
from lossland.world.camera import Camera
from lossland.world.theme import theme as theme_named

GOLDENS = Path(__file__).parents[1] / "goldens"
FAILED = ROOT / "out" / "goldens"
SIZE = (256, 160)
QUALITY = Quality(mesh=96, lit=320, bake=160, supersample=2)
TOLERANCE, SHARE = 2, 0.999  # of 255, of the pixels
TOLERANCE_ELSEWHERE, SHARE_ELSEWHERE = 16, 0.97


@pytest.fixture(scope="module", autouse=True)
def context():
    canvas.headless().set_current()


def drawn(frame, theme):
    view = frame.view
    camera = Camera(view.azimuth, view.elevation, view.flat)
    camera.fit(view.bounds, SIZE)
    renderer = Renderer(theme_named(theme))
    image = renderer.image(frame, camera, SIZE, quality=QUALITY, pixel_ratio=0.5)
    renderer.close()
    return image[..., :3]


def difference(image, expected, tolerance=TOLERANCE):
    """Return how far each pixel is off, and the share of the pixels that are within the tolerance."""
    off = np.abs(image.astype(int) - expected).max(axis=-1)
    return off, float((off <= tolerance).mean())


@pytest.mark.parametrize("theme", ["dark", "print"])
@pytest.mark.parametrize("name", FRAMES)
def test_a_layer_looks_as_it_did(name, theme, request):
    image = drawn(FRAMES[name](), theme)
    assert np.ptp(image.reshape(-1, 3), axis=0).max() > 60  # there is a picture
    golden = GOLDENS / f"{name}_{theme}.png"
    if request.config.getoption("--regenerate-goldens"):
        GOLDENS.mkdir(exist_ok=True)
        Image.fromarray(image).save(golden, optimize=True)
    pinned = "llvmpipe" in canvas.description()["renderer"]
    tolerance, least = (TOLERANCE, SHARE) if pinned else (TOLERANCE_ELSEWHERE, SHARE_ELSEWHERE)
    expected = np.asarray(Image.open(golden))
    assert expected.shape == image.shape
    off, share = difference(image, expected, tolerance)
    if share < least:
        FAILED.mkdir(parents=True, exist_ok=True)
        differences = np.repeat(np.minimum(off * 8, 255).astype(np.uint8)[..., None], 3, axis=-1)
        side_by_side = np.concatenate([expected, image, differences], axis=1)
        Image.fromarray(side_by_side).save(FAILED / golden.name)
    assert share >= least, f"{1 - share:.2%} of the pixels differ: see {FAILED / golden.name}"


def test_drawing_a_picture_twice_gives_the_same_bytes():
    once, again = (drawn(FRAMES["solids"](), "dark") for _ in range(2))
    assert np.array_equal(once, again)


# --------------------------------------------------------------------------- every type of layer is shown by one
@pytest.mark.parametrize("kind", DRAWN, ids=lambda kind: kind.__name__)
def test_a_golden_shows_the_layer(kind):
    """Without the layers of the type some golden would fail."""
    names = [name for name, make in FRAMES.items() if any(type(layer) is kind for layer in make().layers)]
    assert names, f"no frame of tools/gallery.py has a layer of the type {kind.__name__}, so no golden shows it"
    for name in names:
        frame = FRAMES[name]()
        rest = Frame([layer for layer in frame.layers if type(layer) is not kind], view=frame.view)
        if difference(drawn(rest, "dark"), np.asarray(Image.open(GOLDENS / f"{name}_dark.png")))[1] < SHARE:
            return
    pytest.fail(f"{kind.__name__} is in the frames {', '.join(names)}, but leaving it out changes no golden")

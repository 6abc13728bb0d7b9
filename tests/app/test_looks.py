"""How a still or film may look: from where, on what, with which colours, and as which file."""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ET
import zlib
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw

from lossland.app.film import record
from lossland.app.stage import Stage, snapshot, straight_alpha
from lossland.cli import main
from lossland.errors import UserError
from lossland.formats.drawing import Drawing, Ramp, Shape
from lossland.formats.stills import write_drawing, write_image
from lossland.scenery import library
from lossland.world import colormaps
from lossland.world.theme import DARK, PRINT

SIZE = (480, 270)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def drawn() -> tuple[Drawing, np.ndarray]:
    """A picture as a drawing and as pixels."""
    with Stage("optimizer_race", (960, 540)) as stage:
        return stage.drawing(4.0), stage.render(4.0)


# ------------------------------------------------------------------------------------------------ from where
def test_a_camera_looks_from_where_it_is_told() -> None:
    with Stage("himmelblau", SIZE, camera=(25.0, 60.0, 7.5)) as stage:
        image = stage.render(2.0)
        pose = stage.player.camera.pose
    assert (pose.azimuth, pose.elevation, pose.distance) == (25.0, 60.0, 7.5)
    with Stage("himmelblau", SIZE) as stage:
        first = stage.render(2.0, azimuth=25.0, elevation=60.0, distance=7.5)  # also where nothing was drawn before
        again = stage.render(2.0, azimuth=25.0, elevation=60.0, distance=7.5)
    np.testing.assert_array_equal(image, first)
    np.testing.assert_array_equal(first, again)


def test_a_camera_without_a_distance_keeps_the_scenes_own() -> None:
    with Stage("himmelblau", SIZE) as stage:
        stage.render(0.0)
        own = stage.player.camera.pose
    with Stage("himmelblau", SIZE, camera=(10.0, 30.0)) as stage:
        stage.render(0.0)
        pose = stage.player.camera.pose
    assert (pose.azimuth, pose.elevation, pose.distance) == (10.0, 30.0, own.distance)


@pytest.mark.parametrize("camera", [(1.0,), (1.0, 2.0, 3.0, 4.0), (0.0, 91.0), (0.0, 30.0, 0.0), (np.nan, 30.0), "ab"])
def test_a_camera_that_is_none_is_refused(camera) -> None:
    with pytest.raises(UserError):
        Stage("himmelblau", SIZE, camera=camera)


def test_a_domain_is_shown_and_others_are_refused() -> None:
    for domain in ((-1, 2, -3, 4), ((-1, 2), (-3, 4))):
        stage = Stage("himmelblau", SIZE, domain=domain)
        surface = stage.player.surface()
        assert surface is not None
        assert surface.terrain.domain == ((-1.0, 2.0), (-3.0, 4.0))
    with pytest.raises(UserError, match="no landscape"):
        Stage("linear_map_2d", SIZE, domain=(0, 1, 0, 1))
    with pytest.raises(UserError, match="x0, x1, y0, y1"):
        Stage("himmelblau", SIZE, domain=(0, 1, 0))


# ------------------------------------------------------------------------------------------------ on what
def test_a_transparent_picture_over_white_is_the_picture_on_white_paper() -> None:
    opaque = snapshot("himmelblau", SIZE, theme="print")
    clear = snapshot("himmelblau", SIZE, theme="print", transparent=True)
    assert (clear[:5, :, 3] == 0).all()
    assert (clear[..., 3] == 255).mean() > 0.08  # the block
    alpha = clear[..., 3:] / 255.0
    over = clear[..., :3] * alpha + 255 * (1 - alpha)
    assert np.abs(over - opaque[..., :3]).max() <= 6  # of 255: the edges are blended in another order
    assert np.abs(over - opaque[..., :3]).mean() < 0.1


def test_colours_are_not_multiplied_by_alpha() -> None:
    premultiplied = np.array([[[64, 32, 0, 128], [0, 0, 0, 0], [10, 20, 30, 255], [3, 2, 1, 3]]], np.uint8)
    expected = [[128, 64, 0, 128], [0, 0, 0, 0], [10, 20, 30, 255], [255, 170, 85, 3]]
    assert straight_alpha(premultiplied)[0] == pytest.approx(np.array(expected), abs=1)


def test_paper_is_white_up_to_its_edges() -> None:
    assert PRINT.hex("background") == PRINT.hex("background.edge") == "#FFFFFF"
    image = snapshot("himmelblau", SIZE, theme="print", title=False)
    for corner in (image[:12, :12], image[:12, -12:], image[-12:, :12], image[-12:, -12:]):
        assert (corner == 255).all()


def test_without_a_title_there_is_nothing_at_the_upper_left() -> None:
    titled, plain = (
        snapshot("himmelblau", (960, 540), theme="print", title=title)[:90, :330] for title in (True, False)
    )
    assert (titled < 128).any()
    assert (plain == 255).all()


# ------------------------------------------------------------------------------------------------ which colours
@pytest.mark.parametrize(
    ("name", "colors"),
    [  # at 0, 1/2 and 1, as Matplotlib publishes them
        ("viridis", [(68, 1, 84), (33, 145, 140), (253, 231, 37)]),
        ("magma", [(0, 0, 4), (183, 55, 121), (252, 253, 191)]),
        ("gray", [(0, 0, 0), (128, 128, 128), (255, 255, 255)]),
    ],
)
def test_named_maps_are_the_published_ones(name, colors) -> None:
    table = 255 * DARK.with_map(name).height_map
    assert table[[0, 128, 255]] == pytest.approx(np.array(colors), abs=2)
    assert DARK.with_map(name + "_r").height_map == pytest.approx(table[::-1] / 255, abs=0.01)
    assert DARK.with_map(None) is DARK


def test_a_picture_takes_its_heights_colours_from_a_map() -> None:
    block = np.s_[80:140, 240:330, :3]
    image = snapshot("himmelblau", SIZE, cmap="gray", title=False)[block].astype(int)
    assert np.median(np.ptp(image, axis=-1)) < 20  # the lamps are a little warm and blue
    own = snapshot("himmelblau", SIZE, title=False)[block].astype(int)
    assert np.median(np.ptp(own, axis=-1)) > 30
    with pytest.raises(UserError, match="Did you mean 'viridis'"):
        colormaps.stops("viridus")


# ------------------------------------------------------------------------------------------------ which file
def test_pixels_an_inch_are_in_the_file(tmp_path: Path) -> None:
    image = np.zeros((4, 6, 3), np.uint8)
    for ending in ("png", "jpg", "webp"):
        write_image(tmp_path / f"a.{ending}", image, 300)
    png = (tmp_path / "a.png").read_bytes()
    x, y, unit = struct.unpack(">IIB", png[png.index(b"pHYs") + 4 :][:9])
    assert (x, y, unit) == (11811, 11811, 1)  # pixels a metre: 300 / 0.0254
    jpeg = (tmp_path / "a.jpg").read_bytes()
    unit, x, y = struct.unpack(">BHH", jpeg[jpeg.index(b"JFIF\0") + 7 :][:5])
    assert (unit, x, y) == (1, 300, 300)
    with Image.open(tmp_path / "a.webp") as webp:
        tags = webp.getexif()
    assert (float(tags[0x011A]), float(tags[0x011B]), tags[0x0128]) == (300.0, 300.0, 2)
    write_image(tmp_path / "b.png", image)
    assert b"pHYs" not in (tmp_path / "b.png").read_bytes()


def test_every_format_holds_the_picture(tmp_path: Path, drawn) -> None:
    image = drawn[1]
    for ending in ("png", "jpg", "webp"):
        write_image(tmp_path / f"a.{ending}", image[..., :3])
        read = np.asarray(Image.open(tmp_path / f"a.{ending}").convert("RGB"), float)
        assert np.abs(read - image[..., :3]).mean() < (1e-9 if ending == "png" else 2.5)
    write_image(tmp_path / "clear.webp", np.full((8, 8, 4), 128, np.uint8))
    assert np.asarray(Image.open(tmp_path / "clear.webp"))[0, 0, 3] == 128


def painted(drawing: Drawing, times: int) -> np.ndarray:
    """Return what an independent painter makes of a drawing, ``times`` as large: Pillow's polygons."""
    height, width = drawing.image.shape[:2]
    canvas = Image.fromarray(drawing.image[..., :3]).resize((width * times, height * times), Image.Resampling.NEAREST)
    for group in drawing.groups:
        for shape in group.shapes:
            if isinstance(shape, Ramp):
                table = np.array([color for _, color, _ in shape.stops])
                left, top, right, bottom = (round(times * v) for v in shape.box)
                share = (np.arange(bottom - top) + 0.5) / (bottom - top)
                at = [t for t, _, _ in shape.stops]
                column = np.stack([np.interp(share, at, table[:, band]) for band in range(3)], axis=-1)
                area = np.repeat(np.round(255 * column).astype(np.uint8)[:, None], right - left, axis=1)
                canvas.paste(Image.fromarray(area), (left, top))
                continue
            letter = shape.scale != 1.0
            rings = [times * (np.array(shape.at) + shape.scale * ring) for ring in shape.outline.rings]
            wide = round(times * shape.stroke)
            corner = np.floor(np.min([ring.min(axis=0) for ring in rings], axis=0)).astype(int) - wide - 1
            end = np.ceil(np.max([ring.max(axis=0) for ring in rings], axis=0)).astype(int) + wide + 2
            mask = Image.new("1", (end - corner).tolist())
            for ring in rings:
                points = [tuple(p) for p in ring - corner]
                if shape.stroke:
                    ImageDraw.Draw(mask).line([*points, points[0]], 1, wide, joint="curve")
                elif letter or len(ring) != 3:  # rings within rings are holes
                    one = Image.new("1", mask.size)
                    ImageDraw.Draw(one).polygon(points, 1)
                    mask = ImageChops.logical_xor(mask, one)
                else:
                    ImageDraw.Draw(mask).polygon(points, 1)
            color = tuple(round(255 * c) for c in shape.color)
            alpha = Image.fromarray(np.round(np.asarray(mask.convert("L")) * shape.alpha).astype(np.uint8))
            canvas.paste(color, tuple(corner.tolist()), alpha)
    return np.asarray(canvas.resize((width, height), Image.Resampling.BOX), float)


def test_a_drawing_is_the_picture(drawn) -> None:
    drawing, image = drawn
    assert drawing.image.shape == image.shape
    gap = np.abs(painted(drawing, 4) - image[..., :3]).max(axis=-1)
    bare = np.abs(drawing.image[..., :3].astype(float) - image[..., :3]).max(axis=-1)
    written = bare > 24  # where something is written
    assert written.mean() > 0.008
    assert gap.mean() < 0.4 * bare.mean()  # letters of pixels are hinted, and halos are drawn otherwise
    assert gap[~written].mean() < 0.25
    assert np.mean(gap[written] > 96) < 0.08  # letters stand within half a pixel


def labels(drawing: Drawing) -> list[str]:
    return [group.label for group in drawing.groups if group.label]


def test_an_svg_needs_no_font_and_says_what_it_shows(tmp_path: Path, drawn) -> None:
    drawing, _ = drawn
    write_drawing(tmp_path / "a.svg", drawing, 192)
    root = ET.parse(tmp_path / "a.svg").getroot()
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("5in", "2.8125in", "0 0 960 540")
    assert root.findtext(f"{SVG}title") == drawing.title == "Optimizer race"
    assert not list(root.iter(f"{SVG}text"))
    assert "font" not in (tmp_path / "a.svg").read_text()
    told = [group.get("aria-label") for group in root.iter(f"{SVG}g") if group.get("aria-label")]
    assert told == labels(drawing)
    assert {"Himmelblau", "Momentum", "loss", "RMSprop", "300", "start"} <= set(told)
    assert any("x^2" in (text or "").replace("{2}", "2") for text in told)
    (scene,) = root.iter(f"{SVG}image")
    data = scene.get("{http://www.w3.org/1999/xlink}href", "").partition("base64,")[2]
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(b64decode(data)))), drawing.image)
    named = {path.get("id") for path in root.find(f"{SVG}defs") or ()}
    used = {use.get("{http://www.w3.org/1999/xlink}href", "")[1:] for use in root.iter(f"{SVG}use")}
    assert used <= named
    gradients = list(root.iter(f"{SVG}linearGradient"))
    assert len(gradients) == 1  # the colour bar: one piece, and no steps in it
    assert len(list(gradients[0])) == 49
    write_drawing(tmp_path / "b.svg", drawing, 192)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_pdf_holds_the_scene_and_no_fonts(tmp_path: Path, drawn) -> None:
    drawing, _ = drawn
    write_drawing(tmp_path / "a.pdf", drawing, 144)
    data = (tmp_path / "a.pdf").read_bytes()
    start = int(data[data.rindex(b"startxref") :].split()[1])
    assert data[start : start + 4] == b"xref"
    places = [int(line[:10]) for line in data[start:].splitlines()[3:] if line.endswith(b"n ")]
    for number, place in enumerate(places, 1):
        assert data[place:].startswith(f"{number} 0 obj".encode())
    assert b"/MediaBox [0 0 480 270]" in data  # points: 960 and 540 pixels at 144 an inch
    assert b"/Font" not in data
    assert "Optimizer race".encode("utf-16-be").hex().upper().encode() in data
    streams = re.findall(rb"<<([^\n]*)/Length (\d+) >>\nstream\n", data)
    assert len(streams) > 50
    image = next(
        zlib.decompress(data[found.end() :][: int(found[1])])
        for found in re.finditer(rb"/Width 960 [^\n]*/DeviceRGB[^\n]*/Length (\d+) >>\nstream\n", data)
    )
    assert image == drawing.image[..., :3].tobytes()


def test_nothing_of_the_writing_is_left_in_the_pixels(drawn) -> None:
    drawing, image = drawn
    row, column = 43, 60  # within the title
    area = np.s_[row - 12 : row + 12, column - 20 : column + 60, :3]
    assert np.ptp(image[area]) > 150
    assert np.ptp(drawing.image[area]) < 12
    strokes = [shape for group in drawing.groups for shape in group.shapes if isinstance(shape, Shape) and shape.stroke]
    assert strokes  # halos of the labels


def test_a_transparent_drawing_is_clear_where_nothing_is(tmp_path: Path) -> None:
    with Stage("linear_map_2d", SIZE, transparent=True) as stage:
        drawing = stage.drawing(1.0)
    assert np.median(drawing.image[..., 3]) == 0  # between the lines of the grid
    assert not [shape for group in drawing.groups for shape in group.shapes if isinstance(shape, Ramp)]  # no shade
    write_drawing(tmp_path / "a.pdf", drawing)
    assert b"/SMask" in (tmp_path / "a.pdf").read_bytes()


def test_the_shade_behind_a_column_is_one_ramp() -> None:
    with Stage("linear_map_2d", (960, 540)) as stage:
        drawing = stage.drawing(1.0)
    (ramp,) = [shape for group in drawing.groups for shape in group.shapes if isinstance(shape, Ramp)]
    assert not ramp.down
    strength = [alpha for _, _, alpha in ramp.stops]
    assert strength == sorted(strength, reverse=True)
    assert strength[-1] == 0


# ------------------------------------------------------------------------------------------------ films
def test_films_take_the_same_looks(tmp_path: Path) -> None:
    look = {"seconds": 0.1, "fps": 20, "size": (160, 90), "camera": (5.0, 50.0, 6.0), "title": False, "cmap": "gray"}
    record(library.scene("himmelblau"), tmp_path / "frames", transparent=True, domain=(-2, 2, -2, 2), dpi=200, **look)
    frames = sorted((tmp_path / "frames").iterdir())
    first = Image.open(frames[0])
    assert first.mode == "RGBA"
    assert first.info["dpi"] == pytest.approx((200, 200), abs=0.02)
    with Stage(
        "himmelblau", (160, 90), camera=(5.0, 50.0, 6.0), title=False, cmap="gray", domain=(-2, 2, -2, 2)
    ) as one:
        still = one.render(0.0)
    alpha = np.asarray(first)[..., 3]
    block = alpha == 255
    assert block.mean() > 0.1
    assert np.abs(np.asarray(first).astype(int) - still)[block][:, :3].mean() < 3  # of 255; a film's mesh is coarser
    assert (alpha == 0).mean() > 0.3


def test_a_webm_may_be_transparent_and_other_films_say_that_they_are_not(tmp_path: Path) -> None:
    record("himmelblau", tmp_path / "a.webm", seconds=0.05, fps=20, size=(160, 90), transparent=True)
    with av.open(str(tmp_path / "a.webm")) as film:
        assert film.streams.video[0].metadata["alpha_mode"] == "1"
    for ending in (".mp4", ".gif"):
        with pytest.raises(UserError, match="transparency"):
            record("himmelblau", tmp_path / f"a{ending}", seconds=0.05, transparent=True)
    with pytest.raises(UserError, match="tour"):
        record("demo", tmp_path / "a.mp4", camera=(0, 30))


def test_an_orbiting_film_sways_around_where_it_was_told_to_look_from(tmp_path: Path) -> None:
    record("himmelblau", tmp_path / "f", seconds=0.1, fps=20, size=(160, 90), orbit=True, camera=(40.0, 30.0))
    first = np.asarray(Image.open(tmp_path / "f" / "frame_00000.png")).astype(int)
    with Stage("himmelblau", (160, 90), camera=(40.0 - 12.0, 30.0)) as stage:  # half of the way to one side
        assert np.abs(first - stage.render(0.0)[..., :3]).mean() < 2


# ------------------------------------------------------------------------------------------------ the command
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-o", "a.png", "--camera", "1,2,3,4"], "--camera"),
        (["-o", "a.png", "--camera", "0,91"], "--camera"),
        (["-o", "a.png", "--camera", "0,30,-2"], "--camera"),
        (["-o", "a.png", "--cmap", "viridus"], "Did you mean 'viridis'"),
        (["-o", "a.png", "--dpi", "0"], "--dpi"),
        (["-o", "a.png", "--domain", "1,0,0,1"], "--domain"),
        (["-o", "a.jpg", "--transparent"], "transparency"),
        (["-o", "a.svg", "--ui"], "--ui"),
        (["-o", "a.bmp"], ".webp"),
    ],
)
def test_wrong_looks_are_one_sentence(words, said, tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["shot", "himmelblau", "--size", "160x90", *words]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_shot_takes_every_look_at_once(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    looks = ["--camera", "-30,40,6", "--transparent", "--no-title", "--cmap", "magma", "--domain", "-1,2,-3,4"]
    for ending in ("png", "webp", "svg", "pdf"):
        assert main(["shot", "himmelblau", "-o", f"a.{ending}", "--size", "160x90", "--dpi", "300", *looks]) == 0
    assert Image.open("a.png").mode == "RGBA"
    assert b"/MediaBox [0 0 38.4 21.6]" in Path("a.pdf").read_bytes()
    assert 'width="0.533333in"' in Path("a.svg").read_text()


def test_every_command_on_a_landscape_takes_a_domain(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    domain = ["--domain", "-1,0,2,3"]
    assert main(["swarm", "himmelblau", "--count", "64", "--steps", "0", "-o", "s.npz", *domain]) == 0
    start = np.load("s.npz")["start"]
    assert ((start >= (-1, 2)) & (start <= (0, 3))).all()
    assert main(["run", "himmelblau", "--steps", "1", "--start", "-2,0", *domain]) == 0
    assert "x from -1 to 0 and y from 2 to 3" in capsys.readouterr().err
    assert main(["eval", "himmelblau", "-n", "5", "-o", "g.npz", *domain]) == 0
    assert np.load("g.npz")["x"].tolist() == [-1.0, -0.75, -0.5, -0.25, 0.0]
    assert main(["basins", "himmelblau", "-n", "8", "--steps", "1", *domain, "--json"]) == 0
    assert '"domain": [[-1.0, 0.0], [2.0, 3.0]]' in capsys.readouterr().out
    assert main(["readouts", "himmelblau", *domain, "--json"]) == 0

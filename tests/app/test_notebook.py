"""What a notebook shows: pictures, formulas and films, from methods that never raise and leave nothing current."""

from __future__ import annotations

import base64
import os
import re
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import lossland as ll
from lossland.formats.basins import basin_chart
from lossland.notebook import sweep_chart
from lossland.render.gl import canvas, egl
from lossland.world.theme import DARK

LAND = ll.landscape("himmelblau")
MOMENTUM = "momentum:lr=0.003,momentum=0.93"


def picture(png: bytes | None) -> np.ndarray:
    assert png is not None
    return np.asarray(Image.open(BytesIO(png)))


THINGS: dict[str, Any] = {
    "scene": lambda: ll.scene("linear_map_2d"),
    "landscape": lambda: LAND,
    "optimizer": lambda: ll.optimizers.Adam(lr=0.1),
    "path": lambda: ll.run(LAND, MOMENTUM, steps=30),
    "paths": lambda: ll.run(LAND, "adam:lr=1e5", start=[(1, 1), (-2, 3)], steps=30),
    "swarm": lambda: ll.swarm(LAND, MOMENTUM, count=500, steps=100),
    "basins": lambda: ll.basins(LAND, MOMENTUM, n=32, steps=200),
    "sweep": lambda: ll.sweep(LAND, MOMENTUM, n=16, steps=50),
    "grid": lambda: LAND.grid(40),
    "snapshot": lambda: ll.snapshot("bowl", size=(96, 64)),
    "constant": lambda: ll.landscape("3"),
    "constant grid": lambda: ll.landscape("3").grid(5),
    "no number": lambda: ll.landscape("log(x)").grid(5, domain=((-2, -1), (0, 1))),
    "lost sweep": lambda: ll.sweep(LAND, "sgd", x=("lr", 10, 1000), y=("x", 0, 1), n=3, steps=40),
}

ONE_COLOUR = ("constant grid", "no number")


@pytest.mark.parametrize("name", THINGS)
def test_everything_shows_itself_and_nothing_stays_current(name: str) -> None:
    before = egl.current()
    thing = THINGS[name]()
    shown = {kind: getattr(thing, f"_repr_{kind}_", lambda: None)() for kind in ("png", "latex", "html")}
    assert (shown["png"] is None) == (name == "optimizer")
    assert (shown["latex"] is None) == (name not in ("landscape", "optimizer", "constant"))
    if shown["png"]:
        image = picture(shown["png"])
        assert image.shape[2] in (3, 4)
        colours = len(np.unique(image.reshape(-1, image.shape[2]), axis=0))
        assert colours == 1 if name in ONE_COLOUR else colours > 8
    if name != "snapshot":
        bundle = thing._repr_mimebundle_()
        assert bundle.get("image/png") == shown["png"]
        assert bundle.get("text/latex") == shown["latex"]
        [embedded] = re.findall(r'src="data:image/png;base64,([^"]+)"', shown["html"] or "") or [None]
        assert (embedded is None) == (shown["png"] is None)
        assert embedded is None or base64.b64decode(embedded) == shown["png"]
    assert egl.current() == before


def test_the_map_of_basins_is_the_commands() -> None:
    found = ll.basins(LAND, MOMENTUM, n=360, steps=200)
    chart = basin_chart(found, DARK)
    assert np.array_equal(picture(found._repr_png_()), chart.image)
    image = chart.map[::2, ::2]  # two pixels a cell
    assert image.shape == (360, 360, 3)
    for k, (x, y) in enumerate(LAND.minima):
        (x0, x1), (y0, y1) = LAND.domain
        column, row = round((x - x0) / (x1 - x0) * 360) + 8, 360 - round((y - y0) / (y1 - y0) * 360)
        ground, light = (255 * np.array(DARK.color(f"{family}.{k}")) for family in ("basin", "particle"))
        share = np.dot(image[row, column] - ground, light - ground) / np.dot(light - ground, light - ground)
        assert image[row, column] == pytest.approx(ground + share * (light - ground), abs=3)


def test_a_sweeps_lowest_loss_is_darkest_and_divergence_is_grey() -> None:
    swept = ll.sweep("bowl", "gradient_descent", x=("lr", 0.01, 0.5), y=("x", 1, 2), n=40, steps=100)
    chart = sweep_chart(swept)
    assert np.array_equal(picture(swept._repr_png_()), chart.image)
    image = chart.map[6::12, 6::12].astype(float)[::-1]  # y up again, a pixel for each cell
    grey = 255 * np.array(DARK.color("basin.-1"))
    lost = np.abs(image - grey).max(axis=2) < 1
    assert np.array_equal(lost, swept.diverged)
    column = int(np.argmin(swept.loss[0]))
    assert image[0, column].sum() == image[~lost].sum(axis=1).min()


def test_where_every_run_diverged_a_sweep_is_grey() -> None:
    cells = sweep_chart(THINGS["lost sweep"]()).map[1:-1, 1:-1]
    assert np.abs(cells - 255 * np.array(DARK.color("basin.-1"))).max() < 1


def test_the_formulas_of_a_rule_are_those_of_its_panel() -> None:
    rule = ll.optimizers.Momentum()
    text = rule._repr_latex_()
    assert text is not None
    assert text.startswith(r"$$\begin{aligned}")
    for line in ll.explain.equations(rule):
        assert line.replace("=", "&=", 1) in text
    assert LAND._repr_latex_() == f"$$f(x, y) = {LAND.latex}$$"


def test_a_benchmark_shows_its_leaderboard() -> None:
    from lossland.compute.workers import SerialWorkers

    found = ll.bench(["adam", "rprop"], ["bowl"], starts=10, steps=50, budget=2, workers=SerialWorkers())
    page = found._repr_html_()
    assert page is not None
    assert "2 optimizers on 1 landscape," in page
    for line in found.leaderboard():
        assert f"{line['optimizer']}: score {line['score']:.3f}" in page
    assert found._repr_png_() is None
    assert repr(found).splitlines()[0] == found.title


def test_a_snapshot_is_an_array() -> None:
    image = ll.snapshot("bowl", size=(96, 64))
    assert isinstance(image, np.ndarray)
    assert (image.shape, image.dtype) == ((64, 96, 4), np.uint8)
    assert type(image / 255) is np.ndarray
    assert isinstance(image.mean(), float)
    assert type(image == image) is np.ndarray
    assert np.array_equal(picture(image._repr_png_()), np.asarray(image))
    part: Any = image[:10, 5:9, :3]
    assert picture(part._repr_png_()).shape == (10, 4, 3)
    for part in (image[0], image[..., 0], image[:0], image[..., :2], image.astype(float)):
        assert part._repr_png_() is None
    assert np.array_equal(np.load(_saved(image)), image)


def _saved(image: np.ndarray) -> BytesIO:
    file = BytesIO()
    np.save(file, image)
    file.seek(0)
    return file


class Broken(ll.Scene):
    title = "Broken"

    def frame(self, now: Any) -> ll.Frame:
        raise RuntimeError("mine")


def test_a_repr_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Broken()._repr_png_() is None
    assert Broken()._repr_html_() is None
    assert Broken()._repr_mimebundle_() == {}

    def no_gl(*_: object) -> None:
        raise ll.MachineError("There is no OpenGL.")

    monkeypatch.setattr(canvas, "headless", no_gl)
    assert LAND._repr_png_() is None
    assert LAND.latex in (LAND._repr_html_() or "")


@pytest.mark.parametrize(("ending", "tag"), [(".mp4", "<video"), (".webm", "<video"), (".gif", "<img"), ("", "<img")])
def test_a_film_plays_and_is_a_path(tmp_path: Path, ending: str, tag: str) -> None:
    file = tmp_path / f"film{ending}"
    film = ll.record("linear_map_2d", file, seconds=0.2, fps=20, size=(96, 64))
    assert isinstance(film, Path)
    assert film == file
    assert os.fspath(film) == str(file)
    assert film.exists()
    html = film._repr_html_() or ""
    assert html.startswith(tag)
    data = re.search(r'src="data:([\w/]+);base64,([^"]+)"', html)
    assert data is not None
    source = film if ending else film / "frame_00000.png"
    assert base64.b64decode(data[2]) == source.read_bytes()
    assert ll.Film(tmp_path / "none.mp4")._repr_html_() is None


def test_showing_without_a_display_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(ll.MachineError, match=r"no display.*ll\.snapshot\(scene\).*ll\.record"):
        ll.show("bowl")

"""What tests of the panels share: a bench, and notes of all that its panels feel and write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from imgui_bundle import imgui
from panel_bench import Bench, Felt

from lossland.render.gl import canvas
from lossland.scenery import library
from lossland.scenery.scene import Scene
from lossland.ui.layout import Rect
from lossland.ui.pen import Pen, Tip, Touch
from lossland.world.theme import DARK, Theme


def _seen(place: Rect, scale: float) -> Rect:
    """Return the part of a rectangle that its window shows: lists scroll."""
    clip = imgui.get_window_draw_list()
    low, high = clip.get_clip_rect_min(), clip.get_clip_rect_max()
    x, y = max(place.x, low.x / scale), max(place.y, low.y / scale)
    return Rect(x, y, min(place.right, high.x / scale) - x, min(place.bottom, high.y / scale) - y)


@pytest.fixture
def felt(monkeypatch: pytest.MonkeyPatch) -> Felt:
    """Note every widget and every text that is drawn."""
    noted = Felt()
    touch, text, latex, explain = Pen.touch, Pen.text, Pen.latex, Pen.explain

    def noted_explain(self: Pen, help: Tip, item: Rect, panel: Rect) -> None:
        if not self.mute:
            noted.explained.append((help() if callable(help) else help, item))
        explain(self, help, item, panel)

    def noted_touch(self: Pen, key: str, x: float, y: float, width: float, height: float, help: Tip) -> Touch:
        if not self.mute:
            noted.touches[key] = Rect(x, y, width, height)
            noted.seen[key] = _seen(noted.touches[key], self.scale)
            noted.helps[key] = help() if callable(help) else help
        return touch(self, key, x, y, width, height, help)

    def noted_text(self: Pen, x: float, y: float, text_: str, *args: Any, **kwargs: Any) -> float:
        width = text(self, x, y, text_, *args, **kwargs)
        size = args[0] if args else kwargs.get("size", 14)
        align = args[3] if len(args) > 3 else kwargs.get("align", 0.0)
        if not self.mute:
            noted.texts.append((text_, Rect(x - align * width, y - size / 2, width, size), self.area))
        return width

    def noted_latex(self: Pen, x: float, baseline: float, latex_: str, *args: Any, **kwargs: Any) -> float:
        width = latex(self, x, baseline, latex_, *args, **kwargs)
        if not self.mute:
            start = x - kwargs.get("align", 0.0) * width
            noted.texts.append((latex_, Rect(start, baseline - 10, width, 12), self.area))
        return width

    def noted_selectable(label: str, *args: Any) -> tuple[bool, bool]:
        clicked = selectable(label, *args)
        low, high = imgui.get_item_rect_min(), imgui.get_item_rect_max()
        value = label.split("##")[1]
        noted.touches[f"list.{value}"] = Rect(low.x, low.y, high.x - low.x, high.y - low.y)
        return clicked

    selectable = imgui.selectable
    monkeypatch.setattr(imgui, "selectable", noted_selectable)
    monkeypatch.setattr(Pen, "touch", noted_touch)
    monkeypatch.setattr(Pen, "explain", noted_explain)
    monkeypatch.setattr(Pen, "text", noted_text)
    monkeypatch.setattr(Pen, "latex", noted_latex)
    return noted


@pytest.fixture
def open_bench(felt: Felt) -> Iterator[Any]:
    canvas.headless().set_current()
    benches: list[Bench] = []

    def make(
        scene: str | Scene = "optimizer_race",
        size: tuple[int, int] = (1280, 720),
        scale: float = 1.0,
        theme: Theme = DARK,
        **values: Any,
    ) -> Bench:
        made = library.scene(scene, **values) if isinstance(scene, str) else scene
        benches.append(Bench(made, size, scale, theme, felt))
        return benches[-1]

    yield make
    for bench in benches:
        bench.close()


@pytest.fixture
def race(open_bench: Any) -> Bench:
    return open_bench()


@pytest.fixture
def matrix(open_bench: Any) -> Bench:
    return open_bench("linear_map_2d")

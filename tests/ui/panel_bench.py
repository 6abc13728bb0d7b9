"""A headless window for the panels, driven with a pointer and a keyboard."""

from __future__ import annotations

from dataclasses import dataclass, field

from imgui_bundle import imgui

from lossland.play.player import Player
from lossland.render.gl.target import Target
from lossland.scenery.scene import Scene
from lossland.ui.layout import Rect
from lossland.ui.panels import Panels
from lossland.world.theme import Theme
from lossland.writing.host import Host
from lossland.writing.text import Type


@dataclass
class Felt:
    """Where the panels felt the pointer, and what they wrote, in the last frame (panel units)."""

    touches: dict[str, Rect] = field(default_factory=dict)
    seen: dict[str, Rect] = field(default_factory=dict)  # the part of each that its window shows
    helps: dict[str, str] = field(default_factory=dict)  # what is said of each widget
    explained: list[tuple[str, Rect]] = field(default_factory=list)  # the same of every item, ImGui's own too
    texts: list[tuple[str, Rect, Rect]] = field(default_factory=list)  # text, its box, the window's box


class Bench:
    """A headless window: panels over an empty picture, with a pointer and a keyboard."""

    def __init__(self, scene: Scene, size: tuple[int, int], scale: float, theme: Theme, felt: Felt) -> None:
        self.size, self.scale, self.felt = size, scale, felt
        self.host = Host(theme, scale)
        self.type = Type(theme, scale)
        self.panels = Panels(theme, self.type)
        self.player = Player(scene, size)
        self.target = Target(size)
        self.free = (0.0, 0.0, 0.0, 0.0)
        self.frame(3)

    def frame(self, count: int = 1) -> None:
        for _ in range(count):
            self.felt.touches.clear()
            self.felt.seen.clear()
            self.felt.texts.clear()
            self.felt.helps.clear()
            self.felt.explained.clear()
            with self.target:
                self.host.begin(self.size)
                self.free = self.panels.draw(self.player, self.player.frame(), self.size)
                self.host.end()

    def place(self, key: str) -> Rect:
        assert key in self.felt.touches, f"{key} is not among {sorted(self.felt.touches)}"
        return self.felt.touches[key]

    def move(self, x: float, y: float) -> None:
        self.host.mouse_move(x * self.scale, y * self.scale)
        self.frame()

    def press(self, down: bool, button: int = 0) -> None:
        self.host.mouse_button(button, down)
        self.frame()

    def click_at(self, x: float, y: float, button: int = 0) -> None:
        self.move(x, y)
        self.press(True, button)
        self.press(False, button)
        self.frame(2)

    def click(self, key: str, button: int = 0) -> None:
        self.click_at(*self.place(key).center, button)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self.move(*start)
        self.press(True)
        for part in (0.25, 0.5, 0.75, 1.0):
            self.move(start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1]))
        self.press(False)

    def drag_slider(self, key: str, part: float) -> float:
        """Drag a slider's grab to about a part of its track, and return to which part exactly.

        The track begins 8 inside the place that is felt; the pointer stands on whole pixels.
        """
        place = self.place(key)
        x, width = place.x + 8, place.width - 16
        end = round(x + part * width)
        self.drag(place.center, (end, place.center[1]))
        return min(max((end - x) / width, 0.0), 1.0)

    def key(self, key: imgui.Key, ctrl: bool = False, shift: bool = False) -> None:
        io = imgui.get_io()
        held = [mod for mod, down in ((imgui.Key.mod_ctrl, ctrl), (imgui.Key.mod_shift, shift)) if down]
        for one in (*held, key):
            io.add_key_event(one, True)
        self.frame()
        for one in (key, *held):
            io.add_key_event(one, False)
        self.frame()

    def write(self, text: str) -> None:
        for letter in text:
            self.host.character(ord(letter))
        self.frame(2)

    def shows(self, text: str) -> bool:
        return any(text in written for written, _, _ in self.felt.texts)

    def close(self) -> None:
        self.panels.close()
        self.type.close()
        self.host.close()
        self.target.close()

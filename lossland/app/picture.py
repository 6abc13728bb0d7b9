"""One picture out of its parts: the world, what is written over it, and the panels. Window and film share it."""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any

import numpy as np
from imgui_bundle import imgui
from numpy.typing import NDArray

from lossland.player import Player
from lossland.render.overlay import draw_overlay, free_rect
from lossland.render.painter import Quality
from lossland.render.stage import Renderer
from lossland.render.target import Target
from lossland.render.text import Type, picture_scale
from lossland.theme import Theme
from lossland.ui.host import Host
from lossland.ui.panels import Panels

CAPTION_SIZE = 17.0


def still(player: Player, size: tuple[int, int], theme: Theme) -> NDArray[np.uint8]:
    """Return what a player shows (h, w, 4) without panels and in full quality; leaves the player as it is."""
    twin = copy(player)
    twin.camera = deepcopy(player.camera)
    picture, target = Picture(theme, size), Target(size)
    with target:
        picture.draw(twin, size, quality=Quality.still)
    image = target.read()
    picture.close()
    target.close()
    return image


class Picture:
    """Draws players into the bound framebuffer; needs a current GL context.

    ``window`` is the GLFW window or None; ``scale`` the pixels to a pixel of the look (None: chosen by the size).
    """

    def __init__(self, theme: Theme, size: tuple[int, int], scale: float | None = None, window: Any = None) -> None:
        self.theme = theme
        self.scale = scale or picture_scale(size)
        self.host = Host(theme, self.scale, window)
        self.type = Type(theme, self.scale)
        self.renderer = Renderer(theme)
        self._settled: Player | None = None  # the player that the panels have found their sizes for
        self.panels = Panels(theme, self.type, lazy=window is not None)

    def draw(
        self,
        player: Player,
        size: tuple[int, int],
        ui: bool = False,
        quality: Quality = Quality.live,
        dt: float = 1 / 60,
        caption: str = "",
    ) -> None:
        """Draw a player's present picture over the viewport of the bound framebuffer, of ``size`` pixels."""
        self.host.begin(size, dt)
        frame = player.frame()
        free = self.panels.draw(player, frame, size) if ui else free_rect(frame, size, self.type)
        player.resize(size, free)
        frame = player.frame()  # the panels may have changed what is shown
        self.renderer.draw(frame, player.camera, size, player.show, quality, self.scale)
        behind_panels = imgui.get_background_draw_list()
        draw_overlay(behind_panels, self.type, frame, player.camera, size, free, player.show, panels=ui)
        if caption:
            self._caption(behind_panels, caption, free)
        self.host.end()

    def settle(self, player: Player, size: tuple[int, int], ui: bool) -> None:
        """Let panels find their sizes: the first two frames of Dear ImGui's windows are guesses."""
        if ui and player is not self._settled:
            self._settled = player
            self.digest(player, size)
            self.digest(player, size)

    def digest(self, player: Player, size: tuple[int, int]) -> None:
        """Let the panels take input and find their sizes without drawing them."""
        self.host.begin(size)
        self.panels.draw(player, player.frame(), size)
        imgui.end_frame()

    def set_theme(self, theme: Theme) -> None:
        """Change the colours of everything."""
        self.renderer.close()
        self.theme = self.type.theme = theme
        self.host.set_style(theme, self.scale)
        self.renderer = Renderer(theme)
        self.panels.theme = theme

    def close(self) -> None:
        """Free the GL objects."""
        self.host.use()
        self.renderer.close()
        self.panels.close()
        self.type.close()
        self.host.close()

    def _caption(self, dl: imgui.ImDrawList, text: str, free: tuple[float, float, float, float]) -> None:
        x, y, width, height = free
        self.type.text(
            dl,
            x + width / 2,
            y + height - self.type.px(14),
            text,
            CAPTION_SIZE,
            "text",
            "bold",
            halo=True,
            ax=0.5,
            ay=1.0,
        )

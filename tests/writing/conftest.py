"""What tests of the writing share: a context, and type in an empty picture of 960 x 540 pixels."""

from __future__ import annotations

import pytest
from imgui_bundle import imgui

from lossland.render.gl import canvas
from lossland.world.theme import DARK
from lossland.writing.host import Host
from lossland.writing.text import Type

SIZE = (960, 540)


@pytest.fixture(scope="module", autouse=True)
def context():
    canvas.headless().set_current()


@pytest.fixture(scope="module")
def host():
    made = Host(DARK)
    made.begin(SIZE)
    imgui.end_frame()
    yield made
    made.close()


@pytest.fixture
def type_(host):
    host.use()
    made = Type(DARK)
    host.begin(SIZE)
    yield made
    imgui.end_frame()
    made.close()

"""The picture of the rooms in the docs is what the imports say today."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

import rooms


def test_the_picture_is_of_todays_imports() -> None:
    assert rooms.FILE.read_text() == rooms.picture(), "the rooms have changed: run python tools/rooms.py"


def test_it_names_every_room_once() -> None:
    texts = [one.text for one in ElementTree.fromstring(rooms.picture()).iter("{http://www.w3.org/2000/svg}text")]
    assert all(texts.count(room) == 1 for room in rooms.imports())


def test_the_architecture_says_what_lives_in_every_room() -> None:
    page = (Path(__file__).parents[2] / "docs" / "architecture.md").read_text()
    table = page.partition("| room |")[2].partition("\n\n")[0]
    missing = [room for room in rooms.imports() if room != "__main__" and f"`{room}`" not in table]
    assert not missing


def test_arrows_that_follow_from_others_are_left_out() -> None:
    arrows = {"roof": {"wall", "floor"}, "wall": {"floor", "door"}, "door": {"floor"}, "floor": set[str]()}
    assert rooms.reduced(arrows) == {"roof": {"wall"}, "wall": {"door"}, "door": {"floor"}, "floor": set()}


@pytest.mark.parametrize("wished", [[450], [450, 450], [450] * 5, [100, 120, 800], [800, 810, 820], [100, 110, 120]])
def test_rooms_of_a_floor_stand_beside_each_other_and_in_the_picture(wished: list[float]) -> None:
    places = rooms.spread(wished)
    assert all(b - a >= rooms.WIDE + rooms.BETWEEN - 0.11 for a, b in pairwise(places))  # rounded to tenths
    assert places[0] - rooms.WIDE / 2 >= rooms.MARGIN
    assert places[-1] + rooms.WIDE / 2 <= rooms.WIDTH - rooms.MARGIN


def test_a_line_passes_a_floor_beside_its_rooms() -> None:
    assert rooms.nearest_free(100, [(100, 40), (150, 40)]) == 60
    assert rooms.nearest_free(145, [(100, 40), (150, 40)]) == 190
    assert rooms.nearest_free(300, [(100, 40)]) == 300

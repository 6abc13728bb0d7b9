"""The texts of one moment at the positions of another."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.scenery.scene import Frame
from lossland.world.layers import Arrows, Label, Layer
from lossland.writing.said import can_say, said_as


def loss(value: str, x: float) -> Label:
    return Label((x, 0.0, 0.0), "loss", value=value, key="loss")


def arrow(x: float) -> Layer:
    return Arrows(np.array([[x, 0.0, 0.0]]), np.array([[x, 1.0, 0.0]]), "up", key="arrow")


def name(x: float) -> Label:
    return Label((x, 1.0, 0.0), "gradient", key="name")


def test_numbers_are_those_of_the_other_moment_and_positions_the_own() -> None:
    said = said_as(Frame([loss("3.0", 0.0)]), Frame([loss("2.0", 1.0)]))
    assert [(label.value, label.position) for label in said.layers if isinstance(label, Label)] == [
        ("3.0", (1.0, 0.0, 0.0))
    ]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ([loss("3.0", 0.0)], [arrow(1.0), name(1.0), loss("2.0", 1.0)]),
        ([arrow(0.0), name(0.0), loss("3.0", 0.0)], [loss("2.0", 1.0)]),
    ],
)
def test_layers_without_numbers_may_come_and_go(told: list[Layer], shown: list[Layer]) -> None:
    assert can_say(Frame(told), Frame(shown))
    said = said_as(Frame(told), Frame(shown))
    assert [type(layer) for layer in said.layers] == [type(layer) for layer in shown]
    assert said.layer("loss").value == "3.0"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("told", "shown"),
    [([], [loss("2.0", 1.0)]), ([name(0.0)], [Label((1.0, 1.0, 0.0), "step 4", key="step")]), ([loss("3.0", 0.0)], [])],
)
def test_numbers_that_the_other_moment_lacks_are_of_the_own(told: list[Layer], shown: list[Layer]) -> None:
    assert not can_say(Frame(told), Frame(shown))
    assert said_as(Frame(told), Frame(shown)).layers == shown


def test_names_stay_with_their_points_when_one_before_them_is_gone() -> None:
    told = Frame([Label((k, 0.0, 0.0), text) for k, text in enumerate("abc")])
    shown = Frame([Label((k, 0.0, 0.0), text) for k, text in enumerate("abc") if k])
    assert can_say(told, shown)
    assert [one.text for one in said_as(told, shown).layers if isinstance(one, Label)] == ["b", "c"]

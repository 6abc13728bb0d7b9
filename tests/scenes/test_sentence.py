"""A scene made of chips and arcs, as a user would write it: its numbers against SciPy's, and five pictures."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path
from typing import Any

import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

import lossland as ll
from lossland.play.player import Player
from lossland.play.pointer import Pointer
from lossland.scenery import library

FILE = Path(__file__).parent / "sentence.py"
MOMENTS = (0.0, 2.0, 4.5, 7.0, 9.5)


@pytest.fixture(scope="module")
def module() -> dict[str, Any]:
    return run_path(str(FILE))


def sentence(**values: Any) -> Any:
    return library.scene(str(FILE), **values)


@pytest.mark.parametrize("heat", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("time", MOMENTS)
def test_weights_are_the_softmax_and_its_entropy(module, time, heat):
    scene = sentence(tour=True, heat=heat)
    read = scene.readouts(time)
    assert read["word"] == int(11 * time / 10)
    expected = softmax(module["SCORES"][read["word"]] / heat)
    assert read["weights"] == pytest.approx(expected, rel=1e-12)
    assert read["entropy"] == pytest.approx(entropy(expected), rel=1e-12)


def test_arcs_carry_the_weights_and_end_at_the_edges_of_the_chips(module):
    scene = sentence(word="street")
    layers: dict[str, Any] = {layer.key: layer for layer in scene.frame(0.0).layers}
    plates, lines = layers["words/Plates"], layers["others/Lines"]
    weights = scene.readouts()["weights"]
    assert plates.text == module["WORDS"]
    said = sorted(float(worth.split()[1].replace("−", "-")) for worth in lines.worth)
    assert said == pytest.approx(sorted(np.delete(weights, 6)), rel=5e-3)
    ends = np.array([path[-1] for path in lines.paths])
    tops = np.delete(plates.corner + 0.5 * plates.right + plates.up, 6, axis=0)
    assert ends[np.argsort(ends[:, 0])] == pytest.approx(tops)
    starts = np.array([path[0] for path in lines.paths])
    assert starts[:, 1] == pytest.approx(np.full(10, plates.corner[6, 1] + plates.up[6, 1]))
    assert np.all((starts[:, 0] > plates.corner[6, 0]) & (starts[:, 0] < (plates.corner + plates.right)[6, 0]))


def test_a_click_on_a_word_lets_it_look_around():
    scene = sentence(tour=True)
    player = Player(scene, (640, 360))
    pointer = Pointer(player)
    plates: Any = player.frame().layer("words/Plates")
    middle = (plates.corner + 0.5 * (plates.right + plates.up))[10]
    x, y = player.camera.project(middle, player.size).tolist()
    pixel = (x, y)
    pointer.press(pixel)
    pointer.release(pixel)
    assert (scene.word, scene.tour) == ("tired", False)
    mark = player.mark()
    assert mark is not None
    assert mark.title == "tired"


def test_five_moments_are_five_pictures():
    scene = sentence(tour=True)
    pictures = [ll.snapshot(scene, size=(320, 180), time=time) for time in MOMENTS]
    lit = []
    for picture, time in zip(pictures, MOMENTS, strict=True):
        near = np.abs(picture[..., :3].astype(int) - (0x45, 0xC8, 0xF7)).max(axis=-1) < 24  # the colour of a lit chip
        near = near[136:154]  # where the chips are; arcs and their numbers are lit, too
        lit.append(float(np.median(np.nonzero(near)[1])))
        assert near.sum() > 30, time
    assert lit == sorted(lit)  # the word that looks wanders to the right
    assert len({picture.tobytes() for picture in pictures}) == 5

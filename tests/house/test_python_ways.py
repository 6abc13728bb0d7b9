"""What Python people try first: flags and callbacks of a wrong kind, names in any form, reprs that can be typed."""

from __future__ import annotations

from dataclasses import fields
from inspect import signature
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.errors import UserError
from lossland.play.player import Player
from lossland.world.ticks import Scale

python: Any = ll  # whose types would refuse most of this before it runs

REFUSED = {  # what is wrong, and what the sentence must say
    "progress of a swarm": (lambda: python.swarm("bowl", count=9, steps=2, progress=3), "progress must be a function"),
    "progress of basins": (lambda: python.basins("bowl", n=4, steps=2, progress="yes"), "progress must be a function"),
    "progress of a sweep": (lambda: python.sweep("bowl", n=4, steps=2, progress=1.5), "progress must be a function"),
    "progress of a film": (lambda: python.record("bowl", "a.mp4", progress=True), "progress must be a function"),
    "panels": (lambda: python.snapshot("bowl", ui="yes"), "ui must be True or False, not 'yes'"),
    "transparent": (lambda: python.snapshot("bowl", transparent="no"), "transparent must be True or False"),
    "title": (lambda: python.Stage("bowl", title=0), "title must be True or False"),
    "orbit": (lambda: python.record("bowl", "a.mp4", orbit=3), "orbit must be True or False, not 3"),
    "trim": (lambda: python.record("bowl", "a.mp4", trim="x"), "trim must be True or False"),
    "a truth as a rate": (
        lambda: python.optimizers.Adam(lr=True),
        "lr of adam must be a number of at least 0, not True",
    ),
    "a text as a rate": (lambda: python.optimizers.Adam(lr="0.1"), "must be a number of at least 0, not '0.1'"),
    "half a step": (lambda: python.optimizers.optimizer("lookahead:every=2.5"), "whole number of at least 1, not 2.5"),
    "half a period": (lambda: python.optimizers.optimizer("sgd:schedule=step,every=0.5"), "whole number of at least 1"),
    "a truth as steps": (lambda: python.scene("bowl", steps=True), "steps must be a whole number"),
    "too large a number": (lambda: python.optimizers.optimizer("adam:lr=1e400"), "too large: numbers end near 1.8e308"),
    "another case": (lambda: python.optimizers.optimizer("adam:LR=0.1"), "Did you mean 'lr'"),
    "a long name": (lambda: python.optimizers.optimizer("adam:learning_rate=0.1"), "Did you mean 'lr'"),
    "a rate by another name": (
        lambda: python.optimizers.Adam(learning_rate=1),
        "^adam has no setting 'learning_rate'. Did you mean 'lr'\\? It has lr, beta1, beta2, eps.$",
    ),
    "settings of a library": (
        lambda: python.optimizers.Adam(betas=(0.9, 0.99)),
        "no setting 'betas'. Did you mean 'beta",
    ),
    "a setting of a variant": (
        lambda: type(python.optimizers.noisy(python.optimizers.Adam(), 1.0))(nose=1),
        "adam has no setting 'nose'. Did you mean 'noise'",
    ),
    "a slider of nothing": (lambda: python.optimizers.field_range("adam", "momentum"), "has no setting 'momentum'"),
    "an instance": (lambda: python.landscape("bbob:1:1000000"), "from 1 to 100000, not 1000000"),
    "a larger instance": (lambda: python.landscape("bbob:1:1" + 20 * "0"), "from 1 to 100000, not 1000000000000000000"),
    "one variable": (lambda: python.landscape(lambda x: x), "but the function takes x."),
    "three": (lambda: python.landscape(lambda x, y, z: x), "but the function takes x, y, z."),
    "a start as text": (lambda: python.run("bowl", start="1,2"), "such as \\(-1.2, 1\\), not the text '1,2'"),
    "a tour": (lambda: python.scene("demo"), "demo is a tour of several scenes, which is filmed: lossland record demo"),
    "a path": (lambda: python.scene("./x"), "'./x' is named like a path"),
    "a path up": (lambda: python.landscape("../mine"), "named like a path"),
    "a file in capitals": (lambda: python.scene("mine.PY"), "There is no file 'mine.PY'"),
    "a rule in capitals": (lambda: python.optimizers.optimizer("mine.PY:A"), "There is no file 'mine.PY'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_one_sentence_says_what_is_wrong(case: str) -> None:
    call, says = REFUSED[case]
    with pytest.raises(UserError, match=says):
        call()


def test_the_signature_of_an_optimizer_names_its_settings() -> None:
    assert list(signature(ll.optimizers.Adam).parameters) == [item.name for item in fields(ll.optimizers.Adam)]
    assert ll.optimizers.Adam(0.1, eps=1e-6) == ll.optimizers.optimizer("adam:lr=0.1,eps=1e-6")


def test_questions_about_optimizers_take_every_form() -> None:
    ask = ll.optimizers
    for form in ("adam", "ADAM", "adam:lr=0.2", ask.Adam, ask.Adam(lr=0.2)):
        assert ask.cost(form) == 1.0  # one gradient a step
        assert set(ask.memory(form)) == {"m", "v"}
        assert ask.defaults(form) == {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
        assert ask.inertia(form) == "beta1"
        assert ask.by_coordinate(form)
        assert ask.optimizer(ask.spec(form)) == ask.optimizer(form)
    assert ask.cost("sam") == 2.0  # at the place and uphill of it
    assert not ask.by_coordinate("bfgs")
    with pytest.raises(UserError, match="There is no optimizer 'adm'"):
        ask.cost("adm")


def test_a_count_stays_whole_while_its_slider_moves() -> None:
    player = Player(ll.scene("bowl", lanes="lookahead:every=5"))
    player.set_lane_field(0, "every", 7.6)
    assert player.lanes[0].optimizer.every == 8.0
    swept = ll.sweep("bowl", "lookahead:lr=0.1", x=("every", 1, 9, "linear"), y=("alpha", 0.1, 0.9), n=5, steps=20)
    assert swept.x.tolist() == [2.0, 3.0, 5.0, 7.0, 8.0]  # 1.8, 3.4, 5, 6.6, 8.2


@pytest.mark.parametrize(
    "call",
    [
        "ll.scene('gradient_3d')",
        "ll.scene('optimizer_race', landscape='bowl')",
        "ll.scene('optimizer_race', landscape='x^2 + 3*y^2', steps=20)",
        "ll.scene('linear_map_2d', seed=3, matrix=((2.0, 1.0), (1.0, 1.0)))",
        "ll.scene('optimizer_race', landscape='bowl', start=(1.0, 2.0))",
    ],
)
def test_the_repr_of_a_scene_is_the_call_that_makes_it(call: str) -> None:
    assert repr(eval(call)) == call


def test_the_repr_of_lanes_makes_them_again() -> None:
    made = ll.scene("bowl", lanes="adam:lr=0.1,schedule=cosine,steps=50;sgd")
    again = eval(repr(made))
    assert [lane.optimizer for lane in again.values["lanes"]] == [lane.optimizer for lane in made.values["lanes"]]
    assert again.values["lanes"][0].optimizer.schedule == "cosine"


def test_the_repr_of_a_scene_of_ones_own(tmp_path) -> None:
    text = "import lossland as ll\nclass Mine(ll.scene('gradient_3d').__class__):\n    name = 'mine'\n"
    (tmp_path / "mine.py").write_text(text)
    assert repr(ll.scene(str(tmp_path / "mine.py"))) == "ll.scene('mine.py:Mine')"


def test_every_lane_is_written_so_that_it_is_read_again() -> None:
    lanes = ll.scene("bowl").param("lanes")
    for kind in ll.optimizers.catalogue():
        for schedule in ("", *ll.optimizers.SCHEDULES):
            rule = ll.optimizers.optimizer(f"{kind.name}:schedule={schedule}" if schedule else kind)
            (lane,) = lanes.check(lanes.to_json(lanes.check([rule])))
            assert lane.optimizer == rule, (kind, schedule)
            assert lane.optimizer.schedule == schedule
            assert len(fields(lane.optimizer)) == len(fields(rule))


def test_a_sweep_over_more_decades_than_a_number_has() -> None:
    swept = ll.sweep("bowl", "gradient_descent", x=("lr", 1e-300, 1e300), y=("x", -1e308, 1e308), n=4, steps=3)
    np.testing.assert_allclose(np.log10(swept.x), [-225, -75, 75, 225], rtol=1e-12)
    np.testing.assert_allclose(swept.y, [-7.5e307, -2.5e307, 2.5e307, 7.5e307], rtol=1e-12)


def test_a_sweep_with_one_axis_given_takes_another_for_the_other() -> None:
    assert ll.sweep("bowl", "adam", y=("lr", 1e-3, 1), n=2, steps=2).across.name == "beta1"
    assert ll.sweep("bowl", "adam", x=("beta1", 0, 0.9), n=2, steps=2).up.name == "lr"
    with pytest.raises(UserError, match="two different axes, not lr twice"):
        ll.sweep("bowl", "adam", x=("lr", 1e-3, 1), y=("lr", 1e-3, 1), n=2, steps=2)


@pytest.mark.parametrize(("low", "high", "log"), [(1e-300, 1e300, True), (-1.5e308, 1.5e308, False), (1, 100, True)])
def test_scales_of_any_width_go_there_and_back(low: float, high: float, log: bool) -> None:
    scale = Scale(low, high, log)
    share = np.linspace(0, 1, 5)
    np.testing.assert_allclose(scale.share(scale.value(share)), share, atol=1e-9)


def test_what_holds_arrays_says_itself_in_one_line() -> None:
    found = repr(python.run("himmelblau", steps=30))
    assert found.startswith("Trajectory(points=float64(31, 1, 2), values=float64(31, 1), landscape=")
    assert "\n" not in found
    assert len(found) < 300

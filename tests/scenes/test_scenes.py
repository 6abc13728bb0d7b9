"""Every scene does what it promises: its numbers, its handles, its pictures' data, its snippet, its presets."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scene_checks import check_layer, check_note, describe_frame

import lossland as ll
from lossland import numerals
from lossland.errors import UserError
from lossland.scenery import library
from lossland.scenery.parameters import Lanes, Param
from lossland.scenery.scene import CHAPTERS, Scene
from lossland.scenery.tour import Shot, Tour
from lossland.world import layers

NAMES = library.names()
SCENES_AND_PRESETS = [(name, preset) for name in NAMES for preset in library.scene_class(name).presets]


def scene(name: str, preset: Any = None, **values: Any) -> Any:
    """Return a scene as one whose own attributes may be used."""
    return library.scene(name, preset, **values)


# ------------------------------------------------------------------------------------------------ every scene
def test_scenes_come_in_the_order_of_their_chapters() -> None:
    chapters = [CHAPTERS.index(library.scene_class(name).chapter) for name in NAMES]
    assert chapters == sorted(chapters)
    assert sorted(NAMES) == sorted(file.stem for file in (Path(__file__).parents[2] / "scenes").glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_leaves_to_the_mechanism_how_much_a_window_waits_for(name: str) -> None:
    text = (Path(__file__).parents[2] / "scenes" / f"{name}.py").read_text()
    assert not re.search(r"\bself\.(live|unfinished|turn|held)\b", text)


def test_heads_say_what_the_classes_say() -> None:
    classes = [library.scene_class(name) for name in NAMES]
    assert [(head.name, head.title, head.chapter) for head in library.heads()] == [
        (kind.name, kind.title, kind.chapter) for kind in classes
    ]


def test_a_list_of_scenes_runs_none_of_their_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_classes", {})
    assert [head.name for head in library.heads.__wrapped__()] == list(NAMES)
    assert [name for name in NAMES if library.is_loaded(name)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_says_all_about_itself(name: str) -> None:
    kind = library.scene_class(name)
    assert kind.name == name
    assert kind.title
    assert kind.rows
    assert kind.presets
    assert len(kind.lesson) > 400
    assert all(latex and meaning for latex, meaning in kind.formulas)
    for param in kind.params().values():
        assert param.label, param.name


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_names_its_sources(name: str) -> None:
    lesson = library.scene_class(name).lesson
    assert re.search(r"\b1[89]\d\d\b|\b20[012]\d\b|Spivak|Strang|Golub and Van Loan", lesson)


@pytest.mark.parametrize("name", NAMES)
def test_a_description_is_json(name: str) -> None:
    said = json.loads(json.dumps(library.describe(library.scene_class(name))))
    assert set(said) == {"name", "title", "chapter", "params", "presets", "rows"}
    assert all({"name", "default", "min", "max"} <= set(param) for param in said["params"])


@pytest.mark.parametrize("name", NAMES)
def test_values_survive_json(name: str) -> None:
    made = scene(name)
    for key, param in made.params().items():
        plain = json.loads(json.dumps(param.to_json(made.values[key])))
        assert param.check(plain) == made.values[key]


@pytest.mark.parametrize(("name", "preset"), SCENES_AND_PRESETS)
def test_a_preset_makes_a_sound_picture(name: str, preset: str) -> None:
    made = scene(name, preset)
    if name == "optimizer_swarm":
        made.set("count", 2000)
        made.set("cells", 48)
        made.set("steps", 60)
    length = made.clock.seconds
    for time in (0.0, 0.37 * length, length):
        frame = made.frame(time)
        assert frame.layers
        assert any(isinstance(note, layers.Title) and note.text for note in frame.notes)
        for layer in frame.layers:
            check_layer(layer)
        for note in frame.notes:
            check_note(note)
        for handle in made.handles(time):
            assert np.isfinite(np.asarray(handle.position, float)).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_a_function_of_time(name: str) -> None:
    """Frames asked for in another order, or by another scene with the same values, are the same."""
    small = {"count": 1500, "cells": 32, "steps": 40} if name == "optimizer_swarm" else {}
    one, other = scene(name, **small), scene(name, **small)
    length = one.clock.seconds
    forward = {time: describe_frame(one.frame(time)) for time in (0.0, 0.2 * length, 0.71 * length)}
    for time in (0.71 * length, 0.2 * length, 0.0):
        assert describe_frame(other.frame(time)) == forward[time]


@pytest.mark.parametrize("name", NAMES)
def test_what_has_not_changed_is_handed_over_as_the_same_object(name: str) -> None:
    """Painters upload an array once for as long as they are handed the same one."""
    small = {"count": 1500, "cells": 32} if name == "optimizer_swarm" else {}
    made = scene(name, **small)
    first, second = made.frame(1.0), made.frame(1.1)
    for before, after in zip(first.layers, second.layers, strict=False):
        if isinstance(before, layers.Surface):
            assert before is after
        if isinstance(before, layers.Trail) and isinstance(after, layers.Trail):
            assert before.points is after.points
            assert before.beads is after.beads
    assert first.view.bounds is second.view.bounds


@pytest.mark.parametrize("name", NAMES)
def test_the_snippet_prints_the_readouts(name: str) -> None:
    made = scene(name)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(made.snippet, f"snippet of {name}", "exec"), {"__name__": "snippet"})
    readouts = made.readouts(made.clock.seconds)
    lines = [line.split() for line in printed.getvalue().splitlines()]
    assert lines
    tolerance = 0.01 if name == "optimizer_swarm" else 1e-9  # its snippet says so
    for key, *numbers in lines:
        np.testing.assert_allclose(np.ravel(readouts[key]), np.array(numbers, float), rtol=1e-9, atol=tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_handles_move_what_they_stand_for(name: str) -> None:
    made = scene(name, **({"count": 1500, "cells": 32, "patch": 0.1} if name == "optimizer_swarm" else {}))
    for handle in made.handles(0.0):
        before = dict(made.values)
        handle.move(made, (0.5, 0.75, 0.6) if handle.free else (0.5, 0.75))
        assert made.values != before
        moved = next(other for other in made.handles(0.0) if other.name == handle.name)
        assert not np.allclose(np.asarray(moved.position), np.asarray(handle.position))


@pytest.mark.parametrize("name", [name for name in NAMES if "domain" in library.scene_class(name).params()])
def test_a_handle_dragged_off_the_ground_stays_on_its_edge(name: str) -> None:
    made = scene(name, **({"count": 1500, "cells": 32, "patch": 0.1} if name == "optimizer_swarm" else {}))
    for handle in made.handles(0.0):
        handle.move(made, (1e9, -1e9))
    x0, x1, y0, y1 = made.domain
    for value in made.values.values():
        if isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, float) for v in value):
            assert x0 <= value[0] <= x1
            assert y0 <= value[1] <= y1


# ------------------------------------------------------------------------------------------------ rates
def test_suggested_rates_follow_the_curvature_and_the_domain() -> None:
    land = ll.landscape("0.5*(x^2 + 10*y^2)", domain=((-1, 1), (-1, 1)))
    wide = ll.landscape("0.5*(x^2 + 10*y^2)", domain=((-100, 100), (-100, 100)))

    def rate(text: str, land: ll.Landscape, start: tuple[float, float]) -> float:
        return ll.rates.suggested_rate(ll.optimizers.optimizer(text), land, start)

    assert rate("sgd", land, (-0.2, 0.1)) == pytest.approx(0.1, rel=0.2)  # 1/λ
    assert rate("sgd", wide, (-20, 10)) == pytest.approx(0.1, rel=0.2)  # whatever the domain
    assert rate("adam", wide, (-20, 10)) == pytest.approx(100 * rate("adam", land, (-0.2, 0.1)), rel=0.2)
    flat = ll.landscape("1 + 0*x + 0*y")
    assert np.isfinite(rate("sgd", flat, (0.0, 0.0)))


WIDE = (-100, 100, -100, 100)


def test_start_and_rates_follow_the_range_shown() -> None:
    here, there = scene("x^4 + y^4"), scene("x^4 + y^4", domain=WIDE)
    assert there.start == pytest.approx(np.array(here.start) * 25)
    for near, far in zip(here.lanes, there.lanes, strict=True):
        share = far.optimizer.lr / near.optimizer.lr
        # Rates of rules that divide by the slope are lengths; the others go with 1 / curvature, which is 12 x^2.
        wanted = 25.0 if near.name in ("rmsprop", "adam", "lion") else 1 / 25**2
        assert share == pytest.approx(wanted, rel=0.5), near.name
    swarm, wide = (scene("optimizer_swarm", landscape="x^4 + y^4", **more) for more in ({}, {"domain": (-40, 40) * 2}))
    assert wide.rate == pytest.approx(swarm.rate / 100, rel=0.5)
    zoo = scene("landscape_zoo", landscape="x^4 + y^4", domain=WIDE)
    assert np.abs(zoo.ball).max() > 25
    assert np.abs(scene("gradient_3d", landscape="x^4 + y^4", domain=WIDE).walker).max() > 25
    assert scene("gradient_descent", domain=(-1, 1, -1, 1)).start == pytest.approx((-0.85, 0.4))


def test_what_was_chosen_stays_when_the_range_changes() -> None:
    made = scene("x^4 + y^4", start=(1.0, 2.0), lanes="adam:lr=0.123;lion:lr=0.5")
    made.set("domain", WIDE)
    assert made.start == (1.0, 2.0)
    assert [lane.optimizer.lr for lane in made.lanes] == [0.123, 0.5]
    one = scene("x^4 + y^4")
    one.set("lanes", [lane.with_field("lr", 0.123) if k == 1 else lane for k, lane in enumerate(one.lanes)])
    one.set("domain", WIDE)  # the others get the rates of the new range
    usual = scene("x^4 + y^4", domain=WIDE).lanes
    assert [lane.optimizer.lr for lane in one.lanes] == [
        0.123 if k == 1 else lane.optimizer.lr for k, lane in enumerate(usual)
    ]
    swarm = scene("optimizer_swarm", rate=0.2, domain=WIDE, landscape="x^4 + y^4", optimizer="adam")
    assert (swarm.rate, swarm.optimizer, swarm.domain) == (0.2, "adam", WIDE)  # in whatever order they are given
    staged = scene("himmelblau")
    lanes = staged.lanes
    staged.set("domain", (-6, 6, -6, 6))
    assert staged.lanes == lanes
    with pytest.raises(ll.UserError, match="no finite value"):
        scene("log(x - 50)", domain=(60, 70, 0, 1)).set("domain", (-4, 4, -4, 4))


# ------------------------------------------------------------------------------------------------ library
@pytest.mark.parametrize("name", ["optimizer_rcae", "himmelblua", "nothing_like_it"])
def test_unknown_names_are_refused_with_the_nearest(name: str) -> None:
    with pytest.raises(UserError) as caught:
        library.scene(name)
    if name != "nothing_like_it":
        assert "Did you mean" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_broken_formula_is_refused() -> None:
    with pytest.raises(UserError):
        library.scene("x^2 + ")


def test_unknown_params_and_presets_are_refused() -> None:
    with pytest.raises(UserError, match="start"):
        library.scene("optimizer_race", strat=(1, 1))
    with pytest.raises(UserError, match="rosenbrock"):
        library.scene("optimizer_race", preset="rosenbrok")


USERS_OWN = """
import lossland as ll
from lossland.world import layers

class Mine(ll.Scene):
    title = "Mine"
    size = ll.parameters.Number(1.0, 0.0, 2.0)

    def frame(self, time):
        return ll.Frame([], [layers.Title(self.title)])

    def readouts(self, time=0.0):
        return {"size": self.size}
"""


def test_a_users_own_file_is_a_scene(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(USERS_OWN)
    made = library.scene(str(file), size=0.5)
    assert isinstance(made, Scene)
    assert made.name == "mine"
    assert made.readouts() == {"size": 0.5}
    assert type(library.scene(str(file))) is type(made)
    assert type(library.scene(f"{file}:Mine")) is type(made)


@pytest.mark.parametrize(
    ("text", "says"),
    [("x = (", "line 1"), ("import lossland", "should have one scene"), ("1 / 0", "ZeroDivisionError")],
)
def test_a_broken_file_is_refused_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "broken.py"
    file.write_text(text)
    with pytest.raises(UserError, match=says):
        library.scene(str(file))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file"):
        library.scene(str(tmp_path / "none.py"))


def test_parameters_keep_their_declared_order() -> None:
    params = library.scene_class("optimizer_race").params()
    assert list(params)[:3] == ["landscape", "domain", "start"]
    assert all(isinstance(param, Param) for param in params.values())
    assert isinstance(params["lanes"], Lanes)
    assert "landscape" not in library.scene_class("gradient_descent").params()


@pytest.mark.parametrize("domain", [(1, -1, 0, 1), (0, 1, 2, 2), (0, 1, 0, float("nan"))])
def test_an_empty_domain_is_refused_and_changes_nothing(domain: tuple[float, ...]) -> None:
    made = scene("optimizer_race")
    before = dict(made.values)
    with pytest.raises(UserError):
        made.set("domain", domain)
    assert made.values == before


# ------------------------------------------------------------------------------------------------ tours
def test_every_shot_of_every_tour_can_be_shown() -> None:
    for tour in library.tours():
        assert library.tour(tour.name) is tour
        for shot in tour.shots:
            made = library.scene(shot.scene, shot.preset)
            for name, value in shot.values(0.0).items():
                made.set(name, value)
            assert 0 <= shot.scene_time(shot.seconds) <= made.clock.seconds


def test_the_demo_tells_of_four_scenes_in_half_a_minute_at_most() -> None:
    demo = library.tour("demo")
    assert demo.seconds <= 30
    assert len({shot.scene for shot in demo.shots}) == len(demo.shots) == 4
    assert all(shot.title and shot.text for shot in demo.shots)
    assert demo.at(0.0)[0].shot is demo.shots[0]
    assert demo.at(99.0)[0].shot is demo.shots[-1]


ESSENCES = {
    "essence_of_calculus": {"derivative_slope", "integral_area", "taylor_series", "chain_rule", "gradient_3d"},
    "essence_of_linear_algebra": {
        "vectors", "dot_product", "linear_map_2d", "linear_map_3d", "matrix_composition", "eigenvectors", "pca",
    },
    "from_slopes_to_learning": {
        "derivative_slope", "chain_rule", "gradient_3d", "gradient_high_dim", "gradient_descent", "optimizer_race",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", ESSENCES)
def test_a_tour_of_ideas_takes_one_to_two_minutes_and_rests_between(name: str) -> None:
    tour = library.tour(name)
    assert 60 <= tour.seconds <= 120
    assert {shot.scene for shot in tour.shots} == ESSENCES[name]
    for shot in tour.shots:
        assert shot.title
        assert bool(shot.text) != bool(shot.latex)
        end = shot.seconds - shot.hold
        assert shot.scene_time(end) == shot.scene_time(shot.seconds) > shot.scene_time(end - 0.5)


def test_shots_glide_between_their_keys() -> None:
    shot = Shot("gradient_descent", 4.0, keys={"alpha": ((1, 0.1), (3, 0.2)), "start": ((0, (0, 0)), (4, (1, 2)))},
                azimuth=(-70, -50))  # fmt: skip
    assert shot.values(0.0)["alpha"] == 0.1
    assert shot.values(2.0)["alpha"] == pytest.approx(0.15)
    assert shot.values(9.0)["alpha"] == 0.2
    assert shot.values(1.0)["start"] == (0, 0)  # whole numbers stay whole
    assert shot.camera(2.0) == {"azimuth": -60.0}
    assert Tour("t", "T", (shot,)).seconds == 4.0


def test_a_shot_stands_still_while_it_holds() -> None:
    shot = Shot("gradient_descent", 5.0, azimuth=(-70, -50), play=(1.0, 3.0), hold=1.0)
    assert shot.scene_time(2.0) == 2.0
    assert shot.scene_time(4.0) == shot.scene_time(5.0) == 3.0
    assert shot.camera(4.0) == shot.camera(5.0) == {"azimuth": -50.0}


def test_an_unknown_tour_is_refused() -> None:
    with pytest.raises(UserError, match="demo"):
        library.tour("dmeo")


# ------------------------------------------------------------------------------------------------ numerals
@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0021, "0.0021"), (3.456, "3.46"), (128.4, "128"), (1.234e7, "1.2e7"), (-4.2e-6, "−4.2e−6"), (0, "0"),
     (float("inf"), "∞"), (float("-inf"), "−∞"), (float("nan"), "–"), (1234.5, "1234")],
)  # fmt: skip
def test_short_numbers(value: float, expected: str) -> None:
    assert numerals.short(value) == expected


def test_other_numbers() -> None:
    assert numerals.fixed(-0.001) == "0.00"
    assert numerals.trimmed(2.50) == "2.5"
    assert numerals.trimmed(-3.0) == "−3"
    assert numerals.latex(-3.0) == "-3"
    assert numerals.pair((3, -1.848)) == "(3.00, −1.85)"
    assert numerals.thousands(50_000) == "50\u2009000"

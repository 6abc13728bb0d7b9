"""Each lane of a race has a colour of its own, from one place, and keeps it."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.app.stage import Stage
from lossland.play.player import Player
from lossland.scenery import library
from lossland.scenery.parameters import Lanes, color_of_next
from lossland.world.layers import Chart, Legend, Trail
from lossland.world.theme import DARK

TWINS = "momentum;momentum:lr=0.001;adam;sgd;adam:lr=0.1"


def colors(scene) -> dict[str, str]:
    return {lane.id: lane.color for lane in scene.values["lanes"]}


def test_every_lane_has_a_colour_of_its_own_also_two_of_one_optimizer() -> None:
    scene = library.scene("optimizer_race", lanes=TWINS)
    roles = [lane.color for lane in scene.values["lanes"]]
    assert roles == ["lane.1", "lane.2", "lane.3", "lane.0", "lane.4"]
    assert len({DARK.hex(role) for role in roles}) == 5


def test_trails_labels_legend_and_charts_have_the_lanes_colours() -> None:
    scene = library.scene("optimizer_race", lanes=TWINS)
    frame = scene.frame(2.0)
    own = colors(scene)
    trails = [layer for layer in frame.layers if isinstance(layer, Trail)]
    assert {trail.key: trail.color for trail in trails} == own
    legend = next(note for note in frame.notes if isinstance(note, Legend))
    chart = next(note for note in frame.notes if isinstance(note, Chart))
    assert [row.color for row in legend.rows] == [series.color for series in chart.series] == list(own.values())


def test_a_lane_keeps_its_colour_while_others_come_and_go() -> None:
    player = Player(library.scene("optimizer_race"))
    before = colors(player.scene)
    player.remove_lane(1)
    after = colors(player.scene)
    assert after == {key: role for key, role in before.items() if key != "momentum"}
    player.add_lane("adam")
    told = color_of_next(player.lanes[:-1], "adam")
    assert player.lanes[-1].color == told == "lane.1"  # its usual one is taken, and this has become free
    player.add_lane("momentum")
    assert player.lanes[-1].color == "lane.5"
    player.enable_lane(0, False)
    player.set_lane_field(2, "lr", 0.5)
    player.set_landscape("beale")
    now = colors(player.scene)
    assert {key: now[key] for key in after} == after
    assert len(set(now.values())) == len(now) == 6


def test_sessions_keep_colours_and_read_those_of_earlier_days() -> None:
    lanes = library.scene("optimizer_race").param("lanes")
    assert isinstance(lanes, Lanes)
    value = lanes.check("sgd;adam;adam:lr=0.1")
    assert [lane.seat for lane in value] == [0, 3, 1]
    plain = lanes.to_json(value)
    assert all("seat" not in one for one in plain)
    kept = lanes.check((value[2], value[1]))
    assert [lane.seat for lane in kept] == [1, 3]
    told = lanes.to_json(kept)
    assert [lane.seat for lane in lanes.check(told)] == [1, 3]
    for broken in (-1, 1000, "red", 1.5):
        assert lanes.check([{"optimizer": "adam", "seat": broken}])[0].seat == 3


def test_a_users_rule_has_a_colour_too() -> None:
    class Mine:
        name = "mine"

    assert color_of_next(library.scene("optimizer_race").values["lanes"], "mine") == "lane.5"


def test_nine_lanes_are_drawn_the_ninth_with_dashes() -> None:
    names = "sgd;momentum;rmsprop;adam;lion;adamax;amsgrad;nesterov;adamw"
    scene = library.scene("optimizer_race", lanes=names)
    assert scene.values["lanes"][8].color == "lane.8"
    from dataclasses import replace

    pictures = []
    for seat in (0, 8):  # the same lane alone, as the first and as the ninth
        lane = replace(scene.values["lanes"][0], seat=seat)
        with Stage(library.scene("optimizer_race", lanes=[lane]), (480, 270), title=False) as stage:
            stage.player.set_show("labels", False)
            pictures.append(stage.render(5.0)[..., :3].astype(int))
    apart = np.abs(pictures[0] - pictures[1]).max(axis=-1) > 60
    assert 20 < apart.sum() < 900  # gaps in its line, a dark core in its ball and in the legend's mark
    with pytest.raises(ValueError, match="from 1 to 12"):
        library.scene("optimizer_race", lanes=";".join(["sgd"] * 13))

"""Colours: lightness that rises evenly, and optimizers that everyone can tell apart."""

import itertools

import numpy as np
import pytest

from lossland.errors import UserError
from lossland.world.theme import (
    DARK,
    PRINT,
    USUAL_LANE,
    contrast,
    hex_color,
    linear_from_srgb,
    marked,
    oklab_from_srgb,
    rgb,
    srgb_from_linear,
    srgb_from_oklab,
    theme,
    themes,
)

OPTIMIZERS = (
    "gradient_descent",
    "sgd",
    "momentum",
    "nesterov",
    "adagrad",
    "rmsprop",
    "adadelta",
    "adam",
    "adamw",
    "amsgrad",
    "nadam",
    "radam",
    "adamax",
    "lion",
    "rprop",
    "yogi",
    "adabelief",
)
SIX = ("sgd", "momentum", "rmsprop", "adam", "lion", "adamw")


# What each kind of sight makes of linear light (Machado, Oliveira & Fernandes, 2009; severity 1).
SIGHTS = {
    "normal": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def color_distance(first, second, sight="normal"):
    """Return 100 × the OKLab distance of sRGB colours (..., 3) as one kind of sight (a key of SIGHTS) sees them."""

    def seen(color):
        light = np.clip(linear_from_srgb(color) @ SIGHTS[sight].T, 0.0, 1.0)
        return oklab_from_srgb(srgb_from_linear(light))

    return 100.0 * np.linalg.norm(seen(first) - seen(second), axis=-1)


def closest(theme_, names):
    colors = {name: theme_.color(f"optimizer.{name}") for name in names}
    return min(
        float(color_distance(colors[a], colors[b], sight))
        for a, b in itertools.combinations(names, 2)
        for sight in SIGHTS
    )


def test_oklab_agrees_with_its_published_examples():
    # Ottosson's table of XYZ -> OKLab says white is (1, 0, 0); pure sRGB red is a well-known (0.628, 0.225, 0.126).
    assert oklab_from_srgb([1, 1, 1]) == pytest.approx([1, 0, 0], abs=1e-6)
    assert oklab_from_srgb([1, 0, 0]) == pytest.approx([0.62796, 0.22486, 0.12585], abs=1e-4)


def test_color_spaces_round_trip():
    colors = np.random.default_rng(0).uniform(size=(200, 3))
    assert srgb_from_linear(linear_from_srgb(colors)) == pytest.approx(colors, abs=1e-9)
    assert srgb_from_oklab(oklab_from_srgb(colors)) == pytest.approx(colors, abs=1e-5)


@pytest.mark.parametrize("look", themes(), ids=lambda t: t.name)
def test_height_lightness_rises_strictly(look):
    lightness = oklab_from_srgb(look.height_map)[:, 0]
    assert look.height_map.shape == (256, 3)
    assert np.all(np.diff(lightness) > 0)


@pytest.mark.parametrize("look", themes(), ids=lambda t: t.name)
def test_signed_map_has_zero_in_the_middle_and_even_arms(look):
    lightness = oklab_from_srgb(look.signed_map)[:, 0]
    towards_middle = np.sign(lightness[127] - lightness[0])
    assert np.all(np.diff(lightness[:120]) * towards_middle > 0)
    assert np.all(np.diff(lightness[136:]) * towards_middle < 0)
    assert color_distance(look.signed_map[127], rgb(look.signed_stops[2][1])) < 1.0


@pytest.mark.parametrize("look", themes(), ids=lambda t: t.name)
def test_maps_pass_through_their_stops(look):
    for place, color in look.height_stops:
        nearest = look.height_map[round(place * 255)]
        assert color_distance(nearest, rgb(color)) < 1.0


@pytest.mark.parametrize(("look", "six", "all_of_them"), [(DARK, 7.45, 5.5), (PRINT, 11.0, 7.0)])
def test_optimizers_stay_apart_for_every_kind_of_sight(look, six, all_of_them):
    assert closest(look, SIX) >= six
    assert closest(look, OPTIMIZERS) >= all_of_them


@pytest.mark.parametrize("look", themes(), ids=lambda t: t.name)
def test_lanes_can_be_told_apart_by_every_eye(look):
    """Any two of eight lanes are 12 hundredths of OKLab apart, also without red or green cones (Machado et al.).

    A difference of 2 hundredths is just noticeable side by side (CSS Color 4, section 12.2), and thin lines far apart
    need several of those: 12 is six. No more than 14 can be had from eight colours while the five of the usual race
    stay where they were; blue-blind eyes, which are rare, get 7.
    """
    colors = [look.color(f"lane.{k}") for k in range(8)]
    apart = {
        sight: min(float(color_distance(a, b, sight)) for a, b in itertools.combinations(colors, 2)) for sight in SIGHTS
    }
    assert min(apart["normal"], apart["protan"], apart["deutan"]) >= 12.0
    assert apart["tritan"] >= 7.0
    for color in colors:
        assert contrast(color, look.color("casing")) > 2.0  # a line is seen by its outline too
        assert contrast(look.ink(hex_color(color)), look.color("background")) >= 4.5


@pytest.mark.parametrize("look", themes(), ids=lambda t: t.name)
def test_the_usual_races_colours_stay_where_they_were(look):
    for name in ("sgd", "momentum", "rmsprop", "adam", "lion"):
        own = look.color(f"lane.{USUAL_LANE[name]}")
        assert color_distance(own, look.color(f"optimizer.{name}")) < 3.5


@pytest.mark.parametrize("look", themes(), ids=lambda t: t.name)
@pytest.mark.parametrize(
    "roles",
    [
        ("signed.low", "signed.high"),  # both classes of a network, and what it finds between them
        ("optimizer.momentum", "up"),  # signal and gradient
        ("lane.1", "lane.4", "lane.3"),  # the best, the median and the worst of a crowd
        ("optimizer.adam", "lane.1"),  # true losses, and those in a slice
    ],
)
def test_what_networks_tell_apart_everyone_can(look, roles):
    apart = {
        sight: min(
            float(color_distance(look.color(a), look.color(b), sight)) for a, b in itertools.combinations(roles, 2)
        )
        for sight in SIGHTS
    }
    assert min(apart["normal"], apart["protan"], apart["deutan"]) >= 12.0
    assert apart["tritan"] >= 7.0


@pytest.mark.parametrize("look", themes(), ids=lambda t: t.name)
def test_both_arms_of_the_signed_map_are_told_apart(look):
    """From a quarter of the way to their ends on, where a sheet says which class it is."""
    low, high = look.signed_map[:95], look.signed_map[:160:-1]
    for sight in ("normal", "protan", "deutan"):
        assert np.min(color_distance(low, high, sight)) >= 7.0


def test_a_ninth_lane_has_the_first_ones_colour_and_a_mark():
    assert DARK.hex("lane.8") == DARK.hex("lane.0")
    assert DARK.hex("lane.13") == DARK.hex("lane.5")
    assert [marked(f"lane.{k}") for k in range(10)] == 8 * [False] + 2 * [True]
    assert not marked("accent")


@pytest.mark.parametrize("look", themes(), ids=lambda t: t.name)
def test_text_can_be_read(look):
    ground = look.color("background")
    assert contrast(look.color("text"), ground) > 7
    assert contrast(look.color("dim"), ground) > 4.5
    for name in OPTIMIZERS:
        assert contrast(look.ink(f"optimizer.{name}"), ground) >= 4.5


def test_contrast_of_black_and_white_is_21():
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21.0)


def test_roles_categories_and_mistakes():
    assert DARK.hex("basin.5") == DARK.hex("basin.1")
    assert DARK.hex("particle.-1") == "#C9CED6"
    assert DARK.color("#FF0080") == pytest.approx((1.0, 0.0, 128 / 255))
    assert hex_color(DARK.color("accent")) == "#EBD8B0"
    assert DARK.hex("optimizer.my_own") == DARK.hex("text")
    assert DARK.dark
    assert not PRINT.dark
    assert theme("print") is PRINT
    with pytest.raises(UserError, match="accent"):
        DARK.color("acent")
    with pytest.raises(UserError, match="dark"):
        theme("drak")
    with pytest.raises(UserError, match="#RRGGBB"):
        DARK.color("#12345")


@pytest.mark.parametrize("look", themes(), ids=lambda t: t.name)
def test_twelve_classes_can_be_told_apart_by_every_eye(look):
    """Any two are 10 hundredths of OKLab apart, also without red or green cones; for blue-blind eyes 5.9."""
    colors = [look.color(f"class.{k}") for k in range(12)]
    apart = {
        sight: min(float(color_distance(a, b, sight)) for a, b in itertools.combinations(colors, 2)) for sight in SIGHTS
    }
    assert min(apart["normal"], apart["protan"], apart["deutan"]) >= 10.0
    assert apart["tritan"] >= 5.9
    assert look.color("class.12") == colors[0]


def test_the_ten_digits_colours_are_farther_apart_in_dark():
    """Small dots by the thousand need more than lines do: 15 hundredths of OKLab; 12 without red or green cones."""
    colors = [DARK.color(f"class.{k}") for k in range(10)]
    apart = {
        sight: min(float(color_distance(a, b, sight)) for a, b in itertools.combinations(colors, 2)) for sight in SIGHTS
    }
    assert apart["normal"] >= 15.0
    assert min(apart["protan"], apart["deutan"]) >= 12.0
    assert apart["tritan"] >= 9.0
    assert min(contrast(color, DARK.color("background")) for color in colors) >= 2.6

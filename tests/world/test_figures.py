"""Figures against closed forms: angles, ends and heights of arcs, what a brace spans, where entries stand."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from lossland import figures
from lossland.errors import UserError
from lossland.play.player import Player
from lossland.play.pointer import Pointer
from lossland.pointing.description import Description
from lossland.pointing.picking import describe, pick_any
from lossland.scenery.parameters import Number
from lossland.scenery.scene import Frame, Handle, Scene, View
from lossland.world import layers
from lossland.world.camera import Camera

RNG = np.random.default_rng(7)
SIZE = (640, 400)


def angle(first: Any, second: Any, **options: Any) -> figures.Angle:
    return figures.Angle((0.0, 0.0), first, second, **options)


def parts(figure: layers.Compound) -> dict[str, Any]:
    frame = Frame([figure])
    return dict(zip((key.partition("/")[2] for key in frame.keys), frame.layers, strict=True))


def said(figure: layers.Compound, place: Any) -> Description:
    """Return what is said of the thing at a place of the plane."""
    frame, camera = Frame([figure], view=View(flat=True)), Camera(flat=True)
    camera.fit([[-3.0, -2, 0], [3, 2, 0]], SIZE)
    hit = pick_any(frame, camera, camera.project(figures.place(place, ""), SIZE), SIZE)
    assert hit is not None
    found = describe(hit, frame)
    assert found is not None
    return found


# ------------------------------------------------------------------------------------------------------- angles
def test_an_angle_is_the_arccos_of_its_directions_in_space() -> None:
    for first, second in RNG.normal(size=(50, 2, 3)):
        expected = np.degrees(np.arccos(first @ second / np.linalg.norm(first) / np.linalg.norm(second)))
        assert angle(first, second).degrees == pytest.approx(expected, abs=1e-5)


def test_an_angle_about_an_axis_is_the_difference_of_two_arctan2() -> None:
    for one, two in RNG.uniform(-np.pi, np.pi, (50, 2)):
        first, second = ((np.cos(turn), np.sin(turn)) for turn in (one, two))
        assert angle(first, second, about=(0, 0, 1)).degrees == pytest.approx(np.degrees((two - one) % (2 * np.pi)))
        assert angle(first, second, about=(0, 0, -1)).degrees == pytest.approx(np.degrees((one - two) % (2 * np.pi)))


@pytest.mark.parametrize(
    ("second", "about", "degrees"),
    [
        ((5, 0), None, 0.0),
        ((0, 2), None, 90.0),
        ((-1, 0), None, 180.0),
        ((0, -3), None, 90.0),
        ((0, -3), (0, 0, 1), 270.0),
        ((1, -1e-7), (0, 0, 1), 360.0 - np.degrees(1e-7)),
        ((1, 1e-7), None, np.degrees(1e-7)),
        ((-1, 1e-7), None, 180.0 - np.degrees(1e-7)),
    ],
)
def test_known_angles(second: Any, about: Any, degrees: float) -> None:
    assert angle((1, 0), second, about=about).degrees == pytest.approx(degrees, rel=1e-12, abs=1e-12)


def test_the_arc_goes_from_one_side_to_the_other_at_its_radius() -> None:
    vertex, first, second = RNG.normal(size=(3, 3))
    made = figures.Angle(vertex, first, second, radius=0.7)
    arc = parts(made)["Lines"].paths[0]
    assert np.linalg.norm(arc - vertex, axis=1) == pytest.approx(np.full(len(arc), 0.7))
    assert arc[0] == pytest.approx(vertex + 0.7 * first / np.linalg.norm(first))
    assert arc[-1] == pytest.approx(vertex + 0.7 * second / np.linalg.norm(second))
    assert (arc - vertex) @ np.cross(first, second) == pytest.approx(np.zeros(len(arc)), abs=1e-12)
    middle = first / np.linalg.norm(first) + second / np.linalg.norm(second)
    assert made.at(0.5) - vertex == pytest.approx(0.7 * middle / np.linalg.norm(middle))


def test_a_reflex_arc_goes_the_long_way_around() -> None:
    made = angle((1, 0), (0, -1), about=(0, 0, 1), radius=2.0)
    assert made.at(0.5) == pytest.approx((-np.sqrt(2), np.sqrt(2), 0))
    arc = parts(made)["Lines"].paths[0]
    turned = np.degrees(np.arctan2(arc[:, 1], arc[:, 0])) % 360
    assert np.all(np.diff(turned) > 0)
    assert np.diff(turned).max() <= 3.0 + 1e-9


def test_half_a_turn_lies_in_the_plane_of_its_axis() -> None:
    assert angle((1, 0), (-1, 0)).at(0.5) == pytest.approx((0, 0.5, 0))
    assert angle((1, 0), (-1, 0), about=(0, 0, -1)).at(0.5) == pytest.approx((0, -0.5, 0))
    assert angle((1, 0), (-1, 0), about=(0, -1, 0)).at(0.5) == pytest.approx((0, 0, 0.5))
    upright = angle((0, 0, 1), (0, 0, -1)).at(0.5)  # along its axis: any plane will do
    assert (float(np.linalg.norm(upright)), float(upright[2])) == pytest.approx((0.5, 0.0))


def test_an_angle_of_nothing_has_no_arc_but_a_number() -> None:
    found = parts(angle((2, 1), (4, 2)))
    assert list(found) == ["Label"]
    assert found["Label"].text == "0°"


def test_an_angle_says_its_degrees() -> None:
    made = angle((1, 0), (1, np.sqrt(3)), radius=1.0)
    assert parts(made)["Label"].text == "60°"
    assert (said(made, (0.5, 0.3)).title, said(made, (0.5, 0.3)).lines) == ("Angle", ("60°",))
    assert said(made, (np.cos(0.2), np.sin(0.2))).lines == ("60°",)
    named = parts(angle((1, 0), (0, 1), text=r"\alpha"))["Label"]
    assert (named.text, named.latex) == (r"\alpha", True)


def test_the_square_of_a_right_angle_has_its_corners_on_the_sides() -> None:
    square = figures.RightAngle((1, 1), (0, 3), (-2, 0), size=0.5)
    assert square.corners == pytest.approx(np.array([(1, 1.5, 0), (0.5, 1.5, 0), (0.5, 1, 0)]))
    assert said(square, (0.75, 1.5)).lines == ("90°",)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: angle((0, 0), (1, 0)), "first side of an Angle is a direction"),
        (lambda: angle((1, 0), (0, 0, 0)), "second side of an Angle is a direction"),
        (lambda: angle((1, 0), (1, 1), about=(0, 0, 0)), "axis of an Angle is a direction"),
        (lambda: angle((1, np.nan), (1, 0)), "two or three finite numbers"),
        (lambda: figures.Angle((1, 2, 3, 4), (1, 0), (0, 1)), "two or three finite numbers"),
        (lambda: figures.RightAngle((0, 0), (1, 0), (1, 1)), "needs directions at 90°, not 45.0°"),
        (lambda: figures.Brace((1, 1), (1, 1)), "needs two different ends"),
        (lambda: figures.Measure((0, 0, 0), (0, 0, 1)), "along its normal has no side"),
        (lambda: figures.Chips(["a", "b"], [(0, 0)]), "2 Chips need as many positions, not 1"),
        (lambda: figures.Chips.row(["a"], value=[1.5]), "value of a chip is from 0 to 1, not 1.5"),
        (lambda: figures.Chips.row(["a"], value=[0.5, 0.5]), "as many values"),
        (lambda: figures.Chips.row(["a"], state="bright"), "plain, lit, dim"),
        (lambda: figures.Arcs([(0, 0)], [(1, 0)], [1, 2]), "as many starts, ends, weights"),
        (lambda: figures.Arcs([(0, 0)], [(1, 0)], [np.nan]), "finite numbers"),
        (lambda: figures.Table(np.array([1, 2])), r"shape \(rows, columns\), not \(2,\)"),
        (lambda: figures.Table([[1, 2]], row_names=("a", "b")), "1 rows needs as many names"),
        (lambda: figures.Table([[1, 2]], lit_columns={2}), "columns 0 to 1"),
        (lambda: figures.Table([[1, 2]]).entry(0, 2), r"no entry \(0, 2\)"),
        (lambda: figures.Table([[1, 2]], limit=0.0), "limit of a Table is above 0"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_a_sentence(make: Any, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        make()
    assert str(caught.value).endswith(".")


# ------------------------------------------------------------------------------------------------------ lengths
@pytest.mark.parametrize("length", [0.2, 1.0, 6.0])
def test_a_brace_spans_its_segment_and_stands_out_by_its_size(length: float) -> None:
    start, way = np.array([0.3, -0.4, 0.0]), np.array([0.6, 0.8, 0.0])
    left = np.array([-0.8, 0.6, 0.0])
    brace = figures.Brace(start, start + length * way, away=0.1, size=0.3)
    along, out = (brace.path - start) @ way, (brace.path - start) @ left
    assert (along.min(), along.max()) == pytest.approx((0.0, length))
    assert (out.min(), out.max()) == pytest.approx((0.1, 0.4))
    assert np.all(np.diff(along) >= -1e-12)
    assert out == pytest.approx(out[::-1])  # its halves are mirrored
    assert brace.path[np.argmax(out)] == pytest.approx(start + 0.5 * length * way + 0.4 * left)
    assert brace.tip == pytest.approx(brace.path[np.argmax(out)])


def test_a_long_brace_has_quarters_of_circles_at_its_ends_and_at_its_tip() -> None:
    brace = figures.Brace((0, 0), (4, 0), away=0.1, size=0.3)
    along, out = brace.path[:, 0], brace.path[:, 1] - 0.1
    end, tip = along <= 0.15, (along >= 1.85) & (along <= 2.0)
    assert np.hypot(along - 0.15, out)[end] == pytest.approx(np.full(end.sum(), 0.15))  # around (0.15, 0)
    assert np.hypot(along - 1.85, out - 0.3)[tip] == pytest.approx(np.full(tip.sum(), 0.15))
    assert out[~end & (along < 1.85)] == pytest.approx(0.15)  # and is straight between


def test_a_measure_is_parallel_to_its_segment_and_says_its_length() -> None:
    measure = figures.Measure((0, 0), (1.5, 2.0), away=0.5, size=0.2)
    left = np.array([-0.8, 0.6, 0.0])
    assert measure.length == pytest.approx(2.5)
    assert measure.line == pytest.approx(np.array([(0, 0, 0), (1.5, 2, 0)]) + 0.5 * left)
    lines = parts(measure)["Lines 2"].paths
    assert lines[1] == pytest.approx(np.array([0.4 * left, 0.6 * left]))
    assert parts(measure)["Label"].text == "2.5"
    found = said(measure, measure.tip)
    assert (found.title, found.lines) == ("Measure", ("length 2.5",))
    assert figures.Measure((1.5, 2.0), (0, 0), away=0.5).tip == pytest.approx(np.array((0.75, 1, 0)) - 0.5 * left)


def test_a_text_stands_on_the_side_away_from_the_segment() -> None:
    for end, side in (((2, 0), "above"), ((-2, 0), "below"), ((0, 2), "left"), ((0, -2), "right"), ((2, 2), "left")):
        assert parts(figures.Brace((0, 0), end))["Label"].side == side
    standing = figures.Brace((0, 0, 0), (1, 0, 0), normal=(0, -1, 0))
    assert standing.tip == pytest.approx((0.5, 0, 0.12 + 0.28))
    assert parts(standing)["Label"].side == "above"


# -------------------------------------------------------------------------------------------------------- chips
def test_chips_in_a_row_are_apart_by_the_gap_and_centred() -> None:
    chips = figures.Chips.row(("I", "am", "wonderful"), (1.0, 2.0), gap=0.2, height=0.5)
    plates = parts(chips)["Plates"]
    left, right = plates.corner[:, 0], (plates.corner + plates.right)[:, 0]
    assert left[1:] - right[:-1] == pytest.approx((0.2, 0.2))
    assert (left[0] + right[-1]) / 2 == pytest.approx(1.0)
    assert list(chips.widths) == sorted(chips.widths)
    assert plates.corner[:, 1] == pytest.approx(np.full(3, 1.75))
    assert chips.top == pytest.approx(np.array(chips.position) + np.array((0, 0.25, 0)))
    assert chips.bottom == pytest.approx(np.array(chips.position) - (0, 0.25, 0))
    assert len(figures.Chips.row(()).top) == 0


def test_a_chip_shows_its_state_and_says_its_text_and_value() -> None:
    chips = figures.Chips.row(("one", "two", "three"), value=(0.25, 0.5, 1.0), state=("plain", "lit", "dim"))
    plates = parts(chips)["Plates"]
    assert plates.level == pytest.approx((0.25, 1.0, 1.0))
    assert plates.tint[1] == 1.0
    assert plates.alpha[2] < plates.alpha[0] == plates.alpha[1] == 1.0
    found = said(chips, chips.position[0])
    assert (found.title, found.lines) == ("one", ("value 0.25",))
    assert said(figures.Chips.row(("bare",)), (0, 0)).lines == ()


# --------------------------------------------------------------------------------------------------------- arcs
def test_arcs_end_at_their_places_and_rise_with_their_distance() -> None:
    start, end = RNG.normal(size=(2, 12, 2))
    arcs = figures.Arcs(start, end, RNG.uniform(0, 1, 12), rise=0.6)
    for path, a, b, peak in zip(arcs.paths, start, end, arcs.peaks, strict=True):
        assert path[0] == pytest.approx((*a, 0))
        assert path[-1] == pytest.approx((*b, 0))
        height = 0.6 * np.hypot(*(b - a))
        assert peak == pytest.approx((*((a + b) / 2 + (0, height)), 0))
        assert path[24] == pytest.approx(peak)
    flat = figures.Arcs([(1.0, 2.0)], [(5.0, 2.0)], [1.0], rise=0.25)
    x, y = flat.paths[0][:, :2].T
    assert ((x - 3) / 2) ** 2 + (y - 2) ** 2 == pytest.approx(np.ones(49))  # an ellipse with half axes 2 and 1


def test_arcs_are_as_wide_and_opaque_as_their_weights() -> None:
    weight = np.array([0.5, -0.2, 0.0, 2.0])
    arcs = figures.Arcs(np.zeros((4, 2)), [(k, 0) for k in (1, 2, 3, 4)], weight, width=(1.0, 7.0), least=0.1)
    lines = parts(arcs)["Lines"]
    assert lines.width == pytest.approx((1.0, 2.2, 4.0, 7.0))  # the weakest is drawn first
    assert all(a < b for a, b in pairwise(lines.alpha))
    assert lines.alpha[-1] == 1.0
    assert lines.paths[2][-1] == pytest.approx((1, 0, 0))
    labels = [part for part in parts(arcs).values() if isinstance(part, layers.Label)]
    assert [label.text for label in labels] == ["2.00", "0.50", "−0.20"]
    assert labels[1].position == pytest.approx((0.5, 0.4, 0))
    assert labels[1].side == "above"


def test_the_text_of_an_arc_is_below_its_top_where_another_passes_close_above() -> None:
    arcs = figures.Arcs(np.zeros((3, 2)), [(2.0, 0), (2.2, 0), (0.6, 0)], [0.6, 0.3, 0.4], rise=0.5)
    sides = {part.text: part.side for part in parts(arcs).values() if isinstance(part, layers.Label)}
    assert sides == {"0.60": "below", "0.30": "above", "0.40": "above"}
    nested = figures.Arcs(
        np.zeros((3, 2)), [(2.0, 0), (2.2, 0), (1.95, 0)], [0.6, 0.3, 0.4], text=["inner", "", ""], rise=0.5
    )
    assert parts(nested)["text 0"].side == "above"  # no more room below


def test_an_arc_says_its_weight() -> None:
    arcs = figures.Arcs([(-2, 0), (2, 0)], [(0, 0), (0, 0)], (0.25, 0.75), rise=0.5)
    assert (said(arcs, (-1, 1)).title, said(arcs, (-1, 1)).lines) == ("Arc", ("weight 0.25",))
    assert said(arcs, (1, 1)).lines == ("weight 0.75",)


def crossings(one: np.ndarray, two: np.ndarray) -> int:
    """Count where two polylines (m, 2) cross."""
    found = 0
    for a, b in pairwise(one):
        for c, d in pairwise(two):
            sides = np.linalg.solve(np.column_stack([b - a, c - d]), c - a) if np.cross(b - a, c - d) else (-1, -1)
            found += bool(0 < sides[0] < 1 and 0 < sides[1] < 1)
    return found


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors")
def test_arcs_from_one_place_stand_side_by_side_and_do_not_cross() -> None:
    ends = np.array([(-3.0, 0), (-1, 0), (-2, 0), (1, 0), (3, 0)])
    arcs = figures.Arcs(np.zeros((5, 2)), ends, np.ones(5), spread=0.1)
    assert arcs.feet[0, :, 0] == pytest.approx((0.0, -0.2, -0.1, 0.2, 0.1))
    assert arcs.feet[1, :, :2] == pytest.approx(ends)
    curves = [path[::4, :2] for path in arcs.paths]
    assert not any(crossings(a, b) for k, a in enumerate(curves) for b in curves[:k])


def test_an_arc_from_a_place_to_itself_is_a_loop_over_it() -> None:
    arcs = figures.Arcs([(1, 1)], [(1, 1)], [0.5], rise=0.8)
    path = arcs.paths[0]
    assert path[0] == pytest.approx((1, 1, 0))
    assert path[-1] == pytest.approx((1, 1, 0))
    assert path[:, 1].max() == pytest.approx(1.8)
    assert np.ptp(path[:, 0]) > 0.3
    assert np.ptp(path[:, 2]) == 0.0
    assert arcs.peaks[0] == pytest.approx((1, 1.8, 0))


def test_a_loop_among_arcs_is_as_high_as_the_lowest() -> None:
    arcs = figures.Arcs(np.zeros((3, 2)), [(0, 0), (0.5, 0), (2, 0)], [1, 1, 1], rise=0.4)
    assert arcs.heights == pytest.approx((0.2, 0.2, 0.8))


def test_no_arcs_are_no_fault() -> None:
    assert parts(figures.Arcs([], [], []))["Lines"].paths == []


# ------------------------------------------------------------------------------------------------------- tables
def test_entries_stand_as_the_matrix_is_written() -> None:
    table = figures.Table(np.zeros((2, 3)), (1.0, 5.0), cell=(2.0, 1.0))
    for (i, j), place in {(0, 0): (-1, 5.5), (0, 2): (3, 5.5), (1, 1): (1, 4.5), (1, 2): (3, 4.5)}.items():
        assert table.entry(i, j) == pytest.approx((*place, 0))
    plates = parts(table)["entries"]
    middles = plates.corner + (plates.right + plates.up) / 2
    assert middles == pytest.approx(np.array([table.entry(i, j) for i in range(2) for j in range(3)]))
    standing = figures.Table([[1.0], [2.0]], (0, 0, 1), right=(0, 1, 0), up=(0, 0, 1), cell=(1.0, 1.0))
    assert standing.entry(0, 0) == pytest.approx((0, 0, 1.5))
    assert standing.entry(1, 0) == pytest.approx((0, 0, 0.5))


def test_colours_and_numbers_are_those_of_the_values() -> None:
    values = np.array([[1.0, -4.0], [0.25, 2.0]])
    plates = parts(figures.Table(values, digits=1))["entries"]
    assert plates.color == pytest.approx((0.25, -1.0, 0.0625, 0.5))
    assert plates.text == ("1.0", "−4.0", "0.2", "2.0")
    assert parts(figures.Table(values, digits=None, limit=8.0))["entries"].color == pytest.approx(values.ravel() / 8)
    assert parts(figures.Table(np.zeros((1, 1))))["entries"].color == pytest.approx([0.0])


def test_a_lit_row_is_clear_and_framed_and_the_others_dim() -> None:
    made = parts(figures.Table(np.arange(6.0).reshape(2, 3), lit_rows={1}, row_names=("a", "b"), cell=(1.0, 1.0)))
    assert list(made["entries"].alpha < 1) == [True] * 3 + [False] * 3
    assert made["row names"].color == ("dim", "accent")
    frame = made["Lines"].paths[0]
    assert (frame.min(0), frame.max(0)) == (pytest.approx((-1.5, -1, 0)), pytest.approx((1.5, 0, 0)))
    assert np.all(parts(figures.Table(np.ones((2, 2))))["entries"].alpha == 1.0)
    corner = parts(figures.Table(np.ones((2, 3)), lit_rows={0}, lit_columns={0, 2}, cell=(1.0, 1.0)))
    assert list(corner["entries"].alpha < 1) == [False] * 3 + [False, True, False]
    spans = [(*path.min(0)[:2], *path.max(0)[:2]) for path in corner["Lines"].paths]
    assert np.array(spans) == pytest.approx(np.array([(-1.5, 0, 1.5, 1), (-1.5, -1, -0.5, 1), (0.5, -1, 1.5, 1)]))
    for lit in ({-1}, {2}):
        with pytest.raises(UserError, match="rows 0 to 1"):
            figures.Table(np.ones((2, 3)), lit_rows=lit)


@pytest.mark.parametrize("brackets", [False, True])
def test_names_stand_beside_their_rows_and_above_their_columns(brackets: bool) -> None:
    """Cells are 2 wide and 1 high; the table reaches from (−3, −1) to (3, 1)."""
    made = parts(
        figures.Table(
            np.ones((2, 3)), cell=(2.0, 1.0), row_names=("it", "wonderful"), column_names=("a", "b", "c"),
            brackets=brackets,
        )
    )  # fmt: skip
    rows, columns = made["row names"], made["column names"]
    assert rows.corner[:, 1] == pytest.approx((0.0, -1.0))  # the first one is on top
    assert rows.up == pytest.approx(np.tile((0, 1, 0), (2, 1)))  # as high as their cells
    assert (rows.corner + rows.right)[:, 0] == pytest.approx(np.full(2, -3.2 if brackets else -3.0))
    assert rows.right[0, 0] < rows.right[1, 0]
    assert columns.corner == pytest.approx(np.array([(-3.0, 1, 0), (-1, 1, 0), (1, 1, 0)]))
    assert columns.right == pytest.approx(np.tile((2, 0, 0), (3, 1)))  # as wide as their cells
    assert columns.up == pytest.approx(np.tile((0, 1, 0), (3, 1)))
    flat = parts(figures.Table(np.ones((2, 3)), cell=(1.0, 2.0), column_names=("a", "b", "c")))["column names"]
    assert flat.up == pytest.approx(np.tile((0, 1, 0), (3, 1)))  # as high as a cell is wide


def test_an_entry_says_its_row_its_column_and_its_value() -> None:
    table = figures.Table([[0.1, 0.2], [0.3, 0.4]], row_names=("it", "was"), column_names=("the", "cat"))
    found = said(table, table.entry(1, 0))
    assert (found.title, found.lines) == ("Table", ("row 2, column 1", "was, the", "value 0.3"))
    outline = found.outlines[0] - table.entry(1, 0)
    assert np.abs(outline).max(0) == pytest.approx((0.282, 0.282, 0))  # a cell of 0.6 without its margins
    assert np.hypot(*outline.T[:2]).max() < 0.282 * np.sqrt(2) - 0.02  # with rounded corners


def test_a_grip_stands_as_high_as_its_value_and_can_be_dragged() -> None:
    table = figures.Table([[1.0, -2.0], [0.5, 0.0]], cell=(1.0, 1.0))
    assert table.grip(0, 1) == pytest.approx(table.entry(0, 1) - (0, 0.5, 0))
    for row, column in np.ndindex(2, 2):
        assert table.value_at(row, column, table.grip(row, column)) == pytest.approx(table.values[row][column])
    assert table.value_at(1, 0, table.entry(1, 0) + np.array((0.3, 0.25, 0))) == pytest.approx(1.0)
    assert table.value_at(1, 0, (0.0, 99.0)) == 2.0


class OneTable(Scene):
    name = "table"
    a = Number(0.5, -2.0, 2.0)

    def table(self) -> figures.Table:
        return figures.Table([[self.a, 1.0]], cell=(1.0, 1.0), limit=2.0)

    def frame(self, time: float) -> Frame:
        return Frame([self.table()], view=View(flat=True, bounds=np.array([[-2.0, -1, 0], [2, 1, 0]])))

    def handles(self, time: float) -> list[Handle]:
        def move(scene: Any, position: tuple[float, float]) -> None:
            scene.a = scene.table().value_at(0, 0, position)

        return [Handle("a", self.table().grip(0, 0), move, plane=0.0)]


def test_an_entry_is_dragged_with_the_mouse() -> None:
    scene = OneTable()
    player = Player(scene, SIZE)
    pointer, height = Pointer(player), np.array([0.0, 1.0, 0.0])
    for share, value in ((-0.25, -1.0), (0.4, 1.6), (0.9, 2.0)):  # of the cell's height, above its middle
        start = player.camera.project(scene.table().grip(0, 0), SIZE)
        end = player.camera.project(scene.table().entry(0, 0) + share * height, SIZE)
        pointer.press((start[0], start[1]))
        pointer.move((end[0], end[1]))
        pointer.release((end[0], end[1]))
        assert scene.a == pytest.approx(value)


def test_brackets_stand_around_the_entries() -> None:
    lines = parts(figures.Table(np.zeros((2, 2)), brackets=True, cell=(1.0, 1.0)))["Lines"]
    left, right = lines.paths
    assert left[:, 0].min() < -1.0 < left[:, 0].max() < 1.0 < right[:, 0].max()
    assert left[:, 1].max() > 1.0
    assert right[:, 1].min() < -1.0
    for name, title in (("", "Table"), ("Weights", "Weights")):
        made = figures.Table(np.zeros((2, 2)), brackets=True, lit_rows={0}, name=name, cell=(1.0, 1.0))
        for place, line in (((-1.12, 0.0), "bracket"), ((0.0, 1.0), "lit"), ((0.5, -0.5), "row 2, column 2")):
            found = said(made, place)
            assert (found.title, found.lines[0]) == (title, line)


@pytest.mark.parametrize(("value", "angle"), [(0.0, 180.0), (2.5, 135.0), (5.0, 90.0), (10.0, 0.0), (30.0, -9.0)])
def test_the_needle_of_a_gauge_goes_from_left_to_right(value: float, angle: float) -> None:
    made = figures.Gauge((1.0, 2.0), value, 10.0, radius=2.0).made()
    (needle,) = (layer for layer in made if isinstance(layer, layers.Arrows))
    x, y, _ = needle.tip[0] - (1.0, 2.0, 0.0)
    assert np.degrees(np.arctan2(y, x)) == pytest.approx(angle, abs=1e-9) or angle == 180.0 == abs(
        np.degrees(np.arctan2(y, x))
    )
    assert np.hypot(x, y) == pytest.approx(1.44)
    (passed,) = (layer.paths[0] for layer in made if isinstance(layer, layers.Lines) and layer.pickable)
    x, y, _ = (passed - (1.0, 2.0, 0.0)).T
    assert np.hypot(x, y) == pytest.approx(np.full(len(x), 1.7))
    turn = np.degrees(np.arctan2(y, x))
    assert abs(turn[0]) == pytest.approx(180.0)  # from the left on
    assert turn[-1] == pytest.approx(max(angle, 0.0), abs=180 / 48 + 1e-9)  # to the needle, in steps of 1/48


def test_a_floor_has_square_cells_and_three_axes() -> None:
    grid, axes = (part for part in figures.Floor(0.5, half=2.0, reach=3.0).parts("floor"))
    assert isinstance(grid, layers.Lines)
    assert isinstance(axes, layers.Lines)
    assert {tuple(np.abs(end[:2]).max(keepdims=True)) for line in grid.paths for end in line} == {(1.0,)}
    assert len(grid.paths) == 2 * 5  # at -2, -1, 0, 1 and 2, both ways
    np.testing.assert_allclose([end - start for start, end in axes.paths], np.diag((3.0, 3.0, 1.5)))
    assert not grid.pickable
    assert grid.group == axes.group == "grid"


def test_one_arrow_is_given_by_places_in_space_or_in_the_plane() -> None:
    one = layers.Arrows.one((0, 1), (2, 3, 4), "text", width=3.0)
    np.testing.assert_array_equal(one.tail, [(0, 1, 0)])
    np.testing.assert_array_equal(one.tip, [(2, 3, 4)])
    assert one.width == 3.0


def test_tiles_stand_in_rows_from_the_upper_left_on() -> None:
    pictures = np.arange(3.0)[:, None, None] * np.ones((3, 2, 2))
    parts = figures.Tiles(pictures, ("up", "down", "text"), (1, 2, 3), side=0.5, across=2).parts("tiles")
    assert all(isinstance(part, layers.Image) for part in parts)
    middles = [part.corner + (part.right + part.up) / 2 for part in parts if isinstance(part, layers.Image)]
    np.testing.assert_allclose(middles, [(1, 2, 3), (1.5, 2, 3), (1, 2, 2.5)])
    assert [part.border for part in parts if isinstance(part, layers.Image)] == ["up", "down", "text"]


def test_an_upright_picture_has_square_samples_unless_told_its_height() -> None:
    made = layers.Image.upright(np.zeros((2, 4)), (0, 0, 0), 2.0)
    np.testing.assert_allclose((made.right, made.up, made.corner), [(2, 0, 0), (0, 0, 1), (-1, 0, -0.5)])
    assert layers.Image.upright(np.zeros((2, 4)), (0, 0, 0), 2.0, 3.0).up[2] == 3.0


def test_a_text_close_to_an_angle_stands_outside_its_arc() -> None:
    angle = figures.Angle((1, 0), (1, 0), (0, 1), radius=0.5, close=True)
    label = angle.parts("angle")[-1]
    assert isinstance(label, layers.Label)
    np.testing.assert_allclose(label.position, (1 + 0.5 * np.sqrt(0.5), 0.5 * np.sqrt(0.5), 0))
    np.testing.assert_allclose(
        np.asarray(label.side) / np.linalg.norm(np.asarray(label.side)), (*[np.sqrt(0.5)] * 2, 0)
    )
    narrow = figures.Angle((0, 0), (1, 0), (1, 0.1), close=True).parts("narrow")
    assert not any(isinstance(part, layers.Label) for part in narrow)


def test_a_grown_rectangle_gains_two_strips_and_a_corner() -> None:
    made = figures.GrownRectangle((2.0, 1.0), (2.5, 1.2)).made()
    areas = {
        one.name: float(np.prod(np.ptp(np.asarray(one.corners), axis=0)[:2]))
        for one in made
        if isinstance(one, layers.Polygon)
    }
    assert areas == pytest.approx({"u v": 2.0, "v du": 0.5, "u dv": 0.4, "du dv": 0.1})
    assert sum(areas.values()) == pytest.approx(2.5 * 1.2)
    texts = [[one.text for one in figures.GrownRectangle((2.0, 1.0), to).made() if isinstance(one, layers.Label)]
             for to in ((2.5, 1.2), (2.5, 1.01))]  # fmt: skip
    assert (r"du\,dv" in texts[0], r"du\,dv" in texts[1]) == (True, False)


def test_a_car_stands_on_its_place() -> None:
    body, wheels = figures.Car((3.0, 1.0)).made()
    assert isinstance(body, layers.Polygon)
    assert isinstance(wheels, layers.Points)
    assert np.asarray(wheels.position).mean(axis=0)[0] == pytest.approx(3.0)
    assert np.asarray(body.corners)[:, 1].min() > 1.0


def test_a_knob_is_where_its_value_is_and_sets_what_it_is_dragged_to() -> None:
    sliders = figures.Sliders([(0, 0, 0), (2, 1, 5)], (4.0, 2.0), (0.5, 7.0), -1.0, 1.0)
    assert sliders.grips == pytest.approx(np.array([(0, 3, 0), (2, 3, 5)]))  # beyond its end it is at the end
    assert sliders.value_at(0, (9.0, 1.0)) == pytest.approx(-0.5)  # what is aside of the track does not matter
    assert (sliders.value_at(1, (0.0, 0.0)), sliders.value_at(1, (2.0, 8.0, 5.0))) == (-1.0, 1.0)
    assert [sliders.value_at(k, grip) for k, grip in enumerate(sliders.grips)] == pytest.approx([0.5, 1.0])
    units = parts(sliders)["Points"].units
    assert [units.told(grip) for grip in sliders.grips] == ["0.5", "7"]
    named = figures.Sliders([(0, 0, 0), (2, 1, 5)], (4.0, 2.0), (0.5, 7.0), names=("a", "b"))
    assert parts(named)["Points"].units.told((2.0, 2.9, 5.0)) == "b = 7"
    upright = figures.Sliders([(0, 0, 1)], (3.0,), (1.0,), up=(0, 0, 2))
    assert parts(upright)["Lines"].paths[0] == pytest.approx(np.array([(0, 0, 1), (0, 0, 4)]))
    assert parts(upright)["Points"].position == pytest.approx(np.array([(0, 0, 4)]))


def test_plates_that_would_cover_each_other_stand_in_rows() -> None:
    assert figures.rows_apart([0.0, 3.0, 0.5, 0.9, 1.1], 1.0).tolist() == [0, 0, 1, 2, 0]
    assert figures.rows_apart([], 1.0).tolist() == []


def test_a_sentence_is_as_wide_as_it_may_be_or_as_high() -> None:
    wide = figures.sentence(["the", "quick", "brown", "fox", "jumps"], 3.0)
    x = np.asarray(wide.position)[:, 0]
    assert x[0] - wide.widths[0] / 2 == pytest.approx(-1.5)
    assert (x[-1] + wide.widths[-1] / 2, wide.reach) == pytest.approx((1.5, 1.5))
    assert np.diff(x) - (wide.widths[1:] + wide.widths[:-1]) / 2 == pytest.approx(np.full(4, 0.05))
    assert figures.sentence(["a"], 9.0, high=0.5).height == 0.5
    two = figures.sentence(["word"] * 24, 6.6, up=(0, 0, 1))
    assert set(np.asarray(two.position)[:, 1]) == {0.0}
    assert len(set(np.asarray(two.position)[:, 2])) == 2
    assert two.reach == pytest.approx(3.3)


@pytest.mark.parametrize(
    ("points", "kinds"),
    [
        ([(0, 0, 0)], ["Lines"]),
        ([(0, 0, 0), (1, 0, 0)], ["Lines"]),
        ([(0, 0, 0), (1, 0, 0), (2, 0, 0)], ["Lines"]),
        ([(0, 0, 0), (1, 0, 0), (0, 1, 0)], ["Polygon", "Lines"]),
        ([(0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1, 0)], ["Lines"]),
        ([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)], ["Solid", "Lines"]),
    ],
)
def test_a_hull_is_drawn_as_what_its_points_span(points: Any, kinds: list[str]) -> None:
    found = parts(figures.Hull(np.array(points, float)))
    assert list(found) == kinds
    assert len(found["Lines"].paths) == len(points) * (len(points) - 1) // 2


def test_a_scale_stands_on_its_place() -> None:
    line, low, high = layers.upright((2.0, -1.0), ((-0.5, "−1", "signed.low"), (0.5, "+1", "signed.high")), size=16)
    assert isinstance(line, layers.Lines)
    np.testing.assert_array_equal(line.paths[0], [(2.0, -1.0, -0.5), (2.0, -1.0, 0.5)])
    assert isinstance(low, layers.Label)
    assert isinstance(high, layers.Label)
    assert (low.text, low.color, high.size) == ("−1", "signed.low", 16)
    np.testing.assert_array_equal(high.position, (2.0, -1.0, 0.5))


def test_a_named_arrows_label_is_ahead_and_as_dim_as_it() -> None:
    _, label = layers.named_arrow(np.zeros(3), np.array([0.0, 2.0, 0.0]), "i", r"\hat\imath", plate="i", dim=0.5)
    assert isinstance(label, layers.Label)
    assert (label.plate, label.dim) == ("i", 0.5)
    np.testing.assert_array_equal(np.asarray(label.side), (0.0, 1.0, 0.0))

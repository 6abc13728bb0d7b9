"""Panels cached as a picture: what is drawn again, in which parts, and that the result is the same."""

from __future__ import annotations

import numpy as np
import pytest
from imgui_bundle import imgui

from lossland.world.theme import DARK
from lossland.writing.host import Host, read
from lossland.writing.panel_cache import Piece, Progress, changes, joined, parted

SIZE = (40, 30)


def covered(boxes) -> np.ndarray:
    """Count for each pixel the boxes that it lies in."""
    counts = np.zeros(SIZE[::-1], int)
    for left, top, right, bottom in boxes:
        counts[top:bottom, left:right] += 1
    return counts


def random_boxes(seed: int, count: int) -> list[tuple[int, int, int, int]]:
    rng = np.random.default_rng(seed)
    corners = np.sort(rng.integers(0, SIZE, (count, 2, 2)), axis=1)
    return [(int(a[0]), int(a[1]), int(b[0]), int(b[1])) for a, b in corners]


@pytest.mark.parametrize("seed", range(20))
def test_joined_boxes_cover_the_given_ones_and_do_not_overlap(seed: int) -> None:
    boxes = random_boxes(seed, 6)
    result = covered(joined(boxes))
    assert result.max() <= 1
    assert np.all(result[covered(boxes) > 0] == 1)


@pytest.mark.parametrize("most", [1, 7, 100, 10_000])
def test_parts_are_small_and_together_they_are_everything(most: int) -> None:
    boxes = joined(random_boxes(3, 4))
    left, rounds = boxes, []
    while left:
        now, left = parted(left, most)
        rounds.append(now)
        assert len(rounds) < 2000
    assert np.array_equal(covered([box for now in rounds for box in now]), covered(boxes))
    widest = max(box[2] - box[0] for box in boxes)
    assert all(covered(now).sum() <= max(most, widest) for now in rounds)


def test_only_what_changed_is_drawn_again() -> None:
    before = [Piece(1, (0, 0, 4, 4)), Piece(2, (10, 0, 14, 4)), Piece(3, (20, 0, 24, 4))]
    after = [Piece(1, (0, 0, 4, 4)), Piece(9, (11, 0, 15, 4)), Piece(3, (20, 0, 24, 4))]
    assert changes(before, before) == []
    assert set(changes(before, after)) == {(10, 0, 14, 4), (11, 0, 15, 4)}
    assert set(changes(before, after[:2])) == {piece.box for piece in (*before, *after[:2])}


# ------------------------------------------------------------------------------------------------ over frames
def walk(spread: bool, parts: int) -> list[str]:
    """Return what each frame does with panels that are built in the first one and drawn in so many parts."""
    progress, done, left = Progress.NEW, [], parts
    while progress is not Progress.SHOWN:
        frame = []
        if progress.to_compare(spread):
            progress = Progress.COMPARED
            frame.append("compare")
        if not spread:
            left = 0
            frame.append("draw all")
        elif progress is Progress.COMPARED:
            left -= 1
            frame.append("draw a part")
        progress = progress.after_frame(complete=left == 0)
        done.append(" and ".join(frame))
        assert len(done) < 10
    return done


def test_panels_that_must_be_seen_at_once_are_drawn_in_the_frame_that_builds_them() -> None:
    assert walk(spread=False, parts=3) == ["compare and draw all"]


def test_panels_that_may_wait_are_compared_in_the_next_frame_and_drawn_part_by_part() -> None:
    assert walk(spread=True, parts=3) == ["", "compare and draw a part", "draw a part", "draw a part"]
    assert walk(spread=True, parts=1) == ["", "compare and draw a part"]


def test_of_panels_that_are_shown_nothing_is_to_be_done() -> None:
    assert not Progress.SHOWN.to_compare(spread=False)
    assert not Progress.COMPARED.to_compare(spread=False)
    assert Progress.SHOWN.after_frame(complete=True) is Progress.SHOWN
    assert Progress.COMPARED.after_frame(complete=False) is Progress.COMPARED


def test_draw_lists_that_are_read_before_they_are_painted_know_their_letters_textures() -> None:
    """Also those of a new host, whose letters are drawn for the first time, and of letters that came later."""
    host = Host(DARK, 1.3)
    try:
        for size in (14.0, 190.0):  # the second ones need a larger texture
            host.use()
            host.begin((400, 300))
            imgui.get_foreground_draw_list().add_text(imgui.get_font(), size, imgui.ImVec2(5, 5), 0xFFFFFFFF, "Wgyß")
            data = host.finish()
            host.upload()
            textures = [command[1] for one in read(data) for command in one.commands]
            assert textures
            assert all(textures)
    finally:
        host.close()

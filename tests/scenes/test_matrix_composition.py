"""First B, then A: the truths of the catalogue, on the numbers and on the letters that are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.scenery import library
from lossland.world import layers

PRESETS = list(library.scene_class("matrix_composition").presets)


def scene(preset: Any = None, **values: Any) -> Any:
    return library.scene("matrix_composition", preset, **values)


def letter(frame: ll.Frame, key: str) -> np.ndarray:
    """Return the outline (n, 3) of the letter on a plane, or of an end."""
    found = frame.layer(key)
    assert isinstance(found, layers.Lines)
    return np.asarray(found.paths[0])


def test_a_shear_after_a_turn_is_not_a_turn_after_a_shear() -> None:
    read = scene().readouts()
    np.testing.assert_array_equal(read["ab"], ((1, -1), (1, 0)))
    np.testing.assert_array_equal(read["ba"], ((0, -1), (1, 1)))
    assert read["commute"] == 0.0
    assert scene("two turns").readouts()["commute"] == 1.0


@pytest.mark.parametrize("preset", PRESETS)
def test_one_by_one_ends_where_the_product_leads_at_once(preset: str) -> None:
    made = scene(preset)
    frame, shift = made.frame(made.clock.seconds), np.append(made.middle(1, 1) - made.middle(-1, 1), 0.0)
    np.testing.assert_allclose(letter(frame, "letter -1 1.0") + shift, letter(frame, "letter 1 1.0"), atol=1e-6)
    down = np.append(made.middle(1, -1) - made.middle(1, 1), 0.0)
    np.testing.assert_allclose(letter(frame, "letter 1 1.0") + down, letter(frame, "end area"), atol=1e-6)
    right = np.append(made.middle(1, -1) - made.middle(-1, -1), 0.0)
    np.testing.assert_allclose(letter(frame, "letter -1 -1.0") + right, letter(frame, "end eigen2"), atol=1e-6)
    same = np.abs(letter(frame, "end area") - letter(frame, "end eigen2")).max() < 1e-6
    assert same == made.commutes == (preset in ("two turns", "turn back"))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("count", [2, 3, 4])
def test_products_and_areas(count: int, seed: int) -> None:
    chain = np.round(np.random.default_rng(seed).uniform(-2, 2, (4, 2, 2)), 2)
    made = scene(factors=count, **dict(zip("abcd", chain, strict=True)))
    read = made.readouts(made.clock.seconds)
    expected = np.linalg.multi_dot(list(chain[:count]))
    for name in ("product", "one_by_one_now", "at_once_now"):
        np.testing.assert_allclose(read[name], expected, atol=1e-12)
    np.testing.assert_allclose(read["other_order_now"], np.linalg.multi_dot(list(chain[:count][::-1])), atol=1e-12)
    area = np.linalg.det(chain[0]) * np.linalg.det(chain[1])
    assert read["determinant_ab"] == pytest.approx(area, abs=1e-12)


def test_the_matrix_nearest_to_the_vector_acts_first() -> None:
    made = scene()
    begin, end = 0.04 * 14, 0.38 * 14
    half = made.readouts(begin + (end - begin) * 0.49)["one_by_one_now"]  # B is done, A has not begun
    np.testing.assert_allclose(half, made.b, atol=1e-12)
    np.testing.assert_allclose(made.readouts(0.0)["one_by_one_now"], np.eye(2))


def test_grid_lines_end_at_the_edge_of_their_plane() -> None:
    made = scene(a=((3, 2), (1, 3)))
    for key, middle in (("grid -1 1.0", made.middle(-1, 1)), ("grid 1 1.0", made.middle(1, 1))):
        found = made.frame(14.0).layer(key)
        away = np.abs(np.vstack(found.paths)[:, :2] - middle)
        assert away.max() <= made.half() + 1e-9
        assert len(found.paths) > 2


def test_columns_are_dragged_on_their_own_planes() -> None:
    made = scene(factors=3)
    assert [handle.name for handle in made.handles(0.0)] == ["c i", "c j", "a i", "a j"]
    c_j = made.handles(0.0)[1]
    c_j.move(made, np.add(made.middle(-1, 1), (0.5, -1.0)))
    np.testing.assert_allclose(np.array(made.c)[:, 1], (0.5, -1.0))
    made = scene()
    a_i = made.handles(0.0)[2]
    a_i.move(made, np.add(made.middle(-1, -1), (-2.0, 99.0)))
    np.testing.assert_allclose(np.array(made.a)[:, 0], (-2.0, 3.0))

"""Letters and formulas as outlines: their areas and places against closed forms and Dear ImGui's own glyphs."""

from __future__ import annotations

import numpy as np
import pytest

from lossland.writing import outlines
from lossland.writing.text import Type, render_latex, sources_of


def area(ring: np.ndarray) -> float:
    """Return the signed area within a closed ring (the shoelace formula)."""
    x, y = ring.T
    return float(0.5 * np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))


def disc(size: int, radius: float, fine: int = 16) -> np.ndarray:
    """Return how much of each pixel a disc in the middle of a picture covers."""
    at = (np.arange(size * fine) + 0.5) / fine - size / 2
    inside = at[:, None] ** 2 + at**2 < radius**2
    return inside.reshape(size, fine, size, fine).mean(axis=(1, 3))


def test_a_traced_disc_has_the_area_and_place_of_the_disc() -> None:
    (ring,) = outlines.traced(disc(101, 40.0))
    assert abs(area(ring)) == pytest.approx(np.pi * 40**2, rel=2e-3)
    assert np.hypot(*(ring - 50.5).T) == pytest.approx(40.0, abs=0.1)
    assert len(ring) < 140


def test_a_hole_runs_the_other_way_around() -> None:
    rings = outlines.traced(disc(101, 40.0) - disc(101, 20.0))
    assert len(rings) == 2
    signed = sorted((area(ring) for ring in rings), key=abs)
    assert signed[0] * signed[1] < 0
    assert abs(sum(signed)) == pytest.approx(np.pi * (40**2 - 20**2), rel=3e-3)


def test_what_touches_the_edge_is_closed_and_diagonal_neighbours_are_kept_apart() -> None:
    (ring,) = outlines.traced(np.ones((3, 5)))
    assert abs(area(ring)) == pytest.approx(15.0, abs=0.6)  # its corners are cut
    picture = np.zeros((4, 4))
    picture[:2, :2] = picture[2:, 2:] = 1.0
    assert len(outlines.traced(picture)) == 2
    assert outlines.traced(np.zeros((4, 4))) == []


@pytest.mark.parametrize("font", ["regular", "bold", "italic", "mono"])
@pytest.mark.parametrize("character", [*"gB8,|−µθ√"])
def test_letters_stand_where_dear_imgui_draws_them(type_: Type, font: str, character: str) -> None:
    for size in (13.0, 27.0):
        baked = type_.fonts[font].get_font_baked(size)
        glyph = baked.find_glyph(ord(character))
        outline = outlines.letter(sources_of(font), character)
        assert outline is not None
        points = size * np.concatenate(list(outline.rings)) + (0.0, round(baked.ascent))
        box = (*points.min(axis=0), *points.max(axis=0))
        assert box == pytest.approx(
            (glyph.x0, glyph.y0, glyph.x1, glyph.y1), abs=1.75
        )  # theirs are whole pixels, and slanted ones have a margin


def test_blank_letters_have_no_outline() -> None:
    assert outlines.letter(sources_of("regular"), " ") is None
    assert outlines.letter(sources_of("regular"), "\u2009") is None


def test_an_empty_formula_has_no_outline() -> None:
    assert outlines.formula(r"\fgcolor{#59636F}{}", 15, (0.1, 0.1, 0.2)) == ()


def test_a_formula_covers_what_its_picture_covers() -> None:
    latex, rgb = r"\fgcolor{#00FF00}{x^2} + \frac{1}{\sqrt{y}}", (1.0, 0.0, 0.0)
    parts = outlines.formula(latex, 22, rgb)
    assert [color for color, _ in parts] == [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0)]
    covered = sum(abs(sum(area(ring) for ring in outline.rings)) for _, outline in parts)
    large, _ = render_latex(latex, 220, rgb)  # in small pictures thin lines are thickened to a pixel
    assert covered == pytest.approx(large[..., 3].sum() / 255 / 100, rel=0.02)
    image, _ = render_latex(latex, 22, rgb)
    points = np.concatenate([ring for _, outline in parts for ring in outline.rings])
    rows, columns = np.nonzero(image[..., 3] > 20)
    drawn = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert (*points.min(axis=0), *points.max(axis=0)) == pytest.approx(drawn, abs=1.0)

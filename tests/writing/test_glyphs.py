"""Every letter of every text has a glyph: else a box stands in its place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from imgui_bundle import imgui

from lossland.landscapes import catalogue
from lossland.numerals import distinct, fixed, short, thousands
from lossland.scenery.library import classes, tours
from lossland.writing.text import FONT_FILES, _load_fonts

ROOT = Path(__file__).parents[2]
SOURCES = [*(ROOT / "lossland").rglob("*.py"), *(ROOT / "scenes").glob("*.py")]
READ = {"formula.py": set("⁺∛﹣"), "minilm.py": set("一鿿")}  # understood where somebody types them: see their modules
ICONS = range(0xE000, 0xF900)  # drawn from the fonts that have icons merged in
NUMBERS = (0.0, -1.5, 1e-9, -2.5e12, 1e300, float("inf"), -float("inf"), float("nan"))


@pytest.fixture(scope="module")
def fonts() -> Iterator[dict[str, imgui.ImFont]]:
    before = imgui.get_current_context()
    context = imgui.create_context()
    imgui.set_current_context(context)
    yield _load_fonts()
    imgui.destroy_context(context)
    if before is not None:
        imgui.set_current_context(before)


@cache
def letters_of(file: Path) -> frozenset[str]:
    """Return the letters of every text of a source file: titles, lessons, captions, help, labels, messages."""
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    texts = (node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return frozenset().union(*texts) - READ.get(file.name, frozenset())


def missing(font: imgui.ImFont, text: str) -> set[str]:
    return {letter for letter in text if letter.isprintable() and not font.is_glyph_in_font(ord(letter))}


@pytest.mark.parametrize("name", FONT_FILES)
def test_every_letter_of_the_sources_has_a_glyph(fonts: dict[str, imgui.ImFont], name: str) -> None:
    found = {
        (letter, file.name)
        for file in SOURCES
        for letter in missing(fonts[name], "".join(letter for letter in letters_of(file) if ord(letter) not in ICONS))
    }
    assert not found


@pytest.mark.parametrize("name", FONT_FILES)
def test_what_is_put_together_has_its_glyphs(fonts: dict[str, imgui.ImFont], name: str) -> None:
    numbers = "".join(f"{short(value)}{fixed(value)}" for value in NUMBERS)
    texts = [numbers, thousands(1234567), *distinct([1e9, 1e9 + 20.0, 1e9 - 20.0])]
    texts += [text for one in classes() for text in (one.title, one.lesson, one.chapter, *dict(one.formulas).values())]
    texts += [text for land in catalogue() for text in (land.title, land.formula, land.source)]
    texts += [text for tour in tours() for shot in tour.shots for text in (shot.title, shot.text)]
    texts += ["−∇f", "∂f/∂x", "λ₁ κ σ μ α β θ", "≤ ≥ ≠ ≈ ∞ √ ∑ ∫ ∈ ℝ ‖v‖ ⊥"]  # as lessons may write
    assert not missing(fonts[name], "".join(texts))


def test_every_icon_has_a_glyph(fonts: dict[str, imgui.ImFont]) -> None:
    icons = {letter for file in SOURCES for letter in letters_of(file) if ord(letter) in ICONS}
    assert len(icons) > 10
    for name in ("regular", "bold", "icon"):
        assert not missing(fonts[name], "".join(icons))

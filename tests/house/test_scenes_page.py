"""The page of scenes: it shows every scene, and says what their presets show."""

from __future__ import annotations

from frames import ROOT

from lossland.scenery import library


def test_the_page_shows_every_scene_and_preset() -> None:
    page = (ROOT / "docs" / "scenes.md").read_text(encoding="utf-8")
    assert sorted(file.stem for file in (ROOT / "docs" / "pictures" / "scenes").iterdir()) == sorted(library.names())
    for kind in library.classes():
        assert f"### {kind.title}\n\n![{kind.title}](pictures/scenes/{kind.name}.png)" in page, kind.name
        for preset, said in kind.captions.items():
            assert f'--preset "{preset}"`: {said}\n' in page, (kind.name, preset)

"""Every command and every Python snippet of the README and the docs does what it says: each is run.

Fenced blocks of ``sh`` are run line by line, of ``python`` as one program a page; a block with a file's name, as in
``python name.py``, is written to that file, for the commands after it. Blocks of ``text`` and ``diff`` are only shown.
Pictures and films are made small, and windows are not opened: their arguments are read and their scene is built. Of
``make``, pytest, linters and profilers the targets, files and options are looked up; what is profiled is run.
"""

from __future__ import annotations

import ast
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
from commands import until
from frames import GALLERY

import lossland
from lossland import numerals
from lossland.cli import main
from lossland.pointing.picker import PICKERS
from lossland.pointing.picking import describe, pick_any
from lossland.render.gl import canvas
from lossland.render.painter import REGISTRY
from lossland.render.renderer import Renderer
from lossland.world import layers
from lossland.world.camera import Camera
from lossland.world.theme import DARK

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
SUITES = {
    "cluster.md": pytest.mark.cluster,
    "your-own-network.md": pytest.mark.torch,
    "debugging-a-model.md": pytest.mark.torch,
}
RUN = [  # pages whose blocks are run
    pytest.param(page, marks=SUITES.get(page.name, ())) for page in PAGES
]
SHOWN = {"text", "diff", "markdown", "yaml"}
PROFILERS = {"perf", "py-spy"}
SMALL = {
    "shot": ["--size", "160x90"],
    "record": ["--size", "96x64", "--seconds", "0.1", "--fps", "20"],
    "swarm": ["--count", "2000"],
}


class Block(NamedTuple):
    language: str
    file: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    for _, info, text in re.findall(r"^(```+)(.*?)\n(.*?)^\1$", page.read_text(), re.MULTILINE | re.DOTALL):
        language, _, file = info.strip().partition(" ")
        yield Block(language, file, text)


def commands(block: Block) -> Iterator[list[str]]:
    for line in block.text.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield words


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def in_the_background() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Hold what a page starts in a terminal of its own, and end it after the page."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for process in reversed(started):
        process.terminate()
        process.wait()


def answers() -> bool:
    """Whether a scheduler takes connections at Dask's usual port."""
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", 8786)) == 0


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_every_command_works(
    page: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    in_the_background: list[subprocess.Popen[bytes]],
) -> None:
    def built(scene: lossland.Scene, **options: Any) -> dict[str, Any]:
        scene.frame(0.0)
        return {}

    monkeypatch.setattr("lossland.doctor.has_display", lambda: True)
    monkeypatch.setattr("lossland.app.opening.explore", built)
    for block in blocks(page):
        if block.file:
            Path(block.file).write_text(block.text)
        elif block.language == "sh":
            for words in commands(block):
                if words[0] == "dask":
                    in_the_background.append(subprocess.Popen([Path(sys.executable).with_name("dask"), *words[1:]]))
                    until(in_the_background[0], answers)  # as one would wait for its greeting
                else:
                    run(words, capsys)
        else:
            assert block.language in SHOWN | {"python"}, f"{page.name} has a block of {block.language!r}"


def run(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    if words[0] == "make":
        targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        asked = [word for word in words[1:] if "=" not in word]
        assert set(asked) <= set(targets)
        for word in words[1:]:
            if word.startswith("BENCH="):
                (target,) = asked
                check_script(f"benchmarks/{target.removeprefix('bench-')}.py", shlex.split(word.removeprefix("BENCH=")))
    elif words[0] in PROFILERS:
        start = next((k for k, word in enumerate(words) if word == "python"), None)
        if start is not None:  # else it only shows what was found
            run(words[start:], capsys)
    elif words[0] in ("ruff", "pyright"):
        places = [word for word in words[1:] if word not in ("check", "format")]
        assert all((ROOT / place).exists() for place in places)
    elif words[0] == "python":
        python(words[1:], capsys)
    else:
        assert words[0] == "lossland", f"{words[0]} is not ours to run"
        lossland_command(words[1:], capsys)


def python(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    if "lossland" in words:  # -m lossland, perhaps under -m cProfile
        place = words.index("lossland")
        assert words[place - 1] == "-m"
        lossland_command(words[place + 1 :], capsys)
    elif Path(words[0]).is_file():  # written by the page itself
        subprocess.run([sys.executable, *words], check=True)
    elif words[:2] == ["-m", "pytest"]:
        for word in words[2:]:
            assert not word.startswith("-") or re.search(rf"(^|\s){word}\b", pytests_help()), f"pytest has no {word}"
            assert "/" not in word or (ROOT / word).exists(), f"there is no {word}"
    else:
        check_script(words[0], words[1:])


@cache
def pytests_help() -> str:
    command = [sys.executable, "-m", "pytest", "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def check_script(script: str, words: list[str]) -> None:
    text = (ROOT / script).read_text() + (ROOT / "benchmarks" / "side_by_side.py").read_text()
    for word in words:
        assert not word.startswith("--") or f'"{word}"' in text, f"{script} has no {word}"


def lossland_command(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    command = words[0] if words else "explore"
    small = SMALL.get(command, [])
    for option in small[::2]:  # in place of the size that the reader is shown
        while option in words:
            at = words.index(option)
            words = [*words[:at], *words[at + 2 :]]
    code = main([*words, *small])
    told = capsys.readouterr().err
    assert code == 0, f"lossland {shlex.join(words)}: {told}"
    assert "is past the end" not in told, f"lossland {shlex.join(words)}: {told}"
    output = [word for before, word in pairwise(words) if before == "-o"]
    assert all(Path(file).exists() for file in output), f"lossland {shlex.join(words)} wrote no {output}"


def test_no_page_overwrites_a_file_of_another_one() -> None:
    written = [block.file for page in PAGES for block in blocks(page) if block.file]
    assert len(written) == len(set(written)), sorted(written)


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.name)
def test_every_snippet_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot, record = lossland.snapshot, lossland.record

    def small_snapshot(scene: Any, size: tuple[int, int] = (1280, 720), **options: Any) -> Any:
        image = snapshot(scene, size=(160, 90), **options)
        return np.broadcast_to(image[:1, :1], (size[1], size[0], 4))

    def small_record(scene: Any, path: str, **options: Any) -> Any:
        return record(scene, path, seconds=0.1, fps=20, size=(96, 64))

    monkeypatch.setattr(lossland, "snapshot", small_snapshot)
    monkeypatch.setattr(lossland, "record", small_record)
    monkeypatch.setattr(lossland, "show", lambda scene: None)
    monkeypatch.syspath_prepend(Path.cwd())
    names: dict[str, Any] = {}
    for block in blocks(page):
        if block.file:
            Path(block.file).write_text(block.text)
        elif block.language == "python":
            exec(compile(block.text, page.name, "exec"), names)
        elif block.language == "sh":  # what a program of the page leaves behind for its snippets
            for words in commands(block):
                if words[0] == "python" and Path(words[1]).is_file():
                    subprocess.run([sys.executable, *words[1:]], check=True)


def test_the_scene_of_the_docs_has_the_truths_that_they_say(capsys: pytest.CaptureFixture[str]) -> None:
    page = ROOT / "docs" / "extend.md"
    for block in blocks(page):
        if block.file.startswith("between."):
            Path(block.file).write_text(block.text)
    made = lossland.scene("between.py")
    assert set(made.captions) == set(made.presets)
    assert re.search(r"\b20\d\d\b", made.lesson), "the lesson names no source"
    assert made.formulas
    exec(compile(made.snippet, "the snippet of the docs", "exec"), {})
    readouts = made.readouts(made.clock.seconds)
    for line in capsys.readouterr().out.splitlines():
        key, number = line.split()
        assert readouts[key] == pytest.approx(float(number), rel=1e-9, abs=1e-9)
    truths = next(
        block.text for block in blocks(page) if block.language == "diff" and "def test_the_barrier" in block.text
    )
    names: dict[str, Any] = {}
    exec(re.sub(r"^\+", "", truths, flags=re.MULTILINE).replace('"between"', '"between.py"'), names)
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert len(tests) == 2
    for test in tests:
        test()


def test_what_an_addition_costs_is_what_its_example_has() -> None:
    page = ROOT / "docs" / "extend.md"
    length = {block.file: len(block.text.splitlines()) for block in blocks(page) if block.file}
    (truths,) = [len(block.text.splitlines()) for block in blocks(page) if "def test_the_barrier" in block.text]
    with_words = length["between.py"] + length["between.md"]
    for row, lines in (
        ("a scene of your own, in a plane | 1", length["walk.py"]),
        ("a scene of your own, on a landscape, with its words | 2", with_words),
        ("the same in the catalogue, with its truths; its entry and picture", with_words + truths),
    ):
        assert re.search(rf"^\| {re.escape(row)}.*\| {lines} \|$", page.read_text(), re.MULTILINE), (row, lines)


def test_the_stream_of_the_docs_is_a_function_of_time() -> None:
    block = next(one for one in blocks(ROOT / "docs" / "extend.md") if one.file == "stream.py")
    Path("stream.py").write_text(block.text)

    def trail(scene: lossland.Scene, time: float) -> lossland.layers.Trail:
        return next(layer for layer in scene.frame(time).layers if isinstance(layer, lossland.layers.Trail))

    scene = lossland.scene("stream.py", seed=3)
    there = [trail(scene, time) for time in (0.0, 2.5, 12.0, 8.0, 30.0, 12.0)]
    assert [one.first for one in there] == [0, 0, 1201, 601, 3901, 1201]
    assert np.array_equal(there[2].points, there[-1].points)
    assert np.array_equal(there[3].points, trail(lossland.scene("stream.py", seed=3), 8.0).points)
    assert not np.array_equal(there[3].points, trail(lossland.scene("stream.py", seed=4), 8.0).points)


def test_the_layer_of_the_docs_is_drawn_found_and_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pieces are put where the page says, one after the other."""
    section = (ROOT / "docs" / "extend.md").read_text().partition("\n## A layer\n")[2].partition("\n## ")[0]
    pieces = re.findall(r"^```diff\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    shapes, spec, painter, picker, picture = (re.sub(r"^\+", "", one, flags=re.MULTILINE) for one in pieces)
    module = ModuleType("needles_of_the_docs")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    vars(module).update({name: value for name, value in vars(layers).items() if not name.startswith("__")})
    exec(spec, vars(module))
    kind = module.Needles
    monkeypatch.setattr(layers, "Needles", kind, raising=False)
    monkeypatch.setitem(layers._FORMS, "Needles", {})
    assert ast.literal_eval(f"{{{shapes}}}") == {"Needles": {"tip": "n 3"}}
    monkeypatch.setitem(REGISTRY, kind, REGISTRY[layers.Lines])  # so that it is taken out again in the end
    monkeypatch.setitem(PICKERS, kind, PICKERS[layers.Lines])
    monkeypatch.setitem(GALLERY.FRAMES, "needles", None)
    exec(painter, {})
    exec(picker, {})
    exec(picture, vars(GALLERY))
    frame = GALLERY.FRAMES["needles"]()

    size = (320, 180)
    camera = Camera(frame.view.azimuth, frame.view.elevation)
    camera.fit(frame.view.bounds, size)
    tip = frame.layer("Needles").tip
    middle = tip[0] * (1, 1, 0.5)
    hit = pick_any(frame, camera, camera.project(middle, size), size)
    assert hit is not None
    assert (hit.key, hit.picked.element) == ("Needles", 0)
    said = describe(hit, frame)
    assert said is not None
    assert (said.title, said.lines) == ("Needle 1", (f"height {numerals.short(0.5 * np.sin(4 * -1.2))}",))

    canvas.headless().set_current()
    renderer = Renderer(DARK)
    image = renderer.image(frame, camera, size)
    x, y = camera.project(middle, size)
    assert image[int(y), int(x), :3] == pytest.approx(255 * np.array(DARK.color("accent")), abs=40)
    renderer.close()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}, which is not there"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_named_is_there(page: Path) -> None:
    for name in re.findall(r"`((?:lossland|tests|tools|benchmarks|scenes|shaders|docs)/[\w./-]*)`", page.read_text()):
        assert (ROOT / name).exists(), f"{page.name} names {name}, which is not there"


def test_pictures_are_small() -> None:
    pictures = list((ROOT / "docs" / "pictures").iterdir())
    assert pictures
    for picture in pictures:
        assert picture.stat().st_size < 400_000, f"{picture.name} is too large"


def test_every_command_is_documented() -> None:
    from lossland.cli import COMMANDS

    text = "\n".join(page.read_text() for page in PAGES)
    for command in COMMANDS:
        assert f"lossland {command}" in text

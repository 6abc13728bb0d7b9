"""The wheel holds everything that lossland needs at run time, and works from wherever it is installed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the build tool that is installed, from files alone."""
    folder = tmp_path_factory.mktemp("wheel")
    words = ["wheel", str(ROOT), "--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    command = [sys.executable, "-m", "pip", *words, "--wheel-dir", str(folder)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (built,) = folder.glob("lossland-*.whl")
    return built


def test_the_wheel_holds_code_kernels_shaders_scenes_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ("shaders", "scenes", "tasks", "data"):
        files = [file for file in (ROOT / folder).rglob("*") if file.is_file() and "__pycache__" not in file.parts]
        assert files
        assert {f"lossland/{file.relative_to(ROOT)}" for file in files} <= names
    for pattern in ("*.py", "*.cu"):
        files = list((ROOT / "lossland").rglob(pattern))
        assert files
        assert {str(file.relative_to(ROOT)) for file in files} <= names
    assert "lossland/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests/", "docs/")) or "__pycache__" in name for name in names)


def test_an_installed_copy_finds_its_scenes_and_landscapes(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)

    def lossland(*words: str) -> str:
        return subprocess.run(
            [sys.executable, "-P", "-m", "lossland", *words],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    where = "import lossland; print(lossland.__file__)"
    found = subprocess.run(
        [sys.executable, "-P", "-c", where],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.startswith(str(tmp_path))
    assert len(json.loads(lossland("landscapes", "--json"))) >= 30
    scenes = {scene["name"] for scene in json.loads(lossland("scenes", "--json"))}
    assert scenes == {file.stem for file in (ROOT / "scenes").glob("*.py")}
    assert json.loads(lossland("readouts", "linear_map_2d", "--json"))
    lossland("shot", "linear_map_2d", "--size", "160x90", "-o", "map.png")
    assert (tmp_path / "map.png").read_bytes().startswith(b"\x89PNG")


def test_the_version_is_said_once() -> None:
    from lossland import __version__

    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)
    changes = (ROOT / "CHANGELOG.md").read_text()
    assert f"## {__version__}" in changes


def test_the_advice_for_missing_graphics_is_what_make_installs() -> None:
    from lossland.render.gl.canvas import NO_GL

    makefile = (ROOT / "Makefile").read_text().replace("\\\n", " ")
    line = re.search(r"^GL_PACKAGES := (.*)$", makefile, re.MULTILINE)
    assert line
    advised = re.findall(r"\blib\S+", NO_GL.partition("apt")[2])
    assert advised
    assert {name.rstrip(").,;") for name in advised} <= set(line[1].split())

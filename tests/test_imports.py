"""The house's rooms: every module imports only from below, and heavy libraries stay where they belong."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "lossland"

# From the ground up. A room may import itself and what is below its floor; rooms of one floor do not meet.
FLOORS = (
    ("errors", "interrupts", "resources", "numerals", "display"),
    ("checks", "files", "userfiles", "expression", "world"),
    ("landscapes", "optimizers", "render/gl"),
    ("compute",),
    ("models",),
    ("scenery",),
    ("pointing", "render"),
    ("play", "formats"),
    ("benchmark", "writing"),
    ("ui",),
    ("app",),
    ("notebook", "doctor"),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}

# Two halves of the house that know nothing of each other, though they stand on different floors. What joins them is
# ``scenery``, where a scene asks the mathematics and answers with a picture.
ARITHMETIC = {"expression", "landscapes", "optimizers", "models", "compute"}
PICTURES = {"world", "pointing", "render", "render/gl"}

# Who alone may import what (an empty set: nobody, they serve the tests).
KEEPERS = {
    "cupy": {"lossland/compute/arrays.py"},
    "cuda": {"lossland/render/gl/sharing.py"},
    "vispy.app": {"lossland/render/gl/canvas.py"},
    "h5py": {"lossland/landscapes/gridfiles.py"},
    "llvmlite": {"lossland/compute/kernels/machine.py"},
    "distributed": {"lossland/compute/cluster.py"},
    "sympy": set(),
    "scipy": set(),
    "mpmath": set(),
    "torch": {"lossland/optimizers/foreign.py", "lossland/models/torch_models.py"},
    "optax": {"lossland/optimizers/foreign.py"},
    "jax": {"lossland/optimizers/foreign.py"},
    "pickle": {"lossland/compute/cluster.py"},  # what is sent to workers; a file is never unpickled
}
SCENES_MAY_IMPORT = {"__future__", "lossland", "numpy"} | set(sys.stdlib_module_names)


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def imported(file: Path, typing_too: bool = True) -> Iterator[str]:
    """Yield the full name of everything a module imports, wherever in the file it does so.

    ``from lossland import library`` yields ``lossland.scenery.library``; what is imported for type checkers alone is
    left out on demand.
    """
    tree = parsed(file)
    skipped: set[ast.AST] = set()
    if not typing_too:
        for node in ast.walk(tree):
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                skipped.update(inner for statement in node.body for inner in ast.walk(statement))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(name: str) -> str:
    """Return the room of a module by its name without ``lossland.``: the innermost one that has a floor."""
    parts = name.split(".")
    within = "/".join(parts[:2])
    return within if within in FLOOR else parts[0]


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def modules_used(file: Path) -> set[str]:
    """Return the names (without ``lossland.``) of our own modules that a module imports when it runs."""
    known = {name_of(one) for one in modules()}
    used = set()
    for name in imported(file, typing_too=False):
        if name.startswith("lossland."):
            inner = name.removeprefix("lossland.")
            used.add(inner if inner in known else inner.rpartition(".")[0])
    return used & known


@pytest.mark.parametrize("file", modules(), ids=lambda file: str(file.relative_to(ROOT)))
def test_every_module_imports_only_from_below(file: Path) -> None:
    if file == PACKAGE / "__init__.py":  # the front door names every room, and opens it only on demand
        return
    room = room_of(name_of(file))
    assert room in FLOOR, f"{room} has no floor: add it to FLOORS"
    for used in {room_of(name) for name in modules_used(file)} - {room}:
        assert FLOOR[used] < FLOOR[room], f"{room} may not import {used}"
        assert not (room in ARITHMETIC and used in PICTURES), f"{room} computes and may not import {used}"
        assert not (room in PICTURES and used in ARITHMETIC), f"{room} draws and may not import {used}"


def test_every_room_stands_on_one_floor() -> None:
    names = {room_of(name_of(file)) for file in modules()} - {"__init__"}
    assert names == set(FLOOR)


# Files that hold one algorithm between them: they import each other, the later ones only when they are called.
KNOTS = (
    {
        "expression." + part
        for part in ["node", "printing", "sums", "stable", "program", "arithmetic", "derivative", "with_numpy"]
    },
    {"cli", "cli.parsing"},
)


def test_no_modules_import_each_other() -> None:
    """No circle but the named ones: whatever imports nothing that is left is taken away, until nothing is left."""
    left = {name_of(file): modules_used(file) for file in modules() if file != PACKAGE / "__init__.py"}
    for name, used in left.items():
        used.discard(name)
        for knot in KNOTS:
            if name in knot:
                used -= knot
    while free := {name for name, used in left.items() if not used & left.keys()}:
        left = {name: used for name, used in left.items() if name not in free}
    assert not left, f"a circle, or what stands on one: {sorted(left)}"


@pytest.mark.parametrize("library", KEEPERS)
def test_heavy_libraries_have_one_keeper(library: str) -> None:
    users = {
        str(file.relative_to(ROOT))
        for file in modules()
        if any(name == library or name.startswith(f"{library}.") for name in imported(file))
    }
    assert users <= KEEPERS[library]


def test_scenes_import_only_public_names() -> None:
    import lossland

    for file in sorted((ROOT / "scenes").glob("*.py")):
        for name in imported(file):
            parts = name.split(".")
            assert parts[0] in SCENES_MAY_IMPORT, f"{file.name} imports {name}"
            if parts[0] == "lossland" and len(parts) > 1:
                assert parts[1] in lossland.__all__, f"{file.name} imports {name}, which is not public"


HEAVY = ("numpy", "vispy", "imgui_bundle", "OpenGL", "av", "PIL", "glfw", "cupy", "cuda", "numba", "distributed")


@pytest.mark.parametrize("statement", ["import lossland", "from lossland.cli import help_text; help_text()"])
def test_the_door_is_light(statement: str) -> None:
    code = f"import sys; {statement}; print(sorted(set(sys.modules) & set({HEAVY!r})))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_models_are_loaded_one_by_one() -> None:
    code = "import lossland as ll, sys; ll.models.vectors; print(*(m for m in sys.modules if 'lossland.models.' in m))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["lossland.models.vectors"]


def test_listing_scenes_runs_none() -> None:
    code = (
        "import sys; from lossland.scenery import library as l; print(len(l.names()), 'lossland.models' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == [str(len(list((ROOT / "scenes").glob("*.py")))), "False"]


def test_all_models_are_there() -> None:
    from lossland import models

    files = {file.stem for file in (ROOT / "lossland" / "models").glob("*.py") if not file.stem.startswith("_")}
    assert files == set(models.__all__) == set(dir(models))
    assert all(getattr(models, name).__name__ == f"lossland.models.{name}" for name in models.__all__)
    assert models.__doc__ is not None
    assert files == {line.split("`")[1] for line in models.__doc__.splitlines() if line.startswith("`")}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = models.nothing


def test_public_names_are_all_there() -> None:
    import lossland

    for name in lossland.__all__:
        assert getattr(lossland, name) is not None
    assert set(dir(lossland)) == set(lossland.__all__)
    assert set(lossland.__all__) == {*lossland._HOME, "__version__"}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = lossland.nothing

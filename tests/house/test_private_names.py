"""Every private name of another library that lossland uses: it is listed here, it is in use, and it is there.

Such a name may go with any release, so the libraries are pinned to the minor versions that were tested
(``pyproject.toml``). After one is raised, this test says what to look at.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "lossland").rglob("*.py"), *(ROOT / "scenes").glob("*.py")])

# Modules of others that anyone may import; what stands in another module of theirs is private.
LIBRARIES = ("vispy", "imgui_bundle", "glfw", "OpenGL", "llvmlite", "av", "PIL")
PUBLIC = {
    "vispy": {"vispy.gloo", "vispy.app", "vispy.gloo.gl"},
    "imgui_bundle": {"imgui_bundle", "imgui_bundle.imgui", "imgui_bundle.implot", "imgui_bundle.imgui_microtex"},
    "glfw": {"glfw"},
    "OpenGL": {"OpenGL", "OpenGL.GL"},
    "llvmlite": {"llvmlite.binding"},
    "av": {"av", "av.error", "av.filter", "av.video.reformatter"},
    "PIL": {"PIL.Image", "PIL.ImageDraw", "PIL.ImageFont"},
}

# What is private and in use, by the class or module that has it.
PRIVATE = {
    "vispy.app.canvas.Canvas": {"_backend"},
    "vispy.app.backends._glfw.CanvasBackend": {"_id"},
    "vispy.gloo.context": {"GLContext", "set_current_canvas", "forget_canvas"},
    "vispy.gloo.context.GLContext": {"glir", "shared", "flush_commands"},
    "vispy.gloo.context.GLShared": {"parser"},
    "vispy.gloo.glir": {"GlirParser", "GlirProgram", "GlirQueue", "as_enum"},
    "vispy.gloo.glir.GlirQueue": {"command", "associate"},
    "vispy.gloo.glir.GlirParser": {"_classmap", "_objects", "_parse", "parse", "get_object", "env"},
    "vispy.gloo.glir.GlirProgram": {
        "_attributes", "_handles", "_parser", "_pre_draw", "_samplers",
        "activate", "create", "delete", "draw", "link_program", "set_attribute", "set_uniform",
    },
    "vispy.gloo.buffer": {"DataBuffer"},
    "vispy.gloo.program.Program": {"_user_variables", "draw"},
    "vispy.gloo.gl.gl2": {"_get_gl_func"},
    "imgui_bundle.imgui.internal": {"get_input_text_state", "Context"},
    "imgui_bundle.imgui.internal.Context": {"within_frame_scope", "input_events_queue"},
    "imgui_bundle.python_backends.glfw_backend": {"GlfwRenderer"},
    "imgui_bundle.python_backends.glfw_backend.GlfwRenderer": {"keyboard_callback"},
    "imgui_bundle.python_backends.opengl_base_backend.BaseOpenGLRenderer": {"_update_textures", "shutdown"},
    "imgui_bundle.python_backends.opengl_backend_programmable": {"ProgrammablePipelineRenderer"},
    "imgui_bundle.python_backends.opengl_backend_programmable.ProgrammablePipelineRenderer": {
        "VERTEX_SHADER_SRC", "FRAGMENT_SHADER_SRC",
        "_attrib_location_tex", "_attrib_proj_mtx", "_elements_handle", "_shader_handle", "_vao_handle", "_vbo_handle",
    },
    "OpenGL.platform": {"PLATFORM", "GetCurrentContext"},
    "argparse.ArgumentParser": {"_option_string_actions"},
    "argparse": {"_StoreAction"},
}  # fmt: skip
LISTED = set().union(*PRIVATE.values())

# What is reached through these is private, though it has no underscore.
DOORS = {"context", "shared", "parser", "glir", "internal"}
COMPILED = ("imgui_bundle.imgui", "OpenGL.platform")  # or filled while they are imported: there is no source to read
OF_PYTHON = {"_asdict", "_fields", "_replace", "_exit"}  # public, as `collections.namedtuple` and `os` say


@cache
def parsed(file: Path) -> ast.Module:
    return ast.parse(file.read_text())


def bound(tree: ast.Module | ast.ClassDef) -> set[str]:
    """Return the names that a module or class and its parts have: functions, classes, variables and ``self.name``."""
    names = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.Module | ast.ClassDef):
            assigned = (line for line in node.body if isinstance(line, ast.Assign | ast.AnnAssign))
            names |= {
                one.id for line in assigned for one in ast.walk(line) if _is_set(one) and isinstance(one, ast.Name)
            }
        if isinstance(node, ast.Attribute) and _is_set(node) and ast.unparse(node.value) == "self":
            names.add(node.attr)
    return {name for name in names if not name.endswith("__")}


def _is_set(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store)


def imports(tree: ast.Module) -> dict[str, str]:
    """Return the full names of what a module imports from the libraries, by the names that it has there."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = {alias.asname or alias.name: alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names = {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        else:
            continue
        found |= {name: full for name, full in names.items() if full.split(".")[0] in LIBRARIES}
    return found


def private_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the private names of others that a module uses, with their lines."""
    own, imported = bound(tree), imports(tree)
    for name in imported.values():
        public = PUBLIC[name.split(".")[0]]
        module, _, inner = name.rpartition(".")
        if name not in PRIVATE and (inner.startswith("_") or not {name, module} & public):
            yield 1, inner
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            door = node.value.attr if isinstance(node.value, ast.Attribute) else ""
            through = door in DOORS or (isinstance(node.value, ast.Name) and imported.get(node.value.id) in PRIVATE)
            hidden = node.attr.startswith("_") and not node.attr.endswith("__")
            if (hidden and node.attr not in own | OF_PYTHON) or (through and not node.attr.startswith("__")):
                yield node.lineno, node.attr
        elif isinstance(node, ast.ClassDef):
            for base in node.bases:
                module, _, kind = ast.unparse(base).rpartition(".")
                if imported.get(module) in PRIVATE:  # what both have is theirs, or a clash
                    yield from ((node.lineno, name) for name in bound(node) & members(f"{imported[module]}.{kind}"))


@cache
def members(owner: str) -> frozenset[str]:
    """Return what a class or module of others has, read in its source where there is one: that imports nothing."""
    compiled = next((name for name in COMPILED if owner.startswith(name)), None)
    if compiled is not None:
        thing = import_module(compiled)
        for name in owner.removeprefix(compiled).split(".")[1:]:
            thing = getattr(thing, name)
        return frozenset(dir(thing))
    module, inner = (owner, "") if _is_module(owner) else owner.rsplit(".", 1)
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    tree = parsed(Path(spec.origin))
    if not inner:
        return frozenset(bound(tree))
    kinds = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    names, left = set[str](), [inner]
    while left:
        kind = kinds.get(left.pop())
        if kind is not None:  # else its base stands elsewhere
            names |= bound(kind)
            left.extend(ast.unparse(base) for base in kind.bases)
    return frozenset(names)


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_private_name_in_use_is_listed(file: Path) -> None:
    missing = [f"line {line}: {name}" for line, name in private_names(parsed(file)) if name not in LISTED]
    assert not missing, f"{file.name} uses what PRIVATE does not name: {missing}"


def test_every_listed_name_is_in_use() -> None:
    words = set().union(*(re.findall(r"\w+", file.read_text()) for file in FILES))
    assert words >= LISTED, f"nothing uses {sorted(LISTED - words)} any more"


@pytest.mark.parametrize("owner", PRIVATE)
def test_what_is_listed_is_there(owner: str) -> None:
    gone = PRIVATE[owner] - members(owner)
    assert not gone, f"{owner} has no {sorted(gone)}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("canvas._backend", {"_backend"}),
        ("class A:\n    def f(self):\n        self._mine = self._mine", set()),
        ("self._theirs", {"_theirs"}),
        ("from vispy.gloo import glir\nglir.GlirQueue()", {"GlirQueue"}),
        ("from vispy.visuals import Visual", {"Visual"}),
        ("from PIL.Image import _getdecoder", {"_getdecoder"}),
        ("from vispy.gloo import glir\nclass A(glir.GlirParser):\n    env: int", {"env", "GlirParser"}),
        ("canvas.context.shared.parser.capabilities", {"shared", "parser", "capabilities"}),
        ("imgui.internal.get_current_window()", {"get_current_window"}),
        ("pair._replace(x=1)", set()),
        ("from vispy.gloo import Program", set()),
    ],
)  # fmt: skip
def test_what_counts_as_private(text: str, found: set[str]) -> None:
    assert {name for _, name in private_names(ast.parse(text))} == found


PINNED = {"vispy": "vispy", "imgui_bundle": "imgui-bundle", "OpenGL": "PyOpenGL", "llvmlite": "llvmlite"}


@pytest.mark.parametrize("package", PINNED.values())
def test_libraries_with_private_names_are_pinned_to_the_minor_version(package: str) -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (wanted,) = [one for one in dependencies if one.startswith(package)]
    major, minor = version(package).split(".")[:2]
    assert re.fullmatch(rf"{package}>={major}\.{minor}(\.\d+)?,<{major}\.{int(minor) + 1}", wanted)


def test_every_library_with_private_names_is_among_the_pinned_ones() -> None:
    assert {owner.split(".")[0] for owner in PRIVATE} - {"argparse"} <= set(PINNED)

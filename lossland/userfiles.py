"""Loads the user's own Python files, such as ``mine.py`` or ``mine.py:Name``, once, when they are named.

Each file gets a package of its own, whose folder is the file's. Its imports are resolved there first, so that it finds
modules beside it, and helpers of the same name of two files do not collide in ``sys.modules``.
"""

from __future__ import annotations

import atexit
import builtins
import importlib
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from types import CodeType, ModuleType
from typing import Any, NamedTuple

from lossland.errors import USER_FILES, UserError, nearest, sentence

PACKAGE = "lossland_user_file_"  # prefix of a file's package, before a number
NEVER_BESIDE = frozenset((*sys.stdlib_module_names, "lossland"))  # names that are never resolved in the file's folder
_TEXT = re.compile(r"(?P<path>.*\.(?i:py))(?::(?P<name>[^:/\\]*))?(?::(?P<rest>.*))?", re.DOTALL)

Stamp = tuple[int, int]  # a file's time and size
_numbers = count(1)
_loaded: dict[Path, tuple[ModuleType, dict[Path, Stamp | None]]] = {}  # with the files that it imported
_folders: dict[str, Path] = {}  # of the packages
_names: dict[str, Path] = {}  # files by the text that named them
_received: dict[str, Path] = {}  # copies of another machine's files, by the text that names them there


class Parcel(NamedTuple):
    """A user's file to send, with the modules it imports from its folder: their relative paths and contents."""

    name: str  # the text that names it
    file: str  # its path within the folder
    contents: tuple[tuple[str, bytes], ...]


class Named(NamedTuple):
    """A parsed text: a file, a name in it ("": the only thing that fits), and what follows it."""

    path: str
    name: str
    rest: str


def named(text: str) -> Named | None:
    """Parse ``mine.py``, ``mine.py:Name`` or ``mine.py:Name:rest``; None if a text names no Python file."""
    found = _TEXT.fullmatch(text.strip())
    return Named(found["path"], found["name"] or "", found["rest"] or "") if found else None


def is_loaded(path: str | Path) -> bool:
    """Whether a file was run in this process, and neither it nor its imports from its folder have changed."""
    file = Path(path).expanduser().resolve()
    return file in _loaded and all(_stamp(part) == stamp for part, stamp in _loaded[file][1].items())


def is_own(module: str) -> bool:
    """Whether a module's name is that of a user's file, or of one that it imported."""
    return module.startswith(PACKAGE)


def load(path: str | Path, users: bool = True) -> ModuleType:
    """Run a Python file and return its module; a file that has not changed since is not run again.

    With ``users`` its errors are reported as the user's, with file and line.
    """
    file = _received.get(str(path), Path(path).expanduser())
    if not file.is_file():
        raise UserError(f"There is no file {str(path)!r}.")
    file = file.resolve()
    _names[str(path)] = file
    if users:
        USER_FILES.add(file)
    if not is_loaded(file):
        module = _run(file, _Loader if users else _BuiltInLoader)
        package = module.__name__.partition(".")[0]
        files = [one.__file__ for name, one in list(sys.modules.items()) if name.startswith(f"{package}.")]
        _loaded[file] = (module, {Path(part): _stamp(Path(part)) for part in files if part})
    return _loaded[file][0]


def packed() -> tuple[Parcel, ...]:
    """Return all files that were run in this process, to send to another one."""
    parcels = []
    for name, file in _names.items():
        if is_loaded(file):
            parts = sorted(part for part in _loaded[file][1] if part.is_relative_to(file.parent))
            contents = tuple((part.relative_to(file.parent).as_posix(), part.read_bytes()) for part in parts)
            parcels.append(Parcel(name, file.name, contents))
    return tuple(parcels)


def receive(parcels: Iterable[Parcel]) -> None:
    """Unpack files of another machine; the texts that name them then refer to these copies."""
    for parcel in parcels:
        _received[parcel.name] = _copy(parcel.file, parcel.contents)


@cache
def _copy(file: str, contents: tuple[tuple[str, bytes], ...]) -> Path:
    """Write a file and its imports into a new folder, which is removed when this process ends."""
    folder = mkdtemp(prefix="lossland-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name, content in contents:
        part = Path(folder, name)
        part.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content)
    return Path(folder, file)


def find(text: Named, what: str, fits: Callable[[object], bool]) -> Any:
    """Return an object of a user's file: by its name, or the only one that fits.

    ``what`` names such objects in errors: "optimizer".
    """
    module = load(text.path)
    file = Path(text.path).name
    there = {name: value for name, value in vars(module).items() if not name.startswith("_") and fits(value)}
    if text.name in there:
        return there[text.name]
    own = {name: value for name, value in there.items() if getattr(value, "__module__", None) == module.__name__}
    if text.name:
        known = list(own or there)
        listed = f" It has {', '.join(known)}." if known else ""
        raise UserError(f"{file} has no {what} {text.name!r}.{nearest(text.name, known)}{listed}")
    if len(own) != 1:
        which = f"several: say which, as in {text.path}:{next(iter(own))}" if own else "none"
        raise UserError(f"{file} should have one {what}, and has {which}.")
    return next(iter(own.values()))


def _stamp(file: Path) -> Stamp | None:
    try:
        found = file.stat()
    except OSError:  # it does not exist
        return None
    return found.st_mtime_ns, found.st_size


def _run(file: Path, loader: type[_Loader]) -> ModuleType:
    """Run a file as a module of a new package, which also holds its imports from its folder."""
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
    importlib.invalidate_caches()  # modules may have been written a moment ago
    package = ModuleType(f"{PACKAGE}{next(_numbers)}")
    package.__path__ = [str(file.parent)]
    _folders[package.__name__] = file.parent
    sys.modules[package.__name__] = package
    stem = re.sub(r"\W", "_", file.stem)
    name = f"{package.__name__}.{stem}"
    spec = spec_from_file_location(name, file, loader=loader(name, str(file)))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look up their module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        for known in [known for known in sys.modules if known.partition(".")[0] == package.__name__]:
            del sys.modules[known]
        raise UserError(f"The file {file.name} does not run: {sentence(error)}") from error
    return module


class _Loader(SourceFileLoader):
    """Runs a file whose imports are resolved in its folder first, without bytecode caches."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the file's present content."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)

    def exec_module(self, module: ModuleType) -> None:
        """Run the file."""
        importing = _importing(module.__name__.partition(".")[0])
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": importing}
        super().exec_module(module)


class _BuiltInLoader(_Loader):
    """Runs a file that comes with lossland, with the usual bytecode cache."""

    def get_code(self, fullname: str) -> CodeType:
        """Load the cached bytecode, or compile the file."""
        code = SourceFileLoader.get_code(self, fullname)
        assert code is not None
        return code


class _Finder:
    """A meta path finder for the modules of our packages."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """Return the spec of a module of one of our packages."""
        if path is None or not is_own(name):
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path)
        return spec


def _importing(package: str) -> Callable[..., ModuleType]:
    """Return the ``__import__`` of a package's modules, which prefers modules in the file's folder."""
    folder = _folders[package]

    def importing(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        head = name.partition(".")[0]
        if level or head in NEVER_BESIDE or not _is_beside(folder, head):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        inner = importlib.import_module(f"{package}.{name}")
        if not fromlist:  # ``import a.b`` binds a
            return sys.modules[f"{package}.{head}"]
        return builtins.__import__(inner.__name__, globals, locals, fromlist)

    return importing


def _is_beside(folder: Path, name: str) -> bool:
    return (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()

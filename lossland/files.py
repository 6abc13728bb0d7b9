"""Files: written under a temporary name and then renamed; what a name says of its file; the user's folders."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from lossland.errors import MachineError, UserError
from lossland.interrupts import sheltered

SESSION = "a session, which `lossland explore` replays, `lossland record` films and `lossland shot` draws"
KINDS = {
    ".lossland": SESSION,
    ".npz": "a file of arrays",
    ".npy": "a file with one array",
    **dict.fromkeys((".h5", ".hdf5"), "an HDF5 file of arrays"),
    ".csv": "a table of numbers",
    **dict.fromkeys(
        (".png", ".jpg", ".jpeg", ".webp", ".svg", ".pdf"), "a picture, which lossland draws and never reads"
    ),
    **dict.fromkeys((".mp4", ".gif", ".webm"), "a film, which lossland makes and never reads"),
    ".py": "a Python file, of which a scene, landscape or optimizer is taken where one is named (mine.py:Name)",
    **dict.fromkeys((".json", ".txt", ".md", ".html"), "a text"),
    **dict.fromkeys((".vtp", ".glb"), "a mesh"),
}  # kinds of files by their endings
RUNS = (".npz", ".csv")  # endings of files of recorded runs
FILE_NAME = re.compile(r"[\w~./\\: -]*[^\W\d][\w~./\\: -]*\.[^\W\d]\w*")  # letters before and after its last point
PATH = re.compile(r"(~|\.{1,2})?[/\\\\]")  # no formula starts like this
SHARE = 40  # characters of a file's name in its temporary name: the system allows 255 bytes


def holds_results(text: str) -> bool:
    """Whether a text names a folder with results of `lossland bench`, complete or not."""
    try:
        folder = Path(text).expanduser()
        return bool(text.strip()) and any((folder / name).is_file() for name in ("results.json", "settings.json"))
    except (OSError, RuntimeError, ValueError):  # too long for a path, ~ of nobody, a null character
        return False


def may_be_run(text: str) -> bool:
    """Whether a text names a file that may be a recorded run (.npz, .csv, …tfevents…), or a folder."""
    try:
        path = Path(text.strip()).expanduser()
        return is_folder(text) or (path.is_file() and (path.suffix.lower() in RUNS or "tfevents" in path.name))
    except (OSError, RuntimeError, ValueError):  # too long for a path, ~ of nobody, a null character
        return False


def is_folder(text: str) -> bool:
    """Whether a text names a folder that exists; a path of no letters is none."""
    try:
        return bool(text.strip()) and Path(text.strip()).expanduser().is_dir()
    except (OSError, RuntimeError, ValueError):  # as above
        return False


@contextmanager
def written(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` with the same ending; rename it when the block ends without an error.

    Symbolic links are followed. Pipes, devices and non-empty folders are refused.

    The block may create a file or a folder there; parent folders are created. Whatever happens, neither a partial
    ``path`` nor the temporary one is left, nor a parent folder made for nothing. Temporary names are unique across
    processes.
    """
    path = target_of(path)
    missing = [folder for folder in path.parents if not folder.exists()]
    temporary = path.with_name(f".{path.stem[:SHARE]}.{os.getpid()}.{os.urandom(4).hex()}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        raise MachineError(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        remove(temporary, missing)


def target_of(path: str | Path) -> Path:
    """Return where a file would be written, with links followed; raise UserError or MachineError if it cannot be."""
    path = Path(path).expanduser()
    try:
        target = path.resolve() if path.is_symlink() else path
        if target.is_dir() and (target.suffix or any(target.iterdir())):
            raise UserError(f"{path} is a folder that is there already; give another name.")
        if target.exists() and not (target.is_file() or target.is_dir()):
            raise UserError(f"{path} is no ordinary file but a pipe or a device; give another name.")
        above = next((folder for folder in target.parents if folder.exists()), None)
    except (OSError, RuntimeError) as error:  # a name that is too long, links that go in circles
        raise MachineError(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}.") from error
    if above and not above.is_dir():
        raise MachineError(f"{path} cannot be written: {above} is a file and no folder; give another name.")
    return target


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn a failure to read a file within the block into one sentence: UserError, or MachineError of the machine's."""
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"There is no file {str(path)!r}.") from None
    except OSError as error:
        raise MachineError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no text in UTF-8.") from error


def state_folder() -> Path:
    """Return the user's folder for application state; it need not exist yet."""
    return _user_folder("Application Support", "XDG_STATE_HOME", ".local/state")


def cache_folder() -> Path:
    """Return the user's folder for what can be made again; it need not exist yet."""
    return _user_folder("Caches", "XDG_CACHE_HOME", ".cache")


def _user_folder(library: str, variable: str, usual: str) -> Path:
    """Return a user's folder: on macOS in the ``library``, elsewhere that of a variable, or the ``usual`` one."""
    home = Path.home()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / library
    else:
        base = Path(os.environ.get(variable) or "")
        if not base.is_absolute():  # the XDG specification says to ignore such a value
            base = home / usual
    return base / "lossland"


def kind_of(text: str) -> str:
    """Return the kind of file that a text names, such as "a picture"; "" if it may be a name or a formula.

    In a formula points occur only in numbers, so never between letters.
    """
    ending = Path(text.strip()).suffix.lower()
    if ending in KINDS:
        return KINDS[ending]
    before = Path(text.strip().rpartition(":")[0]).suffix.lower()
    if before in KINDS and before != ".py":
        return f"{KINDS[before]}, with a name after it, which only Python files have"
    if PATH.match(text.strip()):
        return "a path without an ending that lossland knows"
    return f"a file that ends in {ending}, which lossland does not know" if FILE_NAME.fullmatch(text.strip()) else ""


@sheltered
def remove(temporary: Path, folders: Sequence[Path] = ()) -> None:
    """Remove a temporary file or folder, if it exists; then those of some folders, inner ones first, that are empty."""
    if temporary.is_dir():
        shutil.rmtree(temporary, ignore_errors=True)
    else:
        with suppress(OSError):  # e.g. its folder could not be created either
            temporary.unlink(missing_ok=True)
    with suppress(OSError):  # it holds something, or was never made
        for folder in folders:
            folder.rmdir()

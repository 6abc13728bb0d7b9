"""The cache of compiled kernels in the user's cache folder: a file each, named by a hash of all its inputs.

Nothing here ever fails: a file that is missing, broken or cannot be written only costs a compilation. Files are written
atomically, so any number of processes can use the folder at once.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from lossland.errors import MachineError, UserError
from lossland.files import cache_folder, written

MAGIC = b"lossland kernel 1\n"
LARGEST = 2**24  # bytes of a kernel
MOST = 1000  # files kept; the least recently written go first


def folder() -> Path:
    """Return the cache folder of compiled kernels."""
    return cache_folder() / "kernels"


def read(key: str) -> bytes | None:
    """Return what was written under the key, or None if it is missing or damaged."""
    with suppress(OSError, RuntimeError):  # RuntimeError: there is no home
        directory = folder()
        # no symbolic link, which may lead anywhere, and no pipe, which would block
        opened = os.open(directory / key, os.O_RDONLY | _flags("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
        with open(opened, "rb") as file:
            found = os.fstat(opened)
            if not (S_ISREG(found.st_mode) and found.st_size <= LARGEST and _is_ours(found, directory.stat())):
                return None
            content = file.read(LARGEST)
        head, code = content[: len(MAGIC) + 32], content[len(MAGIC) + 32 :]
        if head == MAGIC + hashlib.sha256(code).digest():
            return code
    return None


def write(key: str, code: bytes) -> None:
    """Store machine code under a key."""
    with suppress(OSError, RuntimeError, MachineError, UserError):  # UserError: a folder has the key's name
        directory = folder()
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        _keep_to_us(directory)
        file = directory / key
        if file.is_symlink() or not (file.is_file() or file.is_dir()):
            file.unlink(missing_ok=True)  # not a file of ours: a link, a pipe
        with written(file) as temporary:
            temporary.touch(0o600, exist_ok=False)
            temporary.chmod(0o600)  # whatever the umask: a file that others can write is never read
            temporary.write_bytes(MAGIC + hashlib.sha256(code).digest() + code)
        _forget_oldest(directory)


def _flags(*names: str) -> int:
    """Combine the flags of `os.open` that this system has."""
    return sum(getattr(os, name, 0) for name in names)


def _is_ours(*found: os.stat_result) -> bool:
    """Whether nobody else can have written these files: their content will be executed."""
    if not hasattr(os, "getuid"):
        return True
    return all(one.st_uid == os.getuid() and not one.st_mode & 0o022 for one in found)


def _keep_to_us(directory: Path) -> None:
    """Make a folder writable for its owner only, whatever the umask."""
    if directory.stat().st_mode & 0o722 != 0o700:
        directory.chmod(0o700)


def _forget_oldest(directory: Path) -> None:
    ages: list[tuple[float, Path]] = []
    for file in directory.iterdir():
        with suppress(OSError):  # another process may have removed it
            ages.append((file.lstat().st_mtime, file))
    if len(ages) <= MOST:
        return
    for _, file in sorted(ages)[: len(ages) - MOST * 9 // 10]:
        with suppress(OSError):  # also raised for a folder, which is not removed
            file.unlink()

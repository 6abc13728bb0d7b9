"""The kernels kept on disk: ours alone whatever the umask, and whatever else stands in their folder harms nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lossland.compute.kernels import store

ROOT = Path(__file__).parents[2]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "lossland" / "kernels"


@pytest.fixture(params=[0o000, 0o002, 0o022, 0o077, 0o277, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_files_are_ours_alone_whatever_the_umask(tmp_path: Path, umask: int, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "kernels"
    monkeypatch.setattr(store, "folder", lambda: folder)
    store.write("key", b"code")
    assert (mode(folder), mode(folder / "key")) == (0o700, 0o600)
    assert store.read("key") == b"code"


def test_a_folder_made_with_another_umask_is_used(cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o775)
    store.write("key", b"code")
    assert store.read("key") == b"code"


def test_what_others_may_write_is_written_again(cache: Path) -> None:
    store.write("key", b"code")
    (cache / "key").chmod(0o664)
    assert store.read("key") is None
    store.write("key", b"code")
    assert store.read("key") == b"code"


def link_to(path: Path) -> None:
    (path.parent / "elsewhere").write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(path.parent / "elsewhere")


def loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def large(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(2**40)  # a file with a hole: as large as a disk, and all zeros


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def empty_folder(path: Path) -> None:
    path.unlink()
    path.mkdir(0o700)


def full_folder(path: Path) -> None:
    empty_folder(path)
    (path / "file").write_text("not ours to remove")


DAMAGE = [link_to, loop, large, pipe, empty_folder, full_folder]


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_stands_in_the_way_harms_nothing(cache: Path, damage: Callable[[Path], None]) -> None:
    store.write("key", b"code")
    damage(cache / "key")
    assert store.read("key") is None
    store.write("key", b"code")
    assert store.read("key") == (b"code" if damage not in (empty_folder, full_folder) else None)
    store.write("other", b"code")
    assert store.read("other") == b"code"
    assert [file.name for file in cache.iterdir() if file.name.startswith(".")] == []


@pytest.mark.parametrize("damage", DAMAGE)
def test_old_files_are_forgotten_whatever_stands_among_them(
    cache: Path, damage: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST", 10)
    store.write("key", b"code")
    damage(cache / "key")
    os.utime(cache / "key", (0, 0), follow_symlinks=False)
    for i in range(25):
        store.write(f"key{i:02}", b"x")
    assert len(list(cache.iterdir())) <= 11
    assert store.read("key24") == b"x"


@pytest.mark.parametrize("place", ["file", "pipe", "nothing"])
def test_a_folder_that_is_none_harms_nothing(cache: Path, place: str) -> None:
    cache.parent.mkdir()
    if place == "file":
        cache.write_text("in the way")
    elif place == "pipe":
        os.mkfifo(cache)
    else:
        cache.symlink_to(cache.parent / "nothing")
    store.write("key", b"code")
    assert store.read("key") is None


def test_without_a_home_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    store.write("key", b"code")
    assert store.read("key") is None


WORK = """
import sys
from lossland.compute.kernels import store
mark = sys.argv[1].encode()
for round in range(200):
    store.write("key", mark * 10_000)
    found = store.read("key")
    assert found is not None and len(found) == 10_000 and len(set(found)) == 1, round
"""


def test_two_processes_at_once(cache: Path) -> None:
    """What is read is always what one of them has written whole."""
    words = [sys.executable, "-c", WORK]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    both = [subprocess.Popen([*words, mark], env=environment, stderr=subprocess.PIPE) for mark in "ab"]
    for process in both:
        _, err = process.communicate(timeout=60)
        assert (process.returncode, err) == (0, b"")
    assert [file.name for file in cache.iterdir()] == ["key"]

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from hypothesis import settings
from windows import display

from lossland import errors

__all__ = ["display"]  # a fixture for every folder

# Before anything imports PyOpenGL: most tests draw without a display.
os.environ.setdefault("PYOPENGL_PLATFORM", "egl")
# Pictures are compared with those of Mesa's software renderer, also where there is a graphics card.
os.environ.setdefault("LOSSLAND_GL", "software")


# How long an example takes says how busy the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let golden images be written again."""
    parser.addoption("--regenerate-goldens", action="store_true", help="write the pictures of tests/goldens again")


@pytest.fixture(autouse=True)
def other_tests_scene_files_forgotten() -> Iterator[None]:
    """Forget the user's files that a test has loaded: whose fault an error is depends on them, for a whole process."""
    before = set(errors.USER_FILES)
    yield
    errors.USER_FILES.intersection_update(before)


@pytest.fixture(autouse=True)
def sessions_kept_apart(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no window find what a window of another test, or of whoever runs the tests, has left behind."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.getbasetemp() / f"state-{os.urandom(8).hex()}"))


@pytest.fixture(params=["numpy", "array_api_strict", pytest.param("cupy", marks=pytest.mark.gpu)])
def xp(request: pytest.FixtureRequest) -> Any:
    """Every array library that the array code must run on; the strict one refuses what the standard does not have."""
    return import_module(request.param)

"""The day with a graphics card, without one: it runs to its end, and the parts for a card run on a stand-in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import zipfile
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from cupy_stand_in import StandIn
from nvrtc import compile_cuda

from lossland.compute import arrays

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))
gpu_day: Any = import_module("gpu_day")
gpu_steps: Any = import_module("gpu_steps")


@pytest.fixture(scope="module")
def dry(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of a dry run and what it printed."""
    out = tmp_path_factory.mktemp("gpu-day")
    done = subprocess.run(
        ["make", "gpu-day", f"OUT={out}", f"GPU_PYTHON={sys.executable} -W error"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out, done.stdout


@pytest.mark.endurance
def test_a_dry_run_comes_to_its_end(dry: tuple[Path, str]) -> None:
    out, _ = dry
    found = json.loads((out / "gpu_day.json").read_text())
    assert found["dry"]
    assert list(found["steps"]) == [step.name for step in gpu_day.STEPS]
    assert {step["state"] for step in found["steps"].values()} == {"done"}
    assert all(step["skipped"] for step in found["steps"].values())
    assert not list(out.glob("*.tmp"))


@pytest.mark.endurance
def test_a_dry_run_says_what_it_leaves_out_and_what_a_card_would_need(dry: tuple[Path, str]) -> None:
    _, said = dry
    assert "A dry run; results go to" in said
    assert "there is no card to use: libcuda.so.1" in said
    assert "nothing failed\n" in said
    assert f"send {dry[0] / 'gpu_day.zip'}" in said
    for text in ("the self-test", "the card's limits, JAX and torch.compile", "sharing between CUDA and OpenGL"):
        assert f"left out: {text}" in said
    assert gpu_day.needs() in said
    assert all(name in said for name in (*gpu_day.WHEELS, *gpu_day.PACKAGES))


@pytest.mark.endurance
def test_a_dry_run_is_written_as_tables(dry: tuple[Path, str]) -> None:
    text = (dry[0] / "gpu_day.md").read_text()
    for title in ("EGL devices", "swarms", "grids with gradient", "moving pictures", "beside the software renderer"):
        assert f"### {title}\n\n| " in text
    assert "llvmpipe" in text
    assert "no number below says anything about a card" in text
    assert "**Nothing failed.**" in text
    with zipfile.ZipFile(dry[0] / "gpu_day.zip") as archive:
        assert {"gpu_day.json", "gpu_day.md", "pictures.jpg", "logs/frames.txt"} <= set(archive.namelist())
    assert (dry[0] / "pictures.jpg").read_bytes().startswith(b"\xff\xd8")


# ------------------------------------------------------------------------------------------------ what it needs


def test_everything_that_pyproject_asks_for_is_there_travels_or_is_left_out() -> None:
    ways = [set(gpu_day.WHEELS), set(gpu_day.ALREADY_THERE), set(gpu_day.LEFT_OUT)]
    for name in gpu_day.required():
        assert sum(name in way for way in ways) == 1, name


def test_it_is_no_more_than_forty_megabytes() -> None:
    assert sum(gpu_day.WHEELS.values()) + sum(gpu_day.PACKAGES.values()) < gpu_day.MOST_BYTES == 40_000_000
    assert "of 40 MB at most" in gpu_day.needs()


def test_sizes_are_those_of_the_files_where_they_are_given(tmp_path: Path) -> None:
    for name in ("PyOpenGL-3.1.10-py3-none-any.whl", "freetype_py-2.5.1-py3-none-any.whl", "vispy-0.17.0-cp312.whl"):
        (tmp_path / name.lower()).write_bytes(bytes(5_000_000))
    (tmp_path / "libx11-6_2%3a1.8.4_amd64.deb").write_bytes(bytes(5_000_000))
    said = gpu_day.needs(tmp_path, tmp_path)
    fetched = sum(size for name, size in gpu_day.WHEELS.items() if name not in ("pyopengl", "freetype-py", "vispy"))
    assert f"wheels ({(fetched + 15_000_000) / 1e6:.1f} MB)" in said
    missing = next(line for line in said.splitlines() if "not in" in line)
    assert "glfw" in missing
    assert "vispy" not in missing
    assert "libx11-6" not in said.splitlines()[-2]


LDCONFIG = """2 libs found in cache `/etc/ld.so.cache'
	libc.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libc.so.6
	libm.so.6 (libc6,x86-64) => /lib/x86_64-linux-gnu/libm.so.6
"""


def test_unpacked_libraries_are_found_where_the_system_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "usr/lib/x86_64-linux-gnu"
    folder.mkdir(parents=True)
    (folder / "libGL.so.1").touch()
    (folder / "libc.so.6").touch()  # the system has its own
    monkeypatch.setattr(gpu_day.subprocess, "run", lambda *words, **options: SimpleNamespace(stdout=LDCONFIG))
    found = gpu_day.library_paths(tmp_path, {"LD_LIBRARY_PATH": "/mine"})
    assert found["LD_LIBRARY_PATH"] == f"/mine:{folder}"
    assert found["VISPY_GL_LIB"] == str(folder / "libGL.so.1")
    assert [file.name for file in folder.iterdir()] == ["libGL.so.1"]


def test_nvidias_driver_is_named_to_egl_where_nobody_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_day, "DRIVER_FOLDERS", [tmp_path / "nowhere", tmp_path])
    assert gpu_day.nvidias_egl(tmp_path, {}) == {}
    (tmp_path / "libEGL_nvidia.so.0").touch()
    found = gpu_day.nvidias_egl(tmp_path, {})
    named = json.loads(Path(found["__EGL_VENDOR_LIBRARY_FILENAMES"]).read_text())
    assert named["ICD"]["library_path"] == str(tmp_path / "libEGL_nvidia.so.0")
    assert found["LD_LIBRARY_PATH"] == str(tmp_path)
    assert gpu_day.nvidias_egl(tmp_path, {"__EGL_VENDOR_LIBRARY_FILENAMES": "mine.json"}) == {}


# --------------------------------------------------------------------------------------------- steps that go wrong


def test_a_step_that_hangs_is_stopped_and_one_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    day = gpu_day.Day(tmp_path, dry=True)
    began = time.monotonic()
    endless = [sys.executable, "-c", "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: 1'])"]
    assert day.call(endless, "one", 1.0) == "it took more than 1 seconds"
    assert time.monotonic() - began < 30
    assert day.call([sys.executable, "-c", "raise SystemExit('no such luck')"], "two", 30) == (
        f"{Path(sys.executable).name} ended with 1: no such luck"
    )


def test_a_step_that_fails_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (gpu_day.Step("nonsense", 20, "There is no such step"), gpu_day.Step("memory", 20, "Memory"))
    monkeypatch.setattr(gpu_day, "STEPS", steps)
    arguments: Any = type("Arguments", (), {"wheels": None, "packages": None, "pictures": None})
    assert gpu_day.Day(tmp_path, dry=True).run(arguments, ["nonsense", "memory"]) == 1
    found = json.loads((tmp_path / "gpu_day.json").read_text())["steps"]
    assert "KeyError: 'nonsense'" in found["nonsense"]["state"]
    assert found["memory"]["state"] == "done"


def test_what_a_stopped_step_had_found_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "logs").mkdir()
    day = gpu_day.Day(tmp_path, dry=True)

    def half(command: list[str], log: str, limit: float) -> str:
        gpu_steps.Report(Path(command[3]), dry=True).row("frames", scene="one", p50_ms=1.0)
        return "it took more than 1 seconds"

    monkeypatch.setattr(day, "call", half)
    day.take(gpu_day.STEPS[4])
    assert day.found["steps"]["frames"]["frames"] == [{"scene": "one", "p50_ms": 1.0}]
    assert day.found["steps"]["frames"]["state"] == "stopped: it took more than 1 seconds"


def test_failures_of_a_step_that_ended_are_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "logs").mkdir()
    day = gpu_day.Day(tmp_path, dry=False)

    def bad(command: list[str], log: str, limit: float) -> str:
        gpu_steps.Report(Path(command[3]), dry=False).fail("adam on cuda is off by 0.5 (allowed: 1e-04)")
        return ""

    monkeypatch.setattr(day, "call", bad)
    day.take(gpu_day.STEPS[0])
    day.write()
    assert day.problems() == ["doctor: adam on cuda is off by 0.5 (allowed: 1e-04)"]
    assert "**1 failed:**\n\n- doctor: adam on cuda" in (tmp_path / "gpu_day.md").read_text()


def test_a_broken_wheel_is_told_and_hurts_no_other(tmp_path: Path) -> None:
    wheels, out = tmp_path / "wheels", tmp_path / "out"
    wheels.mkdir()
    (out / "logs").mkdir(parents=True)
    (wheels / "broken-1.0-py3-none-any.whl").write_bytes(b"no wheel")
    with zipfile.ZipFile(wheels / "whole-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("whole.py", "")
        wheel.writestr("whole-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: whole\nVersion: 1.0\n")
        wheel.writestr("whole-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("whole-1.0.dist-info/RECORD", "")
    day = gpu_day.Day(out, dry=True)
    day.prepare(wheels, None)
    (problem,) = day.problems()
    assert problem.startswith("broken-1.0-py3-none-any.whl: ")
    assert (out / "site" / "whole.py").exists()
    assert day.environment["PYTHONPATH"].startswith(str(out / "site"))


def test_some_steps_again_keep_the_others_results(tmp_path: Path) -> None:
    (tmp_path / "gpu_day.json").write_text(json.dumps({"steps": {"doctor": {"state": "done", "seconds": 7}}}))
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "holiday.jpg").write_text("mine")
    arguments: Any = type("Arguments", (), {"wheels": None, "packages": None, "pictures": None})
    assert gpu_day.Day(tmp_path, dry=True).run(arguments, ["memory"]) == 0
    found = json.loads((tmp_path / "gpu_day.json").read_text())["steps"]
    assert found["doctor"]["seconds"] == 7
    assert found["memory"]["state"] == "done"
    assert (tmp_path / "pictures" / "holiday.jpg").read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--steps", "doctor, nonsense"], "there is no step 'nonsense'"),
        (["--wheels", "/proc/nowhere"], "is no folder"),
        (["--out", "/proc/nowhere"], "cannot be used"),
        (["--card"], "there is no card to use"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["gpu_day.py", "--out", str(tmp_path), *words])
    monkeypatch.setattr(gpu_day, "no_card", lambda: "it is elsewhere")
    with pytest.raises(SystemExit) as stopped:
        gpu_day.main()
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    monkeypatch.setattr(sys, "argv", ["gpu_day.py", "--out", str(tmp_path), "--dry"])
    with pytest.raises(SystemExit):
        gpu_day.main()
    assert (tmp_path / "thesis.txt").read_text() == "mine"


def test_a_process_that_dies_takes_no_other_with_it() -> None:
    parts = [["adam"], ["die"], ["lion"], ["sgd"]]
    found = list(gpu_steps.in_processes(gpu_steps_work, parts, 2))
    assert {name for (name,) in found} >= {"sgd"}
    assert "die" not in {name for (name,) in found}


def gpu_steps_work(names: list[str]) -> list[str]:
    if names == ["die"]:
        os._exit(3)
    return names


# ------------------------------------------------------------------------- the parts for a card, on a stand-in


@pytest.fixture
def cupy(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The backend that auto picks, on a stand-in for CuPy."""
    made = StandIn()
    chosen = arrays.Backend("cuda", made, "a stand-in")
    monkeypatch.setattr(arrays, "backend", lambda name="auto": arrays.CPU if name == "cpu" else chosen)
    return made


def test_pairs_are_compared_on_the_card(cupy: StandIn) -> None:
    rows = gpu_steps.compared([("adam", "rosenbrock"), ("lion", "ackley")], count=300, steps=10)
    assert [row["ran_on"] for row in rows] == ["cuda", "cuda"]
    for row in rows:
        assert row["median"] < 1e-6
        assert row["trouble"] == ""


def test_a_card_that_gives_up_is_told(cupy: StandIn) -> None:
    gpu_steps.compared([("adam", "rosenbrock")], count=50, steps=1)
    cupy.fail_after = len(cupy.launches)
    (row,) = gpu_steps.compared([("adam", "rosenbrock")], count=50, steps=5)
    assert row["ran_on"] == "cpu"
    assert "illegal memory access" in row["trouble"]


def test_the_grids_kernel_is_launched_as_it_wants(cupy: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    filled = []

    def once(xp: StandIn, launch: Any) -> float:
        launch()
        xp.stream.synchronize()
        filled.extend(memory for memory in xp.memories if memory.size == 40 * 40 * 4)
        return 0.5

    monkeypatch.setattr(gpu_steps, "_timed_on_card", once)
    assert gpu_steps.kernel_alone("rosenbrock", 40) == 40 * 40 / 0.5
    (memory,) = filled
    values = memory.bytes.view(np.float32).reshape(40, 40)
    x, y = np.linspace(-2, 2, 40), np.linspace(-1, 3, 40)[:, None]
    np.testing.assert_allclose(values, (1 - x) ** 2 + 100 * (y - x * x) ** 2, rtol=1e-4, atol=1e-3)


def test_the_kernel_that_measures_the_card_compiles_to_nothing_but_multiply_adds() -> None:
    compiled = compile_cuda(gpu_steps.multiply_add_source(), "compute_90")
    multiply_adds = compiled.ptx.count("fma.rn")
    assert multiply_adds >= gpu_steps.CHAINS
    assert multiply_adds % gpu_steps.CHAINS == 0


def test_operations_of_a_step_are_counted() -> None:
    # x - lr * 2x and y - lr * 2y: in each a product with the rate, one with 2 and a difference, at most
    assert 2 <= gpu_steps.operations("gradient_descent", "x^2+y^2") <= 8

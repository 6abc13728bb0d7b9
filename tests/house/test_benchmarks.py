"""The benchmarks run where no peer is installed. How fast anything is, is not tested."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_swarms_and_grids_are_checked_and_measured(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "compute.py"), "--quick", "--json", str(file)]
    command += ["--peers", "lossland,lossland (kept),NumPy"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "left out" not in done.stderr
    figures = json.loads(file.read_text())
    assert {row["landscape"] for row in figures["swarms"]} == {"rosenbrock", "ackley", "rastrigin"}
    assert all(set(row["rates"]) == {"lossland", "NumPy"} for row in figures["swarms"])
    assert all(set(row["rates"]) == {"lossland", "lossland (kept)", "NumPy"} for row in figures["grids"])


@pytest.mark.endurance
def test_slices_are_measured(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "slices.py"), "--quick", "--one-thread", "--json", str(file)]
    done = subprocess.run([*command, "--peers", "lossland"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "left out" not in done.stderr
    for case in ("MLP 64-32-32-10", "CNN 8-16"):
        figures = json.loads(file.read_text())[case]
        assert figures["one thread"]["lossland"]["cpu"] > 0
        assert 0 < figures["flops"] < figures["flops without sharing"]


@pytest.mark.endurance
def test_projections_are_measured(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, str(ROOT / "benchmarks" / "projector.py"), "--quick", "--json", str(file)]
    done = subprocess.run([*command, "--peers", "lossland"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "left out" not in done.stderr
    figures = json.loads(file.read_text())["lossland"]
    assert figures["trust"] >= 0.98
    assert figures["cpu"] > 0


def test_a_peer_that_is_not_there_is_named(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "render.py"), "--quick", "--only", "surfaces"]
    done = subprocess.run([*command, "--peers", "pygfx"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "pygfx is left out: ModuleNotFoundError" in done.stderr


@pytest.mark.endurance
def test_scenes_are_measured_beside_another_checkout_that_may_lack_them(tmp_path: Path) -> None:
    page, file, other = tmp_path / "page.md", tmp_path / "figures.json", tmp_path / "other"
    page.write_text("Before\n<!-- benchmarks/scenes.py writes from here -->\nold\n<!-- to here -->\nAfter\n")
    (other / "lossland").mkdir(parents=True)
    (other / "lossland" / "__init__.py").touch()
    (other / "lossland" / "__main__.py").write_text("raise SystemExit('there is no such scene')")
    command = [sys.executable, str(ROOT / "benchmarks" / "scenes.py"), "--quick", "--scenes", "linear_map_2d"]
    command += ["--against", str(other), "--json", str(file), "--write", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "other gave up: there is no such scene" in done.stderr
    figures = json.loads(file.read_text())
    assert set(figures["ours"]) == {"linear_map_2d"}
    ours, others = figures["ours"]["linear_map_2d"], figures["other"]["linear_map_2d"]
    assert 0 < ours["p50"] <= ours["p95"]
    assert 0 < ours["import"] < ours["first"]
    assert all(math.isnan(seconds) for seconds in others.values())
    written = page.read_text()
    assert written.startswith("Before\n<!-- ")
    assert written.endswith("<!-- to here -->\nAfter\n")
    assert "old" not in written
    assert "| linear_map_2d |" in written

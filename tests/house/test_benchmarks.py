"""The benchmarks run where no peer is installed. How fast anything is, is not tested."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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


def test_a_peer_that_is_not_there_is_named(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / "render.py"), "--quick", "--only", "surfaces"]
    done = subprocess.run([*command, "--peers", "pygfx"], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert "pygfx is left out: ModuleNotFoundError" in done.stderr

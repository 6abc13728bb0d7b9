"""A day with a graphics card, in eight minutes: check lossland on it, measure it, and write down what was seen.

    make gpu-day WHEELS=wheels PACKAGES=debs               on a machine with an NVIDIA card; it needs no network
    python tools/gpu_day.py --collect gpu-day-files        beforehand, with network: what the machine will need
    make gpu-day                                           without a card: a dry run that says what it leaves out

The machine has Python 3.12, CuPy for CUDA 13, NumPy, JAX, PyTorch and Numba. Everything else comes in two folders,
wheels and Debian's packages of EGL and OpenGL; they are unpacked under ``out/gpu-day``, nothing is installed elsewhere.
The steps are programs of their own with a time limit each, the most valuable first; one that fails stops no other.
``out/gpu-day`` then holds ``gpu_day.json`` and ``gpu_day.md`` (send both), pictures, and each step's log.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "gpu-day"
REPORT = "gpu_day.json"
LIMIT = 480  # seconds for everything
MOST_BYTES = 40_000_000  # of wheels and packages together

ALREADY_THERE = ("numpy", "pillow", "llvmlite", "cupy-cuda13x", "cuda-bindings")
"""What pyproject asks for and the machine brings along (llvmlite with Numba, Pillow with PyTorch's companions)."""
LEFT_OUT = ("av",)
"""What pyproject asks for and no step needs: films are made on the processor, and it is the largest of all."""
WHEELS = {
    "vispy": 2_670_947,
    "glfw": 248_539,
    "imgui-bundle": 14_440_334,
    "pyopengl": 3_194_996,
    "hsluv": 5_656,  # vispy's
    "freetype-py": 1_043_856,  # vispy's
    "kiwisolver": 1_477_929,  # vispy's
    "munch": 9_950,  # imgui-bundle's
    "array-api-strict": 78_619,  # the tests'
}
"""Wheels that travel, and the bytes of one version of each (for CPython 3.12)."""
PACKAGES = {
    "libegl1": 33_652,
    "libgl1": 88_448,
    "libglvnd0": 51_820,
    "libglx0": 34_384,
    "libopengl0": 30_644,
    "libx11-6": 759_544,  # imgui-bundle is linked with it
    "libxext6": 52_932,
    "libxcb1": 144_052,
    "libxau6": 19_720,
    "libxdmcp6": 26_344,
    "libbsd0": 117_416,
    "libmd0": 29_456,
    "libfontconfig1": 385_664,  # vispy loads it
    "libfreetype6": 398_424,
    "libexpat1": 98_924,
    "libpng16-16": 276_272,
    "libbrotli1": 275_420,
}
"""Debian's packages that travel, and the bytes of one version of each (Debian 12, amd64)."""

_PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014", "manylinux1")


@dataclass(frozen=True)
class Step:
    """A part of the day: a function of ``gpu_steps.py``, the seconds it may take, and what it is for."""

    name: str
    seconds: int
    title: str


STEPS = (
    Step("doctor", 70, "What is there, and every computation against NumPy in float64"),
    Step("tests", 70, "The tests that need a card, and the golden pictures drawn on it"),
    Step("kernels", 90, "Every optimizer on every landscape, beside the CPU's kernel"),
    Step("speed", 90, "Particles and grids in a second, beside JAX and torch.compile"),
    Step("frames", 70, "Frames drawn on the card"),
    Step("sharing", 25, "Arrays that go from CUDA to OpenGL"),
    Step("memory", 20, "Memory that is given back"),
)


def main() -> int:
    """Run the day, or collect what it needs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--wheels", type=Path, metavar="FOLDER", help="wheels to unpack and use")
    parser.add_argument("--packages", type=Path, metavar="FOLDER", help="Debian packages of EGL and OpenGL to use")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="what software drew, to compare with")
    parser.add_argument("--out", type=Path, default=OUT, metavar="FOLDER", help="where everything goes")
    parser.add_argument("--steps", default=",".join(step.name for step in STEPS), help="only some of the steps")
    parser.add_argument("--dry", action="store_true", help="run small, on the processor, even where there is a card")
    parser.add_argument("--collect", type=Path, metavar="FOLDER", help="fetch wheels and packages, draw the pictures")
    chosen = parser.parse_args()
    if chosen.collect:
        return collect(chosen.collect)
    names = chosen.steps.split(",")
    unknown = set(names) - {step.name for step in STEPS}
    if unknown:
        parser.error(f"there is no step {', '.join(sorted(unknown))}; there are {', '.join(s.name for s in STEPS)}")
    for folder in (chosen.wheels, chosen.packages, chosen.pictures):
        if folder is not None and not folder.is_dir():
            parser.error(f"{folder} is no folder")
    out = chosen.out.resolve()
    if out.is_dir() and any(out.iterdir()) and not (out / REPORT).exists():
        parser.error(f"{out} holds something else; name a folder that is new, or empty, or of an earlier day")
    return Day(out, chosen.dry or not has_card()).run(chosen, names)


def has_card() -> bool:
    """Whether NVIDIA's driver finds a device."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
        count = ctypes.c_int()
        return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0
    except (OSError, AttributeError):
        return False


class Day:
    """One run: its folder, its environment, and what its steps have found so far."""

    def __init__(self, out: Path, dry: bool) -> None:
        self.out, self.dry = out, dry
        self.began = time.monotonic()
        self.found: dict[str, Any] = {"dry": dry, "python": platform.python_version(), "steps": {}}
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "LOSSLAND_GL"):
            self.environment.pop(name, None)

    def run(self, chosen: argparse.Namespace, names: Iterable[str]) -> int:
        """Take all steps and write both files; 0 if every step came to its end without a failure."""
        for name in ("logs", "site", "root", "pictures"):  # of an earlier day
            shutil.rmtree(self.out / name, ignore_errors=True)
        (self.out / "logs").mkdir(parents=True)
        self.write()
        print(f"{'A dry run: there is no card to use' if self.dry else 'A day with a card'}; results go to {self.out}")
        print(needs(chosen.wheels, chosen.packages))
        self.prepare(chosen.wheels, chosen.packages)
        if chosen.pictures:
            self.environment["GPU_DAY_PICTURES"] = str(chosen.pictures.resolve())
        for step in STEPS:
            if step.name in names:
                self.take(step)
                self.write()
        print(f"{self.out / REPORT} and {self.out / 'gpu_day.md'} are written")
        return 0 if all(step["state"] == "done" for step in self.found["steps"].values()) else 1

    def prepare(self, wheels: Path | None, packages: Path | None) -> None:
        """Unpack what was brought along, and let the steps find it."""
        said: list[str] = []
        if wheels is not None:
            site = self.out / "site"
            files = sorted(map(str, wheels.resolve().glob("*.whl")))
            pip = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile", "--target", str(site)]
            said.append(self.call([sys.executable, *pip, *files], "wheels", 60))
            self.environment["PYTHONPATH"] = f"{site}{os.pathsep}{ROOT}"
        if packages is not None:
            root = self.out / "root"
            for file in sorted(packages.resolve().glob("*.deb")):
                said.append(self.call(["dpkg", "-x", str(file), str(root)], "packages", 20))
            self.environment |= library_paths(root, self.environment)
        self.found["prepared"] = [text for text in said if text]

    def take(self, step: Step) -> None:
        """Run one step within its limit, and within the day's; keep what it has found even if it does not end."""
        left = LIMIT - (time.monotonic() - self.began)
        limit = min(step.seconds, left)
        if limit < 1:
            self.found["steps"][step.name] = {"state": "left out: no time was left"}
            return
        print(f"{step.name}: {step.title} ...", flush=True)
        results = self.out / f"{step.name}.json"
        command = [sys.executable, str(ROOT / "tools" / "gpu_steps.py"), step.name, str(results)]
        start = time.monotonic()
        failed = self.call([*command, *(["--dry"] if self.dry else [])], step.name, limit)
        state = f"stopped: {failed}" if failed else "done"
        found = json.loads(results.read_text()) if results.exists() else {}
        results.unlink(missing_ok=True)
        seconds = round(time.monotonic() - start, 1)
        self.found["steps"][step.name] = {"state": state, "seconds": seconds, **found}
        for text in (*([state] if failed else []), *found.get("skipped", [])):
            print(f"  {text}")

    def call(self, command: list[str], log: str, limit: float) -> str:
        """Run a program, its output appended to a log; return why it failed, nothing if it did not."""
        with (self.out / "logs" / f"{log}.txt").open("a") as output:
            process = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )
            try:
                code = process.wait(limit)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return f"it took more than {limit:.0f} seconds"
        if not code:
            return ""
        lines = (self.out / "logs" / f"{log}.txt").read_text(errors="replace").strip().splitlines()
        return f"{Path(command[0]).name} ended with {code}: {lines[-1] if lines else 'it said nothing'}"

    def write(self) -> None:
        """Write what was found so far."""
        self.found["seconds"] = round(time.monotonic() - self.began, 1)
        (self.out / REPORT).write_text(json.dumps(self.found, indent=1) + "\n")
        (self.out / "gpu_day.md").write_text(markdown(self.found))


def library_paths(root: Path, environment: dict[str, str]) -> dict[str, str]:
    """Return the variables by which programs find libraries that were unpacked under ``root``, and NVIDIA's EGL."""
    folders = [root / part / "x86_64-linux-gnu" for part in ("usr/lib", "lib")]
    folders = [folder for folder in folders if folder.is_dir()]
    paths = [*map(str, folders), environment.get("LD_LIBRARY_PATH", "")]
    found = {"LD_LIBRARY_PATH": os.pathsep.join(path for path in paths if path)}
    for folder in folders:
        if (folder / "libGL.so.1").exists():
            found["VISPY_GL_LIB"] = str(folder / "libGL.so.1")
    usual = [Path("/etc/glvnd/egl_vendor.d"), Path("/usr/share/glvnd/egl_vendor.d")]
    if not any(list(folder.glob("*nvidia*.json")) for folder in usual):
        elsewhere = sorted(Path("/usr/local/nvidia/share/glvnd/egl_vendor.d").glob("*nvidia*.json"))
        if elsewhere:
            found["__EGL_VENDOR_LIBRARY_FILENAMES"] = str(elsewhere[0])
    return found


# ------------------------------------------------------------------------------------------------ what it needs


def needs(wheels: Path | None = None, packages: Path | None = None) -> str:
    """Say what the machine with the card needs, and how large it is: as found in the folders, else as last fetched."""
    lines = []
    total = 0
    kinds = (("wheels", WHEELS, wheels, "*.whl"), ("packages", PACKAGES, packages, "*.deb"))
    for what, known, folder, pattern in kinds:
        there = {} if folder is None else {_plain(file.name): file.stat().st_size for file in folder.glob(pattern)}
        sizes = {name: there.get(name) for name in known}
        missing = [name for name, size in sizes.items() if size is None] if folder is not None else []
        taken = {name: known[name] if size is None else size for name, size in sizes.items()}
        total += sum(taken.values())
        lines.append(f"{what} ({sum(taken.values()) / 1e6:.1f} MB): " + ", ".join(taken))
        if missing:
            lines.append(f"  not in {folder}: {', '.join(missing)}")
    lines.append(f"together {total / 1e6:.1f} MB, of {MOST_BYTES / 1e6:.0f} MB at most")
    return "\n".join(lines)


def _plain(name: str) -> str:
    """Return a distribution's name as it stands in its file's name: ``freetype_py-2.5.whl`` is freetype-py."""
    stem = re.split(r"[-_]\d", name, maxsplit=1)[0] if name.endswith(".whl") else name.split("_")[0]
    return stem.lower().replace("_", "-").removesuffix(".deb")


def required() -> list[str]:
    """Return the names of what pyproject's dependencies ask for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [distribution(text) for text in project["dependencies"]]


def distribution(requirement: str) -> str:
    """Return the name in a requirement: ``vispy`` of ``vispy>=0.17``."""
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower()


def collect(folder: Path) -> int:
    """Fetch wheels and packages, and draw the pictures that the card's are compared with."""
    wheels, packages, pictures = (folder / name for name in ("wheels", "packages", "pictures"))
    for one in (wheels, packages, pictures):
        one.mkdir(parents=True, exist_ok=True)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {name: name for name in WHEELS}
    wanted |= {name: text for text in project["dependencies"] if (name := distribution(text)) in WHEELS}
    platforms = [word for name in _PLATFORMS for word in ("--platform", f"{name}_x86_64")]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", *platforms]
    pip += ["--python-version", "3.12", "--implementation", "cp", "--dest", str(wheels), *wanted.values()]
    subprocess.run(pip, check=True)
    subprocess.run(["apt-get", "download", *PACKAGES], cwd=packages, check=True)
    subprocess.run(
        [sys.executable, str(ROOT / "tools" / "gpu_steps.py"), "pictures", str(pictures)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "LOSSLAND_GL": "software"},
        check=True,
    )
    print(needs(wheels, packages))
    print(f"then: make gpu-day WHEELS={wheels} PACKAGES={packages} PICTURES={pictures}")
    return 0


# -------------------------------------------------------------------------------------------------- the report


def markdown(found: dict[str, Any]) -> str:
    """Return everything as tables."""
    parts = ["# A day with a graphics card", ""]
    if found["dry"]:
        parts += ["**A dry run, small and on the processor: no number below says anything about a card.**", ""]
    for step in STEPS:
        if step.name not in found["steps"]:
            continue
        one = found["steps"][step.name]
        parts += [f"## {step.title}", "", f"{one['state']} ({one.get('seconds', 0)} s)", ""]
        for text in one.get("skipped", []):
            parts.append(f"- {text}")
        if one.get("skipped"):
            parts.append("")
        for name, rows in one.items():
            if isinstance(rows, list) and rows and isinstance(rows[0], dict):
                parts += [f"### {name}", "", _table(rows), ""]
            elif name not in ("state", "seconds", "skipped"):
                parts += [f"- {name}: {_cell(rows)}"]
        parts.append("")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def _table(rows: list[dict[str, Any]]) -> str:
    heads = list(dict.fromkeys(name for row in rows for name in row))
    lines = [heads, ["---"] * len(heads), *([_cell(row.get(name)) for name in heads] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_cell, value)) or "none"
    return str(value).replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())

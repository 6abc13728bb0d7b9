"""Checks and measures lossland on a machine with a GPU, in eight minutes, and writes a report.

    make gpu-day WHEELS=wheels PACKAGES=debs               on a machine with an NVIDIA card; it needs no network
    python tools/gpu_day.py --collect gpu-day-files        beforehand, with network: what the machine will need
    make gpu-day                                           without a card: a dry run that says what it leaves out

The machine has Python 3.12, CuPy for CUDA 13, NumPy, JAX, PyTorch and Numba. Everything else comes in two folders,
wheels and Debian's packages of EGL and OpenGL; they are unpacked under ``out/gpu-day``, nothing is installed elsewhere.
Each step is a program of its own with a time limit, the most valuable first; a failure does not stop the others.
``out/gpu-day`` then holds ``gpu_day.json``, ``gpu_day.md``, pictures and each step's log, and all of it as
``gpu_day.zip``, to be sent back. The exit code is 0 if nothing failed.
"""

from __future__ import annotations

import argparse
import contextlib
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
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "out" / "gpu-day"
REPORT = "gpu_day.json"
LIMIT = 480  # seconds for everything
MOST_BYTES = 40_000_000  # of wheels and packages together

ALREADY_THERE = ("numpy", "pillow", "llvmlite", "cupy-cuda13x", "cuda-bindings")
"""Dependencies that the machine already has (llvmlite with Numba, Pillow with PyTorch's dependencies)."""
LEFT_OUT = ("av",)
"""Dependencies that no step needs: films are encoded on the CPU, and it is the largest of all."""
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
    "hypothesis": 1_169_964,
    "sortedcontainers": 29_575,
}
"""Wheels to bring along, and the size of one version of each in bytes (for CPython 3.12)."""
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
"""Debian packages to bring along, and the size of one version of each in bytes (Debian 12, amd64)."""

DRIVER_FOLDERS = [Path(name) for name in ("/usr/local/nvidia/lib64", "/usr/lib/x86_64-linux-gnu", "/usr/lib64")]
"""Where containers and distributions put the libraries of NVIDIA's driver."""

_PLATFORMS = ("manylinux_2_28", "manylinux_2_27", "manylinux_2_17", "manylinux2014", "manylinux1")


@dataclass(frozen=True)
class Step:
    """A step: a function of ``gpu_steps.py``, its time limit, and its purpose."""

    name: str
    seconds: int
    title: str


STEPS = (
    Step("doctor", 100, "What is there, and every computation against NumPy in float64"),
    Step("tests", 80, "The tests that need a card, and the golden pictures drawn on it"),
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
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--dry", action="store_true", help="run small, on the processor, even where there is a card")
    how.add_argument("--card", action="store_true", help="insist on a card: no dry run where none is found")
    parser.add_argument("--collect", type=Path, metavar="FOLDER", help="fetch wheels and packages, draw the pictures")
    chosen = parser.parse_args()
    if chosen.collect:
        return collect(chosen.collect)
    names = [name.strip() for name in chosen.steps.split(",")]
    unknown = set(names) - {step.name for step in STEPS}
    if unknown:
        parser.error(f"there is no step {', '.join(sorted(unknown))!r}; there are {', '.join(s.name for s in STEPS)}")
    for folder in (chosen.wheels, chosen.packages, chosen.pictures):
        if folder is not None and not folder.is_dir():
            parser.error(f"{folder} is no folder")
    out = chosen.out.resolve()
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()) and not (out / REPORT).exists():
            parser.error(f"{out} holds something else; name a folder that is new, or empty, or of an earlier day")
    except OSError as error:
        parser.error(f"{out} cannot be used: {error.strerror}")
    missing = no_card()
    if missing and chosen.card:
        parser.error(f"there is no card to use: {missing}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    day = Day(out, chosen.dry or bool(missing), missing)
    try:
        return day.run(chosen, names)
    except KeyboardInterrupt:
        day.write()
        print(f"gpu_day: Stopped; what was found so far stands in {out}.", file=sys.stderr)
        return 130


def no_card() -> str:
    """Return why NVIDIA's driver finds no device, nothing if it does."""
    driver: ctypes.CDLL | None = None
    for name in ("libcuda.so.1", *(str(folder / "libcuda.so.1") for folder in DRIVER_FOLDERS)):
        try:
            driver = ctypes.CDLL(name)
            break
        except OSError:
            continue
    if driver is None:
        return "libcuda.so.1, NVIDIA's driver, is not found"
    status, count = driver.cuInit(0), ctypes.c_int()
    if status:
        return f"NVIDIA's driver does not start (cuInit gives {status})"
    driver.cuDeviceGetCount(ctypes.byref(count))
    return "" if count.value else "NVIDIA's driver finds no device"


class Day:
    """One run: its folder, its environment, and the results of its steps so far."""

    def __init__(self, out: Path, dry: bool, why_dry: str = "") -> None:
        self.out, self.dry = out, dry
        self.began = time.monotonic()
        self.found: dict[str, Any] = {"dry": dry, **about(why_dry), "problems": [], "steps": {}}
        self.environment = {
            **os.environ,
            "PYTHONPATH": _joined(str(ROOT), os.environ.get("PYTHONPATH", "")),
            "PYTHONUNBUFFERED": "1",
            "CUPY_CACHE_DIR": str(out / "cupy"),  # shared by all steps
        }
        for name in ("DISPLAY", "WAYLAND_DISPLAY", "LOSSLAND_GL"):
            self.environment.pop(name, None)

    def run(self, chosen: argparse.Namespace, names: list[str]) -> int:
        """Take the steps and write the report after each; 0 if nothing failed."""
        (self.out / "logs").mkdir(parents=True, exist_ok=True)
        earlier = self.out / REPORT
        if len(names) < len(STEPS) and earlier.exists():  # the other steps' results stay
            self.found["steps"] = json.loads(earlier.read_text()).get("steps", {})
        self.write()
        print(f"{'A dry run' if self.dry else 'A day with a card'}; results go to {self.out}")
        if self.found["why_dry"]:
            print(f"there is no card to use: {self.found['why_dry']}")
        print(needs(chosen.wheels, chosen.packages))
        self.prepare(chosen.wheels, chosen.packages)
        if chosen.pictures:
            self.environment["GPU_DAY_PICTURES"] = str(chosen.pictures.resolve())
        self.check_imports()
        for step in STEPS:
            if step.name in names:
                self.take(step)
                self.write()
        self.pack()
        failed = self.problems()
        print("\n".join(["", *(f"FAILED: {text}" for text in failed)] if failed else ["nothing failed"]))
        print(f"read {self.out / 'gpu_day.md'}, send {self.out / 'gpu_day.zip'}")
        return 1 if failed else 0

    def prepare(self, wheels: Path | None, packages: Path | None) -> None:
        """Unpack wheels and packages, and set the variables by which steps find them."""
        if wheels is not None:
            site = self.out / "site"
            pip = ["-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile", "--upgrade"]
            for file in sorted(
                map(str, wheels.resolve().glob("*.whl"))
            ):  # one by one, so that a bad one does not affect the others
                self.note(self.call([sys.executable, *pip, "--target", str(site), file], "wheels", 60), file)
            self.environment["PYTHONPATH"] = _joined(str(site), self.environment["PYTHONPATH"])
        if packages is not None:
            root = self.out / "root"
            for file in sorted(map(str, packages.resolve().glob("*.deb"))):
                self.note(self.call(["dpkg", "-x", file, str(root)], "packages", 20), file)
            self.environment |= library_paths(root, self.environment)
        self.environment |= nvidias_egl(self.out, self.environment)

    def note(self, failed: str, what: str) -> None:
        """Record and print a failure."""
        if failed:
            self.found["problems"].append(f"{Path(what).name}: {failed}")
            print(f"  {what}: {failed}")

    def check_imports(self) -> None:
        """Report modules that cannot be imported."""
        for name in ("numpy", "vispy", "glfw", "imgui_bundle", "OpenGL", "PIL", "llvmlite"):
            failed = self.call([sys.executable, "-c", f"import {name}"], "imports", 30)
            self.note(f"it cannot be imported ({failed})" if failed else "", name)

    def problems(self) -> list[str]:
        """Return everything that went wrong."""
        steps = [
            f"{name}: {text}"
            for name, step in self.found["steps"].items()
            for text in ([] if step["state"] == "done" else [step["state"]]) + step.get("failures", [])
        ]
        return [*self.found["problems"], *steps]

    def take(self, step: Step) -> None:
        """Run one step within its limit and the total one; keep its results even if it does not end."""
        left = LIMIT - (time.monotonic() - self.began)
        limit = min(step.seconds, left)
        if limit < 1:
            self.found["steps"][step.name] = {"state": "left out: no time was left"}
            return
        print(f"{step.name} (at most {limit:.0f} s): {step.title} ...", flush=True)
        results = self.out / f"{step.name}.json"
        command = [sys.executable, str(ROOT / "tools" / "gpu_steps.py"), step.name, str(results)]
        start = time.monotonic()
        failed = self.call([*command, *(["--dry"] if self.dry else [])], step.name, limit)
        found = json.loads(results.read_text()) if results.exists() else {}
        results.unlink(missing_ok=True)
        seconds = round(time.monotonic() - start, 1)
        state = f"stopped: {failed}" if failed else "done"
        self.found["steps"][step.name] = {"state": state, "seconds": seconds, **found}
        for text in (*found.get("skipped", []), *found.get("failures", [])):
            print(f"  {text}")
        print(f"  {state}, {seconds} s")

    def call(self, command: list[str], log: str, limit: float) -> str:
        """Run a program, its output appended to a log; return why it failed, nothing if it did not."""
        file = self.out / "logs" / f"{log}.txt"
        with file.open("a") as output:
            try:
                process = subprocess.Popen(
                    command, cwd=ROOT, env=self.environment, stdout=output, stderr=output, start_new_session=True
                )
            except OSError as error:
                return f"{command[0]} does not start: {error.strerror}"
            try:
                code = process.wait(limit)
            except subprocess.TimeoutExpired:
                return f"it took more than {limit:.0f} seconds"
            finally:
                with contextlib.suppress(ProcessLookupError):  # also its child processes, and after Ctrl-C
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if not code:
            return ""
        lines = file.read_text(errors="replace").strip().splitlines()
        return f"{Path(command[0]).name} ended with {code}: {lines[-1] if lines else 'it said nothing'}"

    def write(self) -> None:
        """Write what was found so far."""
        self.found["seconds"] = round(time.monotonic() - self.began, 1)
        (self.out / REPORT).write_text(json.dumps(self.found, indent=1) + "\n")
        (self.out / "gpu_day.md").write_text(markdown(self.found, self.problems()))

    def pack(self) -> None:
        """Put the report, the pictures and the logs into one file."""
        with zipfile.ZipFile(self.out / "gpu_day.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in (REPORT, "gpu_day.md", "pictures.jpg"):
                if (self.out / file).exists():
                    archive.write(self.out / file, file)
            for log in sorted((self.out / "logs").glob("*.txt")):
                archive.write(log, f"logs/{log.name}")


def about(why_dry: str) -> dict[str, Any]:
    """Return date, commit and machine."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False)
    nvidia = shutil.which("nvidia-smi")
    query = [nvidia or "", "--query-gpu=name,driver_version,memory.total,mig.mode.current", "--format=csv,noheader"]
    card = subprocess.run(query, capture_output=True, text=True, check=False).stdout.strip() if nvidia else ""
    names = ("CUDA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES", "LD_LIBRARY_PATH")
    return {
        "why_dry": why_dry,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit.stdout.strip(),
        "card": card,
        "python": f"{platform.python_version()} ({sys.executable})",
        "machine": f"{platform.platform()}, {os.cpu_count()} cores",
        "variables": {name: os.environ[name] for name in names if name in os.environ},
    }


def _joined(*paths: str) -> str:
    return os.pathsep.join(path for path in paths if path)


def library_paths(root: Path, environment: dict[str, str]) -> dict[str, str]:
    """Return the variables by which programs find libraries that were unpacked under ``root``.

    Libraries that the system already has are removed: its own are compatible with its other ones.
    """
    known = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=False).stdout
    have = {line.split()[0] for line in known.splitlines()[1:] if line.split()}
    folders = [root / part / "x86_64-linux-gnu" for part in ("usr/lib", "lib")]
    for folder in folders:
        for file in folder.glob("*.so.*") if folder.is_dir() else ():
            if file.name in have:
                file.unlink()
    folders = [folder for folder in folders if folder.is_dir()]
    found = {"LD_LIBRARY_PATH": _joined(environment.get("LD_LIBRARY_PATH", ""), *map(str, folders))}
    for folder in folders:
        if (folder / "libGL.so.1").exists():
            found["VISPY_GL_LIB"] = str(folder / "libGL.so.1")
    return found


def nvidias_egl(out: Path, environment: dict[str, str]) -> dict[str, str]:
    """Return the variables by which EGL finds NVIDIA's driver, where the system (a container, say) does not name it."""
    usual = [Path("/etc/glvnd/egl_vendor.d"), Path("/usr/share/glvnd/egl_vendor.d")]
    if "__EGL_VENDOR_LIBRARY_FILENAMES" in environment or any(list(folder.glob("*nvidia*.json")) for folder in usual):
        return {}
    for folder in DRIVER_FOLDERS:
        if (folder / "libEGL_nvidia.so.0").exists():
            file = out / "10_nvidia.json"
            library = {"library_path": str(folder / "libEGL_nvidia.so.0")}
            file.write_text(json.dumps({"file_format_version": "1.0.0", "ICD": library}))
            return {
                "__EGL_VENDOR_LIBRARY_FILENAMES": str(file),
                "LD_LIBRARY_PATH": _joined(environment.get("LD_LIBRARY_PATH", ""), str(folder)),
            }
    return {}


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
    """Return a distribution's name from its file name: ``freetype_py-2.5.whl`` is freetype-py."""
    stem = re.split(r"[-_]\d", name, maxsplit=1)[0] if name.endswith(".whl") else name.split("_")[0]
    return stem.lower().replace("_", "-").removesuffix(".deb")


def required() -> list[str]:
    """Return the names of pyproject's dependencies."""
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


def markdown(found: dict[str, Any], problems: Sequence[str] = ()) -> str:
    """Return everything as tables."""
    parts = ["# A day with a graphics card", ""]
    if found["dry"]:
        why = f" ({found['why_dry']})" if found["why_dry"] else ""
        parts += [f"**A dry run{why}, small and on the processor: no number below says anything about a card.**", ""]
    facts = ("date", "commit", "card", "python", "machine", "variables")
    parts += [f"- {name}: {_cell(found[name])}" for name in facts]
    parts += ["", f"**{len(problems)} failed:**" if problems else "**Nothing failed.**", ""]
    parts += [f"- {text}" for text in problems]
    for step in STEPS:
        if step.name not in found["steps"]:
            continue
        one = found["steps"][step.name]
        parts += ["", f"## {step.title}", "", f"{one['state']} ({one.get('seconds', 0)} s)", ""]
        parts += [f"- {text}" for text in (*one.get("failures", []), *one.get("skipped", []))]
        tables = {name: rows for name, rows in one.items() if _is_table(rows)}
        facts = [name for name in one if name not in ("state", "seconds", "skipped", "failures", *tables)]
        parts += [f"- {name}: {_cell(one[name])}" for name in facts]
        for name, rows in tables.items():
            parts += ["", f"### {name}", "", _table(rows)]
        if step.name == "frames":
            parts += ["", "![every scene](pictures.jpg)"]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def _is_table(value: object) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def _table(rows: list[dict[str, Any]]) -> str:
    heads = list(dict.fromkeys(name for row in rows for name in row))
    lines = [heads, ["---"] * len(heads), *([_cell(row.get(name)) for name in heads] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell(value: Any) -> str:
    if value is None or value == "" or value == {}:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(part)}" for name, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(_cell, value)) or "none"
    return str(value).replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    sys.exit(main())

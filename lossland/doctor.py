"""Reports what this machine offers: Python, packages, OpenGL, display, fonts, compiler, CUDA, and the backend.

``python -m lossland.doctor`` only checks whether pictures can be drawn here, and exits with 1 and a sentence if not.
"""

from __future__ import annotations

import os
import platform
import sys
import warnings
from collections.abc import Callable, Mapping
from functools import partial
from importlib import metadata
from typing import Any

from lossland import __version__
from lossland.errors import MachineError, UserError
from lossland.render.gl.canvas import has_display

PACKAGES = ("numpy", "vispy", "glfw", "imgui-bundle", "PyOpenGL", "pillow", "av", "llvmlite")
OPTIONAL_PACKAGES = ("cupy-cuda12x", "cupy-cuda13x", "cuda-bindings")


def report(gl: str | None = None) -> dict[str, Any]:
    """Return all findings as JSON data. What is not available is a dict with an ``error`` sentence.

    ``gl`` chooses what draws (see ``Stage``).
    """
    return {
        "lossland": __version__,
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": {name: _version(name) for name in PACKAGES + OPTIONAL_PACKAGES},
        "gl": _attempt(partial(graphics, gl)),
        "gl_devices": gl_devices(gl),
        "display": _attempt(display),
        "fonts": _attempt(fonts),
        "kernels": _attempt(kernels),
        "cuda": cuda(),
        "backend": backend(),
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _attempt(probe: Callable[[], Mapping[str, object]]) -> Mapping[str, object]:
    try:
        return probe()
    except (UserError, MachineError, ImportError, OSError) as error:
        return {"error": str(error)}


def graphics(gl: str | None = None) -> dict[str, object]:
    """Return the renderer of headless pictures and why it was chosen, or raise MachineError or UserError.

    ``vendor, renderer, version`` as OpenGL reports them; ``device`` is its EGL index, None where EGL lists none.
    """
    from lossland.compute.arrays import cuda_index
    from lossland.render.gl import canvas

    chosen = canvas.headless(gl, cuda_index())
    with canvas.drawing(chosen):
        found: dict[str, object] = dict(canvas.description())
    if isinstance(chosen, canvas.Offscreen):
        device = chosen.source.device
        found |= {"device": None if device is None else device.index, "why": chosen.source.why}
    return found


def gl_devices(gl: str | None = None) -> list[dict[str, object]]:
    """List EGL's devices: ``index, software, cuda, file, taken`` with ``vendor, renderer, version`` or ``error``."""
    from lossland.render.gl import canvas

    chosen = _attempt(partial(graphics, gl)).get("device")
    rows = []
    for found in canvas.devices():
        device = found.device
        row = {"index": device.index, "software": device.software, "cuda": device.cuda, "file": device.file}
        row |= {"taken": device.index == chosen} | (found.described or {"error": found.error})
        rows.append(row)
    return rows


def display() -> dict[str, object]:
    """Return the main screen's name and size, or raise MachineError."""
    if not has_display():
        raise MachineError("There is no display; `lossland shot` and `lossland record` need none.")
    import glfw

    with warnings.catch_warnings(record=True) as complaints:  # glfw reports its errors as warnings
        warnings.simplefilter("always")
        monitor = glfw.get_primary_monitor() if glfw.init() else None
        if not monitor:
            why = f" ({complaints[-1].message})" if complaints else ""
            raise MachineError(f"The display is named but cannot be opened{why}.")
        size = glfw.get_video_mode(monitor).size
        return {"name": os.fsdecode(glfw.get_monitor_name(monitor)), "size": [size.width, size.height]}


def fonts() -> dict[str, object]:
    """Return the folder of the fonts, or raise MachineError if one is missing."""
    from lossland.writing import text

    wanted = (*text.FONT_FILES.values(), text.ICON_FONT)
    missing = [name for name in wanted if not (text.FONTS / name).is_file()]
    if missing:
        raise MachineError(f"imgui-bundle lacks the fonts {', '.join(missing)}; install it again.")
    return {"folder": str(text.FONTS), "count": len(wanted)}


def kernels() -> dict[str, str]:
    """Return the compiler of CPU kernels, the processor, and the cache folder; or raise MachineError."""
    from lossland.compute.kernels import machine

    return machine.found()


def cuda() -> dict[str, object]:
    """Return the first usable CUDA device, or why there is none."""
    from lossland.compute.arrays import cuda_device

    device = cuda_device()
    if isinstance(device, str):
        return {"error": f"{device[0].upper()}{device[1:]}."}
    major, minor = device.capability
    return {"device": device.name, "capability": f"{major}.{minor}", "driver": device.driver}


def backend() -> dict[str, str]:
    """Return the backend that ``auto`` picks, and why."""
    from lossland.compute import arrays

    picked = arrays.backend("auto")
    return {"auto": picked.name, "why": picked.why}


def main() -> int:
    """Check that pictures can be drawn, and windows opened if there is a display; return 0 if so."""
    try:
        graphics()
        fonts()
        if has_display():
            display()
    except (UserError, MachineError, ImportError, OSError) as error:
        print(f"lossland: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

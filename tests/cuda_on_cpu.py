"""Kernels' CUDA source compiled by g++ and run on NumPy arrays, thread after thread."""

from __future__ import annotations

import ctypes
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from cuda_sources import joined

HEADER = Path(__file__).with_name("cuda_on_cpu.h")
EXACT = ("-O1", "-ffp-contract=off")
"""No fused multiply-adds: every operation is rounded by itself, as on arrays."""


class LaunchError(RuntimeError):
    """The arguments do not fit the kernel."""


class CompileError(RuntimeError):
    """The source is wrong; the text is the compiler's."""


def compiled(sources: Mapping[str, str], flags: Sequence[str] = EXACT) -> dict[str, Kernel]:
    """Return the kernels of several sources, each of which defines one. One run of the compiler for all."""
    exports = [f"EXPORT({name}, of_{name}::{name})" for name in sources]
    with tempfile.TemporaryDirectory() as folder:
        code, library = Path(folder, "kernels.cpp"), Path(folder, "kernels.so")
        code.write_text("\n".join([HEADER.read_text(), joined(sources), *exports]))
        command = ["g++", "-std=c++17", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function"]
        command += ["-Wno-unknown-pragmas", "-Wno-unused-parameter", *flags, str(code), "-o", str(library)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CompileError(done.stderr)
        loaded = ctypes.CDLL(str(library))
    return {name: Kernel(loaded, name) for name in sources}


class Kernel:
    """A compiled kernel, called as CuPy's are: blocks, threads in a block, arguments.

    Arrays are passed as pointers, NumPy's numbers by value. Their sizes must be those of the parameters.
    """

    def __init__(self, library: ctypes.CDLL, name: str) -> None:
        self._run = library[f"run_{name}"]
        bytes_of = (ctypes.c_int * 64)()
        self._sizes = bytes_of[: library[f"sizes_{name}"](bytes_of)]

    def __call__(self, grid: Sequence[int], block: Sequence[int], arguments: Sequence[Any]) -> None:
        values = [np.uint64(a.ctypes.data) if isinstance(a, np.ndarray) else a for a in arguments]
        sizes = [value.nbytes for value in values]
        if sizes != self._sizes:
            raise LaunchError(f"arguments of {sizes} bytes for parameters of {self._sizes}")
        kept = [ctypes.create_string_buffer(value.tobytes()) for value in values]
        addresses = (ctypes.c_void_p * len(kept))(*map(ctypes.addressof, kept))
        self._run(_index(grid), _index(block), addresses)


def _index(sizes: Sequence[int]) -> Any:
    return (ctypes.c_uint * 3)(*sizes, *[1] * (3 - len(sizes)))

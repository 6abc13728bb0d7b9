"""NVIDIA's run-time compiler through ctypes: it needs neither a GPU nor a driver (wheel nvidia-cuda-nvrtc)."""

from __future__ import annotations

import ctypes
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

AS_CUPY = ("--std=c++17", "-ftz=true", "--device-as-default-execution-space")
"""Our option, and those that CuPy adds to it."""


class CompileError(RuntimeError):
    """The source is wrong; the text is the compiler's log."""


class Compiled(NamedTuple):
    """What came out: PTX text, and the log of the assembler with what each kernel takes."""

    ptx: str
    log: str


class Use(NamedTuple):
    """What a kernel takes on the device, as the assembler tells it."""

    registers: int
    stack: int  # bytes
    spilled: int  # bytes


@cache
def library() -> ctypes.CDLL:
    """Load the compiler from its wheel."""
    spec = find_spec("nvidia")
    for folder in (spec and spec.submodule_search_locations) or ():
        for file in sorted(Path(folder).rglob("libnvrtc.so.*")):
            return ctypes.CDLL(str(file))
    raise AssertionError("the wheel nvidia-cuda-nvrtc is not installed")


def compile_cuda(source: str, arch: str, options: tuple[str, ...] = ()) -> Compiled:
    """Compile CUDA C++ for ``sm_90`` or the like (to machine code), or for ``compute_90`` (to PTX alone)."""
    nvrtc, program = library(), ctypes.c_void_p()
    words = [word.encode() for word in (*AS_CUPY, *options, f"-arch={arch}", "--ptxas-options=-v")]
    check(nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"kernel.cu", 0, None, None))
    try:
        status = nvrtc.nvrtcCompileProgram(program, len(words), (ctypes.c_char_p * len(words))(*words))
        log = _text(program, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog")
        if status:
            raise CompileError(log)
        return Compiled(_text(program, "nvrtcGetPTXSize", "nvrtcGetPTX"), log)
    finally:
        check(nvrtc.nvrtcDestroyProgram(ctypes.byref(program)))


def check(status: int) -> None:
    """Raise unless a call of the library went well."""
    if status:
        raise RuntimeError(f"NVRTC ends with status {status}")


def _text(program: ctypes.c_void_p, size_of: str, get: str) -> str:
    size = ctypes.c_size_t()
    check(getattr(library(), size_of)(program, ctypes.byref(size)))
    text = ctypes.create_string_buffer(size.value)
    check(getattr(library(), get)(program, text))
    return text.value.decode()


def uses(log: str) -> dict[str, Use]:
    """Return what each kernel takes, read from the assembler's log."""
    pattern = (
        r"Function properties for (\w+)\n[^\n]*?(\d+) bytes stack frame, (\d+) bytes spill stores, "
        r"(\d+) bytes spill loads\n[^\n]*Used (\d+) registers"
    )
    return {
        name: Use(int(registers), int(stack), int(stores) + int(loads))
        for name, stack, stores, loads, registers in re.findall(pattern, log)
    }

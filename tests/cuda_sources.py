"""Several CUDA sources, each of which defines one kernel, as one: a compiler starts once for all."""

from __future__ import annotations

import re
from collections.abc import Mapping


def kernel_name(source: str) -> str:
    """Return the name of the kernel that a source defines."""
    (name,) = re.findall(r'extern "C" __global__ void (?:__launch_bounds__\([^)]*\) )?(\w+)\(', source)
    return name


def joined(sources: Mapping[str, str]) -> str:
    """Return one source, in which each kernel has the name given and everything else a namespace of its own."""
    text: list[str] = []
    for name, source in sources.items():
        body = re.sub(rf"\b{kernel_name(source)}\b", name, source)
        macros = re.findall(r"^#define (\w+)", source, re.MULTILINE)
        text += [f"namespace of_{name} {{", body, "}", *(f"#undef {macro}" for macro in macros)]
    return "\n".join(text)

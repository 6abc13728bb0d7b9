"""Kernels are linked wherever there is room in the address space."""

from __future__ import annotations

import subprocess
import sys

import pytest

APART = """
import ctypes

from lossland.compute.kernels.machine import compiled

SOURCE = "define double @f(double %x) { %y = fmul double %x, 3.5\\n ret double %y }"  # 3.5 is not in the code
PAGE, FAR = 4096, 4 << 30
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
compiled(SOURCE, "f")


def taken(size):
    return libc.mmap(None, size, 0, 0x4022, -1, 0)  # private, anonymous, not reserved


wide = [taken(FAR) for _ in range(40)]
for _ in range(3000):
    taken(PAGE)
for start in wide:
    libc.munmap(start + FAR // 2, PAGE)  # holes of one page, 4 GiB apart
kept = [compiled(SOURCE, "f") for _ in range(60)]
called = [ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(code.address)(2.0) for code in kept]
print(set(called))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="maps memory as Linux does")
def test_kernels_are_linked_where_free_pages_are_far_apart() -> None:
    """Code and its constants may then come to lie farther apart than code can reach."""
    done = subprocess.run([sys.executable, "-c", APART], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "{7.0}"), done.stderr

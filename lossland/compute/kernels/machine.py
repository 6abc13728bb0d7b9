"""LLVM assembly to machine code for this processor. The only module that imports llvmlite."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from dataclasses import dataclass
from functools import cache

from lossland.compute.kernels import store
from lossland.errors import MachineError


@dataclass(frozen=True)
class MachineCode:
    """A compiled function, valid as long as this object lives."""

    address: int
    library: object


class _Compiler:
    """LLVM, configured for this processor. Not thread-safe."""

    def __init__(self) -> None:
        import llvmlite.binding as llvm

        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        self.llvm = llvm
        self.version = ".".join(map(str, llvm.llvm_version_info))
        self.processor, self.features = llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()
        self.target = llvm.Target.from_default_triple().create_target_machine(
            cpu=self.processor, features=self.features, opt=3, reloc="pic", codemodel="default", jit=False
        )
        # JITLink maps code and constants together. The older linker maps them separately, and aborts the process if
        # they end up more than 2 GiB apart, out of reach of relative addressing.
        self.linker = llvm.create_lljit_compiler(use_jit_link=sys.platform != "win32")
        self.count = 0

    def machine_code(self, source: str) -> bytes:
        """Return the object file of a module in LLVM assembly."""
        llvm = self.llvm
        module = llvm.parse_assembly(source)
        module.triple, module.data_layout = self.target.triple, str(self.target.target_data)
        passes = llvm.create_new_module_pass_manager()
        passes.add_new_gvn_pass()  # removes common subexpressions; the source is already vectorized
        passes.run(module, llvm.create_pass_builder(self.target, llvm.create_pipeline_tuning_options()))
        return self.target.emit_object(module)

    def link(self, code: bytes, function: str) -> MachineCode:
        """Load an object file into memory."""
        self.count += 1
        library = self.llvm.JITLibraryBuilder().add_object_img(code).add_current_process().export_symbol(function)
        linked = library.link(self.linker, f"library{self.count}")
        return MachineCode(linked[function], linked)


@cache
def _compiler() -> _Compiler:
    return _Compiler()


# One thread at a time may use LLVM. Forking waits for the lock: the child would inherit it locked for ever.
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)


def vector_bits() -> int:
    """Return the width of this processor's vector registers, or raise MachineError."""
    try:
        with _lock:
            features = _compiler().features.split(",")
    except (ImportError, OSError, RuntimeError) as error:
        raise _refusal(error) from error
    return 512 if "+avx512f" in features else 256 if "+avx2" in features else 128


def compiled(source: str, function: str) -> MachineCode:
    """Return a function of a module in LLVM assembly, compiled for this processor or loaded from the cache.

    Raises MachineError if that fails.
    """
    try:
        with _lock:
            compiler = _compiler()
            made_from = f"{compiler.version} {compiler.processor} {compiler.features}\n{source}"
            key = hashlib.sha256(made_from.encode()).hexdigest()
            code = store.read(key)
            if code is None:
                code = compiler.machine_code(source)
                store.write(key, code)
            return compiler.link(code, function)
    except (ImportError, OSError, RuntimeError) as error:
        raise _refusal(error) from error


def found() -> dict[str, str]:
    """Return LLVM's version, the processor, and the cache folder; or raise MachineError."""
    try:
        compiler = _compiler()
        return {"llvm": compiler.version, "processor": compiler.processor, "kept in": str(store.folder())}
    except (ImportError, OSError, RuntimeError) as error:
        raise _refusal(error) from error


def _refusal(error: Exception) -> MachineError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return MachineError(f"No kernel can be compiled for this processor: {reason}.")

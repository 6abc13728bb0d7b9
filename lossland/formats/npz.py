"""NumPy's .npz, a zip file of arrays, and .npy, one array. Nothing in them is ever unpickled.

Arrays too large for memory are written in bands: `NpzBands` and `NpyBands` compute the file's layout first, because the
sizes are known, and then take each array's bands in order.
"""

from __future__ import annotations

import io
import math
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from lossland.files import written

Shape = tuple[int, ...]


def write_npz(target: Path, arrays: Mapping[str, NDArray], compressed: bool = False) -> None:
    """Write named arrays; the same arrays give the same bytes. Objects raise ValueError.

    (``numpy.savez`` pickles objects, which cannot be disabled in NumPy 2.0.)
    """
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with written(target) as temporary, zipfile.ZipFile(temporary, "w", kind) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                npy.write_array(member, np.asarray(array), allow_pickle=False)


class _Member:
    """One array in a file: the ``start`` of its .npy header, and the bytes ``done`` so far."""

    def __init__(self, name: str, shape: Shape, dtype: np.dtype, start: int) -> None:
        self.name, self.shape, self.dtype, self.start = name, shape, dtype, start
        head = io.BytesIO()
        description = {"descr": npy.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        npy.write_array_header_1_0(head, description)
        self.head = head.getvalue()
        self.size = len(self.head) + math.prod(shape) * dtype.itemsize
        self.done = len(self.head)
        self.crc = zlib.crc32(self.head)


class NpyBands:
    """A .npy file of one array, written band by band. Use `npy_bands`."""

    def __init__(self, file: BinaryIO, member: _Member) -> None:
        self._file, self._member = file, member
        file.write(member.head)

    def append(self, name: str, band: NDArray) -> None:
        """Write the array's next rows."""
        self._member.done += self._file.write(_data(self._member, band))

    def close(self) -> None:
        """Check that every row is written."""
        _check_complete(self._member)


class NpzBands:
    """An .npz file whose arrays are written band by band, interleaved. Use `npz_bands`.

    The zip format has the checksum (CRC-32) of an array's bytes before them, so the headers are written last.
    """

    def __init__(self, file: BinaryIO, arrays: Mapping[str, tuple[Shape, np.dtype]]) -> None:
        self._file = file
        self._members: dict[str, _Member] = {}
        start = 0
        for name, (shape, dtype) in arrays.items():
            member = _Member(f"{name}.npy", shape, dtype, start)
            self._members[name] = member
            file.seek(start + _LOCAL.size + len(member.name) + _EXTRA.size)
            file.write(member.head)
            start += _LOCAL.size + len(member.name) + _EXTRA.size + member.size
        self._end = start

    def append(self, name: str, band: NDArray) -> None:
        """Write an array's next rows."""
        member = self._members[name]
        data = _data(member, band)
        self._file.seek(member.start + _LOCAL.size + len(member.name) + _EXTRA.size + member.done)
        self._file.write(data)
        member.crc = zlib.crc32(data, member.crc)
        member.done += data.nbytes

    def close(self) -> None:
        """Check that every row is written, and write the zip headers and directory."""
        for member in self._members.values():
            _check_complete(member)
            self._file.seek(member.start)
            self._file.write(_local_header(member))
        self._file.seek(self._end)
        directory = b"".join(map(_directory_entry, self._members.values()))
        self._file.write(directory)
        self._file.write(_end_of_directory(len(self._members), len(directory), self._end))


@contextmanager
def npz_bands(target: Path, arrays: Mapping[str, tuple[Shape, np.dtype]]) -> Iterator[NpzBands]:
    """Yield a file of named arrays to append to; it becomes ``target`` when the block ends without an error."""
    with written(target) as temporary, temporary.open("wb") as file:
        bands = NpzBands(file, arrays)
        yield bands
        bands.close()


@contextmanager
def npy_bands(target: Path, shape: Shape, dtype: np.dtype) -> Iterator[NpyBands]:
    """Yield a file of one array to append to; it becomes ``target`` when the block ends without an error.

    ``numpy.load(target, mmap_mode="r")`` opens such a file without reading it.
    """
    with written(target) as temporary, temporary.open("wb") as file:
        bands = NpyBands(file, _Member(target.name, shape, dtype, 0))
        yield bands
        bands.close()


def _data(member: _Member, band: NDArray) -> memoryview:
    return np.ascontiguousarray(band, member.dtype).data.cast("B")


def _check_complete(member: _Member) -> None:
    if member.done != member.size:
        raise ValueError(f"{member.name} has {member.done} of {member.size} bytes")


# ---------------------------------------------------------------------------- the zip format (PKWARE's APPNOTE 6.3.10)

_VERSION = 45  # of the format: the first with 64-bit sizes
_DATE = 1 << 5 | 1  # 1 January 1980, so that equal arrays give equal bytes
_IN_EXTRA = 0xFFFFFFFF  # marks a size or offset that is in the extra field, in 64 bits
_LOCAL = struct.Struct("<4s5H3I2H")
_EXTRA = struct.Struct("<2H2Q")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_CENTRAL_EXTRA = struct.Struct("<2H3Q")


def _local_header(member: _Member) -> bytes:
    name = member.name.encode("ascii")
    head = _LOCAL.pack(
        b"PK\3\4", _VERSION, 0, 0, 0, _DATE, member.crc, _IN_EXTRA, _IN_EXTRA, len(name), _EXTRA.size
    )  # fmt: skip
    return head + name + _EXTRA.pack(1, _EXTRA.size - 4, member.size, member.size)


def _directory_entry(member: _Member) -> bytes:
    name = member.name.encode("ascii")
    head = _CENTRAL.pack(
        b"PK\1\2", _VERSION, _VERSION, 0, 0, 0, _DATE, member.crc, _IN_EXTRA, _IN_EXTRA,
        len(name), _CENTRAL_EXTRA.size, 0, 0, 0, 0, _IN_EXTRA,
    )  # fmt: skip
    return head + name + _CENTRAL_EXTRA.pack(1, _CENTRAL_EXTRA.size - 4, member.size, member.size, member.start)


def _end_of_directory(count: int, size: int, start: int) -> bytes:
    end_64 = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, _VERSION, _VERSION, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, start + size, 1)
    return end_64 + locator + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, size, _IN_EXTRA, 0)

"""TensorBoard's event files, read and written without its package.

A file is a sequence of records, as TensorFlow frames them (tensorflow/core/lib/io/record_writer.h): the length of the
payload (8 bytes), a checksum of the length (4), the payload, a checksum of the payload (4), all little-endian. A
checksum is the CRC-32C (Castagnoli) of the bytes, rotated by 15 bits plus a constant. A payload is one ``Event`` in the
wire format of Protocol Buffers: fields, each a number and a wire type, then a value
(protobuf.dev/programming-guides/encoding).

Scalars and histograms are read, as PyTorch's SummaryWriter (``simple_value``, ``histo``) and as TensorFlow 2 and Keras
(tensors) write them; images, audio, text and graphs are skipped. Numbers are written in single precision, as
TensorBoard has them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lossland.errors import MachineError, UserError
from lossland.files import written
from lossland.models.runs import Floats, Histograms, RecordedRun, Scalars, few, in_order

MARK = "tfevents"  # in the name of every event file
VERSION = b"brain.Event:2"  # of the format, in the first record
POLYNOMIAL = 0x82F63B78  # Castagnoli's, its bits in reverse
SHIFT = 0xA282EAD8  # the constant that masks a checksum
HEAD, TAIL = 12, 4  # bytes of a record before and after its payload
VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5  # wire types
FLOAT, DOUBLE, HALF = 1, 2, 19  # types of tensors
START = 1  # the status in a session log where a training resumes from a checkpoint
LARGEST = 2**30  # bytes of a payload: more is taken for damage


def _table() -> list[int]:
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = np.where(table & 1, POLYNOMIAL ^ (table >> 1), table >> 1).astype(np.uint32)
    return table.tolist()


TABLE = _table()


def check(data: bytes) -> int:
    """Return the masked CRC-32C of bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + SHIFT) & 0xFFFFFFFF


# ------------------------------------------------------------------------------------------------------------ records


def framed(payload: bytes) -> bytes:
    """Return a payload as a record."""
    length = struct.pack("<Q", len(payload))
    return length + struct.pack("<I", check(length)) + payload + struct.pack("<I", check(payload))


@dataclass(frozen=True)
class Scan:
    """The records found in some bytes: payloads and damages with their offsets, and where the next may begin.

    From ``end`` on there is an incomplete record, or nothing.
    """

    payloads: list[tuple[int, bytes]]
    damages: list[tuple[int, str]]
    end: int


def scan(data: bytes) -> Scan:
    """Find the records of a file, from the start of a record on; after damage it resumes at the next intact one."""
    payloads: list[tuple[int, bytes]] = []
    damages: list[tuple[int, str]] = []
    at = 0
    while at < len(data):
        length = _length(data, at)
        after = at + HEAD + (length or 0) + TAIL
        if length is not None and after <= len(data):
            payload = data[at + HEAD : after - TAIL]
            if struct.unpack_from("<I", data, after - TAIL)[0] == check(payload):
                payloads.append((at, payload))
                at = after
                continue
            why = "its check does not fit its content"
        else:
            why = "its length cannot be right" if length is None else "it ends too early"
        following = _next(data, at + 1)
        if following is None and (length is not None or len(data) - at < HEAD) and after > len(data):
            break  # it may be completed
        damages.append((at, why))
        at = len(data) if following is None else following
    return Scan(payloads, damages, at)


def _length(data: bytes, at: int) -> int | None:
    """Return the length that a record claims; None where there is none, or its checksum does not match."""
    if len(data) - at < HEAD or struct.unpack_from("<I", data, at + 8)[0] != check(data[at : at + 8]):
        return None
    length = struct.unpack_from("<Q", data, at)[0]
    return length if length <= LARGEST else None


def _next(data: bytes, at: int) -> int | None:
    """Return where the next record begins whose length matches its checksum: four of a length's bytes are 0."""
    zeros = data.find(b"\0\0\0\0", at + 4)
    while zeros >= 0:
        if _length(data, zeros - 4) is not None:
            return zeros - 4
        zeros = data.find(b"\0\0\0\0", zeros + 1)
    return None


# --------------------------------------------------------------------------------------------------- protocol buffers


def fields(data: bytes) -> Iterator[tuple[int, int, int | bytes]]:
    """Yield number, wire type and value of a message's fields: varints as integers, all others as their bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            value, at = _varint(data, at)
            yield number, kind, value
            continue
        if kind == BYTES:
            size, at = _varint(data, at)
        elif kind in (EIGHT, FOUR):
            size = 8 if kind == EIGHT else 4
        else:
            raise ValueError(f"a field of the unknown kind {kind}")
        if at + size > len(data):
            raise ValueError("a field that goes on behind the end")
        yield number, kind, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
    raise ValueError("a number without an end")


def _signed(value: int) -> int:
    return value - 2**64 if value >= 2**63 else value


def _encoded(number: int) -> bytes:
    number &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _field(number: int, value: bytes | float | int) -> bytes:
    """Return one field of a message: bytes, a number in double precision, or an integer."""
    if isinstance(value, bytes):
        return _encoded(number << 3 | BYTES) + _encoded(len(value)) + value
    if isinstance(value, float):
        return _encoded(number << 3 | EIGHT) + struct.pack("<d", value)
    return _encoded(number << 3 | VARINT) + _encoded(value)


# ------------------------------------------------------------------------------------------------------------ reading


class EventReader:
    """Reads one event file incrementally: `more` reads what was appended since the last call."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0
        self._scalars: dict[str, list[tuple[int, float]]] = {}
        self._histograms: dict[str, list[tuple[int, Floats, Floats]]] = {}
        self._faults: list[str] = []
        self._left = 0  # bytes at the end that are no complete record

    def more(self) -> None:
        """Read what was appended since the last call. Raises MachineError if the file cannot be read."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError as error:
            raise MachineError(f"{self.path} cannot be read: {error.strerror or error}.") from error
        found = scan(data)
        troubles = list(found.damages)
        for at, payload in found.payloads:
            try:
                self._take(payload)
            except (ValueError, struct.error, UnicodeDecodeError) as error:
                troubles.append((at, f"it has {error}"))
        self._faults += [f"{self.path}: the record at byte {self._offset + at} is damaged: {why}."
                         for at, why in sorted(troubles)]  # fmt: skip
        self._left = len(data) - found.end
        self._offset += found.end

    def run(self) -> RecordedRun:
        """Return what was read so far; of several values at one step the last wins."""
        faults = list(few(self._faults))
        if self._left:
            faults.append(f"{self.path}: the record at byte {self._offset} is not complete (yet).")
        scalars = {}
        for tag, rows in self._scalars.items():
            steps = np.array([step for step, _ in rows], np.int64)
            index = in_order(steps)
            scalars[tag] = Scalars(steps[index], np.array([value for _, value in rows])[index])
        histograms = {}
        for tag, kept in self._histograms.items():
            steps = np.array([step for step, _, _ in kept], np.int64)
            index = in_order(steps)
            histograms[tag] = Histograms(
                steps[index], tuple(kept[k][1] for k in index), tuple(kept[k][2] for k in index)
            )
        return RecordedRun(self.path.name, scalars, histograms, faults=tuple(faults))

    def _take(self, payload: bytes) -> None:
        """Take one event: its step is field 2, a summary field 5, a session's log field 7."""
        step, summary, log = 0, b"", b""
        for number, kind, value in fields(payload):
            if number == 2 and isinstance(value, int):
                step = _signed(value)
            elif number == 5 and kind == BYTES and isinstance(value, bytes):
                summary += value  # the format merges repeated messages
            elif number == 7 and kind == BYTES and isinstance(value, bytes):
                log = value
        if any(number == 1 and value == START for number, _, value in fields(log)):
            self._resume_from(step)
        for number, kind, value in fields(summary):
            if number == 1 and kind == BYTES and isinstance(value, bytes):
                self._take_value(step, value)

    def _resume_from(self, step: int) -> None:
        """Discard what came after a step: the training was resumed there."""
        self._scalars = {tag: [row for row in rows if row[0] < step] for tag, rows in self._scalars.items()}
        self._histograms = {tag: [row for row in rows if row[0] < step] for tag, rows in self._histograms.items()}

    def _take_value(self, step: int, data: bytes) -> None:
        """Take one value of a summary: its tag is field 1, then a number (2), a histogram (5) or a tensor (8)."""
        found = {number: value for number, _, value in fields(data) if isinstance(value, bytes)}
        name = found.get(1, b"").decode("utf-8")
        if 2 in found:
            self._scalars.setdefault(name, []).append((step, struct.unpack("<f", found[2])[0]))
        elif 5 in found:
            self._histograms.setdefault(name, []).append((step, *_histogram(found[5])))
        elif 8 in found:
            array = _tensor(found[8])
            if array is not None and array.ndim == 0:
                self._scalars.setdefault(name, []).append((step, float(array)))
            elif array is not None and array.ndim == 2 and array.shape[1] == 3 and len(array):
                edges = np.append(array[:, 0], array[-1, 1])  # each row has a left edge, a right one and a count
                self._histograms.setdefault(name, []).append((step, edges, array[:, 2]))


def _histogram(data: bytes) -> tuple[Floats, Floats]:
    """Return edges and counts of a ``HistogramProto``: its bins' right edges are field 6, their counts field 7.

    The first bin begins at the smallest value (field 1) and the last ends at the largest (2), as in TensorBoard.
    Bins without any value at both ends are left out.
    """
    none = np.zeros(0)
    parts: dict[int, list[Floats]] = {1: [none], 2: [none], 6: [none], 7: [none]}
    for number, _, value in fields(data):
        if number in parts:
            if not isinstance(value, bytes) or len(value) % 8:
                raise ValueError("a histogram without numbers in double precision")
            parts[number].append(np.frombuffer(value, "<f8").astype(np.float64))
    low, high, right, count = (np.concatenate(parts[number]) for number in (1, 2, 6, 7))
    low, high = (one if len(one) else np.zeros(1) for one in (low, high))  # a number that is 0 is not written
    filled = np.flatnonzero(count)
    if len(right) != len(count) or len(low) > 1 or len(high) > 1:
        raise ValueError(f"a histogram of {len(right)} bins and {len(count)} counts")
    if not len(filled):
        return np.array([0.0, 1.0]), np.zeros(1)
    first, last = filled[0], filled[-1] + 1
    edges = np.clip(np.concatenate([low, right[:-1], high]), low, high)
    return edges[first : last + 1], count[first:last]


def _tensor(data: bytes) -> NDArray[np.float64] | None:
    """Return a ``TensorProto`` of floating-point numbers; None for others, such as texts.

    Its type is field 1, its shape 2, its bytes 4, or its numbers 5 (single precision) or 6 (double).
    """
    kind, shape, content = 0, [], b""
    numbers: list[NDArray] = []
    for number, _, value in fields(data):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2 and isinstance(value, bytes):
            dims = (dim for n, _, dim in fields(value) if n == 2 and isinstance(dim, bytes))
            shape = [next((int(size) for n, _, size in fields(dim) if n == 1), 0) for dim in dims]
        elif number == 4 and isinstance(value, bytes):
            content = value
        elif number in (5, 6) and isinstance(value, bytes):
            numbers.append(np.frombuffer(value, "<f4" if number == 5 else "<f8"))
    if kind not in (FLOAT, DOUBLE, HALF):
        return None
    stored = np.frombuffer(content, {FLOAT: "<f4", DOUBLE: "<f8", HALF: "<f2"}[kind])
    flat = np.concatenate([stored, *numbers]).astype(np.float64)
    return flat.reshape(shape)


# ------------------------------------------------------------------------------------------------------------ writing


def write(path: str | Path, run: RecordedRun, wall_time: float = 0.0) -> None:
    """Write a run's curves and histograms as an event file, which TensorBoard and `EventReader` read.

    ``wall_time`` is the moment in seconds since 1970 that all records tell. A name that lacks ``tfevents`` is refused:
    TensorBoard would not find the file.
    """
    path = Path(path)
    if MARK not in path.name:
        raise UserError(f"TensorBoard finds a file by {MARK} in its name, which {path.name!r} lacks.")
    rows: list[tuple[int, bytes]] = []
    for tag, curve in run.scalars.items():
        name = _field(1, tag.encode())
        for step, value in zip(curve.steps.tolist(), curve.values.astype("<f4"), strict=True):
            rows.append((step, name + _encoded(2 << 3 | FOUR) + value.tobytes()))
    for tag, kept in run.histograms.items():
        name = _field(1, tag.encode())
        for step, edges, counts in zip(kept.steps.tolist(), kept.edges, kept.counts, strict=True):
            rows.append((step, name + _field(5, _histogram_message(edges, counts))))
    rows.sort(key=lambda row: row[0])
    time = _field(1, wall_time)
    with written(path) as temporary, temporary.open("wb") as file:
        file.write(framed(time + _field(3, VERSION)))
        for step, value in rows:
            file.write(framed(time + _field(2, step) + _field(5, _field(1, value))))


def _histogram_message(edges: Floats, counts: Floats) -> bytes:
    """Return a ``HistogramProto``: before its bins stands an empty one that ends where the first begins.

    Its sums are those of values in the middle of their bins.
    """
    middle = (edges[1:] + edges[:-1]) / 2
    sums = (float(counts.sum()), float((counts * middle).sum()), float((counts * middle**2).sum()))
    head = [_field(k, value) for k, value in enumerate((float(edges[0]), float(edges[-1]), *sums), 1)]
    packed: Sequence[NDArray] = (edges, np.append(0.0, counts))
    return b"".join([*head, *(_field(k, one.astype("<f8").tobytes()) for k, one in enumerate(packed, 6))])

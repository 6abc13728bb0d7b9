"""TensorBoard's event files: bytes built by hand are read, what is written is framed so, and damage loses only itself.

The table of the CRC-32C is made here by division of polynomials, bit by bit, and checked by RFC 3720's examples.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossland.errors import UserError
from lossland.models import eventfiles
from lossland.models.eventfiles import EventReader
from lossland.models.runs import Histograms, RecordedRun, Scalars


def crc32c(data: bytes) -> int:
    """Divide by Castagnoli's polynomial 0x1EDC6F41, lowest bit of each byte first."""
    rest = 0xFFFFFFFF
    for byte in data:
        for bit in range(8):
            top = (rest >> 31) ^ (byte >> bit & 1)
            rest = (rest << 1 & 0xFFFFFFFF) ^ (0x1EDC6F41 if top else 0)
    return int(f"{rest:032b}"[::-1], 2) ^ 0xFFFFFFFF


def masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15) | (crc << 17 & 0xFFFFFFFF)) + 0xA282EAD8 & 0xFFFFFFFF)


def record(payload: bytes) -> bytes:
    length = struct.pack("<Q", len(payload))
    return length + masked(length) + payload + masked(payload)


def event(step: int, tag: bytes, value: bytes, field: bytes) -> bytes:
    """An Event: wall_time = 1 (double), step = 2 (varint below 128), summary = 5 { value = 1 { tag = 1, field } }."""
    part = b"\x0a" + bytes([len(tag)]) + tag + field + value
    assert len(part) < 126
    summary = b"\x0a" + bytes([len(part)]) + part
    return b"\x09" + struct.pack("<d", 1.5e9) + b"\x10" + bytes([step]) + b"\x2a" + bytes([len(summary)]) + summary


def scalar(step: int, tag: bytes, value: float) -> bytes:
    return event(step, tag, struct.pack("<f", value), b"\x15")  # simple_value = 2, four bytes


HEADING = b"\x09" + struct.pack("<d", 1.5e9) + b"\x1a\x0dbrain.Event:2"  # file_version = 3
LOSSES = (4.0, 2.0, 1.0, 0.5)
RECORDS = [record(HEADING), *(record(scalar(step, b"loss", value)) for step, value in enumerate(LOSSES))]


def read(path: Path) -> RecordedRun:
    reader = EventReader(path)
    reader.more()
    return reader.run()


def written(folder: Path, data: bytes) -> Path:
    path = folder / "events.out.tfevents.1"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("data", "crc"),
    [(b"123456789", 0xE3069283), (bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43), (bytes(range(32)), 0x46DD794E)],
)
def test_checks_are_those_of_the_standard(data: bytes, crc: int) -> None:
    """RFC 3720, appendix B.4."""
    assert crc32c(data) == crc
    assert struct.pack("<I", eventfiles.check(data)) == masked(data)


def test_numbers_built_by_hand_are_read(tmp_path: Path) -> None:
    run = read(written(tmp_path, b"".join(RECORDS)))
    assert list(run.scalars) == ["loss"]
    assert run.scalars["loss"].steps.tolist() == [0, 1, 2, 3]
    assert run.scalars["loss"].values.tolist() == list(LOSSES)
    assert run.faults == ()


def test_histograms_built_by_hand_are_read(tmp_path: Path) -> None:
    """Right edges 0, 1 and 2 with 0, 3 and 5 values from .5 to 1.75, their numbers packed."""

    def double(number: int, value: float) -> bytes:
        return bytes([number << 3 | 1]) + struct.pack("<d", value)

    def packed(number: int, values: tuple[float, ...]) -> bytes:
        return bytes([number << 3 | 2, 8 * len(values)]) + struct.pack(f"<{len(values)}d", *values)

    histo = double(1, 0.5) + double(2, 1.75) + packed(6, (0.0, 1.0, 2.0)) + packed(7, (0.0, 3.0, 5.0))
    file = written(tmp_path, record(event(7, b"w", histo, b"\x2a" + bytes([len(histo)]))))
    found = read(file).histograms["w"]
    assert found.steps.tolist() == [7]
    assert found.edges[0].tolist() == [0.5, 1.0, 1.75]
    assert found.counts[0].tolist() == [3.0, 5.0]


def test_a_histogram_of_zeros_says_neither_smallest_nor_largest(tmp_path: Path) -> None:
    """A number that is 0 is not written: all nine values are 0."""
    histo = b"\x32\x08" + struct.pack("<d", 1e-12) + b"\x3a\x08" + struct.pack("<d", 9.0)
    run = read(written(tmp_path, record(event(7, b"w", histo, b"\x2a" + bytes([len(histo)])))))
    assert run.histograms["w"].edges[0].tolist() == [0.0, 0.0]
    assert run.histograms["w"].counts[0].tolist() == [9.0]
    assert run.faults == ()


def test_tensors_are_read_as_keras_writes_them(tmp_path: Path) -> None:
    """A number is a tensor without a shape; a histogram one of rows of left edge, right edge and count."""
    number = b"\x08\x01\x12\x00\x22\x04" + struct.pack("<f", 0.25)  # DT_FLOAT, shape {}, content
    shape = b"\x12\x02\x08\x02\x12\x02\x08\x03"  # two dims: sizes 2 and 3
    rows = struct.pack("<6d", 0.0, 1.0, 4.0, 1.0, 3.0, 2.0)
    table = b"\x08\x02\x12" + bytes([len(shape)]) + shape + b"\x22" + bytes([len(rows)]) + rows
    text = b"\x08\x07\x42\x02hi"  # DT_STRING, string_val
    data = b"".join(
        record(event(3, tag, tensor, b"\x42" + bytes([len(tensor)])))
        for tag, tensor in ((b"a", number), (b"h", table), (b"t", text))
    )
    run = read(written(tmp_path, data))
    assert run.scalars["a"].values.tolist() == [0.25]
    assert run.histograms["h"].edges[0].tolist() == [0.0, 1.0, 3.0]
    assert run.histograms["h"].counts[0].tolist() == [4.0, 2.0]
    assert set(run.scalars) == {"a"}
    assert run.faults == ()


def test_a_training_that_goes_on_from_a_checkpoint_replaces_what_came_after(tmp_path: Path) -> None:
    start = b"\x10\x02\x3a\x02\x08\x01"  # step 2, session_log { status: START }
    data = b"".join([*RECORDS, record(start), record(scalar(2, b"loss", 9.0)), record(scalar(2, b"loss", 8.0))])
    curve = read(written(tmp_path, data)).scalars["loss"]
    assert curve.steps.tolist() == [0, 1, 2]
    assert curve.values.tolist() == [4.0, 2.0, 8.0]


def test_a_file_that_grows_is_read_on(tmp_path: Path) -> None:
    """Every prefix of a file is read without complaint but that its last record is not complete."""
    data = b"".join(RECORDS)
    ends = np.cumsum([len(one) for one in RECORDS]).tolist()
    reader = EventReader(written(tmp_path, b""))
    for size in range(len(data) + 1):
        reader.path.write_bytes(data[:size])
        reader.more()
        run = reader.run()
        whole = sum(end <= size for end in ends)
        there = run.scalars["loss"].values.tolist() if run.scalars else []
        assert there == list(LOSSES[: max(whole - 1, 0)])
        begin = ([0, *ends])[whole]
        wanted = (f"{reader.path}: the record at byte {begin} is not complete (yet).",) if begin < size else ()
        assert run.faults == wanted


@pytest.mark.parametrize("where", ["length", "check of length", "payload", "check"])
def test_damage_is_told_with_its_offset_and_loses_one_record(tmp_path: Path, where: str) -> None:
    offset = {"length": 2, "check of length": 9, "payload": 20, "check": -1}[where]
    damaged = bytearray(RECORDS[2])
    damaged[offset] ^= 0x40
    file = written(tmp_path, b"".join([*RECORDS[:2], bytes(damaged), *RECORDS[3:]]))
    run = read(file)
    assert run.scalars["loss"].steps.tolist() == [0, 2, 3]
    (fault,) = run.faults
    assert f"{file}: the record at byte {len(RECORDS[0]) + len(RECORDS[1])} is damaged" in fault


def test_a_whole_record_with_a_broken_message_is_told(tmp_path: Path) -> None:
    broken = record(b"\x2a\x30\x0a")  # a summary that claims 48 bytes and has one
    run = read(written(tmp_path, b"".join([RECORDS[0], broken, *RECORDS[1:]])))
    assert run.scalars["loss"].values.tolist() == list(LOSSES)
    assert "a field that goes on behind the end" in run.faults[0]
    assert f"byte {len(RECORDS[0])} " in run.faults[0]


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, sum(map(len, RECORDS)) - 1), cut=st.integers(0, 90), junk=st.binary(max_size=40))
def test_whatever_happens_in_one_place_the_records_elsewhere_are_read(
    at: int, cut: int, junk: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = b"".join(RECORDS)
    end = min(at + cut, len(data))
    left = data[:at] + junk + data[end:]
    file = written(tmp_path_factory.mktemp("damage"), left)
    run = read(file)
    ends = np.cumsum([len(one) for one in RECORDS])
    untouched = [k for k, stop in enumerate(ends) if stop <= at or stop - len(RECORDS[k]) >= end]
    there = (
        dict(zip(run.scalars["loss"].steps.tolist(), run.scalars["loss"].values, strict=True)) if run.scalars else {}
    )
    for k in untouched:
        if k > 0:
            assert there[k - 1] == LOSSES[k - 1]
    for one in RECORDS:
        left = left.removeprefix(one)
    assert not left or run.faults
    assert all(str(file) in fault and " byte " in fault for fault in run.faults)


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_message_is_read_or_told(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    run = read(written(tmp_path_factory.mktemp("message"), record(data) + RECORDS[1]))
    assert "loss" in run.scalars
    assert len(run.faults) <= 1


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    steps = np.array([0, 3, 500, 2**40])
    curve = Scalars(steps, random.normal(size=4).astype("f4").astype("f8"))
    counts = tuple(np.array([1.0, 0.0, float(k)]) for k in (2, 5))
    kept = Histograms(np.array([0, 9]), (np.array([-1.0, 0.0, 0.5, 3.0]), np.array([0.0, 1.0, 2.0, 3.0])), counts)
    file = tmp_path / "events.out.tfevents.0.x"
    eventfiles.write(file, RecordedRun("x", {"loss/train": curve, "größe": curve}, {"layer/weight": kept}), 12.5)
    run = read(file)
    assert list(run.scalars) == ["loss/train", "größe"]
    for one in run.scalars.values():
        np.testing.assert_array_equal(one.steps, curve.steps)
        np.testing.assert_array_equal(one.values, curve.values)
    found = run.histograms["layer/weight"]
    for part in ("steps", "edges", "counts"):
        np.testing.assert_array_equal(np.array(getattr(found, part)), np.array(getattr(kept, part)))
    data = file.read_bytes()
    assert data[: len(RECORDS[0])] == record(b"\x09" + struct.pack("<d", 12.5) + HEADING[9:])


def test_a_name_that_tensorboard_would_not_find_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="by tfevents in its name, which"):
        eventfiles.write(tmp_path / "run.tb", RecordedRun())

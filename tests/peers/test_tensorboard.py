"""TensorBoard's package reads what is written here, and what PyTorch's SummaryWriter writes opens here."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lossland.models import eventfiles, projectorfiles, runfiles
from lossland.models.runs import Histograms, RecordedRun, Scalars, Vectors, histogram

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::DeprecationWarning")]  # of protobuf and NumPy

EVERYTHING = {"scalars": 0, "histograms": 0, "tensors": 0}
RANDOM = np.random.default_rng(0)


def opened(folder: Path) -> Any:
    """Return the accumulator of TensorBoard's package over a folder, read to the end."""
    accumulators = import_module("tensorboard.backend.event_processing.event_accumulator")
    accumulator = accumulators.EventAccumulator(str(folder), size_guidance=EVERYTHING)
    accumulator.Reload()
    return accumulator


def test_pytorchs_writer_is_read(tmp_path: Path) -> None:
    torch, package = import_module("torch"), import_module("torch.utils.tensorboard")
    writer = package.SummaryWriter(str(tmp_path))
    values = [RANDOM.normal(size=1000) * scale for scale in (1.0, 0.0, 1e-3)]
    vectors = RANDOM.normal(size=(10, 4)).astype(np.float32)
    for step, numbers in enumerate(values):
        writer.add_scalar("loss/train", 1 / (step + 1), 10 * step)
        writer.add_scalar("as a tensor", step, step, new_style=True)
        writer.add_scalar("twice as long", step / 4, step, double_precision=True)
        writer.add_histogram("weight", torch.tensor(numbers), step)
    writer.add_text("words", "nothing to draw", 0)
    writer.add_embedding(torch.tensor(vectors), metadata=[f"word {k}" for k in range(10)], tag="words", global_step=3)
    writer.close()
    (run,) = runfiles.read(tmp_path)
    assert run.faults == ()
    assert run.scalars["loss/train"].steps.tolist() == [0, 10, 20]
    np.testing.assert_array_equal(run.scalars["loss/train"].values, np.array([1, 1 / 2, 1 / 3], np.float32))
    assert run.scalars["as a tensor"].values.tolist() == [0, 1, 2]
    assert run.scalars["twice as long"].values.tolist() == [0, 0.25, 0.5]
    kept = run.histograms["weight"]
    for numbers, edges, counts in zip(values, kept.edges, kept.counts, strict=True):
        assert counts.sum() == 1000
        if edges[0] < edges[-1]:  # all at one place have one bin without a width
            assert edges[0] == pytest.approx(numbers.min())
            assert edges[-1] == pytest.approx(numbers.max())
            below = np.append(0.0, np.cumsum(counts))
            np.testing.assert_array_equal(below[1:-1], [(numbers < edge).sum() for edge in edges[1:-1]])
    found = run.vectors["words:00003"]
    np.testing.assert_allclose(found.points, vectors, rtol=1e-6)
    assert found.labels[9] == "word 9"


def test_what_is_written_opens_in_tensorboard(tmp_path: Path) -> None:
    values = RANDOM.normal(size=500)
    edges, counts = histogram(values)
    curve = Scalars(np.array([0, 5, 300]), np.array([0.1, np.inf, -2e-30]))
    run = RecordedRun("", {"loss": curve, "größe": curve}, {"weight": Histograms(np.array([7]), (edges,), (counts,))})
    eventfiles.write(tmp_path / "events.out.tfevents.1.lossland", run, 1.5e9)
    read = opened(tmp_path)
    for tag in ("loss", "größe"):
        assert [event.step for event in read.Scalars(tag)] == [0, 5, 300]
        assert [event.value for event in read.Scalars(tag)] == curve.values.astype(np.float32).tolist()
        assert {event.wall_time for event in read.Scalars(tag)} == {1.5e9}
    (event,) = read.Histograms("weight")
    found = event.histogram_value
    assert event.step == 7
    assert (found.num, found.min, found.max) == (500, values.min(), values.max())
    assert found.bucket == [0.0, *counts]
    assert found.bucket_limit == edges.tolist()


def test_tensorboard_converts_our_histograms_to_the_same_bins(tmp_path: Path) -> None:
    """Its newer reader makes tensors of rows: left edge, right edge, count."""
    edges, counts = np.array([-1.0, 0.0, 0.5, 3.0]), np.array([1.0, 0.0, 5.0])
    run = RecordedRun("", {}, {"weight": Histograms(np.array([7]), (edges,), (counts,))})
    eventfiles.write(tmp_path / "events.out.tfevents.1", run)
    multiplexers = import_module("tensorboard.backend.event_processing.plugin_event_accumulator")
    read = multiplexers.EventAccumulator(str(tmp_path))
    read.Reload()
    (event,) = read.Tensors("weight")
    rows = import_module("tensorboard.util.tensor_util").make_ndarray(event.tensor_proto)
    filled = rows[rows[:, 2] > 0]
    np.testing.assert_array_equal(filled, [[-1.0, 0.0, 1.0], [0.5, 3.0, 5.0]])


def test_vectors_open_in_the_projector(tmp_path: Path) -> None:
    """As its plugin does it: the list is text of a message, the tables are read by its own function."""
    points = RANDOM.normal(size=(4, 3)).astype(np.float32)
    runfiles.write_embeddings(tmp_path, {"words": Vectors(points, ("a", "b", "c", "d"))})
    plugin = import_module("tensorboard.plugins.projector.projector_plugin")
    messages = import_module("tensorboard.plugins.projector.projector_config_pb2")
    text = (tmp_path / "projector_config.pbtxt").read_text()
    config = import_module("google.protobuf.text_format").Parse(text, messages.ProjectorConfig())
    (told,) = config.embeddings
    assert told.tensor_name == "words"
    np.testing.assert_array_equal(plugin._read_tensor_tsv_file(str(tmp_path / told.tensor_path)), points)
    assert (tmp_path / told.metadata_path).read_text().split() == ["a", "b", "c", "d"]


def test_the_projectors_list_is_read_as_protocol_buffers_write_it(tmp_path: Path) -> None:
    """Any message in the text that their own printer makes of it, with sprites, shapes and names full of quotes."""
    messages = import_module("tensorboard.plugins.projector.projector_config_pb2")
    printer = import_module("google.protobuf.text_format")
    config = messages.ProjectorConfig(model_checkpoint_path="model.ckpt")
    for number, name in enumerate(("words", "with \"quotes\" and 'more'", "a\\b", "größe\n")):
        one = config.embeddings.add(tensor_name=name, tensor_path=f"{number}/v.tsv", tensor_shape=[7, number + 1])
        one.metadata_path = f"{number}/m.tsv"
        one.sprite.image_path = f"{number}/s.png"
        one.sprite.single_image_dim.extend([28, 14 + number])
    for look in ({}, {"as_one_line": True}, {"use_short_repeated_primitives": True}, {"as_utf8": False}):
        (tmp_path / "projector_config.pbtxt").write_text(printer.MessageToString(config, **look))
        found = projectorfiles.embeddings(tmp_path / "projector_config.pbtxt")
        assert [one.name for one in found] == [one.tensor_name for one in config.embeddings]
        for number, one in enumerate(found):
            assert (one.shape, one.single) == ((7, number + 1), (28, 14 + number))
            files = (one.vectors, one.labels, one.sprite)
            assert files == tuple(tmp_path / str(number) / name for name in ("v.tsv", "m.tsv", "s.png"))

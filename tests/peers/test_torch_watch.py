"""What `Watch` sees of a PyTorch training, against PyTorch's own numbers. Run by `make test-torch`."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.errors import UserError
from lossland.models import health, runfiles
from lossland.models.torch_watch import Watch

pytestmark = pytest.mark.torch

torch: Any = import_module("torch") if find_spec("torch") else None


def test_what_is_recorded_is_what_pytorch_has(tmp_path: Path) -> None:
    torch.manual_seed(0)
    nn = torch.nn
    model = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 2))
    with torch.no_grad():
        model[2].bias[:2] = -50.0
        model[0].weight *= 4
    x, y = torch.randn(40, 3), torch.randint(2, (40,))
    rule = torch.optim.SGD(model.parameters(), lr=0.5)
    watch = Watch(model, rule, every=2)
    h = model[1](model[0](x)).detach()
    before, ratios = model[0].weight.detach().clone(), []
    with ll.Recorder(tmp_path / "run.npz") as recorder:
        for step in range(3):
            loss = nn.functional.cross_entropy(model(x), y)
            rule.zero_grad()
            loss.backward()
            rule.step()
            watch.save(recorder, step, loss=loss)
            ratios.append(float((model[0].weight.detach() - before).norm() / before.norm()))
    (run,) = runfiles.read(tmp_path / "run.npz")
    assert run.scalars["loss"].steps.tolist() == [0, 2]
    assert run.scalars["0/update_ratio"].values[0] == pytest.approx(ratios[0], rel=1e-5)
    assert run.scalars["0/saturated"].values[0] == pytest.approx(float((h.abs() > 0.97).float().mean()))
    assert run.scalars["2/dead"].values[0] == pytest.approx(0.4)
    assert set(run.histograms) == {f"{k}/{kind}" for k in "02" for kind in health.KINDS} | {"4/weight"}
    counts = run.histograms["0/activation"].counts[0]
    edges = run.histograms["0/activation"].edges[0]
    np.testing.assert_array_equal(counts, np.histogram(h.numpy().astype(float), edges)[0])
    seen = health.recorded(run)
    assert seen.layers == ("layer 0", "layer 2", "layer 4")
    assert "dead" in seen.alarms()
    watch.close()
    rule.step()
    model(x)


def test_channels_of_images_are_units(tmp_path: Path) -> None:
    nn = torch.nn
    model = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2))
    with torch.no_grad():
        model[0].bias[:] = torch.tensor([-99.0, 0.0, 0.0, 0.0])
    rule = torch.optim.SGD(model.parameters(), lr=0.1)
    watch = Watch(model, rule)
    with ll.Recorder(tmp_path / "run.npz") as recorder:
        nn.functional.cross_entropy(model(torch.randn(16, 1, 8, 8)), torch.randint(2, (16,))).backward()
        rule.step()
        watch.save(recorder, 0)
    (run,) = runfiles.read(tmp_path / "run.npz")
    assert run.scalars["0/dead"].values[0] == pytest.approx(0.25)


def test_there_must_be_something_to_watch() -> None:
    model = torch.nn.Sequential(torch.nn.LayerNorm(3))
    with pytest.raises(UserError, match="no layer with a weight matrix"):
        Watch(model, torch.optim.SGD(model.parameters(), lr=0.1))

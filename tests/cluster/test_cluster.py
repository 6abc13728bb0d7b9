"""Tiles on a real Dask cluster: four processes of their own on the loopback interface. Run by `make test-cluster`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from commands import ENVIRONMENT

import lossland as ll
from lossland.cli import main
from lossland.compute import maps
from lossland.compute.cluster import DaskWorkers

pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("default")]  # Dask's own are not ours to mend


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    from distributed import LocalCluster  # pyright: ignore[reportMissingImports]

    with LocalCluster(
        n_workers=4, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as made:
        yield made.scheduler_address


@pytest.fixture
def workers(address: str) -> Iterator[DaskWorkers]:
    with ll.cluster(address) as made:
        yield made


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(maps, "SENT", 512)
    monkeypatch.setattr(maps, "TOGETHER", 256)


@contextmanager
def own_scheduler(folder: Path) -> Iterator[tuple[str, subprocess.Popen[Any]]]:
    """Start a scheduler and one worker; give the scheduler's address and its process."""
    python = [sys.executable, "-m"]
    quiet: Any = {"cwd": folder, "env": ENVIRONMENT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    file = folder / "scheduler.json"
    scheduler = subprocess.Popen(
        [*python, "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
         "--scheduler-file", str(file)], **quiet,
    )  # fmt: skip
    worker = subprocess.Popen(
        [*python, "distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "1", "--no-nanny",
         "--no-dashboard", "--death-timeout", "20"], **quiet,
    )  # fmt: skip
    try:
        while not file.exists() or not file.read_text():
            assert scheduler.poll() is None
        yield json.loads(file.read_text())["address"], scheduler
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()


def processes(workers: DaskWorkers) -> list[int]:
    return list(workers._client.run(os.getpid).values())


def assert_same(found: ll.BasinMap, right: ll.BasinMap) -> None:
    for name in ("basin", "steps", "diverged"):
        assert np.array_equal(getattr(found, name), getattr(right, name))
    assert np.array_equal(found.minima.position, right.minima.position)


# ------------------------------------------------------------------------------------------------- same numbers
@pytest.mark.parametrize(
    ("land", "rule"),
    [
        ("himmelblau", "momentum:lr=0.003"),
        ("rastrigin", "sgd:lr=0.001,noise=3"),  # its draws go by the particle's number
        ("bbob:15:2", "adam:lr=0.1,schedule=cosine,steps=150"),
        (lambda x, y: np.sin(x) * np.cos(y) + 0.1 * x**2 + 0.1 * y**2, ll.optimizers.BFGS()),
    ],
)
def test_basins_are_those_of_this_machine(workers: DaskWorkers, small_tiles: None, land: Any, rule: Any) -> None:
    assert_same(
        ll.basins(land, rule, n=64, steps=150, backend="cpu", workers=workers),
        ll.basins(land, rule, n=64, steps=150, backend="cpu"),
    )


def test_a_sweep_is_that_of_this_machine(workers: DaskWorkers, small_tiles: None) -> None:
    options: Any = {"x": ("lr", 1e-4, 1e-1), "y": ("beta1", 0, 0.99), "n": 40, "steps": 60, "target": 1.0}
    found, right = ll.sweep("rosenbrock", "adam", **options, workers=workers), ll.sweep("rosenbrock", "adam", **options)
    for name in ("loss", "reached", "diverged", "x", "y"):
        assert np.array_equal(getattr(found, name), getattr(right, name))


def test_grids_are_those_of_this_machine(address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["eval", "himmelblau", "-n", "1100", "--quantities", "gradient,eigenvalues", "--backend", "cpu", "-o"]
    assert main([*words, str(tmp_path / "here.npz")]) == 0
    assert main([*words, str(tmp_path / "there.npz"), "--cluster", address]) == 0
    with np.load(tmp_path / "here.npz") as here, np.load(tmp_path / "there.npz") as there:
        assert set(here) == set(there) == {"x", "y", "value", "gradient", "eigenvalues"}
        assert all(np.array_equal(here[name], there[name], equal_nan=True) for name in here)
    first, second = capsys.readouterr().out.splitlines()
    assert first.replace("here", "there") == second


def test_the_command_makes_the_same_map(address: str, tmp_path: Path) -> None:
    words = ["basins", "himmelblau", "-n", "32", "--steps", "100", "--backend", "cpu", "-o"]
    assert main([*words, str(tmp_path / "here.npz")]) == 0
    assert main([*words, str(tmp_path / "there.npz"), "--cluster", address]) == 0
    with np.load(tmp_path / "here.npz") as here, np.load(tmp_path / "there.npz") as there:
        assert all(np.array_equal(here[name], there[name]) for name in here)


@pytest.mark.parametrize("directions", ["filter", "local"])
def test_a_slice_is_that_of_this_machine(address: str, tmp_path: Path, directions: str) -> None:
    words = [
        "slice",
        "--net",
        "2-6-1",
        "--data",
        "moons",
        "--steps",
        "40",
        "-n",
        "15",
        "--directions",
        directions,
        "-o",
    ]
    assert main([*words, str(tmp_path / "here.npz")]) == 0
    assert main([*words, str(tmp_path / "there.npz"), "--cluster", address]) == 0
    with np.load(tmp_path / "here.npz") as here, np.load(tmp_path / "there.npz") as there:
        for name in here:  # products of matrices are rounded by their shapes
            if here[name].dtype.kind == "f":
                np.testing.assert_allclose(there[name], here[name], rtol=1e-5, atol=1e-7)
            else:
                assert np.array_equal(there[name], here[name])


BENCH: Any = {
    "optimizers": ["adam", "momentum", "sgd:noise=0.1", "bfgs"],
    "landscapes": ["himmelblau", "bbob:8:2", "x^2 + 3*y^4"],
    "starts": 40, "steps": 100, "budget": 4, "backend": "cpu",
}  # fmt: skip


@pytest.fixture(scope="module")
def benchmark_here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench") / "here"
    ll.bench(**BENCH, folder=folder)
    return folder


def assert_same_folders(found: Path, right: Path) -> None:
    assert (found / "results.json").read_bytes() == (right / "results.json").read_bytes()
    assert (found / "results.csv").read_bytes() == (right / "results.csv").read_bytes()
    cells = sorted(file.name for file in (right / "cells").iterdir())
    assert cells == sorted(file.name for file in (found / "cells").iterdir())
    for name in cells:
        with np.load(found / "cells" / name) as one, np.load(right / "cells" / name) as other:
            assert all(np.array_equal(one[key], other[key], equal_nan=one[key].dtype.kind == "f") for key in other)


def test_a_benchmark_is_that_of_this_machine(workers: DaskWorkers, benchmark_here: Path, tmp_path: Path) -> None:
    ll.bench(**BENCH, folder=tmp_path / "there", workers=workers)
    assert_same_folders(tmp_path / "there", benchmark_here)


def test_a_worker_killed_in_the_middle_of_a_benchmark(
    workers: DaskWorkers, benchmark_here: Path, tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill_one(done: int, cells: int) -> None:
        if not killed:
            killed.append(processes(workers)[0])
            os.kill(killed[0], signal.SIGKILL)

    ll.bench(**BENCH, folder=tmp_path / "there", workers=workers, progress=kill_one)
    assert killed
    assert_same_folders(tmp_path / "there", benchmark_here)


def test_a_benchmark_goes_on_after_its_scheduler_has_gone(benchmark_here: Path, tmp_path: Path) -> None:
    folder = tmp_path / "there"
    with own_scheduler(tmp_path) as (there, scheduler):

        def stop(done: int, cells: int) -> None:
            if done == 2:
                scheduler.kill()

        with ll.cluster(there) as workers, pytest.raises(ll.MachineError, match="has gone away"):
            ll.bench(**BENCH, folder=folder, workers=workers, progress=stop)
    partial = json.loads((folder / "results.json").read_text())
    assert not partial["complete"]
    assert 2 <= len(partial["results"]) < 12
    ll.bench(**BENCH, folder=folder, resume=True)  # on this machine: the numbers are the same
    assert_same_folders(folder, benchmark_here)


# ------------------------------------------------------------------------------------------------- files of users
RULE = """
import os
from collections import namedtuple

import lossland as ll
from helper import tamed


class Tamed(ll.optimizers.Optimizer):
    lr: float = 0.05

    Terms = namedtuple("Terms", "step")

    def update(self, grad, last, t, position):
        return self.Terms(step=-self.lr * tamed(grad))


class Local(Tamed):
    def __post_init__(self):
        super().__post_init__()
        if "ONLY_HERE" not in os.environ:
            raise RuntimeError("not there")
"""


def test_a_rule_of_a_users_file_comes_along(
    workers: DaskWorkers, small_tiles: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # which is not the workers' folder
    Path("mine.py").write_text(RULE)
    Path("helper.py").write_text("def tamed(grad):\n    return grad / (1 + grad**2) ** 0.5\n")
    for rule in ("mine.py:Tamed:lr=0.1", "mine.py:Tamed:lr=0.1,schedule=step,every=20"):
        options: Any = {"n": 40, "steps": 80, "backend": "cpu"}
        assert_same(ll.basins("himmelblau", rule, **options, workers=workers), ll.basins("himmelblau", rule, **options))
    Path("helper.py").write_text("def tamed(grad):\n    return 0 * grad\n")  # edited: the new one comes along
    found = ll.basins("himmelblau", "mine.py:Tamed:lr=0.1", n=40, steps=80, workers=workers)
    assert found.shares.sum() < 0.01
    monkeypatch.setenv("ONLY_HERE", "1")
    with pytest.raises(ll.UserError, match=r"mine.py, line 22: RuntimeError: not there"):
        ll.basins("himmelblau", "mine.py:Local", n=40, steps=5, workers=workers)


# ------------------------------------------------------------------------------------------------- what goes wrong
def test_a_worker_killed_in_the_middle_changes_nothing(workers: DaskWorkers, small_tiles: None) -> None:
    killed: list[int] = []

    def kill_one(share: float) -> None:
        if not killed and share > 0.1:
            killed.append(processes(workers)[1])
            os.kill(killed[0], signal.SIGKILL)

    options: Any = {"n": 128, "steps": 400, "backend": "cpu"}
    found = ll.basins("himmelblau", "adam:lr=0.05", **options, progress=kill_one, workers=workers)
    assert_same(found, ll.basins("himmelblau", "adam:lr=0.05", **options))
    workers._client.wait_for_workers(4, timeout=30)  # another has taken its place
    assert killed
    assert killed[0] not in processes(workers)


def test_workers_of_another_version_are_refused(address: str, workers: DaskWorkers, small_tiles: None) -> None:
    def become(version: str) -> None:
        import lossland

        lossland.__version__ = version

    workers._client.run(become, "0.0.9")
    try:
        with pytest.raises(
            ll.MachineError, match=rf"The worker tcp://[\d.:]+ has lossland 0.0.9, and this machine {ll.__version__}"
        ):
            ll.cluster(address)
        with pytest.raises(
            ll.MachineError, match=rf"The worker tcp://[\d.:]+ has lossland 0.0.9, and {ll.__version__} asks"
        ):
            ll.basins("himmelblau", n=64, steps=10, workers=workers)  # it came later
    finally:
        workers._client.run(become, ll.__version__)


@pytest.mark.parametrize("wrong", ["tcp://127.0.0.1:9", "nonsense", "http://127.0.0.1:9", "tcp://no.such.host:8786"])
def test_a_wrong_address_is_one_sentence_within_seconds(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    began = time.monotonic()
    assert main(["basins", "himmelblau", "-n", "8", "--cluster", wrong]) == 1
    assert time.monotonic() - began < 10
    assert capsys.readouterr().err == (
        f"lossland: There is no Dask scheduler at {wrong}: is it running, and can this machine reach it?\n"
    )


def test_a_scheduler_that_goes_away_is_told(tmp_path: Path) -> None:
    with own_scheduler(tmp_path) as (there, scheduler), ll.cluster(there) as workers:
        results = workers.run(abs, range(-100_000, 0))
        number, found = next(results)  # whichever comes first
        assert found == 100_000 - number
        scheduler.kill()
        with pytest.raises(ll.MachineError, match=f"The cluster at {there} has gone away"):
            list(results)


def test_the_kubernetes_files_of_the_docs_agree() -> None:
    """What `kubectl` would be given: one file of three parts, in which the workers find the scheduler's service."""
    import yaml  # pyright: ignore[reportMissingModuleSource]

    page = (Path(__file__).parents[2] / "docs" / "cluster.md").read_text()
    service, scheduler, workers = yaml.safe_load_all(page.partition("```yaml\n")[2].partition("```")[0])
    assert (service["kind"], scheduler["kind"], workers["kind"]) == ("Service", "Deployment", "Deployment")
    for deployment in (scheduler, workers):
        assert deployment["spec"]["selector"]["matchLabels"] == deployment["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == scheduler["spec"]["selector"]["matchLabels"]
    (container,) = workers["spec"]["template"]["spec"]["containers"]
    assert f"tcp://{service['metadata']['name']}:{service['spec']['ports'][0]['port']}" in container["command"]

"""The benchmark: its runs against plain loops, its folder, and who does the work."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from replays import replayed

import lossland as ll
from lossland.benchmark import bench as module
from lossland.benchmark import tiles, tuning
from lossland.benchmark.bench import bench
from lossland.benchmark.problems import problem
from lossland.benchmark.results import Cell, Results, Settings, load, load_cell, save
from lossland.benchmark.tiles import cost_of, follow, follow_each, steps_of
from lossland.compute.workers import LocalWorkers, SerialWorkers
from lossland.errors import UserError
from lossland.optimizers.rule import CATALOGUE

SMALL: dict[str, Any] = {"starts": 60, "steps": 300, "budget": 6, "seed": 4, "backend": "cpu"}
ALONE = SerialWorkers()


@pytest.fixture(scope="module")
def found() -> Results:
    return bench(["adam", "gradient_descent", "extragradient"], ["rosenbrock", "himmelblau"], workers=ALONE, **SMALL)


def equal(one: Cell, other: Cell) -> None:
    for name in vars(one):
        if name in Cell.__dataclass_fields__:
            np.testing.assert_equal(getattr(one, name), getattr(other, name), name)


# -------------------------------------------------------------------------------------------------- what is measured


@pytest.mark.parametrize("spec", ["gradient_descent:lr=0.01", "momentum:lr=0.005,momentum=0.8", "adam:lr=0.5"])
def test_runs_are_those_of_a_plain_loop(spec: str) -> None:
    """Success and running time by hand, the rules as published, in float64 NumPy."""
    where, settings = problem("himmelblau"), Settings((spec,), ("himmelblau",), starts=40, steps=400, seed=2)
    rule = ll.optimizers.optimizer(spec)
    runs = follow(where, rule, settings, 0, 40)
    x, y = runs.start.T.copy()
    m, v, hits = np.zeros((2, 40)), np.zeros((2, 40)), np.full(40, -1)
    for t in range(401):
        value = (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2  # f* = 0
        hits = np.where((hits < 0) & (value <= where.targets[-1]), t, hits)
        grad = np.stack((4 * x * (x**2 + y - 11) + 2 * (x + y**2 - 7), 2 * (x**2 + y - 11) + 4 * y * (x + y**2 - 7)))
        if rule.name == "adam":
            m, v = 0.9 * m + 0.1 * grad, 0.999 * v + 0.001 * grad**2
            step = -0.5 * (m / (1 - 0.9 ** (t + 1))) / (np.sqrt(v / (1 - 0.999 ** (t + 1))) + 1e-8)
        else:
            m = getattr(rule, "momentum", 0.0) * m + grad
            step = -rule.lr * m  # type: ignore[attr-defined]
        with np.errstate(all="ignore"):
            x, y = x + step[0], y + step[1]
    assert (runs.hits[-1] == hits).mean() >= 0.95  # a chaotic path may part by rounding
    assert (hits >= 0).mean() > 0.3


def test_what_a_rule_costs_shortens_its_runs(found: Results) -> None:
    assert found.cell("extragradient", "himmelblau").steps == 150  # two gradients a step
    assert found.cell("adam", "himmelblau").steps == 300


def test_a_hessian_costs_more_in_more_dimensions() -> None:
    """A whole Hessian is two gradients for each coordinate, and the gradient one more."""
    newton = ll.optimizers.DampedNewton()
    assert [cost_of(newton, n) for n in (2, 5)] == [5, 11]
    assert [steps_of(newton, n, 1000) for n in (2, 5)] == [200, 90]


def test_all_optimizers_meet_the_same_starts_and_none_it_was_tuned_on(found: Results) -> None:
    adam, descent = (found.cell(name, "himmelblau") for name in ("adam", "gradient_descent"))
    np.testing.assert_array_equal(adam.start, descent.start)
    where = problem("himmelblau")
    np.testing.assert_array_equal(adam.start, ll.swarms.random_starts(where.land.domain, 60, seed=4))
    tuned_on = where.starts(2**40, 64, 4)
    assert not (tuned_on[:, None] == adam.start).all(axis=-1).any()


def test_noise_is_drawn_for_each_particle_of_every_rule(found: Results) -> None:
    other = bench(["adam", "sgd:noise=2"], ["himmelblau"], noise=0.0, workers=ALONE, **SMALL)
    assert [cell.noise for cell in other.cells] == [0, 2]
    equal(other.cells[0], found.cell("adam", "himmelblau"))
    both = bench(["adam", "sgd"], ["himmelblau"], noise=2.0, workers=ALONE, **SMALL)
    assert [cell.noise for cell in both.cells] == [2, 2]
    assert both.cells[0].settings["noise"] == 2
    assert both.cells[0].success < other.cells[0].success
    equal(replace(both.cells[1], optimizer="sgd:noise=2"), other.cells[1])
    cell, i = both.cells[0], both.cells[0].chosen["best"]
    ends = replayed(cell, [i])[:, 0]
    hit = cell.hits[-1, i] if cell.hits[-1, i] >= 0 else cell.steps
    np.testing.assert_array_equal(ends[hit], cell.end[i])


@pytest.mark.parametrize("name", module.SUITES["default"])
def test_rules_see_an_origin_that_is_no_minimum(name: str) -> None:
    where = problem(name)
    (x0, x1), (y0, y1) = where.land.domain
    size = np.array([x1 - x0, y1 - y0])
    apart = np.abs((np.array(where.land.minima) - where.origin) / size).max(axis=1)
    assert apart.min() > 0.25
    assert ((where.origin > (x0, y0)) & (where.origin < (x1, y1))).all()
    places = where.starts(0, 50, 1)
    moved = places - where.origin
    assert where.seen.value(moved) == pytest.approx(where.land.value(places), rel=1e-9, abs=1e-9)
    assert where.seen.grad(moved) == pytest.approx(where.land.grad(places), rel=1e-6, abs=1e-6)
    np.testing.assert_allclose(np.array(where.seen.minima) + where.origin, where.land.minima)


def test_a_pull_to_the_origin_gains_nothing() -> None:
    """On a bowl whose minimum is at 0, where such rules would be told the answer."""
    with_pull, without = bench(
        ["sgdw:lr=0.1,momentum=0,weight_decay=0.5", "sgdw:lr=0.1,momentum=0,weight_decay=0"],
        ["sphere"], workers=ALONE, **SMALL,
    ).cells  # fmt: skip
    assert with_pull.success == 0
    assert without.success == 1


@pytest.mark.parametrize("spec", ["adam", "rprop", "bfgs", "sgd:noise=1", "lookahead"])
def test_in_more_dimensions_trials_side_by_side_go_as_they_would_alone(
    monkeypatch: pytest.MonkeyPatch, spec: str
) -> None:
    where, rule = problem("bbob:8:1", 5), ll.optimizers.optimizer(spec)
    settings = Settings((spec,), ("bbob:8:1",), dimension=5, steps=30, seed=3)
    names = tuning.tuned_names(rule, ())
    rules = [tuning.with_values(rule, names, values) for values in tuning.trials(rule, names, where, 4, 1)]
    monkeypatch.setattr(tiles, "is_fusible", lambda *step: False)
    together = list(follow_each(where, rules, settings, 7, 20))
    for one, runs in zip(rules, together, strict=True):
        alone = follow(where, one, settings, 7, 20)  # by itself, and in a kernel where there is one
        np.testing.assert_array_equal(runs.hits, alone.hits)
        np.testing.assert_array_equal(runs.lost, alone.lost)
        np.testing.assert_allclose(runs.end, alone.end, rtol=1e-6)  # powers of arrays are rounded otherwise


def test_a_benchmark_in_five_dimensions() -> None:
    sphere, ellipsoid = bench(
        ["gradient_descent"], ["bbob:1", "bbob:2"], dimension=5, workers=ALONE, **{**SMALL, "starts": 20}
    ).cells
    assert sphere.success == 1
    assert ellipsoid.success == 0  # a condition of 10^6
    assert sphere.start.shape == (20, 5)
    points = replayed(sphere, [0])
    assert points[sphere.hits[-1, 0], 0] == pytest.approx(sphere.end[0], abs=1e-12)


def test_targets_and_scale() -> None:
    rosenbrock = problem("rosenbrock")
    assert len(rosenbrock.targets) == 51
    assert rosenbrock.targets[-1] == pytest.approx(1e-8 * rosenbrock.scale)
    grid = ll.landscape("rosenbrock").grid(400).value
    assert rosenbrock.scale == pytest.approx(np.median(grid), rel=0.05)
    ratio = rosenbrock.targets[:-1] / rosenbrock.targets[1:]
    assert ratio == pytest.approx(np.full(50, 10 ** (8 / 50)))
    coco = problem("bbob:8:1")
    assert coco.targets[[0, -1]] == pytest.approx([1e2, 1e-8])  # COCO's


@pytest.mark.parametrize(
    ("formula", "lowest"),
    [
        ("(x-1)^2 + (y+2)^4 - 3", -3.0),
        ("x^4 - 8*x^2 + x + y^2", -18.0282),
        ("abs(x) + abs(y)", 0.0),
        ("sqrt(abs(x-0.3)) + abs(y)", 0.0),  # infinitely steep, but no pole
        ("sqrt(x)", 0.0),  # at the edge of where it has values
        ("floor(x)^2 + floor(y)^2", 0.0),
        ("1/(x*y)^2 + x^2 + y^2", 3.0),  # poles upward; at x^6 = 1 = y^6
        ("-1/(0.001 + x^2 + y^2)", -1000.0),
    ],
)
def test_an_unknown_lowest_value_is_searched(formula: str, lowest: float) -> None:
    """The quartic's from NumPy's roots of its derivative."""
    if "x^4" in formula:
        roots = np.roots([4, 0, -16, 1]).real
        lowest = (roots**4 - 8 * roots**2 + roots).min()
    assert problem(formula).lowest == pytest.approx(lowest, abs=1e-6)


@pytest.mark.parametrize("name", ["saddle", "monkey_saddle", "x^3", "x + y"])
def test_what_has_no_lowest_value_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="no lowest value"):
        problem(name)


@pytest.mark.parametrize(
    ("formula", "place"),
    [
        ("1/x", "(0, "),
        ("1/(x-0.3) + y^2", "(0.3, "),
        ("1/(x*y)", "0"),
        ("tan(x)", "1.571, "),
        ("log(abs(x - 0.1))", "(0.1, "),
        ("log(x^2 + (y-2)^2)", "(0, 2)"),
        ("-1/sqrt(abs(x + y - 0.7))", "("),
        ("log(max(x, 0))", "("),  # -inf in half the plane
        ("floor(x)", "(-"),  # outward in stairs, on which no gradient leads
    ],
)
def test_what_falls_ever_deeper_is_refused_with_a_place(formula: str, place: str) -> None:
    with pytest.raises(UserError) as refused:
        problem(formula)
    said = str(refused.value)
    assert said.startswith(f"{formula} has no lowest value that could be found: near (")
    assert place in said
    assert said.endswith(") it falls ever deeper, so that nothing can reach it.")


def test_tuning_takes_the_trial_of_the_highest_score(found: Results) -> None:
    for cell in found.cells:
        assert len(cell.trials) == 6
        best = int(cell.trial_score.argmax())
        assert [cell.settings[name] for name in cell.names] == cell.trials[best].tolist()
        assert cell.rule == ll.optimizers.spec(ll.optimizers.optimizer(cell.rule))
        middle = len(cell.rates) // 2
        assert cell.rate_score[middle] == pytest.approx(cell.trial_score[best])


def test_the_chosen_runs_can_be_replayed(found: Results) -> None:
    cell = found.cell("adam", "himmelblau")
    chosen = cell.chosen
    points = replayed(cell, list(chosen.values()))
    assert points.shape == (301, 3, 2)
    for k, i in enumerate(chosen.values()):
        hit = cell.hits[-1, i]
        np.testing.assert_array_equal(points[0, k], cell.start[i])
        np.testing.assert_array_equal(points[hit if hit >= 0 else 300, k], cell.end[i])
    last = [cell.hits[-1, i] if cell.hits[-1, i] >= 0 else np.inf for i in chosen.values()]
    assert last == sorted(last)


def test_the_leaderboard_orders_by_score_and_ties_equals() -> None:
    again = bench(["gradient_descent", "sgd", "signsgd"], ["bowl", "rosenbrock"], workers=ALONE, **SMALL)
    first, second, third = again.leaderboard()
    assert {first["optimizer"], second["optimizer"]} == {"gradient_descent", "sgd"}  # without noise they are one
    assert first["score"] == second["score"]
    assert first["rank"] == second["rank"] == 1.5
    assert (first["tied"], second["tied"], third["tied"]) == (True, True, False)
    assert third["rank_low"] == third["rank_high"] == 3
    assert third["p"] < 0.01


# ------------------------------------------------------------------------------------------------ workers and folders


class Backwards:
    """Does the last tile first."""

    count = 1

    def run(self, function: Callable[[Any], Any], tiles: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        for number in reversed(range(len(tiles))):
            yield number, function(tiles[number])


@pytest.mark.parametrize("workers", [LocalWorkers(2), Backwards()], ids=["processes", "backwards"])
def test_the_numbers_do_not_depend_on_who_does_the_work(found: Results, workers: Any) -> None:
    settings = found.settings
    other = bench(list(settings.optimizers), list(settings.landscapes), workers=workers, **SMALL)
    for one, two in zip(found.cells, other.cells, strict=True):
        equal(one, two)


def test_nor_on_how_the_starts_are_cut(monkeypatch: pytest.MonkeyPatch, found: Results) -> None:
    monkeypatch.setattr(module, "MOST_STARTS", 25)
    cut = bench(["adam"], ["rosenbrock"], workers=ALONE, **SMALL)
    equal(cut.cells[0], found.cell("adam", "rosenbrock"))


def test_what_is_written_in_this_process_is_measured_here() -> None:
    class Halved(ll.optimizers.Optimizer):
        lr: float = 0.1
        Terms = namedtuple("Terms", "step")

        def update(self, grad: Any, last: Any, t: Any, position: Any) -> Any:
            return self.Terms(step=-self.lr * grad / 2)

    try:
        (cell,) = bench([Halved], [lambda x, y: x**2 + y**2], **SMALL).cells
        assert (cell.optimizer, cell.landscape, cell.success) == ("halved", "x^2 + y^2", 1)
        with pytest.raises(UserError, match="known in this process alone"):
            bench([Halved], ["bowl"], workers=LocalWorkers(2), **SMALL)
    finally:
        del CATALOGUE["halved"]


def test_a_folder_gives_back_what_was_saved(found: Results, tmp_path: Path) -> None:
    save(tmp_path / "all", found)
    again = load(tmp_path / "all")
    assert again.settings == found.settings
    assert again.complete
    for one, two in zip(found.cells, again.cells, strict=True):
        equal(one, two)
    document = json.loads((tmp_path / "all" / "results.json").read_text())
    assert document["complete"] is True
    assert [row["optimizer"] for row in document["leaderboard"]] == [one["optimizer"] for one in found.leaderboard()]
    row = document["results"][0]
    assert len(row["profile"]) == len(document["evaluations"])
    assert len(row["tuning"]["trials"]) == 6
    assert row["success"] == found.cells[0].success
    lines = (tmp_path / "all" / "results.csv").read_text().splitlines()
    assert len(lines) == 7


class Breaking:
    """Does some tiles, then fails as Ctrl-C does."""

    count = 1

    def __init__(self, most: int) -> None:
        self.most = most

    def run(self, function: Callable[[Any], Any], tiles: Sequence[Any]) -> Iterator[tuple[int, Any]]:
        for number, tile in enumerate(tiles):
            if number == self.most:
                raise KeyboardInterrupt
            yield number, function(tile)


def test_what_was_stopped_goes_on_and_comes_out_the_same(found: Results, tmp_path: Path) -> None:
    target, settings = tmp_path / "part", found.settings
    given: list[Any] = [list(settings.optimizers), list(settings.landscapes)]
    with pytest.raises(KeyboardInterrupt):
        bench(*given, workers=Breaking(3), folder=target, **SMALL)
    part = load(target)
    assert (len(part.cells), part.complete) == (3, False)
    assert json.loads((target / "results.json").read_text())["complete"] is False
    (next(iter((target / "cells").iterdir()))).write_bytes(b"half of it")  # a broken one is done again
    done: list[int] = []
    again = bench(*given, workers=ALONE, folder=target, resume=True, progress=lambda n, of: done.append(n), **SMALL)
    assert done == [0, 1, 2, 3, 4]  # of four that were left
    for one, two in zip(found.cells, again.cells, strict=True):
        equal(one, two)
    with pytest.raises(UserError, match="--resume goes on"):
        bench(*given, workers=ALONE, folder=target, **SMALL)
    with pytest.raises(UserError, match=r"other settings \(starts 60\)"):
        bench(*given, workers=ALONE, folder=target, resume=True, **{**SMALL, "starts": 61})


def test_a_rule_that_was_edited_is_not_taken_for_what_was_measured(tmp_path: Path) -> None:
    file, target = tmp_path / "mine.py", tmp_path / "results"
    text = "from lossland.optimizers import Adam\n\n\nclass Mine(Adam):\n    title = 'Mine'\n"
    file.write_text(text)
    given = [f"{file}:Mine"], ["bowl"]
    bench(*given, workers=ALONE, folder=target, **SMALL)
    assert len(bench(*given, workers=ALONE, folder=target, resume=True, **SMALL).cells) == 1
    file.write_text(text + "    source = 'another'\n")
    with pytest.raises(UserError, match=r"mine.py has changed since the benchmark in .* began"):
        bench(*given, workers=ALONE, folder=target, resume=True, **SMALL)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UserError, match="is there already"):
        bench(["adam"], ["bowl"], folder=tmp_path, **SMALL)
    with pytest.raises(UserError, match="no results"):
        load(tmp_path)
    assert load_cell(tmp_path, 0) is None


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"suite": "defalt"}, "mean 'default'"),
        ({"optimizers": []}, "needs optimizers"),
        ({"optimizers": ["adam", "adam"]}, "twice"),
        ({"landscapes": ["rosenbrok"]}, "mean 'rosenbrock'"),
        ({"landscapes": ["bowl"], "dimension": 3}, "bowl has two variables"),
        ({"starts": 0}, "number of starts"),
        ({"noise": -1}, "noise"),
    ],
)
def test_wrong_settings_are_told(options: dict[str, Any], match: str) -> None:
    with pytest.raises(UserError, match=match):
        bench(workers=ALONE, **options)


def test_the_default_suite_is_twenty_landscapes_with_a_lowest_value() -> None:
    assert len(module.SUITES["default"]) == 20
    for name in module.SUITES["default"]:
        assert ll.landscape(name).minima


def command_for(found: Results, target: Path) -> list[str]:
    """Return the command that measures the same into a folder."""
    settings = found.settings
    return [
        sys.executable, "-m", "lossland", "bench", "--optimizers", ",".join(settings.optimizers),
        "--landscapes", ",".join(settings.landscapes), "--starts", "60", "--steps", "300", "--budget", "6",
        "--seed", "4", "--backend", "cpu", "-o", str(target),
    ]  # fmt: skip


def stopped_by(number: int, found: Results, target: Path) -> int:
    """Start the command, send it a signal when its first cell is there, and return its exit code."""
    process = subprocess.Popen(command_for(found, target), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not list(target.glob("cells/[0-9]*.npz")) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    os.kill(process.pid, number)
    return process.wait()


def test_ctrl_c_leaves_whole_tables(found: Results, tmp_path: Path) -> None:
    target = tmp_path / "stopped"
    assert stopped_by(signal.SIGINT, found, target) == 130
    document = json.loads((target / "results.json").read_text())
    assert document["results"]
    assert document["complete"] == (len(document["results"]) == 6)
    assert len((target / "results.csv").read_text().splitlines()) == 1 + len(document["results"])


def test_a_killed_run_continues(found: Results, tmp_path: Path) -> None:
    """SIGKILL in the middle: what is in the folder is whole, and the rest is done by --resume."""
    target = tmp_path / "killed"
    assert stopped_by(signal.SIGKILL, found, target) == -signal.SIGKILL
    assert load(target).cells
    done = subprocess.run(
        [*command_for(found, target), "--resume", "--json"], capture_output=True, text=True, check=True
    )
    rows = json.loads(done.stdout)["results"]
    right = [cell.ert if np.isfinite(cell.ert) else "inf" for cell in found.cells]
    assert [row["ert"] for row in rows] == right

"""What callers hand in and how they have set things up: NumPy's settings, warnings, threads, forks, odd arguments."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lossland as ll
from lossland.compute.grids import grid

LAND, RULE = ll.landscape("himmelblau"), ll.optimizers.Adam(lr=0.05)
POINTS = np.array([[1.0, 2.0], [3.0, 4.0]])


def himmelblau(x: Any, y: Any) -> Any:
    return (x * x + y - 11) ** 2 + (x + y * y - 7) ** 2


# ------------------------------------------------------------------------------------------------------- arrays


class Odd(np.ndarray):
    """A subclass that might mean anything."""


REFUSED: dict[str, Any] = {
    "masked": np.ma.masked_array(POINTS, POINTS > 3), "list of masked": [np.ma.masked_array([1.0, 2.0], [True, False])],
    "matrix": POINTS.view(np.matrix), "subclass": POINTS.view(Odd), "complex": POINTS + 0j, "text": POINTS.astype(str),
    "list of text": [["1", "2"]], "truths": POINTS > 2, "list of truths": [[True, False]], "nothing": None,
    "structured": np.zeros(3, [("x", float), ("y", float)]), "dates": np.zeros((1, 2), "M8[s]"),
    "ragged": [[1, 2], [3]],
    "objects": np.array([[None, 1]]), "too large": [[10**400, 1]], "one axis": POINTS[:, :1], "a dict": {},
    "a set": {1, 2},
    "a number": 3.0, "0-d": np.array(3.0), "three": [1, 2, 3],
}  # fmt: skip
TAKEN: dict[str, Any] = {
    "list": POINTS.tolist(), "whole": POINTS.astype(int), "unsigned": POINTS.astype(np.uint8),
    "half": POINTS.astype("f2"),
    "long": POINTS.astype(np.longdouble), "big-endian": POINTS.astype(">f8"),
    "fractions": [[Fraction(1), Fraction(2)]] * 2,
    "strided": np.repeat(POINTS, 2, axis=1)[:, ::2], "transposed": np.asfortranarray(POINTS),
}  # fmt: skip


@pytest.mark.parametrize("points", REFUSED.values(), ids=REFUSED)
@pytest.mark.parametrize(
    "take",
    [
        LAND.value,
        LAND.grad,
        LAND.hessian,
        lambda points: ll.run(LAND, RULE, start="none" if points is None else points, steps=1),  # None: its own
        lambda points: ll.swarms.SwarmState(LAND, RULE, points),
        lambda points: ll.minima.basins(points, [(3, 2)], 0.1),
        lambda points: ll.minima.find_minima(LAND, points),
    ],
)
def test_what_would_lose_its_meaning_is_refused(take: Callable[[Any], Any], points: Any) -> None:
    with pytest.raises(ll.UserError, match=r"[Pp]oints|start"):
        take(points)


@pytest.mark.parametrize("points", TAKEN.values(), ids=TAKEN)
def test_what_means_the_same_is_taken(points: Any) -> None:
    right = himmelblau(*np.asarray(points, np.float64).T)
    assert np.asarray(LAND.value(points), np.float64) == pytest.approx(right)
    assert ll.run(LAND, RULE, start=points, steps=0).values[0] == pytest.approx(right)


def test_float16_is_computed_in_float32() -> None:
    values = LAND.value(np.array([[100, 100]], np.float16))  # 1e8 is infinite in float16
    assert values.dtype == np.float32
    assert values == pytest.approx([himmelblau(100.0, 100.0)])


# ------------------------------------------------------------------------------------------------------ numbers

ODD = [np.nan, np.inf, -1, 2.5, "3", None, 10**400, [1], 3 + 0j, True]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: str(odd)[:9])
def test_counts_that_are_none_are_refused(odd: Any) -> None:
    for call in (
        lambda: ll.swarm(LAND, RULE, count=odd, steps=1),
        lambda: ll.swarm(LAND, RULE, count=3, steps=odd),
        lambda: ll.swarm(LAND, RULE, count=3, steps=1, seed=odd),
        lambda: ll.run(LAND, RULE, start=(1, 1), steps=odd),
        lambda: ll.maps.basins(LAND, RULE, n=odd, steps=1),
        lambda: ll.maps.basins(LAND, RULE, n=2, steps=odd),
        lambda: LAND.grid(odd),
        lambda: grid(LAND, odd),
    ):
        with pytest.raises(ll.UserError):
            call()


def test_counts_may_be_of_any_whole_type() -> None:
    counts: list[Any] = [7, 7.0, np.int8(7), np.float32(7)]
    ends = [ll.swarm(LAND, RULE, count=count, steps=2).end for count in counts]
    assert all(np.array_equal(end, ends[0]) for end in ends)


@pytest.mark.parametrize("odd", [np.nan, np.inf, "3", None, [1], 3 + 0j], ids=str)
def test_ends_of_domains_and_axes_are_numbers(odd: Any) -> None:
    y = ll.maps.Axis("x", -1, 1)
    with pytest.raises(ll.UserError):
        ll.landscape("himmelblau", domain=((0, odd), (0, 1)))
    with pytest.raises(ll.UserError):
        ll.maps.sweep(LAND, RULE, ll.maps.Axis("lr", 0.01, odd), y, n=2, steps=1)
    if odd is not None and odd != np.inf:
        with pytest.raises(ll.UserError):
            ll.maps.sweep(LAND, RULE, ll.maps.Axis("lr", 0.01, 0.1), y, n=2, steps=1, target=odd)


def test_domains_are_not_read_from_text_nor_wider_than_numbers() -> None:
    for domain in (("12", "34"), ((-1e308, 1e308), (0, 1)), ((0, 1),), 5):
        with pytest.raises(ll.UserError):
            ll.landscape("himmelblau", domain=domain)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "odd", [np.nan, np.inf, -np.inf, "3", True, 10**400, 1e300, [1], 3 + 0j, (1, 2, np.nan)], ids=str
)
def test_a_camera_is_placed_by_finite_numbers(odd: Any) -> None:
    stage = ll.Stage("plateau", size=(64, 64))
    before = stage.player.camera.pose
    for name in ("azimuth", "elevation", "distance", "target"):
        with pytest.raises(ll.UserError):
            stage.look(**{name: odd})
    for distance in (0, -3):
        with pytest.raises(ll.UserError, match="distance"):
            stage.look(distance=distance)
    assert stage.player.camera.pose == before
    views: dict[str, Any] = {"azimuth": np.float32(30), "elevation": 20, "target": np.array([1, 2, 3])}
    stage.look(distance=5, **views)
    assert stage.player.camera.pose.target == (1, 2, 3)


@pytest.mark.parametrize(
    "size",
    [(np.nan, 100), (100,), (100, 100, 3), ("100", "100"), (100.5, 100), (np.inf, 100), 100, "100x100", None, (-1, -1)],
    ids=str,
)  # fmt: skip
def test_a_picture_has_a_size(size: Any, tmp_path: Path) -> None:
    with pytest.raises(ll.UserError, match="64 to 8192"):
        ll.Stage("plateau", size=size)
    if size is not None:
        with pytest.raises(ll.UserError, match="64 to 8192"):
            ll.record("plateau", tmp_path / "film.mp4", size=size)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -1, 0, "3", [1], True], ids=str)
def test_a_film_has_a_length_and_frames(odd: Any, tmp_path: Path) -> None:
    for name in ("fps", "seconds"):
        with pytest.raises(ll.UserError):
            ll.record("plateau", tmp_path / "film.mp4", size=(64, 64), **{name: odd})


# ----------------------------------------------------------------------------------------------------- settings


def everything(which: int = 0) -> list[Any]:
    """Return numbers of all kinds, from formulas in which numbers under- and overflow."""
    land = ll.landscape("exp(-1000*x^2)*1e-300 + (y^2 - 1)^2")
    swarm = ll.swarm(land, RULE, count=30_000, steps=40)
    paths = ll.run(land, ll.optimizers.Momentum(), start=[(1e-170, 1), (1, 1)], steps=30).points
    lone = ll.run(ll.landscape("x^4 + y^2"), RULE, start=(1e-100, 1), steps=30).points
    basins = ll.maps.basins(land, RULE, n=12, steps=20).basin
    sweep = ll.maps.sweep(
        land, RULE, ll.maps.Axis("lr", 1e-30, 1, log=True), ll.maps.Axis("x", -1, 1), n=4, steps=5
    ).loss
    values = grid(ll.landscape(f"exp(exp(x^2)) + 1/x + {which}*y"), 300, dtype=np.float32, derivatives=True).value
    bumps = ll.scene("optimizer_race", landscape="plateau").readouts(0.5)
    return [
        swarm.end,
        paths,
        lone,
        basins,
        sweep,
        values,
        ll.landscape("1e-310*x").start,
        float(len(bumps)),
    ]


def same(a: list[Any], b: list[Any]) -> bool:
    return all(np.array_equal(one, other, equal_nan=True) for one, other in zip(a, b, strict=True))


def test_no_setting_of_numpy_and_no_filter_of_warnings_matters() -> None:
    right = everything()
    for mode in ("raise", "warn", "ignore"):
        with np.errstate(all=mode), warnings.catch_warnings():
            warnings.simplefilter("error")
            assert same(everything(), right)


def test_a_picture_whatever_numpy_is_told() -> None:
    right = ll.snapshot("plateau", size=(96, 64))
    with np.errstate(all="raise"):
        assert np.array_equal(ll.snapshot("plateau", size=(96, 64)), right)


def test_threads_at_once() -> None:
    right = [everything(which) for which in range(3)]
    got: list[Any] = [None] * 3

    def work(which: int) -> None:
        with np.errstate(all="raise"):
            got[which] = everything(which)

    threads = [threading.Thread(target=work, args=(which,)) for which in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(same(one, other) for one, other in zip(got, right, strict=True))


FORKED = """
import multiprocessing, threading, warnings
import numpy as np
import lossland as ll
from lossland.compute.grids import grid

land, rule = ll.landscape("himmelblau"), ll.optimizers.Adam(lr=0.05)

def work(which):
    end = ll.swarm(land, rule, count=200_000, steps=20).end  # on all cores
    return float(end.sum()), float(grid(ll.landscape(f"sin(x) + {which}*y"), 900).value.sum())

right = [work(which) for which in range(3)]
warnings.simplefilter("ignore")  # Python's own about threads
busy = threading.Event()

def compile_on_and_on():
    k = 0
    while not busy.is_set():
        k += 1
        grid(ll.landscape(f"x^2 + {k}*y"), 20)

compiling = threading.Thread(target=compile_on_and_on)
compiling.start()
with multiprocessing.get_context("fork").Pool(2) as pool:
    got = pool.map_async(work, range(3)).get(timeout=100)
busy.set()
compiling.join()
assert got == right, (got, right)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on this system")
def test_forked_processes_compute_the_same() -> None:
    assert "fork" in multiprocessing.get_all_start_methods()
    done = subprocess.Popen([sys.executable, "-c", FORKED], start_new_session=True, stderr=subprocess.PIPE, text=True)
    try:
        _, errors = done.communicate(timeout=150)
    except subprocess.TimeoutExpired:
        os.killpg(done.pid, signal.SIGKILL)
        raise
    assert done.returncode == 0, errors

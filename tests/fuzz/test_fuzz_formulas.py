"""Random formulas through grids, grounds and pictures, in a process whose memory is capped.

What must hold of any ground: higher values stand higher, contours are few, rise and lie within the values, ticks lie
within the axis, and nothing but a UserError is raised. Warnings are errors.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

MEMORY = 6 << 30  # bytes of address space, most of it the libraries' own
PATIENCE = 30.0  # seconds for one formula, on a busy machine

PROGRAM = """
import random, resource, sys, time, warnings
resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
warnings.simplefilter("error")
warnings.filterwarnings("ignore", message="No kernel")
import numpy as np
import lossland as ll
from lossland.world.camera import Camera
from lossland.errors import UserError
from lossland.world.layers import Axes
from lossland.play.player import Player
from lossland.writing.contour_labels import seen_labels
from lossland.world.rulers import terrain_rulers
from lossland.world.terrain import T_MAX

seed, count, pictures = map(int, sys.argv[1:])
rng = random.Random(seed)
NUMBERS = ("0", "1", "2", "7", "0.1", "1e-3", "1e9", "1e16", "1e155", "1e300", "1e308", "1e-155", "1e-300", "5e-324")
ONE = ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "abs", "atan", "cosh", "floor")
TWO = ("min", "max", "atan2")


def formula(depth):
    if depth == 0 or rng.random() < 0.15:
        return rng.choice(("x", "y", "x", "y", rng.choice(NUMBERS)))
    kind = rng.random()
    if kind < 0.55:
        left, right = formula(depth - 1), formula(depth - 1)
        return f"({left} {rng.choice('+-*/*/')} {right})"
    if kind < 0.75:
        power = rng.choice(("-7", "-2", "-1", "2", "3", "9", "0.5", "50"))
        return f"({formula(depth - 1)})^({power})"
    if kind < 0.95:
        return f"{rng.choice(ONE)}({formula(depth - 1)})"
    return f"{rng.choice(TWO)}({formula(depth - 1)}, {formula(depth - 1)})"


def domain():
    kind = rng.random()
    if kind < 0.6:
        return (-4.0, 4.0, -4.0, 4.0)
    middle, half = [rng.choice((0.0, 1.0, -1e3, 9e5)) for _ in "xy"], [10 ** rng.uniform(-12, 5) for _ in "xy"]
    return tuple(float(part) for m, h in zip(middle, half) for part in (m - h, m + h))


def check(terrain, player):
    value, z = np.asarray(terrain.value, float).ravel(), terrain.z.ravel()
    known = ~np.isnan(value)
    order = np.argsort(value[known], kind="stable")
    assert (np.diff(z[known][order]) >= 0).all(), "a lower value stands higher"
    assert ((z[known] >= 0) & (z[known] <= terrain.height * T_MAX * 1.0001)).all()
    lines = terrain.contours
    assert len(lines.value) <= 400
    assert (np.diff(lines.value) > 0).all(), "contours do not rise"
    finite = value[np.isfinite(value)]
    if len(lines.value):
        assert finite.min() <= lines.value[0] and lines.value[-1] <= finite.max()
    assert np.isfinite(terrain.relief).all()
    for axis in (0, 1):
        low, high = terrain.domain[axis]
        ticks = terrain.ticks(axis)
        slack = 1e-6 * (high - low)
        assert len(ticks) <= 20 and (ticks >= low - slack).all() and (ticks <= high + slack).all()
    rulers = terrain_rulers(Axes(terrain), terrain, player.camera, (1280.0, 720.0))
    assert all(len(numeral.text) <= 24 for numeral in rulers.numerals)
    seen_labels(terrain, player.camera, (1280, 720))
    for _, t in terrain.value_ticks(300.0):
        assert 0.0 <= t <= 1.0


for number in range(count):
    text, area, begun = formula(rng.choice((1, 2, 3, 4))), domain(), time.monotonic()
    name = rng.choice(("optimizer_race", "gradient_3d", "landscape_zoo", "optimizer_race"))
    try:
        try:
            scene = ll.scene(name, landscape=text)
            scene.set("domain", area)
            player = Player(scene)
        except UserError:
            continue
        player.seek(rng.uniform(0.0, scene.clock.seconds))
        surface = player.surface()
        check(surface.terrain, player)
        player.hover((area[0] * 0.3 + area[1] * 0.7, area[2] * 0.5 + area[3] * 0.5))
        player.look_at((640.0, 330.0))
        player.mark()
        if number < pictures:
            image = ll.snapshot(scene, *rng.choice((((320, 200),), ((960, 640), None, True))))
            assert image.std() > 1.0, "an empty picture"
    except Exception:
        print("FAILED", name, repr(text), area, file=sys.stderr)
        raise
    took = time.monotonic() - begun
    assert took < PATIENCE, (took, name, text, area)
print("done", count)
"""


@pytest.mark.parametrize(
    ("seed", "count", "pictures"),
    [(1, 30, 3), *(pytest.param(seed, 250, 60, marks=pytest.mark.fuzz) for seed in range(2, 4))],
)
def test_any_formula_is_drawn_or_refused(seed: int, count: int, pictures: int) -> None:
    program = PROGRAM.replace("MEMORY", str(MEMORY)).replace("PATIENCE", str(PATIENCE))
    paths = [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-c", program, str(seed), str(count), str(pictures)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        timeout=60 + PATIENCE * count,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.splitlines()[-1] == f"done {count}"

"""Basin maps as charts, as plain images of their cells, and as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lossland.formats.framing import Chart, Key, Spot, enlarged, framed
from lossland.numerals import short
from lossland.world.theme import CATEGORIES, Theme
from lossland.world.ticks import Scale

if TYPE_CHECKING:
    from lossland.compute.maps import BasinMap
    from lossland.landscapes import Domain

GLOW = 0.62  # blend of the fastest starts towards the colour of the minimum's particles
DOT = 1 / 110  # radius of a minimum's mark, relative to the picture's side
LETTERS = "ABCDEFGHIJKL"  # of the lowest minima


def basin_arrays(found: BasinMap) -> dict[str, NDArray]:
    """Return the arrays of the map's .npz file."""
    return {
        "basin": found.basin,
        "minima": found.minima.position,
        "shares": found.shares,
        "steps": found.steps,
        "diverged": found.diverged,
    }


def basin_chart(found: BasinMap, theme: Theme, title: bool = True) -> Chart:
    """Return the map with its axes, a letter at each of the lowest minima, and a colour key."""
    from lossland.optimizers import spec

    domain = np.array(found.landscape.domain)
    lowest = found.lowest(len(LETTERS))
    keys, spots = [], []
    for letter, k in zip(LETTERS, lowest, strict=False):
        (x, y), color = found.minima.position[k].tolist(), theme.color(f"basin.{k % CATEGORIES}")
        keys.append(Key(color, f"{letter}  ({short(x)}, {short(y)})  {100 * found.shares[k]:.1f} %"))
        across, up = (found.minima.position[k] - domain[:, 0]) / (domain[:, 1] - domain[:, 0])
        if 0 <= across <= 1 and 0 <= up <= 1:
            spots.append(Spot(letter, float(across), float(up)))
    others, diverged = 1.0 - found.shares.sum(), found.diverged.mean()
    for share, role, word in ((others - diverged, "basin.-1", "no minimum"), (diverged, "casing", "diverged")):
        if share > 0:
            keys.append(Key(theme.color(role), f"{word}  {100 * share:.1f} %"))
    if len(lowest) < len(found.shares):
        rest = 1.0 - found.shares[lowest].sum() - others
        keys.append(Key(None, f"{len(found.shares) - len(lowest)} more minima  {100 * rest:.1f} %"))
    keys.append(Key(None, f"{'lighter' if theme.name == 'dark' else 'darker'}: arrives sooner"))
    scales = tuple(Scale(low, high) for low, high in domain.tolist())
    name = f"{found.landscape.title}, {spec(found.optimizer)}" if title else ""
    cells = enlarged(basin_picture(found, theme))
    _mark(cells, found.minima.position, found.landscape.domain, theme)
    return framed(cells, ("x", "y"), (scales[0], scales[1]), theme, name, keys, spots=spots)


def basin_picture(found: BasinMap, theme: Theme) -> NDArray[np.uint8]:
    """Return the map's cells (n, n, 3) with y up: each basin in its colour, lighter where starts arrive sooner.

    Starts that reach no minimum are grey, those that diverge have the colour of outlines.
    """
    ground = np.array([theme.color(f"basin.{k}") for k in (*range(CATEGORIES), -1)] + [theme.color("casing")])
    light = np.array([theme.color(f"particle.{k}") for k in range(CATEGORIES)])
    light = np.concatenate((light, ground[CATEGORIES:]))
    soonest, latest = _range(found.steps)
    fade = Scale(soonest, latest, log=True)
    image = np.empty((*found.basin.shape, 3), np.uint8)
    for row, line in enumerate(image[::-1]):  # by rows, to avoid large temporaries
        number = np.where(found.basin[row] >= 0, found.basin[row] % CATEGORIES, CATEGORIES)
        number[found.diverged[row]] = CATEGORIES + 1
        late = fade.share(np.clip(found.steps[row], soonest, latest))
        share = GLOW * (1 - late[:, None]) ** 1.5
        line[...] = np.round(255 * ((1 - share) * ground[number] + share * light[number]))
    return image


def _range(steps: NDArray[np.int32]) -> tuple[float, float]:
    """Return the range of the colour fade: nearly all steps of starts that arrive."""
    arrived = steps[steps > 0]
    if not arrived.size:
        return 1.0, 2.0
    low, high = np.quantile(arrived[:: max(1, arrived.size // 100_000)], (0.002, 0.995))
    return float(max(low, 1.0)), float(max(high, 1.5 * low, 2.0))


def _mark(image: NDArray[np.uint8], minima: NDArray[np.floating], domain: Domain, theme: Theme) -> None:
    """Put a dot with an outline at each minimum in the picture."""
    n = len(image)
    radius = max(2.0, n * DOT)
    low, high = np.array(domain).T
    for x, y in ((minima - low) / (high - low) * n).tolist():
        if not (0 <= x <= n and 0 <= y <= n):
            continue
        column, row = x - 0.5, n - y - 0.5
        reach = int(radius + 3)
        top, left = max(0, int(row) - reach), max(0, int(column) - reach)
        part = image[top : int(row) + reach + 2, left : int(column) + reach + 2]
        down, across = np.indices(part.shape[:2], dtype=float)
        distance = np.hypot(across + left - column, down + top - row)
        for size, role in ((radius, "casing"), (0.66 * radius, "text")):
            cover = np.clip(size + 0.5 - distance, 0, 1)[..., None]
            part[...] = np.round((1 - cover) * part + cover * 255 * np.array(theme.color(role)))

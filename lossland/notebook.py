"""Rich display of objects in notebooks: scenes and results as pictures, landscapes and rules as formulas.

None of these functions raises: an object that cannot be drawn shows less, at least its text.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from functools import singledispatch, wraps
from html import escape
from io import BytesIO
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lossland.app.film import Film
from lossland.app.stage import Snapshot, Stage
from lossland.benchmark.results import Results
from lossland.compute.explain import equations
from lossland.compute.maps import Axis, BasinMap, Sweep
from lossland.compute.swarm import Swarm
from lossland.compute.trajectory import Trajectory
from lossland.formats.basins import basin_chart
from lossland.formats.framing import Chart, Key, Ramp, enlarged, framed
from lossland.landscapes import Grid, Landscape
from lossland.landscapes.problems import Problem
from lossland.numerals import short
from lossland.optimizers import Optimizer, spec
from lossland.render.painter import Quality
from lossland.scenery.clock import Now
from lossland.scenery.ground import GroundScene, rectangle
from lossland.scenery.scene import Frame, Scene
from lossland.world.layers import Layer, Points, Trail
from lossland.world.theme import theme
from lossland.world.ticks import Scale

__all__ = ["bundle", "html", "latex", "png"]

SIZE = (600, 375)  # pixels of a drawn picture
QUALITY = Quality(supersample=2)  # a page need not wait for the best quality
MOST_PATHS = 24  # drawn of many
MOST_PARTICLES = 20_000
LARGEST_FILM = 24 * 2**20  # bytes of a film that is embedded; a larger one is linked
P = ParamSpec("P")
T = TypeVar("T")


def never_raises(show: Callable[P, T]) -> Callable[P, T | None]:
    """Return a function that returns None instead of raising: a notebook then shows the other representations."""

    @wraps(show)
    def careful(*args: P.args, **options: P.kwargs) -> T | None:
        try:
            return show(*args, **options)
        except Exception:
            return None

    return careful


def bundle(thing: object) -> dict[str, str | bytes]:
    """Return all representations of an object by MIME type; its picture is drawn once."""
    picture = png(thing)
    found = {"text/html": _page(thing, picture), "image/png": picture, "text/latex": latex(thing)}
    return {kind: shown for kind, shown in found.items() if shown}


@never_raises
def png(thing: object) -> bytes | None:
    """Return an object's picture as the bytes of a PNG file; None if it has none."""
    image = _image(thing)
    return None if image is None else encoded(image)


@never_raises
def latex(thing: object) -> str | None:
    """Return an object's formula as LaTeX, in double dollars; None if it has none."""
    return _latex(thing)


@never_raises
def html(thing: object) -> str | None:
    """Return an object's picture with its title and formula as HTML; None if it has none."""
    return _page(thing, png(thing))


@never_raises
def _page(thing: object, picture: bytes | None) -> str | None:
    if isinstance(thing, Film):
        return _player(thing)
    title, lines = _words(thing)
    parts = [f"<b>{escape(title)}</b>"] if title else []
    parts += [f"<div>{escape(line)}</div>" for line in lines]
    formula = latex(thing)
    if formula:
        parts.append(f"<div>{escape(formula)}</div>")
    if picture:
        parts.append(f'<img src="data:image/png;base64,{base64.b64encode(picture).decode()}" alt="{escape(title)}"/>')
    return f"<div>{''.join(parts)}</div>" if parts else None


def encoded(image: NDArray[np.uint8]) -> bytes:
    """Return a picture (h, w, 3 or 4) as the bytes of a PNG file."""
    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(file, "PNG")
    return file.getvalue()


# ---------------------------------------------------------------------------------------------------- formulas
@singledispatch
def _latex(thing: object) -> str | None:
    return None


@_latex.register
def _(thing: Landscape) -> str:
    return f"$$f(x, y) = {thing.latex}$$"


@_latex.register
def _(thing: Optimizer) -> str:
    lines = r" \\ ".join(line.replace("=", "&=", 1) for line in equations(thing))
    return rf"$$\begin{{aligned}} {lines} \end{{aligned}}$$"


# ------------------------------------------------------------------------------------------------------- words
@singledispatch
def _words(thing: object) -> tuple[str, list[str]]:
    """Return an object's title, and a few lines about it."""
    return "", []


@_words.register
def _(thing: Landscape) -> tuple[str, list[str]]:
    return thing.title, []


@_words.register
def _(thing: Problem) -> tuple[str, list[str]]:
    return thing.title, []


@_words.register
def _(thing: Optimizer) -> tuple[str, list[str]]:
    return thing.title, [spec(thing)]


@_words.register
def _(thing: Results) -> tuple[str, list[str]]:
    return thing.title, thing.lines()


@_words.register(Trajectory)
@_words.register(Swarm)
@_words.register(BasinMap)
@_words.register(Sweep)
def _(thing: Trajectory | Swarm | BasinMap | Sweep) -> tuple[str, list[str]]:
    return f"{thing.optimizer.title} on {thing.landscape.title}", [spec(thing.optimizer), *_facts(thing)]


def _facts(thing: Trajectory | Swarm | BasinMap | Sweep) -> list[str]:
    if isinstance(thing, Trajectory):
        steps, count = thing.values.shape
        ends = ", ".join(short(float(value)) for value in thing.values[-1, :4])
        more = ", …" if count > 4 else ""
        return [f"{steps - 1} steps; the loss at the end is {ends}{more}"]
    if isinstance(thing, Sweep):
        axes = zip((thing.across, thing.up), thing.best, strict=True)
        best = "best at " + ", ".join(f"{axis.name} = {short(at)}" for axis, at in axes)
        best = "every run diverged" if math.isnan(thing.best[0]) else best
        return [f"→ {_span(thing.across)}; ↑ {_span(thing.up)}; dark is low, grey diverged; {best}"]
    shares = [
        f"({_listed(position)}): {100 * share:.1f} %"
        for position, share in zip(thing.minima.position[:8].tolist(), thing.shares[:8], strict=True)
    ]
    if isinstance(thing, Swarm):
        return [f"{thing.count} particles, {thing.steps} steps", "; ".join(shares)]
    return ["; ".join(shares)]


def _listed(numbers: list[float], most: int = 4) -> str:
    return ", ".join([*map(short, numbers[:most]), *(["…"] if len(numbers) > most else [])])


def _span(axis: Axis) -> str:
    return f"{axis.name} from {short(axis.low)} to {short(axis.high)}{' (log)' if axis.log else ''}"


# ---------------------------------------------------------------------------------------------------- pictures
@singledispatch
def _image(thing: object) -> NDArray[np.uint8] | None:
    return None


@_image.register
def _(thing: Snapshot) -> NDArray[np.uint8] | None:
    is_picture = thing.dtype == np.uint8 and thing.ndim == 3 and thing.shape[2] in (3, 4) and thing.size > 0
    return np.asarray(thing) if is_picture else None


@_image.register
def _(thing: Scene) -> NDArray[np.uint8]:
    return _drawn(thing)


@_image.register
def _(thing: Landscape) -> NDArray[np.uint8]:
    return _drawn(Shown(thing))


@_image.register
def _(thing: Trajectory) -> NDArray[np.uint8]:
    scene = Shown(thing.landscape)
    color = f"optimizer.{thing.optimizer.name}"
    for path, values in zip(np.moveaxis(thing.points, 1, 0)[:MOST_PATHS], thing.values.T, strict=False):
        label = {"label": thing.optimizer.title, "values": values} if thing.points.shape[1] == 1 else {}
        options = {"start": "start", **label}
        scene.drawn.append(Trail.on(scene.terrain, np.ascontiguousarray(path), len(path) - 1.0, color, **options))
    return _drawn(scene)


@_image.register
def _(thing: Swarm) -> NDArray[np.uint8] | None:
    if not isinstance(thing.landscape, Landscape):
        return None
    scene, some = Shown(thing.landscape), slice(None, None, -(-thing.count // MOST_PARTICLES))
    end, label = thing.end[some], thing.label[some]
    x0, x1, y0, y1 = rectangle(thing.landscape)
    inside = (end >= (x0, y0)).all(axis=1) & (end <= (x1, y1)).all(axis=1)
    scene.drawn.append(Points(end[inside], label[inside], 2.5, "dot", ground=scene.terrain))
    return _drawn(scene)


@_image.register
def _(thing: BasinMap) -> NDArray[np.uint8]:
    return basin_chart(thing, theme("dark")).image


@_image.register
def _(thing: Sweep) -> NDArray[np.uint8]:
    return sweep_chart(thing).image


def sweep_chart(thing: Sweep) -> Chart:
    """Return a chart of the final losses over the two axes, on a logarithmic scale: dark is low, grey diverged."""
    loss, known, look = np.full(thing.loss.shape, np.nan), np.isfinite(thing.loss), theme("dark")
    keys, ramp = [], None
    if known.any():
        low, high = thing.loss[known].min(), thing.loss[known].max()
        loss[known] = np.log((thing.loss[known] - low) / (high - low or 1.0) + 1e-9)
        keys, ramp = [Key(None, "loss at the end")], Ramp(look.height_map, short(float(low)), short(float(high)))
    if not known.all():
        keys.insert(0, Key(look.color("basin.-1"), "diverged"))
    scales = (Scale(thing.across.low, thing.across.high, thing.across.log),
              Scale(thing.up.low, thing.up.high, thing.up.log))  # fmt: skip
    title = f"{thing.optimizer.title} on {thing.landscape.title}"
    return framed(_shaded(loss), (thing.across.name, thing.up.name), scales, look, title, keys, ramp)


@_image.register
def _(thing: Grid) -> NDArray[np.uint8]:
    stride = max(1, max(thing.value.shape) // 1024)
    value = np.asarray(thing.value[::stride, ::stride], float)
    return enlarged(_shaded(np.where(np.isfinite(value), value, np.nan), ranked=True))


def _drawn(scene: Scene) -> NDArray[np.uint8]:
    """Return the picture of a scene at its end."""
    with Stage(scene, SIZE) as stage:
        stage.player.seek(scene.clock.seconds)
        return np.asarray(stage.image(stage.player, QUALITY))


class Shown(GroundScene):
    """A landscape with a few layers on it, for one picture."""

    title = "Landscape"

    def __init__(self, land: Landscape) -> None:
        self.shown = land
        self.drawn: list[Layer] = []
        super().__init__(domain=rectangle(land))

    @property
    def land(self) -> Landscape:
        """The landscape that is shown."""
        return self.shown

    def frame(self, now: Now) -> Frame:
        """Return the picture."""
        return self.on_ground(self.drawn, [])


def _shaded(value: NDArray[np.floating], ranked: bool = False) -> NDArray[np.uint8]:
    """Map numbers (h, w) to the colours of heights (h, w, 3), y up; nan is grey.

    ``ranked`` equalizes the histogram, so that a steep rim does not hide the rest.
    """
    look, known = theme("dark"), np.isfinite(value)
    share = np.zeros(value.shape)
    if known.any():
        if ranked:
            levels = np.quantile(value[known], np.linspace(0, 1, 256))
            share[known] = np.interp(value[known], levels, np.linspace(0, 1, 256))
        else:
            low, high = value[known].min(), value[known].max()
            share[known] = (value[known] - low) / (high - low) if high > low else 0.5
    image = look.height_map[np.round(255 * share).astype(int)]
    image[~known] = look.color("basin.-1")
    return np.round(255 * image[::-1]).astype(np.uint8)


# ------------------------------------------------------------------------------------------------------- films
def _player(film: Film) -> str | None:
    """Return the HTML that plays a film; a folder of frames shows its first one."""
    path = film
    if film.is_dir():
        frames = sorted(film.glob("frame_*.png"))
        if not frames:
            return None
        path = frames[0]
    size = path.stat().st_size
    kind = {".mp4": "video/mp4", ".webm": "video/webm", ".gif": "image/gif"}.get(path.suffix.lower(), "image/png")
    source = path.as_posix()
    if size <= LARGEST_FILM:
        source = f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
    if kind.startswith("video"):
        return f'<video controls loop style="max-width: 100%" src="{escape(source)}"></video>'
    return f'<img style="max-width: 100%" src="{escape(source)}" alt="{escape(film.name)}"/>'

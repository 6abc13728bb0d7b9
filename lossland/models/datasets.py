"""Small data sets: digits, iris, a photo and words from files, ratings, and points in the plane from generators.

The two classes in the plane are those of TensorFlow Playground, by its own definitions (Smilkov et al. 2017,
``dataset.ts``), and the moons and circles of scikit-learn. Random draws are Philox's: the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lossland.compute.philox import Purpose, particles, standard_normal, uniform
from lossland.display import Displayed
from lossland.errors import UserError, nearest
from lossland.resources import folder

Floats = NDArray[np.float64]
TRAINING_DIGITS = 1437  # the first of the 1,797 digits; the other 360 are for the test


@dataclass(frozen=True, eq=False, repr=False)
class Data(Displayed):
    """Samples: ``points`` (n, d) and what belongs to each, ``target`` (n,).

    Of classes the target is a whole number from 0 on (digits, iris) or −1 and 1 (two classes in the plane); else it is
    a number. ``names`` are the classes', ``features`` those of the d columns and ``titles`` the samples', where these
    have names.
    """

    points: Floats
    target: NDArray[np.float64] | NDArray[np.int64]
    names: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.points)

    def part(self, first: int, last: int | None = None) -> Data:
        """Return the samples from ``first`` to before ``last``."""
        some = slice(first, last)
        return replace(self, points=self.points[some], target=self.target[some], titles=self.titles[some])


@cache
def digits() -> Data:
    """Return 1,797 handwritten digits: 64 pixels from 0 to 1 (the file's 0 to 16, over 16), and which digit it is."""
    with np.load(folder("data") / "digits.npz") as file:
        pixels = tuple(f"pixel {k + 1}" for k in range(64))
        return Data(file["points"] / 16.0, file["label"].astype(np.int64), tuple("0123456789"), pixels)


def split_digits() -> tuple[Data, Data]:
    """Return the digits for training, the first 1,437 of the file, and those for the test, the last 360."""
    whole = digits()
    return whole.part(0, TRAINING_DIGITS), whole.part(TRAINING_DIGITS)


@cache
def iris() -> Data:
    """Return Fisher's 150 flowers: length and width of sepal and petal in cm, and the species."""
    with np.load(folder("data") / "iris.npz") as file:
        measured = ("sepal length", "sepal width", "petal length", "petal width")
        return Data(file["points"], file["label"].astype(np.int64), tuple(map(str, file["names"])), measured)


@cache
def photo() -> NDArray[np.uint8]:
    """Return a photograph of a temple by a lake (64, 96, 3) as red, green and blue from 0 to 255."""
    with np.load(folder("data") / "photo.npz") as file:
        return file["picture"]


@cache
def pixels() -> Data:
    """Return the 6,144 pixels of the photograph, row by row: red, green and blue, and no classes."""
    colors = photo().reshape(-1, 3)
    titles = tuple(", ".join(map(str, color)) for color in colors.tolist())
    return Data(colors.astype(float), np.zeros(len(colors), np.int64), features=("red", "green", "blue"), titles=titles)


@dataclass(frozen=True, eq=False, repr=False)
class Words(Displayed):
    """Words and their ``vectors`` (n, d), the most frequent word first; ``index`` finds a word's row."""

    words: tuple[str, ...]
    vectors: Floats
    index: dict[str, int]

    def read(self, text: str) -> tuple[str, ...]:
        """Return a text's words, separated by spaces or commas; raise UserError for one without a vector."""
        words: list[str] = []
        for part in text.lower().split():  # 5,000 is one word, king,queen are two
            words += [part] if part in self.index and part != "," else part.replace(",", " ").split()
        for word in words:
            if word not in self.index:
                near = get_close_matches(word, self.words, n=3, cutoff=0.75)
                told = f" Near spellings are {', '.join(near)}." if near else ""
                raise UserError(f"There is no vector for {word!r} among {len(self.words)} common English words.{told}")
        return tuple(words)

    def rows(self, text: str) -> Floats:
        """Return the vectors (k, d) of a text's words."""
        return self.vectors[[self.index[word] for word in self.read(text)]]


@cache
def glove() -> Words:
    """Return the 10,000 most frequent English words with their GloVe vectors of 50 numbers."""
    with np.load(folder("data") / "glove10k.npz") as file:
        words = tuple(map(str, file["words"]))
        return Words(words, file["vectors"].astype(float), {word: k for k, word in enumerate(words)})


def word_counter(least: int, most: int, what: str) -> Callable[[str], None]:
    """Return a check: it raises UserError, a sentence that begins with ``what``, if words are too few or too many."""

    def check(text: str) -> None:
        if not least <= len(set(glove().read(text))) <= most:
            raise UserError(f"{what}, with spaces between, not {text!r}.")

    return check


SENTENCES = {
    "weather": ("the storm brings heavy rain and wind", "snow is expected in the cold north",
                "a warm and sunny day with clear skies", "thick clouds and rain by the evening"),
    "space": ("the rocket launched a new satellite", "a spacecraft flew around the moon",
              "scientists found a distant planet", "the shuttle is in orbit above the earth"),
    "football": ("the team won the match at home", "a late goal won the cup final",
                 "the coach praised his young players", "they lost the last game of the season"),
    "food": ("add hot water to the fresh soup", "bread and cheese with a glass of wine",
             "cook the chicken with butter and garlic", "she served fish and rice for dinner"),
}  # fmt: skip


@cache
def sentences() -> Data:
    """Return the sentences of ``SENTENCES``, each as the mean of its words' GloVe vectors (50,), and their topics."""
    means = [glove().rows(text).mean(axis=0) for texts in SENTENCES.values() for text in texts]
    topic = np.repeat(np.arange(len(SENTENCES)), [len(texts) for texts in SENTENCES.values()])
    titles = tuple(text for texts in SENTENCES.values() for text in texts)
    return Data(np.array(means), topic, tuple(SENTENCES), titles=titles)


FILMS = ("chase", "heist", "duel", "kiss", "letters", "wedding")
VIEWERS = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hana", "Ines", "Jon", "Kim", "Leo")
RATINGS = np.array([
    (5, 5, 4, 1, 2, 1), (4, 5, 5, 2, 1, 1), (5, 4, 4, 1, 1, 2), (4, 4, 5, 2, 2, 1),
    (5, 4, 5, 1, 1, 1), (3, 3, 3, 1, 1, 1), (1, 2, 1, 5, 4, 5), (2, 1, 1, 4, 5, 5),
    (1, 1, 2, 5, 5, 4), (2, 2, 1, 4, 4, 5), (1, 1, 1, 5, 5, 5), (1, 1, 1, 3, 2, 3),
], float)  # fmt: skip


def ratings() -> Data:
    """Return how twelve invented viewers rate six invented films, from 1 to 5, and which kind each likes better."""
    return Data(RATINGS, np.repeat([0, 1], 6), ("action", "romance"), FILMS, VIEWERS)


# ----------------------------------------------------------------------------------- TensorFlow Playground's own


def circle(count: int = 500, noise: float = 0.0, seed: int = 0) -> Data:
    """Return a disc of radius 2.5 (class 1) within a ring from 3.5 to 5 (class −1).

    With noise, from 0 to 0.5, a point gets the class of a position within 5 ``noise`` of it along each axis.
    """
    radius, half = 5.0, _half(count)
    draw, shift = _draws(seed, 2 * half, 0), _draws(seed, 2 * half, 1)
    low = np.repeat([0.0, 0.7 * radius], half)
    high = np.repeat([0.5 * radius, radius], half)
    r, angle = low + (high - low) * draw[:, 0], 2 * np.pi * draw[:, 1]
    points = np.stack([r * np.sin(angle), r * np.cos(angle)], axis=1)
    seen = points + radius * noise * (2 * shift - 1)
    return _two_classes(points, np.hypot(seen[:, 0], seen[:, 1]) < 0.5 * radius)


def xor(count: int = 500, noise: float = 0.0, seed: int = 0) -> Data:
    """Return the class 1 where x and y have the same sign, with a gap of 0.6 along the axes, on [−5.3, 5.3]²."""
    points = 10 * _draws(seed, count, 0) - 5
    points = points + np.where(points > 0, 0.3, -0.3)
    seen = points + 5 * noise * (2 * _draws(seed, count, 1) - 1)
    return _two_classes(points, seen[:, 0] * seen[:, 1] >= 0)


def gauss(count: int = 500, noise: float = 0.0, seed: int = 0) -> Data:
    """Return two clouds around (2, 2) (class 1) and (−2, −2); noise from 0 to 0.5 is a variance from 0.5 to 4."""
    half = _half(count)
    first = np.repeat([True, False], half)
    spread = np.sqrt(0.5 + 7.0 * noise)
    return _two_classes(np.where(first[:, None], 2.0, -2.0) + spread * _normal(seed, 2 * half), first)


def spiral(count: int = 500, noise: float = 0.0, seed: int = 0) -> Data:
    """Return two spirals of 1¾ turns out to radius 5; noise moves a point by up to as much along each axis.

    Without noise both begin at the origin, where one point of each class lies: no rule gets both right.
    """
    half = _half(count)
    share = np.tile(np.arange(half) / half, 2)
    first = np.repeat([True, False], half)
    turn = 1.75 * share * 2 * np.pi + np.where(first, 0.0, np.pi)
    points = 5 * share[:, None] * np.stack([np.sin(turn), np.cos(turn)], axis=1)
    return _two_classes(points + noise * (2 * _draws(seed, 2 * half, 0) - 1), first)


def plane(count: int = 1200, noise: float = 0.0, seed: int = 0) -> Data:
    """Return (x + y) / 10 on [−6, 6]², evaluated at a position that noise shifts by up to 6 ``noise``."""
    points, seen = _square(count, noise, seed)
    return Data(points, seen.sum(axis=1) / 10)


CENTRES = np.array([(-4, 2.5), (0, 2.5), (4, 2.5), (-4, -2.5), (0, -2.5), (4, -2.5)])
SIGNS = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])


def multi_gauss(count: int = 1200, noise: float = 0.0, seed: int = 0) -> Data:
    """Return six cones of radius 2 and height ±1 on [−6, 6]²: where two overlap, the larger in size counts."""
    points, seen = _square(count, noise, seed)
    away = seen[:, None, :] - CENTRES
    cones = SIGNS * np.clip(1 - np.hypot(away[..., 0], away[..., 1]) / 2, 0, 1)
    highest = np.abs(cones).argmax(axis=1)
    return Data(points, cones[np.arange(count), highest])


# ------------------------------------------------------------------------------------------------- scikit-learn's


def moons(count: int = 500, noise: float = 0.0, seed: int = 0) -> Data:
    """Return two interleaved half circles (classes −1 and 1); noise is a standard deviation."""
    outer = count // 2
    upper, lower = np.linspace(0, np.pi, outer), np.linspace(0, np.pi, count - outer)
    x = np.concatenate([np.cos(upper), 1 - np.cos(lower)])
    y = np.concatenate([np.sin(upper), 1 - np.sin(lower) - 0.5])
    points = np.stack([x, y], axis=1) + noise * _normal(seed, count)
    return _two_classes(points, np.arange(count) >= outer)


def circles(count: int = 500, noise: float = 0.0, seed: int = 0, factor: float = 0.8) -> Data:
    """Return a circle of radius 1 (class −1) around one of radius ``factor`` (class 1)."""
    outer = count // 2
    angle = np.concatenate([2 * np.pi * np.arange(n) / n for n in (outer, count - outer)])
    inner = np.arange(count) >= outer
    points = np.where(inner, factor, 1.0)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _two_classes(points + noise * _normal(seed, count), inner)


def on_roll(along: Floats, across: Floats) -> Floats:
    """Return points (..., 3) of scikit-learn's swiss roll, scaled down and with its axis upright.

    ``along`` is the share of its spiral from inside out, ``across`` that of its width, both in [0, 1].
    """
    turn = 1.5 * np.pi * (1 + 2 * along)
    return np.stack([turn * np.cos(turn) / 8, turn * np.sin(turn) / 8, 2.0 * across - 1.0], axis=-1)


def swiss_roll(count: int = 500, noise: float = 0.0, seed: int = 0) -> Data:
    """Return points (count, 3) of a rolled sheet: class 1 along its inner half, −1 along its outer half."""
    draw = _draws(seed, count, 0)
    points = on_roll(draw[:, 0], draw[:, 1])
    points = points + noise * np.concatenate([_normal(seed, count, 1), _normal(seed, count, 2)], axis=1)[:, :3]
    return _two_classes(points, draw[:, 0] < 0.5)


def bell(axes: Floats, count: int = 500, seed: int = 0) -> Floats:
    """Return samples (count, d) of the Gaussian around 0 with the covariance A A^T of ``axes`` A (d, k)."""
    axes = np.asarray(axes, float)
    pairs = [_normal(seed, count, step) for step in range(-(-axes.shape[1] // 2))]
    return np.concatenate(pairs, axis=1)[:, : axes.shape[1]] @ axes.T


GENERATORS: dict[str, Callable[..., Data]] = {
    made.__name__: made for made in (circle, xor, gauss, spiral, plane, multi_gauss, moons, circles)
}
NAMES = ("digits", "iris", *GENERATORS)


def dataset(name: str, count: int | None = None, noise: float = 0.0, seed: int = 0) -> Data:
    """Return a data set by its name; only generated ones take a count, noise and a seed."""
    if name in GENERATORS:
        return GENERATORS[name](noise=noise, seed=seed, **({} if count is None else {"count": count}))
    if name not in NAMES:
        raise UserError(f"There is no data set {name!r}.{nearest(name, NAMES)} There are {', '.join(NAMES)}.")
    return digits() if name == "digits" else iris()


def two_classes(name: str, count: int, noise: float = 0.0, seed: int = 0) -> Data:
    """Return samples of two classes around the origin, about within [−1.7, 1.7] along each axis."""
    if name == "swiss_roll":
        return swiss_roll(count, noise, seed)
    data = dataset(name, count, noise, seed)
    place = 1.2 * (data.points - (0.5, 0.25)) if name == "moons" else data.points / 3
    return Data(place, data.target, data.names)


def sheet(name: str, reach: float, cells: int) -> Floats:
    """Return a grid (cells + 1, cells + 1, d) over the inputs of `two_classes`, up to ``reach`` from the origin.

    It is a square of the plane, a disc for a circle and for spirals, and a roll of space for the Swiss roll.
    """
    share = np.linspace(0, 1, cells + 1)
    first, second = np.meshgrid(share, share)
    if name == "swiss_roll":
        return on_roll(first, second)
    if name in ("circle", "spiral"):
        return reach * first[..., None] * np.stack([np.cos(2 * np.pi * second), np.sin(2 * np.pi * second)], -1)
    return reach * (2 * np.stack([first, second], -1) - 1)


def _half(count: int) -> int:
    """Return how many samples a class has; of an odd number both classes have one more."""
    return -(-count // 2)


def _draws(seed: int, count: int, step: int) -> Floats:
    """Return uniform draws (count, 2) in (0, 1)."""
    return np.stack(uniform(seed, particles(np, 0, count), step, Purpose.DATA), axis=1)


def _normal(seed: int, count: int, step: int = 0) -> Floats:
    return np.stack(standard_normal(seed, particles(np, 0, count), step, Purpose.DATA), axis=1)


def _square(count: int, noise: float, seed: int) -> tuple[Floats, Floats]:
    """Return points (count, 2) on [−6, 6]², and the shifted positions at which their targets are evaluated."""
    points = 12 * _draws(seed, count, 0) - 6
    return points, points + 6 * noise * (2 * _draws(seed, count, 1) - 1)


def _two_classes(points: Floats, first: NDArray[np.bool_]) -> Data:
    return Data(points, np.where(first, 1.0, -1.0), ("-1", "1"))

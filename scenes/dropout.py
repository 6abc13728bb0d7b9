"""Dropout: every mask makes another network; all of them at once, and what their mean is."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, shapes, signs, words
from lossland.models import masks

ON, MEAN, FULL = "area", "down", "eigen2"  # unlike the colours of signs and classes
UP = (0.0, 0.0, 1.0)  # which way the knob is dragged
TALL = 1.0  # from the lowest to the highest bar, world
FRONT, PITCH, CHIP, WIDE = -1.5, 0.285, 0.25, 0.27  # where units stand, how far apart; their height and width
DRAWN = 32  # masks that are drawn one after the other
GRID, STEPS = 25, 400  # pixels along a side of a sheet of decisions; and of the training
CARD = 0.9  # the side of a sheet in the fan, world
RISE, ALL, REST = 0.6, (0.62, 0.78), (0.8, 0.9)  # shares of the scene: one by one, all others, their mean
CONTROLS = {  # what each picture is made of, beside the rate
    "masks": ("inputs", "weights", "activation", "locked"),
    "sheets": ("count", "trained"),
    "co-adaptation": (),
}


class Dropout(ll.Scene):
    """All masks of ten units as a skyline, thinned networks as a fan of sheets, and how units rely on each other."""

    name = "dropout"
    title = "A crowd of networks"
    chapter = "How learning flows"
    rows = ("Q6", "S2")
    sign = tuple(
        signs.Dot((0.2 + 0.2 * k, 0.2 + 0.2 * row), 2.6 if stays else 1.6, ON if stays else "faint")
        for row, mask in enumerate(((1, 0, 1, 0), (0, 1, 0, 1), (1, 0, 0, 0), (0, 1, 0, 1)))
        for k, stays in enumerate(mask)
    )
    presets: ClassVar = {
        "all masks": {},
        "rarely": {"rate": 0.2},
        "locked": {"locked": "5, 6, 8"},
        "bent": {"activation": "relu"},
        "sheets": {"show": "sheets"},
        "sheets, trained without": {"show": "sheets", "trained": False},
        "co-adaptation": {"show": "co-adaptation"},
    }

    rate = parameters.Number(0.5, 0.0, 0.9, r"rate $p$", "How probably a unit is left out.")
    inputs = parameters.Row(
        "1, 2, 0.5, 1.5, 1, -1, 2, -0.5, 1, 1", masks.numbers_of, "inputs", "What the units say: 1 to 12 numbers."
    )
    weights = parameters.Row(
        "1.2, 0.2, 0.5, -0.9, -1, -1, 0.3, 1.4, 0.76, 0.07", masks.numbers_of, "weights", "One for each input."
    )
    activation = parameters.Choice("linear", ("linear", "relu"), "bend", "What bends the sum, if anything.")
    locked = parameters.Row("", masks.units_of, "locked", "Units that always stay, by number: click one.")
    show = parameters.Choice(
        "masks", ("masks", "sheets", "co-adaptation"), "show", "One unit, a network in the plane, or how units rely."
    )
    count = parameters.Integer(12, 2, 24, "sheets", "How many thinned networks stand in the fan.")
    trained = parameters.Toggle(True, "with dropout", "Whether the network of the sheets was trained with dropout.")
    clock = ll.Clock(16.0)

    def has_control(self, name: str) -> bool:
        """Hide what changes nothing in the picture that is shown."""
        return name in ("show", "rate", *CONTROLS[self.show])

    def while_empty(self, name: str) -> str:
        """Return that no unit is locked where none is given."""
        return "none" if name == "locked" else ""

    # ------------------------------------------------------------------------------------------------ the numbers
    @ll.kept
    def crowd(self) -> masks.Crowd:
        """Return what comes out under every mask; of lists of two lengths as many inputs as the shorter has."""
        pairs = zip(masks.numbers_of(self.inputs), masks.numbers_of(self.weights), strict=False)
        products = np.array([x * w for x, w in pairs])
        locked = [unit for unit in masks.units_of(self.locked) if unit < len(products)]
        return masks.Crowd(products, self.rate, locked, self.activation == "relu")

    @ll.kept
    def order(self) -> np.ndarray:
        """Return the numbers (DRAWN,) of the masks that are drawn."""
        return masks.drawn(DRAWN, len(self.crowd().products), self.rate, self.seed, self.crowd().locked)

    @ll.refined(levels=(STEPS // 8, STEPS), stale=True)
    def learnt(self, steps: int) -> Generator[None, None, tuple[np.ndarray, np.ndarray]]:
        """Return the parameters (k, n) along the training without dropout, and with it at the chosen rate."""
        without = yield from masks.learnt(0.0, steps, self.seed)
        return without, (yield from masks.learnt(self.rate, steps, self.seed))

    @ll.refined(levels=(9, GRID), stale=True)
    def sheets(self, cells: int) -> Generator[None, None, masks.Sheets]:
        """Return the sheets of the mean over all masks, of the full network, and of ``count`` masks."""
        theta = self.learnt()[int(self.trained)][-1]
        return (yield from masks.sheets(theta, cells, self.rate, self.count, self.seed))

    @ll.kept(most=2)
    def reliance(self, index: int = -1) -> list[np.ndarray]:
        """Return how much units rely on each other (HIDDEN, HIDDEN), at a moment of both trainings or at the end."""
        data = masks.samples(self.seed)
        return [masks.coadaptation(path[index], data.points, data.target) for path in self.learnt()]

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return full network, mean, variance and the output now; and how sheets and units differ, where they show."""
        crowd, found = self.crowd(), ll.Readouts()
        found |= {"full": crowd.full, "mean": crowd.mean, "variance": crowd.variance, "gap": crowd.mean - crowd.full}
        found |= {"masks": float(crowd.count), "now": float(crowd.outputs[self.order()[self.turn_of(now)]])}
        if self.show == "sheets":
            away = np.abs(self.sheets().mean - self.sheets().full)
            found |= {"sheet_gap": float(away.max()), "sheet_gap_mean": float(away.mean())}
        if self.show == "co-adaptation":
            found |= {"reliance": np.array([masks.between(one) for one in self.reliance()])}
        return found

    @staticmethod
    def turn_of(now: ll.Now) -> int:
        """Return which of the masks is drawn now."""
        return min(int(now.share / RISE * DRAWN), DRAWN - 1)

    # ------------------------------------------------------------------------------------------------ the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the skyline of all masks, the fan of sheets, or the two matrices."""
        if self.show == "sheets":
            return self.fan(now)
        if self.show == "co-adaptation":
            return self.matrices(now)
        p = layers.Label(self.knob().grips[0], "p", "accent", latex=True, size=22, group="handles", key="rate")
        drawn = [*self.skyline(now), *self.row(now), self.knob(), p]
        return ll.Frame(drawn, self.notes(), ll.View(-84, 30, bounds=self.box(), turned=(8 * now.eased() - 4, 0)))

    @ll.kept
    def box(self) -> np.ndarray:
        """Return the corners of the skyline and the units."""
        return shapes.box((-1.6, FRONT - 0.2, self.feet()), (1.5, 1.1, self.feet() + TALL))

    @ll.kept
    def scale(self) -> float:
        """Return how high an output of 1 is in the world."""
        return TALL / max(float(np.ptp([*self.crowd().outputs, 0.0])), 1e-9)

    @ll.kept(framing=True)
    def feet(self) -> float:
        """Return where the lowest bar ends, or did when the knob of the rate was taken."""
        return float(min(self.crowd().outputs.min(), 0.0)) * self.scale()

    @ll.kept
    def places(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return middles (2^n, 2) and half widths (2^n,) of the bars, and their colours (2^n,)."""
        return masks.skyline(self.crowd())

    @ll.kept
    def said(self) -> np.ndarray:
        """Return what is said of each mask (2^n,) under the pointer."""
        pairs = zip(self.crowd().outputs, self.crowd().chances, strict=True)
        return np.array([words("output ?\nprobability ?s", *one) for one in pairs])

    def skyline(self, now: ll.Now) -> list[layers.Layer]:
        """Return a bar for each mask: first of those that are drawn, then of all, and at last their mean."""
        crowd, (middle, half, color), drawn = self.crowd(), self.places(), self.order()
        values, chance, mean = crowd.outputs, crowd.chances, crowd.mean
        grown, upto = np.full(len(values), now.eased(*ALL)), min(now.share / RISE, 1.0) * DRAWN
        for k in range(min(int(upto) + 1, DRAWN)):
            grown[drawn[k]] = max(grown[drawn[k]], min((upto - k) * 2, 1.0))
        seen = np.flatnonzero((grown > 0) & (chance > 0))
        top, flat = self.scale() * values * grown, np.stack([half, half], -1)
        low = np.column_stack([middle - flat, np.minimum(top, 0)])[seen]
        high = np.column_stack([middle + flat, np.maximum(top, 1e-3)])[seen]
        ground = shapes.rectangle((-1.06, 1.06), (-1.06, 1.06))
        parts: list[layers.Layer] = [
            layers.Polygon(ground, "grid.axis", 0.12, 1.2, depth=True, key="ground", pickable=False),
            layers.Label((-1.06, -1.06, 0.0), "0", "dim", side="left", key="zero"),
        ]
        if len(seen):
            said = self.said()[seen]
            parts.append(layers.Bars(low, high, color[seen], name="Mask", worth=said, key="bars", shadow=False))
        k = drawn[self.turn_of(now)]
        if upto < DRAWN:
            tip = np.array([*middle[k], top[k]])
            parts.append(layers.Label(tip, words("?", values[k]), "text", size=34, side="above", key="output"))
            parts.append(layers.Points(tip[None], "text", 4.0, "sphere", outline=True, key="tip", pickable=False))
        share = now.eased(*REST)
        if share > 0:
            z = self.scale() * mean
            plane = ground * share + (0, 0, z)
            parts.append(layers.Polygon(plane, MEAN, 0.4, 2.4, depth=True, name="Mean", key="mean"))
            parts.append(layers.Label((1.06, 1.06, z), words("mean ?", mean), MEAN, size=22, side="right", key="told"))
        return parts

    def row(self, now: ll.Now) -> list[layers.Layer]:
        """Return the units in front: those that stay are lit, each with weight times input."""
        products, locked = self.crowd().products, self.crowd().locked
        number = self.order()[self.turn_of(now)] if now.share < RISE else -1  # then all bits are set
        x, mask = PITCH * (np.arange(len(products)) - (len(products) - 1) / 2), number >> np.arange(len(products)) & 1
        at = np.column_stack([x, 0 * x + FRONT, 0 * x + self.feet() + CHIP / 2])
        colors = [FULL if k in locked else ON for k in range(len(products))]
        state: list[figures.State] = ["lit" if on else "dim" for on in mask]
        return [
            figures.Chips(
                [words("?", one) for one in products], at, None, colors, state, CHIP, np.full(len(x), WIDE),
                up=UP, key="units", name="Unit: click to lock", worth=products,
            ),
            layers.Label(at[0] - (WIDE / 2, 0, 0), "w_i x_i", "dim", latex=True, size=20, side="left", key="what"),
        ]  # fmt: skip

    def fan(self, now: ll.Now) -> ll.Frame:
        """Return sheets of thinned networks, one after the other lifted, and in front their mean and the full one."""
        mean, full, sheets, _ = self.sheets()
        data = masks.samples(self.seed)
        inside = (np.abs(data.points) < masks.REACH).all(axis=1)
        points, first = data.points[inside] / masks.REACH, data.target[inside] < 0
        lifted, drawn = now.eased(0.05, 0.9) * len(sheets), []
        for k in range(len(sheets) - 1, -1, -1):
            x, up = -1.5 + 2.1 * k / (len(sheets) - 1), 0.35 * max(0.0, 1 - (2 * (lifted - k) - 1) ** 2)
            middle = np.array([x, 0.4 + 0.16 * k, 0.25 + up]) + 0.5 * CARD * np.array([1.0, 0.0, 1.0])
            drawn.append(card(sheets[k], middle, CARD, f"sheet {k}", "Thinned network"))
        for sheet, x, color, name in ((mean, -1.35, MEAN, "mean of all 1024"), (full, 0.15, FULL, "full network")):
            middle = np.array([x + 0.6, -0.5, 0.18])
            at = middle + 0.6 * np.column_stack([points[:, 0], 0 * points[:, 0] - 0.03, points[:, 1]])
            drawn += [
                card(sheet, middle, 1.2, name, name),
                *(layers.Points(at[chosen], which, 3.2, "disc", outline=True, pickable=False, key=f"{name} {which}")
                  for chosen, which in ((first, "signed.low"), (~first, "signed.high"))),
                layers.Label(middle - (0, 0, 0.6), name, color, size=20, side="below", key=f"name {name}"),
            ]  # fmt: skip
        corners = np.array([(-1.6, -0.5, -0.7), (1.6, -0.5, -0.7), (1.7, 2.4, 1.5), (-1.6, 0.4, 1.5), (1.4, -0.5, 0.9)])
        away = np.abs(mean - full)
        notes = [
            layers.Title(self.title, lines=("Thinned networks of ReLU layers,", f"trained {self.how(self.trained)}")),
            layers.Formula(r"E_m\left[f(x, m)\right] \approx f(x)", 26),
            layers.Meter("Mean and full differ on average by", "", float(away.mean()), "text", 0.0, 1.0),
        ]
        return ll.Frame(drawn, notes, ll.View(-88.0, 17.0, bounds=corners))

    @staticmethod
    def how(trained: bool) -> str:
        """Say how a network was trained."""
        return "with dropout" if trained else "without dropout"

    def matrices(self, now: ll.Now) -> ll.Frame:
        """Return how much units come to rely on each other, without dropout and with it."""
        drawn: list[layers.Layer] = []
        most = max(float(np.abs(self.reliance()[0]).max()), 1e-9)
        index = int(min(now.share / 0.9, 1.0) * (len(self.learnt()[0]) - 1))
        units = [str(k + 1) for k in range(masks.HIDDEN)]
        for k, matrix in enumerate(self.reliance(index)):
            x, color, name = 3.6 * k - 1.7, (FULL, MEAN)[k], self.how(k == 1)
            told = words("? on average", masks.between(matrix))
            drawn += [
                figures.Table(matrix, (x, 0, 0), (0.3, 0.3), units, units, limit=most, digits=None, key=name),
                layers.Label((x, 1.9, 0.0), name, color, size=22, side="above", key=f"name {name}"),
                layers.Label((x, -1.6, 0.0), told, color, size=24, side="below", key=f"told {name}"),
            ]
        about = ("How much the worth of one hidden unit", "depends on another being there:",
                 words("after ?n of ?n steps of training", masks.EVERY * index, STEPS))  # fmt: skip
        notes = [layers.Title(self.title, lines=about), layers.Formula(r"|L_{-i-j} - L_{-i} - L_{-j} + L|", 24)]
        return ll.Frame(drawn, notes, ll.View(flat=True, bounds=np.array([(-3.6, -2.2, 0.0), (3.5, 2.3, 0.0)])))

    # --------------------------------------------------------------------------------------------------- the notes
    def notes(self) -> list[layers.Note]:
        """Return full network, mean and variance."""
        crowd, total = self.crowd(), r"\sum_i w_i x_i \dfrac{m_i}{1 - p}"
        low, high = min(0.0, crowd.full, crowd.mean), max(1.0, crowd.full, crowd.mean)
        same = "the same" if np.isclose(crowd.full, crowd.mean) else "not the same"
        formula = rf"\mathrm{{ReLU}}\left({total}\right)" if crowd.rectified else total
        locked = words(" (?n locked)", len(crowd.locked)) if crowd.locked else ""
        told = words("?n units?, ?n masks", len(crowd.products), locked, crowd.count)
        return [
            layers.Title(self.title, lines=(told,)),
            layers.Formula(f"y = {formula}", 22),
            layers.Meter("The full network", "y =", crowd.full, FULL, low, high),
            layers.Meter(f"Mean of all masks: {same}", r"E\,y =", crowd.mean, MEAN, low, high),
            layers.Meter("Its variance", r"\mathrm{Var}\,y =", crowd.variance, "text", 0, max(1, crowd.variance)),
            *(layers.Caution(told) for told in masks.unpaired(self.inputs, self.weights)),
        ]

    # ------------------------------------------------------------------------------------------- what can be changed
    def knob(self) -> figures.Sliders:
        """Return the slider of the rate: beside the units."""
        foot = [(1.55, FRONT, self.feet())]
        return figures.Sliders(foot, [0.54], [self.rate], 0.0, 0.9, UP, 7.0, ["p"], key="knob", group="handles")

    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the knob that changes the rate."""
        knob = ll.Handle("rate", self.knob().grips[0], Dropout.pull, free=True, along=UP)
        return [knob] if self.show == "masks" else []

    def pull(self, place: Sequence[float]) -> None:
        """Take the rate at a height."""
        self.set("rate", round(self.knob().value_at(0, place), 3))

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Lock the unit that is clicked, or let it go."""
        if layer.key != "units/Plates":
            return False
        locked = set(masks.units_of(self.locked)) ^ {element}
        self.set("locked", ", ".join(str(unit + 1) for unit in sorted(locked)))
        return True


def card(sheet: np.ndarray, middle: np.ndarray, side: float, key: str, name: str) -> layers.Image:
    """Return probabilities (n, n) as an upright picture around a place."""
    return layers.Image.upright(0.7 * (2 * sheet - 1), middle, side, shades="signed", smooth=True, key=key, name=name)

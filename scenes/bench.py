"""The results of a benchmark: who won, where, how surely, and the runs behind every number."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, plots, signs, words
from lossland.benchmark import summary

PAGES = ("leaderboard", "profiles", "cells", "rates", "tuning", "race")
KEPT = ("folder", "family", "first", "optimizer", "problem")  # from page to page
ROWS = 16  # optimizers on a page: their names must stand beside their bars in small pictures
RIBBONS = 10
COLORS = 8  # optimizers that have a colour of their own
WIDE, HIGH = 3.2, 2.0  # of a flat page in the world
BOARD = 3.2  # how high the leaderboard is, whose rows need room
PITCH = 0.17  # from one bar of the skyline to the next
TALL = 0.62  # a score of 1 in the world
RUN_COLORS = ("down", "accent", "up")
PIECES = 6  # of a run that leaves the map and returns
CELLS = 72  # of the tuning's map along each side
RIBBON_VIEW = ll.View(
    -62.0, 30.0, bounds=np.array([(x, y, z) for x in (-1.35, 1.45) for y in (-1, 1) for z in (0.0, 0.8)])
)
FACTORS = np.arange(-8, 9) / 4  # decades from the tuned rate


class Bench(ll.Scene):
    """Leaderboard, profiles, optimizer × landscape, sensitivity, tuning; a click on a cell shows its runs."""

    name = "bench"
    title = "Optimizers, compared"
    chapter = "Optimization"
    rows = ("G5", "S4")
    sign = (
        signs.Box((0.08, 0.62), (0.84, 0.20), "lane.1"),
        signs.Box((0.08, 0.38), (0.62, 0.20), "lane.3"),
        signs.Box((0.08, 0.14), (0.36, 0.20), "dim"),
    )
    presets: ClassVar = {page: {"page": page} for page in PAGES}

    folder = parameters.Text("", None, "results", "A folder of `lossland bench -o`; empty: the example.", hidden=True)
    page = parameters.Choice("leaderboard", PAGES, help="What is shown of the results.", hidden=True)
    family = parameters.Choice("all", ("all", *ll.optimizers.FAMILIES), "family", "Which optimizers are shown.")
    first = parameters.Integer(1, 1, 500, "from rank", "The first optimizer that is shown.")
    optimizer = parameters.Text("", None, "optimizer", "Whose tuning and race are shown; empty: the best one.")
    problem = parameters.Text(
        "", None, "landscape", "The landscape of tuning and race; empty: where about half of its starts arrive."
    )

    @property
    def clock(self) -> ll.Clock:  # pyright: ignore[reportIncompatibleVariableOverride]  # a race takes longer
        """Eight seconds, twelve for a race."""
        return ll.Clock(12.0 if self.page == "race" else 8.0)

    # ------------------------------------------------------------------------------------------------ following
    def reset(self) -> None:
        """Give every parameter but the results its default."""
        folder = self.values.get("folder", "")
        super().reset()
        self.values["folder"] = folder

    def use(self, preset: str) -> None:
        """Turn to a page; whom and what it shows stays."""
        kept = {name: self.values[name] for name in KEPT}
        super().use(preset)
        self.values |= kept

    def set(self, name: str, value: object) -> None:
        """Change one parameter; results that cannot be read and names that are not in them change nothing."""
        before = dict(self.values)
        super().set(name, value)
        try:
            if name == "folder":
                self.values |= {"optimizer": "", "problem": "", "first": 1, "family": "all"}
            self.found.row(self.chosen, self.land_text)
            if not self.shown:
                raise ll.UserError(f"No optimizer of the family {self.family!r} is in these results.")
        except ll.UserError:
            self.values = before
            raise

    # ------------------------------------------------------------------------------------------------ the results
    @property
    @ll.kept
    def found(self) -> summary.Summary:
        """The results."""
        return summary.read(self.folder)

    @property
    @ll.kept
    def listed(self) -> tuple[str, ...]:
        """The optimizers of the family, best first."""
        every = self.found.optimizers
        return tuple(name for name in every if self.family in ("all", self.found.family(name)))

    @property
    @ll.kept
    def shown(self) -> tuple[str, ...]:
        """Those on the page."""
        first = min(self.first, max(len(self.listed) - ROWS + 1, 1))
        return self.listed[first - 1 : first - 1 + ROWS]

    @property
    def chosen(self) -> str:
        """The optimizer of tuning and race: of those that have a map of their tuning the best, if none is named."""
        mapped = (name for name in self.found.optimizers if self.second_of(name) or self.page != "tuning")
        return self.optimizer or next(mapped, self.found.optimizers[0])

    @property
    def land_text(self) -> str:
        """The landscape of tuning and race: the one that parts the optimizer's starts most evenly, if none is named."""
        return self.problem or min(
            self.found.landscapes, key=lambda land: abs(self.found.row(self.chosen, land)["success"] - 0.5)
        )

    @property
    def land(self) -> ll.Landscape | None:
        """The landscape of the race, None on the other pages."""
        return self.ground.land if self.page == "race" and not self.why_not else None

    @property
    def why_not(self) -> str:
        """Why the cell's runs cannot be shown, "" where they can."""
        return self.found.why_no_replay(self.chosen, self.land_text)

    def instead(self, now: ll.Now, why: str) -> ll.Frame:
        """Return the page of sensitivities, with a title that says why it is not the one that was asked for."""
        frame, title = self.ribbons(now), f"{self.found.title(self.chosen)}: {why}"
        return ll.Frame(frame.layers, [self.head(title, "Here is how its score depends on the rate")], frame.view)

    @ll.kept
    def color(self, optimizer: str) -> str:
        """Return the colour of an optimizer: the first on the page have one of their own."""
        place = self.shown.index(optimizer) if optimizer in self.shown else COLORS
        return f"lane.{place}" if place < COLORS else "ghost"

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the leaderboard's first line, and the cell that is chosen."""
        best, row = self.found.board[self.found.optimizers[0]], self.found.row(self.chosen, self.land_text)
        return {
            "optimizers": float(len(self.found.optimizers)),
            "landscapes": float(len(self.found.landscapes)),
            "best_score": best["score"],
            "best_interval": np.array([best["score_low"], best["score_high"]]),
            "success": float(row["success"]),
            "running_time": float(row["ert"]),
        }

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the page."""
        return {
            "leaderboard": self.leaderboard,
            "profiles": self.profiles,
            "cells": self.cells,
            "rates": self.ribbons,
            "tuning": self.tuning,
            "race": self.race,
        }[self.page](now)

    # ------------------------------------------------------------------------------------------------ leaderboard
    def leaderboard(self, now: ll.Now) -> ll.Frame:
        """Return a bar for each optimizer, with its interval and how often it succeeds."""
        return self._board(round(now.eased(0.0, 0.25), 3))

    @ll.kept
    def _scale(self) -> tuple[plots.Plot, ll.View]:
        top = 1.08 * max(self.found.board[name]["score_high"] for name in self.shown)
        plot = plots.Plot((0, top), (0, 1), r"\text{score}", right=WIDE, up=BOARD, count=(6, 0))
        bounds = plot.bounds()
        bounds[bounds[:, 0] < 0, 0] -= 2.0  # for names
        return plot, ll.View(90.0, 90.0, flat=True, bounds=bounds)

    @ll.kept(most=2)
    def _board(self, grown: float) -> ll.Frame:
        lines, (plot, view) = [self.found.board[name] for name in self.shown], self._scale()
        pitch, count = 1 / max(len(lines), 8), len(lines)
        middle = 1 - pitch * (np.arange(count) + 0.5)
        score = grown * np.array([line["score"] for line in lines])
        corner = plot.world(np.zeros(count), middle - 0.36 * pitch)
        right, up = plot.world(score, middle) - plot.world(np.zeros(count), middle), np.zeros((count, 3))
        right[:, 0], up[:, 1] = np.maximum(right[:, 0], 1e-4), 0.72 * pitch * BOARD
        told = [
            f"{self.found.title(line['optimizer'])}\n"
            f"rank {line['rank']:g} ({line['rank_low']:.0f} to {line['rank_high']:.0f})\n"
            + words("score ?3, ?3 to ?3", line["score"], line["score_low"], line["score_high"])
            + words("\nsuccess ?n %", round(100 * line["success"]))
            for line in lines
        ]
        bars = layers.Plates(
            corner, right, up, [self.color(name) for name in self.shown], edge=0.0, rounding=0.12, worth=told,
            key="optimizers", name="Score",
        )  # fmt: skip
        drawn: list[layers.Layer] = [plot, bars]
        if grown == 1:
            ends = [
                plot.world([line["score_low"], line["score_high"]], [y, y])
                for line, y in zip(lines, middle, strict=True)
            ]
            drawn.append(layers.Lines(ends, "text", 1.8, casing=1.2, pickable=False))
        size = 15.0 if count <= 14 else 13.0
        for name, line, y in zip(self.shown, lines, middle, strict=True):
            title = f"{line['rank']:.0f}  {self.found.title(name)}"
            drawn.append(layers.Label(plot.world(0, y), title, "text", size=size, side="left", bold=line["tied"]))
            end = plot.world(line["score_high"] * grown, y)
            drawn.append(
                layers.Label(
                    end, words("?n %", round(100 * line["success"])), "dim", size=size, side="right", bold=False
                )
            )
        tied = sum(line["tied"] for line in self.found.board.values())
        even = (
            f"The first {tied}, in bold, cannot be told apart" if tied > 1 else "The first is better than every other"
        )
        return ll.Frame(
            drawn, [self.head("Leaderboard", even + " (5 %)", "At the right: starts that reach the minimum")], view
        )

    def head(self, title: str, *lines: str) -> layers.Title:
        """Return the title of a page."""
        s = self.found.settings
        measured = words(
            "?n optimizers, ?n landscapes, ?n starts",
            len(self.found.optimizers),
            len(self.found.landscapes),
            s["starts"],
        )
        return layers.Title(title, "", (measured, *lines))

    # ------------------------------------------------------------------------------------------------ profiles
    def profiles(self, now: ll.Now) -> ll.Frame:
        """Return how many targets are reached within how many gradient evaluations."""
        plot, back, curves, view = self._profiles()
        reach = float(self.found.budgets[-1]) ** max(now.eased(0.0, 0.5), 0.01)
        when = np.log(self.found.budgets)
        below = layers.Label((WIDE / 2, -0.14, 0.0), "gradient evaluations", "dim", size=15, side="below", bold=False)
        drawn: list[layers.Layer] = [plot, back, below]
        legend = []
        for name, line, share in curves:
            color = self.color(name)
            at = float(np.interp(np.log(reach), when, share))
            named = {"key": f"profile.{name}", "name": self.found.title(name), "units": plot}
            drawn.append(layers.Curve(line, color, 3.0, at=when, upto=np.log(reach), depth=False, **named))
            drawn.append(layers.Points(plot.world([reach], [at]), color, 5.0, "disc", outline=True, pickable=False))
            legend.append(layers.Row(color, self.found.title(name), (words("?n %", round(100 * at)),)))
        notes = [
            self.head("Runtime profiles", "How many of all targets are reached, and how soon"),
            layers.Legend(legend, "Targets reached"),
        ]
        return ll.Frame(drawn, notes, view)

    @ll.kept
    def _profiles(self) -> tuple[plots.Plot, layers.Layer, list[tuple[str, np.ndarray, np.ndarray]], ll.View]:
        budgets = self.found.budgets
        every = {name: self.found.profile(name) for name in self.listed}
        top = min(1.0, 0.1 * np.ceil(10 * max(share.max() for share in every.values()) + 0.5))
        plot = plots.Plot(
            (1, float(budgets[-1])), (0, float(top)), "", r"\text{targets reached}", log_x=True, right=WIDE, up=HIGH
        )  # fmt: skip
        front = self.shown[:COLORS]
        behind = [plot.world(budgets, share) for name, share in every.items() if name not in front]
        back = layers.Lines(behind, "ghost", 1.2, 0.4, pickable=False)
        view = ll.View(90.0, 90.0, flat=True, bounds=plot.bounds(above=0.05) - (0.0, 0.06, 0.0))
        return plot, back, [(name, plot.world(budgets, every[name]), every[name]) for name in front], view

    # ------------------------------------------------------------------------------------------------ the cells
    def cells(self, now: ll.Now) -> ll.Frame:
        """Return a skyline of all scores: optimizers by landscapes."""
        return self._skyline(round(now.eased(0.0, 0.3), 3))

    @ll.kept(most=2)
    def _skyline(self, grown: float) -> ll.Frame:
        lands, names = self.found.landscapes, self.shown
        score = self.found.scores(names)
        top = float(score.max(initial=1e-9))
        x, y = self._grid()
        low = np.stack(np.broadcast_arrays(x - 0.44 * PITCH, y[:, None] - 0.44 * PITCH, 0.0), -1).reshape(-1, 3)
        high = np.stack(
            np.broadcast_arrays(x + 0.44 * PITCH, y[:, None] + 0.44 * PITCH, 0.012 + TALL * grown * score / top), -1
        ).reshape(-1, 3)
        told = [self.told(name, land) for name in names for land in lands]
        bars = layers.Bars(low, high, (score / top).ravel(), "height", key="cells", name="Score", worth=told)
        drawn: list[layers.Layer] = [bars]
        size = 13.0 if max(len(x), len(y)) <= 14 else 12.0
        for name, at in zip(names, y, strict=True):
            place = (x[-1] + 0.7 * PITCH, at, 0.0)
            drawn.append(layers.Label(place, self.found.title(name), "text", size=size, side="right", bold=False))
        for land, at in zip(lands, x, strict=True):
            place = (at, y[-1] - 0.7 * PITCH, 0.0)
            drawn.append(
                layers.Label(place, self.found.landscape_title(land), "dim", size=size, side="left", bold=False)
            )
        head = self.head(
            "Optimizer × landscape",
            words("Height and colour: the score, up to ?2", top),
            "A click on a bar shows its race",
        )
        return ll.Frame(drawn, [head], self._seen())

    @ll.kept
    def _seen(self) -> ll.View:
        """Return the view of the skyline, with room for names."""
        x, y = self._grid()
        across, along = (x[0] - 2 * PITCH, x[-1] + 3 * PITCH), (y[-1] - PITCH, y[0])
        corners = np.array([(a, b, z) for a in across for b in along for z in (0.0, TALL)])
        return ll.View(-47.0, 47.0, bounds=corners)

    def _grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Return where the columns (landscapes) and rows (optimizers, the best behind) of the skyline stand."""
        columns, count = len(self.found.landscapes), len(self.shown)
        return PITCH * (np.arange(columns) - (columns - 1) / 2), -PITCH * (np.arange(count) - (count - 1) / 2)

    def told(self, optimizer: str, landscape: str) -> str:
        """Say what is known of a cell."""
        row = self.found.row(optimizer, landscape)
        lines = (
            f"{row['title']} on {row['landscape_title']}",
            words("score ?3, ?3 to ?3", row["score"], row["score_low"], row["score_high"]),
            words(
                "success ?n %, ?n to ?n", *(round(100 * row[key]) for key in ("success", "success_low", "success_high"))
            ),
            words("? gradients to the minimum", row["ert"])
            if np.isfinite(row["ert"])
            else "the minimum is never reached",
        )
        return "\n".join(lines)

    # ------------------------------------------------------------------------------------------------ sensitivity
    def ribbons(self, now: ll.Now) -> ll.Frame:
        """Return a ribbon for each optimizer: its score at other rates than the tuned one."""
        names = [name for name in self.shown if self.sensitivity(name) is not None][:RIBBONS]
        drawn: list[layers.Layer] = []
        pitch, share = 2.0 / max(len(names), 6), round(now.eased(0.0, 0.3), 3)
        for place, name in enumerate(names):
            drawn += self._ribbon(name, 1.0 - pitch * (place + 0.5), 0.62 * pitch, share)
        drawn += self._rate_axis(1.0 - pitch * len(names))
        head = self.head(
            "Sensitivity to the rate", "Mean score at other rates than the tuned one", "Broad and high forgives a guess"
        )
        return ll.Frame(drawn, [head], RIBBON_VIEW)

    @ll.kept(most=64)
    def sensitivity(self, name: str) -> tuple[np.ndarray, np.ndarray] | None:
        """Return the decades from the tuned rate (R,) and the mean scores (R,), None for a rule without a rate."""
        rows = [self.found.row(name, land) for land in self.found.landscapes]
        known = [row for row in rows if row["sensitivity"]["rates"]]
        if not known:
            return None
        decades = [np.log10(np.array(row["sensitivity"]["rates"]) / row["settings"]["lr"]) for row in known]
        score = [np.interp(FACTORS, x, row["sensitivity"]["score"]) for x, row in zip(decades, known, strict=True)]
        return FACTORS, np.mean(score, axis=0)

    @ll.kept(most=64)
    def _ribbon(self, name: str, y: float, width: float, share: float) -> list[layers.Layer]:
        found = self.sensitivity(name)
        assert found is not None
        decades, score = found
        fine = np.linspace(decades[0], decades[-1], 97)
        height = np.interp(fine, decades, score)
        x = 1.3 * fine / 2
        rows = np.array([y - width / 2, y + width / 2])
        sheet = np.stack(np.broadcast_arrays(x, rows[:, None], TALL * share * height / 0.8), -1)
        color = self.color(name)
        foot = sheet[0] * (1, 1, 0)
        title, end = self.found.title(name), sheet[:, -1].mean(axis=0) + np.array([0.04, 0.0, 0.0])
        return [
            layers.Curve(sheet[0], color, 2.4, at=fine, foot=foot, fill=0.22, name=title, key=f"rate.{name}"),
            layers.Sheet(sheet, color=color, every=(0, 0), name=title, key=f"ribbon.{name}"),
            layers.Label(end, title, "text", size=14, side="right", bold=False),
        ]

    @ll.kept
    def _rate_axis(self, y: float) -> list[layers.Layer]:
        marks, drawn = (0.01, 0.1, 1.0, 10.0, 100.0), []
        for k, factor in enumerate(marks):
            x = 1.3 * (k - 2) / 2
            drawn.append(
                layers.Lines(
                    [np.array([(x, y, 0.0), (x, 1.0, 0.0)])], "accent" if k == 2 else "hair", 1.2, pickable=False
                )
            )
            drawn.append(layers.Label((x, y, 0.0), words("×?", factor), "dim", size=14, side="below", bold=False))
        for score in (0.0, 0.25, 0.5, 0.75):
            z = TALL * score / 0.8
            drawn.append(layers.Lines([np.array([(-1.3, 1.0, z), (1.3, 1.0, z)])], "hair", 1.2, pickable=False))
            drawn.append(layers.Label((-1.3, 1.0, z), words("?", score), "dim", size=13, side="left", bold=False))
        drawn.append(
            layers.Label(
                (0.0, y - 0.16, 0.0), "rate, as a multiple of the tuned one", "dim", size=14, side="below", bold=False
            )
        )
        return drawn

    # ------------------------------------------------------------------------------------------------ tuning
    def tuning(self, now: ll.Now) -> ll.Frame:
        """Return the loss over the rate and a second parameter as a surface, with the trials of the tuning on it."""
        row = self.found.row(self.chosen, self.land_text)
        second = self.second
        if second is None or self.why_not:
            return self.instead(now, self.why_not or "no second parameter was tuned")
        ground, trials, best, log = self._tuned()
        notes = [
            layers.Title(
                f"{row['title']} on {row['landscape_title']}", "",
                (words("What is left after ?n steps from the median start", row["steps"]),
                 words("Dots: the ?n trials of the tuning, light ones were better", len(row["tuning"]["trials"])),
                 "Ring: the setting that was taken"),
            ),
            layers.ColorBar(ground, "log10 loss"),
        ]  # fmt: skip
        symbol = self._symbol(second)
        axes = layers.Axes(ground, x=r"\log_{10}\eta", y=rf"\log_{{10}}{symbol}" if log else symbol)
        return ll.Frame([self._tuned_surface(), axes, trials, best], notes, ll.View(-60.0, 42.0, bounds=ground.bounds))

    @property
    def second(self) -> str | None:
        """The second parameter of the chosen optimizer's tuning."""
        return self.second_of(self.chosen)

    def second_of(self, optimizer: str) -> str | None:
        """Return the parameter that an optimizer was tuned by beside its rate, None for one that has none."""
        names = self.found.row(optimizer, self.found.landscapes[0])["tuning"]["names"]
        return next((name for name in names if name != "lr"), None) if "lr" in names else None

    def _symbol(self, field: str) -> str:
        rule = ll.optimizers.optimizer(self.found.row(self.chosen, self.land_text)["rule"])
        return ll.optimizers.hyper_parameter(rule, field).symbol

    @ll.kept(most=4)
    def _tuned(self) -> tuple[ll.Terrain, layers.Layer, layers.Layer, bool]:
        row, second = self.found.row(self.chosen, self.land_text), self.second
        assert second is not None
        names = row["tuning"]["names"]
        trials = np.array(row["tuning"]["trials"], float)[:, [names.index("lr"), names.index(second)]]
        low, high = trials.min(axis=0), trials.max(axis=0)
        axes = ("lr", low[0], high[0], "log"), (second, low[1], high[1])
        start_x, start_y = row["runs"]["median"]["start"]
        made = ll.sweep(
            row["landscape"], row["rule"], *axes, CELLS, row["steps"],
            start=(start_x, start_y), seed=self.found.settings["seed"],
        )  # fmt: skip
        left = np.log10(np.maximum(np.where(made.diverged, np.nan, made.loss - row["lowest"]), 1e-12 * row["scale"]))
        worst = np.nanmax(left[np.isfinite(left)], initial=0.0)
        value = np.where(np.isfinite(left), left, worst)
        x, y = np.log10(made.x), np.log10(made.y) if made.up.log else made.y
        ground = ll.Terrain(x, y, value, 0.62, 0.52)
        place = np.column_stack([np.log10(trials[:, 0]), np.log10(trials[:, 1]) if made.up.log else trials[:, 1]])
        place = np.clip(place, [ground.x[0], ground.y[0]], [ground.x[-1], ground.y[-1]])
        score = np.array(row["tuning"]["score"], float)
        rank = np.argsort(np.argsort(score)) / max(len(score) - 1, 1)
        told = [words("score ?3", one) + "\n" + ", ".join(words(f"{n} ?", v) for n, v in zip(names, trial, strict=True))
                for one, trial in zip(score, np.array(row["tuning"]["trials"], float), strict=True)]  # fmt: skip
        category = np.where(rank > 0.75, 1, np.where(rank > 0.4, 0, -1))
        dots = layers.Points(
            ground.world_from_domain(place, 0.012), category, 5.0, "disc", outline=True, name="Trial", worth=told
        )
        ring = layers.Points.on(ground, place[[int(score.argmax())]], "accent", 9.0, "ring", name="Taken")
        return ground, dots, ring, made.up.log

    @ll.kept(most=4)
    def _tuned_surface(self) -> layers.Surface:
        return layers.Surface(self._tuned()[0])

    # ------------------------------------------------------------------------------------------------ the race
    @property
    @ll.kept
    def ground(self) -> Any:
        """The landscape of the race, as the scene of a race on it: its ground, axes and view are used."""
        return ll.scene("optimizer_race", landscape=self.land_text)

    @ll.kept(most=4)
    def replayed(self) -> dict[str, np.ndarray]:
        """Return the places (T + 1, 2) of the best, the median and the worst of the cell's runs."""
        return self.found.replay(self.chosen, self.land_text)

    @ll.kept(most=4)
    def paths(self) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """Return these runs by their names, with their values (T + 1,)."""
        land = self.ground.land
        return [(name, path, np.asarray(land.value(path), float)) for name, path in self.replayed().items()]

    @ll.kept(most=4)
    def pieces(self) -> dict[str, list[tuple[int, np.ndarray]]]:
        """Return what of each run is on the map, piece by piece: its first step, and its places (k, 2)."""
        (x0, x1), (y0, y1) = self.ground.land.domain
        found = {}
        for name, path in self.replayed().items():
            inside = (path >= (x0, y0)).all(axis=1) & (path <= (x1, y1)).all(axis=1)
            ends = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]])))
            found[name] = [(int(a), path[a : b + 1]) for a, b in ends.reshape(-1, 2)][-PIECES:]
        return found

    def trails(self, name: str, values: np.ndarray, color: str, step: float, arrived: bool) -> list[layers.Layer]:
        """Return a run up to a step: its trail, in pieces where it left the map on the way."""
        drawn: list[layers.Layer] = []
        for first, places in self.pieces()[name]:
            if step < first or len(places) < 2:
                continue
            upto = min(step - first, len(places) - 1)
            here = step - first <= upto + 1e-9
            look: dict[str, Any] = {"head": here, "start": name if first == 0 else "", "key": f"{name}.{first}"}
            if here:
                label = f"{name}: arrived" if arrived else name
                look |= {"label": label, "values": values[first : first + len(places)]}
            drawn.append(layers.Trail.on(self.ground.terrain, places, upto, color, name=f"{name} start", **look))
        return drawn

    def race(self, now: ll.Now) -> ll.Frame:
        """Return the runs of a cell on their landscape."""
        if self.why_not:
            return self.instead(now, self.why_not)
        row = self.found.row(self.chosen, self.land_text)
        longest = max(len(points) for _, points, _ in self.paths()) - 1
        done = now.eased(0.02, 0.9)
        step = float(np.expm1(done * np.log1p(longest))) if done < 1.0 else longest  # no rounding at the end
        drawn, rows = [], []
        for (name, points, values), color in zip(self.paths(), RUN_COLORS, strict=True):
            upto = min(step, len(points) - 1)
            arrived = row["runs"][name]["hit"] >= 0 and upto == len(points) - 1
            drawn += self.trails(name, values, color, upto, arrived)
            rows.append(
                layers.Row(color, f"{name} start", (words("?n", upto), float(values[int(upto)] - row["lowest"])))
            )
        for place in self.ground.land.minima:
            if abs(float(self.ground.land.value(place)) - row["lowest"]) <= 1e-6 * row["scale"]:
                drawn.append(layers.Points.on(self.ground.terrain, place, "text", 6.0, "ring", name="Minimum"))
        caption = words("?n % of ?n starts arrive", round(100 * row["success"]), row["starts"])
        notes = [
            layers.Title(f"{row['title']} on {row['landscape_title']}", "", (self.setting(row["rule"]), caption)),
            layers.Legend(rows, "Three of the runs", ("step", "left")),
        ]
        return self.ground.on_ground(drawn, notes)

    def setting(self, rule: str) -> str:
        """Return the tuned settings of a rule in short."""
        settings = [one.partition("=") for one in rule.rpartition(":")[2].split(",") if "=" in one]
        return ", ".join(words(f"{name} ?", float(value)) for name, _, value in settings[:3])

    # ------------------------------------------------------------------------------------------------ clicks
    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Open the race of a cell, choose an optimizer, or turn to its tuning."""
        lands = self.found.landscapes
        if layer.key == "cells":
            row, column = divmod(element, len(lands))
            self.values |= {"optimizer": self.shown[row], "problem": lands[column], "page": "race"}
            return True
        if layer.key == "optimizers":
            self.values |= {"optimizer": self.shown[element], "page": "rates"}
            return True
        kind, _, name = layer.key.partition(".")
        if kind in ("rate", "ribbon", "profile"):
            self.values |= {"optimizer": name, "page": "tuning"}
            return True
        return False

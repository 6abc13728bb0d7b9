"""The results of a benchmark: who won, where, how surely, and the runs behind every number."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import charts, layers, parameters, plots, shapes, signs, words
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
PIECES = 6  # of a run that leaves the map and returns: the first and the last ones
TRIALS = {1: "best quarter", 0: "next third", -1: "the others"}  # by their category
CELLS = 72  # of the tuning's map along each side
RIBBON_VIEW = ll.View(-62.0, 30.0, bounds=np.vstack([shapes.box((-1.35, -1.0, 0.0), (2.0, 1.0, 0.7)), (2.4, 1.0, 0.0)]))


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
    first = parameters.Integer(
        1, 1, 500, "from rank", "The first optimizer that is shown.",
        most=lambda scene: len(scene.listed) - ROWS + 1,
    )  # fmt: skip
    optimizer = parameters.Text("", None, "optimizer", "Whose tuning and race are shown; empty: the best.")
    problem = parameters.Text("", None, "landscape", "Of tuning and race; empty: where half of the starts arrive.")

    @property
    def clock(self) -> ll.Clock:  # pyright: ignore[reportIncompatibleVariableOverride]  # a race takes longer
        """As long as the page moves, and a little more."""
        return ll.Clock({"tuning": 8.0, "race": 10.0}.get(self.page, 5.0))

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

    def changed(self, name: str) -> None:
        """Refuse results that cannot be read, and names that are not in them."""
        if name == "folder":
            self.values |= {"optimizer": "", "problem": "", "first": 1, "family": "all"}
        self.found.row(self.chosen, self.land_text)
        if not self.shown:
            raise ll.UserError(f"No optimizer of the family {self.family!r} is in these results.")

    def has_control(self, name: str) -> bool:
        """Show on each page what it uses."""
        of_one = self.page in ("tuning", "race")
        return {"family": not of_one, "first": not of_one and len(self.listed) > ROWS}.get(name, of_one)

    def while_empty(self, name: str) -> str:
        """Return which optimizer and landscape are shown where none is named."""
        return {"optimizer": self.chosen, "problem": self.land_text}.get(name, "")

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
        return self.listed[self.first - 1 : self.first - 1 + ROWS]

    @property
    def chosen(self) -> str:
        """The optimizer of tuning and race: of those that have a map of their tuning the best, if none is named."""
        mapped = (name for name in self.found.optimizers if self.found.second(name) or self.page != "tuning")
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

    @ll.kept
    def color(self, optimizer: str) -> str:
        """Return the colour of an optimizer: the first on the page have one of their own."""
        index = self.shown.index(optimizer) if optimizer in self.shown else COLORS
        return f"lane.{index}" if index < COLORS else "ghost"

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the leaderboard's first line, and the cell that is chosen."""
        best, row = self.found.board[self.found.optimizers[0]], self.found.row(self.chosen, self.land_text)
        return {
            "optimizers": float(len(self.found.optimizers)), "landscapes": float(len(self.found.landscapes)),
            "best_score": best["score"], "best_interval": np.array([best["score_low"], best["score_high"]]),
            "success": float(row["success"]), "running_time": float(row["ert"]),
        }  # fmt: skip

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the page."""
        return getattr(self, self.page)(now)

    def head(self, title: str, *lines: str) -> layers.Title:
        """Return the title of a page."""
        counts = len(self.found.optimizers), len(self.found.landscapes), self.found.settings["starts"]
        return layers.Title(title, "", (words("?n optimizers, ?n landscapes, ?n starts", *counts), *lines))

    # ------------------------------------------------------------------------------------------------ leaderboard
    def leaderboard(self, now: ll.Now) -> ll.Frame:
        """Return a bar for each optimizer, with its interval and how often it succeeds."""
        tied = sum(line["tied"] for line in self.found.board.values())
        even = (
            "The first is better than every other" if tied < 2 else f"The first {tied}, in bold, cannot be told apart"
        )
        head = self.head("Leaderboard", even + " (5 %)")
        view = ll.View(90.0, 90.0, flat=True, bounds=self.board_bounds())
        return ll.Frame(self.grown("ranking", round(now.eased(0.0, 0.6), 3)), [head], view)

    @ll.kept(most=4)
    def grown(self, chart: str, share: float) -> list[layers.Layer]:
        """Return a page's chart when it has grown to a share of its height."""
        return getattr(self, chart)().layers(share)

    @ll.kept
    def ranking(self) -> charts.Ranking:
        """Return the chart of the leaderboard."""
        lines = [self.found.board[name] for name in self.shown]
        score, low, high = (np.array([line[key] for line in lines]) for key in ("score", "score_low", "score_high"))
        names = [f"{line['rank']:.0f}  {self.found.title(line['optimizer'])}" for line in lines]
        told = [words("?n %", round(100 * line["success"])) for line in lines]
        colors, tied = [self.color(name) for name in self.shown], [line["tied"] for line in lines]
        worth, size = [self.found.said_of(name) for name in self.shown], (WIDE, BOARD)
        said = "score", "starts that reach the minimum"
        return charts.Ranking(score, low, high, names, told, colors, tied, worth, *said, size, key="optimizers")

    @ll.kept
    def board_bounds(self) -> np.ndarray:
        """Return the corners of the leaderboard."""
        return self.ranking().bounds(for_names=2.7)

    # ------------------------------------------------------------------------------------------------ profiles
    def profiles(self, now: ll.Now) -> ll.Frame:
        """Return how many targets are reached within how many gradient evaluations."""
        plot, back, curves = self.profile_curves()
        upto, when = float(np.log(self.found.budgets[-1])) * max(now.eased(0.0, 0.8), 0.01), np.log(self.found.budgets)
        below = layers.Label((WIDE / 2, -0.14, 0.0), "gradient evaluations", "dim", size=15, side="below", bold=False)
        drawn: list[layers.Layer] = [plot, back, below]
        rows = []
        for name, line in curves.items():
            color, at = self.color(name), float(np.interp(upto, when, self.found.profile(name)))
            named = {"key": f"profile.{name}", "name": self.found.title(name), "units": plot}
            drawn.append(layers.Curve(line, color, 3.0, at=when, upto=upto, depth=False, **named))
            end = plot.world([np.exp(upto)], [at])
            drawn.append(layers.Points(end, color, 5.0, "disc", outline=True, pickable=False))
            rows.append(layers.Row(color, self.found.title(name), (words("?n %", round(100 * at)),)))
        head = self.head("Runtime profiles", "Share of targets reached, and how soon")
        view = ll.View(90.0, 90.0, flat=True, bounds=self.profile_bounds())
        return ll.Frame(drawn, [head, layers.Legend(rows, "Targets reached")], view)

    @ll.kept
    def profile_curves(self) -> tuple[plots.Plot, layers.Layer, dict[str, np.ndarray]]:
        """Return the scales of the profiles, those in the background as lines, and the others' points."""
        budgets, every = self.found.budgets, {name: self.found.profile(name) for name in self.listed}
        top = min(1.0, 0.1 * np.ceil(10 * max(share.max() for share in every.values()) + 0.5))
        plot = plots.Plot((1, float(budgets[-1])), (0, float(top)), log_x=True, right=WIDE, up=HIGH)
        lines = {name: plot.world(budgets, share) for name, share in every.items()}
        front = {name: lines.pop(name) for name in self.shown[:COLORS]}
        return plot, layers.Lines(list(lines.values()), "ghost", 1.2, 0.4, pickable=False), front

    @ll.kept
    def profile_bounds(self) -> np.ndarray:
        """Return the corners of the profiles, with room for what the numbers below are."""
        return self.profile_curves()[0].bounds(above=0.05) - (0.0, 0.06, 0.0)

    # ------------------------------------------------------------------------------------------------ the cells
    def cells(self, now: ll.Now) -> ll.Frame:
        """Return a skyline of all scores: optimizers by landscapes."""
        top = float(self.found.scores(self.shown).max(initial=1e-9))
        head = words("Height and colour: the score, up to ?2", top), "A click on a bar shows its race"
        bars = self.grown("skyline", round(now.eased(0.0, 0.6), 3))
        view = ll.View(-47.0, 47.0, bounds=self.skyline().bounds)
        return ll.Frame(bars, [self.head("Optimizer × landscape", *head)], view)

    @ll.kept
    def skyline(self) -> charts.Skyline:
        """Return the chart of the cells."""
        score, lands = self.found.scores(self.shown), self.found.landscapes
        rows, columns = map(self.found.title, self.shown), map(self.found.landscape_title, lands)
        worth = [self.found.said(name, land) for name in self.shown for land in lands]
        share = score / float(score.max(initial=1e-9))
        return charts.Skyline(share, tuple(rows), tuple(columns), worth, PITCH, TALL, "Score", key="cells")

    # ------------------------------------------------------------------------------------------------ sensitivity
    def rates(self, now: ll.Now) -> ll.Frame:
        """Return a ribbon for each optimizer: its score at other rates than the tuned one."""
        told = "Mean score at other rates", "Broad and high forgives a guess"
        drawn = self.grown("ribbons", round(now.eased(0.0, 0.6), 3))
        return ll.Frame(drawn, [self.head("Sensitivity to the rate", *told)], RIBBON_VIEW)

    @ll.kept
    def ribbons(self) -> charts.Ribbons:
        """Return the chart of the scores at other rates than the tuned one, of those on the page that have a rate."""
        every = {name: self.found.sensitivity(name) for name in self.shown}
        scores = [score for score in every.values() if score is not None][:RIBBONS]
        names = [name for name, score in every.items() if score is not None][:RIBBONS]
        fine = np.linspace(summary.FACTORS[0], summary.FACTORS[-1], 97)
        heights = np.array([np.interp(fine, summary.FACTORS, score) for score in scores])
        ticks = {decade: words("×?", 10.0**decade) for decade in (-2.0, -1.0, 0.0, 1.0, 2.0)}
        levels = {score: words("?", score) for score in (0.0, 0.25, 0.5, 0.75)}
        titles, colors = [self.found.title(name) for name in names], [self.color(name) for name in names]
        unit = "times the tuned rate"
        return charts.Ribbons(fine, heights, titles, colors, names, ticks, levels, 0.0, unit, 2.6, TALL / 0.8)

    # ------------------------------------------------------------------------------------------------ tuning
    def tuning(self, now: ll.Now) -> ll.Frame:
        """Return the loss over the rate and a second parameter as a surface, with the trials of the tuning on it."""
        row, second = self.found.row(self.chosen, self.land_text), self.found.second(self.chosen)
        if second is None or self.why_not:
            return self.instead(now, self.why_not or "no second parameter was tuned")
        ground, tuned = self.tuned_ground(), self.tuned()
        told = words("What is left after ?n steps", row["steps"]), "from the median start"
        title = layers.Title(f"{row['title']} on {row['landscape_title']}", "", told)
        count = max(1, round(now.eased(0.0, 0.8) * len(tuned.score)))
        rows = [layers.Row(f"particle.{k}", name) for k, name in TRIALS.items()]
        legend = layers.Legend(
            [*rows, layers.Row("accent", "ring: best so far")], words("Trial ?n, scored on other starts", count)
        )
        symbol = ll.optimizers.hyper_parameter(ll.optimizers.optimizer(row["rule"]), second).symbol
        name = rf"\log_{{10}}{symbol}" if tuned.log_y else symbol
        drawn = [layers.Surface(ground), layers.Axes(ground, x=r"\log_{10}\eta", y=name), *self.trials(count)]
        notes = [title, legend, layers.ColorBar(ground, "log10 loss")]
        return ll.Frame(drawn, notes, ll.View(-60.0, 42.0, bounds=ground.bounds))

    @ll.kept(most=4)
    def tuned(self) -> summary.Tuning:
        """Return where the chosen optimizer was tuned."""
        return self.found.tuning(self.chosen, self.land_text, CELLS)

    @ll.kept(most=4)
    def tuned_ground(self) -> ll.Terrain:
        """Return what was left of the loss there, as a ground."""
        tuned = self.tuned()
        return ll.Terrain(tuned.x, tuned.y, tuned.left, 0.62, 0.52)

    @ll.kept(most=4)
    def trials(self, count: int) -> list[layers.Layer]:
        """Return the first trials as dots, with a ring around the best so far."""
        tuned, ground = self.tuned(), self.tuned_ground()
        place, best = ground.world_from_domain(tuned.place[:count], 0.012), int(tuned.score[:count].argmax())
        colors, said = tuned.category[:count], tuned.said[:count]
        return [
            layers.Points(place, colors, 5.0, "disc", outline=True, name="Trial", worth=said),
            layers.Points.on(ground, tuned.place[[best]], "accent", 9.0, "ring", name="Best so far"),
        ]

    def instead(self, now: ll.Now, why: str) -> ll.Frame:
        """Return the page of sensitivities, with a title that says why it is not the one that was asked for."""
        frame, title = self.rates(now), f"{self.found.title(self.chosen)}: {why}"
        return ll.Frame(frame.layers, [self.head(title, "Here is how its score depends on the rate")], frame.view)

    # ------------------------------------------------------------------------------------------------ the race
    def race(self, now: ll.Now) -> ll.Frame:
        """Return the runs of a cell on their landscape."""
        if self.why_not:
            return self.instead(now, self.why_not)
        row, done = self.found.row(self.chosen, self.land_text), now.eased(0.02, 0.96)
        longest = max(len(points) for _, points, _ in self.paths()) - 1
        step = float(np.expm1(done * np.log1p(longest))) if done < 1.0 else longest  # no rounding at the end
        drawn, rows = [], []
        for (name, points, values), color in zip(self.paths(), RUN_COLORS, strict=True):
            upto = min(step, len(points) - 1)
            arrived = row["runs"][name]["hit"] >= 0 and upto == len(points) - 1
            drawn += self.trails(name, values, color, upto, arrived)
            left = float(values[int(upto)] - row["lowest"])
            rows.append(layers.Row(color, f"{name} start", (words("?n", upto), left)))
        for place in self.ground.land.minima:
            if abs(float(self.ground.land.value(place)) - row["lowest"]) <= 1e-6 * row["scale"]:
                drawn.append(layers.Points.on(self.ground.terrain, place, "text", 6.0, "ring", name="Minimum"))
        told = self.setting(row["rule"]), words("?n % of ?n starts arrive", round(100 * row["success"]), row["starts"])
        title = layers.Title(f"{row['title']} on {row['landscape_title']}", "", told)
        return self.ground.on_ground(drawn, [title, layers.Legend(rows, "Three of the runs", ("step", "left"))])

    @property
    @ll.kept
    def ground(self) -> Any:
        """The landscape of the race, as the scene of a race on it: its ground, axes and view are used."""
        return ll.scene("optimizer_race", landscape=self.land_text)

    @ll.kept(most=4)
    def paths(self) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """Return the best, the median and the worst of the cell's runs: their places (T + 1, 2) and values (T + 1,)."""
        land, found = self.ground.land, self.found.replay(self.chosen, self.land_text)
        return [(name, path, np.asarray(land.value(path), float)) for name, path in found.items()]

    @ll.kept(most=4)
    def pieces(self) -> dict[str, list[tuple[int, np.ndarray]]]:
        """Return what of each run is on the map, piece by piece: its first step, and its places (k, 2)."""
        found = {name: self.ground.terrain.pieces(path) for name, path, _ in self.paths()}
        return {name: every[:1] + every[1:][1 - PIECES :] for name, every in found.items()}

    def trails(self, name: str, values: np.ndarray, color: str, step: float, arrived: bool) -> list[layers.Layer]:
        """Return a run up to a step: its trail, in pieces where it left the map on the way."""
        drawn: list[layers.Layer] = []
        for first, places in self.pieces()[name]:
            if step < first or len(places) < 2:
                continue
            upto = min(step - first, len(places) - 1)
            here = step - first <= upto + 1e-9
            look: dict[str, Any] = {
                "head": here,
                "start": name if first == 0 and step >= 1 else "",
                "key": f"{name}.{first}",
            }
            if here:
                label = f"{name}: arrived" if arrived else name
                look |= {"label": label, "values": values[first : first + len(places)]}
            drawn.append(layers.Trail.on(self.ground.terrain, places, upto, color, name=f"{name} start", **look))
        return drawn

    def setting(self, rule: str) -> str:
        """Return the tuned settings of a rule in short."""
        settings = [one.partition("=") for one in rule.rpartition(":")[2].split(",") if "=" in one]
        return ", ".join(f"{name} {float(value):.4g}" for name, _, value in settings[:3])

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

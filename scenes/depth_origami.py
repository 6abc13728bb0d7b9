"""Depth folds: a sheet folded again and again, a map that bends a line in two, and lines in a plane that was folded."""

from __future__ import annotations

from functools import partial
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, plots, shapes, signs, tex, words
from lossland.models import foldings

SIDE = 512  # samples along each side of the plane that is coloured
THICK, SHEET = 0.10, 0.008  # at most: of the whole packet, and of the paper, in sides of the sheet over 2
PAPER, EDGE = "#EBD8B0", "#B7A273"  # in either theme; on paper no light tells the sides of the packet apart
NEARER = 0.88  # how much of the packet's shrinking the view takes part in
RELU = r"\mathrm{relu}"
FOLD = rf"|x| = {RELU}(x) + {RELU}(-x)"
TENT = rf"g(x) = 2\,{RELU}(x) - 4\,{RELU}(x - \tfrac{{1}}{{2}})"
MOST = r"1 + n + \tfrac{n (n - 1)}{2}"  # regions between n lines
MOST_LINES = 12
PAPER_FOLDED = ("Layers of paper", "A fold: two neurons make |x|, the other coordinate goes around")
PAPER_CUT = ("Copies of the cut that can be seen", "One cut goes through all layers")


class DepthOrigami(ll.Scene):
    """Each layer folds, and what is cut after the last fold is cut everywhere."""

    name = "depth_origami"
    title = "Fold, fold, fold"
    chapter = "Networks as geometry"
    rows = ("N4", "S2")
    sign = (
        signs.Line([(0.08, 0.9), (0.29, 0.2), (0.5, 0.9), (0.71, 0.2), (0.92, 0.9)], "accent", 2.2),
        signs.Line([(0.08, 0.9), (0.5, 0.2), (0.92, 0.9)], "dim", 1.4),
    )
    presets: ClassVar = {
        "five folds": {"show": "paper", "depth": 5},
        "one fold": {"show": "paper", "depth": 1},
        "two folds": {"show": "paper", "depth": 2},
        "three folds": {"show": "paper", "depth": 3},
        "four folds": {"show": "paper", "depth": 4},
        "tent map": {"show": "tent", "depth": 4},
        "as many neurons": {"show": "tent", "depth": 5, "beside": True},
        "lines": {"show": "plane", "depth": 1, "width": 8},
        "folded lines": {"show": "plane", "depth": 3, "width": 4, "beside": True},
    }

    show = parameters.Choice("paper", ("paper", "tent", "plane"), "show", "Paper, a map of a line, or of a plane.")
    depth = parameters.Integer(
        5, 1, 8, "depth", "How many layers: each one folds; in the plane the last one cuts.",
        most=lambda scene: {"paper": 7, "plane": 5}.get(scene.show, 8),  # that can be drawn
    )  # fmt: skip
    width = parameters.Integer(4, 1, MOST_LINES, "width", "How many lines the last layer cuts the plane along.")
    beside = parameters.Toggle(False, "compare", "One wide layer with as many neurons, for comparison.")
    cut = parameters.Point((0.5, 0.5), 0.35, 0.65, "cut", "Where the packet is cut: drag the ring.", hidden=True)
    turns = parameters.Point((0.0,) * MOST_LINES, -3.2, 3.2, "turns", "How far each line's end is moved.", hidden=True)
    clock = ll.Clock(16.0)

    def has_control(self, name: str) -> bool:
        """Hide what the picture that is shown has not."""
        return {"width": self.show == "plane", "beside": self.show != "paper"}.get(name, True)

    # ---------------------------------------------------------------------------------------------- the mathematics
    @ll.kept
    def tent(self, depth: int) -> foldings.Bent:
        """Return the tent map, so many times, from the weights of its network."""
        return foldings.bent(foldings.tent(depth))

    @ll.kept
    def wide(self) -> foldings.Bent:
        """Return what one layer of as many neurons can be at most."""
        return foldings.bent(foldings.zigzag(2 * self.depth))

    @ll.kept
    def lines(self, count: int) -> np.ndarray:
        """Return the first lines (count, 3) of the last layer."""
        return foldings.chords(self.width, self.turns)[:count]

    @ll.kept
    def regions(self, count: int) -> int:
        """Return into how many regions the first lines cut the square."""
        return foldings.regions(self.lines(count), 1.0)

    def neurons(self) -> int:
        """Return how many neurons fold and cut the plane: four for each fold."""
        return 4 * (self.depth - 1) + self.width

    @ll.kept
    def spread_out(self) -> np.ndarray:
        """Return lines (n, 3) of as many neurons in one layer."""
        return foldings.chords(self.neurons())

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return pieces and steepest slope of the tent map, and regions of the lines, before and after folding."""
        tent = self.tent(self.depth)
        return {
            "pieces": tent.pieces,
            "slope": float(np.abs(tent.slopes).max()),
            "regions": self.regions(self.width),
            "folded_regions": foldings.folded_regions(self.lines(self.width), self.depth - 1),
            "pieces_of_one_layer": self.wide().pieces,
            "regions_of_one_layer": foldings.regions(self.spread_out(), 1.0),
        }

    # ------------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the paper, the graph, or the plane."""
        return {"paper": self.paper, "tent": self.graph, "plane": self.plane}[self.show](now)

    def handles(self, now: ll.Now) -> list[ll.Handle]:
        """Return the ring on the cut while the sheet is flat, and the ends of lines until the plane unfolds."""
        if self.show == "paper" and self.folds(now) == 0:
            return [ll.Handle("cut", shapes.lifted(self.middle()), DepthOrigami.cut_at, plane=0.0)]
        if self.show == "plane" and self.unfolding(now) == 0:
            ends = enumerate(shapes.lifted(self.ends(now)))
            return [
                ll.Handle(f"line {k + 1}", end, partial(DepthOrigami.turn_line, line=k), plane=0.0) for k, end in ends
            ]
        return []

    def cut_at(self, position: tuple[float, ...]) -> None:
        """Cut the packet at a place of the sheet."""
        low = foldings.packet(self.depth)
        self.set("cut", np.clip((np.asarray(position) - low) / (1.0 - low), 0.35, 0.65))

    def turn_line(self, position: tuple[float, ...], line: int) -> None:
        """Move an end of a line along the circle, to below a place."""
        turn = foldings.chord_turn(self.width, line, np.asarray(position) - self.place())
        self.set("turns", [*self.turns[:line], round(turn, 3), *self.turns[line + 1 :]])

    # --------------------------------------------------------------------------------------------------- the paper
    def folds(self, now: ll.Now) -> float:
        """Return how many folds are in the paper."""
        return now.staged(self.depth, 0.08, 0.46, 0.85) - now.staged(self.depth, 0.6, 0.94, 0.85)

    def middle(self) -> np.ndarray:
        """Return the middle (2,) of the cut in the packet."""
        low = foldings.packet(self.depth)
        return low + (1.0 - low) * self.cut

    @ll.kept
    def sheet(self, size: float) -> np.ndarray:
        """Return all copies (2^depth, 2 m, 2) of a cut of some size, and of the packet's rim around it."""
        return foldings.cut_open(self.depth, np.array(self.cut), size)

    def paper(self, now: ll.Now) -> ll.Frame:
        """Return the sheet, folded, cut and unfolded again."""
        folds, size = self.folds(now), now.eased(0.48, 0.57)
        sheet, thick = self.sheet(size), min(THICK / 2**self.depth, SHEET)
        count = sheet.shape[1] // 2
        place = foldings.in_paper(sheet, folds, thick).reshape(-1, 3)
        mesh = shapes.Mesh(place, *foldings.joined(len(sheet), count, size > 0))
        drawn: list[layers.Layer] = [layers.Solid(mesh, PAPER, 1.0, 1.2, EDGE, name="Paper", key="paper")]
        lines = partial(layers.Lines, depth=False, pickable=False)
        if folds == self.depth and size > 0:  # on top of the packet
            edge = shapes.lifted(sheet[0, [*range(count), 0]], (2**self.depth - 1) * thick)
            drawn.append(lines([edge], "area", 2.6, key="cut"))
        if folds == 0 and now.share > 0.5:
            rims = [*shapes.lifted(sheet[:, [*range(count, 2 * count), count]])]
            drawn.append(lines(rims, "dim", 1.0, 0.6, key="creases"))
            ring = ll.Handle("Cut", shapes.lifted(self.middle(), 0.01), DepthOrigami.cut_at).ring("text", 6.0)
            drawn += [lines(rims[:1], "area", 2.4, key="packet"), ring]
        view = ll.View(-64.0, 40.0, bounds=self.around(folds), moves=True)
        return ll.Frame(drawn, self.paper_notes(now, folds), view)

    @ll.kept
    def around(self, folds: float) -> np.ndarray:
        """Return the corners (8, 3) of a box around the packet, which comes nearer as that gets smaller."""
        share = folds - int(folds)
        low = (1 - share) * foldings.packet(int(folds)) + share * foldings.packet(int(folds) + 1)
        middle = (1.0 + low) / 2
        half = 1.0 - NEARER * middle
        high = (0.3 + 0.5 * np.sin(np.pi * share)) * half.max()  # of what is turned over
        return shapes.box((*(middle - half), 0.0), (*(middle + half), high))

    def paper_notes(self, now: ll.Now, folds: float) -> list[layers.Note]:
        """Return how many layers of paper there are, and then how many copies of the cut."""
        most, cut = float(2**self.depth), now.share > 0.57
        seen = 2 ** abs(int(folds + 0.5) - self.depth * cut)  # a flap counts from upright on
        heading, said = PAPER_CUT if cut else PAPER_FOLDED
        rows = [
            ("text", tex(r"2 \times ?n", self.depth), "", "neurons make the folds"),
            ("accent", tex("2^{?n} = ?n", self.depth, most), "", "copies of all that follows"),
        ]
        return [
            layers.Title(self.title, FOLD, [said]),
            layers.Meter(heading, "", float(seen), "area", 0.0, most, words("?n", seen), count=True),
            layers.Facts("Folds", rows),
        ]

    # ------------------------------------------------------------------------------------------------- on a line
    def graph(self, now: ll.Now) -> ll.Frame:
        """Return the tent map, which bends its own graph again and again, and what one layer can do."""
        steps = now.staged(self.depth, 0.06, 0.94, 0.75)
        whole = int(steps)
        x = np.linspace(0.0, 1.0, 2 ** int(np.ceil(steps)) + 1)
        curve = (x, foldings.tent_on_its_way(x, steps))
        done = self.tent(max(whole, 1))
        pieces = done.pieces if whole else 1
        upper, lower = self.plots(whole)
        drawn: list[layers.Layer] = [upper]
        if steps == whole == self.depth:
            drawn.append(upper.curve((done.knots, done.values), "accent", name="Deep", key="deep"))
        else:
            drawn.append(upper.curve(curve, "accent", name="On its way", key="moving"))
        if steps != whole:
            drawn.append(upper.line((0.0, 0.5), (1.0, 0.5), "dim", 0.0, 1.6, (12, 7), key="fold"))
        deep = words("pieces of ? layer? of 2", whole, "" if whole == 1 else "s")
        slope = tex(r"\pm ?n", 2**whole) if whole else "1"
        rows = [("accent", tex(r"2^{?n} = ?n", whole, pieces), "", deep), ("dim", slope, "", "slope of each")]
        if self.beside:
            wide, many = self.wide(), 2 * self.depth
            drawn += [lower, lower.curve((wide.knots, wide.values), "k", name="One layer", key="wide")]
            rows.append(("k", tex("?n + 1 = ?n", many, wide.pieces), "", words("pieces of one layer of ?", many)))
        bounds = np.vstack([upper.bounds(0.22), lower.bounds() - (0, 0.12, 0)]) if self.beside else upper.bounds(0.14)
        most, told = float(2**self.depth), words("?n", pieces)
        meter = layers.Meter("Pieces", "", float(pieces), "accent", 0.0, most, told, count=True)
        said = words("What is above ½ is folded down: ? of ? layers", whole, self.depth)
        notes = [layers.Title(self.title, TENT, [said]), meter, layers.Facts("What depth is worth", rows)]
        return ll.Frame(drawn, notes, ll.View(flat=True, bounds=bounds))

    @ll.kept
    def plots(self, done: int = 0) -> list[plots.Plot]:
        """Return the axes of the deep network, so many layers of which are done, and below those of the wide one."""
        up = 1.25 if self.beside else 2.2
        names = ((0.0, rf"g^{done}(x)" if done > 1 else "g(x)" if done else "x"), (-1.8, r"\text{one layer}"))
        return [plots.Plot((0, 1), (0, 1), "x", name, corner=(0.0, y, 0.0), up=up, count=(4, 2)) for y, name in names]

    # ------------------------------------------------------------------------------------------------ on a plane
    def place(self) -> np.ndarray:
        """Return the middle (2,) of the square that is folded."""
        return np.array([1.2 if self.beside else 0.0, 0.0])

    def drawing(self, now: ll.Now) -> float:
        """Return how many lines are drawn."""
        return now.staged(self.width, 0.04, 0.46 if self.depth > 1 else 0.9, 0.8)

    def ends(self, now: ll.Now) -> np.ndarray:
        """Return the ends (n, 2) that can be dragged, of the lines that are drawn."""
        return foldings.chord_ends(self.width, self.turns)[: int(np.ceil(self.drawing(now))), 0] + self.place()

    def unfolding(self, now: ll.Now) -> float:
        """Return how many folds of the plane are undone."""
        return now.staged(self.depth - 1, 0.5, 0.94, 0.75) if self.depth > 1 else 0.0

    @ll.kept
    def shade(self, count: int, steps: float) -> np.ndarray:
        """Return a number (SIDE, SIDE) in [0, 1] for the pattern of those neurons that cut, row by row."""
        found = foldings.shades(self.lines(count), foldings.folded(np.linspace(-1.0, 1.0, SIDE), steps))
        if steps != int(steps):  # on the way lines have no copies that are drawn: they are where neighbours differ
            found[foldings.borders(found)] = 1.0
        return found

    def plane(self, now: ll.Now) -> ll.Frame:
        """Return the plane in colours that change at each line: lines cut it one after another, then it is unfolded."""
        drawing, steps = self.drawing(now), self.unfolding(now)
        count, folds = int(drawing), int(steps)
        drawn: list[layers.Layer] = [self.square(self.shade(count, steps), self.place(), "folded")]
        if steps == folds:
            drawn += self.cuts(drawing, folds)
        found = 4**folds * self.regions(count)
        if self.beside:
            drawn += self.one_layer()
        if not steps:
            rings = shapes.lifted(self.ends(now), 0.01)
            drawn.append(layers.Points(rings, "text", 6.0, "ring", True, group="handles", name="Line", key="ends"))
        wide = 1.2 + 1.05 if self.beside else 1.1
        bounds = shapes.rectangle((-wide, wide), (-1.3 if self.beside else -1.1, 1.1))
        return ll.Frame(drawn, self.plane_notes(count, folds, found), ll.View(90.0, 90.0, flat=True, bounds=bounds))

    def square(self, shade: np.ndarray, middle: np.ndarray, key: str) -> layers.Image:
        """Return a coloured square around a place."""
        corner, right, up = np.append(middle - 1.0, -0.01), np.array([2.0, 0, 0]), np.array([0, 2.0, 0])
        return layers.Image(shade, corner, right, up, smooth=True, name="Pattern", key=key)

    @ll.kept
    def cuts(self, drawn: float, folds: int) -> list[layers.Layer]:
        """Return the lines in the square, the last of them partly, and their copies in all that was folded."""
        copies = foldings.partly_drawn(self.lines(self.width), drawn, folds) + self.place()
        if not len(copies):
            return []
        lines = partial(layers.Lines, width=2.2 if folds < 2 else 1.4, depth=False)
        cut = lines([*shapes.lifted(copies)], "area", name="Line", key="lines")
        if not folds:
            return [cut]
        creases = shapes.lifted(shapes.grid(1.0, 2.0 / 2**folds) + self.place())
        return [cut, lines([*creases], "text", name="Crease", key="creases")]

    @ll.kept
    def one_layer(self) -> list[layers.Layer]:
        """Return what one layer of as many neurons does to its square, and below both squares what cut them."""
        folds, place = self.depth - 1, self.place()
        shade = foldings.shades(self.spread_out(), np.linspace(-1.0, 1.0, SIDE))
        ends = [*shapes.lifted(foldings.within(self.spread_out()) - place)]
        deep = words("? fold? of 4, ? lines", folds, "" if folds == 1 else "s", self.width)
        texts = ((-place, words("one layer of ?", self.neurons())), (place, deep))
        return [
            self.square(shade, -place, "one layer"),
            layers.Lines(ends, "k", 2.2, depth=False, name="Line", key="lines of one layer"),
            *(layers.Label((x, -1.08, 0.0), text, size=17.0, side="below", key=text) for (x, _), text in texts),
        ]

    def plane_notes(self, count: int, folds: int, found: int) -> list[layers.Note]:
        """Return the number of regions, beside the most that so many lines can make."""
        most = 4 ** (self.depth - 1) * self.regions(self.width)
        of_lines = words("at most, of ? line?", count, "" if count == 1 else "s")
        rows = [("area", tex("?n", foldings.most_regions(count)), "", of_lines)]
        rows += [("text", tex("4^{?n} = ?n", folds, 4**folds), "", "copies")] if self.depth > 1 else []
        if self.beside:
            one = foldings.regions(self.spread_out(), 1.0)
            rows.append(("k", tex("?n", one), "", words("regions of one layer of ?", self.neurons())))
        regions = r"\text{regions} \leq " + (rf"4^{self.depth - 1} \left({MOST}\right)" if self.depth > 1 else MOST)
        said = "The colour changes at each line" + ("; copies share theirs" if self.depth > 1 else "")
        return [
            layers.Title(self.title, regions, [said]),
            layers.Meter("Regions", "", float(found), "area", 0.0, float(most), words("?n", found), count=True),
            layers.Facts("How many there can be", rows),
        ]

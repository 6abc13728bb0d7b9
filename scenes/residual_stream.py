"""The stream that is edited: each token is a stream of numbers, and blocks read it and add to it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, signs, words
from lossland.models import minilm, residual

UP = (0.0, 0.0, 1.0)
COLORS = {"token": "optimizer.momentum", "position": "dim", "previous": "up", "output": "area"}  # of the lanes
OFFSET = dict(zip(COLORS, (-0.12, -0.04, 0.04, 0.12), strict=True))  # of a lane from the middle of its token's stream
WIDE, LEVEL = 4.7, 0.8  # of all streams, and how high a block is
TALL, LENS, ASIDE = 2.6, 2.6, -3.5  # of a bar of probability 1; x of the first bar, and of the names
CHIP = 0.34  # how high tokens and what is written of them are
LEAST = 0.04  # of a weight or of a lane's content that is drawn
MOST = 12  # tokens
FLOW = (0.05, 0.92)  # share of the scene
FADE, FAR = 3.0, 1.35  # moves after which a way is fainter; and how far one may lead
SYMBOLS = (*map(str, range(residual.SYMBOLS)), "BOS")
MOVES = (COLORS["previous"], "dim", COLORS["token"], "dim")  # the colours of what a layer of the sentence model does


def tokens_of(text: str) -> list[int]:
    """Return the tokens of a text such as ``BOS 2 4 1``, without the mark of the beginning, or raise UserError."""
    parts = text.replace(",", " ").strip("[]() ").split()
    parts = parts[1:] if parts and parts[0].upper() == "BOS" else parts
    if not 1 <= len(parts) <= MOST or not set(parts) <= set(SYMBOLS[:-1]):
        raise ll.UserError(
            f"tokens must be from 1 to {MOST} whole numbers from 0 to {residual.SYMBOLS - 1} with spaces between, "
            f"such as BOS 2 4 1 0 5 3 2, not {text!r}."
        )
    return [int(part) for part in parts]


class ResidualStream(ll.Scene):
    """Nothing is replaced on the way through a transformer: blocks add, and what leaves is the sum of all edits."""

    name = "residual_stream"
    title = "The stream that is edited"
    chapter = "Attention and embeddings"
    rows = ("Q4", "A2", "S1")
    sign = (
        *(signs.Line([(x, 0.9), (x, 0.1)], "dim", 1.4) for x in (0.2, 0.5, 0.8)),
        signs.Line([(0.2, 0.74), (0.23, 0.6), (0.47, 0.56), (0.5, 0.42)], "up", 2.0),
        signs.Line([(0.5, 0.5), (0.53, 0.36), (0.77, 0.32), (0.8, 0.18)], "area", 2.4),
        signs.Dot((0.8, 0.12), 2.6, "area"),
    )
    presets: ClassVar = {
        "what came next before": {},
        "sharp": {"sharpness": 10.0},
        "dull": {"sharpness": 2.0},
        "no beginning": {"bos": False, "sharpness": 10.0},
        "without the first head": {"ablate": "attention 1"},
        "without a perceptron": {"ablate": "mlp 1"},
        "twice before": {"tokens": "BOS 3 5 2 3 5 1 3", "sharpness": 10.0},
        "a real model": {"show": "sentence"},
    }

    tokens = parameters.Text("BOS 2 4 1 0 5 3 2", tokens_of, "tokens", "Numbers from 0 to 5. Click one to change it.")
    bos = parameters.Toggle(True, "BOS first", "A token that marks the beginning, which nothing comes before.")
    sharpness = parameters.Number(5.0, 0.5, 20.0, "sharpness", "A factor on all scores, and on the output.", log=True)
    ablate = parameters.Choice(
        "none", ("none", *residual.induction(1).blocks), "leave out", "A block that adds nothing: click its name."
    )
    sentence = parameters.Text(
        minilm.SENTENCES[6], minilm.check_sentence, "sentence", "What the real model reads.", options=minilm.SENTENCES
    )
    follow = parameters.Integer(
        4, 0, minilm.LONGEST - 3, "follow", "The word whose way is followed, from 0 on: click a word, or its way."
    )
    # The last one: it is set after those that change what is shown.
    show = parameters.Choice(
        "induction", ("induction", "sentence"), "show", "A model that is written down, or a real one."
    )
    clock = ll.Clock(14.0)

    def changed(self, name: str) -> None:
        """Show what was changed last."""
        if name in ("sentence", "follow", "tokens", "ablate", "sharpness", "bos"):
            self.values["show"] = "sentence" if name in ("sentence", "follow") else "induction"

    def has_control(self, name: str) -> bool:
        """Hide which word is followed where there are no words."""
        return name != "follow" or self.show == "sentence"

    # ------------------------------------------------------------------------------------------------- the numbers
    @ll.kept
    def symbols(self) -> list[int]:
        """Return the tokens, with the one that marks the beginning."""
        return [residual.START] * self.bos + tokens_of(self.tokens)

    @property
    @ll.kept
    def model(self) -> residual.Induction:
        """The model for so many tokens."""
        return residual.induction(len(self.symbols()))

    @ll.kept
    def stream(self) -> residual.Stream:
        """Return what the blocks make of the tokens."""
        blocks = list(self.model.blocks)
        ablated = [blocks.index(self.ablate)] if self.ablate != "none" else []
        return residual.run(
            self.model.embedded(self.symbols()), list(self.model.blocks.values()), self.sharpness, ablated
        )

    @ll.refined(levels=(0,), stale=True)
    def reading(self, level: int) -> Generator[float, None, minilm.Reading]:
        """Return what the real model makes of the sentence."""
        return (yield from minilm.reading(self.sentence))

    def said(self, depth: float) -> np.ndarray:
        """Return what the last token would say comes next (7,), if the model ended at a depth."""
        states, block = self.stream().states, min(int(depth), len(self.model.blocks) - 1)
        last = states[block, -1] + (depth - block) * self.stream().edits[block, -1]
        return self.model.probabilities(last, self.sharpness)

    def readouts(self, now: ll.Now) -> dict[str, Any]:
        """Return what is predicted in the end, and how far the last state is from the sum of all edits."""
        if self.show == "sentence":
            moves = np.diff(self.reading().path, axis=0)
            missing = np.linalg.norm(moves.sum(axis=0) - moves[0::2].sum(axis=0), axis=-1)
            return {"sum_error": float(missing.max()), "explained": self.reading().explained}
        said = self.said(len(self.model.blocks))
        return {
            "prediction": int(said.argmax()), "probability": float(said.max()), "probabilities": said,
            "sum_error": self.stream().sum_error,
        }  # fmt: skip

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the streams up to the depth that is reached, or the paths of a sentence's words."""
        return self.paths(now) if self.show == "sentence" else self.flowing(now)

    # ---------------------------------------------------------------------------------------------- written down
    def along(self, token: Any) -> Any:
        """Return the x of a token's stream."""
        count = len(self.symbols())
        return WIDE * ((np.asarray(token) + 0.5) / count - 0.5) - 0.25

    def flowing(self, now: ll.Now) -> ll.Frame:
        """Return the streams, what is written into them, who was looked at, and what would be said at this depth."""
        depth = now.staged(len(self.model.blocks), *FLOW, moving=0.75)
        drawn: list[layers.Layer] = [*self.ground(), self.lanes(depth)]
        for block in range(len(self.model.blocks)):
            drawn += self.written(block, min(max(depth - block, 0.0), 1.0))
        drawn += [self.names(depth), *self.lens(depth)]
        return ll.Frame(
            drawn,
            self.notes(now.share >= FLOW[1]),
            ll.View(-90.0, 10.0, bounds=BOUNDS, turned=(16.0 * (now.share - 0.5), 0.0)),
        )

    @ll.kept
    def ground(self) -> list[layers.Layer]:
        """Return the tokens below their streams, and the names of the lanes where they are written or erased."""
        symbols, side = self.symbols(), min(0.5, 0.85 * WIDE / len(self.symbols()))
        middle = np.stack(
            [self.along(np.arange(len(symbols))), np.zeros(len(symbols)), np.full(len(symbols), -0.26)], -1
        )
        states: list[figures.State] = ["lit" if k == len(symbols) - 1 else "plain" for k in range(len(symbols))]
        return [
            figures.Chips([SYMBOLS[one] for one in symbols], middle, None, COLORS["token"], states, CHIP,
                          np.full(len(symbols), side), up=UP, key="tokens", name="Token"),
            *(layers.Label((ASIDE, 0.0, z), lane, COLORS[lane], size=19, side="centre", key=f"lane {lane}")
              for lane, z in zip(residual.LANES, (-0.26, 2 * LEVEL, LEVEL, 3 * LEVEL), strict=True)),
        ]  # fmt: skip

    @ll.kept
    def lanes(self, depth: float) -> layers.Lines:
        """Return the lanes of all streams up to a depth, as wide as there is something in them."""
        states, top = self.stream().states, len(self.model.blocks)
        paths, colors, widths = [], [], []
        for token, x in enumerate(self.along(np.arange(len(self.symbols())))):
            for lane, place in self.model.lanes.items():
                full = np.linalg.norm(states[:, token, place], axis=1)
                for level in range(int(np.ceil(depth))):
                    end = min(depth, level + 1.0)
                    if full[level] > LEAST:  # what a block writes is there from its end on
                        low, high = ((x + OFFSET[lane], 0.0, LEVEL * one) for one in (level, end))
                        paths.append(np.array([low, high]))
                        colors.append(COLORS[lane])
                        widths.append(4.5 * float(full[level]))
                if depth == top and full[top] > LEAST:
                    paths.append(np.array([(x + OFFSET[lane], 0.0, LEVEL * one) for one in (top, top + 0.2)]))
                    colors.append(COLORS[lane])
                    widths.append(4.5 * float(full[top]))
        return layers.Lines(paths, tuple(colors), tuple(widths), 0.9, key="lanes", name="Lane")

    @ll.kept
    def written(self, block: int, share: float) -> list[layers.Layer]:
        """Return what a block has written: who was looked at, and what is in the lane now."""
        name, found = list(self.model.blocks)[block], self.stream()
        if share == 0.0 or not found.edits[block].any():
            return []
        if name.startswith("mlp"):
            return [self.erased("position" if name == "mlp 1" else "previous", LEVEL * (block + share), block)]
        lane = "previous" if name == "attention 1" else "output"
        x, last, step = self.along(np.arange(len(self.symbols()))), len(self.symbols()) - 1, np.linspace(0, 1, 33)
        start, end = LEVEL * block, LEVEL * (block + 1)
        paths, widths, alphas = [], [], []
        for token, other in np.argwhere(found.weights[block] > 2 * LEAST).tolist():
            weight, rise = float(found.weights[block, token, other]), step**2 * (3 - 2 * step)
            here, there = x[other] + OFFSET["token"], x[token] + OFFSET[lane]
            away = -0.22 * abs(here - there) * np.sin(np.pi * step)
            path = np.stack([here + rise * (there - here), away, start + step * (end - start)], -1)
            paths.append(path[: max(int(share * 33), 2)])
            widths.append(1.0 + 4.0 * weight)
            alphas.append(0.9 * weight if token == last or block == 0 else 0.3 * weight)
        drawn: list[layers.Layer] = [
            layers.Lines(paths, COLORS[lane], tuple(widths), tuple(alphas), key=f"looks {block}", name="Copied")
        ]
        if share == 1.0:
            content = np.maximum(found.states[block + 1][:, self.model.lanes[lane]], 0.0)
            full, side = np.clip(content.max(axis=1), 0.0, 1.0), min(0.4, 0.6 * WIDE / len(x))
            middle = np.stack([x + OFFSET[lane], 0 * x - 0.02, 0 * x + end + 0.14], -1)
            texts = [SYMBOLS[one] for one in content.argmax(axis=1)]
            states: list[figures.State] = ["plain" if one > 0.5 else "dim" for one in full]
            drawn.append(
                figures.Chips(texts, middle, full, COLORS[lane], states, CHIP, np.full(len(x), side), up=UP,
                              key=f"written {block}", name=lane.capitalize())
            )  # fmt: skip
        return drawn

    def erased(self, lane: str, z: float, block: int) -> layers.Points:
        """Return rings at the ends of lanes that a perceptron erases, each token's by itself."""
        x = self.along(np.arange(len(self.symbols()))) + OFFSET[lane]
        places = np.stack([x, 0 * x, 0 * x + z], -1)
        return layers.Points(places, COLORS[lane], 5.0, "ring", outline=True, key=f"erased {block}", name="Erased")

    @ll.kept
    def names(self, depth: float) -> layers.Layer:
        """Return the blocks' names at the left, each at its height."""
        names = list(self.model.blocks)
        middle = [(ASIDE, 0.0, LEVEL * (block + 0.5)) for block in range(len(names))]
        states: list[figures.State] = [
            "dim" if name == self.ablate else "lit" if block < depth <= block + 1 else "plain"
            for block, name in enumerate(names)
        ]
        texts = [f"no {name}" if name == self.ablate else name for name in names]
        wide = np.full(len(names), 1.5)
        return figures.Chips(texts, middle, None, "accent", states, CHIP, wide, up=UP, key="blocks", name="Block")

    @ll.kept
    def lens(self, depth: float) -> list[layers.Layer]:
        """Return the bars of what the last token would say comes next."""
        said = self.said(depth)
        x, half, best = LENS + 0.33 * np.arange(len(said)), 0.12, int(said.argmax())
        chosen = COLORS["output"] if said[best] > 1.01 / len(said) else "grid"  # before, all are alike
        low = np.stack([x - half, 0 * x - half, 0 * x], -1)
        high = np.stack([x + half, 0 * x + half, TALL * said], -1)
        colors = [chosen if k == best else "grid" for k in range(len(said))]
        middle = np.stack([x, 0 * x - half, 0 * x - 0.26], -1)
        return [
            layers.Bars(low, high, colors, shadow=False, key="said", name="Said", worth=said),
            figures.Chips([*SYMBOLS[:-1], "B"], middle, None, "grid", "plain", 0.33, np.full(len(x), 0.31), up=UP,
                          key="symbols"),
            layers.Label((x[best], 0.0, float(high[best, 2])), words("?.4", said[best]), chosen, size=24, side="above",
                         key="probability"),
            layers.Label((float(x.mean()), 0.0, -0.66), "what comes next, if it ended here", "dim", size=15,
                         side="centre", key="lens"),
        ]  # fmt: skip

    @ll.kept
    def notes(self, over: bool) -> list[layers.Note]:
        """Return the title, with what the model says when it is over."""
        said, last = self.said(len(self.model.blocks)), SYMBOLS[self.symbols()[-1]]
        line = f"What comes after {last} this time?"
        if over:
            line = words("After ? it says ?: ?.4", last, SYMBOLS[int(said.argmax())], float(said.max()))
        formula = r"x \leftarrow x + \mathrm{Attn}(x), \quad x \leftarrow x + \mathrm{MLP}(x)"
        return [layers.Title(self.title, formula, (line,))]

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Leave out the block that is clicked, take the next number for a token, or follow a word."""
        if layer.key.startswith("blocks"):
            name = list(self.model.blocks)[element]
            self.set("ablate", "none" if self.ablate == name else name)
        elif layer.key.startswith("tokens") and element >= self.bos:
            numbers = tokens_of(self.tokens)
            numbers[element - self.bos] = (numbers[element - self.bos] + 1) % residual.SYMBOLS
            self.set("tokens", " ".join(map(str, numbers)))
        elif layer.key == "words" or layer.key.startswith("move"):
            self.set("follow", element % (len(self.reading().tokens) - 2))
        else:
            return False
        return True

    # ------------------------------------------------------------------------------------------------ a real model
    @ll.kept
    def path(self) -> np.ndarray:
        """Return where the words, without both marks, are before and after each move (25, n - 2, 3), in the world.

        What leads farther than ``FAR`` times as far as words that are normalized is shortened.
        """
        path = self.reading().path[:, 1:-1]
        path = path / float(np.linalg.norm(path[::2], axis=-1).max())
        return 1.8 * path / np.maximum(np.linalg.norm(path, axis=-1, keepdims=True) / FAR, 1.0)

    def paths(self, now: ll.Now) -> ll.Frame:
        """Return the way of each word: attention adds, it is normalized, the perceptron adds, it is normalized.

        That of the word that is followed is bright from its beginning on; the others' last moves are seen.
        """
        path, names = self.path(), self.reading().tokens[1:-1]
        followed = min(self.follow, len(names) - 1)
        chosen = np.arange(len(names)) == followed
        done = now.staged(len(path) - 1, *FLOW, moving=0.8)
        whole = min(int(done), len(path) - 2)
        here = path[whole] + (done - whole) * (path[whole + 1] - path[whole])
        drawn: list[layers.Layer] = []
        for kind, color in enumerate(MOVES):
            moves = list(range(kind, whole + 1, 4))
            if moves:
                ends = [path[k + 1] if k < whole else here for k in moves]
                ways = [way for k, end in zip(moves, ends, strict=True) for way in np.stack([path[k], end], 1)]
                fresh = np.exp((np.array(moves) - done) / FADE)[:, None]
                alpha = np.where(chosen, np.maximum(fresh, 0.7), np.maximum(0.4 * fresh, 0.07))
                thick, dash = (2.0, None) if kind % 2 == 0 else (1.2, (6, 4))
                width = np.broadcast_to(np.where(chosen, 2.2 * thick, thick), alpha.shape)
                widths, alphas = tuple(width.ravel().tolist()), tuple(alpha.ravel().tolist())
                drawn.append(layers.Lines(ways, color, widths, alphas, dash, key=f"move {kind}",
                                          name=minilm.MOVES[kind].capitalize()))  # fmt: skip
        start, color = path[0, followed], COLORS["output"]
        drawn += [
            layers.Points(here, "text", 6.0, "sphere", outline=True, key="words", name="Word", worth=names),
            layers.Points(here[[followed]], color, 8.5, "sphere", outline=True, pickable=False, key="followed"),
            layers.Points(start[None], color, 6.0, "ring", outline=True, pickable=False, key="start"),
            layers.Label(start, f"{names[followed]} at first", color, size=15, key="begin", side=start),
        ]
        drawn += [
            layers.Label(place, name, color if k == followed else "dim", size=22 if k == followed else 15,
                         bold=k == followed, key=f"word {k}", side=place)
            for k, (place, name) in enumerate(zip(here, names, strict=True))
        ]  # fmt: skip
        says = words("layer ? of ?: ?", whole // 4 + 1, minilm.LAYERS, minilm.MOVES[whole % 4])
        share = words("three directions with ?n % of the variance", 100 * self.reading().explained)
        rows = [
            layers.Row(MOVES[0], "attention adds"),
            layers.Row(MOVES[2], "perceptron adds"),
            layers.Row("dim", "normalized after each"),
        ]
        notes = [layers.Title(self.title, r"x \leftarrow \mathrm{norm}(x + \mathrm{Attn}(x))", (says, share)),
                 layers.Legend(rows, "In each layer of MiniLM")]  # fmt: skip
        view = ll.View(-62.0, 18.0, bounds=self.corners(), turned=(50.0 * (now.eased() - 0.5), 0.0))
        return ll.Frame(drawn, notes, view)

    @ll.kept
    def corners(self) -> np.ndarray:
        """Return the corners of all paths."""
        low, high = self.path().min(axis=(0, 1)), self.path().max(axis=(0, 1))
        return np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])


BOUNDS = np.array([(x, 0.0, z) for x in (-4.3, 4.8) for z in (-0.6, 4.4)], float)

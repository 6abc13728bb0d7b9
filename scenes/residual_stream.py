"""The stream that is edited: each token is a stream of numbers, and blocks read it and add to it."""

from __future__ import annotations

from collections.abc import Generator
from typing import ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, shapes, signs, words
from lossland.models import minilm, residual

UP = (0.0, 0.0, 1.0)
COLORS = {"token": "optimizer.momentum", "position": "dim", "previous": "up", "output": "area"}  # of the lanes
OFFSET = dict(zip(COLORS, (-0.12, -0.04, 0.04, 0.12), strict=True))  # of a lane from the middle of its token's stream
WIDE, LEVEL = 4.7, 0.8  # of all streams, and how high a block is
TALL, LENS, ASIDE = 2.6, 2.6, -3.5  # of a bar of probability 1; x of the first bar, and of the names
CHIP, FOOT, STUB = 0.34, -0.26, 0.2  # how high chips are, where those of tokens stand, and how far streams go on
LEAST = 0.04  # of a weight or of a lane's content that is drawn
BOUNDS = np.array([(x, 0.0, z) for x in (-4.3, 4.8) for z in (-0.6, 4.4)], float)
FLOW = (0.05, 0.92)  # share of the scene
RISE, ACROSS, FAR = 4.0, 1.5, 1.35  # of the ways of words: how high they lead, how far across, and how far at most
SPACE = shapes.box((-1.8, -1.8, 0.0), (1.8, 1.8, RISE))
EDGE = SPACE[[0, 4, 6, 2]]  # of its floor
SYMBOLS = (*map(str, range(residual.SYMBOLS)), "BOS")
MOVES = (COLORS["previous"], "dim", COLORS["token"], "dim")  # the colours of what a layer of the sentence model does
ADDING = r"x \leftarrow x + \mathrm{Attn}(x), \quad x \leftarrow x + \mathrm{MLP}(x)"
NORMED = [rf"x \leftarrow \mathrm{{norm}}(x + \mathrm{{{block}}}(x))" for block in ("Attn", "MLP")]  # halves of a layer


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

    tokens = parameters.Text(
        "BOS 2 4 1 0 5 3 2", residual.tokens_of, "tokens", "Numbers from 0 to 5. Click one to change it."
    )
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
        """Hide what has no effect on the model that is shown; a sentence may be chosen at any time."""
        return name not in (("tokens", "bos", "sharpness", "ablate") if self.show == "sentence" else ("follow",))

    # ------------------------------------------------------------------------------------------------- the numbers
    @ll.kept
    def symbols(self) -> list[int]:
        """Return the tokens, with the one that marks the beginning."""
        return [residual.START] * self.bos + residual.tokens_of(self.tokens)

    @property
    @ll.kept
    def model(self) -> residual.Induction:
        """The model for so many tokens."""
        return residual.induction(len(self.symbols()))

    @ll.kept
    def stream(self) -> residual.Stream:
        """Return what the blocks make of the tokens."""
        blocks = self.model.blocks
        ablated = [number for number, name in enumerate(blocks) if name == self.ablate]
        return residual.run(self.model.embedded(self.symbols()), list(blocks.values()), self.sharpness, ablated)

    @ll.refined(levels=(0,), stale=True)
    def reading(self, level: int) -> Generator[float, None, minilm.Reading]:
        """Return what the real model makes of the sentence."""
        return (yield from minilm.reading(self.sentence))

    def said(self, depth: float) -> np.ndarray:
        """Return what the last token would say comes next (7,), if the model ended at a depth."""
        return self.model.probabilities(self.stream().at(depth)[-1], self.sharpness)

    def readouts(self, now: ll.Now) -> ll.Readouts:
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

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Leave out the block that is clicked, take the next number for a token, or follow a word."""
        if layer.key.startswith("blocks"):
            name = list(self.model.blocks)[element]
            self.set("ablate", "none" if self.ablate == name else name)
        elif layer.key.startswith("tokens") and element >= self.bos:
            numbers = residual.tokens_of(self.tokens)
            numbers[element - self.bos] = (numbers[element - self.bos] + 1) % residual.SYMBOLS
            self.set("tokens", " ".join(map(str, numbers)))
        elif layer.key == "words" or layer.key.startswith("move"):
            self.set("follow", element % (len(self.reading().tokens) - 2))
        else:
            return False
        return True

    # ---------------------------------------------------------------------------------------------- written down
    @property
    def along(self) -> np.ndarray:
        """The x of each token's stream (n,)."""
        count = len(self.symbols())
        return WIDE * ((np.arange(count) + 0.5) / count - 0.5) - 0.25

    def flowing(self, now: ll.Now) -> ll.Frame:
        """Return the streams, what is written into them, who was looked at, and what would be said at this depth."""
        depth, over = now.staged(len(self.model.blocks), *FLOW, moving=0.75), now.share >= FLOW[1]
        drawn: list[layers.Layer] = [*self.ground(), self.lanes(depth)]
        for block in range(len(self.model.blocks)):
            drawn += self.written(block, min(max(depth - block, 0.0), 1.0))
        said, last = self.said(len(self.model.blocks)), SYMBOLS[self.symbols()[-1]]
        answers = [SYMBOLS[one] for one in residual.likeliest(said)]
        answer = " or ".join(answers) if len(answers) < len(said) else "anything"
        told = words("After ? it says ?: ?.4", last, answer, float(said.max()))
        title = layers.Title(self.title, ADDING, (told if over else f"What comes after {last} this time?",))
        view = ll.View(-90.0, 10.0, bounds=BOUNDS, turned=(16.0 * (now.share - 0.5), 0.0))
        return ll.Frame([*drawn, self.names(depth), *self.lens(depth)], [title], view)

    @ll.kept
    def ground(self) -> list[layers.Layer]:
        """Return the tokens below their streams, and the names of the lanes where they are written or erased."""
        chips = self.chips("tokens", FOOT, [SYMBOLS[one] for one in self.symbols()], "token", None)
        levels = zip(residual.LANES, (FOOT, 2 * LEVEL, LEVEL, 3 * LEVEL), strict=True)
        return [chips, *(
            layers.Label((ASIDE, 0.0, z), lane, COLORS[lane], size=19, side="centre", key=f"lane {lane}")
            for lane, z in levels
        )]  # fmt: skip

    def chips(self, key: str, z: float, texts: list[str], lane: str, full: np.ndarray | None) -> figures.Chips:
        """Return a chip on each stream at a height, in its lane's colour. The last token is lit; those of a lane are
        as ``full`` (n,) as it is."""
        states: list[figures.State] = [*["plain" for _ in texts[1:]], "lit" if full is None else "plain"]
        aside, most = (0.0, 0.5) if full is None else (OFFSET[lane], 0.4)
        x, width = self.along + aside, np.full(len(self.along), min(most, 1.6 * most * WIDE / len(texts)))
        middle, name = np.stack([x, 0 * x - 0.02, 0 * x + z], -1), lane.capitalize()
        return figures.Chips(texts, middle, full, COLORS[lane], states, CHIP, width, up=UP, key=key, name=name)

    @ll.kept
    def lanes(self, depth: float) -> layers.Lines:
        """Return the lanes of all streams up to a depth, as wide as there is something in them."""
        top, paths, colors, widths = len(self.model.blocks), [], [], []
        for lane, full in self.model.content(self.stream().states).items():
            for level, token in np.argwhere(full > LEAST).tolist():  # what a block writes is there from its end on
                rise = min(depth - level, 1.0) if level < top else STUB * (depth == top) / LEVEL
                if rise > 0:
                    x = self.along[token] + OFFSET[lane]
                    paths.append(np.array([(x, 0.0, LEVEL * one) for one in (level, level + rise)]))
                    colors.append(COLORS[lane])
                    widths.append(4.5 * float(full[level, token]))
        return layers.Lines(paths, tuple(colors), tuple(widths), 0.9, key="lanes", name="Lane")

    @ll.kept
    def written(self, block: int, share: float) -> list[layers.Layer]:
        """Return what a block has written: who was looked at, and what is in the lane now; or what it erases."""
        name, found, end = list(self.model.blocks)[block], self.stream(), LEVEL * (block + 1)
        if share == 0.0 or not found.edits[block].any():
            return []
        if name.startswith("mlp"):
            x = self.along + OFFSET["position" if name == "mlp 1" else "previous"]
            rings = np.stack([x, 0 * x, 0 * x + end - LEVEL * (1 - share)], -1)
            color = COLORS["position" if name == "mlp 1" else "previous"]
            return [layers.Points(rings, color, 5.0, "ring", outline=True, key=f"erased {block}", name="Erased")]
        lane = "previous" if name == "attention 1" else "output"
        step, paths, widths, alphas = np.linspace(0, 1, 33), [], [], []
        for token, other in np.argwhere(found.weights[block] > 2 * LEAST).tolist():
            weight = float(found.weights[block, token, other])
            here, there = self.along[other] + OFFSET["token"], self.along[token] + OFFSET[lane]
            away = -0.22 * abs(here - there) * np.sin(np.pi * step)
            path = np.stack([here + step**2 * (3 - 2 * step) * (there - here), away, end - LEVEL * (1 - step)], -1)
            paths.append(path[: max(int(share * 33), 2)])
            widths.append(1.0 + 4.0 * weight)
            alphas.append((0.9 if token == len(self.along) - 1 or block == 0 else 0.3) * weight)
        ways = layers.Lines(paths, COLORS[lane], tuple(widths), tuple(alphas), key=f"looks {block}", name="Copied")
        drawn: list[layers.Layer] = [ways]
        if share == 1.0:
            content = np.maximum(found.states[block + 1][:, self.model.lanes[lane]], 0.0)
            texts, full = [SYMBOLS[one] for one in content.argmax(axis=1)], np.clip(content.max(axis=1), 0.0, 1.0)
            drawn.append(self.chips(f"written {block}", end + 0.14, texts, lane, full))
        return drawn

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
        x, half, best = LENS + 0.33 * np.arange(len(said)), 0.12, residual.likeliest(said)
        chosen = COLORS["output"] if len(best) < len(said) else "grid"  # before, all are alike
        low = np.stack([x - half, 0 * x - half, 0 * x], -1)
        high = np.stack([x + half, 0 * x + half, TALL * said], -1)
        colors = [chosen if k in best else "grid" for k in range(len(said))]
        middle = np.stack([x, 0 * x - half, 0 * x + FOOT], -1)
        top, foot = (float(x[best].mean()), 0.0, float(high[best[0], 2])), (float(x.mean()), 0.0, FOOT - 0.4)
        return [
            layers.Bars(low, high, colors, shadow=False, key="said", name="Said", worth=said),
            figures.Chips([*SYMBOLS[:-1], "B"], middle, None, "grid", "plain", 0.33, np.full(len(x), 0.31), up=UP,
                          key="symbols"),
            layers.Label(top, words("?.4", said.max()), chosen, size=24, side="above", key="probability"),
            layers.Label(foot, "what comes next, if it ended here", "dim", size=15, side="centre", key="lens"),
        ]  # fmt: skip

    # ------------------------------------------------------------------------------------------------ a real model
    @ll.kept
    def path(self) -> np.ndarray:
        """Return where the words are before and after each move (25, n - 2, 3): upwards goes the depth."""
        across = ACROSS * self.reading().across(FAR)[0]
        rise = np.linspace(0.0, RISE, len(across))[:, None, None]
        return np.concatenate([across, np.broadcast_to(rise, (*across.shape[:2], 1))], axis=-1)

    def paths(self, now: ll.Now) -> ll.Frame:
        """Return the way of each word: attention adds, it is normalized, the perceptron adds, it is normalized."""
        path, names = self.path(), self.reading().tokens[1:-1]
        followed, done = min(self.follow, len(names) - 1), now.staged(len(path) - 1, *FLOW, moving=0.8)
        whole = min(int(done), len(path) - 2)
        here = path[whole] + (done - whole) * (path[whole + 1] - path[whole])
        start, color = path[0, followed], COLORS["output"]
        drawn: list[layers.Layer] = [
            *self.storeys(whole // 4),
            layers.Polygon(EDGE + here[0, 2] * np.array(UP), "dim", 0.08, 1.2, pickable=False, key="now"),
            *self.moves(followed, done, here),
            layers.Points(here, "text", 6.0, "sphere", outline=True, key="words", name="Word", worth=names),
            layers.Points(here[[followed]], color, 8.5, "sphere", outline=True, pickable=False, key="followed"),
            layers.Points(start[None], color, 6.0, "ring", outline=True, pickable=False, key="start"),
            layers.Label(start, f"{names[followed]} at first", color, size=15, key="begin", side="below"),
        ]
        apart = here[:, None, :2] - here[None, :, :2]
        away = (apart / (0.02 + (apart**2).sum(axis=-1, keepdims=True))).sum(axis=1)  # from the words around
        away /= np.maximum(np.linalg.norm(away, axis=1, keepdims=True), 1e-9)
        drawn += [
            layers.Label(place, name, color if k == followed else "text", size=22 if k == followed else 17,
                         bold=k == followed, key=f"word {k}", side=(*away[k], 0.3))
            for k, (place, name) in enumerate(zip(here, names, strict=True))
        ]  # fmt: skip
        says = words("layer ? of ?: ?", whole // 4 + 1, minilm.LAYERS, minilm.MOVES[whole % 4])
        share = words("across: ?n % of the words' variance", 100 * self.reading().across()[1])
        texts = ((MOVES[0], "attention adds"), (MOVES[2], "perceptron adds"), ("dim", "normalized after each"))
        legend = layers.Legend([layers.Row(*one) for one in texts], "In each layer of MiniLM")
        view = ll.View(-72.0, 21.0, bounds=SPACE, turned=(24.0 * (now.eased() - 0.5), 0.0))
        return ll.Frame(drawn, [layers.Title(self.title, NORMED[whole % 4 // 2], (says, share)), legend], view)

    @ll.kept
    def storeys(self, layer: int) -> list[layers.Layer]:
        """Return the floor, and the names of all layers at a corner of the room, each at its height."""
        corner, up = EDGE[0], RISE * np.array(UP)
        post = layers.Lines([np.array([corner, corner + up])], "dim", 1.2, pickable=False, key="post")
        return [post, layers.Polygon(EDGE, "dim", 0.06, 0.8, pickable=False, key="floor"), *(
            layers.Label(corner + (k + 0.5) / minilm.LAYERS * up, f"layer {k + 1}", "text" if k == layer else "dim",
                         size=15, bold=k == layer, side="left", key=f"layer {k}")
            for k in range(minilm.LAYERS)
        )]  # fmt: skip

    def moves(self, followed: int, done: float, here: np.ndarray) -> list[layers.Layer]:
        """Return the ways of all words up to ``here`` (n, 3), a layer for each kind of move.

        That of the word that is followed is bright and wide.
        """
        path, whole, drawn = self.path(), min(int(done), len(self.path()) - 2), list[layers.Layer]()
        chosen = np.arange(len(here)) == followed
        for kind, color in enumerate(MOVES):
            moves = np.arange(kind, whole + 1, 4)
            if not len(moves):
                continue
            ends = [path[k + 1] if k < whole else here for k in moves]
            ways = [way for k, end in zip(moves, ends, strict=True) for way in np.stack([path[k], end], 1)]
            alpha = np.broadcast_to(np.where(chosen, 1.0, 0.5), (len(moves), len(here)))
            thick, dash = (1.6, None) if kind % 2 == 0 else (1.2, (6, 4))
            width = np.broadcast_to(np.where(chosen, 2.6 * thick, thick), alpha.shape)
            key, name = f"move {kind}", minilm.MOVES[kind].capitalize()
            drawn.append(layers.Lines(ways, color, width.ravel(), alpha.ravel(), dash, key=key, name=name))
        return drawn

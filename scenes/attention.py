"""Who looks at whom: one query that asks a few keys, and a whole sentence as a real model reads it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, shapes, signs, words
from lossland.models import attention, minilm

COLORS = ("optimizer.momentum", "up", "i", "eigen1", "lane.7", "optimizer.radam")  # of the keys, each with its value
QUERY, RESULT = "area", "accent"
MOST, LIMIT = len(COLORS), 4.0
SPHERE, HULL = np.array([-2.15, 0.0, 0.0]), np.array([2.15, 0.0, 0.0])  # where the keys stand, and where the values
GLOBE = shapes.ellipsoid(SPHERE, np.eye(3), 32)
HIDDEN = 0.7  # how far a value steps back that the mask hides
FOOT, PITCH, TALL = -0.62, 0.45, 1.5  # of the bars between them: where they stand, their step, the largest's height
ASKED, SHARED, BLENDED = (0.03, 0.36), (0.42, 0.58), (0.66, 0.94)  # shares of the scene
LOOKED = (0.02, 0.82)  # share of the scene in which the words of a sentence look around, one after the other
WIDE, DEEP, HIGH = 6.6, 1.9, 0.7  # of a sentence with the skyline of its weights
FLOOR, LEAST = -0.85, 0.02  # on which the skyline stands; and the least weight that is drawn as an arc
HIGHEST, AROUND = 0.95, 0.006  # of the arcs; how much larger the bars of the word that looks are
LETTER, NAME = 0.11, 1.2  # room for a letter of the name of the word that looks, and for a long name
UP = (0.0, 0.0, 1.0)
AXES = {2: [0, 2], 3: [0, 1, 2]}  # in which axes of the world vectors of so many numbers are seen
BOUNDS = shapes.box((-3.1, -0.8, -1.6), (3.35, 0.8, 1.95))
FORMULA = r"\mathrm{softmax}\left(Q K^{T} / \sqrt{d}\right) V"


class Vector(parameters.Point):
    """Two or three numbers."""

    dimensions = (2, 3)


class Rows(parameters.Matrix):
    """A few vectors of two or three numbers, as the rows of a matrix."""

    def check(self, value: object) -> tuple[tuple[float, ...], ...]:
        """Accept rows of two numbers, or rows of three."""
        row = Vector((0.0, 0.0), self.min, self.max)
        row.name = f"A row of {self.name}"
        given = value.split(";") if isinstance(value, str) else list(np.asarray(value, object))
        rows = tuple(row.check(one) for one in given)
        if not 1 <= len(rows) <= MOST or len({len(one) for one in rows}) > 1:
            raise self.refuse(value, f"from 1 to {MOST} rows of 2 or of 3 numbers, such as 1,0;0,1;-1,0")
        return rows


class Attention(ll.Scene):
    """A query asks keys; who agrees with it gets its attention, and what it gets is a blend of values."""

    name = "attention"
    title = "Who looks at whom"
    chapter = "Attention and embeddings"
    rows = ("A1", "A2", "Q4", "V4", "S1")
    sign = (
        *(signs.Line([(a + (b - a) * (1 - np.cos(u * np.pi / 12)) / 2, 0.74 - h * np.sin(u * np.pi / 12))
                      for u in range(13)], color, width)
          for a, b, h, color, width in ((0.80, 0.16, 0.56, "area", 2.6), (0.80, 0.48, 0.3, "dim", 1.4))),
        *(signs.Dot((x, 0.78), 2.6, color) for x, color in ((0.16, "i"), (0.48, "text"), (0.80, "area"))),
    )  # fmt: skip
    presets: ClassVar = {
        "one query": {},
        "in a plane": {"query": (1, 0), "keys": ((1, -0.5), (0, 1), (-1, 0)),
                       "values": ((1.5, 1), (-1.5, 1), (0, -1.4))},
        "colder": {"temperature": 0.2},
        "behind a mask": {"mask": "causal", "token": 1},
        "it": {"sentence": minilm.SENTENCES[4], "layer": 6, "head": 12, "token": 10, "show": "sentence"},
        "the word before": {"sentence": minilm.SENTENCES[5], "layer": 1, "head": 3, "token": 4, "show": "sentence"},
        "a bank by a river": {"sentence": minilm.SENTENCES[6], "layer": 1, "head": 5, "token": 5, "show": "sentence"},
        "nothing to say": {"sentence": minilm.SENTENCES[3], "layer": 5, "head": 6, "token": 5, "show": "sentence"},
        "only what came before": {"sentence": minilm.SENTENCES[0], "layer": 2, "head": 9, "token": 4, "mask": "causal",
                                  "show": "sentence"},
    }  # fmt: skip

    query = Vector((0.5, -0.85, 1.4), -LIMIT, LIMIT, "$q$", "What is looked for: drag its tip.")
    keys = Rows(
        ((1.3, -0.9, 0.7), (-1.4, -0.75, 0.7), (0.95, -0.8, -1.2), (-0.9, -0.7, -1.3)), -LIMIT, LIMIT, "$k$",
        "What each one offers to be found by, a row each: drag their tips.",
    )  # fmt: skip
    handed = Rows(
        ((1.3, -0.3, 1.0), (-1.4, -0.3, 0.9), (1.2, 0.3, -1.1), (-1.1, -0.5, -1.2)), -LIMIT, LIMIT, "$v$",
        "What each one hands over, a row each: drag them.", hidden=True,
    ).named("values")  # fmt: skip
    temperature = parameters.Number(
        1.0, 0.05, 20.0, "temperature", "The scores are divided by it: the colder, the sharper.", log=True
    )
    scaled = parameters.Toggle(True, r"divide by $\sqrt{d}$", "Whether the scores are divided by the root of d.")
    mask = parameters.Choice("none", ("none", "causal"), "mask", "Causal: nobody sees what comes after.")
    sentence = parameters.Text(
        minilm.SENTENCES[4], minilm.check_sentence, "sentence", "What the model reads.", options=minilm.SENTENCES
    )
    layer = parameters.Integer(6, 1, minilm.LAYERS, "layer", "Which of the model's six layers.")
    head = parameters.Integer(12, 0, minilm.HEADS, "head", "Which of the layer's twelve heads; 0: the mean of all.")
    token = parameters.Integer(1, 0, minilm.LONGEST - 1, "token", "Which one looks, from 0 on: click a word.")
    # The last ones: they are set after those that change what is shown.
    show = parameters.Choice("query", ("query", "sentence"), "show", "One query and its keys, or a whole sentence.")
    alone = parameters.Toggle(False, "alone", "Whether that word alone looks, and not all in turn.", hidden=True)
    clock = ll.Clock(12.0)

    def changed(self, name: str) -> None:
        """Show what was changed last."""
        if name in ("sentence", "layer", "head"):
            self.values["show"] = "sentence"
        elif name in ("query", "keys", "values"):
            self.values["show"] = "query"
        self.values["alone"] = name == "token" or (self.values["alone"] and name != "show")

    def has_control(self, name: str) -> bool:
        """Hide what has no effect on what is shown, and who looks where that makes no difference."""
        if name == "token":
            return self.show == "sentence" or self.mask == "causal"
        return name not in (("sentence", "layer", "head") if self.show == "query" else ("query", "keys"))

    # ------------------------------------------------------------------------------------------------- the numbers
    @property
    def size(self) -> int:
        """How many numbers queries and keys have."""
        return max(len(self.query), len(self.keys[0]))

    @ll.kept
    def vectors(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return query (3,), keys (m, 3) and values (m, 3); a key without a value of its own hands over itself."""
        keys, given = in_space(self.keys), in_space(self.handed)[: len(self.keys)]
        return in_space(self.query), keys, np.concatenate([given, keys[len(given) :]])

    @ll.kept
    def look(self) -> attention.Attention:
        """Return what the query finds: scores and weights (1, m), and the output (1, 3)."""
        query, keys, values = self.vectors()
        mask = None
        if self.mask == "causal":
            mask = attention.causal(np, len(keys))[[min(self.token, len(keys) - 1)]]
        axes = AXES[self.size]
        return attention.attend(query[None, axes], keys[:, axes], values, mask, self.temperature, self.scaled)

    @ll.refined(levels=(0,), stale=True)
    def reading(self, level: int) -> Generator[float, None, minilm.Reading]:
        """Return what the model makes of the sentence."""
        return (yield from minilm.reading(self.sentence))

    @ll.kept
    def seen(self) -> np.ndarray:
        """Return who looks at whom in the sentence (n, n), in the chosen head, at this temperature, behind the mask."""
        heads = self.reading().attention[self.layer - 1]
        mask = attention.causal(np, heads.shape[-1]) if self.mask == "causal" else None
        root = 1.0 if self.scaled else (minilm.WIDTH / minilm.HEADS) ** 0.5
        weights = attention.warmed(heads, self.temperature / root, mask)
        return weights.mean(axis=0) if self.head == 0 else weights[self.head - 1]

    def sees(self) -> np.ndarray:
        """Return which keys (m,) the mask does not hide from the query."""
        return np.isfinite(self.look().scores[0])

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return weights, their entropy in bits, and the output: of a sentence its direction (384,), and its tokens."""
        if self.show == "sentence":
            found, weights = self.reading(), self.seen()
            others = np.stack([one.embedding for one in minilm.stored().values()])
            return {
                "weights": weights, "output": found.embedding, "entropy": attention.entropy(weights),
                "cosines": others @ found.embedding, "tokens": list(found.tokens),
            }  # fmt: skip
        look = self.look()
        return {
            "weights": look.weights[0], "output": look.output[0, AXES[len(self.handed[0])]], "scores": look.scores[0],
            "entropy": float(attention.entropy(look.weights)[0]),
        }  # fmt: skip

    def frame(self, now: ll.Now) -> ll.Frame:
        """Return the query with its keys and values, or the sentence."""
        return self.read(now) if self.show == "sentence" else self.asked(now)

    # ---------------------------------------------------------------------------------------------------- one query
    @ll.kept(framing=True)
    def units(self) -> tuple[float, float]:
        """Return how many world units one unit is: the longest of query and keys is on the sphere; and of values."""
        query, keys, values = self.vectors()
        longest = float(np.linalg.norm(np.vstack([query, keys]), axis=1).max())
        return 1.0 / max(longest, 1e-6), 1.15 / shapes.in_steps(float(np.linalg.norm(values, axis=1).max()), 0.5, 1.25)

    @ll.kept
    def places(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return where the query's tip (3,), the keys' (m, 3) and the values (m, 3) are in the world."""
        (query, keys, values), (near, far) = self.vectors(), self.units()
        return SPHERE + near * query, SPHERE + near * keys, HULL + far * values

    def asked(self, now: ll.Now) -> ll.Frame:
        """Return the keys on their sphere, the bars of scores that become shares, and the values in their hull."""
        told, shared = now.staged(len(self.keys), *ASKED, moving=0.7), now.eased(*SHARED)
        query, keys, _ = self.places()
        reached = query + self.grown(told)[:, None] * (keys - query)
        beams = self.beams(query, reached, 2.0 + shared * (9.0 * self.look().weights[0] - 1.0), "Beam")
        drawn = [*self.stage(), *self.arrows(), beams, *self.bars(told, shared)]
        if now.share > BLENDED[0]:
            drawn += self.blend(now.eased(*BLENDED))
        bits = attention.entropy(self.look().weights)[0]
        title = self.headed([words("d = ?", self.size), *self.manner()], bits, int(self.sees().sum()))
        view = ll.View(-90.0, 16.0, bounds=BOUNDS, turned=(10.0 * (now.eased() - 0.5), 0.0))
        return ll.Frame(drawn, [title, *self.misfits(len(self.keys))], view)

    @ll.kept
    def arrows(self) -> list[layers.Layer]:
        """Return the query and the keys; one that is hidden by the mask is a ghost."""
        query, keys, _ = self.places()
        sees, most = self.sees(), int(self.look().weights[0].argmax())
        label = partial(layers.Label, latex=True, size=32)
        return [
            *(layers.Arrows.one(SPHERE, keys[k], COLORS[k], width=4.5, ghost=not sees[k], key=f"key {k}", name="Key",
                                 worth=[words("?", self.keys[k])])
              for k in range(len(keys))),
            layers.Arrows.one(SPHERE, query, QUERY, width=7.0, key="query", name="Query", depth=False,
                              worth=[words("?", self.query)]),
            layers.Points(np.vstack([query, keys]), "text", 5.0, "ring", outline=True, group="handles", pickable=False,
                          key="tips"),
            label(query, "q", QUERY, side=query - SPHERE, key="name q"),
            label(keys[most], f"k_{most + 1}", COLORS[most], side="below right", key="name k"),
        ]  # fmt: skip

    def grown(self, told: float) -> np.ndarray:
        """Return how far the question has come to each key (m,), after so many of them; a hidden one is not asked."""
        return np.clip(told - np.arange(len(self.keys)), 0, 1) * self.sees()

    def beams(self, start: np.ndarray, ends: np.ndarray, wide: np.ndarray, name: str) -> layers.Lines:
        """Return beams from a place to others (m, 3), so wide (m,), each in its key's colour."""
        worth = [words("weight ?", one) for one in self.look().weights[0]]
        paths, colors, key = [np.stack([start, end]) for end in ends], COLORS[: len(ends)], f"{name.lower()}s"
        return layers.Lines(paths, colors, wide, 0.85, depth=False, casing=1.0, key=key, name=name, worth=worth)

    @ll.kept
    def stage(self) -> list[layers.Layer]:
        """Return what stands still: the sphere, the foot of the bars, and the values with their hull."""
        values, side = self.places()[2], 0.5 * PITCH * len(self.keys) + 0.1
        given = [*self.handed[: len(values)], *self.keys[len(self.handed) :]]
        return [
            figures.Hull(values, key="hull"),
            layers.Solid(GLOBE, "grid", 0.10, 0.0, pickable=False, key="sphere"),
            layers.Lines([np.array([(-side, 0, FOOT), (side, 0, FOOT)])], "dim", 1.4, pickable=False, key="foot"),
            *(layers.Points(values[[k]], COLORS[k], 8.0, "sphere", outline=True, dim=0.0 if seen else HIDDEN,
                            key=f"value {k}", name="Value", worth=[words("?", value)])
              for k, (seen, value) in enumerate(zip(self.sees(), given, strict=True))),
        ]  # fmt: skip

    def score(self) -> str:
        """Return what a score is, as LaTeX."""
        divisors = [r"\sqrt{d}"] * self.scaled + ["T"] * (self.temperature != 1.0)
        return r"q \cdot k" + "".join(f" / {one}" for one in divisors)

    @ll.kept
    def bars(self, told: float, shared: float) -> list[layers.Layer]:
        """Return the bars in the middle: scores, up or down, on their way to shares of 1."""
        look, count, grown = self.look(), len(self.keys), self.grown(told)
        score, weight = np.where(self.sees(), look.scores[0], 0.0), look.weights[0]
        tall = TALL / max(1.0, 2.0 * float(np.abs(score).max()))
        height = (1 - shared) * tall * score * grown + shared * TALL * weight
        x, half = PITCH * (np.arange(count) - 0.5 * (count - 1)), 0.36 * PITCH
        low = np.stack([x - half, 0 * x - half, FOOT + np.minimum(height, 0)], -1)
        high = np.stack([x + half, 0 * x + half, FOOT + np.maximum(height, 0.004)], -1)
        seen = [k for k in range(count) if grown[k] > 0 or shared > 0]
        shown, name = look.scores[0], self.score()
        if shared > 0.5:
            shown, name = weight, rf"w = \mathrm{{softmax}}({name})"
        drawn: list[layers.Layer] = [
            layers.Label((0.0, 0.0, FOOT - 0.95), name, "dim", latex=True, size=21, side="below", key="what")
        ]
        if seen:
            worth, colors = [words("weight ?", weight[k]) for k in seen], [COLORS[k] for k in seen]
            drawn.append(layers.Bars(low[seen], high[seen], colors, shadow=False, key="bars", name="Key", worth=worth))
        return drawn + [
            layers.Label((x[k], 0.0, FOOT + height[k]), words("?.2", shown[k]), COLORS[k], size=19, key=f"number {k}",
                         side="below" if height[k] < 0 else "above")
            for k in seen if (grown[k] == 1 if shared <= 0.5 else height[k] >= 0)  # a share is never below the foot
        ]  # fmt: skip

    @ll.kept
    def blend(self, share: float) -> list[layers.Layer]:
        """Return the output on its way: as the scores grow from 0, it goes from the values' mean to their blend."""
        values, weights = self.places()[2], attention.course(self.look().scores[0], share)
        path, most = weights @ values, int(weights[-1].argmax())
        here, farthest = path[-1], values[most]
        return [
            self.beams(here, np.where(self.sees()[:, None], values, here), 0.5 + 9.0 * weights[-1], "Share"),
            layers.Lines([path], "text", 1.6, 0.8, dash=(7, 4), depth=False, pickable=False, key="path"),
            layers.Points(here[None], RESULT, 11.0, "sphere", outline=True, key="output", name="Output",
                          worth=[words("?", (weights[-1] @ self.vectors()[2])[AXES[len(self.handed[0])]])]),
            layers.Label(here, "output", RESULT, size=22, side="above", key="name output"),
            layers.Label(farthest, f"v_{most + 1}", COLORS[most], latex=True, size=30, side=farthest - here,
                         key="name v"),
        ]  # fmt: skip

    def headed(self, manner: list[str], bits: float, seen: int) -> layers.Title:
        """Return the title: how it looks, and how spread the attention is, in bits of what ``seen`` tokens allow."""
        spread = words("entropy ?.2 of ?.2 bits", float(bits), float(np.log2(seen)))
        return layers.Title(self.title, FORMULA, (", ".join(manner), spread))

    def manner(self) -> list[str]:
        """Return what is unusual about how it looks."""
        said = [words("temperature ?", self.temperature)] if self.temperature != 1.0 else []
        said += ["causal mask"] if self.mask == "causal" else []
        return said + (["not divided by √d"] if not self.scaled else [])

    def misfits(self, count: int) -> list[layers.Caution]:
        """Return what is said of settings that do not fit each other: of vectors of 2 and 3 numbers, and of a token
        that is not among so many."""
        told, lengths = [], (len(self.query), len(self.keys[0]))
        if self.show == "query" and lengths[0] != lengths[1]:
            short = "q" if lengths[0] < lengths[1] else "k"
            told.append(words(f"q has ? numbers, k has ?: {short} = (a, b) is read as (a, 0, b)", *lengths))
        if self.token >= count and (self.show == "sentence" or self.mask == "causal"):
            told.append(words("There is no token ?: the last one is ?", self.token, count - 1))
        return [layers.Caution(one) for one in told]

    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the tips of query and keys, which stay on their spheres, and the values."""
        if self.show == "sentence":
            return []
        query, keys, values = self.places()
        moved = [(f"key {k + 1}", place, partial(Attention.direct, row=k)) for k, place in enumerate(keys)]
        given = enumerate(values[: len(self.handed)])
        moved += [(f"value {k + 1}", place, partial(Attention.shift, row=k)) for k, place in given]
        return [ll.Handle(*one, free=True) for one in [("query", query, Attention.direct), *moved]]

    def direct(self, place: Sequence[float], row: int | None = None) -> None:
        """Turn the query, or the key of a row, towards a place; it stays as long as it is."""
        vector = self.query if row is None else self.keys[row]
        way = (np.asarray(place, float) - SPHERE)[AXES[len(vector)]]
        long = float(np.linalg.norm(vector)) / max(float(np.linalg.norm(way)), 1e-9)
        turned = tuple(np.clip(np.round(long * way, 3), -LIMIT, LIMIT).tolist())
        if row is None:
            self.set("query", turned)
        else:
            self.set("keys", [turned if k == row else key for k, key in enumerate(self.keys)])

    def shift(self, place: Sequence[float], row: int) -> None:
        """Put a value where it was dragged."""
        there = (np.asarray(place, float) - HULL) / self.units()[1]
        moved = tuple(np.clip(np.round(there, 2), -LIMIT, LIMIT)[AXES[len(self.handed[row])]].tolist())
        self.set("values", [moved if k == row else value for k, value in enumerate(self.handed)])

    # ---------------------------------------------------------------------------------------------------- a sentence
    @ll.kept
    def row(self) -> figures.Chips:
        """Return the words side by side, many of them in two rows."""
        return figures.sentence(self.reading().tokens, WIDE, up=UP)

    @property
    def pitch(self) -> float:
        """How much room a row of weights has."""
        return min(DEEP / len(self.reading().tokens), 0.25)

    def depth(self, row: Any) -> Any:
        """Return the y of a row of weights."""
        return -0.45 - self.pitch * (row + 0.5)

    def read(self, now: ll.Now) -> ll.Frame:
        """Return the words, arcs from the one that looks, and before them a row of bars for each that has looked."""
        (here, share, done), weights = self.looking(now), self.seen()
        head = "all heads" if self.head == 0 else words("head ?", self.head)
        manner = [f"MiniLM, layer {self.layer}", head, *self.manner()]
        seen = here + 1 if self.mask == "causal" else len(weights)
        title = self.headed(manner, attention.entropy(weights[here]), seen)
        drawn = [*self.skyline(here, done), *self.arcs(here, share)]
        return ll.Frame(drawn, [title, *self.misfits(len(weights))], ll.View(-90.0, 28.0, bounds=self.room()))

    @ll.kept
    def room(self) -> np.ndarray:
        """Return the corners of words, arcs and skyline, and at its left of the name of the word that looks."""
        x, deep = self.row().reach + 0.1, self.depth(len(self.seen()) - 0.5)
        left = -x - min(LETTER * max(map(len, self.row().text)), NAME)
        return np.array([(side, y, z) for side in (left, x) for y, z in ((0, 1.7), (0, -0.3), (deep, FLOOR))])

    def looking(self, now: ll.Now) -> tuple[int, float, float]:
        """Return which word looks and how much of what it sees is there, and how many have looked; in the end all have.

        Then it is the chosen one's turn again; one that was clicked is seen at once.
        """
        count = len(self.reading().tokens)
        if self.alone or now.share >= LOOKED[1]:
            return min(self.token, count - 1), 1.0, count
        done = now.staged(count, *LOOKED, moving=0.6)
        return min(int(done), count - 1), done - min(int(done), count - 1), done

    @ll.kept
    def arcs(self, here: int, share: float) -> list[layers.Layer]:
        """Return the words, and arcs from the one that looks with a share of their weights."""
        chips, own = self.row(), self.seen()[here]
        x, strong = np.asarray(chips.position)[:, 0], np.flatnonzero(own > LEAST)
        tops = np.column_stack([chips.top[:, :2], np.full(len(own), chips.top[:, 2].max())])
        states: list[figures.State] = ["lit" if k == here else "plain" for k in range(len(own))]
        rise = min(0.3, HIGHEST / max(float(np.abs(x[strong] - x[here]).max()), 0.1))
        told = [words("?.2", one) if one > 0.1 and share > 0.9 else "" for one in own[strong]]
        left = (float(x[0] - 0.5 * chips.widths[0]) - 0.12, self.depth(here), FLOOR)
        drawn: list[layers.Layer] = [
            replace(chips, value=share * own, color=QUERY, state=states, key="words", name="Word"),
            layers.Label(left, chips.text[here], QUERY, size=20, side="left", key="who"),
        ]
        if share > 0:  # stems lead from words of the lower row to their arcs
            stems = [
                np.stack([chips.top[k], tops[k]]) for k in {here, *strong.tolist()} if chips.top[k, 2] < tops[k, 2]
            ]
            drawn.append(layers.Lines(stems, QUERY, 1.4, 0.6, pickable=False, key="stems"))
            drawn.append(figures.Arcs(tops[[here] * len(strong)], tops[strong], share * own[strong], QUERY, told, rise,
                                      spread=0.03, up=UP, key="arcs", name="Looks"))  # fmt: skip
        return drawn

    @ll.kept
    def skyline(self, here: int, done: float) -> list[layers.Layer]:
        """Return the weights as bars, a row for each word that has looked, in the columns of those that it looks at."""
        chips, pitch, weights, names = self.row(), self.pitch, self.seen(), self.reading().tokens
        count = len(weights)
        rows = np.arange(count)[:, None]
        shown = np.clip(done - rows, 0, 1) * weights
        x, y = np.asarray(chips.position)[:, 0], self.depth(rows)
        half = 0.38 * (chips.widths if np.ptp(chips.top[:, 2]) == 0 else np.gradient(x))
        low = np.stack(np.broadcast_arrays(x - half, y - 0.4 * pitch, FLOOR), -1).reshape(-1, 3)
        high = np.stack(np.broadcast_arrays(x + half, y + 0.4 * pitch, FLOOR + HIGH * shown + 0.004), -1).reshape(-1, 3)
        worth = [f"{one} looks at {other}: {words('?.3', weight)}"
                 for one, row in zip(names, weights.tolist(), strict=True)
                 for other, weight in zip(names, row, strict=True)]  # fmt: skip
        own, look = slice(here * count, (here + 1) * count), {"shadow": False, "name": "Weight"}
        return [
            layers.Bars(low, high, -np.sqrt(shown).ravel(), key="weights", worth=worth, **look),
            layers.Bars(low[own] - AROUND, high[own] + AROUND, QUERY, key="looks", worth=worth[own], **look),
        ]

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Let the word look that is clicked, or whose weight is; clicked again, let all look in turn."""
        if layer.key == "weights":
            element //= len(self.reading().tokens)
        elif not layer.key.startswith("words"):
            return False
        if self.alone and element == self.token:
            self.set("alone", False)
        else:
            self.set("token", element)
        return True


def in_space(vectors: Any) -> np.ndarray:
    """Return vectors (..., 2 or 3) as directions (..., 3) of the world; two numbers stand upright, facing the eye."""
    vectors = np.asarray(vectors, float)
    found = np.zeros((*vectors.shape[:-1], 3))
    found[..., AXES[vectors.shape[-1]]] = vectors
    return found

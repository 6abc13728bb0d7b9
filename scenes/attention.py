"""Who looks at whom: one query that asks a few keys, and a whole sentence as a real model reads it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import figures, layers, parameters, shapes, signs, words
from lossland.models import attention, minilm

COLORS = ("optimizer.momentum", "up", "i", "eigen1", "lane.7", "optimizer.radam")  # of the keys, each with its value
QUERY, RESULT = "area", "accent"
MOST, LIMIT = len(COLORS), 4.0
SPHERE, HULL = np.array([-2.05, 0.0, 0.0]), np.array([2.05, 0.0, 0.0])  # where the keys stand, and where the values
GLOBE = shapes.ellipsoid(SPHERE, np.eye(3), 32)
FOOT, PITCH, TALL = -0.62, 0.4, 1.5  # of the bars between them: where they stand, their step, the height of the largest
ASKED, SHARED, BLENDED = (0.03, 0.36), (0.42, 0.58), (0.66, 0.94)  # shares of the scene
LOOKED = (0.02, 0.82)  # share of the scene in which the words of a sentence look around, one after the other
WIDE, DEEP, HIGH, GAP = 6.6, 1.9, 0.7, 0.05  # of a sentence with the skyline of its weights, and between its words
LOW, APART = 0.24, 0.35  # words that are not so high stand in two rows; and the room around them there, in heights
LETTERS = (99, 9, 7, 6, 5, 4)  # of long words, shortened until all are as high
FLOOR, LEAST = -0.85, 0.02  # on which the skyline stands; and the least weight that is drawn as an arc
HIGHEST, AROUND = 0.95, 0.006  # of the arcs; and how much larger the bars of the word that looks are
UP = (0.0, 0.0, 1.0)
AXES = {2: [0, 2], 3: [0, 1, 2]}  # in which axes of the world vectors of so many numbers are seen
BOUNDS = np.array([(x, y, z) for x in (-3.0, 3.25) for y in (-0.8, 0.8) for z in (-1.3, 1.75)], float)
FORMULA = r"\mathrm{softmax}\left(Q K^{T} / \sqrt{d}\right) V"
SCORES, SHARES = r"q \cdot k / \sqrt{d}", r"w = \mathrm{softmax}"


class Vector(parameters.Point):
    """Two or three numbers."""

    def check(self, value: object) -> tuple[float, ...]:
        """Accept two numbers or three."""
        for count in (3, 2):
            like = parameters.Point((0.0,) * count, self.min, self.max)
            like.name = self.name
            try:
                return like.check(value)
            except ll.UserError as error:
                refusal = str(error)
        raise ll.UserError(refusal.replace("must be 2 numbers", "must be 2 or 3 numbers"))


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
        "in a plane": {"query": (1, 0), "keys": ((1, 0), (0, 1), (-1, 0)), "values": ((1.5, 1), (-1.5, 1), (0, -1.4))},
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
    temperature = parameters.Number(1.0, 0.05, 20.0, "temperature", "The scores are divided by it.", log=True)
    scaled = parameters.Toggle(True, r"divide by $\sqrt{d}$", "Whether the scores are divided by the root of d.")
    mask = parameters.Choice("none", ("none", "causal"), "mask", "Causal: nobody sees what comes after.")
    sentence = parameters.Text(
        minilm.SENTENCES[4], minilm.check_sentence, "sentence", "What the model reads.", options=minilm.SENTENCES
    )
    layer = parameters.Integer(6, 1, minilm.LAYERS, "layer", "Of the model's six.")
    head = parameters.Integer(12, 0, minilm.HEADS, "head", "Of the layer's twelve; 0 is the mean of all.")
    token = parameters.Integer(3, 0, minilm.LONGEST - 1, "token", "Which one looks, from 0 on: click a word.")
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
        """Hide query and keys beside a sentence, which has its own."""
        return self.show == "query" or name not in ("query", "keys")

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
        mask = (np.arange(len(keys)) <= self.token)[None] if self.mask == "causal" else None
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

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return weights, their entropy in bits, and the output: of a sentence that is its direction (384,)."""
        if self.show == "sentence":
            found, weights = self.reading(), self.seen()
            others = np.stack([one.embedding for one in minilm.stored().values()])
            return {
                "weights": weights, "output": found.embedding, "entropy": attention.entropy(weights),
                "cosines": others @ found.embedding,
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
        drawn = [*self.stage(), *self.arrows(), self.beams(told, shared), *self.bars(told, shared)]
        if now.share > BLENDED[0]:
            drawn += self.blend(now.eased(*BLENDED))
        return ll.Frame(drawn, self.notes(), self.view(now))

    @ll.kept
    def arrows(self) -> list[layers.Layer]:
        """Return the query and the keys; one that is hidden by the mask is a ghost."""
        query, keys, _ = self.places()
        sees, most = np.isfinite(self.look().scores[0]), int(self.look().weights[0].argmax())
        return [
            *(layers.Arrows(SPHERE[None], keys[[k]], COLORS[k], 4.5, ghost=not sees[k], key=f"key {k}", name="Key")
              for k in range(len(keys))),
            layers.Arrows(SPHERE[None], query[None], QUERY, 7.0, key="query", name="Query", depth=False),
            layers.Points(np.vstack([query, keys]), "text", 5.0, "ring", outline=True, group="handles", pickable=False,
                          key="tips"),
            layers.Label(query, "q", QUERY, latex=True, size=34, side=query - SPHERE, key="name q"),
            layers.Label(keys[most], f"k_{most + 1}", COLORS[most], latex=True, size=30, side="below right",
                         key="name k"),
        ]  # fmt: skip

    def grown(self, told: float) -> np.ndarray:
        """Return how far the question has come to each key (m,), after so many of them; a hidden one is not asked."""
        return np.clip(told - np.arange(len(self.keys)), 0, 1) * np.isfinite(self.look().scores[0])

    @ll.kept
    def beams(self, told: float, shared: float) -> layers.Lines:
        """Return the beams from the query to the keys, in the end as wide as their weights are large."""
        query, keys, _ = self.places()
        weight = self.look().weights[0]
        paths = [np.stack([query, end]) for end in query + self.grown(told)[:, None] * (keys - query)]
        wide = tuple((2.0 + shared * (9.0 * weight - 1.0)).tolist())
        worth = [words("weight ?", one) for one in weight]
        return layers.Lines(
            paths, COLORS[: len(keys)], wide, 0.85, depth=False, casing=1.0, key="beams", name="Beam", worth=worth
        )

    @ll.kept
    def stage(self) -> list[layers.Layer]:
        """Return what stands still: the sphere, the foot of the bars, and the hull of the values."""
        values, colors = self.places()[2], COLORS[: len(self.keys)]
        side = 0.5 * PITCH * len(values) + 0.1
        pairs = [values[[a, b]] for a in range(len(values)) for b in range(a)]
        drawn: list[layers.Layer] = [
            layers.Solid(GLOBE, "grid", 0.10, 0.0, pickable=False, key="sphere"),
            layers.Lines([np.array([(-side, 0, FOOT), (side, 0, FOOT)])], "dim", 1.4, pickable=False, key="foot"),
            layers.Lines(pairs, "grid", 1.2, 0.7, pickable=False, key="sides"),
            *(layers.Points(values[[k]], colors[k], 8.0, "sphere", outline=True, key=f"value {k}", name="Value")
              for k in range(len(values))),
        ]  # fmt: skip
        spread = np.linalg.svd(values - values.mean(axis=0), compute_uv=False) if len(values) > 2 else np.zeros(3)
        if len(values) > 3 and spread[2] > 1e-3:
            drawn.insert(0, layers.Solid(shapes.polytope(values), "grid", 0.13, 0.0, key="hull", name="Hull"))
        elif len(values) == 3 and spread[1] > 1e-3:
            drawn.insert(0, layers.Polygon(values, "grid", 0.16, 0.0, key="hull", name="Hull"))
        return drawn

    @ll.kept
    def bars(self, told: float, shared: float) -> list[layers.Layer]:
        """Return the bars in the middle: scores, up or down, on their way to shares of 1."""
        look, count, grown = self.look(), len(self.keys), self.grown(told)
        score, weight = np.where(np.isfinite(look.scores[0]), look.scores[0], 0.0), look.weights[0]
        tall = TALL / max(1.0, 2.0 * float(np.abs(score).max()))
        height = (1 - shared) * tall * score * grown + shared * TALL * weight
        x, half = PITCH * (np.arange(count) - 0.5 * (count - 1)), 0.36 * PITCH
        low = np.stack([x - half, 0 * x - half, FOOT + np.minimum(height, 0)], -1)
        high = np.stack([x + half, 0 * x + half, FOOT + np.maximum(height, 0.004)], -1)
        ends = np.stack([x, 0 * x, FOOT + height], -1)
        seen = [k for k in range(count) if grown[k] > 0 or shared > 0]
        shown, name = (weight, SHARES) if shared > 0.5 else (look.scores[0], SCORES)
        drawn: list[layers.Layer] = [
            layers.Label((0.0, 0.0, FOOT - 0.6), name, "dim", latex=True, size=21, side="below", key="what")
        ]
        if seen:
            told_of = [words("weight ?", weight[k]) for k in seen]
            colors = [COLORS[k] for k in seen]
            drawn.append(
                layers.Bars(low[seen], high[seen], colors, shadow=False, key="bars", name="Key", worth=told_of)
            )
        return drawn + [
            layers.Label(ends[k], words("?.2", shown[k]), COLORS[k], size=22, key=f"number {k}",
                         side="below" if height[k] < 0 else "above")
            for k in seen if grown[k] == 1 or shared > 0.5
        ]  # fmt: skip

    @ll.kept
    def blend(self, share: float) -> list[layers.Layer]:
        """Return the output on its way: as the scores grow from 0, it goes from the values' mean to their blend."""
        values, (scores,) = self.places()[2], self.look().scores
        grown = np.append(np.arange(0.0, share, 0.03), share)[:, None]
        weights = attention.softmax(np.where(np.isfinite(scores), grown * np.nan_to_num(scores), -np.inf))
        path = weights @ values
        here, most = path[-1], int(weights[-1].argmax())
        return [
            layers.Lines([np.stack([here, one]) for one in values], COLORS[: len(values)],
                         tuple((0.5 + 9.0 * weights[-1]).tolist()), 0.85, depth=False, casing=1.0, key="shares",
                         name="Share", worth=[words("weight ?", one) for one in weights[-1]]),
            layers.Lines([path], "text", 1.6, 0.8, dash=(7, 4), depth=False, pickable=False, key="path"),
            layers.Points(here[None], RESULT, 11.0, "sphere", outline=True, key="output", name="Output"),
            layers.Label(here, "output", RESULT, size=22, side="below", key="name output"),
            layers.Label(values[most], f"v_{most + 1}", COLORS[most], latex=True, size=30, side=values[most] - here,
                         key="name v"),
        ]  # fmt: skip

    @staticmethod
    def view(now: ll.Now) -> ll.View:
        """Return the view: from the front, a little around."""
        return ll.View(-90.0, 16.0, bounds=BOUNDS, turned=(10.0 * (now.eased() - 0.5), 0.0))

    @ll.kept
    def notes(self) -> list[layers.Note]:
        """Return the title's formula, and how spread the attention is."""
        look, most = self.look(), max(float(np.log2(len(self.keys))), 1e-9)
        bits = float(attention.entropy(look.weights)[0])
        spread = words("entropy ?.2 of ?.2 bits", bits, most)
        said = ", ".join([words("d = ?", self.size), *self.manner()])
        return [layers.Title(self.title, FORMULA, (said, spread)), *self.misfits(len(self.keys))]

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

    def manner(self) -> list[str]:
        """Return what is unusual about how it looks."""
        said = [words("temperature ?", self.temperature)] if self.temperature != 1.0 else []
        said += ["causal mask"] if self.mask == "causal" else []
        return said + (["not divided by √d"] if not self.scaled else [])

    def handles(self, now: ll.Now) -> Sequence[ll.Handle]:
        """Return the tips of query and keys, which stay on their spheres, and the values."""
        if self.show == "sentence":
            return []
        query, keys, values = self.places()
        found = [ll.Handle("query", query, Attention.turn_query, free=True)]
        for name, places, move in (
            ("key", keys, Attention.turn_key),
            ("value", values[: len(self.handed)], Attention.shift),
        ):
            found += [
                ll.Handle(f"{name} {k + 1}", place, partial(move, index=k), free=True) for k, place in enumerate(places)
            ]
        return found

    def turn_query(self, place: Sequence[float]) -> None:
        """Turn the query towards a place; it stays as long as it is."""
        self.set("query", turned(self.query, place))

    def turn_key(self, place: Sequence[float], index: int) -> None:
        """Turn a key towards a place; it stays as long as it is."""
        rows = list(self.keys)
        rows[index] = turned(rows[index], place)
        self.set("keys", rows)

    def shift(self, place: Sequence[float], index: int) -> None:
        """Put a value where it was dragged."""
        rows = list(self.handed)
        there = (np.asarray(place, float) - HULL) / self.units()[1]
        rows[index] = tuple(np.clip(np.round(there, 2), -LIMIT, LIMIT)[AXES[len(rows[index])]].tolist())
        self.set("values", rows)

    # ---------------------------------------------------------------------------------------------------- a sentence
    @ll.kept
    def row(self) -> tuple[figures.Chips, float]:
        """Return the words side by side, many of them in two rows, as wide as there is room, and how much room a row of
        weights has."""
        tokens = self.reading().tokens
        chips = in_one_row(tokens)
        if chips.height < LOW:
            chips = in_two_rows(tokens)
        return chips, min(DEEP / len(tokens), 0.25)

    def looking(self, now: ll.Now) -> tuple[int, float, float]:
        """Return which word looks and how much of what it sees is there, and how many have looked; in the end all have.

        Then it is the chosen one's turn again; one that was clicked is seen at once.
        """
        count = len(self.reading().tokens)
        if self.alone or now.share >= LOOKED[1]:
            return min(self.token, count - 1), 1.0, count
        done = now.staged(count, *LOOKED, moving=0.6)
        return min(int(done), count - 1), done - min(int(done), count - 1), done

    def read(self, now: ll.Now) -> ll.Frame:
        """Return the words, arcs from the one that looks, and before them a row of bars for each that has looked."""
        here, share, done = self.looking(now)
        drawn = [*self.skyline(here, done), *self.sentence_seen(here, share)]
        return ll.Frame(drawn, self.notes_of(here), ll.View(-90.0, 28.0, bounds=self.room()))

    @ll.kept
    def sentence_seen(self, here: int, share: float) -> list[layers.Layer]:
        """Return the words, and arcs from the one that looks with a share of their weights."""
        chips, own = self.row()[0], self.seen()[here]
        x, strong = np.asarray(chips.position)[:, 0], np.flatnonzero(own > LEAST)
        tops = np.column_stack([chips.top[:, :2], np.full(len(own), chips.top[:, 2].max())])
        states: list[figures.State] = ["lit" if k == here else "plain" for k in range(len(own))]
        rise = min(0.3, HIGHEST / max(float(np.abs(x[strong] - x[here]).max()), 0.1))
        told = [words("?.2", one) if one > 0.1 and share > 0.9 else "" for one in own[strong]]
        left = (float(x[0] - 0.5 * chips.widths[0]) - 0.08, self.depth(here), FLOOR)
        drawn: list[layers.Layer] = [
            figures.Chips(chips.text, chips.position, share * own, QUERY, states, chips.height, chips.widths, up=UP,
                          key="words", name="Word"),
            layers.Label(left, chips.text[here], QUERY, size=20, side="left", key="who"),
        ]  # fmt: skip
        if share > 0:
            under = [k for k in {here, *strong.tolist()} if chips.top[k, 2] < tops[k, 2]]
            drawn.append(
                layers.Lines(
                    [np.stack([chips.top[k], tops[k]]) for k in under], QUERY, 1.4, 0.6, pickable=False, key="stems"
                )
            )  # from words of the lower row to their arcs
            drawn.append(figures.Arcs(tops[[here] * len(strong)], tops[strong], share * own[strong], QUERY, told, rise,
                                      spread=0.03, up=UP, key="arcs", name="Looks"))  # fmt: skip
        return drawn

    def depth(self, row: Any) -> Any:
        """Return the y of a row of weights."""
        return -0.45 - self.row()[1] * (row + 0.5)

    @ll.kept
    def skyline(self, here: int, done: float) -> list[layers.Layer]:
        """Return the weights as bars, a row for each word that has looked, in the columns of those that it looks at."""
        (chips, pitch), weights = self.row(), self.seen()
        count = len(weights)
        rows = np.arange(count)[:, None]
        shown = np.clip(done - rows, 0, 1) * weights
        x, y = np.asarray(chips.position)[:, 0], self.depth(rows)
        half = 0.38 * (chips.widths if np.ptp(chips.top[:, 2]) == 0 else np.gradient(x))
        low = np.stack(np.broadcast_arrays(x - half, y - 0.4 * pitch, FLOOR), -1).reshape(-1, 3)
        high = np.stack(np.broadcast_arrays(x + half, y + 0.4 * pitch, FLOOR + HIGH * shown + 0.004), -1).reshape(-1, 3)
        worth = self.told()
        own = slice(here * count, (here + 1) * count)
        return [
            layers.Bars(low, high, -np.sqrt(shown).ravel(), shadow=False, key="weights", name="Weight", worth=worth),
            layers.Bars(low[own] - AROUND, high[own] + AROUND, QUERY, shadow=False, key="looks", name="Weight",
                        worth=worth[own]),
        ]  # fmt: skip

    @ll.kept
    def told(self) -> list[str]:
        """Return what is said of each weight under the pointer."""
        names = self.reading().tokens
        return [
            f"{one} looks at {other}: {words('?.3', weight)}"
            for one, row in zip(names, self.seen().tolist(), strict=True)
            for other, weight in zip(names, row, strict=True)
        ]

    @ll.kept
    def room(self) -> np.ndarray:
        """Return the corners of words, arcs and skyline."""
        chips, pitch = self.row()
        x = float(np.max(np.abs(np.asarray(chips.position)[:, 0]) + 0.5 * chips.widths)) + 0.1
        deep = -0.45 - pitch * len(chips.widths)
        return np.array([(side, y, z) for side in (-x, x) for y, z in ((0, 1.7), (0, -0.3), (deep, FLOOR))])

    @ll.kept
    def notes_of(self, here: int) -> list[layers.Note]:
        """Return the title, and how spread the attention of a word is."""
        weights = self.seen()
        head = "all heads" if self.head == 0 else words("head ?", self.head)
        bits = float(attention.entropy(weights[here]))
        spread = words("entropy ?.2 of ?.2 bits", bits, np.log2(len(weights)))
        lines = (", ".join([f"MiniLM, layer {self.layer}", head, *self.manner()]), spread)
        return [layers.Title(self.title, FORMULA, lines), *self.misfits(len(weights))]

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


def widths(tokens: Sequence[str]) -> np.ndarray:
    """Return how wide chips of words are (n,), in heights: close to the text."""
    return np.array([0.4 + 0.56 * figures.text_width(token) for token in tokens])


def in_one_row(tokens: Sequence[str]) -> figures.Chips:
    """Return words side by side, as large as there is room."""
    wide = widths(tokens)
    height = min(0.42, (WIDE - GAP * (len(tokens) - 1)) / float(wide.sum()))
    return figures.Chips.row(tokens, gap=GAP, height=height, width=height * wide, up=UP)


def in_two_rows(tokens: Sequence[str]) -> figures.Chips:
    """Return words in their order, up and down in turn, the long ones shortened where they would be too small."""

    def of(letters: int) -> figures.Chips:
        short = [one if len(one) <= letters else f"{one[: letters - 1]}…" for one in tokens]
        wide = widths(short)
        x = staggered(wide, APART)
        left, right = float((x - 0.5 * wide).min()), float((x + 0.5 * wide).max())
        height = min(0.42, WIDE / (right - left))
        up = (1 - np.arange(len(x)) % 2) * (1.0 + APART)
        middle = height * np.stack([x - 0.5 * (left + right), 0 * x, up], -1)
        return figures.Chips(short, middle, height=height, width=height * wide, up=UP)

    tried = map(of, LETTERS)
    return next((chips for chips in tried if chips.height >= LOW), of(LETTERS[-1]))


def staggered(wide: np.ndarray, gap: float) -> np.ndarray:
    """Return the x (n,) of the middles of n chips in two rows in turn, a gap at least between two of a row.

    The middle of each one in the lower row is between two of the upper row, at least half a gap from both.
    """
    x = [0.0]
    for k in range(1, len(wide)):
        free = x[k - 2] + 0.5 * (wide[k - 2] + wide[k]) + gap if k > 1 else 0.0
        x.append(max(free, x[-1] + 0.5 * (wide[k - k % 2] + gap)))
    return np.array(x)


def turned(vector: Sequence[float], place: Sequence[float]) -> tuple[float, ...]:
    """Return a vector as long as before that points from the middle of the sphere to a place."""
    way = (np.asarray(place, float) - SPHERE)[AXES[len(vector)]]
    long = float(np.linalg.norm(vector)) / max(float(np.linalg.norm(way)), 1e-9)
    return tuple(np.clip(np.round(long * way, 3), -LIMIT, LIMIT).tolist())

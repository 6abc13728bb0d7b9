"""Words as points of 50 numbers: what lies near, sums of words, and words along an axis from one to another."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

import lossland as ll
from lossland import layers, parameters, shapes, signs, tex, words
from lossland.models import analogies, datasets, principal

HALF = 1.5  # of what is shown, in the world
PLANES = [0, 2, 1]  # the first axis to the right, the second up, the third away from the eye
SHALLOW = 0.55  # how much smaller space is across an axis of two words than along it
CLOUD = (0.005, 0.995)  # shares of all words, along each axis, between which the picture shows them
ROW = 0.27  # between words in their order
LABEL = np.array((0.25, 0.16))  # half the width and height of a word with its cosine
ACROSS = np.array([(0.97, 0.26, 0.0), (-0.07, 0.27, 0.96)])  # to the right and up in the picture, amid the scene
JOBS = "captain boss architect engineer lawyer scientist soldier doctor teacher singer dancer nurse"
ROLES = ("text", "j", "i")  # of where a sum begins, of what is subtracted, and of what is added


class WordEmbeddings(ll.Scene):
    """Meaning as a place, and as a way from one place to another."""

    name = "word_embeddings"
    title = "king − man + woman"
    chapter = "Attention and embeddings"
    rows = ("E1", "E3", "Y4", "V5")
    sign = (
        *(signs.Dot(place, 1.1, "grid") for place in ((0.1, 0.2), (0.5, 0.08), (0.9, 0.55), (0.6, 0.9), (0.93, 0.9))),
        signs.Line([(0.16, 0.86), (0.34, 0.4)], "area", 2.0),
        signs.Line([(0.58, 0.66), (0.76, 0.2)], "area", 2.0),
        signs.Dot((0.16, 0.86), 2.0, "j"), signs.Dot((0.34, 0.4), 2.0, "i"),
        signs.Dot((0.58, 0.66), 2.0, "text"), signs.Dot((0.76, 0.2), 2.6, "accent"),
    )  # fmt: skip
    presets: ClassVar = {
        "king": {"plus": "king woman", "minus": "man", "show": "sum"},
        "inputs included": {"plus": "king woman", "minus": "man", "include_inputs": True, "show": "sum"},
        "capitals": {"plus": "paris italy", "minus": "france", "show": "sum"},
        "languages": {"plus": "german france", "minus": "germany", "show": "sum"},
        "plain neighbours": {"word": "dog", "k": 7, "show": "word"},
        "an axis": {"axis": "he she", "show": "axis"},
        "a doctor": {"plus": "doctor woman", "minus": "man", "include_inputs": True, "show": "sum"},
    }

    plus = parameters.Text(
        "king woman", datasets.word_counter(1, 4, "A sum has from 1 to 4 words that are added"), "plus",
        "The words that are added; the sum begins at the first.",
    )  # fmt: skip
    minus = parameters.Text(
        "man", datasets.word_counter(0, 4, "At most 4 words are subtracted"), "minus", "The words to subtract."
    )
    include_inputs = parameters.Toggle(False, "include inputs", "Whether a word of the sum may be the nearest itself.")
    k = parameters.Integer(5, 1, 12, "$k$", "How many of the nearest words are shown.")
    word = parameters.Text(
        "dog", datasets.word_counter(1, 1, "One word is looked for"), "search", "A word: click one, or type it."
    )
    axis = parameters.Text(
        "he she", datasets.word_counter(2, 2, "An axis goes from one word to a different one"), "axis",
        "Two words: from which one to which it goes.",
    )  # fmt: skip
    along = parameters.Text(
        JOBS, datasets.word_counter(1, 12, "From 1 to 12 words go on an axis"), "words along it",
        "Up to twelve words, which are sorted along the axis.",
    )  # fmt: skip
    show = parameters.Choice("sum", ("sum", "word", "axis"), "show", "A sum, one word, or words along an axis.")
    clock = ll.Clock(14.0)

    def changed(self, name: str) -> None:
        """Show what was changed."""
        shown = {"plus": "sum", "minus": "sum", "word": "word", "axis": "axis", "along": "axis"}
        self.values["show"] = shown.get(name, self.values["show"])

    def has_control(self, name: str) -> bool:
        """Hide what has no effect on what is shown; words may be changed at any time."""
        return self.show in {"k": ("sum", "word"), "include_inputs": ("sum",)}.get(name, (self.show,))

    def pick(self, layer: layers.Layer, element: int) -> bool:
        """Look for the word that is clicked."""
        known = {"all": datasets.glove().words, "near": self.sum().nearest, "terms": self.sum().words}
        if layer.key not in known:
            return False
        self.set("word", known[layer.key][element])
        return True

    # ---------------------------------------------------------------------------------------------- the mathematics
    @ll.kept
    def compass(self) -> analogies.Compass:
        """Return what finds the nearest words."""
        return analogies.Compass(datasets.glove().vectors)

    @ll.kept
    def sum(self) -> analogies.Sum:
        """Return the sum, or the one word that is looked for, with the nearest words."""
        known, compass = datasets.glove(), self.compass()
        if self.show == "word":
            return analogies.Sum(known, compass, known.read(self.word), count=self.k)
        plus, minus = known.read(self.plus), known.read(self.minus)
        return analogies.Sum(known, compass, plus, minus, self.k, self.include_inputs)

    @ll.kept
    def ordered(self) -> tuple[list[str], np.ndarray]:
        """Return the words in their order along the axis, the last one first, and their cosines with it."""
        known, (first, second) = datasets.glove(), datasets.glove().rows(self.axis)
        listed = list(dict.fromkeys(known.read(self.along)))  # each of them once
        cosine = analogies.along(known.rows(" ".join(listed)), first, second)
        order = np.argsort(-cosine, kind="stable")
        return [listed[k] for k in order], cosine[order]

    def readouts(self, now: ll.Now) -> ll.Readouts:
        """Return the nearest words and their cosines with the sum, and those of the sum's own words."""
        found = self.sum()
        read = {
            "nearest": np.array(found.nearest), "cosines": found.cosines, "inputs": np.array(found.words),
            "input_cosines": found.own_cosines, "kept": principal.share_along(self.seen_along()[1], self.spread()),
        }  # fmt: skip
        return read | ({"along": self.ordered()[1], "sorted": self.ordered()[0]} if self.show == "axis" else {})

    # ---------------------------------------------------------------------------------------- the way it is seen
    @ll.kept
    def seen_along(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the middle (50,), and the directions (50, 3) that are the picture's x, y and z, as long as 1 there.

        They are the principal axes of what is shown, so that its parallelograms lie open. An axis of two words is x,
        and y and z are the principal axes of what is left.
        """
        if self.show == "axis":
            listed, cosine = self.ordered()
            axes = analogies.frame_along(datasets.glove().rows(" ".join(listed)), *datasets.glove().rows(self.axis))
            return np.zeros(50), axes[:, PLANES] * (1.0, SHALLOW, SHALLOW) * HALF / max(
                float(np.abs(cosine).max()), 0.25
            )
        shown = self.sum().vectors
        axes, middle = principal.principal(shown).components[PLANES].T, shown.mean(axis=0)
        return middle, axes * HALF / float(np.abs((shown - middle) @ axes).max())

    def seen(self, vectors: np.ndarray) -> np.ndarray:
        """Return where vectors (..., 50) are in the picture (..., 3)."""
        middle, axes = self.seen_along()
        return (vectors - middle) @ axes

    @ll.kept
    def everything(self) -> np.ndarray:
        """Return the vectors of all words (n, 50), of the length 1 beside an axis, which sorts them by their angles."""
        return self.compass().directions if self.show == "axis" else datasets.glove().vectors

    @ll.kept
    def cloud(self) -> np.ndarray:
        """Return where all words are in the picture (n, 3)."""
        return self.seen(self.everything())

    @ll.kept
    def spread(self) -> np.ndarray:
        """Return the covariance (50, 50) of all words."""
        return np.cov(self.everything(), rowvar=False)

    # ------------------------------------------------------------------------------------------------- the picture
    def frame(self, now: ll.Now) -> ll.Frame:
        """Return a sum on its way to the nearest words, or words on their way to their places on an axis."""
        if self.show == "axis":
            return self.ordering(now)
        reached = self.reached(now)
        view = ll.View(-78.0, 16.0, bounds=self.bounds(), turned=(20.0 * now.share - 14.0, 0.0))
        drawn = [self.mist(0.6), *self.walking(now), *self.terms_of_sum(reached), *self.beams(reached)]
        return ll.Frame(drawn, self.notes(reached), view)

    @ll.kept
    def bounds(self) -> np.ndarray:
        """Return the corners (8, 3) of the box around what is named, and the cloud but for its outermost dots."""
        shown = np.vstack([self.seen(self.sum().vectors), np.quantile(self.cloud(), CLOUD, axis=0)])
        return shapes.box(shown.min(axis=0) - 0.12, shown.max(axis=0) + 0.12)

    def mist(self, dim: float) -> layers.Points:
        """Return all words as dots."""
        return layers.Points(self.cloud(), "grid", 2.0, dim=dim, name="Word", worth=datasets.glove().words, key="all")

    def named(self, place: np.ndarray, word: str, color: str, **look: Any) -> layers.Label:
        """Return a word beside its place, on the side that is away from the middle."""
        return layers.Label(place, word, color, **{"size": 20.0, "side": place, "key": f"word {word}", **look})

    def reached(self, now: ll.Now) -> np.ndarray:
        """Return how far (k,) the beams to the nearest words have come, one after another."""
        begin = 0.66 if len(self.sum().walk.tail) else 0.1
        return np.clip(now.staged(self.k, begin, 0.94) - np.arange(len(self.sum().nearest)), 0.0, 1.0)

    def walking(self, now: ll.Now) -> list[layers.Layer]:
        """Return the differences: each grows between two words, and is carried to where the sum has come to."""
        walk, drawn = self.sum().walk, list[layers.Layer]()
        step = now.staged(2 * len(walk.tail), 0.06, 0.64, 0.9)
        for leg, ends in enumerate(zip(walk.tail, walk.tip, walk.start, strict=True)):
            tail, tip, start = self.seen(np.array(ends))
            grown, carried = np.clip(step - 2 * leg - np.arange(2), 0.0, 1.0)
            if grown > 0:
                at, way = tail + carried * (start - tail), grown * (tip - tail)
                drawn.append(layers.Arrows(at[None], (at + way)[None], "area", 5.5, depth=False, name="Difference",
                                           key=f"carried {leg}"))  # fmt: skip
            if carried > 0:
                corners = np.array([tail, tip, tip + carried * (start - tail), tail + carried * (start - tail)])
                drawn += [
                    layers.Arrows(tail[None], tip[None], "area", 4.0, depth=False, ghost=True, key=f"found {leg}"),
                    layers.Polygon(corners, "area", 0.10, 1.2, (10, 5), pickable=False, key=f"parallelogram {leg}"),
                ]
        if len(walk.tail) and step >= 2 * len(walk.tail):
            drawn.append(layers.Points(self.seen(walk.end)[None], "accent", 8.0, "ring", True, name="Sum", key="sum"))
        return drawn

    def terms_of_sum(self, reached: np.ndarray) -> list[layers.Layer]:
        """Return the words of the sum; one that is among the nearest says its cosine when it is reached."""
        found, count = self.sum(), len(self.sum().plus) - 1
        colors = [ROLES[0], *[ROLES[2]] * count, *[ROLES[1]] * len(found.minus)]
        reached_ones = zip(found.nearest, found.cosines, reached >= 1, strict=True)
        told = {word: words("?.3", cosine) for word, cosine, is_reached in reached_ones if is_reached}
        places = self.seen(found.vectors[: len(found.words)])
        balls = layers.Points(places, "text", 6.0, "sphere", outline=True, name="Word", worth=found.words, key="terms")
        return [balls, *(
            self.named(place, word, color, key=f"term {n}", value=told.get(word, ""))
            for n, (place, word, color) in enumerate(zip(places, found.words, colors, strict=True))
        )]  # fmt: skip

    def beams(self, reached: np.ndarray) -> list[layers.Layer]:
        """Return lines from the sum to the nearest words, thicker where the cosine is larger, and these words."""
        if not reached.any():
            return []
        texts, cosine, here = self.sum().nearest, self.sum().cosines, self.seen(self.sum().walk.end)
        there, begun, done = self.seen(self.sum().near), reached > 0, reached >= 1
        ways = np.stack([0 * there + here, here + reached[:, None] * (there - here)], axis=1)[begun]
        share = (cosine - cosine[-1]) / max(float(cosine[0] - cosine[-1]), 1e-9)
        colors = ["accent" if k == 0 else "k" for k in range(len(texts))]
        drawn: list[layers.Layer] = [
            layers.Lines([*ways], colors[: len(ways)], (1.5 + 2.5 * share)[begun], 0.85, depth=False, casing=1.0,
                         pickable=False, key="beams"),
            layers.Points(there[done], "k", 5.0, "sphere", outline=True, name="Word", key="near",
                          worth=np.array(texts)[done]),
        ]  # fmt: skip
        for k in (k for k in np.flatnonzero(done) if texts[k] not in self.sum().words):
            look = {"size": 24.0 if k == 0 else 17.0, "value": words("?.3", cosine[k]), "bold": k == 0}
            drawn.append(self.named(there[k], texts[k], colors[k], side=self.sides()[k], **look))
        return drawn

    @ll.kept
    def sides(self) -> np.ndarray:
        """Return for each of the nearest words the direction (k, 3) in which lines and names cover least of its own."""
        here, there, walk = self.seen(self.sum().walk.end), self.seen(self.sum().near), self.sum().walk
        dots = np.repeat(np.vstack([here, there])[:, None], 2, axis=1)
        lines = np.concatenate([np.stack([0 * there + here, there], axis=1), self.seen(walk.outlines), dots])
        return shapes.clear_sides(there @ ACROSS.T, lines @ ACROSS.T, LABEL) @ ACROSS

    # ------------------------------------------------------------------------------------------------ along an axis
    def ordering(self, now: ll.Now) -> ll.Frame:
        """Return the words in space, which move to rows in their order without leaving their place along the axis."""
        (listed, cosine), done = self.ordered(), now.eased(0.1, 0.65)
        start = self.seen(analogies.directions(datasets.glove().rows(" ".join(listed))))
        rise = ROW * (0.5 * (len(listed) - 1) - np.arange(len(listed)))
        end = np.column_stack([start[:, 0], 0.0 * rise, rise])
        places, foot = (1 - done) * start + done * end, rise[-1] - 1.6 * ROW
        high = foot + done * (rise[0] - foot) + 0.01
        ends = np.array([(-HALF - 0.35, 0.0, foot), (HALF + 0.35, 0.0, foot)])
        stems = [np.array([place * (0, 1, 1), place]) for place in places]
        colors = [ROLES[2] if one > 0 else ROLES[1] for one in cosine]
        drawn: list[layers.Layer] = [
            self.mist(0.6 + 0.4 * done),
            layers.Lines([np.array([(0.0, 0.0, foot), (0.0, 0.0, high)])], "dim", 1.4, pickable=False, key="zero"),
            layers.Lines(stems, colors, 3.0, 0.8 * done, key="stems", pickable=False),
            layers.Points(places, "text", 6.0, "sphere", outline=True, name="Word", worth=listed, key="listed"),
            layers.Arrows(ends[:1], ends[1:], "area", 5.5, depth=False, name="Axis", key="axis"),
        ]  # fmt: skip
        texts = datasets.glove().read(self.axis)
        for place, side, color, word in zip(ends, ("left", "right"), (ROLES[1], ROLES[2]), texts, strict=True):
            drawn.append(layers.Label(place, word, color, size=26.0, side=side, key=f"end {side}"))
        for place, word, color, one in zip(places, listed, colors, cosine, strict=True):
            side, text = ("right", words("?   ?.2", word, one)) if one > 0 else ("left", words("?.2   ?", one, word))
            text = text if done == 1 else word  # a number would cover others on the way
            drawn.append(layers.Label(place, text, color, size=17.0, side=side, key=f"word {word}"))
        low, top = rise[-1] - 2.6 * ROW, rise[0] + 3.8 * ROW
        reach = np.array([(x, 0.0, z) for x in (-HALF - 0.7, HALF + 0.7) for z in (low, top)])
        view = ll.View(-90.0, 0.0, bounds=reach, turned=(16.0 * (1 - done), 14.0 * (1 - done)))
        return ll.Frame(drawn, self.axis_notes(), view)

    # --------------------------------------------------------------------------------------------------- the notes
    def said(self, reached: np.ndarray) -> str:
        """Return what happens, in a sentence."""
        found = self.sum()
        if self.show == "word":
            return "The words whose vectors point nearly the same way"
        if reached[0] >= 1:
            nearer = "? itself is nearer, with ?.3: words of the sum are left out"
            return words(nearer, *found.left_out) if found.left_out else "No word was left out that would be nearer"
        if (len(found.plus), len(found.minus)) == (2, 1):
            return f"The way from {found.minus[0]} to {found.plus[1]} is carried to {found.plus[0]}"
        return "Each difference is carried to where the sum has come to"

    def notes(self, reached: np.ndarray) -> list[layers.Note]:
        """Return the sum, the nearest words, and what is nearer than these but was left out."""
        found, count = self.sum(), len(datasets.glove().words)
        title = f"Near {self.sum().plus[0]}" if self.show == "word" else analogies.written(found.plus, found.minus)
        notes: list[layers.Note] = [
            layers.Title(title, r"\cos(u, v) = \frac{u \cdot v}{\|u\|\,\|v\|}", [self.said(reached)]),
            self.honest(),
        ]
        if reached[0] < 1:
            return notes
        texts, cosine = found.nearest, found.cosines
        rows = [layers.Row("k" if n else "accent", texts[n], [words("?.3", cosine[n])])
                for n in np.flatnonzero(reached >= 1)]  # fmt: skip
        if self.show == "sum" and found.left_out:
            word, its_cosine = found.left_out
            rows.insert(0, layers.Row("dim", f"{word} (left out)", [words("?.3", its_cosine)]))
        series = layers.Series("word", "k", np.arange(1.0, len(texts) + 1), cosine)
        return [
            *notes,
            layers.Meter(f"Cosine with {texts[0]}", "", float(cosine[0]), "accent", 0, 1, words("?.3", cosine[0])),
            layers.Legend(rows, words("Nearest of ?n words", count)),
            layers.Chart("Cosine of the nearest words", [series], kind="bar"),
        ]

    @ll.kept
    def honest(self) -> layers.Facts:
        """Return how much the picture keeps of what words differ in."""
        parts, axes = (np.cov(self.sum().vectors, rowvar=False), self.spread()), self.seen_along()[1]
        shares = [tex(r"?n\,\%", 100 * principal.share_along(axes, covariance)) for covariance in parts]
        rows = [("text", shares[0], "", "of the words named"), ("dim", shares[1], "", "of all words")]
        return layers.Facts("Variance kept by 3 of 50 axes", rows)

    def axis_notes(self) -> list[layers.Note]:
        """Return the axis, the word that is farthest along it, and what it is that is measured."""
        (listed, cosine), (first, second) = self.ordered(), datasets.glove().read(self.axis)
        return [
            layers.Title(f"From {first} to {second}", r"\cos(w,\; b - a)"),
            layers.Meter(f"{listed[0]}, towards {second}", "", float(cosine[0]), ROLES[2], -1.0, 1.0),
            layers.Caution("It measures the texts that the vectors were learned from, not the world"),
        ]

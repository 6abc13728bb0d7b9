"""What a word looks at: the attention of one word to all words of its sentence, as arcs over it."""

import numpy as np

import lossland as ll
from lossland import figures, layers, numerals

WORDS = ("The", "animal", "did", "not", "cross", "the", "street", "because", "it", "was", "tired")
ASPECTS = np.array(  # each word's noun, verb, role and feeling: words that share them look at each other
    [
        (0.3, 0.0, 0.2, 0.0), (1.4, 0.1, 1.0, 0.9), (0.0, 1.0, 0.1, 0.0), (0.0, 0.8, 0.0, 0.6),
        (0.1, 1.5, 0.5, 0.2), (0.3, 0.0, 0.1, 0.0), (1.1, 0.4, 0.2, 0.0), (0.0, 0.3, 0.7, 0.4),
        (1.2, 0.0, 1.1, 0.7), (0.0, 0.9, 0.4, 0.5), (0.2, 0.2, 0.8, 1.6),
    ]
)  # fmt: skip
SCORES = 2.0 * ASPECTS @ ASPECTS.T


class Sentence(ll.Scene):
    """Arcs over a sentence: the weights are the softmax of the scores between words."""

    name = "sentence"
    title = "What a word looks at"
    chapter = "Attention and embeddings"
    lesson = "The softmax makes weights of scores. **Heat** levels them; cold leaves only the largest. Click a word."

    word = ll.parameters.Choice("it", [*dict.fromkeys(WORDS)], "Word", "The word that looks around.")
    heat = ll.parameters.Number(1.0, 0.2, 5.0, "Temperature", "What the scores are divided by.", log=True)
    tour = ll.parameters.Toggle(False, "Word after word", "The word changes as time goes on.")

    def readouts(self, time=0.0):
        at = int(time / self.clock.seconds * len(WORDS)) % len(WORDS) if self.tour else WORDS.index(self.word)
        scores = SCORES[at] / self.heat
        weights = np.exp(scores - scores.max())
        weights /= weights.sum()
        return {"word": at, "weights": weights, "entropy": float(-(weights * np.log(weights)).sum())}

    def frame(self, time):
        read = self.readouts(time)
        at, weights = read["word"], read["weights"]
        state = tuple("lit" if k == at else "plain" if weights[k] >= 0.05 else "dim" for k in range(len(WORDS)))
        chips = figures.Chips.row(WORDS, value=weights, state=state, color="optimizer.momentum", key="words")
        others = np.arange(len(WORDS)) != at
        start, end = np.tile(chips.top[at], (len(WORDS) - 1, 1)), chips.top[others]
        look = {"color": "optimizer.momentum", "full": 0.6}
        arcs = figures.Arcs(start, end, weights[others], rise=0.36, spread=0.07, key="others", **look)
        below = chips.bottom[[at]]
        own = figures.Arcs(below, below, weights[[at]], rise=0.7, up=(0, -1, 0), key="itself", **look)
        latex = r"w_i = \dfrac{e^{s_i / T}}{\sum_j e^{s_j / T}}"
        facts = [f"temperature {numerals.short(self.heat)}", f"entropy {numerals.fixed(read['entropy'])} nats"]
        reach = 0.5 * float(np.ptp(chips.top[:, 0])) + 0.8
        bounds = np.array([[-reach, -1.4, 0], [reach, 0.36 * 1.25 * reach, 0]])
        return ll.Frame([chips, arcs, own], [layers.Title(self.title, latex, facts)], ll.View(flat=True, bounds=bounds))

    def pick(self, layer, element):
        if layer.key == "words/Plates":
            self.word, self.tour = WORDS[element], False
        return layer.key == "words/Plates"

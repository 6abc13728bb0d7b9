"""The residual stream, which blocks read and add to, and two heads that predict by induction.

A transformer without normalization is x ← x + Attn(x), x ← x + MLP(x), and so on: what leaves it is what entered it and
the sum of all edits (Elhage et al. 2021, "A Mathematical Framework for Transformer Circuits"). The model here is not
trained but constructed: a head that copies the token before, and an induction head that looks for the token whose
predecessor is the current one (Olsson et al. 2022, "In-context Learning and Induction Heads"). Between them perceptrons
erase what is no longer needed, which Elhage et al. call memory management.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lossland.display import Displayed
from lossland.errors import UserError
from lossland.models import attention

Floats = NDArray[np.float64]

SYMBOLS = 6  # the tokens 0 to 5 ...
START = SYMBOLS  # ... and the one that marks the beginning
MOST = 12  # tokens that are legible in a picture
LANES = ("token", "position", "previous", "output")
"""The parts of the stream: the token, its position, the token before it, and the predicted next one."""


class Head(NamedTuple):
    """An attention block of one head: matrices (d, k) for queries, keys and values, and the output matrix (k, d)."""

    query: Floats
    key: Floats
    value: Floats
    back: Floats


class Perceptron(NamedTuple):
    """A block that acts on each token separately: x ↦ max(x W, 0) U with matrices (d, k) and (k, d)."""

    inward: Floats
    outward: Floats


@dataclass(frozen=True, eq=False)
class Stream(Displayed):
    """The stream of n tokens in B blocks: ``states`` (B + 1, n, d) before the first and after each, ``edits`` (B, n, d)
    what each adds, and its attention ``weights`` (B, n, n), 0 in a perceptron."""

    states: Floats
    edits: Floats
    weights: Floats

    def at(self, depth: float) -> Floats:
        """Return the states (n, d) at a depth from 0 to B: within a block, with that share of its output added."""
        block = min(int(depth), len(self.edits) - 1)
        return self.states[block] + (depth - block) * self.edits[block]

    @property
    def sum_error(self) -> float:
        """The largest difference of the last state and the first plus all edits: rounding error."""
        return float(np.abs(self.states[-1] - (self.states[0] + self.edits.sum(axis=0))).max(initial=0.0))


def run(x: Floats, blocks: Sequence[Head | Perceptron], sharpness: float, ablated: Collection[int] = ()) -> Stream:
    """Return the stream of tokens (n, d) through causal blocks; the ``ablated`` ones, by index, add nothing.

    ``sharpness`` is a factor on all attention scores, 1 over the temperature.
    """
    count = len(x)
    states, edits, weights = [x], [], []
    for number, block in enumerate(blocks):
        looked, edit = np.zeros((count, count)), np.zeros_like(x)
        if number not in ablated:
            if isinstance(block, Head):
                asked = (x @ matrix for matrix in (block.query, block.key, block.value))
                _, looked, found = attention.attend(*asked, attention.causal(np, count), 1.0 / sharpness, scaled=False)
                edit = found @ block.back
            else:
                edit = np.maximum(x @ block.inward, 0.0) @ block.outward
        x = x + edit
        states.append(x)
        edits.append(edit)
        weights.append(looked)
    return Stream(np.stack(states), np.stack(edits), np.stack(weights))


@dataclass(frozen=True, eq=False)
class Induction(Displayed):
    """The model for a number of tokens: the columns of each of ``LANES``, and the blocks by name, in order."""

    lanes: dict[str, slice]
    blocks: dict[str, Head | Perceptron]

    def embedded(self, tokens: Sequence[int]) -> Floats:
        """Return the initial stream (n, d): each token's embedding and position."""
        x = np.zeros((len(tokens), self.lanes["output"].stop))
        x[:, self.lanes["token"]] = np.eye(SYMBOLS + 1)[list(tokens)]
        x[:, self.lanes["position"]] = np.eye(len(tokens))
        return x

    def content(self, states: Floats) -> dict[str, Floats]:
        """Return the norm (...) of each lane of streams (..., d)."""
        return {name: np.linalg.norm(states[..., place], axis=-1) for name, place in self.lanes.items()}

    def probabilities(self, x: Floats, sharpness: float) -> Floats:
        """Return the probabilities (..., 7) of the next token: the sharpened softmax of the output lane (..., d)."""
        return attention.softmax(sharpness * x[..., self.lanes["output"]])


def tokens_of(text: str) -> list[int]:
    """Parse the tokens of a text such as ``BOS 2 4 1``, without BOS, or raise UserError."""
    parts = text.replace(",", " ").strip("[]() ").split()
    parts = parts[1:] if parts and parts[0].upper() == "BOS" else parts
    if not 1 <= len(parts) <= MOST or not set(parts) <= set(map(str, range(SYMBOLS))):
        raise UserError(
            f"tokens must be from 1 to {MOST} whole numbers from 0 to {SYMBOLS - 1} with spaces between, "
            f"such as BOS 2 4 1 0 5 3 2, not {text!r}."
        )
    return [int(part) for part in parts]


def induction(count: int) -> Induction:
    """Return the model for a number of tokens. Its matrices only copy, shift or erase lanes.

    - ``attention 1``: each position attends to the one before it, and copies that token into the lane ``previous``.
    - ``mlp 1`` erases the positions, which are not needed after that.
    - ``attention 2``: each token attends to those whose previous token it is, and copies them into the output.
    - ``mlp 2`` erases the previous tokens.
    """
    if count < 1:
        raise UserError("The model needs one token at least.")
    sizes = dict(zip(LANES, (SYMBOLS + 1, count, SYMBOLS + 1, SYMBOLS + 1), strict=True))
    ends = np.cumsum(list(sizes.values())).tolist()
    lanes = {name: slice(end - sizes[name], end) for name, end in zip(LANES, ends, strict=True)}
    columns = np.eye(ends[-1])
    part = {name: columns[:, place] for name, place in lanes.items()}  # (d, size): reads a lane; transposed, writes it
    before = np.eye(count, k=-1)  # position i attends to i - 1
    return Induction(
        lanes,
        {
            "attention 1": Head(part["position"] @ before, part["position"], part["token"], part["previous"].T),
            "mlp 1": Perceptron(part["position"], -part["position"].T),
            "attention 2": Head(part["token"], part["previous"], part["token"], part["output"].T),
            "mlp 2": Perceptron(part["previous"], -part["previous"].T),
        },
    )


def likeliest(said: Floats) -> NDArray[np.intp]:
    """Return the symbols with the highest of probabilities (n,): of a tie, to half a hundredth, all."""
    return np.flatnonzero(said > said.max() - 0.005)

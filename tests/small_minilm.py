"""A sentence model as MiniLM is, with a few word pieces, slim perceptrons and numbers that are drawn at random."""

from __future__ import annotations

from functools import cache

import numpy as np

from lossland.models import minilm

PIECES = (
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "that",
    "is",
    "he",
    "un",
    "##happi",
    "##ly",
    ",",
    "!",
    "ete",
    "中",
    "##is",
)
KNOWN = {name: number for number, name in enumerate(PIECES)}
INNER = 48  # numbers within a perceptron


@cache
def small_model() -> minilm.Model:
    """Return the model, always the same."""
    random = np.random.default_rng(11)

    def drawn(*shape: int) -> np.ndarray:
        return (random.normal(size=shape) / np.sqrt(shape[-1])).astype(np.float32)

    weights = {}
    for table, rows in (("word", len(PIECES)), ("position", 32), ("token_type", 2)):
        weights[f"embeddings.{table}_embeddings.weight"] = drawn(rows, minilm.WIDTH) * np.float32(np.sqrt(minilm.WIDTH))
    norms, linear = ["embeddings.LayerNorm"], []
    for layer in range(minilm.LAYERS):
        name = f"encoder.layer.{layer}"
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
        linear += [(f"{name}.attention.self.{one}", minilm.WIDTH, minilm.WIDTH) for one in ("query", "key", "value")]
        linear += [(f"{name}.attention.output.dense", minilm.WIDTH, minilm.WIDTH)]
        linear += [(f"{name}.intermediate.dense", INNER, minilm.WIDTH), (f"{name}.output.dense", minilm.WIDTH, INNER)]
    for name in norms:
        weights |= {f"{name}.weight": 1 + drawn(minilm.WIDTH), f"{name}.bias": drawn(minilm.WIDTH)}
    for name, rows, columns in linear:
        weights |= {f"{name}.weight": 2 * drawn(rows, columns), f"{name}.bias": drawn(rows)}
    return minilm.Model(weights, KNOWN)

"""Scaled dot-product attention with masks, heads and temperatures.

Each query is compared with all keys; softmax(Q K^T / (sqrt(d) T)) gives the weights with which the values are averaged
(Vaswani et al. 2017, "Attention Is All You Need", section 3.2; the temperature T is 1 there). Tokens are rows: queries
(..., n, d), keys (..., m, d), values (..., m, v), with any leading axes, such as heads. Arrays may be of any library of
the array API standard.
"""

from __future__ import annotations

import math
from types import ModuleType
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeAlias, TypeVar

from lossland.errors import UserError
from lossland.expression.node import Array, namespace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Mask: TypeAlias = Array | NDArray[np.bool_]

A = TypeVar("A", bound=Array)


class Attention(NamedTuple, Generic[A]):
    """The result of attention: ``scores`` (..., n, m) before the softmax, -inf where masked; ``weights`` (..., n, m),
    whose rows sum to 1; and ``output`` (..., n, v), each row of which lies within the convex hull of the values."""

    scores: A
    weights: A
    output: A


def causal(xp: ModuleType, count: int) -> Array:
    """Return the causal mask (count, count) as an array of ``xp``: True where a token may attend, itself and before."""
    return xp.tril(xp.ones((count, count), dtype=xp.bool))


def scores(queries: A, keys: A, mask: Mask | None = None, temperature: float = 1.0, scaled: bool = True) -> A:
    """Return the scores (..., n, m) of queries and keys: q·k / (√d T), or q·k / T if not ``scaled``.

    Where the ``mask`` (..., n, m) is False they are -inf. If entries are independent with mean 0 and variance 1, q·k
    has variance d; divided by √d it has variance 1 for every d, which keeps the softmax from saturating.
    """
    xp = namespace(queries)
    if not temperature > 0.0:
        raise UserError(f"The temperature of attention is above 0, not {temperature:g}.")
    root = math.sqrt(queries.shape[-1]) if scaled else 1.0
    found = xp.matmul(queries, xp.matrix_transpose(keys)) / (root * temperature)
    return found if mask is None else xp.where(mask, found, xp.asarray(-math.inf, dtype=found.dtype))


def softmax(scores: A) -> A:
    """Return weights (..., m) proportional to exp(score) that sum to 1; -inf gets 0. Each row needs a finite score."""
    xp = namespace(scores)
    raised = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return raised / xp.sum(raised, axis=-1, keepdims=True)


def attend(
    queries: A, keys: A, values: A, mask: Mask | None = None, temperature: float = 1.0, scaled: bool = True
) -> Attention[A]:
    """Return scores, weights and outputs of queries (..., n, d), keys (..., m, d) and values (..., m, v)."""
    found = scores(queries, keys, mask, temperature, scaled)
    weights = softmax(found)
    return Attention(found, weights, namespace(weights).matmul(weights, values))


def course(scores: A, share: float, step: float = 0.03) -> A:
    """Return the weights (k, m) of one query's scores (m,), scaled from 0 to ``share`` in steps of ``step``.

    They begin uniform. Masked scores, -inf, always have the weight 0.
    """
    xp = namespace(scores)
    grown = xp.asarray([*(k * step for k in range(math.ceil(share / step))), share], dtype=scores.dtype)[:, None]
    seen = scores > -math.inf
    known = xp.where(seen, scores, xp.zeros_like(scores))
    return softmax(xp.where(seen[None], grown * known[None], xp.asarray(-math.inf, dtype=scores.dtype)))


def warmed(weights: A, temperature: float, mask: Mask | None = None) -> A:
    """Return weights (..., n, m) at another temperature, optionally masked, from those at temperature 1.

    Weights are exp(score) up to a factor for each row, so their logarithms serve as scores.
    """
    xp = namespace(weights)
    known = weights > 0
    found = xp.log(xp.where(known, weights, xp.ones_like(weights))) / temperature
    known = known if mask is None else known & mask
    return softmax(xp.where(known, found, xp.asarray(-math.inf, dtype=found.dtype)))


def split_heads(x: A, heads: int) -> A:
    """Return tokens (..., n, h d) split into h heads (..., h, n, d) of d consecutive features each."""
    xp = namespace(x)
    *before, count, width = x.shape
    if width % heads:
        raise UserError(f"{width} numbers cannot be shared out to {heads} heads.")
    order = (*range(len(before)), len(before) + 1, len(before), len(before) + 2)
    return xp.permute_dims(xp.reshape(x, (*before, count, heads, width // heads)), order)


def join_heads(x: A) -> A:
    """Return the outputs of h heads (..., h, n, d) concatenated to tokens (..., n, h d)."""
    xp = namespace(x)
    *before, heads, count, width = x.shape
    order = (*range(len(before)), len(before) + 1, len(before), len(before) + 2)
    return xp.reshape(xp.permute_dims(x, order), (*before, count, heads * width))


def entropy(weights: A) -> A:
    """Return the entropy (...) of weights (..., m) in bits: 0 for a single key, log2 m for uniform weights."""
    xp = namespace(weights)
    some = xp.where(weights > 0, weights, xp.ones_like(weights))
    return -xp.sum(some * xp.log2(some), axis=-1)

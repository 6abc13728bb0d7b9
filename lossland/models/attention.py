"""Who looks at whom: scaled dot-product attention with masks, heads and temperatures.

Each query asks all keys, softmax(Q K^T / (sqrt(d) T)) says what share of its attention each of them gets, and these
shares blend the values (Vaswani et al. 2017, "Attention Is All You Need", section 3.2; the temperature T is 1 there).
Tokens are rows: queries (..., n, d), keys (..., m, d), values (..., m, v), whatever stands before, such as heads.
Arrays may be of any library of the array API standard.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from lossland.errors import UserError
from lossland.expression.node import namespace


class Attention(NamedTuple):
    """One look: ``scores`` (..., n, m) before the softmax, -inf where masked; ``weights`` (..., n, m), whose rows sum
    to 1; and ``output`` (..., n, v), each row of which lies within the convex hull of the values."""

    scores: Any
    weights: Any
    output: Any


def causal(xp: Any, count: int) -> Any:
    """Return the mask (count, count) of those that see only themselves and what came before: True where they look."""
    return xp.tril(xp.ones((count, count), dtype=xp.bool))


def scores(queries: Any, keys: Any, mask: Any = None, temperature: float = 1.0, scaled: bool = True) -> Any:
    """Return how well each query and each key agree (..., n, m): q·k / (√d T), or q·k / T if not ``scaled``.

    What the ``mask`` (..., n, m) has False for is -inf. Of independent numbers with mean 0 and variance 1, q·k has
    the variance d; divided by √d it is 1 for every d, which keeps the softmax from choosing one key alone.
    """
    xp = namespace(queries)
    if not temperature > 0.0:
        raise UserError(f"The temperature of attention is above 0, not {temperature:g}.")
    root = math.sqrt(queries.shape[-1]) if scaled else 1.0
    found = xp.matmul(queries, xp.matrix_transpose(keys)) / (root * temperature)
    return found if mask is None else xp.where(mask, found, xp.asarray(-math.inf, dtype=found.dtype))


def softmax(scores: Any) -> Any:
    """Return shares (..., m) that sum to 1 in proportion to exp(score); -inf gets 0. Each row needs a finite score."""
    xp = namespace(scores)
    raised = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return raised / xp.sum(raised, axis=-1, keepdims=True)


def attend(
    queries: Any, keys: Any, values: Any, mask: Any = None, temperature: float = 1.0, scaled: bool = True
) -> Attention:
    """Return scores, weights and outputs of queries (..., n, d) that ask keys (..., m, d) about values (..., m, v)."""
    found = scores(queries, keys, mask, temperature, scaled)
    weights = softmax(found)
    return Attention(found, weights, namespace(weights).matmul(weights, values))


def course(scores: Any, share: float, step: float = 0.03) -> Any:
    """Return the weights (k, m) on the way of one query's scores (m,) from 0 to a share of what they are, by ``step``.

    They begin as equal shares. What is masked, with -inf, has the weight 0 all the way.
    """
    xp = namespace(scores)
    grown = xp.asarray([*(k * step for k in range(math.ceil(share / step))), share], dtype=scores.dtype)[:, None]
    seen = scores > -math.inf
    known = xp.where(seen, scores, xp.zeros_like(scores))
    return softmax(xp.where(seen[None], grown * known[None], xp.asarray(-math.inf, dtype=scores.dtype)))


def warmed(weights: Any, temperature: float, mask: Any = None) -> Any:
    """Return weights (..., n, m) as they would be at another temperature, and behind a ``mask``, from those at 1.

    Weights are exp(score) up to a factor for each row, so their logarithms will do as scores.
    """
    xp = namespace(weights)
    known = weights > 0
    found = xp.log(xp.where(known, weights, xp.ones_like(weights))) / temperature
    known = known if mask is None else known & mask
    return softmax(xp.where(known, found, xp.asarray(-math.inf, dtype=found.dtype)))


def split_heads(x: Any, heads: int) -> Any:
    """Return tokens (..., n, h d) as h heads (..., h, n, d) with d neighbouring numbers each."""
    xp = namespace(x)
    *before, count, width = x.shape
    if width % heads:
        raise UserError(f"{width} numbers cannot be shared out to {heads} heads.")
    order = (*range(len(before)), len(before) + 1, len(before), len(before) + 2)
    return xp.permute_dims(xp.reshape(x, (*before, count, heads, width // heads)), order)


def join_heads(x: Any) -> Any:
    """Return what h heads (..., h, n, d) have found as tokens (..., n, h d) again."""
    xp = namespace(x)
    *before, heads, count, width = x.shape
    order = (*range(len(before)), len(before) + 1, len(before), len(before) + 2)
    return xp.reshape(xp.permute_dims(x, order), (*before, count, heads * width))


def entropy(weights: Any) -> Any:
    """Return the entropy (...) of shares (..., m) in bits: 0 looks at one key alone, log2 m at all of them alike."""
    xp = namespace(weights)
    some = xp.where(weights > 0, weights, xp.ones_like(weights))
    return -xp.sum(some * xp.log2(some), axis=-1)

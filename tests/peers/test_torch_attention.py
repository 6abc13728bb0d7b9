"""Attention and the sentence model beside PyTorch's own, and its word pieces beside those of tokenizers."""

from __future__ import annotations

import numpy as np
import pytest
from small_minilm import KNOWN, PIECES, small_model

from lossland.compute.pieces import finished
from lossland.models import attention, minilm

pytestmark = pytest.mark.torch
RANDOM = np.random.default_rng(2)


@pytest.mark.parametrize("masked", [False, True])
def test_attention_is_scaled_dot_product_attention(masked):
    import torch  # pyright: ignore[reportMissingImports]

    q, k, v = RANDOM.normal(size=(3, 2, 4, 7, 16))
    mask = attention.causal(np, 7) if masked else None
    expected = torch.nn.functional.scaled_dot_product_attention(*map(torch.from_numpy, (q, k, v)), is_causal=masked)
    np.testing.assert_allclose(attention.attend(q, k, v, mask).output, expected.numpy(), rtol=1e-12)


def test_heads_are_those_of_multihead_attention():
    import torch  # pyright: ignore[reportMissingImports]

    x = torch.from_numpy(RANDOM.normal(size=(5, 24)))
    layer = torch.nn.MultiheadAttention(24, 4, dtype=torch.float64)
    _, expected = layer(x, x, x, average_attn_weights=False)
    q, k, v = (
        part.numpy()
        for part in torch.nn.functional.linear(x, layer.in_proj_weight, layer.in_proj_bias).detach().chunk(3, -1)
    )
    found = attention.attend(*(attention.split_heads(part, 4) for part in (q, k, v)))
    np.testing.assert_allclose(found.weights, expected.detach().numpy(), rtol=1e-12)


def encoder(model: minilm.Model, layer: int):
    """Return a layer as PyTorch has it, with the model's weights."""
    import torch  # pyright: ignore[reportMissingImports]

    found = torch.nn.TransformerEncoderLayer(
        minilm.WIDTH, minilm.HEADS, len(model.weights["encoder.layer.0.intermediate.dense.bias"]), 0.0, "gelu",
        minilm.EPSILON, batch_first=True, norm_first=False,
    ).eval()  # fmt: skip
    name = f"encoder.layer.{layer}"
    joined = {
        f"self_attn.in_proj_{part}": np.concatenate(
            [model.weights[f"{name}.attention.self.{one}.{part}"] for one in ("query", "key", "value")]
        )
        for part in ("weight", "bias")
    }
    named = {
        "self_attn.out_proj": "attention.output.dense", "norm1": "attention.output.LayerNorm",
        "linear1": "intermediate.dense", "linear2": "output.dense", "norm2": "output.LayerNorm",
    }  # fmt: skip
    for theirs, ours in named.items():
        joined |= {f"{theirs}.{part}": model.weights[f"{name}.{ours}.{part}"] for part in ("weight", "bias")}
    found.load_state_dict({key: torch.from_numpy(np.array(value)) for key, value in joined.items()})
    return found


def test_the_sentence_model_is_six_post_norm_encoder_layers():
    import torch  # pyright: ignore[reportMissingImports]

    model = small_model()
    found = finished(model.read("that is unhappily he"))
    numbers = [KNOWN[token] for token in found.tokens]
    table = "embeddings.{}_embeddings.weight".format
    x = model.weights[table("word")][numbers] + model.weights[table("position")][: len(numbers)]
    x = torch.from_numpy(x + model.weights[table("token_type")][0])
    gain, bias = (torch.from_numpy(model.weights[f"embeddings.LayerNorm.{part}"]) for part in ("weight", "bias"))
    with torch.no_grad():
        x = torch.nn.functional.layer_norm(x, (minilm.WIDTH,), gain, bias, minilm.EPSILON)[None]
        for layer in range(minilm.LAYERS):
            theirs = encoder(model, layer)
            _, weights = theirs.self_attn(x, x, x, average_attn_weights=False)
            np.testing.assert_allclose(found.attention[layer], weights[0].numpy(), rtol=1e-3, atol=1e-5)
            x = theirs(x)
    np.testing.assert_allclose(found.vectors, x[0].numpy(), atol=1e-4)


TEXTS = (
    "That is a happy dog.", "un-happily, he IS  that!", "Été naïve \u00df is", "中he 日本", "he\u200bis\x07that",
    "it's $5 + 3^2 = 14", "isis isx unisly", "\u201cthat\u201d \u2014 is", "", "İs 𝒳 ﬁ", "<he> ~is~ `that|un`",
)  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_word_pieces_are_those_of_tokenizers(text):
    from tokenizers import BertWordPieceTokenizer  # pyright: ignore[reportMissingImports]

    theirs = BertWordPieceTokenizer(vocab={name: number for number, name in enumerate(PIECES)}, lowercase=True)
    assert minilm.tokenized(text, KNOWN) == theirs.encode(text).tokens

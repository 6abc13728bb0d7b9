"""Other libraries' optimizers where these libraries are not installed."""

from __future__ import annotations

import sys

import pytest

from lossland.cli import main
from lossland.optimizers import foreign


@pytest.mark.parametrize(
    ("text", "module", "told"),
    [
        (
            "torch.Adam:lr=0.1",
            "torch.optim",
            "torch.Adam needs PyTorch, which is not installed here: pip install torch",
        ),
        ("optax.adam", "optax", "optax.adam needs optax, which is not installed here: pip install optax"),
    ],
)
def test_a_sentence_says_what_to_install(
    text: str, module: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    foreign.named.cache_clear()
    assert main(["run", "himmelblau", "--optimizer", text]) == 1
    assert capsys.readouterr().err == f"lossland: {told}.\n"

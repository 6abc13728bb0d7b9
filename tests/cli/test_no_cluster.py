from __future__ import annotations

import sys

import pytest

from lossland.cli import main


def test_without_dask_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    for words in (["basins", "himmelblau", "-n", "8"], ["eval", "himmelblau", "-n", "8", "-o", "grid.npz"]):
        assert main([*words, "--cluster", "tcp://127.0.0.1:8786"]) == 1
        told = "lossland: A cluster needs Dask, which is not installed here: pip install lossland[cluster].\n"
        assert capsys.readouterr().err == told

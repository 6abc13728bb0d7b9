"""Tests beside other libraries leave these as they were."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def default_types() -> Iterator[None]:
    """Give PyTorch and JAX their own default types back, which tests of optimizers make float64."""
    yield
    if "torch" in sys.modules:
        sys.modules["torch"].set_default_dtype(sys.modules["torch"].float32)
    if "jax" in sys.modules:
        sys.modules["jax"].config.update("jax_enable_x64", False)

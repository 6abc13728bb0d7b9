"""Landscapes travel between processes: what comes out of a pickle is the same expression."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import lossland as ll


@pytest.mark.parametrize("what", ["rosenbrock", "bbob:24:3", "x^2 + 3*sin(pi*y)", lambda x, y: np.where(x > 0, x, -y)])
def test_a_pickle_gives_the_same_expression(what: object) -> None:
    land = ll.landscape(what)  # type: ignore[arg-type]
    land.value([[1.0, 2.0]])  # with its programs, which stay here
    again = pickle.loads(pickle.dumps(land))
    assert again.node is land.node
    assert (again.domain, again.minima, again.start, again.formula) == (
        land.domain, land.minima, land.start, land.formula,
    )  # fmt: skip


def test_an_expression_may_be_deeper_than_pythons_stack() -> None:
    node = ll.landscape("x + y").node
    for _ in range(20_000):
        node = abs(node) + 1
    assert pickle.loads(pickle.dumps(node)) is node

"""Measure the example again that `lossland explore bench` shows, on this machine's cores: a minute or two.

It is a benchmark of two optimizers of each family or more on ten landscapes, from 300 starts. The README's picture of
a leaderboard is drawn from it.
"""

from __future__ import annotations

from lossland.benchmark import summary
from lossland.benchmark.bench import bench

OPTIMIZERS = (
    "gradient_descent", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "nadam", "prodigy", "lion", "rprop",
    "barzilai_borwein", "conjugate_gradient", "damped_newton", "bfgs", "sam", "lookahead", "schedule_free_sgd",
    "schedule_free_adamw", "muon", "shampoo",
)  # fmt: skip
LANDSCAPES = (
    "bowl", "ravine", "rosenbrock", "himmelblau", "beale", "goldstein_price", "six_hump_camel", "styblinski_tang",
    "ackley", "rastrigin",
)  # fmt: skip


def main() -> None:
    """Measure, and write the file."""
    found = bench(OPTIMIZERS, LANDSCAPES, starts=300, backend="cpu")
    summary.pack(summary.Summary(found.document()), summary.EXAMPLE)


if __name__ == "__main__":
    main()

"""The benchmark: optimizers against landscapes, tuned alike, from many starts, with intervals. See docs/benchmark.md."""

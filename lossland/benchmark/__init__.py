"""The benchmark: optimizers against landscapes, tuned alike, from many starts. See docs/benchmark.md."""

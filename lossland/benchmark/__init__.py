"""The benchmark: optimizers against landscapes, tuned alike, from many starts. See docs/benchmark.md."""

from lossland.benchmark.results import Cell, Results, Settings, load, save

__all__ = ["Cell", "Results", "Settings", "load", "save"]

"""Where the mathematics runs: arrays, grids, trajectories, swarms and random numbers."""

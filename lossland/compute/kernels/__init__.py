"""Fused kernels: a whole step of an optimizer on a landscape as one compiled function, over many particles."""

"""OpenGL: contexts, programs, targets, and arrays that are shared with CUDA."""

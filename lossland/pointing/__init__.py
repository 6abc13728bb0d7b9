"""Picking: what is under the pointer, and its description."""

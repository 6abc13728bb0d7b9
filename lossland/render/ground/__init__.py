"""The block of a terrain: its lit top, its cut walls, its floor and the shadows on it."""

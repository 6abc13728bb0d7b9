"""The block of ground: its lit top, its cut walls, its floor and the shadows on it."""

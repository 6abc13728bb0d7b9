"""Interaction with a scene: the player, sessions, and mouse input."""

"""A scene being watched: player, sessions, and what the mouse means."""

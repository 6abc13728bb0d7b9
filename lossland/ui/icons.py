"""The icons on buttons, from Font Awesome 6 Free Solid."""

from __future__ import annotations


class Icon:
    """The code point of each icon in the font."""

    PLAY = "\uf04b"
    PAUSE = "\uf04c"
    BACK = "\uf048"
    FORWARD = "\uf051"
    LOOP = "\uf363"
    CAMERA = "\uf030"
    FILM = "\uf008"
    SHARE = "\uf1e0"
    STOP = "\uf04d"
    DOWN = "\uf078"
    RIGHT = "\uf054"
    EYE = "\uf06e"
    EYE_OFF = "\uf070"
    SEARCH = "\uf002"
    PLUS = "+"
    CLOSE = "\uf00d"
    GEAR = "\uf013"
    CHECK = "\uf00c"
    WARNING = "\uf071"
    TURN = "\uf2f1"
    HOME = "\uf015"
    EXPAND = "\uf065"
    LIST = "\uf0c9"
    SLIDERS = "\uf1de"
    COPY = "\uf0c5"
    DICE = "\uf522"

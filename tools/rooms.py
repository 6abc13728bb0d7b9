"""Draw the rooms of the house, docs/pictures/rooms.svg: ``python tools/rooms.py``.

Rooms (packages) are drawn on the floors (layers) of ``tests/test_imports.py``, the lowest at the bottom. An arrow is an
actual import; those implied by other arrows are left out (the transitive reduction).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from test_imports import ARITHMETIC, FLOORS, PICTURES, modules, modules_used, name_of, room_of  # noqa: E402

from lossland.world.theme import DARK  # noqa: E402

FILE = ROOT / "docs" / "pictures" / "rooms.svg"
LEFT_OUT = {"__main__"}  # one line that calls cli

CAPTIONS = {
    "cli": "the commands",
    "doctor": "what is installed",
    "notebook": "what a cell shows",
    "app": "window, film, stage",
    "ui": "the panels",
    "writing": "text over the picture",
    "play": "player and sessions",
    "formats": "files read and written",
    "pointing": "under the pointer",
    "render": "one painter a layer",
    "compute": "where it runs",
    "scenery": "what a scene is",
    "benchmark": "fair comparisons",
    "landscapes": "functions of x and y",
    "optimizers": "the rules",
    "render/gl": "OpenGL itself",
    "expression": "mathematics, once",
    "checks": "what is handed in",
    "files": "whole or not at all",
    "userfiles": "run when they are named",
    "world": "layers, as plain data",
    "models": "what scenes show",
    "errors": "one clear sentence",
    "interrupts": "signals",
    "resources": "shaders, scenes",
    "numerals": "numbers as text",
    "display": "what notebooks ask",
}

WIDTH, MARGIN = 1060, 24  # pixels of the picture
WIDE, HIGH, BETWEEN = 150, 46, 22  # of a room, and between two side by side
STOREY = 86  # from floor to floor
TOP, BOTTOM = 66, 24
LANE, CLEAR = 9, 13  # least distance between lines that pass a floor, and from a line to a room
FONT = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"
KINDS = {
    "computes": ("optimizer.momentum", 0.14),
    "joins": ("accent", 0.5),
    "draws": ("optimizer.adam", 0.86),
    "serves all": ("dim", 0.5),
}
"""The kinds of rooms: colour and preferred horizontal position."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Room:
    """One box: its centre and its kind."""

    name: str
    kind: str
    x: float
    y: float

    @property
    def color(self) -> str:
        """The colour of its kind."""
        return DARK.hex(KINDS[self.kind][0])


# ------------------------------------------------------------------------------------------------------ imports


@cache
def imports() -> dict[str, set[str]]:
    """Return which rooms each room imports."""
    found: dict[str, set[str]] = {room: set() for floor in FLOORS for room in floor if room not in LEFT_OUT}
    for file in modules():
        room = room_of(name_of(file))
        if room in found:
            found[room] |= {room_of(name) for name in modules_used(file)} - {room}
    return found


def reduced(arrows: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the transitive reduction of the arrows."""

    @cache
    def below(room: str) -> frozenset[str]:
        return frozenset().union(*({other} | below(other) for other in arrows[room]))

    return {
        room: {other for other in others if not any(other in below(one) for one in others)}
        for room, others in arrows.items()
    }


# ----------------------------------------------------------------------------------------------------- layout


def kind_of(room: str, floor: int) -> str:
    """Return the kind of a room; on the two lowest floors are those that serve all."""
    if room in ARITHMETIC:
        return "computes"
    if room in PICTURES:
        return "draws"
    return "serves all" if floor < 2 else "joins"


def laid_out() -> dict[str, Room]:
    """Return all rooms, each near the preferred position of its kind, without overlap."""
    floors = [[room for room in floor if room not in LEFT_OUT] for floor in FLOORS]
    floors = [floor for floor in floors if floor]
    rooms: dict[str, Room] = {}
    for level, names in enumerate(floors):
        kinds = {name: kind_of(name, level) for name in names}
        ordered = sorted(names, key=lambda name: KINDS[kinds[name]][1])  # those of one kind as FLOORS has them
        preferred = [KINDS[kinds[name]][1] * WIDTH for name in ordered]
        for name, x in zip(ordered, spread(preferred), strict=True):
            rooms[name] = Room(name, kinds[name], x, TOP + STOREY * (len(floors) - 1 - level) + HIGH / 2)
    return rooms


def spread(preferred: Sequence[float]) -> list[float]:
    """Return increasing positions near the preferred ones, at least BETWEEN pixels apart, within the picture."""
    low, high, step = MARGIN + WIDE / 2, WIDTH - MARGIN - WIDE / 2, WIDE + BETWEEN
    pushed = [(a + b) / 2 for a, b in zip(rising(preferred, step), falling(preferred, step), strict=True)]
    inside = falling([*rising([max(x, low) for x in pushed], step)[:-1], min(pushed[-1], high)], step)
    return [round(x, 1) for x in rising([max(x, low) for x in inside], step)]


def rising(preferred: Sequence[float], step: float) -> list[float]:
    """Return the positions, moved right until each is at least a step after the one before."""
    return list(accumulate(preferred, lambda before, x: max(x, before + step)))


def falling(preferred: Sequence[float], step: float) -> list[float]:
    """Return the positions, moved left until each is at least a step before the next."""
    return [-x for x in rising([-x for x in reversed(preferred)], step)][::-1]


def routes(rooms: dict[str, Room], arrows: dict[str, set[str]]) -> Iterator[tuple[Room, list[Point]]]:
    """Yield for each arrow its room and its points, between the rooms of the floors on the way."""
    pairs = [(rooms[room], rooms[other]) for room, others in arrows.items() for other in sorted(others)]
    pairs.sort(key=lambda pair: (pair[1].y - pair[0].y, abs(pair[1].x - pair[0].x), pair[0].name, pair[1].name))
    taken: dict[float, list[float]] = {}
    for room, other in pairs:
        leaving = sorted((one for start, one in pairs if start is room), key=lambda one: (one.x, -one.y))
        arriving = sorted((one for one, end in pairs if end is other), key=lambda one: (one.x, one.y))
        points = [(port(room.x, leaving.index(other), len(leaving)), room.y + HIGH / 2)]
        end = (port(other.x, arriving.index(room), len(arriving)), other.y - HIGH / 2)
        for level in sorted({one.y for one in rooms.values() if room.y < one.y < other.y}):
            straight = points[-1][0] + (end[0] - points[-1][0]) * (level - points[-1][1]) / (end[1] - points[-1][1])
            blocked = [(one.x, WIDE / 2 + CLEAR) for one in rooms.values() if one.y == level]
            blocked += [(x, LANE - 0.5) for x in taken.get(level, [])]
            x = nearest_free(straight, blocked)
            taken.setdefault(level, []).append(x)
            beside = any(abs(x - one.x) < WIDE / 2 + 4 * CLEAR for one in rooms.values() if one.y == level)
            points += [(x, level - HIGH / 2), (x, level + HIGH / 2)] if beside else [(x, level)]
        yield room, [*points, end]


def port(middle: float, index: int, count: int) -> float:
    """Return where the arrow number ``index`` of ``count`` meets a room."""
    return middle + (index - (count - 1) / 2) * min(22.0, (WIDE - 40) / count)


def nearest_free(preferred: float, blocked: Sequence[tuple[float, float]]) -> float:
    """Return the position nearest to the preferred one outside all blocked intervals (centre, half width)."""
    ends = [middle + side * half for middle, half in blocked for side in (-1, 1)]
    free = [x for x in (preferred, *ends) if all(abs(x - middle) >= half - 1e-6 for middle, half in blocked)]
    return min((x for x in free if 8 <= x <= WIDTH - 8), key=lambda x: (abs(x - preferred), x))


# ---------------------------------------------------------------------------------------------------- drawing


def picture() -> str:
    """Return the picture as SVG."""
    rooms = laid_out()
    lines = sorted(routes(rooms, reduced(imports())), key=lambda route: route[0].name)
    height = round(max(room.y for room in rooms.values()) + HIGH / 2 + BOTTOM)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="{FONT}" role="img" aria-label="The rooms of lossland and what they import">',
        '<radialGradient id="ground" cx="0.5" cy="0.45" r="0.75">'
        f'<stop offset="0" stop-color="{DARK.hex("background")}"/>'
        f'<stop offset="1" stop-color="{DARK.hex("background.edge")}"/></radialGradient>',
        f'<rect width="{WIDTH}" height="{height}" rx="14" fill="url(#ground)"/>',
        *legend(),
        *(line for room, points in lines for line in arrow(room, points)),
        *(line for room in rooms.values() for line in box(room)),
        "</svg>\n",
    ]
    return "\n".join(parts)


def legend() -> Iterator[str]:
    """Yield the legend of the colours."""
    x = MARGIN
    for kind, (role, _) in KINDS.items():
        yield f'<circle cx="{x + 5}" cy="32" r="5" fill="{DARK.hex(role)}"/>'
        yield f'<text x="{x + 17}" y="36.5" font-size="13" fill="{DARK.hex("dim")}">{kind}</text>'
        x += 44 + 7 * len(kind)
    yield (
        f'<text x="{WIDTH - MARGIN}" y="36.5" font-size="13" text-anchor="end" fill="{DARK.hex("dim")}">'
        "An arrow is an import; those that follow from others are left out.</text>"
    )


def arrow(room: Room, points: Sequence[Point]) -> Iterator[str]:
    """Yield one arrow, down through its points: smooth, and vertical at its ends and beside rooms."""
    *inner, (x, y) = points
    points = [*inner, (x, y - 6)]
    slopes = [0.0, *map(slope, points, points[1:], points[2:]), 0.0]
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (a, b), (start, end) in zip(pairwise(points), pairwise(slopes), strict=True):
        third = (b[1] - a[1]) / 3 if start or end else (b[1] - a[1]) / 2
        path += f" C{a[0] + start * third:.1f} {a[1] + third:.1f} {b[0] - end * third:.1f} {b[1] - third:.1f}"
        path += f" {b[0]:.1f} {b[1]:.1f}"
    yield f'<path d="{path}" fill="none" stroke="{DARK.hex("casing")}" stroke-width="4.5" stroke-opacity="0.55"/>'
    yield f'<path d="{path}" fill="none" stroke="{room.color}" stroke-width="1.5" stroke-opacity="0.75"/>'
    yield f'<path d="M{x - 4:.1f} {y - 7:.1f} h8 l-4 7 z" fill="{room.color}"/>'


def slope(before: Point, here: Point, after: Point) -> float:
    """Return dx / dy of a smooth line at a point."""
    upright = here[0] in (before[0], after[0])
    return 0.0 if upright else (after[0] - before[0]) / (after[1] - before[1])


def box(room: Room) -> Iterator[str]:
    """Yield one room."""
    left, top = room.x - WIDE / 2, room.y - HIGH / 2
    yield (
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{WIDE}" height="{HIGH}" rx="8" fill="{DARK.hex("panel")}" '
        f'stroke="{room.color}" stroke-opacity="0.55"/>'
    )
    yield f'<rect x="{left + 9:.1f}" y="{top + 11:.1f}" width="3" height="{HIGH - 22}" rx="1.5" fill="{room.color}"/>'
    name, said = escape(room.name), escape(CAPTIONS[room.name])
    yield (
        f'<text x="{left + 20:.1f}" y="{room.y - 3:.1f}" font-size="15" font-weight="600" fill="{DARK.hex("text")}">'
        f"{name}</text>"
    )
    yield f'<text x="{left + 20:.1f}" y="{room.y + 13:.1f}" font-size="11" fill="{DARK.hex("dim")}">{said}</text>'


if __name__ == "__main__":
    FILE.write_text(picture())
    print(f"{FILE.relative_to(ROOT)}: {FILE.stat().st_size} bytes")

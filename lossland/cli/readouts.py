"""``lossland readouts``: the numbers of a scene, computed with no window and no GL."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from lossland.cli.options import add_json, add_scene, add_scene_settings
from lossland.cli.output import note_the_end, print_json, print_table
from lossland.cli.parsing import real
from lossland.cli.subject import scene, session

EXAMPLES = """
  lossland readouts linear_map_2d --preset shear --json
  lossland readouts gradient_descent --set alpha=0.1 --time 2
  lossland readouts himmelblau"""

PLACES = 6  # decimals of the table's numbers


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_scene(parser)
    add_scene_settings(parser)
    parser.add_argument(
        "--time", metavar="T", type=real(0, 1e6, "seconds"), help="default: the end of the scene or session"
    )
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Print the numbers."""
    replayed = session(arguments, arguments.scene)
    if replayed is not None:
        from lossland.play.session import at

        note_the_end(replayed.seconds, arguments.time, "session")
        player = at(replayed, arguments.time)
        found = player.scene.readouts(player.time)
    else:
        shown = scene(arguments, arguments.scene)
        note_the_end(shown.clock.seconds, arguments.time)
        end = shown.clock.seconds
        found = shown.readouts(end if arguments.time is None else min(arguments.time, end))
    if arguments.json:
        print_json(found)
    else:
        print_table([(name, _text(value)) for name, value in found.items()], ("readout", "value"))


def _text(value: object) -> str:
    import numpy as np

    if isinstance(value, str):
        return value
    numbers = np.asarray(value)
    if numbers.dtype.kind == "f":
        numbers = np.where(np.abs(numbers) <= 0.5 * 10.0**-PLACES, 0.0, numbers)  # none is written "-0."
    return np.array2string(numbers, precision=PLACES, suppress_small=True, threshold=24).replace("\n", " ")

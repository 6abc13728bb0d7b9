"""``lossland shot``: one picture into a PNG file, with no window."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from lossland.cli.options import (
    add_gl,
    add_json,
    add_output,
    add_panels,
    add_picture_settings,
    add_scene,
    add_scene_settings,
    add_text_scale,
    check_picture_fits,
)
from lossland.cli.output import note_the_end, print_json
from lossland.cli.parsing import real
from lossland.cli.subject import scene, session

SIZE = (1280, 720)
LONGEST = 1e6  # seconds

EXAMPLES = """
  lossland shot himmelblau -o himmelblau.png
  lossland shot "x^2 + 3*sin(y)" --size 1920x1080 --theme print -o mine.png
  lossland shot linear_map_2d --preset shear --time 1 -o shear.png
  lossland shot optimizer_race --set landscape=beale --ui -o window.png
  lossland shot evening.lossland --time 12 -o moment.png"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_scene(parser)
    add_output(parser, "the .png file to write", required=True)
    parser.add_argument(
        "--time",
        metavar="T",
        type=real(0, LONGEST, "seconds"),
        help="default: when there is most to see, mostly the end of the scene or session",
    )
    add_picture_settings(parser, SIZE)
    add_text_scale(parser)
    add_panels(parser)
    add_gl(parser)
    add_scene_settings(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Draw the picture and write it."""
    from lossland.formats.endings import check_ending
    from lossland.play.session import Session

    check_ending(arguments.output, (".png",))
    replayed = session(arguments, arguments.scene)
    size = arguments.size or (replayed.size if replayed else SIZE)
    theme = arguments.theme or (replayed.theme if replayed else "dark")
    check_picture_fits(size)
    shown = replayed or scene(arguments, arguments.scene)
    length = shown.seconds if isinstance(shown, Session) else shown.clock.seconds
    note_the_end(length, arguments.time, "session" if replayed else "scene")

    from lossland.app import snapshot
    from lossland.formats.png import write_png

    time = None if arguments.time is None else min(arguments.time, length)
    image = snapshot(shown, size, time, arguments.ui, theme, gl=arguments.gl, text_scale=arguments.text_scale)
    write_png(arguments.output, image)
    name, title = (shown.scene, arguments.scene) if isinstance(shown, Session) else (shown.name, shown.title)
    if arguments.json:
        usual = shown.seconds if isinstance(shown, Session) else shown.still_time
        time = usual if arguments.time is None else min(arguments.time, length)
        print_json({"scene": name, "time": time, "size": size, "file": str(arguments.output)})
    else:
        print(f"{arguments.output}: {title}, {size[0]} x {size[1]}")

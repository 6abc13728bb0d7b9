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
from lossland.cli.subject import scene

SIZE = (1280, 720)
LONGEST = 1e6  # seconds

EXAMPLES = """
  lossland shot himmelblau -o himmelblau.png
  lossland shot "x^2 + 3*sin(y)" --size 1920x1080 --theme print -o mine.png
  lossland shot linear_map_2d --preset shear --time 1 -o shear.png
  lossland shot optimizer_race --set landscape=beale --ui -o window.png"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_scene(parser)
    add_output(parser, "the .png file to write", required=True)
    parser.add_argument("--time", metavar="T", type=real(0, LONGEST, "seconds"), help="default: the end of the scene")
    add_picture_settings(parser, SIZE)
    add_text_scale(parser)
    add_panels(parser)
    add_gl(parser)
    add_scene_settings(parser)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Draw the picture and write it."""
    from lossland.formats.endings import check_ending

    check_ending(arguments.output, (".png",))
    size, theme = arguments.size or SIZE, arguments.theme or "dark"
    check_picture_fits(size)
    shown = scene(arguments, arguments.scene)
    note_the_end(shown.clock.seconds, arguments.time)

    from lossland.app import snapshot
    from lossland.formats.png import write_png

    image = snapshot(shown, size, arguments.time, arguments.ui, theme, gl=arguments.gl, text_scale=arguments.text_scale)
    write_png(arguments.output, image)
    if arguments.json:
        length = shown.clock.seconds
        time = length if arguments.time is None else min(arguments.time, length)
        print_json({"scene": shown.name, "time": time, "size": size, "file": str(arguments.output)})
    else:
        print(f"{arguments.output}: {shown.title}, {size[0]} x {size[1]}")

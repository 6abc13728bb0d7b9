"""``lossland shot``: one picture into a file, with no window."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from lossland.cli.options import (
    add_json,
    add_output,
    add_scene,
    add_stage_options,
    check_picture_fits,
    stage_options,
)
from lossland.cli.output import note, note_the_end, print_json
from lossland.cli.parsing import real
from lossland.cli.subject import scene, session
from lossland.errors import UserError

SIZE = (1280, 720)
LONGEST = 1e6  # seconds

EXAMPLES = """
  lossland shot himmelblau -o himmelblau.png
  lossland shot "x^2 + 3*sin(y)" --size 1920x1080 --theme print -o mine.png
  lossland shot linear_map_2d --preset shear --time 1 -o shear.png
  lossland shot optimizer_race --set landscape=beale --ui -o window.png
  lossland shot rosenbrock --domain -0.5,1.5,-0.5,1.5 --camera -120,30 --cmap viridis --no-title -o corner.png
  lossland shot himmelblau --theme print --dpi 300 -o paper.pdf
  lossland shot evening.lossland --time 12 -o moment.png"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_scene(parser)
    add_output(parser, "the .png, .jpg, .webp, .svg or .pdf file to write", required=True)
    parser.add_argument(
        "--time",
        metavar="T",
        type=real(0, LONGEST, "seconds"),
        help="default: when there is most to see, mostly the end of the scene or session",
    )
    add_stage_options(parser, SIZE)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Draw the picture and write it."""
    from lossland.formats.endings import check_ending
    from lossland.formats.stills import LINES, PIXELS, check_transparent, write_drawing, write_image
    from lossland.play.session import Session

    lines = check_ending(arguments.output, (*PIXELS, *LINES)) in LINES
    if lines and arguments.ui:
        raise UserError(f"{arguments.output.name} takes no panels; leave --ui out, or write a .png.")
    if arguments.transparent:
        check_transparent(arguments.output)
    replayed = session(arguments, arguments.scene)
    size = arguments.size or (replayed.size if replayed else SIZE)
    theme = arguments.theme or (replayed.theme if replayed else "dark")
    check_picture_fits(size)
    shown = replayed or scene(arguments, arguments.scene)
    length = shown.seconds if isinstance(shown, Session) else shown.clock.seconds
    note_the_end(length, arguments.time, "session" if replayed else "scene")

    from lossland.app.stage import stage_at

    time = None if arguments.time is None else min(arguments.time, length)
    settings = theme, arguments.ui, arguments.gl, arguments.text_scale
    follows = replayed is not None and arguments.theme is None
    with stage_at(shown, time, size, *settings, follows_theme=follows, **stage_options(arguments)) as stage:
        if arguments.camera is not None and stage.player.camera.flat:
            note(f"{arguments.scene} is seen from straight above; --camera changes no more than its distance.")
        if lines:
            write_drawing(arguments.output, stage.drawing(), arguments.dpi)
        else:
            image = stage.image(stage.player)
            write_image(arguments.output, image if arguments.transparent else image[..., :3], arguments.dpi)
    name, title = (shown.scene, arguments.scene) if isinstance(shown, Session) else (shown.name, shown.title)
    if arguments.json:
        usual = shown.seconds if isinstance(shown, Session) else shown.still_time
        time = usual if arguments.time is None else min(arguments.time, length)
        print_json({"scene": name, "time": time, "size": size, "file": str(arguments.output)})
    else:
        print(f"{arguments.output}: {title}, {size[0]} x {size[1]}")

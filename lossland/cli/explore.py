"""``lossland explore``: the window."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from shlex import quote

from lossland.cli.options import add_picture_settings, add_scene_settings, add_text_scale, check_picture_fits
from lossland.cli.output import print_json
from lossland.cli.parsing import SHOWN, path, subject, whole
from lossland.cli.subject import scene, session
from lossland.errors import MachineError, UserError

SIZE = (1280, 720)
FIRST_SCENE = "optimizer_race"
MOST_FRAMES = 10**7

EXAMPLES = """
  lossland explore
  lossland explore himmelblau
  lossland explore "x^2 + 3*sin(y)" --size 1600x900
  lossland explore linear_map_2d --preset shear --set path=straight
  lossland explore himmelblau --save evening.lossland
  lossland explore evening.lossland --save evening.lossland     (replayed, then you go on)
  lossland explore path/to/my_scene.py
  lossland explore results                 (a folder that `lossland bench -o` wrote)
  lossland explore runs/                   (what trainings recorded: TensorBoard's files, run.npz, log.csv)"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "scene",
        metavar="SCENE",
        type=subject(*SHOWN),
        nargs="?",
        default=FIRST_SCENE,
        help="a scene, a landscape or formula, either in a file (mine.py:Name), a folder of results of "
        "`lossland bench`, a file or folder of recorded trainings, or a .lossland session (default: "
        f"{FIRST_SCENE})",
    )
    parser.add_argument("--orbit", action="store_true", help="let the camera turn steadily")
    parser.add_argument("--save", metavar="S.lossland", type=path, help="keep the session in this file at exit")
    parser.add_argument(
        "--frames", metavar="N", type=whole(1, MOST_FRAMES), help="draw N frames as fast as they come, then exit"
    )
    add_picture_settings(parser, SIZE)
    add_text_scale(parser)
    add_scene_settings(parser)
    parser.add_argument(
        "--json", action="store_true", help="at exit, print how many frames were drawn and how long they took"
    )


def run(arguments: Namespace) -> None:
    """Open the window and wait until it is closed."""
    from lossland.doctor import has_display
    from lossland.formats.endings import check_ending

    if arguments.save:
        check_ending(arguments.save, (".lossland",))
    replayed = session(arguments, arguments.scene)
    if replayed and arguments.orbit:
        raise UserError("A session brings the camera's ways; --orbit is for scenes.")
    size = arguments.size or (replayed.size if replayed else SIZE)
    check_picture_fits(size)
    shown = replayed or scene(arguments, arguments.scene)
    if not has_display():
        raise MachineError(
            "There is no display to open a window on; film the scene with "
            f"`lossland record {quote(arguments.scene)} -o out.mp4` or draw it with `lossland shot`."
        )

    from lossland.app.opening import explore

    statistics = explore(
        shown,
        size=size,
        orbit=arguments.orbit,
        save=arguments.save,
        frames=arguments.frames,
        theme=arguments.theme or (replayed.theme if replayed else "dark"),
        text_scale=arguments.text_scale,
    )
    if arguments.json:
        print_json(statistics)

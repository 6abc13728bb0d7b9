"""``lossland record``: a film of a scene, a tour or a session, with no window."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from lossland.cli.options import (
    add_json,
    add_output,
    add_stage_options,
    check_picture_fits,
    stage_options,
)
from lossland.cli.output import note, print_json
from lossland.cli.parsing import SHOWN, real, subject
from lossland.cli.progress import Progress
from lossland.cli.subject import refuse_settings, scene, session
from lossland.errors import UserError
from lossland.files import holds_results

if TYPE_CHECKING:
    from lossland.app.film import Subject

SIZE = (1920, 1080)
SHORTEST, LONGEST = 0.01, 3600  # seconds

EXAMPLES = """
  lossland record optimizer_race -o race.mp4 --seconds 10
  lossland record himmelblau -o himmelblau.gif --size 640x360 --fps 25
  lossland record demo -o demo.webm
  lossland record optimizer_swarm -o frames --seconds 2        (a folder of PNG frames)
  lossland record results --film -o reel.mp4                   (a folder that `lossland bench -o` wrote)
  lossland record my_session.lossland --trim -o mine.mp4"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "subject",
        metavar="SCENE",
        type=subject(*SHOWN),
        help="a scene, a landscape or formula, a tour such as demo, a folder of results of `lossland bench`, "
        "a .lossland session, or mine.py:Name",
    )
    add_output(parser, "a .mp4, .gif or .webm file; a name without an ending is a folder of PNG frames", required=True)
    parser.add_argument(
        "--seconds",
        metavar="S",
        type=real(SHORTEST, LONGEST),
        help="length of the film; the scene is played once in it (default: the scene's own length)",
    )
    parser.add_argument(
        "--fps", metavar="F", type=real(1, 240), default=60, help="frames a second (default: 60; at most 50 in a GIF)"
    )
    parser.add_argument("--orbit", action="store_true", help="let the camera travel slowly around the scene")
    parser.add_argument(
        "--film",
        action="store_true",
        help="of a benchmark: the reel of who won, and of chosen cells with their best, median and worst run",
    )
    parser.add_argument(
        "--trim",
        action="store_true",
        help="leave out a session's idle time: of a pause longer than a second, in which nothing is done and nothing "
        "moves, half a second stays at its start and half a second at its end",
    )
    add_stage_options(parser, SIZE)
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Film it."""
    check_picture_fits(arguments.size or SIZE)
    subject = _subject(arguments)
    if arguments.trim and not arguments.subject.lower().endswith(".lossland"):
        raise UserError(f"--trim leaves out a session's idle time; {arguments.subject!r} is no session.")
    if arguments.dpi and arguments.output.suffix:
        note(f"A film holds no number of pixels an inch, so --dpi is left out of {arguments.output.name}.")

    from lossland.app import record

    with Progress("Filming") as progress:
        frames = 0

        def filmed(done: int, total: int) -> None:
            nonlocal frames
            frames = done
            progress(done, total)

        file = record(
            subject,
            arguments.output,
            seconds=arguments.seconds,
            fps=arguments.fps,
            size=arguments.size,
            ui=arguments.ui,
            theme=arguments.theme,
            orbit=arguments.orbit,
            trim=arguments.trim,
            progress=filmed,
            gl=arguments.gl,
            text_scale=arguments.text_scale,
            dpi=arguments.dpi,
            **stage_options(arguments),
        )
    if arguments.json:
        print_json({"subject": arguments.subject, "frames": frames, "file": str(file)})
    else:
        print(f"{file}: {frames} frames")


def _reel(name: str) -> Subject:
    from lossland.benchmark import reel, summary
    from lossland.scenery import library

    if holds_results(name):
        return reel.reel(summary.read(name), name)
    if name == library.BENCHMARK:
        return reel.reel(summary.read())
    raise UserError(f"--film is the reel of a benchmark; {name!r} is no folder of results of `lossland bench`.")


def _subject(arguments: Namespace) -> Subject:
    from lossland.scenery import library

    name = arguments.subject
    if arguments.film:
        refuse_settings(arguments, name)
        return _reel(name)
    if name in [tour.name for tour in library.tours()]:
        refuse_settings(arguments, name)
        return library.tour(name)
    return session(arguments, name) or scene(arguments, name)

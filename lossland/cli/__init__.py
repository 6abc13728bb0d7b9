"""The command line ``lossland COMMAND``: one module per command, imported only when the command is called.

Nothing heavy is imported at the top of any module here, so that every ``--help`` is fast. A command's
module has three names: ``EXAMPLES`` (text), ``configure(parser)`` and ``run(arguments) -> exit code``.
"""

from __future__ import annotations

import gc
import signal
import sys
import warnings
from collections.abc import Sequence

from lossland import interrupts
from lossland.errors import UserError, is_users, nearest, sentence

DONE, FAILED, WRONG_INPUT = 0, 1, 2

COMMANDS = {
    "explore": "open the 3D window on a scene or a landscape",
    "scenes": "list the scenes",
    "landscapes": "list the landscapes",
    "optimizers": "list the optimizers",
    "eval": "compute a landscape, its gradient and its Hessian on a grid or at a point",
    "run": "follow one optimizer from one start",
    "swarm": "let many particles descend and count where they end",
    "basins": "map which minimum every start reaches",
    "bench": "tune optimizers alike and race them on landscapes from many starts",
    "slice": "sample the loss around a network, trained here or your own, along two directions",
    "convert": "write a landscape's file in another format: .npz, .h5, .vtp, .glb or .png",
    "readouts": "print a scene's numbers, with no window",
    "shot": "draw one picture into a PNG file, with no window",
    "record": "film a scene into .mp4, .gif, .webm or PNG frames, with no window",
    "doctor": "say what this machine offers, and test it",
}

_HELP = """\
usage: lossland [COMMAND] [OPTIONS]

See, race and film optimizers on loss landscapes, and the mathematics they stand on.

commands:
{commands}

A LANDSCAPE is a name (rosenbrock), a BBOB function (bbob:8 or bbob:8:INSTANCE), a formula in x and y
("(1-x)^2 + 100*(y-x^2)^2"), or a file that `lossland slice` or a peer wrote (.npz, .h5). For swarm and
bench it may be a task of its own dimension (task:logistic-iris, task:mlp-digits and others).
An OPTIMIZER is a name, or a name with settings (adam:lr=0.1,beta1=0.9).
Either, or a scene, may come from a file of your own: mine.py:Name.

options of every command:
  -h, --help     explain the command, with examples
  --debug        show the traceback when something fails
  --version      print the version

examples:
  lossland                                        open the window
  lossland explore himmelblau                     race optimizers on a landscape
  lossland explore "x^2 + 3*sin(y)"               ... or on a formula of your own
  lossland run rosenbrock --optimizer adam:lr=0.1 --start -1.2,1 --steps 500 --json
  lossland shot optimizer_swarm -o swarm.png      a picture, on a machine with no display
  lossland record optimizer_race -o race.mp4 --seconds 10

`lossland COMMAND --help` explains one command."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 machine failed, 2 wrong input, 128 + n for a signal n.

    Without ``argv`` the process is ours: its arguments are read, its streams are replaced, and it exits afterwards.
    """
    ours = argv is None
    try:
        interrupts.begin()
        words = list(sys.argv[1:] if argv is None else argv)
        if ours:
            from lossland.cli import streams, workplace

            streams.take_over()
            workplace.find()
        warnings.formatwarning = _warning
        return _complete(words)
    except KeyboardInterrupt as stop:
        print("lossland: Stopped.", file=sys.stderr)
        return 128 + (stop.number if isinstance(stop, interrupts.Stopped) else signal.SIGINT)
    finally:
        interrupts.end(for_good=ours)
        if ours:
            gc.freeze()  # or the garbage collector looks through everything as Python ends, for a fifth of a second


def _complete(words: list[str]) -> int:
    """Run one command and report errors in one sentence."""
    try:
        return _dispatch(words)
    except Exception as error:
        stop = interrupts.noted()
        if stop is not None:  # a library has replaced our exception by its own
            raise interrupts.Stopped(stop) from error
        if "--debug" in words:
            import traceback

            traceback.print_exc()
        print(f"lossland: {sentence(error)}", file=sys.stderr)
        return WRONG_INPUT if is_users(error) else FAILED


def _warning(message: Warning | str, category: type[Warning], *where: object) -> str:
    """Format a warning as one line, without the source line."""
    return f"lossland: {message}\n"


def _dispatch(words: list[str]) -> int:
    command = words[0] if words else "explore"
    if command in ("-h", "--help"):
        return _print(help_text())
    if command == "--version":
        from lossland import __version__

        return _print(f"lossland {__version__}")
    if command == "--debug" and len(words) > 1:
        return _dispatch([*words[1:], command])
    if command.startswith("-"):  # options without a command are those of explore
        words = ["explore", *words]
        command = "explore"
    if command not in COMMANDS:
        raise UserError(_unknown(command))

    from lossland.cli.parsing import call

    return call(command, words[1:])


def _print(text: str) -> int:
    """Print text that is not a command's result."""
    from lossland.cli import streams

    print(text)
    streams.check()
    return DONE


def help_text() -> str:
    """Return what ``lossland --help`` prints."""
    width = max(map(len, COMMANDS))
    return _HELP.format(commands="\n".join(f"  {name:{width}}  {summary}" for name, summary in COMMANDS.items()))


def _unknown(command: str) -> str:
    hint = nearest(command, list(COMMANDS))
    if not hint:
        from lossland.cli.subject import is_known

        if is_known(command):
            hint = f" Did you mean `lossland explore {command}`?"
    return f"There is no command {command!r}.{hint or ' `lossland --help` lists them.'}"

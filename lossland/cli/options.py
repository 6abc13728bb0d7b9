"""Options that several commands share."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, TypedDict

from lossland.cli import memory
from lossland.cli.parsing import SHOWN, SLICES, camera, domain, one_of, path, real, setting, size, subject, whole, word
from lossland.writing.scale import LARGEST_TEXT, SMALLEST_TEXT

if TYPE_CHECKING:
    from lossland.compute.cluster import DaskWorkers

LARGEST_SEED = 2**63 - 1
BYTES_A_PIXEL = 64  # supersampled colour and depth, the read-back and the file's pixels


def add_landscape(parser: ArgumentParser) -> None:
    """Add the LANDSCAPE that a command works on."""
    parser.add_argument(
        "landscape",
        metavar="LANDSCAPE",
        type=subject(".py", *SLICES),
        help="a name (rosenbrock), a formula in x and y, mine.py:name, or a file that `lossland slice` or a peer wrote",
    )


def add_optimizer(parser: ArgumentParser) -> None:
    """Add ``--optimizer``."""
    parser.add_argument(
        "--optimizer",
        metavar="O",
        type=word,
        default="adam",
        help="a name, perhaps with settings: adam:lr=0.1,beta1=0.9; or mine.py:MyRule (default: adam)",
    )


def add_noise(parser: ArgumentParser) -> None:
    """Add ``--noise``, None by default."""
    parser.add_argument(
        "--noise",
        metavar="S",
        type=real(0, 1e300),
        help="standard deviation of Gaussian noise in each component of the gradients (default: the optimizer's own)",
    )


def add_domain(parser: ArgumentParser) -> None:
    """Add ``--domain``."""
    parser.add_argument("--domain", metavar="X0,X1,Y0,Y1", type=domain, help="default: the landscape's own")


def add_json(parser: ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def add_seed(parser: ArgumentParser) -> None:
    """Add ``--seed``."""
    parser.add_argument(
        "--seed",
        metavar="N",
        type=whole(0, LARGEST_SEED),
        default=0,
        help="seed of all random numbers (default: 0)",
    )


def add_backend(parser: ArgumentParser) -> None:
    """Add ``--backend``."""
    parser.add_argument(
        "--backend",
        metavar="B",
        type=one_of("auto", "cpu", "cuda"),
        default="auto",
        help="where to compute: auto, cpu or cuda (default: auto, which is CUDA where it works, else the CPU)",
    )


def add_cluster(parser: ArgumentParser) -> None:
    """Add ``--cluster``."""
    parser.add_argument(
        "--cluster",
        metavar="ADDRESS",
        type=word,
        help="compute on the Dask cluster whose scheduler is at this address, such as tcp://10.0.0.7:8786",
    )


def workers_of(arguments: Namespace) -> AbstractContextManager[DaskWorkers | None]:
    """Return a context with the workers of ``--cluster``, None without it."""
    if arguments.cluster is None:
        return nullcontext()
    from lossland.compute.cluster import cluster

    return cluster(arguments.cluster)


def add_output(parser: ArgumentParser, help: str, required: bool = False) -> None:
    """Add ``-o``."""
    parser.add_argument("-o", "--output", metavar="FILE", type=path, required=required, help=help)


def add_scene_settings(parser: ArgumentParser) -> None:
    """Add the settings of a scene: ``--preset``, ``--domain``, ``--set``, ``--optimizer`` and ``--seed``."""
    parser.add_argument("--preset", metavar="P", type=word, help="start from one of the scene's presets")
    add_domain(parser)
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        dest="settings",
        type=setting,
        action="append",
        default=[],
        help="change a parameter of the scene (repeatable)",
    )
    parser.add_argument(
        "--optimizer",
        metavar="O",
        dest="optimizers",
        type=word,
        action="append",
        default=[],
        help="who takes part, instead of the scene's own: adam:lr=0.1, or mine.py:MyRule (repeatable); a rate that is "
        "not given suits the landscape",
    )
    add_seed(parser)


def add_scene(parser: ArgumentParser) -> None:
    """Add the SCENE that a command works on."""
    parser.add_argument(
        "scene",
        metavar="SCENE",
        type=subject(*SHOWN),
        help="a scene, a landscape or formula, a .lossland session, or mine.py:Name",
    )


def add_picture_settings(parser: ArgumentParser, default: tuple[int, int]) -> None:
    """Add the options of every picture: ``--size`` and ``--theme``, None by default."""
    parser.add_argument("--size", metavar="WxH", type=size, help=f"in pixels (default: {default[0]}x{default[1]})")
    parser.add_argument(
        "--theme", metavar="T", type=one_of("dark", "print"), help="colours: dark or print (default: dark)"
    )


def add_stage_options(parser: ArgumentParser, default: tuple[int, int]) -> None:
    """Add the options of headless pictures: of every picture, and ``--camera``, ``--dpi``, ``--ui``, ``--gl`` ..."""
    add_picture_settings(parser, default)
    parser.add_argument(
        "--camera",
        metavar="AZ,EL[,DISTANCE]",
        type=camera,
        help="where to look from: azimuth and elevation in degrees, and the distance (the ground is 2 wide)",
    )
    parser.add_argument("--transparent", action="store_true", help="draw nothing behind the scene")
    parser.add_argument("--no-title", action="store_true", help="leave out the name and formula at the upper left")
    parser.add_argument(
        "--cmap", metavar="NAME", type=word, help="colours of heights: viridis, magma, cividis_r ... (default: ours)"
    )
    parser.add_argument(
        "--dpi", metavar="N", type=real(1, 10_000), help="pixels an inch, as page layout programs read it from the file"
    )
    add_text_scale(parser)
    parser.add_argument("--ui", action="store_true", help="draw the window's panels too")
    add_gl(parser)
    add_scene_settings(parser)


class StageOptions(TypedDict):
    """Keyword arguments of a Stage."""

    camera: tuple[float, ...] | None
    transparent: bool
    title: bool
    cmap: str | None


def stage_options(arguments: Namespace) -> StageOptions:
    """Return the options of `add_stage_options` as keyword arguments of a Stage."""
    return {
        "camera": arguments.camera,
        "transparent": arguments.transparent,
        "title": not arguments.no_title,
        "cmap": arguments.cmap,
    }


def add_text_scale(parser: ArgumentParser) -> None:
    """Add ``--text-scale``."""
    parser.add_argument(
        "--text-scale",
        metavar="S",
        type=real(SMALLEST_TEXT, LARGEST_TEXT),
        default=1.0,
        help=f"make all text smaller or larger, {SMALLEST_TEXT:g} to {LARGEST_TEXT:g} times (default: 1)",
    )


def add_gl(parser: ArgumentParser) -> None:
    """Add ``--gl``."""
    parser.add_argument(
        "--gl",
        metavar="G",
        type=word,
        help="what draws: auto (a graphics card if there is one), software, or the number of an EGL device as "
        "`lossland doctor` lists them (default: the variable LOSSLAND_GL, else auto)",
    )


def check_picture_fits(size: tuple[int, int]) -> None:
    """Raise UserError for a picture that would not fit into memory."""
    width, height = size
    memory.require(width * height * BYTES_A_PIXEL, f"A picture of {width} x {height} pixels", "choose a smaller --size")

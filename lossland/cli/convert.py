"""``lossland convert``: a landscape's file, or a recorded training, to another format."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from lossland.cli.options import add_json
from lossland.cli.output import note, number, print_json
from lossland.cli.parsing import path
from lossland.errors import UserError
from lossland.files import RUNS, kind_of, may_be_run

if TYPE_CHECKING:
    from lossland.landscapes.gridfiles import Arrays, GridFile, OpenFile

MESHES = (".vtp", ".glb")
SIZE = (1280, 720)

EXAMPLES = """
  lossland convert surface.h5 surface.npz         Li et al.'s surface, its direction and projection files beside it
  lossland convert digits.npz digits.h5           and back, in their layout
  lossland convert directions.h5 directions.npz   a direction or projection file by itself
  lossland convert digits.npz digits.vtp          for ParaView and PyVista
  lossland convert digits.npz digits.glb          a 3D model with colours
  lossland convert surface.h5 surface.png         a picture; `lossland shot` has more to choose
  lossland convert run.npz tb/events.out.tfevents.run     a recorded training for TensorBoard: curves and histograms
  lossland convert runs/sgd sgd.csv               TensorBoard's curves as a table"""


def configure(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "source",
        metavar="IN",
        type=path,
        help="a .npz or .h5 file that lossland, Li et al.'s code or Landscaper wrote, or one recorded run",
    )
    parser.add_argument(
        "output",
        metavar="OUT",
        type=path,
        help="the .npz, .h5, .vtp, .glb or .png file to write; of a run a .csv file, or one named …tfevents…",
    )
    add_json(parser)


def run(arguments: Namespace) -> None:
    """Read one file and write the other."""
    from lossland.formats.endings import check_ending
    from lossland.landscapes import gridfiles

    source, output = arguments.source, arguments.output
    if may_be_run(str(source)):
        from lossland.models import runfiles

        if runfiles.is_run(source):
            _convert_run(source, output, arguments.json)
            return
    if source.is_dir():
        raise UserError(f"The folder {source} has no recorded run in it; give a .npz or .h5 file, or a run's folder.")
    if not source.exists() and (source.suffix.lower() in RUNS or "tfevents" in source.name):
        raise UserError(f"There is no file {str(source)!r}.")
    ending = check_ending(output, (".npz", ".h5", ".hdf5", *MESHES, ".png"))
    if not gridfiles.is_grid(source.name):
        kind = kind_of(source.name)
        named = f"is named like {kind}" if kind else "has no ending that tells what it is"
        raise UserError(f"{source} {named}; what is converted is a .npz or .h5 file.")
    if ".h5" in (ending, source.suffix.lower()):
        gridfiles.require_h5py()
    with gridfiles.opened(source) as file:
        names = {name.partition("/")[0] for name in file}
        has_grid = names & {"x", "xcoordinates", "coordinates", "value", *gridfiles.LOSSES}
        parts = {} if has_grid else _parts(source, file)
    if parts:
        if ending not in gridfiles.ENDINGS:
            raise UserError(f"{source} holds directions or a path and no surface; it becomes a .npz or .h5 file alone.")
        (gridfiles.write_npz if ending == ".npz" else gridfiles.write_h5)(output, parts)
        document: dict[str, object] = {"file": str(output), "arrays": list(parts)}
        line = f"{output}: {gridfiles.listed(list(parts))}"
    else:
        found = gridfiles.read(source)
        _write(output, ending, found, source)
        summary = _summary(found)
        document = {"file": str(output), **summary}
        sides = " x ".join(map(str, summary["points"]))
        missing = f", {summary['missing']} of them missing" if summary["missing"] else ""
        line = f"{output}: {sides} points{missing}, {found.name} {number(summary['min'])} to {number(summary['max'])}"
    if arguments.json:
        print_json(document)
    else:
        print(line)


def _convert_run(source: Path, output: Path, as_json: bool) -> None:
    """Write one recorded run as a table, or for TensorBoard."""
    from time import time

    from lossland.models import eventfiles, runfiles

    table = output.suffix.lower() == ".csv"
    if not table and eventfiles.MARK not in output.name:
        raise UserError(
            f"{source} is a recorded run; it becomes a .csv file, or one with {eventfiles.MARK} in its name."
        )
    runs = runfiles.read(source)
    if len(runs) != 1:
        names = ", ".join(run.name for run in runs[:8])
        raise UserError(f"{source} holds {len(runs)} runs, {names}; give one of their files or folders.")
    (run,) = runs
    if not (run.scalars or (not table and (run.histograms or run.vectors))):
        raise UserError(
            f"No curve can be read: {run.faults[0]}" if run.faults else f"There is no curve in {source} yet."
        )
    for fault in run.faults:
        note(fault)
    if table:
        runfiles.write_csv(output, run)
    else:
        eventfiles.write(output, run, time())
        if run.vectors:
            runfiles.write_embeddings(output.parent, run.vectors)
    kept = 0 if table else len(run.histograms)
    if as_json:
        print_json({"file": str(output), "curves": list(run.scalars), "histograms": kept, "faults": list(run.faults)})
    else:
        histograms = f" and {kept} of histograms" if kept else ""
        print(f"{output}: {len(run.scalars)} curve{'s' * (len(run.scalars) != 1)}{histograms}")


def _write(output: Path, ending: str, found: GridFile, source: Path) -> None:
    """Write a grid in the format that an ending names."""
    from lossland.formats import meshes
    from lossland.landscapes import gridfiles

    if ending in gridfiles.ENDINGS:
        gridfiles.write(output, found)
    elif ending == ".vtp":
        meshes.write_vtp(output, found)
    elif ending == ".glb":
        meshes.write_glb(output, found)
    else:
        from lossland.app.stage import stage_at
        from lossland.formats.stills import write_image
        from lossland.scenery import library

        with stage_at(library.scene(str(source)), None, SIZE) as stage:
            write_image(output, stage.image(stage.player)[..., :3])


class Summary(TypedDict):
    """A grid's sizes and range as plain data."""

    points: tuple[int, ...]
    missing: int
    quantities: list[str]
    min: float
    max: float


def _summary(found: GridFile) -> Summary:
    import numpy as np

    good = found.value[np.isfinite(found.value)]
    return {
        "points": found.value.shape[::-1],
        "missing": found.value.size - good.size,
        "quantities": [found.name, *found.quantities],
        "min": float(good.min()),
        "max": float(good.max()),
    }


def _parts(source: Path, file: OpenFile) -> Arrays:
    """Return the arrays of a direction file or a projection file; none for any other file.

    A path whose direction file is in the same folder is also given in the surface's units, as ``path`` (T, k).
    """
    from lossland.landscapes import gridfiles

    if any(axis in file or f"{axis}/0" in file for axis in gridfiles.AXES):
        if source.suffix.lower() == ".npz":
            parts = {name: file[name] for name in file if name.partition("/")[0] in gridfiles.AXES}
        else:
            parts = gridfiles.direction_parts(file)
        return parts | {name: file[name][()] for name in gridfiles.VARIANCES if name in file}
    if gridfiles.PROJECTED[0] not in file:
        return {}
    path = {name: file[name][()] for name in (*gridfiles.PROJECTED, "path") if name in file}
    name = source.name.removesuffix("_proj_cos.h5")
    beside = gridfiles.directions_beside(source, name) if name != source.name else None
    if beside is not None:
        with gridfiles.opened(beside) as by:
            path["path"] = gridfiles.in_surface_units(gridfiles.direction_parts(by), path)
    elif "path" not in path:
        note(
            f"{source.name} holds lengths along the directions; a surface counts in directions, whose file is not "
            "beside it: they are kept as they are."
        )
    return path

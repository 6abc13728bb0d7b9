"""lossland: see, race and film optimizers on loss landscapes, and the mathematics they stand on.

The public names are loaded on first use, so that importing lossland is cheap.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # typing would take longer to load than all of this

__version__ = "0.1.0"

_HOME = {
    "landscape": "lossland.landscapes",
    "landscapes": "lossland.landscapes:",
    "Landscape": "lossland.landscapes",
    "problem": "lossland.landscapes.problems",
    "Problem": "lossland.landscapes.problems",
    "optimizers": "lossland.optimizers:",
    "run": "lossland.compute.trajectory",
    "Trajectory": "lossland.compute.trajectory",
    "swarm": "lossland.compute.swarm",
    "Swarm": "lossland.compute.swarm",
    "swarms": "lossland.compute.swarm:",
    "bench": "lossland.benchmark.bench",
    "benchmark": "lossland.benchmark:",
    "basins": "lossland.compute.maps",
    "BasinMap": "lossland.compute.maps",
    "sweep": "lossland.compute.maps",
    "Sweep": "lossland.compute.maps",
    "cluster": "lossland.compute.cluster",
    "minima": "lossland.compute.minima:",
    "models": "lossland.models:",
    "slice": "lossland.models.slicing",
    "Recorder": "lossland.models.recorder",
    "maps": "lossland.compute.maps:",
    "Grid": "lossland.landscapes",
    "Terrain": "lossland.world.terrain",
    "Track": "lossland.world.track",
    "insets": "lossland.world.insets:",
    "pads": "lossland.scenery.pads:",
    "ground": "lossland.scenery.ground:",
    "explain": "lossland.compute.explain:",
    "function": "lossland.expression.function",
    "notebook": "lossland.notebook:",
    "Film": "lossland.app.film",
    "Snapshot": "lossland.app.stage",
    "layers": "lossland.world.layers:",
    "figures": "lossland.world.figures:",
    "plots": "lossland.world.plots:",
    "shapes": "lossland.world.shapes:",
    "parameters": "lossland.scenery.parameters:",
    "Scene": "lossland.scenery.scene",
    "Readouts": "lossland.scenery.scene",
    "GroundScene": "lossland.scenery.ground",
    "classes": "lossland.scenery.classes:",
    "charts": "lossland.scenery.charts:",
    "curves": "lossland.scenery.curves:",
    "plane": "lossland.scenery.plane:",
    "level_points": "lossland.scenery.level_points:",
    "terrain": "lossland.world.terrain:",
    "RaceScene": "lossland.scenery.race",
    "RunScene": "lossland.scenery.runs",
    "race": "lossland.scenery.race:",
    "rates": "lossland.optimizers.rates:",
    "Frame": "lossland.scenery.scene",
    "View": "lossland.scenery.scene",
    "Handle": "lossland.scenery.handles",
    "Clock": "lossland.scenery.clock",
    "Now": "lossland.scenery.clock",
    "kept": "lossland.scenery.kept",
    "refined": "lossland.scenery.kept",
    "signs": "lossland.world.signs:",
    "drawable": "lossland.world.phrases",
    "tex": "lossland.world.phrases",
    "with_article": "lossland.world.phrases",
    "words": "lossland.world.phrases",
    "numerals": "lossland.numerals:",
    "scene": "lossland.scenery.library",
    "Stage": "lossland.app",
    "snapshot": "lossland.app",
    "record": "lossland.app",
    "show": "lossland.app",
    "UserError": "lossland.errors",
    "MachineError": "lossland.errors",
}
__all__ = [
    "BasinMap",
    "Clock",
    "Film",
    "Frame",
    "Grid",
    "GroundScene",
    "Handle",
    "Landscape",
    "MachineError",
    "Now",
    "Problem",
    "RaceScene",
    "Readouts",
    "Recorder",
    "RunScene",
    "Scene",
    "Snapshot",
    "Stage",
    "Swarm",
    "Sweep",
    "Terrain",
    "Track",
    "Trajectory",
    "UserError",
    "View",
    "__version__",
    "basins",
    "bench",
    "benchmark",
    "charts",
    "classes",
    "cluster",
    "curves",
    "drawable",
    "explain",
    "figures",
    "function",
    "ground",
    "insets",
    "kept",
    "landscape",
    "landscapes",
    "layers",
    "level_points",
    "maps",
    "minima",
    "models",
    "notebook",
    "numerals",
    "optimizers",
    "pads",
    "parameters",
    "plane",
    "plots",
    "problem",
    "race",
    "rates",
    "record",
    "refined",
    "run",
    "scene",
    "shapes",
    "show",
    "signs",
    "slice",
    "snapshot",
    "swarm",
    "swarms",
    "sweep",
    "terrain",
    "tex",
    "with_article",
    "words",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'lossland' has no attribute {name!r}")
    module, colon, attribute = _HOME[name].partition(":")
    loaded = import_module(module)
    value = loaded if colon and not attribute else getattr(loaded, attribute or name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


if TYPE_CHECKING:
    from lossland import benchmark as benchmark
    from lossland import landscapes as landscapes
    from lossland import models as models
    from lossland import notebook as notebook
    from lossland import numerals as numerals
    from lossland import optimizers as optimizers
    from lossland.app import Stage as Stage
    from lossland.app import record as record
    from lossland.app import show as show
    from lossland.app import snapshot as snapshot
    from lossland.app.film import Film as Film
    from lossland.app.stage import Snapshot as Snapshot
    from lossland.benchmark.bench import bench as bench
    from lossland.compute import explain as explain
    from lossland.compute import maps as maps
    from lossland.compute import minima as minima
    from lossland.compute import swarm as swarms
    from lossland.compute.cluster import cluster as cluster
    from lossland.compute.maps import BasinMap as BasinMap
    from lossland.compute.maps import Sweep as Sweep
    from lossland.compute.maps import basins as basins
    from lossland.compute.maps import sweep as sweep
    from lossland.compute.swarm import Swarm as Swarm
    from lossland.compute.swarm import swarm as swarm
    from lossland.compute.trajectory import Trajectory as Trajectory
    from lossland.compute.trajectory import run as run
    from lossland.errors import MachineError as MachineError
    from lossland.errors import UserError as UserError
    from lossland.expression.function import function as function
    from lossland.landscapes import Grid as Grid
    from lossland.landscapes import Landscape as Landscape
    from lossland.landscapes import landscape as landscape
    from lossland.landscapes.problems import Problem as Problem
    from lossland.landscapes.problems import problem as problem
    from lossland.models.recorder import Recorder as Recorder
    from lossland.models.slicing import slice as slice
    from lossland.optimizers import rates as rates
    from lossland.scenery import charts as charts
    from lossland.scenery import classes as classes
    from lossland.scenery import curves as curves
    from lossland.scenery import ground as ground
    from lossland.scenery import level_points as level_points
    from lossland.scenery import pads as pads
    from lossland.scenery import parameters as parameters
    from lossland.scenery import plane as plane
    from lossland.scenery import race as race
    from lossland.scenery.clock import Clock as Clock
    from lossland.scenery.clock import Now as Now
    from lossland.scenery.ground import GroundScene as GroundScene
    from lossland.scenery.handles import Handle as Handle
    from lossland.scenery.kept import kept as kept
    from lossland.scenery.kept import refined as refined
    from lossland.scenery.library import scene as scene
    from lossland.scenery.race import RaceScene as RaceScene
    from lossland.scenery.runs import RunScene as RunScene
    from lossland.scenery.scene import Frame as Frame
    from lossland.scenery.scene import Readouts as Readouts
    from lossland.scenery.scene import Scene as Scene
    from lossland.scenery.scene import View as View
    from lossland.world import figures as figures
    from lossland.world import insets as insets
    from lossland.world import layers as layers
    from lossland.world import plots as plots
    from lossland.world import shapes as shapes
    from lossland.world import signs as signs
    from lossland.world import terrain as terrain
    from lossland.world.phrases import drawable as drawable
    from lossland.world.phrases import tex as tex
    from lossland.world.phrases import with_article as with_article
    from lossland.world.phrases import words as words
    from lossland.world.terrain import Terrain as Terrain
    from lossland.world.track import Track as Track

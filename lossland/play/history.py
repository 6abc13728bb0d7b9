"""Undo history: the steps that changed the scene, with its state before and after each.

A step is any action that changes the scene, its values or seed, or its visible parts; `actions` records it, so none can
be missed. The camera and the time are not steps, but an action that restarts the time has that undone with it.
Successive settings, as a slider or handle makes them while it is dragged, are one step until it is released. All of
this is a function of the actions alone: a replayed session does the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from lossland.optimizers.rule import hyper_parameter
from lossland.scenery.parameters import Lane, index_of
from lossland.scenery.scene import Scene, Show, View
from lossland.world.camera import Camera
from lossland.world.phrases import plain_text

if TYPE_CHECKING:
    from lossland.play.actions import Action
    from lossland.play.player import Player

MOST_STEPS = 100
SWITCHES = {"xray": "X-ray"}  # whose labels are not their names
THEMES = {"dark": "dark colours", "print": "white paper"}
UNNOTED = {"selected"}  # parameters that only select what is shown in detail
NAMES = {  # of the steps, with the action's arguments as the panels call them
    "load": "scene {0}",
    "use_preset": "preset {0}",
    "reset": "reset",
    "set_seed": "random seed",
    "set_param": "{0}",
    "set_landscape": "landscape",
    "set_domain": "domain",
    "click": "click in the picture",
    "pick": "click in the picture",
    "drag": "drag of {0}",
    "set_lane_field": "{1} of {0}",
    "reset_lane": "usual settings of {0}",
    "add_lane": "{0} added",
    "remove_lane": "{0} removed",
    "enable_lane": "{0} {1}",
    "set_show": "{0} {1}",
    "set_theme": "{0}",
}


class Version(NamedTuple):
    """The state that a step changes; view and camera are used if it changed the scene itself."""

    scene: Scene
    values: dict[str, object]
    seed: int
    chosen: str
    time: float
    playing: bool
    view: View | None
    camera: Camera
    show: Show
    theme: str

    def differs(self, other: Version) -> bool:
        """Whether the scene, its values, its visible parts or the theme differ."""
        if self.scene is not other.scene or self.seed != other.seed:
            return True
        if (self.show, self.theme) != (other.show, other.theme):
            return True
        return any(self.values[name] != other.values[name] for name in self.values if name not in UNNOTED)


def version_of(player: Player) -> Version:
    """Return the current version."""
    scene = player.scene
    values, camera = dict(scene.values), copy(player.camera)
    time, playing, view = player.time, player.playing, player.view
    return Version(scene, values, scene.seed, player.chosen, time, playing, view, camera, player.show, player.theme)


class Step(NamedTuple):
    """A change of the scene: its name, the setting that would continue it (None: it is complete), and both versions."""

    name: str
    setting: tuple[object, ...] | None
    before: Version
    after: Version


@dataclass(frozen=True)
class History:
    """The steps, of which the first ``done`` are in effect and the later ones were undone. Immutable."""

    steps: tuple[Step, ...] = ()
    done: int = 0

    @property
    def open(self) -> bool:
        """Whether another setting of the same parameter would belong to the last step."""
        return 0 < self.done == len(self.steps) and self.steps[-1].setting is not None

    def noted(self, entry: Action, is_setting: bool, before: Version, after: Version) -> History:
        """Return the history after an action; it is the same object if nothing was changed."""
        setting = (entry.name, *map(repr, entry.arguments[:-1])) if is_setting else None
        if self.open and setting == self.steps[-1].setting:
            last = self.steps[-1]
            kept = () if not last.before.differs(after) else (last._replace(after=after),)
            return History((*self.steps[:-1], *kept), self.done - 1 + len(kept))
        if not before.differs(after):
            return self
        name = NAMES.get(entry.name, entry.name.replace("_", " ")).format(*_told(entry, before, after))
        steps = (*self.steps[: self.done], Step(name, setting, before, after))[-MOST_STEPS:]
        return History(steps, len(steps))

    def closed(self) -> History:
        """Return the history in which the next setting is a new step."""
        return replace(self, steps=(*self.steps[:-1], self.steps[-1]._replace(setting=None))) if self.open else self


def _told(entry: Action, before: Version, after: Version) -> list[object]:
    """Return an action's arguments as the panels call them: optimizers, settings and switches by name."""
    given: list[object] = list(entry.arguments)
    if entry.name in ("set_lane_field", "reset_lane", "remove_lane", "enable_lane"):
        lanes = _lanes(before)
        optimizer = lanes[index_of(lanes, given[0])].optimizer
        given[0] = optimizer.title
        if entry.name == "set_lane_field":
            field = str(given[1])
            given[1] = (
                "rate" if field == "lr" else plain_text(hyper_parameter(optimizer, field).symbol).replace("_", "")
            )
    elif entry.name == "add_lane":
        given[0] = _lanes(after)[-1].optimizer.title
    elif entry.name in ("set_param", "drag"):
        param = before.scene.params().get(str(given[0]))
        given[0] = plain_text(param.label) if param is not None else given[0]
    elif entry.name == "set_show":
        given[0] = SWITCHES.get(str(given[0]), str(given[0]).capitalize())
    elif entry.name == "set_theme":
        given[0] = THEMES[str(given[0])]
    return ["on" if one is True else "off" if one is False else one for one in given]


def _lanes(version: Version) -> Sequence[Lane]:
    found = (value for value in version.values.values() if isinstance(value, tuple) and value)
    return next(value for value in found if isinstance(value[0], Lane))  # type: ignore[return-value]


def take(player: Player, forward: bool) -> Step | None:
    """Undo the player's last step, or redo the next one; return it, or None."""
    history = player.history
    number = history.done if forward else history.done - 1
    if not 0 <= number < len(history.steps):
        return None
    step = history.steps[number]
    _restore(player, *((step.before, step.after) if forward else (step.after, step.before)))
    player.history = History(history.closed().steps, history.done + (1 if forward else -1))
    return step


def _restore(player: Player, old: Version, new: Version) -> None:
    """Bring a player from one version of a step to the other."""
    scene = new.scene
    if scene is not player.scene:
        player.take(scene)
        player.view, player.camera = new.view, copy(new.camera)
        player.camera.refit(player.size, player.free)
    scene.values, scene.seed = dict(new.values), new.seed
    player.chosen = new.chosen
    if old.show != new.show:  # else it stays as it is now
        player.show = new.show
    if old.theme != new.theme:
        player.theme = new.theme
    if scene is not old.scene or (old.time, old.playing) != (new.time, new.playing):  # the step moved the time too
        player.time, player.playing = new.time, new.playing

"""One step of gradient descent on a graph: forward pass, backward pass, update, and the next forward pass.

It is shown in five stages: the loss as a surface, its goal, its gradient, a step against that, and repetition
(Rumelhart, Hinton and Williams 1986). All numbers of a moment are consistent: those of the old weights are dropped as
soon as these have moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from lossland.models.graphs import Graph, Step


class Pass(NamedTuple):
    """All values, the local slopes by (argument, step), and the derivatives of the loss, from some inputs."""

    values: dict[str, float]
    slopes: dict[tuple[str, str], float]
    gradients: dict[str, float]


class Moment(NamedTuple):
    """The numbers of completed steps ``forward`` and ``back``, which may be fractional, and the completed shares of the
    ``descent`` and of the next forward pass (``again``)."""

    forward: float
    back: float
    descent: float
    again: float

    @property
    def moved(self) -> bool:
        """Whether the weights are updated."""
        return self.descent == 1.0


@dataclass(frozen=True)
class Learning:
    """One step of gradient descent from ``given`` inputs at a ``rate``: of a network's weights, else of all inputs.

    If a gradient is not finite, nothing moves.
    """

    graph: Graph
    given: Mapping[str, float]
    rate: float

    @cached_property
    def before(self) -> Pass:
        """The pass of the given inputs."""
        return self._passed(self.given)

    @cached_property
    def after(self) -> Pass:
        """The pass of the inputs after the update."""
        gradients = self.before.gradients
        if not np.isfinite(list(gradients.values())).all():
            return self.before
        learns = self.graph.weights or self.graph.inputs
        return self._passed({name: value - self.rate * gradients[name] * (name in learns)
                             for name, value in self.given.items()})  # fmt: skip

    def _passed(self, given: Mapping[str, float]) -> Pass:
        known = self.graph.forward(given)
        return Pass(known, self.graph.local(known), self.graph.backward(known))

    @property
    def length(self) -> int:
        """The number of moves: all steps forward, all steps back, the descent, and the next forward pass at once."""
        return 2 * len(self.graph.steps) + 2

    def moment(self, done: float) -> Moment:
        """Return the moment after ``done`` moves."""
        count = len(self.graph.steps)
        parts = zip((0, count, 2 * count, 2 * count + 1), (count, count, 1, 1), strict=True)
        return Moment(*(min(max(done - begin, 0.0), float(most)) for begin, most in parts))

    def stage(self, moment: Moment) -> int:
        """Return the index of the stage: surface, goal, gradient, step, repetition."""
        if moment.again or moment.descent:
            return 4 if moment.again else 3
        return 2 if moment.back else int(moment.forward > len(self.graph.steps) - 1)

    def turn(self, moment: Moment) -> Step | None:
        """Return the current step of the graph; None once the weights begin to move."""
        steps = self.graph.steps
        index = len(steps) - 1 - int(moment.back) if moment.forward == len(steps) else int(moment.forward)
        return None if moment.descent else steps[max(index, 0)]

    def at(self, moment: Moment) -> Pass:
        """Return the pass of the inputs of a moment."""
        return self.after if moment.moved else self.before

    def known(self, moment: Moment) -> tuple[dict[str, float], dict[str, float]]:
        """Return the values and the gradients that are known at a moment."""
        graph, (values, _, gradients) = self.graph, self.at(moment)
        if moment.moved:
            return (values, gradients) if moment.again == 1.0 else ({name: values[name] for name in graph.inputs}, {})
        done = {*graph.inputs, *(step.name for step in graph.steps[: int(moment.forward)])}
        found = graph.backward(values, int(moment.back)) if moment.forward == len(graph.steps) else {}
        return {name: value for name, value in values.items() if name in done}, found

    def unfinished(self, moment: Moment) -> str:
        """Return what is not finite, for the given inputs or after the update; "" if everything is."""
        for (values, _, gradients), when in ((self.before, "at these inputs"), (self.at(moment), "after the step")):
            wrong = next((name for name in (*self.graph.outputs, self.graph.loss) if not np.isfinite(values[name])), "")
            if wrong or not np.isfinite(list(gradients.values())).all():
                return f"{wrong or 'The gradient'} is not finite {when}."
        return ""

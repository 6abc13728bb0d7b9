"""Hooks into a PyTorch training that record statistics of its layers for the scene ``training_health``."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lossland.errors import UserError
from lossland.models import health
from lossland.models.recorder import Recorder
from lossland.models.torch_models import require_torch

if TYPE_CHECKING:
    from lossland.models.torch_models import Module, Optimizer, Tensor

RELUS = ("ReLU", "ReLU6")  # whose units can be dead
TANHS = ("Tanh", "Hardtanh", "Softsign")  # which are flat near −1 and 1


class Watch:
    """Measures a model every few steps of its optimizer, and records what the gauges need.

    In a training loop: ``watch = Watch(model, optimizer)`` before it, and after each ``optimizer.step()``
    ``watch.save(recorder, step, loss=loss)``. Of every layer with a weight matrix or kernel it keeps histograms of the
    weight, and of the activations of the next activation module (``nn.Tanh``, ``nn.ReLU`` ...) and the gradient by
    them; and the shares of saturated and of dead units, and ‖Δw‖/‖w‖ of the step. Functional activations,
    such as ``torch.relu``, are not seen: make them modules. ``close`` removes all hooks from the model.
    """

    def __init__(self, model: Module, optimizer: Optimizer, every: int = 10) -> None:
        torch = require_torch()
        if every < 1:
            raise UserError(f"A training is looked at every step or more seldom, not every {every} steps.")
        self._model, self._every, self._steps, self._layer = model, every, 0, ""
        self._weights = {
            name: module.weight
            for name, module in model.named_modules()
            if isinstance(getattr(module, "weight", None), torch.nn.Parameter) and module.weight.ndim > 1
        }
        if not self._weights:
            raise UserError("There is nothing to watch: the model has no layer with a weight matrix.")
        self._before: dict[str, Tensor] = {}
        self._histograms: dict[str, Tensor] = {}
        self._scalars: dict[str, float] = {}
        self._hooks = [optimizer.register_step_pre_hook(self._begin), optimizer.register_step_post_hook(self._end)]
        for name, module in model.named_modules():
            if name in self._weights:
                self._hooks.append(module.register_forward_hook(lambda *_, name=name: setattr(self, "_layer", name)))
            elif type(module).__module__ == "torch.nn.modules.activation" and not list(module.children()):
                self._hooks.append(module.register_forward_hook(self._activation))

    @property
    def _due(self) -> bool:
        return self._steps % self._every == 0

    def _activation(self, module: Module, inputs: object, output: Tensor) -> None:
        """Keep an activation module's output for the last layer, and the gradient by it."""
        layer = self._layer
        if not (self._due and self._model.training and layer and output.requires_grad):
            return
        h, kind = output.detach(), type(module).__name__
        self._histograms[f"{layer}/activation"] = h
        if kind in RELUS:
            units = h.movedim(1, 0).flatten(1) if h.ndim > 3 else h.reshape(-1, h.shape[-1]).T  # of images: channels
            self._scalars[f"{layer}/dead"] = float((units <= 0).all(dim=1).float().mean())
        elif kind in TANHS:
            self._scalars[f"{layer}/saturated"] = float((h.abs() > health.FLAT).float().mean())
        output.register_hook(lambda slope: self._histograms.update({f"{layer}/gradient": slope.detach()}))

    def _begin(self, *_: object) -> None:
        if self._due:
            self._before = {name: weight.detach().clone() for name, weight in self._weights.items()}

    def _end(self, *_: object) -> None:
        for name, before in self._before.items():
            moved = float((self._weights[name].detach() - before).norm() / before.norm())
            self._scalars[f"{name}/update_ratio"] = moved if math.isfinite(moved) else math.inf
            self._histograms[f"{name}/weight"] = before
        self._before = {}
        self._steps += 1

    def save(self, recorder: Recorder, step: int, **scalars: object) -> None:
        """Record the step that was just taken, with numbers such as ``loss=``, if it is one that was measured."""
        if (self._steps - 1) % self._every == 0 and self._scalars:
            recorder.save(self._model, step, self._histograms, **scalars, **self._scalars)
        self._histograms, self._scalars = {}, {}

    def close(self) -> None:
        """Remove the hooks."""
        for hook in self._hooks:
            hook.remove()

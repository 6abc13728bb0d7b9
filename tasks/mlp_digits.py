"""A perceptron 8-4-5 with tanh on 150 handwritten digits, 0 to 4, by 8 principal components; 61 parameters.

The penalty is 0.001/2 of the sum of the parameters' squares. Which minimum is the lowest of all is not known;
tools/tasks.py searches.
"""

import lossland as ll
from lossland.models import datasets, networks, principal, tasks

DECAY, COMPONENTS, CLASSES, SAMPLES = 0.001, 8, 5, 150


def loss() -> tasks.TrainingLoss:
    """Return the loss."""
    digits = datasets.digits()
    chosen = (digits.target < CLASSES).nonzero()[0][:SAMPLES]
    axes = principal.principal(digits.points[chosen])
    seen = (digits.points[chosen] - axes.mean) @ axes.components[:COMPONENTS].T
    data = datasets.Data(seen, digits.target[chosen], digits.names[:CLASSES])
    return tasks.TrainingLoss(networks.mlp((COMPONENTS, 4, CLASSES)), data, DECAY)


def task() -> ll.Problem:
    """Return the problem, with the best parameters that are known."""
    best = tasks.best_known("mlp-digits")
    return tasks.task("task:mlp-digits", "MLP 8-4-5, digits", loss(), best, "Alpaydin & Kaynak (1998)")

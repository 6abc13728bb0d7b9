"""A perceptron 2-8-1 with tanh on 100 points of two spirals, as in TensorFlow Playground; 33 parameters.

The penalty is 0.0001/2 of the sum of the parameters' squares. The units may be exchanged, and the signs around each:
every minimum is there 2⁸ · 8! times. Which is the lowest of all is not known; tools/tasks.py searches.
"""

import lossland as ll
from lossland.models import datasets, networks, tasks

DECAY = 1e-4


def loss() -> tasks.TrainingLoss:
    """Return the loss."""
    return tasks.TrainingLoss(networks.mlp((2, 8, 1), loss="logistic"), datasets.spiral(100), DECAY)


def task() -> ll.Problem:
    """Return the problem, with the best parameters that are known."""
    best = tasks.best_known("mlp-spiral")
    return tasks.task("task:mlp-spiral", "MLP 2-8-1, spirals", loss(), best, "Smilkov et al. (2017)")

"""Logistic regression on 100 flowers: versicolor or virginica, by four lengths. Convex; 5 parameters.

The lengths are standardized; the penalty is 0.01/2 of the sum of the parameters' squares. The minimum is Newton's.
"""

import numpy as np

import lossland as ll
from lossland.models import datasets, networks, principal, tasks

DECAY = 0.01


def loss() -> tasks.TrainingLoss:
    """Return the loss."""
    flowers = datasets.iris()
    two = flowers.target > 0
    data = datasets.Data(
        principal.standardized(flowers.points[two]), np.where(flowers.target[two] == 2, 1.0, -1.0), flowers.names[1:]
    )
    return tasks.TrainingLoss(networks.mlp((4, 1), loss="logistic"), data, DECAY)


def task() -> ll.Problem:
    """Return the problem."""
    best = tasks.convex_minimum(loss())
    return tasks.task("task:logistic-iris", "Logistic regression, iris", loss(), best, "Fisher (1936)")

"""Logistic regression on 357 handwritten digits: 3 or 8, by 16 principal components. Convex; 17 parameters.

The penalty is 0.001/2 of the sum of the parameters' squares. The pictures vary along some components much more than
along others, so that the curvatures at the minimum are far apart. The minimum is Newton's.
"""

import numpy as np

import lossland as ll
from lossland.models import datasets, networks, principal, tasks

DECAY, COMPONENTS = 0.001, 16


def loss() -> tasks.TrainingLoss:
    """Return the loss."""
    digits = datasets.digits()
    two = (digits.target == 3) | (digits.target == 8)
    axes = principal.principal(digits.points[two])
    seen = (digits.points[two] - axes.mean) @ axes.components[:COMPONENTS].T
    data = datasets.Data(seen, np.where(digits.target[two] == 8, 1.0, -1.0), ("3", "8"))
    return tasks.TrainingLoss(networks.mlp((COMPONENTS, 1), loss="logistic"), data, DECAY)


def task() -> ll.Problem:
    """Return the problem."""
    best = tasks.convex_minimum(loss())
    return tasks.task("task:logistic-digits", "Logistic regression, digits", loss(), best, "Alpaydin & Kaynak (1998)")

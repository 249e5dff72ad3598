"""What a classifier says of every point of a plane: its chances, and the lines where its answer, or one of its neurons,
turns. After TensorFlow Playground (Smilkov and others 2017)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.datasets.base import Data, Split
from core.inside import neurons
from core.inside.load import Loaded
from core.tasks.tables import Plane, grid, plane

COUNT = 100  # answers along a side of the plane
COUNT_NEURONS = 60  # the same for each single neuron


@dataclass(frozen=True)
class Field:
    """Chances over `where`: float32 `(rows, columns, classes)`, the lowest row first. `border`: the lines on which the
    answer changes, each `(points, 2)` of x and y."""

    where: Plane
    chances: np.ndarray
    border: list[np.ndarray]


@dataclass(frozen=True)
class Response:
    """A layer's neurons over the plane: `answers` and `sums` float32 `(neurons, rows, columns)`, the lowest row first;
    `strongest`: their numbers, those first that move the next layer most. `activation` as in `neurons.Layer`."""

    activation: str
    where: Plane
    sums: np.ndarray
    answers: np.ndarray
    strongest: list[int]

    def turns(self, neuron: int) -> list[np.ndarray]:
        """The lines on which a neuron's sum is 0: where it begins to answer, or changes its sign."""
        return level(self.sums[neuron], self.where)


def fits(loaded: Loaded) -> bool:
    """Whether the run tells classes apart by rows of numbers."""
    return loaded.spec.kind == "features" and len(loaded.spec.classes) > 1 and hasattr(loaded.task, "logits")


def whole(data: Data) -> Plane:
    """The part of the plane that holds all points of a data set of two features."""
    return plane(torch.cat([data.train.inputs, data.validation.inputs, data.test.inputs]))


def chances(loaded: Loaded, rows: Tensor) -> np.ndarray:
    """The chances of rows, float32 `(n, features)`: float32 `(n, classes)`."""
    with loaded.lock:
        return loaded.task.logits(Split(rows)).softmax(1).numpy()


def field(loaded: Loaded, where: Plane) -> Field:
    """What the model says over a part of the plane."""
    found = chances(loaded, grid(where, COUNT)).reshape(COUNT, COUNT, -1)  # (row, column, classes)
    lines: list[np.ndarray] = []
    # Of two classes one border is the other's too; of more, each class has its own.
    for one in range(1 if found.shape[2] == 2 else found.shape[2]):
        rivals = np.delete(found, one, axis=2).max(2)  # (row, column)
        lines += level(found[:, :, one] - rivals, where)
    return Field(where, found, lines)


def responses(loaded: Loaded, where: Plane, points: Tensor) -> list[Response]:
    """Each hidden layer's neurons over a part of the plane; none where the model has no hidden layer. The strongest are
    those that tell `points` `(n, 2)` apart most: beyond the data, answers may grow without limit."""
    found = []
    over, at = neurons.layers(loaded, grid(where, COUNT_NEURONS)), neurons.layers(loaded, points)
    for layer, seen in list(zip(over, at, strict=True))[:-1]:
        sums, answers = (values.T.reshape(-1, COUNT_NEURONS, COUNT_NEURONS) for values in (layer.sums, layer.answers))
        order = neurons.strongest(seen, len(seen.say))
        found.append(Response(layer.activation, where, sums, answers, order))
    return found


def level(values: np.ndarray, where: Plane) -> list[np.ndarray]:
    """The lines on which values `(rows, columns)` over a part of the plane are 0, each `(points, 2)` of x and y."""
    from skimage.measure import find_contours  # slow to import

    left, right, bottom, top = where
    steps = np.array([(top - bottom) / (values.shape[0] - 1), (right - left) / (values.shape[1] - 1)])
    return [(np.array([bottom, left]) + line * steps)[:, ::-1] for line in find_contours(values, 0.0)]

"""What a classifier says of one picture or row of numbers, and the layers that a picture passes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.datasets.base import Split
from core.inside import layers
from core.inside.layers import Layer, Origin, Place
from core.inside.load import Loaded
from core.tasks.base import standardised


@dataclass(frozen=True)
class Answer:
    """`probabilities` float32 `(classes,)` for `classes`, which sum to one."""

    classes: tuple[str, ...]
    probabilities: np.ndarray

    @property
    def best(self) -> int:
        return int(self.probabilities.argmax())


def fits(loaded: Loaded) -> bool:
    """Whether the run names what pictures show."""
    return loaded.spec.kind == "images" and len(loaded.spec.classes) > 1 and hasattr(loaded.task, "logits")


def classify(loaded: Loaded, example: Tensor) -> Answer:
    """The answer to one picture, uint8 `(1, channels, height, width)`, or row, float32 `(1, features)`."""
    with loaded.lock:
        logits = loaded.task.logits(Split(example))  # (1, classes)
    return Answer(loaded.spec.classes, logits[0].softmax(0).numpy())


def trace(loaded: Loaded, image: Tensor) -> list[Layer]:
    """The maps of every layer that a picture, uint8 `(1, channels, height, width)`, passes."""
    return layers.trace(loaded, lambda: loaded.task.logits(Split(image)))


def places(loaded: Loaded) -> list[Place]:
    """The layers that any picture passes, in their order."""
    empty = torch.zeros(1, *loaded.spec.shape, dtype=torch.uint8)
    return layers.places(loaded, lambda: loaded.task.logits(Split(empty)))


def passed(loaded: Loaded, image: Tensor, path: str) -> tuple[Tensor, Tensor]:
    """What the layer at `path` is given of a picture, uint8 `(1, channels, height, width)`, and what it makes of it."""
    return layers.passed(loaded, lambda: loaded.task.logits(Split(image)), path)


def origin(loaded: Loaded, image: Tensor, path: str, channel: int, spot: tuple[int, int] | None = None) -> Origin:
    """What of a picture, uint8 `(1, channels, height, width)`, an answer of a layer's map hangs on: the one at `spot` (row,
    column), by default the strongest."""
    return layers.origin(loaded, standardised(image, loaded.spec), path, channel, spot)

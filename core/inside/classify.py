"""What a classifier says of one picture or row of numbers, and which pixels or features made it say so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.datasets.base import Split
from core.inside import layers
from core.inside.layers import Layer, Origin
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


def evidence(loaded: Loaded, example: Tensor, target: int, steps: int = 32) -> np.ndarray | None:
    """How much each pixel or feature speaks for the class `target` (positive) or against it (negative); None where the
    answer has no slope (votes of neighbours).

    Integrated gradients (Sundararajan, Taly and Yan 2017) from a picture of zeros, or from the data's mean row, by the
    midpoint rule with `steps` points: all values together are the logit's rise from there to this example.
    Arguments: `example` uint8 `(1, channels, height, width)` or float32 `(1, features)`. Returns: float32 `(height, width)`,
    summed over channels, or `(features,)`.
    """
    images = loaded.spec.kind == "images"
    start = standardised(torch.zeros_like(example) if images else torch.tensor([loaded.spec.mean]), loaded.spec)
    way = standardised(example, loaded.spec) - start  # (1, channels, height, width) or (1, features)
    shares = (torch.arange(steps) + 0.5).div(steps).view(-1, *[1] * (way.ndim - 1))
    points = (start + shares * way).requires_grad_()  # (steps, channels, height, width) or (steps, features)
    with loaded.lock, torch.enable_grad():
        score = loaded.model(points)[:, target].sum()
        if not score.requires_grad:
            return None
        (slope,) = torch.autograd.grad(score, points)
    found = (slope.mean(0, keepdim=True) * way)[0]
    return (found.sum(0) if images else found).numpy()


def trace(loaded: Loaded, image: Tensor) -> list[Layer]:
    """The maps of every layer that a picture, uint8 `(1, channels, height, width)`, passes."""
    return layers.trace(loaded, lambda: loaded.task.logits(Split(image)))


def origin(loaded: Loaded, image: Tensor, path: str, channel: int) -> Origin:
    """What of a picture, uint8 `(1, channels, height, width)`, the strongest answer of a layer's map hangs on."""
    return layers.origin(loaded, loaded.model, standardised(image, loaded.spec), path, channel)

"""What pooling keeps of a map: the largest number of each window, or the mean of each block (LeCun et al. 1998, section
II.A; max pooling after Riesenhuber and Poggio 1999)."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core.inside import classify
from core.inside.layers import Place
from core.inside.load import Loaded

_LARGEST, _MEAN = (nn.MaxPool2d, nn.AdaptiveMaxPool2d), (nn.AvgPool2d, nn.AdaptiveAvgPool2d)


@dataclass(frozen=True)
class Pooled:
    """A map `before` `(height, width)` and `after` `(h, w)` pooling. `rows` `(h, 2)` and `columns` `(w, 2)` are where each
    window begins and ends, the latter exclusive; `kept` `(h · w, 2)` are the rows and columns of the largest numbers, None
    where the mean is taken."""

    before: np.ndarray
    after: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    kept: np.ndarray | None


def places(loaded: Loaded) -> list[Place]:
    """The pooling layers that a picture passes."""
    return [place for place in classify.places(loaded)
            if isinstance(loaded.model.get_submodule(place.path), _LARGEST + _MEAN)]


def strongest(loaded: Loaded, image: Tensor, path: str) -> int:
    """The number of the map that answers most over its whole area."""
    given, _ = classify.passed(loaded, image, path)
    return int(given[0].abs().mean((1, 2)).argmax())


def pooled(loaded: Loaded, image: Tensor, path: str, channel: int) -> Pooled:
    """One map of the pooling layer at `path`, for a picture, uint8 `(1, channels, height, width)`."""
    given, output = classify.passed(loaded, image, path)
    before, after = given[:, channel : channel + 1], output[0, channel]
    layer, kept = loaded.model.get_submodule(path), None
    if isinstance(layer, _LARGEST):
        telling = copy.copy(layer)
        telling.return_indices = True
        _, where = telling(before)  # numbered row by row
        kept = np.stack(np.divmod(where.flatten().numpy(), before.shape[3]), 1)
    rows, columns = (_windows(layer, before.shape[2 + axis], after.shape[axis], axis) for axis in (0, 1))
    return Pooled(before[0, 0].float().numpy(), after.float().numpy(), rows, columns, kept)


def _windows(layer: nn.Module, size: int, count: int, axis: int) -> np.ndarray:
    """Where `count` windows along an axis of `size` begin and end, `(count, 2)`, cut off at the edges."""
    number = torch.arange(count)
    if isinstance(layer, nn.AdaptiveMaxPool2d | nn.AdaptiveAvgPool2d):
        starts, ends = number * size // count, -(-(number + 1) * size // count)
    else:
        side, stride, padding = (value if isinstance(value, int) else value[axis]
                                 for value in (layer.kernel_size, layer.stride, layer.padding))
        starts = number * stride - padding
        ends = starts + side
    return torch.stack([starts, ends], 1).clamp(0, size).numpy()

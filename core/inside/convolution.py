"""One number of a convolution's answer, worked out by hand: LeCun et al. 1998, section II.A."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from torch import Tensor, nn

from core.inside import classify
from core.inside.layers import Place
from core.inside.load import Loaded


@dataclass(frozen=True)
class Sum:
    """How a convolution comes by the `value` at `(row, column)` of the map `answer` `(height, width)`.

    `inputs` are the numbers of the maps that it reads and `maps` `(inputs, height, width)` these maps; `patches`, `kernel`
    and `products`, all `(inputs, kernel height, kernel width)`; `box` is the patch in the maps as `(top, left, bottom,
    right)`, the last two exclusive, which may reach over the edge; `value` is the sum of all products and the `bias`.
    """

    row: int
    column: int
    answer: np.ndarray
    inputs: range
    maps: np.ndarray
    patches: np.ndarray
    kernel: np.ndarray
    bias: float
    box: tuple[int, int, int, int]

    @property
    def products(self) -> np.ndarray:
        return self.patches * self.kernel

    @property
    def value(self) -> float:
        return float(self.answer[self.row, self.column])


def places(loaded: Loaded) -> list[Place]:
    """The convolutions that a picture passes."""
    return [place for place in classify.places(loaded) if isinstance(loaded.model.get_submodule(place.path), nn.Conv2d)]


def strongest(loaded: Loaded, image: Tensor, path: str, channel: int) -> tuple[int, int]:
    """Row and column of a map's strongest answer."""
    _, output = classify.passed(loaded, image, path)
    return divmod(int(output[0, channel].abs().argmax()), output.shape[3])


def worked_out(loaded: Loaded, image: Tensor, path: str, channel: int, row: int, column: int) -> Sum:
    """The answer of the convolution at `path` in one place, for a picture, uint8 `(1, channels, height, width)`."""
    given, output = classify.passed(loaded, image, path)
    layer: nn.Conv2d = loaded.model.get_submodule(path)
    count = layer.in_channels // layer.groups  # maps that each output reads
    first = channel // (layer.out_channels // layer.groups) * count
    # torch's own list of the padding, since a padding may also be given as a word.
    around = layer._reversed_padding_repeated_twice
    padded = F.pad(given, around, "constant" if layer.padding_mode == "zeros" else layer.padding_mode)
    starts = [place * stride for place, stride in zip((row, column), layer.stride, strict=True)]
    spans = [gap * (side - 1) + 1 for gap, side in zip(layer.dilation, layer.kernel_size, strict=True)]
    rows, columns = (slice(start, start + span, gap)
                     for start, span, gap in zip(starts, spans, layer.dilation, strict=True))
    patches = padded[0, first : first + count, rows, columns]  # (inputs, kernel height, kernel width)
    top, left = starts[0] - around[2], starts[1] - around[0]
    return Sum(
        row, column, output[0, channel].float().numpy(), range(first, first + count),
        given[0, first : first + count].float().numpy(), patches.float().numpy(),
        layer.weight[channel].detach().float().numpy(), 0.0 if layer.bias is None else layer.bias[channel].item(),
        (top, left, top + spans[0], left + spans[1]),
    )

"""The feature maps that a picture passes through, found by hooks: any model with convolutions has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.inside.load import Loaded

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)
SIDE = 64  # longest side of a map that is kept: what is larger is averaged down
_TITLES = {
    "Conv2d": "convolution", "ConvTranspose2d": "transposed convolution", "MaxPool2d": "max pooling",
    "AvgPool2d": "average pooling", "AdaptiveAvgPool2d": "average pooling", "BatchNorm2d": "batch norm",
    "LeakyReLU": "leaky relu", "PixelShuffle": "pixel shuffle", "LayerNorm": "layer norm",
}


@dataclass(frozen=True)
class Layer:
    """What one layer made of the input.

    `name` is what a person calls it (`convolution 2`), `path` the module's (`features.3`); `shape` `(channels, height,
    width)` in full; `maps` float32 `(channels, h, w)`, averaged down to `SIDE` where larger; `kernels` float32
    `(channels, inputs, kernel height, kernel width)` of a convolution, else None.
    """

    name: str
    path: str
    shape: tuple[int, int, int]
    maps: np.ndarray
    kernels: np.ndarray | None


def fits(loaded: Loaded) -> bool:
    """Whether the model has convolutions."""
    return any(isinstance(module, CONVOLUTIONS) for module in loaded.model.modules())


def trace(loaded: Loaded, forward: Callable[[], object]) -> list[Layer]:
    """All layers that give maps, in the order in which `forward`, which runs the model on one input, passes them."""
    seen: list[tuple[str, nn.Module, tuple[int, int, int], np.ndarray]] = []

    def look(path: str) -> Callable:
        def hook(module: nn.Module, _: object, output: object) -> None:
            if isinstance(output, Tensor) and output.ndim == 4 and output.shape[2] * output.shape[3] > 1:
                maps = output.detach()[:1].float()
                shrink = min(1, SIDE / max(maps.shape[2:]))
                smaller = tuple(max(1, round(side * shrink)) for side in maps.shape[2:])
                # A copy in any case: an in-place activation would overwrite the tensor.
                kept = F.adaptive_avg_pool2d(maps, smaller) if smaller != tuple(maps.shape[2:]) else maps.clone()
                seen.append((path, module, tuple(maps.shape[1:]), kept[0].numpy()))

        return hook

    with loaded.lock, torch.no_grad():
        leaves = [(path, module) for path, module in loaded.model.named_modules() if not any(module.children())]
        hooks = [module.register_forward_hook(look(path)) for path, module in leaves]
        try:
            forward()
        finally:
            for hook in hooks:
                hook.remove()
    count: Counter[str] = Counter()
    layers = []
    for path, module, shape, maps in seen:
        layers.append(Layer(numbered(module, count), path, shape, maps, _kernels(module)))
    return layers


def numbered(module: nn.Module, count: Counter[str]) -> str:
    """What a person calls a layer, with its number among those of its kind; `count` is of those that came before."""
    kind = type(module).__name__
    title = _TITLES.get(kind, kind.removesuffix("2d").lower())
    count[title] += 1
    return f"{title} {count[title]}"


def strongest(maps: np.ndarray, count: int) -> list[int]:
    """The numbers of the maps, `(channels, height, width)`, that answer most over their whole area, strongest first."""
    return np.argsort(-np.abs(maps).mean((1, 2)), kind="stable")[:count].tolist()


def overview(layers: list[Layer], chosen: str, most: int = 9) -> list[Layer]:
    """The layers to show beside one another, always with the one named `chosen`: all, or where that is too many the last
    before each convolution and the very last (what one block hands to the next), or of those some, spread evenly."""
    if len(layers) <= most:
        return layers
    kept = [i for i, after in enumerate([*layers[1:], None]) if after is None or after.kernels is not None]
    if len(kept) > most:
        kept = [kept[i] for i in np.linspace(0, len(kept) - 1, most).round().astype(int)]
    picked = next(i for i, layer in enumerate(layers) if layer.name == chosen)
    return [layers[i] for i in sorted({*kept, picked})]


def finest(layers: list[Layer]) -> Layer:
    """The first of the layers with the largest maps; one that is a picture itself (three maps or fewer) only at need."""
    return max(layers, key=lambda layer: (layer.shape[0] > 3, layer.shape[1] * layer.shape[2]))


@dataclass(frozen=True)
class Origin:
    """Where a map answers most strongly: `value` at `(row, column)` of the map; and what of the input it hangs on there:
    `box`, as `(top, left, bottom, right)`, the last two exclusive, all 0 where nothing moves it."""

    value: float
    row: int
    column: int
    box: tuple[int, int, int, int]


def origin(loaded: Loaded, forward: Callable[[Tensor], object], inputs: Tensor, path: str, channel: int) -> Origin:
    """Follows a map's strongest answer back to the picture, by its gradient: right for any architecture.

    Arguments: `forward` runs the model on `inputs`, float32 `(1, channels, height, width)`; `path` names the layer.
    """
    found: list[Tensor] = []
    inputs = inputs.detach().clone().requires_grad_()
    with loaded.lock, torch.enable_grad():
        hook = loaded.model.get_submodule(path).register_forward_hook(lambda _, __, output: found.append(output.clone()))
        try:
            forward(inputs)
        finally:
            hook.remove()
        answer = found[-1][0, channel]  # (height, width)
        strongest = int(answer.detach().abs().argmax())
        (slope,) = torch.autograd.grad(answer.flatten()[strongest], inputs)
    row, column = divmod(strongest, answer.shape[1])
    touched = slope[0].abs().sum(0)  # (height, width)
    rows, columns = ((touched > 0).any(axis).nonzero().flatten() for axis in (1, 0))
    box = (int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1) if len(rows) else (0, 0, 0, 0)
    return Origin(answer.flatten()[strongest].item(), row, column, box)


def _kernels(module: nn.Module) -> np.ndarray | None:
    if not isinstance(module, CONVOLUTIONS):
        return None
    weight = module.weight.detach().float()
    # A transposed convolution keeps its inputs first.
    return (weight.transpose(0, 1) if isinstance(module, nn.ConvTranspose2d) else weight).numpy()

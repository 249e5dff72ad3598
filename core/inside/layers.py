"""The layers that a picture passes through and the feature maps that they make of it, found by hooks in any model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.inside.load import Loaded

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)
SIDE = 64  # longest side of a map that is kept: what is larger is averaged down
_TITLES = {
    "Conv2d": "convolution", "ConvTranspose2d": "transposed convolution", "Linear": "dense", "MaxPool2d": "max pooling",
    "AdaptiveMaxPool2d": "max pooling", "AvgPool2d": "average pooling", "AdaptiveAvgPool2d": "average pooling",
    "BatchNorm2d": "batch norm", "BatchNorm": "batch norm", "LeakyReLU": "leaky relu", "PixelShuffle": "pixel shuffle",
    "LayerNorm": "layer norm", "PartialConvolution": "partial convolution",
}
_HAND_ON = (nn.Flatten, nn.Dropout, nn.Identity)  # no layers: what they give is what they get


@dataclass(frozen=True)
class Place:
    """A layer, as an input passes it: `name` is what a person calls it (`convolution 2`), `path` the module's
    (`features.3`), `part` the block that it belongs to (`Block 7`); `shape` of its output for one input."""

    name: str
    path: str
    part: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """What one layer made of the input.

    `name`, `path` and `part` are its `Place`'s; `shape` is `(channels, height, width)` in full; `maps` float32
    `(channels, h, w)`, averaged down to `SIDE` where larger; `kernels` float32 `(channels, inputs, kernel height, kernel
    width)` of a convolution, else None.
    """

    name: str
    path: str
    part: str
    shape: tuple[int, int, int]
    maps: np.ndarray
    kernels: np.ndarray | None


def fits(loaded: Loaded) -> bool:
    """Whether the model has convolutions."""
    return any(isinstance(module, CONVOLUTIONS) for module in loaded.model.modules())


def trace(loaded: Loaded, forward: Callable[[], object]) -> list[Layer]:
    """All layers that give maps, in the order in which `forward`, which runs the model on one input, passes them."""
    layers: list[Layer] = []

    def look(place: Place, module: nn.Module, output: Tensor) -> None:
        if output.ndim == 4 and output.shape[2] * output.shape[3] > 1:
            maps = output.detach()[:1].float()
            shrink = min(1, SIDE / max(maps.shape[2:]))
            smaller = tuple(max(1, round(side * shrink)) for side in maps.shape[2:])
            # A copy in any case: an in-place activation would overwrite the tensor.
            kept = F.adaptive_avg_pool2d(maps, smaller) if smaller != tuple(maps.shape[2:]) else maps.clone()
            layers.append(Layer(place.name, place.path, place.part, place.shape, kept[0].numpy(), kernels(module)))

    _pass(loaded, forward, look)
    return layers


def places(loaded: Loaded, forward: Callable[[], object]) -> list[Place]:
    """All layers in the order in which `forward`, which runs the model on one input, passes them."""
    found: list[Place] = []
    _pass(loaded, forward, lambda place, _, __: found.append(place))
    return found


def passed(loaded: Loaded, forward: Callable[[], object], path: str) -> tuple[Tensor, Tensor]:
    """What the layer at `path` is given and what it makes of it where `forward` runs the model; `""` is the whole model."""
    seen: list[tuple[Tensor, Tensor]] = []
    with loaded.lock, torch.no_grad(), _hooked(
        loaded.model, {path: lambda _, inputs, output: seen.append((inputs[0].clone(), output.clone()))}
    ):
        forward()
    return seen[-1]


def answered(loaded: Loaded, inputs: Tensor, path: str) -> Tensor:
    """What the layer at `path` (`""`: the whole model) makes of `inputs`, as the model takes them, with its slope."""
    found: list[Tensor] = []
    with loaded.lock, torch.enable_grad(), _hooked(
        loaded.model, {path: lambda _, __, output: found.append(output.clone())}
    ):
        loaded.model(inputs)
    return found[-1]


@contextmanager
def _hooked(model: nn.Module, hooks: dict[str, Callable]) -> Iterator[None]:
    """Calls each hook, by its module's path, with `(module, inputs, output)`."""
    handles = [model.get_submodule(path).register_forward_hook(hook) for path, hook in hooks.items()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _pass(loaded: Loaded, forward: Callable[[], object], look: Callable[[Place, nn.Module, Tensor], None]) -> None:
    modules = dict(loaded.model.named_modules())
    blocks = [path for path, module in modules.items() if path and any(module.children())
              and not isinstance(module, nn.Sequential | nn.ModuleList)]
    count: Counter[str] = Counter()

    def hook_of(path: str) -> Callable:
        def hook(module: nn.Module, _: object, output: object) -> None:
            if isinstance(output, Tensor):
                name, part = numbered(module, count), _part(path, blocks, modules)
                place = Place(name, path, part, tuple(output.shape[1:]))
                look(place, module, output)

        return hook

    hooks = {path: hook_of(path) for path, module in modules.items()
             if path and not any(module.children()) and not isinstance(module, _HAND_ON)}
    with loaded.lock, torch.no_grad(), _hooked(loaded.model, hooks):
        forward()


def _part(path: str, blocks: list[str], modules: dict[str, nn.Module]) -> str:
    """The innermost block around a layer, counted among its kind; a layer in none belongs to the model's part by name."""
    around = [block for block in blocks if path.startswith(f"{block}.")]
    if not around:
        return path.partition(".")[0].capitalize()
    kind = type(modules[around[-1]])
    return f"{kind.__name__} {[block for block in blocks if type(modules[block]) is kind].index(around[-1]) + 1}"



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


def origin(
    loaded: Loaded, inputs: Tensor, path: str, channel: int, spot: tuple[int, int] | None = None
) -> Origin:
    """Follows an answer of a map back to the picture, by its gradient: right for any architecture.

    Arguments: `inputs`, as the model takes them, float32 `(1, channels, height, width)`; `path` names the layer; `spot` is
    the answer's row and column, by default the strongest's.
    """
    inputs = inputs.detach().clone().requires_grad_()
    answer = answered(loaded, inputs, path)[0, channel]  # (height, width)
    row, column = spot or divmod(int(answer.detach().abs().argmax()), answer.shape[1])
    (slope,) = torch.autograd.grad(answer[row, column], inputs)
    touched = slope[0].abs().sum(0)  # (height, width)
    rows, columns = ((touched > 0).any(axis).nonzero().flatten() for axis in (1, 0))
    box = (int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1) if len(rows) else (0, 0, 0, 0)
    return Origin(answer[row, column].item(), row, column, box)


def kernels(module: nn.Module) -> np.ndarray | None:
    """The kernels of a convolution, float32 `(outputs, inputs, height, width)`; None of any other layer."""
    if not isinstance(module, CONVOLUTIONS):
        return None
    weight = module.weight.detach().float()
    # A transposed convolution keeps its inputs first.
    return (weight.transpose(0, 1) if isinstance(module, nn.ConvTranspose2d) else weight).numpy()

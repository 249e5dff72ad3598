"""Where each layer puts the examples of a split: what it makes of them, laid out in two dimensions.

Principal components (Pearson 1901) and t-SNE (van der Maaten and Hinton 2008, "Visualizing data using t-SNE").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.catalog import PADDING
from core.datasets.base import Batch, Split
from core.inside import layers
from core.inside.load import Loaded
from core.tasks.base import chosen

Method = Literal["PCA", "t-SNE"]
MOST = 1500  # examples: more take long, and hide one another
NUMBERS = 4096  # that a layer keeps of an example: larger maps are averaged down
NEIGHBOURS = 10
INPUT, LOGITS = "input", "logits"
_SILENT = (nn.Dropout, nn.Identity, nn.Flatten)  # they hand on what they are given
_BATCH = 100


@dataclass(frozen=True)
class Layout:
    """The examples `index` `(n,)` of a split at `points` float32 `(n, 2)`.

    `shape` is one example's in the layer; `share`, how much of the variance the points show (of PCA, else None);
    `alike`, the share of each example's nearest neighbours in the layer, not on the plane, that are of its own class.
    """

    index: np.ndarray
    points: np.ndarray
    shape: tuple[int, ...]
    share: float | None
    alike: float


def layer_names(loaded: Loaded, split: Split) -> list[str]:
    """The layers that can be laid out, in the order of the way through the model, from the input to the logits."""
    places, _ = _places(loaded, split.inputs[:2])
    return [*([] if loaded.spec.kind == "sentences" else [INPUT]), *places, LOGITS]


def layout(loaded: Loaded, split: Split, layer: str, method: Method) -> Layout:
    """Lays out at most `MOST` examples, spread evenly over the split. The same call gives the same points."""
    index = chosen(split, MOST)
    values, shape = activations(loaded, split.inputs[index], layer)
    points, share = project(values, method)
    return Layout(index.numpy(), points, shape, share, alike(values, split.targets[index].numpy()))


def activations(loaded: Loaded, inputs: Tensor, layer: str) -> tuple[np.ndarray, tuple[int, ...]]:
    """What a layer makes of examples: float32 `(n, numbers)`, of a sentence the mean over its words; and the shape that
    one example has there in full."""
    number = _places(loaded, inputs[:2])[0].get(layer)
    parts: list[Tensor] = []
    shapes: list[tuple[int, ...]] = []

    def keep(values: Tensor, part: Tensor) -> None:
        shapes.append(tuple(values.shape[1:]))
        parts.append(_flat(values.float(), part if loaded.spec.kind == "sentences" else None))

    for part in inputs.split(_BATCH):
        if layer == INPUT:
            keep(loaded.task.model_input(Batch(part, None)), part)
            continue
        logits = _heard(loaded, part, lambda at, _, values, part=part: keep(values, part) if at == number else None)
        if layer == LOGITS:
            keep(logits, part)
    return torch.cat(parts).numpy(), shapes[0]


def project(values: np.ndarray, method: Method) -> tuple[np.ndarray, float | None]:
    """Points float32 `(n, 2)` for `values` `(n, numbers)`; and of PCA, the share of the variance that they show."""
    from sklearn.decomposition import PCA  # slow to import
    from sklearn.manifold import TSNE

    if method == "PCA":
        values = np.pad(values, ((0, 0), (0, max(0, 2 - values.shape[1]))))
        found = PCA(2, random_state=0)
        with np.errstate(invalid="ignore"):  # a layer that says the same of all has no variance to share out
            points = found.fit_transform(values).astype(np.float32)
        return points, float(np.nan_to_num(found.explained_variance_ratio_).sum())
    if min(values.shape) > 30:  # as in the paper, section 4.2
        values = PCA(30, random_state=0).fit_transform(values)
    start = "pca" if min(values.shape) > 1 else "random"
    return TSNE(2, perplexity=min(30, (len(values) - 1) / 3), init=start, random_state=0).fit_transform(values), None


def alike(values: np.ndarray, targets: np.ndarray) -> float:
    """The share of the examples' nearest neighbours, by the distance of their `values` `(n, numbers)`, that are of their
    own class."""
    from sklearn.neighbors import NearestNeighbors  # slow to import

    found = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(values) - 1), algorithm="brute").fit(values).kneighbors()[1]
    return float((targets[found] == targets[:, None]).mean())


def _places(loaded: Loaded, inputs: Tensor) -> tuple[dict[str, int], Tensor]:
    """At which call each named layer answers, for any batch; and the logits of this one."""
    found: list[tuple[str, int, Tensor]] = []
    kinds: Counter[str] = Counter()
    logits = _heard(loaded, inputs, lambda at, module, values: found.append(
        (layers.numbered(module, kinds), at, values.float().clone())))
    if found and found[-1][2].shape == logits.shape and torch.equal(found[-1][2], logits):
        found.pop()  # the last layer's answer is the logits
    return {name: at for name, at, _ in found}, logits


def _heard(loaded: Loaded, inputs: Tensor, hear: Callable[[int, nn.Module, Tensor], object]) -> Tensor:
    """Runs the model on examples and gives their logits. `hear` is called with each layer's answer as it comes: its
    number, the module, and the tensor, which may be overwritten afterwards."""
    numbers = count()

    def hook(module: nn.Module, _: object, output: object) -> None:
        if isinstance(output, Tensor) and output.ndim > 1 and len(output) == len(inputs):
            hear(next(numbers), module, output.detach())

    with loaded.lock:
        leaves = [module for module in loaded.model.modules()
                  if not any(module.children()) and not isinstance(module, _SILENT)]
        hooks = [module.register_forward_hook(hook) for module in leaves]
        try:
            return loaded.task.logits(Split(inputs))
        finally:
            for hooked in hooks:
                hooked.remove()


def _flat(values: Tensor, tokens: Tensor | None) -> Tensor:
    """One row of numbers an example; of states `(batch, length, width)` of `tokens` `(batch, length)` the mean over what
    is no padding. A copy: the next layer may overwrite what it is given."""
    if tokens is not None and values.ndim == 3:
        real = (tokens[:, : values.shape[1]] != PADDING).unsqueeze(2)  # (batch, length, 1)
        return (values * real).sum(1) / real.sum(1).clamp_min(1)  # (batch, width)
    size = values[0].numel()
    if values.ndim == 4 and size > NUMBERS:
        shrink = (NUMBERS / size) ** 0.5
        values = F.adaptive_avg_pool2d(values, tuple(max(1, int(side * shrink)) for side in values.shape[2:]))
    return values.flatten(1).clone()

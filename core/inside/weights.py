"""What a classifier has learned, as pictures: kernels, and every weight that looks at the input itself."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from torch import nn

from core.inside import classify
from core.inside.layers import CONVOLUTIONS, kernels
from core.inside.load import Loaded


@dataclass(frozen=True)
class Weights:
    """The weights of a layer, called `name`, in the block `part`.

    `values` float32: where they are `pictures`, `(n, channels, height, width)`, one for each unit, prototype or direction,
    in the colours of the input; else `(outputs, inputs, kernel height, kernel width)`, a dense layer's kernels being 1×1.
    """

    name: str
    part: str
    values: np.ndarray
    pictures: bool


def fits(loaded: Loaded) -> bool:
    """Whether the run names what pictures show, and learned weights that can be seen."""
    return classify.fits(loaded) and len(weights(loaded)) > 0


def weights(loaded: Loaded) -> list[Weights]:
    """All of them, in the order in which a picture meets them.

    Any parameter whose rows have the input's size is a row of pictures (a first dense layer, the prototypes of k-means,
    principal components), and so are kernels that read the input.
    """
    shape, found = loaded.spec.shape, []
    seen = shape[0] in (1, 3)  # grey or in colour: others can't be drawn
    places = {place.path: place for place in classify.places(loaded)}
    for path in ["", *places]:
        layer = loaded.model.get_submodule(path)
        name, part = (places[path].name, places[path].part) if path else ("", "")
        for parameter, held in layer.named_parameters(recurse=False):
            called = name if parameter == "weight" else f"{name}, {parameter}" if name else parameter
            values = held.detach().float().numpy()
            if isinstance(layer, CONVOLUTIONS) and parameter == "weight":
                kernel = kernels(layer)
                found.append(Weights(called, part, kernel, seen and not found and kernel.shape[1] == shape[0]))
            elif values.ndim > 1 and values[0].size == math.prod(shape):
                found.append(Weights(called, part, values.reshape(len(values), *shape), seen))
            elif isinstance(layer, nn.Linear) and parameter == "weight":
                found.append(Weights(called, part, values[:, :, None, None], False))
    return found

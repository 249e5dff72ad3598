"""Which pixels or features made a classifier give its answer: four ways to ask, as the library Captum computes them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core.inside.load import Loaded
from core.tasks.base import standardised

STEPS = 32  # points on the way from the empty picture
WINDOW = 7  # a covering square is so often as wide as the picture is


def slopes(loaded: Loaded, example: Tensor) -> bool:
    """Whether the answer to an example, as `integrated_gradients` takes it, has a slope: votes of neighbours have none."""
    with loaded.lock, torch.enable_grad():
        return loaded.model(_asked(loaded, example)).requires_grad


def integrated_gradients(loaded: Loaded, example: Tensor, target: int, steps: int = STEPS) -> np.ndarray:
    """How much each pixel or feature speaks for the class `target` (positive) or against it (negative).

    Sundararajan, Taly and Yan 2017: the slopes on the way from a picture of zeros, or from the data's mean row, by the
    midpoint rule with `steps` points; all values together are the logit's rise from there to this example.
    Arguments: `example` uint8 `(1, channels, height, width)` or float32 `(1, features)`. Returns: float32 `(height, width)`,
    summed over channels, or `(features,)`.
    """
    from captum.attr import IntegratedGradients  # slow to import, and only looking inside needs it

    images = loaded.spec.kind == "images"
    empty = standardised(torch.zeros_like(example) if images else torch.tensor([loaded.spec.mean]), loaded.spec)
    with loaded.lock:
        found = IntegratedGradients(loaded.model).attribute(
            _asked(loaded, example), empty, target, n_steps=steps, method="riemann_middle", internal_batch_size=steps
        )[0].detach().float()
    return (found.sum(0) if images else found).numpy()


def saliency(loaded: Loaded, image: Tensor, target: int) -> np.ndarray:
    """How much the logit of `target` would move with each pixel, whichever way: Simonyan, Vedaldi and Zisserman 2013,
    section 3. Float32 `(height, width)`, the most of all channels."""
    from captum.attr import Saliency

    with loaded.lock:
        found = Saliency(loaded.model).attribute(_asked(loaded, image), target)  # sizes of the slopes
    return found[0].amax(0).detach().float().numpy()


def occlusion(loaded: Loaded, image: Tensor, target: int) -> np.ndarray:
    """By how much the logit of `target` falls where a square of the data's mean colour covers the picture: Zeiler and Fergus
    2014, section 4.2. Float32 `(height, width)`, each pixel the mean of the squares that cover it."""
    from captum.attr import Occlusion

    channels, height, width = loaded.spec.shape
    side = max(1, round(min(height, width) / WINDOW))
    step = max(1, side // 2)
    with loaded.lock, torch.no_grad():
        found = Occlusion(loaded.model).attribute(  # 0 is the mean of standardised pictures
            standardised(image, loaded.spec), (channels, side, side), (channels, step, step), target=target,
            perturbations_per_eval=64,
        )
    return found[0, 0].float().numpy()


def grad_cam(loaded: Loaded, image: Tensor, target: int, path: str) -> np.ndarray:
    """Where the maps of the layer at `path` speak for the class `target`: Selvaraju et al. 2017, section 3.

    Each map counts by its mean slope, and what speaks against the class is left out. Float32 `(height, width)`, at least 0,
    enlarged to the picture's size.
    """
    from captum.attr import LayerAttribution, LayerGradCam

    with loaded.lock:
        layer = loaded.model.get_submodule(path)
        found = LayerGradCam(loaded.model, layer).attribute(_asked(loaded, image), target, relu_attributions=True)
    return LayerAttribution.interpolate(found.detach(), loaded.spec.shape[1:], "bilinear")[0, 0].float().numpy()


def _asked(loaded: Loaded, example: Tensor) -> Tensor:
    return standardised(example, loaded.spec).requires_grad_()

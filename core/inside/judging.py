"""What a discriminator says of a picture, and where it looks."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from core.inside import latent, layers
from core.inside.layers import Layer
from core.inside.load import Loaded


def fits(loaded: Loaded) -> bool:
    """Whether the model has a discriminator."""
    return hasattr(loaded.model, "judge")


def score(loaded: Loaded, pictures: Tensor) -> tuple[np.ndarray, bool]:
    """What it gives each picture, float32 in 0..1 `(n, channels, height, width)`: `(n,)`, and whether that is the chance
    that a picture is real; else it is a mark, of which only differences count."""
    chances = loaded.task.settings.loss == "logistic"
    with loaded.lock, torch.no_grad():
        found = loaded.model.judge(pictures * 2 - 1).float()
    return (found.sigmoid() if chances else found).numpy(), chances


def maps(loaded: Loaded, picture: Tensor) -> list[Layer]:
    """The maps of every layer of the discriminator that a picture passes."""
    return layers.trace(loaded, lambda: loaded.model.judge(picture * 2 - 1))


def grad_cam(loaded: Loaded, picture: Tensor, path: str) -> np.ndarray:
    """Where the maps of the layer at `path` speak for a real picture (positive) or for a forged one (negative): Selvaraju et
    al. 2017, "Grad-CAM", section 3, without leaving out what speaks against. Float32 `(height, width)`."""
    from captum.attr import LayerAttribution, LayerGradCam  # slow to import, and only looking inside needs it

    with loaded.lock:
        layer = loaded.model.get_submodule(path)
        found = LayerGradCam(_Judge(loaded.model), layer).attribute(picture.clone().requires_grad_())
    return LayerAttribution.interpolate(found.detach(), picture.shape[2:], "bilinear")[0, 0].float().numpy()


def slope(loaded: Loaded, picture: Tensor) -> np.ndarray:
    """How much its logit would move with each pixel, whichever way: Simonyan et al. 2013, section 3. `(height, width)`."""
    from captum.attr import Saliency

    with loaded.lock:
        found = Saliency(_Judge(loaded.model)).attribute(picture.clone().requires_grad_())
    return found[0].amax(0).detach().float().numpy()


class _Judge(nn.Module):
    """The discriminator as one network of pictures in 0..1."""

    def __init__(self, model: nn.Module):
        super().__init__()
        self.model = model

    def forward(self, pictures: Tensor) -> Tensor:
        return self.model.judge(pictures * 2 - 1)


def drawn(loaded: Loaded, seed: int) -> Tensor:
    """The picture of a seed, float32 in 0..1 `(1, channels, height, width)`."""
    return latent.decode(loaded, latent.noise(loaded, seed))

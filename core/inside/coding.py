"""A picture's code in an autoencoder, what comes back from it, walks between two codes, and a map of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.datasets.base import Split
from core.inside import latent, layers, representation
from core.inside.layers import Layer, Origin
from core.inside.load import Loaded
from core.tasks.base import chosen, scaled
from core.tasks.likeness import psnr, ssim


@dataclass(frozen=True)
class Coded:
    """`picture` and what came `back`, float32 in 0..1 `(height, width, channels)`, by the `code` `(1, latent)`; how alike
    they are, PSNR in dB and SSIM (1 = the same)."""

    picture: np.ndarray
    back: np.ndarray
    code: Tensor
    psnr: float
    ssim: float


def fits(loaded: Loaded) -> bool:
    """Whether the model makes codes of pictures and pictures of codes."""
    return latent.fits(loaded) and hasattr(loaded.model, "encode")


def code(loaded: Loaded, image: Tensor) -> Coded:
    """The code of a picture, uint8 `(1, channels, height, width)`, and the picture that it gives back."""
    picture, point = scaled(image), encode(loaded, image)
    back = latent.decode(loaded, point)
    shown = (values[0].permute(1, 2, 0).numpy() for values in (picture, back))
    return Coded(*shown, point, psnr(back, picture).item(), ssim(back, picture).item())


def encode(loaded: Loaded, images: Tensor) -> Tensor:
    """Codes `(batch, latent)` of uint8 images `(batch, channels, height, width)`."""
    with loaded.lock, torch.no_grad():
        return loaded.model.encode(scaled(images)).float()


def walk(loaded: Loaded, start: Tensor, end: Tensor, shares: Sequence[float]) -> np.ndarray:
    """Pictures `(shares, height, width, channels)` of codes on the straight line between two, both `(1, latent)`."""
    return latent.pictures(loaded, torch.lerp(start, end, torch.tensor(shares, dtype=torch.float32)[:, None]))


def layout(loaded: Loaded, split: Split) -> tuple[np.ndarray, np.ndarray, float]:
    """The codes of at most `representation.MOST` examples by their two principal components: the examples' numbers `(n,)`,
    their points `(n, 2)`, and the share of the codes' variance that these show."""
    index = chosen(split, representation.MOST)
    codes = torch.cat([encode(loaded, part) for part in split.inputs[index].split(250)])
    return index.numpy(), *representation.project(codes.numpy(), "PCA")


def trace(loaded: Loaded, image: Tensor) -> list[Layer]:
    """The maps of every layer that a picture, uint8 `(1, channels, height, width)`, passes on its way there and back."""
    return layers.trace(loaded, lambda: loaded.model(scaled(image)))


def origin(loaded: Loaded, image: Tensor, path: str, channel: int) -> Origin:
    """What of that picture the strongest answer of a layer's map hangs on."""
    return layers.origin(loaded, scaled(image), path, channel)

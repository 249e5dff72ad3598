"""A picture with noise added, and what a denoiser makes of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.errors import UserError
from core.inside import layers
from core.inside.layers import Layer, Origin
from core.inside.load import Loaded
from core.tasks.denoising import add_noise
from core.tasks.likeness import WINDOW, psnr, ssim


@dataclass(frozen=True)
class Restored:
    """`clean`, `noisy` and `cleaned`, float32 in 0..1 `(height, width, channels)`; PSNR in dB and SSIM (1 = the same) of
    the latter two against the first."""

    clean: np.ndarray
    noisy: np.ndarray
    cleaned: np.ndarray
    psnr: tuple[float, float]
    ssim: tuple[float, float]


def fits(loaded: Loaded) -> bool:
    """Whether the run's task cleans pictures."""
    return hasattr(loaded.task, "restore")


def usual_noise(loaded: Loaded) -> float:
    """The strength of the noise that the model was trained on, as `add_noise` counts it."""
    return loaded.task.settings.sigma


def restore(loaded: Loaded, picture: Tensor, sigma: float, seed: int) -> Restored:
    """Adds noise of the kind that the model was trained on, of strength `sigma`, and lets the model clean it.

    Arguments: `picture` float32 in 0..1, `(1, channels, height, width)`; the same `seed` gives the same noise.
    Raises `UserError` where the picture is smaller than SSIM's window.
    """
    if min(picture.shape[2:]) < WINDOW:
        raise UserError(f"This picture is too small or too narrow: take one of at least {WINDOW} × {WINDOW} pixels.")
    noisy = add_noise(picture, loaded.task.settings.noise, sigma, torch.Generator().manual_seed(seed))
    with loaded.lock:
        cleaned = loaded.task.restore(noisy)
    levels = tuple(psnr(image, picture).item() for image in (noisy, cleaned))
    likeness = tuple(ssim(image, picture).item() for image in (noisy, cleaned))
    return Restored(*(image[0].permute(1, 2, 0).numpy() for image in (picture, noisy, cleaned)), levels, likeness)


def trace(loaded: Loaded, noisy: np.ndarray) -> list[Layer]:
    """The maps of every layer that a noisy picture, `(height, width, channels)` in 0..1, passes."""
    return layers.trace(loaded, lambda: loaded.task.restore(_batch(noisy)))


def origin(loaded: Loaded, noisy: np.ndarray, path: str, channel: int) -> Origin:
    """What of a noisy picture, `(height, width, channels)` in 0..1, the strongest answer of a layer's map hangs on."""
    return layers.origin(loaded, _batch(noisy), path, channel)


def _batch(picture: np.ndarray) -> Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)[None]  # (1, channels, height, width)

"""A picture with noise added, or one that has its own, and what a denoiser makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.errors import UserError
from core.inside import layers, tiles
from core.inside.layers import Layer, Origin
from core.inside.load import Loaded
from core.tasks.denoising import Noise, add_noise
from core.tasks.likeness import WINDOW, psnr, ssim

_BAND = 256  # rows of a picture whose structure is compared at once


@dataclass(frozen=True)
class Restored:
    """`clean`, `noisy` and `cleaned`, float32 in 0..1 `(height, width, channels)`; PSNR in dB and SSIM (1 = the same) of
    the latter two against the first. Where nobody knows the clean picture, it and both measures are None."""

    noisy: np.ndarray
    cleaned: np.ndarray
    clean: np.ndarray | None = None
    psnr: tuple[float, float] | None = None
    ssim: tuple[float, float] | None = None


def fits(loaded: Loaded) -> bool:
    """Whether the run's task cleans pictures."""
    return hasattr(loaded.task, "restore")


def usual_noise(loaded: Loaded) -> tuple[Noise | None, float]:
    """The kind and the strength of the noise that the model is measured at, as `add_noise` takes them; None where its data
    bring their own."""
    return None if loaded.spec.paired else loaded.task.settings.noise, loaded.task.settings.sigma


def restore(
    loaded: Loaded, picture: Tensor, noise: Noise | None, sigma: float, seed: int,
    told: Callable[[int, int], None] = lambda done, total: None,
) -> Restored:
    """Adds noise of a kind and of strength `sigma` to a picture, or takes it for noisy where `noise` is None, and lets the
    model clean it, tile by tile where it is large.

    Arguments: `picture` float32 in 0..1, `(1, channels, height, width)`; the same `seed` gives the same noise; `told` is
    called with the number of tiles that are done and of all. Raises `UserError` where the picture is smaller than SSIM's
    window.
    """
    if min(picture.shape[2:]) < WINDOW:
        raise UserError(f"This picture is too small or too narrow: take one of at least {WINDOW} × {WINDOW} pixels.")
    noisy = picture
    if noise is not None:
        drawn = torch.Generator().manual_seed(seed)
        noisy = add_noise(picture, noise, sigma, drawn, clip=loaded.task.settings.clip)

    def clean(part: Tensor) -> Tensor:
        with loaded.lock:
            return loaded.task.restore(part)

    large = max(picture.shape[2:]) > tiles.TILE
    cleaned = tiles.through(clean, noisy, tiles.reach(clean, picture.shape[1]), told) if large else clean(noisy)
    if noise is None:
        return Restored(_pixels(noisy), _pixels(cleaned))
    levels = tuple(psnr(image, picture).item() for image in (noisy, cleaned))
    likeness = tuple(_likeness(image, picture) for image in (noisy, cleaned))
    return Restored(_pixels(noisy), _pixels(cleaned), _pixels(picture), levels, likeness)


def _likeness(image: Tensor, clean: Tensor) -> float:
    """SSIM over the whole picture, band by band: at once it takes ten times the picture's memory."""
    rows = image.shape[2] - WINDOW + 1  # at which the window lies inside
    total = 0.0
    for top in range(0, rows, _BAND):
        count = min(_BAND, rows - top)
        band = slice(top, top + count + WINDOW - 1)
        total += ssim(image[:, :, band], clean[:, :, band]).item() * count
    return total / rows


def _pixels(image: Tensor) -> np.ndarray:
    return image[0].permute(1, 2, 0).numpy()  # (height, width, channels)


def trace(loaded: Loaded, noisy: np.ndarray) -> list[Layer]:
    """The maps of every layer that a noisy picture, `(height, width, channels)` in 0..1, passes."""
    return layers.trace(loaded, lambda: loaded.task.restore(_batch(noisy)))


def origin(loaded: Loaded, noisy: np.ndarray, path: str, channel: int) -> Origin:
    """What of a noisy picture, `(height, width, channels)` in 0..1, the strongest answer of a layer's map hangs on."""
    return layers.origin(loaded, _batch(noisy), path, channel)


def _batch(picture: np.ndarray) -> Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)[None]  # (1, channels, height, width)

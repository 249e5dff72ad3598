"""A picture with a hole, and how a model fills it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.errors import UserError
from core.inside import layers
from core.inside.layers import Layer
from core.inside.load import Loaded
from core.tasks.inpainting import hole_psnr, holed, in_hole, mean_fill
from core.tasks.likeness import WINDOW, psnr, ssim


@dataclass(frozen=True)
class Likeness:
    """How alike a filled picture is to the whole one: PSNR in dB and absolute error in the hole alone, PSNR and SSIM of the
    picture."""

    hole_psnr: float
    hole_l1: float
    psnr: float
    ssim: float


@dataclass(frozen=True)
class Filled:
    """`whole`, `holed` (0 in the hole) and `filled`, float32 in 0..1 `(height, width, channels)`; how alike the last is to
    the first, and how alike the `mean` of the visible pixels in the hole would be; `share`, how much was hidden."""

    whole: np.ndarray
    holed: np.ndarray
    filled: np.ndarray
    likeness: Likeness
    mean: Likeness
    share: float


def fits(loaded: Loaded) -> bool:
    """Whether the run's task fills holes."""
    return hasattr(loaded.task, "mend")


def by_chance(loaded: Loaded, picture: Tensor, seed: int) -> Tensor:
    """A hole as the model is judged by, as what it leaves visible, `(1, 1, height, width)`."""
    return loaded.task.hide(picture, torch.Generator().manual_seed(seed))


def visible(covered: np.ndarray) -> Tensor:
    """What is visible of a picture of which bool `(height, width)` is covered, `(1, 1, height, width)`.

    Raises `UserError` where nothing is visible any more."""
    if covered.all():
        raise UserError("All is painted over, and nothing left to fill it by: leave some of the picture.")
    return torch.from_numpy(~covered).float()[None, None]


def fill(loaded: Loaded, picture: Tensor, seen: Tensor) -> Filled:
    """Fills the hole of a picture, float32 in 0..1 `(1, channels, height, width)`, where `seen` is 0.

    Raises `UserError` where the picture is smaller than SSIM's window.
    """
    if min(picture.shape[2:]) < WINDOW:
        raise UserError(f"This picture is too small or too narrow: take one of at least {WINDOW} × {WINDOW} pixels.")
    with loaded.lock:
        filled = loaded.task.mend(picture, seen)
    alike = (
        Likeness(hole_psnr(image, picture, seen).item(), in_hole((image - picture).abs(), seen).item(),
                 psnr(image, picture).item(), ssim(image, picture).item())
        for image in (filled, mean_fill(picture, seen))
    )
    shown = (image[0].permute(1, 2, 0).numpy() for image in (picture, picture * seen, filled))
    return Filled(*shown, *alike, 1 - seen.mean().item())


def trace(loaded: Loaded, picture: Tensor, seen: Tensor) -> list[Layer]:
    """The maps of every layer that a picture with a hole passes."""
    return layers.trace(loaded, lambda: loaded.task.model(holed(picture, seen)))

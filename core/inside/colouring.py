"""Grey pictures and films in the colours that a model gives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.inside import layers
from core.inside.layers import Layer
from core.inside.load import Loaded
from core.tasks.base import scaled
from core.tasks.lab import to_lab, to_rgb
from core.tasks.likeness import psnr

GREY = 3.0  # mean distance from grey in a and b below which a picture is black and white
STILL = 4.0  # of lightness (0..100): a place that changes by less from frame to frame shows the same thing


@dataclass(frozen=True)
class Coloured:
    """A picture `given`, its `grey` and what it was `coloured` to, float32 in 0..1 `(height, width, 3)`. Where it had
    colours, how far off the model and grey are: the root mean square distance in a and b (`error`) and PSNR in dB; else
    None."""

    given: np.ndarray
    grey: np.ndarray
    coloured: np.ndarray
    error: tuple[float, float] | None
    psnr: tuple[float, float] | None


def fits(loaded: Loaded) -> bool:
    """Whether the run's task gives colours to lightness."""
    return hasattr(loaded.task, "colours")


def colour(loaded: Loaded, picture: Tensor, side: int) -> Coloured:
    """Colours a picture, float32 in 0..1 `(1, 3, height, width)`, of which the model sees the lightness, with `side` pixels
    on its longer side: colours are laid on the picture as large as it is."""
    lab = to_lab(picture)
    ab = F.interpolate(colours(loaded, lab[:, :1], side), picture.shape[2:], mode="bilinear")
    grey, coloured = (to_rgb(torch.cat([lab[:, :1], share * ab], 1)) for share in (0, 1))
    shown = (image[0].permute(1, 2, 0).numpy() for image in (picture, grey, coloured))
    if lab[:, 1:].norm(dim=1).mean() < GREY:
        return Coloured(*shown, None, None)
    error = tuple((made - lab[:, 1:]).square().sum(1).mean().sqrt().item() for made in (ab, torch.zeros_like(ab)))
    return Coloured(*shown, error, tuple(psnr(image, picture).item() for image in (coloured, grey)))


def colours(loaded: Loaded, lightness: Tensor, side: int) -> Tensor:
    """a and b of lightness `(batch, 1, height, width)` in 0..100, in the size of which the longer side has `side` pixels, or
    in its own where that is smaller."""
    with loaded.lock:
        return loaded.task.colours(shrunk(lightness, side) / 100)


def shrunk(values: Tensor, side: int) -> Tensor:
    """Values `(batch, channels, height, width)` with at most `side` pixels on the longer side."""
    share = min(1.0, side / max(values.shape[2:]))
    size = [max(1, round(share * length)) for length in values.shape[2:]]
    return F.interpolate(values, size, mode="bilinear", antialias=True)


def lightness(frames: np.ndarray) -> Tensor:
    """The lightness, 0..100, of frames uint8 `(n, height, width, 3)`: `(n, 1, height, width)`."""
    return to_lab(scaled(torch.from_numpy(frames).permute(0, 3, 1, 2)))[:, :1]


def steady(ab: Tensor, light: Tensor, share: float) -> Tensor:
    """Colours `(frames, 2, height, width)` that flicker less: each takes a `share` from the frame before, as made steady,
    the less of it the more the lightness `(frames, 1, height, width)` of the place changed: where something moved, nothing
    of the old colour is left behind."""
    made = [ab[:1]]
    for i in range(1, len(ab)):
        same = torch.exp(-((light[i : i + 1] - light[i - 1 : i]) / STILL).square())
        made.append(torch.lerp(ab[i : i + 1], made[-1], share * same))
    return torch.cat(made)


def flicker(ab: Tensor, light: Tensor) -> float:
    """By how much the colours `(frames, 2, height, width)` change from frame to frame, in a and b, where the lightness
    `(frames, 1, height, width)` does not; 0 where nothing stands still."""
    change = (ab[1:] - ab[:-1]).norm(dim=1)
    still = (light[1:] - light[:-1]).abs()[:, 0] < STILL
    return change[still].mean().item() if still.any() else 0.0


def laid_on(frames: np.ndarray, ab: Tensor) -> Iterator[np.ndarray]:
    """Frames uint8 `(n, height, width, 3)`, one after the other, in colours `(n, 2, h, w)` of any size."""
    for frame, colours in zip(frames, ab, strict=True):
        light = lightness(frame[None])
        large = F.interpolate(colours[None], light.shape[2:], mode="bilinear")
        rgb = to_rgb(torch.cat([light, large], 1))[0].permute(1, 2, 0)
        yield rgb.mul(255).round().byte().numpy()


def trace(loaded: Loaded, picture: Tensor, side: int) -> list[Layer]:
    """The maps of every layer that the lightness of a picture passes."""
    return layers.trace(loaded, lambda: colours(loaded, to_lab(picture)[:, :1], side))

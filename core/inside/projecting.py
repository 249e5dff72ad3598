"""The latent point whose picture is most like a person's own: Zhu, Krähenbühl, Shechtman and Efros 2016, "Generative visual
manipulation on the natural image manifold", section 3.1, by gradient alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.inside import latent
from core.inside.load import Loaded
from core.tasks.likeness import psnr

STARTS, TRIED = 6, 512  # points that are improved at once, the best of so many
STEPS, RATE = 120, 0.08
PRIOR = 0.002  # weight of the pull to where noise lies
KEPT = 24  # pictures of the way


@dataclass(frozen=True)
class Projection:
    """`way`: float32 `(n, height, width, channels)` in 0..1, the best picture after every few steps; `point`, the last
    one's, `(1, latent)`; `psnr` of it against the picture, in dB; `length` of the point, where noise has some 1."""

    way: np.ndarray
    point: Tensor
    psnr: float
    length: float


def fits(loaded: Loaded) -> bool:
    """Whether the model's pictures have a slope that leads back to noise, and it has no encoder that makes it needless."""
    return latent.fits(loaded) and hasattr(loaded.model, "judge")


def project(loaded: Loaded, picture: Tensor, progress: Callable[[float], None]) -> Projection:
    """Seeks the picture, float32 in 0..1 `(1, channels, height, width)`, among those that the generator can draw.

    From the best of many random points, all are moved down the slope of the squared error of the pixels and of their means
    over 4×4, and gently towards where noise lies. `progress` is told the share that is done. The same each time.
    """
    tried = latent.noise(loaded, seed=0, count=TRIED)
    drawn = torch.cat([latent.decode(loaded, part) for part in tried.split(128)])
    nearest = (drawn - picture).square().mean((1, 2, 3)).argsort()[:STARTS]
    points = tried[nearest].clone().requires_grad_()
    optimiser = torch.optim.Adam([points], RATE)
    coarse = F.avg_pool2d(picture, 4, ceil_mode=True)
    way = []
    for step in range(STEPS + 1):
        with loaded.lock, torch.enable_grad():
            images = (loaded.model(points) + 1) / 2
            far = (images - picture).square().mean((1, 2, 3))
            far = far + (F.avg_pool2d(images, 4, ceil_mode=True) - coarse).square().mean((1, 2, 3))  # (starts,)
            loss = far + PRIOR * points.square().mean(1)
        best = int(far.argmin())
        if step % (STEPS // KEPT) == 0:
            way.append(images[best].detach().clamp(0, 1).permute(1, 2, 0).numpy())
        if step < STEPS:
            optimiser.zero_grad()
            loss.sum().backward()
            optimiser.step()
        progress(step / STEPS)
    point = points[best : best + 1].detach()
    found = images[best : best + 1].detach().clamp(0, 1)
    return Projection(np.stack(way), point, psnr(found, picture).item(), point.square().mean().sqrt().item())

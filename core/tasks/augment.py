"""Training pictures changed at random, a whole batch at once and on its device. All draws are torch's, so that a resumed run
sees what an uninterrupted one would have seen."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def shifted(images: Tensor, most: int, *, reflect: bool = False) -> Tensor:
    """Each image `(batch, channels, height, width)` moved by its own whole number of pixels, at most `most` each way. What
    comes in from outside is 0 (the paper's background for digits) or, with `reflect`, the picture mirrored at its edge."""
    if most == 0:
        return images
    batch, channels, height, width = images.shape
    dy, dx = torch.randint(0, 2 * most + 1, (2, batch, 1), device=images.device) - most
    rows = dy + torch.arange(height, device=images.device)  # (batch, height), some of them outside
    columns = dx + torch.arange(width, device=images.device)  # (batch, width)
    inside = ((rows >= 0) & (rows < height))[:, None, :, None] & ((columns >= 0) & (columns < width))[:, None, None, :]
    which = torch.arange(batch, device=images.device)[:, None, None, None]
    depth = torch.arange(channels, device=images.device)[None, :, None, None]
    rows, columns = _within(rows, height)[:, None, :, None], _within(columns, width)[:, None, None, :]
    moved = images[which, depth, rows, columns]  # (batch, channels, height, width)
    return moved if reflect else moved * inside


def _within(places: Tensor, size: int) -> Tensor:
    """Places that fall beside 0..size-1, mirrored at the first and the last of them."""
    mirrored = (size - 1) - ((size - 1) - places.abs()).abs()
    return mirrored.clamp(0, size - 1)  # beyond a whole picture there is nothing left to mirror


def cropped(images: Tensor, most: float) -> Tensor:
    """Each image `(batch, channels, height, width)` reduced to a part of it at a random place, which lacks up to a share
    `most` of height and width, enlarged again to the size that it had."""
    if most == 0:
        return images
    size, x, y = torch.rand(3, len(images), device=images.device)
    size = 1 - most * size  # of the part
    zero = torch.zeros_like(size)
    rows = [torch.stack([size, zero, (1 - size) * (2 * x - 1)], 1), torch.stack([zero, size, (1 - size) * (2 * y - 1)], 1)]
    where = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)  # (batch, height, width, 2)
    return F.grid_sample(images, where, padding_mode="reflection", align_corners=False)


def flipped(images: Tensor) -> Tensor:
    """Every other image, by chance, mirrored left to right."""
    chosen = torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5
    return torch.where(chosen, images.flip(3), images)


def turned(images: Tensor) -> Tensor:
    """Each eighth of a batch `(batch, channels, side, side)` in another one of the eight ways in which a square can lie:
    turned by quarters, mirrored or not. Pictures that aren't square are turned by halves only."""
    square = images.shape[2] == images.shape[3]
    first = int(torch.randint(8, ()))  # drawn on the CPU: no device is waited for
    parts = []
    for way, part in enumerate(images.chunk(8), first):
        part = part.rot90(way % 4 if square else 2 * (way % 2), (2, 3))
        parts.append(part.flip(3) if way % 8 > 3 else part)
    return torch.cat(parts)


def cut_out(images: Tensor, side: int) -> Tensor:
    """A square of `side` pixels set to 0 (of standardised images the mean) in each image, its middle anywhere, so that part
    of it may lie outside: DeVries and Taylor 2017, "Improved regularization of convolutional neural networks with cutout".
    """
    if side == 0:
        return images
    batch, _, height, width = images.shape
    y = torch.randint(0, height, (batch, 1), device=images.device) - side // 2
    x = torch.randint(0, width, (batch, 1), device=images.device) - side // 2
    rows = torch.arange(height, device=images.device)  # (height,)
    columns = torch.arange(width, device=images.device)
    hidden = ((rows >= y) & (rows < y + side))[:, None, :, None] & ((columns >= x) & (columns < x + side))[:, None, None, :]
    return images.masked_fill(hidden, 0)  # hidden: (batch, 1, height, width)


def recoloured(images: Tensor) -> Tensor:
    """Each image, in -1..1, with its own brightness (up to half more or less), saturation (none to double) and contrast (a
    half to one and a half): Zhao et al. 2020, "Differentiable augmentation for data-efficient GAN training"."""
    brightness, saturation, contrast = torch.rand(3, len(images), 1, 1, 1, device=images.device)
    images = images + brightness - 0.5
    grey = images.mean(1, keepdim=True)
    images = grey + 2 * saturation * (images - grey)
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (contrast + 0.5) * (images - mean)


def mixed(inputs: Tensor, targets: Tensor, strength: float) -> tuple[Tensor, list[tuple[Tensor, float]]]:
    """Each example mixed with another one of its batch, in one proportion drawn from Beta(strength, strength): Zhang et al.
    2018, "mixup: beyond empirical risk minimization", section 2.

    Returns: the inputs, and the targets that each now has, with their shares, which add up to 1.
    """
    if strength == 0:
        return inputs, [(targets, 1.0)]
    share = torch.distributions.Beta(strength, strength).sample().item()  # drawn on the CPU: no device is waited for
    partner = torch.randperm(len(inputs), device=inputs.device)
    return share * inputs + (1 - share) * inputs[partner], [(targets, share), (targets[partner], 1 - share)]

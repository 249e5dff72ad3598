"""Features by which generated pictures are measured, each with its origin, which its figures carry in their names."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.pretrained import fetched

BATCH = 250  # pictures at once
WIDTHS = (16, 32, 64)  # maps of the random network
RANDOM = 64  # its features


def features(origin: str, device: torch.device) -> Callable[[Tensor], Tensor]:
    """What finds the features of images in 0..1, `(n, channels, height, width)` with 1 or 3 channels, on the CPU:
    `(n, features)`. `origin`: `random` or `inception`. Raises `UserError` where Inception's weights can't be had."""
    network = {"random": random_network, "inception": Inception}[origin]().eval().requires_grad_(False).to(device)

    def find(images: Tensor) -> Tensor:
        with torch.no_grad():
            parts = [network(part.to(device).expand(-1, 3, -1, -1) * 2 - 1).cpu() for part in images.split(BATCH)]
        return torch.cat(parts)

    return find


def alike(origin: str, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Features of two sets, as they are compared: random ones have no scale of their own, so each is brought to the mean 0
    and the deviation 1 that it has on the real pictures."""
    if origin != "random":
        return real, fake
    mean, std = real.mean(0), real.std(0).clamp_min(1e-6)
    return (real - mean) / std, (fake - mean) / std


def random_network() -> nn.Module:
    """Convolutions whose weights are drawn once and for all, from one seed: the same network in every run on every data set.

    Such features tell good pictures from bad ones where ImageNet's know nothing of the data: Naeem, Oh, Uh, Choi and Yoo
    2020, "Reliable fidelity and diversity metrics for generative models", section 4, whose number, 64, is kept.
    Three 3×3 convolutions, each with ReLU and averaged down to a half, then to 2×2, are projected on 64 directions.
    """
    draw = torch.Generator().manual_seed(0)
    layers: list[nn.Module] = []
    taken = 3
    for width in WIDTHS:
        convolution = nn.Conv2d(taken, width, 3, padding=1, bias=False)
        weight = torch.randn(convolution.weight.shape, generator=draw) * math.sqrt(2 / (9 * taken))  # He et al. 2015
        convolution.load_state_dict({"weight": weight})
        layers += [convolution, nn.ReLU(), nn.AvgPool2d(2, ceil_mode=True)]
        taken = width
    projection = nn.Linear(4 * taken, RANDOM, bias=False)
    projection.load_state_dict({"weight": torch.linalg.qr(torch.randn(4 * taken, RANDOM, generator=draw))[0].T})
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(2), nn.Flatten(), projection)


class Inception(nn.Module):
    """The 2,048 features before the last layer of torchvision's Inception-v3, trained on ImageNet (Szegedy et al. 2016).

    Papers measure with TensorFlow's weights of 2015 and another way to enlarge pictures: their figures are no measure here.
    """

    def __init__(self) -> None:
        super().__init__()
        from torchvision import models  # slow to import, and seldom needed

        self.network = models.inception_v3(init_weights=False)
        self.network.load_state_dict(fetched(models.Inception_V3_Weights.IMAGENET1K_V1))
        self.network.fc = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        """Images in -1..1, which is what these weights take."""
        return self.network(F.interpolate(images, (299, 299), mode="bilinear", antialias=True))

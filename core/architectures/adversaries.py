"""What all pairs of generator and discriminator have in common: Goodfellow et al. 2014, "Generative adversarial nets"."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.base import Architecture, epochs_for
from core.catalog import DataSpec
from core.experiment import Settings, setting


class Adversaries(Architecture):
    """Base of the generative adversarial networks: points `(batch, latent_size + classes)` to images
    `(batch, channels, height, width)` in -1..1.

    A subclass sets what of the recipe is its own; `generator`, which maps points to images; `discriminator`, which maps
    images in -1..1 to logits `(batch,)`, positive = real; `latent_size`, the random numbers of a point; and `classes`, where
    pictures are made by class: a point then ends with its class as a one among zeros. A subclass whose `averages` is true
    also calls `keep_average`: pictures are then drawn by a moving average of the generator, which the task keeps up.
    """

    averages = False
    classes = 0
    least_side = 1  # of the pictures, in pixels
    # The recipe: at least so many steps, at this rate and with this momentum (Adam's first beta).
    steps, learning_rate, momentum = 3000, 2e-4, 0.5

    class Settings(Settings):
        latent: int = setting(100, "Random numbers that one picture is made from.", unit="numbers", ge=2, le=1024)
        width: int = setting(
            32, "Feature maps beside the picture; every halving of the picture's side doubles them.",
            unit="maps", ge=4, le=512,
        )

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        channels, height, width = spec.shape
        if min(height, width) < cls.least_side:
            return (f"{cls.card.title} needs pictures of {cls.least_side}×{cls.least_side} pixels or more; these are "
                    f"{height}×{width}.")
        if channels not in (1, 3):
            return f"{cls.card.title} needs grey or colour pictures with 1 or 3 channels; these have {channels}."
        return None

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        # With few pictures, more epochs only learn them by heart.
        epochs = min(1000, epochs_for(cls.steps, spec, given.get("batch_size", 64)))
        return {"epochs": epochs, "learning_rate": cls.learning_rate, "momentum": cls.momentum, **given}

    def keep_average(self, average: nn.Module) -> None:
        """Takes a network of the generator's shape as `average`, which starts as the generator."""
        average.load_state_dict(self.generator.state_dict())
        self.average = average.requires_grad_(False)

    def points(self, noise: Tensor, labels: Tensor | None = None) -> Tensor:
        """Points for noise `(batch, latent_size)` and, where pictures are made by class, int64 labels `(batch,)`."""
        if not self.classes:
            return noise
        return torch.cat([noise, F.one_hot(labels, self.classes).to(noise)], 1)  # (batch, latent_size + classes)

    def judge(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """The discriminator's logits `(batch,)` of images in -1..1."""
        return self.discriminator(images)

    def forward(self, points: Tensor) -> Tensor:
        return (self.average if self.averages else self.generator)(points)

    def decode(self, points: Tensor) -> Tensor:
        """Points, whose noise is drawn from N(0, 1), to images `(batch, channels, height, width)` in 0..1."""
        with torch.no_grad():
            return self(points).float().add(1).div(2)


class Cropped(nn.Module):
    """The upper left `height` × `width` of images: what halves without a rest is grown, what is wanted is kept."""

    def __init__(self, height: int, width: int):
        super().__init__()
        self.height, self.width = height, width

    def forward(self, images: Tensor) -> Tensor:
        return images[:, :, : self.height, : self.width]


def halved(spec: DataSpec, times: int) -> tuple[int, int]:
    """Height and width of the pictures after so many halvings, each rounded up."""
    return math.ceil(spec.shape[1] / 2**times), math.ceil(spec.shape[2] / 2**times)

"""What the networks that describe pictures share: the eye, a convolutional network that leaves a grid of places with what is
seen at each, and how a caption is foretold and written."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Literal

import torch
from pydantic import ValidationInfo, field_validator
from torch import Tensor, nn
from torchvision import models

from core.architectures.base import Architecture, epochs_for
from core.architectures.pretrained import IMAGENET, fetched
from core.catalog import END, PADDING, START, DataSpec
from core.experiment import Settings, setting


class Captioner(Architecture):
    """Input standardised pictures `(batch, 3, height, width)` and captions so far, token numbers int64 `(batch, captions,
    length)` that begin with START; output logits `(batch, captions, length, vocabulary)`, at each place for the token that
    comes next. Without captions it writes one: output token numbers `(batch, target length - 1)`, the likeliest each time,
    with padding after END. A subclass writes `read` and `decode`.

    `grid`: rows and columns of the places that its attention looks at.
    """

    takes = ("captioned",)

    class Settings(Settings):
        encoder: Literal["small", "resnet18", "resnet50"] = setting(
            "small", "What sees the picture: a small residual network, or torchvision's ResNet with 18 or 50 layers."
        )
        channels: int = setting(32, "Maps in the small network's first layer; each of its three stages doubles them.",
                                unit="maps", ge=4, le=128)
        pretrained: bool = setting(
            False, "The ResNet starts from weights learned on ImageNet: downloaded once, before the first step (45, 98 MB)."
        )

        @field_validator("pretrained")
        @classmethod
        def _has_weights(cls, pretrained: bool, info: ValidationInfo) -> bool:
            if pretrained and info.data.get("encoder") == "small":
                raise ValueError("off for the small network, which has no such weights: take a ResNet")
            return pretrained

        frozen: bool = setting(False, "What sees stays as it started: with pretrained weights, far faster.")
        dropout: float = setting(0.3, "Share of numbers silenced at random in each training step.", ge=0, lt=1)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 16)
        return {
            "epochs": max(15, epochs_for(1250, spec, batch_size)), "batch_size": batch_size, "optimiser": "adamw",
            "learning_rate": 2e-3, "weight_decay": 0.05, "schedule": "one-cycle", "clip_gradient": 5.0, "patience": 15,
            **given,
        }

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        self.settings, self.most = settings, spec.target_length - 1
        self.eye = Eye(settings, spec)
        self.grid = self.eye.grid

    def prepare(self, examples: Callable[[int], Tensor]) -> None:
        if self.settings.pretrained:
            self.eye.start_from_imagenet()

    def train(self, mode: bool = True) -> Captioner:
        super().train(mode)
        if self.settings.frozen:
            self.eye.eval()  # statistics of batch norm stay too
        return self

    def forward(self, images: Tensor, captions: Tensor | None = None) -> Tensor:
        read = self.encode(images)
        if captions is None:
            return self._written(read)
        many = captions.shape[1]
        logits = self.decode(captions.flatten(0, 1), tuple(part.repeat_interleave(many, 0) for part in read))
        return logits.unflatten(0, (-1, many))  # (batch, captions, length, vocabulary)

    def encode(self, images: Tensor) -> tuple[Tensor, ...]:
        """What the decoder needs of the pictures, each `(batch, ...)`."""
        return self.read(self.eye(images).flatten(2).transpose(1, 2))

    def read(self, places: Tensor) -> tuple[Tensor, ...]:
        """The same, of what is seen at each place `(batch, places, numbers)`."""
        raise NotImplementedError

    def decode(self, captions: Tensor, read: tuple[Tensor, ...], *, last: bool = False) -> Tensor:
        """Logits for what comes after each token of captions so far, `(batch, length)`, or after the `last` one only,
        `(batch, 1, vocabulary)`."""
        raise NotImplementedError

    def _written(self, read: tuple[Tensor, ...]) -> Tensor:
        captions = torch.full((len(read[0]), 1), START, device=read[0].device)
        ended = torch.zeros_like(captions, dtype=torch.bool)
        for _ in range(self.most):
            likeliest = self.decode(captions, read, last=True).argmax(2)  # (batch, 1)
            captions = torch.cat((captions, likeliest.masked_fill(ended, PADDING)), 1)
            ended = ended | (likeliest == END)
        return captions[:, 1:]


class RecurrentSettings(Captioner.Settings):
    """Of those that write with an LSTM."""

    embedding: int = setting(192, "Numbers that stand for one token.", unit="numbers", ge=8, le=1024)
    width: int = setting(256, "Numbers in the state of the LSTM.", unit="numbers", ge=8, le=2048)


class Eye(nn.Module):
    """Pictures `(batch, 3, height, width)` to what is seen at each place, `(batch, numbers, rows, columns)`."""

    def __init__(self, settings: Captioner.Settings, spec: DataSpec):
        super().__init__()
        self.name = settings.encoder
        if self.name == "small":
            stages, self.numbers, halvings = small(settings.channels), 8 * settings.channels, 4
        else:
            network = models.get_model(self.name)
            self.numbers, halvings = network.fc.in_features, 5
            stages = nn.Sequential(*list(network.children())[:-2])  # without pooling and classes
        self.stages = stages.requires_grad_(not settings.frozen)
        self.grid = tuple(math.ceil(side / 2**halvings) for side in spec.shape[1:])
        # From the data's statistics to those that the weights know: one scale and one shift a channel.
        scale, shift = torch.ones(3), torch.zeros(3)
        if settings.pretrained:
            (mean, std), (known_mean, known_std) = map(torch.tensor, (spec.mean, spec.std)), map(torch.tensor, IMAGENET)
            scale, shift = std / known_std, (mean - known_mean) / known_std
        self.register_buffer("scale", scale.view(3, 1, 1).clone())
        self.register_buffer("shift", shift.view(3, 1, 1).clone())

    def start_from_imagenet(self) -> None:
        """Takes torchvision's weights. Raises `UserError` where they can't be had."""
        network = models.get_model(self.name)
        network.load_state_dict(fetched(models.get_model_weights(self.name).DEFAULT))
        self.stages.load_state_dict(nn.Sequential(*list(network.children())[:-2]).state_dict())

    def forward(self, images: Tensor) -> Tensor:
        return self.stages(images * self.scale + self.shift)


def small(channels: int) -> nn.Sequential:
    """A residual network (He et al. 2015) with one block a stage: a sixteenth of height and width, eight times the maps."""
    widths = [channels, 2 * channels, 4 * channels, 8 * channels]
    enter = [nn.Conv2d(3, channels, 3, 2, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
    return nn.Sequential(*enter, *(Halving(narrow, wide) for narrow, wide in pairwise(widths)))


class Halving(nn.Module):
    """Two 3×3 convolutions, added to a 1×1 one of what came in; height and width are halved."""

    def __init__(self, narrow: int, wide: int):
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(narrow, wide, 3, 2, padding=1, bias=False), nn.BatchNorm2d(wide), nn.ReLU(),
            nn.Conv2d(wide, wide, 3, padding=1, bias=False), nn.BatchNorm2d(wide),
        )
        self.shortcut = nn.Sequential(nn.Conv2d(narrow, wide, 1, 2, bias=False), nn.BatchNorm2d(wide))

    def forward(self, maps: Tensor) -> Tensor:
        return (self.residual(maps) + self.shortcut(maps)).relu()

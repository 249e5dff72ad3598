"""The networks of torchvision.models as they are, with their ImageNet weights where these can be had: Marcel and Rodriguez
2010, "Torchvision the machine-vision package of Torch"; each network's own paper is named in torchvision's documentation."""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import ValidationInfo, field_validator
from torch import Tensor, nn
from torchvision import models
from torchvision.models.vision_transformer import interpolate_embeddings

from core.architectures.base import Architecture, epochs_for
from core.architectures.pretrained import IMAGENET, fetched
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting

NETWORKS = tuple(models.list_models(module=models))
LEAST = {"alexnet": 63, "inception_v3": 75}  # pixels a side; the others take 32
# The side must be a multiple of it.
WHOLE = {"vit_b_16": 16, "vit_l_16": 16, "vit_b_32": 32, "vit_l_32": 32, "vit_h_14": 14, "maxvit_t": 224}


@architecture(
    "torchvision",
    title="Torchvision's networks",
    year=2010,
    people="Sébastien Marcel, Yann Rodriguez, the PyTorch contributors",
    paper="Torchvision the machine-vision package of Torch",
    url="https://docs.pytorch.org/vision/stable/models.html",
    tasks=("classification",),
    beginner="Eighty well-known networks, from AlexNet to Swin, ready made. Most have seen over a million photographs "
    "before: start from these weights, and your own pictures need far less training.",
    expert="torchvision.models with a new last layer. Pretrained weights are torchvision's best ones for ImageNet, fetched "
    "and checked by their hash; pictures are then standardised by ImageNet's statistics. Grey pictures are "
    "given three times. Without auxiliary classifiers. Each network's own paper: torchvision's documentation.",
)
class Torchvision(Architecture):
    """Input `(batch, 1 or 3, height, width)`, output logits `(batch, classes)`."""

    class Settings(Settings):
        network: Literal[NETWORKS] = setting("mobilenet_v3_small", "Which of torchvision's networks, as it names them.")
        side: int = setting(64, "Pictures are scaled to this height and width; most networks were made for 224.",
                            unit="pixels", ge=32, le=518)
        pretrained: bool = setting(
            False, "Start from weights learned on ImageNet: downloaded once, before the first step (10 MB to 2.5 GB)."
        )
        frozen: bool = setting(False, "Only the new last layer learns; all before it stays as it started.")

        @field_validator("side")
        @classmethod
        def _side(cls, side: int, info: ValidationInfo) -> int:
            network = info.data.get("network")
            if side < LEAST.get(network, 0):
                raise ValueError(f"at least {LEAST[network]} for {network}")
            if side % WHOLE.get(network, 1):
                raise ValueError(f"a multiple of {WHOLE[network]} for {network}")
            return side

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if spec.shape[0] not in (1, 3):
            return "torchvision's networks need pictures, grey or coloured."
        return None

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 64)
        return {
            "epochs": max(3, epochs_for(600, spec, batch_size)), "optimiser": "adamw", "weight_decay": 0.01,
            "schedule": "one-cycle", **given,
        }

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        self.settings, name = settings, settings.network
        special = {"aux_logits": False, "init_weights": True} if name in ("googlenet", "inception_v3") else {}
        if name.startswith("vit_"):
            special = {"image_size": settings.side}
        if name.startswith("maxvit_"):
            special = {"input_size": (settings.side, settings.side)}
        self.network = models.get_model(name, num_classes=len(spec.classes), **special)
        if settings.frozen:
            self.network.requires_grad_(False)
            self.head().requires_grad_(True)
        # From the data's statistics to those that the weights know: one scale and one shift a channel.
        scale, shift = torch.ones(3), torch.zeros(3)
        if settings.pretrained:
            mean, std = (torch.tensor(values).expand(3) for values in (spec.mean, spec.std))
            known_mean, known_std = map(torch.tensor, IMAGENET)
            scale, shift = std / known_std, (mean - known_mean) / known_std
        self.register_buffer("scale", scale.view(3, 1, 1).clone())
        self.register_buffer("shift", shift.view(3, 1, 1).clone())

    def head(self) -> nn.Module:
        """The last layer, which names the classes."""
        return [module for module in self.network.modules() if "weight" in module._parameters][-1]

    def prepare(self, examples: Callable[[int], Tensor]) -> None:
        if not self.settings.pretrained:
            return
        weights = fetched(models.get_model_weights(self.settings.network).DEFAULT)
        if isinstance(self.network, models.VisionTransformer):
            weights = interpolate_embeddings(self.settings.side, self.network.patch_size, weights)
        own = self.network.state_dict()
        # The last layer names other classes, and auxiliary classifiers are left out.
        self.network.load_state_dict(
            own | {name: value for name, value in weights.items() if name in own and value.shape == own[name].shape}
        )

    def train(self, mode: bool = True) -> "Torchvision":
        super().train(mode)
        if self.settings.frozen:
            self.network.eval()  # statistics of batch norm stay too
        return self

    def forward(self, images: Tensor) -> Tensor:
        side = self.settings.side
        if images.shape[2:] != (side, side):
            images = F.interpolate(images, (side, side), mode="bilinear", antialias=True)  # (batch, 1 or 3, side, side)
        return self.network(images * self.scale + self.shift)  # (batch, classes); grey becomes three channels

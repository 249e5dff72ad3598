"""The residual networks for small pictures: He, Zhang, Ren and Sun 2015, "Deep residual learning for image recognition",
section 4.2: 6n + 2 layers, and shortcuts without parameters (option A)."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.base import Architecture, sgd_recipe
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "resnet-cifar",
    title="ResNet for small pictures",
    year=2015,
    people="Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun",
    paper="Deep residual learning for image recognition",
    url="https://arxiv.org/abs/1512.03385",
    tasks=("classification",),
    beginner="Each block adds a correction to what came in, and a shortcut carries the rest past it. So a hundred layers "
    "learn as readily as ten: one that has nothing to add simply lets the picture through.",
    expert="The CIFAR-10 design: a 3×3 convolution, then three stages of n basic blocks with 16, 32 and 64 maps, mean over "
    "all places, one linear layer. Where the maps double, the shortcut takes every other pixel and pads with maps of zeros "
    "(option A). The paper trains 64,000 steps of 128 at rate 0.1 and reaches errors of 8.75 % (20 layers) to 6.43 % (110).",
)
class ResNetCIFAR(Architecture):
    """Input `(batch, channels, height, width)` of 8×8 or more, output logits `(batch, classes)`."""

    class Settings(Settings):
        depth: Literal[20, 32, 44, 56, 110] = setting(20, "Layers with weights: 6n + 2, with n blocks in each stage.",
                                                      unit="layers")

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        _, height, width = spec.shape
        if min(height, width) < 8:
            return f"this ResNet halves a picture twice, so it needs at least 8×8 pixels; these are {height}×{width}."
        return None

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        return sgd_recipe(spec, given, learning_rate=0.1, weight_decay=1e-4)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        blocks = (settings.depth - 2) // 6
        self.enter = nn.Sequential(nn.Conv2d(spec.shape[0], 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.stages = nn.Sequential(*(
            nn.Sequential(Block(narrow, wide), *(Block(wide, wide) for _ in range(blocks - 1)))
            for narrow, wide in ((16, 16), (16, 32), (32, 64))
        ))
        self.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, len(spec.classes)))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        maps = self.stages(self.enter(images))  # (batch, 64, height / 4, width / 4)
        return self.classifier(maps)  # (batch, classes)


class Block(nn.Module):
    """Two 3×3 convolutions, added to what came in. Where the maps double, height and width are halved."""

    def __init__(self, narrow: int, wide: int):
        super().__init__()
        self.stride, self.new = wide // narrow, wide - narrow
        self.residual = nn.Sequential(
            nn.Conv2d(narrow, wide, 3, self.stride, padding=1, bias=False), nn.BatchNorm2d(wide), nn.ReLU(),
            nn.Conv2d(wide, wide, 3, padding=1, bias=False), nn.BatchNorm2d(wide),
        )
        self.relu = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        shortcut = F.pad(maps[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.new))  # new maps of zeros
        return self.relu(self.residual(maps) + shortcut)

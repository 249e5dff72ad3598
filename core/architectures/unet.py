"""From picture to picture through a bottleneck and past it: Ronneberger, Fischer and Brox 2015, "U-Net: convolutional
networks for biomedical image segmentation", figure 1."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.base import Architecture, picture_recipe
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "unet",
    title="U-Net",
    year=2015,
    people="Olaf Ronneberger, Philipp Fischer, Thomas Brox",
    paper="U-Net: convolutional networks for biomedical image segmentation",
    url="https://arxiv.org/abs/1505.04597",
    tasks=("denoising", "inpainting", "colourisation"),
    beginner="On the way down the picture becomes ever smaller, so that each number knows of a larger part of it: what is "
    "there. On the way up it grows again, and at each size what was seen on the way down is laid beside it: where exactly "
    "it is. Drawn on paper, the way is a U.",
    expert="Per stage two 3×3 convolutions with batch normalisation and ReLU, 2×2 maximum pooling and twice the maps; back "
    "by 2×2 transposed convolutions, each joined with the maps of its own size, and a last 1×1 convolution. Unlike the "
    "original, which cuts tiles without padding, the size is kept by zeros, and any height and width are filled up to a "
    "multiple of 2 to the depth by the picture's edge. Where as many channels come out as go in, they are added to the "
    "picture. The original has 4 stages and 64 maps, and weights classes pixel by pixel.",
)
class UNet(Architecture):
    """Pictures `(batch, channels, height, width)` in 0..1, any height and width, to `(batch, output channels, height,
    width)`: as many channels as the spec's `output_channels`."""

    class Settings(Settings):
        width: int = setting(32, "Feature maps of the first stage; each further stage has twice as many.", unit="maps",
                             ge=4, le=128)
        depth: int = setting(3, "Stages; each halves the height and the width.", unit="stages", ge=1, le=5)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        return picture_recipe(spec, given, steps=750)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        channels, output_channels = spec.shape[0], spec.output_channels or spec.shape[0]
        maps = [settings.width * 2**i for i in range(settings.depth + 1)]
        self.factor, self.corrects = 2**settings.depth, channels == output_channels
        self.enter = _stage(channels, maps[0])
        self.down = nn.ModuleList(nn.Sequential(nn.MaxPool2d(2), _stage(narrow, wide)) for narrow, wide in pairwise(maps))
        self.grow = nn.ModuleList(nn.ConvTranspose2d(wide, narrow, 2, stride=2) for narrow, wide in pairwise(maps))
        self.up = nn.ModuleList(_stage(2 * narrow, narrow) for narrow in maps[:-1])
        self.leave = nn.Conv2d(maps[0], output_channels, 1)
        if self.corrects:  # at first next to nothing: else the first hundreds of steps go by until it does no harm
            nn.init.normal_(self.leave.weight, std=1e-3)
            nn.init.zeros_(self.leave.bias)

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        padded = F.pad(images, (0, -width % self.factor, 0, -height % self.factor), mode="replicate")
        passed = [self.enter(padded)]  # (batch, width, height, width)
        for stage in self.down:
            passed.append(stage(passed[-1]))  # (batch, maps × 2, height / 2, width / 2)
        maps = passed.pop()
        for grow, stage in zip(reversed(self.grow), reversed(self.up), strict=True):
            maps = stage(torch.cat([passed.pop(), grow(maps)], 1))  # (batch, maps / 2, height × 2, width × 2)
        made = self.leave(maps)
        return (made + padded if self.corrects else made)[:, :, :height, :width]


def _stage(channels: int, maps: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU(),
        nn.Conv2d(maps, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU(),
    )

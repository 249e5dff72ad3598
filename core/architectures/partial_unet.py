"""A U-Net of partial convolutions: Liu, Reda, Shih, Wang, Tao and Catanzaro 2018, "Image inpainting for irregular holes
using partial convolutions", sections 3.1 and 3.2."""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.base import Architecture, picture_recipe
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


class PartialConvolution(nn.Conv2d):
    """A convolution of what is visible alone, made up for what is not (equation 1), and 0 where nothing is.

    Arguments of a call: `maps` `(batch, channels, height, width)`, 0 where hidden; `visible` `(batch, 1, height, width)`,
    which share of a place's channels is visible. What lies outside the picture is hidden.
    """

    def forward(self, maps: Tensor, visible: Tensor) -> Tensor:
        share = self._share(visible)
        answers = F.conv2d(maps, self.weight, None, self.stride, self.padding) / share.clamp_min(1e-6)
        return (answers + self.bias.view(-1, 1, 1)) * (share > 0)

    def seen(self, visible: Tensor) -> Tensor:
        """Which places it answers for, 1 or 0: those that saw anything (equation 2)."""
        return (self._share(visible) > 0).to(visible.dtype)

    def _share(self, visible: Tensor) -> Tensor:
        return F.avg_pool2d(visible, self.kernel_size, self.stride, self.padding)  # sum(M) / sum(1)


@architecture(
    "partial-unet",
    title="Partial-convolution U-Net",
    year=2018,
    people="Guilin Liu, Fitsum Reda, Kevin Shih, Ting-Chun Wang, Andrew Tao, Bryan Catanzaro",
    paper="Image inpainting for irregular holes using partial convolutions",
    url="https://arxiv.org/abs/1804.07723",
    tasks=("inpainting",),
    beginner="A hole is no black spot: it is nothing. Each layer here reckons with what it can see only, and a place counts "
    "as seen as soon as anything near it was. So the hole shrinks from layer to layer, from its rim inwards, until it is "
    "gone.",
    expert="Each window's weights meet the visible values alone and are scaled up by window size over visible count; a "
    "place is visible in the next layer where its window held anything. Strided partial convolutions with ReLU down (5×5 "
    "first, then 3×3), nearest-neighbour growth and 3×3 partial convolutions with leaky ReLU (0.2) up, joined with the maps "
    "and the mask of their own size, at last with the picture itself. The paper's has eight stages for 512×512 pixels and "
    "batch normalisation, which is left out here.",
)
class PartialUNet(Architecture):
    """Images `(batch, channels + 1, height, width)`, any height and width, whose last channel is 1 where the others are
    visible and 0 where they are hidden, and 0 too, to whole images `(batch, channels, height, width)`."""

    class Settings(Settings):
        width: int = setting(
            32, "Feature maps of the first stage; each further stage has twice as many, up to eight times.", unit="maps",
            ge=4, le=128,
        )
        depth: int = setting(4, "Stages; each halves the height and the width, and closes holes twice as wide.",
                             unit="stages", ge=1, le=7)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        return picture_recipe(spec, given, steps=1500)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        channels = spec.output_channels
        maps = [channels, *(settings.width * min(2**i, 8) for i in range(settings.depth))]
        self.factor = 2**settings.depth
        self.down = nn.ModuleList(  # each: height and width / 2
            PartialConvolution(few, many, kernel, stride=2, padding=kernel // 2)
            for (few, many), kernel in zip(pairwise(maps), [5] + [3] * (settings.depth - 1), strict=True)
        )
        self.up = nn.ModuleList(  # each: height and width × 2
            PartialConvolution(many + few, few if few > channels else settings.width, 3, padding=1)
            for few, many in pairwise(maps)
        )
        self.leave = nn.Conv2d(settings.width, channels, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        height, width = inputs.shape[2:]
        # Filled up to a multiple of 2 ** depth with what is hidden.
        maps, visible = F.pad(inputs, (0, -width % self.factor, 0, -height % self.factor)).tensor_split([-1], 1)
        passed = []
        for layer in self.down:
            passed.append((maps, visible))
            maps, visible = layer(maps, visible).relu(), layer.seen(visible)
        for layer in reversed(self.up):
            same_size, same_visible = passed.pop()
            grown, grown_visible = (F.interpolate(values, scale_factor=2) for values in (maps, visible))
            together = torch.cat([grown, same_size], 1)
            share = (grown_visible * grown.shape[1] + same_visible * same_size.shape[1]) / together.shape[1]
            maps, visible = F.leaky_relu(layer(together, share), 0.2), layer.seen(share)
        return self.leave(maps)[:, :, :height, :width]

"""DCGAN: Radford, Metz and Chintala 2015, "Unsupervised representation learning with deep convolutional generative
adversarial networks", section 3 and figure 1."""

import math
from itertools import pairwise

from torch import nn

from core.architectures.adversaries import Adversaries
from core.catalog import DataSpec, architecture


@architecture(
    "dcgan",
    title="DCGAN",
    year=2015,
    people="Alec Radford, Luke Metz, Soumith Chintala",
    paper="Unsupervised representation learning with deep convolutional generative adversarial networks",
    url="https://arxiv.org/abs/1511.06434",
    tasks=("adversarial",),
    beginner="Two networks play against each other. The forger turns random numbers into pictures; the detective is "
    "shown real pictures and forgeries and has to tell which is which. Each gets better because the other does, until the "
    "forgeries pass for photographs. The random numbers become knobs: turn one slowly and the face changes slowly.",
    expert="Strided 4×4 convolutions instead of pooling, batch normalisation everywhere but at the generator's output and "
    "the discriminator's input, ReLU in the generator with tanh at its end, leaky ReLU (0.2) in the discriminator, no "
    "hidden fully connected layer, weights from N(0, 0.02). The paper's widths for 64×64 are width 128. The batches of "
    "real and generated pictures pass the discriminator apart, so that each is normalised by its own statistics.",
)
class DCGAN(Adversaries):
    """Latent vectors `(batch, latent_size)` to square images."""

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        _, height, width = spec.shape
        if height != width or height < 16 or height & (height - 1):
            return (
                f"DCGAN needs square pictures with a side of 16, 32, 64 or another power of two; these are {height}×{width}."
            )
        return super().misfit(spec)

    def __init__(self, settings: Adversaries.Settings, spec: DataSpec):
        super().__init__()
        channels, side, _ = spec.shape
        doublings = int(math.log2(side)) - 2  # from 4×4 to the picture
        maps = [settings.width * 2**i for i in range(doublings)]  # beside the picture first
        self.latent_size = settings.latent

        up: list[nn.Module] = [
            nn.Unflatten(1, (settings.latent, 1, 1)),
            nn.ConvTranspose2d(settings.latent, maps[-1], 4, bias=False), nn.BatchNorm2d(maps[-1]), nn.ReLU(),  # 4×4
        ]
        for wide, narrow in pairwise(reversed(maps)):
            up += [nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False), nn.BatchNorm2d(narrow), nn.ReLU()]  # side × 2
        self.generator = nn.Sequential(*up, nn.ConvTranspose2d(maps[0], channels, 4, 2, 1), nn.Tanh())

        down: list[nn.Module] = [nn.Conv2d(channels, maps[0], 4, 2, 1), nn.LeakyReLU(0.2)]  # side / 2
        for narrow, wide in pairwise(maps):
            down += [nn.Conv2d(narrow, wide, 4, 2, 1, bias=False), nn.BatchNorm2d(wide), nn.LeakyReLU(0.2)]
        self.discriminator = nn.Sequential(*down, nn.Conv2d(maps[-1], 1, 4), nn.Flatten(0))  # (batch, 1, 1, 1) -> (batch,)

        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(module.weight, 0, 0.02)
            elif isinstance(module, nn.BatchNorm2d):
                nn.init.normal_(module.weight, 1, 0.02)

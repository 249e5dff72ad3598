"""A GAN for few pictures: Zhao, Liu, Lin, Zhu and Han 2020, "Differentiable augmentation for data-efficient GAN training",
with residual blocks (Gulrajani et al. 2017), the R1 penalty of Mescheder, Geiger and Nowozin 2018, "Which training methods
for GANs do actually converge?", and a moving average of the generator (Karras et al. 2018)."""

import math
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.adversaries import Adversaries, Cropped, halved
from core.catalog import DataSpec, architecture


@architecture(
    "data-efficient-gan",
    title="Data-efficient GAN",
    year=2020,
    people="Shengyu Zhao, Zhijian Liu, Ji Lin, Jun-Yan Zhu, Song Han",
    paper="Differentiable augmentation for data-efficient GAN training",
    url="https://arxiv.org/abs/2006.10738",
    tasks=("adversarial",),
    beginner="With few pictures the detective soon knows each real one by heart, and the forger learns nothing more. So "
    "both real and forged pictures are shown to it moved and partly covered, differently each time: it has to look at "
    "what faces are, not at which ones it has seen. What you see is drawn by the mean of the forger's last thousand "
    "selves, which wavers less than any of them.",
    expert="Each block of the generator is batch normalisation, ReLU and a 4×4 transposed convolution beside an enlarged "
    "1×1; of the discriminator leaky ReLU (0.2) and a 4×4 convolution of stride 2 beside a 1×1 of the averaged maps, "
    "without normalisation. R1 penalty at every 16th step (Karras et al. 2020, appendix B), translation and cutout before "
    "the discriminator, as the paper has them for CIFAR-10, a moving average (0.999, faster at first) of the generator's "
    "weights.",
)
class DataEfficientGAN(Adversaries):
    """Latent vectors `(batch, latent_size)` to images of any size from 16 pixels on."""

    averages = True
    least_side = 16
    steps, learning_rate = 5000, 5e-4

    @classmethod
    def objective(cls, spec: DataSpec, **given) -> dict:
        return {"penalty": "r1", "penalty_weight": 0.1, "penalty_every": 16, "average": 0.999,
                "augment": "translation-cutout", **given}

    def __init__(self, settings: Adversaries.Settings, spec: DataSpec):
        super().__init__()
        channels, height, width = spec.shape
        halvings = int(math.log2(min(height, width))) - 2  # down to a side of 4 to 7
        maps = [settings.width * 2**i for i in range(halvings)]  # beside the picture first
        start = (maps[-1], *halved(spec, halvings))
        self.latent_size = settings.latent
        self.generator, average = (
            nn.Sequential(
                nn.Linear(settings.latent, math.prod(start)), nn.Unflatten(1, start),
                *(Up(wide, narrow) for wide, narrow in pairwise(reversed(maps))),  # each: side × 2
                nn.BatchNorm2d(maps[0]), nn.ReLU(), nn.ConvTranspose2d(maps[0], channels, 4, 2, 1), nn.Tanh(),
                Cropped(height, width),
            )
            for _ in range(2)
        )
        self.keep_average(average)
        self.discriminator = nn.Sequential(
            nn.ZeroPad2d((0, start[2] * 2**halvings - width, 0, start[1] * 2**halvings - height)),
            nn.Conv2d(channels, maps[0], 4, 2, 1),  # side / 2
            *(Down(narrow, wide) for narrow, wide in pairwise(maps)),  # each: side / 2
            nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(math.prod(start), 1), nn.Flatten(0),  # (batch,)
        )


class Up(nn.Module):
    """`(batch, wide, height, width)` to `(batch, narrow, 2 · height, 2 · width)`."""

    def __init__(self, wide: int, narrow: int):
        super().__init__()
        self.main = nn.Sequential(nn.BatchNorm2d(wide), nn.ReLU(), nn.ConvTranspose2d(wide, narrow, 4, 2, 1))
        self.skip = nn.Conv2d(wide, narrow, 1)

    def forward(self, maps: Tensor) -> Tensor:
        return self.main(maps) + F.interpolate(self.skip(maps), scale_factor=2.0)


class Down(nn.Module):
    """`(batch, narrow, height, width)` to `(batch, wide, height / 2, width / 2)`."""

    def __init__(self, narrow: int, wide: int):
        super().__init__()
        self.main = nn.Sequential(nn.LeakyReLU(0.2), nn.Conv2d(narrow, wide, 4, 2, 1))
        self.skip = nn.Conv2d(narrow, wide, 1)

    def forward(self, maps: Tensor) -> Tensor:
        return self.main(maps) + self.skip(F.avg_pool2d(maps, 2))

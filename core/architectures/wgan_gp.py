"""WGAN-GP: Gulrajani, Ahmed, Arjovsky, Dumoulin and Courville 2017, "Improved training of Wasserstein GANs", section 4,
after Arjovsky, Chintala and Bottou 2017, "Wasserstein GAN"."""

import math
from itertools import pairwise

from torch import nn

from core.architectures.adversaries import Adversaries, Cropped, halved
from core.catalog import DataSpec, architecture
from core.experiment import setting

HALVINGS = 3  # of the picture's sides


@architecture(
    "wgan-gp",
    title="WGAN-GP",
    year=2017,
    people="Ishaan Gulrajani, Faruk Ahmed, Martin Arjovsky, Vincent Dumoulin, Aaron Courville",
    paper="Improved training of Wasserstein GANs",
    url="https://arxiv.org/abs/1704.00028",
    tasks=("adversarial",),
    beginner="The detective becomes a critic: it no longer says real or forged, it gives marks. How far the marks of real "
    "and forged pictures lie apart tells how far the forger has to go, so its curve can be read like an ordinary loss. "
    "The critic may not exaggerate: whoever changes a picture a little may change its mark only a little.",
    expert="5×5 convolutions of stride 2, twice as many maps at each, as in the authors' CIFAR-10 code; batch normalisation "
    "in the generator, none in the critic, whose gradient is penalised for each picture by itself, on lines between real "
    "and generated ones (weight 10). Five steps of the critic to one of the generator. Adam without momentum; its second "
    "beta is 0.999 here, in the paper 0.9.",
)
class WGANGP(Adversaries):
    """Latent vectors `(batch, latent_size)` to images of any size from 8 pixels on."""

    least_side = 8
    steps, learning_rate, momentum = 7500, 1e-4, 0.0

    class Settings(Adversaries.Settings):
        latent: int = setting(128, "Random numbers that one picture is made from.", unit="numbers", ge=2, le=1024)

    @classmethod
    def objective(cls, spec: DataSpec, **given) -> dict:
        return {"loss": "wasserstein", "penalty": "gradient", "penalty_weight": 10.0, "critic_steps": 5, **given}

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        channels, height, width = spec.shape
        maps = [settings.width * 2**i for i in range(HALVINGS)]  # beside the picture first
        start = (maps[-1], *halved(spec, HALVINGS))  # (maps, height / 8, width / 8)
        self.latent_size = settings.latent
        same = {"kernel_size": 5, "stride": 2, "padding": 2}

        up: list[nn.Module] = [nn.Linear(settings.latent, math.prod(start)), nn.Unflatten(1, start)]
        up += [nn.BatchNorm2d(maps[-1]), nn.ReLU()]
        for wide, narrow in pairwise([*reversed(maps), channels]):  # each: side × 2
            up += [nn.ConvTranspose2d(wide, narrow, **same, output_padding=1), nn.BatchNorm2d(narrow), nn.ReLU()]
        self.generator = nn.Sequential(*up[:-2], nn.Tanh(), Cropped(height, width))

        down: list[nn.Module] = []
        for narrow, wide in pairwise([channels, *maps]):  # each: side / 2
            down += [nn.Conv2d(narrow, wide, **same), nn.LeakyReLU(0.2)]
        last = nn.Linear(math.prod(start), 1, bias=False)  # only differences of marks count
        self.discriminator = nn.Sequential(*down, nn.Flatten(), last, nn.Flatten(0))  # (batch,)

"""The conditional GAN: Mirza and Osindero 2014, "Conditional generative adversarial nets", section 3, with the strided
convolutions of DCGAN (Radford et al. 2015)."""

import math

import torch
from torch import Tensor, nn

from core.architectures.adversaries import Adversaries, Cropped, halved
from core.catalog import DataSpec, architecture
from core.experiment import setting


@architecture(
    "conditional-gan",
    title="Conditional GAN",
    year=2014,
    people="Mehdi Mirza, Simon Osindero",
    paper="Conditional generative adversarial nets",
    url="https://arxiv.org/abs/1411.1784",
    tasks=("adversarial",),
    beginner="Here the forger is told what to forge: a seven, a shirt, a cat. The detective is told too, and a good picture "
    "of the wrong thing is a forgery as well. So you can ask for a class and get it, with the same hand in each: the noise "
    "holds the style, the class what is drawn.",
    expert="The class is an input of both networks: a one among zeros beside the generator's noise, and a learned map of "
    "the picture's size beside the discriminator's channels. Two strided convolutions each (4×4 up, 5×5 down), batch "
    "normalisation but at the generator's output and the discriminator's input. The paper's own networks are dense.",
)
class ConditionalGAN(Adversaries):
    """Points `(batch, latent_size + classes)` to images of any size from 8 pixels on."""

    least_side = 8

    class Settings(Adversaries.Settings):
        width: int = setting(32, "Feature maps beside the picture; there are twice as many further in.", unit="maps",
                             ge=4, le=512)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if len(spec.classes) < 2:
            return "Conditional GAN needs pictures with classes, which it makes them by; these have none."
        return super().misfit(spec)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        channels, height, width = spec.shape
        maps, wide, start = settings.width, 2 * settings.width, halved(spec, 2)
        self.latent_size, self.classes = settings.latent, len(spec.classes)
        self.generator = nn.Sequential(
            nn.Linear(settings.latent + self.classes, wide * math.prod(start)), nn.Unflatten(1, (wide, *start)),
            nn.BatchNorm2d(wide), nn.ReLU(),
            nn.ConvTranspose2d(wide, maps, 4, 2, 1, bias=False), nn.BatchNorm2d(maps), nn.ReLU(),  # side × 2
            nn.ConvTranspose2d(maps, channels, 4, 2, 1), nn.Tanh(), Cropped(height, width),
        )
        self.discriminator = nn.ModuleDict({
            "label": nn.Sequential(nn.Embedding(self.classes, height * width), nn.Unflatten(1, (1, height, width))),
            "picture": nn.Sequential(
                nn.Conv2d(channels + 1, maps, 5, 2, 2), nn.LeakyReLU(0.2),  # side / 2
                nn.Conv2d(maps, wide, 5, 2, 2, bias=False), nn.BatchNorm2d(wide), nn.LeakyReLU(0.2),
                nn.Flatten(), nn.Linear(wide * math.prod(start), 1), nn.Flatten(0),  # (batch,)
            ),
        })

    def judge(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        label = self.discriminator["label"](labels)  # (batch, 1, height, width)
        return self.discriminator["picture"](torch.cat([images, label], 1))

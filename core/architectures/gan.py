"""The first GAN: Goodfellow, Pouget-Abadie, Mirza, Xu, Warde-Farley, Ozair, Courville and Bengio 2014, "Generative
adversarial nets", section 5, with the maxout units of Goodfellow et al. 2013."""

import math

from torch import Tensor, nn

from core.architectures.adversaries import Adversaries
from core.catalog import DataSpec, architecture
from core.experiment import setting

PIECES = 5  # linear pieces of a maxout unit


@architecture(
    "gan",
    title="GAN",
    year=2014,
    people="Ian Goodfellow, Jean Pouget-Abadie, Mehdi Mirza, Bing Xu, David Warde-Farley, Sherjil Ozair, Aaron Courville, "
    "Yoshua Bengio",
    paper="Generative adversarial nets",
    url="https://arxiv.org/abs/1406.2661",
    tasks=("adversarial",),
    beginner="The first forger and the first detective. Each is a plain network in which every number is joined to every "
    "other: it has to find out by itself that neighbouring pixels belong together. Digits come out well, faces blurred; "
    "what came later is better, and this is where it began.",
    expert="Two hidden layers of rectified units in the generator; two of maxout units (five pieces) with dropout in the "
    "discriminator (0.2 of the pixels, 0.5 of the units). The paper's sizes for MNIST are width 1200. Here tanh ends the "
    "generator (a sigmoid stretched to -1..1), the noise is normal, and Adam replaces momentum.",
)
class GAN(Adversaries):
    """Latent vectors `(batch, latent_size)` to images of any size."""

    steps = 6000

    class Settings(Adversaries.Settings):
        width: int = setting(
            600, "Units of each hidden layer of the generator; the discriminator has a fifth as many, of five pieces each.",
            unit="units", ge=10, le=4800,
        )

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        self.latent_size, width, pixels = settings.latent, settings.width, math.prod(spec.shape)
        self.generator = nn.Sequential(
            nn.Linear(settings.latent, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, pixels),
            nn.Tanh(), nn.Unflatten(1, spec.shape),  # (batch, channels, height, width)
        )
        units = width // PIECES
        self.discriminator = nn.Sequential(
            nn.Flatten(), nn.Dropout(0.2), Maxout(pixels, units), nn.Dropout(0.5), Maxout(units, units), nn.Dropout(0.5),
            nn.Linear(units, 1), nn.Flatten(0),  # (batch,)
        )


class Maxout(nn.Module):
    """`(batch, taken)` to `(batch, units)`: each unit is the largest of its linear pieces."""

    def __init__(self, taken: int, units: int):
        super().__init__()
        self.pieces = nn.Linear(taken, units * PIECES)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.pieces(inputs).unflatten(1, (-1, PIECES)).amax(2)  # (batch, units, pieces) -> (batch, units)

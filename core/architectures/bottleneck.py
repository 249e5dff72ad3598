"""Autoencoders whose code is a list of numbers: Hinton and Salakhutdinov 2006, "Reducing the dimensionality of data with
neural networks"; Masci, Meier, Cireşan and Schmidhuber 2011, "Stacked convolutional auto-encoders"; Kingma and Welling 2014,
"Auto-encoding variational Bayes"."""

import math
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.base import Architecture, epochs_for
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


class Standardised(nn.BatchNorm1d):
    """Codes `(batch, latent)` to zero mean and unit variance over the data, so that noise from N(0, 1) lies where they do.
    A batch of one has no variance: it is taken by what was seen before."""

    def __init__(self, latent: int):
        super().__init__(latent, affine=False)

    def forward(self, codes: Tensor) -> Tensor:
        if self.training and len(codes) == 1:
            return F.batch_norm(codes, self.running_mean, self.running_var)
        return super().forward(codes)


class Bottleneck(Architecture):
    """Images `(batch, channels, height, width)` in 0..1 to the same, through a code of `latent_size` numbers.

    `encode`: images to codes `(batch, latent_size)`; `decode`: codes to images in 0..1.
    """

    latent_size: int

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        training = {"batch_size": 64, "schedule": "cosine", **given}
        return {"epochs": min(200, max(3, epochs_for(2000, spec, training["batch_size"]))), **training}

    def encode(self, images: Tensor) -> Tensor:
        raise NotImplementedError

    def decode(self, codes: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, images: Tensor) -> Tensor:
        return self.decode(self.encode(images))


@architecture(
    "dense-autoencoder",
    title="Dense autoencoder",
    year=2006,
    people="Geoffrey Hinton, Ruslan Salakhutdinov",
    paper="Reducing the dimensionality of data with neural networks",
    url="https://doi.org/10.1126/science.1127647",
    tasks=("reconstruction",),
    beginner="A picture goes in at one end and should come out again at the other, but in the middle there is room for a "
    "few numbers only. To get through, the network has to find out what matters in such pictures.",
    expert="The paper's layers, 1000, 500, 250 and a linear code of 30, mirrored on the way back, with a logistic output. "
    "It is the plain one: ReLU in place of logistic units, trained end to end by Adam; the layer-wise pretraining by "
    "restricted Boltzmann machines, which the paper needed, is left out. The code is standardised over the data (batch "
    "normalisation without gain and offset).",
)
class DenseAutoencoder(Bottleneck):
    """As `Bottleneck`, of images of one size."""

    class Settings(Settings):
        latent: int = setting(30, "Numbers of the code.", unit="numbers", ge=1, le=1024)
        width: int = setting(
            1000, "Units of the first hidden layer; the second has half as many, the third a quarter.", unit="units",
            ge=8, le=8192,
        )

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        self.latent_size = settings.latent
        sizes = [math.prod(spec.shape), settings.width, settings.width // 2, settings.width // 4]
        self.encoder, self.decoder = nn.Sequential(nn.Flatten()), nn.Sequential()
        for wide, narrow in pairwise(sizes):
            self.encoder += nn.Sequential(nn.Linear(wide, narrow), nn.ReLU())
        self.encoder += nn.Sequential(nn.Linear(sizes[-1], settings.latent), Standardised(settings.latent))
        for narrow, wide in pairwise([settings.latent, *reversed(sizes)]):
            self.decoder += nn.Sequential(nn.Linear(narrow, wide), nn.ReLU())
        self.decoder[-1] = nn.Sigmoid()
        self.decoder.append(nn.Unflatten(1, spec.shape))  # (batch, pixels) -> (batch, channels, height, width)

    def encode(self, images: Tensor) -> Tensor:
        return self.encoder(images)

    def decode(self, codes: Tensor) -> Tensor:
        return self.decoder(codes)


class Convolutional(Bottleneck):
    """Convolutions down to some 4×4 places, a dense layer to `answers` numbers, and the way back from the code."""

    class Settings(Settings):
        latent: int = setting(64, "Numbers of the code.", unit="numbers", ge=1, le=1024)
        width: int = setting(
            32, "Feature maps beside the picture; each halving of its sides doubles them, up to eight times.", unit="maps",
            ge=4, le=256,
        )

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        height, width = spec.shape[1:]
        return None if min(height, width) >= 8 else f"it needs sides of at least 8 pixels; these are {height}×{width}."

    def __init__(self, settings: Settings, spec: DataSpec, answers: int):
        super().__init__()
        channels, height, width = spec.shape
        self.latent_size, self.size = settings.latent, (height, width)
        stages = max(1, round(math.log2(min(height, width))) - 2)
        sides = [math.ceil(side / 2**stages) for side in self.size]  # some 4 to 6 each
        self.padding = (0, sides[1] * 2**stages - width, 0, sides[0] * 2**stages - height)
        maps = [settings.width * min(2**i, 8) for i in range(stages)]
        encoder: list[nn.Module] = []
        for few, many in pairwise([channels, *maps]):
            encoder += [nn.Conv2d(few, many, 4, 2, 1), nn.ReLU()]  # sides / 2
        bottom = maps[-1] * math.prod(sides)
        self.encoder = nn.Sequential(*encoder, nn.Flatten(), nn.Linear(bottom, answers))
        decoder: list[nn.Module] = [
            nn.Linear(settings.latent, bottom), nn.ReLU(), nn.Unflatten(1, (maps[-1], *sides)),
        ]
        for many, few in pairwise([*reversed(maps), channels]):
            decoder += [nn.ConvTranspose2d(many, few, 4, 2, 1), nn.ReLU()]  # sides × 2
        decoder[-1] = nn.Sigmoid()
        self.decoder = nn.Sequential(*decoder)

    def answers(self, images: Tensor) -> Tensor:
        """What the encoder says of images, `(batch, answers)`."""
        return self.encoder(F.pad(images, self.padding, mode="replicate"))

    def decode(self, codes: Tensor) -> Tensor:
        return self.decoder(codes)[:, :, : self.size[0], : self.size[1]]


@architecture(
    "convolutional-autoencoder",
    title="Convolutional autoencoder",
    year=2011,
    people="Jonathan Masci, Ueli Meier, Dan Cireşan, Jürgen Schmidhuber",
    paper="Stacked convolutional auto-encoders for hierarchical feature extraction",
    url="https://doi.org/10.1007/978-3-642-21735-7_7",
    tasks=("reconstruction",),
    beginner="The picture is squeezed through ever smaller layers into a few numbers and unfolded again. Convolutions look "
    "for the same things at all places, so that little has to be learned about much.",
    expert="4×4 convolutions of stride 2 (the paper pools) down to some 4×4 places, a dense layer to the code, and "
    "transposed convolutions back; nothing passes beside the code. It is standardised over the data (batch normalisation "
    "without gain and offset).",
)
class ConvolutionalAutoencoder(Convolutional):
    """As `Bottleneck`, of images of one size."""

    def __init__(self, settings: Convolutional.Settings, spec: DataSpec):
        super().__init__(settings, spec, settings.latent)
        self.standardised = Standardised(settings.latent)

    def encode(self, images: Tensor) -> Tensor:
        return self.standardised(self.answers(images))


@architecture(
    "vae",
    title="Variational autoencoder",
    year=2014,
    people="Diederik Kingma, Max Welling",
    paper="Auto-encoding variational Bayes",
    url="https://arxiv.org/abs/1312.6114",
    tasks=("reconstruction",),
    beginner="An autoencoder that is never sure of its code: it says where a picture lies and how far around. So "
    "neighbouring codes must stand for alike pictures, no place is left empty, and a code out of dice gives a new picture.",
    expert="The encoder gives mean and log variance of a Gaussian posterior with independent numbers; the code is drawn "
    "from it by the reparameterisation trick and decoded. Training maximises the evidence lower bound with one draw "
    "(section 2.3); the Kullback-Leibler divergence to N(0, 1) has its closed form (appendix B). Convolutions in place of "
    "the paper's one dense hidden layer.",
)
class VariationalAutoencoder(Convolutional):
    """As `Bottleneck`, of images of one size; `posterior` gives a code's mean and log variance, and `encode` the mean."""

    def __init__(self, settings: Convolutional.Settings, spec: DataSpec):
        super().__init__(settings, spec, 2 * settings.latent)

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the variance of each image's code, both `(batch, latent_size)`."""
        mean, log_variance = self.answers(images).float().chunk(2, 1)
        return mean, log_variance

    def encode(self, images: Tensor) -> Tensor:
        return self.posterior(images)[0]

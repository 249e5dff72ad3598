"""The autoencoder that removes noise: Vincent, Larochelle, Bengio and Manzagol 2008, "Extracting and composing robust
features with denoising autoencoders"; Masci, Meier, Cireşan and Schmidhuber 2011, "Stacked convolutional auto-encoders".
The symmetric skips of Mao, Shen and Yang 2016 pass beside the bottleneck: those that have a code are in `bottleneck.py`."""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.base import Architecture, picture_recipe
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "autoencoder",
    title="Denoising autoencoder",
    year=2008,
    people="Pascal Vincent, Hugo Larochelle, Yoshua Bengio, Pierre-Antoine Manzagol; Jonathan Masci and others",
    paper="Extracting and composing robust features with denoising autoencoders",
    url="https://doi.org/10.1145/1390156.1390294",
    tasks=("denoising",),
    beginner="The picture is squeezed through ever smaller layers and unfolded again. What is squeezed has no room for "
    "noise, only for what pictures have in common: so the noise stays behind.",
    expert="Fully convolutional: any height and width. Each of the depth stages has a 3×3 convolution and one of stride 2 "
    "that doubles the maps; the way back mirrors them with 4×4 transposed convolutions. With skips (Mao et al. 2016) each "
    "stage's maps are added where they have the same size again, and the outermost skip lets the network predict the noise "
    "instead of the picture (residual learning); without, it is the plain bottleneck of 2008 and 2011.",
)
class Autoencoder(Architecture):
    """Images `(batch, channels, height, width)` in 0..1, any height and width, to cleaned images of the same shape."""

    class Settings(Settings):
        width: int = setting(32, "Feature maps of the first stage; each further stage has twice as many.", unit="maps",
                             ge=4, le=256)
        depth: int = setting(2, "Stages; each halves the height and the width.", unit="stages", ge=1, le=5)
        skip: bool = setting(
            True, "Add each stage's maps on the way back: finer detail, and the bottleneck has less to carry."
        )

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        return picture_recipe(spec, given, steps=750)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        channels = spec.shape[0]
        maps = [settings.width * 2**i for i in range(settings.depth + 1)]
        self.skip, self.factor = settings.skip, 2**settings.depth
        self.enter = nn.Sequential(nn.Conv2d(channels, maps[0], 3, padding=1), nn.ReLU())
        self.encoder = nn.ModuleList(  # each: height and width / 2, maps × 2
            nn.Sequential(
                nn.Conv2d(narrow, narrow, 3, padding=1), nn.ReLU(),
                nn.Conv2d(narrow, wide, 3, stride=2, padding=1), nn.ReLU(),
            )
            for narrow, wide in pairwise(maps)
        )
        self.decoder = nn.ModuleList(  # each: height and width × 2, maps / 2
            nn.Sequential(
                nn.ConvTranspose2d(wide, narrow, 4, stride=2, padding=1), nn.ReLU(),
                nn.Conv2d(narrow, narrow, 3, padding=1), nn.ReLU(),
            )
            for wide, narrow in pairwise(reversed(maps))
        )
        self.leave = nn.Conv2d(maps[0], channels, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        below, right = -height % self.factor, -width % self.factor
        padded = F.pad(images, (0, right, 0, below), mode="replicate")  # both sides a multiple of 2 ** depth
        maps = self.enter(padded)  # (batch, width, height, width)
        passed = []
        for stage in self.encoder:
            passed.append(maps)
            maps = stage(maps)
        for stage in self.decoder:
            maps = stage(maps)
            same_size = passed.pop()
            if self.skip:
                maps = maps + same_size
        cleaned = self.leave(maps)  # (batch, channels, padded height, padded width)
        if self.skip:
            cleaned = cleaned + padded
        return cleaned[:, :, :height, :width]

"""Digits from American envelopes: LeCun et al. 1989, "Backpropagation applied to handwritten zip code recognition"."""

from pathlib import Path

import torch
from torchvision.datasets import USPS

from core.catalog import dataset
from core.datasets.torchvision_set import Pair, TorchvisionSet


@dataset(
    "usps",
    title="USPS zip codes",
    year=1989,
    people="Yann LeCun, Bernhard Boser, John Denker, Donnie Henderson, Richard Howard, Wayne Hubbard, Lawrence Jackel",
    paper="Backpropagation applied to handwritten zip code recognition",
    url="https://doi.org/10.1162/neco.1989.1.4.541",
    licence="None stated; research",
    beginner="9,298 digits from zip codes on envelopes that passed through the post office of Buffalo: what the first "
    "convolutional network that was put to work had to read.",
    expert="16×16 grey; the last 50 of each class of the 7,291 training pictures are the validation split; 2,007 test, "
    "markedly harder than the training pictures (people make some 2.5 % errors).",
)
class ZipCodes(TorchvisionSet):
    """Images `(1, 16, 16)`, ten classes."""

    marker = ("USPS", "usps.t.bz2")
    megabytes = 8
    shape = (1, 16, 16)
    sizes = {"train": 6_791, "validation": 500, "test": 2_007}
    classes = tuple("0123456789")
    mean, std = (0.2469,), (0.2989,)
    of_each_class = 50

    def download(self, folder: Path) -> None:
        for train in (True, False):
            USPS(str(folder / self.marker[0]), train=train, download=True)

    def pair(self, folder: Path, split: str) -> Pair:
        read = USPS(str(folder / self.marker[0]), train=split == "train")
        return torch.from_numpy(read.data)[:, None], torch.tensor(read.targets)  # (n, 16, 16) -> (n, 1, 16, 16)

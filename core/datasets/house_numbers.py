"""SVHN, digits cut out of photographs of houses: Netzer et al. 2011, "Reading digits in natural images"."""

from pathlib import Path

import torch
from torchvision.datasets import SVHN

from core.catalog import dataset
from core.datasets.torchvision_set import Pair, TorchvisionSet


@dataset(
    "svhn",
    title="House numbers",
    year=2011,
    people="Yuval Netzer, Tao Wang, Adam Coates, Alessandro Bissacco, Bo Wu, Andrew Ng",
    paper="Reading digits in natural images with unsupervised feature learning",
    url="http://ufldl.stanford.edu/housenumbers/",
    licence="Non-commercial use only",
    beginner="99,289 digits out of Street View's photographs of houses: crooked, blurred, in every colour, and often with a "
    "neighbour's digit in the picture.",
    expert="32×32 colour, the cropped format without the extra set; the last 7,257 of the 73,257 training pictures are the "
    "validation split, so that one house's digits stay together; 26,032 test.",
)
class HouseNumbers(TorchvisionSet):
    """Images `(3, 32, 32)`, ten classes."""

    marker = ("SVHN", "test_32x32.mat")
    megabytes = 246
    shape = (3, 32, 32)
    sizes = {"train": 66_000, "validation": 7_257, "test": 26_032}
    classes = tuple("0123456789")
    mean, std = (0.4377, 0.4438, 0.4728), (0.1980, 0.2010, 0.1970)

    def download(self, folder: Path) -> None:
        for split in ("train", "test"):
            SVHN(str(folder / self.marker[0]), split=split, download=True)

    def pair(self, folder: Path, split: str) -> Pair:
        read = SVHN(str(folder / self.marker[0]), split=split)
        return torch.from_numpy(read.data.copy()), torch.from_numpy(read.labels)  # (n, 3, 32, 32)

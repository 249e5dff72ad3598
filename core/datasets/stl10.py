"""STL-10: Coates, Lee and Ng 2011, "An analysis of single-layer networks in unsupervised feature learning"."""

from pathlib import Path

import torch
from torchvision import datasets as torchvision_datasets

from core.catalog import dataset
from core.datasets.cache import cached
from core.datasets.torchvision_set import Pair, TorchvisionSet


@dataset(
    "stl10",
    title="STL-10",
    year=2011,
    people="Adam Coates, Honglak Lee, Andrew Ng",
    paper="An analysis of single-layer networks in unsupervised feature learning",
    url="https://cs.stanford.edu/~acoates/stl10/",
    licence="None stated; pictures of ImageNet, for research",
    beginner="13,000 colour photographs of ten kinds of animals and vehicles, with nine times the pixels of CIFAR-10 and "
    "few to learn from.",
    expert="96×96 colour; the last 50 of each class of the 5,000 labelled training pictures are the validation split; 8,000 "
    "test. The 100,000 pictures without labels are not used.",
)
class STL10(TorchvisionSet):
    """Images `(3, 96, 96)`, ten classes."""

    marker = ("stl10_binary", "test_X.bin")
    megabytes = 2640
    shape = (3, 96, 96)
    sizes = {"train": 4_500, "validation": 500, "test": 8_000}
    classes = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
    mean, std = (0.4467, 0.4398, 0.4066), (0.2603, 0.2566, 0.2713)
    mirrored = True
    of_each_class = 50

    def download(self, folder: Path) -> None:
        torchvision_datasets.STL10(str(folder), download=True)

    def pair(self, folder: Path, split: str) -> Pair:
        def read() -> dict[str, torch.Tensor]:
            found = torchvision_datasets.STL10(str(folder), split=split)
            return {"images": torch.from_numpy(found.data.copy()), "targets": torch.from_numpy(found.labels).long()}

        # torchvision computes the checksum of all 3 GB each time.
        tensors = cached(folder.joinpath(*self.marker), f"stl10 {split}", read)
        return tensors["images"], tensors["targets"]

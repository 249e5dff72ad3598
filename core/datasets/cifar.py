"""CIFAR-10 and CIFAR-100: Krizhevsky 2009, "Learning multiple layers of features from tiny images"."""

from pathlib import Path

import torch
from torchvision import datasets as torchvision_datasets

from core.catalog import dataset
from core.datasets.torchvision_set import Pair, TorchvisionSet

_SOURCE = {
    "people": "Alex Krizhevsky",
    "year": 2009,
    "paper": "Learning multiple layers of features from tiny images",
    "url": "https://www.cs.toronto.edu/~kriz/cifar.html",
    "licence": "None stated; research",
}


class _CIFAR(TorchvisionSet):
    """Images `(3, 32, 32)`; the last 5,000 of the 50,000 training pictures are the validation split."""

    shape = (3, 32, 32)
    sizes = {"train": 45_000, "validation": 5_000, "test": 10_000}
    mirrored = True
    source: type[torchvision_datasets.CIFAR10]

    def download(self, folder: Path) -> None:
        self.source(str(folder), download=True)

    def pair(self, folder: Path, split: str) -> Pair:
        read = self.source(str(folder), train=split == "train")
        images = torch.from_numpy(read.data).permute(0, 3, 1, 2).contiguous()  # (n, 32, 32, 3) -> (n, 3, 32, 32)
        return images, torch.tensor(read.targets)


@dataset(
    "cifar10",
    title="CIFAR-10",
    beginner="60,000 small colour photographs of ten kinds of animals and vehicles: what most image classifiers since 2009 "
    "were tried on first.",
    expert="32×32 colour; the last 5,000 of the 50,000 training pictures are the validation split, a division of 45,000 and "
    "5,000 as in He et al. 2015; 10,000 test.",
    **_SOURCE,
)
class CIFAR10(_CIFAR):
    """Images `(3, 32, 32)`, ten classes."""

    source = torchvision_datasets.CIFAR10
    marker = ("cifar-10-batches-py", "test_batch")
    megabytes = 170
    classes = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    mean, std = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)


@dataset(
    "cifar100",
    title="CIFAR-100",
    beginner="60,000 small colour photographs of a hundred kinds of things, from apples to worms: ten times the classes of "
    "CIFAR-10, and a tenth of the pictures of each.",
    expert="32×32 colour, the fine labels; the last 5,000 of the 50,000 training pictures are the validation split; 10,000 "
    "test.",
    **_SOURCE,
)
class CIFAR100(_CIFAR):
    """Images `(3, 32, 32)`, 100 classes."""

    source = torchvision_datasets.CIFAR100
    marker = ("cifar-100-python", "test")
    megabytes = 169
    classes = (
        "apple", "aquarium fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl",
        "boy", "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair",
        "chimpanzee", "clock", "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin",
        "elephant", "flatfish", "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp",
        "lawn mower", "leopard", "lion", "lizard", "lobster", "man", "maple tree", "motorcycle", "mountain", "mouse",
        "mushroom", "oak tree", "orange", "orchid", "otter", "palm tree", "pear", "pickup truck", "pine tree",
        "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose",
        "sea", "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar",
        "sunflower", "sweet pepper", "table", "tank", "telephone", "television", "tiger", "tractor", "train",
        "trout", "tulip", "turtle", "wardrobe", "whale", "willow tree", "wolf", "woman", "worm",
    )
    mean, std = (0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)

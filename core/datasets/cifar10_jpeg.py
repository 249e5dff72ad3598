"""CIFAR-10 as JPEG files in a zip of class folders that the person brings: Krizhevsky 2009, made lossy."""

from core.catalog import DataSpec, dataset
from core.datasets import class_folders
from core.datasets.base import Availability, Data, Dataset, Progress, Split, last_of_each, pixel_statistics
from core.errors import UserError
from core.home import find_data, writable_data_folder

_FILE = "cifar10-jpeg.zip"
_HELD_OUT = 500  # of each class


@dataset(
    "cifar10-jpeg",
    title="CIFAR-10 as JPEG",
    year=2009,
    people="Alex Krizhevsky",
    paper="Learning multiple layers of features from tiny images",
    url="https://www.cs.toronto.edu/~kriz/cifar.html",
    licence="None stated; research",
    beginner="The 60,000 small colour photographs of CIFAR-10, kept as JPEG files: ten kinds of animals and vehicles. JPEG "
    "throws a little of each picture away.",
    expert="All of CIFAR-10, 32×32, after lossy JPEG compression: compare accuracies with those on the original only with "
    "that in mind. By file name, the last 500 of each class of train/ are the validation split; 10,000 test.",
)
class CIFAR10JPEG(Dataset):
    """Images `(3, 32, 32)`, ten classes."""

    def spec(self) -> DataSpec:
        return DataSpec(
            kind="images",
            shape=(3, 32, 32),
            sizes={"train": 45_000, "validation": 5_000, "test": 10_000},
            classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
            mean=(0.4914, 0.4822, 0.4466),
            std=(0.2465, 0.2430, 0.2610),
            mirrored=True,
        )

    def availability(self) -> Availability:
        if found := find_data(_FILE):
            return Availability(True, f"On disk: {found}.")
        return Availability(
            False, f"Not on disk: put {_FILE} (62 MB) into {writable_data_folder()}. It can't be downloaded."
        )

    def fetch(self, progress: Progress) -> None:
        raise UserError(self.availability().sentence)

    def load(self) -> Data:
        found = find_data(_FILE)
        if found is None:
            raise UserError(self.availability().sentence)
        tensors = class_folders.load(found, side=32)
        held_out = last_of_each(tensors["train_targets"], _HELD_OUT)
        splits = {
            "train": Split(tensors["train"][~held_out], tensors["train_targets"][~held_out]),
            "validation": Split(tensors["train"][held_out], tensors["train_targets"][held_out]),
            "test": Split(tensors["test"], tensors["test_targets"]),
        }
        if {name: len(split) for name, split in splits.items()} != self.spec().sizes:
            raise UserError(f"{found} does not hold the 60,000 pictures of CIFAR-10: replace it with a whole copy.")
        mean, std = pixel_statistics(splits["train"].inputs)
        return Data(self.spec().model_copy(update={"mean": mean, "std": std}), **splits, source=str(found))

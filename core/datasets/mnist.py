"""MNIST, whole, through torchvision: from disk where it lies, else by torchvision's own download."""

import torch
from torchvision import datasets as torchvision_datasets

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Progress, Split, pixel_statistics
from core.errors import UserError
from core.home import find_data, writable_data_folder

_FILE = "train-images-idx3-ubyte"


@dataset(
    "mnist",
    title="MNIST",
    year=1998,
    people="Yann LeCun, Corinna Cortes, Christopher Burges",
    paper="Gradient-based learning applied to document recognition",
    url="https://doi.org/10.1109/5.726791",
    licence="CC BY-SA 3.0",
    beginner="70,000 handwritten digits, each a small grey picture: the first thing that most networks learn to read.",
    expert="28×28 grey; the last 5,000 of the 60,000 training pictures are the validation split; 10,000 test.",
)
class MNIST(Dataset):
    """Images `(1, 28, 28)`, ten classes."""

    def spec(self) -> DataSpec:
        return DataSpec(
            kind="images",
            shape=(1, 28, 28),
            sizes={"train": 55_000, "validation": 5_000, "test": 10_000},
            classes=tuple("0123456789"),
            mean=(0.1307,),
            std=(0.3081,),
        )

    def availability(self) -> Availability:
        if found := find_data("MNIST", "raw", _FILE):
            return Availability(True, f"On disk: {found.parent}.")
        return Availability(False, "Not on disk; the run downloads it first (12 MB).", fetchable=True)

    def fetch(self, progress: Progress) -> None:
        try:
            for train in (True, False):
                torchvision_datasets.MNIST(str(writable_data_folder()), train=train, download=True)
        except (OSError, RuntimeError) as error:
            raise UserError(
                "MNIST could not be downloaded: check the network, or copy the MNIST folder into the data folder "
                f"({' '.join(str(error).split())})."
            ) from error

    def load(self) -> Data:
        found = find_data("MNIST", "raw", _FILE)
        if found is None:
            raise UserError("MNIST is not on disk: connect to the network, or point GLASSBOX_DATA at a folder with it.")
        root = found.parents[2]
        try:
            train, test = (torchvision_datasets.MNIST(str(root), train=part, download=False) for part in (True, False))
        except (OSError, RuntimeError, ValueError) as error:
            raise UserError(
                f"The MNIST files in {found.parent} are damaged: delete that folder and launch again."
            ) from error
        if (len(train.data), len(test.data)) != (60_000, 10_000):
            raise UserError(f"The MNIST files in {found.parent} are not whole: delete that folder and launch again.")
        images, targets = train.data.unsqueeze(1), train.targets.long()  # (60000, 1, 28, 28)
        mean, std = pixel_statistics(images[:55_000])
        return Data(
            self.spec().model_copy(update={"mean": mean, "std": std}),
            train=Split(images[:55_000], targets[:55_000]),
            validation=Split(images[55_000:], targets[55_000:]),
            test=Split(test.data.unsqueeze(1), test.targets.to(torch.int64)),
            source=str(root / "MNIST"),
        )

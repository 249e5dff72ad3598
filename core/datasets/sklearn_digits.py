"""1,797 digits of 8×8 pixels, inside the package scikit-learn: Alpaydin and Kaynak 1998."""

import importlib.util

import torch

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Split, pixel_statistics

_PARTS = [1297, 200, 300]


@dataset(
    "sklearn-digits",
    title="Tiny digits",
    year=1998,
    people="Ethem Alpaydin, Cenk Kaynak",
    paper="Optical recognition of handwritten digits",
    url="https://doi.org/10.24432/C50P49",
    licence="CC BY 4.0",
    beginner="1,797 handwritten digits of only 8×8 pixels: small enough to see each number, and learned in seconds.",
    expert="The test part of UCI's optical digits as scikit-learn carries it: 17 grey levels from counts of ink in 4×4 "
    "blocks, here as 0 to 255. In the given order the first 1,297 train, the next 200 validation, the last 300 test.",
)
class SklearnDigits(Dataset):
    """Images `(1, 8, 8)`, ten classes."""

    def spec(self) -> DataSpec:
        return DataSpec(
            kind="images",
            shape=(1, 8, 8),
            sizes=dict(zip(("train", "validation", "test"), _PARTS, strict=True)),
            classes=tuple("0123456789"),
            mean=(0.3055,),
            std=(0.3761,),
        )

    def availability(self) -> Availability:
        if importlib.util.find_spec("sklearn") is None:
            return Availability(False, "The package scikit-learn, which holds these digits, is missing: "
                                       "pip install scikit-learn.")
        return Availability(True, "Comes with the package scikit-learn.")

    def load(self) -> Data:
        from sklearn.datasets import load_digits  # slow to import, and only this data set needs it

        found = load_digits()
        images = torch.from_numpy(found.images).mul(255 / 16).round().to(torch.uint8)[:, None]  # (1797, 1, 8, 8)
        targets = torch.from_numpy(found.target).long()
        splits = {
            name: Split(*part)
            for name, *part in zip(("train", "validation", "test"), images.split(_PARTS), targets.split(_PARTS), strict=True)
        }
        mean, std = pixel_statistics(splits["train"].inputs)
        return Data(
            self.spec().model_copy(update={"mean": mean, "std": std}), **splits, source="sklearn.datasets.load_digits",
        )

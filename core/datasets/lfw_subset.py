"""100 faces inside the package scikit-image, out of Labeled Faces in the Wild: Huang, Ramesh, Berg and Learned-Miller
2007."""

import importlib.util
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Split, pixel_statistics

_FACES, _SIDE = 100, 32  # the file's other hundred pictures show something else


@dataset(
    "face-patches",
    title="A hundred faces",
    year=2007,
    people="Gary Huang, Manu Ramesh, Tamara Berg, Erik Learned-Miller",
    paper="Labeled Faces in the Wild: a database for studying face recognition in unconstrained environments",
    url="https://scikit-image.org/docs/stable/api/skimage.data.html#skimage.data.lfw_subset",
    licence="Research",
    beginner="100 small grey faces that come with Glassbox, to try a forger of faces at once. A hundred are few: expect it "
    "to learn them by heart and show you faces that it was shown. For new ones it needs thousands.",
    expert="The faces of skimage.data.lfw_subset, 25×25 grey, enlarged to 32×32 (bilinear); the first 80 train, 10 "
    "validation, 10 test. Any distance to ten faces is mostly chance. No labels.",
)
class FacePatches(Dataset):
    """Images `(1, 32, 32)`, no targets."""

    def spec(self) -> DataSpec:
        return DataSpec(
            kind="images", shape=(1, _SIDE, _SIDE), sizes={"train": 80, "validation": 10, "test": 10},
            mean=(0.46,), std=(0.21,),
        )

    def availability(self) -> Availability:
        if importlib.util.find_spec("skimage") is None:
            return Availability(False, "The package scikit-image, which holds these faces, is missing: "
                                       "pip install scikit-image.")
        return Availability(True, "Comes with the package scikit-image.")

    def load(self) -> Data:
        path = Path(importlib.util.find_spec("skimage").origin).parent / "data" / "lfw_subset.npy"
        small = torch.from_numpy(np.load(path, allow_pickle=False)[:_FACES]).float()[:, None]  # (100, 1, 25, 25) in 0..1
        large = F.interpolate(small, (_SIDE, _SIDE), mode="bilinear", align_corners=False)
        images = large.clamp(0, 1).mul(255).round().to(torch.uint8)
        train, validation, test = images.split([80, 10, 10])
        mean, std = pixel_statistics(train)
        return Data(
            self.spec().model_copy(update={"mean": mean, "std": std}),
            train=Split(train), validation=Split(validation), test=Split(test), source="skimage.data.lfw_subset",
        )

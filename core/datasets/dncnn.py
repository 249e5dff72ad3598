"""The grey photographs of the DnCNN paper: Zhang, Zuo, Chen, Meng and Zhang 2017, "Beyond a Gaussian denoiser"."""

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Progress, Split, Whole, patches, pixel_statistics
from core.errors import UserError
from core.experiment import Settings, setting
from core.home import find_data, writable_data_folder

# Folder of each split, and how many pictures of which size it holds: (height, width, pictures).
_FOLDERS = {
    "train": ("train400", [(180, 180, 400)]),
    "validation": ("set12", [(256, 256, 7), (512, 512, 5)]),
    "test": ("bsd68", [(321, 481, 53), (481, 321, 15)]),
}


@dataset(
    "dncnn",
    title="DnCNN's photographs",
    year=2017,
    people="Kai Zhang, Wangmeng Zuo, Yunjin Chen, Deyu Meng, Lei Zhang; David Martin and others (Berkeley)",
    paper="Beyond a Gaussian denoiser: residual learning of deep CNN for image denoising",
    url="https://doi.org/10.1109/TIP.2017.2662206",
    licence="Research",
    beginner="480 grey photographs of animals, people, houses and landscapes, on which methods that remove noise are "
    "compared.",
    expert="Patches of Train400 (180×180) to train on, validation on patches that cover Set12. The test is on whole "
    "pictures of BSD68, as in the paper's table; those of Set12 are measured beside it, with a mean of their own. For that "
    "table the noise must not be clipped; the paper cuts its patches closely (a stride of 10 pixels here), and from smaller "
    "copies too.",
)
class DnCNNPhotographs(Dataset):
    """Images `(1, side, side)`, no targets."""

    class Settings(Settings):
        side: int = setting(40, "Side of the patches.", unit="pixels", ge=16, le=180)
        stride: int = setting(
            0, "Pixels from one training patch to the next: 10 gives 225 patches of 40×40 a photograph; 0 the fewest that "
            "cover it.", unit="pixels", ge=0, le=180,
        )

    def spec(self) -> DataSpec:
        side, stride = self.settings.side, self.settings.stride

        def count(split: str, size: int) -> int:
            """Patches along a side of a picture."""
            return (size - side) // stride + 1 if split == "train" and stride else math.ceil(size / side)

        return DataSpec(
            kind="images",
            shape=(1, side, side),
            sizes={
                split: sum(count(split, height) * count(split, width) * number for height, width, number in pictures)
                for split, (_, pictures) in _FOLDERS.items()
            },
            mean=(0.45,),
            std=(0.25,),
        )

    def _root(self) -> Path | None:
        found = [find_data("dncnn", folder) for folder, _ in _FOLDERS.values()]
        return found[0].parent if all(found) and len({path.parent for path in found}) == 1 else None

    def availability(self) -> Availability:
        if found := self._root():
            return Availability(True, f"On disk: {found}.")
        return Availability(
            False,
            "Not on disk: put the folders train400, set12 and bsd68 of the paper's code into "
            f"{writable_data_folder() / 'dncnn'}.",
        )

    def fetch(self, progress: Progress) -> None:
        raise UserError(self.availability().sentence)

    def load(self) -> Data:
        root = self._root()
        if root is None:
            raise UserError(self.availability().sentence)
        pictures = {split: self._read(root / folder, sum(number for *_, number in sizes))
                    for split, (folder, sizes) in _FOLDERS.items()}

        def cut(split: str, stride: int = 0) -> torch.Tensor:
            return torch.cat([patches(picture, self.settings.side, stride) for picture in pictures[split]])

        train, validation = Split(cut("train", self.settings.stride)), Split(cut("validation"))
        test = Whole(cut("test"), {"bsd68": pictures["test"], "set12": pictures["validation"]})
        mean, std = pixel_statistics(train.inputs)
        return Data(self.spec().model_copy(update={"mean": mean, "std": std}), train, validation, test, source=str(root))

    def _read(self, folder: Path, expected: int) -> list[torch.Tensor]:
        """The pictures of a folder, each `(1, height, width)`."""
        try:
            found = [torch.from_numpy(np.array(Image.open(path).convert("L")))[None]
                     for path in sorted(folder.glob("*.png"))]
        except (OSError, ValueError) as error:
            raise UserError(f"A picture in {folder} is damaged: replace the folder with a whole copy ({error}).") from error
        if len(found) != expected:
            raise UserError(f"{folder} has {len(found)} pictures instead of {expected}: replace it with a whole copy.")
        return found

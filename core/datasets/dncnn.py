"""The grey photographs of the DnCNN paper: Zhang, Zuo, Chen, Meng and Zhang 2017, "Beyond a Gaussian denoiser"."""

import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Progress, Split, patches, pixel_statistics
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
    expert="Patches that cover Train400 (180×180), validation on Set12, test on BSD68. A figure here is a mean over "
    "patches; the paper's table gives the mean over whole pictures, with noise that is not clipped.",
)
class DnCNNPhotographs(Dataset):
    """Images `(1, side, side)`, no targets."""

    class Settings(Settings):
        side: int = setting(64, "Side of the patches.", unit="pixels", ge=16, le=180)

    def spec(self) -> DataSpec:
        side = self.settings.side
        return DataSpec(
            kind="images",
            shape=(1, side, side),
            sizes={
                split: sum(math.ceil(height / side) * math.ceil(width / side) * count for height, width, count in pictures)
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
        splits = {split: Split(self._read(root / folder, pictures)) for split, (folder, pictures) in _FOLDERS.items()}
        mean, std = pixel_statistics(splits["train"].inputs)
        return Data(self.spec().model_copy(update={"mean": mean, "std": std}), **splits, source=str(root))

    def _read(self, folder: Path, pictures: list[tuple[int, int, int]]) -> torch.Tensor:
        parts, expected = [], sum(count for _, _, count in pictures)
        try:
            for path in sorted(folder.glob("*.png")):
                picture = torch.from_numpy(np.array(Image.open(path).convert("L")))[None]  # (1, height, width)
                parts.append(patches(picture, self.settings.side))
        except (OSError, ValueError) as error:
            raise UserError(f"A picture in {folder} is damaged: replace the folder with a whole copy ({error}).") from error
        if len(parts) != expected:
            raise UserError(f"{folder} has {len(parts)} pictures instead of {expected}: replace it with a whole copy.")
        return torch.cat(parts)

"""CelebA: Liu, Luo, Wang and Tang 2015, "Deep learning face attributes in the wild". Downloaded by torchvision."""

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image
from torchvision import datasets as torchvision_datasets

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Progress, Split, pixel_statistics
from core.errors import UserError
from core.experiment import Settings, setting
from core.home import find_data, writable_data_folder

_TRAINING_PICTURES, _LOOKED_AT = 162_770, 1000  # of the official split, and taken of validation and test each
_FACE = (25, 45, 153, 173)  # the middle 128×128 of 178×218: left, top, right, bottom


@dataset(
    "celeba",
    title="CelebA",
    year=2015,
    people="Ziwei Liu, Ping Luo, Xiaogang Wang, Xiaoou Tang",
    paper="Deep learning face attributes in the wild",
    url="https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
    licence="Non-commercial research",
    beginner="202,599 photographs of celebrities, all turned and scaled so that the eyes are in the same place: the faces "
    "that most forgers of faces have learned from.",
    expert="Aligned and cropped, 178×218 colour; the middle 128×128 reduced by a Lanczos filter. The official split: the "
    "first so many of its 162,770 training pictures, the first 1,000 of validation and of test. No labels are used.",
)
class CelebA(Dataset):
    """Images `(3, side, side)`, no targets."""

    class Settings(Settings):
        side: Literal[32, 64] = setting(32, "Side of the pictures; 64 takes about four times as long.", unit="pixels")
        pictures: int = setting(
            20_000, "Training pictures that are read; each 1,000 take about a second.", unit="pictures",
            ge=1000, le=_TRAINING_PICTURES,
        )

    def spec(self) -> DataSpec:
        return DataSpec(
            kind="images",
            shape=(3, self.settings.side, self.settings.side),
            sizes={"train": self.settings.pictures, "validation": _LOOKED_AT, "test": _LOOKED_AT},
            mean=(0.5, 0.43, 0.38),
            std=(0.3, 0.27, 0.27),
        )

    def availability(self) -> Availability:
        if found := find_data("celeba", "img_align_celeba"):
            return Availability(True, f"On disk: {found.parent}.")
        return Availability(False, "Not on disk; the run downloads it first (1.4 GB, from Google Drive).", fetchable=True)

    def fetch(self, progress: Progress) -> None:
        root = writable_data_folder()
        try:
            torchvision_datasets.CelebA(str(root), split="all", download=True)
        except (OSError, RuntimeError, ValueError) as error:
            # What torchvision and Google Drive say can be long: its first line is the cause.
            raise UserError(
                "CelebA could not be downloaded: check the network, or put img_align_celeba and list_eval_partition.txt "
                f"into {root / 'celeba'} ({str(error).strip().splitlines()[0]})."
            ) from error

    def load(self) -> Data:
        found = find_data("celeba", "img_align_celeba")
        if found is None:
            raise UserError("CelebA is not on disk: connect to the network, or point GLASSBOX_DATA at a folder with it.")
        parts: dict[str, list[str]] = {"0": [], "1": [], "2": []}  # train, validation, test, as the file numbers them
        try:
            for line in (found.parent / "list_eval_partition.txt").read_text(encoding="ascii").splitlines():
                name, part = line.split()
                parts[part].append(name)
            train, validation, test = (
                self._read(found, names[:count])
                for names, count in zip(parts.values(), self.spec().sizes.values(), strict=True)
            )
        except (OSError, ValueError, KeyError) as error:
            raise UserError(f"{found.parent} is damaged: delete it and launch again ({error}).") from error
        mean, std = pixel_statistics(train)
        return Data(
            self.spec().model_copy(update={"mean": mean, "std": std}),
            train=Split(train), validation=Split(validation), test=Split(test), source=str(found.parent),
        )

    def _read(self, folder: Path, names: list[str]) -> torch.Tensor:
        side = self.settings.side
        pictures = np.empty((len(names), side, side, 3), np.uint8)
        for i, name in enumerate(names):
            picture = Image.open(folder / name).convert("RGB")
            pictures[i] = picture.resize((side, side), Image.Resampling.LANCZOS, box=_FACE)
        return torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()  # (n, 3, side, side)

"""5,925 colour photographs of faces, 64×64, in one zip file that the person brings."""

import io
import zipfile
from typing import Literal

import numpy as np
import torch
from PIL import Image

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Progress, Split, pixel_statistics
from core.errors import UserError
from core.experiment import Settings, setting
from core.home import find_data, writable_data_folder

_FILE = "faces-64.zip"
_PARTS = [4925, 500, 500]  # train, validation, test, in the order of the file names


@dataset(
    "faces",
    title="Faces",
    licence="Research and education only",
    beginner="5,925 photographs of faces, cropped closely: what a forger of faces learns from. The file may not be passed "
    "on with Glassbox, so you bring it yourself.",
    expert="64×64 colour JPEG, 19.8 MB, decoded at once and reduced to 32×32 by a Lanczos filter where asked. By sorted "
    "name: the first 4,925 train, the next 500 validation, the last 500 test. No labels.",
)
class Faces(Dataset):
    """Images `(3, side, side)`, no targets."""

    class Settings(Settings):
        side: Literal[32, 64] = setting(32, "Side of the pictures; 64 takes about four times as long.", unit="pixels")

    def spec(self) -> DataSpec:
        return DataSpec(
            kind="images",
            shape=(3, self.settings.side, self.settings.side),
            sizes=dict(zip(("train", "validation", "test"), _PARTS, strict=True)),
            mean=(0.5, 0.5, 0.5),
            std=(0.25, 0.25, 0.25),
        )

    def availability(self) -> Availability:
        if found := find_data(_FILE):
            return Availability(True, f"On disk: {found}.")
        return Availability(
            False,
            f"Not on disk: put {_FILE} into {writable_data_folder()}. It can't be downloaded, because its terms allow "
            "research and education only.",
        )

    def fetch(self, progress: Progress) -> None:
        raise UserError(self.availability().sentence)

    def load(self) -> Data:
        found = find_data(_FILE)
        if found is None:
            raise UserError(self.availability().sentence)
        side = self.settings.side
        try:
            with zipfile.ZipFile(found) as archive:
                names = sorted(name for name in archive.namelist() if name.endswith(".jpg"))
                pictures = np.empty((len(names), side, side, 3), np.uint8)
                for i, name in enumerate(names):
                    picture = Image.open(io.BytesIO(archive.read(name))).convert("RGB")
                    pictures[i] = picture.resize((side, side), Image.Resampling.LANCZOS)  # a copy where it has that side
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            raise UserError(f"{found} is damaged: replace it with a whole copy ({error}).") from error
        if len(names) != sum(_PARTS):
            raise UserError(f"{found} holds {len(names)} pictures instead of {sum(_PARTS)}: replace it with a whole copy.")
        images = torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()  # (n, 3, side, side)
        train, validation, test = images.split(_PARTS)
        mean, std = pixel_statistics(train)
        return Data(
            self.spec().model_copy(update={"mean": mean, "std": std}),
            train=Split(train), validation=Split(validation), test=Split(test), source=str(found),
        )

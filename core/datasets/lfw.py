"""Labeled Faces in the Wild: Huang, Ramesh, Berg and Learned-Miller 2007. Downloaded by scikit-learn, which checks it."""

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image

from core.catalog import DataSpec, dataset
from core.datasets.base import Availability, Data, Dataset, Progress, Split, pixel_statistics
from core.errors import UserError
from core.experiment import Settings, setting
from core.home import find_data, writable_data_folder

# scikit-learn's own folder, then torchvision's.
_LAYOUTS = (("lfw_home", "lfw_funneled"), ("lfw-py", "lfw_funneled"))
_PICTURES, _LOOKED_AT = 13_233, 500  # in all, and in validation and test each
_FACE = (61, 61, 189, 189)  # the middle 128×128 of 250×250: left, top, right, bottom


@dataset(
    "lfw-faces",
    title="Labeled Faces in the Wild",
    year=2007,
    people="Gary Huang, Manu Ramesh, Tamara Berg, Erik Learned-Miller",
    paper="Labeled Faces in the Wild: a database for studying face recognition in unconstrained environments",
    url="https://vis-www.cs.umass.edu/lfw/",
    licence="Research",
    beginner="13,233 press photographs of 5,749 people, from the time when computers began to recognise faces outside the "
    "laboratory.",
    expert="The funneled (aligned) pictures, 250×250 colour; the middle 128×128 reduced by a Lanczos filter. By sorted "
    "path, which goes by first name: the last 500 test, the 500 before them validation. No labels.",
)
class LFWFaces(Dataset):
    """Images `(3, side, side)`, no targets."""

    class Settings(Settings):
        side: Literal[32, 64] = setting(32, "Side of the pictures; 64 takes about four times as long.", unit="pixels")
        pictures: int = setting(
            _PICTURES - 2 * _LOOKED_AT, "Most training pictures, spread evenly over all.", unit="pictures",
            ge=1000, le=_PICTURES - 2 * _LOOKED_AT,
        )

    def spec(self) -> DataSpec:
        return DataSpec(
            kind="images",
            shape=(3, self.settings.side, self.settings.side),
            sizes={"train": self.settings.pictures, "validation": _LOOKED_AT, "test": _LOOKED_AT},
            mean=(0.5, 0.45, 0.4),
            std=(0.25, 0.25, 0.25),
        )

    def _folder(self) -> Path | None:
        return next((found for layout in _LAYOUTS if (found := find_data(*layout))), None)

    def availability(self) -> Availability:
        if found := self._folder():
            return Availability(True, f"On disk: {found}.")
        return Availability(False, "Not on disk; the run downloads it first (230 MB).", fetchable=True)

    def fetch(self, progress: Progress) -> None:
        from sklearn.datasets import fetch_lfw_people  # slow to import, and only this data set needs it

        try:
            # Few people, so that little is decoded: what is wanted here is that the files come.
            fetch_lfw_people(data_home=str(writable_data_folder()), min_faces_per_person=200, n_retries=1)
        except (OSError, EOFError, ValueError) as error:
            raise UserError(
                "Labeled Faces in the Wild could not be downloaded: check the network, or put the folder lfw_funneled into "
                f"{writable_data_folder() / 'lfw_home'} ({error})."
            ) from error

    def load(self) -> Data:
        folder = self._folder()
        if folder is None:
            raise UserError(
                "Labeled Faces in the Wild is not on disk: connect to the network, or point GLASSBOX_DATA at a folder "
                "with it."
            )
        paths = sorted(folder.glob("*/*.jpg"))
        if len(paths) != _PICTURES:
            raise UserError(f"{folder} has {len(paths)} pictures instead of {_PICTURES}: delete it and launch again.")
        learned, checked, tested = paths[: -2 * _LOOKED_AT], paths[-2 * _LOOKED_AT : -_LOOKED_AT], paths[-_LOOKED_AT:]
        spread = torch.linspace(0, len(learned) - 1, self.settings.pictures).long()
        train = self._read([learned[i] for i in spread])
        mean, std = pixel_statistics(train)
        return Data(
            self.spec().model_copy(update={"mean": mean, "std": std}),
            train=Split(train), validation=Split(self._read(checked)), test=Split(self._read(tested)), source=str(folder),
        )

    def _read(self, paths: list[Path]) -> torch.Tensor:
        side = self.settings.side
        pictures = np.empty((len(paths), side, side, 3), np.uint8)
        for i, path in enumerate(paths):
            try:
                pictures[i] = Image.open(path).convert("RGB").resize((side, side), Image.Resampling.LANCZOS, box=_FACE)
            except (OSError, ValueError) as error:
                raise UserError(f"{path} is damaged: delete {path.parents[1]} and launch again.") from error
        return torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()  # (n, 3, side, side)

"""Pictures with captions: their files read, and the captions as numbers of pieces of words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from core.catalog import PADDING, DataSpec
from core.datasets import class_folders, dividing, files, pairs, subwords
from core.datasets.base import Data, Progress, Split, pixel_statistics
from core.datasets.cache import cached
from core.datasets.files import BROKEN, File
from core.datasets.vocabulary import tokenise
from core.errors import UserError

_LINE = re.compile(r"(?P<name>[^,\t]+?)(?:#\d+)?(?:,|\t)(?P<caption>.*)")  # `1.jpg,A dog` or `1.jpg#0<tab>A dog`
_HEADER = re.compile(r"image\w*,\s*caption\w*", re.IGNORECASE)


def spec(sizes: dict[str, int], side: int, captions: int, vocabulary_size: int, length: int) -> DataSpec:
    """What captioned photographs yield, before they are read. `captions`: the most of a picture; `length`: the longest
    caption in pieces of words, without its start and end."""
    return DataSpec(
        kind="captioned", shape=(3, side, side), sizes=sizes, mean=(0.45, 0.45, 0.4), std=(0.27, 0.26, 0.28), mirrored=True,
        captions=captions, vocabulary_size=vocabulary_size, target_length=length + 2,
    )


def plain(caption: str) -> str:
    """A caption as it is learned and measured: words in lower case, no signs (Karpathy and Fei-Fei 2015, section 3.1)."""
    return " ".join(word for word in tokenise(caption) if word[0].isalnum())


def parsed(name: str, text: str) -> dict[str, list[str]]:
    """The captions of each picture, by its name, in the order of a file's lines: `image,caption`, split at the first comma,
    or `image#number`, a tab and the caption. Captions without a word are left out.

    Raises `UserError` with the first line that is neither.
    """
    found: dict[str, list[str]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or (number == 1 and _HEADER.fullmatch(line.strip())):
            continue
        match = _LINE.fullmatch(line)
        if not match:
            raise UserError(f"Line {number:,} of {name} has no caption after a picture's name and a comma: mend it.")
        captions = found.setdefault(match["name"].strip(), [])
        if caption := plain(match["caption"]):
            captions.append(caption)
    if not found:
        raise UserError(f"{name} holds no captions: each line should be a picture's name, a comma and a caption.")
    return found


def named(held: Sequence[File]) -> dict[str, File]:
    """The files of a zip or a folder by their names alone, as captions name them."""
    return {PurePosixPath(file.place).name: file for file in held}


class Pictures(NamedTuple):
    """Each the largest square in its middle, uint8 `(n, 3, side, side)`, black where it is missing or can't be read; whether
    it could be, bool `(n,)`; the digest of its file `(n,)`."""

    images: Tensor
    readable: Tensor
    digests: Tensor


def pictures(path: Path, names: Sequence[str], side: int, progress: Progress = lambda done, total: None) -> Pictures:
    """The pictures of those names in a zip or a folder. Kept decoded."""
    held, version = files.listed(path)
    wanted = dividing.digest("\n".join(names).encode(errors="replace"))

    def read() -> dict[str, Tensor]:
        there, images = named(held), np.zeros((len(names), side, side, 3), np.uint8)
        readable, digests = np.zeros(len(names), bool), np.zeros(len(names), np.int64)
        with files.opened(path) as content_of:
            for i, name in enumerate(names):
                progress(i, len(names))
                try:
                    content = content_of(there[name])
                    images[i] = class_folders.picture(content, side, grey=False)
                    readable[i], digests[i] = True, dividing.digest(content)
                except (KeyError, *BROKEN):
                    continue
        progress(len(names), len(names))
        return {"images": torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(),
                "readable": torch.from_numpy(readable), "digests": torch.from_numpy(digests)}

    return Pictures(**cached(path, f"pictures with captions, side {side}: {wanted}", read, version))


def data(images: dict[str, Tensor], captions: dict[str, Sequence[Sequence[str]]], promised: DataSpec, source: str) -> Data:
    """The splits as `promised`, of pictures uint8 `(n, 3, side, side)` and as many lists of captions. The tokeniser is
    trained on the training captions; longer captions are cut, and of a picture with too many the first are taken."""
    found = subwords.learned((text for each in captions["train"] for text in each), promised)
    mean, std = pixel_statistics(images["train"])
    std = tuple(value or 1.0 for value in std)  # one colour alone can't be scaled
    splits = {}
    for name, pictures_ in images.items():
        targets = torch.full((len(pictures_), found.captions, found.target_length), PADDING)
        for i, each in enumerate(captions[name]):
            rows = pairs.rows(each[: found.captions], found.tokeniser, found.target_length, framed=True)
            targets[i, : len(rows)] = rows
        splits[name] = Split(pictures_, targets)
    return Data(found.model_copy(update={"mean": mean, "std": std}), **splits, source=source)

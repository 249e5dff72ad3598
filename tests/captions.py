"""Pictures of a coloured bar, each with captions that name its colour and its place."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core.datasets import captioned
from core.datasets.base import Data, Split

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 60), "blue": (30, 60, 230), "white": (250, 250, 250)}
PLACES = {"above": 2, "in the middle": 13, "below": 24}  # the row where the bar begins


def drawn(number: int) -> tuple[np.ndarray, list[str]]:
    """A picture, uint8 `(32, 32, 3)`, and three captions."""
    colour, place = list(COLOURS)[number % 4], list(PLACES)[number // 4 % 3]
    picture = np.random.default_rng(number).integers(0, 60, (32, 32, 3)).astype(np.uint8)
    picture[PLACES[place] : PLACES[place] + 6] = COLOURS[colour]
    return picture, [f"A {colour} bar, {place}.", f"There is a {colour} bar {place}", f"the bar {place} is {colour}"]


def file(picture: np.ndarray) -> bytes:
    held = io.BytesIO()
    Image.fromarray(picture).save(held, "PNG")
    return held.getvalue()


def lines(count: int) -> str:
    """The captions of so many pictures, as a file's lines."""
    return "image,caption\n" + "".join(f"{i:03}.png,{caption}\n" for i in range(count) for caption in drawn(i)[1])


def packed(path: Path, count: int, more: dict[str, bytes | str] | None = None) -> Path:
    """A zip of so many pictures, and `more` files."""
    with zipfile.ZipFile(path, "w") as archive:
        for i in range(count):
            archive.writestr(f"pictures/{i:03}.png", file(drawn(i)[0]))
        for name, content in (more or {}).items():
            archive.writestr(name, content)
    return path


@cache
def data() -> Data:
    """96 pictures to train on, 12 for validation and 12 for the test, with three captions each."""
    images, texts, start = {}, {}, 0
    sizes = {"train": 96, "validation": 12, "test": 12}
    for name, size in sizes.items():
        found = [drawn(i) for i in range(start, start + size)]
        images[name] = torch.from_numpy(np.stack([picture for picture, _ in found])).permute(0, 3, 1, 2).contiguous()
        texts[name] = [[captioned.plain(caption) for caption in captions] for _, captions in found]
        start += size
    return captioned.data(images, texts, captioned.spec(sizes, 32, 3, 320, 14), "drawn")


def split_of(count: int) -> Split:
    """The first so many that are trained on."""
    return Split(data().train.inputs[:count], data().train.targets[:count])

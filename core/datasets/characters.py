"""A running text as numbers: a vocabulary of its characters, three parts in order, and windows of each part.

The text is one tensor. Training takes windows from anywhere in it, as Karpathy's char-rnn (2015) and nanoGPT do; the other
two parts are cut so that each of their characters is foretold exactly once.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.catalog import DataSpec
from core.datasets import files
from core.datasets.base import Batch, Data, Split
from core.errors import UserError

LENGTH, HOW_LONG = 64, "Characters of a window: as far back as a model can look."
SHARES = (90, 95)  # per cent of the text after which training and validation end
DIVIDED = "In order, 90 % to train on, 5 % validation, 5 % test."
NONE = -100  # a target that does not count: torch's own sign for it in a cross-entropy
MOST_BYTES = 100_000_000  # of a file; it takes some fifteen times as much memory to read
FEWEST, FEWEST_KINDS = 10_000, 8  # characters that a text must have, and different ones among them


class Windows(Split):
    """The training part of a text, int64 `(characters,)`: inputs `(n, length)` one after the other, and targets, the same
    moved on by one. Both are views of the text.

    A window that is taken for training begins at a random place of the stretch that is its own, so that an epoch reads as
    many characters as the text has, and the next one reads them in other windows.
    """

    def __init__(self, text: Tensor, length: int):
        count = (len(text) - 1) // length
        super().__init__(*(text[moved : moved + count * length].view(count, length) for moved in (0, 1)))
        self.text, self.length = text, length

    def to(self, device: torch.device) -> Windows:
        return Windows(self.text.to(device), self.length)

    def take(self, index: Tensor, device: torch.device) -> Batch:
        starts = (index * self.length + torch.randint(self.length, index.shape)).clamp_max(len(self.text) - self.length - 1)
        places = starts[:, None] + torch.arange(self.length + 1)  # (batch, length + 1)
        taken = self.text[places.to(self.text.device)].to(device)
        return Batch(taken[:, :-1], taken[:, 1:])


def held_out(text: Tensor, start: int, end: int, length: int) -> Split:
    """The characters `start` to `end` (exclusive) of a text as targets, each once, after those before them.

    The last window reaches back to be whole; what it repeats does not count.
    """
    starts = torch.arange(start, end, length).clamp_max(end - length)
    places = starts[:, None] + torch.arange(length)  # (n, length), of the targets
    fresh = places >= torch.arange(start, end, length)[:, None]
    return Split(text[places - 1], text[places].masked_fill(~fresh, NONE))


def sizes(characters: int, length: int) -> dict[str, int]:
    """The windows of each split of a text of so many characters."""
    first, second = _ends(characters)
    return {"train": (first - 1) // length, "validation": -(-(second - first) // length),
            "test": -(-(characters - second) // length)}


def spec(characters: int, length: int, kinds: int) -> DataSpec:
    """What a text yields, `kinds` different characters at most, before it is read."""
    return DataSpec(kind="text", shape=(length,), sizes=sizes(characters, length), vocabulary_size=kinds)


def data(text: str, length: int, source: str) -> Data:
    """A text in its three parts. Its vocabulary is all characters that it holds, in the order of their code points."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    numbers = np.zeros(sys.maxunicode + 1, np.int64)  # of every code point that there is
    numbers[codes] = 1
    kinds = numbers.nonzero()[0]
    numbers[kinds] = np.arange(len(kinds))
    whole = torch.from_numpy(numbers[codes])
    first, second = _ends(len(whole))
    found = spec(len(whole), length, len(kinds)).model_copy(update={"vocabulary": tuple(map(chr, kinds.tolist()))})
    return Data(found, Windows(whole[:first], length), held_out(whole, first, second, length),
                held_out(whole, second, len(whole), length), source)


def read(path: Path) -> tuple[str, str]:
    """The text of a file, its lines ended by `\\n`, and the encoding that it was in. Raises `UserError` where it is none."""
    if (size := path.stat().st_size) > MOST_BYTES:
        raise UserError(f"{path.name} has {size / 1e6:,.0f} MB: bring one of at most {MOST_BYTES / 1e6:.0f} MB.")
    return files.decoded(path.name, path.read_bytes())


def check(name: str, text: str) -> None:
    """Raises `UserError` where a text is too small to learn from."""
    if len(text) < FEWEST:
        raise UserError(f"{name} has {len(text):,} characters: bring a text of at least {FEWEST:,}.")
    if (kinds := len(set(text))) < FEWEST_KINDS:
        raise UserError(f"{name} has {kinds} different characters: bring a text with at least {FEWEST_KINDS}.")


def _ends(characters: int) -> tuple[int, int]:
    """Where training and validation end."""
    first, second = (characters * share // 100 for share in SHARES)
    return first, second

"""A running text as numbers: a vocabulary of its characters, or of pieces of its words, three parts in order, and windows of
each part.

The text is one tensor. Training takes windows from anywhere in it, as Karpathy's char-rnn (2015) and nanoGPT do; the other
two parts are cut so that each of their characters is foretold exactly once.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from core.catalog import DataSpec
from core.datasets import files, subwords
from core.datasets.base import Batch, Data, Split
from core.errors import UserError
from core.experiment import Settings, setting

LENGTH, HOW_LONG = 64, "Tokens of a window: as far back as a model can look."
SHARES = (90, 95)  # per cent of the text after which training and validation end
DIVIDED = "In order, 90 % to train on, 5 % validation, 5 % test. A run may read pieces of words (byte-pair encoding)."
NONE = -100  # a target that does not count: torch's own sign for it in a cross-entropy
MOST_BYTES = 100_000_000  # of a file; it takes some fifteen times as much memory to read
FEWEST, FEWEST_KINDS = 10_000, 8  # characters that a text must have, and different ones among them


class TextSettings(Settings):
    length: int = setting(LENGTH, HOW_LONG, unit="tokens", ge=8, le=1024)
    tokens: Literal["characters", "subwords"] = setting(
        "characters", "What the text is cut into: its characters, or pieces of words that byte-pair encoding finds in the "
        "training part."
    )
    vocabulary_size: int = setting(1000, "Pieces that are told apart at most, where the text is cut into pieces of words.",
                                   unit="pieces", ge=300, le=50_000)


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
        places = self.starts(index)[:, None] + torch.arange(self.length + 1)  # (batch, length + 1)
        taken = self.text[places.to(self.text.device)].to(device)
        return Batch(taken[:, :-1], taken[:, 1:])


    def starts(self, index: Tensor) -> Tensor:
        """Where the windows at `index` begin, int64 `(batch,)`."""
        return (index * self.length + torch.randint(self.length, index.shape)).clamp_max(len(self.text) - self.length - 1)

    def streams(self, count: int) -> Streams:
        return Streams(self.text, self.length, count)


class Streams(Windows):
    """The same text as `count` streams that are read side by side: each batch holds the next window of every stream, so
    that a state can be handed on from batch to batch. There are as many batches as of random windows: the streams are a
    little longer than their share of the text, and reach into the next one's."""

    def __init__(self, text: Tensor, length: int, count: int):
        super().__init__(text, length)
        self.count, self.windows = count, math.ceil(len(self.inputs) / count)  # `windows` of each stream
        last = len(text) - 1 - self.windows * length
        self.begin = torch.linspace(0, last, count, dtype=torch.float64).long()

    def __len__(self) -> int:
        return self.count * self.windows

    def starts(self, index: Tensor) -> Tensor:
        return self.begin[index % self.count] + index // self.count * self.length

    def grouped(self, order: Tensor, size: int) -> Sequence[Tensor]:
        return torch.arange(len(self)).split(size)


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


def spec(characters: int, settings: TextSettings, kinds: int) -> DataSpec:
    """What a text yields, `kinds` different characters at most, before it is read. How many pieces of words it has is an
    estimate then, good to a third for English."""
    count = characters
    if settings.tokens == "subwords":
        kinds = settings.vocabulary_size
        count = round(characters / min(4, math.log2(kinds / 128)))
    return DataSpec(kind="text", shape=(settings.length,), sizes=sizes(count, settings.length), vocabulary_size=kinds)


def data(text: str, settings: TextSettings, source: str) -> Data:
    """A text in its three parts, cut as the settings say."""
    cut = _pieces if settings.tokens == "subwords" else _characters
    return cut(text, settings, source)


def _pieces(text: str, settings: TextSettings, source: str) -> Data:
    """The vocabulary is found in the training part; each part holds the pieces that begin in it."""
    first, second = _ends(len(text))
    tokeniser = subwords.train([text[:first]], settings.vocabulary_size)
    numbers, begins = subwords.cut(text, tokeniser)
    ends = bisect_left(begins, first), bisect_left(begins, second)
    if ends[0] <= settings.length:
        raise UserError(f"The training text has only {ends[0]:,} pieces of words: take windows shorter than that.")
    return _parts(torch.tensor(numbers), ends, settings.length, source,
                  vocabulary=subwords.vocabulary(tokeniser), tokeniser=tokeniser)


def _characters(text: str, settings: TextSettings, source: str) -> Data:
    """The vocabulary is all characters that the text holds, in the order of their code points."""
    codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
    numbers = np.zeros(sys.maxunicode + 1, np.int64)  # of every code point that there is
    numbers[codes] = 1
    kinds = numbers.nonzero()[0]
    numbers[kinds] = np.arange(len(kinds))
    whole = torch.from_numpy(numbers[codes])
    return _parts(whole, _ends(len(whole)), settings.length, source, vocabulary=tuple(map(chr, kinds.tolist())))


def _parts(whole: Tensor, ends: tuple[int, int], length: int, source: str, **found: Any) -> Data:
    """A text in numbers, whose training and validation end at `ends`."""
    first, second = ends
    held = (held_out(whole, start, end, length) for start, end in ((first, second), (second, len(whole))))
    splits = (Windows(whole[:first], length), *held)
    sizes = dict(zip(("train", "validation", "test"), map(len, splits), strict=True))
    spec = DataSpec(kind="text", shape=(length,), sizes=sizes, vocabulary_size=len(found["vocabulary"]), **found)
    return Data(spec, *splits, source)


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

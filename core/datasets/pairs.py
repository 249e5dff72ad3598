"""Sentences and their translations as numbers: one vocabulary of pieces of words for both languages, so that names and what
the languages share have one number (Vaswani et al. 2017, section 5.1)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.catalog import END, PADDING, START, DataSpec
from core.datasets import subwords
from core.datasets.base import Data, Padded
from core.errors import UserError

Sides = tuple[Sequence[str], Sequence[str]]  # sources and targets, line by line


def spec(sizes: dict[str, int], languages: tuple[str, str], vocabulary_size: int, length: int) -> DataSpec:
    """What pairs yield, before they are read. `length`: the longest sentence in pieces; a target has two signs more."""
    return DataSpec(kind="pairs", shape=(length,), sizes=sizes, vocabulary_size=vocabulary_size, target_length=length + 2,
                    languages=languages)


def data(parts: dict[str, Sides], promised: DataSpec, source: str) -> Data:
    """Train, validation and test pairs as `promised`; the tokeniser is trained on the training pairs, longer sentences are
    cut."""
    found = subwords.learned((text for side in parts["train"] for text in side), promised)
    splits = {name: Padded(*(rows(texts, found.tokeniser, length, framed) for texts, length, framed in
                             zip(sides, (found.shape[0], found.target_length), (False, True), strict=True)))
              for name, sides in parts.items()}
    return Data(found, **splits, source=source)


def rows(texts: Sequence[str], tokeniser: str, length: int, framed: bool) -> Tensor:
    """Texts as rows `(n, length)` of numbers, filled up with padding; `framed`: with a start and an end."""
    cut = [[START, *numbers[: length - 2], END] if framed else numbers[:length]
           for numbers in subwords.numbers(texts, tokeniser)]
    return torch.tensor([numbers + [PADDING] * (length - len(numbers)) for numbers in cut])


def encode(text: str, spec: DataSpec) -> Tensor:
    """A person's sentence as numbers `(length,)`, without padding. Raises `UserError` where it is empty or too long."""
    numbers = subwords.numbers([text.strip()], spec.tokeniser)[0] if text.strip() else []
    if not numbers:
        raise UserError("There is nothing to translate: type a sentence.")
    if len(numbers) > spec.shape[0]:
        raise UserError(f"This has {len(numbers)} pieces of words, and the model reads at most {spec.shape[0]}: shorten it.")
    return torch.tensor(numbers)

"""Sentences to numbers: tokens, a vocabulary, and rows of token numbers padded to one length."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from core.catalog import PADDING, UNKNOWN, DataSpec
from core.errors import UserError

_TOKEN = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")  # a word with its inner apostrophes and hyphens, or one sign


def tokenise(text: str) -> list[str]:
    """Lower-case words and single signs: `"It isn't bad!"` gives `["it", "isn't", "bad", "!"]`."""
    return _TOKEN.findall(text.lower())


def build_vocabulary(sentences: Iterable[list[str]], size: int) -> tuple[str, ...]:
    """The `size` entries of a vocabulary: padding, unknown, then the most frequent tokens (ties in alphabetical order)."""
    counts = Counter(token for sentence in sentences for token in sentence)
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    return ("<padding>", "<unknown>", *ranked[: size - 2])


def numbers(tokens: list[str], index: dict[str, int], length: int) -> list[int]:
    """Token numbers of exactly `length`: cut there, or filled up with padding. `index` maps each known token."""
    known = [index.get(token, UNKNOWN) for token in tokens[:length]]
    return known + [PADDING] * (length - len(known))


def encode(text: str, spec: DataSpec) -> tuple[list[int], list[str]]:
    """A person's text for a model that was trained on such data.

    Returns: token numbers, padded to the spec's length, and the tokens that they stand for, without padding.
    Raises `UserError` where the text is empty or longer than the model can read.
    """
    tokens, (length,) = tokenise(text), spec.shape
    if not tokens:
        raise UserError("There is no word in this text: type a sentence.")
    if len(tokens) > length:
        raise UserError(f"This text has {len(tokens)} words and signs, and the model reads at most {length}: shorten it.")
    index = {token: i for i, token in enumerate(spec.vocabulary)}
    return numbers(tokens, index, length), tokens

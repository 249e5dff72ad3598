"""Pairs of sentences made of a few words: numbers in English and in French."""

from __future__ import annotations

from core.catalog import DataSpec
from core.datasets import subwords

WORDS = {"one": "un", "two": "deux", "three": "trois", "four": "quatre", "five": "cinq", "six": "six", "men": "hommes",
         "dogs": "chiens", "run": "courent", "sleep": "dorment"}


def spec(length: int = 12) -> DataSpec:
    """The spec of such pairs, with its tokeniser."""
    tokeniser = subwords.train([*WORDS, *WORDS.values()] * 3, 320)
    names = subwords.vocabulary(tokeniser)
    return DataSpec(
        kind="pairs", shape=(length,), target_length=length + 2, sizes={"train": 100, "validation": 10, "test": 10},
        vocabulary=names, vocabulary_size=len(names), tokeniser=tokeniser, languages=("English", "French"),
    )

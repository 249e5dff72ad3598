"""CIDEr-D, how far captions agree with what people wrote: Vedantam, Zitnick and Parikh 2015, "CIDEr: consensus-based image
description evaluation", sections 4 and 6, as the COCO caption evaluation computes it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

LONGEST, SPREAD = 4, 6.0  # n-grams of 1 to 4 words; how far lengths may differ: section 6
SCALE = 10.0  # as the COCO evaluation states it

Phrase = tuple[str, ...]


def cider(captions: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """The mean over pictures of how alike each caption is to its references: n-grams weighed by how rare they are among the
    pictures, 0 to 10. Texts are words with blanks between them, compared as they are (the paper stems them)."""
    told = [[_phrases(text) for text in each] for each in references]
    seen = Counter(phrase for each in told for phrase in {phrase for one in each for phrase in one})
    pictures = math.log(len(references))

    def weighed(phrases: Counter[Phrase]) -> list[dict[Phrase, float]]:
        """By length: each phrase's count times how rare it is."""
        by_length: list[dict[Phrase, float]] = [{} for _ in range(LONGEST)]
        for phrase, count in phrases.items():
            by_length[len(phrase) - 1][phrase] = count * (pictures - math.log(max(1, seen[phrase])))
        return by_length

    scores = []
    for caption, each in zip(captions, told, strict=True):
        phrases = _phrases(caption)
        mine, length = weighed(phrases), _words(phrases)
        total = 0.0
        for reference in each:
            gap = math.exp(-((length - _words(reference)) ** 2) / (2 * SPREAD**2))
            total += gap * sum(_alike(*pair) for pair in zip(mine, weighed(reference), strict=True)) / LONGEST
        scores.append(SCALE * total / len(each))
    return sum(scores) / len(scores)


def _phrases(text: str) -> Counter[Phrase]:
    words = text.split()
    return Counter(tuple(words[i : i + n]) for n in range(1, LONGEST + 1) for i in range(len(words) - n + 1))


def _words(phrases: Counter[Phrase]) -> int:
    """How many words a text has; the COCO evaluation compares lengths by pairs of words, which differ by one alone."""
    return sum(count for phrase, count in phrases.items() if len(phrase) == 1)


def _alike(mine: dict[Phrase, float], theirs: dict[Phrase, float]) -> float:
    """The cosine of two weighed lists, where a phrase said too often counts no more than the reference has it."""
    product = sum(min(weight, theirs[phrase]) * theirs[phrase] for phrase, weight in mine.items() if phrase in theirs)
    size = math.sqrt(sum(weight**2 for weight in mine.values()) * sum(weight**2 for weight in theirs.values()))
    return product / size if size else 0.0

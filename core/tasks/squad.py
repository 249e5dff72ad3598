"""Exact match and F1 as SQuAD's own script computes them (evaluate-v1.1.py; Rajpurkar et al. 2016, section 6.1)."""

import re
import string
from collections import Counter
from collections.abc import Sequence

_SIGNS = str.maketrans("", "", string.punctuation)


def normalised(text: str) -> str:
    """Lower case, without signs, articles and more than one space."""
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text.lower().translate(_SIGNS)).split())


def exact_match(said: str, answers: Sequence[str]) -> bool:
    """Whether what was said is one of the answers, both normalised."""
    return normalised(said) in {normalised(answer) for answer in answers}


def f1(said: str, answers: Sequence[str]) -> float:
    """The overlap of words with that answer which has most of it: the harmonic mean of precision and recall."""
    return max(_overlap(normalised(said).split(), normalised(answer).split()) for answer in answers)


def _overlap(said: list[str], answer: list[str]) -> float:
    same = (Counter(said) & Counter(answer)).total()
    return 2 * same / (len(said) + len(answer)) if same else 0.0

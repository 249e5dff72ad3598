"""Words of a person's text are hidden, and a masked language model says what fills the gaps (Devlin et al. 2019, "BERT")."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import torch

from core.architectures.attention_layers import explained
from core.datasets.vocabulary import tokenise
from core.inside.load import Loaded

MASK = "▒▒▒"  # what stands for a hidden word


@dataclass(frozen=True)
class Gap:
    """A hidden place: the likeliest words with their chances, likeliest first, and of the word that the person wrote there
    its chance and its rank from 1 on, both None where the model has never read it."""

    place: int
    guesses: tuple[tuple[str, float], ...]
    chance: float | None
    rank: int | None


@dataclass(frozen=True)
class Filled:
    """A text with its gaps. `tokens`: as the model reads them, `MASK` where one is hidden; `known`: whether each is in the
    vocabulary; `layers`: the attention of each layer, float32 `(heads, query, key)`; none in a model without."""

    tokens: tuple[str, ...]
    known: tuple[bool, ...]
    gaps: tuple[Gap, ...]
    layers: tuple[np.ndarray, ...]


def fits(loaded: Loaded) -> bool:
    """Whether the run fills gaps."""
    return hasattr(loaded.task, "fill")


def words(loaded: Loaded, text: str) -> tuple[list[str], int]:
    """The words of a text that the model can read, and how many were left out at its end."""
    (most,) = loaded.spec.shape
    found = tokenise(text)
    return found[:most], max(0, len(found) - most)


def fill(loaded: Loaded, text: str, hidden: Collection[int], count: int = 8) -> Filled:
    """What the model makes of a text of which the words at the places `hidden` are covered, all at once, with `count`
    guesses for each. Raises `UserError` where there is no word."""
    numbers, tokens = loaded.task.encode(" ".join(words(loaded, text)[0]))
    sentence, index = numbers[0, : len(tokens)], {token: i for i, token in enumerate(loaded.spec.vocabulary)}
    places = sorted(place for place in hidden if place < len(tokens))
    covered = sentence.clone()
    covered[places] = loaded.model.mask
    with loaded.lock, torch.no_grad():
        chances = loaded.task.fill(sentence, places)  # (places, vocabulary)
        _, attention = explained(loaded.model, covered[None])
    gaps = []
    for place, of_gap in zip(places, chances, strict=True):
        best = of_gap.topk(count)
        guesses = [(loaded.spec.vocabulary[i], chance) for i, chance in
                   zip(best.indices.tolist(), best.values.tolist(), strict=True)]
        own = index.get(tokens[place])
        stood = (None, None) if own is None else (of_gap[own].item(), int((of_gap > of_gap[own]).sum()) + 1)
        gaps.append(Gap(place, tuple(guesses), *stood))
    shown = tuple(MASK if place in places else token for place, token in enumerate(tokens))
    known = tuple(place in places or token in index for place, token in enumerate(tokens))
    return Filled(shown, known, tuple(gaps), tuple(weights[0].float().numpy() for weights in attention))

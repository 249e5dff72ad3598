"""What a model makes of a sentence: its class, which words decided it, and, in a Transformer, which word looks at which in
every layer and head (Vaswani et al. 2017, figures 3 to 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.architectures.attention_layers import explained
from core.datasets.vocabulary import UNKNOWN, tokenise
from core.inside.classify import Answer
from core.inside.load import Loaded
from core.tasks.base import ClassifierTask


@dataclass(frozen=True)
class Reading:
    """What the model made of a sentence of `length` tokens.

    `ids` int64 `(1, length)`: the numbers of its `tokens`; `known`: whether each is in the vocabulary; `left_out`: how many
    tokens were cut off at the end;
    `pull` float32 `(length,)`: by how much the log odds of the answer fall where that token is taken away;
    `layers`: the attention of each layer, float32 `(heads, query, key)`, whose rows sum to one; none in a model without.
    """

    ids: Tensor
    tokens: tuple[str, ...]
    known: tuple[bool, ...]
    left_out: int
    answer: Answer
    pull: np.ndarray
    layers: tuple[np.ndarray, ...]


def fits(loaded: Loaded) -> bool:
    """Whether the run names sentences."""
    return loaded.spec.kind == "sentences" and isinstance(loaded.task, ClassifierTask)


def read_sentence(loaded: Loaded, text: str) -> Reading:
    """The model's reading of a text; what is longer than the model can read is cut. Raises `UserError` where it is empty."""
    (most,) = loaded.spec.shape
    words = tokenise(text)
    numbers, tokens = loaded.task.encode(" ".join(words[:most]))
    length = len(tokens)
    ids = numbers.view(1, -1)[:, :length]  # (1, length), without padding
    with loaded.lock, torch.no_grad():
        logits, attention = explained(loaded.model, ids)
        logits, layers = logits.float(), tuple(weights[0].float().numpy() for weights in attention)  # (heads, query, key)
        answer = Answer(loaded.spec.classes, logits[0].softmax(0).numpy())
        pull = _pull(loaded, ids, answer)
    known = tuple(int(number) != UNKNOWN for number in ids[0])
    return Reading(ids, tuple(tokens), known, max(0, len(words) - most), answer, pull, layers)


def rollout(layers: Sequence[np.ndarray]) -> np.ndarray:
    """Attention through all layers, `(query, key)`: from which words what stands at each place in the end has come, if half
    of it stays where it is in each layer (Abnar and Zuidema 2020, "Quantifying attention flow in transformers", section 3).
    `layers`: each `(heads, query, key)`."""
    flow = np.eye(layers[0].shape[1])
    for layer in layers:
        flow = (layer.mean(0) + np.eye(len(flow))) / 2 @ flow
    return flow


def _pull(loaded: Loaded, ids: Tensor, answer: Answer) -> np.ndarray:
    """Erasure (Li, Monroe and Jurafsky 2016): the answer's log odds with every token, less those without each."""
    length = ids.shape[1]
    if length == 1:
        return np.zeros(1, np.float32)
    kept = ~torch.eye(length, dtype=torch.bool)
    without = ids.expand(length, length)[kept].view(length, length - 1)  # row i lacks token i
    shares = loaded.model(without).float().softmax(1)[:, answer.best]  # (length,)
    return (torch.logit(torch.tensor(answer.probabilities[answer.best]), 1e-6) - torch.logit(shares, 1e-6)).numpy()

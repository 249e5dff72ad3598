"""A sentence that a model wrote: its pieces, how sure it was of each, and what else it had in mind there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from core.inside.load import Loaded
from core.tasks import decoding
from core.tasks.decoding import Written


@dataclass(frozen=True)
class Said:
    """One sentence: its `text`; its `pieces` in order, the last of which is the end sign unless it was cut off, and the
    chance of each; `score` as beam search ranks it."""

    text: str
    pieces: tuple[str, ...]
    chances: tuple[float, ...]
    score: float
    numbers: tuple[int, ...]


def told(loaded: Loaded, written: Written) -> Said:
    pieces = tuple(decoding.names(written.numbers, loaded.spec))
    return Said(loaded.task.text(written.numbers), pieces, written.chances, written.score, written.numbers)


def in_mind(loaded: Loaded, inputs: Tensor, said: Said, place: int) -> np.ndarray:
    """The chance of each piece of the vocabulary at a place of a sentence, from 0 on, float32 `(vocabulary,)`. `inputs`:
    what the sentence was written for, as the model's `encode` takes it."""
    with loaded.lock, torch.no_grad():
        read = loaded.model.encode(inputs)
        logits = loaded.model.decode(decoding.begun(said.numbers[: place + 1])[None], read, last=True)[0, 0].float()
    return logits.softmax(0).numpy()

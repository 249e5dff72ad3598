"""The copying task put to a model: ten symbols, a pause, and what comes back (Arjovsky, Shah and Bengio 2016, section
5.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from core.datasets.memory import BLANK, KEPT, SIGN
from core.errors import UserError
from core.inside.load import Loaded


@dataclass(frozen=True)
class Recalled:
    """`read` int64 `(length,)`: all that the model read, its own symbols but the last at the end; `chances` float32
    `(KEPT, vocabulary)` of what comes back; `text`: the likeliest."""

    read: np.ndarray
    chances: np.ndarray
    text: str


def fits(loaded: Loaded) -> bool:
    """Whether the run copies symbols."""
    return loaded.experiment.dataset == "copying"


def letters(loaded: Loaded) -> str:
    """The symbols that may be asked for."""
    return "".join(symbol for symbol in loaded.spec.vocabulary if symbol not in (BLANK, SIGN))


def recall(loaded: Loaded, symbols: str, pause: int) -> Recalled:
    """What comes back of `KEPT` symbols after a pause of so many blanks. Raises `UserError` where they are not as many, or
    others than the model knows."""
    known = letters(loaded)
    if len(symbols) != KEPT or not set(symbols) <= set(known):
        raise UserError(f"Type {KEPT} letters, each of them one of {' '.join(known)}.")
    given, _ = loaded.task.numbers(symbols + pause * BLANK + SIGN)
    with loaded.lock:
        chances = loaded.task.recalled(given[None], KEPT)[0]
    back = chances.argmax(1)
    return Recalled(torch.cat([given, back[:-1]]).numpy(), chances.numpy(), "".join(loaded.task.text(back)))

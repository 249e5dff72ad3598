"""What a model writes about a picture, how sure it is of each piece, what else it had in mind, and where each piece looked
(Xu et al. 2015, "Show, attend and tell", figure 3)."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from core.inside import saying
from core.inside.load import Loaded
from core.inside.saying import Said
from core.tasks import decoding
from core.tasks.base import standardised


def fits(loaded: Loaded) -> bool:
    """Whether the run writes captions."""
    return loaded.spec.kind == "captioned"


def best(loaded: Loaded, image: Tensor, beam: int) -> list[Said]:
    """The captions that beam search finds for a picture, uint8 `(1, 3, height, width)`, the best first."""
    with loaded.lock:
        return [saying.told(loaded, found) for found in loaded.task.search(image, beam)[0]]


def looks(loaded: Loaded, image: Tensor, said: Said) -> Tensor | None:
    """Where each piece looked, float32 `(pieces, rows, columns)`; None for a model without attention."""
    with loaded.lock:
        return loaded.task.looks(image, decoding.begun(said.numbers))


def in_mind(loaded: Loaded, image: Tensor, said: Said, place: int) -> np.ndarray:
    """The chance of each piece of the vocabulary at a place of the caption, from 0 on, float32 `(vocabulary,)`."""
    return saying.in_mind(loaded, standardised(image, loaded.spec), said, place)

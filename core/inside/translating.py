"""What a translation model writes for a sentence, how sure it is of each piece, what else it had in mind, and where it looks
while it writes (Bahdanau, Cho and Bengio 2014, figure 3)."""

from __future__ import annotations

import numpy as np

from core.architectures.attention_layers import crosses
from core.inside import saying
from core.inside.load import Loaded
from core.inside.saying import Said
from core.tasks import decoding

ACROSS, SOURCE, TARGET = "From the translation to the source", "Within the source", "Within the translation"


def fits(loaded: Loaded) -> bool:
    """Whether the run translates."""
    return loaded.spec.kind == "pairs"


def pieces(loaded: Loaded, text: str) -> tuple[str, ...]:
    """The pieces that a source is read in. Raises `UserError` where it is empty or too long."""
    return tuple(loaded.spec.vocabulary[number] for number in loaded.task.encode(text)[0].tolist())


def best(loaded: Loaded, text: str, beam: int) -> list[Said]:
    """The translations that beam search finds, the best first. Raises `UserError` where the text is empty or too long."""
    with loaded.lock:
        return [saying.told(loaded, found) for found in loaded.task.search(loaded.task.encode(text), beam)[0]]


def drawn(loaded: Loaded, text: str, seed: int, temperature: float, top_p: float) -> Said:
    """A translation drawn by the luck of a seed."""
    with loaded.lock:
        return saying.told(loaded, loaded.task.sample(loaded.task.encode(text), seed, temperature, top_p))


def maps(loaded: Loaded, text: str, written: Said) -> dict[str, list[np.ndarray]]:
    """The attention of each layer, float32 `(heads, query, key)`, by what looks at what. A row of the translation's is the
    piece that is being written; within the translation the columns are those that stood there by then, the start first."""
    task = loaded.task
    with loaded.lock:
        found = task.attention(task.encode(text), decoding.begun(written.numbers))
    layers: dict[str, list[np.ndarray]] = {}
    for name, weights in found.items():
        what = ACROSS if crosses(name) else SOURCE if name.startswith("encoder") else TARGET
        layers.setdefault(what, []).append(weights.numpy())
    return {what: layers[what] for what in (ACROSS, SOURCE, TARGET) if what in layers}


def in_mind(loaded: Loaded, text: str, written: Said, place: int) -> np.ndarray:
    """The chance of each piece of the vocabulary at a place of the translation, from 0 on, float32 `(vocabulary,)`."""
    return saying.in_mind(loaded, loaded.task.encode(text), written, place)

"""What a model's table of tokens has learned: which lie near which, and what the ways between them mean (Mikolov, Yih and
Zweig 2013, "Linguistic regularities in continuous space word representations")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from core.datasets.base import Split
from core.datasets.subwords import SPACE
from core.inside.load import Loaded
from core.tracking import read

LEAST, MOST = 10, 1500  # tokens of a map: fewer are none, more hide one another, and the rarest were hardly learned
VOWELS = "aeiouyAEIOUY"


@dataclass(frozen=True)
class Words:
    """The tokens that can be asked for, in the order of the vocabulary, in which the most frequent words come first: the
    first `MOST` of `all`.

    `names`, each once; `numbers` int64 `(n,)`: their places in the vocabulary; `vectors` float32 `(n, width)`, each of
    length 1.
    """

    names: tuple[str, ...]
    numbers: np.ndarray
    vectors: np.ndarray
    all: int

    def place(self, name: str) -> int:
        return self.names.index(name)


def table(model: nn.Module, size: int) -> str | None:
    """The path of the module that holds a row of numbers for each of `size` tokens, and perhaps one for the mask after them;
    None where there is none."""
    return next((path for path, module in model.named_modules()
                 if isinstance(module, nn.Embedding) and module.num_embeddings in (size, size + 1)), None)


def fits(loaded: Loaded) -> bool:
    """Whether the model has a table of its tokens, and enough of them to look at."""
    size = len(loaded.spec.vocabulary)
    return size > 0 and table(loaded.model, size) is not None and len(_shown(loaded)) >= LEAST


def words(loaded: Loaded, step: int | None = None) -> Words:
    """The model's tokens, or those of another checkpoint of its run."""
    path = f"{table(loaded.model, len(loaded.spec.vocabulary))}.weight"
    here = step in (None, loaded.step)
    rows = loaded.model.get_parameter(path).detach() if here else read.weights(loaded.run.id, step)[path]
    found = _shown(loaded)
    numbers = np.array(list(found.values()))[:MOST]
    vectors = rows.float().numpy()[numbers]
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return Words(tuple(found)[:MOST], numbers, vectors / np.maximum(lengths, 1e-12), len(found))


def turned(points: np.ndarray, onto: np.ndarray) -> np.ndarray:
    """Points `(n, 2)` turned, mirrored and moved, but not stretched, to lie on others as nearly as can be (orthogonal
    Procrustes: Schönemann 1966): on the map of an earlier checkpoint a word stays where it is on the last, unless it was
    elsewhere."""
    from scipy.linalg import orthogonal_procrustes  # slow to import

    centre = onto.mean(0)
    centred = points - points.mean(0)
    return (centred @ orthogonal_procrustes(centred, onto - centre)[0] + centre).astype(np.float32)


def said_alone(loaded: Loaded, found: Words) -> np.ndarray | None:
    """The chance of the second of two classes for sentences of one word each, float32 `(n,)`; None where the model tells no
    two classes apart."""
    if len(loaded.spec.classes) != 2 or not hasattr(loaded.task, "logits"):
        return None
    with loaded.lock:
        return loaded.task.logits(Split(torch.from_numpy(found.numbers)[:, None])).softmax(1)[:, 1].numpy()


def nearest(found: Words, vector: np.ndarray, without: Sequence[int], count: int) -> list[tuple[int, float]]:
    """The words most alike a vector `(width,)`, by the cosine of the angle between them, without some; each with that
    cosine, the nearest first."""
    alike = found.vectors @ vector / max(float(np.linalg.norm(vector)), 1e-12)  # (n,)
    alike[list(without)] = -np.inf
    order = np.argsort(-alike, kind="stable")[: min(count, len(alike) - len(set(without)))]
    return [(int(i), float(alike[i])) for i in order]


def analogy(found: Words, a: int, b: int, c: int, count: int) -> list[tuple[int, float]]:
    """What is to c as a is to b: the words nearest to a − b + c, none of these three among them."""
    vectors = found.vectors
    return nearest(found, vectors[a] - vectors[b] + vectors[c], (a, b, c), count)


def kind(loaded: Loaded, token: str) -> str:
    """What sort of token it is."""
    if len(token) == 1:
        if not token.isalpha():
            return "digit" if token.isdigit() else "sign"
        return f"{'capital' if token.isupper() else 'small'} {'vowel' if token in VOWELS else 'consonant'}"
    if loaded.spec.tokeniser:
        return "begins a word" if token.startswith(SPACE) else "goes on with one"
    return "word" if any(map(str.isalpha, token)) else "sign"


def _shown(loaded: Loaded) -> dict[str, int]:
    """The tokens that mean something to a person, each with its number: no padding and the like, and of pieces of words no
    single bytes."""
    found: dict[str, int] = {}
    for number, token in enumerate(loaded.spec.vocabulary):
        special = len(token) > 2 and token[0] == "<" and token[-1] == ">"
        if not special and not (loaded.spec.tokeniser and (len(token) < 2 or "�" in token)):
            found.setdefault(token, number)
    return found

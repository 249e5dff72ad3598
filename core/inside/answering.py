"""What a model answers to a question about a passage: where it thinks that the answer begins and ends, the likeliest spans,
and what each token looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from core.architectures.attention_layers import explained
from core.datasets import questions, subwords
from core.datasets.base import Split
from core.inside.load import Loaded
from core.tasks.question_answering import best, halves, pieces

SPANS = 5


class Span(NamedTuple):
    """The passage's tokens `first` to `last`, what they say, and the chance that they are the answer."""

    first: int
    last: int
    text: str
    chance: float


@dataclass(frozen=True)
class Reply:
    """`question` and `passage`: their tokens as they stand in the text, which put together are the text. `start` and `end`
    float32 `(passage,)`: the chances that the answer begins and ends at each token; `spans`, the likeliest first; `layers`:
    of each layer with attention the weights float32 `(heads, query, key)` over `tokens`, all that the model reads."""

    question: tuple[str, ...]
    passage: tuple[str, ...]
    start: np.ndarray
    end: np.ndarray
    spans: tuple[Span, ...]
    layers: tuple[np.ndarray, ...]

    @property
    def offset(self) -> int:
        """Where the passage begins among all tokens: after the question and the sign that ends it."""
        return len(self.question) + 1

    @property
    def tokens(self) -> tuple[str, ...]:
        return (*self.question, "\n·\n", *self.passage)


class Example(NamedTuple):
    question: str
    passage: str
    answers: list[str]


def fits(loaded: Loaded) -> bool:
    """Whether the run answers questions about passages."""
    return loaded.spec.kind == "questions"


def ask(loaded: Loaded, question: str, passage: str) -> Reply:
    """The model's answer. Raises `UserError` where there is no question or no passage, or too much of it."""
    row, task = questions.encode(question, passage, loaded.spec), loaded.task
    with loaded.lock, torch.no_grad():
        logs = task.logs(row[None])  # (1, length, 2)
        _, layers = explained(loaded.model, row[None])
    asked, told = halves(row)
    offset = len(asked) + 1
    places, chances = best(logs[:, offset:], task.settings.longest, SPANS)
    spans = tuple(
        Span(*span.tolist(), task.text(told, span), chance)
        for span, chance in zip(places[0], chances[0].tolist(), strict=True) if chance > 0
    )
    start, end = logs[0, offset:].exp().float().numpy().T
    return Reply(("· ", *pieces(asked[1:], loaded.spec)), tuple(pieces(told, loaded.spec)), start, end, spans,
                 tuple(layer[0].float().numpy() for layer in layers))


def example(loaded: Loaded, split: Split, index: int) -> Example:
    """A question of a split as text, with its passage and the right answers."""
    row = split.inputs[index]
    asked, told = halves(row)
    return Example(subwords.text(asked.tolist(), loaded.spec), subwords.text(told.tolist(), loaded.spec),
                   loaded.task.answers(row, split.targets[index]))

"""Questions about passages as numbers, each with where its answer begins and ends in the passage (Rajpurkar et al. 2016,
"SQuAD: 100,000+ questions for machine comprehension of text", section 3)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from core.catalog import END, NOWHERE, PADDING, START, DataSpec
from core.datasets import subwords
from core.datasets.base import Data, Padded
from core.errors import UserError

MOST_OF_QUESTION = 64  # pieces: as in Devlin et al. 2019
SPECIAL = len(subwords.SPECIAL)


class Question(NamedTuple):
    """`answers`: the first character of each answer in the passage, and the one after its last."""

    question: str
    passage: str
    answers: tuple[tuple[int, int], ...]


def spec(sizes: dict[str, int], vocabulary_size: int, length: int, answers: int = 1) -> DataSpec:
    """What questions yield, before they are read. `length`: of a question and its passage together, in pieces."""
    return DataSpec(kind="questions", shape=(length,), sizes=sizes, vocabulary_size=vocabulary_size, target_length=answers)


def data(parts: dict[str, Sequence[Question]], promised: DataSpec, source: str) -> Data:
    """Train, validation and test questions as `promised`; the tokeniser is trained on the training passages and questions.
    A longer passage is cut: an answer behind the cut can't be found, and counts as one in validation and test."""
    train = parts["train"]
    passages = dict.fromkeys(one.passage for one in train)
    found = subwords.learned([*passages, *(one.question for one in train)], promised)
    return Data(found, **{name: rows(part, found) for name, part in parts.items()}, source=source)


def articles(content: bytes) -> list[list[Question]]:
    """The questions of each article in SQuAD's JSON format. Raises `UserError` where it is something else."""
    try:
        return [[
            Question(asked["question"], told["context"],
                     tuple(_place(answer, told["context"]) for answer in asked["answers"]))
            for told in article["paragraphs"] for asked in told["qas"]
        ] for article in json.loads(content)["data"]]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"This is not in SQuAD's JSON format ({type(error).__name__}: {error}): its data are articles with "
                        "paragraphs, each with a context and its qas, each of these with a question and answers.") from error


def _place(answer: dict, passage: str) -> tuple[int, int]:
    text, begin = answer["text"], answer["answer_start"]
    if not text or passage[begin : begin + len(text)] != text:
        raise UserError(f"The answer {text!r} does not stand at character {begin} of its passage: mend its answer_start, "
                        "which counts from 0.")
    return begin, begin + len(text)


def rows(examples: Sequence[Question], spec: DataSpec) -> Padded:
    """Inputs `(n, length)`: a start sign, the question, an end sign, the passage, padding. Targets `(n, answers, 2)`: the
    first and the last piece of each answer, by its place in that row."""
    (length,) = spec.shape
    inputs = torch.full((len(examples), length), PADDING)
    targets = torch.full((len(examples), spec.target_length, 2), NOWHERE)
    asked = subwords.numbers([one.question for one in examples], spec.tokeniser)
    passages = list({one.passage: None for one in examples})  # many are asked about the same
    read = dict(zip(passages, subwords.encoded(passages, spec.tokeniser), strict=True))
    for row, spans, example, question in zip(inputs, targets, examples, asked, strict=True):
        front, passage = _front(question), read[example.passage]
        whole = [*front, *passage.ids][:length]
        row[: len(whole)] = torch.tensor(whole)
        for span, (begin, end) in zip(spans, example.answers, strict=False):
            first, last = (passage.char_to_token(place) for place in (begin, end - 1))
            if len(front) + last < length:
                span[:] = torch.tensor((len(front) + first, len(front) + last))
    return Padded(inputs, targets)


def encode(question: str, passage: str, spec: DataSpec) -> Tensor:
    """A person's question and passage as one row `(length,)` without padding. Raises `UserError` where one of them is empty
    or both are longer than the model can read."""
    parts = subwords.numbers([question.strip(), passage.strip()], spec.tokeniser)
    asked, read = ([number for number in part if number >= SPECIAL] for part in parts)
    if not asked or not read:
        raise UserError(f"There is no {'question' if read else 'passage'} yet: type one.")
    whole = [*_front(asked), *read]
    if len(whole) > spec.shape[0]:
        raise UserError(f"Question and passage have {len(whole)} pieces of words together, and the model reads at most "
                        f"{spec.shape[0]}: shorten the passage.")
    return torch.tensor(whole)


def _front(question: Sequence[int]) -> list[int]:
    return [START, *question[:MOST_OF_QUESTION], END]

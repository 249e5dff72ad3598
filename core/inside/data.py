"""What a data set looks like: how often each class or character occurs, how long sentences are, samples drawn from it, and
how a text begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from core import catalog
from core.catalog import BLANK, NOWHERE, PADDING, DataSpec
from core.datasets import subwords
from core.datasets.base import Data
from core.datasets.games import Game
from core.tasks.question_answering import halves

SPLITS = ("train", "validation", "test")
EVERY = 5  # moves of a game from one screen shown to the next


@dataclass(frozen=True)
class Overview:
    """`balance`: for each split the examples of each class, int64 `(classes,)`, or how often a text has each character of
    its vocabulary; empty where there are none. `lengths`: of sentences, or of the sources of pairs, the training examples of
    each length in tokens, int64 `(length + 1,)`, else None. `seconds`: how long each training example of sounds is, `(n,)`,
    else None."""

    balance: dict[str, np.ndarray]
    lengths: np.ndarray | None
    seconds: np.ndarray | None
    digest: str


class Sample(NamedTuple):
    """One example: a picture uint8 `(height, width)` or `(height, width, 3)`, a sound int16 `(samples,)`, a sentence,
    a pair of them, or a series of numbers; `label` may be empty. That of a captioned picture is its first caption."""

    content: np.ndarray | str
    label: str


@dataclass(frozen=True)
class Rows:
    """Rows of a table: two of its columns, float32 `(n, 2)`, and their classes `(n,)`; `all`: how many rows there are."""

    values: np.ndarray
    targets: np.ndarray
    all: int


def load(name: str) -> Data:
    """The data set of that name with its default settings. Raises `UserError` where it isn't here or is damaged."""
    cls = catalog.get("dataset", name)
    return cls(cls.Settings()).load()


def overview(data: Data) -> Overview:
    """Counts over the whole data set."""
    classes, lengths, seconds = len(data.spec.classes), None, None
    balance = {
        split: torch.bincount(getattr(data, split).targets, minlength=classes).numpy() for split in SPLITS
    } if classes else {}
    if data.spec.kind == "text":
        balance = {split: _characters(data, split).bincount(minlength=len(data.spec.vocabulary)).numpy() for split in SPLITS}
    if data.spec.kind in ("sentences", "pairs", "questions"):
        lengths = torch.bincount((data.train.inputs != PADDING).sum(1)).numpy()
    if data.spec.kind == "sounds":
        seconds = np.array([len(_ended(sound)) for sound in data.train.inputs.numpy()]) / data.spec.sample_rate
    return Overview(balance, lengths, seconds, data.digest)


def beginning(data: Data, count: int) -> str:
    """The first characters of a text's training part; of drawn symbols, whole sequences in lines."""
    if data.spec.symbols:
        rows = torch.cat([data.train.inputs, data.train.targets[:, -1:]], 1)[: count // data.spec.shape[0]]
        return "\n".join("".join(data.spec.vocabulary[number] for number in row) for row in rows.tolist())
    return "".join(data.spec.vocabulary[number] for number in data.train.inputs.flatten()[:count].tolist())


def _characters(data: Data, split: str) -> torch.Tensor:
    """The characters that a split of a text foretells, each once, int64 `(n,)`."""
    targets = getattr(data, split).targets.flatten()
    return targets[targets >= 0]


def rows(data: Data, features: tuple[str, str], most: int) -> Rows:
    """Two columns of a table's training rows, by name; of more than `most` rows, some evenly out of all."""
    columns = [data.spec.features.index(name) for name in features]
    chosen = torch.linspace(0, len(data.train) - 1, min(most, len(data.train))).long()
    values, targets = data.train.inputs[chosen][:, columns], data.train.targets[chosen]
    return Rows(values.numpy(), targets.numpy(), len(data.train))


def samples(data: Data, count: int, draw: int, class_name: str | None = None) -> list[Sample]:
    """Up to `count` training examples, of one class or of all, drawn at random: the same ones for the same `draw`."""
    if data.spec.kind == "games":
        return _screens(data.spec, count, draw)
    chosen = torch.arange(len(data.train))
    if class_name is not None:
        chosen = chosen[data.train.targets == data.spec.classes.index(class_name)]
    order = torch.randperm(len(chosen), generator=torch.Generator().manual_seed(draw))
    found = []
    for i in chosen[order[:count]].tolist():
        label = data.spec.classes[data.train.targets[i]] if data.spec.classes else ""
        if data.spec.kind == "images":
            sides = (data.train.inputs, data.train.targets) if data.spec.paired else (data.train.inputs,)
            picture = torch.cat([side[i] for side in sides], 2).permute(1, 2, 0).numpy()  # (height, width, channels)
            found.append(Sample(picture[:, :, 0] if picture.shape[2] == 1 else picture, label))
        elif data.spec.kind == "captioned":
            told = subwords.text(data.train.targets[i, 0].tolist(), data.spec)
            found.append(Sample(data.train.inputs[i].permute(1, 2, 0).numpy(), told))
        elif data.spec.kind == "sounds":
            if data.spec.target_length:
                label = "".join(data.spec.vocabulary[t] for t in data.train.targets[i] if t != BLANK)
            found.append(Sample(_ended(data.train.inputs[i].numpy()), label))
        elif data.spec.kind == "questions":
            asked, told = halves(data.train.inputs[i])
            answer = _answer(data, i)
            question, passage = (subwords.text(part.tolist(), data.spec) for part in (asked, told))
            found.append(Sample(f"{question}\n{passage}", answer))
        elif data.spec.kind == "pairs":
            found.append(Sample(" → ".join(subwords.text(side[i].tolist(), data.spec)
                                           for side in (data.train.inputs, data.train.targets)), label))
        elif data.spec.kind == "series":
            steps = [" ".join(f"{number:.2g}" for number in step) for step in data.train.inputs[i].tolist()]
            found.append(Sample(" · ".join(steps), f"{data.train.targets[i]:.4g}"))
        else:
            tokens = data.train.inputs[i]
            found.append(Sample(" ".join(data.spec.vocabulary[t] for t in tokens[tokens != PADDING]), label))
    return found


def _screens(spec: DataSpec, count: int, seed: int) -> list[Sample]:
    """Screens of an episode of a player who moves at random, each with the move made there."""
    game, chance, found = Game(spec.game), np.random.default_rng(seed), []
    game.begin(seed)
    over = False
    while not over and len(found) < EVERY * count:
        action = int(chance.integers(len(spec.actions)))
        found.append(Sample(game.screen(), spec.actions[action]))
        *_, over = game.move(action)
    game.close()
    return found[:: max(1, len(found) // count)][:count]


def _answer(data: Data, index: int) -> str:
    """The answer to a training question; empty where it lies behind the passage's cut."""
    first, last = data.train.targets[index, 0].tolist()
    return subwords.text(data.train.inputs[index, first : last + 1].tolist(), data.spec) if first != NOWHERE else ""


def _ended(sound: np.ndarray) -> np.ndarray:
    """A sound int16 `(samples,)` up to its last sample that isn't 0."""
    return sound[: np.flatnonzero(sound)[-1] + 1]

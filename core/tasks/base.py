"""What a task is: loss, optimiser step, measures and previews. What is learned, not how the loop runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.base import OwnRule
from core.catalog import Card, DataSpec
from core.datasets.base import Batch, Data, Split
from core.experiment import Settings, Training
from core.tasks.descent import Descent
from core.tasks.pictures import matrix


@dataclass(frozen=True)
class Preview:
    """What a run shows of itself at one step.

    `image`: uint8 `(height, width, 3)` or `(height, width)`. `data`: the same as plain JSON values (a confusion matrix,
    attention weights), where a page can draw it better than a fixed picture.
    """

    name: str
    image: np.ndarray
    data: dict | None = None


class Task:
    """Base of all tasks. A subclass is registered with `@task` and written in a file of its own.

    Arguments: `settings` (the task's own `Settings`), `training`, `spec` (of the loaded data), `model` (on its device).
    """

    card: Card
    # The validation measure that says best how good a model is, and whether more is better.
    measure: str = "validation/loss"
    more_is_better: bool = False

    class Settings(Settings):
        """A task without settings."""

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        """Why such data can't serve this task, in a sentence, or None."""
        return None

    @classmethod
    def model_spec(cls, spec: DataSpec, settings: Settings) -> DataSpec:
        """What a model for this task is built for: the data's spec, less what this task does not ask for, and with the
        channels that the model is given and gives, where they are others than the data's."""
        return spec

    @classmethod
    def refusal(cls, settings: Settings, training: Training, spec: DataSpec, architecture: type) -> str | None:
        """Why this task can't be trained so, in a sentence, or None."""
        return None

    def __init__(self, settings: Settings, training: Training, spec: DataSpec, model: nn.Module):
        self.settings, self.training, self.spec, self.model = settings, training, spec, model
        self.device = next(chain(model.parameters(), model.buffers())).device

    @property
    def examples(self) -> int:
        """Training examples that one step stands for."""
        return self.training.batch_size

    def autocast(self) -> AbstractContextManager:
        """The precision of forward passes: the training settings', where the device has it."""
        wanted = self.training.precision
        if wanted == "auto":
            wanted = "bfloat16" if self.device.type == "cuda" and torch.cuda.is_bf16_supported() else "float32"
        half = torch.float16 if wanted == "float16" else torch.bfloat16
        return torch.autocast(self.device.type, half, enabled=wanted != "float32")

    def reads(self, train: Split) -> Split:
        """The training split, which is on the device, as this task wants to be given it; called once, before the first
        step."""
        return train

    def start(self, total_steps: int) -> None:
        """Makes the optimisers; called once, before the first step or before `load_state_dict`."""
        raise NotImplementedError

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of training. Gives scalar tensors by measure (`loss`), on the device and detached."""
        raise NotImplementedError

    def evaluate(self, split: Split) -> dict[str, float]:
        """Measures over a whole split, by name (`accuracy`). The model is in evaluation mode."""
        raise NotImplementedError

    def model_input(self, batch: Batch) -> Tensor:
        """What the model is given for a batch of the data set, to store the finished model with its signature."""
        raise NotImplementedError

    def previews(self, data: Data) -> Iterable[Preview]:
        """What to show of the model now, from the validation split. The model is in evaluation mode."""
        return ()

    def report(self, data: Data) -> Iterable[Preview]:
        """What to show once, at the end, from the test split."""
        return ()

    def state_dict(self) -> dict:
        """All that a resumed run needs beside the model and the random numbers. Tensors and plain values only."""
        raise NotImplementedError

    def load_state_dict(self, state: dict) -> None:
        raise NotImplementedError


class SupervisedTask(Task):
    """A task with one optimiser and one loss: a subclass writes `loss`, `evaluate` and `previews`."""

    def start(self, total_steps: int) -> None:
        self.descent = Descent(self.model, self.training, total_steps)

    def loss(self, batch: Batch) -> tuple[Tensor, dict[str, Tensor]]:
        """The scalar to minimise, a mean over the examples, and further detached measures of this batch, means too."""
        raise NotImplementedError

    def step(self, batch: Batch) -> dict[str, Tensor]:
        self.descent.begin()
        means: dict[str, Tensor] = {}
        for part, share in parts(batch, self.training):
            with self.autocast():
                loss, measures = self.loss(part)
            self.descent.backward(loss * share if share < 1 else loss)
            for name, value in {"loss": loss.detach(), **measures}.items():
                means[name] = means.get(name, 0) + share * value if share < 1 else value
        self.descent.step()
        return means

    def state_dict(self) -> dict:
        return self.descent.state_dict()

    def load_state_dict(self, state: dict) -> None:
        self.descent.load_state_dict(state)


class ClassifierTask(SupervisedTask):
    """A supervised task whose model says which of the spec's classes an example belongs to: a subclass writes `loss`
    and `model_input`. A model with a learning rule of its own learns by that, from the examples as they are."""

    measure, more_is_better = "validation/accuracy", True

    def start(self, total_steps: int) -> None:
        if not isinstance(self.model, OwnRule):
            super().start(total_steps)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        if not isinstance(self.model, OwnRule):
            return super().step(batch)
        with torch.no_grad():
            return self.model.learn(self.model_input(batch), batch.targets)

    def state_dict(self) -> dict:
        return {"memory": self.model.memory()} if isinstance(self.model, OwnRule) else super().state_dict()

    def load_state_dict(self, state: dict) -> None:
        if isinstance(self.model, OwnRule):
            self.model.remember(state["memory"])
        else:
            super().load_state_dict(state)

    def logits(self, split: Split) -> Tensor:
        """Logits of a whole split, float32 `(n, classes)` on the CPU."""
        with torch.no_grad(), self.autocast():
            parts = [self.model(self.model_input(batch)) for batch in split.batches(1000, self.device)]
        return torch.cat(parts).float().cpu()

    def evaluate(self, split: Split) -> dict[str, float]:
        logits, targets = self.logits(split), split.targets.cpu()
        return {
            "loss": F.cross_entropy(logits, targets).item(),
            "accuracy": (logits.argmax(1) == targets).float().mean().item(),
            "f1": macro_f1(confusion(logits.argmax(1), targets, logits.shape[1])),
            "calibration_error": reliability(logits.softmax(1), targets).error,
        }

    def previews(self, data: Data) -> Iterable[Preview]:
        yield self.confusion_preview(self.logits(data.validation), data.validation.targets.cpu())

    def report(self, data: Data) -> Iterable[Preview]:
        seen = self.confusion_preview(self.logits(data.test), data.test.targets.cpu())
        yield Preview(f"test_{seen.name}", seen.image, seen.data)

    def confusion_preview(self, logits: Tensor, targets: Tensor) -> Preview:
        """The confusion matrix of logits `(n, classes)`."""
        names = list(self.spec.classes)
        counts = confusion(logits.argmax(1), targets, len(names))
        picture = matrix(counts.numpy(), names, names, numbers=True)
        return Preview("confusion", picture, {"counts": counts.tolist(), "classes": names})


def confusion(guesses: Tensor, targets: Tensor, classes: int) -> Tensor:
    """Counts `(classes, classes)`: row = true class, column = guessed class. Both inputs int64 `(n,)`."""
    return torch.bincount(targets * classes + guesses, minlength=classes * classes).view(classes, classes)


def macro_f1(counts: Tensor) -> float:
    """The mean over the classes of the harmonic mean of precision and recall, of a confusion matrix `(classes, classes)`;
    classes that neither occur nor are guessed are left out (van Rijsbergen 1979, "Information retrieval", chapter 7)."""
    found = counts.sum(0) + counts.sum(1)  # guessed or true, (classes,)
    return (2 * counts.diagonal() / found)[found > 0].mean().item()


class Reliability(NamedTuple):
    """Answers put into bins by how sure they are: of each bin their `count`, the mean chance that they give themselves
    (`said`) and the share that is `right`, all float64 `(bins,)`, 0 where there are none."""

    count: Tensor
    said: Tensor
    right: Tensor

    @property
    def error(self) -> float:
        """The expected calibration error: by how much `said` and `right` differ over all answers, on the mean."""
        return ((self.said - self.right).abs() @ self.count / self.count.sum()).item()


def reliability(chances: Tensor, targets: Tensor, bins: int = 15) -> Reliability:
    """How far a classifier can be taken at its word: Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern
    neural networks", section 2. `chances` `(n, classes)` sum to one; bin i holds what lies in (i / bins, (i + 1) / bins]."""
    sure, guesses = chances.max(1)
    place = (sure * bins).ceil().long().clamp(1, bins) - 1  # (n,)
    sums = [torch.zeros(bins, dtype=torch.float64).index_add(0, place, values.double())
            for values in (torch.ones_like(sure), sure, guesses == targets)]
    count = sums[0].clamp_min(1)
    return Reliability(sums[0], sums[1] / count, sums[2] / count)


def parts(batch: Batch, training: Training) -> Iterator[tuple[Batch, float]]:
    """A batch in the parts that the training settings ask for, each with its share of the examples."""
    size = math.ceil(training.batch_size / training.accumulate)
    inputs = batch.inputs.split(size)
    targets = [None] * len(inputs) if batch.targets is None else batch.targets.split(size)
    for some, theirs in zip(inputs, targets, strict=True):
        yield Batch(some, theirs), len(some) / len(batch.inputs)


def chosen(split: Split, count: int) -> Tensor:
    """Up to `count` indices spread evenly over a split: the same ones in every run."""
    return torch.linspace(0, len(split) - 1, min(count, len(split))).long()


def scaled(images: Tensor) -> Tensor:
    """uint8 images to float32 in 0..1."""
    return images.float().div(255)


def standardised(inputs: Tensor, spec: DataSpec) -> Tensor:
    """uint8 images `(batch, channels, height, width)` or float32 features `(batch, features)` to zero mean and unit variance
    by the data spec's statistics."""
    statistics = torch.tensor((spec.mean, spec.std)).to(inputs.device, non_blocking=True)  # a GPU is not waited for
    if spec.kind == "features":
        mean, std = statistics[:, None]  # each (1, features)
        return (inputs - mean) / std
    mean, std = statistics[:, None, :, None, None]  # each (1, channels, 1, 1)
    return (scaled(inputs) - mean) / std

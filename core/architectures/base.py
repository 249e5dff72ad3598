"""What an architecture is: an `nn.Module` that is built from its settings and a data spec, and learns by gradient or by a
rule of its own."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from core.catalog import END, PADDING, Card, DataSpec
from core.experiment import Settings


class Architecture(nn.Module):
    """Base of all architectures. A subclass is registered with `@architecture` and written in a file of its own.

    Arguments of every subclass: `settings` (its own `Settings`) and `spec` (what it will be fed).
    """

    card: Card
    takes: tuple[str, ...] = ("images",)  # the kinds of data (a spec's `kind`) that it can be fed

    class Settings(Settings):
        """An architecture without settings."""

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        """Why this architecture can't take such data, as the end of a sentence, or None. Asked only of a kind it takes."""
        return None

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        """Values of `Training` that suit this architecture on such data; `given` (what the person chose) wins."""
        return given

    @classmethod
    def objective(cls, spec: DataSpec, **given) -> dict:
        """Values of its task's own settings that suit this architecture on such data; `given` (what the person chose)
        wins."""
        return given

    def prepare(self, examples: Callable[[int], Tensor]) -> None:
        """Sets what depends on the data, once, before a run's first step. `examples(n)` gives at most n of the training
        examples, as the model will be fed them."""


class OwnRule(Architecture):
    """Base of the architectures that don't learn by gradient. The task calls `learn` in place of the optimiser's step.

    Of the training settings only epochs, patience, batch size, precision, device and previews bear on such a run. What the
    rule finds are parameters without gradient, examples kept as they are are buffers; both have shapes known from settings
    and spec, so that weights load. `memory` is what it needs beside them to go on after an interruption.
    """

    def learn(self, inputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Learns from one batch: `inputs` as `forward` takes them, each as the data have it (not augmented), and `targets`.
        Gives scalar tensors by measure. Called without gradients."""
        raise NotImplementedError

    def memory(self) -> dict:
        """Tensors and plain values only."""
        return {}

    def remember(self, memory: dict) -> None:
        """Takes up what `memory` gave."""


class Fitted(OwnRule):
    """Base of what is fitted to all training examples at once, when the last of them has come: a subclass writes `fit`.

    Arguments beside settings and spec: `most`, how many examples are taken at most (the first that come, which is a random
    choice). It learns once: whatever comes later changes nothing. Pictures are kept in bytes, as the data have them;
    features in float32, standardised, so that each of them counts alike whatever its unit.
    """

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        # A kept model can be as large as the data: two of them, untrained and trained, tell all that there is to see.
        return {"epochs": 1, "batch_size": 500, "previews": 1, "precision": "float32", **given}

    def __init__(self, spec: DataSpec, most: int | None = None):
        super().__init__()
        self.spec, self.size = spec, torch.Size(spec.shape).numel()
        self.count, self.wanted = 0, min(spec.sizes["train"], most or spec.sizes["train"])
        self.gathered = self.blank()
        self.targets = torch.zeros(self.wanted, dtype=torch.int64)

    def blank(self) -> Tensor:
        """Room for the wanted examples as they are kept, `(wanted, size)`."""
        return torch.zeros(self.wanted, self.size, dtype=torch.uint8 if self.spec.kind == "images" else torch.float32)

    def fit(self, examples: Tensor, targets: Tensor) -> None:
        """Learns from all examples as they are kept, `(wanted, size)` flattened, and their targets `(wanted,)`, both on the
        CPU. Random numbers are torch's, so that they follow from the run's seed."""
        raise NotImplementedError

    def levels(self, inputs: Tensor) -> Tensor:
        """What the model is fed, `(batch, size)`: standardised images as they were, each level in 0..1; features as they
        come."""
        if self.spec.kind != "images":
            return inputs
        statistics = (self.spec.mean, self.spec.std)
        mean, std = (torch.tensor(values, device=inputs.device).view(1, -1, 1, 1) for values in statistics)
        return (inputs * std + mean).flatten(1)

    def kept_levels(self, kept: Tensor) -> Tensor:
        """Examples as they are kept, `(n, size)`, as `levels` gives them."""
        return kept.float() / 255 if kept.dtype == torch.uint8 else kept

    def learn(self, inputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Keeps the batch until all have come. `gathered`: the share of the wanted examples that is there."""
        if self.count < self.wanted:
            place = slice(self.count, self.count + len(inputs))
            room = self.wanted - self.count
            levels = self.levels(inputs[:room])
            self.gathered[place] = levels.mul(255).round() if self.spec.kind == "images" else levels
            self.targets[place] = targets[:room].cpu()
            self.count = min(place.stop, self.wanted)
            if self.count == self.wanted:
                self.fit(self.gathered, self.targets)
                self.gathered = self.targets = None  # the memory is free for the evaluation
        return {"gathered": torch.tensor(self.count / self.wanted)}

    def memory(self) -> dict:
        return {"count": self.count, "examples": self.gathered, "targets": self.targets}

    def remember(self, memory: dict) -> None:
        self.count, self.gathered, self.targets = memory["count"], memory["examples"], memory["targets"]


def epochs_for(steps: int, spec: DataSpec, batch_size: int) -> int:
    """The epochs that make at least so many steps: small data are seen more often."""
    return max(1, math.ceil(steps * batch_size / spec.sizes["train"]))


def picture_recipe(spec: DataSpec, given: dict, *, steps: int) -> dict:
    """The usual training of what gives back whole pictures: a falling rate, and at least so many steps."""
    _, height, width = spec.shape
    # A large picture holds many small ones: fewer in a step teach as much, and cost as much less.
    training = {"batch_size": 64 if height * width <= 32 * 32 else 16, "schedule": "cosine", **given}
    return {"epochs": max(2, epochs_for(steps, spec, training["batch_size"])), **training}


def sgd_recipe(spec: DataSpec, given: dict, *, learning_rate: float, weight_decay: float) -> dict:
    """Deep convolutional nets' usual training: SGD with Nesterov momentum, the rate rising first and falling then.

    `learning_rate` is for 128 examples in a step and follows their number (Goyal et al. 2017, "Accurate, large minibatch
    SGD"); where the person takes Adam, whose steps know no such scale, it is Adam's usual one.
    """
    batch_size = given.get("batch_size", 128)
    learning_rate = min(10.0, learning_rate * batch_size / 128) if given.get("optimiser", "sgd") == "sgd" else 1e-3
    return {
        "epochs": max(10, epochs_for(300, spec, batch_size)), "batch_size": batch_size, "optimiser": "sgd",
        "learning_rate": learning_rate, "weight_decay": weight_decay, "schedule": "one-cycle", **given,
    }


QUESTION, PASSAGE = 1, 2


def segments(tokens: Tensor) -> Tensor:
    """What each token of questions with their passages, int64 `(batch, length)`, belongs to, in the same shape: 0 padding,
    `QUESTION` up to the sign that ends it, `PASSAGE` after it."""
    ends = tokens == END
    after = (ends.cumsum(1) - ends.long() > 0).long()  # the sign itself is still the question's
    return (QUESTION + after * (PASSAGE - QUESTION)) * (tokens != PADDING)

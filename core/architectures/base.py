"""What an architecture is: an `nn.Module` that is built from its settings and a data spec."""

from __future__ import annotations

import math
from collections.abc import Callable

from torch import Tensor, nn

from core.catalog import Card, DataSpec
from core.experiment import Settings


class Architecture(nn.Module):
    """Base of all architectures. A subclass is registered with `@architecture` and written in a file of its own.

    Arguments of every subclass: `settings` (its own `Settings`) and `spec` (what it will be fed).
    """

    card: Card

    class Settings(Settings):
        """An architecture without settings."""

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        """Why this architecture can't take such data, as the end of a sentence, or None."""
        return None

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        """Values of `Training` that suit this architecture on such data; `given` (what the person chose) wins."""
        return given

    def prepare(self, examples: Callable[[int], Tensor]) -> None:
        """Sets what depends on the data, once, before a run's first step. `examples(n)` gives at most n of the training
        examples, as the model will be fed them."""


def epochs_for(steps: int, spec: DataSpec, batch_size: int) -> int:
    """The epochs that make at least so many steps: small data are seen more often."""
    return max(1, math.ceil(steps * batch_size / spec.sizes["train"]))


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

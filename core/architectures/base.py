"""What an architecture is: an `nn.Module` that is built from its settings and a data spec."""

from __future__ import annotations

import math

from torch import nn

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


def epochs_for(steps: int, spec: DataSpec, batch_size: int) -> int:
    """The epochs that make at least so many steps: small data are seen more often."""
    return max(1, math.ceil(steps * batch_size / spec.sizes["train"]))

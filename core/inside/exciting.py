"""What excites a neuron most: the pictures of the data that do, and one that is made to.

By optimisation: Erhan, Bengio, Courville and Vincent 2009, "Visualizing higher-layer features of a deep network"; the moving
to and fro and the blur that keep it from noise are those of Olah, Mordvintsev and Schubert 2017, "Feature visualization".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core.datasets.base import Split
from core.inside import classify, layers
from core.inside.layers import Place
from core.inside.load import Loaded

MOST = 1000  # pictures that are asked: more take long
BATCH = 100
RATE, BLUR = 0.03, 0.15  # a step of the levels, and how much of each pixel is then its neighbours'


@dataclass(frozen=True)
class Found:
    """For each unit (map or neuron) of a layer the pictures that excite it most, strongest first: `values` and `index`
    `(units, count)`, and, where units are `maps`, at which row and column, `spots` `(units, count, 2)`."""

    values: np.ndarray
    index: np.ndarray
    spots: np.ndarray
    maps: bool


@dataclass(frozen=True)
class Made:
    """A picture float32 in 0..1 `(height, width, channels)`, and the unit's answer to it (a map's is the mean of its places)
    `after` and to the noise `before` from which it was made."""

    picture: np.ndarray
    before: float
    after: float


def places(loaded: Loaded) -> list[Place]:
    """The layers whose units can be asked for; the last is the answer itself, a unit for each class."""
    return [*classify.places(loaded), Place("answer", "", "Answer", (len(loaded.spec.classes),))]


def found(loaded: Loaded, split: Split, path: str, count: int = 9) -> Found:
    """Looks through the first `MOST` pictures of a split for those that a layer's units answer most to, in any place."""
    strengths, spots = [], []
    for part in split.inputs[:MOST].split(BATCH):
        _, output = classify.passed(loaded, part, path)  # (batch, units) or (batch, units, height, width)
        width = output.shape[3] if output.ndim == 4 else 1
        strength, spot = output.float().flatten(2).max(2) if output.ndim > 2 else (output.float(), torch.zeros_like(output))
        strengths.append(strength)
        spots.append(torch.stack([spot.long() // width, spot.long() % width], 2))  # (batch, units, 2)
    strength, spot = torch.cat(strengths).T, torch.cat(spots).transpose(0, 1)  # (units, n) and (units, n, 2)
    values, index = strength.topk(min(count, strength.shape[1]), 1)
    return Found(values.numpy(), index.numpy(), spot.gather(1, index[..., None].expand(-1, -1, 2)).numpy(),
                 output.ndim > 2)


def made(loaded: Loaded, path: str, unit: int, steps: int = 100, seed: int = 0) -> Made | None:
    """A picture that a unit of the layer at `path` answers as much as possible to; None where nothing moves its answer.

    It starts as faint noise around the data's mean and climbs the unit's slope, each time moved by some pixels and slightly
    blurred, so that only what holds in every place and over several pixels can grow.
    """
    draw = torch.Generator().manual_seed(seed)
    spec = loaded.spec
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (spec.mean, spec.std))
    levels = (mean + 0.1 * torch.randn(1, *spec.shape, generator=draw)).clamp(0, 1)
    most = max(1, min(spec.shape[1:]) // 14)
    levels.requires_grad_()
    climb = torch.optim.Adam([levels], RATE, maximize=True)

    def answer(picture: Tensor) -> Tensor:
        return layers.answered(loaded, (picture - mean) / std, path)[0, unit].mean()

    with loaded.lock, torch.enable_grad():
        before = answer(levels)
        if not before.requires_grad:
            return None
        for _ in range(steps):
            moves = torch.randint(-most, most + 1, (2,), generator=draw).tolist()
            climb.zero_grad()
            answer(levels.roll(moves, (2, 3))).backward()
            if not levels.grad.any():
                return None
            climb.step()
            with torch.no_grad():
                around = F.avg_pool2d(F.pad(levels, (1,) * 4, mode="replicate"), 3, 1)
                levels.copy_(levels.lerp(around, BLUR).clamp(0, 1))
        after = answer(levels)
    return Made(levels[0].detach().permute(1, 2, 0).numpy(), before.item(), after.item())

"""A generator's latent space: walks between two of its points, and the directions in which its pictures change most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn

from core.inside import layers
from core.inside.layers import Layer
from core.inside.load import Loaded


@dataclass(frozen=True)
class Directions:
    """Knobs of a latent space: `vectors` float32 `(count, latent)` of length one, strongest first; `shares`, how much
    of the pictures' variance each explains."""

    vectors: Tensor
    shares: tuple[float, ...]


def fits(loaded: Loaded) -> bool:
    """Whether the model has a latent space: `latent_size`, and `decode` that turns its points into pictures."""
    return hasattr(loaded.model, "latent_size") and hasattr(loaded.model, "decode")


class OfClass(nn.Module):
    """A generator that makes pictures by class, held to one of them: its points are noise alone."""

    def __init__(self, model: nn.Module, wanted: int):
        super().__init__()
        self.model, self.wanted, self.latent_size = model, wanted, model.latent_size

    def labels(self, count: int) -> Tensor:
        return torch.full((count,), self.wanted)

    def forward(self, points: Tensor) -> Tensor:
        return self.model(self.model.points(points, self.labels(len(points))))

    def judge(self, images: Tensor) -> Tensor:
        return self.model.judge(images, self.labels(len(images)))

    def decode(self, points: Tensor) -> Tensor:
        return self.model.decode(self.model.points(points, self.labels(len(points))))


def classes(loaded: Loaded) -> tuple[str, ...]:
    """The classes that the model makes pictures of; none where it is not told any."""
    return loaded.spec.classes if getattr(loaded.model, "classes", 0) else ()


def of_class(loaded: Loaded, name: str) -> Loaded:
    """The model, held to one class where it makes pictures by class."""
    if not (names := classes(loaded)):
        return loaded
    return replace(loaded, model=OfClass(loaded.model, names.index(name) if name in names else 0))


def pictures(loaded: Loaded, points: Tensor) -> np.ndarray:
    """As `decode`, for drawing: `(batch, height, width, channels)`."""
    return decode(loaded, points).permute(0, 2, 3, 1).numpy()


def decode(loaded: Loaded, points: Tensor) -> Tensor:
    """Pictures, float32 in 0..1 `(batch, channels, height, width)`, of latent points `(batch, latent)`."""
    with loaded.lock, torch.no_grad():
        return loaded.model.decode(points).float().clamp(0, 1)


def noise(loaded: Loaded, seed: int, count: int = 1) -> Tensor:
    """Points of a standard normal, `(count, latent)`: the same for the same seed."""
    return torch.randn(count, loaded.model.latent_size, generator=torch.Generator().manual_seed(seed))


def slerp(start: Tensor, end: Tensor, shares: Sequence[float]) -> Tensor:
    """Points on the great circle from `start` to `end`, both `(1, latent)`, at `shares` of the way: `(shares, latent)`.

    Spherical interpolation (Shoemake 1985): a straight line would pass nearer to the origin than noise ever lies.
    The length goes evenly from the one's to the other's.
    """
    lengths = start.norm(), end.norm()
    first, last = start / lengths[0], end / lengths[1]
    angle = torch.arccos((first * last).sum().clamp(-1, 1))
    t = torch.tensor(shares, dtype=torch.float32)[:, None]  # (shares, 1)
    if angle.sin() < 1e-6:  # the same direction: there is nothing to turn
        circle = first.expand(len(t), -1)
    else:
        circle = (torch.sin((1 - t) * angle) * first + torch.sin(t * angle) * last) / angle.sin()
    return circle * ((1 - t) * lengths[0] + t * lengths[1])


def directions(loaded: Loaded, count: int = 6, samples: int = 2000) -> Directions:
    """The latent directions along which the pictures change most.

    After GANSpace (Härkönen, Hertzmann, Lehtinen and Paris 2020), section 2: principal components of many samples,
    carried back to the latent space by least squares. The components are those of the pictures themselves, averaged
    down to 16 pixels a side, so that each knob moves what the eye sees (light, pose, hair) and the view needs
    nothing of a generator's inner layers.
    """
    points = noise(loaded, seed=0, count=samples)  # (samples, latent)
    pictures = torch.cat([_small(decode(loaded, part)) for part in points.split(250)])  # (samples, pixels)
    centred = pictures - pictures.mean(0)
    variances, axes = torch.linalg.eigh(centred.T @ centred)  # ascending
    strongest = torch.arange(len(variances) - 1, max(len(variances) - 1 - count, -1), -1)
    coordinates = centred @ axes[:, strongest]  # (samples, count)
    vectors = torch.linalg.lstsq(coordinates, points).solution  # (count, latent)
    shares = variances[strongest] / variances.sum()
    return Directions(torch.nn.functional.normalize(vectors, dim=1), tuple(shares.tolist()))


def turned(point: Tensor, knobs: Directions, turns: list[float]) -> Tensor:
    """A latent point `(1, latent)` moved along each knob by so many standard deviations of the noise: `(1, latent)`."""
    return point + torch.tensor([turns], dtype=torch.float32) @ knobs.vectors[: len(turns)]


def sum_of(loaded: Loaded, plus: Sequence[int], minus: Sequence[int], also: Sequence[int]) -> Tensor:
    """The mean noise of the seeds `plus`, less that of `minus`, plus that of `also`, each left out where it is empty: a
    latent point `(1, latent)`. Radford et al. 2015, section 6.3.2: man with glasses - man + woman = woman with glasses."""
    total = torch.zeros(1, loaded.model.latent_size)
    for sign, seeds in ((1, plus), (-1, minus), (1, also)):
        if seeds:
            total += sign * torch.cat([noise(loaded, seed) for seed in seeds]).mean(0)
    return total


def plane(point: Tensor, knobs: Directions, across: int, down: int, furthest: float, count: int) -> Tensor:
    """Latent points `(count * count, latent)`, by rows, with one knob turned from end to end across and one down."""
    way = torch.linspace(-furthest, furthest, count)
    rows, columns = torch.meshgrid(way, way, indexing="ij")  # each (count, count)
    return point + rows.reshape(-1, 1) * knobs.vectors[down] + columns.reshape(-1, 1) * knobs.vectors[across]


def along_knob(point: Tensor, knobs: Directions, turns: list[float], which: int, furthest: float, count: int) -> Tensor:
    """`count` latent points `(count, latent)` with all knobs turned as in `turns`, but one from end to end."""
    way = torch.linspace(-furthest, furthest, count).tolist()
    return torch.cat([turned(point, knobs, [*turns[:which], turn, *turns[which + 1 :]]) for turn in way])


def trace(loaded: Loaded, point: Tensor) -> list[Layer]:
    """The maps of every layer that the picture of a latent point `(1, latent)` grows through."""
    return layers.trace(loaded, lambda: loaded.model.decode(point))


def _small(pictures: Tensor) -> Tensor:
    side = tuple(min(16, side) for side in pictures.shape[2:])
    return torch.nn.functional.adaptive_avg_pool2d(pictures, side).flatten(1)

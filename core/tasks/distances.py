"""How far generated pictures are from real ones: distances between two sets of pictures, or of their features, float
`(n, features)` as `core/tasks/features.py` finds them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

PATCHES, DIRECTIONS = 32, 128  # patches of each picture, and random directions that they are projected on
NEIGHBOURS = 3  # that span the manifold around each picture


def frechet(real: Tensor, fake: Tensor) -> float:
    """The Fréchet distance of the normal distributions with the two sets' means and covariances: Heusel et al. 2017, "GANs
    trained by a two time-scale update rule converge to a local Nash equilibrium", equation 6. It grows as sets become
    smaller, so compare it among sets of one size."""
    (mean, covariance), (other_mean, other) = ((part.mean(0), part.T.cov()) for part in (real.double(), fake.double()))
    values, vectors = torch.linalg.eigh(covariance)
    root = vectors * values.clamp_min(0).sqrt() @ vectors.T
    both = torch.linalg.eigvalsh(root @ other @ root).clamp_min(0).sqrt().sum()  # the trace of (C1 C2)^(1/2)
    return ((mean - other_mean).square().sum() + covariance.trace() + other.trace() - 2 * both).item()


def kernel(real: Tensor, fake: Tensor) -> float:
    """The kernel distance: the squared maximum mean discrepancy with the kernel `(x · y / features + 1)³`, estimated without
    bias, so that it may fall below 0: Bińkowski, Sutherland, Arbel and Gretton 2018, "Demystifying MMD GANs", section 4."""
    def mean(a: Tensor, b: Tensor) -> Tensor:
        likeness = (a @ b.T / a.shape[1] + 1) ** 3  # (n, m)
        if a is not b:
            return likeness.mean()
        return (likeness.sum() - likeness.trace()) / (len(a) * (len(a) - 1))

    real, fake = real.double(), fake.double()
    return (mean(real, real) + mean(fake, fake) - 2 * mean(real, fake)).item()


def precision_recall(real: Tensor, fake: Tensor) -> tuple[float, float]:
    """The share of the generated pictures that lie among real ones, and the share of the real ones that lie among generated
    ones: Kynkäänniemi, Karras, Laine, Lehtinen and Aila 2019, "Improved precision and recall metric for assessing generative
    models", section 2. A picture lies among others if it is as near to one of them as that one's third neighbour is."""
    def share_within(points: Tensor, manifold: Tensor) -> float:
        nearest = min(NEIGHBOURS, len(manifold) - 1)
        reach = torch.cdist(manifold, manifold).kthvalue(nearest + 1, 1).values  # (m,): the first is itself
        return (torch.cdist(points, manifold) <= reach).any(1).double().mean().item()

    real, fake = real.double(), fake.double()
    return share_within(fake, real), share_within(real, fake)


def diversity(real: Tensor, fake: Tensor) -> float:
    """How different generated pictures are from one another, where 1 is as different as real ones: the ratio of the mean
    distances between two of a set. 0: all are the same."""
    within = [torch.pdist(part.double()).mean().item() for part in (fake, real)]
    return within[0] / within[1] if within[1] else 1.0


def sliced_wasserstein(real: Tensor, fake: Tensor, generator: torch.Generator) -> list[float]:
    """Sliced Wasserstein distance between two sets of pictures, one value a level of their Laplacian pyramids.

    Both sets are float `(n, channels, side, side)` in 0..1 of one size and on the CPU. At each level (halved until 16×16)
    7×7 patches are taken at random, each channel of a set's patches is brought to zero mean and unit variance, the
    patches are projected on random directions of unit length, and the distance is the mean absolute difference of the
    sorted projections, × 1000. `generator` draws patches and directions. Source: Karras et al. 2018, section 5, with
    fewer pictures, patches and directions than there, so that it costs about a second: compare it within Glassbox only.
    It doesn't fall to 0: two samples of 500 real faces are some 19 apart, at 32×32.
    """
    distances = []
    for level_real, level_fake in zip(laplacian_pyramid(real), laplacian_pyramid(fake), strict=True):
        a, b = (_patches(level, generator) for level in (level_real, level_fake))  # (patches, channels * 49)
        directions = F.normalize(torch.randn(DIRECTIONS, a.shape[1], generator=generator), dim=1)
        a, b = ((directions @ patches.T).sort(1).values for patches in (a, b))  # (directions, patches)
        distances.append(1000 * (a - b).abs().mean().item())
    return distances


def laplacian_pyramid(images: Tensor) -> list[Tensor]:
    """Float images `(n, channels, side, side)` to band-pass levels of sides `side, side/2, ...`; the last, of 16 or
    less, is the low-pass rest. Their sum, each enlarged, is the image (Burt and Adelson 1983)."""
    levels = []
    while images.shape[-1] >= 32:
        small = _blurred(images)[:, :, ::2, ::2]
        spread = torch.zeros_like(images)
        spread[:, :, ::2, ::2] = small * 4  # three of four pixels are 0
        levels.append(images - _blurred(spread))
        images = small
    return [*levels, images]


def _blurred(images: Tensor) -> Tensor:
    binomial = torch.tensor([1.0, 4.0, 6.0, 4.0, 1.0]) / 16
    kernel = torch.outer(binomial, binomial).expand(images.shape[1], 1, 5, 5)
    return F.conv2d(F.pad(images, (2, 2, 2, 2), mode="reflect"), kernel, groups=images.shape[1])


def _patches(images: Tensor, generator: torch.Generator) -> Tensor:
    """Random 7×7 patches of each image, standardised by channel: `(n * PATCHES, channels * 49)`."""
    n, channels, height, width = images.shape
    which = torch.arange(n).repeat_interleave(PATCHES)[:, None, None, None]
    depth = torch.arange(channels)[None, :, None, None]
    span = torch.arange(7)
    rows = torch.randint(0, height - 6, (n * PATCHES, 1), generator=generator) + span  # (patches, 7)
    columns = torch.randint(0, width - 6, (n * PATCHES, 1), generator=generator) + span
    patches = images[which, depth, rows[:, None, :, None], columns[:, None, None, :]]  # (patches, channels, 7, 7)
    mean, std = patches.mean((0, 2, 3), keepdim=True), patches.std((0, 2, 3), keepdim=True)
    return ((patches - mean) / (std + 1e-8)).flatten(1)

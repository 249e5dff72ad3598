"""A fast network for CIFAR-10, after Keller Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU", section 3: the
architecture and its initialisation (whitening, identity), and biases that learn 64 times as fast as weights."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.base import Architecture, sgd_recipe
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting

PATCH = 2  # side of the patches that are whitened
EXAMPLES = 5000  # training pictures whose patches say how


@architecture(
    "airbench",
    title="Fast CIFAR network",
    year=2024,
    people="Keller Jordan",
    paper="94% on CIFAR-10 in 3.29 seconds on a single GPU",
    url="https://arxiv.org/abs/2404.00498",
    tasks=("classification",),
    beginner="Built to learn in seconds. Its first layer is not learned but computed from the pictures, so that no two of "
    "its maps tell the same and none is louder than the rest. All other layers start by handing on what they get.",
    expert="A frozen 2×2 convolution with the eigenvectors of the patches' covariance, both signs, each divided by the root "
    "of its eigenvalue; three groups of two 3×3 convolutions with 64, 256 and 256 maps, the identity at the start; GELU; "
    "batch norm without gain, with momentum 0.6; logits divided by 9. The paper's 9.9 epochs also use label smoothing 0.2 "
    "(a setting of the task), mirrored pictures, lookahead and several views at the test.",
)
class Airbench(Architecture):
    """Input `(batch, channels, height, width)` of 9×9 or more, output logits `(batch, classes)`."""

    class Settings(Settings):
        width: float = setting(1.0, "Maps as a multiple of the paper's 64, 256 and 256.", unit="×", gt=0, le=8)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        _, height, width = spec.shape
        if min(height, width) < 9:
            return f"the fast network halves a picture thrice, so it needs at least 9×9 pixels; these are {height}×{width}."
        return None

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        # Few pictures make too few steps of 1,024.
        batch_size = given.get("batch_size", 1024 if spec.sizes["train"] >= 20_000 else 128)
        given = {"momentum": 0.85, **given, "batch_size": batch_size}
        # The paper's 11.5 and 0.0153, for 1,024 examples, divided by the 1 + 1 / (1 - momentum) that Nesterov's steps are
        # longer: 1.5 and 0.0020, the latter apart from the rate, 0.0013 with it.
        return sgd_recipe(spec, given, learning_rate=1.5 / 8, weight_decay=0.0013)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        channels = spec.shape[0]
        first, second, third = (max(1, round(paper * settings.width)) for paper in (64, 256, 256))
        whitened = 2 * channels * PATCH**2
        self.whiten = nn.Conv2d(channels, whitened, PATCH)  # height and width - 1
        self.whiten.weight.requires_grad_(False)
        nn.init.zeros_(self.whiten.bias)
        self.groups = nn.Sequential(
            nn.GELU(), *group(whitened, first), *group(first, second), *group(second, third)  # each: height and width / 2
        )
        self.classifier = nn.Sequential(
            nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Linear(third, len(spec.classes), bias=False)
        )

    def prepare(self, examples: Callable[[int], Tensor]) -> None:
        weight = whitening(examples(EXAMPLES).float().cpu())
        with torch.no_grad():
            self.whiten.weight.copy_(torch.cat([weight, -weight]))

    def forward(self, images: Tensor) -> Tensor:
        maps = self.groups(self.whiten(images))  # (batch, 256, height / 8, width / 8)
        return self.classifier(maps) / 9  # (batch, classes)


def group(narrow: int, wide: int) -> tuple[nn.Module, ...]:
    """Convolution, halving, convolution, each with batch norm and GELU."""
    return (
        convolution(narrow, wide), nn.MaxPool2d(2), BatchNorm(wide), nn.GELU(),
        convolution(wide, wide), BatchNorm(wide), nn.GELU(),
    )


def convolution(narrow: int, wide: int) -> nn.Conv2d:
    """3×3, whose first maps hand on the maps that come in (Jordan 2024, section 3.3)."""
    made = nn.Conv2d(narrow, wide, 3, padding=1, bias=False)
    with torch.no_grad():
        made.weight[:narrow] = F.pad(torch.eye(min(narrow, wide), narrow)[:, :, None, None], (1, 1, 1, 1))
    return made


class BatchNorm(nn.BatchNorm2d):
    """Batch norm without a gain. The bias is kept divided by 8: so SGD moves it 64 times as fast as it moves weights."""

    def __init__(self, maps: int):
        super().__init__(maps, eps=1e-12, momentum=0.4, affine=False)
        self.eighth = nn.Parameter(torch.zeros(maps))

    def forward(self, maps: Tensor) -> Tensor:
        return super().forward(maps) + 8 * self.eighth.view(-1, 1, 1)


def whitening(images: Tensor, eps: float = 5e-4) -> Tensor:
    """Filters `(channels · 4, channels, 2, 2)` whose answers to the patches of `images`, `(n, channels, height, width)`, are
    uncorrelated and, where the pictures vary by more than `eps`, of mean square 1; strongest direction first."""
    channels = images.shape[1]
    patches = images.unfold(2, PATCH, 1).unfold(3, PATCH, 1)  # (n, channels, height - 1, width - 1, 2, 2)
    patches = patches.permute(0, 2, 3, 1, 4, 5).flatten(0, 2).flatten(1)  # (patches, channels · 4)
    values, vectors = torch.linalg.eigh(patches.T @ patches / len(patches))  # ascending; vectors in columns
    return (vectors / (values.clamp_min(0) + eps).sqrt()).T.flip(0).view(-1, channels, PATCH, PATCH)

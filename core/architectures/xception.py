"""Xception: Chollet 2017, "Xception: deep learning with depthwise separable convolutions", figure 5."""

from itertools import pairwise

from torch import Tensor, nn

from core.architectures.base import Architecture, sgd_recipe
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting

LARGE = 64  # the side from which on the first convolution halves the picture, as in the paper


@architecture(
    "xception",
    title="Xception",
    year=2017,
    people="François Chollet",
    paper="Xception: deep learning with depthwise separable convolutions",
    url="https://arxiv.org/abs/1610.02357",
    tasks=("classification",),
    beginner="An ordinary filter looks for shapes and mixes maps at once. Xception does the two one after the other: first "
    "each map is filtered by itself, then every place mixes its maps. That needs far fewer weights for the same work.",
    expert="Figure 5: entry, middle and exit flow of separable convolutions (a 3×3 for each map, then 1×1, no bend between "
    "them) with batch norm and residual connections. At width 1 with 8 middle blocks and 1,000 classes it has the paper's "
    "22,855,952 parameters. Below 64 pixels the first convolution keeps the picture's size; all convolutions are padded.",
)
class Xception(Architecture):
    """Input `(batch, channels, height, width)` of 16×16 or more, output logits `(batch, classes)`."""

    class Settings(Settings):
        middle: int = setting(4, "Blocks of the middle flow, where the size stays the same. The paper has 8.", unit="blocks",
                              ge=0, le=32)
        width: float = setting(0.25, "Maps as a multiple of the paper's 32 to 2,048.", unit="×", gt=0, le=2)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        _, height, width = spec.shape
        if min(height, width) < 16:
            return f"Xception halves a picture four times, so it needs at least 16×16 pixels; these are {height}×{width}."
        return None

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        return sgd_recipe(spec, given, learning_rate=0.1, weight_decay=1e-4)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        def wide(paper: int) -> int:
            return max(1, round(paper * settings.width))

        channels, height, width = spec.shape
        stride = 1 if min(height, width) < LARGE else 2
        m32, m64, m128, m256, m728, m1024, m1536, m2048 = map(wide, (32, 64, 128, 256, 728, 1024, 1536, 2048))
        self.entry = nn.Sequential(
            nn.Conv2d(channels, m32, 3, stride, padding=1, bias=False), nn.BatchNorm2d(m32), nn.ReLU(),
            nn.Conv2d(m32, m64, 3, padding=1, bias=False), nn.BatchNorm2d(m64), nn.ReLU(),
            Block(m64, m128, m128), Block(m128, m256, m256), Block(m256, m728, m728),  # each: height and width / 2
        )
        self.middle = nn.Sequential(*(Block(m728, m728, m728, m728, halve=False) for _ in range(settings.middle)))
        self.exit = nn.Sequential(
            Block(m728, m728, m1024),  # height and width / 2
            *separable(m1024, m1536), nn.ReLU(),
            *separable(m1536, m2048), nn.ReLU(),
        )
        self.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(m2048, len(spec.classes)))

    def forward(self, images: Tensor) -> Tensor:
        maps = self.exit(self.middle(self.entry(images)))  # (batch, 2048, height / 16, width / 16); / 32 if large
        return self.classifier(maps)  # (batch, classes)


class Block(nn.Module):
    """Separable convolutions from each number of maps to the next, added to what came in; with `halve`, height and width are
    halved, and a 1×1 convolution does the same to the shortcut."""

    def __init__(self, *maps: int, halve: bool = True):
        super().__init__()
        layers: list[nn.Module] = []
        for narrow, wide in pairwise(maps):
            layers += [nn.ReLU(), *separable(narrow, wide)]
        self.residual, self.project = nn.Sequential(*layers), None
        if halve:
            self.residual.append(nn.MaxPool2d(3, 2, padding=1))
            self.project = nn.Sequential(nn.Conv2d(maps[0], maps[-1], 1, 2, bias=False), nn.BatchNorm2d(maps[-1]))

    def forward(self, maps: Tensor) -> Tensor:
        return self.residual(maps) + (self.project(maps) if self.project else maps)


def separable(narrow: int, wide: int) -> tuple[nn.Module, ...]:
    """A 3×3 convolution of each map by itself, then 1×1 over all maps, then batch norm."""
    return (
        nn.Conv2d(narrow, narrow, 3, padding=1, groups=narrow, bias=False), nn.Conv2d(narrow, wide, 1, bias=False),
        nn.BatchNorm2d(wide),
    )

"""VGG: Simonyan and Zisserman 2014, "Very deep convolutional networks for large-scale image recognition", table 1 (columns
A, B, D and E), with the batch normalisation of Ioffe and Szegedy 2015."""

from typing import Literal

from torch import Tensor, nn

from core.architectures.base import Architecture, sgd_recipe
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting

MAPS = (64, 128, 256, 512, 512)  # of each stage; between two stages the picture is halved
CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}  # of each stage
LARGE = 224  # the paper's side, from which on the last maps are 7×7 and keep their places


@architecture(
    "vgg",
    title="VGG",
    year=2014,
    people="Karen Simonyan, Andrew Zisserman",
    paper="Very deep convolutional networks for large-scale image recognition",
    url="https://arxiv.org/abs/1409.1556",
    tasks=("classification",),
    beginner="Nothing but small 3×3 filters, stacked deep: two of them one after the other see as far as one large filter, "
    "with fewer weights and one more bend. Five times the picture is halved, and each time there are more maps.",
    expert="Columns A, B, D and E of table 1. Below 224 pixels the last maps are averaged to one place, and the two hidden "
    "layers have 512 units instead of 4,096; dropout 0.5 after each, as in the paper. Pooling rounds up, so that 28 pixels "
    "last for five halvings. Batch norm came a year later; without it the deeper columns start slowly.",
)
class VGG(Architecture):
    """Input `(batch, channels, height, width)` of 17×17 or more, output logits `(batch, classes)`."""

    class Settings(Settings):
        depth: Literal[11, 13, 16, 19] = setting(16, "Layers with weights, the last three dense.", unit="layers")
        batch_norm: bool = setting(True, "Normalise each map over the batch: learns faster, and at far higher rates.")
        width: float = setting(
            0.25, "Maps and units as a multiple of the paper's 64 to 512 and 4,096.", unit="×", gt=0, le=4
        )

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        _, height, width = spec.shape
        if min(height, width) < 17:
            return f"VGG halves a picture five times, so it needs at least 17×17 pixels; these are {height}×{width}."
        return None

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        return sgd_recipe(spec, given, learning_rate=0.02, weight_decay=5e-4)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        def wide(paper: int) -> int:
            return max(1, round(paper * settings.width))

        channels, height, width = spec.shape
        layers: list[nn.Module] = []
        for maps, convolutions in zip(map(wide, MAPS), CONVOLUTIONS[settings.depth], strict=True):
            for _ in range(convolutions):
                layers.append(nn.Conv2d(channels, maps, 3, padding=1))
                if settings.batch_norm:
                    layers.append(nn.BatchNorm2d(maps))
                layers.append(nn.ReLU())
                channels = maps
            layers.append(nn.MaxPool2d(2, ceil_mode=True))  # height and width / 2
        self.features = nn.Sequential(*layers)
        large = min(height, width) >= LARGE
        side, units = (7, wide(4096)) if large else (1, wide(512))
        self.pool = nn.AdaptiveAvgPool2d(side)
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels * side * side, units), nn.ReLU(), nn.Dropout(),
            nn.Linear(units, units), nn.ReLU(), nn.Dropout(),
            nn.Linear(units, len(spec.classes)),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):  # He et al. 2015: without it, nothing reaches so deep
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
                nn.init.zeros_(module.bias)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.features(images)  # (batch, maps, height / 32, width / 32)
        return self.classifier(self.pool(maps))  # (batch, classes)

"""The residual networks for large pictures: He, Zhang, Ren and Sun 2015, "Deep residual learning for image recognition",
table 1, with projections where the maps change (option B)."""

from typing import Literal

from torch import Tensor, nn

from core.architectures.base import Architecture, sgd_recipe
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}  # of each stage
LARGE = 64  # the side from which on the paper's first layers fit: below, they would leave too little of a picture


@architecture(
    "resnet",
    title="ResNet",
    year=2015,
    people="Kaiming He, Xiangyu Zhang, Shaoqing Ren, Jian Sun",
    paper="Deep residual learning for image recognition",
    url="https://arxiv.org/abs/1512.03385",
    tasks=("classification",),
    beginner="The network that won the ImageNet contest of 2015. Shortcuts carry the picture past each block, which only "
    "learns what to change of it; so depth no longer stands in the way of learning.",
    expert="Table 1: two 3×3 convolutions a block for 18 and 34 layers, a bottleneck of 1×1, 3×3 and 1×1 for 50 and 101, "
    "whose stride is at the 3×3 (as in torchvision; the paper has it at the first 1×1). Below 64 pixels the 7×7 convolution "
    "of stride 2 and the pooling at the start are one 3×3 convolution. At width 64 it has the paper's size.",
)
class ResNet(Architecture):
    """Input `(batch, channels, height, width)` of 8×8 or more, output logits `(batch, classes)`."""

    class Settings(Settings):
        depth: Literal[18, 34, 50, 101] = setting(18, "Layers with weights; 50 and 101 have bottlenecks.", unit="layers")
        width: int = setting(16, "Maps of the first stage; each further one has twice as many. The paper has 64.",
                             unit="maps", ge=4, le=256)

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        _, height, width = spec.shape
        if min(height, width) < 8:
            return f"ResNet halves a picture thrice, so it needs at least 8×8 pixels; these are {height}×{width}."
        return None

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        return sgd_recipe(spec, given, learning_rate=0.1, weight_decay=5e-4)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        channels, height, width = spec.shape
        maps = settings.width
        if min(height, width) < LARGE:
            self.enter = nn.Sequential(nn.Conv2d(channels, maps, 3, padding=1, bias=False), nn.BatchNorm2d(maps), nn.ReLU())
        else:
            self.enter = nn.Sequential(  # height and width / 4
                nn.Conv2d(channels, maps, 7, 2, padding=3, bias=False), nn.BatchNorm2d(maps), nn.ReLU(),
                nn.MaxPool2d(3, 2, padding=1),
            )
        expansion = 4 if settings.depth >= 50 else 1
        stages = []
        for i, blocks in enumerate(BLOCKS[settings.depth]):
            inner, stride = settings.width * 2**i, 1 if i == 0 else 2
            stage = []
            for j in range(blocks):
                stage.append(Block(maps, inner, expansion, stride if j == 0 else 1))
                maps = inner * expansion
            stages.append(nn.Sequential(*stage))
        self.stages = nn.Sequential(*stages)
        self.classifier = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(maps, len(spec.classes)))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        maps = self.stages(self.enter(images))  # (batch, 8 · width · expansion, height / 8, width / 8); / 32 if large
        return self.classifier(maps)  # (batch, classes)


class Block(nn.Module):
    """`(batch, maps, height, width)` to `(batch, inner · expansion, height / stride, width / stride)`: two 3×3 convolutions,
    or with an expansion a bottleneck, added to what came in."""

    def __init__(self, maps: int, inner: int, expansion: int, stride: int):
        super().__init__()
        outer = inner * expansion
        if expansion == 1:
            steps = [(maps, inner, 3, stride), (inner, outer, 3, 1)]
        else:
            steps = [(maps, inner, 1, 1), (inner, inner, 3, stride), (inner, outer, 1, 1)]
        layers: list[nn.Module] = []
        for narrow, wide, kernel, step in steps:
            layers += [nn.Conv2d(narrow, wide, kernel, step, kernel // 2, bias=False), nn.BatchNorm2d(wide), nn.ReLU()]
        self.residual = nn.Sequential(*layers[:-1])  # the last bend comes after the sum
        self.project = None
        if stride != 1 or maps != outer:
            self.project = nn.Sequential(nn.Conv2d(maps, outer, 1, stride, bias=False), nn.BatchNorm2d(outer))
        self.relu = nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        shortcut = self.project(maps) if self.project else maps
        return self.relu(self.residual(maps) + shortcut)

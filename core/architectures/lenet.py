"""LeNet-5: LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document recognition", section II."""

from typing import Literal

from torch import Tensor, nn

from core.architectures.base import Architecture, epochs_for
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "lenet",
    title="LeNet-5",
    year=1998,
    people="Yann LeCun, Léon Bottou, Yoshua Bengio, Patrick Haffner",
    paper="Gradient-based learning applied to document recognition",
    url="https://doi.org/10.1109/5.726791",
    tasks=("classification",),
    beginner="The network that read the cheques of American banks. Small filters slide over the picture and learn "
    "strokes, then corners of strokes, then whole digits.",
    expert="Two 5×5 convolutions (6 and 16 maps at width 1) with 2×2 subsampling, then 120 and 84 units. The sparse "
    "connection table of C3, the trainable subsampling and the radial output of the paper are replaced by dense "
    "convolution, plain pooling and softmax.",
)
class LeNet(Architecture):
    """Input `(batch, channels, height, width)` of 28×28 or more, output logits `(batch, classes)`."""

    class Settings(Settings):
        width: float = setting(
            2.0, "Maps and units as a multiple of the paper's 6, 16, 120 and 84.", unit="×", ge=0.5, le=16
        )
        activation: Literal["tanh", "relu"] = setting("relu", "The paper's is tanh; relu learns faster.")
        pooling: Literal["average", "max"] = setting("max", "How four neighbours become one; the paper averages.")

    @classmethod
    def misfit(cls, spec: DataSpec) -> str | None:
        if min(spec.shape[1:]) < 28:
            return f"LeNet-5 needs pictures of at least 28×28 pixels; these are {spec.shape[1]}×{spec.shape[2]}."
        return None

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 64)
        return {"epochs": max(3, epochs_for(1200, spec, batch_size)), "schedule": "cosine", "learning_rate": 2e-3, **given}

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        bend = {"tanh": nn.Tanh, "relu": nn.ReLU}[settings.activation]
        pool = {"average": nn.AvgPool2d, "max": nn.MaxPool2d}[settings.pooling]
        c1, c3, c5, f6 = (max(1, round(paper * settings.width)) for paper in (6, 16, 120, 84))
        channels, height, width = spec.shape
        self.features = nn.Sequential(
            nn.Conv2d(channels, c1, 5, padding=2), bend(), pool(2),  # (batch, 6, 14, 14) for 28×28
            nn.Conv2d(c1, c3, 5), bend(), pool(2),  # (batch, 16, 5, 5)
        )
        side = [((size // 2) - 4) // 2 for size in (height, width)]
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(c3 * side[0] * side[1], c5), bend(),
            nn.Linear(c5, f6), bend(),
            nn.Linear(f6, len(spec.classes)),
        )

    def forward(self, images: Tensor) -> Tensor:
        maps = self.features(images)
        return self.classifier(maps)  # (batch, classes)

"""The colourisation network of Zhang, Isola and Efros 2016, "Colorful image colorization", figure 2, for small pictures."""

import math

import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.base import Architecture, picture_recipe
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "colour-net",
    title="Colour net",
    year=2016,
    people="Richard Zhang, Phillip Isola, Alexei Efros",
    paper="Colorful image colorization",
    url="https://arxiv.org/abs/1603.08511",
    tasks=("colourisation",),
    beginner="It looks at a grey picture ever more coarsely, until it sees what is there: sky, skin, grass. From that "
    "follows what colour each place may have. Fine detail needs no colour of its own: the lightness has it already.",
    expert="The paper's plan at half the depth: 3×3 convolutions, strided at the end of a stage, then stages of dilation 2 "
    "that see far without growing coarser, one step up by a 4×4 transposed convolution, and a 1×1 convolution to the "
    "colours at half the picture's sides (the paper's are a quarter). Batch normalisation ends each stage. The paper's has "
    "8 stages of 64 to 512 maps for 256×256 pixels.",
)
class ColourNet(Architecture):
    """Pictures `(batch, channels, height, width)` in 0..1, any height and width, to `(batch, output channels, height / 2,
    width / 2)`, rounded up: as many channels as the spec's `output_channels`."""

    class Settings(Settings):
        width: int = setting(32, "Feature maps of the first stage; the second has twice and the others four times as many.",
                             unit="maps", ge=4, le=128)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        return picture_recipe(spec, given, steps=1500)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        width = settings.width
        self.network = nn.Sequential(
            *_stage(spec.shape[0], width, stride=2),  # sides / 2
            *_stage(width, 2 * width, stride=2),  # sides / 4
            *_stage(2 * width, 4 * width),
            *_stage(4 * width, 4 * width, dilation=2),
            nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1), nn.ReLU(),  # sides / 2
            *_stage(2 * width, 2 * width),
            nn.Conv2d(2 * width, spec.output_channels, 1),
        )

    def forward(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        padded = F.pad(images, (0, -width % 4, 0, -height % 4), mode="replicate")
        return self.network(padded)[:, :, : math.ceil(height / 2), : math.ceil(width / 2)]


def _stage(few: int, many: int, stride: int = 1, dilation: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(few, many, 3, padding=dilation, dilation=dilation), nn.ReLU(),
        nn.Conv2d(many, many, 3, stride, padding=dilation, dilation=dilation), nn.ReLU(), nn.BatchNorm2d(many),
    ]

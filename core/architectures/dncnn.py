"""The network that answers with the noise: Zhang, Zuo, Chen, Meng and Zhang 2017, "Beyond a Gaussian denoiser: residual
learning of deep CNN for image denoising", section III and figure 1."""

from torch import Tensor, nn

from core.architectures.base import Architecture, epochs_for
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "dncnn",
    title="DnCNN",
    year=2017,
    people="Kai Zhang, Wangmeng Zuo, Yunjin Chen, Deyu Meng, Lei Zhang",
    paper="Beyond a Gaussian denoiser: residual learning of deep CNN for image denoising",
    url="https://doi.org/10.1109/TIP.2017.2662206",
    tasks=("denoising",),
    beginner="Seventeen plain layers look for what does not belong to the picture: the noise. What they find is taken away "
    "from what came in. To learn the noise is easier than to learn all that a picture can show.",
    expert="Convolution and ReLU, then 15 times convolution, batch normalisation (Ioffe and Szegedy 2015) and ReLU, then a "
    "convolution; 3×3 and 64 maps throughout, the size kept by zeros, so that each answer hangs on 35×35 pixels (depth 20, "
    "as DnCNN-B: 41×41). The paper trains on 204,800 patches of 40×40, mirrored and turned, in 50 epochs of batches of 128, "
    "by SGD on the summed squared error with rates from 0.1 to 0.0001; here it is the mean squared error and Adam, as in "
    "the authors' later code, from a last layer that is nearly zero, and by default a run that a person can wait for. "
    "Gaussian noise of 25/255, in the paper: 30.43 dB on Set12 and 29.23 dB on BSD68 (BM3D: 29.97 and 28.57).",
)
class DnCNN(Architecture):
    """Images `(batch, channels, height, width)` in 0..1, any height and width, to cleaned images of the same shape."""

    class Settings(Settings):
        depth: int = setting(17, "Layers; each lets an answer see one pixel further to every side.", unit="layers", ge=3,
                             le=30)
        width: int = setting(64, "Feature maps of each layer.", unit="maps", ge=4, le=256)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        # By the pixels: a large picture teaches as much as the many small ones that it holds.
        batch_size = given.get("batch_size", max(4, min(128, 32 * 40 * 40 // (spec.shape[1] * spec.shape[2]))))
        return {"epochs": epochs_for(1000, spec, batch_size), "batch_size": batch_size, "schedule": "cosine", **given}

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        channels, width = spec.shape[0], settings.width
        layers = [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        for _ in range(settings.depth - 2):
            layers += [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
        self.noise = nn.Sequential(*layers, nn.Conv2d(width, channels, 3, padding=1))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        # At first it finds hardly any noise: else the first hundreds of steps go by until it adds none of its own.
        nn.init.normal_(self.noise[-1].weight, std=1e-3)
        nn.init.zeros_(self.noise[-1].bias)

    def forward(self, images: Tensor) -> Tensor:
        return images - self.noise(images)  # residual learning, equation 1

"""Principal components and a linear classifier on them: Pearson 1901, "On lines and planes of closest fit to systems of
points in space"; for digits in LeCun et al. 1998, section III.C.3, there with a quadratic classifier."""

import torch
from torch import Tensor, nn

from core.architectures.base import Fitted
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "pca-linear",
    title="PCA and linear classifier",
    year=1901,
    people="Karl Pearson",
    paper="On lines and planes of closest fit to systems of points in space",
    url="https://doi.org/10.1080/14786440109462720",
    tasks=("classification",),
    beginner="First it finds the few directions in which the pictures differ most, and describes each picture by how far it "
    "lies along them. Then it draws straight borders between the classes, among those few numbers instead of all pixels.",
    expert="scikit-learn's PCA, whitened, and multinomial logistic regression with its default penalty (C = 1) on the "
    "components. The loss is that of its probabilities.",
)
class PCALinear(Fitted):
    """Input `(batch, channels, height, width)` or `(batch, features)`, output logits `(batch, classes)`."""

    takes = ("images", "features")

    class Settings(Settings):
        components: int = setting(
            40, "Directions that are kept; the paper on digits keeps 40.", unit="components", ge=1, le=4096
        )

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__(spec)
        self.projection = Projection(self.size, min(settings.components, self.size, self.wanted))
        self.classifier = nn.Linear(len(self.projection.scales), len(spec.classes)).requires_grad_(False)

    def fit(self, examples: Tensor, targets: Tensor) -> None:
        from sklearn.decomposition import PCA  # slow to import
        from sklearn.linear_model import LogisticRegression

        seed = int(torch.randint(2**31 - 1, ()))
        levels = self.kept_levels(examples).numpy()
        found = PCA(len(self.projection.scales), random_state=seed).fit(levels)
        self.projection.mean.copy_(torch.from_numpy(found.mean_))
        self.projection.directions.copy_(torch.from_numpy(found.components_))
        self.projection.scales.copy_(torch.from_numpy(found.explained_variance_).sqrt().clamp_min(1e-6))
        device = self.projection.mean.device
        described = self.projection(torch.from_numpy(levels).to(device)).cpu().numpy()
        machine = LogisticRegression(max_iter=1000).fit(described, targets.numpy())
        weight, bias = torch.from_numpy(machine.coef_), torch.from_numpy(machine.intercept_)
        if len(weight) == 1:  # of two classes scikit-learn gives the difference alone
            weight, bias = torch.cat([-weight, weight]) / 2, torch.cat([-bias, bias]) / 2
        self.classifier.weight.copy_(weight)
        self.classifier.bias.copy_(bias)

    def forward(self, inputs: Tensor) -> Tensor:
        return self.classifier(self.projection(self.levels(inputs)))  # (batch, classes)


class Projection(nn.Module):
    """Levels `(batch, size)` as their places along the directions, each with unit variance: `(batch, components)`."""

    def __init__(self, size: int, components: int):
        super().__init__()
        self.mean = nn.Parameter(torch.zeros(size), requires_grad=False)
        self.directions = nn.Parameter(torch.zeros(components, size), requires_grad=False)
        self.scales = nn.Parameter(torch.ones(components), requires_grad=False)

    def forward(self, levels: Tensor) -> Tensor:
        return (levels - self.mean) @ self.directions.T / self.scales

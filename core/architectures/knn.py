"""k nearest neighbours: Cover and Hart 1967, "Nearest neighbor pattern classification"; first Fix and Hodges 1951."""

import torch
from torch import Tensor
from torch.nn import functional as F

from core.architectures.base import Fitted
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting

CHUNK = 8192  # stored examples that are compared at once: bounds the memory


@architecture(
    "knn",
    title="k nearest neighbours",
    year=1967,
    people="Thomas Cover, Peter Hart",
    paper="Nearest neighbor pattern classification",
    url="https://doi.org/10.1109/TIT.1967.1053964",
    tasks=("classification",),
    beginner="It learns nothing: it keeps every training example. Asked about a new one, it looks for the few that differ "
    "least, pixel by pixel or number by number, and lets them vote.",
    expert="Euclidean distance of pixel levels or of standardised features, uniform votes, a tie goes to the first class. "
    "Scores are the logarithms of the votes' shares after one more vote was spread over all classes (Laplace smoothing), so "
    "the loss is finite and never 0. With unlimited data the error of one neighbour is at most twice the least possible.",
)
class KNearestNeighbours(Fitted):
    """Input `(batch, channels, height, width)` or `(batch, features)`, output log shares `(batch, classes)`."""

    takes = ("images", "features")

    class Settings(Settings):
        neighbours: int = setting(3, "How many of the nearest examples vote.", unit="examples", ge=1, le=1000)
        most: int = setting(60_000, "Training examples that are kept at most; each new one is compared with them all.",
                            unit="examples", ge=1, le=1_000_000)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__(spec, settings.most)
        self.neighbours, self.classes = min(settings.neighbours, self.wanted), len(spec.classes)
        self.register_buffer("examples", self.blank())
        self.register_buffer("labels", torch.zeros(self.wanted, dtype=torch.int64))

    def fit(self, examples: Tensor, targets: Tensor) -> None:
        self.examples.copy_(examples)
        self.labels.copy_(targets)

    def forward(self, inputs: Tensor) -> Tensor:
        levels = self.levels(inputs)  # (batch, size)
        distances, labels = [], []
        for examples, names in zip(self.examples.split(CHUNK), self.labels.split(CHUNK), strict=True):
            examples = self.kept_levels(examples)
            # |a - b|² without |a|², which is the same for all b
            far = examples.square().sum(1) - 2 * levels @ examples.T  # (batch, chunk)
            near = far.topk(min(self.neighbours, len(examples)), largest=False)
            distances.append(near.values)
            labels.append(names[near.indices])
        nearest = torch.cat(distances, 1).topk(self.neighbours, largest=False).indices  # (batch, neighbours)
        voters = torch.cat(labels, 1).gather(1, nearest)
        votes = F.one_hot(voters, self.classes).sum(1)  # (batch, classes)
        return ((votes + 1 / self.classes) / (self.neighbours + 1)).log()

"""k-means: MacQueen 1967, "Some methods for classification and analysis of multivariate observations", with the batch rule
of Lloyd 1957 (printed 1982), as scikit-learn has it."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.architectures.base import Fitted
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "kmeans",
    title="k-means",
    year=1967,
    people="James MacQueen",
    paper="Some methods for classification and analysis of multivariate observations",
    url="https://projecteuclid.org/euclid.bsmsp/1200512992",
    tasks=("classification",),
    beginner="It sorts the training pictures into groups of look-alikes without being told what they show. Afterwards each "
    "group is named after most of its members, and a new picture gets the name of the group whose average is nearest.",
    expert="Lloyd's rule from k-means++ (Arthur and Vassilvitskii 2007), Euclidean distance of pixel levels or standardised "
    "features. Targets are used only to label the clusters. Scores are the logarithms of the class shares in the nearest "
    "cluster, one more member spread over all classes (Laplace smoothing).",
)
class KMeans(Fitted):
    """Input `(batch, channels, height, width)` or `(batch, features)`, output log shares `(batch, classes)`."""

    takes = ("images", "features")

    class Settings(Settings):
        clusters: int = setting(200, "Groups that the training examples are sorted into.", unit="clusters", ge=1, le=10_000)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__(spec)
        clusters, classes = min(settings.clusters, self.wanted), len(spec.classes)
        self.centroids = nn.Parameter(torch.zeros(clusters, self.size), requires_grad=False)
        self.shares = nn.Parameter(torch.full((clusters, classes), 1 / classes), requires_grad=False)  # of each class

    def fit(self, examples: Tensor, targets: Tensor) -> None:
        from sklearn import cluster  # slow to import

        clusters, classes = self.shares.shape
        seed = int(torch.randint(2**31 - 1, ()))
        found = cluster.KMeans(clusters, random_state=seed).fit(self.kept_levels(examples).numpy())
        self.centroids.copy_(torch.from_numpy(found.cluster_centers_))
        members = torch.from_numpy(found.labels_).long()
        counts = torch.bincount(members * classes + targets, minlength=clusters * classes).view(clusters, classes)
        self.shares.copy_((counts + 1 / classes) / (counts.sum(1, keepdim=True) + 1))

    def forward(self, inputs: Tensor) -> Tensor:
        # |a - b|² without |a|², which is the same for all b
        far = self.centroids.square().sum(1) - 2 * self.levels(inputs) @ self.centroids.T  # (batch, clusters)
        return F.embedding(far.argmin(1), self.shares).log()  # (batch, classes)

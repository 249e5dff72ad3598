"""The support vector machine: Cortes and Vapnik 1995, "Support-vector networks"; pictures scaled to length 1 and a kernel of
degree 9 as in DeCoste and Schölkopf 2002, "Training invariant support vector machines", section 5."""

from itertools import combinations
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.architectures.base import Fitted
from core.catalog import DataSpec, architecture
from core.errors import UserError
from core.experiment import Settings, setting

CHUNK = 8192  # stored examples that are compared at once: bounds the memory
CACHE = 1000  # megabytes of kernel values that the solver keeps


@architecture(
    "svm",
    title="Support vector machine",
    year=1995,
    people="Corinna Cortes, Vladimir Vapnik",
    paper="Support-vector networks",
    url="https://doi.org/10.1007/BF00994018",
    tasks=("classification",),
    beginner="Between each two classes it looks for the border that keeps the widest margin to both. Only the examples on "
    "the margin matter: they hold the border up, and so are called support vectors.",
    expert="Soft margin, solved by libsvm (in scikit-learn) one class against one. Scores are the duels that each class "
    "won, plus less than a third for how clearly (scikit-learn's decision function); they are no probabilities, so read the "
    "accuracy rather than the loss. Time grows with the square of the "
    "examples. Rows of a table are standardised and get one constant number more before they are scaled to length 1.",
)
class SupportVectorMachine(Fitted):
    """Input `(batch, channels, height, width)` or `(batch, features)`, output scores `(batch, classes)`."""

    takes = ("images", "features")

    class Settings(Settings):
        kernel: Literal["polynomial", "rbf"] = setting(
            "polynomial", "Likeness of examples x, y scaled to length 1: ((x·y + 1) / 2) ** degree, or exp(-gamma |x - y|²)."
        )
        degree: int = setting(9, "Power of the polynomial kernel.", ge=1, le=20)
        gamma: float = setting(2.0, "Steepness of the rbf kernel: the larger, the nearer must alike examples be.",
                               gt=0, le=1000)
        penalty: float = setting(10.0, "Price of a training example on the wrong side of its margin (the paper's C).",
                                 gt=0, le=1e6)
        most: int = setting(60_000, "Training examples that are taken at most; half as many need a quarter of the time.",
                            unit="examples", ge=2, le=1_000_000)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__(spec, settings.most)
        self.settings, self.classes = settings, len(spec.classes)
        self.pairs = list(combinations(range(self.classes), 2))
        for name, side in zip(("first", "second"), zip(*self.pairs, strict=True), strict=True):  # (pairs, classes) each
            self.register_buffer(name, F.one_hot(torch.tensor(side), self.classes).float(), persistent=False)
        self.register_buffer("examples", self.blank())
        # One row a pair of classes; 0 for every picture that is no support vector of it.
        self.coefficients = nn.Parameter(torch.zeros(len(self.pairs), self.wanted), requires_grad=False)
        self.thresholds = nn.Parameter(torch.zeros(len(self.pairs)), requires_grad=False)

    def fit(self, examples: Tensor, targets: Tensor) -> None:
        from sklearn.svm import SVC  # slow to import

        if len(targets.unique()) < self.classes:
            raise UserError(f"{self.wanted} examples don't hold all {self.classes} classes: raise model.most.")
        chosen = self.settings
        kernel = (
            {"kernel": "poly", "degree": chosen.degree, "gamma": 0.5, "coef0": 0.5} if chosen.kernel == "polynomial"
            else {"kernel": "rbf", "gamma": chosen.gamma}
        )
        levels = self.unit(self.kept_levels(examples)).numpy()
        machine = SVC(C=chosen.penalty, cache_size=CACHE, **kernel).fit(levels, targets.numpy())
        found, owner = torch.from_numpy(machine.dual_coef_).float(), targets[torch.from_numpy(machine.support_).long()]
        sign = -1 if self.classes == 2 else 1  # of two classes scikit-learn counts the second as positive
        coefficients = torch.zeros(self.coefficients.shape)
        for row, (one, other) in enumerate(self.pairs):
            # libsvm keeps for each support vector one coefficient against each other class, its own left out.
            mine = torch.where(owner == one, found[other - 1], torch.where(owner == other, found[one], 0))
            coefficients[row, machine.support_] = sign * mine
        self.examples.copy_(examples)
        self.coefficients.copy_(coefficients)
        self.thresholds.copy_(sign * torch.from_numpy(machine.intercept_))

    def unit(self, levels: Tensor) -> Tensor:
        """Levels `(n, size)` scaled to length 1. Features first get one number more, the same for all (the root of their
        count, a usual row's own length): so the scaling keeps how far from the middle of the data they lie."""
        if self.spec.kind != "images":
            levels = F.pad(levels, (0, 1), value=self.size**0.5)  # (n, size + 1)
        return F.normalize(levels, dim=1)

    def duels(self, inputs: Tensor) -> Tensor:
        """For each pair of classes how clearly the first wins, `(batch, pairs)`; below 0 the second does."""
        asked = self.unit(self.levels(inputs))  # (batch, size)
        clear = self.thresholds
        for examples, weights in zip(self.examples.split(CHUNK), self.coefficients.split(CHUNK, dim=1), strict=True):
            likeness = asked @ self.unit(self.kept_levels(examples)).T  # (batch, chunk)
            if self.settings.kernel == "polynomial":
                kernel = ((likeness + 1) / 2) ** self.settings.degree
            else:
                kernel = (self.settings.gamma * (2 * likeness - 2)).exp()  # |x - y|² = 2 - 2 x·y at length 1
            clear = clear + kernel @ weights.T
        return clear

    def forward(self, inputs: Tensor) -> Tensor:
        clear = self.duels(inputs)
        won = (clear > 0).float() @ self.first + (clear <= 0).float() @ self.second  # (batch, classes)
        surplus = clear @ (self.first - self.second)
        return won + surplus / (3 * (surplus.abs() + 1))

"""The perceptron, trained by its own rule: Rosenblatt 1958, "The perceptron: a probabilistic model for information storage
and organization in the brain"; first a report of 1957."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core.architectures.base import OwnRule
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "perceptron",
    title="Perceptron",
    year=1957,
    people="Frank Rosenblatt",
    paper="The perceptron: a probabilistic model for information storage and organization in the brain",
    url="https://doi.org/10.1037/h0042519",
    tasks=("classification",),
    beginner="The first machine that learned to see. One unit a class adds up the pixels, each with its weight, and fires "
    "above a threshold. Only when it is wrong does it learn: the picture is added to its weights, or taken away.",
    expert="One against the rest: each class has a unit y = step(w·x + b), and w += rate (t − y) x after every single "
    "example, whatever the batch size. From weights of 0; the answer is the class with the largest sum. It settles only "
    "where planes can part the classes (Novikoff 1962); the last weights are kept, not their average.",
)
class Perceptron(OwnRule):
    """Input `(batch, channels, height, width)` or `(batch, features)`, output sums `(batch, classes)`; a unit fires
    where its sum is above 0."""

    takes = ("images", "features")

    class Settings(Settings):
        rate: float = setting(
            0.001, "Size of each correction; from weights of 0 it changes no answer, only the scale of sums and loss.",
            gt=0, le=10,
        )
        bias: bool = setting(True, "Each unit learns its threshold; otherwise all fire above 0.")

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        return {"epochs": 10, **given}

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        self.rate = settings.rate
        self.units = nn.Linear(torch.Size(spec.shape).numel(), len(spec.classes), settings.bias).requires_grad_(False)
        for parameter in self.units.parameters():
            nn.init.zeros_(parameter)

    def forward(self, images: Tensor) -> Tensor:
        return self.units(images.flatten(1))  # (batch, classes)

    def learn(self, inputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """`errors`: wrong units an example; `accuracy`: share of right answers; both before each correction."""
        wanted = F.one_hot(targets, self.units.out_features).to(inputs.dtype)  # (batch, classes)
        weight, bias, answers = self.units.weight, self.units.bias, []
        for picture, target in zip(inputs.flatten(1), wanted, strict=True):
            sums = F.linear(picture, weight, bias)  # (classes,)
            error = target - (sums > 0).to(target.dtype)
            weight.addr_(error, picture, alpha=self.rate)
            if bias is not None:
                bias.add_(error, alpha=self.rate)
            answers.append(sums)
        sums = torch.stack(answers)  # (batch, classes)
        return {
            "errors": ((sums > 0) != (wanted > 0)).sum(1).float().mean(),
            "accuracy": (sums.argmax(1) == targets).float().mean(),
        }

"""The artificial neuron, one a class: McCulloch and Pitts 1943, "A logical calculus of the ideas immanent in nervous
activity". Without activation it is the linear classifier of LeCun et al. 1998, section III.C.1, trained by cross-entropy."""

from typing import Literal

import torch
from torch import Tensor, nn

from core.architectures.base import Architecture, epochs_for
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting

ACTIVATIONS = {"identity": nn.Identity, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}
REACH = 10  # softmax of numbers between 0 and 1 can never be sure: bounded activations are stretched


@architecture(
    "neuron",
    title="Artificial neuron",
    year=1943,
    people="Warren McCulloch, Walter Pitts",
    paper="A logical calculus of the ideas immanent in nervous activity",
    url="https://doi.org/10.1007/BF02478259",
    tasks=("classification",),
    beginner="The smallest network: one neuron a class. It adds up the pixels, each with a weight of its own, and bends the "
    "sum by its activation. The neuron that answers most names the picture.",
    expert="One layer, no hidden one; with the identity it is the linear classifier (multinomial logistic regression). The "
    "neuron of 1943 fires or not: that step has no slope, so no gradient can train it (the perceptron has a rule of its own "
    "for it). Sigmoid and tanh are stretched by 10, since softmax of values in 0..1 can't be sure.",
)
class Neuron(Architecture):
    """Input `(batch, channels, height, width)` or `(batch, features)`, output logits `(batch, classes)`."""

    takes = ("images", "features")

    class Settings(Settings):
        activation: Literal["identity", "sigmoid", "tanh", "relu"] = setting(
            "identity", "What each neuron makes of its sum; identity leaves it as it is: a linear classifier."
        )
        bias: bool = setting(True, "Each neuron learns a threshold of its own.")

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 64)
        rate = 1e-2 if spec.kind == "features" else 1e-3  # few weights have further to go
        epochs = max(5, epochs_for(1200, spec, batch_size))
        return {"epochs": epochs, "schedule": "cosine", "learning_rate": rate, **given}

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        self.reach = REACH if settings.activation in ("sigmoid", "tanh") else 1
        self.sums = nn.Linear(torch.Size(spec.shape).numel(), len(spec.classes), bias=settings.bias)
        self.activation = ACTIVATIONS[settings.activation]()

    def forward(self, images: Tensor) -> Tensor:
        return self.reach * self.activation(self.sums(images.flatten(1)))  # (batch, classes)

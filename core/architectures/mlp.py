"""The multilayer perceptron, trained by backpropagation: Rumelhart, Hinton and Williams 1986."""

from typing import Literal

import torch
from torch import Tensor, nn

from core.architectures.base import Architecture, epochs_for
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "gelu": nn.GELU}


@architecture(
    "mlp",
    title="Multilayer perceptron",
    year=1986,
    people="David Rumelhart, Geoffrey Hinton, Ronald Williams",
    paper="Learning representations by back-propagating errors",
    url="https://doi.org/10.1038/323533a0",
    tasks=("classification",),
    beginner="Layers of artificial neurons, each connected to every neuron of the layer before. Errors at the output "
    "are sent backwards, so that every connection learns its share of the blame.",
    expert="Fully connected layers with a pointwise non-linearity and optional dropout (Srivastava et al. 2014) on "
    "the flattened picture; initialised as torch's Linear.",
)
class MLP(Architecture):
    """Input `(batch, channels, height, width)` or `(batch, features)`, output logits `(batch, classes)`."""

    takes = ("images", "features")

    class Settings(Settings):
        width: int = setting(256, "Neurons in each hidden layer.", unit="neurons", ge=1, le=8192)
        depth: int = setting(2, "Hidden layers.", unit="layers", ge=1, le=16)
        activation: Literal["relu", "tanh", "sigmoid", "gelu"] = setting(
            "relu", "The bend that each neuron puts into its sum."
        )
        dropout: float = setting(0.0, "Share of neurons silenced at random in each training step.", ge=0, lt=1)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 64)
        rate = 5e-3 if spec.kind == "features" else 1e-3  # so that a handful of neurons gets there too
        epochs = max(3, epochs_for(1200, spec, batch_size))
        return {"epochs": epochs, "schedule": "cosine", "learning_rate": rate, **given}

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        width = torch.Size(spec.shape).numel()
        for _ in range(settings.depth):
            layers += [nn.Linear(width, settings.width), ACTIVATIONS[settings.activation](), nn.Dropout(settings.dropout)]
            width = settings.width
        self.layers = nn.Sequential(*layers, nn.Linear(width, len(spec.classes)))

    def forward(self, images: Tensor) -> Tensor:
        return self.layers(images)  # (batch, classes)

"""The artificial neuron."""

import pytest
import torch

from core.architectures.neuron import Neuron
from core.catalog import DataSpec

SPEC = DataSpec(kind="images", shape=(1, 6, 5), sizes={"train": 10}, classes=("a", "b", "c"), mean=(0.5,), std=(0.5,))


@pytest.mark.parametrize(("activation", "formula"), [
    ("identity", lambda sums: sums),
    ("sigmoid", lambda sums: 10 / (1 + (-sums).exp())),
    ("tanh", lambda sums: 10 * torch.tanh(sums)),
    ("relu", lambda sums: sums.clamp_min(0)),
])
def test_a_neuron_gives_the_activation_of_its_weighted_sum(activation, formula):
    model = Neuron(Neuron.Settings(activation=activation), SPEC)
    images = torch.randn(4, 1, 6, 5)
    sums = images.flatten(1) @ model.sums.weight.T + model.sums.bias
    torch.testing.assert_close(model(images), formula(sums))


def test_each_class_has_one_neuron():
    model = Neuron(Neuron.Settings(bias=False), SPEC)
    assert [tuple(parameter.shape) for parameter in model.parameters()] == [(3, 30)]

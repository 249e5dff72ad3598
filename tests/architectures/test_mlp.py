"""The multilayer perceptron."""

import pytest
import torch
from torch import nn

from core.architectures.mlp import MLP
from core.catalog import DataSpec

SPEC = DataSpec(kind="images", shape=(1, 6, 5), sizes={"train": 10}, classes=("a", "b", "c"), mean=(0.5,), std=(0.5,))


def test_it_computes_what_its_layers_compute_one_after_the_other():
    model = MLP(MLP.Settings(width=7, depth=1, activation="tanh"), SPEC).eval()
    first, last = (module for module in model.modules() if isinstance(module, nn.Linear))
    images = torch.randn(4, 1, 6, 5)
    expected = torch.tanh(images.flatten(1) @ first.weight.T + first.bias) @ last.weight.T + last.bias
    torch.testing.assert_close(model(images), expected)


@pytest.mark.parametrize("depth", [1, 3])
def test_depth_counts_the_hidden_layers(depth):
    model = MLP(MLP.Settings(width=8, depth=depth), SPEC)
    linear = [module for module in model.modules() if isinstance(module, nn.Linear)]
    assert [layer.out_features for layer in linear] == [8] * depth + [3]


def test_dropout_works_in_training_alone():
    model = MLP(MLP.Settings(width=64, dropout=0.5), SPEC)
    images = torch.randn(4, 1, 6, 5)
    assert not torch.equal(model(images), model(images))
    model.eval()
    assert torch.equal(model(images), model(images))

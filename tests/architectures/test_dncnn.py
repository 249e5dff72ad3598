"""DnCNN, against the figures of its paper."""

import pytest
import torch

from core.architectures.dncnn import DnCNN
from core.catalog import DataSpec

SPEC = DataSpec(kind="images", shape=(1, 40, 40), sizes={"train": 204_800}, mean=(0.45,), std=(0.25,))


def model(**settings):
    torch.manual_seed(0)
    return DnCNN(DnCNN.Settings(**settings), SPEC).eval()


def test_it_has_the_paper_s_layers():
    network = model()
    kinds = [type(layer).__name__ for layer in network.noise]
    assert kinds == ["Conv2d", "ReLU"] + ["Conv2d", "BatchNorm2d", "ReLU"] * 15 + ["Conv2d"]
    ends, middle = (9 + 1) * 64 + 9 * 64 + 1, 15 * (9 * 64 * 64 + 2 * 64)  # 0.56 million
    assert sum(parameter.numel() for parameter in network.parameters()) == ends + middle


@pytest.mark.parametrize(("depth", "side"), [(17, 35), (20, 41)])  # section III.A: (2d + 1) × (2d + 1), less the middle
def test_an_answer_hangs_on_as_many_pixels_as_in_the_paper(depth, side):
    network = model(depth=depth, width=8)
    images = torch.rand(1, 1, 61, 61, requires_grad=True)
    network(images)[0, 0, 30, 30].backward()
    rows = images.grad[0, 0].abs().sum(1).nonzero().flatten()
    assert rows[-1] - rows[0] + 1 == side


def test_it_answers_with_the_noise():
    network = model(depth=3, width=4)
    torch.nn.init.zeros_(network.noise[-1].weight)
    images = torch.rand(2, 1, 7, 12)
    assert torch.equal(network(images), images)

"""LeNet-5."""

import pytest
import torch

from core.architectures.lenet import LeNet
from core.catalog import DataSpec


def spec(channels=1, height=28, width=28):
    return DataSpec(
        kind="images", shape=(channels, height, width), sizes={"train": 55_000}, classes=tuple("0123456789"),
        mean=(0.1,) * channels, std=(0.3,) * channels,
    )


def test_at_width_1_it_has_the_paper_s_layers():
    model = LeNet(LeNet.Settings(width=1), spec())
    # C1 6·26, C3 16·(6·25+1) with every connection made, C5 120·(400+1), F6 84·121, output 10·85
    assert sum(p.numel() for p in model.parameters()) == 156 + 2416 + 48_120 + 10_164 + 850
    assert model.features(torch.zeros(2, 1, 28, 28)).shape == (2, 16, 5, 5)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (1, 33, 47)])
def test_it_takes_pictures_of_other_sizes(shape):
    assert LeNet(LeNet.Settings(), spec(*shape))(torch.zeros(2, *shape)).shape == (2, 10)


def test_small_pictures_are_refused_with_their_size():
    assert LeNet.misfit(spec(1, 27, 40)) == "LeNet-5 needs pictures of at least 28×28 pixels; these are 27×40."
    assert LeNet.misfit(spec()) is None


def test_three_epochs_are_enough_for_all_of_mnist():
    assert LeNet.recipe(spec())["epochs"] == 3

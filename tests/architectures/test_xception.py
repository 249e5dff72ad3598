"""Xception."""

import pytest
import torch
from torch import nn

from core.architectures.xception import Block, Xception, separable
from core.catalog import DataSpec


def spec(channels=3, height=299, width=299, classes=1000):
    return DataSpec(
        kind="images", shape=(channels, height, width), sizes={"train": 50_000},
        classes=tuple(map(str, range(classes))), mean=(0.5,) * channels, std=(0.25,) * channels,
    )


def test_at_full_size_it_has_the_paper_s_parameters_and_maps():
    with torch.device("meta"):
        model = Xception(Xception.Settings(width=1, middle=8), spec()).eval()
        images = torch.zeros(1, 3, 299, 299)
    assert sum(p.numel() for p in model.parameters()) == 22_855_952  # table 3
    entered = model.entry(images)
    assert entered.shape == (1, 728, 19, 19)  # figure 5
    assert model.exit(model.middle(entered)).shape == (1, 2048, 10, 10)


def test_a_separable_convolution_is_an_ordinary_one_whose_kernels_are_products():
    torch.manual_seed(0)
    depthwise, pointwise, _ = separable(3, 5)
    maps = torch.randn(2, 3, 7, 7)
    kernels = pointwise.weight * depthwise.weight.transpose(0, 1)  # (5, 3, 1, 1) · (1, 3, 3, 3)
    torch.testing.assert_close(pointwise(depthwise(maps)), nn.functional.conv2d(maps, kernels, padding=1))


def test_a_middle_block_that_adds_nothing_lets_the_picture_through():
    block, maps = Block(4, 4, 4, 4, halve=False).eval(), torch.randn(2, 4, 6, 6)
    nn.init.zeros_(block.residual[-1].weight)
    assert torch.equal(block(maps), maps)


@pytest.mark.parametrize("shape", [(1, 16, 16), (1, 28, 28), (3, 33, 47), (3, 64, 64)])
def test_it_takes_pictures_of_other_sizes(shape):
    model = Xception(Xception.Settings(width=0.05), spec(*shape, classes=10))
    assert model(torch.zeros(2, *shape)).shape == (2, 10)


def test_too_small_pictures_are_refused():
    sentence = "Xception halves a picture four times, so it needs at least 16×16 pixels; these are 15×20."
    assert Xception.misfit(spec(1, 15, 20)) == sentence
    assert Xception.misfit(spec(1, 16, 16)) is None

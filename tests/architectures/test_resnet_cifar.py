"""The residual networks for small pictures."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.architectures.resnet_cifar import Block, ResNetCIFAR
from core.catalog import DataSpec


def spec(channels=3, height=32, width=32):
    return DataSpec(
        kind="images", shape=(channels, height, width), sizes={"train": 50_000}, classes=tuple("0123456789"),
        mean=(0.5,) * channels, std=(0.25,) * channels,
    )


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85), (110, 1.73)])
def test_its_parameters_are_those_of_the_paper_s_table_6(depth, millions):  # which rounds the last to 1.7
    with torch.device("meta"):
        model = ResNetCIFAR(ResNetCIFAR.Settings(depth=depth), spec())
    assert round(sum(p.numel() for p in model.parameters()) / 1e6, 2) == millions
    layers = [module for module in model.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    assert len(layers) == depth  # no shortcut has a layer


def test_the_maps_of_the_stages_are_the_paper_s():
    maps, sizes = ResNetCIFAR(ResNetCIFAR.Settings(), spec()).eval().enter(torch.zeros(1, 3, 32, 32)), []
    for stage in ResNetCIFAR(ResNetCIFAR.Settings(), spec()).eval().stages:
        maps = stage(maps)
        sizes.append(tuple(maps.shape[1:]))
    assert sizes == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]


def test_a_block_that_adds_nothing_lets_the_picture_through():
    block, maps = Block(4, 4).eval(), torch.rand(2, 4, 6, 6)
    nn.init.zeros_(block.residual[-1].weight)
    assert torch.equal(block(maps), maps)


def test_where_the_maps_double_the_shortcut_takes_every_other_pixel_and_pads_with_zeros():
    block, maps = Block(4, 8).eval(), torch.rand(2, 4, 6, 7)
    nn.init.zeros_(block.residual[-1].weight)
    passed = block(maps)
    assert torch.equal(passed[:, :4], maps[:, :, ::2, ::2]) and passed[:, 4:].eq(0).all()


def test_the_bend_comes_after_the_sum():
    torch.manual_seed(0)
    block, maps = Block(3, 3).eval(), torch.randn(2, 3, 5, 5)
    torch.testing.assert_close(block(maps), F.relu(maps + block.residual(maps)))


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 33, 47)])
def test_it_takes_pictures_of_other_sizes(shape):
    assert ResNetCIFAR(ResNetCIFAR.Settings(), spec(*shape))(torch.zeros(2, *shape)).shape == (2, 10)


def test_too_small_pictures_are_refused():
    sentence = "this ResNet halves a picture twice, so it needs at least 8×8 pixels; these are 7×30."
    assert ResNetCIFAR.misfit(spec(1, 7, 30)) == sentence
    assert ResNetCIFAR.misfit(spec(1, 8, 8)) is None

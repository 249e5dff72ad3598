"""The convolutional autoencoder."""

import pytest
import torch

from core.architectures.autoencoder import Autoencoder
from core.catalog import DataSpec

SPEC = DataSpec(kind="images", shape=(3, 32, 32), sizes={"train": 1000}, mean=(0.5,) * 3, std=(0.25,) * 3)


def model(**settings):
    torch.manual_seed(0)
    return Autoencoder(Autoencoder.Settings(**{"width": 4, **settings}), SPEC)


@pytest.mark.parametrize("size", [(32, 32), (17, 40), (1, 1), (5, 3)])
@pytest.mark.parametrize("depth", [1, 3])
def test_pictures_of_any_size_keep_it(size, depth):
    assert model(depth=depth)(torch.rand(2, 3, *size)).shape == (2, 3, *size)


def test_padding_is_the_edge_repeated_and_cut_away_again():
    network = model(depth=3)
    images = torch.rand(1, 3, 20, 13)
    padded = torch.cat([images, images[:, :, -1:].expand(-1, -1, 4, -1)], 2)
    padded = torch.cat([padded, padded[:, :, :, -1:].expand(-1, -1, -1, 3)], 3)
    torch.testing.assert_close(network(images), network(padded)[:, :, :20, :13])


def test_the_outermost_skip_makes_it_predict_the_noise():
    network = model()
    torch.nn.init.zeros_(network.leave.weight)
    torch.nn.init.zeros_(network.leave.bias)
    images = torch.rand(2, 3, 8, 8)
    assert torch.equal(network(images), images)


def test_without_skips_all_passes_through_the_bottleneck():
    network = model(skip=False)
    for module in network.encoder[-1]:
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.zeros_(module.weight)
            torch.nn.init.zeros_(module.bias)
    assert torch.equal(network(torch.zeros(1, 3, 8, 8)), network(torch.rand(1, 3, 8, 8)))


def test_each_stage_halves_the_sides_and_doubles_the_maps():
    network = model(width=8, depth=3)
    maps = network.enter(torch.rand(1, 3, 32, 32))
    shapes = []
    for stage in network.encoder:
        maps = stage(maps)
        shapes.append(tuple(maps.shape[1:]))
    assert shapes == [(16, 16, 16), (32, 8, 8), (64, 4, 4)]

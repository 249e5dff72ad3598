"""U-Net, adapted to give back pictures."""

import pytest
import torch

from core.architectures.unet import UNet
from core.catalog import DataSpec

SPEC = DataSpec(kind="images", shape=(3, 32, 32), sizes={"train": 1000}, mean=(0.5,) * 3, std=(0.25,) * 3)


def model(spec=SPEC, **settings):
    torch.manual_seed(0)
    return UNet(UNet.Settings(**{"width": 4, **settings}), spec).eval()


@pytest.mark.parametrize("size", [(32, 32), (17, 40), (1, 1)])
@pytest.mark.parametrize("depth", [1, 3])
def test_pictures_of_any_size_keep_it(size, depth):
    assert model(depth=depth)(torch.rand(2, 3, *size)).shape == (2, 3, *size)


def test_it_gives_as_many_channels_as_the_task_asks_for():
    coloured = model(SPEC.model_copy(update={"shape": (4, 32, 32), "output_channels": 2}))
    assert coloured(torch.rand(1, 4, 20, 9)).shape == (1, 2, 20, 9)


def test_at_the_original_s_size_it_has_the_original_s_maps():
    network = model(width=64, depth=4)
    shapes = []
    for stage in (network.enter, *network.down, *network.up):
        stage.register_forward_hook(lambda _, __, maps: shapes.append(tuple(maps.shape[1:3])))
    network(torch.rand(1, 3, 16, 16))
    assert [maps for maps, _ in shapes] == [64, 128, 256, 512, 1024, 512, 256, 128, 64]
    assert [height for _, height in shapes] == [16, 8, 4, 2, 1, 2, 4, 8, 16]


def test_where_the_channels_agree_it_corrects_the_picture():
    network = model()
    torch.nn.init.zeros_(network.leave.weight)
    torch.nn.init.zeros_(network.leave.bias)
    images = torch.rand(1, 3, 8, 8)
    assert torch.equal(network(images), images)

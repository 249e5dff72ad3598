"""A large picture in tiles."""

import pytest
import torch
from torch import nn

from core.architectures.autoencoder import Autoencoder
from core.architectures.dncnn import DnCNN
from core.architectures.unet import UNet
from core.catalog import DataSpec
from core.inside import tiles

SPEC = DataSpec(kind="images", shape=(1, 32, 32), sizes={"train": 1000}, mean=(0.5,), std=(0.25,))
NETWORKS = {
    "dncnn": (DnCNN, {"width": 4}), "unet": (UNet, {"width": 4, "depth": 3}), "autoencoder": (Autoencoder, {"width": 4}),
}


@pytest.fixture(params=NETWORKS)
def network(request):
    kind, settings = NETWORKS[request.param]
    torch.manual_seed(0)
    made = kind(kind.Settings(**settings), SPEC)
    [*(module for module in made.modules() if isinstance(module, nn.Conv2d))][-1].reset_parameters()  # it does something
    return made.eval().requires_grad_(False)


def test_tiles_answer_as_the_whole_picture_does_at_once(network, monkeypatch):
    monkeypatch.setattr(tiles, "TILE", 64)
    picture = torch.rand(1, 1, 150, 201, generator=torch.Generator().manual_seed(0))
    told = []
    made = tiles.through(network, picture, tiles.reach(network, 1), lambda done, total: told.append((done, total)))
    torch.testing.assert_close(made, network(picture), atol=1e-5, rtol=0)
    assert told == [(done, 12) for done in range(12)]


def test_without_what_lies_around_them_there_are_seams(network, monkeypatch):
    monkeypatch.setattr(tiles, "TILE", 64)
    picture = torch.rand(1, 1, 150, 201, generator=torch.Generator().manual_seed(0))
    made = tiles.through(network, picture, 0, lambda done, total: None)
    assert (made - network(picture)).abs().max() > 1e-3


@pytest.mark.parametrize(("network", "reach"), [
    (DnCNN(DnCNN.Settings(width=4), SPEC).eval(), 17),
    (DnCNN(DnCNN.Settings(width=4, depth=20), SPEC).eval(), 20),
    (nn.Conv2d(1, 1, 7, padding=3), 3),
])
def test_a_network_sees_as_far_as_its_layers_say(network, reach):
    with torch.no_grad():
        assert tiles.reach(network, 1) == reach


@pytest.mark.parametrize("depth", [1, 3])
def test_a_u_net_sees_as_far_as_its_stages_say(depth):
    def first_seen(place):
        """The first pixel that the answer at a place hangs on: each stage sees two more, at its own size."""
        for _ in range(depth):
            place = (place - 2) // 2
        place -= 2
        for _ in range(depth):
            place = 2 * place - 2
        return place

    with torch.no_grad():
        found = tiles.reach(UNet(UNet.Settings(width=4, depth=depth), SPEC).eval(), 1)
    assert found == max(beyond for beyond in range(1, 200) if first_seen(beyond - 1) <= -1)  # the cell's last pixel is -1

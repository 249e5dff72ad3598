"""VGG."""

import pytest
import torch
import torchvision

from core.architectures.vgg import VGG
from core.catalog import DataSpec


def spec(channels=3, height=32, width=32, classes=10):
    return DataSpec(
        kind="images", shape=(channels, height, width), sizes={"train": 50_000},
        classes=tuple(map(str, range(classes))), mean=(0.5,) * channels, std=(0.25,) * channels,
    )


@pytest.mark.parametrize("batch_norm", [False, True])
@pytest.mark.parametrize("depth", [11, 13, 16, 19])
def test_at_width_1_on_224_pixels_it_has_torchvision_s_parameters(depth, batch_norm):
    with torch.device("meta"):
        model = VGG(VGG.Settings(depth=depth, batch_norm=batch_norm, width=1), spec(3, 224, 224, 1000))
        theirs = getattr(torchvision.models, f"vgg{depth}" + "_bn" * batch_norm)(init_weights=False)
    assert [p.shape for p in model.parameters()] == [p.shape for p in theirs.parameters()]
    assert {name: p.shape for name, p in model.features.state_dict().items()} == {
        name: p.shape for name, p in theirs.features.state_dict().items()
    }


def test_with_the_weights_of_torchvision_s_its_maps_are_the_same():
    torch.manual_seed(0)
    model = VGG(VGG.Settings(depth=11, width=1), spec()).eval()
    theirs = torchvision.models.vgg.make_layers(torchvision.models.vgg.cfgs["A"], batch_norm=True).eval()
    theirs.load_state_dict(model.features.state_dict())
    images = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(model.features(images), theirs(images))


@pytest.mark.parametrize("shape", [(1, 17, 17), (1, 28, 28), (3, 32, 32), (3, 33, 96), (1, 224, 224)])
def test_it_takes_pictures_of_other_sizes(shape):
    model = VGG(VGG.Settings(width=0.02), spec(*shape)).eval()
    assert model(torch.zeros(2, *shape)).shape == (2, 10)


def test_pictures_that_can_t_be_halved_five_times_are_refused():
    sentence = "VGG halves a picture five times, so it needs at least 17×17 pixels; these are 16×40."
    assert VGG.misfit(spec(1, 16, 40)) == sentence
    assert VGG.misfit(spec(1, 17, 17)) is None

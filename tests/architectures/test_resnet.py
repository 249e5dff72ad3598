"""The residual networks for large pictures."""

import pytest
import torch
import torchvision

from core.architectures.resnet import ResNet
from core.catalog import DataSpec


def spec(channels=3, height=224, width=224, classes=1000):
    return DataSpec(
        kind="images", shape=(channels, height, width), sizes={"train": 50_000},
        classes=tuple(map(str, range(classes))), mean=(0.5,) * channels, std=(0.25,) * channels,
    )


@pytest.mark.parametrize("depth", [18, 34, 50, 101])
def test_at_width_64_it_has_torchvision_s_parameters(depth):
    with torch.device("meta"):
        model = ResNet(ResNet.Settings(depth=depth, width=64), spec())
        theirs = getattr(torchvision.models, f"resnet{depth}")()
    assert [p.shape for p in model.state_dict().values()] == [p.shape for p in theirs.state_dict().values()]


@pytest.mark.parametrize("depth", [18, 50])
def test_with_torchvision_s_weights_it_gives_torchvision_s_logits(depth):
    torch.manual_seed(0)
    theirs = getattr(torchvision.models, f"resnet{depth}")().eval()
    model = ResNet(ResNet.Settings(depth=depth, width=64), spec(3, 64, 96)).eval()
    model.load_state_dict(dict(zip(model.state_dict(), theirs.state_dict().values(), strict=True)))
    images = torch.randn(1, 3, 64, 96)
    torch.testing.assert_close(model(images), theirs(images))


@pytest.mark.parametrize(("side", "at_the_stages"), [(32, 32), (63, 63), (64, 16)])
def test_small_pictures_enter_whole(side, at_the_stages):
    model = ResNet(ResNet.Settings(width=4), spec(3, side, side)).eval()
    assert model.enter(torch.zeros(1, 3, side, side)).shape == (1, 4, at_the_stages, at_the_stages)


@pytest.mark.parametrize("depth", [18, 50])
@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 33, 47)])
def test_it_takes_pictures_of_other_sizes(shape, depth):
    model = ResNet(ResNet.Settings(depth=depth, width=4), spec(*shape, classes=10))
    assert model(torch.zeros(2, *shape)).shape == (2, 10)


def test_too_small_pictures_are_refused():
    sentence = "ResNet halves a picture thrice, so it needs at least 8×8 pixels; these are 30×7."
    assert ResNet.misfit(spec(1, 30, 7)) == sentence
    assert ResNet.misfit(spec(1, 8, 8)) is None

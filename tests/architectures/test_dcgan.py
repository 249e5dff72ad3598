"""DCGAN."""

import pytest
import torch
from torch import nn

from core.architectures.dcgan import DCGAN
from core.catalog import DataSpec


def spec(channels=3, height=32, width=None):
    return DataSpec(
        kind="images", shape=(channels, height, width or height), sizes={"train": 4925},
        mean=(0.5,) * channels, std=(0.25,) * channels,
    )


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("side", [16, 32, 64, 128])
def test_both_networks_fit_every_power_of_two(side, channels):
    model = DCGAN(DCGAN.Settings(width=4, latent=10), spec(channels, side))
    images = model(torch.randn(2, 10))
    assert images.shape == (2, channels, side, side)
    assert model.discriminator(images).shape == (2,)


def test_width_128_on_64_pixels_has_the_widths_of_the_paper_s_figure_1():
    model = DCGAN(DCGAN.Settings(width=128), spec(3, 64))
    layers = [module for module in model.generator if isinstance(module, nn.ConvTranspose2d)]
    assert [layer.in_channels for layer in layers] == [100, 1024, 512, 256, 128]


def test_weights_start_as_in_the_paper():
    torch.manual_seed(0)
    model = DCGAN(DCGAN.Settings(), spec())
    for module in model.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            error = 0.02 / module.weight.numel() ** 0.5  # standard error of the mean
            assert abs(module.weight.mean()) < 5 * error
            assert module.weight.std().item() == pytest.approx(0.02, abs=5 * error)


def test_decode_gives_pictures_in_0_to_1_without_a_graph():
    model = DCGAN(DCGAN.Settings(width=4), spec()).eval()
    latents = torch.randn(5, model.latent_size)
    images = model.decode(latents)
    assert images.min() >= 0 and images.max() <= 1 and not images.requires_grad
    torch.testing.assert_close(images, (model(latents) + 1) / 2)


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ((3, 28), "DCGAN needs square pictures with a side of 16, 32, 64 or another power of two; these are 28×28."),
        ((3, 32, 64), "these are 32×64."),
        ((1, 8), "these are 8×8."),
        ((4, 32), "DCGAN needs grey or colour pictures with 1 or 3 channels; these have 4."),
    ],
)
def test_other_pictures_are_refused_in_a_sentence(shape, sentence):
    assert DCGAN.misfit(spec(*shape)).endswith(sentence)


def test_fitting_pictures_are_not_refused():
    assert DCGAN.misfit(spec(1, 64)) is None

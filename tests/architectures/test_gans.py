"""The generative adversarial networks beside DCGAN."""

import pytest
import torch
from torch import nn

from core.architectures.conditional_gan import ConditionalGAN
from core.architectures.data_efficient_gan import DataEfficientGAN
from core.architectures.gan import GAN, Maxout
from core.architectures.wgan_gp import WGANGP
from core.catalog import DataSpec


def spec(*shape, classes=()):
    channels = shape[0]
    return DataSpec(kind="images", shape=shape, sizes={"train": 1000}, classes=classes, mean=(0.5,) * channels,
                    std=(0.25,) * channels)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (3, 25, 31), (3, 96, 96)])
@pytest.mark.parametrize("kind", [GAN, WGANGP, ConditionalGAN, DataEfficientGAN])
def test_both_networks_fit_pictures_of_any_size(kind, shape):
    model = kind(kind.Settings(width=10), spec(*shape, classes=("a", "b")))
    labels = torch.tensor([0, 1])
    images = model(model.points(torch.randn(2, model.latent_size), labels))
    assert images.shape == (2, *shape)
    assert -1 <= images.min() <= images.max() <= 1
    assert model.judge(images, labels).shape == (2,)


def test_a_maxout_unit_is_the_largest_of_its_pieces():
    layer = Maxout(4, 3)
    inputs = torch.randn(2, 4)
    pieces = inputs @ layer.pieces.weight.T + layer.pieces.bias
    torch.testing.assert_close(layer(inputs), torch.stack([pieces[:, :5], pieces[:, 5:10], pieces[:, 10:]], 1).amax(2))


def test_width_1200_has_the_sizes_of_the_paper_for_mnist():
    model = GAN(GAN.Settings(width=1200), spec(1, 28, 28))
    sizes = [(layer.in_features, layer.out_features) for layer in model.modules() if isinstance(layer, nn.Linear)]
    assert sizes == [(100, 1200), (1200, 1200), (1200, 784), (784, 240 * 5), (240, 240 * 5), (240, 1)]


@pytest.mark.parametrize("kind", [WGANGP, DataEfficientGAN])
def test_critics_with_a_penalty_for_each_picture_have_no_batch_normalisation(kind):
    model = kind(kind.Settings(width=4), spec(3, 32, 32))
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in model.discriminator.modules())
    assert any(isinstance(layer, nn.BatchNorm2d) for layer in model.generator.modules())


@pytest.mark.parametrize(("kind", "wrong", "sentence"), [
    (ConditionalGAN, spec(3, 32, 32), "these have none."), (WGANGP, spec(1, 7, 9), "these are 7×9."),
    (DataEfficientGAN, spec(1, 8, 8), "these are 8×8."), (GAN, spec(4, 32, 32), "these have 4."),
])
def test_other_pictures_are_refused_in_a_sentence(kind, wrong, sentence):
    assert kind.misfit(wrong).endswith(sentence)

"""What a discriminator says of a picture, where it looks, and the way back from a picture to its noise."""

import dataclasses

import numpy as np
import pytest
import torch
from torch import nn

from core.inside import judging, latent, projecting


@pytest.fixture
def gan(untrained):
    return untrained("adversarial", "dcgan", "faces", model={"width": 8})


def test_the_score_is_the_chance_that_a_picture_is_real(gan):
    picture = torch.rand(2, 3, 32, 32)
    marks, chance = judging.score(gan, picture)
    assert chance
    np.testing.assert_allclose(marks, gan.model.discriminator(picture * 2 - 1).sigmoid().numpy(), rtol=1e-5)


def test_a_critic_gives_marks(untrained):
    critic = untrained("adversarial", "wgan-gp", "faces", model={"width": 8})
    picture = torch.rand(2, 3, 32, 32)
    marks, chance = judging.score(critic, picture)
    assert not chance
    np.testing.assert_allclose(marks, critic.model.discriminator(picture * 2 - 1).numpy(), rtol=1e-5)


def test_the_slope_is_that_of_the_logit(gan):
    picture = torch.rand(1, 3, 32, 32, requires_grad=True)
    (slopes,) = torch.autograd.grad(gan.model.discriminator(picture * 2 - 1).sum(), picture)
    np.testing.assert_allclose(judging.slope(gan, picture.detach()), slopes[0].abs().amax(0).numpy(), rtol=1e-4)


def test_grad_cam_weighs_each_map_by_its_mean_slope(gan):
    picture = torch.rand(1, 3, 32, 32)
    first = next(layer for layer in judging.maps(gan, picture) if layer.kernels is not None)
    assert first.path == "discriminator.0"
    maps = gan.model.discriminator[:1](picture * 2 - 1).detach().requires_grad_()
    (slopes,) = torch.autograd.grad(gan.model.discriminator[1:](maps).sum(), maps)
    field = (slopes.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True)
    expected = torch.nn.functional.interpolate(field, (32, 32), mode="bilinear")[0, 0].detach().numpy()
    np.testing.assert_allclose(judging.grad_cam(gan, picture, first.path), expected, rtol=1e-3, atol=1e-7)


class Painter(nn.Module):
    """A generator that lays six stripes of noise over one another."""

    latent_size = 6

    def __init__(self):
        super().__init__()
        self.stripes = torch.randn(6, 3 * 32 * 32, generator=torch.Generator().manual_seed(0)) / 3

    def forward(self, points):
        return (points @ self.stripes).tanh().view(-1, 3, 32, 32)

    def decode(self, points):
        return (self(points) + 1) / 2


def test_a_picture_that_the_generator_drew_is_found_again(gan):
    painter, wanted, shares = dataclasses.replace(gan, model=Painter()), torch.tensor([[0.3, -1.2, 0.8, 0, 2, -0.4]]), []
    found = projecting.project(painter, latent.decode(painter, wanted), shares.append)
    torch.testing.assert_close(found.point, wanted, atol=0.2, rtol=0)
    assert found.psnr > 30
    assert shares == sorted(shares) and shares[-1] == 1
    assert found.way.shape == (projecting.KEPT + 1, 32, 32, 3)
    assert abs(found.way[-1] - found.way[0]).mean() > 0.01

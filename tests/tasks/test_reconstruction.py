"""Reconstruction: the evidence lower bound, its parts, and the autoencoders that it trains."""

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from core.architectures.bottleneck import ConvolutionalAutoencoder, DenseAutoencoder, VariationalAutoencoder
from core.catalog import DataSpec
from core.datasets.base import Batch, Split
from core.experiment import Training
from core.tasks.likeness import psnr
from core.tasks.reconstruction import SPREAD, Reconstruction, kl_to_normal, log_likelihood

SPEC = DataSpec(kind="images", shape=(3, 18, 15), sizes={"train": 100}, mean=(0.5,) * 3, std=(0.25,) * 3)
KINDS = (DenseAutoencoder, ConvolutionalAutoencoder, VariationalAutoencoder)


def made(kind, **objective):
    torch.manual_seed(0)
    task = Reconstruction(Reconstruction.Settings(**objective), Training(), SPEC,
                          kind(kind.Settings(latent=5, width=8), SPEC))
    task.start(10)
    return task


@pytest.fixture
def split():
    return Split(torch.randint(0, 256, (7, 3, 18, 15), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)))


def test_the_divergence_in_closed_form_is_torch_s():
    mean, log_variance = torch.randn(2, 6, 9, generator=torch.Generator().manual_seed(1)).double().unbind()
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(kl_to_normal(mean, log_variance), expected)
    assert kl_to_normal(torch.zeros(1, 4), torch.zeros(1, 4)).item() == 0


@pytest.mark.parametrize("likelihood", ["gaussian", "bernoulli"])
def test_the_log_likelihood_is_torch_s(likelihood):
    told, levels = torch.rand(2, 4, 1, 5, 6, generator=torch.Generator().manual_seed(2)).unbind()
    if likelihood == "bernoulli":
        levels = levels.round()
    spread = Normal(told, SPREAD) if likelihood == "gaussian" else Bernoulli(told)
    torch.testing.assert_close(log_likelihood(told, levels, likelihood), spread.log_prob(levels).sum((1, 2, 3)),
                               rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_passes_through_so_many_numbers_and_no_other_way(kind):
    model = made(kind).model.eval()
    images = torch.rand(4, 3, 18, 15)
    codes = model.encode(images)
    assert codes.shape == (4, 5) and model.latent_size == 5
    back = model.decode(codes)
    assert back.shape == images.shape and 0 <= back.min() <= back.max() <= 1
    torch.testing.assert_close(model(images), back)


@pytest.mark.parametrize("kind", [DenseAutoencoder, ConvolutionalAutoencoder])
def test_plain_codes_are_spread_as_noise_is(kind):
    model = made(kind).model.train()
    codes = model.encode(100 * torch.rand(50, 3, 18, 15))
    torch.testing.assert_close(codes.mean(0), torch.zeros(5), atol=1e-4, rtol=0)
    torch.testing.assert_close(codes.std(0, correction=0), torch.ones(5), atol=0.05, rtol=0)
    assert model.encode(torch.rand(1, 3, 18, 15)).isfinite().all()  # an epoch's last batch can be one picture


def test_the_bound_is_its_likelihood_less_its_divergence_and_beta_is_no_part_of_it(split):
    plain, weighted = (made(VariationalAutoencoder, beta=beta) for beta in (1.0, 7.0))
    measured = plain.evaluate(split)
    assert measured["elbo"] == pytest.approx(measured["log_likelihood"] - measured["kl"], rel=1e-5)
    images = split.inputs / 255
    mean, log_variance = plain.model.posterior(images)
    assert measured["kl"] == pytest.approx(kl_to_normal(mean, log_variance).mean().item(), rel=1e-5)
    assert measured["psnr"] == pytest.approx(psnr(plain.model(images), images).mean().item(), rel=1e-5)
    assert weighted.evaluate(split) == measured


def test_beta_weighs_the_divergence_in_the_loss(split):
    losses = {}
    for beta in (0.0, 100.0, 400.0):
        task = made(VariationalAutoencoder, beta=beta)
        torch.manual_seed(3)
        loss, measures = task.loss(Batch(split.inputs, None))
        losses[beta] = loss.item()
    per_level = measures["kl"].item() / (3 * 18 * 15)
    assert losses[100.0] - losses[0.0] == pytest.approx(100 * per_level, rel=1e-2)
    assert losses[400.0] - losses[0.0] == pytest.approx(400 * per_level, rel=1e-2)


def test_codes_are_drawn_from_their_posterior():
    task = made(VariationalAutoencoder)
    task.model.decode = lambda codes: codes
    task.model.posterior = lambda images: (torch.full((len(images), 5), 2.0), torch.full((len(images), 5), -1.0))
    codes, _ = task._drawn(torch.zeros(20_000, 3, 1, 1))
    torch.testing.assert_close(codes.mean(0), torch.full((5,), 2.0), atol=0.02, rtol=0)
    torch.testing.assert_close(codes.var(0), torch.full((5,), -1.0).exp(), atol=0.02, rtol=0)


@pytest.mark.parametrize("kind", [DenseAutoencoder, ConvolutionalAutoencoder])
def test_what_is_not_variational_has_no_bound(kind, split):
    assert set(made(kind).evaluate(split)) == {"psnr", "ssim"}

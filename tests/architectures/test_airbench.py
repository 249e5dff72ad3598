"""The fast network for CIFAR-10."""

import pytest
import torch
import torch.nn.functional as F

from core.architectures.airbench import Airbench, BatchNorm, convolution, whitening
from core.catalog import DataSpec


def spec(channels=3, height=32, width=32, train=50_000):
    return DataSpec(
        kind="images", shape=(channels, height, width), sizes={"train": train}, classes=tuple("0123456789"),
        mean=(0.5,) * channels, std=(0.25,) * channels,
    )


def pictures(count, channels=3):
    """Smooth random pictures whose channels go together, as those of photographs do."""
    draw = torch.Generator().manual_seed(0)
    coarse = torch.randn(count, 1, 8, 8, generator=draw) + 0.3 * torch.randn(count, channels, 8, 8, generator=draw)
    return F.interpolate(coarse, (32, 32), mode="bicubic") + 0.1 * torch.randn(count, channels, 32, 32, generator=draw)


def test_at_width_1_it_has_the_paper_s_layers():
    model = Airbench(Airbench.Settings(), spec())
    group = [24 * 64 * 9 + 64 * 64 * 9, 64 * 256 * 9 + 256 * 256 * 9, 2 * 256 * 256 * 9]
    learned = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert learned == 24 + sum(group) + 2 * (64 + 256 + 256) + 2560
    assert [layer.out_channels for layer in model.modules() if isinstance(layer, torch.nn.Conv2d)] == [
        24, 64, 64, 256, 256, 256, 256]


@pytest.mark.parametrize("channels", [1, 3])
def test_whitened_patches_are_uncorrelated_and_of_mean_square_1(channels):
    images = pictures(50, channels)
    answers = F.conv2d(images, whitening(images, eps=0)).transpose(0, 1).flatten(1)  # (4 · channels, places)
    torch.testing.assert_close(answers @ answers.T / answers.shape[1], torch.eye(4 * channels), rtol=0, atol=1e-3)


def test_directions_in_which_nothing_varies_are_not_blown_up():
    filters = whitening(torch.ones(4, 1, 6, 6))
    assert filters.isfinite().all() and filters.square().sum((1, 2, 3)).max() <= 1 / 5e-4 * 1.001


def test_prepared_its_first_layer_answers_to_both_signs_of_the_training_pictures():
    model, images = Airbench(Airbench.Settings(), spec()), pictures(60)
    model.prepare(lambda count: images[:count])
    answers = model.whiten(images)
    torch.testing.assert_close(answers[:, :12], -answers[:, 12:])
    torch.testing.assert_close(model.whiten.weight[:12], whitening(images))
    assert "whiten.weight" in model.state_dict() and not model.whiten.weight.requires_grad


def test_convolutions_start_by_handing_on_their_maps():
    maps = torch.randn(2, 4, 6, 6)
    torch.testing.assert_close(convolution(4, 7)(maps)[:, :4], maps)


def test_batch_norm_is_torch_s_whose_bias_sgd_moves_64_times_as_fast():
    maps, target = torch.randn(8, 3, 5, 5), torch.randn(8, 3, 5, 5)
    mine, theirs = BatchNorm(3), torch.nn.BatchNorm2d(3, eps=1e-12)
    torch.testing.assert_close(mine(maps), theirs(maps))
    for layer, rate in ((mine, 0.01), (theirs, 0.64)):
        F.mse_loss(layer(maps), target).backward()
        torch.optim.SGD([p for name, p in layer.named_parameters() if name != "weight"], rate).step()
    torch.testing.assert_close(8 * mine.eighth, theirs.bias)


@pytest.mark.parametrize("shape", [(1, 9, 9), (1, 28, 28), (3, 32, 32), (3, 40, 65)])
def test_it_takes_pictures_of_other_sizes(shape):
    assert Airbench(Airbench.Settings(width=0.1), spec(*shape))(torch.zeros(2, *shape)).shape == (2, 10)


def test_the_rate_of_the_paper_is_that_of_its_batch():
    recipe = Airbench.recipe(spec())
    assert (recipe["batch_size"], recipe["learning_rate"], recipe["momentum"]) == (1024, 1.5, 0.85)
    assert Airbench.recipe(spec(), batch_size=512)["learning_rate"] == 0.75


def test_too_small_pictures_are_refused():
    sentence = "the fast network halves a picture thrice, so it needs at least 9×9 pixels; these are 8×8."
    assert Airbench.misfit(spec(1, 8, 8)) == sentence
    assert Airbench.misfit(spec(1, 9, 9)) is None

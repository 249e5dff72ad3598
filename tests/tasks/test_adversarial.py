"""Adversarial generation: its loss, its distance, its previews."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
import torch.nn.functional as F
from scipy import ndimage

from core.architectures.dcgan import DCGAN
from core.catalog import DataSpec
from core.datasets.base import Batch, Data, Split
from core.experiment import Training
from core.tasks import adversarial
from core.tasks.adversarial import Adversarial, laplacian_pyramid, sliced_wasserstein

SPEC = DataSpec(kind="images", shape=(3, 32, 32), sizes={}, mean=(0.5,) * 3, std=(0.25,) * 3)


@pytest.fixture
def task():
    torch.manual_seed(0)
    made = Adversarial(Adversarial.Settings(), Training(momentum=0.5), SPEC, DCGAN(DCGAN.Settings(width=4), SPEC))
    made.start(10)
    return made


def smooth(count, seed, side=32):
    coarse = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, (side, side), mode="bilinear")


def distance(real, fake):
    return sliced_wasserstein(real, fake, torch.Generator().manual_seed(0))


def test_an_undecided_discriminator_has_the_loss_of_two_coins(task):
    for parameter in task.model.discriminator.parameters():
        torch.nn.init.zeros_(parameter)
    measures = task.step(Batch(torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8), None))
    assert measures["discriminator_loss"].item() == pytest.approx(2 * math.log(2))
    assert measures["score_real"] == measures["score_fake"] == 0.5


def test_the_losses_are_goodfellow_s(task):
    batch = Batch(torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8), None)
    before = {name: value.clone() for name, value in task.model.state_dict().items()}
    torch.manual_seed(5)
    measures = task.step(batch)
    torch.manual_seed(5)
    fresh = DCGAN(DCGAN.Settings(width=4), SPEC)
    fresh.load_state_dict(before)
    torch.manual_seed(5)
    latents = torch.randn(8, 100)
    fake = fresh.generator(latents)
    real_chance = fresh.discriminator(batch.inputs / 127.5 - 1).sigmoid()
    fake_chance = fresh.discriminator(fake).sigmoid()
    expected = -(real_chance.log().mean() + (1 - fake_chance).log().mean())
    assert measures["discriminator_loss"].item() == pytest.approx(expected.item(), rel=1e-4)
    # The generator faces the discriminator that has just learned.
    fresh.discriminator.load_state_dict(task.model.discriminator.state_dict())
    expected = -fresh.discriminator(fake).sigmoid().log().mean()
    assert measures["generator_loss"].item() == pytest.approx(expected.item(), rel=1e-3)


def test_each_network_is_moved_by_its_own_loss_alone(task):
    batch = Batch(torch.randint(0, 256, (4, 3, 32, 32), dtype=torch.uint8), None)
    for still, moving in (("generator", "discriminator"), ("discriminator", "generator")):
        before = {name: p.clone() for name, p in task.model.named_parameters()}
        for group in task.descents[still].optimiser.param_groups:
            group["lr"] = 0.0  # until the schedule sets it again
        task.step(batch)
        changed = {name.split(".")[0] for name, p in task.model.named_parameters() if not torch.equal(p, before[name])}
        assert changed == {moving}


def test_the_discriminator_can_still_learn_after_the_generator_s_turn(task):
    task.step(Batch(torch.zeros(4, 3, 32, 32, dtype=torch.uint8), None))
    assert all(parameter.requires_grad for parameter in task.model.parameters())


def test_the_pyramid_s_levels_add_up_to_the_picture():
    images = torch.rand(2, 3, 64, 64)
    levels = laplacian_pyramid(images)
    assert [level.shape[-1] for level in levels] == [64, 32, 16]
    whole = levels[-1]
    for level in reversed(levels[:-1]):
        spread = torch.zeros_like(level)
        spread[:, :, ::2, ::2] = whole * 4
        whole = adversarial._blurred(spread) + level
    torch.testing.assert_close(whole, images)


def test_a_level_is_scipy_s_binomial_filter():
    image = torch.rand(1, 1, 32, 32)
    kernel = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    small = ndimage.convolve(image[0, 0].double().numpy(), kernel, mode="mirror")[::2, ::2]
    np.testing.assert_allclose(laplacian_pyramid(image)[1][0, 0].numpy(), small, atol=1e-6)


def test_one_direction_is_scipy_s_wasserstein_distance(monkeypatch):
    monkeypatch.setattr(adversarial, "DIRECTIONS", 1)
    real, fake = smooth(20, 0, side=16), smooth(20, 1, side=16)
    draw = torch.Generator().manual_seed(0)
    a, b = adversarial._patches(real, draw), adversarial._patches(fake, draw)
    direction = F.normalize(torch.randn(1, a.shape[1], generator=draw), dim=1)[0]
    expected = 1000 * scipy.stats.wasserstein_distance((a @ direction).numpy(), (b @ direction).numpy())
    assert distance(real, fake) == [pytest.approx(expected, rel=1e-3)]


def test_patches_have_mean_0_and_deviation_1_in_each_channel():
    patches = adversarial._patches(smooth(10, 0) * torch.tensor([1.0, 0.1, 5.0]).view(1, 3, 1, 1), torch.Generator())
    channels = patches.view(-1, 3, 49)
    torch.testing.assert_close(channels.mean((0, 2)), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(channels.std((0, 2)), torch.ones(3), atol=1e-3, rtol=0)


def test_the_distance_is_small_between_samples_of_one_kind_and_grows_with_noise():
    real = smooth(100, 0)
    noise = torch.randn(real.shape, generator=torch.Generator().manual_seed(2))
    same, little, much = (sum(distance(real, smooth(100, 1) + share * noise)) for share in (0, 0.02, 0.2))
    assert same < little < much


def test_the_distance_is_the_same_at_each_look(task):
    split = Split(torch.randint(0, 256, (30, 3, 32, 32), dtype=torch.uint8))
    task.model.eval()
    torch.manual_seed(1)
    first = task.evaluate(split)
    torch.manual_seed(2)
    assert task.evaluate(split) == first


def test_previews_show_the_same_noise_again_and_again(task):
    split = Split(torch.randint(0, 256, (5, 3, 32, 32), dtype=torch.uint8))
    data = Data(SPEC, split, split, split, "drawn")
    task.model.eval()
    (first,), (second,) = task.previews(data), task.previews(data)
    assert np.array_equal(first.image, second.image)
    assert first.image.shape == (8 * 66 - 2, 8 * 66 - 2, 3)


def test_the_report_finds_what_was_learned_by_heart(task, monkeypatch):
    made = torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8)
    monkeypatch.setattr(task.model, "decode", lambda latents: made.float() / 255)
    split = Split(made.flip(0))
    (report,) = task.report(Data(SPEC, split, split, split, "drawn"))
    assert report.data == {"nearest_training_example": [7, 6, 5, 4, 3, 2, 1, 0]}


def test_it_needs_pictures():
    assert Adversarial.misfit(SPEC) is None
    assert Adversarial.misfit(DataSpec(kind="sentences", shape=(4,), sizes={})) == "adversarial generation needs pictures."

"""Denoising: the noise, the measures, the looks."""

from typing import get_args

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import nn

from core.catalog import DataSpec
from core.datasets.base import Batch, Data, Split, Whole
from core.experiment import Training
from core.tasks.augment import turned
from core.tasks.denoising import Denoising, Noise, add_noise
from core.tasks.likeness import psnr, ssim

SPEC = DataSpec(kind="images", shape=(3, 24, 20), sizes={}, mean=(0.5,) * 3, std=(0.25,) * 3)


class Same(nn.Module):
    """Cleans nothing."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, images):
        return images * self.weight


@pytest.fixture
def task():
    made = Denoising(Denoising.Settings(), Training(), SPEC, Same())
    made.start(10)
    return made


@pytest.fixture
def split():
    return Split(torch.randint(0, 256, (12, 3, 24, 20), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)))


def pair(channels):
    draw = torch.Generator().manual_seed(channels)
    clean = torch.nn.functional.interpolate(torch.rand(4, channels, 6, 5, generator=draw), (24, 20), mode="bilinear")
    return (clean + 0.1 * torch.randn(clean.shape, generator=draw)).clamp(0, 1), clean


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_is_scikit_image_s(channels):
    images, clean = pair(channels)
    expected = [
        structural_similarity(a.numpy(), b.numpy(), data_range=1.0, gaussian_weights=True, sigma=1.5,
                              use_sample_covariance=False, channel_axis=0)
        for a, b in zip(images.double(), clean.double(), strict=True)
    ]
    torch.testing.assert_close(ssim(images.double(), clean.double()), torch.tensor(expected, dtype=torch.float64))
    assert ssim(images, clean).tolist() == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("channels", [1, 3])
def test_psnr_is_scikit_image_s(channels):
    images, clean = pair(channels)
    expected = [peak_signal_noise_ratio(b.numpy(), a.numpy(), data_range=1.0) for a, b in zip(images, clean, strict=True)]
    torch.testing.assert_close(psnr(images, clean).double(), torch.tensor(np.array(expected)), atol=1e-3, rtol=0)


def test_equal_pictures_have_an_ssim_of_1_and_a_psnr_of_100_db():
    images, _ = pair(1)
    torch.testing.assert_close(ssim(images, images), torch.ones(4))
    torch.testing.assert_close(psnr(images, images), torch.full((4,), 100.0))


def test_gaussian_noise_has_its_deviation_and_is_clipped():
    grey = torch.full((10, 1, 50, 50), 0.5)
    noise = add_noise(grey, "gaussian", 0.05) - grey
    assert noise.std().item() == pytest.approx(0.05, rel=0.05) and abs(noise.mean().item()) < 0.002
    strong = add_noise(grey, "gaussian", 1.0)
    assert (strong.min(), strong.max()) == (0, 1)


def test_salt_and_pepper_take_their_share_half_each_all_channels_at_once():
    noisy = add_noise(torch.full((10, 3, 100, 100), 0.5), "salt-and-pepper", 0.2)
    assert (noisy == 0).float().mean().item() == pytest.approx(0.1, rel=0.1)
    assert (noisy == 1).float().mean().item() == pytest.approx(0.1, rel=0.1)
    assert torch.equal(noisy[:, 0], noisy[:, 1])


@pytest.mark.parametrize(("noise", "spread"), [("poisson", 0.1 * 0.25**0.5), ("speckle", 0.1 * 0.25)])
def test_noise_of_light_keeps_the_mean_and_grows_with_the_light_or_its_root(noise, spread):
    noisy = add_noise(torch.full((10, 1, 60, 60), 0.25), noise, 0.1, torch.Generator().manual_seed(0), clip=False)
    assert noisy.mean().item() == pytest.approx(0.25, abs=4 * spread / 36_000**0.5)
    assert noisy.std().item() == pytest.approx(spread, rel=0.03)
    assert add_noise(torch.zeros(1, 1, 9, 9), noise, 0.1).sum() == 0  # in the dark there is none


def test_poisson_s_noise_is_whole_photons():
    counts = add_noise(torch.rand(1, 3, 20, 20), "poisson", 0.2, clip=False) * 25  # 1 / 0.2² at white
    torch.testing.assert_close(counts, counts.round())


@pytest.mark.parametrize("noise", get_args(Noise))
def test_each_picture_can_have_a_strength_of_its_own(noise):
    grey = torch.full((3, 1, 50, 50), 0.5)
    errors = (add_noise(grey, noise, torch.tensor([0.0, 0.05, 0.2]).view(3, 1, 1, 1)) - grey).square().mean((1, 2, 3))
    assert errors[0] < 1e-5 and errors[1] > 1e-5 and errors[2] > 2 * errors[1]


def test_for_noise_of_unknown_strength_training_draws_one_for_each_picture():
    settings = Denoising.Settings(strongest=0.2, sigma=0.1, clip=False)
    task = Denoising(settings, Training(), SPEC, Same())
    seen = []
    task.model.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    grey = torch.full((400, 3, 24, 20), 128, dtype=torch.uint8)
    task.loss(Batch(grey, None))
    strength = (seen[0] - 128 / 255).std((1, 2, 3))
    assert strength.min() < 0.01 and strength.max() == pytest.approx(0.2, rel=0.1)
    assert strength.mean().item() == pytest.approx(0.1, rel=0.15)
    assert task.noisy(grey[:20] / 255).std().item() == pytest.approx(0.1, rel=0.05)  # what is measured at


def test_a_batch_is_shown_in_all_eight_ways_that_a_square_can_lie():
    square = torch.arange(9.0).view(1, 1, 3, 3)
    shown = turned(square.expand(8, -1, -1, -1))
    assert len({tuple(picture.flatten().tolist()) for picture in shown}) == 8
    assert all(sorted(picture.flatten().tolist()) == list(range(9)) for picture in shown)
    assert turned(torch.zeros(5, 1, 4, 7)).shape == (5, 1, 4, 7)


def test_whole_pictures_are_measured_apart_by_collection_and_in_their_own_sizes(task):
    draw = torch.Generator().manual_seed(0)
    pictures = {"small": [torch.randint(0, 256, (3, 12, 15), generator=draw).byte()],
                "large": [torch.randint(0, 256, (3, 30, 20), generator=draw).byte() for _ in range(2)]}
    measured = task.evaluate(Whole(torch.zeros(4, 3, 24, 20, dtype=torch.uint8), pictures))
    noise = torch.Generator().manual_seed(0)
    levels = []
    for picture in pictures["large"]:
        clean = picture[None] / 255
        levels.append(psnr(add_noise(clean, "gaussian", task.settings.sigma, noise), clean).item())
    assert measured["psnr_large"] == pytest.approx(np.mean(levels), rel=1e-5)
    assert measured["psnr"] == measured["psnr_small"] != measured["psnr_large"]  # the first collection is the split's own
    assert {"ssim_small", "ssim_large", "psnr_noisy_large", "psnr_gain"} <= set(measured)


def test_a_run_from_before_there_were_other_kinds_of_noise_is_read_as_it_was():
    settings = Denoising.Settings.model_validate({"noise": "gaussian", "sigma": 0.2})
    assert (settings.strongest, settings.clip, settings.turn) == (0.0, True, False)


@pytest.mark.parametrize("noise", get_args(Noise))
def test_a_generator_repeats_the_noise(noise):
    images = torch.rand(2, 1, 8, 8)
    first, second = (add_noise(images, noise, 0.3, torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(first, second)


def test_without_cleaning_there_is_no_gain(task, split):
    measured = task.evaluate(split)
    assert measured["psnr_gain"] == 0 and measured["psnr"] == measured["psnr_noisy"]


def test_measures_are_means_over_the_pictures_with_the_same_noise_at_each_look(task, split):
    clean = split.inputs.float() / 255
    noisy = add_noise(clean, "gaussian", task.settings.sigma, torch.Generator().manual_seed(0))
    measured = task.evaluate(split)
    assert measured["psnr_noisy"] == pytest.approx(psnr(noisy, clean).mean().item(), rel=1e-5)
    assert measured["ssim"] == pytest.approx(ssim(noisy, clean).mean().item(), rel=1e-5)
    torch.manual_seed(99)
    assert task.evaluate(split) == measured


def test_training_draws_fresh_noise_in_each_step(task, split):
    task.descent.optimiser.param_groups[0]["lr"] = 0.0
    batch = Batch(split.inputs, None)
    assert task.step(batch)["loss"] != task.step(batch)["loss"]


def test_restoring_keeps_the_shape_and_the_range(task):
    with torch.no_grad():
        task.model.weight.fill_(3)
    restored = task.restore(torch.rand(2, 3, 31, 17))
    assert restored.shape == (2, 3, 31, 17) and restored.min() >= 0 and restored.max() <= 1
    assert not restored.requires_grad


def test_the_preview_measures_each_of_its_pictures(task, split):
    (preview,) = task.previews(Data(SPEC, split, split, split, "drawn"))
    clean = (split.inputs.float() / 255)[preview.data["index"]]
    noisy = add_noise(clean, "gaussian", task.settings.sigma, torch.Generator().manual_seed(0))
    assert preview.data["noisy"]["psnr"] == pytest.approx(psnr(noisy, clean).tolist(), abs=1e-3)
    assert preview.data["cleaned"]["ssim"] == pytest.approx(ssim(noisy, clean).tolist(), abs=1e-4)


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        (SPEC, None),
        (SPEC.model_copy(update={"shape": (1, 10, 40)}), "at least 11×11 pixels"),
        (DataSpec(kind="sentences", shape=(20,), sizes={}), "denoising needs pictures."),
    ],
)
def test_it_needs_pictures_as_large_as_ssim_s_window(spec, sentence):
    reason = Denoising.misfit(spec)
    assert reason is None if sentence is None else sentence in reason

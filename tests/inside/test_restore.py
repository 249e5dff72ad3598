"""A picture made noisy and cleaned."""

import dataclasses

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from torch import nn

from core.errors import UserError
from core.inside import restore


@pytest.fixture
def denoiser(untrained):
    return untrained("denoising", "autoencoder", "digits")


@pytest.fixture
def picture():
    return torch.rand(1, 1, 30, 41, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.25


def test_any_size_comes_back_in_its_own_with_its_figures(denoiser, picture):
    result = restore.restore(denoiser, picture, "gaussian", sigma=0.1, seed=0)
    assert result.clean.shape == result.noisy.shape == result.cleaned.shape == (30, 41, 1)
    np.testing.assert_array_equal(result.clean[:, :, 0], picture[0, 0].numpy())
    for image, level in zip((result.noisy, result.cleaned), result.psnr, strict=True):
        assert level == pytest.approx(peak_signal_noise_ratio(result.clean, image, data_range=1), abs=1e-3)


def test_sigma_is_the_standard_deviation_of_the_noise(denoiser, picture):
    result = restore.restore(denoiser, picture, "gaussian", sigma=0.05, seed=0)
    assert (result.noisy - result.clean).std() == pytest.approx(0.05, rel=0.06)
    assert restore.restore(denoiser, picture, "gaussian", sigma=0.0, seed=0).psnr[0] == pytest.approx(100)


def test_the_same_seed_gives_the_same_noise(denoiser, picture):
    first, again, other = (restore.restore(denoiser, picture, "gaussian", 0.1, seed).noisy for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_picture_smaller_than_the_window_of_ssim_is_said(denoiser):
    with pytest.raises(UserError, match="too small"):
        restore.restore(denoiser, torch.zeros(1, 1, 400, 3), "gaussian", 0.1, 0)


def test_what_a_map_hangs_on_is_found_in_the_noisy_picture(denoiser, picture):
    noisy = restore.restore(denoiser, picture, "gaussian", 0.1, 0).noisy
    path = next(name for name, module in denoiser.model.named_modules() if isinstance(module, nn.Conv2d))
    top, left, bottom, right = restore.origin(denoiser, noisy, path, 0).box
    assert 0 < bottom - top <= 3 and 0 < right - left <= 3  # a 3×3 convolution


def test_a_model_that_cleans_nothing_gains_nothing(denoiser, picture):
    denoiser.model.forward = lambda images: images
    result = restore.restore(dataclasses.replace(denoiser), picture, "gaussian", 0.1, 0)
    assert result.psnr[0] == result.psnr[1]
    assert result.ssim[0] == result.ssim[1]


def test_a_picture_that_is_noisy_already_is_only_cleaned(denoiser, picture):
    result = restore.restore(denoiser, picture, None, 0.1, 0)
    np.testing.assert_array_equal(result.noisy[:, :, 0], picture[0, 0].numpy())
    np.testing.assert_array_equal(result.cleaned[:, :, 0], denoiser.task.restore(picture)[0, 0].numpy())
    assert result.clean is result.psnr is result.ssim is None


def test_a_large_picture_goes_tile_by_tile_and_is_measured_as_a_whole(denoiser, picture, monkeypatch):
    at_once = restore.restore(denoiser, picture, "speckle", 0.2, 3)
    monkeypatch.setattr(restore.tiles, "TILE", 32)
    monkeypatch.setattr(restore, "_BAND", 7)
    told = []
    in_tiles = restore.restore(denoiser, picture, "speckle", 0.2, 3, lambda done, total: told.append(done))
    assert told == [0, 1]
    np.testing.assert_allclose(in_tiles.cleaned, at_once.cleaned, atol=1e-5)
    assert in_tiles.psnr == pytest.approx(at_once.psnr, abs=1e-3)
    assert in_tiles.ssim == pytest.approx(at_once.ssim, abs=1e-5)

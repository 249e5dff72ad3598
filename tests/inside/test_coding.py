"""A picture's code, and what comes back from it."""

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from core.datasets.base import Split
from core.inside import coding


@pytest.fixture(params=["vae", "dense-autoencoder"])
def coder(request, untrained):
    return untrained("reconstruction", request.param, "digits", model={"latent": 6})


def test_what_comes_back_is_the_decoded_code_with_its_figures(coder, digit):
    found = coding.code(coder, digit)
    assert found.code.shape == (1, 6)
    torch.testing.assert_close(torch.from_numpy(found.back[:, :, 0]), coder.model.decode(found.code)[0, 0])
    pair = found.picture[:, :, 0], found.back[:, :, 0]
    assert found.psnr == pytest.approx(peak_signal_noise_ratio(*pair, data_range=1), abs=1e-3)
    assert found.ssim == pytest.approx(structural_similarity(
        *pair, data_range=1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False), abs=1e-3)


def test_a_walk_ends_at_both_pictures_as_they_come_back(coder, digit):
    first, second = coding.code(coder, digit), coding.code(coder, 255 - digit)
    way = coding.walk(coder, first.code, second.code, [0.0, 0.5, 1.0])
    np.testing.assert_allclose(way[[0, 2]], [first.back, second.back], atol=1e-6)


def test_the_map_is_of_the_codes_and_says_how_much_of_them_it_shows(coder):
    images = torch.randint(0, 256, (40, 1, 28, 28), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    index, points, share = coding.layout(coder, Split(images))
    assert index.tolist() == list(range(40)) and points.shape == (40, 2)
    codes = coding.encode(coder, images).double()
    singular = torch.linalg.svdvals(codes - codes.mean(0)).square()
    assert share == pytest.approx((singular[:2].sum() / singular.sum()).item(), rel=1e-3)

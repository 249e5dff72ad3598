"""Distances between sets of pictures and of their features, against formulas and SciPy."""

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
import torch
import torch.nn.functional as F
from scipy import ndimage

from core.tasks import distances
from core.tasks.distances import diversity, frechet, kernel, laplacian_pyramid, precision_recall, sliced_wasserstein


def drawn(count, features, seed):
    return torch.randn(count, features, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def smooth(count, seed, side=32):
    coarse = torch.rand(count, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, (side, side), mode="bilinear")


def distance(real, fake):
    return sliced_wasserstein(real, fake, torch.Generator().manual_seed(0))


def test_the_pyramid_s_levels_add_up_to_the_picture():
    images = torch.rand(2, 3, 64, 64)
    levels = laplacian_pyramid(images)
    assert [level.shape[-1] for level in levels] == [64, 32, 16]
    whole = levels[-1]
    for level in reversed(levels[:-1]):
        spread = torch.zeros_like(level)
        spread[:, :, ::2, ::2] = whole * 4
        whole = distances._blurred(spread) + level
    torch.testing.assert_close(whole, images)


def test_a_level_is_scipy_s_binomial_filter():
    image = torch.rand(1, 1, 32, 32)
    kernel = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    small = ndimage.convolve(image[0, 0].double().numpy(), kernel, mode="mirror")[::2, ::2]
    np.testing.assert_allclose(laplacian_pyramid(image)[1][0, 0].numpy(), small, atol=1e-6)


def test_one_direction_is_scipy_s_wasserstein_distance(monkeypatch):
    monkeypatch.setattr(distances, "DIRECTIONS", 1)
    real, fake = smooth(20, 0, side=16), smooth(20, 1, side=16)
    draw = torch.Generator().manual_seed(0)
    a, b = distances._patches(real, draw), distances._patches(fake, draw)
    direction = F.normalize(torch.randn(1, a.shape[1], generator=draw), dim=1)[0]
    expected = 1000 * scipy.stats.wasserstein_distance((a @ direction).numpy(), (b @ direction).numpy())
    assert distance(real, fake) == [pytest.approx(expected, rel=1e-3)]


def test_patches_have_mean_0_and_deviation_1_in_each_channel():
    patches = distances._patches(smooth(10, 0) * torch.tensor([1.0, 0.1, 5.0]).view(1, 3, 1, 1), torch.Generator())
    channels = patches.view(-1, 3, 49)
    torch.testing.assert_close(channels.mean((0, 2)), torch.zeros(3), atol=1e-4, rtol=0)
    torch.testing.assert_close(channels.std((0, 2)), torch.ones(3), atol=1e-3, rtol=0)


def test_the_distance_is_small_between_samples_of_one_kind_and_grows_with_noise():
    real = smooth(100, 0)
    noise = torch.randn(real.shape, generator=torch.Generator().manual_seed(2))
    same, little, much = (sum(distance(real, smooth(100, 1) + share * noise)) for share in (0, 0.02, 0.2))
    assert same < little < much


def test_the_frechet_distance_is_the_formula_of_two_normal_distributions():
    a, b = drawn(300, 5, 0), drawn(300, 5, 1) @ drawn(5, 5, 2) + 3
    covariances = [np.cov(part.numpy().T) for part in (a, b)]
    apart = (a.mean(0) - b.mean(0)).numpy()
    expected = apart @ apart + np.trace(sum(covariances) - 2 * scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real)
    assert frechet(a, b) == pytest.approx(expected, rel=1e-6)
    assert frechet(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet(a, a + 2) == pytest.approx(5 * 4)


def test_the_kernel_distance_is_the_unbiased_sum_over_all_pairs():
    a, b = drawn(7, 3, 0), drawn(6, 3, 1) + 1

    def mean(first, second):
        same = first is second
        pairs = [(x, y) for i, x in enumerate(first) for j, y in enumerate(second) if not (same and i == j)]
        return np.mean([(float(x @ y) / 3 + 1) ** 3 for x, y in pairs])

    assert kernel(a, b) == pytest.approx(mean(a, a) + mean(b, b) - 2 * mean(a, b))


def test_the_kernel_distance_of_one_distribution_is_0_on_the_mean():
    found = [kernel(drawn(50, 4, 2 * seed), drawn(50, 4, 2 * seed + 1)) for seed in range(60)]
    assert abs(np.mean(found)) < 3 * np.std(found) / 60**0.5
    assert min(found) < 0


def test_precision_and_recall_of_sets_that_are_the_same_or_far_apart():
    real = drawn(100, 8, 0)
    assert precision_recall(real, real) == (1, 1)
    assert precision_recall(real, real + 100) == (0, 0)


def test_what_repeats_few_pictures_is_precise_and_recalls_little():
    real = drawn(200, 4, 0)
    precision, recall = precision_recall(real, real[:10].repeat(20, 1))
    assert precision == 1 and recall == 10 / 200  # four of one kind leave no room around them


def test_a_third_neighbour_is_as_far_as_a_picture_reaches():
    real = torch.tensor([[0.0], [1.0], [2.0], [3.0]])  # reach 3, 2, 2 and 3
    assert precision_recall(real, torch.tensor([[-3.0], [6.0], [6.1], [-3.1]]))[0] == 0.5


def test_diversity_is_the_ratio_of_the_mean_distances():
    real = drawn(30, 4, 0)
    assert diversity(real, 0.5 * real + 7) == pytest.approx(0.5)
    assert diversity(real, real[:1].repeat(30, 1)) == 0

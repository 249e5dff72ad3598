"""What an answer hangs on: Captum's numbers against each paper's formula."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.inside import attribution, classify
from core.tasks.base import standardised


@pytest.fixture
def smooth(untrained):
    return untrained("classification", "lenet", "digits", model={"activation": "tanh", "pooling": "average"})


@pytest.fixture
def lenet(untrained):
    return untrained("classification", "lenet", "digits")


def slope_of(loaded, inputs, target):
    inputs = inputs.clone().requires_grad_()
    (slope,) = torch.autograd.grad(loaded.model(inputs)[:, target].sum(), inputs)
    return slope


def test_integrated_gradients_are_the_mean_slope_on_the_way_times_the_way(lenet, digit):
    start = standardised(torch.zeros_like(digit), lenet.spec)
    way = standardised(digit, lenet.spec) - start
    shares = ((torch.arange(32) + 0.5) / 32).view(-1, 1, 1, 1)
    expected = (slope_of(lenet, start + shares * way, 3).mean(0, keepdim=True) * way)[0].sum(0)
    np.testing.assert_allclose(attribution.integrated_gradients(lenet, digit, 3), expected, rtol=1e-4, atol=1e-6)


def test_the_integrated_gradients_of_all_pixels_add_up_to_the_rise_of_the_logit(smooth, digit):
    found = attribution.integrated_gradients(smooth, digit, target=3, steps=128)
    here, empty = (smooth.model(standardised(image, smooth.spec))[0, 3].item() for image in (digit, torch.zeros_like(digit)))
    assert found.shape == (28, 28)
    assert found.sum() == pytest.approx(here - empty, rel=1e-3)


def test_saliency_is_the_size_of_the_logit_s_slope(lenet, digit):
    slope = slope_of(lenet, standardised(digit, lenet.spec), 7)
    np.testing.assert_allclose(attribution.saliency(lenet, digit, 7), slope[0, 0].abs(), rtol=1e-5)


@pytest.mark.parametrize("architecture", ["lenet", "knn"])
def test_occlusion_is_the_fall_of_the_logit_under_each_square(untrained, digit, architecture):
    loaded = untrained("classification", architecture, "digits")
    if architecture == "knn":
        draw = torch.Generator().manual_seed(2)
        loaded.model.examples.copy_(torch.randint(0, 256, loaded.model.examples.shape, generator=draw))
        loaded.model.labels.copy_(torch.randint(0, 10, loaded.model.labels.shape, generator=draw))
    inputs = standardised(digit, loaded.spec)
    whole = loaded.model(inputs)[0]
    target = int(whole.argmax())
    falls, covers = torch.zeros(28, 28), torch.zeros(28, 28)
    for row in range(0, 25, 2):
        for column in range(0, 25, 2):
            square = torch.zeros(28, 28, dtype=torch.bool)
            square[row : row + 4, column : column + 4] = True
            falls[square] += whole[target] - loaded.model(inputs.masked_fill(square, 0))[0, target]
            covers += square
    found = attribution.occlusion(loaded, digit, target)
    assert np.abs(found).max() > 0
    np.testing.assert_allclose(found, falls / covers, rtol=1e-3, atol=1e-5)


def test_grad_cam_weighs_each_map_by_its_mean_slope_and_keeps_what_speaks_for_the_class(lenet, digit):
    inputs = standardised(digit, lenet.spec).requires_grad_()
    maps = lenet.model.features(inputs)  # (1, 32, 5, 5)
    (slope,) = torch.autograd.grad(lenet.model.classifier(maps)[0, 3], maps)
    small = F.relu((slope.mean((2, 3), keepdim=True) * maps).sum(1, keepdim=True))
    expected = F.interpolate(small, (28, 28), mode="bilinear")[0, 0].detach()
    last = classify.trace(lenet, digit)[-1]
    found = attribution.grad_cam(lenet, digit, 3, last.path)
    assert last.path == "features.5" and found.max() > 0
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    ("architecture", "slopes"), [("knn", False), ("kmeans", False), ("svm", True), ("perceptron", True)]
)
def test_votes_and_nearest_groups_have_no_slope(untrained, digit, architecture, slopes):
    assert attribution.slopes(untrained("classification", architecture, "digits"), digit) == slopes

"""Colourisation: Lab, the squares of colours, the annealed mean, and what is measured."""

import numpy as np
import pytest
import torch
from skimage.color import lab2rgb, rgb2lab
from torch import nn
from torch.nn import functional as F

from core.architectures.colour_net import ColourNet
from core.catalog import DataSpec
from core.datasets.base import Batch, Split
from core.experiment import Training
from core.tasks.colourisation import (
    Colourisation,
    annealed_mean,
    colourfulness,
    rarity,
    soft_squares,
    within,
)
from core.tasks.lab import SQUARES, to_lab, to_rgb
from core.tasks.likeness import psnr

GRID = torch.tensor(SQUARES)
SPEC = DataSpec(kind="images", shape=(3, 18, 15), sizes={"train": 100}, mean=(0.5,) * 3, std=(0.25,) * 3)


class Constant(nn.Module):
    """One colour everywhere: `channels` numbers, which are learned."""

    def __init__(self, channels):
        super().__init__()
        self.colour = nn.Parameter(torch.zeros(channels))

    def forward(self, lightness):
        return self.colour.view(1, -1, 1, 1).expand(len(lightness), -1, *lightness.shape[2:])


def made(colours, **objective):
    task = Colourisation(Colourisation.Settings(colours=colours, **objective), Training(), SPEC,
                         Constant(2 if colours == "regression" else len(GRID)))
    task.start(10)
    return task


@pytest.fixture
def split():
    return Split(torch.randint(0, 256, (7, 3, 18, 15), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)))


def colours(count=2000):
    draw = torch.Generator().manual_seed(1)
    return torch.cat([torch.rand(count, 3, 1, 1, generator=draw), torch.rand(50, 3, 1, 1, generator=draw) / 50,
                      torch.eye(3).view(3, 3, 1, 1), torch.ones(1, 3, 1, 1), torch.zeros(1, 3, 1, 1)])


def test_lab_is_scikit_image_s_there_and_back():
    images = colours().double()
    expected = rgb2lab(images.permute(0, 2, 3, 1).numpy())
    lab = to_lab(images)
    np.testing.assert_allclose(lab.permute(0, 2, 3, 1).numpy(), expected, atol=1e-4)
    np.testing.assert_allclose(to_rgb(lab).permute(0, 2, 3, 1).numpy(), lab2rgb(expected), atol=1e-4)
    torch.testing.assert_close(to_rgb(to_lab(images.float())), images.float(), atol=1e-3, rtol=0)


def test_colours_that_no_screen_has_become_colours_that_it_has():
    images = to_rgb(torch.tensor([[50.0, 120.0, -120.0], [100.0, 0.0, 100.0], [0.0, 50.0, 50.0]]).view(3, 3, 1, 1))
    assert images.isfinite().all() and 0 <= images.min() <= images.max() <= 1


def test_the_squares_hold_every_colour_of_srgb_and_each_holds_one():
    assert GRID.shape == (261, 2)
    ab = to_lab(colours(50_000))[:, 1:, 0, 0]
    distance, _ = torch.cdist(ab, GRID, p=float("inf")).min(1)
    assert distance.max() <= 5 + 1e-4


def test_a_colour_is_shared_out_to_its_five_nearest_by_a_gaussian():
    ab = torch.tensor([3.0, -1.0])
    shares = soft_squares(ab.view(1, 2, 1, 1))[0, :, 0, 0]
    distances = (GRID - ab).norm(dim=1)
    nearest = distances.argsort()[:5]
    expected = torch.exp(-distances[nearest] ** 2 / 50)
    assert (shares > 0).sum() == 5 and shares.sum().item() == pytest.approx(1)
    torch.testing.assert_close(shares[nearest], expected / expected.sum())


def test_the_annealed_mean_lies_between_the_mean_and_the_likeliest():
    logits = torch.randn(2, len(GRID), 3, 1, generator=torch.Generator().manual_seed(2))
    chances = logits.softmax(1)
    torch.testing.assert_close(annealed_mean(logits, 1.0), torch.einsum("bqhw,qc->bchw", chances, GRID))
    torch.testing.assert_close(annealed_mean(logits, 1e-4), GRID[chances.argmax(1)].permute(0, 3, 1, 2))
    z = (chances.log() / 0.38).exp()  # equation 5
    torch.testing.assert_close(annealed_mean(logits), torch.einsum("bqhw,qc->bchw", z / z.sum(1, keepdim=True), GRID))


def test_rare_colours_weigh_more_and_1_on_the_mean():
    counts = torch.zeros(1, len(GRID))
    grey = (GRID.abs().sum(1) == 0).nonzero().item()
    counts[0, grey] = 1000
    weights = rarity(counts)
    near = torch.exp(-torch.cdist(GRID, GRID) ** 2 / 50)
    smooth = (near / near.sum(0))[:, grey]
    assert weights.argmin() == grey and (smooth @ weights).item() == pytest.approx(1, rel=1e-5)
    # Where a colour never occurs, what is left of the mixture is half of a uniform one.
    ratio = (0.5 * smooth[grey] + 0.5 / len(GRID)) / (0.5 / len(GRID))
    assert (weights.max() / weights[grey]).item() == pytest.approx(ratio.item(), rel=1e-4)


def test_the_share_within_is_the_mean_over_the_thresholds():
    distance = torch.tensor([[[0.0, 0.5, 3.0, 149.2, 150.0, 400.0]]])
    expected = np.mean([(distance.numpy() <= threshold).mean() for threshold in range(151)])
    assert within(distance).item() == pytest.approx(expected, rel=1e-6)


def test_grey_has_no_colour_and_two_opponents_have_their_spread():
    assert colourfulness(torch.rand(1, 1, 8, 8).expand(1, 3, 8, 8)).item() == pytest.approx(0, abs=1e-4)
    halves = torch.zeros(1, 3, 2, 2)
    halves[0, 0, 0], halves[0, 1, 1] = 1, 1  # red over green: rg is 255 and -255, yb 127.5 throughout
    assert colourfulness(halves).item() == pytest.approx(255 + 0.3 * 127.5, rel=1e-5)


def test_the_grey_answer_has_no_margin_and_measures_are_means_over_the_pictures(split):
    task = made("regression")
    measured = task.evaluate(split)
    images = split.inputs / 255
    lab = to_lab(images)
    error = lab[:, 1:].square().sum(1).mean((1, 2)).sqrt().mean().item()
    assert measured["ab_error"] == measured["grey_ab_error"] == pytest.approx(error, rel=1e-5)
    assert measured["ab_margin"] == 0 and measured["auc"] == measured["grey_auc"] and measured["colourfulness"] < 0.1
    grey = to_rgb(torch.cat([lab[:, :1], torch.zeros_like(lab[:, 1:])], 1))
    assert measured["psnr"] == pytest.approx(psnr(grey, images).mean().item(), rel=1e-5)


def test_regression_s_loss_is_the_squared_distance_and_classes_is_a_weighed_divergence(split):
    ab = F.adaptive_avg_pool2d(to_lab(split.inputs / 255)[:, 1:], (9, 8))  # at half the size
    loss, _ = made("regression").loss(Batch(split.inputs, None))
    assert loss.item() == pytest.approx(ab.square().sum(1).mean().item() / 100**2, rel=1e-5)
    task = made("classes")
    with torch.no_grad():
        task.model.colour.copy_(torch.randn(len(GRID), generator=torch.Generator().manual_seed(3)))
    task.weights = torch.rand(len(GRID), generator=torch.Generator().manual_seed(4))
    shares = soft_squares(ab)
    told = task.model.colour.detach().log_softmax(0).view(1, -1, 1, 1).expand_as(shares)
    losses = F.kl_div(told, shares, reduction="none").sum(1)  # cross-entropy, less the shares' own
    nearest = torch.cdist(ab.permute(0, 2, 3, 1).flatten(0, 2), GRID).argmin(1).view(losses.shape)
    loss, _ = task.loss(Batch(split.inputs, None))
    torch.testing.assert_close(loss.detach(), (task.weights[nearest] * losses).mean())


@pytest.mark.parametrize(("colours", "rebalance", "counted"), [("classes", True, True), ("classes", False, False),
                                                               ("regression", True, False)])
def test_colours_are_counted_where_they_are_weighed(split, colours, rebalance, counted):
    task = made(colours, rebalance=rebalance)
    assert task.reads(split) is split
    assert (task.weights.unique().numel() > 1) == counted


@pytest.mark.parametrize("size", [(18, 15), (4, 4), (33, 50)])
def test_a_picture_of_any_size_gets_a_colour_at_each_pixel(size):
    spec = Colourisation.model_spec(SPEC, Colourisation.Settings(colours="regression"))
    model = ColourNet(ColourNet.Settings(width=4), spec).eval()
    task = Colourisation(Colourisation.Settings(colours="regression"), Training(), SPEC, model)
    assert model(torch.rand(2, 1, *size)).shape == (2, 2, (size[0] + 1) // 2, (size[1] + 1) // 2)
    assert task.colours(torch.rand(2, 1, *size)).shape == (2, 2, *size)

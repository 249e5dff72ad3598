"""Inpainting: holes, what is measured in them, and partial convolutions against their formula."""

import pytest
import torch
from torch import nn

from core.architectures.partial_unet import PartialConvolution, PartialUNet
from core.catalog import DataSpec
from core.datasets.base import Batch, Split
from core.experiment import Training
from core.tasks.inpainting import HIDDEN_WEIGHT, Inpainting, hole_psnr, holed, holes, mean_fill
from core.tasks.likeness import psnr

SPEC = DataSpec(kind="images", shape=(3, 24, 20), sizes={"train": 100}, mean=(0.5,) * 3, std=(0.25,) * 3)
KINDS = ("boxes", "strokes", "text", "mixed")


class Half(nn.Module):
    """Says middle grey of every place, twisted by a weight."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))

    def forward(self, inputs):
        return torch.full_like(inputs[:, :-1], 0.5) * self.weight


@pytest.fixture
def task():
    made = Inpainting(Inpainting.Settings(), Training(), SPEC, Half())
    made.start(10)
    return made


@pytest.fixture
def split():
    return Split(torch.randint(0, 256, (12, 3, 24, 20), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_hole_hides_exactly_its_share(kind):
    shares = torch.tensor([0.0, 0.05, 0.2, 0.4, 0.2, 0.31])
    visible = holes((30, 41), kind, shares, torch.Generator().manual_seed(1))
    assert visible.shape == (6, 1, 30, 41) and set(visible.unique().tolist()) == {0.0, 1.0}
    assert (1 - visible).sum((1, 2, 3)).tolist() == [1, *(round(share * 30 * 41) for share in shares[1:].tolist())]


@pytest.mark.parametrize("kind", KINDS)
def test_a_generator_repeats_holes_and_no_two_are_alike(kind):
    first, second = (holes((24, 20), kind, torch.full((9,), 0.2), torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(first, second)
    assert len({tuple(one.flatten().tolist()) for one in first}) == 9


@pytest.mark.parametrize("kind", KINDS)
def test_holes_hang_together(kind):
    """Below most hidden pixels is another one; were they scattered, it would be a fifth."""
    hidden = 1 - holes((64, 64), kind, torch.full((30,), 0.2), torch.Generator().manual_seed(5))
    below = hidden[:, :, 1:] * hidden[:, :, :-1]
    assert below.sum() / hidden.sum() > 0.55


def test_the_mean_fill_is_each_channel_s_mean_of_what_is_visible():
    images = torch.rand(2, 3, 6, 5)
    visible = torch.ones(2, 1, 6, 5)
    visible[0, :, 2:4, 1:3] = 0
    filled = mean_fill(images, visible)
    kept = visible[0, 0] > 0
    assert torch.equal(filled[1], images[1]) and torch.equal(filled[0][:, kept], images[0][:, kept])
    torch.testing.assert_close(filled[0][:, ~kept], images[0][:, kept].mean(1)[:, None].expand(3, 4))


def test_psnr_in_the_hole_knows_nothing_of_the_rest():
    images, whole = torch.rand(2, 2, 3, 8, 8).unbind()
    visible = torch.ones(2, 1, 8, 8)
    visible[:, :, 2:5, 1:7] = 0
    torch.testing.assert_close(hole_psnr(images, whole, visible), psnr(images[:, :, 2:5, 1:7], whole[:, :, 2:5, 1:7]))
    images[:, :, 0] = 9.0
    torch.testing.assert_close(hole_psnr(images, whole, visible), psnr(images[:, :, 2:5, 1:7], whole[:, :, 2:5, 1:7]))


def test_what_is_visible_is_kept_and_measures_are_of_the_filled_picture(task, split):
    images = split.inputs / 255
    visible = task.hide(images, torch.Generator().manual_seed(0))
    filled = task.mend(images, visible)
    torch.testing.assert_close(filled, images * visible + 0.5 * (1 - visible))
    measured = task.evaluate(split)
    assert measured["psnr"] == pytest.approx(psnr(filled, images).mean().item(), rel=1e-5)
    assert measured["l1"] == pytest.approx(task.settings.share * measured["hole_l1"], rel=1e-4)
    assert measured["psnr_margin"] == pytest.approx(measured["hole_psnr"] - measured["mean_hole_psnr"], abs=1e-6)
    trivial = hole_psnr(mean_fill(images, visible), images, visible)
    assert measured["mean_hole_psnr"] == pytest.approx(trivial.mean().item(), rel=1e-5)
    torch.manual_seed(99)
    assert task.evaluate(split) == measured


def test_an_error_in_the_hole_weighs_more_and_holes_are_fresh_in_each_step(task, split, monkeypatch):
    images, visible = split.inputs / 255, torch.ones(12, 1, 24, 20)
    visible[:, :, :12] = 0
    task.descent.optimiser.param_groups[0]["lr"] = 0.0
    assert task.step(Batch(split.inputs, None))["loss"] != task.step(Batch(split.inputs, None))["loss"]
    monkeypatch.setattr(task, "_fresh", lambda images: visible)
    error = (images - 0.5).abs()
    expected = (HIDDEN_WEIGHT * error[:, :, :12].mean() + error[:, :, 12:].mean()) / 2
    torch.testing.assert_close(task.loss(Batch(split.inputs, None))[0], expected)


def test_a_model_never_sees_what_is_hidden(task, split):
    given = task.model_input(Batch(split.inputs, None))
    assert given.shape == (12, 4, 24, 20)
    assert (given[:, :3] * (1 - given[:, 3:]) == 0).all() and 0 < given[:, 3].mean() < 1


@pytest.mark.parametrize("stride", [1, 2])
def test_a_partial_convolution_is_its_formula(stride):
    torch.manual_seed(0)
    layer = PartialConvolution(2, 3, 3, stride=stride, padding=1).double()
    visible = (torch.rand(1, 1, 7, 6) < 0.3).double()
    visible[..., :3, :3] = 0
    maps = torch.rand(1, 2, 7, 6).double() * visible
    answers, seen = layer(maps, visible), layer.seen(visible)
    spread, known = (nn.functional.pad(values, (1, 1, 1, 1)) for values in (maps, visible.expand(1, 2, 7, 6)))
    for y in range(answers.shape[2]):
        for x in range(answers.shape[3]):
            place = (slice(None), slice(y * stride, y * stride + 3), slice(x * stride, x * stride + 3))
            window, mask = spread[0][place], known[0][place]
            expected = torch.zeros(3).double()
            if mask.sum() > 0:  # W'(X ⊙ M) sum(1) / sum(M) + b
                expected = (layer.weight * window * mask).sum((1, 2, 3)) * mask.numel() / mask.sum() + layer.bias
            torch.testing.assert_close(answers[0, :, y, x], expected)
            assert seen[0, 0, y, x] == (mask.sum() > 0)
    assert 0 < seen.mean() < 1


def test_a_whole_picture_passes_a_partial_convolution_as_any_other():
    layer, maps = PartialConvolution(2, 3, 3, padding=1), torch.rand(1, 2, 7, 6)
    answers = layer(maps, torch.ones(1, 1, 7, 6))
    assert (layer.seen(torch.ones(1, 1, 7, 6)) == 1).all()
    plain = nn.functional.conv2d(maps, layer.weight, layer.bias, padding=1)
    torch.testing.assert_close(answers[..., 1:-1, 1:-1], plain[..., 1:-1, 1:-1])


def test_what_is_hidden_never_reaches_the_answer():
    torch.manual_seed(0)
    model = PartialUNet(PartialUNet.Settings(width=4, depth=3), Inpainting.model_spec(SPEC, Inpainting.Settings())).eval()
    images, visible = torch.rand(2, 3, 25, 19), holes((25, 19), "boxes", torch.tensor([0.2, 0.4]))
    answer = model(holed(images, visible))
    assert answer.shape == images.shape
    changed = torch.where(visible > 0, images, 1 - images)
    assert torch.equal(model(holed(changed, visible)), answer)

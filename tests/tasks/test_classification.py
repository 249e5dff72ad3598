"""Classification of images."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.catalog import DataSpec
from core.datasets.base import Batch, Data, Split
from core.experiment import Training
from core.tasks.augment import shifted
from core.tasks.classification import Classification

SPEC = DataSpec(
    kind="images", shape=(1, 2, 2), sizes={}, classes=("dark", "middle", "light"), mean=(0.5,), std=(0.25,),
)


class ByBrightness(nn.Module):
    """Logits that favour the class of a picture's brightness, as standardised: -2, 0 or 2."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.0))

    def forward(self, images):
        brightness = images.mean((1, 2, 3))
        return -self.scale * (brightness[:, None] - torch.tensor([-2.0, 0.0, 2.0])).square()


def task(**settings):
    made = Classification(Classification.Settings(shift=0, **settings), Training(), SPEC, ByBrightness())
    made.start(10)
    return made


def pictures(*shades):
    return torch.tensor(shades, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 2, 2)


def test_measures_are_the_mean_cross_entropy_and_the_share_of_right_answers():
    split = Split(pictures(0, 128, 255, 255), torch.tensor([0, 1, 2, 0]))
    measured = task().evaluate(split)
    logits = ByBrightness()((split.inputs.float() / 255 - 0.5) / 0.25)
    assert measured["accuracy"] == 0.75
    assert measured["loss"] == pytest.approx(F.cross_entropy(logits, split.targets).item(), rel=1e-5)


def test_label_smoothing_is_in_the_loss_that_is_trained_and_not_in_the_one_that_is_measured():
    split = Split(pictures(0, 128), torch.tensor([0, 1]))
    plain, smooth = task(), task(label_smoothing=0.2)
    assert smooth.loss(Batch(*vars(split).values()))[0] > plain.loss(Batch(*vars(split).values()))[0]
    assert smooth.evaluate(split) == plain.evaluate(split)


def test_the_worst_mistakes_are_those_with_the_greatest_loss():
    split = Split(pictures(0, 0, 128, 255), torch.tensor([0, 2, 2, 2]))
    data = Data(SPEC, split, split, split, "drawn")
    seen = {preview.name: preview.data for preview in task().previews(data)}
    assert seen["confusion"]["counts"] == [[1, 0, 0], [0, 0, 0], [1, 1, 1]]
    assert seen["worst_mistakes"]["index"] == [1, 2]
    assert seen["worst_mistakes"]["true"] == ["light", "light"]
    assert seen["worst_mistakes"]["guess"] == ["dark", "middle"]


def test_without_mistakes_examples_are_shown_instead():
    split = Split(pictures(0, 255), torch.tensor([0, 2]))
    seen = {preview.name: preview.data for preview in task().report(Data(SPEC, split, split, split, "drawn"))}
    assert seen["test_worst_mistakes"]["true"] == seen["test_worst_mistakes"]["guess"] == ["dark", "light"]


@pytest.mark.parametrize("classes", [(), ("one",)])
def test_it_needs_pictures_of_at_least_two_classes(classes):
    assert Classification.misfit(SPEC) is None
    assert "at least two classes" in Classification.misfit(SPEC.model_copy(update={"classes": classes}))


def test_shifting_moves_each_picture_as_a_whole_and_fills_with_black():
    torch.manual_seed(0)
    images = torch.zeros(200, 2, 9, 9, dtype=torch.uint8)
    images[:, 0, 4, 4], images[:, 1, 4, 4] = 7, 9
    moved = shifted(images, 2)
    places = {tuple(place) for place in moved[:, 0].nonzero()[:, 1:].tolist()}
    assert places == {(y, x) for y in range(2, 7) for x in range(2, 7)}
    assert (moved[:, 0].sum((1, 2)) == 7).all()
    assert torch.equal(moved[:, 0] > 0, moved[:, 1] > 0)  # both channels together


def test_what_leaves_the_picture_is_gone():
    torch.manual_seed(0)
    assert shifted(torch.ones(100, 1, 2, 2, dtype=torch.uint8), 2).sum((1, 2, 3)).unique().tolist() == [0, 1, 2, 4]


def test_a_shift_of_0_changes_nothing():
    images = torch.randint(0, 256, (2, 1, 4, 4), dtype=torch.uint8)
    assert shifted(images, 0) is images

"""Pictures changed at random: against torchvision's and the papers' formulas."""

import pytest
import torch
import torch.nn.functional as F
from torchvision.transforms.v2 import functional as tv

from core import catalog
from core.catalog import DataSpec
from core.datasets.base import Batch
from core.experiment import Training
from core.tasks.augment import cropped, cut_out, flipped, mixed, shifted
from core.tasks.classification import Classification


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def pictures(count=64, channels=3, height=10, width=12):
    return torch.randint(1, 256, (count, channels, height, width), dtype=torch.uint8)


@pytest.mark.parametrize(("reflect", "mode"), [(False, "constant"), (True, "reflect")])
def test_each_shifted_picture_is_one_of_torchvision_s_crops_of_the_padded_one(reflect, mode):
    images = pictures()
    padded = tv.pad(images, [3] * 4, padding_mode=mode)
    crops = torch.stack([tv.crop(padded, y, x, 10, 12) for y in range(7) for x in range(7)], 1)  # (batch, 49, ...)
    found = (crops == shifted(images, 3, reflect=reflect)[:, None]).flatten(2).all(2)  # (batch, 49)
    assert (found.sum(1) >= 1).all()
    assert found.any(0).sum() > 25  # they differ from picture to picture


def test_a_reflected_shift_may_be_larger_than_the_picture():
    assert shifted(pictures(height=4, width=4), 16, reflect=True).min() > 0


def test_a_cropped_picture_is_a_part_of_it_enlarged():
    slope = torch.arange(40.0).expand(64, 1, 40, 40)  # a picture whose brightness tells the place
    found = cropped(slope, 0.5)
    assert found.shape == slope.shape and torch.equal(cropped(slope, 0.0), slope)
    steps = found[:, 0, 20, 2:38].diff(dim=1)  # of the original from one pixel to the next
    assert steps.amin() >= 0.49 and steps.amax() <= 1.01 and steps.mean(1).std() > 0.1
    torch.testing.assert_close(steps, steps[:, :1].expand_as(steps), atol=1e-3, rtol=1e-3)
    assert found.amin() >= 0 and found.amax() <= 39


def test_about_half_are_mirrored_and_the_rest_are_as_they_were():
    images = pictures(400)
    after = flipped(images)
    mirrored = (after == tv.horizontal_flip(images)).flatten(1).all(1)
    same = (after == images).flatten(1).all(1)
    assert (mirrored ^ same).all() and 150 < mirrored.sum() < 250


@pytest.mark.parametrize("side", [1, 4, 5, 30])
def test_cutout_empties_a_square_about_a_random_place_as_in_the_paper_s_program(side):
    images = torch.ones(200, 3, 10, 12)
    holes = cut_out(images, side) == 0  # (batch, 3, 10, 12)
    assert torch.equal(holes[:, 0], holes[:, 2])
    possible = set()
    for y in range(10):
        for x in range(12):
            hole = torch.zeros(10, 12, dtype=torch.bool)
            hole[max(0, y - side // 2) : y - side // 2 + side, max(0, x - side // 2) : x - side // 2 + side] = True
            possible.add(tuple(hole.flatten().tolist()))
    assert {tuple(hole.flatten().tolist()) for hole in holes[:, 0]} <= possible


def test_mixed_inputs_are_convex_combinations_of_two_examples_and_the_shares_are_beta_s():
    inputs, targets = torch.eye(6), torch.arange(6)
    shares = []
    for _ in range(1000):
        after, ((own, share), (other, rest)) = mixed(inputs, targets, 0.4)
        assert share + rest == pytest.approx(1)
        expected = share * F.one_hot(own, 6) + rest * F.one_hot(other, 6)
        torch.testing.assert_close(after, expected.float())
        shares.append(share)
    shares = torch.tensor(shares)
    assert shares.mean() == pytest.approx(0.5, abs=0.04)
    assert shares.var() == pytest.approx(1 / (4 * (2 * 0.4 + 1)), abs=0.015)  # of Beta(a, a)


def test_mixup_s_loss_is_that_of_soft_targets():
    spec = DataSpec(kind="images", shape=(1, 4, 4), sizes={}, classes=tuple("abc"), mean=(0.5,), std=(0.25,))
    model = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 3))
    settings = Classification.Settings(shift=0, mixup=0.7)
    task = Classification(settings, Training(), spec, model)
    batch = Batch(pictures(8, 1, 4, 4), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1]))
    torch.manual_seed(3)
    loss, _ = task.loss(batch)
    torch.manual_seed(3)
    inputs, answers = mixed(task.model_input(batch), batch.targets, 0.7)
    soft = sum(share * F.one_hot(targets, 3) for targets, share in answers)
    assert 0 < answers[0][1] < 1
    torch.testing.assert_close(loss, F.cross_entropy(model(inputs), soft.float()))


def given_to_the_model(images, *, mirrored, **settings):
    """Training pictures as a task on such data hands them to its model, as 0..255."""
    spec = DataSpec(kind="images", shape=(1, 4, 4), sizes={}, classes=tuple("abcd"), mean=(0.0,), std=(1.0,),
                    mirrored=mirrored)
    seen = []

    class Watching(torch.nn.Linear):
        def forward(self, inputs):
            seen.append(inputs)
            return super().forward(inputs.mean((1, 2)))

    task = Classification(Classification.Settings(**settings), Training(), spec, Watching(4, 4))
    task.loss(Batch(images, torch.zeros(len(images), dtype=torch.int64)))
    return seen[0] * 255


# Every row rises from left to right, and nothing is black.
RAMP = torch.arange(50, 54, dtype=torch.uint8).expand(64, 1, 4, 4)


def falls(images):
    return bool((images[:, :, :, 0] > images[:, :, :, -1]).any())


def test_pictures_that_mean_the_same_in_a_mirror_are_flipped_and_reflected_unasked():
    assert falls(given_to_the_model(RAMP, mirrored=True, shift=0))
    assert given_to_the_model(RAMP, mirrored=True, shift=2).min() > 0
    assert given_to_the_model(RAMP, mirrored=True, shift=2, border="black").min() == 0
    torch.testing.assert_close(given_to_the_model(RAMP, mirrored=True, shift=0, flip="off"), RAMP.float())


def test_digits_and_the_like_are_flipped_and_reflected_only_where_a_person_says_so():
    torch.testing.assert_close(given_to_the_model(RAMP, mirrored=False, shift=0), RAMP.float())
    assert given_to_the_model(RAMP, mirrored=False, shift=2).min() == 0
    assert falls(given_to_the_model(RAMP, mirrored=False, shift=0, flip="on"))


def test_of_the_data_sets_photographs_of_things_are_mirrored_and_digits_are_not():
    specs = {name: cls(cls.Settings()).spec() for name, cls in catalog.entries("dataset").items()}
    assert all(specs[name].mirrored for name in ("cifar10", "cifar100", "cifar10-jpeg", "stl10", "imagenette"))
    assert not any(specs[name].mirrored for name in ("mnist", "digits", "svhn", "usps"))


def test_nothing_changes_and_nothing_is_drawn_where_all_is_off():
    images = torch.rand(4, 1, 6, 6)
    before = torch.get_rng_state()
    after, answers = mixed(cut_out(shifted(images, 0), 0), torch.arange(4), 0.0)
    assert after is images and [share for _, share in answers] == [1.0]
    assert torch.equal(torch.get_rng_state(), before)

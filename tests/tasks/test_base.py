"""What tasks share: the optimiser, the schedule, scaling, and classifying."""

import pytest
import torch
from torch import nn

from core.catalog import DataSpec
from core.datasets.base import Split
from core.experiment import Training
from core.tasks.base import chosen, confusion, make_optimiser, make_schedule, reliability, scaled, standardised


def rates(schedule, steps=100):
    training = Training(learning_rate=1.0, schedule=schedule)
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], training.learning_rate)
    scheduler = make_schedule(optimiser, training, steps)
    seen = []
    for _ in range(steps):
        seen.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return torch.tensor(seen)


def test_a_constant_rate_stays():
    assert rates("constant").eq(1).all()


def test_the_cosine_is_torch_s_own():
    optimiser = torch.optim.SGD([nn.Parameter(torch.zeros(1))], 1.0)
    theirs = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, 100)
    expected = []
    for _ in range(100):
        expected.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        theirs.step()
    torch.testing.assert_close(rates("cosine"), torch.tensor(expected))


def test_one_cycle_rises_for_a_tenth_and_falls_to_nearly_nothing():
    seen = rates("one-cycle")
    assert seen.argmax() == 10 and seen[10] == 1
    assert seen[:11].diff().gt(0).all() and seen[10:].diff().lt(0).all()
    assert 0 < seen[0] < 0.02 and 0 < seen[-1] < 0.01


@pytest.mark.parametrize("name", ["adam", "adamw", "sgd"])
def test_decay_is_for_matrices_alone(name):
    layer = nn.Linear(3, 2)
    optimiser = make_optimiser(layer.parameters(), Training(optimiser=name, weight_decay=0.1))
    decay = {id(p): group["weight_decay"] for group in optimiser.param_groups for p in group["params"]}
    assert decay == {id(layer.weight): 0.1, id(layer.bias): 0.0}


def test_momentum_is_adam_s_first_beta():
    (group, *_) = make_optimiser([nn.Parameter(torch.zeros(2, 2))], Training(momentum=0.5)).param_groups
    assert group["betas"] == (0.5, 0.999)


def test_frozen_parameters_are_left_out():
    layer = nn.Linear(3, 2)
    layer.weight.requires_grad_(False)
    optimiser = make_optimiser(layer.parameters(), Training())
    assert [p is layer.bias for group in optimiser.param_groups for p in group["params"]] == [True]


def test_standardised_pixels_have_mean_0_and_deviation_1():
    images = torch.randint(0, 256, (50, 3, 8, 8), dtype=torch.uint8)
    pixels = scaled(images)
    spec = DataSpec(
        kind="images", shape=(3, 8, 8), sizes={},
        mean=tuple(pixels.mean((0, 2, 3)).tolist()), std=tuple(pixels.std((0, 2, 3)).tolist()),
    )
    result = standardised(images, spec)
    torch.testing.assert_close(result.mean((0, 2, 3)), torch.zeros(3), atol=1e-5, rtol=0)
    torch.testing.assert_close(result.std((0, 2, 3)), torch.ones(3), atol=1e-5, rtol=0)


def test_confusion_counts_true_classes_in_rows_and_guesses_in_columns():
    counts = confusion(guesses=torch.tensor([0, 2, 2, 1]), targets=torch.tensor([0, 1, 1, 1]), classes=3)
    assert counts.tolist() == [[1, 0, 0], [0, 1, 2], [0, 0, 0]]


def test_chosen_examples_are_spread_over_the_whole_split():
    assert chosen(Split(torch.zeros(101, 1)), 5).tolist() == [0, 25, 50, 75, 100]
    assert chosen(Split(torch.zeros(2, 1)), 5).tolist() == [0, 1]


def test_the_calibration_error_is_that_of_guo_et_al():
    """Their equation 3, bin by bin in plain Python."""
    chances = torch.randn(500, 4, generator=torch.Generator().manual_seed(0)).mul(2).softmax(1)
    targets = torch.randint(0, 4, (500,), generator=torch.Generator().manual_seed(1)).tolist()
    sure, guesses = (values.tolist() for values in chances.max(1))
    expected = 0.0
    for m in range(15):
        inside = [i for i in range(500) if m / 15 < sure[i] <= (m + 1) / 15]
        if inside:
            right = sum(guesses[i] == targets[i] for i in inside) / len(inside)
            expected += len(inside) / 500 * abs(right - sum(sure[i] for i in inside) / len(inside))
    found = reliability(chances, torch.tensor(targets))
    assert found.error == pytest.approx(expected, rel=1e-6)
    assert found.count.sum() == 500


def test_who_is_right_as_often_as_it_says_has_no_calibration_error():
    chances = torch.tensor([[0.75, 0.25]] * 4 + [[1.0, 0.0]] * 3)
    assert reliability(chances, torch.tensor([0, 0, 0, 1, 0, 0, 0])).error == 0
    assert reliability(chances, torch.ones(7, dtype=torch.long)).error == pytest.approx((4 * 0.75 + 3 * 1) / 7)

"""What tasks share: scaling and classifying."""

import pytest
import torch
from sklearn.metrics import f1_score

from core.catalog import DataSpec
from core.datasets.base import Split
from core.tasks.base import chosen, confusion, macro_f1, reliability, scaled, standardised


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


def test_macro_f1_is_scikit_learn_s_even_where_a_class_is_missing_or_never_guessed():
    draw = torch.Generator().manual_seed(0)
    for classes in (2, 3, 5):
        targets = torch.randint(classes, (40,), generator=draw)
        guesses = torch.where(torch.rand(40, generator=draw) < 0.6, targets, torch.randint(classes, (40,), generator=draw))
        for some, theirs in ((guesses, targets), (guesses.clamp_max(1), targets), (guesses[:3], targets[:3])):
            counts = confusion(some, theirs, classes + 1)  # the last class is nowhere
            assert macro_f1(counts) == pytest.approx(f1_score(theirs, some, average="macro"))


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

"""What tasks share: scaling and classifying."""

import torch

from core.catalog import DataSpec
from core.datasets.base import Split
from core.tasks.base import chosen, confusion, scaled, standardised


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

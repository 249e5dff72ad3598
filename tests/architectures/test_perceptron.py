"""Rosenblatt's perceptron."""

import pytest
import torch

from core.architectures.perceptron import Perceptron
from core.catalog import DataSpec

SPEC = DataSpec(kind="images", shape=(1, 1, 2), sizes={"train": 4}, classes=("no", "yes"), mean=(0.0,), std=(1.0,))
PLACES = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def learned(targets: list[int], epochs: int, **settings) -> tuple[Perceptron, float]:
    """A perceptron that saw the four corners of a square so often, and its errors in the last epoch."""
    model = Perceptron(Perceptron.Settings(rate=1.0, **settings), SPEC)
    for _ in range(epochs):
        measured = model.learn(PLACES.view(4, 1, 1, 2), torch.tensor(targets))
    return model, measured["errors"].item()


def test_the_weights_change_by_rosenblatts_rule_one_example_after_the_other():
    # By hand, for the unit of "yes", from (0, 0) and threshold 0, with x1 = (1, 2) of class 1 and x2 = (2, 0) of class 0:
    # x1: sum 0, silent, wrong: w = (1, 2), b = 1. x2: sum 3, fires, wrong: w = (-1, 2), b = 0. x1: sum 3, right.
    model = Perceptron(Perceptron.Settings(rate=1.0), SPEC)
    model.learn(torch.tensor([[1.0, 2.0], [2.0, 0.0], [1.0, 2.0]]).view(3, 1, 1, 2), torch.tensor([1, 0, 1]))
    assert model.units.weight[1].tolist() == [-1, 2] and model.units.bias[1].item() == 0


@pytest.mark.parametrize("targets", [[0, 0, 0, 1], [0, 1, 1, 1]], ids=["and", "or"])
def test_what_a_line_can_part_is_learned_without_error(targets):
    model, errors = learned(targets, epochs=20)
    assert errors == 0
    assert model(PLACES.view(4, 1, 1, 2)).argmax(1).tolist() == targets


def test_exclusive_or_is_never_learned():
    # Minsky and Papert 1969.
    model, errors = learned([0, 1, 1, 0], epochs=200)
    assert errors > 0
    assert model(PLACES.view(4, 1, 1, 2)).argmax(1).tolist() != [0, 1, 1, 0]


def test_without_a_threshold_of_its_own_and_can_t_be_learned():
    # The corner (0, 0) never fires, and a line through it that parts (1, 1) from (0, 1) and (1, 0) for both units is none.
    model, errors = learned([0, 0, 0, 1], epochs=100, bias=False)
    assert model.units.bias is None and errors > 0


def test_the_rate_scales_the_sums_and_nothing_else():
    torch.manual_seed(0)
    images, targets = torch.randn(30, 1, 1, 2), torch.randint(2, (30,))
    one, tenth = (Perceptron(Perceptron.Settings(rate=rate), SPEC) for rate in (1.0, 0.1))
    for model in (one, tenth):
        model.learn(images, targets)
    torch.testing.assert_close(tenth(images), one(images) / 10)

"""What a model takes over of another one's weights."""

import pytest
import torch
from torch import nn

from core.catalog import DataSpec
from core.errors import UserError
from core.training.start import start

PICTURES = DataSpec(kind="images", shape=(1, 8, 8), sizes={})
WORDS = DataSpec(kind="sentences", shape=(4,), sizes={}, vocabulary=("<padding>", "<unknown>", "good"), vocabulary_size=3)


def model(classes: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Linear(6, classes))


def test_the_body_is_taken_and_a_head_of_another_shape_is_new():
    old, new = model(10), model(3)
    found = start(new, PICTURES, old.state_dict(), PICTURES, "old")
    assert found.new == ("2.weight", "2.bias")
    new.load_state_dict(found.weights, strict=False)
    assert torch.equal(new[0].weight, old[0].weight) and torch.equal(new[1].running_var, old[1].running_var)
    assert found.told == "7 of 9 tensors taken over; new: 2.weight, 2.bias."


def test_the_digest_tells_weights_apart_and_nothing_else():
    old = model(10)
    first = start(model(3), PICTURES, old.state_dict(), PICTURES, "old").digest
    assert start(model(10), PICTURES, old.state_dict(), PICTURES, "other").digest == first
    with torch.no_grad():
        old[2].bias[3] += 1e-6
    assert start(model(3), PICTURES, old.state_dict(), PICTURES, "old").digest != first


def test_a_model_of_which_nothing_fits_is_refused():
    with pytest.raises(UserError, match="No weights of old have the shape"):
        start(nn.Linear(5, 5), PICTURES, model(10).state_dict(), PICTURES, "old")


@pytest.mark.parametrize("change", [{"vocabulary": ("<padding>", "<unknown>", "bad")}, {"tokeniser": "{}"}])
def test_other_tokens_are_refused_even_where_the_shapes_agree(change):
    weights = model(3).state_dict()
    assert start(model(3), WORDS, weights, WORDS, "old").new == ()
    with pytest.raises(UserError, match=r"old has read other tokens \(3\) than these data have \(3\)"):
        start(model(3), WORDS, weights, WORDS.model_copy(update=change), "old")

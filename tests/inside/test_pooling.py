"""What pooling keeps, against torch's own answers."""

import numpy as np
import pytest
from torch import nn

from core.inside import classify, pooling


@pytest.mark.parametrize("layer", [
    nn.MaxPool2d(2), nn.MaxPool2d(3, 2, padding=1), nn.MaxPool2d(5, ceil_mode=True), nn.AdaptiveMaxPool2d(5),
], ids=["halving", "overlapping", "rounding up", "adaptive"])
def test_the_kept_places_hold_what_goes_on_and_lie_in_their_windows(with_model, digit, layer):
    loaded = with_model(nn.Sequential(nn.Conv2d(1, 3, 3), layer))
    pooled = pooling.pooled(loaded, digit, "1", 2)
    rows, columns = pooled.kept.T.reshape(2, *pooled.after.shape)
    np.testing.assert_array_equal(pooled.before[rows, columns], pooled.after)
    np.testing.assert_array_equal(pooled.after, classify.passed(loaded, digit, "1")[1][0, 2])
    assert (rows >= pooled.rows[:, :1]).all() and (rows < pooled.rows[:, 1:]).all()
    assert (columns >= pooled.columns[:, 0]).all() and (columns < pooled.columns[:, 1]).all()


@pytest.mark.parametrize("layer", [nn.AvgPool2d(2), nn.AvgPool2d((3, 2), (2, 5)), nn.AdaptiveAvgPool2d((7, 3))],
                         ids=["halving", "overlapping", "adaptive"])
def test_the_mean_of_each_block_goes_on(with_model, digit, layer):
    loaded = with_model(nn.Sequential(nn.Conv2d(1, 3, 3), layer))
    pooled = pooling.pooled(loaded, digit, "1", 1)
    means = [[pooled.before[top:bottom, left:right].mean() for left, right in pooled.columns] for top, bottom in pooled.rows]
    assert pooled.kept is None
    np.testing.assert_allclose(pooled.after, means, rtol=1e-4, atol=1e-5)


def test_pooling_is_found_wherever_it_stands(untrained):
    assert [place.name for place in pooling.places(untrained("classification", "airbench", "digits"))] == [
        "max pooling 1", "max pooling 2", "max pooling 3", "max pooling 4"]
    assert pooling.places(untrained("classification", "mlp", "digits")) == []

"""The adding problem with marks where a person sets them."""

import numpy as np
import pytest

from core.datasets.memory import Adding
from core.inside import adding


def test_marks_move_to_where_they_are_set_and_only_there_values_change(untrained):
    loaded = untrained("sequence_regression", "lstm", "adding")
    assert adding.fits(loaded) and not adding.fits(untrained("sequence_classification", "lstm", "two-sequences"))
    test = Adding(Adding.Settings(sequences=100)).load().test
    series = test.inputs[0].numpy()
    (first, value), (second, other) = adding.marks(series)
    assert first < 50 <= second
    np.testing.assert_allclose(value + other, test.targets[0], rtol=1e-6)
    changed = adding.marked(series, [(3, 0.25), (second, other)])
    assert adding.marks(changed) == [(3, 0.25), (second, other)]
    untouched = np.arange(100) != 3
    np.testing.assert_array_equal(changed[untouched, 0], series[untouched, 0])
    assert adding.told(loaded, series) == pytest.approx(loaded.model(test.inputs[:1]).item(), abs=1e-6)

"""The importance of settings, on functions of which it is known."""

from __future__ import annotations

import numpy as np
import pytest

from core.errors import UserError
from core.tracking.columns import Column
from core.tracking.importance import importance


def test_shares_are_those_of_an_additive_function() -> None:
    drawn = np.random.default_rng(0)
    kind, rate, idle = drawn.integers(0, 4, 300), drawn.integers(0, 3, 300), drawn.normal(size=300)
    effect = np.array([3.0, 0.0, 1.0, 2.0])[kind]  # no order among categories: a wrong one would be found by a line alone
    score = 2 * effect / effect.std() + rate / rate.std()  # variances 4 and 1, of 5 in all
    found = importance([Column("kind", kind.astype(float), tuple("wxyz")), Column("rate", rate.astype(float)),
                        Column("idle", idle)], Column("score", score))
    assert found.names == (("kind",), ("rate",), ("idle",))
    assert found.share == pytest.approx([0.8, 0.2, 0.0], abs=0.06)
    assert found.foretold > 0.95 and found.runs == 300


def test_settings_that_change_together_are_one_and_those_that_some_lack_count() -> None:
    rate = np.tile([0.1, 0.2, np.nan], 10)
    score = np.nan_to_num(rate, nan=5.0)
    found = importance([Column("rate", rate), Column("decay", 3 * rate), Column("same", np.ones(30))],
                       Column("score", score))
    assert found.names == (("rate", "decay"),) and found.foretold > 0.9


def test_noise_is_not_foretold() -> None:
    drawn = np.random.default_rng(0)
    found = importance([Column("rate", drawn.normal(size=40))], Column("score", drawn.normal(size=40)))
    assert found.foretold < 0.2


@pytest.mark.parametrize(("rate", "score", "told"), [
    (np.arange(5.0), np.arange(5.0), "at least 12"),
    (np.arange(20.0), np.ones(20), "is the same in all"),
    (np.ones(20), np.arange(20.0), "do not differ in any setting"),
])
def test_where_nothing_can_be_said_it_is_said_why(rate, score, told: str) -> None:
    with pytest.raises(UserError, match=told):
        importance([Column("rate", rate)], Column("score", score))

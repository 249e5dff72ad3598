"""Whether a difference is more than chance: against formulas, published tables, SciPy and statsmodels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower, TTestPower
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from core.tracking import significance

FIRST, SECOND = [0.912, 0.921, 0.917, 0.930, 0.909], [0.905, 0.913, 0.915, 0.918, 0.901]


def test_welchs_test_against_its_formula() -> None:
    """Two equally spread triples: t = 2 / sqrt(2/3) with 4 degrees of freedom, whose distribution has a closed form."""
    t = 2 / math.sqrt(2 / 3)
    s = t / math.sqrt(1 + t * t / 4)
    below = 0.5 + 3 / 8 * s * (1 - s * s / 12)
    found = significance.difference([1.0, 2.0, 3.0], [3.0, 4.0, 5.0])
    assert found.p == pytest.approx(2 * (1 - below))
    reach = 2.7764451 * math.sqrt(2 / 3)  # the 97.5 % point of t with 4 degrees of freedom
    assert (found.gap, found.low, found.high) == pytest.approx((-2, -2 - reach, -2 + reach))
    assert found.effect == pytest.approx(-2 * (1 - 3 / 15))  # standard deviations of 1, and Hedges' correction


def test_welchs_test_and_interval_are_those_of_statsmodels() -> None:
    found = significance.difference(FIRST, [*SECOND, 0.95])
    means = CompareMeans(DescrStatsW(FIRST), DescrStatsW([*SECOND, 0.95]))
    assert found.p == pytest.approx(means.ttest_ind(usevar="unequal")[1])
    assert (found.low, found.high) == pytest.approx(means.tconfint_diff(usevar="unequal"))


def test_the_paired_test_and_interval_are_those_of_the_differences_alone() -> None:
    found = significance.difference(FIRST, SECOND, paired=True)
    apart = DescrStatsW(np.subtract(FIRST, SECOND))
    assert found.p == pytest.approx(apart.ttest_mean(0)[1])
    assert (found.low, found.high) == pytest.approx(apart.tconfint_mean())
    assert found.p < significance.difference(FIRST, SECOND).p  # what the pairs share counts for nothing


def test_students_own_example_comes_out_as_he_told_it() -> None:
    """Student 1908, "The probable error of a mean", section IX: additional hours of sleep with two drugs, ten patients."""
    dextro, laevo = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2.0], [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
    found = significance.difference(laevo, dextro, paired=True)
    assert found.gap == pytest.approx(1.58)
    assert 1 - found.p / 2 == pytest.approx(0.9985, abs=2e-4)


def test_one_of_many_pairs_has_to_differ_more() -> None:
    one, many = (significance.difference([1.0, 2.0, 3.0], [3.0, 4.0, 6.0], pairs=pairs) for pairs in (1, 6))
    assert many.p == pytest.approx(6 * one.p) and many.low < one.low and many.high > one.high
    assert many.seeds > one.seeds
    assert significance.difference([1.0, 2.0, 3.0], [1.0, 2.0, 3.5], pairs=50).p == 1


@pytest.mark.parametrize(
    "chances", [[0.01, 0.04, 0.03, 0.005], [0.02, 0.02, 0.02], [0.9, 0.001, 0.5], [0.0, 0.3], [0.2], []]
)
def test_holms_correction_is_that_of_statsmodels(chances: list[float]) -> None:
    factors = significance.holm(chances)
    corrected = [min(1.0, factor * p) for factor, p in zip(factors, chances, strict=True)]
    assert corrected == pytest.approx(multipletests(chances, method="holm")[1] if chances else [])


@pytest.mark.parametrize("pairs", [1.0, 3.0])
def test_the_interval_leaves_zero_out_exactly_where_the_test_calls_it_more_than_chance(pairs: float) -> None:
    random = np.random.default_rng(1)
    for shift in np.linspace(0, 3, 13):
        for paired in (False, True):
            found = significance.difference(random.normal(shift, 1, 5), random.normal(0, 1, 5), paired=paired, pairs=pairs)
            assert found.settled == (not found.low <= 0 <= found.high)


@pytest.mark.parametrize(("effect", "seeds"), [(0.5, 64), (-0.8, 26), (1.0, 17)])
def test_the_seeds_that_settle_it_are_those_of_cohens_tables(effect: float, seeds: int) -> None:
    """Cohen 1988, table 2.4.1; 1992, "A power primer", table 2."""
    assert significance.enough_seeds(effect, 0.05) == seeds
    assert significance.enough_seeds(0.0, 0.05) is None


@pytest.mark.parametrize(("paired", "power"), [(False, TTestIndPower()), (True, TTestPower())])
def test_the_seeds_that_settle_it_are_those_of_statsmodels(paired: bool, power) -> None:
    for effect in (0.4, 0.9, 2.0):
        asked = power.solve_power(effect, alpha=0.05, power=significance.POWER)
        assert significance.enough_seeds(effect, 0.05, paired=paired) == math.ceil(asked)
    assert significance.enough_seeds(80.0, 0.05, paired=paired) == 3


def test_too_few_seeds_say_nothing_and_no_spread_says_all() -> None:
    assert significance.difference([1.0, 2.0], [3.0, 4.0, 5.0]) is None
    assert significance.difference([1.0] * 3, [2.0] * 3).p == 0
    assert significance.difference([1.0] * 3, [1.0] * 3).p == 1
    pairs = significance.difference([0.1, 0.2, 0.3], [0.2, 0.3, 0.4], paired=True)  # each by the same
    assert pairs.p == 0 and (pairs.low, pairs.high) == (pairs.gap, pairs.gap) == pytest.approx((-0.1, -0.1))


def test_seeds_of_one_side_may_be_many_more_or_all_the_same() -> None:
    found = significance.difference([1.0, 1.0, 1.0], np.linspace(0, 2, 60).tolist())
    assert found.low < 0 < found.high and found.p == pytest.approx(1)
    assert significance.difference([2.0] * 3, [1.0, 1.1, 0.9]).settled


def test_the_permutation_test_goes_through_all_ways_where_there_are_few() -> None:
    """Of the 20 ways to part six values into two triples two are as uneven as these; of 2⁵ ways to swap within five pairs
    two are."""
    assert significance.permutation([1.0, 2.0, 3.0], [4.0, 5.0, 6.0], paired=False) == (pytest.approx(2 / 20), True)
    assert significance.permutation(FIRST, SECOND, paired=True) == (pytest.approx(2 / 32), True)
    many = np.random.default_rng(2).normal(0, 1, (2, 12))
    p, exact = significance.permutation(many[0], many[1] + 0.7, paired=False)
    assert not exact and p == pytest.approx(stats.ttest_ind(many[0], many[1] + 0.7).pvalue, abs=0.03)


def test_the_interquartile_mean_leaves_out_the_best_and_the_worst_quarter() -> None:
    scores = [[0.0, 1.0, 2.0, 900.0], [-50.0, 3.0, 4.0, 5.0]]
    assert significance.interquartile_mean(scores) == pytest.approx((1 + 2 + 3 + 4) / 4)


def test_the_stratified_bootstrap_draws_each_tasks_runs_from_their_own() -> None:
    """Four tasks whose runs agree: whatever is drawn, each task has as many scores as before, so nothing varies. Drawn from
    all together it would."""
    assert significance.stratified_bootstrap([[1.0] * 3, [2.0] * 3, [3.0] * 3, [4.0] * 3]) == pytest.approx((2.5, 2.5))
    scores = np.random.default_rng(3).normal(10, 1, 40)
    low, high = significance.stratified_bootstrap([scores])
    other = stats.bootstrap((scores,), lambda x, axis: stats.trim_mean(x, 0.25, axis=axis), method="percentile",
                            rng=np.random.default_rng(4)).confidence_interval
    assert (low, high) == pytest.approx((other.low, other.high), abs=0.05)

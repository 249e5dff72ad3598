"""Whether a difference between two groups of runs is more than chance: tests, intervals, effects, and seeds still needed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

FEWEST_SEEDS = 3  # of each side, below which a spread says too little
SURE = 0.05  # a difference that chance makes less often than this is called one
POWER = 0.8  # how often a real difference should be found with the seeds that are asked for: Cohen 1988, section 2.4
MOST_SEEDS = 100  # of each side, above which nobody trains
SHUFFLES = 20_000  # of a permutation test; where there are fewer ways to shuffle, all of them are gone through
RESAMPLES = 10_000  # of a bootstrap


@dataclass(frozen=True)
class Difference:
    """The first mean less the second, `gap`, the interval of it from `low` to `high`, and `p`, how likely so large a one is
    by chance. `effect`: the gap in standard deviations (Hedges' g, infinite without any spread). `seeds`: how many of each
    side would show that a difference of this size is none of chance's, None where more than `MOST_SEEDS`. `paired`: whether
    the values were compared pair by pair. `pairs`: with how many other comparisons' chances p and the interval reckon."""

    gap: float
    low: float
    high: float
    p: float
    effect: float
    seeds: int | None
    paired: bool = False
    pairs: float = 1.0

    @property
    def settled(self) -> bool:
        """Whether it is more than chance explains."""
        return self.p < SURE


def difference(
    first: Sequence[float], second: Sequence[float], *, paired: bool = False, pairs: float = 1.0
) -> Difference | None:
    """How a measure differs over the runs of two groups; None where either has fewer than three.

    `paired`: the values stand in the same order, a pair being alike in all but the group: then it is the t-test of their
    differences (Student 1908). Else it is Welch's (1947), which lets the two spreads differ. `pairs`: p is multiplied by it,
    and the interval, of 95 % for 1, is so much surer: `holm` says by how much.
    """
    if min(len(first), len(second)) < FEWEST_SEEDS:
        return None
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    gap = float(a.mean() - b.mean())
    if _without_spread(a, b, paired):
        effect = math.copysign(math.inf, gap) if gap else 0.0
        return Difference(gap, gap, gap, float(gap == 0), effect, None, paired, pairs)
    found = _tested(a, b, paired)
    low, high = found.confidence_interval(1 - SURE / pairs)
    spread = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    freedom = len(a) - 1 if paired else len(a) + len(b) - 2
    small = 1 - 3 / (4 * freedom - 1)  # a few seeds make differences look larger: Hedges 1981, equation 4
    asked = small * gap / (float((a - b).std(ddof=1)) if paired else spread)
    return Difference(gap, float(low), float(high), min(1.0, pairs * float(found.pvalue)), small * gap / spread,
                      enough_seeds(asked, SURE / pairs, paired=paired), paired, pairs)


def p_value(first: Sequence[float], second: Sequence[float], *, paired: bool) -> float | None:
    """Only the p of `difference`, for one pair; None where there are too few values."""
    if min(len(first), len(second)) < FEWEST_SEEDS:
        return None
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    return float(a.mean() == b.mean()) if _without_spread(a, b, paired) else float(_tested(a, b, paired).pvalue)


def _tested(first: np.ndarray, second: np.ndarray, paired: bool):
    return stats.ttest_rel(first, second) if paired else stats.ttest_ind(first, second, equal_var=False)


def _without_spread(first: np.ndarray, second: np.ndarray, paired: bool) -> bool:
    """Whether what is tested is the same in all runs, but for the rounding of a difference."""
    apart = np.ptp(first - second) if paired else max(np.ptp(first), np.ptp(second))
    return bool(apart <= 1e-12 * max(np.abs(first).max(), np.abs(second).max()))


def holm(chances: Sequence[float]) -> list[float]:
    """By how much each of several p-values is multiplied so that, where there is no difference at all, one is found in no
    more than 5 % of all cases (Holm 1979): the least by their number, the next by one less, and none ends below one that
    was less."""
    factors, worst = [1.0] * len(chances), 0.0
    for rank, i in enumerate(np.argsort(chances, kind="stable")):
        worst = max(worst, (len(chances) - rank) * chances[i])
        factors[i] = worst / chances[i] if chances[i] else float(len(chances) - rank)
    return factors


def permutation(first: Sequence[float], second: Sequence[float], *, paired: bool) -> tuple[float, bool]:
    """p of the difference of the means by a permutation test (Fisher 1935; Pitman 1937), which takes no shape for granted:
    how many of the ways to shuffle the values over the two groups (to swap them within their pairs) make so large a one.
    And whether all ways were gone through, or `SHUFFLES` at random."""
    found = stats.permutation_test(
        (first, second), lambda a, b, axis: a.mean(axis) - b.mean(axis), vectorized=True, n_resamples=SHUFFLES,
        permutation_type="samples" if paired else "independent", rng=np.random.default_rng(0),
    )
    ways = 2 ** len(first) if paired else math.comb(len(first) + len(second), len(first))
    return float(found.pvalue), ways <= SHUFFLES


def enough_seeds(effect: float, alpha: float, *, paired: bool = False) -> int | None:
    """The fewest seeds of each side with which a t-test at level `alpha` finds a difference of `effect` standard deviations
    in `POWER` of all cases, by the noncentral t distribution (Cohen 1988, section 2.4); None above `MOST_SEEDS`.

    `paired`: the effect is in standard deviations of the pairs' differences.
    """
    for seeds in range(FEWEST_SEEDS, MOST_SEEDS + 1):
        freedom, shift = (seeds - 1, abs(effect) * math.sqrt(seeds)) if paired else (
            2 * seeds - 2, abs(effect) * math.sqrt(seeds / 2))
        limit = stats.t.ppf(1 - alpha / 2, freedom)
        # Far out SciPy gives no number for the other tail, which then holds nothing.
        if stats.nct.sf(limit, freedom, shift) + np.nan_to_num(stats.nct.cdf(-limit, freedom, shift)) >= POWER:
            return seeds
    return None


def interquartile_mean(strata: Sequence[Sequence[float]]) -> float:
    """The mean of the middle half of all scores: robust against a lucky or a failed run, and surer than the median
    (Agarwal et al. 2021, "Deep reinforcement learning at the edge of the statistical precipice", section 4.3).

    `strata`: the scores of the runs, task by task.
    """
    return float(stats.trim_mean(np.concatenate([np.asarray(scores, np.float64) for scores in strata]), 0.25))


def stratified_bootstrap(strata: Sequence[Sequence[float]], level: float = 1 - SURE) -> tuple[float, float]:
    """The percentile interval of the interquartile mean: each task's runs are drawn anew from that task's own, with
    replacement (Agarwal et al. 2021, section 4.1)."""
    random = np.random.default_rng(0)
    drawn = [np.asarray(scores, np.float64)[random.integers(0, len(scores), (RESAMPLES, len(scores)))] for scores in strata]
    means = stats.trim_mean(np.concatenate(drawn, axis=1), 0.25, axis=1)  # (resamples,)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)

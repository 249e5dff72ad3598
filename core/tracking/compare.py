"""How runs differ: in their settings, over the seeds of one experiment, and whether a difference is more than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from core import catalog
from core.architectures.base import Fitted
from core.errors import UserError
from core.tracking.read import Run

FEWEST_SEEDS = 3  # of each side, below which a spread says too little
SURE = 0.05  # a difference that chance makes less often than this is called one
POWER = 0.8  # how often a real difference should be found with the seeds that are asked for: Cohen 1988, section 2.4
MOST_SEEDS = 100  # of each side, above which nobody trains


def differing(runs: Sequence[Run]) -> list[str]:
    """Names of the params that are not the same in all runs (or that some lack), the names of what was trained first."""
    names = dict.fromkeys(name for run in runs for name in run.params)
    different = [name for name in names if len({run.params.get(name) for run in runs}) > 1]
    return sorted(different, key=lambda name: ("." in name, name == "seed"))


def by_experiment(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs in groups that differ in nothing but their seed; groups and runs in the order given."""
    groups: dict[frozenset, list[Run]] = {}
    for run in runs:
        groups.setdefault(frozenset(item for item in run.params.items() if item[0] != "seed"), []).append(run)
    return list(groups.values())


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation (divisor n - 1; not a number for n = 1) of a measure over `n` seeds."""

    n: int
    mean: float
    sd: float


def spread(values: Sequence[float]) -> Spread | None:
    """The spread of a measure over seeds; None without any value."""
    if not values:
        return None
    return Spread(len(values), float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else math.nan)


def interquartile_mean(values: Sequence[float]) -> float | None:
    """The mean without the lowest and the highest quarter, so that one lucky seed counts little: Agarwal et al. 2021, "Deep
    reinforcement learning at the edge of the statistical precipice", section 4.3. None without any value."""
    return float(stats.trim_mean(values, 0.25)) if values else None


@dataclass(frozen=True)
class Difference:
    """The first mean less the second, `gap`, the interval of it from `low` to `high`, and `p`, how likely so large a one is
    by chance. `effect`: the gap in standard deviations (Hedges' g, infinite without any spread). `seeds`: how many of each
    side would show that a difference of this size is none of chance's, None where more than `MOST_SEEDS`."""

    gap: float
    low: float
    high: float
    p: float
    effect: float
    seeds: int | None


def difference(first: Sequence[float], second: Sequence[float], pairs: int = 1) -> Difference | None:
    """How a measure differs over the seeds of two experiments, by Welch's t-test and its interval (Welch 1947), which let
    the two spreads differ; None where either side has fewer than three seeds.

    `pairs`: among how many pairs this one could have been picked. By Bonferroni's correction p is multiplied by it, and the
    interval, of 95 % for one pair, is so much surer.
    """
    if min(len(first), len(second)) < FEWEST_SEEDS:
        return None
    gap = float(np.mean(first) - np.mean(second))
    if np.ptp(first) == 0 and np.ptp(second) == 0:
        return Difference(gap, gap, gap, float(gap == 0), math.copysign(math.inf, gap) if gap else 0.0, None)
    found = stats.ttest_ind(first, second, equal_var=False)
    low, high = found.confidence_interval(1 - SURE / pairs)
    sd = math.sqrt((np.var(first, ddof=1) + np.var(second, ddof=1)) / 2)
    freedom = len(first) + len(second) - 2
    small = 1 - 3 / (4 * freedom - 1)  # a few seeds make differences look larger: Hedges 1981, equation 4
    return Difference(gap, float(low), float(high), min(1.0, pairs * float(found.pvalue)), small * gap / sd,
                      enough_seeds(small * gap / sd, SURE / pairs))


def enough_seeds(effect: float, alpha: float) -> int | None:
    """The fewest seeds of each side with which a t-test at level `alpha` finds a difference of `effect` standard deviations
    in `POWER` of all cases, by the noncentral t distribution (Cohen 1988, section 2.4); None above `MOST_SEEDS`."""
    for seeds in range(FEWEST_SEEDS, MOST_SEEDS + 1):
        freedom, shift = 2 * seeds - 2, abs(effect) * math.sqrt(seeds / 2)
        limit = stats.t.ppf(1 - alpha / 2, freedom)
        if stats.nct.sf(limit, freedom, shift) + stats.nct.cdf(-limit, freedom, shift) >= POWER:
            return seeds
    return None


def classical(run: Run) -> bool:
    """Whether a run is a baseline for networks: its architecture is fitted to all data at once."""
    try:
        return issubclass(catalog.get("architecture", run.params.get("architecture", "")), Fitted)
    except UserError:
        return False


def data_of(run: Run) -> dict[str, str]:
    """The params that say what a run learns, from which data: runs that share them can be held against one another."""
    return {name: value for name, value in run.params.items() if name in ("task", "dataset") or name.startswith("data.")}


def best_baseline(run: Run, runs: Sequence[Run], metric: str) -> Run | None:
    """Of the finished classical `runs` on the same data the one with the most of `metric`; None where there is none."""
    found = [
        other for other in runs
        if other.state == "FINISHED" and metric in other.metrics and classical(other) and data_of(other) == data_of(run)
        and (other.digest == run.digest or not run.digest)  # the same name may stand for other data by now
    ]
    return max(found, key=lambda other: other.metrics[metric], default=None)

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


def chance(first: Sequence[float], second: Sequence[float]) -> float | None:
    """How likely so large a difference of means is by chance: two-sided p of Welch's t-test (Welch 1947), unequal variances.

    None where either side has fewer than three seeds. Two sides without any spread differ surely (0) or not at all (1).
    """
    if min(len(first), len(second)) < FEWEST_SEEDS:
        return None
    if np.ptp(first) == 0 and np.ptp(second) == 0:
        return float(first[0] == second[0])
    return float(stats.ttest_ind(first, second, equal_var=False).pvalue)


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

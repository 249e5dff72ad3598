"""How runs differ: in their settings, and over the seeds of one experiment."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core import catalog
from core.architectures.base import Fitted
from core.errors import UserError
from core.tracking.read import Run


def differing(runs: Sequence[Run]) -> list[str]:
    """Names of the params that are not the same in all runs (or that some lack), the names of what was trained first."""
    alike = set.intersection(*(set(run.params.items()) for run in runs)) if runs else set()
    different = dict.fromkeys(item[0] for run in runs for item in run.params.items() if item not in alike)
    return sorted(different, key=lambda name: ("." in name, name == "seed"))


def experiment_of(run: Run) -> frozenset[tuple[str, str]]:
    """All params of a run but its seed: runs that share them are of one experiment."""
    return frozenset(item for item in run.params.items() if not is_seed(item[0]))


def is_seed(name: str) -> bool:
    """Whether a param is a seed, by the names of Glassbox and of scikit-learn."""
    return name.rsplit("__", 1)[-1] in ("seed", "random_state", "random_seed")


def seed_of(run: Run) -> str:
    """The seed of a run as MLflow keeps it; empty where it has none."""
    return next((value for name, value in run.params.items() if is_seed(name)), "")


def by_experiment(runs: Sequence[Run]) -> list[list[Run]]:
    """The runs in groups that differ in nothing but their seed; groups and runs in the order given. A run without params,
    of which nothing is known, stands alone."""
    groups: dict[frozenset | str, list[Run]] = {}
    for run in runs:
        groups.setdefault(experiment_of(run) or run.id, []).append(run)
    return list(groups.values())


def figure(run: Run, metric: str) -> float:
    """The latest value of a metric; not a number where it has none, or an infinite one, which MLflow's SQL stores keep as
    the largest float."""
    value = run.metrics.get(metric, math.nan)
    return value if abs(value) < sys.float_info.max else math.nan


def by_setting(runs: Sequence[Run], name: str) -> dict[str | None, list[Run]]:
    """The runs in groups that share the value of a param, None for those without it, in the order given."""
    groups: dict[str | None, list[Run]] = {}
    for run in runs:
        groups.setdefault(run.params.get(name), []).append(run)
    return groups


def once(runs: Sequence[Run]) -> list[Run]:
    """Of runs with the same settings, seed included, only the newest: the same twice is not two samples."""
    newest: dict[frozenset, Run] = {}
    for run in sorted(runs, key=lambda run: run.created):
        newest[frozenset(run.params.items())] = run
    return list(newest.values())


def pairs(first: Sequence[Run], second: Sequence[Run]) -> list[tuple[Run, Run]] | None:
    """The runs of two groups in pairs that share their seed, and whatever else differs within a group, on the same data;
    None where any run stands alone."""
    inner = sorted({*differing(first), *differing(second)})
    mine, its = ({tuple(run.params.get(name) for name in inner): run for run in runs} for runs in (first, second))
    if not inner or len(mine) != len(first) or len(its) != len(second) or mine.keys() != its.keys():
        return None
    found = [(run, its[key]) for key, run in mine.items()]
    alike = all(data_of(run) == data_of(other) and run.digest == other.digest for run, other in found)
    return found if alike else None


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

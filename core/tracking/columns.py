"""Settings and figures of runs as columns of numbers: what charts and the importance of settings are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.tracking import compare
from core.tracking.read import Run


@dataclass(frozen=True)
class Column:
    """One setting or metric of `n` runs, float64 `(n,)`: not a number where a run lacks it. Where `labels` is not empty the
    values are the numbers of categories, which are called that."""

    name: str
    values: np.ndarray
    labels: tuple[str, ...] = ()

    def text(self, index: int) -> str:
        """A run's value as it was logged; empty where it lacks it."""
        value = self.values[index]
        return "" if math.isnan(value) else self.labels[int(value)] if self.labels else f"{value:.6g}"

    @property
    def logarithmic(self) -> bool:
        """Whether its numbers are best seen by their size: all above 0, and over two powers of ten."""
        known = self.values[np.isfinite(self.values)]
        return not self.labels and len(known) > 0 and known.min() > 0 and known.max() / 100 >= known.min()


def setting(runs: Sequence[Run], name: str) -> Column:
    """A setting: as numbers where all runs that have it have a finite number, else by category in their order."""
    texts = [run.params.get(name) for run in runs]
    try:
        values = np.array([math.nan if text is None else float(text) for text in texts])
        if np.isfinite(values).any() and not np.isinf(values).any():
            return Column(name, values)
    except ValueError:
        pass
    labels = sorted({text for text in texts if text is not None})
    place = {text: i for i, text in enumerate(labels)}
    return Column(name, np.array([place.get(text, math.nan) for text in texts]), tuple(labels))


def metric(runs: Sequence[Run], name: str) -> Column:
    """The latest value of a metric; an infinite one, which MLflow keeps as the largest number, counts for none."""
    return Column(name, np.array([compare.figure(run, name) for run in runs], np.float64))


def differing(runs: Sequence[Run]) -> list[str]:
    """Settings that are not the same in all runs: what was trained and with what, then all others, the seed last."""
    names = compare.differing(runs)
    return [name for name in names if name != "seed"] + ["seed"] * ("seed" in names)


def figures(runs: Sequence[Run]) -> list[str]:
    """Metrics that some of the runs have, those of the test first; what the machine was doing is none."""
    order = {"test": 0, "validation": 1, "train": 2}
    names = {name for run in runs for name in run.metrics if not name.startswith("system/")}
    return sorted(names, key=lambda name: (order.get(name.split("/")[0], 3), name))


@dataclass(frozen=True)
class Cells:
    """Values by two settings: the texts of `rows` and `columns` in their order, and float64 means (not a number where
    nothing is) and counts `(rows, columns)`."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    means: np.ndarray
    counts: np.ndarray


def cells(down: Column, across: Column, measured: Column) -> Cells:
    """The mean of a metric for each pair of values that two settings take."""
    known = ~(np.isnan(down.values) | np.isnan(across.values) | np.isnan(measured.values))
    sides, places = [], []
    for column in (down, across):
        values, place = np.unique(column.values[known], return_inverse=True)
        sides.append(tuple(column.labels[int(value)] if column.labels else f"{value:.6g}" for value in values))
        places.append(place)
    shape = len(sides[0]), len(sides[1])
    sums, counts = np.zeros(shape), np.zeros(shape, int)
    np.add.at(sums, tuple(places), measured.values[known])
    np.add.at(counts, tuple(places), 1)
    with np.errstate(invalid="ignore"):
        return Cells(*sides, np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), counts)

"""Settings and metrics of runs as columns, and their means by two settings."""

from __future__ import annotations

import math

import numpy as np
import pytest

from core.tracking import columns
from core.tracking.read import Run


def run(number: int, metrics: dict[str, float] | None = None, **params: str) -> Run:
    return Run(f"{number:032x}", "run", "FINISHED", params, metrics or {}, {}, 0.0, 1.0)


def test_numbers_stay_numbers_and_names_stay_names() -> None:
    runs = [run(1, rate="0.1", kind="b", mixed="3"), run(2, rate="1e-3", kind="a", mixed="none"), run(3)]
    rate, kind, mixed = (columns.setting(runs, name) for name in ("rate", "kind", "mixed"))
    assert rate.labels == () and rate.values[:2].tolist() == [0.1, 0.001] and math.isnan(rate.values[2])
    assert kind.labels == ("a", "b") and kind.values[:2].tolist() == [1, 0]
    assert mixed.labels == ("3", "none")
    assert [kind.text(i) for i in range(3)] == ["b", "a", ""] and rate.text(1) == "0.001"
    assert rate.logarithmic and not kind.logarithmic


def test_a_metric_that_is_infinite_counts_for_none() -> None:
    values = columns.metric([run(1, {"loss": math.inf}), run(2, {"loss": 2.0}), run(3)], "loss").values
    assert np.isnan(values).tolist() == [True, False, True]


def test_metrics_of_the_test_come_first_and_the_machines_are_none() -> None:
    runs = [run(1, {"train/loss": 1, "test/accuracy": 1, "system/cpu": 1}), run(2, {"validation/loss": 1})]
    assert columns.figures(runs) == ["test/accuracy", "validation/loss", "train/loss"]


def test_cells_are_means_over_the_runs_of_each_pair() -> None:
    runs = [run(1, {"m": 1.0}, rate="10", kind="a"), run(2, {"m": 3.0}, rate="10", kind="a"),
            run(3, {"m": 5.0}, rate="2", kind="b"), run(4, {}, rate="2", kind="a"), run(5, {"m": 7.0}, rate="2")]
    found = columns.cells(columns.setting(runs, "rate"), columns.setting(runs, "kind"), columns.metric(runs, "m"))
    assert (found.rows, found.columns) == (("2", "10"), ("a", "b"))
    assert found.counts.tolist() == [[0, 1], [2, 0]]
    assert found.means[1, 0] == pytest.approx(2) and found.means[0, 1] == 5 and np.isnan(found.means[0, 0])


def test_what_differs_has_the_seed_last() -> None:
    runs = [run(1, seed="0", architecture="a", **{"model.width": "1"}), run(2, seed="1", architecture="b")]
    assert columns.differing(runs) == ["architecture", "model.width", "seed"]

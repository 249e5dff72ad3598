"""What reading a large store costs beside MLflow's own calls: ratios, measured side by side in one run."""

from __future__ import annotations

import time

import mlflow
import pytest

from core.tracking import mirror, read, store
from tests.benchmarks.conftest import POINTS, RUNS
from tests.benchmarks.timing import seconds

pytestmark = [pytest.mark.benchmark, pytest.mark.flaky(reruns=2)]


def first_look() -> list[read.Run]:
    mirror._mirror.cache_clear()
    return read.runs()


def test_the_runs_come_sooner_than_from_mlflow_and_twenty_times_sooner_on_the_second_look(ids: list[str]) -> None:
    theirs = seconds(lambda: mlflow.search_runs([store.experiment_id()], max_results=RUNS))
    first = seconds(first_look)

    def changed() -> None:
        store.client().set_tag(ids[7], "looked", str(time.time()))
        begun = time.process_time()
        assert read.runs()[7].tags["looked"]
        looks.append(time.process_time() - begun)

    looks: list[float] = []
    for _ in range(3):
        changed()
    print(f"\n{RUNS} runs: mlflow.search_runs {theirs:.3f} s, first look {first:.3f} s, "
          f"after a change {min(looks):.4f} s, without one {seconds(read.runs):.6f} s of the processor")
    assert [run.id for run in read.runs()] == ids
    assert theirs / first > 1
    assert theirs / min(looks) > 20


def test_curves_come_sooner_than_from_mlflow(ids: list[str]) -> None:
    client, ten = store.client(), ids[:10]
    theirs = seconds(lambda: [client.get_metric_history(run_id, "train/loss") for run_id in ten])
    begun = time.process_time()
    assert all(read.history(run_id, "train/loss").logged == POINTS // 100 for run_id in ten)
    first = time.process_time() - begun
    again = seconds(lambda: [read.history(run_id, "train/loss", start=10_000, end=20_000) for run_id in ten])
    print(f"\n10 curves of {POINTS // 100:,} points: get_metric_history {theirs:.3f} s, first {first:.3f} s, "
          f"zoomed into {again:.4f} s of the processor")
    assert theirs / first > 1
    assert theirs / again > 20

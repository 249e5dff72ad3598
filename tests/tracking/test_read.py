"""Reading back: only what is there, without duplicates, and a sentence where it isn't."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from mlflow.entities import Metric

from core.errors import UserError
from core.experiment import Experiment
from core.tracking import read, store, write

pytestmark = pytest.mark.usefixtures("ready_store")


def queued(**training) -> str:
    return write.create_run(Experiment.make("classification", "mlp", "digits", training=training))


def logged(run_id: str, name: str, points: list[tuple[int, float]], at: float = 1_700_000_000) -> None:
    """Points `(step, value)`, one a second from `at` (unix seconds) on."""
    metrics = [Metric(name, value, int(1000 * (at + i)), step) for i, (step, value) in enumerate(points)]
    for i in range(0, len(metrics), 1000):
        store.client().log_batch(run_id, metrics=metrics[i : i + 1000])


def test_steps_that_a_resumed_run_took_twice_count_once_with_the_later_value() -> None:
    run_id = queued()
    logged(run_id, "train/loss", [(1, 0.9), (2, 0.8), (3, 0.7)])
    logged(run_id, "train/loss", [(2, 0.81), (3, 0.71), (4, 0.6)], at=1_700_000_100)
    history = read.history(run_id, "train/loss")
    assert history.steps.tolist() == [1, 2, 3, 4]
    assert history.values.tolist() == [0.9, 0.81, 0.71, 0.6]
    assert (np.diff(history.times) > 0).all()
    assert history.logged == 4


def test_device_use_of_a_resumed_run_keeps_both_its_processes() -> None:
    run_id = queued()
    logged(run_id, "system/process_cpu_percentage", [(0, 10.0), (5, 20.0)])
    logged(run_id, "system/process_cpu_percentage", [(0, 30.0), (5, 40.0)], at=1_700_000_100)
    assert read.history(run_id, "system/process_cpu_percentage").values.tolist() == [10, 20, 30, 40]


def test_a_long_history_keeps_its_peaks_and_says_how_much_there_was() -> None:
    run_id = queued()
    peaks = {1234: 5.0, 3456: -5.0}
    logged(run_id, "train/loss", [(step, peaks.get(step, math.sin(step / 500))) for step in range(5000)])
    history = read.history(run_id, "train/loss", points=100)
    assert history.logged == 5000
    assert len(history.steps) == 100
    assert (history.steps[0], history.steps[-1]) == (0, 4999)
    assert peaks.keys() <= set(history.steps.tolist())
    part = read.history(run_id, "train/loss", points=100, start=1200, end=1250)
    assert part.logged == len(part.steps) == 53  # and one on each side
    assert (part.steps[0], part.steps[-1]) == (1199, 1251)


def test_runs_come_newest_first_and_a_queue_oldest_first() -> None:
    made = []
    for _ in range(3):
        made.append(queued())
        time.sleep(0.01)
    assert [run.id for run in read.runs()] == made[::-1]
    assert [run.id for run in read.runs_in_state("SCHEDULED")] == made
    assert read.runs_in_state("RUNNING") == []


def test_another_tools_run_in_the_same_store_is_left_alone() -> None:
    other = store.client().create_run(store.experiment_id()).info.run_id
    assert read.runs() == []
    with pytest.raises(UserError, match="was not made by Glassbox"):
        read.run(other)


def test_a_vanished_and_a_deleted_run_are_each_a_sentence() -> None:
    with pytest.raises(UserError, match="There is no run 'nothing'"):
        read.run("nothing")
    run_id = queued()
    store.client().delete_run(run_id)
    with pytest.raises(UserError, match="was deleted"):
        read.run(run_id)
    assert read.runs() == []


def test_progress_and_time_left_follow_from_what_was_logged() -> None:
    run_id = queued(epochs=10)
    client = store.client()
    client.update_run(run_id, status="RUNNING")
    client.log_metric(run_id, "train/epoch", 2.5)
    told = {"total_steps": 200, "phase": "training", "from_step": 40, "training_since": time.time() - 20}
    for name, value in told.items():
        client.set_tag(run_id, f"glassbox.{name}", str(value))
    run = read.run(run_id)
    assert (run.progress, run.step) == (0.25, 50)
    assert run.seconds_left == pytest.approx(150 * 20 / 10, rel=0.1)  # it went on from step 40: ten steps in 20 s


def test_what_a_run_has_not_written_yet_is_empty_or_a_sentence() -> None:
    run_id = queued()
    assert read.previews(run_id) == {}
    assert read.checkpoints(run_id) == []
    assert read.log_tail(run_id) == ""
    assert read.resume_state(run_id) is None and not read.resumable(run_id)
    with pytest.raises(UserError, match="may not be written yet"):
        read.weights(run_id, 5)


def test_a_torn_checkpoint_is_a_sentence(tmp_path) -> None:
    run_id = queued()
    torn = tmp_path / "step-000000005.safetensors"
    torn.write_bytes(b"\x08\x00\x00")
    store.client().log_artifact(run_id, str(torn), "checkpoints")
    assert read.checkpoints(run_id) == [5]
    with pytest.raises(UserError, match="is damaged"):
        read.weights(run_id, 5)


def test_a_store_that_goes_away_is_a_sentence(monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(UserError, match="can't be reached"):
        read.runs()

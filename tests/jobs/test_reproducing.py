"""The same experiment launched again: every figure the same on a CPU, and a changed one found with its place and size."""

from __future__ import annotations

import math

import pytest
from mlflow.entities import Metric

from core.experiment import Experiment
from core.jobs import queue, reproducing, supervisor
from core.tracking import read, store, write


def made(values: dict[str, list[float]], **tags: str) -> read.Run:
    """A finished run with these points, the first at step 1."""
    client, run_id = store.client(), write.create_run(Experiment.make("classification", "mlp", "digits"))
    client.log_batch(run_id, metrics=[Metric(name, value, 1000 + step, step)
                                      for name, points in values.items() for step, value in enumerate(points, start=1)])
    for name, value in tags.items():
        client.set_tag(run_id, name.replace("__", "."), value)
    write.finish(run_id, "FINISHED")
    return read.run(run_id)


def test_a_run_on_the_cpu_comes_out_the_same_to_the_last_digit(ready_store, until) -> None:
    first = queue.submit(Experiment.make("classification", "mlp", "digits", training={"epochs": 1, "device": "cpu"}))[0]
    until(first, lambda run: run.state == "FINISHED")
    again = reproducing.reproduce(first)
    runs = until(first, lambda run: True), until(again, lambda run: run.state == "FINISHED")
    assert [run.id for run in reproducing.reproductions(first)] == [again]
    found = reproducing.outcome(*runs)
    assert found.departures == [] and found.metrics >= 4 and found.points > 10
    assert reproducing.causes(*runs) == []


@pytest.fixture
def nothing_trains(ready_store, monkeypatch) -> None:
    monkeypatch.setattr(supervisor, "ensure", lambda: None)


def test_a_changed_figure_is_found_where_it_is_and_how_far(nothing_trains) -> None:
    first = made({"train/loss": [3.0, 2.0, 1.0, 0.5], "test/accuracy": [0.9], "system/gpu": [1.0], "train/epoch": [1.0]})
    second = made({"train/loss": [3.0, 2.25, 1.5, 0.5], "test/accuracy": [0.9], "system/gpu": [9.0], "train/epoch": [0.5]})
    assert reproducing.outcome(first, second) == reproducing.Outcome(2, 5, [
        reproducing.Departure("train/loss", 2, 2.0, 2.25, 0.5, 3, 2, 4)])


def test_points_that_one_run_lacks_or_that_are_no_numbers_are_held_against_one_another_too(nothing_trains) -> None:
    first, second = made({"a": [1.0, math.nan], "b": [1.0]}), made({"a": [1.0, math.nan], "b": [1.0, 2.0]})
    (departure,) = reproducing.outcome(first, second).departures
    assert (departure.metric, departure.step, departure.now, departure.differ) == ("b", 2, 2.0, 1)
    assert math.isnan(departure.was) and math.isnan(departure.most)


def test_what_was_not_the_same_is_named_as_a_cause(nothing_trains) -> None:
    first = made({"a": [1.0]}, mlflow__source__git__commit="1234567890", glassbox__device="CPU, 1 threads")
    second = made({"a": [1.0]}, mlflow__source__git__commit="abcdefabcd", glassbox__device="CPU, 2 threads",
                  glassbox__from_step="40")
    for run, version in ((first, "2.11.0"), (second, "2.12.0")):
        store.client().log_text(run.id, f"numpy==2.4.6\ntorch=={version}", "environment/requirements.txt")
        store.client().log_text(run.id, '{"python": "3.11.2"}', "environment/machine.json")
    assert reproducing.causes(first, second) == [
        "code: 1234567 then, abcdefa now", "device: CPU, 1 threads then, CPU, 2 threads now",
        "torch: 2.11.0 then, 2.12.0 now", "the second run was stopped and resumed at step 40"]

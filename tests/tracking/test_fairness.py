"""What makes a comparison unfair is said, each in one sentence, and nothing where it is fair."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from core.experiment import Experiment
from core.tracking import fairness, store, write
from core.tracking.fairness import Group
from core.tracking.read import Run

TASK = {"task": "classification", "architecture": "mlp", "dataset": "digits"}


def run(seed: int, test: float, validation: float | None = None, *, width: int = 64, **more) -> Run:
    metrics = {"test/accuracy": test, "train/epoch": 3.0}
    if validation is not None:
        metrics["validation/accuracy"] = validation
    tags = {"glassbox.total_steps": "300", "glassbox.started": "100", "glassbox.device": "CPU, 1 threads"}
    made = Run(f"{width:04d}{seed:028d}", "", "FINISHED", TASK | {"seed": str(seed), "model.width": str(width),
               "training.batch_size": "64"}, metrics, tags, float(seed), 110.0, "digest")
    return replace(made, **more)


def told(first: list[Run], second: list[Run], every: list[Run] | None = None, gone: list[Run] = (),
         metric: str = "test/accuracy") -> list[str]:
    every = [*first, *second] if every is None else every
    return fairness.warnings(Group("A", first), Group("B", second), metric, True, every, gone)


@pytest.fixture
def fair() -> tuple[list[Run], list[Run]]:
    return ([run(seed, 0.95, 0.96) for seed in range(3)], [run(seed, 0.9, 0.91, width=32) for seed in range(3)])


def test_a_fair_comparison_is_left_alone(fair) -> None:
    assert told(*fair) == []


def test_a_better_test_figure_that_validation_speaks_against_is_said(fair) -> None:
    first, second = fair
    second = [replace(other, metrics=other.metrics | {"validation/accuracy": 0.99}) for other in second]
    assert told(first, second) == [
        "By validation accuracy **B** would be chosen, and **A** only by test accuracy. Choose by the validation figure, "
        "and let the test figure only tell how good the choice is."]
    assert told(first, second, metric="validation/accuracy") == []


def test_the_best_of_several_tries_by_its_test_figure_is_said(fair) -> None:
    first, second = fair
    tried = [run(0, 0.93, 0.98, width=128)]
    assert told(first, second, [*first, *second, *tried]) == [
        "**A** is the best of 3 settings that were tried, by test accuracy, while validation accuracy would have chosen "
        "another (width 128). Choose by the validation figure, and let the test figure only tell how good the choice is."]
    without = [[replace(one, metrics={"test/accuracy": one.metrics["test/accuracy"]}) for one in side] for side in fair]
    assert "there is no validation accuracy to choose by" in told(*without)[0]


def test_unequal_budgets_are_said_with_their_figures(fair) -> None:
    first, second = fair
    longer = [replace(one, metrics=one.metrics | {"train/epoch": 9.0}, ended=160.0,
                      tags=one.tags | {"glassbox.total_steps": "900"}) for one in first]
    assert told(longer, second) == [
        "Budgets differ: a run of **A** had 9 epochs, 900 steps, 57,600 examples seen and 60 s of time; of **B** 3 epochs, "
        "300 steps, 19,200 examples seen and 10 s of time. The difference may be one of budget."]
    larger = [replace(one, tags=one.tags | {"glassbox.parameters": "5000"}) for one in first]
    small = [replace(one, tags=one.tags | {"glassbox.parameters": "1000"}) for one in second]
    assert "had 5,000 parameters; of **B** 1,000 parameters" in told(larger, small)[0]


def test_seeds_that_are_left_out_or_deleted_are_said(fair) -> None:
    first, second = fair
    others = [run(3, 0.7), replace(run(4, 0.0), state="FAILED", metrics={}), replace(run(0, 0.2), id="again")]
    assert told(first, second, [*first, *second, *others], [run(5, 0.6), run(6, 0.9, width=999)]) == [
        "Not all seeds of **A** count here: 1 deleted (seed 5), 1 failed (seed 4) and 1 not chosen (seed 3). They did "
        "worse: whoever keeps only some seeds can make any setting look good."]


def test_one_seed_against_many_is_said(fair) -> None:
    first, second = fair
    assert told(first, second[:1], [*first, second[0]]) == [
        "**A** has 3 runs and **B** only 1 run: the mean of so few is much a matter of luck."]


def test_other_data_code_and_devices_are_said(fair) -> None:
    first, second = fair
    other = [replace(one, digest="other", tags=one.tags | {"glassbox.device": "GPU"}) for one in second]
    assert told(first, other)[0] == ("These runs did not all have the same data (digest digest and other) and devices "
                                     "(CPU, 1 threads and GPU): what differs may come from that.")
    faces = [replace(one, params=one.params | {"dataset": "faces"}) for one in second]
    assert told(first, faces)[0].startswith("These runs learn from different data")


def test_runs_without_a_finite_figure_are_said(fair) -> None:
    first, second = fair
    first = [*first, run(3, math.nan, 0.9), run(4, 1.7976931348623157e308, 0.9)]  # as SQLite keeps infinity
    assert told(first, second, [*first, *second])[-1] == (
        "2 of 5 finished runs of **A** have no finite test accuracy and are left out: where they diverged, this flatters "
        "it.")


def test_deleted_runs_are_found_in_the_store(ready_store) -> None:
    made = [write.create_run(Experiment.make("classification", name, "digits", seed=7)) for name in ("mlp", "mlp", "lenet")]
    for run_id in made[1:]:
        store.client().delete_run(run_id)
    (found,) = fairness.deleted(("mlp",))
    assert (found.id, found.params["seed"]) == (made[1], "7")

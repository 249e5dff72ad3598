"""The Compare page under AppTest: the choice, what differs, the results and the verdict."""

from __future__ import annotations

import time

from mlflow.entities import Metric
from streamlit.testing.v1 import AppTest

from core.experiment import Experiment
from core.jobs import queue
from core.tracking import read, store, write
from tests.pages.driving import address_of, opened, ran, table_of, words


def compared(*runs: str, **address: str) -> AppTest:
    return opened("compare", **({"runs": ",".join(runs)} if runs else {}), **address)


def trained(accuracies: list[float], **training) -> list[str]:
    """One finished run a seed, with these test accuracies."""
    made = queue.submit(Experiment.make("classification", "mlp", "digits", training=training), len(accuracies))
    for run_id, accuracy in zip(made, accuracies, strict=True):
        client, at = store.client(), int(1000 * time.time())
        client.update_run(run_id, status="RUNNING")
        client.set_tag(run_id, "glassbox.started", str(time.time() - 30))
        client.log_batch(run_id, metrics=[
            Metric(name, value, at + step, step)
            for step in (1, 2, 3)
            for name, value in (("train/loss", 1 / step), ("validation/accuracy", accuracy), ("train/epoch", float(step)))
        ])
        client.log_metric(run_id, "test/accuracy", accuracy)
        write.finish(run_id, "FINISHED")
    return made


def frame_with(page: AppTest, column: str):
    return next(frame.value for frame in page.dataframe if column in frame.value and "Launched" not in frame.value)


def test_an_empty_store_says_what_to_train_first() -> None:
    assert "Nothing to compare yet" in words(compared())


def test_what_differs_is_shown_alone() -> None:
    slow, fast = trained([0.9], epochs=3)[0], trained([0.95], epochs=9)[0]
    page = compared(slow, fast)
    differences = frame_with(page, "Epochs")
    assert set(differences.columns) == {"", "Run", "Epochs"}
    assert differences["Epochs"].tolist() == ["3", "9"]


def test_the_same_settings_are_said_to_be_the_same() -> None:
    first, second = trained([0.9])[0], trained([0.9])[0]
    assert "same settings, seed included" in words(compared(first, second))


def test_results_stand_best_first() -> None:
    worse, better = trained([0.9], epochs=3)[0], trained([0.95], epochs=9)[0]
    results = frame_with(compared(worse, better), "Test accuracy")
    assert results["Test accuracy"].tolist() == [0.95, 0.9]


def test_too_few_seeds_are_not_judged() -> None:
    page = compared(*trained([0.9, 0.91], epochs=3), *trained([0.95, 0.96], epochs=9))
    assert "Too few seeds to tell" in words(page)
    ran(page.button("more_seeds").click())
    assert sorted((run.params["training.epochs"], run.params["seed"]) for run in read.runs_in_state("SCHEDULED")) == [
        ("3", "2"), ("9", "2")]
    assert len(address_of(page)["runs"].split(",")) == 6


def test_a_real_difference_is_called_one_and_a_chance_one_is_not() -> None:
    low, high = trained([0.900, 0.901, 0.902], epochs=3), trained([0.950, 0.951, 0.952], epochs=9)
    real = words(compared(*low, *high))
    assert "**Epochs 9** beats **Epochs 3** by 5.00 percentage points of test accuracy: more than chance explains" in real
    assert "the 95 % interval of that is 4.77 to 5.23" in real
    other = trained([0.890, 0.902, 0.914], epochs=5)
    page = compared(*low, *other)
    assert "but chance alone may explain that" in words(page) and "100 seeds of each would be needed" in words(page)
    assert "more_seeds" not in [button.key for button in page.button]
    spread = frame_with(compared(*low, *high), "Seeds")
    assert spread["Test accuracy"].tolist() == ["95.10 ± 0.10 %", "90.10 ± 0.10 %"]


def test_the_address_holds_measure_axis_smoothing_and_scales() -> None:
    made = trained([0.9, 0.91])
    page = compared(*made, metric="train/loss", x="time", smooth="0.6", log="y")
    assert page.selectbox("metric").value == "train/loss"
    assert page.slider("smooth").value == 0.6
    assert (page.button_group("x").value, page.button_group("log").value) == ("time", ["y"])


def test_a_vanished_run_is_said_and_the_others_are_shown() -> None:
    made = trained([0.9, 0.91])
    page = compared(*made, "f" * 32)
    assert "There is no run" in page.warning[0].value
    assert len(frame_with(page, "Test accuracy")) == 2


def test_a_filter_narrows_the_choice() -> None:
    made = trained([0.9])
    queue.submit(Experiment.make("classification", "lenet", "digits"))
    assert table_of(compared(find="perceptron"))["total"] == 1
    assert table_of(compared(find="nothing at all"))["total"] == 0
    assert made

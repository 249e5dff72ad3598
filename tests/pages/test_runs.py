"""The Runs page under AppTest: the queue, the table of ended runs, and the view of one run."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mlflow.entities import Metric
from PIL import Image
from streamlit.testing.v1 import AppTest

from core.experiment import Experiment
from core.jobs import queue
from core.tasks.base import Preview
from core.tracking import read, store, write
from core.ui import run_view
from tests.pages.driving import address_of, column_of, opened, ran, table_of, words


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click()
    return ran(page)


def queued(seeds: int = 1, architecture: str = "mlp", **training) -> list[str]:
    return queue.submit(Experiment.make("classification", architecture, "digits", training=training), seeds)


def running(run_id: str, **metrics: float) -> None:
    client = store.client()
    client.update_run(run_id, status="RUNNING")
    for name, value in {"glassbox.started": time.time() - 60, "glassbox.total_steps": 200, "glassbox.phase": "training",
                        "glassbox.device": "CPU, 2 threads", "glassbox.training_since": time.time() - 10}.items():
        client.set_tag(run_id, name, str(value))
    at = int(1000 * time.time())
    client.log_batch(run_id, metrics=[Metric(name.replace("__", "/"), value, at, 50) for name, value in metrics.items()])


def finished(run_id: str, accuracy: float) -> None:
    running(run_id, train__loss=0.3, train__epoch=3.0, validation__accuracy=accuracy)
    store.client().log_metric(run_id, "test/accuracy", accuracy)
    write.finish(run_id, "FINISHED")


def test_an_empty_store_says_what_will_be_here_and_offers_the_first_run() -> None:
    page = opened("runs")
    assert "No runs yet" in words(page)
    press(page, "Train LeNet-5 on the digits")
    run, = read.runs()
    assert (run.params["architecture"], run.state) == ("lenet", "SCHEDULED")


def test_the_queue_shows_progress_speed_time_left_and_places() -> None:
    first, second, third = queued(3, epochs=10, batch_size=50)
    running(first, train__loss=0.4321, train__epoch=2.5, train__samples_per_second=1000.0)
    page = opened("runs")
    shown = words(page)
    assert "1 k samples/s · loss 0.4321 · CPU, 2 threads" in shown
    assert "next in the queue" in shown and "place 2 in the queue" in shown
    bar, = page.get("progress")
    assert bar.proto.value == 25
    assert re.fullmatch(r"Training · step 50 of 200 · epoch 3 of 10 · 3\d s left", bar.proto.text)
    assert labels(page).count("Stop") == 1 and labels(page).count("Cancel") == 2
    page.button(f"stop_{third}").click()
    ran(page)
    assert read.run(third).state == "KILLED"
    assert read.run(second).state == "SCHEDULED"


def test_a_stop_is_asked_for_once() -> None:
    run_id, = queued()
    running(run_id, train__epoch=0.5)
    page = opened("runs")
    page.button(f"stop_{run_id}").click()
    ran(page)
    assert "glassbox.stop" in read.run(run_id).tags
    assert page.button(f"stop_{run_id}").label == "Stopping …" and page.button(f"stop_{run_id}").disabled


def test_a_stop_is_heard_where_the_run_passes_to_its_next_phase_at_that_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    run_id, = queued()
    running(run_id, train__epoch=0.5)
    page = opened("runs", run=run_id)
    now, behind = read.run(run_id), [True]
    earlier = replace(now, tags=now.tags | {"glassbox.phase": "loading data"})
    # What the refreshing parts hold may be a second old: once, it is from the phase before.
    monkeypatch.setattr(run_view, "current", lambda _: earlier if behind and behind.pop() else now)
    page.button(f"stop_{run_id}").click()
    ran(page)
    assert "glassbox.stop" in read.run(run_id).tags


def test_ended_runs_are_a_table_with_results_changed_settings_and_causes() -> None:
    good, bad = queued(1)[0], queued(1, epochs=7)[0]
    finished(good, 0.9731)
    running(bad, train__epoch=1.0)
    write.finish(bad, "FAILED", "The disk was full.")
    page = opened("runs")
    assert column_of(page, "State") == ["failed", "finished"]
    assert column_of(page, "Result") == ["", "97.31 % accuracy"]
    assert column_of(page, "Changed settings") == ["epochs 7", ""]
    assert column_of(page, "Why it ended") == ["The disk was full.", ""]


def test_the_table_is_filtered_by_words_task_and_state_and_the_address_holds_it() -> None:
    mlp, lenet = queued()[0], queued(architecture="lenet")[0]
    finished(mlp, 0.95)
    finished(lenet, 0.98)
    assert table_of(opened("runs"))["said"] == "2 runs"
    assert column_of(opened("runs", find="lenet digits"), "Run") == ["LeNet-5 on Digits, seed 0"]
    assert table_of(opened("runs", find="metrics.test/accuracy < 0.96"))["rows"][0]["id"] == mlp
    assert table_of(opened("runs", find="lenet nothing"))["said"] == "0 of 2 runs"
    page = opened("runs", state_is="FAILED")
    assert table_of(page)["total"] == 0
    ran(page.selectbox("state_is").set_value("FINISHED"))
    assert table_of(page)["total"] == 2 and address_of(page)["state_is"] == "FINISHED"
    assert table_of(opened("runs", task_is="classification"))["total"] == 2


def test_one_run_shows_its_numbers_curves_settings_data_and_log() -> None:
    run_id, = queued(epochs=3)
    finished(run_id, 0.9731)
    page = opened("runs", run=run_id)
    shown = words(page)
    assert read.run(run_id).name in shown and "finished" in shown
    assert (page.metric[0].label, page.metric[0].value) == ("Test accuracy", "97.31 %")
    assert "| Epochs | 3 :primary-badge[recipe: " in shown
    assert "Train again" in labels(page) and "Resume" not in labels(page)


def test_a_vanished_run_is_a_sentence_with_the_way_back() -> None:
    page = opened("runs", run="f" * 32)
    assert "There is no run" in page.error[0].value
    assert page.get("page_link")


def test_a_failed_run_says_why_and_goes_on_only_from_a_checkpoint(home: Path) -> None:
    run_id, = queued()
    running(run_id, train__epoch=1.0)
    write.finish(run_id, "FAILED", "The worker was killed from outside.")
    page = opened("runs", run=run_id)
    assert page.error[0].value == "The worker was killed from outside."
    assert "Resume" not in labels(page)
    log = write.RunLog(run_id, home / "none", lambda: False, lambda: None)
    log.checkpoint({"step": 5}, 5)
    log.close()
    page = press(opened("runs", run=run_id), "Resume")
    assert read.run(run_id).state == "SCHEDULED"
    assert "waiting" in words(page)


def test_deleting_asks_first() -> None:
    run_id, = queued()
    finished(run_id, 0.9)
    page = press(opened("runs", run=run_id), "Delete")
    assert "goes, with its curves, pictures and checkpoints" in words(page)
    assert read.run(run_id).state == "FINISHED"


def test_train_again_is_the_same_experiment_as_a_new_run() -> None:
    run_id, = queued(epochs=5)
    finished(run_id, 0.9)
    press(opened("runs", run=run_id), "Train again")
    again, old = read.runs()
    assert old.id == run_id and again.experiment == old.experiment


def test_the_test_previews_come_first_and_a_confusion_matrix_is_drawn(home: Path) -> None:
    run_id, = queued()
    running(run_id, train__epoch=1.0)
    log = write.RunLog(run_id, home / "none", lambda: False, lambda: None)
    log.preview(Preview("digits", Image.new("L", (8, 8)), None), 10)
    counts = {"counts": np.eye(2, dtype=int).tolist(), "classes": ["a", "b"]}
    log.preview(Preview("test_confusion", Image.new("L", (8, 8)), counts), 200)
    log.close()
    write.finish(run_id, "FINISHED")
    page = opened("runs", run=run_id)
    pills = page.button_group("preview")
    assert pills.options == ["Test confusion", "Digits"]
    assert pills.value == "test_confusion"


def test_a_store_that_goes_away_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert "can't be reached" in words(opened("runs"))


def test_a_text_that_a_run_wrote_is_drawn_as_text_at_each_step() -> None:
    run_id, = queue.submit(Experiment.make("language_modelling", "gpt", "python-reference"), 1)
    running(run_id, train__loss=2.5, train__perplexity=12.2, train__epoch=0.5)
    log = write.RunLog(run_id, Path("none"), lambda: False, lambda: None)
    for step, text in ((0, "a zq"), (50, "a ca")):
        held = {"characters": list(text), "bits": [None, None, 1.5, 3.0]}
        log.preview(Preview("writing", np.zeros((20, 736, 3), np.uint8), held), step)
    log.close()
    page = opened("runs", run=run_id, step="0")
    assert "the less the model expected it" in words(page)
    slider, = (slider for slider in page.select_slider if slider.value == 0)
    assert slider.options == ["step 0", "step 50"]

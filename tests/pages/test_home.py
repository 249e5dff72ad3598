"""The home page under AppTest, from app.py as a person meets it."""

from pathlib import Path

import pytest

from core import catalog
from core.experiment import Experiment
from core.jobs import queue
from core.tracking import read, store, write
from tests.pages.driving import opened, words


def test_an_empty_store_offers_one_main_click():
    page = opened("home")
    assert page.button("first").label == "Train LeNet-5 on the digits"
    assert "Start here" in words(page)
    assert "Nothing is running" in words(page)


def test_the_first_click_puts_lenet_into_the_queue():
    page = opened("home")
    page.button("first").click().run()
    run, = read.runs_in_state("SCHEDULED")
    assert (run.experiment.architecture, run.experiment.dataset) == ("lenet", "digits")
    assert page.query_params["run"] in (run.id, [run.id])


def test_every_task_has_a_card():
    shown = words(opened("home"))
    for cls in catalog.entries("task").values():
        assert f"**{cls.card.title}**" in shown


def test_a_task_without_data_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("GLASSBOX_DATA", str(tmp_path / "nothing"))
    page = opened("home")
    assert "faces-64.zip" in words(page)
    assert "train_adversarial" not in [button.key for button in page.button]


def test_a_waiting_run_is_shown_and_the_newcomers_click_is_gone():
    queue.submit(Experiment.make("classification", "mlp", "digits"))
    page = opened("home")
    assert "Running now" in words(page)
    assert "1 waiting" in words(page)
    assert "first" not in [button.key for button in page.button]


def test_an_ended_run_is_listed_with_its_score_or_its_cause():
    good, bad = queue.submit(Experiment.make("classification", "mlp", "digits"), 2)
    store.client().log_metric(good, "test/accuracy", 0.9731)
    write.finish(good, "FINISHED", "")
    write.finish(bad, "FAILED", "The disk was full: free some space, then resume the run.")
    shown = words(opened("home"))
    assert "Last runs" in shown
    assert "97.31 %" in shown and "The disk was full" in shown


def test_a_store_that_is_away_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    shown = words(opened("home"))
    assert "The MLflow store at http://127.0.0.1:9 can't be reached" in shown

"""Rows of numbers on the Data, Launch and Runs pages, under AppTest."""

from pathlib import Path

import pytest
import torch

from core import catalog
from core.experiment import Experiment
from core.tasks.tables import mistakes
from core.tracking import store, write
from tests.pages.driving import address_of, opened, ran, words


@pytest.mark.parametrize("name", ["spirals", "breast-cancer"])
def test_a_table_shows_two_of_its_columns_and_the_class_balance(name):
    page = opened("data", dataset=name)
    spec = catalog.get("dataset", name)(catalog.get("dataset", name).Settings()).spec()
    assert [page.selectbox(key).value for key in ("across", "up")] == list(spec.features[:2])
    assert "Class balance" in words(page) and f"rows of {len(spec.features)} numbers" in words(page)
    assert f"{spec.sizes['train']} training rows" in words(page)


def test_the_columns_are_picked_and_stay_in_the_address():
    page = opened("data", dataset="iris", across="petal length (cm)")
    assert page.selectbox("across").value == "petal length (cm)"
    page.selectbox("up").set_value("petal width (cm)")
    ran(page)
    assert address_of(page)["up"] == "petal width (cm)"


def test_a_table_can_be_launched_and_pictures_only_architectures_say_why_not():
    page = opened("launch", task="classification", architecture="mlp", dataset="spirals")
    assert page.radio("dataset").value == "spirals" and not page.error
    assert page.button("launch")
    page = opened("launch", task="classification", architecture="lenet", dataset="spirals")
    assert any("Spirals: LeNet-5 takes pictures, not tables of numbers." in error.value for error in page.error)


def test_train_on_it_leads_to_a_launch_that_fits():
    page = opened("data", dataset="moons")
    next(button for button in page.button if button.label == "Train on it").click()
    page = ran(page)
    assert page.title[0].value == "Launch" and not page.error
    assert page.radio("dataset").value == "moons"


def test_the_worst_rows_of_a_run_are_a_table():
    run_id = write.create_run(Experiment.make("classification", "mlp", "iris"))
    store.client().update_run(run_id, status="RUNNING")
    log = write.RunLog(run_id, Path("none"), lambda: False, lambda: None)
    log.preview(mistakes(("p", "q", "r"), ("no", "yes"), torch.tensor([[1.0, 2.0, 3.5]]), torch.tensor([1]),
                         torch.tensor([[2.0, 0.0]])), 10)
    log.close()
    write.finish(run_id, "FINISHED")
    table = opened("runs", run=run_id).dataframe[0].value
    assert table.to_dict("list") == {"It is": ["yes"], "The model says": ["no"], "Chance": [0.8808], "p": [1.0], "q": [2.0],
                                     "r": [3.5]}

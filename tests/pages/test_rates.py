"""The search for a learning rate on the Launch page."""

import pytest
from mlflow.entities import Metric

from core.errors import UserError
from core.jobs import queue
from core.tracking import read, store, write
from core.training.find_rate import STEPS, SUGGESTED
from tests.pages.driving import address_of, opened, ran

CHOICE = {"task": "classification", "architecture": "mlp", "dataset": "digits"}


def searching(page):
    """Clicks, and gives the run that is in the queue then."""
    ran(page.button("find_rate").click())
    (run,) = read.runs_in_state("SCHEDULED")
    assert run.finds_rate and address_of(page)["rates"] == run.id
    return run


def finished(run, suggestion=0.004):
    points = [Metric(name, value, 0, step) for step in range(1, STEPS + 1)
              for name, value in (("train/learning_rate", 1e-6 * 1.12**step), ("train/loss", 2.3 - step / 100))]
    store.client().log_batch(run.id, metrics=[*points, Metric(SUGGESTED, suggestion, 0, STEPS)])
    write.finish(run.id, "FINISHED", "The loss was least at 0.04.")


def test_a_search_is_a_run_in_the_queue_and_one_click_takes_what_it_suggests():
    page = opened("launch", **CHOICE)
    finished(searching(page))
    ran(page)
    assert any("The loss was least" in said.value for said in page.markdown)
    ran(page.button("take_rate").click())
    assert page.number_input("training.learning_rate").value == 0.004
    assert address_of(page)["training.learning_rate"] == "0.004"
    assert page.button("take_rate")  # another rate is no other experiment: the curve stays


def test_what_was_found_for_other_settings_is_not_shown():
    page = opened("launch", **CHOICE)
    finished(searching(page))
    ran(page.number_input("training.batch_size").set_value(16))
    assert not [button for button in page.button if button.key == "take_rate"]


def test_a_search_that_failed_says_why():
    page = opened("launch", **CHOICE)
    write.finish(searching(page).id, "FAILED", "The loss fell at no learning rate.")
    ran(page)
    assert any("fell at no learning rate" in error.value for error in page.error)


@pytest.mark.parametrize("choice", [
    {"task": "classification", "architecture": "perceptron", "dataset": "digits"}, {"task": "adversarial"},
])
def test_nothing_is_offered_where_there_is_nothing_to_find(choice):
    page = opened("launch", **choice)
    assert not [button for button in page.button if button.key == "find_rate"]


def test_a_full_disk_is_said_beside_the_button(monkeypatch):
    def full(_):
        raise UserError("Only 3 MB are free on the disk: free some space, then launch again.")

    monkeypatch.setattr(queue, "find_rate", full)
    page = opened("launch", **CHOICE)
    ran(page.button("find_rate").click())
    assert any("Only 3 MB are free" in error.value for error in page.error)


def test_a_search_is_searched_again_as_a_search_and_can_t_be_looked_into():
    page = opened("launch", **CHOICE)
    run = searching(page)
    finished(run)
    assert read.run(queue.retry(run.id)).finds_rate
    inside = opened("inside")
    assert not [box for box in inside.selectbox if box.key == "run"]

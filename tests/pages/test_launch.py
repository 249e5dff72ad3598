"""The launch page under AppTest, from app.py as a person meets it."""

import json

import pytest

from core import catalog
from core.errors import UserError
from core.experiment import Experiment
from core.jobs import queue
from core.tracking import read
from tests.pages.driving import address_of, opened, ran


def test_only_architectures_and_data_sets_that_fit_are_offered():
    page = opened("launch", task="classification")
    offered = page.radio("architecture").options
    assert "LeNet-5" in offered and "DCGAN" not in offered
    greyed = page.radio("architecture_misfits")
    assert greyed.disabled and "DCGAN" in greyed.options
    assert any("is made for" in caption for caption in greyed.proto.captions)


@pytest.mark.parametrize("task", list(catalog.entries("task")))
def test_every_task_has_a_form_and_its_costs(task: str):
    page = opened("launch", task=task)
    if page.warning:
        pytest.skip(f"no data set for {task} is here")
    assert [metric.label for metric in page.metric] == ["Parameters", "Steps", "Memory", "FLOP an example"]
    assert page.number_input("training.epochs").value >= 1


def test_a_changed_setting_goes_into_the_address_and_back_out():
    page = opened("launch", task="classification", architecture="mlp", dataset="digits")
    usual = page.number_input("training.epochs").value
    ran(page.number_input("training.epochs").set_value(usual + 1))
    assert address_of(page)["training.epochs"] == str(usual + 1)
    ran(page.number_input("training.epochs").set_value(usual))
    assert "training.epochs" not in address_of(page)


def test_the_recipes_epochs_follow_the_batch_size():
    page = opened("launch", task="classification", architecture="mlp", dataset="digits")
    before = page.number_input("training.epochs").value
    ran(page.number_input("training.batch_size").set_value(256))
    assert page.number_input("training.epochs").value > before


def test_another_architecture_keeps_the_training_and_drops_the_models_settings():
    settings = {"training.batch_size": "32", "model.width": "100"}
    page = opened("launch", task="classification", architecture="mlp", dataset="digits", **settings)
    assert page.number_input("model.width").value == 100
    ran(page.radio("architecture").set_value("lenet"))
    assert page.number_input("training.batch_size").value == 32
    assert page.number_input("model.width").value == catalog.get("architecture", "lenet").Settings().width


def test_another_task_drops_what_no_longer_fits_without_complaint():
    settings = {"training.batch_size": "32", "model.width": "4"}
    page = opened("launch", task="classification", architecture="lenet", dataset="digits", **settings)
    ran(page.button_group("task").set_value("denoising"))
    assert not page.error
    assert address_of(page) == {"task": "denoising", "dataset": "digits", "training.batch_size": "32"}
    assert page.radio("dataset").value == "digits"


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ({"training.epochs": "many"}, "training.epochs"),
        ({"model.width": "99999999"}, "model.width"),
        ({"model.wings": "2"}, "wings"),
        ({"architecture": "lenett"}, "did you mean 'lenet'"),
        ({"dataset": "faces"}, "Faces"),
        ({"from": "0" * 32}, "There is no run"),
    ],
)
def test_a_wrong_address_is_answered_with_a_sentence_and_a_form_that_works(address: dict[str, str], sentence: str):
    page = opened("launch", task="classification", **address)
    assert any(sentence in error.value for error in page.error), [error.value for error in page.error]
    assert page.button("launch").disabled is False


def test_a_value_that_validation_refuses_is_said_and_not_taken():
    page = opened("launch", task="classification", architecture="mlp", dataset="digits")
    usual = page.number_input("training.learning_rate").value
    ran(page.number_input("training.learning_rate").set_value(0.0))
    assert any("learning_rate should be greater than 0" in error.value for error in page.error)
    assert page.number_input("training.learning_rate").value == usual


def test_launching_puts_one_run_for_each_seed_into_the_queue():
    settings = {"training.epochs": "2", "seed": "5"}
    page = opened("launch", task="classification", architecture="mlp", dataset="digits", **settings)
    ran(page.number_input("seeds").set_value(3))
    ran(page.button("launch").click())
    waiting = read.runs_in_state("SCHEDULED")
    assert sorted(run.experiment.seed for run in waiting) == [5, 6, 7]
    assert {run.experiment.training.epochs for run in waiting} == {2}
    assert page.session_state["launched"] == [run.id for run in waiting]


def test_an_old_run_is_cloned_into_the_form():
    old = Experiment.make(
        "classification", "lenet", "digits", seed=3,
        training={"batch_size": 32, "learning_rate": 0.01}, model={"activation": "tanh"},
    )
    run_id = queue.submit(old)[0]
    page = opened("launch", **{"from": run_id})
    address = address_of(page)
    assert "from" not in address
    names = {kind: address.pop(kind) for kind in ("task", "architecture", "dataset")}
    assert address == {
        "training.batch_size": "32", "training.learning_rate": "0.01", "model.activation": "tanh", "seed": "3"
    }
    ran(page.button("launch").click())
    assert {run.experiment for run in read.runs_in_state("SCHEDULED")} == {old}
    assert names == {"task": "classification", "architecture": "lenet", "dataset": "digits"}


def from_the_browser(page, **address: str) -> None:
    """The browser brings this address with what it sends next."""
    page.query_params.clear()
    page.query_params.update(address)


def test_a_choice_that_is_quicker_than_the_answer_does_not_undo_the_one_before():
    page = opened("launch", task="classification", dataset="digits")
    ran(page.radio("architecture").set_value("mlp"))
    from_the_browser(page, task="classification", dataset="digits")  # it has not heard of the change yet
    ran(page.number_input("training.epochs").set_value(7))
    assert {"architecture": "mlp", "training.epochs": "7"}.items() <= address_of(page).items()


def test_a_step_back_in_the_browser_stays_one():
    page = opened("launch", task="classification", dataset="digits")
    ran(page.radio("architecture").set_value("mlp"))
    from_the_browser(page, task="classification", dataset="digits")
    ran(page)
    ran(page.number_input("training.epochs").set_value(7))
    assert "architecture" not in address_of(page) and address_of(page)["training.epochs"] == "7"


def test_a_full_disk_is_said_beside_the_form(monkeypatch: pytest.MonkeyPatch):
    def full(*_):
        raise UserError("Only 3 MB are free on the disk: free some space, then launch again.")

    monkeypatch.setattr(queue, "submit", full)
    page = opened("launch", task="classification", architecture="mlp", dataset="digits")
    ran(page.button("launch").click())
    assert any("Only 3 MB are free" in error.value for error in page.error)


def test_the_session_keeps_names_and_plain_values_only():
    page = opened("launch", task="classification", architecture="mlp", dataset="digits")
    ran(page.button("launch").click())
    json.dumps({key: page.session_state[key] for key in ("task", "architecture", "dataset", "launched", "training.epochs")})

"""An experiment is a value: it is checked when it is made, and goes to JSON and back."""

import pytest
from pydantic import ValidationError

from core.errors import UserError
from core.experiment import Experiment

LENET = ("classification", "lenet", "digits")


def test_json_gives_back_the_same_value():
    experiment = Experiment.make(*LENET, seed=7, training={"epochs": 2}, model={"width": 1.5}, objective={"shift": 0})
    again = Experiment.from_json(experiment.model_dump_json())
    assert again == experiment
    assert type(again.model) is type(experiment.model)


@pytest.mark.parametrize("depth", [56, "56"])
def test_a_choice_among_numbers_can_be_given_as_text(depth):
    experiment = Experiment.make("classification", "resnet-cifar", "digits", model={"depth": depth})
    assert experiment.model.depth == 56 and type(experiment.model.depth) is int


def test_what_is_left_out_takes_the_architecture_s_recipe_and_what_is_given_wins():
    assert Experiment.make(*LENET).training.schedule == "cosine"
    assert Experiment.make(*LENET, training={"schedule": "constant"}).training.schedule == "constant"


def test_small_batches_need_fewer_epochs_for_as_many_steps():
    small = Experiment.make(*LENET, training={"batch_size": 16}).training.epochs
    assert small < Experiment.make(*LENET, training={"batch_size": 256}).training.epochs


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"training": {"epochs": 0}}, "training.epochs should be greater than or equal to 1, not 0."),
        ({"model": {"width": 99}}, "model.width should be less than or equal to 16, not 99."),
        ({"model": {"pooling": "median"}}, "model.pooling should be 'average' or 'max', not 'median'."),
        ({"training": {"epochs": "many"}}, "not 'many'."),
        ({"objective": {"shfit": 1}}, "There is no setting 'objective.shfit'."),
        ({"trainig": {}}, "There is no section 'trainig': take model, data, objective or training."),
        ({"seed": -1}, "seed should be greater than or equal to 0, not -1."),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_field_and_the_value(sections, sentence):
    with pytest.raises(UserError) as error:
        Experiment.make(*LENET, **sections)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("position", range(3))
def test_an_unknown_name_is_one_sentence(position):
    names = list(LENET)
    names[position] += "s"
    with pytest.raises(UserError, match="did you mean"):
        Experiment.make(*names)


def test_what_does_not_fit_together_can_t_be_made():
    with pytest.raises(UserError, match="LeNet-5 is made for classification, not for denoising"):
        Experiment.make("denoising", "lenet", "digits")


def test_text_of_another_version_is_refused_in_a_sentence():
    text = Experiment.make(*LENET).model_dump_json().replace('"shift"', '"movement"')
    with pytest.raises(UserError, match="movement"):
        Experiment.from_json(text)
    with pytest.raises(UserError, match="can't be read by this version"):
        Experiment.from_json('{"task": "classification"')


def test_leaves_are_flat_plain_and_complete():
    experiment = Experiment.make(*LENET, seed=3)
    leaves = experiment.leaves()
    assert leaves["task"] == "classification" and leaves["seed"] == 3
    assert leaves["model.width"] == experiment.model.width
    assert leaves["training.epochs"] == experiment.training.epochs
    assert all(isinstance(value, str | int | float | bool) for value in leaves.values())
    sections = ("model", "data", "objective", "training")
    assert len(leaves) == 4 + sum(len(type(getattr(experiment, name)).model_fields) for name in sections)


def test_another_seed_changes_the_seed_alone():
    experiment = Experiment.make(*LENET, training={"epochs": 2})
    other = experiment.with_seed(5)
    assert other.seed == 5
    assert {**other.leaves(), "seed": 0} == experiment.leaves()


def test_an_experiment_can_t_be_changed():
    experiment = Experiment.make(*LENET)
    with pytest.raises(ValidationError):
        experiment.seed = 1
    with pytest.raises(ValidationError):
        experiment.training.epochs = 1


def test_text_from_the_command_line_reaches_the_recipe_as_numbers() -> None:
    of_text = Experiment.make("classification", "lenet", "digits", training={"batch_size": "32"})
    assert of_text == Experiment.make("classification", "lenet", "digits", training={"batch_size": 32})

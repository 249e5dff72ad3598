"""The Inside page for rows of numbers, under AppTest. The models are untrained: what is shown holds for any."""

import re

import pytest

from tests.pages.driving import address_of, opened, ran, words
from tests.pages.test_inside import kept


@pytest.fixture
def moons() -> str:
    return kept("classification", "mlp", "moons")


def test_a_point_of_the_plane_is_moved_and_stays_in_the_address(moons):
    page = opened("inside", run=moons)
    assert page.metric[0].value in ("upper moon", "lower moon")
    assert re.search(r"\d+ of 150 points lie on the wrong side", words(page))
    page.slider("first").set_value(1.5)
    ran(page)
    assert address_of(page)["first"] == "1.5"
    page.segmented_control("points").set_value("Training points")
    ran(page)
    assert "of 300 points" in words(page) and page.slider("first").value == 1.5


def test_a_neuron_is_picked_by_the_address_and_its_activation_shown(moons):
    assert "Ringed: neuron 17 of layer 2" in words(opened("inside", run=moons, neuron="2.17"))
    assert "**The activation: ReLU**" in words(opened("inside", run=moons))


def test_a_model_without_hidden_neurons_shows_its_plane_alone():
    page = opened("inside", run=kept("classification", "knn", "moons"))
    assert "lie on the wrong side" in words(page)
    assert "What each neuron answers" not in words(page) and "The activation" not in words(page)


def test_a_neuron_s_own_activation_is_shown_without_hidden_ones():
    page = opened("inside", run=kept("classification", "neuron", "xor", model={"activation": "tanh"}))
    assert "**The activation: Tanh**" in words(page)


def test_models_of_the_same_features_are_compared_side_by_side(moons):
    other = kept("classification", "neuron", "circles")
    pictures = kept("classification", "mlp", "digits")
    page = opened("inside", run=moons, other=other)
    assert len(page.metric) == 2
    assert not any("Digits" in option for option in page.selectbox("other").options)
    assert "moons" not in " ".join(opened("inside", run=pictures).selectbox("other").options)


def test_a_row_of_the_test_data_is_changed_and_taken_back():
    page = opened("inside", run=kept("classification", "mlp", "iris"), index="5")
    before = page.number_input("feature_2").value
    assert page.metric[0].value in ("setosa", "versicolor", "virginica")
    assert "Labelled “" in words(page) and "What spoke" in words(page)
    page.number_input("feature_2").set_value(before + 1.5)
    ran(page)
    assert address_of(page)["values"].startswith("5:") and "Changed by you" in words(page)
    assert opened("inside", **address_of(page)).number_input("feature_2").value == pytest.approx(before + 1.5)
    next(button for button in page.button if button.label == "Back to the row").click()
    ran(page)
    assert page.number_input("feature_2").value == before and "values" not in page.query_params


def test_another_row_leaves_the_changes_of_the_old_one_behind():
    page = opened("inside", run=kept("classification", "mlp", "iris"), index="5", values="5:1,2,3,4")
    assert page.number_input("feature_0").value == 1
    page.number_input("index").set_value(6)
    ran(page)
    assert page.number_input("feature_0").value != 1


def test_votes_say_that_no_feature_can_be_blamed():
    assert "counts votes or picks the nearest" in words(opened("inside", run=kept("classification", "knn", "wine")))


@pytest.mark.parametrize("address", [
    {"first": "nan", "second": "1e99"}, {"neuron": "9.9"}, {"points": "None"}, {"neuron": "1"},
])
def test_nonsense_in_the_address_of_a_plane_is_harmless(moons, address):
    assert "lie on the wrong side" in words(opened("inside", run=moons, **address))


@pytest.mark.parametrize("values", ["5:1,2", "5:nan,1,1,1", "x", "4:1,2,3,4", "5:1,2,3,four"])
def test_nonsense_for_a_row_leaves_the_row_as_it_is(values):
    page = opened("inside", run=kept("classification", "neuron", "iris"), index="5", values=values)
    assert "Labelled “" in words(page) and "Changed" not in words(page)

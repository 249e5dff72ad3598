"""The views of the Inside page for networks that read drawn sequences, under AppTest. The models are untrained."""

from tests.pages.driving import address_of, opened, ran, words
from tests.pages.test_inside import kept


def test_marks_are_set_by_the_address_and_another_sequence_brings_its_own():
    page = opened("inside", run=kept("sequence_regression", "lstm", "adding", model={"width": 8}),
                  first="7", first_value="0.25", second="80", second_value="0.5")
    assert page.metric[0].value == "0.750"
    assert "What it remembers" in words(page) and "How far back it sees" in words(page)
    page.slider("first_value").set_value(0.5)
    ran(page)
    assert page.metric[0].value == "1.000" and address_of(page)["first_value"] == "0.5"
    page.number_input("index").set_value(3)
    ran(page)
    assert address_of(page)["index"] == "3" and "first" not in address_of(page)
    assert page.slider("first").value <= 50 < page.slider("second").value


def test_what_comes_back_follows_the_symbols_and_a_pause_longer_than_in_training():
    page = opened("inside", run=kept("language_modelling", "lstm", "copying", model={"width": 8}), symbols="abcdefghab")
    assert len(page.metric[0].value) == 10 and "right" in page.metric[0].delta
    assert "What it remembers" in words(page) and "Your text" not in words(page)
    page.slider("pause").set_value(200)
    ran(page)
    assert address_of(page)["pause"] == "200"
    page.text_input("symbols").set_value("abc")
    ran(page)
    assert "Type 10 letters" in words(page)


def test_a_network_that_attends_is_tried_with_no_longer_pause_than_it_has_places_for():
    page = opened("inside", run=kept("language_modelling", "gpt", "copying", model={"width": 8, "heads": 1, "depth": 1}))
    assert page.slider("pause").max == 100 and len(page.metric[0].value) == 10
    assert "What it remembers" not in words(page)

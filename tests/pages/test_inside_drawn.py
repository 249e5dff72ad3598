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

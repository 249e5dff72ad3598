"""The translation view of the Inside page. The model is untrained: what is shown holds for any."""

import pytest

from tests.pages.driving import address_of, opened, ran, words
from tests.pages.test_inside import kept
from tests.translations import spec


@pytest.fixture
def run(ready_store, monkeypatch) -> str:
    monkeypatch.delenv("GLASSBOX_DATA", raising=False)  # no test sentences to begin with
    found = spec()
    return kept("translation", "transformer", "multi30k", model={"width": 16}, **{name: getattr(found, name) for name in (
        "shape", "target_length", "vocabulary", "vocabulary_size", "tokeniser", "languages")})


def test_a_person_s_sentence_is_translated_with_the_runners_up(run):
    page = opened("inside", run=run)
    assert "Type a sentence above" in words(page)
    ran(page.text_input("text").set_value("two men sleep"))
    assert address_of(page)["text"] == "two men sleep"
    assert page.text_input("text").label == "Your sentence (English, to French)"
    candidates = page.selectbox("candidate").options
    assert len(candidates) == 4 and candidates[0].startswith("1. ")
    assert "What could stand at place" in words(page) and "Attention: who looks at whom" in words(page)
    ran(page.selectbox("candidate").set_value(candidates[2]))
    assert address_of(page)["candidate"] == candidates[2]


def test_it_can_be_drawn_with_knobs_that_stand_in_the_address(run):
    page = opened("inside", run=run, text="two men", how="Drawing")
    ran(page.slider("temperature").set_value(0.0))
    cold = [element.value for element in page.markdown if element.value.startswith("### ")]
    ran(page.number_input("seed").set_value(5))
    assert [element.value for element in page.markdown if element.value.startswith("### ")] == cold
    assert address_of(page)["temperature"] == "0.0" and address_of(page)["seed"] == "5"


def test_the_map_is_played_piece_by_piece_to_its_end(run):
    page = opened("inside", run=run, text="two men", beam="1")
    ran(page.button("play").click())
    assert address_of(page)["place"] == "1"
    ran(page)
    assert address_of(page)["place"] == "2"
    assert page.button("play").label == "Pause"
    ran(page.button("play").click())
    assert page.button("play").label == "Play the writing"


def test_what_is_too_long_is_said_in_one_sentence(run):
    page = opened("inside", run=run, text="one two three four five six one two three four five six one two")
    assert [error.value for error in page.error] == [
        "This has 18 pieces of words, and the model reads at most 12: shorten it."]

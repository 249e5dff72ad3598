"""The map of a model's words, and questions about passages, on the Inside page under AppTest. The models are untrained."""

from __future__ import annotations

import pytest

from core.datasets import subwords
from tests.pages.driving import address_of, opened, ran, words
from tests.pages.test_inside import LETTERS, kept

VOCABULARY = ("<padding>", "<unknown>", *(f"word{i}" for i in range(12)), "good", "bad", "worse")
PASSAGE = "Tranio: Let us entreat you stay till after dinner.\nGremio: It may not be."


@pytest.fixture
def reader() -> str:
    return kept("text_classification", "lstm", "film-reviews", vocabulary=VOCABULARY, vocabulary_size=len(VOCABULARY))


def test_a_word_is_picked_and_its_nearest_are_found_at_each_checkpoint(reader) -> None:
    page = opened("inside", run=reader, view="Words")
    assert page.selectbox("word").value == "good"
    assert [page.selectbox(key).value for key in ("plus", "minus", "and")] == ["worse", "bad", "good"]
    assert "**Nearest to “good”**" in words(page) and "All 15 tokens, of 100 numbers" in words(page)
    page.selectbox("word").select("word3")
    ran(page)
    assert address_of(page)["word"] == "word3"
    page.selectbox("minus").select("word7")
    ran(page)
    assert address_of(page)["minus"] == "word7" and "**Nearest to “word3”**" in words(page)
    page.select_slider("step_of_2").set_value(0)
    ran(page)
    assert "**Nearest to “word3”**" in words(page)


def test_characters_are_words_too_and_blanks_are_seen() -> None:
    run_id = kept("language_modelling", "gpt", "shakespeare", vocabulary=LETTERS, vocabulary_size=len(LETTERS))
    page = opened("inside", run=run_id, view="Words", word="␣")
    assert page.selectbox("word").options[:2] == ["␣", "a"]
    assert "**Nearest to “␣”**" in words(page)


@pytest.fixture
def answerer() -> str:
    tokeniser = subwords.train([PASSAGE], 500)
    vocabulary = subwords.vocabulary(tokeniser)
    return kept("question_answering", "document-reader", "who-says-it", tokeniser=tokeniser, vocabulary=vocabulary,
                vocabulary_size=len(vocabulary))


def test_a_person_s_question_is_answered_out_of_their_passage(answerer, monkeypatch) -> None:
    monkeypatch.delenv("GLASSBOX_DATA", raising=False)  # the data are away
    page = opened("inside", run=answerer, view="Question and passage", passage=PASSAGE, question="Who says: It may not be")
    assert page.metric[0].label == "Answer" and page.metric[0].value in PASSAGE
    assert page.selectbox("looks").value.split(": ")[1] in PASSAGE
    page.text_input("question").set_value("Who entreats?")
    ran(page)
    assert address_of(page)["question"] == "Who entreats?"
    page.text_area("passage").set_value(" ")
    ran(page)
    assert "There is no passage yet" in words(page)
    page.text_area("passage").set_value("word " * 900)
    ran(page)
    assert "shorten the passage" in words(page)

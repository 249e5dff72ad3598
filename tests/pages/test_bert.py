"""BERT from the pages: from a run to Launch, from either run to the other, and gaps that are filled."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from core.jobs import queue
from core.tracking import read, store
from tests.pages.driving import address_of, opened, ran, words
from tests.pages.test_inside import VOCABULARY, kept

WORDS = {"vocabulary": VOCABULARY, "vocabulary_size": len(VOCABULARY), "shape": (16,)}


def filler() -> str:
    """A run that has learned to fill gaps, narrower than usual."""
    run_id = kept("masked_language_modelling", "bert", "film-reviews", model={"width": 16, "depth": 1}, **WORDS)
    store.client().set_tag(run_id, "glassbox.total_steps", "10")
    return run_id


def links(page: AppTest) -> dict[str, str]:
    """Of each link its label and the query of its address."""
    return {link.proto.label: link.proto.query_string for link in page.get("page_link")}


def test_a_filler_of_gaps_goes_on_to_name_classes_with_its_own_width_and_both_runs_link_to_each_other():
    parent = filler()
    query = links(opened("runs", run=parent))["Fine-tune this model"]
    address = dict(part.split("=") for part in query.split("&"))
    assert address == {"task": "text_classification", "architecture": "bert", "dataset": "film-reviews",
                       "start_from": parent}
    page = opened("launch", **address)
    assert page.selectbox("start").value == parent and parent[:6] in page.selectbox("start").options[0]
    assert page.number_input("model.width").value == 16
    ran(page.button("launch").click())
    child, = page.session_state["launched"]
    assert read.run(child).experiment.parent == (parent, 10) and read.run(child).experiment.model.depth == 1
    shown = opened("runs", run=child)
    assert "Started from the weights at step 10 of another run" in words(shown)
    assert f"run={parent}" in links(shown).values()
    assert f"run={child}" in links(opened("runs", run=parent)).values()
    assert address_of(opened("launch", **{"from": child}))["start_from"] == f"{parent}@10"
    queue.delete(parent)
    assert f"Run {parent} was deleted" in words(opened("runs", run=child))
    assert f"Run {parent} was deleted" in words(opened("launch", **{"from": child}))


def test_the_start_can_be_chosen_and_taken_back_and_a_run_that_is_gone_is_said():
    parent, other = filler(), filler()
    page = opened("launch", task="text_classification", architecture="bert", dataset="film-reviews", start_from=parent)
    ran(page.selectbox("start").set_value(None))
    assert "start_from" not in address_of(page) and page.number_input("model.width").value == 128
    assert {parent[:6], other[:6]} == {words.rpartition(" · ")[2] for words in page.selectbox("start").options}
    ran(page.selectbox("start").set_value(other))
    assert address_of(page)["start_from"] == other and page.number_input("model.width").value == 16
    page = opened("launch", task="text_classification", architecture="bert", dataset="film-reviews", start_from="0" * 32)
    assert "There is no run" in words(page) and "start_from" not in address_of(page)


def test_words_are_hidden_by_a_click_each_and_the_address_holds_them():
    run_id = kept("masked_language_modelling", "bert", "film-reviews", model={"width": 16, "depth": 1}, **WORDS)
    page = opened("inside", run=run_id, sentence="a moving story, beautifully told", hidden="2")
    assert "**Word 3**" in words(page) and "rank" in words(page)
    ran(page.button_group("hidden").set_value([1, 2]))
    assert address_of(page)["hidden"] == "1,2"
    assert "**Word 2**" in words(page) and "**Word 3**" in words(page)
    ran(page.text_input("sentence").set_value("told"))
    assert "Nothing is hidden yet" in words(page)

"""A whole split on the Inside page, and a run's generalisation on its live view, under AppTest."""

from __future__ import annotations

import re
import time

import pytest
import torch
from mlflow.entities import Metric

from core.datasets.base import Split
from core.experiment import Experiment
from core.jobs import queue
from core.tracking import read, store, write
from core.ui import generalisation
from core.ui.inside import testset
from tests.pages.driving import address_of, opened, ran, words
from tests.pages.test_inside import VOCABULARY, kept


@pytest.fixture
def tiny() -> str:
    return kept("classification", "mlp", "sklearn-digits")


def test_nothing_is_computed_before_it_is_asked_for(tiny) -> None:
    page = opened("inside", run=tiny)
    assert "Whole test set" in page.segmented_control("view").options
    assert "named rightly" not in words(page)


def test_a_run_that_still_trains_is_asked_for_its_validation_split() -> None:
    run_id = kept("classification", "mlp", "sklearn-digits", state="RUNNING")
    try:
        page = opened("inside", run=run_id, view="Whole test set", whole="Mistakes")
        assert "200 pictures of the validation split" in words(page)
    finally:
        write.finish(run_id, "KILLED")


def test_a_layer_is_laid_out_and_both_choices_stay_in_the_address(tiny) -> None:
    page = opened("inside", run=tiny, view="Whole test set", whole="Layers", example="17")
    assert page.selectbox("of_layer").options[0] == "Input"
    assert page.selectbox("of_layer").value == "logits"
    assert "of the same class" in words(page)
    assert page.number_input("example").value == 17
    page.selectbox("of_layer").select("input")
    ran(page)
    assert address_of(page)["of_layer"] == "input"
    assert "8×8 numbers" in words(page)


def test_a_cell_is_chosen_by_its_two_classes(tiny) -> None:
    page = opened("inside", run=tiny, view="Whole test set", whole="Confusion", example="3")
    page.selectbox("true").select("7")
    ran(page)
    address = address_of(page)
    assert (address["true"], address["guess"]) == ("7", page.selectbox("guess").value)
    assert "example" not in page.query_params
    assert re.search(r"\*\*\d+\*\* of \d+ “7” (taken for “\d”|named rightly)\.", words(page))


def test_the_calibration_error_has_a_sentence(tiny) -> None:
    page = opened("inside", run=tiny, view="Whole test set", whole="Calibration")
    assert [metric.label for metric in page.metric] == ["Expected calibration error"]
    assert "When it says" in words(page) or "taken at its word" in words(page)


def test_mistakes_have_two_orders_and_the_first_is_shown(tiny) -> None:
    page = opened("inside", run=tiny, view="Whole test set", whole="Mistakes")
    assert "smallest chance" in words(page)
    assert ":red[:material/close:]" in words(page)
    page = opened("inside", run=tiny, view="Whole test set", whole="Mistakes", order="The least sure")
    assert "hardly preferred" in words(page)


def test_a_picture_of_the_test_split_can_be_asked(tiny) -> None:
    page = opened("inside", run=tiny, input="From the data", split="test", index="299")
    assert page.number_input("index").label == "Picture of the test data"
    assert page.number_input("index").value == 299


def test_two_models_are_shown_side_by_side(tiny) -> None:
    page = opened("inside", run=tiny, other=tiny, other_step="0", view="Whole test set", whole="Confusion")
    assert {"true", "other_true"} <= {box.key for box in page.selectbox}
    assert re.search(r"the first model alone names [\d,]+ rightly, the second alone [\d,]+[.:] ", words(page))
    page = opened("inside", run=tiny, other=tiny, other_step="0", view="Whole test set", whole="Where they differ")
    assert words(page).count("that this model alone names rightly") == 2
    page = opened("inside", run=tiny, other=tiny, view="Whole test set", whole="Where they differ")
    assert "there is no difference" in words(page) and words(page).count("There are none") == 2


@pytest.mark.parametrize("address", [
    {"whole": "Everything"}, {"whole": "Layers", "of_layer": "soul", "method": "magic", "example": "-1"},
    {"whole": "Confusion", "true": "eleven"}, {"whole": "Mistakes", "order": "none", "example": "9999999"},
])
def test_nonsense_in_the_address_is_harmless(tiny, address) -> None:
    opened("inside", run=tiny, view="Whole test set", **address)


@pytest.mark.parametrize("whole", ["Layers", "Confusion", "Calibration", "Mistakes"])
def test_sentences_are_looked_at_as_a_whole_too(whole, monkeypatch) -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = Split(torch.randint(1, len(VOCABULARY), (40, 64), generator=generator), torch.arange(40) % 2)
    monkeypatch.setattr(testset, "held_out", lambda loaded: {"test": drawn})
    run_id = kept("text_classification", "transformer-encoder", "film-reviews", vocabulary=VOCABULARY,
                  vocabulary_size=len(VOCABULARY))
    page = opened("inside", run=run_id, view="Whole test set", whole=whole)
    assert "40 sentences of the test split" in words(page)


def logged(architecture: str, losses: list[float], accuracies: list[float], data: str = "digits", **training: int) -> str:
    """A finished run with these measures, one an epoch of ten steps, of training and validation alike."""
    run_id, = queue.submit(Experiment.make("classification", architecture, data, training=training))
    client, at = store.client(), int(1000 * time.time())
    client.update_run(run_id, status="RUNNING")
    client.log_batch(run_id, metrics=[
        Metric(f"{split}/{measure}", value, at + i, 10 * i)
        for measure, values in (("loss", losses), ("accuracy", accuracies)) for split in ("train", "validation")
        for i, value in enumerate(values, 1)
    ])
    write.finish(run_id, "FINISHED")
    return run_id


def test_a_run_is_judged_in_a_sentence_and_a_first_baseline_is_offered() -> None:
    run_id = logged("lenet", [0.5, 0.4, 0.3, 0.2, 0.1], [0.5, 0.6, 0.7, 0.8, 0.9])
    page = opened("runs", run=run_id)
    assert "are both still rising: train longer" in words(page)
    link, = (link for link in page.get("page_link") if "No baseline" in link.proto.label)
    assert link.proto.label == "No baseline on this data yet: train k nearest neighbours"
    assert "architecture=knn" in link.proto.query_string and "dataset=digits" in link.proto.query_string


def test_with_a_baseline_nothing_is_offered_and_the_baseline_offers_none_itself() -> None:
    baseline = logged("knn", [0.2], [0.94])
    run_id = logged("lenet", [0.2], [0.97])
    for each in (baseline, run_id):
        assert not [link for link in opened("runs", run=each).get("page_link") if "No baseline" in link.proto.label]


def test_the_baseline_of_a_network_is_on_its_own_data() -> None:
    logged("knn", [0.2], [0.94])
    network = read.run(logged("lenet", [0.2], [0.97]))
    assert generalisation.level(generalisation.baseline(network)) == (0.94, "best baseline: k nearest neighbours, 94.0 %")
    assert generalisation.baseline(read.run(logged("mlp", [0.2], [0.97], data="sklearn-digits"))) is None
    opened("compare", runs=network.id, metric="validation/accuracy")

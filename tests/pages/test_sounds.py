"""Pages on which sounds are looked at: a data set of them, and a recording inside a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.inside import listening
from core.ui import page as pages
from tests.pages.driving import address_of, opened, ran, words
from tests.sounds import kept_run, spoken_digits, tone, wav


@pytest.fixture(scope="module")
def packed() -> bytes:
    return spoken_digits()


@pytest.fixture
def here(home: Path, packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tones in place of the spoken digits."""
    monkeypatch.delenv("GLASSBOX_DATA", raising=False)
    (home / "data").mkdir(exist_ok=True)
    (home / "data" / "free-spoken-digits.zip").write_bytes(packed)


@pytest.fixture
def run() -> str:
    """A run that kept its weights at the start."""
    return kept_run()


def test_sounds_are_shown_with_players_transcripts_and_lengths(here):
    page = opened("data", dataset="spoken-digits")
    wall, = (element.proto.body for element in page.get("html") if 'class="wall"' in element.proto.body)
    assert wall.count("<audio controls") == wall.count('alt="waveform"') == 12
    assert "<figcaption>seven · 0.1" in wall
    assert "sounds of up to 2.3 s at 8 kHz · transcripts" in words(page) and "Length of the sounds" in words(page)
    assert "15 letters and the blank" in words(page)


@pytest.mark.parametrize(("dataset", "task"), [("spoken-digits", "speech_recognition"),
                                               ("spoken-digit-classes", "sound_classification")])
def test_train_on_it_leads_to_a_launch_that_fits(here, dataset, task):
    page = opened("data", dataset=dataset)
    next(button for button in page.button if button.label == "Train on it").click()
    page = ran(page)
    assert page.title[0].value == "Launch" and not page.error
    assert address_of(page)["task"] == task and page.radio("dataset").value == dataset


def test_a_recording_of_the_data_is_heard_and_held_against_what_is_said(here, run):
    page = opened("inside", run=run, index="17", split="test")
    assert page.number_input("index").value == 17 and page.metric[0].label == "Heard"
    said = words(page)
    assert "Its transcript is “three”" in said and "What it could be" in said and "When each letter sounds" in said
    assert "What it remembers, step by step" in said
    assert page.get("audio")
    page.number_input("index").set_value(299)
    assert "Its transcript is “nine”" in words(ran(page)) and address_of(page)["index"] == "299"


@pytest.fixture
def namer() -> str:
    return kept_run("sound_classification", "spoken-digit-classes")


def test_a_classifier_says_what_it_hears_and_shows_its_gates_over_time(here, namer):
    page = opened("inside", run=namer, index="17", split="test")
    said = words(page)
    assert page.metric[0].label == "Answer" and "It is “three”" in said and "What it hears" in said
    assert "What it remembers, step by step" in said and "How far back it sees" in said
    page.selectbox("recurrent").set_value("Layer 2, backwards")
    page = ran(page)
    assert address_of(page)["recurrent"] == "Layer 2, backwards" and not page.error


def test_a_sound_of_the_test_set_plays_and_leads_to_what_is_heard_in_it(here, namer):
    page = opened("inside", run=namer, view="Whole test set", whole="Mistakes")
    assert "300 sounds of the test split" in words(page) and page.get("audio")
    next(button for button in page.button if button.label == "Look into it").click()
    page = ran(page)
    assert address_of(page)["view"] == "One recording" and page.metric[0].label == "Answer"
    page = opened("inside", run=namer, view="Whole test set", whole="Layers")
    assert not page.error


def test_a_link_with_a_sound_plays_and_hears_it(run):
    name = listening.keep(listening.open_sound(wav(tone(440, 0.5, 16000), 16000)))
    page = opened("inside", run=run, input="Upload", sound=name)
    assert page.get("audio") and page.metric[0].label == "Heard" and "transcript" not in words(page)


@pytest.mark.parametrize("way", ["Upload", "Microphone"])
def test_before_there_is_a_sound_it_says_what_will_be_here(run, way):
    page = opened("inside", run=run, input=way)
    assert page.get("file_uploader" if way == "Upload" else "audio_input")
    assert "What is heard appears here" in words(page) and not page.error


def test_a_sound_that_is_no_more_here_is_one_sentence(run):
    page = opened("inside", run=run, input="Microphone", sound="0" * 20)
    assert "not on this server" in page.error[0].value and page.get("audio_input")


def test_error_rates_are_told_in_per_cent():
    assert pages.measure("validation/word_error_rate", 0.0467) == "4.67 %"

"""Bring your own, under AppTest: by path; the upload belongs to the browser test."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from core import catalog
from core.datasets import own
from tests.sounds import tone, wav

from .driving import address_of, opened, ran, words


@pytest.fixture(autouse=True)
def only_what_packages_carry(nothing_trains: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("GLASSBOX_DATA", raising=False)


@pytest.fixture
def flowers(tmp_path: Path) -> Path:
    """Two classes of ten small pictures, one broken picture, and one that is in train and test."""
    path = tmp_path / "my_flowers.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for split, count in (("train", 10), ("test", 3)):
            for name, level in (("rose", 200), ("tulip", 50)):
                for i in range(count):
                    held = io.BytesIO()
                    colour = (level, i, 0 if i == 0 and name == "rose" else len(split))
                    Image.fromarray(np.full((12, 12, 3), colour, np.uint8)).save(held, "PNG")
                    archive.writestr(f"{split}/{name}/{i}.png", held.getvalue())
        archive.writestr("train/rose/broken.png", b"?")
    return path


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("width,colour,kind,price\n"
                    + "".join(f"{i / 3},{'ab'[i % 2]},{'xy'[i // 20]},{i + 0.5}\n" for i in range(40)))
    return path


def bring(path: Path, **address: str) -> AppTest:
    return opened("data", bring="1", path=str(path), **address)


def click(page: AppTest, label: str) -> AppTest:
    return ran(next(button for button in page.button if button.label == label).click())


def toggles(page: AppTest) -> list[str]:
    return [toggle.label for toggle in page.toggle]


def test_the_data_page_leads_to_it_and_it_says_what_may_be_brought(home: Path) -> None:
    page = click(opened("data"), "Bring your own")
    assert page.title[0].value == "Bring your own" and "bring" in page.query_params
    assert "Pictures in class folders" in words(page) and "species" in page.code[2].value
    assert not [button for button in page.button if button.label == "Add"]


def test_a_typed_path_is_checked_at_once_and_stands_in_the_address(home: Path, flowers: Path) -> None:
    page = opened("data", bring="1")
    page = ran(page.text_input("typed").set_value(f" {flowers} "))
    assert address_of(page)["path"] == str(flowers)
    assert toggles(page) == ["Without colour", "Leave out what can't be read", "Leave out the test copies"]
    assert "1 of the 27 pictures can't be read" in words(page) and "1 test picture is also among" in words(page)
    assert page.text_input("title").value == "My flowers" and page.text_input("name").value == "my-flowers"


def test_what_must_be_left_out_keeps_it_from_being_added_until_it_is(home: Path, flowers: Path) -> None:
    page = bring(flowers)
    assert page.button("add").disabled and "First: leave out what can't be read" in words(page)
    page = ran(page.toggle("out_unreadable").set_value(True))
    assert address_of(page)["out"] == "unreadable" and not page.button("add").disabled
    assert "**18** train · **2** validation · **6** test" in words(page)
    page = ran(page.toggle("out_copies").set_value(True))
    assert "**18** train · **2** validation · **5** test" in words(page)
    counts = page.dataframe[0].value
    assert counts["class"].tolist() == ["rose", "tulip"] and counts["test"].tolist() == [2, 3]


def test_added_it_is_a_card_and_trains_and_removed_it_is_none_while_the_file_stays(home: Path, flowers: Path) -> None:
    page = bring(flowers, out="unreadable")
    page = ran(page.text_input("title").set_value("Garden"))
    page = click(page, "Add")
    assert address_of(page) == {"dataset": "my-flowers"} and page.title[0].value == "Garden"
    assert [metric.value for metric in page.metric] == ["18", "2", "6"] and not page.error
    assert "**Garden**" in [link.proto.label for link in opened("data", find="garden").get("page_link")]
    launch = click(page, "Train on it")
    assert launch.radio("dataset").value == "my-flowers"
    page = click(opened("data", dataset="my-flowers"), "Remove")
    assert f"Your files stay where they are: {flowers}" in words(page).replace("\\", "")
    page.button("remove").click()  # AppTest runs the whole page, which keeps a dialog open only while its button is pressed
    page = ran(page.button("really_remove").click())
    assert page.title[0].value == "Data" and flowers.exists() and "my-flowers" not in catalog.entries("dataset")
    assert "It was removed" in words(opened("data", dataset="my-flowers"))
    launch = opened("launch", dataset="my-flowers")
    assert "It was removed" in words(launch) and launch.radio("dataset").value != "my-flowers"


def test_side_and_colour_come_from_the_address(home: Path, flowers: Path) -> None:
    page = bring(flowers, side="20", grey="True", out="unreadable")
    assert page.number_input("side").value == 20 and page.toggle("grey").value
    click(page, "Add")
    cls = catalog.get("dataset", "my-flowers")
    assert cls(cls.Settings()).spec().shape == (1, 20, 20)


def test_the_class_of_a_table_is_picked_and_what_holds_none_is_said_beside_the_pick(home: Path, table: Path) -> None:
    page = bring(table)
    assert page.selectbox("label").value == "price" and "to predict those is regression" in page.error[0].value
    page = ran(page.selectbox("label").set_value("kind"))
    assert not page.error and address_of(page)["label"] == "kind"
    seen, counts = (shown.value for shown in page.dataframe)
    assert list(seen.columns) == ["class", "width", "colour = a", "colour = b", "price"]
    assert counts["train"].tolist() == [16, 16]
    page = click(page, "Add")
    assert page.title[0].value == "Mine" and not page.error


def test_a_mistake_is_said_where_it_was_made_and_the_files_can_be_checked_again(tmp_path: Path, table: Path) -> None:
    page = bring(tmp_path / "nothing.zip")
    assert "There is nothing at" in page.error[0].value
    (tmp_path / "nothing.zip").write_bytes(b"?")
    page = click(page, "Check again")
    assert "is no zip file that can be read" in page.error[0].value
    page = ran(bring(table, label="kind").text_input("name").set_value("digits"))
    page = click(page, "Add")
    assert "There is a data set 'digits' already" in page.error[0].value


def test_what_was_uploaded_is_not_shown_as_a_path(home: Path, flowers: Path) -> None:
    with open(flowers, "rb") as file:
        path = own.upload(flowers.name, file, "token")
    page = bring(path)
    assert page.text_input("typed").value == "" and "Uploaded: my_flowers.zip" in words(page)


def test_built_in_sets_can_t_be_removed(home: Path) -> None:
    assert not [button for button in opened("data", dataset="kmnist").button if button.label == "Remove"]


def test_a_text_is_brought_and_looked_at_and_trains(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "my_plays.txt"
    text = "".join(f"Speaker {i % 13}:\nLine {i}, and no more.\n\n" for i in range(600))
    path.write_text(text, newline="\r\n")
    page = bring(path)
    assert f"{len(text):,} characters in UTF-8, {len(set(text))} different ones" in words(page)
    assert page.code[0].value.startswith("Speaker 0:\nLine 0")
    counts = page.dataframe[0].value
    assert "␣" in counts["character"].tolist() and "⏎" in counts["character"].tolist()
    page = click(page, "Add")
    assert page.title[0].value == "My plays" and "How it begins" in words(page)
    launch = click(page, "Train on it")
    assert (launch.radio("dataset").value, launch.radio("architecture").value) == ("my-plays", "gpt")
    path.write_text("short")
    assert "my_plays.txt has 5 characters: bring a text of at least 10,000" in bring(path).error[0].value


def packed(path: Path, contents: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


REVIEWS = "review,opinion\n" + "".join(f"This is the text {i} of a film.,{'good' if i % 2 else 'bad'}\n" for i in range(40))
CLIPS = {f"clips/{name}/{i}.wav": wav(tone(hertz + 9 * i, 0.5), 8000)
         for name, hertz in (("high", 900), ("low", 300)) for i in range(10)}
SAID = "file\ttext\n" + "".join(f"{place.removeprefix('clips/')}\tGo up!\n" for place in CLIPS)


@pytest.mark.parametrize(("name", "content", "shown", "task"), [
    ("my_reviews.csv", REVIEWS, "The longest text has 9 words and signs", "text_classification"),
    ("my_clips.zip", CLIPS, "Nothing is wrong with it", "sound_classification"),
    ("my_clips.zip", CLIPS | {"said.tsv": SAID}, "5 different letters: ␣ g o p u", "speech_recognition"),
], ids=["texts", "sounds", "transcripts"])
def test_what_is_uploaded_is_looked_at_and_added_and_meets_the_task_that_it_is_for(
    home: Path, tmp_path: Path, name: str, content: str | dict, shown: str, task: str,
) -> None:
    path = tmp_path / name
    if isinstance(content, dict):
        packed(path, content)
    else:
        path.write_text(content)
    with open(path, "rb") as file:
        page = bring(own.upload(name, file, "token"))
    assert shown in words(page).replace("\\", "") and not page.error
    page = click(page, "Add")
    dataset = name.split(".")[0].replace("_", "-")
    assert address_of(page) == {"dataset": dataset} and not page.error
    launch = click(page, "Train on it")
    assert launch.title[0].value == "Launch" and not launch.error
    assert address_of(launch)["task"] == task and launch.radio("dataset").value == dataset


def test_a_table_can_be_read_as_another_than_what_is_proposed_and_the_columns_are_picked(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("title,review,opinion,stars\n" + "".join(
        f"Title number {i},This is the text {i} of a film.,{'good' if i % 2 else 'bad'},{i % 3}\n" for i in range(40)))
    page = bring(path)
    assert [(page.selectbox(key).value) for key in ("as", "text", "label")] == ["sentences", "review", "opinion"]
    page = ran(page.selectbox("label").set_value("stars"))
    assert not page.error and page.dataframe[0].value["class"].tolist() == ["0", "1", "2"]
    page = ran(page.selectbox("text").set_value("stars"))
    assert "can't be both the text and the class" in page.error[0].value
    page = ran(page.selectbox("as").set_value("features"))
    assert address_of(page)["as"] == "features" and page.selectbox("label").value == "stars"


def test_what_can_t_be_read_as_was_picked_leads_back(home: Path, tmp_path: Path) -> None:
    path = packed(tmp_path / "clips.zip", {f"{i}.wav": wav(tone(400 + i, 0.5)) for i in range(12)} | {
        "said.tsv": "".join(f"{i}\tgo\n" for i in range(12))})
    page = bring(path, **{"as": "sounds"})
    assert "put each into a folder of its class" in page.error[0].value
    page = click(page, "Read it as proposed")
    assert not page.error and "2 different letters" in words(page)


def test_sentences_and_translations_are_looked_at_and_added(home: Path, tmp_path: Path) -> None:
    path = packed(tmp_path / "mine.zip", {"a.en": "".join(f"The dog {i} runs.\n" for i in range(60)),
                                         "a.fr": "".join(f"Le chien {i} court.\n" for i in range(60))})
    page = bring(path)
    assert page.selectbox("source_language").value == "en" and "60 lines in each of a.en (UTF-8)" in words(page)
    page = ran(page.selectbox("source_language").set_value("fr"))
    assert "**54** train · **3** validation · **3** test" in words(page)
    page = click(page, "Add")
    wall, = (element.proto.body for element in page.get("html") if 'class="wall"' in element.proto.body)
    assert "Le chien" in wall and "→ The dog" in wall and "pieces of words · fr to en" in words(page) and not page.error

"""The Data page under AppTest: the catalogue, one data set opened, and downloads."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from core import catalog
from core.errors import UserError
from core.jobs import download

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(autouse=True)
def only_what_packages_carry(nothing_trains: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("GLASSBOX_DATA", raising=False)


def opened(**address: str) -> AppTest:
    page = AppTest.from_file(str(APP), default_timeout=60)
    page.switch_page("pages/data.py")
    for name, value in address.items():
        page.query_params[name] = value
    return ran(page)


def ran(page: AppTest) -> AppTest:
    page.run()
    assert not page.exception, page.exception[0].message
    return page


def words(page: AppTest) -> str:
    shown = (*page.title, *page.markdown, *page.subheader, *page.error, *page.caption, *page.warning, *page.info)
    return "\n".join(element.value for element in shown)


def walls(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html") if 'class="wall"' in element.proto.body]


def test_every_data_set_has_a_card_with_form_licence_and_whereabouts() -> None:
    page = opened()
    links = {link.proto.label.strip("*") for link in page.get("page_link")}
    said = words(page)
    for cls in catalog.entries("dataset").values():
        assert cls.card.title in links and cls.card.beginner in said and f"Licence: {cls.card.licence}" in said
    assert "28×28 grey · 10 classes" in said and "it can be downloaded (31 MB)" in said
    assert {button.key for button in page.button if button.key and button.key.startswith("download_")} == {
        f"download_{name}" for name, cls in catalog.entries("dataset").items()
        if cls(cls.Settings()).availability().fetchable}


def test_cards_are_found_by_words_and_by_whether_they_are_here() -> None:
    page = opened(find="lecun 1998", where="Here")
    assert [link.proto.label for link in page.get("page_link")] == ["**Digits**"]
    page.text_input("find").set_value("nothing like it")
    assert "No data set is like that" in words(ran(page))


@pytest.mark.parametrize("name", ["digits", "face-patches", "sklearn-digits"])
def test_a_set_that_is_here_shows_samples_and_what_is_known_of_it(name: str) -> None:
    page = opened(dataset=name)
    cls = catalog.get("dataset", name)
    data = cls(cls.Settings()).load()
    wall, = walls(page)
    assert wall.count("<img") == 40
    assert [metric.value for metric in page.metric] == [f"{size:,}" for size in data.spec.sizes.values()]
    assert data.digest in words(page) and f"grey {data.spec.mean[0]:.3f}" in words(page)
    assert ("Class balance" in words(page)) == bool(data.spec.classes)


def test_samples_are_drawn_anew_and_of_the_class_that_the_address_names() -> None:
    page = opened(dataset="digits")
    first = walls(page)
    assert walls(ran(page)) == first
    next(button for button in page.button if button.label == "Draw others").click()
    assert walls(ran(page)) != first and page.query_params["draw"] in ("1", ["1"])
    page.selectbox("class").set_value("7")
    wall, = walls(ran(page))
    assert wall.count("<figcaption>7<") == 40 and page.query_params["class"] in ("7", ["7"])


def test_sentences_are_shown_with_labels_and_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = Path(__file__).resolve().parents[3] / "shared" / "data"
    if not shared.exists():
        pytest.skip("the film reviews of ../shared/data are not here")
    monkeypatch.setenv("GLASSBOX_DATA", str(shared))
    page = opened(dataset="film-reviews", **{"class": "positive"})
    wall, = walls(page)
    assert wall.count("<li><span>positive</span>") == 12 and "&lt;unknown&gt;" in wall
    assert "Length of the sentences" in words(page)


def test_an_unknown_name_is_said_above_the_catalogue() -> None:
    page = opened(dataset="digts")
    assert "did you mean 'digits'" in words(page) and page.title[0].value == "Data"


def test_what_must_be_brought_says_how_and_has_no_button() -> None:
    page = opened(dataset="cifar10-jpeg")
    assert "put cifar10-jpeg.zip (62 MB) into" in words(page)
    assert not [button for button in page.button if button.label in ("Download", "Train on it")]


def test_a_download_is_started_followed_and_its_error_said_where_it_was_asked_for(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    def start(name: str) -> None:
        started.append(name)
        download._write(name, download.Download(True, 5_000_000, 20_000_000, time.time() - 10, os.getpid()))

    monkeypatch.setattr(download, "start", start)
    page = opened(dataset="kmnist")
    assert "it can be downloaded (21 MB)" in words(page)
    page.button("download").click()
    with FileLock(home / "downloads" / "kmnist.lock"):
        ran(page)
        assert started == ["kmnist"]
        bar, = page.get("progress")
        assert bar.proto.value == 25 and bar.proto.text == "5 MB of 20 MB, 30 s left"
        assert "downloading" in words(opened(find="kuzushiji"))
    assert "ended from outside" in words(ran(page))
    download._write("kmnist", download.Download(False, error="There is no network."))
    page = ran(page)
    assert page.error[0].value == "There is no network." and page.button("download").label == "Download"


def test_damaged_data_are_said_and_the_rest_still_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(*_):
        raise UserError("The files are damaged: delete that folder and launch again.")

    monkeypatch.setattr(catalog.get("dataset", "digits"), "load", damaged)
    page = opened(dataset="digits")
    assert "damaged" in page.error[0].value and len(page.metric) == 3


@pytest.mark.parametrize(("name", "task"), [("digits", "classification"), ("film-reviews", "text_classification")])
def test_train_on_it_leads_to_a_launch_that_fits(name: str, task: str) -> None:
    page = opened(dataset=name)
    next(button for button in page.button if button.label == "Train on it").click()
    page = ran(page)
    assert page.title[0].value == "Launch" and not page.error
    address = {key: text if isinstance(text, str) else text[0] for key, text in page.query_params.items()}
    assert (address["dataset"], address["task"]) == (name, task)
    assert page.radio("dataset").value == name


def test_a_text_shows_how_it_begins_and_its_characters() -> None:
    page = opened(dataset="python-reference")
    assert 'The "assert" statement' in page.code[0].value and len(page.code[0].value) == 3000
    said = words(page)
    assert "How often each character comes" in said and "94 different characters" in said and "Class balance" not in said
    assert "windows of 64 characters" in said
    assert [metric.value for metric in page.metric] == ["5,624", "313", "313"]

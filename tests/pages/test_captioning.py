"""The caption view of the Inside page, and captioned pictures on the page of the data. The models are untrained: what is
shown holds for any."""

from pathlib import Path

import pytest

from core.datasets import own
from core.inside import pictures
from tests.captions import data, drawn, lines, packed
from tests.pages.driving import address_of, opened, ran, words
from tests.pages.test_inside import kept


def run_of(architecture: str, **model) -> str:
    found = data().spec
    return kept("captioning", architecture, "captions", model={"width": 16, "channels": 4, **model}, **{
        name: getattr(found, name) for name in (
            "shape", "target_length", "vocabulary", "vocabulary_size", "tokeniser", "captions")})


@pytest.fixture
def attentive(ready_store) -> str:
    return run_of("show-attend-tell")


@pytest.fixture
def picture(ready_store) -> str:
    """The address's name of a picture of the person's own."""
    return pictures.keep(drawn(3)[0])


def test_it_starts_with_a_picture(attentive):
    assert "It starts with your picture" in words(opened("inside", run=attentive, input="Upload"))


def test_a_person_s_picture_is_described_with_the_runners_up_and_where_each_piece_looked(attentive, picture):
    page = opened("inside", run=attentive, input="Upload", picture=picture)
    candidates = page.selectbox("candidate").options
    assert len(candidates) == 3 and candidates[0].startswith("1. ")
    assert "What could stand at place 2" in words(page) and "Where each piece looked" in words(page)
    assert "2 × 2 places" in words(page)
    ran(page.slider("beam").set_value(5))
    assert address_of(page)["beam"] == "5" and len(page.selectbox("candidate").options) == 5
    ran(page.button("play").click())
    assert page.button("play").label == "Pause"


def test_a_model_without_attention_says_so_beside_one_that_has_it(attentive, picture):
    plain = run_of("show-tell")
    page = opened("inside", run=attentive, other=plain, input="Upload", picture=picture)
    assert "This model has no attention" in words(page) and "Where each piece looked" in words(page)
    assert page.selectbox("candidate") and page.selectbox("other_candidate")


def test_a_person_s_captions_are_brought_and_looked_at(home: Path, tmp_path: Path):
    path = packed(tmp_path / "bars.zip", 30, {"captions.txt": lines(30)})
    page = opened("data", bring="1", path=str(path))
    assert "90 captions of 30 pictures" in words(page) and page.selectbox("as").value == "captioned"
    ran(page.button("add").click())
    shown = opened("data", dataset="bars")
    assert "96×96 colour · up to 3 captions of each" in words(shown)
    learned = own.examine(own.propose(path).source).data.spec
    run = kept("captioning", "show-tell", "bars", model={"width": 16, "channels": 4}, **{
        name: getattr(learned, name) for name in ("vocabulary", "vocabulary_size", "tokeniser")})
    asked = opened("inside", run=run, input="From the data", split="test")
    captions = [image.caption for shown in asked.get("image") for image in shown.proto.imgs]
    assert captions[0].startswith("People wrote: ") and captions[0].count(" · ") == 2

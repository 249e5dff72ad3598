"""A table of texts and their classes, brought by a person."""

import random

import pytest
import torch

from core import catalog
from core.datasets import own
from core.errors import UserError


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_HOME", str(tmp_path / "home"))


def lines(count: int = 30) -> list[str]:
    return [f'"Text {i}, of film {i % 7} and its end.",{"good" if i % 3 else "bad"}\n' for i in range(count)]


@pytest.fixture
def made(tmp_path):
    def write(rows: list[str], head: str = "review,opinion\n", name: str = "mine.csv"):
        path = tmp_path / name
        path.write_text(head + "".join(rows))
        return path

    return write


def found(examined):
    return {finding.key: finding for finding in examined.findings}


def examined(path, **changes):
    return own.examine(own.propose(path).source.model_copy(update=changes))


@pytest.mark.parametrize(("head", "row", "kind"), [
    ("review,opinion", "It is text {i} of many.,{c}", "sentences"),
    ("id,stars,review,opinion", "{i},{n},It is text {i} of many.,{c}", "sentences"),
    ("width,colour,kind", "{n}.5,red,{c}", "features"),
    ("id,age,fare,family,name,kind", "{i},{n},{i}.5,{n},Mr. A. Name {i},{c}", "features"),  # a name is no text to classify
    ("english,french", "It is text {i} of many.,C'est le texte {i}.", "pairs"),
])
def test_what_a_table_is_read_as_is_proposed_by_its_content_and_can_be_changed(made, head, row, kind):
    rows = [row.format(i=i, n=i % 9, c="xy"[i % 2]) + "\n" for i in range(40)]
    path = made(rows, head + "\n")
    proposal = own.propose(path)
    assert proposal.source.kind == kind == next(iter(proposal.forms))
    assert {"sentences", "features", "pairs"} == set(proposal.forms)
    assert own.propose(path, "features").source.kind == "features"


def test_a_table_of_numbers_is_offered_as_nothing_else(made):
    path = made([f"{i},{i % 9}.5,{'xy'[i % 2]}\n" for i in range(40)], "a,b,kind\n")
    assert list(own.propose(path).forms) == ["features"]


def test_text_and_class_are_proposed_and_are_tokens_with_the_vocabulary_of_the_training_texts(made):
    path = made(lines())
    source = own.propose(path).source
    assert (source.text, source.label, source.length) == ("review", "opinion", 16)
    own.add("mine", "Mine", own.examine(source))
    cls = catalog.get("dataset", "mine")
    dataset = cls(cls.Settings())
    data, promised = dataset.load(), dataset.spec()
    assert data.spec.classes == promised.classes == ("bad", "good") and data.spec.sizes == promised.sizes
    assert promised.sizes == {"train": 24, "validation": 3, "test": 3} and promised.shape == data.spec.shape == (16,)
    read = [" ".join(data.spec.vocabulary[i] for i in row if i) for row in data.train.inputs.tolist()]
    assert all(text.startswith("text ") and text.endswith("and its end .") for text in read)
    assert data.spec.vocabulary_size <= promised.vocabulary_size == 8000 and promised.vocabulary == ()
    shorter = cls(cls.Settings(length=4, vocabulary_size=100))
    assert shorter.load().train.inputs.shape == (24, 4) and shorter.spec().shape == (4,)
    assert catalog.misfit("text_classification", "lstm", "mine") is None


def test_the_division_follows_from_the_content_whatever_the_order_and_the_case(made):
    rows = lines()
    first = examined(made(rows))
    random.Random(1).shuffle(rows)
    second = examined(made([row.replace("Text", "TEXT") for row in rows]))

    def texts(part):
        return {tuple(row) for row in part.inputs.tolist()}

    vocabulary = first.data.spec.vocabulary
    assert vocabulary == second.data.spec.vocabulary and texts(first.data.test) == texts(second.data.test)


def test_what_spoils_it_is_found_and_can_be_left_out(made):
    rows = [*lines(), ",good\n", "A text without,\n", '"Text 0, of film 0 and its end.",good\n', lines()[5], "?!,rare\n"]
    seen = examined(made(rows))
    said = found(seen)
    assert said["missing"].must and said["missing"].sentence.startswith("2 of the 35 rows lack a text or a class")
    assert said["two-classes"].sentence.startswith("2 texts are the same as one of another class")
    assert "'rare'" in said["few"].sentence and said["few"].must
    with pytest.raises(UserError, match="lack a text or a class"):
        own.add("mine", "Mine", seen)
    left = examined(made(rows), leave_out=own.offers(seen.findings))
    assert not left.broken and left.data.spec.classes == ("bad", "good") and sum(left.data.spec.sizes.values()) == 30


def test_a_column_of_splits_is_kept_and_what_it_does_not_say_is_found(made):
    rows = [f"{row.strip()},{('train', 'train', 'Test', 'dev')[i % 4]}\n" for i, row in enumerate(lines(60))]
    seen = examined(made(rows, "review,opinion,split\n"))
    assert seen.data.spec.sizes == {"train": 30, "validation": 15, "test": 15}
    assert "Divided as the column 'split' says" in found(seen)["split"].sentence and not seen.broken
    rows[0] = rows[0].replace("train", "later")
    assert found(examined(made(rows, "review,opinion,split\n")))["astray"].sentence.startswith("1 row is in none of")
    with pytest.raises(UserError, match="names no row 'test'"):
        examined(made([row.replace("Test", "train") for row in rows], "review,opinion,split\n"))


def test_longer_texts_are_counted_and_cut(made):
    seen = examined(made(lines()), length=5)
    assert "of the 30 with more than 5 only the beginning is read" in found(seen)["length"].sentence
    assert seen.data.train.inputs.shape[1] == 5 and torch.all(seen.data.train.inputs > 0)


def test_a_text_of_many_lines_and_signs_that_were_lost_are_said(made):
    rows = lines()
    rows[3] = '"' + "\n".join(f"line {i}" for i in range(40)) + '",good\n'
    rows[4] = "caf�,good\n"
    said = found(examined(made(rows)))
    assert "One text has 40 lines" in said["lines"].sentence and "1 text is with the sign �" in said["odd"].sentence


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"label": "review"}, "can't be both the text and the class"), ({"text": "opinion", "label": "review"}, "30 different"),
    ({"label": "opinon"}, "There is no column 'opinon': take 'opinion'"),
])
def test_columns_that_can_t_serve_are_one_sentence(made, changes, sentence):
    with pytest.raises(UserError, match=sentence):
        examined(made(lines()), **changes)

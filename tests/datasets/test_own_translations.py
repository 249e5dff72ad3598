"""Sentences and their translations, brought by a person."""

import zipfile

import pytest

from core import catalog
from core.catalog import END, START
from core.datasets import own, subwords
from core.errors import UserError

ENGLISH = [f"The dog number {i} runs over the field." for i in range(60)]
FRENCH = [f"Le chien {i} court dans le champ." for i in range(60)]


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_HOME", str(tmp_path / "home"))


@pytest.fixture
def packed(tmp_path):
    def write(english=ENGLISH, french=FRENCH, names=("train.en", "train.fr")):
        path = tmp_path / "mine.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("README.md", "Mine.")
            archive.writestr(f"data/{names[1]}", "\r\n".join(french).encode("cp1252"))
            archive.writestr(f"data/{names[0]}", "\n".join(english) + "\n")
        return path

    return write


def found(examined):
    return {finding.key: finding for finding in examined.findings}


def examined(path, **changes):
    return own.examine(own.propose(path).source.model_copy(update=changes))


def test_two_files_become_pairs_whichever_side_is_the_source(packed):
    proposal = own.propose(packed())
    assert proposal.source.kind == "pairs" and set(proposal.choices[0].options) == {"en", "fr"}
    own.add("mine", "Mine", own.examine(proposal.source.model_copy(update={"source_language": "fr"})))
    cls = catalog.get("dataset", "mine")
    dataset = cls(cls.Settings(vocabulary_size=500))
    data, promised = dataset.load(), dataset.spec()
    assert promised.kind == "pairs" and promised.languages == data.spec.languages == ("fr", "en")
    assert data.spec.sizes == promised.sizes == {"train": 54, "validation": 3, "test": 3}
    assert data.spec.shape == promised.shape == (80,) and data.spec.target_length == promised.target_length == 82
    assert data.spec.vocabulary_size <= promised.vocabulary_size == 500 and promised.tokeniser == ""
    sources = [subwords.text(row, data.spec) for row in data.test.inputs.tolist()]
    targets = [subwords.text(row, data.spec) for row in data.test.targets.tolist()]
    assert [ENGLISH[FRENCH.index(source)] for source in sources] == targets
    assert all(row[0] == START and END in row for row in data.test.targets.tolist())


@pytest.mark.parametrize("names", [("train.en", "train.fr"), ("english.txt", "french.txt")])
def test_sides_are_called_by_what_differs_in_the_names_of_their_files(packed, names):
    expected = {"en", "fr"} if names[0].endswith("en") else {"english", "french"}
    assert set(own.propose(packed(names=names)).choices[0].options) == expected


def test_two_columns_are_pairs_and_of_more_both_can_be_picked(tmp_path):
    path = tmp_path / "mine.tsv"
    path.write_text("".join(f"{a}\t{b}\n" for a, b in zip(ENGLISH, FRENCH, strict=True)))
    proposal = own.propose(path)
    assert proposal.source.kind == "pairs" and [choice.field for choice in proposal.choices] == ["source_language"]
    assert own.examine(proposal.source).data.spec.languages == ("column 1", "column 2")
    path.write_text("english\tfrom\tfrench\n" + "".join(
        f"{a}\tme\t{b}\n" for a, b in zip(ENGLISH, FRENCH, strict=True)))
    proposal = own.propose(path, "pairs")
    assert [choice.options[0] for choice in proposal.choices] == ["english", "french"]
    with pytest.raises(UserError, match="can't be both sides"):
        examined(path, kind="pairs", source_language="french", text="french")


def test_what_spoils_pairs_is_found_and_can_be_left_out(packed):
    english = [*ENGLISH, "", "OK", ENGLISH[3].upper(), "word " * 120]
    french = [*FRENCH, "Rien.", "OK", "Un autre chien.", "mot " * 120]
    seen = examined(packed(english, french), source_language="en")
    said = found(seen)
    assert said["empty"].must and said["empty"].sentence == "1 of the 64 pairs lack a side."
    assert said["same"].sentence.startswith("1 pair is not translated")
    assert said["long"].sentence.startswith("1 pair is longer")
    assert said["repeated"].sentence.startswith("1 source sentence is a copy of another")
    assert sum(seen.data.spec.sizes.values()) == 63
    left = examined(packed(english, french), source_language="en", leave_out=own.offers(seen.findings))
    assert sum(left.data.spec.sizes.values()) == 61 and not left.broken


def test_a_sentence_that_is_translated_in_two_ways_stays_on_one_side(packed):
    twice = [line.upper() for line in ENGLISH]
    data = examined(packed(ENGLISH + twice, FRENCH + FRENCH[::-1]), source_language="en").data
    sides = [{subwords.text(row, data.spec).lower() for row in part.inputs.tolist()}
             for part in (data.train, data.validation, data.test)]
    assert [len(side) for side in sides] == [54, 3, 3] and len(set.union(*sides)) == 60


def test_files_whose_lines_do_not_belong_together_are_refused(packed):
    with pytest.raises(UserError, match=r"data/train.fr has 59 lines and data/train.en 60: each line needs"):
        examined(packed(french=FRENCH[1:]))


def test_too_few_are_refused(packed):
    with pytest.raises(UserError, match="too few different source sentences"):
        examined(packed(ENGLISH[:2], FRENCH[:2]))

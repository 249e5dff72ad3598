"""Questions about passages in SQuAD's format, brought by a person."""

import json

import pytest

from core import catalog
from core.datasets import own, subwords
from core.errors import UserError


@pytest.fixture(autouse=True)
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("GLASSBOX_HOME", str(tmp_path / "home"))


@pytest.fixture
def asked(tmp_path):
    def write(count=20, unanswered=0, behind=0):
        paragraphs = []
        for i in range(count):
            context = ("So it is told. " * 60 if i < behind else "") + f"Town {i} lies by the river R{i}, which is long."
            answers = [{"text": f"R{i}", "answer_start": context.index(f"R{i}")}]
            qas = [{"question": ask, "answers": answers} for ask in (f"Where is Town {i}?", "Which river is there?")]
            if i < unanswered:
                qas.append({"question": "Who rules it?", "answers": [], "is_impossible": True})
            paragraphs.append({"context": context, "qas": qas})
        path = tmp_path / "towns.json"
        path.write_text(json.dumps({"data": [{"title": "Towns", "paragraphs": paragraphs}]}))
        return path

    return write


def test_a_person_s_questions_are_divided_by_passage_and_read_as_promised(asked):
    proposal = own.propose(asked())
    assert proposal.source.kind == "questions" and [choice.field for choice in proposal.choices] == ["length"]
    own.add("towns", "Towns", own.examine(proposal.source))
    cls = catalog.get("dataset", "towns")
    dataset = cls(cls.Settings(vocabulary_size=500, length=64))
    data, promised = dataset.load(), dataset.spec()
    assert promised.kind == "questions" and promised.sizes == data.spec.sizes == {"train": 32, "validation": 4, "test": 4}
    assert data.spec.shape == promised.shape == (64,) and data.spec.target_length == promised.target_length == 1
    towns = {}
    for name in ("train", "validation", "test"):
        split = getattr(data, name)
        said = [subwords.text(row[first : last + 1].tolist(), data.spec)
                for row, ((first, last),) in zip(split.inputs, split.targets.tolist(), strict=True)]
        towns[name] = set(said)
        assert all(said.count(river) == 2 for river in said)  # both questions about a passage are on its side
    assert len(set.union(*towns.values())) == sum(map(len, towns.values())) == 20


def test_what_has_no_answer_must_go_and_what_is_cut_is_told(asked):
    path = asked(unanswered=3, behind=2)
    source = own.propose(path).source.model_copy(update={"length": 96})
    found = {finding.key: finding for finding in own.examine(source).findings}
    assert found["unanswered"].must and found["unanswered"].sentence.startswith("3 questions are")
    assert found["cut"].sentence.startswith("4 answers are behind the 96 pieces")
    with pytest.raises(UserError, match="without an answer"):
        own.add("towns", "Towns", own.examine(source))
    own.add("towns", "Towns", own.examine(source.model_copy(update={"leave_out": ("unanswered",)})))


@pytest.mark.parametrize(("content", "sentence"), [
    ('{"data": [{"paragraphs": [{"context": "A", "qas": [{"question": "Q", "answers": [{"text": "B", "answer_start": 0}]}]}'
     "]}]}", "does not stand at character 0 of its passage: mend"),
    ("[1, 2]", "not in SQuAD's JSON format"), ('{"data": []}', "too few different passages"),
])
def test_other_json_is_refused_in_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "other.json"
    path.write_text(content)
    with pytest.raises(UserError, match=sentence):
        own.examine(own.propose(path).source)

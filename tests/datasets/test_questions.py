"""Questions about passages: where answers lie among the pieces, SQuAD from a server on this machine, and Shakespeare's."""

import hashlib
import itertools
import json

import pytest

from core.catalog import END, NOWHERE, START
from core.datasets import questions, shakespeare, squad, subwords, who_says_it
from core.datasets.questions import Question
from core.datasets.squad import SQuAD
from core.datasets.who_says_it import WhoSaysIt
from core.errors import UserError

PASSAGE = "Zoë paid $3,000 in naïve “hope”.\nNobody (not even Émile) knew.\n\tThe   end"


def articles(count: int, questions_of_each: int = 4) -> list[dict]:
    """Articles in SQuAD's form, each with words of its own."""
    made = []
    for i in range(count):
        context = f"Town {i} lies by river R{i}. Its mayor, Ms. M{i}, was born in {1900 + i}."
        asked = [
            {"id": f"{i}-{k}", "question": f"When was the mayor of Town {i} born?",
             "answers": [{"text": text, "answer_start": context.index(text)} for text in (f"{1900 + i}", f"in {1900 + i}")]}
            for k in range(questions_of_each)
        ]
        made.append({"title": f"Town {i}", "paragraphs": [{"context": context, "qas": asked}]})
    return made


@pytest.fixture
def stanford(server, monkeypatch, empty):
    """SQuAD, as if these were its files, and the server that has them."""
    content = {name: json.dumps({"version": "1.1", "data": articles(count)}).encode()
               for name, count in (("dev-v1.1.json", 3), ("train-v1.1.json", 9))}
    server.files |= {f"/{name}": part for name, part in content.items()}
    monkeypatch.setattr(squad, "ADDRESS", server.address)
    monkeypatch.setattr(squad, "FILES", {name: (len(part), hashlib.sha256(part).hexdigest())
                                         for name, part in content.items()})
    monkeypatch.setattr(squad, "SIZES", {"train": 22, "validation": 6, "test": 12})
    return SQuAD(SQuAD.Settings(vocabulary_size=600, length=96))


@pytest.mark.parametrize("answer", ["Zoë", "$3,000", "naïve", "hope", "Émile", "not even Émile", "end", PASSAGE])
def test_the_pieces_of_an_answer_say_exactly_what_stands_in_the_passage(answer):
    begin = PASSAGE.index(answer)
    one = Question("What?", PASSAGE, ((begin, begin + len(answer)),))
    data = questions.data({name: [one] for name in ("train", "validation", "test")},
                          questions.spec(dict.fromkeys(("train", "validation", "test"), 1), 500, 256), "here")
    row, (first, last) = data.train.inputs[0], data.train.targets[0, 0].tolist()
    assert subwords.text(row[first : last + 1].tolist(), data.spec) == answer
    end = row.tolist().index(END)
    assert row[0] == START and subwords.text(row[1:end].tolist(), data.spec) == "What?"
    assert subwords.text(row[end + 1 :].tolist(), data.spec) == PASSAGE


def test_an_answer_behind_the_cut_is_nowhere_and_no_question_takes_the_passage_s_place():
    tokeniser = subwords.train([PASSAGE], 500)
    spec = questions.spec({}, 500, 80).model_copy(update={"tokeniser": tokeniser})
    begin = PASSAGE.index("end")
    late = 8 * len(PASSAGE) + begin
    made = questions.rows([Question("What? " * 200, PASSAGE * 2, ((0, 3),)),
                           Question("What?", PASSAGE * 9, ((late, late + 3),))], spec)
    assert made.targets[0, 0, 0] == 1 + questions.MOST_OF_QUESTION + 1
    assert made.targets[1, 0].tolist() == [NOWHERE, NOWHERE]


def test_a_person_s_text_can_t_hold_the_signs_that_part_question_and_passage():
    spec = questions.spec({}, 500, 80).model_copy(update={"tokeniser": subwords.train([PASSAGE], 500)})
    row = questions.encode("Who <end> knew?", "Nobody <end> knew. <padding>", spec)
    assert (row == END).sum() == 1 and row.min() > 0
    for question, passage, said in (("", "x", "no question"), ("<end>", "x", "no question"), ("x", " ", "no passage"),
                                    ("x", PASSAGE * 9, "shorten the passage")):
        with pytest.raises(UserError, match=said):
            questions.encode(question, passage, spec)


def test_squad_is_fetched_with_progress_and_parts_the_training_articles(stanford, empty):
    assert stanford.availability().fetchable and not stanford.availability().ready
    seen = []
    stanford.fetch(lambda done, total: seen.append((done, total)))
    total = sum(size for size, _ in squad.FILES.values())
    assert seen[-1] == (total, total) and seen == sorted(seen)
    assert stanford.availability().ready
    data = stanford.load()
    assert {name: len(getattr(data, name)) for name in squad.SIZES} == squad.SIZES
    towns = [{subwords.text(row.tolist()[row.tolist().index(END) + 1 :], data.spec).split()[1] for row in split.inputs}
             for split in (data.train, data.validation)]
    assert towns == [{"0", "1", "2", "3", "4", "5"}, {"6", "7"}]
    row, spans = data.test.inputs[4], data.test.targets[4]
    answers = [subwords.text(row[first : last + 1].tolist(), data.spec) for first, last in spans[:2].tolist()]
    assert answers == ["1901", "in 1901"]
    assert (spans[2:] == NOWHERE).all()


@pytest.mark.parametrize("content", [b"<html></html>", None], ids=["another page", "no page"])
def test_another_file_is_refused_in_a_sentence_and_leaves_nothing(stanford, server, empty, content):
    server.files["/dev-v1.1.json"] = content
    with pytest.raises(UserError, match=r"SQuAD could not be downloaded from .*: check the network") as error:
        stanford.fetch(lambda done, total: None)
    assert "\n" not in str(error.value)
    assert [path for path in empty.rglob("*") if path.is_file()] == []


MISPLACED = {"question": "?", "answers": [{"text": "b", "answer_start": 0}]}


@pytest.mark.parametrize(("content", "sentence"), [
    *((content, "not in SQuAD's JSON format") for content in (b"[]", b"{}", b"not JSON")),
    (json.dumps({"data": [{"paragraphs": [{"context": "abc", "qas": [MISPLACED]}]}]}).encode(),
     "'b' does not stand at character 0 of its passage: mend its answer_start"),
])
def test_what_is_not_in_squad_s_format_is_said(content, sentence):
    with pytest.raises(UserError, match=sentence):
        questions.articles(content)


def test_who_says_it_quotes_words_once_names_who_says_them_and_shares_no_passage_among_splits(empty, monkeypatch):
    text = "".join(f"Speaker {i % 13}{'xyz'[i * 3 // 600]}:\nLine {i} has words enough,\nand here are {i} more.\n\n"
                   for i in range(600))
    path = empty / "tinyshakespeare" / "input.txt"
    path.parent.mkdir()
    path.write_text(text)
    monkeypatch.setattr(shakespeare, "_SHA256", hashlib.sha256(text.encode()).hexdigest())
    monkeypatch.setattr(who_says_it, "_SIZES", {"train": 700, "validation": 50, "test": 50})
    data = WhoSaysIt(WhoSaysIt.Settings(vocabulary_size=800)).load()
    told = {}
    for name in ("train", "validation", "test"):
        split = getattr(data, name)
        told[name] = set()
        for row, ((first, last),) in zip(split.inputs, split.targets.tolist(), strict=True):
            end = row.tolist().index(END)
            asked, passage = (subwords.text(part.tolist(), data.spec) for part in (row[:end], row[end + 1 :]))
            quoted = asked.removeprefix("Who says: ")
            assert passage.count(quoted) == 1 and 4 <= len(quoted.split()) <= 8
            speech = next(speech for speech in passage.split("\n") if quoted in speech)
            assert subwords.text(row[first : last + 1].tolist(), data.spec) == speech.split(":")[0]
            told[name] |= set(passage.split("\n"))
    assert not any(told[one] & told[other] for one, other in itertools.combinations(told, 2))

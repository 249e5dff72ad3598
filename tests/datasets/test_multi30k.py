"""Multi30k and the pieces of words that its sentences are cut into: downloaded from a server on this machine."""

import gzip

import pytest
import torch

from core.catalog import END, PADDING, START
from core.datasets import multi30k, pairs, subwords
from core.datasets.base import Padded
from core.datasets.multi30k import Multi30k
from core.errors import UserError
from tests.translations import spec

FILES = [f"{name}.{code}.gz" for name in ("train", "val", "test_2016_flickr") for code in ("en", "fr")]


def packed(code: str, count: int = 40) -> bytes:
    dog, runs = {"en": ("dog", "runs"), "fr": ("chien", "court")}[code]
    return gzip.compress("".join(f"A {dog} {runs} {i} times, n°{i}.\n" for i in range(count)).encode())


@pytest.fixture
def pairs_(server, monkeypatch, empty):
    """The data set, as if each of its files had 40 lines, and the server that has them."""
    for name in FILES:
        server.files[f"/{name}"] = packed(name.split(".")[1])
    monkeypatch.setattr(multi30k, "ADDRESS", server.address)
    monkeypatch.setattr(multi30k, "_LINES", dict.fromkeys(multi30k._LINES, 40))
    return Multi30k(Multi30k.Settings(vocabulary_size=500))


def test_it_is_fetched_with_progress_and_then_loads(pairs_, empty):
    assert pairs_.availability().fetchable and not pairs_.availability().ready
    seen = []
    pairs_.fetch(lambda done, total: seen.append((done, total)))
    assert seen[-1] == (6, 6) and seen == sorted(seen)
    assert pairs_.availability().ready
    data = pairs_.load()
    assert data.spec.sizes == {"train": 40, "validation": 40, "test": 40} and data.spec.languages == ("English", "French")
    assert subwords.text(data.test.inputs[7].tolist(), data.spec) == "A dog runs 7 times, n°7."
    assert subwords.text(data.test.targets[7].tolist(), data.spec) == "A chien court 7 times, n°7."


def test_the_other_language_can_be_the_source(pairs_, empty):
    pairs_.fetch(lambda done, total: None)
    data = Multi30k(Multi30k.Settings(vocabulary_size=500, source="French")).load()
    assert data.spec.languages == ("French", "English")
    assert subwords.text(data.train.inputs[3].tolist(), data.spec) == "A chien court 3 times, n°3."


@pytest.mark.parametrize("content", [packed("fr", 39), b"<html></html>", packed("fr")[:-9], None],
                         ids=["too few lines", "another page", "cut off", "no page"])
def test_anything_else_is_refused_in_a_sentence_and_leaves_nothing_of_it(pairs_, server, empty, content):
    server.files["/val.fr.gz"] = content
    with pytest.raises(UserError, match=r"could not be downloaded from .*val\.fr\.gz: check the network") as error:
        pairs_.fetch(lambda done, total: None)
    assert "\n" not in str(error.value)
    assert not [path for path in empty.rglob("*val.fr*") if path.is_file()]
    server.files["/val.fr.gz"] = packed("fr")
    pairs_.fetch(lambda done, total: None)  # what came before is kept, and the rest follows
    assert server.asked.count(("/train.en.gz", None)) == 1 and pairs_.availability().ready


def test_what_is_not_there_is_named(pairs_):
    with pytest.raises(UserError, match=r"train\.en\.gz is not on disk"):
        pairs_.load()


def test_the_real_sentences_are_as_promised_and_none_is_cut(shared):
    real = Multi30k(Multi30k.Settings())
    data = real.load()
    assert (data.spec.sizes, data.spec.vocabulary_size) == (real.spec().sizes, real.spec().vocabulary_size)
    assert subwords.text(data.train.inputs[0].tolist(), data.spec) == "Two young, White males are outside near many bushes."
    for split in (data.train, data.validation, data.test):
        assert (split.inputs[:, -1] == PADDING).all() and (split.targets[:, -1] == PADDING).all()


def test_the_same_texts_give_the_same_tokeniser_and_any_text_comes_back_whole():
    found = spec()
    assert spec().tokeniser == found.tokeniser
    for text in ("two men sleep", "deux hommes dorment", "Ça, l'été – 東京 🐕!", "a\tb"):
        numbers, = subwords.numbers([text], found.tokeniser)
        assert subwords.text(numbers, found) == text
        assert max(numbers) < found.vocabulary_size == len(found.vocabulary) and min(numbers) > END


def test_frequent_words_are_one_piece_and_others_fall_apart():
    found = spec()
    known, = subwords.numbers(["hommes"], found.tokeniser)
    assert [found.vocabulary[number] for number in known] == ["▁hommes"]
    assert len(subwords.numbers(["hippopotame"], found.tokeniser)[0]) > 4


def test_a_target_begins_and_ends_and_what_is_too_long_is_cut():
    found = spec()
    rows = pairs.rows(["two men", "one two three four five six men dogs run sleep"], found.tokeniser, 6, framed=True)
    assert rows[0, 0] == START and rows[0, 3] == END and (rows[0, 4:] == PADDING).all()
    assert rows[1, 0] == START and rows[1, -1] == END
    plain = pairs.rows(["two men"], found.tokeniser, 6, framed=False)
    assert plain[0, :2].tolist() == rows[0, 1:3].tolist() and (plain[0, 2:] == PADDING).all()


def test_a_person_s_sentence_is_refused_where_it_is_empty_or_too_long():
    found = spec(length=4)
    assert pairs.encode(" two men ", found).tolist() == subwords.numbers(["two men"], found.tokeniser)[0]
    with pytest.raises(UserError, match="type a sentence"):
        pairs.encode("  ", found)
    with pytest.raises(UserError, match="at most 4: shorten it"):
        pairs.encode("one two three four five", found)


def test_a_batch_of_padded_sentences_is_as_long_as_its_longest():
    inputs = torch.tensor([[5, 6, 0, 0], [5, 0, 0, 0], [5, 6, 7, 8]])
    targets = torch.tensor([[2, 3, 0], [2, 5, 3], [2, 3, 0]])
    split = Padded(inputs, targets)
    batch = split.take(torch.tensor([0, 1]), torch.device("cpu"))
    assert torch.equal(batch.inputs, inputs[:2, :2]) and torch.equal(batch.targets, targets[:2])
    classes = Padded(inputs, torch.tensor([0, 1, 0])).take(torch.tensor([2]), torch.device("cpu"))
    assert classes.inputs.shape == (1, 4) and classes.targets.tolist() == [0]


def test_batches_of_an_epoch_hold_each_sentence_once_and_those_of_one_length_together():
    draw = torch.Generator().manual_seed(0)
    lengths = torch.randint(1, 40, (1003,), generator=draw)
    inputs = (torch.arange(40) < lengths[:, None]).long()
    order = torch.randperm(1003, generator=draw)
    batches = Padded(inputs).grouped(order, 10)
    assert [len(batch) for batch in batches] == [10] * 100 + [3]
    assert sorted(torch.cat(batches).tolist()) == list(range(1003))
    def spread(batches):
        return sum(lengths[batch].amax() - lengths[batch].amin() for batch in batches) / len(batches)

    assert spread(batches) < 3 < spread(order.split(10))
    longest = torch.tensor([lengths[batch].amax() for batch in batches[:50]]).float()
    assert (longest.diff() > 0).float().mean() == pytest.approx(0.5, abs=0.2)  # long and short ones in turn
    assert all(torch.equal(a, b) for a, b in zip(batches, Padded(inputs).grouped(order, 10), strict=True))

"""Masked language modelling: which places are hidden, by what, and what counts."""

import pytest
import torch
import torch.nn.functional as F

from core.architectures.bert import Bert
from core.catalog import PADDING, UNKNOWN, DataSpec
from core.datasets.base import Batch, Data, Padded, Split
from core.experiment import Training
from core.tasks.masked_language_modelling import MaskedLanguageModelling

WORDS = ("<padding>", "<unknown>", *"abcdefghijklmnopqrstuvwxyz")
SPEC = DataSpec(kind="sentences", shape=(40,), sizes={"train": 100}, classes=("blame", "praise"), vocabulary=WORDS,
                vocabulary_size=len(WORDS))


@pytest.fixture
def task():
    torch.manual_seed(0)
    settings = MaskedLanguageModelling.Settings()
    model = Bert(Bert.Settings(width=16, depth=2), MaskedLanguageModelling.model_spec(SPEC, settings)).eval()
    return MaskedLanguageModelling(settings, Training(), SPEC, model)


def sentences(count: int, length: int, padded: int) -> torch.Tensor:
    drawn = torch.randint(UNKNOWN, len(WORDS), (count, length), generator=torch.Generator().manual_seed(1))
    return F.pad(drawn, (0, padded - length))


def test_fifteen_percent_of_the_known_words_are_picked_and_of_these_80_10_10_are_hidden_replaced_and_kept(task):
    read = sentences(4000, 20, 40)
    torch.manual_seed(0)
    gaps = task.gaps(read)
    known = (read > UNKNOWN).sum(1)
    assert torch.equal(gaps.counts.sum(1), (known * 0.15).round().long().clamp(1))
    picked = gaps.targets[gaps.counts]
    assert (picked > UNKNOWN).all() and torch.equal(gaps.targets, read.gather(1, gaps.places))
    put = gaps.inputs.gather(1, gaps.places)[gaps.counts]
    hidden, kept = (put == task.model.mask).float().mean(), (put == picked).float().mean()
    assert hidden.item() == pytest.approx(0.8, abs=0.02)
    assert kept.item() == pytest.approx(0.1 + 0.1 / 26, abs=0.015)  # another word is by chance the same
    assert put.min() > UNKNOWN
    elsewhere = torch.ones_like(read, dtype=torch.bool).scatter(1, gaps.places, ~gaps.counts)
    assert torch.equal(gaps.inputs[elsewhere], read[elsewhere])


def test_the_loss_is_the_cross_entropy_of_the_picked_places_alone(task):
    read = sentences(5, 20, 40)
    torch.manual_seed(3)
    loss, measures = task.loss(Batch(read, None))
    torch.manual_seed(3)
    gaps = task.gaps(read)
    logits = task.model(gaps.inputs)  # (batch, length, vocabulary)
    rows, columns = gaps.counts.nonzero(as_tuple=True)
    at, right = gaps.places[rows, columns], gaps.targets[rows, columns]
    torch.testing.assert_close(loss, F.cross_entropy(logits[rows, at], right))
    torch.testing.assert_close(measures["accuracy"], (logits[rows, at].argmax(1) == right).float().mean())


def test_longer_padding_changes_neither_what_is_measured_nor_what_fills_a_gap(task):
    short, long = sentences(70, 12, 12), sentences(70, 12, 40)
    assert task.evaluate(Split(short)) == pytest.approx(task.evaluate(Split(long)), rel=1e-5)
    assert task.evaluate(Padded(long)) == pytest.approx(task.evaluate(Split(long)), rel=1e-5)
    torch.testing.assert_close(task.fill(short[0], [2, 5]), task.fill(long[0], [2, 5]))
    torch.manual_seed(0)
    first = task.loss(Batch(short, None))[0]
    torch.manual_seed(0)
    torch.testing.assert_close(task.loss(Batch(long, None))[0], first)


def test_a_sentence_without_a_known_word_counts_for_nothing(task):
    read = sentences(6, 12, 40)
    silent = torch.where(torch.arange(40) < 3, UNKNOWN, PADDING).expand(2, 40)
    assert not task.gaps(silent).counts.any() and torch.equal(task.gaps(silent).inputs, silent)
    assert task.loss(Batch(silent, None))[0].item() == 0
    assert task.evaluate(Split(torch.cat([read, silent])))["loss"] == pytest.approx(task.evaluate(Split(read))["loss"],
                                                                                    rel=0.2)


def test_what_stood_in_a_gap_has_no_part_in_what_fills_it(task):
    read = sentences(1, 12, 40)[0]
    other = read.clone()
    other[4] = other[4] % 20 + 3
    torch.testing.assert_close(task.fill(read, [4]), task.fill(other, [4]))
    assert not torch.allclose(task.fill(read, [5]), task.fill(other, [5]))


def test_the_preview_hides_words_of_the_validation_split_and_says_what_fills_them(task):
    read = Split(sentences(9, 12, 40))
    shown, = task.previews(Data(SPEC, read, read, read, "drawn"))
    assert len(shown.data["sentences"]) == 6
    for sentence in shown.data["sentences"]:
        assert len(sentence["tokens"]) == 12 and len(sentence["places"]) == len(sentence["guesses"]) >= 1
        chances = [chance for _, chance in sentence["guesses"][0]]
        assert chances == sorted(chances, reverse=True) and len(chances) == 5

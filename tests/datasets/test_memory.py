"""Sequences whose class hangs on what came long ago."""

import pytest
import torch

from core.datasets.characters import NONE
from core.datasets.memory import Adding, Copying, Parity, TemporalOrder, TwoSequences


@pytest.mark.parametrize("length", [10, 100, 137])
def test_the_class_is_the_order_of_the_two_letters_that_count_and_nothing_else_tells_it(length):
    data = TemporalOrder(TemporalOrder.Settings(length=length, sequences=400)).load()
    for inputs, target in zip(data.test.inputs, data.test.targets, strict=True):
        letters = [data.spec.vocabulary[token] for token in inputs]
        found = [(place, letter) for place, letter in enumerate(letters) if letter in "xy"]
        assert [letter for _, letter in found] == data.spec.classes[target].split(", ")
        (first, _), (second, _) = found
        tenth = length // 10
        assert tenth <= first < 2 * tenth and length // 2 <= second < length // 2 + tenth


def test_the_first_three_letters_tell_the_class_of_two_sequences():
    data = TwoSequences(TwoSequences.Settings(length=30, sequences=400)).load()
    letters = [[data.spec.vocabulary[token] for token in row] for row in data.train.inputs]
    assert [set(row[:3]) for row in letters] == [{"xy"[target]} for target in data.train.targets]
    assert not any({"x", "y"} & set(row[3:]) for row in letters)


def test_parity_counts_the_ones_of_short_sequences_and_of_long_ones():
    data = Parity(Parity.Settings(length=40, sequences=3000)).load()
    rows = ["".join(data.spec.vocabulary[token] for token in row if token) for row in data.train.inputs]
    assert [row.count("1") % 2 for row in rows] == data.train.targets.tolist()
    real = data.train.inputs != 0
    assert torch.equal(real, real.long().cummin(1).values.bool())  # padding comes last
    lengths = real.sum(1)
    assert lengths.min() == 1 and lengths.max() == 40
    assert 0.4 < (lengths <= 6).float().mean() < 0.6  # half of them below the square root of the length


@pytest.mark.parametrize("length", [10, 101])
def test_the_target_of_adding_is_the_sum_of_one_value_of_each_half(length):
    data = Adding(Adding.Settings(length=length, sequences=5000)).load()
    values, markers = data.train.inputs.unbind(2)
    assert values.min() >= 0 and values.max() < 1 and set(markers.unique().tolist()) == {0, 1}
    half = length // 2
    assert all(torch.equal(part.sum(1), torch.ones(4000)) for part in (markers[:, :half], markers[:, half:]))
    assert (markers.sum(0) > 0).all()  # any place may be marked
    torch.testing.assert_close(data.train.targets, (values * markers).sum(1))
    assert (data.train.targets - 1).square().mean().item() == pytest.approx(1 / 6, rel=0.05)  # of who always says 1


def test_after_the_sign_the_ten_first_symbols_are_asked_for_in_their_order_and_nothing_else_is():
    data = Copying(Copying.Settings(pause=7, sequences=200)).load()
    for inputs, targets in zip(data.test.inputs, data.test.targets, strict=True):
        read = "".join(data.spec.vocabulary[number] for number in inputs)
        assert set(read[:10]) <= set("abcdefgh") and read[10:18] == "·······>" and read[18:] == read[:9]
        assert torch.equal(targets[-10:], inputs[:10]) and (targets[:-10] == NONE).all()
    assert data.spec.shape == data.test.inputs.shape[1:]


def test_the_same_settings_give_the_same_sequences_and_the_splits_differ():
    once, again = (TemporalOrder(TemporalOrder.Settings(sequences=200)).load() for _ in range(2))
    assert once.digest == again.digest
    assert not torch.equal(once.train.inputs[:20], once.test.inputs[:20])

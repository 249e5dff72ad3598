"""Dividing by content: shares, copies, and classes that are too small."""

import numpy as np
import pytest

from core.datasets.dividing import Examples, divide
from core.errors import UserError


def examples(targets, digests, splits=None, usable=None):
    n = len(targets)
    return Examples(np.array(targets), np.array(digests), np.array([-1] * n if splits is None else splits),
                    np.ones(n, bool) if usable is None else np.array(usable), ("a", "b", "c")[: max(targets) + 1], "rows")


def keys(divided):
    return [found.key for found in divided.findings]


@pytest.fixture
def many():
    draw = np.random.default_rng(0)
    return examples(np.repeat([0, 1, 2], [200, 100, 50]), draw.permutation(10_000)[:350])


def test_each_class_gives_a_tenth_to_the_test_and_a_tenth_to_the_validation(many):
    divided = divide(many, ())
    counts = {split: np.bincount(targets).tolist() for split, targets in divided.targets.items()}
    assert counts == {"train": [160, 80, 40], "validation": [20, 10, 5], "test": [20, 10, 5]}
    assert sorted(np.concatenate(list(divided.places.values())).tolist()) == list(range(350)) and not divided.findings


def test_the_split_follows_from_the_content_whatever_the_order(many):
    mixed = np.random.default_rng(1).permutation(350)
    one = divide(many, ())
    other = divide(examples(many.targets[mixed], many.digests[mixed]), ())
    for split in one.places:
        assert set(many.digests[one.places[split]]) == set(many.digests[mixed][other.places[split]])


def test_what_is_the_same_falls_on_the_same_side_even_under_two_classes():
    draw = np.random.default_rng(2)
    digests = draw.integers(0, 60, 600)
    divided = divide(examples(draw.integers(0, 3, 600), digests), ())
    sides = [set(digests[place]) for place in divided.places.values()]
    assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]
    assert keys(divided) == ["two-classes", "repeated"]


def test_the_same_under_two_classes_can_be_left_out():
    given = examples([0] * 5 + [1] * 5, [1, 2, 3, 4, 9, 5, 6, 7, 8, 9])
    assert "2 rows are the same as one of another class" in divide(given, ()).findings[0].sentence
    divided = divide(given, ["two-classes"])
    assert sum(map(len, divided.places.values())) == 8 and 4 not in np.concatenate(list(divided.places.values()))


def test_copies_of_training_examples_in_the_test_can_be_left_out_and_the_rest_of_the_test_stays():
    given = examples([0] * 6 + [1] * 6, [1, 2, 3, 1, 11, 12, 4, 5, 6, 13, 14, 15], [0, 0, 0, 2, 2, 2] * 2)
    divided = divide(given, ())
    assert keys(divided) == ["copies"] and divided.findings[0].sentence.startswith("1 test row is also among")
    assert len(divided.places["test"]) == 6
    assert divide(given, ["copies"]).places["test"].tolist() == [4, 5, 9, 10, 11]


def test_a_brought_test_stays_and_only_the_validation_is_ours():
    given = examples([0] * 30 + [1] * 30, np.arange(60), ([0] * 20 + [2] * 10) * 2)
    divided = divide(given, ())
    assert divided.places["test"].tolist() == [*range(20, 30), *range(50, 60)]
    assert np.bincount(divided.targets["validation"]).tolist() == [2, 2]


def test_a_brought_validation_stays():
    divided = divide(examples([0, 0, 0, 1, 1, 1], range(6), [0, 1, 2, 0, 1, 2]), ())
    assert [place.tolist() for place in divided.places.values()] == [[0, 3], [1, 4], [2, 5]]


def test_classes_of_fewer_than_three_different_examples_must_be_left_out_and_the_rest_is_numbered_anew():
    given = examples([0] * 3 + [1] * 4 + [2] * 4, [1, 2, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    divided = divide(given, ())
    few, = [found for found in divided.findings if found.must]
    assert few.key == "few" and "'a'" in few.sentence
    assert divided.classes == ("b", "c") and set(np.concatenate(list(divided.targets.values()))) == {0, 1}


def test_less_than_two_classes_of_use_are_refused():
    with pytest.raises(UserError, match="Fewer than two classes have 3 or more different rows"):
        divide(examples([0] * 5 + [1, 1, 1], range(8), usable=[True] * 6 + [False] * 2), ())

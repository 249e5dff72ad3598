"""CIDEr-D against values worked out by hand from its definition (Vedantam et al. 2015, equations 1 to 3 and section 6)."""

import math

import pytest

from core.tasks.cider import cider

OTHER = ["v w x y z"]  # a second picture: every word of the first one is then rare, with weight log 2


def of_the_first(caption: str, references: list[str], other: str = OTHER[0]) -> float:
    """The score of one picture's caption, where the other's is told perfectly, which gives 10."""
    return 2 * cider([caption, other], [references, [other]]) - 10


def test_what_somebody_wrote_word_for_word_has_ten():
    assert cider(["a b c d", OTHER[0]], [["a b c d"], OTHER]) == pytest.approx(10)


def test_each_length_of_phrases_counts_a_quarter_by_its_cosine():
    found = of_the_first("a b c d", ["a b c d e"])
    cosines = 4 / (2 * math.sqrt(5)), 3 / (math.sqrt(3) * 2), 2 / (math.sqrt(2) * math.sqrt(3)), 1 / math.sqrt(2)
    assert found == pytest.approx(10 * math.exp(-1 / 72) * sum(cosines) / 4)  # the lengths differ by one word


def test_a_word_that_is_repeated_counts_as_often_as_the_reference_has_it():
    assert of_the_first("a a a a", ["a b c d"]) == pytest.approx(10 * (1 / (4 * 2)) / 4)


def test_a_word_that_is_said_of_every_picture_counts_nothing():
    found = of_the_first("v b c d", ["v b c d"])  # the phrases that hold more than v are rare
    assert found == pytest.approx(10)
    assert of_the_first("v", ["v b c d"]) == pytest.approx(0)


def test_several_references_count_their_mean():
    both = of_the_first("a b c d", ["a b c d", "q r s t"])
    assert both == pytest.approx(5)


def test_nothing_has_nothing():
    assert of_the_first("", ["a b"]) == 0

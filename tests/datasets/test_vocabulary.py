"""Sentences to numbers."""

import pytest

from core.catalog import DataSpec
from core.datasets.vocabulary import build_vocabulary, encode, numbers, tokenise
from core.errors import UserError

SPEC = DataSpec(
    kind="sentences", shape=(5,), sizes={}, classes=("no", "yes"),
    vocabulary=("<padding>", "<unknown>", "a", "film", "."), vocabulary_size=5,
)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("It isn't BAD!", ["it", "isn't", "bad", "!"]),
        ("co-writer/director", ["co-writer", "/", "director"]),
        ("déjà vu ... 2001", ["déjà", "vu", ".", ".", ".", "2001"]),
        ("  \n ", []),
    ],
)
def test_words_keep_their_apostrophes_and_hyphens_and_signs_stand_alone(text, tokens):
    assert tokenise(text) == tokens


def test_the_most_frequent_tokens_come_first_and_ties_by_alphabet():
    sentences = [["b", "a", "c"], ["c", "d"]]
    assert build_vocabulary(sentences, 5) == ("<padding>", "<unknown>", "c", "a", "b")


def test_numbers_are_cut_or_padded_to_one_length():
    index = {"a": 2, "film": 3}
    assert numbers(["a", "film"], index, 4) == [2, 3, 0, 0]
    assert numbers(["a", "good", "film"], index, 2) == [2, 1]


def test_a_person_s_text_is_numbered_by_the_spec_alone():
    assert encode("A great film.", SPEC) == ([2, 1, 3, 4, 0], ["a", "great", "film", "."])


def test_text_without_a_word_or_with_too_many_is_refused():
    with pytest.raises(UserError, match="type a sentence"):
        encode("  ", SPEC)
    with pytest.raises(UserError, match="has 6 words and signs, and the model reads at most 5"):
        encode("a b c d e f", SPEC)

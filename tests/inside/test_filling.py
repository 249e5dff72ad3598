"""What fills the gaps of a text."""

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.inside import filling

VOCABULARY = ("<padding>", "<unknown>", "a", "moving", "story", "isn't", ",", "!", "dull", "film")


@pytest.fixture
def filler(untrained):
    return untrained("masked_language_modelling", "bert", "film-reviews", VOCABULARY, data={"length": 8},
                     model={"width": 16, "depth": 2})


def test_all_gaps_are_covered_at_once_and_the_chances_are_the_model_s(filler):
    found = filling.fill(filler, "A moving story, isn't it", [1, 2], count=10)
    mask = filler.model.mask
    logits = filler.model(torch.tensor([[2, mask, mask, 6, 5, 1]]))[0]
    for gap in found.gaps:
        expected = {VOCABULARY[i]: chance for i, chance in enumerate(logits[gap.place].softmax(0).tolist())}
        assert dict(gap.guesses) == pytest.approx(expected, rel=1e-4)
    first = found.gaps[0]
    assert first.guesses[first.rank - 1][0] == "moving" and first.guesses[first.rank - 1][1] == pytest.approx(first.chance)
    assert found.tokens == ("a", filling.MASK, filling.MASK, ",", "isn't", "it")
    assert found.known == (True, True, True, True, True, False)
    for layer in found.layers:
        assert layer.shape == (4, 6, 6)
        np.testing.assert_allclose(layer.sum(2), 1, rtol=1e-5)


def test_a_word_that_the_model_never_read_has_neither_chance_nor_rank(filler):
    gap, = filling.fill(filler, "a moving octopus", [2]).gaps
    assert gap.chance is None and gap.rank is None and len(gap.guesses) == 8


def test_without_a_gap_and_past_the_end_nothing_is_filled(filler):
    assert filling.fill(filler, "a story", []).gaps == filling.fill(filler, "a story", [7]).gaps == ()
    assert filling.words(filler, "a moving story " * 4)[1] == 4
    with pytest.raises(UserError, match="no word"):
        filling.fill(filler, " ", [0])


def test_only_what_fills_gaps_is_asked_for_them(filler, untrained):
    assert filling.fits(filler)
    assert not filling.fits(untrained("text_classification", "bert", "film-reviews", VOCABULARY))

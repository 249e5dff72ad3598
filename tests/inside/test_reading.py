"""What a model makes of a sentence."""

import numpy as np
import pytest
import torch

from core.errors import UserError
from core.inside import reading as view

VOCABULARY = ("<padding>", "<unknown>", "a", "moving", "story", "isn't", ",", "!")


@pytest.fixture
def reader(untrained):
    return untrained("text_classification", "transformer-encoder", "film-reviews", VOCABULARY, data={"length": 8})


def test_the_answer_is_that_of_the_fused_attention_which_shows_nothing(reader):
    reading = view.read_sentence(reader, "A moving story, isn't it!")
    ids, _ = reader.task.encode("A moving story, isn't it!")
    expected = reader.model(ids)[0].softmax(0)
    np.testing.assert_allclose(reading.answer.probabilities, expected.numpy(), rtol=1e-4)


def test_each_row_of_attention_sums_to_one_over_the_sentence_s_own_tokens(reader):
    reading = view.read_sentence(reader, "A moving story")
    assert len(reading.layers) == reader.experiment.model.depth
    for layer in reading.layers:
        assert layer.shape == (reader.experiment.model.heads, 3, 3)
        np.testing.assert_allclose(layer.sum(2), 1, rtol=1e-5)


def test_tokens_are_marked_that_the_model_never_read(reader):
    reading = view.read_sentence(reader, "a moving octopus")
    assert reading.tokens == ("a", "moving", "octopus")
    assert reading.known == (True, True, False)


def test_a_long_text_is_cut_and_it_is_said_by_how_much(reader):
    reading = view.read_sentence(reader, "a moving story " * 5)
    assert (len(reading.tokens), reading.left_out) == (8, 7)


def test_a_text_without_words_is_said(reader):
    with pytest.raises(UserError, match="no word"):
        view.read_sentence(reader, "   ")


def test_a_word_pulls_by_what_the_log_odds_lose_without_it(reader):
    reading = view.read_sentence(reader, "a moving story !")
    best = reading.answer.best
    for i, without in enumerate(("moving story !", "a story !", "a moving !", "a moving story")):
        share = torch.tensor(float(view.read_sentence(reader, without).answer.probabilities[best]))
        whole = torch.tensor(float(reading.answer.probabilities[best]))
        assert reading.pull[i] == pytest.approx((whole.logit() - share.logit()).item(), abs=1e-4)


def test_the_model_explains_nothing_more_afterwards(reader):
    view.read_sentence(reader, "a moving story")
    explaining = [module for module in reader.model.modules() if hasattr(module, "explain")]
    assert explaining
    assert all(not module.explain and module.attention is None for module in explaining)


def test_rollout_multiplies_the_layers_half_of_whose_way_is_a_stay(reader):
    layers = view.read_sentence(reader, "a moving story !").layers
    first, second = ((layer.mean(0) + np.eye(4)) / 2 for layer in layers)
    np.testing.assert_allclose(view.rollout(layers), second @ first, rtol=1e-6)
    np.testing.assert_allclose(view.rollout(layers).sum(1), 1, rtol=1e-5)
    still = np.eye(3)[None]
    np.testing.assert_allclose(view.rollout([still, still]), np.eye(3))

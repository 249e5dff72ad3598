"""A language model at work: what it gives each character, how it goes on, and what it had in mind."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.errors import UserError
from core.inside import writing
from core.inside.load import Loaded

VOCABULARY = tuple("\n abcdefghijklmnopqrst")
TEXT = "the cat sat on the mat and ate"


@pytest.fixture
def writer(untrained):
    return untrained("language_modelling", "gpt", "python-reference", VOCABULARY, model={"width": 16, "depth": 3},
                     data={"length": 16})


@pytest.fixture
def passage(writer):
    return writing.write(writer, TEXT, 20, 0.8, 0.9, seed=3)


def test_it_is_for_language_models_alone(writer, untrained):
    assert writing.fits(writer)
    assert not writing.fits(untrained("classification", "lenet", "digits"))
    assert not writing.fits(untrained("text_classification", "transformer-encoder", "film-reviews", VOCABULARY))


def test_the_person_s_text_stands_first_and_each_of_its_characters_surprises_as_the_model_says(writer, passage):
    assert "".join(passage.characters[: passage.given]) == TEXT and len(passage.characters) == len(TEXT) + 20
    assert np.isnan(passage.chances[0])
    numbers = torch.tensor([VOCABULARY.index(character) for character in TEXT])
    nats = F.cross_entropy(writer.model(numbers[None, :16])[0], numbers[1:17], reduction="none")
    np.testing.assert_allclose(passage.bits[1:17], nats.numpy() / math.log(2), rtol=1e-4)


def test_the_same_seed_writes_the_same_and_another_something_else(writer, passage):
    assert writing.write(writer, TEXT, 20, 0.8, 0.9, seed=3).characters == passage.characters
    assert writing.write(writer, TEXT, 20, 0.8, 0.9, seed=4).characters != passage.characters


@pytest.mark.parametrize("place", [1, 9, 16, 17, 25, 29, 30, 40, 49])
def test_the_chance_of_a_character_is_read_off_the_chances_at_its_place(writer, passage, place):
    found = writing.at(writer, passage, place, 0.8, 0.9)
    assert passage.characters[place] == VOCABULARY[found.stands]
    assert found.chances.sum() == pytest.approx(1, abs=1e-5)
    assert found.chances[found.stands] == pytest.approx(passage.chances[place], rel=1e-4)
    assert found.seen == passage.characters[place - len(found.seen) : place] and len(found.seen) <= 16


def test_each_head_shares_out_its_attention_over_what_stands_before(writer, passage):
    found = writing.at(writer, passage, 12, 0.8, 0.9)
    assert found.attention.shape == (3, 4, 12)
    np.testing.assert_allclose(found.attention.sum(2), 1, rtol=1e-5)
    ids = torch.from_numpy(passage.numbers[None, :12])
    seen = []
    layer = writer.model.blocks[0].attention
    hook = layer.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    writer.model(ids)
    hook.remove()
    queries, keys, _ = layer.project(seen[0]).view(1, 12, 3, 4, 4).permute(2, 0, 3, 1, 4)
    expected = (queries[0, :, -1:] @ keys[0].transpose(1, 2) / 2).softmax(-1)[:, 0]  # equation 1 of Vaswani et al. 2017
    np.testing.assert_allclose(found.attention[0], expected.numpy(), rtol=1e-4)


def test_a_model_without_attention_shows_none(writer, passage, monkeypatch):
    class Bigrams(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.table = torch.nn.Embedding(len(VOCABULARY), len(VOCABULARY))

        def forward(self, tokens):
            return self.table(tokens)

    monkeypatch.setattr(writer.task, "model", bigrams := Bigrams())
    found = writing.at(Loaded(writer.run, writer.experiment, writer.spec, bigrams, writer.task, 0), passage, 5, 1, 1)
    assert found.attention.shape == (0, 0, 5)
    assert found.chances.sum() == pytest.approx(1, abs=1e-5)


def test_characters_that_were_never_read_are_left_out_and_told(writer):
    found = writing.write(writer, "Zé cat", 0, 1.0, 1.0, seed=0)
    assert "".join(found.characters) == " cat" and found.unknown == "Zé" and found.given == 4
    with pytest.raises(UserError, match="Type at least one character that the model has read: abcdefg"):
        writing.write(writer, "ÉZ", 5, 1.0, 1.0, seed=0)

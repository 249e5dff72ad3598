"""What a model's table of tokens has learned."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cosine

from core.inside import embeddings
from core.inside.embeddings import Words
from core.tracking import read

VOCABULARY = ("<padding>", "<unknown>", *(f"word{i}" for i in range(40)), "!")


@pytest.fixture
def reader(untrained):
    return untrained("text_classification", "transformer-encoder", "film-reviews", VOCABULARY, data={"length": 8})


@pytest.fixture
def writer(untrained):
    return untrained("language_modelling", "gpt", "shakespeare", tuple("\n !3abeANE" + "cdfgh"))


def test_words_are_the_rows_of_the_table_without_signs_for_padding(reader):
    found = embeddings.words(reader)
    assert found.names == VOCABULARY[2:]
    row = reader.model.tokens.weight[7]
    np.testing.assert_allclose(found.vectors[found.place("word5")], (row / row.norm()).numpy(), rtol=1e-5)


def test_a_character_model_has_each_of_its_characters_and_not_its_places(writer):
    assert embeddings.fits(writer) and embeddings.table(writer.model, len(writer.spec.vocabulary)) == "tokens"
    assert embeddings.words(writer).names == writer.spec.vocabulary
    assert [embeddings.kind(writer, sign) for sign in " 3aAbE"] == [
        "sign", "digit", "small vowel", "capital vowel", "small consonant", "capital vowel"]


def test_a_model_of_pictures_has_no_words(untrained):
    assert not embeddings.fits(untrained("classification", "lenet", "digits"))


def test_the_nearest_are_those_of_the_smallest_cosine_distance(reader):
    found = embeddings.words(reader)
    near = embeddings.nearest(found, found.vectors[3], [3], 5)
    distances = [cosine(found.vectors[3], vector) for vector in found.vectors]
    expected = [i for i in np.argsort(distances) if i != 3][:5]
    assert [i for i, _ in near] == expected
    assert [alike for _, alike in near] == pytest.approx([1 - distances[i] for i in expected], abs=1e-5)


def test_an_analogy_leads_to_the_word_that_completes_it():
    generator = np.random.default_rng(0)
    country, city, capital = (generator.normal(size=(3, 16)) for _ in range(3))
    capital = capital[:1]  # the same step from each country to its capital
    vectors = np.concatenate([country, country + 2 * capital, city]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    names = ("France", "Italy", "Japan", "Paris", "Rome", "Tokyo", "Lyon", "Turin", "Kobe")
    found = Words(names, np.arange(9), vectors, 9)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        first, _ = embeddings.analogy(found, 3 + i, i, j, 3)[0]
        assert names[first] == names[3 + j]


def test_turning_takes_back_any_turn_mirroring_and_move():
    points = np.random.default_rng(0).normal(size=(30, 2))
    angle = 0.7
    turn = np.array([[np.cos(angle), np.sin(angle)], [np.sin(angle), -np.cos(angle)]])
    np.testing.assert_allclose(embeddings.turned(points @ turn + 5, points), points, atol=1e-6)


def test_another_checkpoint_s_words_are_read_from_its_weights(reader, monkeypatch):
    before = {name: -value for name, value in reader.model.state_dict().items()}
    monkeypatch.setattr(read, "weights", lambda run_id, step: before)
    np.testing.assert_allclose(embeddings.words(reader, 9).vectors, -embeddings.words(reader).vectors)
    assert np.array_equal(embeddings.words(reader, reader.step).vectors, embeddings.words(reader).vectors)


def test_each_word_alone_makes_a_classifier_say_something(reader, writer):
    found = embeddings.words(reader)
    alone = reader.task.model(torch.tensor([[7]])).softmax(1)[0, 1]
    assert embeddings.said_alone(reader, found)[5] == pytest.approx(alone.item(), rel=1e-4)
    assert embeddings.said_alone(writer, embeddings.words(writer)) is None


@pytest.mark.parametrize("task", ["text_classification", "masked_language_modelling"])
def test_a_table_with_a_row_for_the_mask_holds_the_words_too(untrained, task):
    reader = untrained(task, "bert", "film-reviews", VOCABULARY, data={"length": 8})
    assert embeddings.fits(reader)
    found = embeddings.words(reader)
    row = reader.model.get_parameter("tokens.weight")[VOCABULARY.index("word7")]
    np.testing.assert_allclose(found.vectors[found.place("word7")], (row / row.norm()).numpy(), rtol=1e-5)

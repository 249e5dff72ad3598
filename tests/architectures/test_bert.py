"""BERT: one body, two heads."""

import torch

from core.architectures.bert import Bert
from core.catalog import DataSpec

SPEC = DataSpec(kind="sentences", shape=(12,), sizes={"train": 100}, classes=("no", "yes"), vocabulary_size=50)
SENTENCES = torch.tensor([[5, 9, 50, 40, 0, 0, 0, 0, 0, 0, 0, 0], [7, 7, 3, 1, 8, 6, 2, 4, 9, 5, 3, 2]])


def built(**change) -> Bert:
    torch.manual_seed(0)
    return Bert(Bert.Settings(width=16, depth=2), SPEC.model_copy(update=change)).eval()


def test_both_models_have_the_same_body_and_neither_has_the_other_s_head():
    filler, classifier = (dict(built(**change).named_parameters()) for change in ({"classes": ()}, {}))
    shared = filler.keys() & classifier.keys()
    assert all(filler[name].shape == classifier[name].shape for name in shared)
    assert {name.split(".")[0] for name in shared} == {"tokens", "positions", "blocks", "norm"}
    assert {name.split(".")[0] for name in filler.keys() - shared} == {"transform", "bias"}
    assert {name.split(".")[0] for name in classifier.keys() - shared} == {"classifier"}


def test_each_place_is_read_from_both_sides_and_never_from_padding():
    model = built(classes=())
    logits = model(SENTENCES)
    assert logits.shape == (2, 12, 50)  # the mask itself is no answer
    torch.testing.assert_close(model(SENTENCES[:1, :4]), logits[:1, :4])
    other = SENTENCES.clone()
    other[1, [0, 11]] = 20
    assert not torch.isclose(model(other)[1, 5], logits[1, 5]).all()
    torch.testing.assert_close(built()(SENTENCES[:1, :4]), built()(SENTENCES)[:1])


def test_only_the_places_asked_for_are_answered():
    model, places = built(classes=()), torch.tensor([[2, 0], [11, 3]])
    expected = model(SENTENCES)[torch.arange(2)[:, None], places]
    torch.testing.assert_close(model(SENTENCES, places), expected)


def test_the_output_layer_is_the_token_embedding_without_its_mask():
    model = built(classes=())
    states = model.states(SENTENCES, SENTENCES != 0)
    expected = model.transform(states) @ model.tokens.weight[:50].T + model.bias
    torch.testing.assert_close(model(SENTENCES), expected)

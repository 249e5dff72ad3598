"""Classification of sentences."""

import pytest
import torch
from torch import nn

from core.architectures.transformer_encoder import TransformerEncoder
from core.catalog import DataSpec
from core.datasets.base import Batch, Data, Split
from core.errors import UserError
from core.experiment import Training
from core.tasks.text_classification import TextClassification

WORDS = ("<padding>", "<unknown>", *"abcdefghijklmnopqrstuvwxyz")
SPEC = DataSpec(
    kind="sentences", shape=(20,), sizes={}, classes=("blame", "praise"), vocabulary=WORDS, vocabulary_size=len(WORDS),
)


@pytest.fixture
def task():
    torch.manual_seed(0)
    model = TransformerEncoder(TransformerEncoder.Settings(width=16), SPEC).eval()
    made = TextClassification(TextClassification.Settings(word_dropout=0.5), Training(), SPEC, model)
    made.start(10)
    return made


def sentences(*texts):
    rows = [[WORDS.index(letter) for letter in text] for text in texts]
    return torch.tensor([row + [0] * (20 - len(row)) for row in rows])


def test_a_person_s_text_becomes_one_row_on_the_device(task):
    numbers, tokens = task.encode("B a zz")
    assert tokens == ["b", "a", "zz"]
    assert numbers.tolist() == [[WORDS.index("b"), WORDS.index("a"), 1] + [0] * 17]
    assert task.model(numbers).shape == (1, 2)


@pytest.mark.parametrize("text", ["", "  ", "a " * 21])
def test_text_that_can_t_be_read_is_refused(task, text):
    with pytest.raises(UserError):
        task.encode(text)


def test_word_dropout_hides_words_and_never_touches_padding(task, monkeypatch):
    seen = []
    monkeypatch.setattr(task.model, "forward", lambda tokens: seen.append(tokens) or torch.zeros(len(tokens), 2))
    batch = Batch(sentences("abcdefghij").expand(500, -1), torch.zeros(500, dtype=torch.int64))
    task.loss(batch)
    (tokens,) = seen
    assert (tokens[:, 10:] == 0).all()
    kept = tokens[:, :10] == batch.inputs[:, :10]
    assert (tokens[:, :10][~kept] == 1).all()
    assert kept.float().mean().item() == pytest.approx(0.5, abs=0.05)


def test_evaluation_hides_nothing(task):
    split = Split(sentences("abc", "xyz"), torch.tensor([0, 1]))
    expected = nn.functional.cross_entropy(task.model(split.inputs), split.targets).item()
    assert task.evaluate(split)["loss"] == pytest.approx(expected, rel=1e-5)


def test_attention_is_given_for_real_tokens_and_the_fused_path_comes_back(task):
    (sentence,) = sentences("abcde")
    layers, logits = task.attention(sentence)
    assert [layer.shape for layer in layers] == [(4, 5, 5)] * 2
    for layer in layers:
        torch.testing.assert_close(layer.sum(-1), torch.ones(4, 5))
    torch.testing.assert_close(logits, task.model(sentence[None])[0].detach())
    assert not any(getattr(module, "explain", False) for module in task.model.modules())


def test_the_preview_shows_a_readable_sentence_with_its_weights(task):
    long, unknown, good = "abcdefghijklmnopqr", "abcdefgh", "hgfedcba"
    inputs = sentences(long, unknown, good)
    inputs[1, 3] = 1
    split = Split(inputs, torch.tensor([0, 1, 1]))
    seen = {preview.name: preview.data for preview in task.previews(Data(SPEC, split, split, split, "drawn"))}
    attention = seen["attention"]
    assert attention["tokens"] == list(good)
    assert torch.tensor(attention["weights"]).shape == (2, 4, 8, 8)
    assert sum(attention["probabilities"]) == pytest.approx(1, abs=1e-3)
    assert attention["classes"] == ["blame", "praise"]
    assert sum(map(sum, seen["confusion"]["counts"])) == 3


def test_a_model_without_attention_is_shown_without_attention(task):
    class Bag(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.EmbeddingBag(len(WORDS), 2, padding_idx=0)

        def forward(self, tokens):
            return self.words(tokens)

    bag = TextClassification(TextClassification.Settings(), Training(), SPEC, Bag())
    split = Split(sentences("abcdefgh", "xyz"), torch.tensor([0, 1]))
    assert [preview.name for preview in bag.previews(Data(SPEC, split, split, split, "drawn"))] == ["confusion"]


def test_it_needs_sentences_of_at_least_two_classes():
    assert TextClassification.misfit(SPEC) is None
    assert TextClassification.misfit(SPEC.model_copy(update={"classes": ()})).endswith("at least two classes.")
    assert TextClassification.misfit(DataSpec(kind="images", shape=(1, 8, 8), sizes={}, classes=("a", "b")))

"""The Transformer's encoder."""

import math

import pytest
import torch

from core.architectures.attention_layers import SelfAttention, turned
from core.architectures.transformer_encoder import TransformerEncoder, sinusoids
from core.catalog import DataSpec

SPEC = DataSpec(kind="sentences", shape=(12,), sizes={"train": 100}, classes=("no", "yes"), vocabulary_size=50)


@pytest.fixture
def model():
    torch.manual_seed(0)
    return TransformerEncoder(TransformerEncoder.Settings(width=16, heads=4), SPEC).eval()


def attentions(model, tokens):
    layers = [module for module in model.modules() if isinstance(module, SelfAttention)]
    for layer in layers:
        layer.explain = True
    logits = model(tokens)
    for layer in layers:
        layer.explain = False
    return logits, [layer.attention for layer in layers]


SENTENCES = torch.tensor([[5, 9, 2, 40, 0, 0, 0, 0, 0, 0, 0, 0], [7, 7, 3, 1, 8, 6, 2, 4, 9, 5, 3, 2]])


def test_the_plain_path_gives_the_numbers_of_the_fused_one(model):
    logits, _ = attentions(model, SENTENCES)
    torch.testing.assert_close(logits, model(SENTENCES))


def test_attention_is_that_of_torch_s_own_layer():
    torch.manual_seed(0)
    mine, torchs = SelfAttention(16, 4), torch.nn.MultiheadAttention(16, 4, batch_first=True)
    with torch.no_grad():
        torchs.in_proj_weight.copy_(mine.project.weight)
        torchs.in_proj_bias.copy_(mine.project.bias)
        torchs.out_proj.weight.copy_(mine.output.weight)
        torchs.out_proj.bias.copy_(mine.output.bias)
    states, real = torch.randn(2, 12, 16), SENTENCES != 0
    expected, weights = torchs(states, states, states, key_padding_mask=~real, average_attn_weights=False)
    torch.testing.assert_close(mine(states, real), expected)
    mine.explain = True
    torch.testing.assert_close(mine(states, real), expected)
    torch.testing.assert_close(mine.attention, weights)


def test_each_query_s_attention_sums_to_one_and_none_goes_to_padding(model):
    _, layers = attentions(model, SENTENCES)
    for attention in layers:
        assert attention.shape == (2, 4, 12, 12)
        torch.testing.assert_close(attention.sum(-1), torch.ones(2, 4, 12))
        assert attention[0, :, :, 4:].eq(0).all()


def test_padding_never_changes_the_logits_or_the_attention_of_real_tokens(model):
    short, few = attentions(model, SENTENCES[:1, :4])
    padded, many = attentions(model, SENTENCES[:1])
    torch.testing.assert_close(short, padded)
    for less, more in zip(few, many, strict=True):
        torch.testing.assert_close(less, more[:, :, :4, :4])


def test_the_order_of_the_words_matters(model):
    assert not torch.allclose(model(torch.tensor([[5, 9, 2]])), model(torch.tensor([[2, 9, 5]])))


def test_positions_are_the_paper_s_waves():
    waves = sinusoids(10, 6)
    assert waves[3, 2].item() == pytest.approx(math.sin(3 / 10_000 ** (2 / 6)))
    assert waves[3, 3].item() == pytest.approx(math.cos(3 / 10_000 ** (2 / 6)))
    assert waves[7, 0].item() == pytest.approx(math.sin(7))


def test_learned_positions_are_weights():
    def names(positions):
        return dict(TransformerEncoder(TransformerEncoder.Settings(positions=positions), SPEC).named_parameters())

    assert "positions" in names("learned") and "positions" not in names("sinusoidal")


def test_heads_that_do_not_divide_the_width_round_it_up():
    model = TransformerEncoder(TransformerEncoder.Settings(width=16, heads=3), SPEC).eval()
    assert model.tokens.embedding_dim == 18
    assert model(SENTENCES).shape == (2, 2)


def test_rotary_products_depend_on_contents_and_distance_alone():
    torch.manual_seed(0)
    query, key = torch.randn(2, 1, 6)
    queries, keys = turned(query.expand(9, 6)), turned(key.expand(9, 6))
    products = queries @ keys.T  # (query, key)
    for distance in range(-8, 9):
        along = products.diagonal(distance)
        torch.testing.assert_close(along, along[:1].expand_as(along))
    # The same as complex numbers, in which a turn is a product (equation 13).
    plane = torch.complex(query[0, :3], query[0, 3:])
    speed = 10_000 ** (-torch.arange(0, 6, 2) / 6)
    by_place = plane * torch.exp(1j * torch.arange(9)[:, None] * speed)
    torch.testing.assert_close(queries, torch.cat([by_place.real, by_place.imag], 1))


def test_without_rotary_turns_a_model_has_no_sense_of_order():
    torch.manual_seed(0)
    model = TransformerEncoder(TransformerEncoder.Settings(width=16, heads=4, positions="rotary"), SPEC).eval()
    mirrored = SENTENCES[1:].flip(1)
    assert not torch.allclose(model(SENTENCES[1:]), model(mirrored))
    for block in model.blocks:
        block.attention.rotary = False
    torch.testing.assert_close(model(SENTENCES[1:]), model(mirrored))


def test_of_questions_each_token_is_scored_and_padding_changes_nothing():
    spec = DataSpec(kind="questions", shape=(12,), sizes={"train": 100}, vocabulary_size=50, target_length=1)
    torch.manual_seed(0)
    model = TransformerEncoder(TransformerEncoder.Settings(width=16, heads=4, positions="rotary"), spec).eval()
    row = torch.tensor([[2, 9, 7, 3, 40, 9, 7, 8, 0, 0, 0, 0]])
    together = model(row)
    assert together.shape == (1, 12, 2)
    torch.testing.assert_close(model(row[:, :8]), together[:, :8])
    asked = row.clone()
    asked[0, 3], asked[0, 4] = 40, 3  # the passage begins one token later
    assert not torch.allclose(model(asked)[0, 5:8], together[0, 5:8])

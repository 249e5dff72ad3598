"""GPT."""

import math

import pytest
import torch
import torch.nn.functional as F

from core.architectures.attention_layers import SelfAttention, explained
from core.architectures.gpt import GPT
from core.datasets import characters
from core.datasets.characters import TextSettings
from core.experiment import Experiment
from core.training.setup import build_model

SPEC = characters.spec(10_000, TextSettings(length=20), 30)


@pytest.fixture
def model() -> GPT:
    torch.manual_seed(0)
    return GPT(GPT.Settings(width=32, depth=2, heads=4), SPEC).eval()


@pytest.fixture
def tokens() -> torch.Tensor:
    return torch.randint(30, (3, 20), generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("place", [0, 7, 19])
def test_a_later_character_changes_no_earlier_logit(model, tokens, place):
    with torch.no_grad():
        for block in model.blocks:  # as after training: at first attention hardly adds
            block.attention.output.weight.normal_(0, 0.3)
    changed = tokens.clone()
    changed[:, place] = (tokens[:, place] + 1) % 30
    before, after = model(tokens), model(changed)
    assert torch.equal(before[:, :place], after[:, :place])
    assert (before[:, place:] != after[:, place:]).any(2).all()  # and each one after it


def test_a_shorter_text_is_read_as_the_beginning_of_a_longer_one(model, tokens):
    torch.testing.assert_close(model(tokens[:, :9]), model(tokens)[:, :9])


def test_causal_attention_is_that_of_torch_s_own_layer():
    torch.manual_seed(0)
    mine, torchs = SelfAttention(16, 4, causal=True), torch.nn.MultiheadAttention(16, 4, batch_first=True)
    with torch.no_grad():
        torchs.in_proj_weight.copy_(mine.project.weight)
        torchs.in_proj_bias.copy_(mine.project.bias)
        torchs.out_proj.weight.copy_(mine.output.weight)
        torchs.out_proj.bias.copy_(mine.output.bias)
    states, later = torch.randn(2, 12, 16), torch.ones(12, 12, dtype=torch.bool).triu(1)
    expected, weights = torchs(states, states, states, attn_mask=later, average_attn_weights=False)
    torch.testing.assert_close(mine(states), expected)
    mine.explain = True
    torch.testing.assert_close(mine(states), expected)
    torch.testing.assert_close(mine.attention, weights)


def test_the_plain_path_gives_the_numbers_of_the_fused_one_and_looks_at_nothing_later(model, tokens):
    logits, layers = explained(model, tokens)
    torch.testing.assert_close(logits, model(tokens))
    assert [layer.shape for layer in layers] == [(3, 4, 20, 20)] * 2
    for layer in layers:
        assert (layer.triu(1) == 0).all()
        torch.testing.assert_close(layer.sum(-1), torch.ones(3, 4, 20))
    layers = [module for module in model.modules() if hasattr(module, "explain")]
    assert layers and not any(layer.explain or layer.attention is not None for layer in layers)


def test_an_untrained_model_knows_nothing():
    """GPT-2's initialisation leaves the logits near zero: the loss is that of blind guessing."""
    torch.manual_seed(0)
    model = GPT(GPT.Settings(), characters.spec(10_000, TextSettings(length=64), 65)).eval()
    text = torch.randint(65, (20, 65))
    loss = F.cross_entropy(model(text[:, :-1]).flatten(0, 1), text[:, 1:].flatten())
    assert loss.item() == pytest.approx(math.log(65), abs=0.05)


def test_weights_start_as_gpt_2_s():
    model = GPT(GPT.Settings(width=256, depth=8), SPEC)
    block = model.blocks[3]
    for weight in (model.tokens.weight, model.positions.weight, block.attention.project.weight, block.feed[0].weight):
        assert weight.std().item() == pytest.approx(0.02, rel=0.05)
    for weight in (block.attention.output.weight, block.feed[2].weight):
        assert weight.std().item() == pytest.approx(0.02 / math.sqrt(2 * 8), rel=0.05)


def test_the_output_layer_is_the_embedding_once_more(model, tokens):
    """12 width² weights a block, its biases and norms, and each embedding once."""
    width, depth = 32, 2
    block = 12 * width**2 + (3 + 1 + 4 + 1) * width + 4 * width
    assert sum(p.numel() for p in model.parameters()) == depth * block + (30 + 20) * width + 2 * width
    states = []
    model.norm.register_forward_hook(lambda module, inputs, output: states.append(output))
    torch.testing.assert_close(model(tokens), states[0] @ model.tokens.weight.T)


def test_muon_takes_the_matrices_of_the_blocks_and_no_embedding():
    experiment = Experiment.make("language_modelling", "gpt", "python-reference")
    assert experiment.training.optimiser == "muon"
    names = [name for name, parameter in build_model(experiment, SPEC).named_parameters() if parameter.ndim == 2]
    assert (names[0], names[-1]) == ("tokens.weight", "positions.weight")
    assert all(name.startswith("blocks.") for name in names[1:-1]) and len(names) == 2 + 4 * 4

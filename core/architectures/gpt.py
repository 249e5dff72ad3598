"""The decoder-only Transformer: Radford et al. 2018, "Improving language understanding by generative pre-training", section
3.1, with GPT-2's normalisation before each sublayer and its initialisation (Radford et al. 2019, section 2.3)."""

import math

import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.attention_layers import Block
from core.architectures.base import Architecture, epochs_for
from core.catalog import DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "gpt",
    title="GPT",
    year=2018,
    people="Alec Radford, Karthik Narasimhan, Tim Salimans, Ilya Sutskever",
    paper="Improving language understanding by generative pre-training",
    url="https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf",
    tasks=("language_modelling",),
    beginner="Reads a text from left to right and says at every place what comes next. Each character looks back at those "
    "before it, never ahead. Let it choose one, read that too, and choose again: it writes.",
    expert="Token and learned position embeddings, pre-norm blocks of causal multi-head self-attention and a GELU "
    "feed-forward layer four times as wide, a last layer norm, and the token embeddings once more as the output layer "
    "(weight tying: Press and Wolf 2017). Weights start with a standard deviation of 0.02, those that add to the residual "
    "stream smaller by the square root of their number, as in GPT-2. Shakespeare, at the default settings: test loss 1.63, "
    "validation 1.52 (seed 0, two epochs).",
)
class GPT(Architecture):
    """Input token numbers int64 `(batch, length)`; output logits `(batch, length, vocabulary)`: at each place for the token
    that comes next."""

    takes = ("text",)

    class Settings(Settings):
        width: int = setting(128, "Numbers that stand for one token, in every layer.", unit="numbers", ge=8, le=2048)
        depth: int = setting(4, "Layers of attention.", unit="layers", ge=1, le=24)
        heads: int = setting(4, "Views that each layer takes at once; where they don't divide the width, it is rounded up.",
                             unit="heads", ge=1, le=32)
        dropout: float = setting(
            0.0, "Share of numbers silenced at random in each training step; a text that is read many times needs some.",
            ge=0, lt=1,
        )

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 32)
        learning_rate = 1e-2 if given.get("optimiser", "muon") == "muon" else 3e-3
        return {
            "epochs": epochs_for(900, spec, batch_size), "batch_size": batch_size, "optimiser": "muon",
            "learning_rate": learning_rate, "weight_decay": 0.1, "schedule": "one-cycle", "clip_gradient": 1.0, **given,
        }

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        (length,) = spec.shape
        width = math.ceil(settings.width / settings.heads) * settings.heads
        self.tokens = nn.Embedding(spec.vocabulary_size, width)
        self.dropout = nn.Dropout(settings.dropout)
        blocks = (Block(width, settings.heads, settings.dropout, causal=True) for _ in range(settings.depth))
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(width)
        self.positions = nn.Embedding(length, width)  # made last: for Muon the last matrix is no hidden one
        for name, parameter in self.named_parameters():
            if parameter.ndim == 2:
                adds = name.endswith(("attention.output.weight", "feed.2.weight"))  # to what came in
                nn.init.normal_(parameter, 0, 0.02 / math.sqrt(2 * settings.depth) if adds else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(parameter)

    def forward(self, tokens: Tensor) -> Tensor:
        places = self.positions.weight[: tokens.shape[1]]  # (length, width)
        states = self.dropout(self.tokens(tokens) + places)  # (batch, length, width)
        for block in self.blocks:
            states = block(states)
        return F.linear(self.norm(states), self.tokens.weight)  # (batch, length, vocabulary)

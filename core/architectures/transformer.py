"""The Transformer, encoder and decoder: Vaswani et al. 2017, "Attention is all you need"."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.attention_layers import Block, DecoderBlock
from core.architectures.base import Architecture, epochs_for
from core.catalog import PADDING, DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "transformer",
    title="Transformer",
    year=2017,
    people="Ashish Vaswani, Noam Shazeer, Niki Parmar, Jakob Uszkoreit, Llion Jones, Aidan Gomez, Łukasz Kaiser, "
    "Illia Polosukhin",
    paper="Attention is all you need",
    url="https://arxiv.org/abs/1706.03762",
    tasks=("translation",),
    beginner="One half reads the sentence, every word looking at every other. The other half writes the translation word by "
    "word, and looks back, at each word, at what was read and at what it has written so far.",
    expert="Pre-norm blocks, GELU, learned positions (the paper found them as good as its waves: table 3, row E). Source, "
    "target and output share one embedding matrix (section 3.4). Small by the paper's measure, as suits few pairs.",
)
class Transformer(Architecture):
    """Input token numbers int64 `(batch, source + target)`: a source padded to `length`, beside it the target so far,
    which begins with START; output logits `(batch, target, vocabulary)`, at each place for the token that comes next."""

    takes = ("pairs",)

    class Settings(Settings):
        width: int = setting(128, "Numbers that stand for one token, in every layer.", unit="numbers", ge=8, le=1024)
        depth: int = setting(3, "Layers of the encoder, and as many of the decoder.", unit="layers", ge=1, le=12)
        heads: int = setting(4, "Views that each layer takes at once; where they don't divide the width, it is rounded up.",
                             unit="heads", ge=1, le=16)
        dropout: float = setting(0.1, "Share of numbers silenced at random in each training step.", ge=0, lt=1)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 64)
        learning_rate = 1e-2 if given.get("optimiser", "muon") == "muon" else 2e-3
        return {
            "epochs": epochs_for(4500, spec, batch_size), "batch_size": batch_size, "optimiser": "muon",
            "learning_rate": learning_rate, "weight_decay": 0.01, "schedule": "one-cycle", "clip_gradient": 1.0, **given,
        }

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        (self.length,) = spec.shape
        width = math.ceil(settings.width / settings.heads) * settings.heads
        self.tokens = nn.Embedding(spec.vocabulary_size, width)
        self.dropout = nn.Dropout(settings.dropout)
        self.encoder = nn.ModuleList(Block(width, settings.heads, settings.dropout) for _ in range(settings.depth))
        self.encoder_norm = nn.LayerNorm(width)
        self.decoder = nn.ModuleList(DecoderBlock(width, settings.heads, settings.dropout) for _ in range(settings.depth))
        self.norm = nn.LayerNorm(width)
        # Made last: for Muon the last matrix is no hidden one.
        self.positions = nn.Embedding(max(self.length, spec.target_length), width)
        for embedding in (self.tokens, self.positions):
            nn.init.normal_(embedding.weight, 0, 0.02)

    def forward(self, pairs: Tensor, length: int | None = None) -> Tensor:
        source, target = pairs.tensor_split([length or self.length], 1)
        return self.decode(target, self.encode(source))

    def encode(self, source: Tensor) -> tuple[Tensor, ...]:
        """What the decoder looks at: states `(batch, source, width)`, and which of them are no padding, bool
        `(batch, source)`."""
        real, states = source != PADDING, self._placed(source)
        for block in self.encoder:
            states = block(states, real)
        return self.encoder_norm(states), real

    def decode(self, target: Tensor, read: tuple[Tensor, ...], *, last: bool = False) -> Tensor:
        """Logits for what comes after each token of the target so far, or after its `last` one only, `(batch, 1,
        vocabulary)`."""
        states = self._placed(target)
        for block in self.decoder:
            states = block(states, *read)
        return F.linear(self.norm(states[:, -1:] if last else states), self.tokens.weight)

    def _placed(self, tokens: Tensor) -> Tensor:
        """Embeddings with their positions, `(batch, length, width)`."""
        return self.dropout(self.tokens(tokens) + self.positions(torch.arange(tokens.shape[1], device=tokens.device)))

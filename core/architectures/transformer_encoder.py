"""The Transformer's encoder: Vaswani et al. 2017, "Attention is all you need", section 3."""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from core.architectures.attention_layers import Block
from core.architectures.base import Architecture, epochs_for, segments
from core.catalog import PADDING, DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "transformer-encoder",
    title="Transformer encoder",
    year=2017,
    people="Ashish Vaswani, Noam Shazeer, Niki Parmar, Jakob Uszkoreit, Llion Jones, Aidan Gomez, Łukasz Kaiser, "
    "Illia Polosukhin",
    paper="Attention is all you need",
    url="https://arxiv.org/abs/1706.03762",
    tasks=("text_classification", "sequence_classification", "question_answering"),
    beginner="Every word looks at every other word and decides how much each one matters to it: that is attention, and you "
    "can see it as a map. After a few rounds of looking, the words together say what the sentence means.",
    expert="Token and position embeddings, pre-norm blocks of multi-head self-attention and a GELU feed-forward layer four "
    "times as wide, a last layer norm, the mean over the real tokens, one linear layer. Padding is masked as a key. Small "
    "data need strong regularisation here: dropout on embeddings, attention output and feed-forward output.",
)
class TransformerEncoder(Architecture):
    """Input token numbers int64 `(batch, length)`, 0 = padding, at least one other in each row; output logits
    `(batch, classes)`, or of questions `(batch, length, 2)` for the answer's start and end."""

    takes = ("sentences", "questions")

    class Settings(Settings):
        width: int = setting(64, "Numbers that stand for one token, in every layer.", unit="numbers", ge=8, le=1024)
        depth: int = setting(2, "Layers of attention.", unit="layers", ge=1, le=12)
        heads: int = setting(4, "Views that each layer takes at once; where they don't divide the width, it is rounded up.",
                             unit="heads", ge=1, le=16)
        positions: Literal["sinusoidal", "learned", "rotary"] = setting(
            "sinusoidal", "How a token knows its place; the paper found sinusoidal and learned equally good. Rotary tells "
            "how far apart two tokens are (Su et al. 2021)."
        )
        dropout: float = setting(0.4, "Share of numbers silenced at random in each training step.", ge=0, lt=1)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 64)
        return {
            "epochs": epochs_for(1060, spec, batch_size), "optimiser": "adamw", "learning_rate": 1e-3, "weight_decay": 0.01,
            "schedule": "one-cycle", "clip_gradient": 1.0, **given,
        }

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        (length,) = spec.shape
        rotary = settings.positions == "rotary"
        whole = settings.heads * (2 if rotary else 1)  # each head turns its numbers in pairs
        width = math.ceil(settings.width / whole) * whole
        self.tokens = nn.Embedding(spec.vocabulary_size, width, padding_idx=PADDING)
        nn.init.normal_(self.tokens.weight, 0, width**-0.5)
        if settings.positions == "learned":
            self.positions = nn.Parameter(torch.randn(length, width) * width**-0.5)
        else:
            waves = torch.zeros(length, width) if rotary else sinusoids(length, width) * width**-0.5
            self.register_buffer("positions", waves, persistent=False)
        self.dropout = nn.Dropout(settings.dropout)
        blocks = (Block(width, settings.heads, settings.dropout, rotary=rotary) for _ in range(settings.depth))
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(width)
        # Of questions each token also says whether it is asked or told (Devlin et al. 2019, section 3).
        self.parts = nn.Embedding(3, width, padding_idx=PADDING) if spec.kind == "questions" else None
        self.classifier = nn.Linear(width, 2 if self.parts else len(spec.classes))

    def forward(self, tokens: Tensor) -> Tensor:
        real = tokens != PADDING  # (batch, length)
        states = self.tokens(tokens) + self.positions[: tokens.shape[1]]  # (batch, length, width)
        states = self.dropout(states + self.parts(segments(tokens)) if self.parts else states)
        for block in self.blocks:
            states = block(states, real)
        if self.parts:
            return self.classifier(self.dropout(self.norm(states)))  # (batch, length, 2)
        weights = real / real.sum(1, keepdim=True)  # (batch, length)
        sentence = (self.norm(states) * weights.unsqueeze(2)).sum(1)  # (batch, width)
        return self.classifier(self.dropout(sentence))  # (batch, classes)


def sinusoids(length: int, width: int) -> Tensor:
    """Positions as waves `(length, width)`, section 3.5: sines in the even columns, cosines in the odd ones."""
    column = torch.arange(width)
    angle = torch.arange(length)[:, None] / 10_000 ** (column // 2 * 2 / width)
    return torch.where(column % 2 == 0, angle.sin(), angle.cos())

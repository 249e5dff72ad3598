"""A Transformer's decoder over what a convolutional network saw: Vaswani et al. 2017, "Attention is all you need", section
3.2, in the place of the LSTM of Xu et al. 2015; compared for captions by Sharma, Ding, Goodman and Soricut 2018, "Conceptual
captions", section 4."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.attention_layers import DecoderBlock
from core.architectures.captioner import Captioner
from core.catalog import DataSpec, architecture
from core.experiment import setting


@architecture(
    "caption-transformer",
    title="Caption Transformer",
    year=2018,
    people="Piyush Sharma, Nan Ding, Sebastian Goodman, Radu Soricut",
    paper="Conceptual captions: a cleaned, hypernymed, image alt-text dataset for automatic image captioning",
    url="https://doi.org/10.18653/v1/P18-1238",
    tasks=("captioning",),
    beginner="A convolutional network looks at the picture and keeps what it saw at each place. Each word of the caption "
    "looks at the words before it and, with several heads at once, at all the places.",
    expert="Pre-norm decoder blocks with causal self-attention and cross-attention to the encoder's grid, which has learned "
    "row and column embeddings; learned positions of words; the output shares the embedding matrix. The paper encodes the "
    "grid with a Transformer too; here the convolutional network has to do.",
)
class CaptionTransformer(Captioner):
    """See `Captioner` for input and output."""

    class Settings(Captioner.Settings):
        width: int = setting(192, "Numbers that stand for one token, in every layer.", unit="numbers", ge=8, le=1024)
        depth: int = setting(2, "Layers of the decoder.", unit="layers", ge=1, le=12)
        heads: int = setting(4, "Views that each layer takes at once; where they don't divide the width, it is rounded up.",
                             unit="heads", ge=1, le=16)

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__(settings, spec)
        width = math.ceil(settings.width / settings.heads) * settings.heads
        rows, columns = self.grid
        self.tokens = nn.Embedding(spec.vocabulary_size, width)
        self.shown, self.shown_norm = nn.Linear(self.eye.numbers, width), nn.LayerNorm(width)
        self.rows, self.columns = nn.Parameter(torch.zeros(rows, 1, width)), nn.Parameter(torch.zeros(1, columns, width))
        self.dropout = nn.Dropout(settings.dropout)
        self.decoder = nn.ModuleList(DecoderBlock(width, settings.heads, settings.dropout) for _ in range(settings.depth))
        self.norm = nn.LayerNorm(width)
        # Made last: for Muon the last matrix is no hidden one.
        self.positions = nn.Embedding(spec.target_length, width)
        for weight in (self.tokens.weight, self.positions.weight, self.rows, self.columns):
            nn.init.normal_(weight, 0, 0.02)

    def read(self, places: Tensor) -> tuple[Tensor, ...]:
        """What is seen at each place, and where that is, `(batch, places, width)`; and that none of them is padding, bool
        `(batch, places)`."""
        seen = self.shown_norm(self.shown(places)) + (self.rows + self.columns).flatten(0, 1)
        return self.dropout(seen), torch.ones_like(places[:, :, 0], dtype=torch.bool)

    def decode(self, captions: Tensor, read: tuple[Tensor, ...], *, last: bool = False) -> Tensor:
        places = torch.arange(captions.shape[1], device=captions.device)
        states = self.dropout(self.tokens(captions) + self.positions(places))  # (batch, length, width)
        for block in self.decoder:
            states = block(states, *read)
        return F.linear(self.norm(states[:, -1:] if last else states), self.tokens.weight)

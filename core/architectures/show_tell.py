"""Vinyals, Toshev, Bengio and Erhan 2015, "Show and tell: a neural image caption generator", section 3."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.captioner import Captioner, RecurrentSettings
from core.catalog import DataSpec, architecture


@architecture(
    "show-tell",
    title="Show and tell",
    year=2015,
    people="Oriol Vinyals, Alexander Toshev, Samy Bengio, Dumitru Erhan",
    paper="Show and tell: a neural image caption generator",
    url="https://arxiv.org/abs/1411.4555",
    tasks=("captioning",),
    beginner="A convolutional network sums the picture up in one list of numbers. A recurrent network is shown that once, "
    "as if it were the first word, and then writes the caption from memory: it can't look again.",
    expert="The mean over the encoder's grid, projected, is the LSTM's input before START (equations 10 to 12). The output "
    "shares the embedding matrix. No attention; the paper's encoder is a pretrained Inception network.",
)
class ShowTell(Captioner):
    """See `Captioner` for input and output."""

    Settings = RecurrentSettings

    def __init__(self, settings: RecurrentSettings, spec: DataSpec):
        super().__init__(settings, spec)
        embedding = settings.embedding
        self.tokens = nn.Embedding(spec.vocabulary_size, embedding)
        nn.init.normal_(self.tokens.weight, 0, embedding**-0.5)
        self.shown = nn.Linear(self.eye.numbers, embedding)
        self.cell = nn.LSTM(embedding, settings.width, batch_first=True)
        self.readout = nn.Linear(settings.width, embedding)
        self.dropout, self.bias = nn.Dropout(settings.dropout), nn.Parameter(torch.zeros(spec.vocabulary_size))

    def read(self, places: Tensor) -> tuple[Tensor, ...]:
        """The picture as a word, `(batch, 1, embedding)`."""
        return (self.dropout(self.shown(places.mean(1, keepdim=True))),)

    def decode(self, captions: Tensor, read: tuple[Tensor, ...], *, last: bool = False) -> Tensor:
        (shown,) = read
        states, _ = self.cell(torch.cat((shown, self.dropout(self.tokens(captions))), 1))  # (batch, 1 + length, width)
        states = states[:, -1:] if last else states[:, 1:]
        return F.linear(self.dropout(self.readout(self.dropout(states))), self.tokens.weight, self.bias)

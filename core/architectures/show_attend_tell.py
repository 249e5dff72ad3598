"""Xu, Ba, Kiros, Cho, Courville, Salakhutdinov, Zemel and Bengio 2015, "Show, attend and tell: neural image caption
generation with visual attention", with soft attention: sections 3 and 4.2."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.attention_layers import AdditiveAttention
from core.architectures.captioner import Captioner, RecurrentSettings
from core.catalog import DataSpec, architecture


@architecture(
    "show-attend-tell",
    title="Show, attend and tell",
    year=2015,
    people="Kelvin Xu, Jimmy Ba, Ryan Kiros, Kyunghyun Cho, Aaron Courville, Ruslan Salakhutdinov, Richard Zemel, "
    "Yoshua Bengio",
    paper="Show, attend and tell: neural image caption generation with visual attention",
    url="https://arxiv.org/abs/1502.03044",
    tasks=("captioning",),
    beginner="A convolutional network looks at the picture and keeps what it saw at each place. A recurrent one writes the "
    "caption, and before each word it chooses where to look.",
    expert="LSTM decoder with soft attention over the encoder's grid: additive scores from the state before the step "
    "(equations 4 to 6), first states from the mean place, a gate β on the context (section 4.2.1), deep output of state, "
    "context and the word before (equation 7), which here shares the embedding matrix. The paper's encoder is VGG-19, "
    "pretrained, with 14×14 places.",
)
class ShowAttendTell(Captioner):
    """See `Captioner` for input and output."""

    Settings = RecurrentSettings

    def __init__(self, settings: RecurrentSettings, spec: DataSpec):
        super().__init__(settings, spec)
        embedding, width, numbers = settings.embedding, settings.width, self.eye.numbers
        self.tokens = nn.Embedding(spec.vocabulary_size, embedding)
        nn.init.normal_(self.tokens.weight, 0, embedding**-0.5)
        self.start = nn.Linear(numbers, 2 * width)  # of both the state and the cells
        self.search = AdditiveAttention(width, numbers, width)
        self.gate = nn.Linear(width, 1)
        self.cell = nn.LSTMCell(embedding + numbers, width)
        self.readout = nn.Linear(width + numbers, embedding)
        self.dropout, self.bias = nn.Dropout(settings.dropout), nn.Parameter(torch.zeros(spec.vocabulary_size))

    def read(self, places: Tensor) -> tuple[Tensor, ...]:
        """What is seen at each place `(batch, places, numbers)`, and the decoder's first state and cells `(batch, 2 ×
        width)`."""
        return self.dropout(places), self.start(places.mean(1)).tanh()

    def decode(self, captions: Tensor, read: tuple[Tensor, ...], *, last: bool = False) -> Tensor:
        places, begun = read
        state, cells = begun.chunk(2, 1)
        inputs, keys = self.dropout(self.tokens(captions)), self.search.keys(places)
        real = torch.ones_like(places[:, :, 0], dtype=torch.bool)
        made, looks = [], []
        for token in inputs.unbind(1):
            weights = self.search(state, keys, real)  # (batch, places)
            looks.append(weights)
            context = self.gate(state).sigmoid() * (weights[:, None] @ places)[:, 0]  # (batch, numbers)
            state, cells = self.cell(torch.cat((token, context), 1), (state, cells))
            made.append(torch.cat((state, context), 1))
        if self.search.explain:
            self.search.attention = torch.stack(looks, 1)[:, None]  # (batch, 1, length, places)
        outputs = torch.stack(made[-1:] if last else made, 1)  # (batch, length, width + numbers)
        before = inputs[:, -1:] if last else inputs
        return F.linear(self.dropout((before + self.readout(self.dropout(outputs))).tanh()), self.tokens.weight, self.bias)

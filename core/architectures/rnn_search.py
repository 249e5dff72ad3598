"""Bahdanau, Cho and Bengio 2014, "Neural machine translation by jointly learning to align and translate", section 3 and
appendix A: a recurrent encoder-decoder that searches the source at each word that it writes."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.architectures.attention_layers import AdditiveAttention
from core.architectures.base import Architecture, epochs_for
from core.architectures.recurrent import mirror, taken
from core.catalog import PADDING, DataSpec, architecture
from core.experiment import Settings, setting


@architecture(
    "rnn-search",
    title="RNNsearch",
    year=2014,
    people="Dzmitry Bahdanau, Kyunghyun Cho, Yoshua Bengio",
    paper="Neural machine translation by jointly learning to align and translate",
    url="https://arxiv.org/abs/1409.0473",
    tasks=("translation",),
    beginner="A recurrent network reads the sentence from both ends, and a second one writes the translation. Before each "
    "word it looks back and chooses where: the first attention. Without it, all must fit into one memory.",
    expert="Bidirectional GRU encoder, GRU decoder, additive attention v·tanh(Ws + Uh) from the decoder's state before the "
    "step. The output layer reads state, context and the word before, and shares the embedding matrix; the paper has maxout "
    "and matrices of its own. Without attention the context is the encoder's last state in each direction, the same at "
    "every step (Cho et al. 2014).",
)
class RNNsearch(Architecture):
    """Input token numbers int64 `(batch, source + target)`: a source padded to `length`, beside it the target so far,
    which begins with START; output logits `(batch, target, vocabulary)`, at each place for the token that comes next."""

    takes = ("pairs",)

    class Settings(Settings):
        embedding: int = setting(128, "Numbers that stand for one token.", unit="numbers", ge=8, le=1024)
        width: int = setting(256, "Numbers in the state of each direction of the encoder, and of the decoder.",
                             unit="numbers", ge=8, le=2048)
        attention: bool = setting(True, "Looks back at the source before each word; else it writes from one memory of it.")
        dropout: float = setting(0.2, "Share of numbers silenced at random in each training step.", ge=0, lt=1)

    @classmethod
    def recipe(cls, spec: DataSpec, **given) -> dict:
        batch_size = given.get("batch_size", 64)
        return {
            "epochs": epochs_for(4500, spec, batch_size), "batch_size": batch_size, "optimiser": "adamw",
            "learning_rate": 2e-3, "weight_decay": 0.01, "schedule": "one-cycle", "clip_gradient": 1.0, **given,
        }

    def __init__(self, settings: Settings, spec: DataSpec):
        super().__init__()
        (self.length,), width, both = spec.shape, settings.width, 2 * settings.width
        self.tokens = nn.Embedding(spec.vocabulary_size, settings.embedding)
        nn.init.normal_(self.tokens.weight, 0, settings.embedding**-0.5)
        self.forwards = nn.GRU(settings.embedding, width, batch_first=True)
        self.backwards = nn.GRU(settings.embedding, width, batch_first=True)
        self.start = nn.Linear(width, width)
        self.search = AdditiveAttention(width, both, width) if settings.attention else None
        self.cell = nn.GRUCell(settings.embedding + both, width)
        self.readout = nn.Linear(width + both + settings.embedding, settings.embedding)
        self.dropout, self.bias = nn.Dropout(settings.dropout), nn.Parameter(torch.zeros(spec.vocabulary_size))

    def forward(self, pairs: Tensor, length: int | None = None) -> Tensor:
        source, target = pairs.tensor_split([length or self.length], 1)
        return self.decode(target, self.encode(source))

    def encode(self, source: Tensor) -> tuple[Tensor, ...]:
        """What the decoder needs: states of both directions `(batch, source, 2 × width)`, which of them are no padding, bool
        `(batch, source)`, the last of each direction `(batch, 2 × width)`, and its own first state `(batch, width)`."""
        real, inputs = source != PADDING, self.dropout(self.tokens(source))
        counts = real.sum(1)
        turned = mirror(counts, source.shape[1])
        there = self.forwards(inputs)[0]  # (batch, source, width)
        back = taken(self.backwards(taken(inputs, turned))[0], turned)
        end = (counts - 1).clamp_min(0)[:, None, None].expand(-1, 1, there.shape[2])  # (batch, 1, width)
        ends = torch.cat((there.gather(1, end)[:, 0], back[:, 0]), 1)
        return self.dropout(torch.cat((there, back), 2)), real, ends, self.start(back[:, 0]).tanh()

    def decode(self, target: Tensor, read: tuple[Tensor, ...], *, last: bool = False) -> Tensor:
        """Logits for what comes after each token of the target so far, or after its `last` one only, `(batch, 1,
        vocabulary)`."""
        states, real, ends, state = read
        inputs = self.dropout(self.tokens(target))  # (batch, target, embedding)
        keys = self.search.keys(states) if self.search else None
        made, looks = [], []
        for token in inputs.unbind(1):
            context = ends
            if self.search:
                weights = self.search(state, keys, real)  # (batch, source)
                looks.append(weights)
                context = (weights[:, None] @ states)[:, 0]  # (batch, 2 × width)
            state = self.cell(torch.cat((token, context), 1), state)
            made.append(torch.cat((state, context, token), 1))
        if self.search and self.search.explain:
            self.search.attention = torch.stack(looks, 1)[:, None]  # (batch, 1, target, source)
        outputs = torch.stack(made[-1:] if last else made, 1)  # (batch, target, width + 2 × width + embedding)
        return F.linear(self.dropout(self.readout(outputs).tanh()), self.tokens.weight, self.bias)
